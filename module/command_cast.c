// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioctl(IPCMBOX_IOC_SUBSCRIBE), in terms of the layers below. The ABI header says what it
 * does.
 */
#include <linux/bits.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/ipcmbox.h>

#include "cast.h"
#include "command.h"
#include "mbox.h"
#include "port.h"

/**
 * imb_command_subscribe() - ioctl(IPCMBOX_IOC_SUBSCRIBE)
 * @ucmd: the ioctl
 *
 * Return: 0 or a negative errno.
 */
int imb_command_subscribe(struct imb_ucmd *ucmd)
{
	struct ipcmbox_subscribe *arg = &ucmd->arg->subscribe;
	struct imb_mbox *hub = imb_ucmd_port(ucmd)->rx;
	struct imb_attrs attrs = {
		.flags = arg->flags | (hub->flags & IPCMBOX_NO_HANGUP),
		.policy = arg->policy,
		.capacity = arg->capacity,
		.max_bytes = arg->max_bytes,
		.max_message = READ_ONCE(hub->max_message),
		.instance = hub->instance,
	};
	struct imb_mbox *mbox;
	struct file *file;
	int ret;

	if (!(ucmd->file->f_mode & FMODE_READ))
		return -EBADF;
	if (!imb_cast_is_hub(hub) || !arg->capacity ||
	    arg->slow > IPCMBOX_SLOW_DISCONNECT)
		return -EINVAL;
	ret = imb_open_flags_check(arg->open_flags, 0);
	if (!ret)
		ret = imb_attrs_check(&attrs);
	if (ret)
		return ret;
	if (!(imb_cast_slow_mask(hub) & BIT(arg->slow)))
		return -EACCES;
	mbox = imb_cast_subscribe(hub, &attrs, arg->slow);
	if (IS_ERR(mbox))
		return PTR_ERR(mbox);
	file = imb_port_open(mbox, mbox, arg->open_flags | O_RDONLY, false);
	imb_mbox_put(mbox);
	if (IS_ERR(file))
		return PTR_ERR(file);
	return imb_port_publish(ucmd, &file, &arg->fd, 1);
}
