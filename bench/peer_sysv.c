// SPDX-License-Identifier: GPL-2.0-only
/*
 * SysV message queues, as a channel and as a store by type. They outlive their processes, so
 * they are listed, for a program that ends in a failure.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/msg.h>

#include "bench.h"
#include "peer.h"

#define MOST_QUEUES 4096

static int ids[MOST_QUEUES];
static unsigned int nr_ids;

struct queue {
	int id;
};

void sysv_clean_up(void)
{
	while (nr_ids)
		msgctl(ids[--nr_ids], IPC_RMID, NULL);
}

static void *queue_open(size_t len, unsigned int depth)
{
	struct queue *queue = must_alloc(sizeof(*queue));
	struct msqid_ds ds;

	errno = 0;
	if (nr_ids == MOST_QUEUES)
		die("too many queues");
	queue->id = (int)must(msgget(IPC_PRIVATE, 0600), "msgget");
	ids[nr_ids++] = queue->id;
	must(msgctl(queue->id, IPC_STAT, &ds), "msgctl");
	ds.msg_qbytes = len * depth;
	must(msgctl(queue->id, IPC_SET, &ds), "msgctl");
	return queue;
}

static void queue_close(void *channel)
{
	struct queue *queue = channel;
	unsigned int i;

	must(msgctl(queue->id, IPC_RMID, NULL), "msgctl");
	for (i = 0; ids[i] != queue->id; i++)
		;
	ids[i] = ids[--nr_ids];
	free(queue);
}

/* The type of a message lies before it, in the headroom. */
static long *type_of(const void *data)
{
	return (long *)data - 1;
}

static void queue_put(void *store, unsigned int key, const void *data,
		      size_t len)
{
	*type_of(data) = key;
	must(msgsnd(((struct queue *)store)->id, type_of(data), len, 0),
	     "msgsnd");
}

static void queue_take(void *store, unsigned int key, void *data, size_t len)
{
	must_move(msgrcv(((struct queue *)store)->id, type_of(data), len, key,
			 0),
		  len, "msgrcv");
}

static void queue_send(void *channel, const void *data, size_t len)
{
	queue_put(channel, 1, data, len);
}

static const void *queue_recv(void *channel, void *data, size_t len)
{
	queue_take(channel, 0, data, len);
	return data;
}

const struct channel_ops sysv_channel = {
	.open = queue_open,
	.send = queue_send,
	.recv = queue_recv,
	.close = queue_close,
};

const struct store_ops sysv_typed = {
	.open = queue_open,
	.put = queue_put,
	.take = queue_take,
	.close = queue_close,
};
