// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies of a message for all who subscribe to a hub: how slots are kept for them, and
 * how they are delivered. See cast.h.
 */
#include <linux/ipcmbox.h>
#include <linux/slab.h>

#include "cast.h"
#include "copy.h"
#include "mbox.h"
#include "msg.h"
#include "trace.h"
#include "xfer.h"

/**
 * imb_copies_new() - note the subscriptions of this moment
 * @hub: the hub, not locked
 *
 * May sleep.
 *
 * Return: the copies, without messages yet, or NULL.
 */
struct imb_copies *imb_copies_new(struct imb_mbox *hub)
{
	struct imb_cast *cast = hub->part;
	struct imb_subscription *sub;
	struct imb_copies *copies;
	struct imb_mbox *mbox;

	copies = kvmalloc(sizeof(*copies), GFP_KERNEL_ACCOUNT);
	if (!copies)
		return NULL;
	copies->count = 0;
	spin_lock(&hub->lock);
	list_for_each_entry(sub, &cast->subscribers, link) {
		/* Its last port may just be going. */
		mbox = sub->mbox;
		if (refcount_inc_not_zero(&mbox->refs))
			copies->copies[copies->count++] =
				(struct imb_copy){ .mbox = mbox };
	}
	spin_unlock(&hub->lock);
	return copies;
}

/* May a message be delivered there at all? */
static bool imb_copy_is_wanted_locked(const struct imb_mbox *mbox)
{
	bool left = mbox->had_receivers && !mbox->nr_receivers;

	return !mbox->dead && !left && mbox->nr_senders;
}

/* Keep a slot; -EAGAIN if there is none, -EMSGSIZE if there never will be, -EDQUOT. */
static int imb_copy_keep_slot_locked(struct imb_mbox *mbox, struct imb_msg *msg)
{
	if (msg->len > mbox->max_message)
		return -EMSGSIZE;
	if (!imb_mbox_has_room_locked(mbox, msg->len))
		return -EAGAIN;
	if (imb_purse_take(&mbox->purse, imb_msg_truesize(msg)))
		return -EDQUOT;
	msg->billed = true;
	mbox->stored++;
	mbox->stored_bytes += msg->len;
	return 0;
}

static void imb_copy_return_slot(struct imb_copy *copy)
{
	struct imb_mbox *mbox = copy->mbox;
	struct imb_after after;

	imb_after_init(&after);
	spin_lock(&mbox->lock);
	mbox->stored--;
	mbox->stored_bytes -= copy->msg->len;
	imb_mbox_close_bill_locked(mbox, copy->msg);
	imb_mbox_settle(mbox, &after);
}

/**
 * imb_copies_end() - return what was not delivered, and the subscriptions
 * @copies: the copies; gone then
 *
 * May sleep.
 */
void imb_copies_end(struct imb_copies *copies)
{
	u32 i;

	for (i = 0; i < copies->count; i++) {
		struct imb_copy *copy = &copies->copies[i];

		if (copy->msg && copy->reserved)
			imb_copy_return_slot(copy);
		if (copy->msg)
			imb_msg_put(copy->msg);
		imb_mbox_put(copy->mbox);
	}
	kvfree(copies);
}

/**
 * imb_copies_share() - make the messages
 * @copies: the copies
 * @msg: whose payload they share
 *
 * May sleep.
 *
 * Return: whether there was memory.
 */
bool imb_copies_share(struct imb_copies *copies, struct imb_msg *msg)
{
	u32 i;

	for (i = 0; i < copies->count; i++) {
		copies->copies[i].msg = imb_msg_clone(msg);
		if (!copies->copies[i].msg)
			return false;
	}
	return true;
}

/* Wait until a slot is free. Called locked, returns unlocked. */
static int imb_copy_await_slot(struct imb_copy *copy,
			       const struct imb_patience *patience)
	__releases(&copy->mbox->lock)
{
	struct imb_mbox *mbox = copy->mbox;
	struct imb_subscription *sub = mbox->part;
	struct imb_waiter waiter;
	struct imb_stand stand = { .waiter = &waiter, .msg = copy->msg };
	int ret;

	imb_waiter_init(&waiter);
	sub->reserver = &stand;
	spin_unlock(&mbox->lock);
	trace_ipcmbox_park(mbox->id, 0, 0);
	ret = imb_waiter_sleep(&waiter, patience);
	if (!ret)
		return waiter.result;
	spin_lock(&mbox->lock);
	if (waiter.state == IMB_DONE)
		ret = waiter.result;
	else
		sub->reserver = NULL;
	spin_unlock(&mbox->lock);
	return ret;
}

static int imb_copy_reserve(struct imb_copy *copy,
			    const struct imb_patience *patience)
{
	struct imb_mbox *mbox = copy->mbox;
	int ret = -EPIPE;

	spin_lock(&mbox->lock);
	if (imb_copy_is_wanted_locked(mbox))
		ret = imb_copy_keep_slot_locked(mbox, copy->msg);
	if (ret == -EAGAIN && !patience->dontwait)
		return imb_copy_await_slot(copy, patience);
	spin_unlock(&mbox->lock);
	return ret;
}

/**
 * imb_copies_reserve() - keep slots
 * @copies: the copies
 * @patience: how long to wait for them
 * @all: with all subscribers, not only with those that block
 *
 * May sleep.
 *
 * Return: 0, -EAGAIN, -EMSGSIZE, -EDQUOT, -ETIMEDOUT or -ERESTARTSYS.
 */
