// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names: mailboxes as files. See name.h.
 */
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/ipcmbox.h>
#include <linux/mm.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/stat.h>
#include <linux/uaccess.h>

#include "account.h"
#include "compat.h"
#include "instance.h"
#include "mbox.h"
#include "name.h"
#include "owner.h"

/* Those of ports, which are a layer above. */
static const struct file_operations *imb_name_fops;
static const struct file_operations *imb_name_control_fops;

/**
 * imb_name_set_fops() - say what opening a name gives
 * @port: the file operations of a port; its open finds the mailbox by imb_name_mbox()
 * @control: those of a control file
 */
void imb_name_set_fops(const struct file_operations *port,
		       const struct file_operations *control)
{
	imb_name_fops = port;
	imb_name_control_fops = control;
}

/**
 * imb_name_mbox() - the mailbox of a file
 * @inode: an inode of ipcmboxfs
 *
 * Return: the mailbox, which the inode keeps; NULL if it is that of something else.
 */
struct imb_mbox *imb_name_mbox(const struct inode *inode)
{
	return S_ISFIFO(inode->i_mode) ? inode->i_private : NULL;
}

/**
 * imb_name_forget() - a name has gone
 * @sb: the super block it was in
 * @mbox: its mailbox; the name may have gone before
 */
void imb_name_forget(struct super_block *sb, struct imb_mbox *mbox)
{
	struct imb_instance *instance = sb->s_fs_info;

	if (!xa_erase(&instance->names, mbox->id))
		return;
	imb_account_uncharge(mbox->purse.acct, IMB_CHARGE_NAMES, 1);
	imb_instance_unpin(instance);
}

/**
 * imb_name_evict() - the last user of an inode has gone
 * @inode: the inode
 */
void imb_name_evict(struct inode *inode)
{
	struct imb_mbox *mbox = imb_name_mbox(inode);

	truncate_inode_pages_final(&inode->i_data);
	clear_inode(inode);
	if (!mbox)
		return;
	imb_name_forget(inode->i_sb, mbox);
	imb_mbox_put(mbox);
}

/* Times are those of messages, until somebody sets others. */
static void imb_name_fill_times(struct imb_mbox *mbox, struct kstat *stat)
{
	struct timespec64 sent, received;

	imb_mbox_times(mbox, &sent, &received);
	if (received.tv_sec)
		stat->atime = received;
	if (!sent.tv_sec)
		return;
	stat->mtime = sent;
	if (timespec64_compare(&stat->ctime, &sent) < 0)
		stat->ctime = sent;
}

static int imb_name_getattr(struct mnt_idmap *idmap, const struct path *path,
			    struct kstat *stat, u32 mask, unsigned int flags)
{
	struct inode *inode = d_inode(path->dentry);
	struct imb_mbox *mbox = imb_name_mbox(inode);
	struct ipcmbox_info info = {};

	generic_fillattr(idmap, mask, inode, stat);
	if (mbox) {
		imb_mbox_info(mbox, &info);
		stat->size = info.queued_bytes;
		imb_name_fill_times(mbox, stat);
	}
	return 0;
}

static int imb_name_setattr(struct mnt_idmap *idmap, struct dentry *dentry,
			    struct iattr *attr)
{
	struct inode *inode = d_inode(dentry);
	struct imb_mbox *mbox = imb_name_mbox(inode);
	int ret;

	ret = setattr_prepare(idmap, dentry, attr);
	if (ret)
		return ret;
	setattr_copy(idmap, inode, attr);
	if (mbox)
		imb_mbox_forget_times(mbox, attr->ia_valid & ATTR_MTIME,
				      attr->ia_valid & ATTR_ATIME);
	return 0;
}

static const struct inode_operations imb_name_inode_ops = {
	.getattr = imb_name_getattr,
	.setattr = imb_name_setattr,
};

static struct inode *imb_name_new_inode(struct super_block *sb,
					struct inode *dir, umode_t mode)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode->i_ino = get_next_ino();
	inode_init_owner(&nop_mnt_idmap, inode, dir, mode);
	simple_inode_init_ts(inode);
	return inode;
}

