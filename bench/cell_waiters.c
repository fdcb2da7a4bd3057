// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many processes wait for a message of one channel: an operation is a message that one of
 * them receives, and its answer on another channel.
 */
#include <stdlib.h>

#include "bench.h"
#include "cell.h"

#define LEN 64
/* Above, a peer that wakes all of them for each message takes minutes. */
#define MOST_AWAKE 100

/**
 * struct waiters - a session
 * @ops: of the channels
 * @there: where all wait
 * @back: for the answers
 * @count: how many wait
 * @data: a message
 */
struct waiters {
	const struct channel_ops *ops;
	void *there, *back;
	unsigned int count;
	void *data;
};

static const char *waiters_lack(const struct peer *peer, unsigned long count)
{
	if (!is_for(peer, MANY_CHANNELS))
		return "";
	return peer->wakes_all && count > MOST_AWAKE ?
		       "each message wakes all" :
		       NULL;
}

static unsigned int each_waiter(unsigned long count)
{
	return (unsigned int)count;
}

static void *waiters_open(const struct peer *peer, unsigned long count)
{
	struct waiters *waiters = must_alloc(sizeof(*waiters));

	waiters->ops = peer->channel;
	waiters->count = (unsigned int)count;
	waiters->there = peer->channel->open(LEN, waiters->count);
	waiters->back = peer->channel->open(LEN, waiters->count);
	waiters->data = message_alloc(LEN);
	return waiters;
}

static void waiters_close(void *session)
{
	struct waiters *waiters = session;

	waiters->ops->close(waiters->there);
	waiters->ops->close(waiters->back);
	message_free(waiters->data);
	free(waiters);
}

static void wait_and_answer(void *session, unsigned int index,
			    unsigned long count)
{
	struct waiters *waiters = session;
	const void *message;

	(void)index;
	(void)count;
	crew_entering();
	for (;;) {
		message =
			waiters->ops->recv(waiters->there, waiters->data, LEN);
		if (message_number(message, LEN) == MESSAGE_STOP)
			break;
		waiters->ops->send(waiters->back, message, LEN);
	}
}

static void wake_one(struct waiters *waiters, uint64_t number)
{
	message_stamp(waiters->data, LEN, number);
	waiters->ops->send(waiters->there, waiters->data, LEN);
	message_check(waiters->ops->recv(waiters->back, waiters->data, LEN),
		      LEN, number);
}

static void stop_all(struct waiters *waiters)
{
	message_stamp(waiters->data, LEN, MESSAGE_STOP);
	for (unsigned int i = 0; i < waiters->count; i++)
		waiters->ops->send(waiters->there, waiters->data, LEN);
}

static double wake_waiters(void *session, unsigned long count)
{
	struct waiters *waiters = session;
	double start, taken;

	crew_settle();
	start = now_ns();
	for (unsigned long i = 0; i < count; i++)
		wake_one(waiters, i);
	taken = now_ns() - start;
	stop_all(waiters);
	return taken;
}

const struct cell cell_waiters = {
	.name = "waiters",
	.axis = "waiting",
	.about =
		"a message to one of so many processes that wait for it, and its answer",
	.points = (const unsigned long[]){ 1, 10, 100, 1000, 0 },
	.quantum = 1,
	.members = each_waiter,
	.lacks = waiters_lack,
	.open = waiters_open,
	.member = wait_and_answer,
	.lead = wake_waiters,
	.close = waiters_close,
};

/* Memory: what is free while all stand at the gate, and while all wait for a message. */
static double measure_waiters(void *session, unsigned long count)
{
	struct waiters *waiters = session;
	uint64_t waiting, done;

	(void)count;
	crew_settle();
	waiting = memory_free();
	stop_all(waiters);
	crew_settle_done();
	done = memory_free();
	return (double)done - (double)waiting;
}

const struct cell cell_memory_waiter = {
	.name = "memory-waiter",
	.axis = "waiting",
	.about =
		"memory of a process that waits for a message, beside that of the process",
	.points = (const unsigned long[]){ 1000, 0 },
	.quantum = 1000,
	.count = 1000,
	.bytes = true,
	.members = each_waiter,
	.lacks = waiters_lack,
	.open = waiters_open,
	.member = wait_and_answer,
	.lead = measure_waiters,
	.close = waiters_close,
};
