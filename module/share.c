// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fair shares of the room of a mailbox. See share.h.
 */
#include <linux/slab.h>

#include "share.h"

/**
 * imb_share_new() - make the share of a message
 * @uid: who sends it
 * @len: its bytes
 *
 * May sleep.
 *
 * Return: the share, which has not joined, or NULL.
 */
struct imb_share *imb_share_new(kuid_t uid, u64 len)
{
	struct imb_share *share;

	share = kzalloc(sizeof(*share), GFP_KERNEL_ACCOUNT);
	if (!share)
		return NULL;
	share->uid = uid;
	share->len = len;
	INIT_LIST_HEAD(&share->peers);
	return share;
}

/**
 * imb_share_free() - free the share of a message
 * @share: the share, which has left or never joined, or NULL
 */
void imb_share_free(struct imb_share *share)
{
	kfree(share);
}

/**
 * imb_shares_init() - nobody has anything yet
 * @shares: the shares of a mailbox
 */
void imb_shares_init(struct imb_shares *shares)
{
	*shares = (struct imb_shares){ .root = RB_ROOT };
}

static struct imb_share *imb_share_of(const struct rb_node *node)
{
	return node ? rb_entry(node, struct imb_share, node) : NULL;
}

static int imb_share_compare(const void *key, const struct rb_node *node)
{
	const kuid_t *uid = key;
	kuid_t other = imb_share_of(node)->uid;

	if (uid_eq(*uid, other))
		return 0;
	return uid_lt(*uid, other) ? -1 : 1;
}

static bool imb_share_less(struct rb_node *a, const struct rb_node *b)
{
	return imb_share_compare(&imb_share_of(a)->uid, b) < 0;
}

/* Whether who has @used may have @more, where all have @sum of @room. */
static bool imb_shares_allow(u64 room, u64 sum, u64 used, u64 more)
{
	u64 others = sum - used;
	u64 rest = room > others ? room - others : 0;

	/* Half of it, rounded up. */
	return used + more <= rest - rest / 2;
}

/**
 * imb_shares_admit() - may a user send another message?
 * @shares: the shares of a mailbox
 * @room: of the mailbox
 * @uid: the user
 * @len: bytes of the message
 *
 * Return: whether the user has none there yet, or has then no more than half of the room
 * that the others leave, of messages and of bytes.
 */
bool imb_shares_admit(const struct imb_shares *shares,
		      const struct imb_room *room, kuid_t uid, u64 len)
{
	const struct imb_share *share =
		imb_share_of(rb_find(&uid, &shares->root, imb_share_compare));

	if (!share)
		return true;
	if (!imb_shares_allow(room->messages, shares->messages, share->messages,
			      1))
		return false;
	return !room->bytes ||
	       imb_shares_allow(room->bytes, shares->bytes, share->bytes, len);
}

/**
 * imb_shares_join() - a message comes
 * @shares: the shares of the mailbox
 * @share: that of the message
 */
void imb_shares_join(struct imb_shares *shares, struct imb_share *share)
{
	struct imb_share *first = imb_share_of(
		rb_find(&share->uid, &shares->root, imb_share_compare));

	if (first) {
		list_add(&share->peers, &first->peers);
	} else {
		first = share;
		share->stands = true;
		share->messages = 0;
		share->bytes = 0;
		rb_add(&share->node, &shares->root, imb_share_less);
	}
	first->messages++;
	first->bytes += share->len;
	shares->messages++;
	shares->bytes += share->len;
}

/* Another of the same user takes the place of one that leaves, if there is any. */
static void imb_share_hand_over(struct imb_shares *shares,
				struct imb_share *share)
{
	struct imb_share *next;

	share->stands = false;
	if (list_empty(&share->peers)) {
		rb_erase(&share->node, &shares->root);
		return;
	}
	next = list_first_entry(&share->peers, struct imb_share, peers);
	next->stands = true;
	next->messages = share->messages;
	next->bytes = share->bytes;
	rb_replace_node(&share->node, &next->node, &shares->root);
}

/**
 * imb_shares_ease() - somebody may have room who had none
 * @shares: the shares of a mailbox
 */
void imb_shares_ease(struct imb_shares *shares)
{
	shares->eased = true;
}

/**
 * imb_shares_leave() - a message goes
 * @shares: the shares of the mailbox
 * @share: that of the message, which has joined
 */
void imb_shares_leave(struct imb_shares *shares, struct imb_share *share)
{
	struct imb_share *first = imb_share_of(
		rb_find(&share->uid, &shares->root, imb_share_compare));

	first->messages--;
	first->bytes -= share->len;
	shares->messages--;
	shares->bytes -= share->len;
	imb_shares_ease(shares);
	if (share->stands)
		imb_share_hand_over(shares, share);
	list_del_init(&share->peers);
}

/**
 * imb_shares_have_eased() - may somebody send who could not before?
 * @shares: the shares of the mailbox
 *
 * Return: whether imb_shares_ease() was called since this was asked last.
 */
bool imb_shares_have_eased(struct imb_shares *shares)
{
	bool eased = shares->eased;

	shares->eased = false;
	return eased;
}