/* For vfs_mkobj(), which has locked the directory and asked who may. */
static int imb_name_make(struct dentry *dentry, umode_t mode, void *arg)
{
	struct inode *dir = d_inode(dentry->d_parent), *inode;
	struct imb_instance *instance = dir->i_sb->s_fs_info;
	struct imb_mbox *mbox = arg;
	int ret;

	ret = imb_account_charge(mbox->purse.acct, IMB_CHARGE_NAMES, 1);
	if (ret)
		return ret;
	ret = imb_instance_pin(instance, dir->i_sb->s_type);
	if (ret)
		goto err_charge;
	inode = imb_name_new_inode(dir->i_sb, dir, S_IFIFO | (mode & 0777));
	if (!inode) {
		ret = -ENOMEM;
		goto err_pin;
	}
	ret = xa_reserve(&instance->names, mbox->id, GFP_KERNEL_ACCOUNT);
	if (ret)
		goto err_inode;
	inode->i_op = &imb_name_inode_ops;
	inode->i_fop = imb_name_fops;
	inode->i_private = imb_mbox_get(mbox);
	inode_set_mtime_to_ts(dir, inode_set_ctime_current(dir));
	d_instantiate(dentry, inode);
	dget(dentry); /* until it is unlinked */
	/* Whoever finds it there takes it for a name. It has its place, so that goes well. */
	xa_store(&instance->names, mbox->id, dentry, GFP_KERNEL_ACCOUNT);
	return 0;

err_inode:
	iput(inode);
err_pin:
	imb_instance_unpin(instance);
err_charge:
	imb_account_uncharge(mbox->purse.acct, IMB_CHARGE_NAMES, 1);
	return ret;
}

static int imb_name_dir_unlink(struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = d_inode(dentry);
	struct imb_mbox *mbox = imb_name_mbox(inode);

	if (!mbox)
		return -EPERM;
	imb_name_forget(dir->i_sb, mbox);
	inode_set_mtime_to_ts(dir, inode_set_ctime_current(dir));
	inode_set_ctime_current(inode);
	/* imb_name_remove() may have done that already, and then finds no name. */
	clear_nlink(inode);
	dput(dentry);
	return 0;
}

static const struct inode_operations imb_name_dir_ops = {
	.lookup = simple_lookup,
	.unlink = imb_name_dir_unlink,
};

/* Of root, as the super block knows it; or of who mounts it, if it knows none. */
static struct inode *imb_name_root_owned(struct super_block *sb, umode_t mode)
{
	struct inode *inode = imb_name_new_inode(sb, NULL, mode);
	kuid_t uid = make_kuid(sb->s_user_ns, 0);
	kgid_t gid = make_kgid(sb->s_user_ns, 0);

	if (inode && uid_valid(uid) && gid_valid(gid)) {
		inode->i_uid = uid;
		inode->i_gid = gid;
	}
	return inode;
}

/**
 * imb_name_control_inode() - make the control file of a super block
 * @sb: the super block
 *
 * Return: its inode, or NULL.
 */
struct inode *imb_name_control_inode(struct super_block *sb)
{
	struct inode *inode = imb_name_root_owned(sb, S_IFREG | 0666);

	if (!inode)
		return NULL;
	inode->i_op = &imb_name_inode_ops;
	inode->i_fop = imb_name_control_fops;
	return inode;
}

/**
 * imb_name_root_inode() - make the directory of a super block
 * @sb: the super block
 *
 * Return: its inode, or NULL.
 */
struct inode *imb_name_root_inode(struct super_block *sb)
{
	struct inode *inode;

	inode = imb_name_root_owned(sb, S_IFDIR | 01777);
	if (!inode)
		return NULL;
	inode->i_op = &imb_name_dir_ops;
	inode->i_fop = &simple_dir_operations;
	set_nlink(inode, 2);
	return inode;
}

/**
 * imb_name_import() - read a name from the user
 * @user: its address
 *
 * Return: the name, to be freed by kfree(), or an ERR_PTR: -EFAULT, -ENOMEM, -EINVAL,
 * -ENAMETOOLONG.
 */
char *imb_name_import(u64 user)
{
	char *name = kmalloc(IPCMBOX_NAME_MAX + 1, GFP_KERNEL_ACCOUNT);
	long len;

	if (!name)
		return ERR_PTR(-ENOMEM);
	len = strncpy_from_user(name, u64_to_user_ptr(user),
				IPCMBOX_NAME_MAX + 1);
	if (len > IPCMBOX_NAME_MAX)
		len = -ENAMETOOLONG;
	else if (len >= 0 && (!len || strchr(name, '/') || !strcmp(name, ".") ||
			      !strcmp(name, "..")))
		len = -EINVAL;
	if (len >= 0)
		return name;
	kfree(name);
	return ERR_PTR(len);
}

/*
 * Is it a name, as imb_name_list_next() sees it? While the lock of the directory is held by who
 * makes it or takes it away, that is not the same as what the dcache has.
 */
