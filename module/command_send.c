// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioctl(IPCMBOX_IOC_SEND) and ioctl(IPCMBOX_IOC_CANCEL), in terms of the layers below. The
 * ABI header says what each does.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/ipcmbox.h>
#include <linux/uaccess.h>

#include "cast.h"
#include "command.h"
#include "fds.h"
#include "mbox.h"
#include "msg.h"
#include "port.h"
#include "xfer.h"

/**
 * imb_send_report() - tell what became of a message
 * @ucmd: with a struct ipcmbox_send
 * @receipt: what became of it
 *
 * Writes id and disposition only: less than the whole, on the hottest path.
 *
 * Return: 0 or -EFAULT.
 */
int imb_send_report(struct imb_ucmd *ucmd, const struct imb_receipt *receipt)
{
	struct ipcmbox_send __user *user = ucmd->user;
	int ret;

	ret = put_user(receipt->id, &user->id);
	if (!ret)
		ret = put_user(receipt->disposition, &user->disposition);
	if (!ret && imb_cast_is_hub(imb_ucmd_port(ucmd)->tx) &&
	    ucmd->size >= offsetofend(struct ipcmbox_send, reached))
		ret = put_user(receipt->reached, &user->reached);
	return ret;
}

/* Does a mount keep it, with all that is stored there? */
static bool imb_mbox_lasts_with_mount(const struct imb_mbox *mbox)
{
	return mbox->named && mbox->instance && !imb_cast_is_hub(mbox);
}

/**
 * imb_command_attach() - give a message the files of descriptors
 * @msg: the message, which has none
 * @mbox: the mailbox that it is for
 * @user: address of the descriptors
 * @count: how many
 *
 * Return: 0 or a negative errno.
 */
int imb_command_attach(struct imb_msg *msg, const struct imb_mbox *mbox,
		       u64 user, u32 count)
{
	struct imb_fds *fds = imb_fds_import(user, count, true);

	if (IS_ERR(fds))
		return PTR_ERR(fds);
	msg->fds = fds;
	if (imb_mbox_lasts_with_mount(mbox) && imb_fds_may_keep_mount(fds))
		return -ELOOP;
	return 0;
}

/**
 * imb_send_begin() - make the message that is to be sent
 * @ucmd: with a struct ipcmbox_send
 *
 * Return: the message or an ERR_PTR.
 */
struct imb_msg *imb_send_begin(struct imb_ucmd *ucmd)
{
	const struct imb_receipt none = { .disposition = IPCMBOX_NOT_SENT };
	const struct ipcmbox_send *arg = &ucmd->arg->send;
	struct imb_msg *msg;
	int ret;

	if (!(ucmd->file->f_mode & FMODE_WRITE))
		return ERR_PTR(-EBADF);
	/* What can't be written later must fail now, before it is sent. */
	ret = imb_send_report(ucmd, &none);
	if (ret)
		return ERR_PTR(ret);
	if (arg->__reserved || arg->__reserved2 ||
	    arg->priority > IPCMBOX_PRIORITY_MAX ||
	    (arg->flags &
	     (imb_cast_is_hub(imb_ucmd_port(ucmd)->tx) ? IPCMBOX_UNTIL_TAKEN :
							 IPCMBOX_ALL)))
		return ERR_PTR(-EINVAL);
	ret = imb_ucmd_pay(ucmd);
	if (ret)
		return ERR_PTR(ret);
	msg = imb_command_import(ucmd, arg->data, arg->len,
				 arg->flags & IPCMBOX_IOVEC);
	if (IS_ERR(msg))
		return msg;
	msg->type = arg->type;
	msg->cookie = arg->cookie;
	msg->priority = arg->priority;
	ret = imb_command_attach(msg, imb_ucmd_port(ucmd)->tx, arg->fds,
				 arg->nr_fds);
	if (ret) {
		imb_msg_put(msg);
		return ERR_PTR(ret);
	}
	return msg;
}

/**
 * imb_send_run() - send a message
 * @ucmd: with a struct ipcmbox_send
 * @patience: how long to wait
 *
 * Return: 0 or a negative errno.
 */
int imb_send_run(struct imb_ucmd *ucmd, const struct imb_patience *patience)
{
	struct imb_mbox *mbox = imb_ucmd_port(ucmd)->tx;
	struct ipcmbox_send __user *user = ucmd->user;
	struct ipcmbox_send *arg = &ucmd->arg->send;
	struct imb_receipt receipt = { .early = &user->id };
	struct imb_patience paid = *patience;
	struct imb_msg *msg;
	int ret;

	msg = imb_send_begin(ucmd);
	if (IS_ERR(msg))
		return PTR_ERR(msg);
	paid.acct = ucmd->payer->acct;
	if (imb_cast_is_hub(mbox))
		ret = imb_cast_send(mbox, msg, &paid, arg->flags & IPCMBOX_ALL,
				    &receipt);
	else
		ret = imb_xfer_send(mbox, msg, &paid,
				    arg->flags & IPCMBOX_UNTIL_TAKEN, &receipt);
	/* The return value tells the truth, whether or not this arrives. */
	(void)imb_send_report(ucmd, &receipt);
	return ret;
}

/**
 * imb_command_send() - ioctl(IPCMBOX_IOC_SEND)
 * @ucmd: the ioctl
 *
 * Return: 0 or a negative errno.
 */
int imb_command_send(struct imb_ucmd *ucmd)
{
	const struct imb_patience patience = {
		.deadline = ucmd->arg->send.deadline,
		.dontwait = imb_ucmd_dontwait(ucmd, ucmd->arg->send.flags),
	};

	return imb_send_run(ucmd, &patience);
}

/**
 * imb_command_cancel() - ioctl(IPCMBOX_IOC_CANCEL)
 * @ucmd: the ioctl
 *
 * Return: 0 or a negative errno.
 */
int imb_command_cancel(struct imb_ucmd *ucmd)
{
	const struct ipcmbox_cancel *arg = &ucmd->arg->cancel;
	struct ipcmbox_cancel __user *user = ucmd->user;
	struct imb_mbox *mbox = imb_ucmd_port(ucmd)->tx;
	int ret;

	if (!(ucmd->file->f_mode & FMODE_WRITE))
		return -EBADF;
	if (arg->__reserved)
		return -EINVAL;
	if (imb_mbox_is_dead(mbox))
		return -EIDRM;
	/* What can't be written later must fail now, before it is done. */
	ret = put_user(IPCMBOX_CANCEL_UNKNOWN, &user->result);
	if (!ret)
		(void)put_user(imb_xfer_cancel(mbox, arg->id), &user->result);
	return ret;
}
