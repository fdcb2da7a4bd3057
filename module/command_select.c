// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioctl(IPCMBOX_IOC_SELECT), in terms of the layers below. The ABI header says what
 * it does.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/ipcmbox.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "cast.h"
#include "command.h"
#include "mbox.h"
#include "msg.h"
#include "port.h"
#include "select.h"

/**
 * struct imb_choice - a case, as the user has it
 * @file: the port's file, a reference
 * @ucmd: the argument of SEND or RECV
 * @arg: where it is kept
 * @payer: who pays, in the instance of the port
 * @recv: what belongs to a receive
 */
struct imb_choice {
	struct file *file;
	struct imb_ucmd ucmd;
	union imb_arg arg;
	struct imb_payer payer;
	struct imb_recv_call recv;
};

/**
 * struct imb_choices - a selection, as the user has it
 * @select: the selection
 * @cases: its cases
 * @user: the argument of SELECT
 * @choices: as many
 */
struct imb_choices {
	struct imb_select select;
	struct imb_case cases[IPCMBOX_SELECT_MAX];
	struct ipcmbox_select __user *user;
	struct imb_choice choices[];
};

/* Beside the message, tell which case it was; then the receive is committed. */
static int imb_choice_report(struct imb_reception *rx)
{
	struct imb_choices *choices = rx->ctx;
	int index = choices->select.chosen;

	if (put_user(index, &choices->user->index))
		return -EFAULT;
	return imb_recv_report(rx, &choices->choices[index].ucmd);
}

static int imb_choice_init_send(struct imb_choice *choice,
				struct imb_case *kase)
{
	struct ipcmbox_send *arg = &choice->arg.send;
	int ret;

	ret = imb_ucmd_fetch(&choice->ucmd, &imb_command_send_op);
	if (ret)
		return ret;
	if ((arg->flags & IPCMBOX_DONTWAIT) || arg->deadline ||
	    imb_cast_is_hub(imb_ucmd_port(&choice->ucmd)->tx))
		return -EINVAL;
	kase->mbox = imb_ucmd_port(&choice->ucmd)->tx;
	kase->until_taken = arg->flags & IPCMBOX_UNTIL_TAKEN;
	kase->sends = true;
	kase->msg = imb_send_begin(&choice->ucmd);
	if (IS_ERR(kase->msg)) {
		ret = PTR_ERR(kase->msg);
		kase->msg = NULL;
		return ret;
	}
	return 0;
}

static int imb_choice_init_recv(struct imb_choice *choice,
				struct imb_case *kase,
				struct imb_choices *choices)
{
	const struct ipcmbox_recv *arg = &choice->arg.recv;
	int ret;

	ret = imb_ucmd_fetch(&choice->ucmd, &imb_command_recv_op);
	if (ret)
		return ret;
	if ((arg->flags & IPCMBOX_DONTWAIT) || arg->deadline)
		return -EINVAL;
	kase->mbox = imb_ucmd_port(&choice->ucmd)->rx;
	ret = imb_ucmd_pay(&choice->ucmd);
	if (ret)
		return ret;
	ret = imb_recv_begin(&choice->ucmd, &choice->recv, &kase->rx);
	kase->rx.patience.acct = choice->payer.acct;
	kase->rx.report = imb_choice_report;
	kase->rx.ctx = choices;
	return ret;
}

static int imb_choice_init(struct imb_choices *choices, unsigned int i,
			   const struct ipcmbox_case *arg)
{
	struct imb_choice *choice = &choices->choices[i];

	if (arg->flags)
		return -EOPNOTSUPP;
	if (arg->__reserved)
		return -EINVAL;
	choice->file = fget(arg->fd);
	if (!choice->file)
		return -EBADF;
	if (!imb_port_is(choice->file))
		return -EINVAL;
	choice->ucmd = (struct imb_ucmd){
		.file = choice->file,
		.user = u64_to_user_ptr(arg->arg),
		.arg = &choice->arg,
		.payer = &choice->payer,
	};
	switch (arg->kind) {
	case IPCMBOX_CASE_SEND:
		return imb_choice_init_send(choice, &choices->cases[i]);
	case IPCMBOX_CASE_RECV:
		return imb_choice_init_recv(choice, &choices->cases[i],
					    choices);
	default:
		return -EINVAL;
	}
}

