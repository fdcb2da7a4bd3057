// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioctls of names, in terms of the layers below. The ABI header says what they do.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/ipcmbox.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "cast.h"
#include "command.h"
#include "fs.h"
#include "mbox.h"
#include "name.h"
#include "owner.h"
#include "port.h"
#include "region.h"

static struct imb_mbox *imb_create_mbox(const struct imb_attrs *attrs,
					u64 region_size)
{
	struct imb_region *region =
		imb_region_new(region_size, attrs->instance);
	struct imb_mbox *mbox;
	int ret;

	if (IS_ERR(region))
		return ERR_CAST(region);
	if (attrs->flags & IPCMBOX_BROADCAST)
		mbox = imb_cast_new(attrs, region);
	else
		mbox = imb_mbox_new(attrs, region);
	imb_region_put(region);
	if (IS_ERR(mbox) || !(attrs->flags & IPCMBOX_OWNED))
		return mbox;
	ret = imb_owner_set(mbox);
	if (!ret)
		return mbox;
	imb_mbox_put(mbox);
	return ERR_PTR(ret);
}

static struct file *imb_create_new(const struct ipcmbox_create *arg,
				   const struct imb_attrs *attrs,
				   const struct path *root, const char *name)
{
	struct imb_mbox *mbox = imb_create_mbox(attrs, arg->region_size);
	struct file *file;
	int ret;

	if (IS_ERR(mbox))
		return ERR_CAST(mbox);
	file = imb_port_open(mbox, mbox, arg->open_flags, true);
	if (!IS_ERR(file) && name) {
		ret = imb_name_link(root, name, arg->mode & ~current_umask(),
				    mbox);
		if (ret) {
			fput(file);
			file = ERR_PTR(ret);
		}
	}
	imb_mbox_put(mbox);
	return file;
}

/* Who destroys it meanwhile has taken its name away then, or this does. */
static struct file *imb_open_found(const struct path *root,
				   struct dentry *dentry, u32 open_flags,
				   bool admin)
{
	struct file *file = imb_port_open_at(root, dentry, open_flags, admin);

	if (file != ERR_PTR(-EIDRM))
		return file;
	imb_name_end(imb_name_mbox(d_inode(dentry)));
	return ERR_PTR(-ENOENT);
}

static struct file *imb_create_old(const struct ipcmbox_create *arg,
				   const struct imb_attrs *attrs,
				   const struct path *root, const char *name)
{
	struct dentry *dentry = imb_name_lookup(root, name);
	u32 slow_mask = attrs->slow_mask;
	struct imb_mbox *mbox;
	struct file *file;
	int ret;

	if (IS_ERR(dentry))
		return ERR_CAST(dentry);
	/* What it is like is told to nobody else. */
	ret = imb_name_permits(dentry, arg->open_flags);
	if (ret) {
		dput(dentry);
		return ERR_PTR(ret);
	}
	mbox = imb_name_mbox(d_inode(dentry));
	if (attrs->flags & IPCMBOX_BROADCAST && !slow_mask)
		slow_mask = IMB_SLOW_ALL;
	if (!mbox || !imb_mbox_has_attrs(mbox, attrs, arg->region_size) ||
	    imb_cast_slow_mask(mbox) != slow_mask)
		file = ERR_PTR(-EEXIST);
	else
		file = imb_open_found(root, dentry, arg->open_flags,
				      imb_name_is_own(root, d_inode(dentry)));
	dput(dentry);
	return file;
}

/**
 * struct imb_opening - what CREATE with a name, and OPEN, do with it
 * @run: opens it, in the directory @root
 * @arg: of the ioctl
 * @attrs: of CREATE
 */
struct imb_opening {
	struct file *(*run)(const struct imb_opening *opening,
			    const struct path *root, const char *name);
	const union imb_arg *arg;
	const struct imb_attrs *attrs;
};

