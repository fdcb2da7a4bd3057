// SPDX-License-Identifier: GPL-2.0-only
/*
 * ipcmboxfs: its super blocks, and how they are mounted. See fs.h.
 */
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/user_namespace.h>

#include "fs.h"
#include "instance.h"
#include "name.h"

/* "imbx" */
#define IMB_FS_MAGIC 0x696d6278

static const struct super_operations imb_fs_ops = {
	.statfs = simple_statfs,
	.drop_inode = generic_delete_inode,
	.evict_inode = imb_name_evict,
};

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
	return sb->s_root ? 0 : -ENOMEM;
}

static int imb_fs_get_tree(struct fs_context *fc)
{
	/* Whoever mounts it read-only does not make it so for others. */
	fc->sb_flags &= ~SB_RDONLY;
	/* It is nobody's, though the first who uses it may be in a user namespace. */
	fc->global = true;
	return get_tree_keyed(fc, imb_fs_fill, &imb_instance_default);
}

static const struct fs_context_operations imb_fs_context_ops = {
	.get_tree = imb_fs_get_tree,
};

static int imb_fs_init_context(struct fs_context *fc)
{
	fc->ops = &imb_fs_context_ops;
	return 0;
}

static struct file_system_type imb_fs_type = {
	.owner = THIS_MODULE,
	.name = "ipcmboxfs",
	.init_fs_context = imb_fs_init_context,
	.kill_sb = kill_litter_super,
};
MODULE_ALIAS_FS("ipcmboxfs");

/**
 * imb_place_enter() - go where the names of /dev/ipcmbox are
 * @place: set to that
 *
 * May sleep.
 *
 * Return: 0 or a negative errno; if it is 0 imb_place_leave() has to follow.
 */
int imb_place_enter(struct imb_place *place)
{
	struct imb_instance *instance = &imb_instance_default;
	int ret;

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
