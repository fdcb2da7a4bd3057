// SPDX-License-Identifier: GPL-2.0-only
/*
 * The steps that changes of a mailbox are made of, and the questions that are asked
 * before. All under its lock. See mbox.h.
 */
#include <linux/ipcmbox.h>

#include "mbox.h"
#include "msg.h"

/**
 * imb_mbox_hung_up_locked() - is the last receiver gone, and no other waited for?
 * @mbox: the mailbox, locked
 *
 * Return: whether it is.
 */
bool imb_mbox_hung_up_locked(const struct imb_mbox *mbox)
{
	return !(mbox->flags & IPCMBOX_NO_HANGUP) && mbox->had_receivers &&
	       !mbox->nr_receivers;
}

/**
 * imb_mbox_at_eof_locked() - will no message ever come again?
 * @mbox: the mailbox, locked
 *
 * While a message, or a notice, is in transfer it may still come back.
 *
 * Return: whether who finds nothing that he wants is at the end of file.
 */
bool imb_mbox_at_eof_locked(const struct imb_mbox *mbox)
{
	bool ends = mbox->ended ||
		    (!(mbox->flags & IPCMBOX_NO_HANGUP) && mbox->had_senders);

	return ends && !mbox->nr_senders && !mbox->nr_copying;
}

/**
 * imb_mbox_refuse_sender_locked() - why the caller may send no message, if so
 * @mbox: the mailbox, locked
 *
 * Return: 0, -EIDRM, -EPIPE or -EBUSY.
 */
int imb_mbox_refuse_sender_locked(const struct imb_mbox *mbox)
{
	lockdep_assert_held(&mbox->lock);
	if (mbox->dead)
		return -EIDRM;
	if (imb_mbox_hung_up_locked(mbox))
		return -EPIPE;
	return imb_role_is_taken_locked(mbox, WRITE) ? -EBUSY : 0;
}

/**
 * imb_mbox_refuse_receiver_locked() - why the caller may not receive, if so
 * @mbox: the mailbox, locked
 *
 * Return: 0, -EIDRM or -EBUSY.
 */
