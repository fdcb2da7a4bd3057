// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is told of names, by LIST and in fdinfo. See name.h.
 */
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/ipcmbox.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/stat.h>
#include <linux/string.h>
#include <linux/uidgid.h>

#include "compat.h"
#include "instance.h"
#include "mbox.h"
#include "name.h"

/**
 * imb_name_list_check() - may the caller see which names there are?
 * @root: the directory
 *
 * Some security modules are asked when a directory is opened to be read.
 *
 * Return: 0, -EACCES, -ENFILE, -ENOMEM, or what a security module says.
 */
int imb_name_list_check(const struct path *root)
{
	struct file *dir;
	int ret;

	ret = inode_permission(&nop_mnt_idmap, d_inode(root->dentry),
			       MAY_READ | MAY_EXEC);
	if (ret)
		return ret;
	dir = dentry_open(root, O_RDONLY | O_DIRECTORY, current_cred());
	if (IS_ERR(dir))
		return PTR_ERR(dir);
	fput(dir);
	return 0;
}

/* The name after a number, with a reference; the number is set to its own. */
static struct dentry *imb_name_after(struct imb_instance *instance, u64 *cursor)
{
	unsigned long number = *cursor + 1;
	struct dentry *dentry = NULL;

	if (!number)
		return NULL;
	xa_lock(&instance->names);
	dentry = xa_find(&instance->names, &number, ULONG_MAX, XA_PRESENT);
	if (dentry)
		dget(dentry);
	xa_unlock(&instance->names);
	if (dentry)
		*cursor = number;
	return dentry;
}

static u64 imb_ns(const struct timespec64 *time)
{
	return timespec64_to_ns(time);
}

/* As stat(2) shows it; what the file itself would tell, where it may be read. */
static int imb_name_describe(const struct path *path,
			     struct ipcmbox_entry *entry)
{
	struct inode *inode = d_inode(path->dentry);
	struct imb_mbox *mbox = imb_name_mbox(inode);
	struct ipcmbox_info info = {};
	struct kstat stat;
	int ret;

	ret = vfs_getattr(path, &stat, STATX_BASIC_STATS,
			  AT_STATX_SYNC_AS_STAT);
	if (ret)
		return ret;
	*entry = (struct ipcmbox_entry){
		.mailbox = mbox->id,
		.bytes = stat.size,
		.received = imb_ns(&stat.atime),
		.sent = imb_ns(&stat.mtime),
		.changed = imb_ns(&stat.ctime),
		.mode = stat.mode & 07777,
		.uid = from_kuid_munged(current_user_ns(), stat.uid),
		.gid = from_kgid_munged(current_user_ns(), stat.gid),
	};
	/* Names stay as they are: there is no rename. */
	strscpy(entry->name, path->dentry->d_name.name, sizeof(entry->name));
	if (inode_permission(&nop_mnt_idmap, inode, MAY_READ))
		return 0;
	imb_mbox_info(mbox, &info);
	entry->flags = IPCMBOX_ENTRY_READABLE;
	entry->queued = info.queued;
	entry->receivers = info.receivers;
	entry->senders = info.senders;
	return 0;
}

/**
 * imb_name_list_next() - describe the next name
 * @root: the directory
 * @instance: whose it is
 * @cursor: the number of the mailbox after which to look; set to that of this one
 * @entry: filled in
 *
 * May sleep.
 *
 * Return: 1, 0 if there is none, or -EINTR.
 */
int imb_name_list_next(const struct path *root, struct imb_instance *instance,
		       u64 *cursor, struct ipcmbox_entry *entry)
{
	struct dentry *dentry;
	bool told;

	do {
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
		dentry = imb_name_after(instance, cursor);
		if (!dentry)
			return 0;
		/* What a security module hides, and what has just gone, is not told. */
		told = !d_unhashed(dentry) &&
		       !imb_name_describe(&(struct path){ .mnt = root->mnt,
							  .dentry = dentry },
					  entry);
		dput(dentry);
	} while (!told);
	return 1;
}

/**
 * imb_name_show() - write the name of a mailbox, if it has one
 * @m: where to write it
 * @mbox: the mailbox
 */
void imb_name_show(struct seq_file *m, const struct imb_mbox *mbox)
{
	struct imb_instance *instance = mbox->instance ?: &imb_instance_default;
	const struct dentry *dentry;

	if (!mbox->named)
		return;
	xa_lock(&instance->names);
	dentry = xa_load(&instance->names, mbox->id);
	if (dentry) {
		seq_puts(m, "ipcmbox-name:\t");
		/* There is no rename. */
		seq_escape(m, dentry->d_name.name, " \t\n\\");
		seq_putc(m, '\n');
	}
	xa_unlock(&instance->names);
}
