/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_ROW_H
#define _IMB_ROW_H

#include <linux/rbtree.h>
#include <linux/types.h>

struct imb_msg;

/**
 * DOC: Rows
 *
 * Messages by number, of which both ends are at hand. Who comes new has the largest
 * number: to add it at the end, or to remove one from an end, costs O(1) on average; all
 * else O(log n). Allocates nothing and can't fail.
 */

/**
 * struct imb_row - messages by id
 * @root: the tree
 * @last: the largest id, or NULL
 */
struct imb_row {
	struct rb_root_cached root;
	struct rb_node *last;
};

void imb_row_init(struct imb_row *row);
void imb_row_add(struct imb_row *row, struct imb_msg *msg);
void imb_row_remove(struct imb_row *row, struct imb_msg *msg);
struct imb_msg *imb_row_first(const struct imb_row *row);
struct imb_msg *imb_row_last(const struct imb_row *row);
struct imb_msg *imb_row_find(const struct imb_row *row, u64 id);

/**
 * imb_row_is_empty() - is there no message in a row?
 * @row: the row
 *
 * Return: whether there is none.
 */
static inline bool imb_row_is_empty(const struct imb_row *row)
{
	return !row->last;
}

#endif /* _IMB_ROW_H */
