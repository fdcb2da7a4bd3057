/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_INDEX_H
#define _IMB_INDEX_H

#include <linux/rbtree.h>
#include <linux/types.h>

/**
 * DOC: Indexes
 *
 * An index holds nodes by a key and, among those of one key, by a rank, and
 * tells which node of a range of keys has the lowest rank. It is a red-black
 * tree in which each node also knows the lowest rank below it, as the kernel's
 * interval tree knows the last end. Every operation costs O(log n), allocates
 * nothing and can't fail; locking is left to the owner.
 */

/**
 * struct imb_node - a place in an index
 * @rb: place in the tree
 * @key: what it is found by, constant while it is in the index
 * @rank: the lower the better, different from all others of the index, constant
 *	likewise
 * @best: lowest rank of this node and those below it
 */
struct imb_node {
	struct rb_node rb;
	u64 key;
	u64 rank;
	u64 best;
};

/**
 * struct imb_index - nodes by key
 * @root: the tree
 */
struct imb_index {
	struct rb_root root;
};

void imb_index_init(struct imb_index *index);
void imb_index_add(struct imb_index *index, struct imb_node *node);
void imb_index_remove(struct imb_index *index, struct imb_node *node);
struct imb_node *imb_index_least(const struct imb_index *index);
struct imb_node *imb_index_best(const struct imb_index *index, u64 from,
				u64 to);
struct imb_node *imb_index_best_but(const struct imb_index *index, u64 key);

#endif /* _IMB_INDEX_H */
