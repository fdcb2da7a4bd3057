/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_INSTANCE_H
#define _IMB_INSTANCE_H

#include <linux/types.h>
#include <linux/xarray.h>

struct file_system_type;
struct vfsmount;

/**
 * DOC: Instances
 *
 * A world of names: those that CREATE and OPEN on one control file know, and that one
 * directory of ipcmboxfs shows. That of /dev/ipcmbox is there from load on, whether it is
 * mounted or not; its super block, as long as it has a name or is mounted or in use:
 * each of these *pins* it, and with it the module. So a name is not lost by unloading the
 * module, and nobody has to be asked before the module without names may go.
 */

/**
 * struct imb_instance - a world of names
 * @names: the dentry of each name, by the number of its mailbox; its lock keeps what it
 *	finds there
 * @mnt: a mount of the super block, as long as there are pins
 * @pins: how many, counted by simple_pin_fs()
 */
struct imb_instance {
	struct xarray names;
	struct vfsmount *mnt;
	int pins;
};

extern struct imb_instance imb_instance_default;

int imb_instance_pin(struct imb_instance *instance,
		     struct file_system_type *type);
void imb_instance_unpin(struct imb_instance *instance);

#endif /* _IMB_INSTANCE_H */
