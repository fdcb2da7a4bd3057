/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_CAST_H
#define _IMB_CAST_H

#include <linux/list.h>
#include <linux/types.h>

struct imb_after;
struct imb_attrs;
struct imb_mbox;
struct imb_msg;
struct imb_patience;
struct imb_receipt;
struct imb_region;
struct imb_stand;

/**
 * DOC: Broadcast
 *
 * A mailbox that broadcasts, a *hub*, stores nothing. Each subscription is a mailbox of
 * its own, which only the hub sends to, so that receiving, choosing, waiting and
 * polling are there what they are elsewhere. A message is sent to all in three steps,
 * which one sender at a time does, in the order in which they came: so all subscribers
 * see one order.
 *
 *  1. The subscribers of this moment are noted, and for each a message is made that
 *     shares the payload.
 *  2. Where the message must not get lost, a slot is *reserved*: in the subscriptions
 *     that block, or in all. For that the sender may have to wait; if it gives up, the
 *     reservations are returned, and nobody has seen anything.
 *  3. The messages are delivered. That cannot fail; who has no room loses a message, as
 *     he has chosen.
 *
 * No two mailboxes are locked at once. What hub and subscriptions are beside mailboxes
 * they add by their imb_mbox_ops.
 */

/**
 * struct imb_cast - what a hub has beside a mailbox
 * @subscribers: the subscriptions
 * @count: how many
 * @busy: somebody is sending
 * @turns: senders that wait for their turn
 * @news: how often subscriptions had to be told of senders, and 1
 * @slow_mask: what subscribers may choose, bits 1 << enum ipcmbox_slow, constant
 *
 * Protected by the lock of the hub, but for the last.
 */
struct imb_cast {
	struct list_head subscribers;
	u32 count;
	bool busy;
	struct list_head turns;
	u64 news;
	u32 slow_mask;
};

/**
 * struct imb_subscription - what a subscription has beside a mailbox
 * @mbox: the mailbox that gets the messages, constant
 * @hub: the hub, a reference, constant
 * @link: place among the subscriptions, under the lock of the hub
 * @slow: enum ipcmbox_slow, constant
 * @full: it blocks, and has no room for a message of any length; read without a lock
 * @news: which of the hub's news it knows, 0 for none
 * @reserver: the sender that waits for a slot, or NULL
 * @missed: messages that did not come since one came
 *
 * From @full on, under the lock of the subscription.
 */
struct imb_subscription {
	struct imb_mbox *mbox;
	struct imb_mbox *hub;
	struct list_head link;
	u32 slow;
	bool full;
	u64 news;
	struct imb_stand *reserver;
	u64 missed;
};

struct imb_mbox *imb_cast_new(const struct imb_attrs *attrs,
			      struct imb_region *region);
bool imb_cast_is_hub(const struct imb_mbox *mbox);
u32 imb_cast_slow_mask(const struct imb_mbox *mbox);
int imb_cast_send(struct imb_mbox *hub, struct imb_msg *msg,
		  const struct imb_patience *patience, bool all,
		  struct imb_receipt *receipt);
void imb_cast_tell(struct imb_mbox *mbox, u64 news, bool dead, bool had_senders,
		   bool has_senders);

/* subscription.c */
struct imb_mbox *imb_cast_subscribe(struct imb_mbox *hub,
				    const struct imb_attrs *attrs, u32 slow);

#endif /* _IMB_CAST_H */
