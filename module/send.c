// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending: how a message comes to its place, and how its sender waits. See xfer.h.
 */
#include <linux/ipcmbox.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "call.h"
#include "compat.h"
#include "msg.h"
#include "trace.h"
#include "xfer.h"

/* What a sender gets if no receiver is there, or 0 to stand in line, if there is one. */
static int imb_xfer_refuses_to_wait(const struct imb_mbox *mbox,
				    const struct imb_stand *sender,
				    const struct imb_patience *patience,
				    bool room)
{
	if (!room && mbox->capacity == IPCMBOX_UNBOUNDED)
		return -ENOBUFS;
	if (patience->dontwait && (!room || sender->until_taken))
		return -EAGAIN;
	return 0;
}

/**
 * imb_xfer_check_locked() - may a message be sent now?
 * @mbox: the mailbox, locked
 * @msg: the message
 * @sender: where its sender will stand
 * @patience: how long it is willing to wait
 * @after: what has to follow
 *
 * Return: 0, -EIDRM, -EPIPE, -EBUSY, -EMSGSIZE, -EXFULL, -ENOBUFS, -EAGAIN; -ERESTART,
 * see imb_after_is_spent().
 */
int imb_xfer_check_locked(struct imb_mbox *mbox, const struct imb_msg *msg,
			  const struct imb_stand *sender,
			  const struct imb_patience *patience,
			  struct imb_after *after)
{
	int ret, error;
	bool room;

	ret = imb_mbox_refuse_sender_locked(mbox);
	if (ret)
		return ret;
	if (msg->len > mbox->max_message)
		return -EMSGSIZE;
	if (!imb_mbox_is_fair_locked(mbox, msg->uid, msg->len))
		return -EXFULL;
	room = imb_mbox_takes_newcomer_locked(mbox, msg, after);
	error = imb_xfer_refuses_to_wait(mbox, sender, patience, room);
	if (error &&
	    (patience->nosleep || !imb_mbox_pick_locked(mbox, msg, after)))
		return imb_after_is_spent(after) ? -ERESTART : error;
	return 0;
}

/**
 * imb_xfer_import() - make a message of what the user has
 * @mbox: the mailbox that it is to be sent to
 * @from: source, consumed whole
 * @payer: account of the caller
 *
 * May sleep.
 *
 * Return: as imb_msg_import(); -EMSGSIZE.
 */
struct imb_msg *imb_xfer_import(struct imb_mbox *mbox, struct iov_iter *from,
				struct imb_account *payer)
{
	size_t len = iov_iter_count(from);
	struct imb_after after;
	struct imb_msg *msg;

	if (len > READ_ONCE(mbox->max_message))
		return ERR_PTR(-EMSGSIZE);
	msg = imb_msg_import(from, payer);
	if (msg != ERR_PTR(-EDQUOT))
		return msg;
	/* If the mailbox has no quota for it either, poll(2) tells when there is. */
	imb_after_init(&after);
	spin_lock(&mbox->lock);
	imb_mbox_pinch_if_short_locked(mbox, imb_msg_truesize_of(len));
	imb_mbox_settle(mbox, &after);
	return msg;
}

/**
 * imb_xfer_place_locked() - give a message its number, and its sender a stand
 * @mbox: the mailbox, locked
 * @msg: the message, which may be sent, and is billed if there is room; if its sender has to wait,
 *	msg->sender is set
 * @sender: where its sender stands then
 * @room: the mailbox takes the newcomer, see imb_mbox_takes_newcomer_locked()
 *
 * The message is in no queue yet.
 */
