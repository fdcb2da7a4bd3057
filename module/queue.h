/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_QUEUE_H
#define _IMB_QUEUE_H

#include <linux/ipcmbox.h>
#include <linux/rbtree.h>
#include <linux/types.h>

#include "ipcmbox.h"
#include "row.h"

struct imb_msg;

/**
 * DOC: Queues
 *
 * A queue holds messages in the order in which they are to be taken: the oldest
 * first, the youngest first, or the highest priority first and of these the
 * oldest. It leaves locking to its owner and never fails: what it may need is
 * allocated before, by imb_queue_init() and imb_queue_prepare().
 *
 * Messages stand in *rows*, trees by id of which both ends are at hand. Who comes
 * new has the largest id and goes to the end of his row, who is taken stands at
 * an end, so both cost O(1) on average; who comes back because his receiver
 * failed, or is taken out because his sender withdrew him, costs O(log n). A
 * queue by priority has a row for each level and a bit map of the rows that are
 * not empty, two levels deep, so the best is found in the same time however many
 * levels and messages there are. The scheduler's lists of real-time tasks were
 * the example.
 */

struct imb_levels;

/**
 * struct imb_queue - an ordered queue of messages
 * @order: which is the first, constant
 * @row: the messages, unless by priority
 * @levels: a row for each priority, or NULL
 * @count: how many
 * @cost: bytes that the queue has allocated for itself
 */
struct imb_queue {
	enum ipcmbox_order order;
	struct imb_row row;
	struct imb_levels *levels;
	u64 count;
	u64 cost;
};

/* What imb_queue_prepare() allocates, for this many priorities. */
#define IMB_ROWS 128
#define IMB_ROWS_SIZE (IMB_ROWS * sizeof(struct imb_row))

int imb_queue_init(struct imb_queue *queue, enum ipcmbox_order order);
void imb_queue_exit(struct imb_queue *queue);
bool imb_queue_is_prepared(const struct imb_queue *queue, u32 priority);
void *imb_queue_prepare(void);
void *imb_queue_accept(struct imb_queue *queue, u32 priority, void *rows);

u64 imb_queue_next_id(const struct imb_queue *queue, u64 last, u32 priority);
bool imb_queue_would_lead(const struct imb_queue *queue, u64 last,
			  u32 priority);
void imb_queue_add(struct imb_queue *queue, struct imb_msg *msg);
void imb_queue_remove(struct imb_queue *queue, struct imb_msg *msg);
struct imb_msg *imb_queue_first(const struct imb_queue *queue);
struct imb_msg *imb_queue_sweep(const struct imb_queue *queue, u64 arrivals,
				int *level);
struct imb_msg *imb_queue_better(const struct imb_queue *queue,
				 struct imb_msg *a, struct imb_msg *b);

#endif /* _IMB_QUEUE_H */
