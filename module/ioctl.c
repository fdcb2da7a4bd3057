// SPDX-License-Identifier: GPL-2.0-only
/*
 * The engine that all ioctls run through. See ioctl.h.
 */
#include <linux/minmax.h>
#include <linux/uaccess.h>

#include "ioctl.h"

static const struct imb_ioctl *imb_ioctl_find(const struct imb_ioctl *table,
					      size_t entries, unsigned int cmd)
{
	size_t i;

	for (i = 0; i < entries; i++)
		if (table[i].cmd == cmd)
			return &table[i];
	return NULL;
}

/**
 * imb_ucmd_fetch() - read an argument
 * @ucmd: with the address of the argument; gets the argument and its size
 * @op: what it is the argument of
 *
 * Return: 0, or -EFAULT, -EINVAL, -E2BIG or -EOPNOTSUPP, see the ABI's "Form of
 * every ioctl".
 */
int imb_ucmd_fetch(struct imb_ucmd *ucmd, const struct imb_ioctl *op)
{
	u32 size, flags;
	int ret;

	if (get_user(size, (u32 __user *)ucmd->user))
		return -EFAULT;
	if (size < op->min_size)
		return -EINVAL;
	/* The tail is walked through; nobody needs to make that long. */
	if (size > IPCMBOX_ARG_MAX)
		return -E2BIG;
	ret = copy_struct_from_user(ucmd->arg, op->size, ucmd->user, size);
	if (ret)
		return ret;
	/* Every argument starts with size and flags. */
	flags = ucmd->arg->version.flags;
	if (flags & ~op->flags)
		return -EOPNOTSUPP;
	ucmd->size = min_t(size_t, size, op->size);
	return 0;
}

/**
 * imb_ioctl_run() - run an ioctl
 * @table: the ioctls that the file knows, the most frequent ones first
 * @entries: how many
 * @file: the file
 * @cmd: the number of the ioctl
 * @user: address of its argument
 *
 * Return: 0 or a negative errno, see the ABI's "Form of every ioctl".
 */
long imb_ioctl_run(const struct imb_ioctl *table, size_t entries,
		   struct file *file, unsigned int cmd, unsigned long user)
{
	const struct imb_ioctl *op = imb_ioctl_find(table, entries, cmd);
	struct imb_payer payer = {};
	union imb_arg arg;
	struct imb_ucmd ucmd = {
		.file = file,
		.user = (void __user *)user,
		.arg = &arg,
		.payer = &payer,
	};
	int ret;

	if (!op)
		return -ENOTTY;
	ret = imb_ucmd_fetch(&ucmd, op);
	if (!ret)
		ret = op->run(&ucmd);
	imb_payer_put(&payer);
	return ret;
}

/**
 * imb_ucmd_respond() - write the argument back
 * @ucmd: the ioctl
 *
 * Return: 0 or -EFAULT.
 */
int imb_ucmd_respond(struct imb_ucmd *ucmd)
{
	return copy_to_user(ucmd->user, ucmd->arg, ucmd->size) ? -EFAULT : 0;
}
