// SPDX-License-Identifier: GPL-2.0-only
/*
 * A case of a selection: whether it is ready, doing it, and standing for it. See
 * select.h.
 */
#include "msg.h"
#include "select.h"

/* Note that the message of a send has a place, and is perhaps in a queue. */
static void imb_case_note_place(struct imb_case *kase)
{
	const struct imb_msg *msg = kase->stand.msg;

	kase->placed = true;
	kase->queued = !msg->in_transfer;
	kase->waits = msg->sender;
	kase->receipt.id = msg->id;
}

/**
 * imb_case_check_locked() - is a case ready?
 * @kase: the case, whose mailbox is locked
 * @after: what has to follow
 *
 * Return: 0 if it is; -EAGAIN if not; -ERESTART, see imb_after_is_spent(); or the error
 * that it fails with.
 */
int imb_case_check_locked(struct imb_case *kase, struct imb_after *after)
{
	static const struct imb_patience now = { .dontwait = true };
	struct imb_msg *msg;

	if (kase->sends)
		return imb_xfer_check_locked(kase->mbox, kase->stand.msg,
					     &kase->stand, &now, after);
	return imb_xfer_choose_locked(kase->mbox, &kase->rx, after, &msg);
}

/**
 * imb_case_is_prepared() - can the mailbox take what a case sends?
 * @kase: the case, whose mailbox is locked
 *
 * Memory for it is charged only if the case is done, or has to wait.
 *
 * Return: whether it can, or the case receives; else imb_mbox_prepare() makes it so.
 */
bool imb_case_is_prepared(const struct imb_case *kase)
{
	return !kase->sends ||
	       imb_mbox_is_prepared(kase->mbox, kase->stand.msg->priority);
}

/**
 * imb_case_do_locked() - do a case that is ready
 * @kase: the case, whose mailbox is locked
 * @after: what has to follow
 *
 * Return: 0; -EAGAIN if it is ready no more; or the error that it fails with.
 */
int imb_case_do_locked(struct imb_case *kase, struct imb_after *after)
{
	static const struct imb_patience now = { .dontwait = true };
	struct imb_msg *msg;
	int ret;

	if (kase->sends) {
		/* If the sender has to see it through, that is for this case. */
		kase->stand.waiter->won = &kase->stand;
		ret = imb_xfer_offer_locked(kase->mbox, kase->stand.msg,
					    &kase->stand, &now, after);
		if (ret)
			kase->stand.waiter->won = NULL;
		else
			imb_case_note_place(kase);
		return ret;
	}
	ret = imb_xfer_choose_locked(kase->mbox, &kase->rx, after, &msg);
	if (ret)
		return ret;
	if (!imb_xfer_take_locked(kase->mbox, &kase->rx, msg, after))
		return -EAGAIN;
	kase->stand.msg = msg;
	return 0;
}

/**
 * imb_case_unstand_locked() - take a stand away
 * @kase: the case, whose mailbox is locked
 * @after: what has to follow
 */
void imb_case_unstand_locked(struct imb_case *kase, struct imb_after *after)
{
	if (!kase->stand.standing)
		return;
	if (kase->sends) {
		imb_mbox_forget_locked(kase->mbox, &kase->stand, after);
		/* Who is told of it, if the lock was not released since, would find nothing. */
		kase->queued = false;
	} else {
		imb_crowd_leave(&kase->mbox->receivers, &kase->stand);
	}
}

/**
 * imb_case_stand_locked() - take the stand of a case
 * @kase: the case, prepared, whose mailbox is locked
 * @after: what has to follow
 *
 * Return: 0; -EAGAIN if it is ready after all, as somebody who stood in line has left;
 * -ERESTART, see imb_after_is_spent(); -EDQUOT, -EXFULL.
 */
int imb_case_stand_locked(struct imb_case *kase, struct imb_after *after)
{
	struct imb_msg *msg = kase->stand.msg;
	bool room;
	int ret;

	if (!kase->sends) {
		imb_hold_take_locked(kase->mbox, READ, &kase->rx.hold);
		imb_crowd_join(&kase->mbox->receivers, &kase->stand);
		return 0;
	}
	room = imb_mbox_takes_newcomer_locked(kase->mbox, msg, after);
	if (room && !kase->until_taken)
		return -EAGAIN;
	if (!room && imb_after_is_spent(after))
		return -ERESTART;
	/* Of others only one comes to be stored. */
	if (kase->until_taken &&
	    !imb_mbox_is_fair_locked(kase->mbox, msg->uid, msg->len))
		return -EXFULL;
	ret = room ? imb_mbox_bill_slot_locked(kase->mbox, msg, false) : 0;
	if (ret)
		return ret;
	imb_xfer_place_locked(kase->mbox, msg, &kase->stand, room);
	imb_queue_add(msg->stored ? &kase->mbox->store : &kase->mbox->line,
		      msg);
	imb_case_note_place(kase);
	return 0;
}
