// SPDX-License-Identifier: GPL-2.0-only
/*
 * ipcmboxfs: its super blocks, and how they are mounted. See fs.h.
 */
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/fs_parser.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

#include "account.h"
#include "fs.h"
#include "instance.h"
#include "mbox.h"
#include "name.h"

/* "imbx" */
#define IMB_FS_MAGIC 0x696d6278

/**
 * struct imb_fs_options - options of a mount
 * @newinstance: a new world
 * @given: of which of the following a value is given
 * @limits: of the instance
 */
struct imb_fs_options {
	bool newinstance;
	bool given[IMB_CHARGES];
	unsigned long limits[IMB_CHARGES];
};

enum imb_fs_param {
	IMB_FS_NEWINSTANCE,
	IMB_FS_MAX,
	IMB_FS_BYTES,
};

static const struct fs_parameter_spec imb_fs_params[] = {
	fsparam_flag("newinstance", IMB_FS_NEWINSTANCE),
	fsparam_u64("max", IMB_FS_MAX),
	fsparam_u64("bytes", IMB_FS_BYTES),
	{}
};

static int imb_fs_parse_param(struct fs_context *fc, struct fs_parameter *param)
{
	struct imb_fs_options *options = fc->fs_private;
	enum imb_charge what = IMB_CHARGE_MAILBOXES;
	struct fs_parse_result result;
	int param_id;

	param_id = fs_parse(fc, imb_fs_params, param, &result);
	if (param_id < 0)
		return param_id;
	if (param_id == IMB_FS_NEWINSTANCE) {
		options->newinstance = true;
		return 0;
	}
	if (param_id == IMB_FS_BYTES)
		what = IMB_CHARGE_BYTES;
	options->given[what] = true;
	options->limits[what] = min_t(u64, result.uint_64, ULONG_MAX);
	return 0;
}

/* The instance of a super block, if it is one with limits and an end. */
static struct imb_instance *imb_fs_instance(const struct super_block *sb)
{
	struct imb_instance *instance = sb->s_fs_info;

	return instance == &imb_instance_default ? NULL : instance;
}

static int imb_fs_show_options(struct seq_file *m, struct dentry *root)
{
	struct imb_account *acct =
		imb_instance_account(imb_fs_instance(root->d_sb));
	u64 limit;

	if (!acct)
		return 0;
	seq_puts(m, ",newinstance");
	limit = imb_account_limit(acct, IMB_CHARGE_MAILBOXES);
	if (limit != ULONG_MAX)
		seq_printf(m, ",max=%llu", limit);
	limit = imb_account_limit(acct, IMB_CHARGE_BYTES);
	if (limit != ULONG_MAX)
		seq_printf(m, ",bytes=%llu", limit);
	return 0;
}

/* One that is to be destroyed, with a reference. */
static struct imb_mbox *imb_fs_first(struct imb_instance *instance,
				     struct list_head *mailboxes)
{
	struct imb_mbox *mbox;

	lockdep_assert_held(&instance->lock);
	while ((mbox = list_first_entry_or_null(mailboxes, struct imb_mbox,
						kin))) {
		list_del_init(&mbox->kin);
		/* Its last port may just be going. */
		if (refcount_inc_not_zero(&mbox->refs))
			return mbox;
	}
	return NULL;
}

/*
 * Destroy all mailboxes there are; if it is over there will be no others. Else whoever makes
 * more of them meanwhile does not keep it here.
 */
static void imb_fs_destroy_all(struct imb_instance *instance, bool over)
{
	struct imb_mbox *mbox;
	LIST_HEAD(mailboxes);

	spin_lock(&instance->lock);
	instance->over |= over;
	list_splice_init(&instance->mailboxes, &mailboxes);
	spin_unlock(&instance->lock);
	for (;;) {
		spin_lock(&instance->lock);
		mbox = imb_fs_first(instance, &mailboxes);
		spin_unlock(&instance->lock);
		if (!mbox)
			return;
		imb_name_end(mbox);
		imb_mbox_put(mbox);
		cond_resched();
	}
}

/* umount -f: what may keep the mount in use is to end. */
static void imb_fs_umount_begin(struct super_block *sb)
{
	struct imb_instance *instance = imb_fs_instance(sb);

	if (instance)
		imb_fs_destroy_all(instance, false);
}

/*
 * Directory entries go before inodes, which others may keep for a while: inotify(7) does. So
 * names are forgotten first, or who looks for the name of a mailbox would find an entry that is
 * freed.
 */
static void imb_fs_forget_names(struct super_block *sb)
{
	struct imb_instance *instance = sb->s_fs_info;
	struct dentry *dentry;
	unsigned long number;

	xa_for_each(&instance->names, number, dentry) {
		imb_name_forget(sb, imb_name_mbox(d_inode(dentry)));
		cond_resched();
	}
}

static void imb_fs_kill(struct super_block *sb)
{
	struct imb_instance *instance = imb_fs_instance(sb);

	imb_fs_forget_names(sb);
	kill_litter_super(sb);
	if (instance) {
		imb_fs_destroy_all(instance, true);
		imb_instance_put(instance);
	}
}

static const struct super_operations imb_fs_ops = {
	.statfs = simple_statfs,
	.drop_inode = generic_delete_inode,
	.evict_inode = imb_name_evict,
	.show_options = imb_fs_show_options,
	.umount_begin = imb_fs_umount_begin,
};

static int imb_fs_add_control(struct super_block *sb)
{
	struct dentry *dentry = d_alloc_name(sb->s_root, "control");
	struct inode *inode;

	if (!dentry)
		return -ENOMEM;
	inode = imb_name_control_inode(sb);
	if (!inode) {
		dput(dentry);
		return -ENOMEM;
	}
	d_add(dentry, inode);
	return 0;
}

