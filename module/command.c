// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctls of a port: what the user asks for, in terms of the layers below.
 * The ABI header says what each does.
 */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/ipcmbox.h>
#include <linux/uaccess.h>

#include "buffer.h"
#include "cast.h"
#include "command.h"
#include "inbox.h"
#include "mbox.h"
#include "msg.h"
#include "name.h"
#include "owner.h"
#include "port.h"
#include "xfer.h"

/**
 * imb_ucmd_port() - the port that an ioctl was called on
 * @ucmd: the ioctl
 *
 * Return: the port.
 */
struct imb_port *imb_ucmd_port(const struct imb_ucmd *ucmd)
{
	return ucmd->file->private_data;
}

/**
 * imb_ucmd_dontwait() - may the call not wait?
 * @ucmd: the ioctl
 * @flags: its flags
 *
 * Return: whether it may not.
 */
bool imb_ucmd_dontwait(const struct imb_ucmd *ucmd, u32 flags)
{
	return (flags & IPCMBOX_DONTWAIT) || (ucmd->file->f_flags & O_NONBLOCK);
}

/**
 * imb_ucmd_fetch_part() - read an argument that is part of another ioctl
 * @part: gets the argument
 * @whole: the ioctl
 * @arg: where the argument is kept
 * @user: its address
 * @op: what it would be the argument of
 *
 * Return: as imb_ucmd_fetch().
 */
int imb_ucmd_fetch_part(struct imb_ucmd *part, const struct imb_ucmd *whole,
			union imb_arg *arg, u64 user,
			const struct imb_ioctl *op)
{
	*part = (struct imb_ucmd){
		.file = whole->file,
		.user = u64_to_user_ptr(user),
		.arg = arg,
		.payer = whole->payer,
	};
	return imb_ucmd_fetch(part, op);
}

/**
 * imb_ucmd_pay() - find out who pays
 * @ucmd: the ioctl; on success @ucmd->payer has an account
 *
 * Return: 0 or -ENOMEM.
 */
int imb_ucmd_pay(struct imb_ucmd *ucmd)
{
	return imb_port_pay(imb_ucmd_port(ucmd), ucmd->payer);
}

/**
 * imb_command_import() - make a message of what the user has
 * @ucmd: the ioctl on the port that it is sent by, which is paid for
 * @data: address of the bytes, or of their vector
 * @len: how many
 * @vector: whether it is a vector
 *
 * Return: the message or an ERR_PTR.
 */
struct imb_msg *imb_command_import(struct imb_ucmd *ucmd, u64 data, u64 len,
				   bool vector)
{
	struct imb_mbox *mbox = imb_ucmd_port(ucmd)->tx;
	struct imb_buffer buffer;
	struct imb_msg *msg;
	int ret;

	ret = imb_buffer_init(&buffer, ITER_SOURCE, data, len, vector);
	msg = ret ? ERR_PTR(ret) :
		    imb_xfer_import(mbox, &buffer.iter, ucmd->payer->acct);
	imb_buffer_exit(&buffer);
	return msg;
}

static int imb_command_info(struct imb_ucmd *ucmd)
{
	struct imb_port *port = imb_ucmd_port(ucmd);
	struct ipcmbox_info *arg = &ucmd->arg->info;
	struct imb_mbox *mbox = arg->flags & IPCMBOX_TX ? port->tx : port->rx;

	if (arg->__reserved)
		return -EINVAL;
	imb_mbox_info(mbox, arg);
	arg->slow_mask = imb_cast_slow_mask(mbox);
	arg->owner_pid = imb_owner_number(mbox);
	arg->owner_uid = from_kuid_munged(current_user_ns(), mbox->uid);
	if (port->admin)
		arg->attributes |= IPCMBOX_ADMIN;
	if (port->rx != port->tx)
		arg->attributes |= IPCMBOX_DUPLEX;
	return imb_ucmd_respond(ucmd);
}

static int imb_command_set(struct imb_ucmd *ucmd)
{
	struct ipcmbox_set *arg = &ucmd->arg->set;

	if (!imb_ucmd_port(ucmd)->admin)
		return -EBADF;
	if (!arg->flags)
		return -EINVAL;
	return imb_mbox_set(imb_ucmd_port(ucmd)->rx, arg);
}

static int imb_command_drain(struct imb_ucmd *ucmd)
{
	struct ipcmbox_drain *arg = &ucmd->arg->drain;
	int ret;

	if (!(ucmd->file->f_mode & FMODE_READ))
		return -EBADF;
	arg->messages = 0;
	arg->bytes = 0;
	/* What can't be written later must fail now, before it is done. */
	ret = imb_ucmd_respond(ucmd);
	if (ret)
		return ret;
	ret = imb_mbox_drain(imb_ucmd_port(ucmd)->rx, &arg->messages,
			     &arg->bytes);
	if (!ret)
		(void)imb_ucmd_respond(ucmd);
	return ret;
}

