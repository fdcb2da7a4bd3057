// SPDX-License-Identifier: GPL-2.0-only
/*
 * Broadcast: one message to all who subscribe. See cast.h.
 */
#include <linux/err.h>
#include <linux/ipcmbox.h>
#include <linux/slab.h>

#include "cast.h"
#include "copy.h"
#include "mbox.h"
#include "msg.h"
#include "trace.h"
#include "xfer.h"

static struct imb_cast *imb_cast_of(const struct imb_mbox *hub)
{
	return hub->part;
}

/* Wait for the turn to send. */
static int imb_cast_take_turn(struct imb_mbox *hub,
			      const struct imb_patience *patience)
{
	struct imb_cast *cast = imb_cast_of(hub);
	struct imb_waiter waiter;
	struct imb_stand stand = { .waiter = &waiter };
	struct imb_after after;
	int ret;

	imb_waiter_init(&waiter);
	imb_after_init(&after);
	spin_lock(&hub->lock);
	ret = imb_mbox_refuse_sender_locked(hub);
	if (!ret && cast->busy && patience->dontwait)
		ret = -EAGAIN;
	if (ret || !cast->busy) {
		cast->busy |= !ret;
		imb_mbox_settle(hub, &after);
		return ret;
	}
	list_add_tail(&stand.link, &cast->turns);
	spin_unlock(&hub->lock);

	ret = imb_waiter_sleep(&waiter, patience);
	if (!ret)
		return waiter.result;
	spin_lock(&hub->lock);
	if (waiter.state == IMB_DONE)
		ret = waiter.result;
	else
		list_del(&stand.link);
	spin_unlock(&hub->lock);
	return ret;
}

/* Let the next send, whose result is 0, or dismiss him with an error. */
static bool imb_cast_next_locked(struct imb_mbox *hub, int result,
				 struct imb_after *after)
{
	struct imb_stand *stand;

	stand = list_first_entry_or_null(&imb_cast_of(hub)->turns,
					 struct imb_stand, link);
	if (!stand)
		return false;
	list_del(&stand->link);
	imb_waiter_claim(stand->waiter, result, &after->wakes);
	return true;
}

static void imb_cast_pass_turn(struct imb_mbox *hub)
{
	struct imb_after after;

	imb_after_init(&after);
	spin_lock(&hub->lock);
	imb_cast_of(hub)->busy = imb_cast_next_locked(hub, 0, &after);
	imb_mbox_settle(hub, &after);
}

/* From here on it is sent; unless the hub has ended while its sender waited. */
static int imb_cast_number(struct imb_mbox *hub, u64 *id)
{
	int ret;

	spin_lock(&hub->lock);
	ret = imb_mbox_refuse_sender_locked(hub);
	if (!ret) {
		*id = ++hub->arrivals;
		hub->last_id = *id;
		hub->count.sent++;
		hub->count.received++;
		imb_mbox_stamp_locked(hub, WRITE);
	}
	spin_unlock(&hub->lock);
	return ret;
}

static int imb_cast_send_now(struct imb_mbox *hub, struct imb_msg *msg,
			     const struct imb_patience *patience, bool all,
			     struct imb_receipt *receipt)
{
	struct imb_copies *copies;
	int ret = 0;

	copies = imb_copies_new(hub);
	if (!copies)
		return -ENOMEM;
	if (!imb_copies_share(copies, msg))
		ret = -ENOMEM;
	if (!ret)
		ret = imb_copies_reserve(copies, patience, all);
	if (!ret)
		ret = imb_cast_number(hub, &receipt->id);
	if (!ret) {
		receipt->reached = imb_copies_deliver(copies, receipt->id);
		receipt->disposition = IPCMBOX_QUEUED;
	}
	imb_copies_end(copies);
	return ret;
}

/**
 * imb_cast_send() - send a message to all subscribers
 * @hub: the hub
 * @msg: the message; its reference is put
 * @patience: how long to wait
 * @all: to all or to none, also where subscribers would rather lose it
 * @receipt: set to what became of the message
 *
 * May sleep. On failure nobody has received it and nobody will.
 *
 * Return: 0, -EIDRM, -EPIPE, -EMSGSIZE, -ENOMEM, -EDQUOT, -EAGAIN, -ETIMEDOUT,
 * -ERESTARTSYS.
 */
int imb_cast_send(struct imb_mbox *hub, struct imb_msg *msg,
		  const struct imb_patience *patience, bool all,
		  struct imb_receipt *receipt)
{
	u64 waiters = patience->dontwait ? 0 : 1;
	int ret;

	receipt->disposition = IPCMBOX_NOT_SENT;
	ret = imb_patience_pay(patience, waiters);
	if (ret)
		goto out;
	ret = imb_cast_take_turn(hub, patience);
	if (!ret) {
		ret = imb_cast_send_now(hub, msg, patience, all, receipt);
		imb_cast_pass_turn(hub);
	}
	imb_patience_unpay(patience, waiters);
out:
	/* Each subscriber who has it pays for it. */
	imb_msg_unpay(msg);
	imb_msg_put(msg);
	return ret;
}

