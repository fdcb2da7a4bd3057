// SPDX-License-Identifier: GPL-2.0-only
/*
 * From one process to each of many others; an operation ends when all have the message. Peers
 * that know no such thing have a channel to each receiver.
 */
#include <stdlib.h>

#include "bench.h"
#include "cell.h"

#define LEN 64
#define DEPTH 16

/**
 * struct audience - a session
 * @peer: who
 * @receivers: how many
 * @cast: the peer's own means
 * @channels: to each of the receivers, where it has none
 * @data: the message
 */
struct audience {
	const struct peer *peer;
	unsigned int receivers;
	void *cast;
	void **channels;
	void *data;
};

static const char *broadcast_lacks(const struct peer *peer, unsigned long count)
{
	(void)count;
	return is_for(peer, MANY_CHANNELS) ? NULL : "";
}

static unsigned int each_receiver(unsigned long count)
{
	return (unsigned int)count;
}

static void *broadcast_open(const struct peer *peer, unsigned long count)
{
	struct audience *audience = must_alloc(sizeof(*audience));

	audience->peer = peer;
	audience->receivers = (unsigned int)count;
	audience->data = message_alloc(LEN);
	if (peer->cast) {
		audience->cast = peer->cast->open(LEN, audience->receivers);
		return audience;
	}
	audience->channels = must_alloc(count * sizeof(void *));
	for (unsigned int i = 0; i < count; i++)
		audience->channels[i] = peer->channel->open(LEN, DEPTH);
	return audience;
}

static void broadcast_close(void *session)
{
	struct audience *audience = session;

	if (audience->cast)
		audience->peer->cast->close(audience->cast);
	for (unsigned int i = 0; audience->channels && i < audience->receivers;
	     i++)
		audience->peer->channel->close(audience->channels[i]);
	free(audience->channels);
	message_free(audience->data);
	free(audience);
}

static void listen_all(void *session, unsigned int index, unsigned long count)
{
	struct audience *audience = session;
	const struct peer *peer = audience->peer;
	const void *message;

	for (unsigned long i = 0; i < count; i++) {
		if (audience->cast)
			message = peer->cast->recv(audience->cast, index,
						   audience->data, LEN);
		else
			message = peer->channel->recv(audience->channels[index],
						      audience->data, LEN);
		message_check(message, LEN, i);
		crew_arrive(audience->receivers);
	}
}

static void send_to_all(struct audience *audience)
{
	const struct peer *peer = audience->peer;

	if (audience->cast) {
		peer->cast->send(audience->cast, audience->data, LEN);
		return;
	}
	for (unsigned int i = 0; i < audience->receivers; i++)
		peer->channel->send(audience->channels[i], audience->data, LEN);
}

static double tell_all(void *session, unsigned long count)
{
	struct audience *audience = session;
	double start = now_ns();

	for (unsigned long i = 0; i < count; i++) {
		message_stamp(audience->data, LEN, i);
		send_to_all(audience);
		crew_await_arrivals();
	}
	return now_ns() - start;
}

const struct cell cell_broadcast = {
	.name = "broadcast",
	.axis = "receivers",
	.about =
		"a message of 64 bytes to each of so many processes, until all have it",
	.points = (const unsigned long[]){ 1, 10, 100, 1000, 0 },
	.quantum = 1,
	.members = each_receiver,
	.lacks = broadcast_lacks,
	.open = broadcast_open,
	.member = listen_all,
	.lead = tell_all,
	.close = broadcast_close,
};
