// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mailboxes: life, peers and invariants. See mbox.h.
 */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/ipcmbox.h>
#include <linux/pid.h>
#include <linux/slab.h>

#include "instance.h"
#include "mbox.h"
#include "msg.h"
#include "owner.h"
#include "roster.h"
#include "trace.h"

static atomic64_t imb_mbox_last_id;

static struct imb_mbox *imb_mbox_of_purse(struct imb_purse *purse)
{
	return container_of(purse, struct imb_mbox, purse);
}

static bool imb_mbox_get_by_purse(struct imb_purse *purse)
{
	return refcount_inc_not_zero(&imb_mbox_of_purse(purse)->refs);
}

/* There may be quota again: for a message of the line, and for who polls. */
static void imb_mbox_ease(struct imb_purse *purse)
{
	struct imb_mbox *mbox = imb_mbox_of_purse(purse);
	struct imb_after after;

	imb_after_init(&after);
	spin_lock(&mbox->lock);
	purse->pinched = false;
	purse->waits = false;
	/* Who selects pinches before it is seen that there is no room. */
	mbox->events &= ~(EPOLLOUT | EPOLLWRNORM);
	imb_mbox_settle(mbox, &after);
	imb_mbox_put(mbox);
}

static int imb_mbox_init_queues(struct imb_mbox *mbox,
				const struct imb_attrs *attrs)
{
	bool chooses = attrs->flags & IPCMBOX_SELECTIVE;
	int ret;

	/* Without rows of its own that cannot fail. */
	(void)imb_queue_init(&mbox->moving, IPCMBOX_FIFO, false);
	(void)imb_queue_init(&mbox->notices, IPCMBOX_FIFO, false);
	ret = imb_queue_init(&mbox->store, attrs->order, chooses);
	if (ret)
		return ret;
	ret = imb_queue_init(&mbox->line, attrs->order, chooses);
	if (ret)
		goto err_store;
	ret = imb_purse_take(&mbox->purse, mbox->store.cost + mbox->line.cost);
	if (ret)
		goto err_line;
	return 0;

err_line:
	imb_queue_exit(&mbox->line);
err_store:
	imb_queue_exit(&mbox->store);
	return ret;
}

static void imb_mbox_exit_queues(struct imb_mbox *mbox)
{
	imb_purse_give(&mbox->purse, mbox->store.cost + mbox->line.cost);
	imb_queue_exit(&mbox->store);
	imb_queue_exit(&mbox->line);
	imb_purse_empty(&mbox->purse);
}

/**
 * imb_mbox_new_part() - create a mailbox that is a part of something larger
 * @attrs: its attributes, checked
 * @region: its region or NULL; the mailbox takes a reference of its own
 * @ops: what it does besides, or NULL
 * @part: what @ops are about; on failure it is still the caller's
 *
 * Return: the mailbox, with one reference, or an ERR_PTR: -ENOMEM, -EDQUOT, -EIDRM if
 * the instance has ended.
 */
struct imb_mbox *imb_mbox_new_part(const struct imb_attrs *attrs,
				   struct imb_region *region,
				   const struct imb_mbox_ops *ops, void *part)
{
	struct imb_account *acct;
	struct imb_mbox *mbox;
	int ret;

	mbox = kzalloc(sizeof(*mbox), GFP_KERNEL_ACCOUNT);
	if (!mbox)
		return ERR_PTR(-ENOMEM);
	acct = imb_account_get_current(imb_instance_account(attrs->instance));
	if (IS_ERR(acct)) {
		ret = PTR_ERR(acct);
		goto err_free;
	}
	ret = imb_account_charge(acct, IMB_CHARGE_MAILBOXES, 1);
	if (ret)
		goto err_account;
	imb_purse_init(&mbox->purse, acct, imb_mbox_get_by_purse,
		       imb_mbox_ease);
	ret = imb_mbox_init_queues(mbox, attrs);
	if (ret)
		goto err_charge;

	refcount_set(&mbox->refs, 1);
	mbox->id = atomic64_inc_return(&imb_mbox_last_id);
	mbox->flags = attrs->flags;
	mbox->policy = attrs->policy;
	mbox->named = attrs->named;
	mbox->uid = current_euid();
	mbox->instance = imb_instance_get(attrs->instance);
	mbox->region = imb_region_get(region);
	imb_notifier_init(&mbox->notifier);
	spin_lock_init(&mbox->lock);
	mbox->capacity = attrs->capacity;
	mbox->max_bytes = attrs->max_bytes;
	mbox->max_message = attrs->max_message;
	imb_shares_init(&mbox->shares);
	INIT_LIST_HEAD(&mbox->senders);
	imb_crowd_init(&mbox->receivers, attrs->policy);
	mbox->calls = RB_ROOT;
	mbox->ops = ops;
	mbox->part = part;
	/* From here on others may know it, and destroy it. */
	ret = imb_instance_join(attrs->instance, &mbox->kin);
	if (ret)
		goto err_queues;
	imb_roster_add(mbox);
	trace_ipcmbox_create(mbox->id, mbox->capacity);
	return mbox;

err_queues:
	imb_instance_put(mbox->instance);
	imb_region_put(mbox->region);
	imb_mbox_exit_queues(mbox);
err_charge:
	imb_account_uncharge(acct, IMB_CHARGE_MAILBOXES, 1);
err_account:
	imb_account_put(acct);
err_free:
	kfree(mbox);
	return ERR_PTR(ret);
}

