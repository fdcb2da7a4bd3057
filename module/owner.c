// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owners: processes that mailboxes end with. See owner.h.
 */
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/pid.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "mbox.h"
#include "owner.h"
#include "wait.h"

/**
 * struct imb_owner - a process that mailboxes end with
 * @refs: one for each mailbox that there still is, and one of @work once that is queued;
 *	the last goes under imb_owners_lock, and @node with it
 * @pid: the process, a reference, constant
 * @node: place among all owners, by the address of @pid, under imb_owners_lock
 * @mboxes: its mailboxes, but those that @work has taken out, under imb_owners_lock
 * @wait: place among those who wait for the end of @pid, until that comes
 * @work: what is to follow then, for one mailbox after the other
 */
struct imb_owner {
	refcount_t refs;
	struct pid *pid;
	struct rb_node node;
	struct list_head mboxes;
	struct wait_queue_entry wait;
	struct work_struct work;
};

static struct rb_root imb_owners = RB_ROOT;
static DEFINE_SPINLOCK(imb_owners_lock);
static struct workqueue_struct *imb_owner_queue;
/* Names are a layer above. */
static void (*imb_owner_end)(struct imb_mbox *mbox);

static struct imb_owner *imb_owner_of(const struct rb_node *node)
{
	return rb_entry(node, struct imb_owner, node);
}

static int imb_owner_compare(const void *pid, const struct rb_node *node)
{
	const struct pid *other = imb_owner_of(node)->pid;

	if (pid == (const void *)other)
		return 0;
	return (unsigned long)pid < (unsigned long)other ? -1 : 1;
}

static int imb_owner_compare_nodes(struct rb_node *a, const struct rb_node *b)
{
	return imb_owner_compare(imb_owner_of(a)->pid, b);
}

static void imb_owner_put(struct imb_owner *owner)
{
	bool last;

	spin_lock(&imb_owners_lock);
	last = refcount_dec_and_test(&owner->refs);
	if (last)
		rb_erase(&owner->node, &imb_owners);
	spin_unlock(&imb_owners_lock);
	if (!last)
		return;
	/* imb_owner_wake() may still run, and finds no reference to take. */
	remove_wait_queue(&owner->pid->wait_pidfd, &owner->wait);
	put_pid(owner->pid);
	kfree(owner);
}

/*
 * Takes a mailbox out, so that each comes once; false if there was none left. Of one whose
 * last reference is just going, which waits for the lock, there is nothing to end: NULL.
 */
static bool imb_owner_take_out(struct imb_owner *owner, struct imb_mbox **mbox)
{
	struct imb_mbox *first;

	*mbox = NULL;
	spin_lock(&imb_owners_lock);
	first = list_first_entry_or_null(&owner->mboxes, struct imb_mbox,
					 owned);
	if (first) {
		list_del_init(&first->owned);
		if (refcount_inc_not_zero(&first->refs))
			*mbox = first;
	}
	spin_unlock(&imb_owners_lock);
	return first;
}

static void imb_owner_work(struct work_struct *work)
{
	struct imb_owner *owner = container_of(work, struct imb_owner, work);
	struct imb_mbox *mbox;

	while (imb_owner_take_out(owner, &mbox)) {
		if (mbox) {
			imb_owner_end(mbox);
			imb_mbox_put(mbox);
		}
		cond_resched();
	}
	imb_owner_put(owner);
}

/*
 * Under the lock of the list of all tasks, and that of the queue, perhaps with interrupts
 * off: it takes no lock of ours, and looks at none of the mailboxes.
 */
static int imb_owner_wake(struct wait_queue_entry *wait, unsigned int mode,
			  int flags, void *key)
{
	struct imb_owner *owner = container_of(wait, struct imb_owner, wait);

	/* A thread of it may have ended. */
	if (!imb_process_is_gone(owner->pid))
		return 0;
	list_del_init(&wait->entry);
	/* Its last mailbox may just be going. */
	if (refcount_inc_not_zero(&owner->refs))
		queue_work(imb_owner_queue, &owner->work);
	return 0;
}

/*
 * The calling process begins to own mailboxes, unless another thread of it was faster. Nobody
 * can miss its end: it does not come as long as this thread is here.
 */
static struct imb_owner *imb_owner_new(struct pid *pid)
{
	struct imb_owner *owner = kzalloc(sizeof(*owner), GFP_KERNEL_ACCOUNT);
	struct rb_node *other;

	if (!owner)
		return NULL;
	refcount_set(&owner->refs, 1);
	owner->pid = pid;
	INIT_LIST_HEAD(&owner->mboxes);
	INIT_WORK(&owner->work, imb_owner_work);
	init_waitqueue_func_entry(&owner->wait, imb_owner_wake);
	spin_lock(&imb_owners_lock);
	other = rb_find_add(&owner->node, &imb_owners, imb_owner_compare_nodes);
	if (other)
		refcount_inc(&imb_owner_of(other)->refs);
	else
		get_pid(pid);
	spin_unlock(&imb_owners_lock);
	if (other) {
		kfree(owner);
		return imb_owner_of(other);
	}
	add_wait_queue(&pid->wait_pidfd, &owner->wait);
	return owner;
}

/* With a reference, or NULL if there is no memory. */
static struct imb_owner *imb_owner_get(struct pid *pid)
{
	struct rb_node *node;

	spin_lock(&imb_owners_lock);
	node = rb_find(pid, &imb_owners, imb_owner_compare);
	if (node)
		refcount_inc(&imb_owner_of(node)->refs);
	spin_unlock(&imb_owners_lock);
	return node ? imb_owner_of(node) : imb_owner_new(pid);
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
	struct imb_owner *owner = imb_owner_get(task_tgid(current));

	if (!owner)
		return -ENOMEM;
	mbox->owner = owner;
	spin_lock(&imb_owners_lock);
	list_add_tail(&mbox->owned, &owner->mboxes);
	spin_unlock(&imb_owners_lock);
	return 0;
}

/**
 * imb_owner_clear() - a mailbox has gone
 * @mbox: the mailbox, which has no reference any more
 */
void imb_owner_clear(struct imb_mbox *mbox)
{
	if (!mbox->owner)
		return;
	spin_lock(&imb_owners_lock);
	list_del_init(&mbox->owned);
	spin_unlock(&imb_owners_lock);
	imb_owner_put(mbox->owner);
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
