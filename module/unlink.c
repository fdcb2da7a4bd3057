// SPDX-License-Identifier: GPL-2.0-only
/*
 * How names go: by UNLINK, and with the mailbox. See name.h.
 */
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/security.h>
#include <linux/string.h>

#include "compat.h"
#include "instance.h"
#include "mbox.h"
#include "name.h"

/**
 * imb_name_unlink() - take a name away, if the caller may
 * @root: the directory
 * @name: the name
 *
 * Return: 0, or a negative errno: -ENOENT, -EACCES, -EPERM, -EROFS, -ENOMEM, or what a
 * security module says.
 */
int imb_name_unlink(const struct path *root, const char *name)
{
	struct inode *dir = d_inode(root->dentry), *inode = NULL;
	struct dentry *dentry;
	int ret;

	ret = mnt_want_write(root->mnt);
	if (ret)
		return ret;
	inode_lock_nested(dir, I_MUTEX_PARENT);
	dentry = lookup_one_len(name, root->dentry, strlen(name));
	if (IS_ERR(dentry)) {
		ret = PTR_ERR(dentry);
	} else {
		ret = -ENOENT;
		if (d_really_is_positive(dentry)) {
			inode = d_inode(dentry);
			ihold(inode);
			/* As unlinkat(2) does. */
			ret = security_path_unlink(root, dentry) ?:
				      vfs_unlink(&nop_mnt_idmap, dir, dentry,
						 NULL);
		}
		dput(dentry);
	}
	inode_unlock(dir);
	/* The mailbox may end here, which is not for the lock of the directory. */
	iput(inode);
	mnt_drop_write(root->mnt);
	return ret;
}

static void imb_name_removed(struct dentry *dentry)
{
	imb_name_forget(dentry->d_sb, imb_name_mbox(d_inode(dentry)));
}

/**
 * imb_name_remove() - take the name of a mailbox away, whoever asks
 * @mbox: the mailbox; its name may be gone already
 *
 * May sleep.
 */
void imb_name_remove(struct imb_mbox *mbox)
{
	struct imb_instance *instance = mbox->instance ?: &imb_instance_default;
	struct super_block *sb = NULL;
	struct dentry *dentry;

	if (!mbox->named)
		return;
	xa_lock(&instance->names);
	dentry = xa_load(&instance->names, mbox->id);
	if (dentry && atomic_inc_not_zero(&dentry->d_sb->s_active)) {
		sb = dentry->d_sb;
		dget(dentry);
	}
	xa_unlock(&instance->names);
	if (!sb)
		return;
	simple_recursive_removal(dentry, imb_name_removed);
	dput(dentry);
	deactivate_super(sb);
}

/**
 * imb_name_end() - destroy a mailbox, and take its name away
 * @mbox: the mailbox
 *
 * May sleep.
 *
 * Return: 0, or -EIDRM if it was destroyed already.
 */
int imb_name_end(struct imb_mbox *mbox)
{
	int ret = imb_mbox_destroy(mbox);

	imb_name_remove(mbox);
	return ret;
}
