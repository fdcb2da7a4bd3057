// SPDX-License-Identifier: GPL-2.0-only
/*
 * Indexes: nodes by key, and the best of a range. See index.h.
 */
#include <linux/rbtree_augmented.h>

#include "index.h"

static struct imb_node *imb_node_of(struct rb_node *rb)
{
	return rb ? rb_entry(rb, struct imb_node, rb) : NULL;
}

/* Below no node at all there is no good rank. */
static u64 imb_node_best(struct rb_node *rb)
{
	return rb ? rb_entry(rb, struct imb_node, rb)->best : U64_MAX;
}

/* Recompute a node's best; with @exit, whether it stays as it was. */
static bool imb_node_compute(struct imb_node *node, bool exit)
{
	u64 best = min3(node->rank, imb_node_best(node->rb.rb_left),
			imb_node_best(node->rb.rb_right));

	if (exit && node->best == best)
		return true;
	node->best = best;
	return false;
}

RB_DECLARE_CALLBACKS(static, imb_index_callbacks, struct imb_node, rb, best,
		     imb_node_compute);

/**
 * imb_index_init() - make an index empty
 * @index: the index
 */
void imb_index_init(struct imb_index *index)
{
	index->root = RB_ROOT;
}

static bool imb_node_precedes(const struct imb_node *a,
			      const struct imb_node *b)
{
	return a->key < b->key || (a->key == b->key && a->rank < b->rank);
}

/**
 * imb_index_add() - add a node
 * @index: the index
 * @node: the node, its key and its rank set
 */
void imb_index_add(struct imb_index *index, struct imb_node *node)
{
	struct rb_node **link = &index->root.rb_node;
	struct rb_node *parent = NULL;
	struct imb_node *other;

	node->best = node->rank;
	while (*link) {
		parent = *link;
		other = imb_node_of(parent);
		other->best = min(other->best, node->rank);
		link = imb_node_precedes(node, other) ? &parent->rb_left :
							&parent->rb_right;
	}
	rb_link_node(&node->rb, parent, link);
	rb_insert_augmented(&node->rb, &index->root, &imb_index_callbacks);
}

/**
 * imb_index_remove() - remove a node
 * @index: the index
 * @node: the node, which is in it
 */
void imb_index_remove(struct imb_index *index, struct imb_node *node)
{
	rb_erase_augmented(&node->rb, &index->root, &imb_index_callbacks);
}

/**
 * imb_index_least() - the node of the least key, and of those the best
 * @index: the index
 *
 * Return: the node, which stays, or NULL.
 */
struct imb_node *imb_index_least(const struct imb_index *index)
{
	return imb_node_of(rb_first(&index->root));
}

/* The node of this rank, which is below @rb. */
static struct imb_node *imb_node_find(struct rb_node *rb, u64 rank)
{
	for (;;) {
		struct imb_node *node = imb_node_of(rb);

		if (node->rank == rank)
			return node;
		rb = imb_node_best(rb->rb_left) == rank ? rb->rb_left :
							  rb->rb_right;
	}
}

/**
 * struct imb_best - the best that was found so far
 * @rank: its rank, U64_MAX for none
 * @top: it is this node, or below it
 */
struct imb_best {
	u64 rank;
	struct rb_node *top;
};

static void imb_best_offer_one(struct imb_best *best, struct imb_node *node)
{
	if (node->rank < best->rank)
		*best = (struct imb_best){ node->rank, &node->rb };
}

static void imb_best_offer_all(struct imb_best *best, struct rb_node *rb)
{
	if (imb_node_best(rb) < best->rank)
		*best = (struct imb_best){ imb_node_best(rb), rb };
}

/* All of a subtree whose keys are not less than @from. */
static void imb_best_from(struct imb_best *best, struct rb_node *rb, u64 from)
{
	while (rb) {
		if (imb_node_of(rb)->key < from) {
			rb = rb->rb_right;
			continue;
		}
		imb_best_offer_one(best, imb_node_of(rb));
		imb_best_offer_all(best, rb->rb_right);
		rb = rb->rb_left;
	}
}

/* All of a subtree whose keys are not more than @to. */
static void imb_best_to(struct imb_best *best, struct rb_node *rb, u64 to)
{
	while (rb) {
		if (imb_node_of(rb)->key > to) {
			rb = rb->rb_left;
			continue;
		}
		imb_best_offer_one(best, imb_node_of(rb));
		imb_best_offer_all(best, rb->rb_left);
		rb = rb->rb_right;
	}
}

static void imb_best_range(struct imb_best *best, struct rb_node *rb, u64 from,
			   u64 to)
{
	/* Down to where the ways to both ends part. */
	while (rb) {
		u64 key = imb_node_of(rb)->key;

		if (key >= from && key <= to)
			break;
		rb = key < from ? rb->rb_right : rb->rb_left;
	}
	if (!rb)
		return;
	imb_best_offer_one(best, imb_node_of(rb));
	imb_best_from(best, rb->rb_left, from);
	imb_best_to(best, rb->rb_right, to);
}

static struct imb_node *imb_best_node(const struct imb_best *best)
{
	return best->top ? imb_node_find(best->top, best->rank) : NULL;
}

/**
 * imb_index_best() - the node of the lowest rank in a range of keys
 * @index: the index
 * @from: the least key
 * @to: the largest key
 *
 * Return: the node, which stays, or NULL.
 */
struct imb_node *imb_index_best(const struct imb_index *index, u64 from, u64 to)
{
	struct imb_best best = { .rank = U64_MAX };

	imb_best_range(&best, index->root.rb_node, from, to);
	return imb_best_node(&best);
}

/**
 * imb_index_best_but() - the node of the lowest rank that has not this key
 * @index: the index
 * @key: the key
 *
 * Return: the node, which stays, or NULL.
 */
struct imb_node *imb_index_best_but(const struct imb_index *index, u64 key)
{
	struct imb_best best = { .rank = U64_MAX };

	if (key)
		imb_best_to(&best, index->root.rb_node, key - 1);
	if (key != U64_MAX)
		imb_best_from(&best, index->root.rb_node, key + 1);
	return imb_best_node(&best);
}
