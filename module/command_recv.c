// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioctl(IPCMBOX_IOC_RECV) and ioctl(IPCMBOX_IOC_PEEK), in terms of the layers below. The
 * ABI header says what each does.
 */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/ipcmbox.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/uaccess.h>

#include "buffer.h"
#include "command.h"
#include "fds.h"
#include "mbox.h"
#include "msg.h"
#include "port.h"
#include "xfer.h"

/**
 * imb_command_tell_fds() - tell of descriptors
 * @user: address of the user's array
 * @numbers: the descriptors, of files or reserved for them
 * @count: how many
 *
 * Return: 0 or -EFAULT.
 */
int imb_command_tell_fds(u64 user, const s32 *numbers, u32 count)
{
	return copy_to_user(u64_to_user_ptr(user), numbers,
			    count * sizeof(*numbers)) ?
		       -EFAULT :
		       0;
}

/**
 * imb_command_correct_fds() - tell of descriptors that are not those reserved
 * @user: address of the user's array
 * @numbers: the descriptors
 * @count: how many
 *
 * What was told before the receive could not fail was right but for a rare loss or
 * race. Who has made the array unwritable since then gets none.
 */
void imb_command_correct_fds(u64 user, const s32 *numbers, u32 count)
{
	if (imb_command_tell_fds(user, numbers, count))
		imb_fds_uninstall(numbers, count);
}

/**
 * imb_recv_report() - tell of a message
 * @rx: the receive, with its message
 * @ucmd: with a struct ipcmbox_recv
 *
 * Return: 0 or -EFAULT.
 */
int imb_recv_report(const struct imb_reception *rx, struct imb_ucmd *ucmd)
{
	struct pid_namespace *pids = task_active_pid_ns(current);
	struct user_namespace *users = current_user_ns();
	struct ipcmbox_recv *arg = &ucmd->arg->recv;
	const struct imb_msg *msg = rx->msg;

	arg->id = msg->id;
	arg->msg_len = rx->len;
	arg->msg_flags = (rx->truncated ? IPCMBOX_MSG_TRUNCATED : 0) |
			 (msg->notice_of ? IPCMBOX_MSG_LEFT : 0);
	arg->priority = msg->priority;
	arg->type = msg->type;
	arg->cookie = msg->cookie;
	arg->pid = pid_nr_ns(msg->process, pids);
	arg->tid = pid_nr_ns(msg->thread, pids);
	arg->uid = from_kuid_munged(users, msg->uid);
	arg->gid = from_kgid_munged(users, msg->gid);
	arg->token = msg->is_call || msg->notice_of ? msg->id : 0;
	arg->msg_fds = rx->nr_fds;
	arg->lag = rx->lag;
	if (imb_command_tell_fds(arg->fds, rx->fds, rx->given))
		return -EFAULT;
	return imb_ucmd_respond(ucmd);
}

/**
 * imb_recv_report_length() - tell how long the message is that did not fit
 * @rx: the receive, which failed with -EMSGSIZE
 * @ucmd: with a struct ipcmbox_recv
 *
 * Return: -EMSGSIZE or -EFAULT.
 */
int imb_recv_report_length(const struct imb_reception *rx,
			   struct imb_ucmd *ucmd)
{
	ucmd->arg->recv.msg_len = rx->len;
	ucmd->arg->recv.msg_fds = rx->nr_fds;
	ucmd->arg->recv.msg_flags = 0;
	return imb_ucmd_respond(ucmd) ?: -EMSGSIZE;
}

/* What the receiver wants; @process, if not NULL, is to be put. */
static int imb_recv_match(struct imb_ucmd *ucmd, struct imb_match *match,
			  struct pid **process)
{
	const struct ipcmbox_recv *arg = &ucmd->arg->recv;
	bool any = arg->match == IPCMBOX_MATCH_ANY;

	*match = (struct imb_match){ arg->match, arg->match_value };
	if (arg->match > IPCMBOX_MATCH_SENDER || (any && arg->match_value))
		return -EINVAL;
	if (!any && !(imb_ucmd_port(ucmd)->rx->flags & IPCMBOX_SELECTIVE))
		return -EINVAL;
	if (arg->match != IPCMBOX_MATCH_SENDER)
		return 0;
	if (!arg->match_value || arg->match_value > INT_MAX)
		return -EINVAL;
	*process = find_get_pid(arg->match_value);
	match->value = imb_sender_key(*process);
	return *process ? 0 : -ESRCH;
}