int imb_copies_reserve(struct imb_copies *copies,
		       const struct imb_patience *patience, bool all)
{
	u32 i;
	int ret;

	for (i = 0; i < copies->count; i++) {
		struct imb_copy *copy = &copies->copies[i];
		const struct imb_subscription *sub = copy->mbox->part;

		if (!all && sub->slow != IPCMBOX_SLOW_BLOCK)
			continue;
		ret = imb_copy_reserve(copy, patience);
		/* Who has gone is not waited for. */
		if (ret && ret != -EPIPE)
			return ret;
		copy->reserved = !ret;
	}
	return 0;
}

static void imb_copy_lose_locked(struct imb_mbox *mbox, struct imb_after *after)
{
	mbox->lost++;
	after->events |= EPOLLPRI;
}

/*
 * Make room by discarding the oldest; those in transfer cannot be. -EBUSY if there are
 * more to discard, which is no matter of one time under the lock.
 */
static int imb_copy_overrun_locked(struct imb_mbox *mbox, struct imb_msg *msg,
				   struct imb_after *after)
{
	struct imb_msg *oldest;
	unsigned int i;
	int ret;

	for (i = 0; i < IMB_BATCH; i++) {
		ret = imb_copy_keep_slot_locked(mbox, msg);
		oldest = imb_queue_first(&mbox->store);
		if (!ret || ret == -EMSGSIZE || !oldest)
			return ret;
		mbox->overrun += 1 + oldest->lag;
		imb_copy_lose_locked(mbox, after);
		imb_mbox_discard_locked(mbox, oldest, 0, &mbox->count.dropped,
					after);
	}
	return -EBUSY;
}

/* Where nothing was reserved: what a slow subscriber has chosen. */
static int imb_copy_find_slot_locked(struct imb_mbox *mbox, struct imb_msg *msg,
				     struct imb_after *after)
{
	struct imb_subscription *sub = mbox->part;
	int ret;

	if (sub->slow == IPCMBOX_SLOW_DROP_OLDEST)
		ret = imb_copy_overrun_locked(mbox, msg, after);
	else
		ret = imb_copy_keep_slot_locked(mbox, msg);
	if (!ret || ret == -EBUSY)
		return ret;
	if (sub->slow == IPCMBOX_SLOW_DISCONNECT) {
		/* It gets what it has, and then the end of file. */
		mbox->ended = true;
		mbox->nr_senders = 0;
	}
	sub->missed++;
	imb_copy_lose_locked(mbox, after);
	return ret;
}

/* Deliver; -EBUSY if it has to go on once the lock was released. */
static int imb_copy_deliver_locked(struct imb_copy *copy, u64 id,
				   struct imb_after *after)
{
	struct imb_mbox *mbox = copy->mbox;
	struct imb_subscription *sub = mbox->part;
	struct imb_msg *msg = copy->msg;
	struct imb_stand *receiver;
	int ret = 0;

	if (!imb_copy_is_wanted_locked(mbox))
		return -EPIPE;
	if (!copy->reserved)
		ret = imb_copy_find_slot_locked(mbox, msg, after);
	if (ret)
		return ret;
	copy->reserved = true;
	receiver = imb_xfer_win_receiver_locked(mbox, msg, after);
	if (!receiver && imb_after_is_spent(after))
		return -EBUSY;
	copy->msg = NULL;
	msg->stored = true;
	msg->id = id;
	msg->lag = sub->missed;
	sub->missed = 0;
	mbox->arrivals = id;
	mbox->last_id = id;
	mbox->count.sent++;
	trace_ipcmbox_send(mbox->id, id, msg->len);
	if (receiver) {
		imb_xfer_give_locked(mbox, msg, receiver, after);
	} else {
		imb_queue_add(&mbox->store, msg);
		after->events |= EPOLLIN | EPOLLRDNORM;
	}
	return 0;
}

/**
 * imb_copies_deliver() - deliver the messages
 * @copies: the copies
 * @id: number of the message
 *
 * May sleep, but waits for nobody.
 *
 * Return: how many were delivered.
 */
u32 imb_copies_deliver(struct imb_copies *copies, u64 id)
{
	struct imb_after after;
	u32 i, reached = 0;
	int ret;

	imb_after_init(&after);
	for (i = 0; i < copies->count; i++) {
		struct imb_copy *copy = &copies->copies[i];

		do {
			spin_lock(&copy->mbox->lock);
			ret = imb_copy_deliver_locked(copy, id, &after);
			imb_mbox_settle(copy->mbox, &after);
			cond_resched();
		} while (ret == -EBUSY);
		reached += !ret;
	}
	return reached;
}

/**
 * imb_copies_settle_one_locked() - give a sender the slot that it waits for
 * @mbox: a subscription, locked
 * @after: takes the sender
 *
 * Return: false if there is nothing to do.
 */
bool imb_copies_settle_one_locked(struct imb_mbox *mbox,
				  struct imb_after *after)
{
	struct imb_subscription *sub = mbox->part;
	struct imb_stand *stand = sub->reserver;
	int result = -EPIPE;

	if (!stand)
		return false;
	if (imb_copy_is_wanted_locked(mbox))
		result = imb_copy_keep_slot_locked(mbox, stand->msg);
	if (result == -EAGAIN)
		return false;
	sub->reserver = NULL;
	imb_waiter_claim(stand->waiter, result, &after->wakes);
	return true;
}
