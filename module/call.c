// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls: how they are open, answered and abandoned. See call.h.
 */
#include <linux/err.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "account.h"
#include "call.h"
#include "fds.h"
#include "mbox.h"
#include "msg.h"
#include "trace.h"

/**
 * imb_call_new() - make a call
 * @room: bytes that the caller has room for
 * @room_fds: files likewise
 * @payer: account of the caller, who keeps it until imb_call_leave()
 *
 * May sleep.
 *
 * Return: the call, with one reference, or an ERR_PTR: -ENOMEM, -EDQUOT.
 */
struct imb_call *imb_call_new(size_t room, u32 room_fds,
			      struct imb_account *payer)
{
	struct imb_call *call;
	u64 cost = sizeof(*call) + imb_msg_truesize_of(room) +
		   imb_msg_truesize_of(0) + imb_fds_truesize_of(room_fds);
	int ret;

	ret = imb_account_charge(payer, IMB_CHARGE_BYTES, cost);
	if (ret)
		return ERR_PTR(ret);
	call = kzalloc(sizeof(*call), GFP_KERNEL_ACCOUNT);
	if (!call)
		goto err_charge;
	call->answer = imb_msg_new(room, NULL);
	if (IS_ERR(call->answer))
		goto err_call;
	call->notice = imb_msg_new(0, NULL);
	if (IS_ERR(call->notice))
		goto err_answer;
	call->notice->notice_of = call;
	refcount_set(&call->refs, 1);
	call->room = room;
	call->room_fds = room_fds;
	call->cost = cost;
	call->payer = payer;
	return call;

err_answer:
	imb_msg_put(call->answer);
err_call:
	kfree(call);
err_charge:
	imb_account_uncharge(payer, IMB_CHARGE_BYTES, cost);
	return ERR_PTR(-ENOMEM);
}

/**
 * imb_call_get() - take a reference
 * @call: the call
 */
void imb_call_get(struct imb_call *call)
{
	refcount_inc(&call->refs);
}

/**
 * imb_call_end_locked() - the caller returns
 * @mbox: the mailbox, locked
 * @call: the call
 * @after: what has to follow
 *
 * A call whose caller has left is the owner's concern until it is closed, but for the room
 * for its answer, unless somebody is just writing it.
 */
void imb_call_end_locked(struct imb_mbox *mbox, struct imb_call *call,
			 struct imb_after *after)
{
	/* Also of one that was closed meanwhile. */
	if (call->replying && !call->answered)
		imb_call_pass_room_locked(call);
	if (!call->open)
		return;
	if (!call->answered && !call->replying)
		imb_call_drop_room_locked(call, after);
	if (call->answered || !imb_call_bill_locked(mbox, call))
		imb_call_close_locked(mbox, call, after);
}

/**
 * imb_call_leave() - the caller has returned, and puts its reference next
 * @call: the call
 *
 * Who is just replying may have it still.
 */
void imb_call_leave(struct imb_call *call)
{
	if (call->payer && refcount_read(&call->refs) > 1) {
		refcount_inc(&call->payer->refs);
		call->payer_owned = true;
	}
}

/**
 * imb_call_put() - return a reference; the last one frees the call
 * @call: the call, or NULL
 *
 * May sleep.
 *
 * Return: NULL.
 */
struct imb_call *imb_call_put(struct imb_call *call)
{
	if (call && refcount_dec_and_test(&call->refs)) {
		if (call->answer)
			imb_msg_put(call->answer);
		imb_msg_put(call->notice);
		imb_call_end_bill(call);
		kfree(call);
	}
	return NULL;
}

static struct imb_call *imb_call_of(struct rb_node *node)
{
	return node ? rb_entry(node, struct imb_call, node) : NULL;
}

static bool imb_call_less(struct rb_node *a, const struct rb_node *b)
{
	return imb_call_of(a)->token <
	       rb_entry(b, struct imb_call, node)->token;
}

static struct imb_call *imb_call_of_held(const struct rb_node *node)
{
	return node ? rb_entry(node, struct imb_call, held) : NULL;
}

