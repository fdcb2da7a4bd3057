// SPDX-License-Identifier: GPL-2.0-only
/*
 * Notices: how a server learns that a caller has left. See xfer.h and call.h.
 */
#include <linux/poll.h>

#include "call.h"
#include "msg.h"
#include "trace.h"
#include "xfer.h"

/*
 * Give a notice to who wants it, or keep it. False if it is not known yet whether somebody
 * does; nothing is changed then.
 */
static bool imb_xfer_notify_locked(struct imb_mbox *mbox,
				   struct imb_msg *notice,
				   struct imb_after *after)
{
	struct imb_stand *receiver;

	receiver = imb_xfer_win_receiver_locked(mbox, notice, after);
	if (!receiver && imb_after_is_spent(after))
		return false;
	if (receiver) {
		imb_call_get(notice->notice_of);
		imb_xfer_give_locked(mbox, notice, receiver, after);
		return true;
	}
	notice->in_transfer = false;
	imb_queue_add(&mbox->notices, notice);
	notice->notice_of->noticed = true;
	after->events |= EPOLLPRI;
	return true;
}

/**
 * imb_xfer_leave_locked() - the caller waits for the answer no more
 * @mbox: the mailbox, locked
 * @call: the call, open
 * @after: what has to follow
 *
 * Of receivers that want notices one gets it; it waits for one that does. The call stays
 * open until then, or until a reply is refused.
 *
 * Return: false if imb_after_is_spent(), and the caller has not left.
 */
bool imb_xfer_leave_locked(struct imb_mbox *mbox, struct imb_call *call,
			   struct imb_after *after)
{
	call->notice->id = call->token;
	if (!imb_xfer_notify_locked(mbox, call->notice, after))
		return false;
	trace_ipcmbox_cancel(mbox->id, call->token, -ESTALE);
	call->caller = NULL;
	return true;
}

/**
 * imb_xfer_end_notice_locked() - the transfer of a notice has ended
 * @mbox: the mailbox, locked
 * @notice: the notice
 * @error: why the receiver failed; the call is over if it did not
 * @after: what has to follow
 *
 * Return: @error; -EAGAIN if there was no such call any more; -ERESTART if
 * imb_after_is_spent(), and the transfer goes on.
 */
int imb_xfer_end_notice_locked(struct imb_mbox *mbox, struct imb_msg *notice,
			       int error, struct imb_after *after)
{
	struct imb_call *call = notice->notice_of;

	/* Who replied meanwhile has learnt it. */
	if (!call->open) {
		notice->in_transfer = false;
		return error ?: -EAGAIN;
	}
	if (error)
		return imb_xfer_notify_locked(mbox, notice, after) ? error :
								     -ERESTART;
	notice->in_transfer = false;
	imb_call_close_locked(mbox, call, after);
	return 0;
}