static int imb_command_destroy(struct imb_ucmd *ucmd)
{
	struct imb_port *port = imb_ucmd_port(ucmd);

	if (!port->admin)
		return -EBADF;
	if (port->inbox)
		return imb_inbox_end(port->inbox) ? 0 : -EIDRM;
	return imb_name_end(port->rx);
}

static int imb_command_reopen(struct imb_ucmd *ucmd)
{
	struct ipcmbox_reopen *arg = &ucmd->arg->reopen;
	struct imb_port *port = imb_ucmd_port(ucmd);
	bool admin = arg->flags & IPCMBOX_ADMIN;
	struct file *file;
	int ret;

	ret = imb_open_flags_check(arg->open_flags, O_ACCMODE);
	if (ret)
		return ret;
	if ((OPEN_FMODE(arg->open_flags) & ~ucmd->file->f_mode &
	     (FMODE_READ | FMODE_WRITE)) ||
	    (admin && !port->admin))
		return -EACCES;
	if (imb_mbox_is_dead(port->rx))
		return -EIDRM;
	file = imb_port_open(port->rx, port->tx, arg->open_flags, admin);
	if (IS_ERR(file))
		return PTR_ERR(file);
	return imb_port_publish(ucmd, &file, &arg->fd, 1);
}

#define IMB_RECV_FLAGS (IPCMBOX_IOVEC | IPCMBOX_TRUNCATE)
#define IMB_SET_FLAGS \
	(IPCMBOX_SET_CAPACITY | IPCMBOX_SET_MAX_BYTES | IPCMBOX_SET_MAX_MESSAGE)

/* These come as parts of other ioctls too. */
#define IMB_SEND                                                           \
	IMB_IOCTL(SEND, struct ipcmbox_send, __reserved,                   \
		  IPCMBOX_DONTWAIT | IPCMBOX_IOVEC | IPCMBOX_UNTIL_TAKEN | \
			  IPCMBOX_ALL,                                     \
		  imb_command_send)
#define IMB_RECV                                                       \
	IMB_IOCTL(RECV, struct ipcmbox_recv, __reserved,               \
		  IMB_RECV_FLAGS | IPCMBOX_DONTWAIT | IPCMBOX_NOTICES, \
		  imb_command_recv)
#define IMB_REPLY                                                       \
	IMB_IOCTL(REPLY, struct ipcmbox_reply, room_fds, IPCMBOX_IOVEC, \
		  imb_command_reply)

const struct imb_ioctl imb_command_send_op = IMB_SEND;
const struct imb_ioctl imb_command_recv_op = IMB_RECV;
const struct imb_ioctl imb_command_reply_op = IMB_REPLY;

const struct imb_ioctl imb_commands[] = {
	IMB_SEND,
	IMB_RECV,
	IMB_IOCTL(CALL, struct ipcmbox_call, __reserved,
		  IPCMBOX_DONTWAIT | IPCMBOX_IOVEC | IPCMBOX_ANSWER_IOVEC,
		  imb_command_call),
	IMB_IOCTL(REPLY_RECV, struct ipcmbox_reply_recv, stale, 0,
		  imb_command_reply_recv),
	IMB_REPLY,
	IMB_IOCTL(SENDV, struct ipcmbox_batch, __reserved, IPCMBOX_DONTWAIT,
		  imb_command_sendv),
	IMB_IOCTL(RECVV, struct ipcmbox_batch, __reserved, IPCMBOX_DONTWAIT,
		  imb_command_recvv),
	IMB_IOCTL(CANCEL, struct ipcmbox_cancel, __reserved, 0,
		  imb_command_cancel),
	IMB_IOCTL(PEEK, struct ipcmbox_recv, __reserved, IMB_RECV_FLAGS,
		  imb_command_peek),
	IMB_IOCTL(INFO, struct ipcmbox_info, dropped, IPCMBOX_TX,
		  imb_command_info),
	IMB_IOCTL(SET, struct ipcmbox_set, max_message, IMB_SET_FLAGS,
		  imb_command_set),
	IMB_IOCTL(SUBSCRIBE, struct ipcmbox_subscribe, policy,
		  IPCMBOX_SELECTIVE, imb_command_subscribe),
	IMB_IOCTL(NOTIFY, struct ipcmbox_notify, events, IPCMBOX_ONESHOT,
		  imb_command_notify),
	IMB_IOCTL(DRAIN, struct ipcmbox_drain, bytes, 0, imb_command_drain),
	IMB_IOCTL(DESTROY, struct ipcmbox_destroy, flags, 0,
		  imb_command_destroy),
	IMB_IOCTL(REOPEN, struct ipcmbox_reopen, fd, IPCMBOX_ADMIN,
		  imb_command_reopen),
};

const size_t imb_commands_count = ARRAY_SIZE(imb_commands);