void imb_xfer_place_locked(struct imb_mbox *mbox, struct imb_msg *msg,
			   struct imb_stand *sender, bool room)
{
	imb_hold_take_locked(mbox, WRITE, sender->hold);
	msg->id = imb_queue_next_id(&mbox->store, mbox->arrivals++,
				    msg->priority);
	mbox->last_id = msg->id;
	mbox->count.sent++;
	imb_mbox_stamp_locked(mbox, WRITE);
	trace_ipcmbox_send(mbox->id, msg->id, msg->len);
	if (msg->share)
		imb_shares_join(&mbox->shares, msg->share);
	if (room) {
		imb_msg_unpay(msg);
		msg->stored = true;
		mbox->stored++;
		mbox->stored_bytes += msg->len;
	}
	if (!room || sender->until_taken) {
		msg->sender = sender;
		sender->msg = msg;
		sender->standing = true;
		list_add_tail(&sender->link, &mbox->senders);
	} else {
		imb_hold_end_locked(mbox, WRITE, sender->hold, true);
	}
}

/* Who has the slot pays for the message, and who waits for waiting. */
static int imb_xfer_charge_locked(struct imb_mbox *mbox, struct imb_msg *msg,
				  const struct imb_patience *patience,
				  bool room, bool waits)
{
	int ret = 0;

	if (room)
		ret = imb_mbox_bill_slot_locked(mbox, msg, false);
	if (!ret && waits) {
		ret = imb_patience_pay(patience, 1);
		if (ret)
			imb_mbox_unbill_locked(mbox, msg);
	}
	return ret;
}

/**
 * imb_xfer_offer_locked() - give a message a place, or to a receiver
 * @mbox: the mailbox, locked
 * @msg: the message; if its sender has to wait, msg->sender is set
 * @sender: where its sender stands then
 * @patience: how long it is willing to wait
 * @after: what has to follow
 *
 * If its sender has to wait, that is paid for by imb_patience_pay().
 *
 * Return: as imb_xfer_check_locked(), and -EDQUOT.
 */
int imb_xfer_offer_locked(struct imb_mbox *mbox, struct imb_msg *msg,
			  struct imb_stand *sender,
			  const struct imb_patience *patience,
			  struct imb_after *after)
{
	struct imb_stand *receiver = NULL;
	bool room, waits;
	int ret;

	ret = imb_xfer_check_locked(mbox, msg, sender, patience, after);
	if (ret)
		return ret;
	room = imb_mbox_takes_newcomer_locked(mbox, msg, after);
	waits = !room || sender->until_taken;
	ret = imb_xfer_charge_locked(mbox, msg, patience, room, waits);
	if (ret)
		return ret;
	/* Whom it wins it has to serve. */
	if (room || !imb_after_is_spent(after))
		receiver = imb_xfer_win_receiver_locked(mbox, msg, after);
	ret = imb_xfer_refuses_to_wait(mbox, sender, patience, room);
	if (!receiver && imb_after_is_spent(after))
		ret = -ERESTART;
	/* The one that was there has just been served elsewhere. */
	if (ret && !receiver) {
		imb_mbox_unbill_locked(mbox, msg);
		if (waits)
			imb_patience_unpay(patience, 1);
		return ret;
	}
	/* Should the transfer fail. */
	sender->refuses = ret;
	imb_xfer_place_locked(mbox, msg, sender, room);
	if (receiver) {
		imb_xfer_give_locked(mbox, msg, receiver, after);
	} else {
		imb_queue_add(msg->stored ? &mbox->store : &mbox->line, msg);
		after->events |= EPOLLIN | EPOLLRDNORM;
	}
	return 0;
}

/* A sender gives up, and is WAITING: take its message back. */
static void imb_xfer_withdraw_locked(struct imb_mbox *mbox,
				     struct imb_stand *sender, int reason,
				     struct imb_after *after)
{
	u64 *counter = reason == -ETIMEDOUT ? &mbox->count.expired :
					      &mbox->count.withdrawn;

	list_del(&sender->link);
	sender->standing = false;
	trace_ipcmbox_cancel(mbox->id, sender->msg->id, reason);
	imb_mbox_recall_locked(mbox, sender->msg, counter, after);
}

/**
 * imb_xfer_withdraw() - a sender gives up
 * @mbox: the mailbox
 * @sender: where it stands
 * @reason: why, a negative errno
 *
 * Takes its message back, unless the other side has completed it meanwhile.
 *
 * Return: @reason, or the result that the other side has given.
 */
