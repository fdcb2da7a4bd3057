// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receiving: the transaction that takes one message. See xfer.h.
 */
#include <linux/ipcmbox.h>
#include <linux/sched/signal.h>
#include <linux/uio.h>

#include "call.h"
#include "fds.h"
#include "msg.h"
#include "trace.h"
#include "xfer.h"

/**
 * imb_xfer_win_receiver_locked() - the receiver whose turn it is
 * @mbox: the mailbox, locked
 * @msg: the message that it is to get
 * @after: counts stands whose receivers have left
 *
 * Return: where it stood, to be given to imb_xfer_give_locked(); NULL if nobody waits
 * for such a message, but ask imb_after_is_spent().
 */
struct imb_stand *imb_xfer_win_receiver_locked(struct imb_mbox *mbox,
					       const struct imb_msg *msg,
					       struct imb_after *after)
{
	struct imb_stand *receiver;

	while ((receiver = imb_mbox_pick_locked(mbox, msg, after))) {
		imb_crowd_leave(&mbox->receivers, receiver);
		if (imb_stand_win(receiver))
			break;
		after->lost++;
	}
	return receiver;
}

static void imb_xfer_begin_locked(struct imb_mbox *mbox, struct imb_msg *msg)
{
	msg->in_transfer = true;
	mbox->nr_copying++;
	if (msg->notice_of)
		return;
	/* What was lost before it, it tells. */
	msg->lag += mbox->overrun;
	mbox->overrun = 0;
	mbox->count.in_transfer++;
	imb_queue_add(&mbox->moving, msg);
}

/**
 * imb_xfer_give_locked() - hand a message to a receiver
 * @mbox: the mailbox, locked
 * @msg: the message, of no queue; it is in transfer then
 * @receiver: the receiver, which was won
 * @after: takes its task
 */
void imb_xfer_give_locked(struct imb_mbox *mbox, struct imb_msg *msg,
			  struct imb_stand *receiver, struct imb_after *after)
{
	imb_xfer_begin_locked(mbox, msg);
	msg->taker = receiver->acct;
	receiver->msg = msg;
	imb_waiter_claim(receiver->waiter, 0, &after->wakes);
}

/* Wait until a sender hands over a message, and that is paid for. Returns unlocked. */
static int imb_xfer_stand(struct imb_mbox *mbox, struct imb_reception *rx,
			  struct imb_after *after, struct imb_msg **msg)
	__releases(&mbox->lock)
{
	struct imb_waiter waiter;
	struct imb_stand receiver = {
		.waiter = &waiter,
		.acct = rx->patience.acct,
		.match = rx->match,
		.notices = rx->notices,
	};
	int ret;

	imb_waiter_init(&waiter);
	imb_hold_take_locked(mbox, READ, &rx->hold);
	imb_crowd_join(&mbox->receivers, &receiver);
	imb_mbox_settle(mbox, after);

	trace_ipcmbox_park(mbox->id, 0, 0);
	ret = imb_waiter_sleep(&waiter, &rx->patience);
	if (ret) {
		spin_lock(&mbox->lock);
		if (waiter.state != IMB_DONE) {
			imb_crowd_leave(&mbox->receivers, &receiver);
			imb_mbox_settle(mbox, after);
			trace_ipcmbox_cancel(mbox->id, 0, ret);
			return ret;
		}
		spin_unlock(&mbox->lock);
	}
	*msg = receiver.msg;
	return waiter.result;
}

/* The same. Called locked, returns unlocked. */
static int imb_xfer_await(struct imb_mbox *mbox, struct imb_reception *rx,
			  struct imb_after *after, struct imb_msg **msg)
	__releases(&mbox->lock)
{
	int ret = imb_patience_pay(&rx->patience, 1);

	if (ret) {
		imb_mbox_settle(mbox, after);
		return ret;
	}
	ret = imb_xfer_stand(mbox, rx, after, msg);
	imb_patience_unpay(&rx->patience, 1);
	return ret;
}

static bool imb_xfer_fits(struct imb_reception *rx, const struct imb_msg *msg)
{
	const struct imb_fds *fds = imb_msg_fds(msg);

	rx->len = msg->len;
	rx->nr_fds = fds ? fds->count : 0;
	/* Who wants no files does without, and nothing is missing to him. */
	rx->truncated = msg->len > iov_iter_count(rx->to) ||
			(rx->max_fds && rx->nr_fds > rx->max_fds);
	return rx->truncate || !rx->truncated;
}

/* Is nothing more to come, as the only one whose messages are wanted has ended? */
static bool imb_xfer_sender_is_gone(const struct imb_mbox *mbox,
				    const struct imb_match *match)
{
	return match->kind == IPCMBOX_MATCH_SENDER && !mbox->nr_copying &&
	       imb_process_is_gone(imb_sender_of_key(match->value));
}