static bool imb_call_held_less(struct rb_node *a, const struct rb_node *b)
{
	return (uintptr_t)imb_call_of_held(a)->files <
	       (uintptr_t)imb_call_of_held(b)->files;
}

static void imb_call_hold_locked(struct imb_call *call,
				 struct imb_holder *holder)
{
	call->holder = holder;
	rb_add(&call->held, &holder->calls, imb_call_held_less);
	WRITE_ONCE(holder->count, holder->count + 1);
}

/* The port may end now, whatever becomes of the call. */
static void imb_call_unhold_locked(struct imb_call *call)
{
	struct imb_holder *holder = call->holder;

	if (!holder)
		return;
	call->holder = NULL;
	rb_erase(&call->held, &holder->calls);
	WRITE_ONCE(holder->count, holder->count - 1);
}

/* A call that a table of descriptors has by a port, or any if that is NULL. */
static struct imb_call *imb_call_held_by_locked(const struct imb_holder *holder,
						const void *files)
{
	struct rb_node *node = holder->calls.rb_node;

	while (files && node && imb_call_of_held(node)->files != files)
		node = (uintptr_t)imb_call_of_held(node)->files <
				       (uintptr_t)files ?
			       node->rb_right :
			       node->rb_left;
	return imb_call_of_held(node);
}

/**
 * imb_call_open_locked() - a receiver has the message of a call
 * @mbox: the mailbox, locked
 * @call: the call; the mailbox takes a reference of its own
 * @holder: of the port by which the calling process received it
 */
void imb_call_open_locked(struct imb_mbox *mbox, struct imb_call *call,
			  struct imb_holder *holder)
{
	refcount_inc(&call->refs);
	call->files = current->files;
	imb_call_hold_locked(call, holder);
	call->open = true;
	rb_add(&call->node, &mbox->calls, imb_call_less);
	WRITE_ONCE(mbox->nr_calls, mbox->nr_calls + 1);
}

/**
 * imb_call_close_locked() - a call is over for the mailbox
 * @mbox: the mailbox, locked
 * @call: the call, open
 * @after: takes the mailbox's reference
 */
void imb_call_close_locked(struct imb_mbox *mbox, struct imb_call *call,
			   struct imb_after *after)
{
	call->open = false;
	rb_erase(&call->node, &mbox->calls);
	imb_call_unhold_locked(call);
	if (!call->answered)
		WRITE_ONCE(mbox->nr_calls, mbox->nr_calls - 1);
	if (call->noticed) {
		call->noticed = false;
		imb_queue_remove(&mbox->notices, call->notice);
	}
	if (!call->replying)
		imb_call_close_bill_locked(mbox, call);
	list_add_tail(&call->link, &after->calls);
}

/* End an open call with an error for the caller, if it still waits. */
static void imb_call_fail_locked(struct imb_mbox *mbox, struct imb_call *call,
				 int error, struct imb_after *after)
{
	struct imb_stand *caller = call->caller;

	call->caller = NULL;
	imb_call_close_locked(mbox, call, after);
	if (caller)
		imb_waiter_claim(caller->waiter, error, &after->wakes);
}

/**
 * imb_call_fail_one_locked() - end an open call of a mailbox, if there is one
 * @mbox: the mailbox, locked
 * @error: what its caller gets
 * @after: what has to follow
 *
 * Return: whether there was one.
 */
bool imb_call_fail_one_locked(struct imb_mbox *mbox, int error,
			      struct imb_after *after)
{
	struct imb_call *call = imb_call_of(rb_first(&mbox->calls));

	if (call)
		imb_call_fail_locked(mbox, call, error, after);
	return call;
}

/**
 * imb_call_from_locked() - the open call with the least token that is not less
 * @mbox: the mailbox, locked
 * @token: the token
 *
 * Return: the call or NULL.
 */
struct imb_call *imb_call_from_locked(const struct imb_mbox *mbox, u64 token)
{
	struct rb_node *node = mbox->calls.rb_node;
	struct imb_call *found = NULL;

