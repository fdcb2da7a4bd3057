/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_XFER_H
#define _IMB_XFER_H

#include <linux/errno.h>
#include <linux/sched/signal.h>
#include <linux/types.h>

#include "mbox.h"

struct imb_account;
struct imb_call;
struct imb_msg;
struct imb_holder;
struct iov_iter;

/**
 * DOC: The transfer of one message
 *
 * Sending: import the payload, lock, and hand the message to a receiver that
 * waits, else store it, else stand in line; settle, which unlocks and wakes.
 *
 * Receiving is a transaction of three steps. *Take*: lock, move the first
 * message into transfer, or wait until a sender hands one over. *Export*,
 * without a lock: copy it to the user, and what is to be reported of it.
 * *Conclude*: lock again, and either commit, or put the message back to where
 * it stood. Until the commit the receiver has nothing, the message fills its
 * slot, and its sender waits, so that nothing has to be undone that somebody
 * has already relied on.
 *
 * ::
 *
 *   sender, waits for its message     receiver
 *   -----------------------------     --------
 *                                     take
 *   signal: lock, withdrawn = true    export (a page fault, as long as it takes)
 *   returns EINTR
 *                                     conclude: withdrawn, so it was never
 *                                     received; takes the next one
 *
 * So a receiver whose memory is slow or hostile holds up nobody's signals and
 * deadlines.
 */

/**
 * struct imb_receipt - what a sender learns of its message
 * @id: number of the message, 0 if it had no place in the mailbox
 * @disposition: enum ipcmbox_disposition
 * @reached: how many subscribers it was delivered to
 * @early: where @id goes before the sender waits, or NULL
 */
struct imb_receipt {
	u64 id;
	u32 disposition;
	u32 reached;
	u64 __user *early;
};

struct imb_msg *imb_xfer_import(struct imb_mbox *mbox, struct iov_iter *from,
				struct imb_account *payer);
int imb_xfer_send(struct imb_mbox *mbox, struct imb_msg *msg,
		  const struct imb_patience *patience, bool until_taken,
		  struct imb_receipt *receipt);

int imb_xfer_call(struct imb_mbox *mbox, struct imb_msg *msg,
		  struct imb_call *call, struct imb_patience patience,
		  u64 deadline, struct imb_receipt *receipt);

u32 imb_xfer_cancel(struct imb_mbox *mbox, u64 id);

/**
 * struct imb_reception - one receive
 * @to: destination; on success advanced by what was copied
 * @match: which messages it wants
 * @notices: it wants notices besides
 * @truncate: cut what does not fit rather than fail
 * @patience: how long to wait
 * @holder: of the port by which it receives and can answer calls, or NULL
 * @hold: what it has of the role of receiving
 * @report: called before the commit, to tell the user of @msg and what follows;
 *	may sleep; what it returns fails the receive. May be NULL
 * @ctx: @report's own
 * @msg: out, the message, for @report only
 * @fds: descriptors that it has room for: the first @max_fds, or NULL
 * @max_fds: how many; 0 if it wants none
 * @len: out, bytes of the whole message, valid with -EMSGSIZE too
 * @nr_fds: out, how many files it carries, likewise
 * @lag: messages that were lost before it, for @report
 * @given: out, how many of them are given: @fds has their descriptors once the receive
 *	has succeeded, and before that such as are reserved for them
 * @moved: out, some are other descriptors than were reserved
 * @truncated: out, only a part was copied, or given
 */
struct imb_reception {
	struct iov_iter *to;
	struct imb_match match;
	bool notices;
	bool truncate;
	struct imb_patience patience;
	struct imb_holder *holder;
	struct imb_hold hold;
	int (*report)(struct imb_reception *rx);
	void *ctx;
	const struct imb_msg *msg;
	s32 *fds;
	u32 max_fds;
	u64 len;
	u32 nr_fds;
	u64 lag;
	u32 given;
	bool moved;
	bool truncated;
};

/**
 * imb_xfer_goes_on() - is a step to be tried again, that somebody waits for?
 * @ret: what came of it
 *
 * The lock was released, see imb_after_is_spent(). May sleep.
 *
 * Return: whether it is -ERESTART.
 */
static inline bool imb_xfer_goes_on(int ret)
{
	if (ret != -ERESTART)
		return false;
	cond_resched();
	return true;
}

/**
 * imb_xfer_begins_anew() - is an operation to be tried again, that has done nothing yet?
 * @ret: what came of it; -EINTR instead of -ERESTART for a task that is being killed
 *
 * As imb_xfer_goes_on().
 *
 * Return: whether it is -ERESTART, and the task is to live.
 */
static inline bool imb_xfer_begins_anew(int *ret)
{
	if (*ret == -ERESTART && fatal_signal_pending(current))
		*ret = -EINTR;
	return imb_xfer_goes_on(*ret);
}

/* The steps, for those who do several at once. */
int imb_xfer_check_locked(struct imb_mbox *mbox, const struct imb_msg *msg,
			  const struct imb_stand *sender,
			  const struct imb_patience *patience,
			  struct imb_after *after);
void imb_xfer_place_locked(struct imb_mbox *mbox, struct imb_msg *msg,
			   struct imb_stand *sender, bool room);
int imb_xfer_offer_locked(struct imb_mbox *mbox, struct imb_msg *msg,
			  struct imb_stand *sender,
			  const struct imb_patience *patience,
			  struct imb_after *after);
int imb_xfer_withdraw(struct imb_mbox *mbox, struct imb_stand *sender,
		      int reason);
int imb_xfer_choose_locked(struct imb_mbox *mbox, struct imb_reception *rx,
			   struct imb_after *after, struct imb_msg **found);
bool imb_xfer_take_locked(struct imb_mbox *mbox, struct imb_reception *rx,
			  struct imb_msg *msg, struct imb_after *after);
bool imb_xfer_leave_locked(struct imb_mbox *mbox, struct imb_call *call,
			   struct imb_after *after);
int imb_xfer_end_notice_locked(struct imb_mbox *mbox, struct imb_msg *notice,
			       int error, struct imb_after *after);
void imb_xfer_end_fds(struct imb_reception *rx, const struct imb_msg *msg,
		      int error);
int imb_xfer_export(struct imb_reception *rx, const struct imb_msg *msg);
int imb_xfer_conclude(struct imb_mbox *mbox, struct imb_reception *rx,
		      struct imb_msg *msg, int error);
struct imb_stand *imb_xfer_win_receiver_locked(struct imb_mbox *mbox,
					       const struct imb_msg *msg,
					       struct imb_after *after);
void imb_xfer_give_locked(struct imb_mbox *mbox, struct imb_msg *msg,
			  struct imb_stand *receiver, struct imb_after *after);
int imb_xfer_receive(struct imb_mbox *mbox, struct imb_reception *rx);
int imb_xfer_peek(struct imb_mbox *mbox, struct imb_reception *rx);

#endif /* _IMB_XFER_H */