/**
 * imb_mbox_new() - create a mailbox
 * @attrs: its attributes, checked
 * @region: its region or NULL; the mailbox takes a reference of its own
 *
 * Return: as imb_mbox_new_part().
 */
struct imb_mbox *imb_mbox_new(const struct imb_attrs *attrs,
			      struct imb_region *region)
{
	return imb_mbox_new_part(attrs, region, NULL, NULL);
}

static int imb_mbox_prepare_queue(struct imb_mbox *mbox,
				  struct imb_queue *queue, u32 priority)
{
	void *rows = imb_queue_prepare();
	struct imb_after after;
	int ret;

	if (!rows)
		return -ENOMEM;
	imb_after_init(&after);
	spin_lock(&mbox->lock);
	ret = imb_purse_take(&mbox->purse, IMB_ROWS_SIZE);
	if (!ret) {
		rows = imb_queue_accept(queue, priority, rows);
		if (rows)
			imb_purse_give(&mbox->purse, IMB_ROWS_SIZE);
	} else {
		imb_mbox_pinch_locked(mbox, IMB_ROWS_SIZE);
	}
	imb_mbox_settle(mbox, &after);
	kfree(rows);
	return ret;
}

/**
 * imb_mbox_is_prepared() - is it ready for messages of a priority?
 * @mbox: the mailbox; need not be locked, since that stays so
 * @priority: the priority
 *
 * Return: false if imb_mbox_prepare() is needed before one comes.
 */
bool imb_mbox_is_prepared(const struct imb_mbox *mbox, u32 priority)
{
	return imb_queue_is_prepared(&mbox->store, priority) &&
	       imb_queue_is_prepared(&mbox->line, priority);
}

/**
 * imb_mbox_equip() - give a message what it has to bring
 * @mbox: the mailbox that it is for
 * @msg: the message, which nobody else knows
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int imb_mbox_equip(const struct imb_mbox *mbox, struct imb_msg *msg)
{
	if (!(mbox->flags & IPCMBOX_FAIR_SHARE) || msg->share)
		return 0;
	msg->share = imb_share_new(msg->uid, msg->len);
	return msg->share ? 0 : -ENOMEM;
}

/**
 * imb_mbox_prepare() - make ready for a message, and that for the mailbox
 * @mbox: the mailbox, not locked
 * @msg: the message, which nobody else knows
 *
 * May sleep.
 *
 * Return: 0, -ENOMEM or -EDQUOT.
 */
int imb_mbox_prepare(struct imb_mbox *mbox, struct imb_msg *msg)
{
	u32 priority = msg->priority;
	int ret;

	ret = imb_mbox_equip(mbox, msg);
	if (!ret && !imb_queue_is_prepared(&mbox->store, priority))
		ret = imb_mbox_prepare_queue(mbox, &mbox->store, priority);
	if (!ret && !imb_queue_is_prepared(&mbox->line, priority))
		ret = imb_mbox_prepare_queue(mbox, &mbox->line, priority);
	return ret;
}

/**
 * imb_mbox_get() - take a reference
 * @mbox: the mailbox
 *
 * Return: @mbox.
 */