	while (node) {
		struct imb_call *call = imb_call_of(node);

		if (call->token < token) {
			node = node->rb_right;
		} else {
			found = call;
			node = node->rb_left;
		}
	}
	return found;
}

/* Keep an open call for the calling task to answer. */
static int imb_call_begin_reply_locked(struct imb_mbox *mbox,
				       struct imb_reply *reply,
				       struct imb_call **found,
				       struct imb_after *after)
{
	struct imb_call *call;

	if (mbox->dead)
		return -EIDRM;
	call = imb_call_from_locked(mbox, reply->token);
	if (!call || call->token != reply->token || call->answered)
		return -ESTALE;
	if (!call->caller) {
		imb_call_close_locked(mbox, call, after);
		return -ESTALE;
	}
	if (call->replying)
		return -EBUSY;
	reply->room = call->room;
	reply->room_fds = call->room_fds;
	if (iov_iter_count(reply->from) > call->room ||
	    (reply->fds && reply->fds->count > call->room_fds))
		return -EMSGSIZE;
	call->replying = true;
	call->replier = reply->acct;
	refcount_inc(&call->refs);
	*found = call;
	return 0;
}

static int imb_call_end_reply_locked(struct imb_mbox *mbox,
				     struct imb_call *call, int error,
				     struct imb_reply *reply,
				     struct imb_after *after)
{
	struct imb_stand *caller = call->caller;

	call->replying = false;
	/* It was abandoned meanwhile, or the mailbox destroyed. */
	if (!call->open) {
		imb_call_close_bill_locked(mbox, call);
		return mbox->dead ? -EIDRM : -ESTALE;
	}
	if (caller && error)
		return error;
	if (!caller) {
		imb_call_close_locked(mbox, call, after);
		return -ESTALE;
	}
	call->answered = true;
	imb_call_unhold_locked(call);
	WRITE_ONCE(mbox->nr_calls, mbox->nr_calls - 1);
	call->cookie = reply->cookie;
	call->answer->fds = reply->fds;
	reply->fds = NULL;
	call->caller = NULL;
	trace_ipcmbox_reply(mbox->id, call->token, call->answer->len);
	imb_waiter_claim(caller->waiter, 0, &after->wakes);
	return 0;
}

/**
 * imb_call_reply() - answer a call
 * @mbox: the mailbox by which it came
 * @reply: the answer
 *
 * Does not wait for anybody, and allocates nothing.
 *
 * Return: 0, -EIDRM, -ESTALE, -EBUSY, -EMSGSIZE or -EFAULT.
 */
int imb_call_reply(struct imb_mbox *mbox, struct imb_reply *reply)
{
	struct imb_after after;
	struct imb_call *call;
	int ret;

	imb_after_init(&after);
	spin_lock(&mbox->lock);
	ret = imb_call_begin_reply_locked(mbox, reply, &call, &after);
	imb_mbox_settle(mbox, &after);
	if (ret)
		return ret;

	ret = imb_msg_fill(call->answer, reply->from);

	spin_lock(&mbox->lock);
	ret = imb_call_end_reply_locked(mbox, call, ret, reply, &after);
	imb_mbox_settle(mbox, &after);
	imb_call_put(call);
	return ret;
}

/**
 * imb_call_abandon() - who took calls is gone
 * @mbox: the mailbox
 * @holder: of the port by which they were taken
 * @files: the table of descriptors of who took them, or NULL for any
 *
 * May sleep.
 */
void imb_call_abandon(struct imb_mbox *mbox, struct imb_holder *holder,
		      const void *files)
{
	struct imb_after after;
	struct imb_call *call;
	unsigned int i;

	imb_after_init(&after);
	do {
		spin_lock(&mbox->lock);
		for (i = 0; i < IMB_BATCH; i++) {
			call = imb_call_held_by_locked(holder, files);
			if (!call)
				break;
			imb_call_fail_locked(mbox, call, -EOWNERDEAD, &after);
		}
		imb_mbox_settle(mbox, &after);
		cond_resched();
	} while (call);
}
