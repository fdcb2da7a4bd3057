// SPDX-License-Identifier: GPL-2.0-only
/*
 * Inboxes: mailboxes that belong to a process and are found by its number. See inbox.h.
 */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/hashtable.h>
#include <linux/ipcmbox.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "inbox.h"
#include "mbox.h"
#include "wait.h"

/**
 * struct imb_inbox - the inbox of a process
 * @node: place in the table, under imb_inboxes_lock; unhashed once it has ended
 * @owner: the process, a reference, constant
 * @mbox: the mailbox, a reference, constant
 * @access: enum ipcmbox_access, constant
 * @uid: effective uid of the process when it claimed it, constant
 * @gid: the group that may send, constant
 * @files: the table of descriptors of the process, constant; not a reference, and only
 *	compared
 * @exec: which program of the process it was, constant
 */
struct imb_inbox {
	struct hlist_node node;
	struct pid *owner;
	struct imb_mbox *mbox;
	u32 access;
	kuid_t uid;
	kgid_t gid;
	const void *files;
	u64 exec;
};

static DEFINE_HASHTABLE(imb_inboxes, 8);
static DEFINE_SPINLOCK(imb_inboxes_lock);

static struct imb_inbox *imb_inbox_find_locked(const struct pid *owner)
{
	struct imb_inbox *inbox;

	lockdep_assert_held(&imb_inboxes_lock);
	hash_for_each_possible(imb_inboxes, inbox, node, (unsigned long)owner)
		if (inbox->owner == owner)
			return inbox;
	return NULL;
}

/*
 * Does the process run another program now, which may be of another user? It did not
 * claim this inbox, and it need not have the port. Or was the mailbox destroyed, perhaps
 * by another port of it?
 */
static bool imb_inbox_is_stale(const struct imb_inbox *inbox)
{
	struct task_struct *task;
	bool stale;

	rcu_read_lock();
	task = pid_task(inbox->owner, PIDTYPE_TGID);
	stale = !task || READ_ONCE(task->self_exec_id) != inbox->exec ||
		READ_ONCE(inbox->mbox->dead);
	rcu_read_unlock();
	return stale;
}

/**
 * imb_inbox_claim() - make a mailbox the inbox of the calling process
 * @mbox: the mailbox; the inbox takes a reference of its own
 * @access: enum ipcmbox_access, checked
 * @gid: the group that may send, in the user namespace of the caller
 *
 * That of an earlier program of the process ends. May sleep.
 *
 * Return: the inbox, to be given to imb_inbox_free(), or an ERR_PTR: -EBUSY, -EPERM,
 * -ENOMEM.
 */
struct imb_inbox *imb_inbox_claim(struct imb_mbox *mbox, u32 access, u32 gid)
{
	struct imb_mbox *earlier = NULL;
	struct imb_inbox *inbox, *other;

	inbox = kzalloc(sizeof(*inbox), GFP_KERNEL_ACCOUNT);
	if (!inbox)
		return ERR_PTR(-ENOMEM);
	inbox->access = access;
	inbox->uid = current_euid();
	inbox->gid = make_kgid(current_user_ns(), gid);
	if (access == IPCMBOX_ACCESS_GROUP &&
	    (!gid_valid(inbox->gid) || !in_group_p(inbox->gid))) {
		kfree(inbox);
		return ERR_PTR(-EPERM);
	}
	inbox->files = current->files;
	inbox->exec = READ_ONCE(current->self_exec_id);
	inbox->owner = get_pid(task_tgid(current));
	inbox->mbox = imb_mbox_get(mbox);

	spin_lock(&imb_inboxes_lock);
	other = imb_inbox_find_locked(inbox->owner);
	if (other && imb_inbox_is_stale(other)) {
		earlier = imb_mbox_get(other->mbox);
		hash_del(&other->node);
		other = NULL;
	}
	if (!other)
		hash_add(imb_inboxes, &inbox->node,
			 (unsigned long)inbox->owner);
	spin_unlock(&imb_inboxes_lock);
	if (earlier) {
		imb_mbox_destroy(earlier);
		imb_mbox_put(earlier);
	}
	if (other) {
		imb_mbox_put(inbox->mbox);
		put_pid(inbox->owner);
		kfree(inbox);
		return ERR_PTR(-EBUSY);
	}
	return inbox;
}

/**
 * imb_inbox_end() - end an inbox, if it has not yet
 * @inbox: the inbox
 *
 * Nobody finds it any more, and its mailbox is destroyed. May sleep.
 *
 * Return: false if it had ended.
 */
bool imb_inbox_end(struct imb_inbox *inbox)
{
	bool ends;

	spin_lock(&imb_inboxes_lock);
	ends = hash_hashed(&inbox->node);
	if (ends)
		hash_del(&inbox->node);
	spin_unlock(&imb_inboxes_lock);
	if (ends)
		imb_mbox_destroy(inbox->mbox);
	return ends;
}

/**
 * imb_inbox_free() - end an inbox and free it
 * @inbox: the inbox, or NULL
 *
 * May sleep.
 */
void imb_inbox_free(struct imb_inbox *inbox)
{
	if (!inbox)
		return;
	imb_inbox_end(inbox);
	imb_mbox_put(inbox->mbox);
	put_pid(inbox->owner);
	kfree(inbox);
}

/**
 * imb_inbox_is_of() - is it of a process?
 * @inbox: the inbox
 * @files: the table of descriptors of the process
 *
 * Return: whether it is.
 */
bool imb_inbox_is_of(const struct imb_inbox *inbox, const void *files)
{
	return inbox->files == files;
}

static bool imb_inbox_admits(const struct imb_inbox *inbox)
{
	if (inbox->access == IPCMBOX_ACCESS_ANYONE ||
	    uid_eq(current_euid(), inbox->uid))
		return true;
	return inbox->access == IPCMBOX_ACCESS_GROUP && in_group_p(inbox->gid);
}

/**
 * imb_inbox_find() - find the inbox of a process
 * @pid: its number in the pid namespace of the caller
 * @instance: where it must have been claimed, NULL for that of /dev/ipcmbox
 *
 * Return: the mailbox, with a reference, or an ERR_PTR: -ESRCH, -ENOENT, -EACCES.
 */
struct imb_mbox *imb_inbox_find(s32 pid, const struct imb_instance *instance)
{
	struct pid *owner = find_get_pid(pid);
	struct imb_mbox *mbox = ERR_PTR(-ENOENT);
	struct imb_inbox *inbox;

	if (!owner || imb_process_is_gone(owner)) {
		put_pid(owner);
		return ERR_PTR(-ESRCH);
	}
	spin_lock(&imb_inboxes_lock);
	inbox = imb_inbox_find_locked(owner);
	if (inbox && !imb_inbox_is_stale(inbox) &&
	    inbox->mbox->instance == instance)
		mbox = imb_inbox_admits(inbox) ? imb_mbox_get(inbox->mbox) :
						 ERR_PTR(-EACCES);
	spin_unlock(&imb_inboxes_lock);
	put_pid(owner);
	return mbox;
}