/* Nobody is sending, and no subscriber that blocks is full. */
static bool imb_cast_has_room_locked(const struct imb_mbox *hub)
{
	const struct imb_cast *cast = imb_cast_of(hub);
	const struct imb_subscription *sub;

	if (cast->busy)
		return false;
	list_for_each_entry(sub, &cast->subscribers, link)
		if (READ_ONCE(sub->full))
			return false;
	return true;
}

/* Who waits for his turn in a hub that is no more. */
static bool imb_cast_settle_one_locked(struct imb_mbox *hub,
				       struct imb_after *after)
{
	return hub->dead && imb_cast_next_locked(hub, -EIDRM, after);
}

/**
 * imb_cast_tell() - tell a subscription how its hub is
 * @mbox: the subscription's mailbox, not locked
 * @news: number of the news; older than it has are ignored
 * @dead: the hub was destroyed
 * @had_senders: a port that can send has come once
 * @has_senders: there is one
 */
void imb_cast_tell(struct imb_mbox *mbox, u64 news, bool dead, bool had_senders,
		   bool has_senders)
{
	struct imb_subscription *sub = mbox->part;
	struct imb_after after;

	imb_after_init(&after);
	spin_lock(&mbox->lock);
	mbox->dead |= dead;
	if (sub->news < news) {
		sub->news = news;
		mbox->had_senders = had_senders;
		mbox->nr_senders = has_senders && !mbox->ended;
	}
	imb_mbox_settle(mbox, &after);
}

/* The next subscription after one that the caller has a reference to, or the first. */
static struct imb_mbox *imb_cast_after_locked(struct imb_mbox *hub,
					      struct imb_mbox *mbox)
{
	struct imb_cast *cast = imb_cast_of(hub);
	struct imb_subscription *sub;

	sub = mbox ? mbox->part : NULL;
	sub = list_prepare_entry(sub, &cast->subscribers, link);
	list_for_each_entry_continue(sub, &cast->subscribers, link)
		/* Its last port may just be going. */
		if (refcount_inc_not_zero(&sub->mbox->refs))
			return sub->mbox;
	return NULL;
}

/* The hub has got, or lost, a sender, or is destroyed: pass it on. */
static void imb_cast_changed(struct imb_mbox *hub)
{
	struct imb_mbox *mbox = NULL, *last;
	bool dead, had_senders, has_senders;
	u64 news;

	for (;;) {
		last = mbox;
		spin_lock(&hub->lock);
		news = last ? imb_cast_of(hub)->news : ++imb_cast_of(hub)->news;
		dead = hub->dead;
		had_senders = hub->had_senders;
		has_senders = hub->nr_senders;
		mbox = imb_cast_after_locked(hub, last);
		spin_unlock(&hub->lock);
		if (last)
			imb_mbox_put(last);
		if (!mbox)
			return;
		imb_cast_tell(mbox, news, dead, had_senders, has_senders);
		cond_resched();
	}
}

static void imb_cast_release(struct imb_mbox *hub)
{
	kfree(imb_cast_of(hub));
}

static const struct imb_mbox_ops imb_cast_ops = {
	.has_room_locked = imb_cast_has_room_locked,
	.settle_one_locked = imb_cast_settle_one_locked,
	.changed = imb_cast_changed,
	.release = imb_cast_release,
};

/**
 * imb_cast_new() - create a mailbox that broadcasts
 * @attrs: its attributes, checked
 * @region: its region or NULL; the mailbox takes a reference of its own
 *
 * May sleep.
 *
 * Return: the mailbox, with one reference, or an ERR_PTR: -ENOMEM, -EDQUOT.
 */
struct imb_mbox *imb_cast_new(const struct imb_attrs *attrs,
			      struct imb_region *region)
{
	struct imb_cast *cast = kzalloc(sizeof(*cast), GFP_KERNEL_ACCOUNT);
	struct imb_mbox *hub;

	if (!cast)
		return ERR_PTR(-ENOMEM);
	INIT_LIST_HEAD(&cast->subscribers);
	INIT_LIST_HEAD(&cast->turns);
	/* Who subscribes has heard nothing yet, which is 0. */
	cast->news = 1;
	cast->slow_mask = attrs->slow_mask ?: IMB_SLOW_ALL;
	hub = imb_mbox_new_part(attrs, region, &imb_cast_ops, cast);
	if (IS_ERR(hub))
		kfree(cast);
	return hub;
}

/**
 * imb_cast_is_hub() - does a mailbox broadcast?
 * @mbox: the mailbox
 *
 * Return: whether it does.
 */
bool imb_cast_is_hub(const struct imb_mbox *mbox)
{
	return mbox->ops == &imb_cast_ops;
}

/**
 * imb_cast_slow_mask() - what may those choose who subscribe?
 * @mbox: the mailbox
 *
 * Return: bits 1 << enum ipcmbox_slow, none if it does not broadcast.
 */
u32 imb_cast_slow_mask(const struct imb_mbox *mbox)
{
	return imb_cast_is_hub(mbox) ? imb_cast_of(mbox)->slow_mask : 0;
}
