/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_NAME_H
#define _IMB_NAME_H

#include <linux/fs.h>
#include <linux/path.h>
#include <linux/types.h>

struct imb_instance;
struct imb_mbox;
struct ipcmbox_entry;
struct seq_file;

/**
 * DOC: Names
 *
 * A name is a file of ipcmboxfs (fs.h): a directory entry, and an inode that has a
 * reference of the mailbox. Owner, permissions, links and events are the business of the
 * VFS: what CREATE, OPEN and UNLINK do here goes through the functions that system calls
 * of files go through, with their checks and those of security modules.
 *
 * The file is of the kind of a named pipe: to read it takes messages away, which tools know
 * of pipes; and a write that waits holds no lock of the super block.
 *
 * A port that OPEN or CREATE gives does not keep the directory in use. It is opened
 * through the file, like any other, but then moves to a file without a name.
 *
 * ::
 *
 *   inode lock of the directory   names come and go
 *     imb_instance.names          which there are, by the number of the mailbox
 */

struct inode *imb_name_root_inode(struct super_block *sb);
void imb_name_evict(struct inode *inode);
struct inode *imb_name_control_inode(struct super_block *sb);
void imb_name_set_fops(const struct file_operations *port,
		       const struct file_operations *control);

char *imb_name_import(u64 user);
struct dentry *imb_name_lookup(const struct path *root, const char *name);
int imb_name_link(const struct path *root, const char *name, umode_t mode,
		  struct imb_mbox *mbox);
void imb_name_forget(struct super_block *sb, struct imb_mbox *mbox);

struct imb_mbox *imb_name_mbox(const struct inode *inode);
bool imb_name_is_own(const struct path *root, const struct inode *inode);
int imb_name_permits(struct dentry *dentry, u32 open_flags);
struct file *imb_name_open(const struct path *root, struct dentry *dentry,
			   u32 open_flags);

/* unlink.c */
int imb_name_unlink(const struct path *root, const char *name);
void imb_name_remove(struct imb_mbox *mbox);
int imb_name_end(struct imb_mbox *mbox);

/* list.c */
int imb_name_list_check(const struct path *root);
int imb_name_list_next(const struct path *root, struct imb_instance *instance,
		       u64 *cursor, struct ipcmbox_entry *entry);
void imb_name_show(struct seq_file *m, const struct imb_mbox *mbox);

#endif /* _IMB_NAME_H */