static bool imb_name_is_known(const struct dentry *dentry,
			      const struct imb_mbox *mbox)
{
	struct imb_instance *instance = dentry->d_sb->s_fs_info;

	return xa_load(&instance->names, mbox->id) == dentry;
}

/**
 * imb_name_lookup() - find a name
 * @root: the directory
 * @name: the name
 *
 * Return: its directory entry, with a reference, or an ERR_PTR: -ENOENT, -EACCES, -ENOMEM.
 */
struct dentry *imb_name_lookup(const struct path *root, const char *name)
{
	struct dentry *dentry;
	struct imb_mbox *mbox;

	dentry = lookup_positive_unlocked(name, root->dentry, strlen(name));
	if (IS_ERR(dentry))
		return dentry;
	mbox = imb_name_mbox(d_inode(dentry));
	if (!mbox)
		return dentry;
	/* The end of an owner, and that of the name, need not be waited for. */
	if (imb_owner_is_gone(mbox) || imb_mbox_is_dead(mbox))
		imb_name_end(mbox);
	else if (imb_name_is_known(dentry, mbox))
		return dentry;
	dput(dentry);
	return ERR_PTR(-ENOENT);
}

static int imb_name_link_locked(const struct path *root, const char *name,
				umode_t mode, struct imb_mbox *mbox, int ro)
{
	struct dentry *dentry;
	int ret;

	dentry = lookup_one_len(name, root->dentry, strlen(name));
	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	ret = ro;
	if (d_really_is_positive(dentry))
		ret = -EEXIST;
	/* As mknodat(2) does. */
	if (!ret)
		ret = security_path_mknod(root, dentry, S_IFIFO | mode, 0);
	if (!ret)
		ret = vfs_mkobj(dentry, mode, imb_name_make, mbox);
	dput(dentry);
	return ret;
}

/**
 * imb_name_link() - give a mailbox a name
 * @root: the directory
 * @name: the name
 * @mode: permissions, without those that the umask takes away
 * @mbox: the mailbox, which has none; the name takes a reference of its own
 *
 * Return: 0, or a negative errno: -EEXIST, -EACCES, -EROFS, -EDQUOT, -ENOMEM, or what a
 * security module says.
 */
int imb_name_link(const struct path *root, const char *name, umode_t mode,
		  struct imb_mbox *mbox)
{
	struct inode *dir = d_inode(root->dentry);
	int ro = mnt_want_write(root->mnt);
	int ret;

	inode_lock_nested(dir, I_MUTEX_PARENT);
	ret = imb_name_link_locked(root, name, mode, mbox, ro);
	inode_unlock(dir);
	/* Who destroyed it meanwhile did not find a name to remove. */
	if (!ret && imb_mbox_is_dead(mbox))
		imb_name_remove(mbox);
	if (!ro)
		mnt_drop_write(root->mnt);
	return ret;
}

/**
 * imb_name_is_own() - may the caller do what is for the owner of a file?
 * @root: the directory
 * @inode: the file
 *
 * Return: whether he may.
 */
bool imb_name_is_own(const struct path *root, const struct inode *inode)
{
	return inode_owner_or_capable(&nop_mnt_idmap, inode);
}

/**
 * imb_name_permits() - may the caller open a name?
 * @dentry: the name
 * @open_flags: O_RDONLY, O_WRONLY or O_RDWR; checked
 *
 * Return: 0, -EACCES, or what a security module says.
 */
int imb_name_permits(struct dentry *dentry, u32 open_flags)
{
	fmode_t mode = OPEN_FMODE(open_flags);

	return inode_permission(&nop_mnt_idmap, d_inode(dentry),
				MAY_OPEN | (mode & FMODE_READ ? MAY_READ : 0) |
					(mode & FMODE_WRITE ? MAY_WRITE : 0));
}

/**
 * imb_name_open() - open a name as open(2) does
 * @root: the directory
 * @dentry: the name
 * @open_flags: O_RDONLY, O_WRONLY or O_RDWR; checked
 *
 * Return: its file, or an ERR_PTR: -EACCES, -EIDRM, -EINVAL if it is no mailbox, -ENFILE,
 * -ENOMEM, or what a security module says.
 */
struct file *imb_name_open(const struct path *root, struct dentry *dentry,
			   u32 open_flags)
{
	const struct path path = { .mnt = root->mnt, .dentry = dentry };
	int ret;

	if (!imb_name_mbox(d_inode(dentry)))
		return ERR_PTR(-EINVAL);
	ret = imb_name_permits(dentry, open_flags);
	if (ret)
		return ERR_PTR(ret);
	return dentry_open(&path, open_flags & (O_ACCMODE | O_NONBLOCK),
			   current_cred());
}
