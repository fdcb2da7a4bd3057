// SPDX-License-Identifier: GPL-2.0-only
/*
 * Settling: how the invariants of a mailbox are restored after any change, and
 * the steps that changes are made of. See mbox.h.
 */
#include <linux/ipcmbox.h>
#include <linux/sched.h>

#include "mbox.h"
#include "msg.h"

/**
 * imb_after_init() - nothing has to follow yet
 * @after: what has to follow
 */
void imb_after_init(struct imb_after *after)
{
	after->wakes.count = 0;
	INIT_LIST_HEAD(&after->trash);
	after->events = 0;
}

static void imb_after_run(struct imb_after *after, struct imb_mbox *mbox)
{
	struct imb_msg *msg, *next;

	imb_wakes_fire(&after->wakes);
	imb_notifier_fire(&mbox->notifier, after->events);
	list_for_each_entry_safe(msg, next, &after->trash, link)
		imb_msg_put(msg);
	imb_after_init(after);
}

/* The last receiver is gone, and no other is waited for. */
static bool imb_mbox_hung_up_locked(const struct imb_mbox *mbox)
{
	return !(mbox->flags & IPCMBOX_NO_HANGUP) && mbox->had_receivers &&
	       !mbox->nr_receivers;
}

/**
 * imb_mbox_at_eof_locked() - will no message ever come again?
 * @mbox: the mailbox, locked
 *
 * While a message is in transfer it may still come back.
 *
 * Return: whether receivers are at the end of file.
 */
bool imb_mbox_at_eof_locked(const struct imb_mbox *mbox)
{
	return !(mbox->flags & IPCMBOX_NO_HANGUP) && mbox->had_senders &&
	       !mbox->nr_senders && !imb_mbox_first_locked(mbox) &&
	       !mbox->count.in_transfer;
}

/**
 * imb_mbox_refusal_locked() - why the mailbox takes no message, if so
 * @mbox: the mailbox, locked
 *
 * Return: 0, -EIDRM or -EPIPE.
 */
int imb_mbox_refusal_locked(const struct imb_mbox *mbox)
{
	lockdep_assert_held(&mbox->lock);
	if (mbox->dead)
		return -EIDRM;
	if (imb_mbox_hung_up_locked(mbox))
		return -EPIPE;
	return 0;
}

/**
 * imb_mbox_has_room_locked() - is there a free slot in the store?
 * @mbox: the mailbox, locked
 * @len: bytes of the message
 *
 * Return: whether the message fits. Never at capacity 0.
 */
bool imb_mbox_has_room_locked(const struct imb_mbox *mbox, u64 len)
{
	return mbox->stored < mbox->capacity &&
	       (!mbox->max_bytes ||
		mbox->stored_bytes + len <= mbox->max_bytes);
}

/**
 * imb_mbox_first_locked() - the message that the next receiver gets
 * @mbox: the mailbox, locked
 *
 * Return: the message, which stays where it is, or NULL.
 */
struct imb_msg *imb_mbox_first_locked(const struct imb_mbox *mbox)
{
	struct imb_msg *stored = imb_queue_first(&mbox->store);
	struct imb_msg *lined = imb_queue_first(&mbox->line);

	/*
	 * Who stands in line is younger than what is stored, unless he came back
	 * there from a receiver that failed.
	 */
	if (!stored || (lined && lined->id < stored->id))
		return lined;
	return stored;
}

/**
 * imb_mbox_unqueue_locked() - take a message off the store or the line
 * @mbox: the mailbox, locked
 * @msg: the message, not in transfer; if @msg->stored it keeps its slot
 */
void imb_mbox_unqueue_locked(struct imb_mbox *mbox, struct imb_msg *msg)
{
	imb_queue_remove(msg->stored ? &mbox->store : &mbox->line, msg);
}

/**
 * imb_mbox_retire_locked() - let a message leave the mailbox for good
 * @mbox: the mailbox, locked
 * @msg: the message, in transfer or just unqueued
 * @counter: one of @mbox->count, which says what became of it
 *
 * Who waits for the message is the caller's to tell.
 */
