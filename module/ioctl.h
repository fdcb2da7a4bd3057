/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_IOCTL_H
#define _IMB_IOCTL_H

#include <linux/build_bug.h>
#include <linux/ipcmbox.h>
#include <linux/stddef.h>
#include <linux/types.h>

#include "account.h"

struct file;

/**
 * DOC: The form of ioctls
 *
 * A table lists the ioctls that one kind of file knows. The engine finds the
 * entry, copies the argument from the user once, checks what holds for all, and
 * calls the handler, which neither sees a user pointer of the argument nor reads
 * it again. iommufd does it this way.
 */

/**
 * union imb_arg - the argument of any ioctl
 * @version: of IPCMBOX_IOC_VERSION
 * @create: of IPCMBOX_IOC_CREATE
 * @pair: of IPCMBOX_IOC_PAIR
 * @send: of IPCMBOX_IOC_SEND
 * @recv: of IPCMBOX_IOC_RECV and IPCMBOX_IOC_PEEK
 * @info: of IPCMBOX_IOC_INFO
 * @set: of IPCMBOX_IOC_SET
 * @drain: of IPCMBOX_IOC_DRAIN
 * @destroy: of IPCMBOX_IOC_DESTROY
 * @reopen: of IPCMBOX_IOC_REOPEN
 * @call: of IPCMBOX_IOC_CALL
 * @reply: of IPCMBOX_IOC_REPLY
 * @cancel: of IPCMBOX_IOC_CANCEL
 * @batch: of IPCMBOX_IOC_SENDV and IPCMBOX_IOC_RECVV
 * @inbox: of IPCMBOX_IOC_INBOX
 * @open_pid: of IPCMBOX_IOC_OPEN_PID
 * @subscribe: of IPCMBOX_IOC_SUBSCRIBE
 * @open: of IPCMBOX_IOC_OPEN
 * @unlink: of IPCMBOX_IOC_UNLINK
 * @list: of IPCMBOX_IOC_LIST
 * @notify: of IPCMBOX_IOC_NOTIFY
 * @select: of IPCMBOX_IOC_SELECT
 * @reply_recv: of IPCMBOX_IOC_REPLY_RECV
 */
union imb_arg {
	struct ipcmbox_version version;
	struct ipcmbox_create create;
	struct ipcmbox_pair pair;
	struct ipcmbox_send send;
	struct ipcmbox_recv recv;
	struct ipcmbox_info info;
	struct ipcmbox_set set;
	struct ipcmbox_drain drain;
	struct ipcmbox_destroy destroy;
	struct ipcmbox_reopen reopen;
	struct ipcmbox_call call;
	struct ipcmbox_reply reply;
	struct ipcmbox_cancel cancel;
	struct ipcmbox_batch batch;
	struct ipcmbox_inbox inbox;
	struct ipcmbox_open_pid open_pid;
	struct ipcmbox_subscribe subscribe;
	struct ipcmbox_open open;
	struct ipcmbox_unlink unlink;
	struct ipcmbox_list list;
	struct ipcmbox_notify notify;
	struct ipcmbox_select select;
	struct ipcmbox_reply_recv reply_recv;
};

/**
 * struct imb_ucmd - an ioctl under way
 * @file: the file it was called on
 * @user: the argument in the user's memory
 * @size: bytes of it that both sides know
 * @arg: the argument in the kernel
 * @payer: the calling user's account, if it is needed
 */
struct imb_ucmd {
	struct file *file;
	void __user *user;
	size_t size;
	union imb_arg *arg;
	struct imb_payer *payer;
};

/**
 * struct imb_ioctl - an entry of a table
 * @cmd: IPCMBOX_IOC_*
 * @size: bytes of the struct that this kernel knows
 * @min_size: bytes that the first version of the ABI had
 * @flags: bits of its flags that are known
 * @run: the handler
 */
struct imb_ioctl {
	unsigned int cmd;
	size_t size;
	size_t min_size;
	u32 flags;
	int (*run)(struct imb_ucmd *ucmd);
};

#define IMB_IOCTL(_name, _struct, _last, _flags, _run)                      \
	{                                                                   \
		.cmd = IPCMBOX_IOC_##_name,                                 \
		.size = sizeof(_struct) +                                   \
			BUILD_BUG_ON_ZERO(sizeof(_struct) >                 \
					  sizeof(union imb_arg)),           \
		.min_size = offsetofend(_struct, _last), .flags = (_flags), \
		.run = (_run),                                              \
	}

long imb_ioctl_run(const struct imb_ioctl *table, size_t entries,
		   struct file *file, unsigned int cmd, unsigned long user);
int imb_ucmd_fetch(struct imb_ucmd *ucmd, const struct imb_ioctl *op);
int imb_ucmd_respond(struct imb_ucmd *ucmd);

#endif /* _IMB_IOCTL_H */
