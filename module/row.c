// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rows: messages by number. See row.h.
 */
#include "msg.h"
#include "row.h"

/**
 * imb_row_init() - make a row empty
 * @row: the row
 */
void imb_row_init(struct imb_row *row)
{
	row->root = RB_ROOT_CACHED;
	row->last = NULL;
}

static struct imb_msg *imb_row_msg(struct rb_node *node)
{
	return node ? rb_entry(node, struct imb_msg, node) : NULL;
}

/**
 * imb_row_add() - add a message
 * @row: the row
 * @msg: the message; its number is set
 */
void imb_row_add(struct imb_row *row, struct imb_msg *msg)
{
	struct rb_node **link = &row->root.rb_root.rb_node;
	struct rb_node *parent = NULL;
	bool first = true;

	if (row->last && imb_row_msg(row->last)->id < msg->id) {
		parent = row->last;
		link = &parent->rb_right;
		first = false;
	}
	while (*link) {
		parent = *link;
		if (msg->id < imb_row_msg(parent)->id) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			first = false;
		}
	}
	rb_link_node(&msg->node, parent, link);
	rb_insert_color_cached(&msg->node, &row->root, first);
	if (!row->last || imb_row_msg(row->last)->id < msg->id)
		row->last = &msg->node;
}

/**
 * imb_row_remove() - remove a message
 * @row: the row
 * @msg: the message, which is in it
 */
void imb_row_remove(struct imb_row *row, struct imb_msg *msg)
{
	if (row->last == &msg->node)
		row->last = rb_prev(&msg->node);
	rb_erase_cached(&msg->node, &row->root);
}

/**
 * imb_row_first() - the message of the least number
 * @row: the row
 *
 * Return: the message, which stays, or NULL.
 */
struct imb_msg *imb_row_first(const struct imb_row *row)
{
	return imb_row_msg(rb_first_cached(&row->root));
}

/**
 * imb_row_last() - the message of the largest number
 * @row: the row
 *
 * Return: the message, which stays, or NULL.
 */
struct imb_msg *imb_row_last(const struct imb_row *row)
{
	return imb_row_msg(row->last);
}

/**
 * imb_row_find() - the message of a number
 * @row: the row
 * @id: the number
 *
 * Return: the message, which stays, or NULL.
 */
struct imb_msg *imb_row_find(const struct imb_row *row, u64 id)
{
	struct rb_node *node = row->root.rb_root.rb_node;

	while (node) {
		struct imb_msg *msg = imb_row_msg(node);

		if (msg->id == id)
			return msg;
		node = id < msg->id ? node->rb_left : node->rb_right;
	}
	return NULL;
}
