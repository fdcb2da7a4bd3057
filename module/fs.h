/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_FS_H
#define _IMB_FS_H

#include <linux/path.h>

struct file;
struct imb_instance;

/**
 * DOC: ipcmboxfs
 *
 * The file system that shows names: a super block for each instance, with one flat
 * directory, in memory, by the kernel's libfs. The names are in name.h.
 */

/**
 * struct imb_place - where the names of a control file are, while it is used
 * @instance: the instance
 * @root: its directory
 */
struct imb_place {
	struct imb_instance *instance;
	struct path root;
};

int imb_place_enter(struct imb_place *place, const struct file *control);
void imb_place_leave(struct imb_place *place);

int imb_fs_init(void);
void imb_fs_exit(void);

#endif /* _IMB_FS_H */
