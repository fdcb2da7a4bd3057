// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues: the order in which messages are taken. See queue.h.
 */

#include "msg.h"
#include "queue.h"
#include "row.h"

/**
 * imb_queue_init() - make an empty queue
 * @queue: the queue
 */
void imb_queue_init(struct imb_queue *queue)
{
	queue->count = 0;
	imb_row_init(&queue->row);
}

/**
 * imb_queue_first() - the oldest message
 * @queue: the queue
 *
 * Return: the message, which stays, or NULL.
 */
struct imb_msg *imb_queue_first(const struct imb_queue *queue)
{
	return imb_row_first(&queue->row);
}

/**
 * imb_queue_add() - put a message where its number says
 * @queue: the queue
 * @msg: the message, new, or returned to this or from another queue
 */
void imb_queue_add(struct imb_queue *queue, struct imb_msg *msg)
{
	imb_row_add(&queue->row, msg);
	queue->count++;
}

/**
 * imb_queue_remove() - take a message out, wherever it stands
 * @queue: the queue
 * @msg: the message, in this queue
 */
void imb_queue_remove(struct imb_queue *queue, struct imb_msg *msg)
{
	imb_row_remove(&queue->row, msg);
	queue->count--;
}
