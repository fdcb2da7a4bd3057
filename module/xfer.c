// SPDX-License-Identifier: GPL-2.0-only
/*
 * The transfer of one message from its sender to its receiver. See xfer.h.
 */
#include <linux/ipcmbox.h>
#include <linux/sched/signal.h>
#include <linux/uio.h>

#include "msg.h"
#include "trace.h"
#include "xfer.h"

/* Hand a message to the receiver that has waited longest, if any waits. */
static bool imb_xfer_hand_locked(struct imb_mbox *mbox, struct imb_msg *msg,
				 struct imb_after *after)
{
	struct imb_waiter *waiter;

	waiter = imb_mbox_pick_receiver_locked(mbox);
	if (!waiter)
		return false;
	msg->in_transfer = true;
	mbox->count.in_transfer++;
	waiter->msg = msg;
	imb_waiter_claim(waiter, 0, &after->wakes);
	return true;
}

/*
 * Give a message a place in the mailbox. If its sender has to wait for more,
 * msg->sender is set.
 */
static int imb_xfer_offer_locked(struct imb_mbox *mbox, struct imb_msg *msg,
				 struct imb_waiter *sender,
				 const struct imb_patience *patience,
				 struct imb_after *after)
{
	bool met = !list_empty(&mbox->receivers);
	bool room;
	int ret;

	ret = imb_mbox_refusal_locked(mbox);
	if (ret)
		return ret;
	if (msg->len > mbox->max_message)
		return -EMSGSIZE;
	/* No newcomer overtakes those in line. */
	room = !mbox->line.count && imb_mbox_has_room_locked(mbox, msg->len);
	if (!room && mbox->capacity == IPCMBOX_UNBOUNDED)
		return -ENOBUFS;
	if (patience->dontwait && (!met || patience->nosleep) &&
	    (!room || sender->until_taken))
		return -EAGAIN;
	ret = imb_purse_take(&mbox->purse, imb_msg_truesize(msg));
	if (ret)
		return ret;

	msg->id = ++mbox->last_id;
	mbox->count.sent++;
	trace_ipcmbox_send(mbox->id, msg->id, msg->len);
	if (room) {
		msg->stored = true;
		mbox->stored++;
		mbox->stored_bytes += msg->len;
	}
	if (!room || sender->until_taken) {
		msg->sender = sender;
		list_add_tail(&sender->link, &mbox->senders);
	}
	if (!imb_xfer_hand_locked(mbox, msg, after)) {
		imb_queue_add(room ? &mbox->store : &mbox->line, msg);
		after->events |= EPOLLIN | EPOLLRDNORM;
	}
	return 0;
}

/*
 * A sender gives up: take its message back, unless the other side has completed
 * it meanwhile.
 */
static int imb_xfer_withdraw(struct imb_mbox *mbox, struct imb_waiter *sender,
			     int reason)
{
	struct imb_after after;
	struct imb_msg *msg;
	u64 *counter;

	imb_after_init(&after);
	spin_lock(&mbox->lock);
	if (sender->state == IMB_DONE) {
		spin_unlock(&mbox->lock);
		return sender->result;
	}
	msg = sender->msg;
	list_del(&sender->link);
	counter = reason == -ETIMEDOUT ? &mbox->count.expired :
					 &mbox->count.withdrawn;
	imb_mbox_recall_locked(mbox, msg, counter, &after);
	trace_ipcmbox_cancel(mbox->id, msg->id, reason);
	imb_mbox_settle(mbox, &after);
	return reason;
}

/**
 * imb_xfer_send() - send a message
 * @mbox: the mailbox
 * @msg: the message; its reference passes to the mailbox, or is put on failure
 * @patience: how long to wait
 * @until_taken: wait until the message is received
 * @receipt: set to what became of the message
 *
 * May sleep. On failure nobody has received the message and nobody will.
 *
 * Return: 0, -EIDRM, -EPIPE, -EMSGSIZE, -ENOBUFS, -EDQUOT, -EAGAIN, -ETIMEDOUT,
 * -ERESTARTSYS; -ECANCELED where @until_taken and the mailbox was drained.
 */
int imb_xfer_send(struct imb_mbox *mbox, struct imb_msg *msg,
		  const struct imb_patience *patience, bool until_taken,
		  struct imb_receipt *receipt)
{
	struct imb_waiter sender;
	struct imb_after after;
	bool waits;
	int ret;

