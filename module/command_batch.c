// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioctl(IPCMBOX_IOC_SENDV) and ioctl(IPCMBOX_IOC_RECVV): many messages in one entry. The
 * ABI header says what each does.
 */
#include <linux/fs.h>
#include <linux/ipcmbox.h>
#include <linux/sched.h>
#include <linux/uaccess.h>

#include "command.h"
#include "xfer.h"

static int imb_batch_send_one(struct imb_ucmd *part,
			      const struct imb_patience *patience)
{
	const struct imb_receipt none = { .disposition = IPCMBOX_NOT_SENT };
	const struct ipcmbox_send *arg = &part->arg->send;

	if ((arg->flags & IPCMBOX_DONTWAIT) || arg->deadline)
		return imb_send_report(part, &none) ?: -EINVAL;
	return imb_send_run(part, patience);
}

static int imb_batch_recv_one(struct imb_ucmd *part,
			      const struct imb_patience *patience)
{
	const struct ipcmbox_recv *arg = &part->arg->recv;

	if ((arg->flags & IPCMBOX_DONTWAIT) || arg->deadline)
		return -EINVAL;
	return imb_recv_run(part, patience, imb_xfer_receive);
}

static int imb_command_batch(struct imb_ucmd *ucmd, const struct imb_ioctl *op,
			     bool waits_once,
			     int (*run)(struct imb_ucmd *part,
					const struct imb_patience *patience))
{
	const struct ipcmbox_batch *arg = &ucmd->arg->batch;
	struct ipcmbox_batch __user *user = ucmd->user;
	struct imb_patience patience = {
		.deadline = arg->deadline,
		.dontwait = imb_ucmd_dontwait(ucmd, arg->flags),
	};
	union imb_arg one;
	struct imb_ucmd part;
	int ret = 0;
	u32 i;

	if (!arg->count || arg->count > IPCMBOX_BATCH_MAX ||
	    arg->stride % sizeof(u64) || arg->__reserved)
		return -EINVAL;
	/* What can't be written later must fail now. */
	if (put_user(0, &user->done))
		return -EFAULT;
	for (i = 0; i < arg->count; i++) {
		ret = imb_ucmd_fetch_part(&part, ucmd, &one,
					  arg->msgs + (u64)i * arg->stride, op);
		/* Two may not share what is written back. */
		if (!ret && part.size > arg->stride)
			ret = -EINVAL;
		if (!ret)
			ret = run(&part, &patience);
		if (ret)
			break;
		if (waits_once)
			patience.dontwait = true;
		cond_resched();
	}
	if (!i)
		return ret;
	(void)put_user(i, &user->done);
	return 0;
}

/**
 * imb_command_sendv() - ioctl(IPCMBOX_IOC_SENDV)
 * @ucmd: the ioctl
 *
 * Return: 0 or a negative errno.
 */
int imb_command_sendv(struct imb_ucmd *ucmd)
{
	return imb_command_batch(ucmd, &imb_command_send_op, false,
				 imb_batch_send_one);
}

/**
 * imb_command_recvv() - ioctl(IPCMBOX_IOC_RECVV)
 * @ucmd: the ioctl
 *
 * Return: 0 or a negative errno.
 */
int imb_command_recvv(struct imb_ucmd *ucmd)
{
	return imb_command_batch(ucmd, &imb_command_recv_op, true,
				 imb_batch_recv_one);
}