static int imb_choices_init(struct imb_choices *choices,
			    const struct ipcmbox_select *arg)
{
	struct ipcmbox_case one;
	u32 i;
	int ret;

	for (i = 0; i < arg->count; i++) {
		choices->select.chosen = i;
		ret = copy_struct_from_user(
			&one, sizeof(one),
			u64_to_user_ptr(arg->cases + (u64)i * arg->stride),
			arg->stride);
		if (!ret)
			ret = imb_choice_init(choices, i, &one);
		if (ret)
			return ret;
	}
	choices->select.chosen = -1;
	/* Of waiters instances have no limits, so one pays for all. */
	ret = imb_ucmd_pay(&choices->choices[0].ucmd);
	choices->select.patience.acct = choices->choices[0].payer.acct;
	return ret;
}

static void imb_choice_end_send(struct imb_case *kase)
{
	if (kase->receipt.disposition == IPCMBOX_QUEUED) {
		imb_msg_unpay(kase->msg);
	} else {
		/* Who copies what was taken back may have it still. */
		imb_msg_land(kase->msg);
		imb_msg_leave(kase->msg);
	}
	imb_msg_put(kase->msg);
}

static void imb_choices_free(struct imb_choices *choices)
{
	unsigned int i;

	for (i = 0; i < choices->select.count; i++) {
		if (choices->cases[i].msg)
			imb_choice_end_send(&choices->cases[i]);
		imb_payer_put(&choices->choices[i].payer);
		imb_recv_end(&choices->choices[i].recv);
		if (!choices->choices[i].file)
			continue;
		if (choices->cases[i].rx.holder)
			imb_port_end_receive(choices->choices[i].file);
		fput(choices->choices[i].file);
	}
	kvfree(choices);
}

/* Tell what came of it, as far as that was not told with the message. */
static int imb_choices_report(struct imb_choices *choices, int ret)
{
	int index = choices->select.chosen;
	struct imb_case *kase = &choices->cases[max(index, 0)];

	if (ret == -EMSGSIZE && index >= 0 && !kase->sends)
		ret = imb_recv_report_length(&kase->rx,
					     &choices->choices[index].ucmd);
	if (!ret && !kase->sends && kase->rx.moved)
		imb_command_correct_fds(choices->choices[index].arg.recv.fds,
					kase->rx.fds, kase->rx.given);
	if (!ret && kase->sends)
		(void)imb_send_report(&choices->choices[index].ucmd,
				      &kase->receipt);
	if (ret || kase->sends)
		(void)put_user(index, &choices->user->index);
	return ret;
}

/* The rules of any argument, here for the size of a case. */
static int imb_choices_check(const struct ipcmbox_select *arg)
{
	if (!arg->count || arg->count > IPCMBOX_SELECT_MAX || arg->__reserved ||
	    arg->stride % sizeof(u64) ||
	    arg->stride < offsetofend(struct ipcmbox_case, __reserved))
		return -EINVAL;
	return arg->stride > IPCMBOX_ARG_MAX ? -E2BIG : 0;
}

/**
 * imb_command_select() - ioctl(IPCMBOX_IOC_SELECT)
 * @ucmd: the ioctl
 *
 * Return: 0 or a negative errno.
 */
int imb_command_select(struct imb_ucmd *ucmd)
{
	const struct ipcmbox_select *arg = &ucmd->arg->select;
	struct ipcmbox_select __user *user = ucmd->user;
	struct imb_choices *choices;
	int ret;

	/* What can't be written later must fail now. */
	ret = put_user(-1, &user->index);
	if (!ret)
		ret = imb_choices_check(arg);
	if (ret)
		return ret;
	choices = kvzalloc(struct_size(choices, choices, arg->count),
			   GFP_KERNEL_ACCOUNT);
	if (!choices)
		return -ENOMEM;
	choices->user = user;
	choices->select.cases = choices->cases;
	choices->select.count = arg->count;
	choices->select.ordered = arg->flags & IPCMBOX_ORDERED;
	choices->select.patience = (struct imb_patience){
		.deadline = arg->deadline,
		.dontwait = arg->flags & IPCMBOX_DONTWAIT,
	};
	ret = imb_choices_init(choices, arg);
	if (!ret)
		ret = imb_select_run(&choices->select);
	ret = imb_choices_report(choices, ret);
	imb_choices_free(choices);
	return ret;
}
