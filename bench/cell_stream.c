// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages one way, from senders to receivers that do nothing else; an operation is a
 * message. A channel has room for DEPTH of them. It is checked that the sum of their numbers is
 * what was sent, and of one to one the order. Where DEPTH messages have more than a
 * pipe has room for, there are fewer.
 */
#include <errno.h>
#include <stdlib.h>

#include "bench.h"
#include "cell.h"

#define DEPTH 1024
#define MOST_BYTES (1UL << 20)
#define BATCH_BYTES 64

/**
 * struct stream - a session
 * @channel: what messages go through
 * @ops: of it
 * @len: bytes of a message
 * @batch: messages of a call; 0 for single ones
 * @senders: how many
 * @receivers: how many
 * @data: what this process sends or receives
 */
struct stream {
	void *channel;
	const struct channel_ops *ops;
	size_t len;
	unsigned int batch;
	unsigned int senders, receivers;
	char *data;
};

static void *open_stream(const struct peer *peer, size_t len,
			 unsigned int batch, unsigned int senders,
			 unsigned int receivers)
{
	struct stream *stream = must_alloc(sizeof(*stream));

	stream->ops = peer->channel;
	stream->channel = peer->channel->open(
		len, len * DEPTH > MOST_BYTES ?
			     (unsigned int)(MOST_BYTES / len) :
			     DEPTH);
	stream->len = len;
	stream->batch = batch;
	stream->senders = senders;
	stream->receivers = receivers;
	stream->data = message_alloc(len * (batch ? batch : 1));
	return stream;
}

static void close_stream(void *session)
{
	struct stream *stream = session;

	stream->ops->close(stream->channel);
	message_free(stream->data);
	free(stream);
}

static void send_all(struct stream *stream, uint64_t first, unsigned long count)
{
	for (unsigned long i = 0; i < count; i++) {
		message_stamp(stream->data, stream->len, first + i);
		stream->ops->send(stream->channel, stream->data, stream->len);
	}
}

static void receive_all(struct stream *stream, unsigned long count)
{
	bool in_order = stream->senders == 1 && stream->receivers == 1;
	uint64_t number, sum = 0;
	const void *message;

	for (unsigned long i = 0; i < count; i++) {
		message = stream->ops->recv(stream->channel, stream->data,
					    stream->len);
		number = message_number(message, stream->len);
		message_check(message, stream->len, in_order ? i : number);
		sum += number;
	}
	crew_add(-sum);
}

static void send_batches(struct stream *stream, unsigned long count)
{
	for (unsigned long i = 0; i < count; i += stream->batch) {
		for (unsigned int k = 0; k < stream->batch; k++)
			message_stamp(stream->data + k * stream->len,
				      stream->len, i + k);
		stream->ops->send_many(stream->channel, stream->data,
				       stream->len, stream->batch);
	}
}

static void receive_batches(struct stream *stream, unsigned long count)
{
	uint64_t sum = 0;

	for (unsigned long i = 0; i < count;) {
		unsigned long most = count - i;
		unsigned int got;

		if (most > stream->batch)
			most = stream->batch;
		got = stream->ops->recv_many(stream->channel, stream->data,
					     stream->len, (unsigned int)most);
		for (unsigned int k = 0; k < got; k++)
			message_check(stream->data + k * stream->len,
				      stream->len, i + k);
		for (unsigned int k = 0; k < got; k++)
			sum += i + k;
		i += got;
	}
	crew_add(-sum);
}

/* The numbers of all messages are 0 to count - 1, whoever sends them. */
static void take_part(void *session, unsigned int index, unsigned long count)
{
	struct stream *stream = session;
	unsigned long sent = count / stream->senders;
	bool sends = index < stream->senders;

	if (!index)
		crew_add((uint64_t)count * (count - 1) / 2);
	if (sends && stream->batch)
		send_batches(stream, count);
	else if (sends)
		send_all(stream, index * sent, sent);
	else if (stream->batch)
		receive_batches(stream, count);
	else
		receive_all(stream, count / stream->receivers);
}

