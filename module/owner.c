// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owners: processes that mailboxes end with. See owner.h.
 */
#include <linux/errno.h>
#include <linux/pid.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "mbox.h"
#include "owner.h"
#include "wait.h"

/**
 * struct imb_owner - the process that a mailbox ends with
 * @pid: the process, a reference, constant
 * @mbox: the mailbox, whose this is, constant
 * @wait: place among those who wait for the end of @pid, until that comes
 * @work: what is to follow then, with a reference of @mbox
 */
struct imb_owner {
	struct pid *pid;
	struct imb_mbox *mbox;
	struct wait_queue_entry wait;
	struct work_struct work;
};

static struct workqueue_struct *imb_owner_queue;
/* Names are a layer above. */
static void (*imb_owner_end)(struct imb_mbox *mbox);

static void imb_owner_work(struct work_struct *work)
{
	struct imb_owner *owner = container_of(work, struct imb_owner, work);
	struct imb_mbox *mbox = owner->mbox;

	imb_owner_end(mbox);
	imb_mbox_put(mbox);
}

/* Under the lock of the list of all tasks, and that of the queue. */
static int imb_owner_wake(struct wait_queue_entry *wait, unsigned int mode,
			  int flags, void *key)
{
	struct imb_owner *owner = container_of(wait, struct imb_owner, wait);

	/* A thread of it may have ended. */
	if (!imb_process_is_gone(owner->pid))
		return 0;
	list_del_init(&wait->entry);
	/* Its last port may just be going. */
	if (refcount_inc_not_zero(&owner->mbox->refs))
		queue_work(imb_owner_queue, &owner->work);
	return 0;
}

/**
 * imb_owner_set() - have a mailbox end with the calling process
 * @mbox: the mailbox, which has no port and no name yet
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int imb_owner_set(struct imb_mbox *mbox)
{
	struct imb_owner *owner = kzalloc(sizeof(*owner), GFP_KERNEL_ACCOUNT);

	if (!owner)
		return -ENOMEM;
	owner->pid = get_pid(task_tgid(current));
	owner->mbox = mbox;
	INIT_WORK(&owner->work, imb_owner_work);
	init_waitqueue_func_entry(&owner->wait, imb_owner_wake);
	mbox->owner = owner;
	add_wait_queue(&owner->pid->wait_pidfd, &owner->wait);
	return 0;
}

/**
 * imb_owner_free() - its mailbox has gone
 * @owner: the owner, or NULL
 */
void imb_owner_free(struct imb_owner *owner)
{
	if (!owner)
		return;
	/* From here on nobody queues the work, and if it runs it is what calls this. */
	remove_wait_queue(&owner->pid->wait_pidfd, &owner->wait);
	put_pid(owner->pid);
	kfree(owner);
}

/**
 * imb_owner_flush() - the caller closes a descriptor of a mailbox
 * @mbox: the mailbox; is ended if it is to end with the calling process, which is ending
 *
 * May sleep.
 */
void imb_owner_flush(struct imb_mbox *mbox)
{
	if (mbox->owner && mbox->owner->pid == task_tgid(current) &&
	    imb_process_is_gone(mbox->owner->pid))
		imb_owner_end(mbox);
}

/**
 * imb_owner_is_gone() - is it a matter of time until a mailbox ends?
 * @mbox: the mailbox
 *
 * Return: whether it has an owner that has ended.
 */
bool imb_owner_is_gone(const struct imb_mbox *mbox)
{
	return mbox->owner && imb_process_is_gone(mbox->owner->pid);
}

/**
 * imb_owner_number() - tell who is the owner of a mailbox
 * @mbox: the mailbox
 *
 * Return: its number in the pid namespace of the caller, 0 if there is none.
 */
s32 imb_owner_number(const struct imb_mbox *mbox)
{
	/* The number may be that of another process, once it has ended. */
	if (!mbox->owner || imb_process_is_gone(mbox->owner->pid))
		return 0;
	return pid_vnr(mbox->owner->pid);
}

/**
 * imb_owner_init() - get ready for mailboxes with owners
 * @end: ends a mailbox, and takes its name away
 *
 * Return: 0 or -ENOMEM.
 */
int imb_owner_init(void (*end)(struct imb_mbox *mbox))
{
	imb_owner_end = end;
	imb_owner_queue = alloc_workqueue("ipcmbox_owners", WQ_UNBOUND, 0);
	return imb_owner_queue ? 0 : -ENOMEM;
}

/**
 * imb_owner_exit() - wait for what is under way
 */
void imb_owner_exit(void)
{
	destroy_workqueue(imb_owner_queue);
}
