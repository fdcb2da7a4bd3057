// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/ipcmbox: the file on which mailboxes are created.
 *
 * The minor number is a fixed one out of those for local use, so that a device
 * node that exists before the module is loaded makes the kernel load it. Where
 * another driver has that number the device gets a dynamic one, and is found by
 * its name as ever.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/ipcmbox.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

#include "command.h"
#include "dev.h"
#include "inbox.h"
#include "ioctl.h"
#include "mbox.h"
#include "owner.h"
#include "port.h"
#include "region.h"

#define IMB_MINOR 247

static int imb_minor = IMB_MINOR;
module_param_named(minor, imb_minor, int, 0444);
MODULE_PARM_DESC(minor, "Minor number of /dev/ipcmbox (255: dynamic)");

static int imb_dev_version(struct imb_ucmd *ucmd)
{
	struct ipcmbox_version *arg = &ucmd->arg->version;

	if (arg->__reserved)
		return -EINVAL;
	arg->version = IPCMBOX_ABI_VERSION;
	arg->features = IPCMBOX_FEATURE_MAILBOX | IPCMBOX_FEATURE_PAIR |
			IPCMBOX_FEATURE_REGION | IPCMBOX_FEATURE_ORDER |
			IPCMBOX_FEATURE_CALL | IPCMBOX_FEATURE_SELECT |
			IPCMBOX_FEATURE_FDS | IPCMBOX_FEATURE_CANCEL |
			IPCMBOX_FEATURE_BATCH | IPCMBOX_FEATURE_NOTIFY |
			IPCMBOX_FEATURE_BROADCAST | IPCMBOX_FEATURE_INBOX |
			IPCMBOX_FEATURE_NAME | IPCMBOX_FEATURE_INSTANCE |
			IPCMBOX_FEATURE_OWNED | IPCMBOX_FEATURE_SHARE;
	return imb_ucmd_respond(ucmd);
}

/* Open both ends of a pair: files[0] receives from @to0, files[1] sends to it. */
static int imb_pair_open(struct imb_mbox *to0, struct imb_mbox *to1,
			 u32 open_flags, struct file *files[2])
{
	bool duplex = to0 != to1;

	files[0] = imb_port_open(
		to0, to1, open_flags | (duplex ? O_RDWR : O_RDONLY), false);
	if (IS_ERR(files[0]))
		return PTR_ERR(files[0]);
	files[1] = imb_port_open(
		to1, to0, open_flags | (duplex ? O_RDWR : O_WRONLY), false);
	if (IS_ERR(files[1])) {
		fput(files[0]);
		return PTR_ERR(files[1]);
	}
	return 0;
}

static int imb_pair_new(const struct imb_attrs *attrs,
			struct imb_region *region, bool duplex, u32 open_flags,
			struct file *files[2])
{
	struct imb_mbox *to0, *to1;
	int ret;

	to0 = imb_mbox_new(attrs, region);
	if (IS_ERR(to0))
		return PTR_ERR(to0);
	to1 = duplex ? imb_mbox_new(attrs, region) : imb_mbox_get(to0);
	if (IS_ERR(to1)) {
		ret = PTR_ERR(to1);
		goto out;
	}
	ret = imb_pair_open(to0, to1, open_flags, files);
	imb_mbox_put(to1);
out:
	imb_mbox_put(to0);
	return ret;
}

static int imb_dev_pair(struct imb_ucmd *ucmd)
{
	struct ipcmbox_pair *arg = &ucmd->arg->pair;
	struct imb_attrs attrs = {
		.flags = arg->flags & ~IPCMBOX_DUPLEX,
		.order = arg->order,
		.policy = arg->policy,
		.capacity = arg->capacity,
		.max_bytes = arg->max_bytes,
		.max_message = arg->max_message,
		.instance = ucmd->file->private_data,
	};
	struct imb_region *region;
	struct file *files[2];
	int ret;

	if (arg->__reserved)
		return -EINVAL;
	ret = imb_open_flags_check(arg->open_flags, 0);
	if (!ret)
		ret = imb_attrs_check(&attrs);
	if (ret)
		return ret;
	region = imb_region_new(arg->region_size, attrs.instance);
	if (IS_ERR(region))
		return PTR_ERR(region);
	ret = imb_pair_new(&attrs, region, arg->flags & IPCMBOX_DUPLEX,
			   arg->open_flags, files);
	imb_region_put(region);
	if (ret)
		return ret;
	return imb_port_publish(ucmd, files, arg->fds, 2);
}

