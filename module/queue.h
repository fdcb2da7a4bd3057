/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_QUEUE_H
#define _IMB_QUEUE_H

#include <linux/ipcmbox.h>
#include <linux/rbtree.h>
#include <linux/types.h>

#include "index.h"
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
 *
 * In a queue that lets receivers choose, each message stands in two indexes
 * besides, by its type and by its sender.
 */

/**
 * struct imb_match - which messages a receiver wants
 * @kind: of which kind
 * @value: the type, or imb_sender_key()
 */
struct imb_match {
	enum ipcmbox_match kind;
	u64 value;
};

struct imb_levels;

/**
 * struct imb_queue - an ordered queue of messages
 * @order: which is the first, constant
 * @chooses: receivers may choose, constant
 * @row: the messages, unless by priority
 * @levels: a row for each priority, or NULL
 * @types: all messages by type, if receivers may choose
 * @senders: all messages by sender, likewise
 * @count: how many
 * @cost: bytes that the queue has allocated for itself
 */
struct imb_queue {
	enum ipcmbox_order order;
	bool chooses;
	struct imb_row row;
	struct imb_levels *levels;
	struct imb_index types;
	struct imb_index senders;
	u64 count;
	u64 cost;
};

/* What imb_queue_prepare() allocates, for this many priorities. */
#define IMB_ROWS 128
#define IMB_ROWS_SIZE (IMB_ROWS * sizeof(struct imb_row))

int imb_queue_init(struct imb_queue *queue, enum ipcmbox_order order,
		   bool chooses);
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
struct imb_msg *imb_queue_match(const struct imb_queue *queue,
				const struct imb_match *match);
struct imb_msg *imb_queue_sweep(const struct imb_queue *queue, u64 arrivals,
				int *level);
struct imb_msg *imb_queue_find(const struct imb_queue *queue, u64 id);
struct imb_msg *imb_queue_better(const struct imb_queue *queue,
				 const struct imb_match *match,
				 struct imb_msg *a, struct imb_msg *b);

#endif /* _IMB_QUEUE_H */