/**
 * imb_xfer_choose_locked() - look for the message that a receiver gets
 * @mbox: the mailbox, locked
 * @rx: what the receiver wants, and what it has room for
 * @after: what has to follow
 * @found: set to the message, which stays where it is
 *
 * Return: 0, -EIDRM, -EBUSY, -EPIPE, -ESRCH, -EMSGSIZE; -EAGAIN if there is none;
 * -ERESTART, see imb_after_is_spent().
 */
int imb_xfer_choose_locked(struct imb_mbox *mbox, struct imb_reception *rx,
			   struct imb_after *after, struct imb_msg **found)
{
	struct imb_msg *msg;
	int ret;

	ret = imb_mbox_refuse_receiver_locked(mbox);
	if (ret)
		return ret;
	msg = rx->notices ? imb_queue_first(&mbox->notices) : NULL;
	if (!msg)
		msg = imb_mbox_match_locked(mbox, &rx->match, after);
	if (!msg && imb_after_is_spent(after))
		return -ERESTART;
	if (!msg && imb_mbox_at_eof_locked(mbox))
		return -EPIPE;
	if (!msg)
		return imb_xfer_sender_is_gone(mbox, &rx->match) ? -ESRCH :
								   -EAGAIN;
	*found = msg;
	return imb_xfer_fits(rx, msg) ? 0 : -EMSGSIZE;
}

/**
 * imb_xfer_take_locked() - move a message into transfer
 * @mbox: the mailbox, locked
 * @rx: the receive
 * @msg: the message, in a queue
 * @after: what has to follow
 *
 * Return: false if its sender has just left, and the message with it.
 */
bool imb_xfer_take_locked(struct imb_mbox *mbox, struct imb_reception *rx,
			  struct imb_msg *msg, struct imb_after *after)
{
	if (msg->sender && !imb_stand_win(msg->sender)) {
		imb_mbox_forget_locked(mbox, msg->sender, after);
		after->lost++;
		return false;
	}
	imb_hold_take_locked(mbox, READ, &rx->hold);
	if (msg->notice_of) {
		imb_queue_remove(&mbox->notices, msg);
		msg->notice_of->noticed = false;
		imb_call_get(msg->notice_of);
	} else {
		imb_mbox_unqueue_locked(mbox, msg);
	}
	imb_xfer_begin_locked(mbox, msg);
	msg->taker = rx->patience.acct;
	return true;
}

/* Move the first message that is wanted into transfer, or wait for one. */
static int imb_xfer_take(struct imb_mbox *mbox, struct imb_reception *rx,
			 struct imb_msg **taken)
{
	struct imb_after after;
	int ret;

	imb_after_init(&after);
	do {
		spin_lock(&mbox->lock);
		ret = imb_xfer_choose_locked(mbox, rx, &after, taken);
		if (!ret && !imb_xfer_take_locked(mbox, rx, *taken, &after))
			ret = -ERESTART;
		if (ret == -EAGAIN && !rx->patience.dontwait)
			return imb_xfer_await(mbox, rx, &after, taken);
		imb_mbox_settle(mbox, &after);
	} while (imb_xfer_begins_anew(&ret));
	return ret;
}

int imb_xfer_export(struct imb_reception *rx, const struct imb_msg *msg)
{
	u32 count;
	int ret;

	rx->given = 0;
	if (!imb_xfer_fits(rx, msg))
		return -EMSGSIZE;
	ret = imb_msg_export(msg, rx->to);
	if (ret)
		return ret;
	count = min(rx->nr_fds, rx->max_fds);
	ret = imb_fds_reserve(rx->fds, count);
	if (ret)
		return ret;
	rx->given = count;
	rx->msg = msg;
	if (rx->report)
		ret = rx->report(rx);
	rx->msg = NULL;
	return ret;
}

/**
 * imb_xfer_end_fds() - the receive is over: its files are given, or not
 * @rx: the receive
 * @msg: the message
 * @error: why not, or 0
 */
void imb_xfer_end_fds(struct imb_reception *rx, const struct imb_msg *msg,
		      int error)
{
	if (error) {
		imb_fds_release(rx->fds, rx->given);
		rx->given = 0;
	} else if (rx->given) {
		rx->moved =
			imb_fds_install(imb_msg_fds(msg), rx->fds, rx->given);
	}
}

/*
 * The receiver failed: the message goes to the next, or to where it stood. False if it is
 * not known yet whether there is a next, and it is in transfer still.
 */
static bool imb_xfer_put_back_locked(struct imb_mbox *mbox, struct imb_msg *msg,
				     struct imb_after *after)
{
	const struct imb_stand *sender = msg->sender;
	bool selects = sender && sender->waiter->selects;
	struct imb_stand *receiver = NULL;
	int error = 0;