static int imb_dev_inbox(struct imb_ucmd *ucmd)
{
	struct ipcmbox_inbox *arg = &ucmd->arg->inbox;
	struct imb_attrs attrs = {
		.flags = arg->flags | IPCMBOX_SELECTIVE | IPCMBOX_NO_HANGUP |
			 IPCMBOX_OWNED,
		.order = arg->order,
		.capacity = arg->capacity,
		.max_bytes = arg->max_bytes,
		.max_message = arg->max_message,
		.instance = ucmd->file->private_data,
	};
	struct imb_inbox *inbox;
	struct imb_mbox *mbox;
	struct file *file;
	int ret;

	if (arg->__reserved || arg->access > IPCMBOX_ACCESS_ANYONE ||
	    (arg->access != IPCMBOX_ACCESS_GROUP && arg->gid))
		return -EINVAL;
	ret = imb_open_flags_check(arg->open_flags, 0);
	if (!ret)
		ret = imb_attrs_check(&attrs);
	if (ret)
		return ret;
	mbox = imb_mbox_new(&attrs, NULL);
	if (IS_ERR(mbox))
		return PTR_ERR(mbox);
	ret = imb_owner_set(mbox);
	if (ret) {
		imb_mbox_put(mbox);
		return ret;
	}
	file = imb_port_open(mbox, mbox, arg->open_flags | O_RDONLY, true);
	if (IS_ERR(file)) {
		imb_mbox_put(mbox);
		return PTR_ERR(file);
	}
	inbox = imb_inbox_claim(mbox, arg->access, arg->gid);
	imb_mbox_put(mbox);
	if (IS_ERR(inbox)) {
		fput(file);
		return PTR_ERR(inbox);
	}
	imb_port_own_inbox(file, inbox);
	return imb_port_publish(ucmd, &file, &arg->fd, 1);
}

static int imb_dev_open_pid(struct imb_ucmd *ucmd)
{
	struct ipcmbox_open_pid *arg = &ucmd->arg->open_pid;
	struct imb_mbox *mbox;
	struct file *file;
	int ret;

	if (arg->__reserved || arg->pid <= 0)
		return -EINVAL;
	ret = imb_open_flags_check(arg->open_flags, 0);
	if (ret)
		return ret;
	mbox = imb_inbox_find(arg->pid, ucmd->file->private_data);
	if (IS_ERR(mbox))
		return PTR_ERR(mbox);
	file = imb_port_open(mbox, mbox, arg->open_flags | O_WRONLY, false);
	imb_mbox_put(mbox);
	if (IS_ERR(file))
		return PTR_ERR(file);
	return imb_port_publish(ucmd, &file, &arg->fd, 1);
}

static const struct imb_ioctl imb_dev_commands[] = {
	IMB_IOCTL(VERSION, struct ipcmbox_version, features, 0,
		  imb_dev_version),
	IMB_IOCTL(CREATE, struct ipcmbox_create, region_size,
		  IPCMBOX_NO_HANGUP | IPCMBOX_SELECTIVE | IPCMBOX_BROADCAST |
			  IPCMBOX_HANGUP | IPCMBOX_EXCL | IPCMBOX_OWNED |
			  IPCMBOX_FAIR_SHARE,
		  imb_command_create),
	IMB_IOCTL(OPEN, struct ipcmbox_open, fd, IPCMBOX_ADMIN,
		  imb_command_open),
	IMB_IOCTL(UNLINK, struct ipcmbox_unlink, name, 0, imb_command_unlink),
	IMB_IOCTL(LIST, struct ipcmbox_list, __reserved, 0, imb_command_list),
	IMB_IOCTL(PAIR, struct ipcmbox_pair, region_size,
		  IPCMBOX_NO_HANGUP | IPCMBOX_SELECTIVE | IPCMBOX_DUPLEX |
			  IPCMBOX_FAIR_SHARE,
		  imb_dev_pair),
	IMB_IOCTL(INBOX, struct ipcmbox_inbox, __reserved, IPCMBOX_FAIR_SHARE,
		  imb_dev_inbox),
	IMB_IOCTL(OPEN_PID, struct ipcmbox_open_pid, __reserved, 0,
		  imb_dev_open_pid),
	IMB_IOCTL(SELECT, struct ipcmbox_select, __reserved,
		  IPCMBOX_DONTWAIT | IPCMBOX_ORDERED, imb_command_select),
};

static long imb_dev_ioctl(struct file *file, unsigned int cmd,
			  unsigned long user)
{
	return imb_ioctl_run(imb_dev_commands, ARRAY_SIZE(imb_dev_commands),
			     file, cmd, user);
}

/* A control file has its instance at hand, which is NULL for that of the device. */
static int imb_dev_open(struct inode *inode, struct file *file)
{
	file->private_data = NULL;
	return nonseekable_open(inode, file);
}

static int imb_control_open(struct inode *inode, struct file *file)
{
	/* The file keeps the super block, and that the instance. */
	file->private_data = inode->i_sb->s_fs_info;
	return nonseekable_open(inode, file);
}

const struct file_operations imb_control_fops = {
	.owner = THIS_MODULE,
	.open = imb_control_open,
	.unlocked_ioctl = imb_dev_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static const struct file_operations imb_dev_fops = {
	.owner = THIS_MODULE,
	.open = imb_dev_open,
	.unlocked_ioctl = imb_dev_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice imb_dev = {
	.name = "ipcmbox",
	.fops = &imb_dev_fops,
	.mode = 0666,
};

/**
 * imb_dev_init() - make /dev/ipcmbox
 *
 * Return: 0 or a negative errno.
 */
int imb_dev_init(void)
{
	int ret;

	imb_dev.minor = imb_minor;
	ret = misc_register(&imb_dev);
	if (ret == -EBUSY && imb_minor != MISC_DYNAMIC_MINOR) {
		imb_dev.minor = MISC_DYNAMIC_MINOR;
		ret = misc_register(&imb_dev);
	}
	return ret;
}

/**
 * imb_dev_exit() - remove /dev/ipcmbox
 */
void imb_dev_exit(void)
{
	misc_deregister(&imb_dev);
}

MODULE_ALIAS_MISCDEV(IMB_MINOR);
MODULE_ALIAS("devname:ipcmbox");
