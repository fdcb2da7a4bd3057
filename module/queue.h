/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_QUEUE_H
#define _IMB_QUEUE_H

#include <linux/types.h>

#include "ipcmbox.h"
#include "row.h"

struct imb_msg;

/**
 * DOC: Queues
 *
 * A queue holds messages in the order in which they came. It allocates nothing, can't
 * fail, and leaves locking to its owner.
 *
 * Messages stand in a *row*, a tree by id of which both ends are at hand. Who comes new
 * has the largest id and goes to the end, who is taken stands at the other, so both cost
 * O(1) on average; who comes back because his receiver failed, or is taken out because
 * his sender withdrew him, costs O(log n).
 */

/**
 * struct imb_queue - an ordered queue of messages
 * @row: the messages
 * @count: how many
 */
struct imb_queue {
	struct imb_row row;
	u64 count;
};

void imb_queue_init(struct imb_queue *queue);
void imb_queue_add(struct imb_queue *queue, struct imb_msg *msg);
void imb_queue_remove(struct imb_queue *queue, struct imb_msg *msg);
struct imb_msg *imb_queue_first(const struct imb_queue *queue);

#endif /* _IMB_QUEUE_H */
