/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_QUEUE_H
#define _IMB_QUEUE_H

#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/types.h>

struct imb_msg;

/**
 * DOC: Queues
 *
 * A queue holds messages in the order of their ids. It is pure: it allocates
 * nothing, can't fail, and leaves locking to its owner.
 *
 * New messages come at the end of a list. A message that was taken out and
 * comes back, because its receiver failed, is older than any on the list, since
 * the oldest is always taken first; but several may come back in any order. So
 * these stand in a tree of their own, before the list, and every operation costs
 * O(1), or O(log n) in the number of messages that receivers returned.
 */

/**
 * struct imb_queue - an ordered queue of messages
 * @fifo: messages in the order in which they came
 * @returned: messages that came back, by id, all older than those of @fifo
 * @count: messages in both
 */
struct imb_queue {
	struct list_head fifo;
	struct rb_root_cached returned;
	u64 count;
};

void imb_queue_init(struct imb_queue *queue);
void imb_queue_push(struct imb_queue *queue, struct imb_msg *msg);
void imb_queue_put_back(struct imb_queue *queue, struct imb_msg *msg);
void imb_queue_remove(struct imb_queue *queue, struct imb_msg *msg);
struct imb_msg *imb_queue_first(const struct imb_queue *queue);
struct imb_msg *imb_queue_last(const struct imb_queue *queue);

#endif /* _IMB_QUEUE_H */