	*receipt = (struct imb_receipt){ .disposition = IPCMBOX_NOT_SENT };
	imb_waiter_init(&sender);
	sender.msg = msg;
	sender.dontwait = patience->dontwait;
	sender.until_taken = until_taken;
	imb_after_init(&after);

	spin_lock(&mbox->lock);
	ret = imb_xfer_offer_locked(mbox, msg, &sender, patience, &after);
	if (ret) {
		spin_unlock(&mbox->lock);
		imb_msg_put(msg);
		return ret;
	}
	receipt->id = msg->id;
	waits = msg->sender;
	imb_mbox_settle(mbox, &after);
	if (!waits) {
		receipt->disposition = IPCMBOX_QUEUED;
		return 0;
	}

	trace_ipcmbox_park(mbox->id, receipt->id, 0);
	ret = imb_waiter_sleep(&sender, patience);
	if (ret)
		ret = imb_xfer_withdraw(mbox, &sender, ret);
	else
		ret = sender.result;
	if (ret)
		receipt->disposition = IPCMBOX_WITHDRAWN;
	else
		receipt->disposition = sender.taken ? IPCMBOX_TAKEN :
						      IPCMBOX_QUEUED;
	return ret;
}

/* Wait until a sender hands over a message. Called locked, returns unlocked. */
static int imb_xfer_await(struct imb_mbox *mbox,
			  const struct imb_patience *patience,
			  struct imb_after *after, struct imb_msg **msg)
	__releases(&mbox->lock)
{
	struct imb_waiter receiver;
	int ret;

	imb_waiter_init(&receiver);
	list_add_tail(&receiver.link, &mbox->receivers);
	mbox->nr_waiting++;
	imb_mbox_settle(mbox, after);

	trace_ipcmbox_park(mbox->id, 0, 0);
	ret = imb_waiter_sleep(&receiver, patience);
	if (ret) {
		spin_lock(&mbox->lock);
		if (receiver.state != IMB_DONE) {
			list_del(&receiver.link);
			mbox->nr_waiting--;
			imb_mbox_settle(mbox, after);
			trace_ipcmbox_cancel(mbox->id, 0, ret);
			return ret;
		}
		spin_unlock(&mbox->lock);
	}
	*msg = receiver.msg;
	return receiver.result;
}

static bool imb_xfer_fits(struct imb_reception *rx, const struct imb_msg *msg)
{
	rx->id = msg->id;
	rx->len = msg->len;
	rx->truncated = msg->len > iov_iter_count(rx->to);
	return rx->truncate || !rx->truncated;
}

/* Move the first message into transfer. */
static int imb_xfer_take(struct imb_mbox *mbox, struct imb_reception *rx,
			 struct imb_msg **taken)
{
	struct imb_after after;
	struct imb_msg *msg;
	int ret = 0;

	imb_after_init(&after);
	spin_lock(&mbox->lock);
	msg = imb_mbox_first_locked(mbox);
	if (mbox->dead)
		ret = -EIDRM;
	else if (!msg && imb_mbox_at_eof_locked(mbox))
		ret = -EPIPE;
	else if (!msg && rx->patience.dontwait)
		ret = -EAGAIN;
	else if (!msg)
		return imb_xfer_await(mbox, &rx->patience, &after, taken);
	else if (!imb_xfer_fits(rx, msg))
		ret = -EMSGSIZE;
	if (ret) {
		spin_unlock(&mbox->lock);
		return ret;
	}
	imb_mbox_unqueue_locked(mbox, msg);
	msg->in_transfer = true;
	mbox->count.in_transfer++;
	imb_mbox_settle(mbox, &after);
	*taken = msg;
	return 0;
}

static int imb_xfer_export(struct imb_reception *rx, const struct imb_msg *msg)
{
	int ret;

	if (!imb_xfer_fits(rx, msg))
		return -EMSGSIZE;
	ret = imb_msg_export(msg, rx->to);
	if (!ret && rx->report)
		ret = rx->report(rx);
	return ret;
}

/* The receiver failed: the message goes to the next, or to where it stood. */
static void imb_xfer_put_back_locked(struct imb_mbox *mbox, struct imb_msg *msg,
				     struct imb_after *after)
{
	struct imb_waiter *sender;

