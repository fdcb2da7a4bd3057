// SPDX-License-Identifier: GPL-2.0-only
/*
 * Settling: how the invariants of a mailbox are restored after any change. See
 * mbox.h.
 */
#include <linux/ipcmbox.h>

#include "call.h"
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
	INIT_LIST_HEAD(&after->calls);
	after->lost = 0;
	after->budget = IMB_BATCH;
	after->events = 0;
}

static void imb_after_run(struct imb_after *after, struct imb_mbox *mbox)
{
	unsigned int budget = after->budget;
	bool spent = imb_after_is_spent(after);
	struct imb_call *call, *next_call;
	struct imb_msg *msg, *next;

	imb_wakes_fire(&after->wakes);
	imb_notifier_fire(&mbox->notifier, after->events);
	if (mbox->ops && mbox->ops->tell)
		mbox->ops->tell(mbox, after->events);
	list_for_each_entry_safe(msg, next, &after->trash, link)
		imb_msg_put(msg);
	list_for_each_entry_safe(call, next_call, &after->calls, link)
		imb_call_put(call);
	imb_after_init(after);
	if (spent)
		after->budget = min(2 * budget, IMB_BUDGET_MAX);
}

static bool imb_mbox_dismiss_receiver_locked(struct imb_mbox *mbox, int error,
					     struct imb_after *after)
{
	struct imb_stand *stand = imb_crowd_anybody(&mbox->receivers);

	if (!stand)
		return false;
	imb_crowd_leave(&mbox->receivers, stand);
	if (imb_stand_win(stand))
		imb_waiter_claim(stand->waiter, error, &after->wakes);
	return true;
}

static bool imb_mbox_dismiss_sender_locked(struct imb_mbox *mbox, int error,
					   struct imb_after *after)
{
	struct imb_stand *stand;

	stand = list_first_entry_or_null(&mbox->senders, struct imb_stand,
					 link);
	if (!stand)
		return false;
	imb_mbox_discard_locked(mbox, stand->msg, error,
				stand->msg->stored && mbox->dead ?
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
	    imb_mbox_dismiss_sender_locked(mbox, -EIDRM, after) ||
	    imb_call_fail_one_locked(mbox, -EIDRM, after))
		return true;
	/* What is left nobody waits for, so it is stored. */
	msg = imb_queue_first(&mbox->store);
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
	struct imb_stand *sender;
	int error;

	if (!msg || !imb_mbox_admits_locked(mbox, msg))
		return false;
	sender = msg->sender;
	if (imb_stand_is_lost(sender)) {
		imb_mbox_forget_locked(mbox, sender, after);
		return true;
	}
	error = imb_mbox_bill_slot_locked(mbox, msg, true);
	if (error) {
		/* It waits on for its slot, if it would wait for room, and there may be quota. */
		if (!sender->refuses && error == -EAGAIN)
			return false;
		error = sender->refuses ?: error;
		imb_mbox_discard_locked(mbox, msg, error,
					&mbox->count.withdrawn, after);
		return true;
	}
	if (!sender->until_taken && !imb_stand_win(sender)) {
		imb_mbox_forget_locked(mbox, sender, after);
		return true;
	}

	imb_queue_remove(&mbox->line, msg);
	imb_msg_unpay(msg);
	msg->stored = true;
	mbox->stored++;
	mbox->stored_bytes += msg->len;
	imb_queue_add(&mbox->store, msg);

	if (!sender->until_taken) {
		msg->sender = NULL;
		imb_mbox_release_sender_locked(sender, 0, after);
	}
	return true;
}

/* Do one piece of what the state calls for; false if there is nothing. */
static bool imb_mbox_settle_one_locked(struct imb_mbox *mbox,
				       struct imb_after *after)
{
	if (mbox->ops && mbox->ops->settle_one_locked &&
	    mbox->ops->settle_one_locked(mbox, after))
		return true;
	if (mbox->dead)
		return imb_mbox_evict_one_locked(mbox, after);
	if (imb_mbox_hung_up_locked(mbox))
		return imb_mbox_dismiss_sender_locked(mbox, -EPIPE, after);
	if (imb_mbox_at_eof_locked(mbox))
		return imb_mbox_dismiss_receiver_locked(mbox, -EPIPE, after);
	return imb_mbox_admit_one_locked(mbox, after);
}

/* Would a send of any length not have to wait for room? */
static bool imb_mbox_is_open_locked(const struct imb_mbox *mbox)
{
	if (mbox->ops && mbox->ops->has_room_locked)
		return mbox->ops->has_room_locked(mbox);
	if (mbox->purse.pinched)
		return false;
	if (imb_mbox_has_room_locked(mbox, mbox->max_message))
		return !mbox->line.count;
	return imb_crowd_takes_any(&mbox->receivers);
}

/**
 * imb_mbox_events_locked() - what poll(2) says to a port, but for EPOLLIN
 * @mbox: the mailbox, locked
 * @mode: FMODE_READ to ask about receiving, FMODE_WRITE about sending
 *
 * EPOLLOUT promises that a send of any length up to max_message would not have
 * to wait for room, and that what has failed with EDQUOT may be tried again.
 *
 * Return: EPOLL* bits.
 */
__poll_t imb_mbox_events_locked(const struct imb_mbox *mbox, fmode_t mode)
{
	__poll_t events = 0;

	if (mbox->dead)
		return EPOLLERR | EPOLLHUP;
	if ((mode & FMODE_READ) && imb_mbox_at_eof_locked(mbox) &&
	    imb_mbox_is_empty_locked(mbox))
		events |= EPOLLHUP;
	if (!(mode & FMODE_WRITE))
		return events;
	if (imb_mbox_hung_up_locked(mbox))
		return events | EPOLLERR | EPOLLHUP;
	if (imb_mbox_is_open_locked(mbox))
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
		if (mbox->purse.waits && !mbox->line.count &&
		    imb_purse_forget_first(&mbox->purse))
			mbox->events &= ~(EPOLLOUT | EPOLLWRNORM);
		events = imb_mbox_events_locked(mbox, FMODE_READ | FMODE_WRITE);
		after->events |= events & ~mbox->events;
		mbox->events = events;
		if (imb_shares_have_eased(&mbox->shares))
			after->events |= IMB_POLL_EASED;
		if (mbox->ops && mbox->ops->settled_locked)
			mbox->ops->settled_locked(mbox, events);
		spin_unlock(&mbox->lock);

		imb_after_run(after, mbox);
		if (!more)
			return;
		cond_resched();
		spin_lock(&mbox->lock);
	}
}