struct imb_mbox *imb_mbox_get(struct imb_mbox *mbox)
{
	refcount_inc(&mbox->refs);
	return mbox;
}

/**
 * imb_mbox_put() - return a reference; the last one ends the mailbox
 * @mbox: the mailbox
 *
 * May sleep.
 *
 * Return: NULL.
 */
struct imb_mbox *imb_mbox_put(struct imb_mbox *mbox)
{
	struct imb_instance *instance = mbox->instance;
	struct imb_account *acct = mbox->purse.acct;

	if (!refcount_dec_and_test(&mbox->refs))
		return NULL;

	imb_roster_remove(mbox);
	imb_instance_leave(instance, &mbox->kin);
	imb_owner_clear(mbox);
	imb_mbox_destroy(mbox);
	put_pid(mbox->roles[READ].owner);
	put_pid(mbox->roles[WRITE].owner);
	imb_mbox_exit_queues(mbox);
	imb_account_uncharge(acct, IMB_CHARGE_MAILBOXES, 1);
	imb_account_put(acct);
	imb_region_put(mbox->region);
	if (mbox->ops)
		mbox->ops->release(mbox);
	kfree(mbox);
	imb_instance_put(instance);
	return NULL;
}

static void imb_mbox_changed(struct imb_mbox *mbox)
{
	if (mbox->ops && mbox->ops->changed)
		mbox->ops->changed(mbox);
}

/**
 * imb_mbox_attach() - a port comes
 * @mbox: the mailbox
 * @mode: FMODE_READ if it can receive, FMODE_WRITE if it can send
 */
void imb_mbox_attach(struct imb_mbox *mbox, fmode_t mode)
{
	struct imb_after after;

	imb_after_init(&after);
	spin_lock(&mbox->lock);
	if (mode & FMODE_READ) {
		mbox->had_receivers = true;
		mbox->nr_receivers++;
	}
	if (mode & FMODE_WRITE) {
		mbox->had_senders = true;
		mbox->nr_senders++;
	}
	imb_mbox_settle(mbox, &after);
	imb_mbox_changed(mbox);
}

/*
 * Of a name that nobody has open, who comes next waits for the other side, as who opens a
 * named pipe does. But where senders have left messages, who receives them comes to the end
 * of file.
 */
static void imb_mbox_begin_anew_locked(struct imb_mbox *mbox)
{
	if (!mbox->named || mbox->nr_receivers || mbox->nr_senders)
		return;
	mbox->had_receivers = false;
	mbox->had_senders = mbox->stored;
}

/**
 * imb_mbox_detach() - a port goes
 * @mbox: the mailbox
 * @mode: as given to imb_mbox_attach()
 */
void imb_mbox_detach(struct imb_mbox *mbox, fmode_t mode)
{
	struct imb_after after;

	imb_after_init(&after);
	spin_lock(&mbox->lock);
	if (mode & FMODE_READ)
		mbox->nr_receivers--;
	if (mode & FMODE_WRITE)
		mbox->nr_senders--;
	imb_mbox_begin_anew_locked(mbox);
	imb_mbox_settle(mbox, &after);
	imb_mbox_changed(mbox);
}

/**
 * imb_mbox_destroy() - end a mailbox, whoever still has a port of it
 * @mbox: the mailbox
 *
 * Returns when nobody waits in it any more and nothing is stored. May sleep.
 *
 * Return: 0, or -EIDRM if it was dead already.
 */
int imb_mbox_destroy(struct imb_mbox *mbox)
{
	struct imb_after after;
	bool dead;

	imb_after_init(&after);
	spin_lock(&mbox->lock);
	dead = mbox->dead;
	/* An inbox is looked at without the lock. */
	WRITE_ONCE(mbox->dead, true);
	imb_mbox_settle(mbox, &after);
	imb_mbox_changed(mbox);
	if (dead)
		return -EIDRM;
	trace_ipcmbox_destroy(mbox->id);
	return 0;
}

/**
 * imb_mbox_is_dead() - was it destroyed?
 * @mbox: the mailbox
 *
 * Return: whether it was, at the time of the call.
 */
bool imb_mbox_is_dead(struct imb_mbox *mbox)
{
	bool dead;

	spin_lock(&mbox->lock);
	dead = mbox->dead;
	spin_unlock(&mbox->lock);
	return dead;
}