	msg->in_transfer = false;
	mbox->count.in_transfer--;
	if (imb_xfer_hand_locked(mbox, msg, after))
		return;
	imb_queue_add(msg->stored ? &mbox->store : &mbox->line, msg);
	sender = msg->sender;
	if (sender && sender->dontwait && !mbox->dead &&
	    (sender->until_taken || !imb_mbox_admits_locked(mbox, msg)))
		imb_mbox_discard_locked(mbox, msg, -EAGAIN,
					&mbox->count.withdrawn, after);
	else
		after->events |= EPOLLIN | EPOLLRDNORM;
}

static void imb_xfer_commit_locked(struct imb_mbox *mbox, struct imb_msg *msg,
				   struct imb_after *after)
{
	trace_ipcmbox_receive(mbox->id, msg->id, msg->len);
	imb_mbox_retire_locked(mbox, msg, &mbox->count.received);
	if (msg->sender) {
		msg->sender->taken = true;
		imb_waiter_claim(msg->sender, 0, &after->wakes);
	}
	list_add_tail(&msg->link, &after->trash);
}

/*
 * End the transfer of a message that was exported, or not if @error. Returns 0
 * if it is received, -EAGAIN if its sender took it back meanwhile.
 */
static int imb_xfer_conclude(struct imb_mbox *mbox, struct imb_msg *msg,
			     int error)
{
	struct imb_after after;

	imb_after_init(&after);
	/* Who is being killed will not live to see the message. */
	if (!error && fatal_signal_pending(current))
		error = -EINTR;

	spin_lock(&mbox->lock);
	if (msg->withdrawn) {
		imb_purse_give(&mbox->purse, imb_msg_truesize(msg));
		list_add_tail(&msg->link, &after.trash);
		/* It is no longer there to be too long. */
		if (!error || error == -EMSGSIZE)
			error = -EAGAIN;
	} else if (error) {
		imb_xfer_put_back_locked(mbox, msg, &after);
	} else {
		imb_xfer_commit_locked(mbox, msg, &after);
	}
	imb_mbox_settle(mbox, &after);
	return error;
}

/**
 * imb_xfer_receive() - receive a message
 * @mbox: the mailbox
 * @rx: how, and what is to be known of the message
 *
 * May sleep. On failure the message, if there was one, is where it was.
 *
 * Return: 0, -EIDRM, -EPIPE, -EMSGSIZE, -EFAULT, -EAGAIN, -ETIMEDOUT,
 * -ERESTARTSYS, or what @rx->report returned.
 */
int imb_xfer_receive(struct imb_mbox *mbox, struct imb_reception *rx)
{
	const struct iov_iter start = *rx->to;
	struct imb_msg *msg;
	int ret;

	for (;;) {
		ret = imb_xfer_take(mbox, rx, &msg);
		if (ret)
			return ret;
		ret = imb_xfer_conclude(mbox, msg, imb_xfer_export(rx, msg));
		if (ret != -EAGAIN)
			return ret;
		/*
		 * Senders who take messages back one by one could keep it here.
		 * The deadline is for one who finds nothing. What is pending for
		 * a call that must not sleep may be but work for its own task.
		 */
		if (signal_pending(current))
			return rx->patience.nosleep ? -EAGAIN : -ERESTARTSYS;
		*rx->to = start;
	}
}

/**
 * imb_xfer_peek() - copy the first message and leave it
 * @mbox: the mailbox
 * @rx: how, and what is to be known of the message; it never waits
 *
 * Return: as imb_xfer_receive(); -EAGAIN where there is no message.
 */
int imb_xfer_peek(struct imb_mbox *mbox, struct imb_reception *rx)
{
	struct imb_msg *msg;
	int ret = 0;

	spin_lock(&mbox->lock);
	msg = imb_mbox_first_locked(mbox);
	if (mbox->dead)
		ret = -EIDRM;
	else if (!msg)
		ret = imb_mbox_at_eof_locked(mbox) ? -EPIPE : -EAGAIN;
	else
		imb_msg_get(msg);
	spin_unlock(&mbox->lock);
	if (ret)
		return ret;
	ret = imb_xfer_export(rx, msg);
	imb_msg_put(msg);
	return ret;
}
