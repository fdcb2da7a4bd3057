// SPDX-License-Identifier: GPL-2.0-only
/*
 * Subscriptions: the mailboxes that get what a hub broadcasts. See cast.h.
 */
#include <linux/err.h>
#include <linux/ipcmbox.h>
#include <linux/slab.h>

#include "cast.h"
#include "copy.h"
#include "mbox.h"
#include "trace.h"

static struct imb_cast *
imb_subscription_cast(const struct imb_subscription *sub)
{
	return sub->hub->part;
}

static bool imb_subscription_has_room_locked(const struct imb_mbox *mbox)
{
	return imb_mbox_has_room_locked(mbox, mbox->max_message);
}

static void imb_subscription_settled_locked(struct imb_mbox *mbox,
					    __poll_t events)
{
	struct imb_subscription *sub = mbox->part;

	/* Where it has ended nobody waits for room. */
	WRITE_ONCE(sub->full, sub->slow == IPCMBOX_SLOW_BLOCK &&
				      !(events & (EPOLLOUT | EPOLLERR)));
}

/* Who sends to it is the hub's. */
static void imb_subscription_tell(struct imb_mbox *mbox, __poll_t events)
{
	struct imb_subscription *sub = mbox->part;
	struct imb_after after;

	if (!(events & (EPOLLOUT | EPOLLERR)) ||
	    sub->slow != IPCMBOX_SLOW_BLOCK)
		return;
	imb_after_init(&after);
	spin_lock(&sub->hub->lock);
	imb_mbox_settle(sub->hub, &after);
}

/* Nobody knows it any more but the hub. */
static void imb_subscription_release(struct imb_mbox *mbox)
{
	struct imb_subscription *sub = mbox->part;
	struct imb_mbox *hub = sub->hub;
	struct imb_after after;

	imb_after_init(&after);
	spin_lock(&hub->lock);
	if (!list_empty(&sub->link)) {
		list_del(&sub->link);
		imb_subscription_cast(sub)->count--;
		hub->nr_receivers--;
	}
	imb_mbox_settle(hub, &after);
	imb_mbox_put(hub);
	kfree(sub);
}

static const struct imb_mbox_ops imb_subscription_ops = {
	.has_room_locked = imb_subscription_has_room_locked,
	.settle_one_locked = imb_copies_settle_one_locked,
	.settled_locked = imb_subscription_settled_locked,
	.tell = imb_subscription_tell,
	.release = imb_subscription_release,
};

/* Let the hub know it. */
static int imb_subscription_join(struct imb_mbox *mbox)
{
	struct imb_subscription *sub = mbox->part;
	struct imb_cast *cast = imb_subscription_cast(sub);
	struct imb_mbox *hub = sub->hub;
	bool had_senders, has_senders;
	u64 news;
	int ret = 0;

	spin_lock(&hub->lock);
	if (hub->dead) {
		ret = -EIDRM;
	} else if (cast->count == IPCMBOX_SUBSCRIBERS_MAX) {
		ret = -EUSERS;
	} else {
		hub->had_receivers = true;
		hub->nr_receivers++;
		cast->count++;
		list_add_tail(&sub->link, &cast->subscribers);
	}
	had_senders = hub->had_senders;
	has_senders = hub->nr_senders;
	news = cast->news;
	spin_unlock(&hub->lock);
	/* The hub may have told it more meanwhile, and its instance may have ended it. */
	if (!ret)
		imb_cast_tell(mbox, news, false, had_senders, has_senders);
	return ret;
}

/**
 * imb_cast_subscribe() - make a subscription
 * @hub: the hub
 * @attrs: attributes of the mailbox that gets the messages
 * @slow: enum ipcmbox_slow
 *
 * May sleep.
 *
 * Return: the mailbox, with one reference, or an ERR_PTR: -ENOMEM, -EDQUOT, -EIDRM,
 * -EUSERS.
 */
struct imb_mbox *imb_cast_subscribe(struct imb_mbox *hub,
				    const struct imb_attrs *attrs, u32 slow)
{
	struct imb_subscription *sub;
	struct imb_mbox *mbox;
	int ret;

	sub = kzalloc(sizeof(*sub), GFP_KERNEL_ACCOUNT);
	if (!sub)
		return ERR_PTR(-ENOMEM);
	sub->hub = imb_mbox_get(hub);
	sub->slow = slow;
	INIT_LIST_HEAD(&sub->link);
	mbox = imb_mbox_new_part(attrs, NULL, &imb_subscription_ops, sub);
	if (IS_ERR(mbox)) {
		imb_mbox_put(hub);
		kfree(sub);
		return mbox;
	}
	sub->mbox = mbox;
	ret = imb_subscription_join(mbox);
	if (ret) {
		imb_mbox_put(mbox);
		return ERR_PTR(ret);
	}
	trace_ipcmbox_subscribe(hub->id, mbox->id);
	return mbox;
}