static struct file *imb_create_at(const struct imb_opening *opening,
				  const struct path *root, const char *name)
{
	const struct ipcmbox_create *arg = &opening->arg->create;
	const struct imb_attrs *attrs = opening->attrs;
	bool exclusive = arg->flags & IPCMBOX_EXCL;
	struct file *file, *old;
	struct dentry *dentry;

	if (exclusive) {
		/* One whose owner has gone is none: that ends it. */
		dentry = imb_name_lookup(root, name);
		if (!IS_ERR(dentry))
			dput(dentry);
	}
	if (exclusive)
		return imb_create_new(arg, attrs, root, name);
	/* Others may make it, and take it away, meanwhile. */
	do {
		file = imb_create_old(arg, attrs, root, name);
		if (file != ERR_PTR(-ENOENT))
			return file;
		file = imb_create_new(arg, attrs, root, name);
	} while (file == ERR_PTR(-EEXIST) && !fatal_signal_pending(current));
	if (!IS_ERR(file))
		return file;
	/* What is missing for another may be what it has, if there is one by now. */
	old = imb_create_old(arg, attrs, root, name);
	return old == ERR_PTR(-ENOENT) ? file : old;
}

/* Give the user a descriptor of what a name at @user leads to. */
static int imb_name_publish(struct imb_ucmd *ucmd, u64 user, s32 *fd,
			    const struct imb_opening *opening)
{
	char *name = imb_name_import(user);
	struct imb_place place;
	struct file *file;
	int ret;

	if (IS_ERR(name))
		return PTR_ERR(name);
	ret = imb_place_enter(&place, ucmd->file);
	if (ret)
		goto out_name;
	ret = imb_port_reserve(ucmd, fd);
	if (ret < 0)
		goto out_place;
	file = opening->run(opening, &place.root, name);
	ret = PTR_ERR_OR_ZERO(file);
	if (ret)
		put_unused_fd(*fd);
	else
		fd_install(*fd, file);
out_place:
	imb_place_leave(&place);
out_name:
	kfree(name);
	return ret;
}

/**
 * imb_command_create() - ioctl(IPCMBOX_IOC_CREATE)
 * @ucmd: the ioctl
 *
 * Return: 0 or a negative errno.
 */
int imb_command_create(struct imb_ucmd *ucmd)
{
	struct ipcmbox_create *arg = &ucmd->arg->create;
	struct imb_attrs attrs = {
		.flags = arg->flags & ~(IPCMBOX_HANGUP | IPCMBOX_EXCL),
		.order = arg->order,
		.policy = arg->policy,
		.capacity = arg->capacity,
		.max_bytes = arg->max_bytes,
		.max_message = arg->max_message,
		.slow_mask = arg->slow_mask,
		.named = arg->name,
		.instance = ucmd->file->private_data,
	};
	const struct imb_opening opening = {
		.run = imb_create_at,
		.arg = ucmd->arg,
		.attrs = &attrs,
	};
	struct file *file;
	int ret;

	if (arg->__reserved || arg->__reserved2 || arg->mode & ~0777 ||
	    arg->region_size > IPCMBOX_REGION_MAX ||
	    (!arg->name && (arg->mode || arg->flags & IPCMBOX_EXCL)) ||
	    (arg->flags & IPCMBOX_HANGUP && arg->flags & IPCMBOX_NO_HANGUP))
		return -EINVAL;
	ret = imb_open_flags_check(arg->open_flags, O_ACCMODE);
	if (!ret)
		ret = imb_attrs_check(&attrs);
	if (ret)
		return ret;
	if (arg->name) {
		if (!(arg->flags & IPCMBOX_HANGUP))
			attrs.flags |= IPCMBOX_NO_HANGUP;
		return imb_name_publish(ucmd, arg->name, &arg->fd, &opening);
	}
	file = imb_create_new(arg, &attrs, NULL, NULL);
	if (IS_ERR(file))
		return PTR_ERR(file);
	return imb_port_publish(ucmd, &file, &arg->fd, 1);
}