int imb_xfer_withdraw(struct imb_mbox *mbox, struct imb_stand *sender,
		      int reason)
{
	struct imb_after after;
	int ret = reason;

	imb_after_init(&after);
	spin_lock(&mbox->lock);
	if (sender->waiter->state == IMB_DONE)
		ret = sender->waiter->result;
	else
		imb_xfer_withdraw_locked(mbox, sender, reason, &after);
	imb_mbox_settle(mbox, &after);
	return ret;
}

/* So that somebody can cancel it. If this does not arrive, nobody can. */
static void imb_xfer_tell_early(const struct imb_receipt *receipt)
{
	if (receipt->early)
		(void)put_user(receipt->id, receipt->early);
}

/**
 * imb_xfer_send() - send a message
 * @mbox: the mailbox
 * @msg: the message; its reference passes to the mailbox, or is put on failure
 * @patience: how long to wait
 * @until_taken: wait until the message is received
 * @receipt: set to what became of the message; @receipt->early is set before
 *
 * May sleep. On failure nobody has received the message and nobody will.
 *
 * Return: 0, -EIDRM, -EPIPE, -EMSGSIZE, -EXFULL, -ENOBUFS, -EDQUOT, -EAGAIN, -ETIMEDOUT,
 * -ERESTARTSYS; -ECANCELED where @until_taken and the mailbox was drained.
 */
int imb_xfer_send(struct imb_mbox *mbox, struct imb_msg *msg,
		  const struct imb_patience *patience, bool until_taken,
		  struct imb_receipt *receipt)
{
	struct imb_waiter waiter;
	struct imb_hold hold = {};
	struct imb_stand sender = {
		.waiter = &waiter,
		.hold = &hold,
		.until_taken = until_taken,
	};
	struct imb_after after;
	bool waits;
	int ret;

	receipt->disposition = IPCMBOX_NOT_SENT;
	imb_waiter_init(&waiter);
	imb_after_init(&after);
	ret = imb_mbox_prepare(mbox, msg);
	if (ret) {
		imb_msg_put(msg);
		return ret;
	}

	do {
		spin_lock(&mbox->lock);
		ret = imb_xfer_offer_locked(mbox, msg, &sender, patience,
					    &after);
		receipt->id = msg->id;
		waits = msg->sender;
		imb_mbox_settle(mbox, &after);
	} while (imb_xfer_begins_anew(&ret));
	if (ret) {
		trace_ipcmbox_refuse(mbox->id, ret);
		imb_msg_put(msg);
		return ret;
	}
	if (!waits) {
		imb_hold_exit(mbox, WRITE, &hold, true);
		receipt->disposition = IPCMBOX_QUEUED;
		return 0;
	}

	imb_xfer_tell_early(receipt);
	trace_ipcmbox_park(mbox->id, receipt->id, 0);
	ret = imb_waiter_sleep(&waiter, patience);
	if (ret)
		ret = imb_xfer_withdraw(mbox, &sender, ret);
	else
		ret = waiter.result;
	imb_patience_unpay(patience, 1);
	imb_hold_exit(mbox, WRITE, &hold, !ret);
	if (ret)
		receipt->disposition = IPCMBOX_WITHDRAWN;
	else
		receipt->disposition = sender.taken ? IPCMBOX_TAKEN :
						      IPCMBOX_QUEUED;
	return ret;
}

/*
 * A caller's wait has ended with @reason. Returns true if it waits on: the message
 * was taken in time, and the answer has more.
 */
