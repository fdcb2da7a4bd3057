// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctls of calls and answers, in terms of the layers below. The ABI header says
 * what each does.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/ipcmbox.h>
#include <linux/uaccess.h>

#include "buffer.h"
#include "call.h"
#include "cast.h"
#include "command.h"
#include "fds.h"
#include "mbox.h"
#include "msg.h"
#include "port.h"
#include "xfer.h"

/* Write what becomes of the message. */
static int imb_call_report(struct imb_ucmd *ucmd,
			   const struct imb_receipt *receipt)
{
	struct ipcmbox_call __user *user = ucmd->user;
	int ret;

	ret = put_user(receipt->id, &user->id);
	if (!ret)
		ret = put_user(receipt->disposition, &user->disposition);
	return ret;
}

/* Write what the answer is, and the answer itself. */
static int imb_call_export(struct imb_ucmd *ucmd, const struct imb_call *call,
			   struct imb_buffer *answer)
{
	struct ipcmbox_call __user *user = ucmd->user;
	int ret;

	ret = imb_msg_export(call->answer, &answer->iter);
	if (!ret)
		ret = put_user((u64)call->answer->len, &user->msg_len);
	if (!ret)
		ret = put_user(call->cookie, &user->answer_cookie);
	return ret;
}

/* The files of the answer. */
static int imb_call_export_fds(struct imb_ucmd *ucmd,
			       const struct imb_call *call)
{
	const struct imb_fds *fds = call->answer->fds;
	struct ipcmbox_call __user *user = ucmd->user;
	u32 count = fds ? fds->count : 0;
	u64 array = ucmd->arg->call.answer_fds;
	s32 numbers[IPCMBOX_FDS_MAX];
	int ret;

	ret = imb_fds_reserve(numbers, count);
	if (ret)
		return ret;
	ret = imb_command_tell_fds(array, numbers, count);
	if (!ret)
		ret = put_user(count, &user->msg_fds);
	if (ret)
		imb_fds_release(numbers, count);
	else if (count && imb_fds_install(fds, numbers, count))
		imb_command_correct_fds(array, numbers, count);
	return ret;
}

static int imb_call_run(struct imb_ucmd *ucmd, struct imb_call *call)
{
	struct ipcmbox_call __user *user = ucmd->user;
	struct imb_receipt receipt = { .early = &user->id };
	struct imb_mbox *mbox = imb_ucmd_port(ucmd)->tx;
	struct ipcmbox_call *arg = &ucmd->arg->call;
	const struct imb_patience patience = {
		.acct = ucmd->payer->acct,
		.deadline = arg->taken_deadline,
		.dontwait = imb_ucmd_dontwait(ucmd, arg->flags),
	};
	struct imb_msg *msg;
	int ret;

	msg = imb_command_import(ucmd, arg->data, arg->len,
				 arg->flags & IPCMBOX_IOVEC);
	if (IS_ERR(msg))
		return PTR_ERR(msg);
	msg->type = arg->type;
	msg->cookie = arg->cookie;
	msg->priority = arg->priority;
	ret = imb_command_attach(msg, mbox, arg->fds, arg->nr_fds);
	if (ret) {
		imb_msg_put(msg);
		return ret;
	}
	ret = imb_xfer_call(mbox, msg, call, patience, arg->deadline, &receipt);
	/* The return value tells the truth, whether or not this arrives. */
	(void)imb_call_report(ucmd, &receipt);
	return ret;
}

/**
 * imb_command_call() - ioctl(IPCMBOX_IOC_CALL)
 * @ucmd: the ioctl
 *
 * Return: 0 or a negative errno.
 */
