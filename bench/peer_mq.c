// SPDX-License-Identifier: GPL-2.0-only
/*
 * POSIX message queues, as a channel and as a store by priority.
 */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdlib.h>

#include "bench.h"
#include "peer.h"

#define QUEUE_NAME "/ipcmbox-bench"

struct queue {
	mqd_t mq;
};

static void *queue_open(size_t len, unsigned int depth)
{
	struct mq_attr attr = {
		.mq_maxmsg = depth,
		.mq_msgsize = (long)len,
	};
	struct queue *queue = must_alloc(sizeof(*queue));

	queue->mq = mq_open(QUEUE_NAME, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
			    0600, &attr);
	must(queue->mq, "mq_open");
	must(mq_unlink(QUEUE_NAME), "mq_unlink");
	return queue;
}

static void queue_close(void *channel)
{
	struct queue *queue = channel;

	mq_close(queue->mq);
	free(queue);
}

/* On Linux a queue is a descriptor. */
static int queue_fd(void *channel)
{
	return ((struct queue *)channel)->mq;
}

static void queue_put(void *store, unsigned int key, const void *data,
		      size_t len)
{
	must(mq_send(((struct queue *)store)->mq, data, len, key), "mq_send");
}

static void queue_take(void *store, unsigned int key, void *data, size_t len)
{
	(void)key;
	must_move(mq_receive(((struct queue *)store)->mq, data, len, NULL), len,
		  "mq_receive");
}

static void queue_send(void *channel, const void *data, size_t len)
{
	queue_put(channel, 0, data, len);
}

static const void *queue_recv(void *channel, void *data, size_t len)
{
	queue_take(channel, 0, data, len);
	return data;
}

const struct channel_ops mq_channel = {
	.open = queue_open,
	.send = queue_send,
	.recv = queue_recv,
	.fd = queue_fd,
	.close = queue_close,
};

const struct store_ops mq_priority = {
	.open = queue_open,
	.put = queue_put,
	.take = queue_take,
	.close = queue_close,
};
