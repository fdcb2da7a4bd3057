/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernels: the rest of the module is written for the newest one.
 */
#ifndef _IMB_COMPAT_H
#define _IMB_COMPAT_H

#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/sched/signal.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
/* It did not write the descriptor then. */
static inline int imb_compat_receive_fd(struct file *file, unsigned int flags)
{
	return receive_fd(file, flags);
}
#else
static inline int imb_compat_receive_fd(struct file *file, unsigned int flags)
{
	return receive_fd(file, NULL, flags);
}
#endif

#ifdef PF_NO_NOTIFY_SIGNAL
#define IMB_COMPAT_CAN_DEFER_WORK true
#define imb_compat_defer_work() no_notify_signal_save()
#define imb_compat_undefer_work(flags) no_notify_signal_restore(flags)
#else
/* Work for a task ends its sleep, as a signal does. */
#define IMB_COMPAT_CAN_DEFER_WORK false
#define imb_compat_defer_work() 0
#define imb_compat_undefer_work(flags) ((void)(flags))
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
/* It took a count. */
static inline void imb_compat_eventfd_signal(struct eventfd_ctx *ctx)
{
	eventfd_signal(ctx, 1);
}
#else
static inline void imb_compat_eventfd_signal(struct eventfd_ctx *ctx)
{
	eventfd_signal(ctx);
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
/* How a mount maps ids was said by a user namespace; no mount of ours does. */
#define mnt_idmap user_namespace
#define nop_mnt_idmap init_user_ns
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
/* It took no mask. */
#define generic_fillattr(idmap, mask, inode, stat) \
	((void)(mask), generic_fillattr(idmap, inode, stat))

static inline void inode_set_mtime_to_ts(struct inode *inode,
					 struct timespec64 ts)
{
	inode->i_mtime = ts;
}

static inline void simple_inode_init_ts(struct inode *inode)
{
	inode->i_mtime = inode_set_ctime_current(inode);
	inode->i_atime = inode->i_mtime;
}
#endif

/* A pidfd was a file of an anonymous inode then. */
#ifndef PID_FS_MAGIC
#define PID_FS_MAGIC 0x50494446
#endif

#endif /* _IMB_COMPAT_H */
