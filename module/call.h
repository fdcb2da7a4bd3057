/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_CALL_H
#define _IMB_CALL_H

#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/types.h>

struct imb_account;
struct imb_after;
struct imb_fds;
struct imb_mbox;
struct imb_msg;
struct imb_stand;
struct iov_iter;
struct pid;

/**
 * DOC: Calls
 *
 * A call is a message whose sender waits for an answer. It is *open* from the time
 * a receiver has the message until the sender has returned with the answer, or whoever
 * replies has learnt that it gave up: it stands among the open calls of the mailbox, by
 * its token, which is the number of its message. Memory for the answer is part of the
 * call, so that who replies needs none and never waits.
 *
 * ::
 *
 *   caller                     server
 *   ------                     ------
 *   send, park
 *                              commit of the receive: opens the call
 *                              reply: finds it by the token, marks it REPLYING
 *   (may leave: caller = NULL) copies the answer, without a lock
 *                              still open, caller there: claims the caller;
 *                              else ESTALE
 *   has the answer
 *
 * A call belongs to the port by which it was taken, and to who took it: the process, that
 * is all threads that have its table of descriptors. When the port ends, or is in that table
 * no more, the caller learns it. Each port has those that belong to it in a tree by table, so
 * that whoever goes looks at his own only, however many others have.
 *
 * The caller pays for the call, and for the room for the answer above all. Once he has left,
 * that is given back, and the rest is kept for the server alone, to tell it so: then the owner
 * of the mailbox pays, or the call is over at once. So a server that does not answer costs its
 * callers nothing, and callers who leave cost it little. The room of a caller who leaves while
 * somebody copies the answer is charged to that one until he is done, if he has the quota.
 */

/**
 * struct imb_holder - the calls that were taken by a port and are not answered
 * @calls: the calls, by the table of descriptors of who took them
 * @count: how many; read without the lock too
 *
 * Protected by the lock of the mailbox that the port receives from.
 */
struct imb_holder {
	struct rb_root calls;
	unsigned long count;
};

/**
 * struct imb_call - a call
 * @refs: the caller; the mailbox while it is open; who is just replying, or receives
 *	the notice
 * @answer: where the answer goes; NULL once the caller has left, or before that constant
 * @room: bytes of it that the caller has room for, constant
 * @room_fds: files that it has room for, constant
 * @cost: bytes of kernel memory, but for the message
 * @payer: account of the caller, which is charged for @cost, or NULL; the caller's, and of
 *	the last one who puts the call
 * @payer_owned: @payer is a reference
 * @cookie: the answer's, set with it
 * @token: number of its message, constant once the message has a place
 * @node: place among the open calls of the mailbox, by @token
 * @link: place among those to put
 * @caller: where the caller stands while it waits, else NULL
 * @holder: of the port by which it was taken; not a reference, NULL once it is answered
 * @held: place among the calls of @holder
 * @files: the table of descriptors of who took it; not a reference, and only compared
 * @open: it stands among the open calls
 * @billed: the mailbox's purse pays for it
 * @replying: somebody copies an answer
 * @replier: account of who copies an answer, who keeps it until that is done, or NULL; of no
 *	meaning else
 * @room_payer: a reference to the account that is charged for the room after the caller has
 *	left while an answer was copied, else NULL
 * @notice: tells the server that the caller has left, constant
 * @noticed: the notice is in the queue of notices
 * @answered: it has its answer, and stands there until the caller returns
 *
 * From @token on, protected by the lock of the mailbox.
 */
struct imb_call {
	refcount_t refs;
	struct imb_msg *answer;
	size_t room;
	u32 room_fds;
	u64 cost;
	struct imb_account *payer;
	bool payer_owned;
	u64 cookie;

	u64 token;
	union {
		struct rb_node node;
		struct list_head link;
	};
	struct imb_stand *caller;
	struct imb_holder *holder;
	struct rb_node held;
	const void *files;
	bool open;
	bool billed;
	struct imb_msg *notice;
	bool noticed;
	bool replying;
	struct imb_account *replier;
	struct imb_account *room_payer;
	bool answered;
};

/**
 * struct imb_reply - one answer
 * @token: which call
 * @from: the bytes
 * @acct: account of who answers, or NULL
 * @cookie: the replier's own
 * @fds: files that go with it, or NULL; the call takes them if the reply succeeds
 * @room: out, with -EMSGSIZE: bytes that the caller has room for
 * @room_fds: likewise, files
 */
struct imb_reply {
	u64 token;
	struct iov_iter *from;
	struct imb_account *acct;
	u64 cookie;
	struct imb_fds *fds;
	u64 room;
	u32 room_fds;
};

struct imb_call *imb_call_new(size_t room, u32 room_fds,
			      struct imb_account *payer);
void imb_call_leave(struct imb_call *call);
void imb_call_get(struct imb_call *call);
struct imb_call *imb_call_put(struct imb_call *call);

void imb_call_open_locked(struct imb_mbox *mbox, struct imb_call *call,
			  struct imb_holder *holder);
void imb_call_close_locked(struct imb_mbox *mbox, struct imb_call *call,
			   struct imb_after *after);
struct imb_call *imb_call_from_locked(const struct imb_mbox *mbox, u64 token);
void imb_call_end_locked(struct imb_mbox *mbox, struct imb_call *call,
			 struct imb_after *after);
bool imb_call_fail_one_locked(struct imb_mbox *mbox, int error,
			      struct imb_after *after);

int imb_call_reply(struct imb_mbox *mbox, struct imb_reply *reply);
void imb_call_abandon(struct imb_mbox *mbox, struct imb_holder *holder,
		      const void *files);

/* call_bill.c */
void imb_call_end_bill(struct imb_call *call);
void imb_call_drop_room_locked(struct imb_call *call, struct imb_after *after);
void imb_call_pass_room_locked(struct imb_call *call);
bool imb_call_bill_locked(struct imb_mbox *mbox, struct imb_call *call);
void imb_call_close_bill_locked(struct imb_mbox *mbox, struct imb_call *call);

#endif /* _IMB_CALL_H */