void imb_mbox_retire_locked(struct imb_mbox *mbox, struct imb_msg *msg,
			    u64 *counter)
{
	lockdep_assert_held(&mbox->lock);
	if (msg->in_transfer) {
		msg->in_transfer = false;
		mbox->count.in_transfer--;
	}
	if (msg->stored) {
		mbox->stored--;
		mbox->stored_bytes -= msg->len;
	}
	/* While a receiver still has it, it costs memory. */
	if (!msg->withdrawn)
		imb_purse_give(&mbox->purse, imb_msg_truesize(msg));
	(*counter)++;
}

/**
 * imb_mbox_recall_locked() - take a message out of the mailbox, wherever it is
 * @mbox: the mailbox, locked
 * @msg: the message; if it is in transfer its receiver will learn it
 * @counter: one of @mbox->count, which says what became of it
 * @after: takes the message, if it is not in transfer
 */
void imb_mbox_recall_locked(struct imb_mbox *mbox, struct imb_msg *msg,
			    u64 *counter, struct imb_after *after)
{
	msg->sender = NULL;
	if (msg->in_transfer) {
		msg->withdrawn = true; /* and the receiver puts it */
	} else {
		imb_mbox_unqueue_locked(mbox, msg);
		list_add_tail(&msg->link, &after->trash);
	}
	imb_mbox_retire_locked(mbox, msg, counter);
}

/**
 * imb_mbox_discard_locked() - drop a message and tell its sender
 * @mbox: the mailbox, locked
 * @msg: the message
 * @error: what its sender gets if it still waits
 * @counter: one of @mbox->count, which says what became of it
 * @after: takes the message and the sender
 */
void imb_mbox_discard_locked(struct imb_mbox *mbox, struct imb_msg *msg,
			     int error, u64 *counter, struct imb_after *after)
{
	struct imb_waiter *sender = msg->sender;

	imb_mbox_recall_locked(mbox, msg, counter, after);
	if (sender)
		imb_waiter_claim(sender, error, &after->wakes);
}

/**
 * imb_mbox_pick_receiver_locked() - choose the receiver that is served next
 * @mbox: the mailbox, locked
 *
 * Return: the one that has waited longest, which the caller claims, or NULL.
 */
struct imb_waiter *imb_mbox_pick_receiver_locked(struct imb_mbox *mbox)
{
	if (list_empty(&mbox->receivers))
		return NULL;
	mbox->nr_waiting--;
	return list_first_entry(&mbox->receivers, struct imb_waiter, link);
}

static bool imb_mbox_dismiss_receiver_locked(struct imb_mbox *mbox, int error,
					     struct imb_after *after)
{
	struct imb_waiter *waiter;

	waiter = imb_mbox_pick_receiver_locked(mbox);
	if (waiter)
		imb_waiter_claim(waiter, error, &after->wakes);
	return waiter;
}

static bool imb_mbox_dismiss_sender_locked(struct imb_mbox *mbox, int error,
					   struct imb_after *after)
{
	struct imb_waiter *waiter;

	waiter = list_first_entry_or_null(&mbox->senders, struct imb_waiter,
					  link);
	if (!waiter)
		return false;
	imb_mbox_discard_locked(mbox, waiter->msg, error,
				waiter->msg->stored && mbox->dead ?
					&mbox->count.dropped :
					&mbox->count.withdrawn,
				after);
	return true;
}

/* Take one waiter or message out of a dead mailbox. */
static bool imb_mbox_evict_one_locked(struct imb_mbox *mbox,
				      struct imb_after *after)
{
	struct imb_msg *msg;

	if (imb_mbox_dismiss_receiver_locked(mbox, -EIDRM, after) ||
	    imb_mbox_dismiss_sender_locked(mbox, -EIDRM, after))
		return true;
	/* What is left nobody waits for. */
	msg = imb_mbox_first_locked(mbox);
	if (!msg)
		return false;
	imb_mbox_discard_locked(mbox, msg, 0, &mbox->count.dropped, after);
	return true;
}

