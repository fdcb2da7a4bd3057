// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues: the order in which messages are taken. See queue.h.
 */
#include "msg.h"
#include "queue.h"

/**
 * imb_queue_init() - make a queue empty
 * @queue: the queue
 */
void imb_queue_init(struct imb_queue *queue)
{
	INIT_LIST_HEAD(&queue->fifo);
	queue->returned = RB_ROOT_CACHED;
	queue->count = 0;
}

/**
 * imb_queue_push() - add a message at the end
 * @queue: the queue
 * @msg: the message, younger than all in the queue
 */
void imb_queue_push(struct imb_queue *queue, struct imb_msg *msg)
{
	msg->returned = false;
	list_add_tail(&msg->link, &queue->fifo);
	queue->count++;
}

static bool imb_queue_less(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct imb_msg, node)->id <
	       rb_entry(b, struct imb_msg, node)->id;
}

/**
 * imb_queue_put_back() - return a message to where it stood
 * @queue: the queue
 * @msg: the message, which was the oldest when it was taken out
 */
void imb_queue_put_back(struct imb_queue *queue, struct imb_msg *msg)
{
	msg->returned = true;
	rb_add_cached(&msg->node, &queue->returned, imb_queue_less);
	queue->count++;
}

/**
 * imb_queue_remove() - take a message out, wherever it stands
 * @queue: the queue
 * @msg: the message, in this queue
 *
 * Leaves @msg->returned, which tells how to put it into another queue.
 */
void imb_queue_remove(struct imb_queue *queue, struct imb_msg *msg)
{
	if (msg->returned)
		rb_erase_cached(&msg->node, &queue->returned);
	else
		list_del(&msg->link);
	queue->count--;
}

/**
 * imb_queue_first() - the oldest message
 * @queue: the queue
 *
 * Return: the message, which stays, or NULL.
 */
struct imb_msg *imb_queue_first(const struct imb_queue *queue)
{
	struct rb_node *node = rb_first_cached(&queue->returned);

	if (node)
		return rb_entry(node, struct imb_msg, node);
	if (list_empty(&queue->fifo))
		return NULL;
	return list_first_entry(&queue->fifo, struct imb_msg, link);
}

/**
 * imb_queue_last() - the youngest message
 * @queue: the queue
 *
 * Return: the message, which stays, or NULL.
 */
struct imb_msg *imb_queue_last(const struct imb_queue *queue)
{
	struct rb_node *node;

	if (!list_empty(&queue->fifo))
		return list_last_entry(&queue->fifo, struct imb_msg, link);
	node = rb_last(&queue->returned.rb_root);
	return node ? rb_entry(node, struct imb_msg, node) : NULL;
}