	/* Who selects was won for this transfer, and begins again. */
	if (!selects)
		receiver = imb_xfer_win_receiver_locked(mbox, msg, after);
	if (!selects && !receiver && imb_after_is_spent(after))
		return false;
	imb_queue_remove(&mbox->moving, msg);
	msg->in_transfer = false;
	mbox->count.in_transfer--;
	if (receiver) {
		imb_xfer_give_locked(mbox, msg, receiver, after);
		return true;
	}
	imb_queue_add(msg->stored ? &mbox->store : &mbox->line, msg);
	if (mbox->dead)
		return true;
	if (selects)
		error = -EAGAIN;
	else if (sender &&
		 (sender->until_taken || !imb_mbox_admits_locked(mbox, msg)))
		error = sender->refuses;
	if (error)
		imb_mbox_discard_locked(mbox, msg, error,
					&mbox->count.withdrawn, after);
	else
		after->events |= EPOLLIN | EPOLLRDNORM;
	return true;
}

/* Its sender waits for the answer now; or in vain, of who cannot give one. */
static void imb_xfer_open_call_locked(struct imb_mbox *mbox,
				      struct imb_msg *msg,
				      struct imb_holder *holder,
				      struct imb_after *after)
{
	struct imb_stand *caller = msg->sender;

	if (!holder) {
		imb_mbox_release_sender_locked(caller, -EOWNERDEAD, after);
		return;
	}
	list_del(&caller->link);
	caller->standing = false;
	caller->msg = NULL;
	caller->call->token = msg->id;
	caller->call->caller = caller;
	imb_call_open_locked(mbox, caller->call, holder);
}

static void imb_xfer_commit_locked(struct imb_mbox *mbox, struct imb_msg *msg,
				   struct imb_holder *holder,
				   struct imb_after *after)
{
	trace_ipcmbox_receive(mbox->id, msg->id, msg->len);
	imb_queue_remove(&mbox->moving, msg);
	imb_mbox_retire_locked(mbox, msg, &mbox->count.received);
	imb_mbox_stamp_locked(mbox, READ);
	mbox->lost -= msg->lag;
	if (msg->sender) {
		msg->sender->taken = true;
		if (msg->sender->call)
			imb_xfer_open_call_locked(mbox, msg, holder, after);
		else
			imb_mbox_release_sender_locked(msg->sender, 0, after);
	}
	list_add_tail(&msg->link, &after->trash);
}

/* One attempt; -ERESTART if another is due, and the transfer goes on meanwhile. */
static int imb_xfer_end_locked(struct imb_mbox *mbox, struct imb_reception *rx,
			       struct imb_msg *msg, int error,
			       struct imb_after *after)
{
	if (msg->notice_of) {
		error = imb_xfer_end_notice_locked(mbox, msg, error, after);
	} else if (msg->withdrawn) {
		imb_mbox_close_bill_locked(mbox, msg);
		list_add_tail(&msg->link, &after->trash);
		/* It is no longer there to be too long. */
		if (!error || error == -EMSGSIZE)
			error = -EAGAIN;
	} else if (error) {
		if (!imb_xfer_put_back_locked(mbox, msg, after))
			error = -ERESTART;
	} else {
		imb_xfer_commit_locked(mbox, msg, rx->holder, after);
	}
	if (error != -ERESTART)
		mbox->nr_copying--;
	/* Who goes round again keeps his place. */
	if (error != -ERESTART && error != -EAGAIN)
		imb_hold_end_locked(mbox, READ, &rx->hold, !error);
	return error;
}

/*
 * End the transfer of a message that was exported, or not if @error. Returns 0
 * if it is received, -EAGAIN if its sender took it back meanwhile.
 */
int imb_xfer_conclude(struct imb_mbox *mbox, struct imb_reception *rx,
		      struct imb_msg *msg, int error)
{
	/* The message may be gone then. */
	struct imb_call *notice_of = msg->notice_of;
	struct imb_after after;
	int ret;

	imb_after_init(&after);
	/* Who is being killed will not live to see the message. */
	if (!error && fatal_signal_pending(current))
		error = -EINTR;
	if (rx->given)
		imb_msg_get(msg);

	do {
		spin_lock(&mbox->lock);
		ret = imb_xfer_end_locked(mbox, rx, msg, error, &after);
		imb_mbox_settle(mbox, &after);
	} while (imb_xfer_goes_on(ret));
	if (notice_of)
		imb_call_put(notice_of);
	if (rx->given) {
		imb_xfer_end_fds(rx, msg, ret);
		imb_msg_put(msg);
	}
	return ret;
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
			break;
		rx->lag = msg->lag;
		ret = imb_xfer_conclude(mbox, rx, msg,
					imb_xfer_export(rx, msg));
		if (ret != -EAGAIN)
			break;
		/*
		 * Senders who take messages back one by one could keep it here.
		 * The deadline is for one who finds nothing. What is pending for
		 * a call that must not sleep may be but work for its own task.
		 */
		if (signal_pending(current)) {
			ret = rx->patience.nosleep ? -EAGAIN : -ERESTARTSYS;
			break;
		}
		*rx->to = start;
	}
	imb_hold_exit(mbox, READ, &rx->hold, false);
	return ret;
}