/**
 * imb_mbox_admits_locked() - may a message go from the line into the store?
 * @mbox: the mailbox, locked
 * @msg: the message, in line
 *
 * DRAIN holds the line up, so that it discards what was stored before only.
 *
 * Return: whether it is the first in line and fits.
 */
bool imb_mbox_admits_locked(const struct imb_mbox *mbox,
			    const struct imb_msg *msg)
{
	return !mbox->draining && msg == imb_queue_first(&mbox->line) &&
	       imb_mbox_has_room_locked(mbox, msg->len);
}

/* Move the first message of the line into the store if it fits there now. */
static bool imb_mbox_admit_one_locked(struct imb_mbox *mbox,
				      struct imb_after *after)
{
	struct imb_msg *msg = imb_queue_first(&mbox->line);
	struct imb_waiter *sender;

	if (!msg || !imb_mbox_admits_locked(mbox, msg))
		return false;

	imb_queue_remove(&mbox->line, msg);
	msg->stored = true;
	mbox->stored++;
	mbox->stored_bytes += msg->len;
	/* A returned message is older than all that is stored by now. */
	imb_queue_add(&mbox->store, msg);

	sender = msg->sender;
	if (!sender->until_taken) {
		msg->sender = NULL;
		imb_waiter_claim(sender, 0, &after->wakes);
	}
	return true;
}

/* Do one piece of what the state calls for; false if there is nothing. */
static bool imb_mbox_settle_one_locked(struct imb_mbox *mbox,
				       struct imb_after *after)
{
	if (mbox->dead)
		return imb_mbox_evict_one_locked(mbox, after);
	if (imb_mbox_hung_up_locked(mbox))
		return imb_mbox_dismiss_sender_locked(mbox, -EPIPE, after);
	if (imb_mbox_at_eof_locked(mbox))
		return imb_mbox_dismiss_receiver_locked(mbox, -EPIPE, after);
	return imb_mbox_admit_one_locked(mbox, after);
}

/**
 * imb_mbox_events_locked() - what poll(2) says to a port, but for EPOLLIN
 * @mbox: the mailbox, locked
 * @mode: FMODE_READ to ask about receiving, FMODE_WRITE about sending
 *
 * EPOLLOUT promises that a send of any length up to max_message would not have
 * to wait for room.
 *
 * Return: EPOLL* bits.
 */
__poll_t imb_mbox_events_locked(const struct imb_mbox *mbox, fmode_t mode)
{
	__poll_t events = 0;

	if (mbox->dead)
		return EPOLLERR | EPOLLHUP;
	if ((mode & FMODE_READ) && imb_mbox_at_eof_locked(mbox))
		events |= EPOLLHUP;
	if (!(mode & FMODE_WRITE))
		return events;
	if (imb_mbox_hung_up_locked(mbox))
		return events | EPOLLERR | EPOLLHUP;
	if (imb_mbox_has_room_locked(mbox, mbox->max_message) ?
		    !mbox->line.count :
		    mbox->capacity != IPCMBOX_UNBOUNDED && mbox->nr_waiting)
		events |= EPOLLOUT | EPOLLWRNORM;
	return events;
}

/**
 * imb_mbox_settle() - restore the invariants, unlock, and do what follows
 * @mbox: the mailbox, locked; not locked any more on return
 * @after: what the caller has collected; empty on return
 *
 * Every operation that changes a mailbox ends here. May sleep, as freeing a
 * message may.
 */
void imb_mbox_settle(struct imb_mbox *mbox, struct imb_after *after)
	__releases(&mbox->lock)
{
	__poll_t events;
	unsigned int i;
	bool more;

	for (;;) {
		more = true;
		for (i = 0; more && i < IMB_BATCH; i++) {
			if (imb_wakes_full(&after->wakes))
				break;
			more = imb_mbox_settle_one_locked(mbox, after);
		}
		events = imb_mbox_events_locked(mbox, FMODE_READ | FMODE_WRITE);
		after->events |= events & ~mbox->events;
		mbox->events = events;
		spin_unlock(&mbox->lock);

		imb_after_run(after, mbox);
		if (!more)
			return;
		cond_resched();
		spin_lock(&mbox->lock);
	}
}