int imb_command_call(struct imb_ucmd *ucmd)
{
	const struct imb_receipt none = { .disposition = IPCMBOX_NOT_SENT };
	struct ipcmbox_call *arg = &ucmd->arg->call;
	struct imb_flight room;
	struct imb_buffer answer;
	struct imb_call *call;
	int ret;

	if (!(ucmd->file->f_mode & FMODE_WRITE))
		return -EBADF;
	/* What can't be written later must fail now, before it is sent. */
	ret = imb_call_report(ucmd, &none);
	if (ret)
		return ret;
	if (imb_cast_is_hub(imb_ucmd_port(ucmd)->tx) || arg->__reserved ||
	    arg->priority > IPCMBOX_PRIORITY_MAX ||
	    arg->nr_answer_fds > IPCMBOX_FDS_MAX)
		return -EINVAL;
	ret = imb_buffer_init(&answer, ITER_DEST, arg->answer, arg->answer_len,
			      arg->flags & IPCMBOX_ANSWER_IOVEC);
	if (!ret && iov_iter_count(&answer.iter) > IPCMBOX_MESSAGE_MAX)
		ret = -EINVAL;
	if (ret)
		goto out;
	ret = imb_ucmd_pay(ucmd);
	if (!ret)
		ret = imb_flight_begin(&room, arg->nr_answer_fds);
	if (ret)
		goto out;
	call = imb_call_new(iov_iter_count(&answer.iter), arg->nr_answer_fds,
			    ucmd->payer->acct);
	if (IS_ERR(call)) {
		ret = PTR_ERR(call);
		goto out_room;
	}
	ret = imb_call_run(ucmd, call);
	if (!ret)
		ret = imb_call_export(ucmd, call, &answer);
	if (!ret)
		ret = imb_call_export_fds(ucmd, call);
	imb_call_leave(call);
	imb_call_put(call);
out_room:
	/* Not with the call, of which a slow replier may have a reference. */
	imb_flight_end(&room);
out:
	imb_buffer_exit(&answer);
	return ret;
}

/**
 * imb_command_reply() - ioctl(IPCMBOX_IOC_REPLY)
 * @ucmd: the ioctl
 *
 * Return: 0 or a negative errno.
 */
int imb_command_reply(struct imb_ucmd *ucmd)
{
	struct ipcmbox_reply __user *user = ucmd->user;
	struct ipcmbox_reply *arg = &ucmd->arg->reply;
	struct imb_buffer buffer;
	struct imb_reply reply = {
		.token = arg->token,
		.from = &buffer.iter,
		.cookie = arg->cookie,
	};
	int ret;

	if (!(ucmd->file->f_mode & FMODE_READ))
		return -EBADF;
	reply.fds = imb_fds_import(arg->fds, arg->nr_fds, false);
	if (IS_ERR(reply.fds))
		return PTR_ERR(reply.fds);
	ret = imb_buffer_init(&buffer, ITER_SOURCE, arg->data, arg->len,
			      arg->flags & IPCMBOX_IOVEC);
	/* Only who has an account can be charged, and an answer needs none. */
	if (!ret && !imb_ucmd_pay(ucmd))
		reply.acct = ucmd->payer->acct;
	if (!ret)
		ret = imb_call_reply(imb_ucmd_port(ucmd)->rx, &reply);
	if (ret == -EMSGSIZE && (put_user(reply.room, &user->room) ||
				 put_user(reply.room_fds, &user->room_fds)))
		ret = -EFAULT;
	imb_buffer_exit(&buffer);
	imb_fds_free(reply.fds);
	return ret;
}

/* Answer; whether there was one, and whether nobody waited for it, goes to @ucmd. */
static int imb_reply_first(struct imb_ucmd *ucmd, struct imb_ucmd *reply)
{
	struct ipcmbox_reply_recv __user *user = ucmd->user;
	int ret;

	ret = imb_command_reply(reply);
	if (ret == -ESTALE)
		return put_user(1, &user->stale);
	/* The answer is given, whether or not this arrives. */
	if (!ret)
		(void)put_user(1, &user->replied);
	return ret;
}

/**
 * imb_command_reply_recv() - ioctl(IPCMBOX_IOC_REPLY_RECV)
 * @ucmd: the ioctl
 *
 * Return: 0 or a negative errno.
 */
int imb_command_reply_recv(struct imb_ucmd *ucmd)
{
	const struct ipcmbox_reply_recv *arg = &ucmd->arg->reply_recv;
	struct ipcmbox_reply_recv __user *user = ucmd->user;
	u64 first = arg->reply, second = arg->recv;
	struct imb_ucmd reply, recv;
	union imb_arg recv_arg;
	int ret;

	/* The argument has been read: its place is free for that of the reply. */
	ret = imb_ucmd_fetch_part(&recv, ucmd, &recv_arg, second,
				  &imb_command_recv_op);
	if (!ret && first)
		ret = imb_ucmd_fetch_part(&reply, ucmd, ucmd->arg, first,
					  &imb_command_reply_op);
	if (!ret)
		ret = put_user(0, &user->replied) ?: put_user(0, &user->stale);
	if (!ret && first)
		ret = imb_reply_first(ucmd, &reply);
	if (ret)
		return ret;
	ret = imb_command_recv(&recv);
	return ret == -ERESTARTSYS && first ? -EINTR : ret;
}