/**
 * imb_recv_begin() - prepare a receive
 * @ucmd: with a struct ipcmbox_recv
 * @recv: to be given to imb_recv_end(), whatever comes of this call
 * @rx: filled in, but for @rx->patience, @rx->report and @rx->ctx
 *
 * Return: 0 or a negative errno.
 */
int imb_recv_begin(struct imb_ucmd *ucmd, struct imb_recv_call *recv,
		   struct imb_reception *rx)
{
	const struct ipcmbox_recv *arg = &ucmd->arg->recv;
	int ret;

	recv->process = NULL;
	recv->buffer.heap = NULL;
	*rx = (struct imb_reception){
		.to = &recv->buffer.iter,
		.truncate = arg->flags & IPCMBOX_TRUNCATE,
		.notices = arg->flags & IPCMBOX_NOTICES,
	};
	if (!(ucmd->file->f_mode & FMODE_READ))
		return -EBADF;
	if (arg->__reserved || arg->nr_fds > IPCMBOX_FDS_MAX)
		return -EINVAL;
	if (arg->nr_fds) {
		rx->fds = recv->fds;
		rx->max_fds = arg->nr_fds;
	}
	if (ucmd->size >= offsetofend(struct ipcmbox_recv, token))
		rx->holder = &imb_ucmd_port(ucmd)->holder;
	ret = imb_recv_match(ucmd, &rx->match, &recv->process);
	if (ret)
		return ret;
	return imb_buffer_init(&recv->buffer, ITER_DEST, arg->data, arg->len,
			       arg->flags & IPCMBOX_IOVEC);
}

/**
 * imb_recv_end() - end what imb_recv_begin() began
 * @recv: what it filled in
 */
void imb_recv_end(struct imb_recv_call *recv)
{
	imb_buffer_exit(&recv->buffer);
	put_pid(recv->process);
}

static int imb_recv_report_plain(struct imb_reception *rx)
{
	return imb_recv_report(rx, rx->ctx);
}

/**
 * imb_recv_run() - receive a message
 * @ucmd: with a struct ipcmbox_recv
 * @patience: how long to wait
 * @receive: imb_xfer_receive() or imb_xfer_peek()
 *
 * Return: 0 or a negative errno.
 */
int imb_recv_run(struct imb_ucmd *ucmd, const struct imb_patience *patience,
		 int (*receive)(struct imb_mbox *mbox,
				struct imb_reception *rx))
{
	struct imb_recv_call recv;
	struct imb_reception rx;
	int ret;

	ret = imb_recv_begin(ucmd, &recv, &rx);
	if (!ret)
		ret = imb_ucmd_pay(ucmd);
	rx.patience = *patience;
	rx.patience.acct = ucmd->payer->acct;
	rx.report = imb_recv_report_plain;
	rx.ctx = ucmd;
	if (!ret)
		ret = receive(imb_ucmd_port(ucmd)->rx, &rx);
	if (ret == -EMSGSIZE)
		ret = imb_recv_report_length(&rx, ucmd);
	if (!ret && rx.moved)
		imb_command_correct_fds(ucmd->arg->recv.fds, rx.fds, rx.given);
	imb_recv_end(&recv);
	return ret;
}

/**
 * imb_command_recv() - ioctl(IPCMBOX_IOC_RECV)
 * @ucmd: the ioctl
 *
 * Return: 0 or a negative errno.
 */
int imb_command_recv(struct imb_ucmd *ucmd)
{
	const struct imb_patience patience = {
		.deadline = ucmd->arg->recv.deadline,
		.dontwait = imb_ucmd_dontwait(ucmd, ucmd->arg->recv.flags),
	};

	return imb_recv_run(ucmd, &patience, imb_xfer_receive);
}

/**
 * imb_command_peek() - ioctl(IPCMBOX_IOC_PEEK)
 * @ucmd: the ioctl
 *
 * Return: 0 or a negative errno.
 */
int imb_command_peek(struct imb_ucmd *ucmd)
{
	static const struct imb_patience patience = { .dontwait = true };

	if (ucmd->arg->recv.deadline)
		return -EINVAL;
	return imb_recv_run(ucmd, &patience, imb_xfer_peek);
}
