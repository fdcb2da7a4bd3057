/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_INSTANCE_H
#define _IMB_INSTANCE_H

#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/xarray.h>

struct file_system_type;
struct imb_account;
struct vfsmount;

/**
 * DOC: Instances
 *
 * A world of names: those that CREATE and OPEN on one control file know, and that one
 * directory of ipcmboxfs shows. That of /dev/ipcmbox is there from load on, whether it is
 * mounted or not; its super block, as long as it has a name or is mounted or in use:
 * each of these *pins* it, and with it the module. So a name is not lost by unloading the
 * module, and nobody has to be asked before the module without names may go.
 *
 * Any other is made by a mount and ends with its super block: then all mailboxes that were
 * made on its control file are destroyed, whoever has a port of one. So it knows them all,
 * and may have limits of its own. Ports do not keep the super block; those that
 * open(2) gave do, as on any file system.
 */

/**
 * struct imb_instance - a world of names
 * @names: the dentry of each name, by the number of its mailbox; its lock keeps what it
 *	finds there
 * @mnt: that of /dev/ipcmbox: a mount of the super block, as long as there are pins
 * @pins: likewise: how many, counted by simple_pin_fs()
 * @refs: of others: the super block, and each mailbox
 * @acct: likewise: what is charged beside the accounts of users, constant
 * @lock: protects what follows
 * @mailboxes: likewise: those that are to be destroyed with it
 * @over: it has ended
 */
struct imb_instance {
	struct xarray names;
	struct vfsmount *mnt;
	int pins;
	refcount_t refs;
	struct imb_account *acct;
	spinlock_t lock; /* of @mailboxes */
	struct list_head mailboxes;
	bool over;
};

extern struct imb_instance imb_instance_default;

struct imb_instance *imb_instance_new(void);
struct imb_instance *imb_instance_get(struct imb_instance *instance);
void imb_instance_put(struct imb_instance *instance);
struct imb_account *imb_instance_account(const struct imb_instance *instance);
int imb_instance_join(struct imb_instance *instance, struct list_head *kin);
void imb_instance_leave(struct imb_instance *instance, struct list_head *kin);

int imb_instance_pin(struct imb_instance *instance,
		     struct file_system_type *type);
void imb_instance_unpin(struct imb_instance *instance);

#endif /* _IMB_INSTANCE_H */