static struct file *imb_open_at(const struct imb_opening *opening,
				const struct path *root, const char *name)
{
	const struct ipcmbox_open *arg = &opening->arg->open;
	struct dentry *dentry = imb_name_lookup(root, name);
	bool admin = arg->flags & IPCMBOX_ADMIN;
	struct file *file;

	if (IS_ERR(dentry))
		return ERR_CAST(dentry);
	if (admin && !imb_name_is_own(root, d_inode(dentry)))
		file = ERR_PTR(-EPERM);
	else
		file = imb_open_found(root, dentry, arg->open_flags, admin);
	dput(dentry);
	return file;
}

/**
 * imb_command_open() - ioctl(IPCMBOX_IOC_OPEN)
 * @ucmd: the ioctl
 *
 * Return: 0 or a negative errno.
 */
int imb_command_open(struct imb_ucmd *ucmd)
{
	struct ipcmbox_open *arg = &ucmd->arg->open;
	const struct imb_opening opening = {
		.run = imb_open_at,
		.arg = ucmd->arg,
	};
	int ret;

	ret = imb_open_flags_check(arg->open_flags, O_ACCMODE);
	if (ret)
		return ret;
	return imb_name_publish(ucmd, arg->name, &arg->fd, &opening);
}

/**
 * imb_command_unlink() - ioctl(IPCMBOX_IOC_UNLINK)
 * @ucmd: the ioctl
 *
 * Return: 0 or a negative errno.
 */
int imb_command_unlink(struct imb_ucmd *ucmd)
{
	struct imb_place place;
	char *name;
	int ret;

	name = imb_name_import(ucmd->arg->unlink.name);
	if (IS_ERR(name))
		return PTR_ERR(name);
	ret = imb_place_enter(&place, ucmd->file);
	if (!ret) {
		ret = imb_name_unlink(&place.root, name);
		imb_place_leave(&place);
	}
	kfree(name);
	return ret;
}

static int imb_list_entry(const struct ipcmbox_list *arg, u32 number,
			  const struct ipcmbox_entry *entry)
{
	char __user *to =
		u64_to_user_ptr(arg->entries) + (size_t)number * arg->stride;

	if (copy_to_user(to, entry, sizeof(*entry)) ||
	    clear_user(to + sizeof(*entry), arg->stride - sizeof(*entry)))
		return -EFAULT;
	return 0;
}

static int imb_list_at(struct ipcmbox_list *arg, const struct imb_place *place)
{
	struct ipcmbox_entry *entry;
	int ret;

	ret = imb_name_list_check(&place->root);
	if (ret)
		return ret;
	entry = kmalloc(sizeof(*entry), GFP_KERNEL_ACCOUNT);
	if (!entry)
		return -ENOMEM;
	for (arg->done = 0; arg->done < arg->count; arg->done++) {
		ret = imb_name_list_next(&place->root, place->instance,
					 &arg->cursor, entry);
		if (!ret)
			break;
		if (ret > 0)
			ret = imb_list_entry(arg, arg->done, entry);
		if (ret)
			break;
	}
	kfree(entry);
	return ret;
}

/**
 * imb_command_list() - ioctl(IPCMBOX_IOC_LIST)
 * @ucmd: the ioctl
 *
 * Return: 0 or a negative errno.
 */
int imb_command_list(struct imb_ucmd *ucmd)
{
	struct ipcmbox_list *arg = &ucmd->arg->list;
	struct imb_place place;
	int ret;

	if (arg->__reserved || !arg->count || arg->count > IPCMBOX_LIST_MAX ||
	    arg->stride < sizeof(struct ipcmbox_entry) || arg->stride % 8 ||
	    arg->stride > IPCMBOX_ARG_MAX)
		return -EINVAL;
	ret = imb_place_enter(&place, ucmd->file);
	if (ret)
		return ret;
	ret = imb_list_at(arg, &place);
	imb_place_leave(&place);
	return ret ?: imb_ucmd_respond(ucmd);
}
