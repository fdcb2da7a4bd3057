// SPDX-License-Identifier: GPL-2.0-only
/*
 * The roster of all mailboxes. See roster.h.
 */
#include <linux/rbtree.h>
#include <linux/spinlock.h>

#include "mbox.h"
#include "roster.h"

static struct rb_root imb_roster = RB_ROOT;
static DEFINE_SPINLOCK(imb_roster_lock); /* of @imb_roster */

static struct imb_mbox *imb_roster_mbox(struct rb_node *node)
{
	return rb_entry(node, struct imb_mbox, roster);
}

static bool imb_roster_less(struct rb_node *a, const struct rb_node *b)
{
	return imb_roster_mbox(a)->id <
	       rb_entry(b, struct imb_mbox, roster)->id;
}

/**
 * imb_roster_add() - a mailbox comes
 * @mbox: the mailbox
 */
void imb_roster_add(struct imb_mbox *mbox)
{
	spin_lock(&imb_roster_lock);
	rb_add(&mbox->roster, &imb_roster, imb_roster_less);
	spin_unlock(&imb_roster_lock);
}

/**
 * imb_roster_remove() - a mailbox goes
 * @mbox: the mailbox, which has no reference any more
 */
void imb_roster_remove(struct imb_mbox *mbox)
{
	spin_lock(&imb_roster_lock);
	rb_erase(&mbox->roster, &imb_roster);
	spin_unlock(&imb_roster_lock);
}

/**
 * imb_roster_next() - go through all mailboxes
 * @id: number of the last one, or 0 to begin
 *
 * Return: the next, to be returned by imb_mbox_put(), or NULL.
 */
struct imb_mbox *imb_roster_next(u64 id)
{
	struct imb_mbox *next = NULL;
	struct rb_node *node;

	spin_lock(&imb_roster_lock);
	for (node = imb_roster.rb_node; node;) {
		if (imb_roster_mbox(node)->id > id) {
			next = imb_roster_mbox(node);
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	/* Those that are just going are no more than a few. */
	while (next && !refcount_inc_not_zero(&next->refs)) {
		node = rb_next(&next->roster);
		next = node ? imb_roster_mbox(node) : NULL;
	}
	spin_unlock(&imb_roster_lock);
	return next;
}
