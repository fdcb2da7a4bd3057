// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instances: worlds of names. See instance.h.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/slab.h>

#include "account.h"
#include "instance.h"

struct imb_instance imb_instance_default = {
	.names = XARRAY_INIT(imb_instance_default.names, 0),
};

/**
 * imb_instance_new() - make an instance beside that of /dev/ipcmbox, without limits
 *
 * Return: the instance, with one reference, or NULL.
 */
struct imb_instance *imb_instance_new(void)
{
	struct imb_instance *instance;

	instance = kzalloc(sizeof(*instance), GFP_KERNEL_ACCOUNT);
	if (!instance)
		return NULL;
	instance->acct = imb_account_new_instance();
	if (!instance->acct) {
		kfree(instance);
		return NULL;
	}
	xa_init(&instance->names);
	refcount_set(&instance->refs, 1);
	spin_lock_init(&instance->lock);
	INIT_LIST_HEAD(&instance->mailboxes);
	return instance;
}

/**
 * imb_instance_get() - take a reference
 * @instance: the instance, or NULL for that of /dev/ipcmbox
 *
 * Return: @instance.
 */
struct imb_instance *imb_instance_get(struct imb_instance *instance)
{
	if (instance)
		refcount_inc(&instance->refs);
	return instance;
}

/**
 * imb_instance_put() - return a reference; the last one frees the instance
 * @instance: the instance, or NULL for that of /dev/ipcmbox
 */
void imb_instance_put(struct imb_instance *instance)
{
	if (!instance || !refcount_dec_and_test(&instance->refs))
		return;
	WARN_ON_ONCE(!list_empty(&instance->mailboxes));
	imb_account_put(instance->acct);
	kfree(instance);
}

/**
 * imb_instance_account() - what is charged beside the accounts of users
 * @instance: the instance, or NULL for that of /dev/ipcmbox
 *
 * Return: the account, or NULL.
 */
struct imb_account *imb_instance_account(const struct imb_instance *instance)
{
	return instance ? instance->acct : NULL;
}

/**
 * imb_instance_join() - have a mailbox end with an instance
 * @instance: the instance, or NULL for that of /dev/ipcmbox, which never ends
 * @kin: the mailbox's link
 *
 * Return: 0, or -EIDRM if the instance has ended.
 */
int imb_instance_join(struct imb_instance *instance, struct list_head *kin)
{
	int ret = 0;

	INIT_LIST_HEAD(kin);
	if (!instance)
		return 0;
	spin_lock(&instance->lock);
	if (instance->over)
		ret = -EIDRM;
	else
		list_add_tail(kin, &instance->mailboxes);
	spin_unlock(&instance->lock);
	return ret;
}

/**
 * imb_instance_leave() - a mailbox has gone
 * @instance: the instance, or NULL for that of /dev/ipcmbox
 * @kin: the mailbox's link, which may have been taken away
 */
void imb_instance_leave(struct imb_instance *instance, struct list_head *kin)
{
	if (!instance)
		return;
	spin_lock(&instance->lock);
	list_del_init(kin);
	spin_unlock(&instance->lock);
}

/**
 * imb_instance_pin() - keep the super block of an instance, if mailboxes have to
 * @instance: the instance
 * @type: its file system
 *
 * May sleep.
 *
 * Return: 0 or a negative errno.
 */
int imb_instance_pin(struct imb_instance *instance,
		     struct file_system_type *type)
{
	if (instance != &imb_instance_default)
		return 0;
	return simple_pin_fs(type, &instance->mnt, &instance->pins);
}

/**
 * imb_instance_unpin() - end one imb_instance_pin()
 * @instance: the instance
 *
 * May sleep. Ends the super block if nothing else keeps it, so whoever holds a lock of it
 * must keep it by other means.
 */
void imb_instance_unpin(struct imb_instance *instance)
{
	if (instance == &imb_instance_default)
		simple_release_fs(&instance->mnt, &instance->pins);
}