static bool imb_xfer_waits_on(struct imb_mbox *mbox, struct imb_stand *caller,
			      struct imb_patience *patience, u64 deadline,
			      int *reason)
{
	struct imb_after after;
	bool on = false;

	imb_after_init(&after);
	spin_lock(&mbox->lock);
	if (caller->waiter->state == IMB_DONE) {
		*reason = caller->waiter->result;
	} else if (!caller->taken) {
		imb_xfer_withdraw_locked(mbox, caller, *reason, &after);
	} else if (*reason == -ETIMEDOUT && patience->deadline != deadline) {
		patience->deadline = deadline;
		on = true;
	} else if (*reason == -ERESTARTSYS && IMB_COMPAT_CAN_DEFER_WORK &&
		   !task_sigpending(current)) {
		/* No signal, but work for the task, which is no reason to lose the answer. */
		patience->defers = true;
		on = true;
	} else if (!imb_xfer_leave_locked(mbox, caller->call, &after)) {
		/* It wakes at once, for the same reason. */
		on = true;
	} else {
		/* What somebody has taken may not be sent again. */
		if (*reason == -ERESTARTSYS)
			*reason = -EINTR;
	}
	imb_mbox_settle(mbox, &after);
	return on;
}

static u32 imb_call_disposition(const struct imb_stand *caller, int ret)
{
	if (!ret)
		return IPCMBOX_REPLIED;
	if (!caller->taken)
		return IPCMBOX_WITHDRAWN;
	return ret == -EOWNERDEAD ? IPCMBOX_PEER_DIED : IPCMBOX_TAKEN;
}

/* The caller returns: its call is no longer the mailbox's concern. */
static void imb_xfer_end_call(struct imb_mbox *mbox, struct imb_call *call)
{
	struct imb_after after;

	imb_after_init(&after);
	spin_lock(&mbox->lock);
	imb_call_end_locked(mbox, call, &after);
	imb_mbox_settle(mbox, &after);
}

/**
 * imb_xfer_call() - send a message and wait for the answer
 * @mbox: the mailbox
 * @msg: the message; its reference passes to the mailbox, or is put on failure
 * @call: the call; on success it has the answer
 * @patience: how long to wait until a receiver has the message
 * @deadline: until when to wait for the answer, 0 for ever
 * @receipt: set to what became of the message; @receipt->early is set before
 *
 * May sleep.
 *
 * Return: as imb_xfer_send(); -EOWNERDEAD if who had taken the message is gone;
 * -EINTR where the message was taken.
 */
int imb_xfer_call(struct imb_mbox *mbox, struct imb_msg *msg,
		  struct imb_call *call, struct imb_patience patience,
		  u64 deadline, struct imb_receipt *receipt)
{
	struct imb_waiter waiter;
	struct imb_hold hold = {};
	struct imb_stand caller = {
		.waiter = &waiter,
		.hold = &hold,
		.until_taken = true,
		.call = call,
	};
	size_t len = msg->len;
	struct imb_after after;
	int ret;

	receipt->disposition = IPCMBOX_NOT_SENT;
	patience.deadline = min_not_zero(patience.deadline, deadline);
	msg->is_call = true;
	imb_waiter_init(&waiter);
	imb_after_init(&after);
	ret = imb_mbox_prepare(mbox, msg);
	if (ret) {
		imb_msg_put(msg);
		return ret;
	}

	do {
		spin_lock(&mbox->lock);
		ret = imb_xfer_offer_locked(mbox, msg, &caller, &patience,
					    &after);
		receipt->id = msg->id;
		imb_mbox_settle(mbox, &after);
	} while (imb_xfer_begins_anew(&ret));
	if (ret) {
		trace_ipcmbox_refuse(mbox->id, ret);
		imb_msg_put(msg);
		return ret;
	}

	trace_ipcmbox_call(mbox->id, receipt->id, len);
	imb_xfer_tell_early(receipt);
	trace_ipcmbox_park(mbox->id, receipt->id, 0);
	do {
		ret = imb_waiter_sleep(&waiter, &patience);
	} while (ret &&
		 imb_xfer_waits_on(mbox, &caller, &patience, deadline, &ret));
	if (!ret)
		ret = waiter.result;
	imb_xfer_end_call(mbox, call);
	imb_patience_unpay(&patience, 1);
	imb_hold_exit(mbox, WRITE, &hold, caller.taken);
	receipt->disposition = imb_call_disposition(&caller, ret);
	return ret;
}