static int imb_fs_fill(struct super_block *sb, struct fs_context *fc)
{
	struct inode *root;

	sb->s_maxbytes = MAX_LFS_FILESIZE;
	sb->s_blocksize = PAGE_SIZE;
	sb->s_blocksize_bits = PAGE_SHIFT;
	sb->s_magic = IMB_FS_MAGIC;
	sb->s_op = &imb_fs_ops;
	sb->s_time_gran = 1;
	sb->s_iflags |= SB_I_NOEXEC | SB_I_NODEV;
	root = imb_name_root_inode(sb);
	if (!root)
		return -ENOMEM;
	sb->s_root = d_make_root(root);
	if (!sb->s_root)
		return -ENOMEM;
	return imb_fs_instance(sb) ? imb_fs_add_control(sb) : 0;
}

static int imb_fs_get_default(struct fs_context *fc)
{
	const struct imb_fs_options *options = fc->fs_private;

	if (options->given[IMB_CHARGE_MAILBOXES] ||
	    options->given[IMB_CHARGE_BYTES])
		return -EINVAL;
	/* Nothing is said of it, as anybody could fill the kernel's log. */
	if (fc->user_ns != &init_user_ns && !(fc->sb_flags & SB_KERNMOUNT))
		return -EPERM;
	/* Whoever mounts it read-only does not make it so for others. */
	fc->sb_flags &= ~SB_RDONLY;
	/* It is nobody's, though the first who uses it may be in a user namespace. */
	fc->global = true;
	return get_tree_keyed(fc, imb_fs_fill, &imb_instance_default);
}

static int imb_fs_set_limits(const struct imb_fs_options *options,
			     const struct imb_instance *instance)
{
	struct imb_account *acct = imb_instance_account(instance);
	int what;

	for (what = 0; what < IMB_CHARGES; what++) {
		if (!options->given[what])
			continue;
		if (!acct)
			return -EINVAL;
		imb_account_set_limit(acct, what, options->limits[what]);
	}
	return 0;
}

static int imb_fs_get_tree(struct fs_context *fc)
{
	const struct imb_fs_options *options = fc->fs_private;
	struct imb_instance *instance;

	if (!options->newinstance)
		return imb_fs_get_default(fc);
	instance = imb_instance_new();
	if (!instance)
		return -ENOMEM;
	fc->s_fs_info = instance;
	imb_fs_set_limits(options, instance);
	return get_tree_nodev(fc, imb_fs_fill);
}

static int imb_fs_reconfigure(struct fs_context *fc)
{
	struct imb_instance *instance = imb_fs_instance(fc->root->d_sb);

	/* As of get_tree: that mount is made read-only, not what others see. */
	if (!instance)
		fc->sb_flags &= ~SB_RDONLY;
	return imb_fs_set_limits(fc->fs_private, instance);
}

static void imb_fs_free(struct fs_context *fc)
{
	/* One that never came to a super block. */
	if (fc->s_fs_info != &imb_instance_default)
		imb_instance_put(fc->s_fs_info);
	kfree(fc->fs_private);
}

static const struct fs_context_operations imb_fs_context_ops = {
	.parse_param = imb_fs_parse_param,
	.get_tree = imb_fs_get_tree,
	.reconfigure = imb_fs_reconfigure,
	.free = imb_fs_free,
};

static int imb_fs_init_context(struct fs_context *fc)
{
	fc->fs_private =
		kzalloc(sizeof(struct imb_fs_options), GFP_KERNEL_ACCOUNT);
	if (!fc->fs_private)
		return -ENOMEM;
	fc->ops = &imb_fs_context_ops;
	return 0;
}

static struct file_system_type imb_fs_type = {
	.owner = THIS_MODULE,
	.name = "ipcmboxfs",
	.init_fs_context = imb_fs_init_context,
	.parameters = imb_fs_params,
	.kill_sb = imb_fs_kill,
	.fs_flags = FS_USERNS_MOUNT,
};
MODULE_ALIAS_FS("ipcmboxfs");

/**
 * imb_place_enter() - go where the names of a control file are
 * @place: set to that
 * @control: /dev/ipcmbox, or the control file of an instance
 *
 * May sleep.
 *
 * Return: 0 or a negative errno; if it is 0 imb_place_leave() has to follow.
 */
int imb_place_enter(struct imb_place *place, const struct file *control)
{
	struct imb_instance *instance = control->private_data;
	int ret;

	if (instance) {
		/* The file keeps these. */
		place->instance = instance;
		place->root.mnt = control->f_path.mnt;
		place->root.dentry = control->f_path.dentry->d_sb->s_root;
		return 0;
	}
	instance = &imb_instance_default;
	ret = imb_instance_pin(instance, &imb_fs_type);
	if (ret)
		return ret;
	place->instance = instance;
	place->root.mnt = instance->mnt;
	place->root.dentry = instance->mnt->mnt_root;
	return 0;
}

/**
 * imb_place_leave() - leave a place
 * @place: the place
 *
 * May sleep.
 */
void imb_place_leave(struct imb_place *place)
{
	imb_instance_unpin(place->instance);
}

/**
 * imb_fs_init() - make ipcmboxfs known
 *
 * Return: 0 or a negative errno.
 */
int imb_fs_init(void)
{
	return register_filesystem(&imb_fs_type);
}

/**
 * imb_fs_exit() - forget ipcmboxfs, of which there is no super block any more
 */
void imb_fs_exit(void)
{
	unregister_filesystem(&imb_fs_type);
}
