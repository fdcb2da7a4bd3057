// SPDX-License-Identifier: GPL-2.0-only
/*
 * What calls cost, and who pays. See call.h.
 */
#include <linux/list.h>
#include <linux/refcount.h>

#include "account.h"
#include "call.h"
#include "fds.h"
#include "mbox.h"
#include "msg.h"

static u64 imb_call_room_cost(const struct imb_call *call)
{
	return imb_msg_truesize_of(call->room) +
	       imb_fds_truesize_of(call->room_fds);
}

/* The caller pays no more; nobody does, unless a purse shares it, which is of @heir. */
static void imb_call_unpay(struct imb_call *call,
			   const struct imb_account *heir)
{
	if (call->payer && heir)
		imb_account_unshare(call->payer, heir, IMB_CHARGE_BYTES,
				    call->cost);
	else if (call->payer)
		imb_account_uncharge(call->payer, IMB_CHARGE_BYTES, call->cost);
	if (call->payer_owned)
		imb_account_put(call->payer);
	call->payer = NULL;
	call->payer_owned = false;
}

/**
 * imb_call_end_bill() - nobody pays for a call any more
 * @call: the call, which is about to be freed
 */
void imb_call_end_bill(struct imb_call *call)
{
	if (call->room_payer)
		imb_account_uncharge(call->room_payer, IMB_CHARGE_BYTES,
				     imb_call_room_cost(call));
	imb_account_put(call->room_payer);
	imb_call_unpay(call, NULL);
}

/**
 * imb_call_drop_room_locked() - do without the room for the answer
 * @call: the call; nobody will have the answer, and nobody is writing it
 * @after: takes the room
 */
void imb_call_drop_room_locked(struct imb_call *call, struct imb_after *after)
{
	u64 cost = imb_call_room_cost(call);

	list_add_tail(&call->answer->link, &after->trash);
	call->answer = NULL;
	call->cost -= cost;
	imb_account_uncharge(call->payer, IMB_CHARGE_BYTES, cost);
}

/**
 * imb_call_pass_room_locked() - have who writes an answer pay for the room
 * @call: the call; nobody will have the answer
 *
 * If that would leave him too little of his quota, the caller pays on.
 */
void imb_call_pass_room_locked(struct imb_call *call)
{
	u64 cost = imb_call_room_cost(call);
	struct imb_account *payer = call->payer, *replier = NULL;

	/* It is his own quota that counts, for that of an instance could be his choice. */
	if (call->replier)
		replier = imb_account_user(call->replier);
	if (replier && imb_account_has_plenty(replier, cost) &&
	    !imb_account_share(replier, payer, IMB_CHARGE_BYTES, cost)) {
		imb_account_unshare(payer, replier, IMB_CHARGE_BYTES, cost);
		payer = replier;
	}
	refcount_inc(&payer->refs);
	call->room_payer = payer;
	call->cost -= cost;
}

/**
 * imb_call_bill_locked() - have the owner of the mailbox pay instead of the caller
 * @mbox: the mailbox, locked
 * @call: the call
 *
 * Return: whether he has the quota; else nothing has changed.
 */
bool imb_call_bill_locked(struct imb_mbox *mbox, struct imb_call *call)
{
	if (!imb_purse_take(&mbox->purse, call->cost))
		imb_call_unpay(call, NULL);
	else if (!imb_purse_take_over(&mbox->purse, call->cost, call->payer,
				      call->cost))
		imb_call_unpay(call, mbox->purse.acct);
	else
		return false;
	call->billed = true;
	return true;
}

/**
 * imb_call_close_bill_locked() - a call costs the owner of the mailbox nothing any more
 * @mbox: the mailbox, locked
 * @call: the call, billed or not
 */
void imb_call_close_bill_locked(struct imb_mbox *mbox, struct imb_call *call)
{
	if (call->billed)
		imb_purse_give(&mbox->purse, call->cost);
	call->billed = false;
}