int imb_mbox_refuse_receiver_locked(const struct imb_mbox *mbox)
{
	lockdep_assert_held(&mbox->lock);
	if (mbox->dead)
		return -EIDRM;
	if (mbox->flags & IPCMBOX_BROADCAST)
		return -EINVAL;
	return imb_role_is_taken_locked(mbox, READ) ? -EBUSY : 0;
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
 * imb_mbox_is_fair_locked() - may a user have another message here?
 * @mbox: the mailbox, locked
 * @uid: the user
 * @len: bytes of the message
 *
 * Return: whether that leaves others their share; always without IPCMBOX_FAIR_SHARE.
 */
bool imb_mbox_is_fair_locked(const struct imb_mbox *mbox, kuid_t uid, u64 len)
{
	const struct imb_room room = { mbox->capacity, mbox->max_bytes };

	return !(mbox->flags & IPCMBOX_FAIR_SHARE) ||
	       imb_shares_admit(&mbox->shares, &room, uid, len);
}

/**
 * imb_mbox_is_empty_locked() - is there no message that could be received?
 * @mbox: the mailbox, locked
 *
 * Return: whether there is none, but perhaps in transfer.
 */
bool imb_mbox_is_empty_locked(const struct imb_mbox *mbox)
{
	return !mbox->store.count && !mbox->line.count;
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
 * imb_mbox_bill_locked() - have the owner of the mailbox pay for a message
 * @mbox: the mailbox, locked
 * @msg: the message; its sender pays as well, until imb_msg_unpay()
 *
 * Return: 0, or -EDQUOT.
 */
int imb_mbox_bill_locked(struct imb_mbox *mbox, struct imb_msg *msg)
{
	u64 cost = imb_msg_truesize(msg);
	int ret;

	ret = imb_purse_take(&mbox->purse, cost);
	if (ret && msg->payer) {
		ret = imb_purse_take_over(&mbox->purse, cost, msg->payer,
					  msg->paid);
		if (!ret)
			msg->heir = mbox->purse.acct;
	}
	msg->billed = !ret;
	return ret;
}

/**
 * imb_mbox_bill_slot_locked() - the same, for a slot that a message is to get
 * @mbox: the mailbox, locked
 * @msg: the message
 * @stays: in line, if it does not get it: else its sender gives up, and may send it again
 *
 * Return: 0, or -EDQUOT; then poll(2) tells when it is worth trying again. If it @stays, -EAGAIN,
 * or -EDQUOT if that is not worth waiting for, see imb_account_most().
 */
int imb_mbox_bill_slot_locked(struct imb_mbox *mbox, struct imb_msg *msg,
			      bool stays)
{
	int ret = imb_mbox_bill_locked(mbox, msg);
	u64 need = imb_msg_truesize(msg);

	if (!ret)
		return 0;
	/* Where its sender pays as well, what he pays is not needed twice. */
	if (stays && imb_account_counts_for(msg->payer, mbox->purse.met))
		need -= msg->paid;
	if (!stays)
		imb_mbox_pinch_locked(mbox, need);
	else if (imb_purse_pinch(&mbox->purse, need, IMB_PINCH_FIRST))
		ret = -EAGAIN;
	return ret;
}

static enum imb_pinch imb_mbox_pinch_kind(const struct imb_mbox *mbox)
{
	return mbox->line.count ? IMB_PINCH_BEHIND : IMB_PINCH_ALONE;
}

/**
 * imb_mbox_pinch_locked() - have poll(2) tell when there is quota for what has failed
 * @mbox: the mailbox, locked; something was asked of its purse in vain
 * @need: bytes of it
 */
void imb_mbox_pinch_locked(struct imb_mbox *mbox, u64 need)
{
	imb_purse_pinch(&mbox->purse, need, imb_mbox_pinch_kind(mbox));
}

/**
 * imb_mbox_pinch_if_short_locked() - the same, if there is too little
 * @mbox: the mailbox, locked
 * @need: bytes of what has failed
 */
void imb_mbox_pinch_if_short_locked(struct imb_mbox *mbox, u64 need)
{
	imb_purse_pinch_if_short(&mbox->purse, need, imb_mbox_pinch_kind(mbox));
}

/**
 * imb_mbox_unbill_locked() - undo imb_mbox_bill_locked()
 * @mbox: the mailbox, locked all the time
 * @msg: the message, whose sender still pays
 */
void imb_mbox_unbill_locked(struct imb_mbox *mbox, struct imb_msg *msg)
{
	if (!msg->billed)
		return;
	msg->billed = false;
	if (msg->heir)
		imb_purse_hand_back(&mbox->purse, imb_msg_truesize(msg),
				    msg->payer, msg->paid);
	else
		imb_purse_give(&mbox->purse, imb_msg_truesize(msg));
	msg->heir = NULL;
}

/**
 * imb_mbox_close_bill_locked() - a message costs the owner of the mailbox nothing any more
 * @mbox: the mailbox, locked
 * @msg: the message, billed or not
 */
void imb_mbox_close_bill_locked(struct imb_mbox *mbox, struct imb_msg *msg)
{
	if (!msg->billed)
		return;
	msg->billed = false;
	imb_purse_give(&mbox->purse, imb_msg_truesize(msg));
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
	if (!msg->withdrawn) {
		imb_mbox_close_bill_locked(mbox, msg);
		imb_msg_unpay(msg);
	}
	if (msg->share)
		imb_shares_leave(&mbox->shares, msg->share);
	imb_msg_land(msg);
	(*counter)++;
}

/*
 * The receiver pays for it, until he has let go of it: the mailbox counts it no more, so its
 * owner could be made to pay for any number of them, and so could who sends to a receiver
 * that stops in the middle. If he has not plenty, who has paid so far pays on: for he does not
 * choose what is sent to him, or when it is taken back. It is his own quota that counts, for
 * that of an instance could be his choice.
 */
static void imb_mbox_bill_taker_locked(struct imb_mbox *mbox,
				       struct imb_msg *msg, bool stands)
{
	struct imb_msg *paid = msg;

	/* Else its sender has returned, or does so, and nobody may touch what he pays for. */
	if (stands && msg->body && msg->body->payer)
		paid = msg->body;
	if (msg->taker && imb_msg_pass_bill(paid, imb_account_user(msg->taker)))
		imb_mbox_close_bill_locked(mbox, msg);
	else if (paid->payer)
		imb_msg_keep_payer(paid);
	else if (!msg->billed)
		(void)imb_mbox_bill_locked(mbox, msg);
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
	bool stands = msg->sender;

	msg->sender = NULL;
	if (msg->in_transfer) {
		msg->withdrawn = true; /* and the receiver puts it */
		imb_queue_remove(&mbox->moving, msg);
		imb_mbox_bill_taker_locked(mbox, msg, stands);
	} else {
		imb_mbox_unqueue_locked(mbox, msg);
		list_add_tail(&msg->link, &after->trash);
	}
	imb_mbox_retire_locked(mbox, msg, counter);
}

static void imb_mbox_unstand_locked(struct imb_stand *sender)
{
	list_del(&sender->link);
	sender->standing = false;
}

/**
 * imb_mbox_forget_locked() - take away the stand of a sender that has left
 * @mbox: the mailbox, locked
 * @sender: the stand, which was lost; its message is in a queue
 * @after: takes the message
 */
void imb_mbox_forget_locked(struct imb_mbox *mbox, struct imb_stand *sender,
			    struct imb_after *after)
{
	imb_mbox_unstand_locked(sender);
	imb_mbox_recall_locked(mbox, sender->msg, &mbox->count.withdrawn,
			       after);
}

/**
 * imb_mbox_release_sender_locked() - let a sender go
 * @sender: where it stands; its message has another place or none
 * @result: 0 or a negative errno
 * @after: takes its task
 */
void imb_mbox_release_sender_locked(struct imb_stand *sender, int result,
				    struct imb_after *after)
{
	imb_mbox_unstand_locked(sender);
	imb_waiter_claim(sender->waiter, result, &after->wakes);
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
	struct imb_stand *sender = msg->sender;

	imb_mbox_recall_locked(mbox, msg, counter, after);
	if (!sender)
		return;
	if (imb_stand_win(sender))
		imb_mbox_release_sender_locked(sender, error, after);
	else
		imb_mbox_unstand_locked(sender);
}

/**
 * imb_mbox_takes_newcomer_locked() - may a new message be stored?
 * @mbox: the mailbox, locked
 * @msg: the message
 * @after: takes messages whose senders have left
 *
 * Return: whether it fits, and nobody stands in line whose turn it is before; if not, ask
 * imb_after_is_spent().
 */
bool imb_mbox_takes_newcomer_locked(struct imb_mbox *mbox,
				    const struct imb_msg *msg,
				    struct imb_after *after)
{
	struct imb_msg *first;

	while (!imb_after_is_spent(after) &&
	       (first = imb_queue_first(&mbox->line)) &&
	       imb_stand_is_lost(first->sender)) {
		imb_mbox_forget_locked(mbox, first->sender, after);
		after->lost++;
	}
	return imb_mbox_has_room_locked(mbox, msg->len) &&
	       imb_queue_would_lead(&mbox->line, mbox->arrivals, msg->priority);
}

static struct imb_msg *imb_mbox_best_locked(const struct imb_mbox *mbox,
					    const struct imb_match *match)
{
	struct imb_msg *stored = imb_queue_match(&mbox->store, match);

	if (!mbox->line.count)
		return stored;
	return imb_queue_better(&mbox->store, match, stored,
				imb_queue_match(&mbox->line, match));
}

/**
 * imb_mbox_match_locked() - the message that a receiver gets next
 * @mbox: the mailbox, locked
 * @match: what the receiver wants
 * @after: takes messages whose senders have left
 *
 * Return: the message, which stays where it is; or NULL, then ask imb_after_is_spent().
 */
struct imb_msg *imb_mbox_match_locked(struct imb_mbox *mbox,
				      const struct imb_match *match,
				      struct imb_after *after)
{
	struct imb_msg *msg;

	while (!imb_after_is_spent(after)) {
		msg = imb_mbox_best_locked(mbox, match);
		if (!msg || !msg->sender || !imb_stand_is_lost(msg->sender))
			return msg;
		imb_mbox_forget_locked(mbox, msg->sender, after);
		after->lost++;
	}
	return NULL;
}

/**
 * imb_mbox_pick_locked() - the receiver that is served next
 * @mbox: the mailbox, locked
 * @msg: the message that it is to be served with
 * @after: counts stands whose receivers have left
 *
 * Return: where it stands and goes on to stand; or NULL, then ask imb_after_is_spent().
 */
struct imb_stand *imb_mbox_pick_locked(struct imb_mbox *mbox,
				       const struct imb_msg *msg,
				       struct imb_after *after)
{
	struct imb_stand *stand;

	while (!imb_after_is_spent(after)) {
		stand = imb_crowd_pick(&mbox->receivers, msg);
		if (!stand || !imb_stand_is_lost(stand))
			return stand;
		imb_crowd_leave(&mbox->receivers, stand);
		after->lost++;
	}
	return NULL;
}
