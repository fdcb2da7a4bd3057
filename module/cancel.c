// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taking back, by its number, what was sent. See xfer.h.
 */
#include <linux/ipcmbox.h>
#include <linux/sched/signal.h>

#include "call.h"
#include "msg.h"
#include "xfer.h"

static struct imb_msg *imb_xfer_find_locked(const struct imb_mbox *mbox, u64 id)
{
	return imb_queue_find(&mbox->store, id)	       ?:
		       imb_queue_find(&mbox->line, id) ?:
		       imb_queue_find(&mbox->moving, id);
}

/* Of a message that is no more in the mailbox. */
static int imb_xfer_cancel_call_locked(struct imb_mbox *mbox, u64 id,
				       struct imb_after *after)
{
	struct imb_call *call = imb_call_from_locked(mbox, id);
	struct imb_stand *caller;

	if (!id || id > mbox->last_id)
		return IPCMBOX_CANCEL_UNKNOWN;
	if (!call || call->token != id)
		return IPCMBOX_CANCEL_TOO_LATE;
	if (call->answered)
		return IPCMBOX_CANCEL_REPLIED;
	caller = call->caller;
	if (caller &&
	    caller->waiter->task->group_leader == current->group_leader) {
		if (!imb_xfer_leave_locked(mbox, call, after))
			return -ERESTART;
		imb_waiter_claim(caller->waiter, -ECANCELED, &after->wakes);
	}
	return IPCMBOX_CANCEL_TOO_LATE;
}

static int imb_xfer_cancel_locked(struct imb_mbox *mbox, u64 id,
				  struct imb_after *after)
{
	struct imb_msg *msg = imb_xfer_find_locked(mbox, id);

	if (!msg)
		return imb_xfer_cancel_call_locked(mbox, id, after);
	if (msg->process != task_tgid(current))
		return IPCMBOX_CANCEL_UNKNOWN;
	imb_mbox_discard_locked(mbox, msg, -ECANCELED, &mbox->count.withdrawn,
				after);
	return IPCMBOX_CANCEL_DONE;
}

/**
 * imb_xfer_cancel() - take a message of the calling process back
 * @mbox: the mailbox
 * @id: its number
 *
 * Return: enum ipcmbox_cancelled.
 */
u32 imb_xfer_cancel(struct imb_mbox *mbox, u64 id)
{
	struct imb_after after;
	int result;

	imb_after_init(&after);
	do {
		spin_lock(&mbox->lock);
		result = imb_xfer_cancel_locked(mbox, id, &after);
		imb_mbox_settle(mbox, &after);
	} while (imb_xfer_goes_on(result));
	return result;
}
