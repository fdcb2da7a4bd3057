// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of the kernel for a mailbox and for a queued message: what is less free after many of
 * them. What a process keeps for itself is allocated before.
 */
#include <stdlib.h>

#include "bench.h"
#include "cell.h"

#define LEN 64
#define CHANNELS 4000
/* Messages in each of some channels, as no peer has room for very many in one. */
#define DEPTH 512
#define QUEUES 64

/**
 * struct holding - a session
 * @ops: of the channels
 * @channels: them
 * @data: a message
 */
struct holding {
	const struct channel_ops *ops;
	void **channels;
	void *data;
};

static const char *memory_lacks(const struct peer *peer, unsigned long count)
{
	(void)count;
	return is_for(peer, MANY_CHANNELS) ? NULL : "";
}

static const char *messages_lack(const struct peer *peer, unsigned long count)
{
	const char *why = memory_lacks(peer, count);

	if (why)
		return why;
	return peer->kind == SHARED ? "its room is there before" : NULL;
}

static void *holding_open(const struct peer *peer, unsigned long count)
{
	struct holding *holding = must_alloc(sizeof(*holding));

	holding->ops = peer->channel;
	holding->channels = must_alloc(count * sizeof(void *));
	holding->data = message_alloc(LEN);
	return holding;
}

static void holding_close(void *session)
{
	struct holding *holding = session;

	message_free(holding->data);
	free(holding->channels);
	free(holding);
}

static double hold_channels(void *session, unsigned long count)
{
	struct holding *holding = session;
	uint64_t before = memory_free(), after;

	for (unsigned long i = 0; i < count; i++)
		holding->channels[i] = holding->ops->open(LEN, 1);
	after = memory_free();
	for (unsigned long i = 0; i < count; i++)
		holding->ops->close(holding->channels[i]);
	return (double)before - (double)after;
}

static double hold_messages(void *session, unsigned long count)
{
	struct holding *holding = session;
	const struct channel_ops *ops = holding->ops;
	void **channels = holding->channels;
	uint64_t before, after;

	for (unsigned int i = 0; i < QUEUES; i++)
		channels[i] = ops->open(LEN, DEPTH);
	before = memory_free();
	for (unsigned long i = 0; i < count; i++) {
		message_stamp(holding->data, LEN, i);
		ops->send(channels[i % QUEUES], holding->data, LEN);
	}
	after = memory_free();
	for (unsigned long i = 0; i < count; i++)
		message_check(ops->recv(channels[i % QUEUES], holding->data,
					LEN),
			      LEN, i);
	for (unsigned int i = 0; i < QUEUES; i++)
		ops->close(channels[i]);
	return (double)before - (double)after;
}

const struct cell cell_memory_mailbox = {
	.name = "memory-mailbox",
	.axis = "open",
	.about = "memory of an empty channel",
	.points = (const unsigned long[]){ CHANNELS, 0 },
	.quantum = CHANNELS,
	.count = CHANNELS,
	.bytes = true,
	.lacks = memory_lacks,
	.open = holding_open,
	.lead = hold_channels,
	.close = holding_close,
};

const struct cell cell_memory_message = {
	.name = "memory-message",
	.axis = "queued",
	.about = "memory of a stored message of 64 bytes",
	.points = (const unsigned long[]){ QUEUES * DEPTH, 0 },
	.quantum = QUEUES * DEPTH,
	.count = QUEUES * DEPTH,
	.bytes = true,
	.lacks = messages_lack,
	.open = holding_open,
	.lead = hold_messages,
	.close = holding_close,
};