static const char *one_to_one_lacks(const struct peer *peer,
				    unsigned long point)
{
	(void)point;
	return is_for(peer, ONE_TO_ONE) ? NULL : "";
}

static void *open_one_to_one(const struct peer *peer, unsigned long len)
{
	return open_stream(peer, len, 0, 1, 1);
}

static unsigned int two_parties(unsigned long point)
{
	(void)point;
	return 2;
}

const struct cell cell_stream = {
	.name = "stream",
	.axis = "bytes",
	.about = "a message of so many bytes, from one sender to one receiver",
	.points = (const unsigned long[]){ 64, 1024, 4096, 65536, 0 },
	.quantum = 1,
	.longer = 4,
	.members = two_parties,
	.lacks = one_to_one_lacks,
	.open = open_one_to_one,
	.member = take_part,
	.close = close_stream,
};

/* Of these the point says how many there are on the side that has several. */
static void *open_fan_in(const struct peer *peer, unsigned long senders)
{
	return open_stream(peer, BATCH_BYTES, 0, (unsigned int)senders, 1);
}

static void *open_fan_out(const struct peer *peer, unsigned long receivers)
{
	return open_stream(peer, BATCH_BYTES, 0, 1, (unsigned int)receivers);
}

static void *open_fan_both(const struct peer *peer, unsigned long parties)
{
	return open_stream(peer, BATCH_BYTES, 0, (unsigned int)parties,
			   (unsigned int)parties);
}

static unsigned int one_and_many(unsigned long many)
{
	return 1 + (unsigned int)many;
}

static unsigned int many_and_many(unsigned long many)
{
	return 2 * (unsigned int)many;
}

static const char *to_one_lacks(const struct peer *peer, unsigned long many)
{
	(void)many;
	return is_for(peer, MANY_TO_ONE) ? NULL : "";
}

static const char *to_many_lacks(const struct peer *peer, unsigned long many)
{
	(void)many;
	return is_for(peer, TO_MANY) ? NULL : "";
}

const struct cell cell_fan_in = {
	.name = "stream-n-to-1",
	.axis = "senders",
	.about = "a message of 64 bytes, from so many senders to one receiver",
	.points = (const unsigned long[]){ 4, 0 },
	.quantum = 4,
	.longer = 4,
	.members = one_and_many,
	.lacks = to_one_lacks,
	.open = open_fan_in,
	.member = take_part,
	.close = close_stream,
};

const struct cell cell_fan_out = {
	.name = "stream-1-to-n",
	.axis = "receivers",
	.about =
		"a message of 64 bytes, from one sender to one of so many receivers",
	.points = (const unsigned long[]){ 4, 0 },
	.quantum = 4,
	.longer = 4,
	.members = one_and_many,
	.lacks = to_many_lacks,
	.open = open_fan_out,
	.member = take_part,
	.close = close_stream,
};

const struct cell cell_fan_both = {
	.name = "stream-n-to-n",
	.axis = "of-each",
	.about =
		"a message of 64 bytes, from so many senders to one of as many receivers",
	.points = (const unsigned long[]){ 4, 0 },
	.quantum = 4,
	.longer = 4,
	.members = many_and_many,
	.lacks = to_many_lacks,
	.open = open_fan_both,
	.member = take_part,
	.close = close_stream,
};

static const char *batch_lacks(const struct peer *peer, unsigned long batch)
{
	const char *why = one_to_one_lacks(peer, batch);

	if (why)
		return why;
	return peer->channel->send_many ? NULL : "it knows no batches";
}

static void *open_batch(const struct peer *peer, unsigned long batch)
{
	return open_stream(peer, BATCH_BYTES, (unsigned int)batch, 1, 1);
}

const struct cell cell_batch = {
	.name = "batch",
	.axis = "messages",
	.about = "a message of 64 bytes, of which so many go in a call",
	.points = (const unsigned long[]){ 1, 8, 32, 256, 0 },
	.quantum = 256,
	.longer = 4,
	.members = two_parties,
	.lacks = batch_lacks,
	.open = open_batch,
	.member = take_part,
	.close = close_stream,
};
