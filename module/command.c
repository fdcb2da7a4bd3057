// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctls of a port: what the user asks for, in terms of the layers below.
 * The ABI header says what each does.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/ipcmbox.h>
#include <linux/uaccess.h>

#include "buffer.h"
#include "command.h"
#include "mbox.h"
#include "msg.h"
#include "port.h"
#include "xfer.h"

static struct imb_port *imb_ucmd_port(struct imb_ucmd *ucmd)
{
	return ucmd->file->private_data;
}

static bool imb_ucmd_dontwait(struct imb_ucmd *ucmd, u32 flags)
{
	return (flags & IPCMBOX_DONTWAIT) || (ucmd->file->f_flags & O_NONBLOCK);
}

/* Write id and disposition only: less than the whole, on the hottest path. */
static int imb_send_report(struct imb_ucmd *ucmd,
			   const struct imb_receipt *receipt)
{
	struct ipcmbox_send __user *user = ucmd->user;
	int ret;

	ret = put_user(receipt->id, &user->id);
	if (!ret)
		ret = put_user(receipt->disposition, &user->disposition);
	return ret;
}

static int imb_command_send(struct imb_ucmd *ucmd)
{
	struct imb_receipt receipt = { .disposition = IPCMBOX_NOT_SENT };
	struct imb_mbox *mbox = imb_ucmd_port(ucmd)->tx;
	struct ipcmbox_send *arg = &ucmd->arg->send;
	const struct imb_patience patience = {
		.deadline = arg->deadline,
		.dontwait = imb_ucmd_dontwait(ucmd, arg->flags),
	};
	struct imb_buffer buffer;
	struct imb_msg *msg;
	int ret;

	if (!(ucmd->file->f_mode & FMODE_WRITE))
		return -EBADF;
	if (arg->__reserved)
		return -EINVAL;
	/* What can't be written later must fail now, before it is sent. */
	ret = imb_send_report(ucmd, &receipt);
	if (ret)
		return ret;
	ret = imb_buffer_init(&buffer, ITER_SOURCE, arg->data, arg->len,
			      arg->flags & IPCMBOX_IOVEC);
	if (ret)
		goto out;
	if (iov_iter_count(&buffer.iter) > READ_ONCE(mbox->max_message)) {
		ret = -EMSGSIZE;
		goto out;
	}
	msg = imb_msg_import(&buffer.iter);
	if (IS_ERR(msg)) {
		ret = PTR_ERR(msg);
		goto out;
	}
	ret = imb_xfer_send(mbox, msg, &patience,
			    arg->flags & IPCMBOX_UNTIL_TAKEN, &receipt);
	/* The return value tells the truth, whether or not this arrives. */
	(void)imb_send_report(ucmd, &receipt);
out:
	imb_buffer_exit(&buffer);
	return ret;
}

static int imb_recv_report(struct imb_reception *rx)
{
	struct imb_ucmd *ucmd = rx->ctx;
	struct ipcmbox_recv *arg = &ucmd->arg->recv;

	arg->id = rx->id;
	arg->msg_len = rx->len;
	arg->msg_flags = rx->truncated ? IPCMBOX_MSG_TRUNCATED : 0;
	return imb_ucmd_respond(ucmd);
}

static int imb_command_receive(struct imb_ucmd *ucmd,
			       int (*receive)(struct imb_mbox *mbox,
					      struct imb_reception *rx))
{
	struct ipcmbox_recv *arg = &ucmd->arg->recv;
	struct imb_buffer buffer;
	struct imb_reception rx = {
		.to = &buffer.iter,
		.truncate = arg->flags & IPCMBOX_TRUNCATE,
		.patience = {
			.deadline = arg->deadline,
			.dontwait = imb_ucmd_dontwait(ucmd, arg->flags),
		},
		.report = imb_recv_report,
		.ctx = ucmd,
	};
	int ret;

	if (!(ucmd->file->f_mode & FMODE_READ))
		return -EBADF;
	if (arg->__reserved)
		return -EINVAL;
	ret = imb_buffer_init(&buffer, ITER_DEST, arg->data, arg->len,
			      arg->flags & IPCMBOX_IOVEC);
	if (!ret)
		ret = receive(imb_ucmd_port(ucmd)->rx, &rx);
	if (ret == -EMSGSIZE && imb_recv_report(&rx))
		ret = -EFAULT;
	imb_buffer_exit(&buffer);
	return ret;
}

static int imb_command_recv(struct imb_ucmd *ucmd)
{
	return imb_command_receive(ucmd, imb_xfer_receive);
}

static int imb_command_peek(struct imb_ucmd *ucmd)
{
	if (ucmd->arg->recv.deadline)
		return -EINVAL;
	return imb_command_receive(ucmd, imb_xfer_peek);
}

static int imb_command_info(struct imb_ucmd *ucmd)
{
	struct imb_port *port = imb_ucmd_port(ucmd);
	struct ipcmbox_info *arg = &ucmd->arg->info;

	imb_mbox_info(arg->flags & IPCMBOX_TX ? port->tx : port->rx, arg);
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
	return imb_mbox_destroy(port->rx);
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
#define IMB_SET_FLAGS                                    \
	(IPCMBOX_SET_CAPACITY | IPCMBOX_SET_MAX_BYTES |  \
	 IPCMBOX_SET_MAX_MESSAGE)

const struct imb_ioctl imb_commands[] = {
	IMB_IOCTL(SEND, struct ipcmbox_send, __reserved,
		  IPCMBOX_DONTWAIT | IPCMBOX_IOVEC | IPCMBOX_UNTIL_TAKEN,
		  imb_command_send),
	IMB_IOCTL(RECV, struct ipcmbox_recv, __reserved,
		  IMB_RECV_FLAGS | IPCMBOX_DONTWAIT, imb_command_recv),
	IMB_IOCTL(PEEK, struct ipcmbox_recv, __reserved, IMB_RECV_FLAGS,
		  imb_command_peek),
	IMB_IOCTL(INFO, struct ipcmbox_info, dropped, IPCMBOX_TX,
		  imb_command_info),
	IMB_IOCTL(SET, struct ipcmbox_set, max_message, IMB_SET_FLAGS,
		  imb_command_set),
	IMB_IOCTL(DRAIN, struct ipcmbox_drain, bytes, 0, imb_command_drain),
	IMB_IOCTL(DESTROY, struct ipcmbox_destroy, flags, 0,
		  imb_command_destroy),
	IMB_IOCTL(REOPEN, struct ipcmbox_reopen, fd, IPCMBOX_ADMIN,
		  imb_command_reopen),
};

const size_t imb_commands_count = ARRAY_SIZE(imb_commands);
