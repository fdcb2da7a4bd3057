// SPDX-License-Identifier: GPL-2.0-only
/*
 * Round trips: a process sends a request and waits for the answer of another, which is as
 * long. Peers that know no answers use a channel each way.
 */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "cell.h"

/* Round trips before those that are timed. */
#define WARM 3

/**
 * struct trips - a session
 * @peer: who
 * @len: bytes
 * @rpc: the peer's own request and answer, NULL for channels
 * @there: a channel of requests
 * @back: a channel of answers
 * @sent: what this process sends
 * @received: room for what it receives
 * @histogram: of single round trips
 */
struct trips {
	const struct peer *peer;
	size_t len;
	void *rpc;
	void *there, *back;
	void *sent, *received;
	uint64_t histogram[NR_BUCKETS];
};

static const char *trips_lack(const struct peer *peer, unsigned long len)
{
	if (len < peer->shortest || (!peer->rpc && !is_for(peer, ROUND_TRIPS)))
		return "";
	return NULL;
}

static unsigned int one_server(unsigned long point)
{
	(void)point;
	return 1;
}

static void *trips_open(const struct peer *peer, unsigned long len)
{
	struct trips *trips = must_alloc(sizeof(*trips));

	trips->peer = peer;
	trips->len = len;
	if (peer->rpc) {
		trips->rpc = peer->rpc->open(len);
	} else {
		trips->there = peer->channel->open(len, 1);
		trips->back = peer->channel->open(len, 1);
	}
	trips->sent = message_alloc(len);
	trips->received = message_alloc(len);
	return trips;
}

static void trips_close(void *session)
{
	struct trips *trips = session;

	if (trips->rpc) {
		trips->peer->rpc->close(trips->rpc);
	} else {
		trips->peer->channel->close(trips->there);
		trips->peer->channel->close(trips->back);
	}
	message_free(trips->sent);
	message_free(trips->received);
	free(trips);
}

static inline const void *call(struct trips *trips)
{
	if (trips->rpc)
		return trips->peer->rpc->call(trips->rpc, trips->sent,
					      trips->received, trips->len);
	trips->peer->channel->send(trips->there, trips->sent, trips->len);
	return trips->peer->channel->recv(trips->back, trips->received,
					  trips->len);
}

static const void *receive(struct trips *trips)
{
	if (trips->rpc)
		return trips->peer->rpc->recv(trips->rpc, trips->received,
					      trips->len);
	return trips->peer->channel->recv(trips->there, trips->received,
					  trips->len);
}

static void answer(struct trips *trips)
{
	if (trips->rpc)
		trips->peer->rpc->reply(trips->rpc, trips->sent, trips->len);
	else
		trips->peer->channel->send(trips->back, trips->sent,
					   trips->len);
}

static const void *answer_and_receive(struct trips *trips)
{
	if (trips->rpc && trips->peer->rpc->reply_recv)
		return trips->peer->rpc->reply_recv(
			trips->rpc, trips->sent, trips->received, trips->len);
	answer(trips);
	return receive(trips);
}

static void serve(void *session, unsigned int index, unsigned long count)
{
	struct trips *trips = session;
	const void *request;

	(void)index;
	if (trips->peer->kind == REFERENCE)
		return;
	request = receive(trips);
	for (unsigned long i = 0;; i++) {
		message_check(request, trips->len, i);
		message_stamp(trips->sent, trips->len, i);
		if (i + 1 == count + WARM)
			break;
		request = answer_and_receive(trips);
	}
	answer(trips);
}

static void ask_once(struct trips *trips, uint64_t number)
{
	message_stamp(trips->sent, trips->len, number);
	message_check(call(trips), trips->len, number);
}

static double ask(void *session, unsigned long count)
{
	struct trips *trips = session;
	double start;

	for (unsigned long i = 0; i < WARM; i++)
		ask_once(trips, i);
	start = now_ns();
	for (unsigned long i = WARM; i < count + WARM; i++)
		ask_once(trips, i);
	return now_ns() - start;
}

static double ask_each(void *session, unsigned long count)
{
	struct trips *trips = session;
	double start, last, now;

	for (unsigned long i = 0; i < WARM; i++)
		ask_once(trips, i);
	start = now_ns();
	last = start;
	for (unsigned long i = WARM; i < count + WARM; i++) {
		ask_once(trips, i);
		now = now_ns();
		trips->histogram[bucket_of((uint64_t)(now - last))]++;
		last = now;
	}
	return last - start;
}

static const uint64_t *histogram(void *session)
{
	return ((struct trips *)session)->histogram;
}

static void reset(void *session)
{
	struct trips *trips = session;

	memset(trips->histogram, 0, sizeof(trips->histogram));
}

const struct cell cell_round_trip = {
	.name = "round-trip",
	.axis = "bytes",
	.about = "a request and its answer, each of so many bytes",
	.points =
		(const unsigned long[]){ 1, 64, 256, 4096, 65536, 1048576, 0 },
	.quantum = 1,
	.members = one_server,
	.lacks = trips_lack,
	.open = trips_open,
	.member = serve,
	.lead = ask,
	.close = trips_close,
};

const struct cell cell_latency = {
	.name = "latency",
	.axis = "bytes",
	.about = "the same, each timed, for the distribution",
	.points = (const unsigned long[]){ 64, 0 },
	.quantum = 1,
	.members = one_server,
	.lacks = trips_lack,
	.open = trips_open,
	.member = serve,
	.lead = ask_each,
	.histogram = histogram,
	.reset = reset,
	.close = trips_close,
};
