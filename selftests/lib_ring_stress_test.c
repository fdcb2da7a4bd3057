// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library's rings with many processes that send all kinds of messages, some of which
 * are killed on their way: each message arrives once, whole, and in its sender's order.
 */
#include "ring.h"

#define CAPACITY 16384
#define PRODUCERS 6
#define LEN_MAX 1500
#define ROUNDS 20000 /* at least, or who is to be killed is done before */

FIXTURE(stress)
{
	struct ring_place place;
	struct ipcmbox_ring *consumer;
};

FIXTURE_VARIANT(stress)
{
	unsigned int flags;
	unsigned int producers;
	bool kills;
};

FIXTURE_VARIANT_ADD(stress, one)
{
	.producers = 1,
};

FIXTURE_VARIANT_ADD(stress, one_killed)
{
	.producers = 1,
	.kills = true,
};

FIXTURE_VARIANT_ADD(stress, many)
{
	.flags = IPCMBOX_RING_MPSC,
	.producers = PRODUCERS,
};

FIXTURE_VARIANT_ADD(stress, many_fences)
{
	.flags = IPCMBOX_RING_MPSC | IPCMBOX_RING_FENCES,
	.producers = PRODUCERS,
};

FIXTURE_VARIANT_ADD(stress, many_killed)
{
	.flags = IPCMBOX_RING_MPSC,
	.producers = PRODUCERS,
	.kills = true,
};

/* How a message begins; the rest tells whether it is whole. */
struct message {
	uint32_t who;
	uint32_t life;
	uint32_t number;
	uint32_t len;
};

FIXTURE_SETUP(stress)
{
	ASSERT_TRUE(ring_place_make(&self->place, CAPACITY, variant->flags));
	self->consumer = ring_consumer(&self->place);
	ASSERT_NE(NULL, self->consumer);
}

FIXTURE_TEARDOWN(stress)
{
	ipcmbox_ring_detach(self->consumer);
	ring_place_end(&self->place);
}

static bool write_message(struct ipcmbox_ring *ring, struct message message,
			  unsigned int flags)
{
	unsigned char *data = ipcmbox_ring_reserve(ring, message.len, flags, 0);

	if (!data)
		return false;
	ring_fill(data + sizeof(message), message.len - sizeof(message),
		  message.number);
	memcpy(data, &message, sizeof(message));
	return true;
}

/* Batches of 1 to 5, and now and then something that is given up. */
static int produce(struct ring_place *place, uint32_t who, uint32_t life,
		   uint32_t count)
{
	struct ipcmbox_ring *ring = ring_producer(place);
	struct message message = { .who = who, .life = life };
	unsigned int seed = who * 1000 + life;

	if (!ring)
		return 1;
	while (message.number < count) {
		unsigned int i, batch = 1 + rand_r(&seed) % 5;

		for (i = 0; i < batch && message.number < count; i++) {
			message.len =
				sizeof(message) +
				rand_r(&seed) % (LEN_MAX - sizeof(message));
			if (rand_r(&seed) % 3)
				message.len =
					sizeof(message) + message.len % 49;
			if (!write_message(ring, message,
					   i ? IPCMBOX_DONTWAIT : 0)) {
				if (!i)
					return 2;
				break;
			}
			message.number++;
		}
		ipcmbox_ring_commit(ring);
		if (rand_r(&seed) % 16 == 0) {
			ipcmbox_ring_reserve(ring, rand_r(&seed) % LEN_MAX, 0,
					     0);
			ipcmbox_ring_abort(ring);
		}
	}
	ipcmbox_ring_detach(ring);
	return 0;
}

static pid_t start(struct ring_place *place, uint32_t who, uint32_t life,
		   uint32_t count)
{
	pid_t pid = fork();

	if (!pid)
		_exit(produce(place, who, life, count));
	return pid;
}

/**
 * struct line - the lives of one producer, as the consumer knows them
 * @pid: the present one
 * @life: its number
 * @next: which message of it comes next
 * @last: the same of the one before, which was killed
 */
struct line {
	pid_t pid;
	uint32_t life;
	uint32_t next;
	uint32_t last;
};

/* In the order of its sender; of one that was killed, before any of its successor. */
static bool is_next(struct line *line, const struct message *message)
{
	if (line->life && message->life == line->life - 1 && !line->next)
		return message->number == line->last++;
	return message->life == line->life && message->number == line->next++;
}

static bool is_whole(const unsigned char *data, size_t len,
		     const struct message *message)
{
	return message->len == len && message->who < PRODUCERS &&
	       ring_filled(data + sizeof(*message), len - sizeof(*message),
			   message->number);
}

/* Kill the line's present life, and begin the next one. */
static bool kill_one(struct ring_place *place, struct line *line, uint32_t who,
		     uint32_t count)
{
	if (kill(line->pid, SIGKILL) || mbox_reap(line->pid) != SIGKILL)
		return false;
	line->last = line->next;
	line->next = 0;
	line->life++;
	line->pid = start(place, who, line->life, count);
	return line->pid > 0;
}

TEST_F_TIMEOUT(stress, exactly_once, 200)
{
	uint32_t rounds = mbox_rounds(ROUNDS);
	uint32_t count =
		(rounds < ROUNDS ? ROUNDS : rounds) / variant->producers;
	struct line lines[PRODUCERS] = { 0 };
	unsigned int seed = 1, kills = 0;
	uint32_t ended = 0;
	int i;

	for (i = 0; i < variant->producers; i++)
		lines[i].pid = start(&self->place, i, 0, count);
	while (ended < variant->producers) {
		const unsigned char *data;
		struct message message;
		struct line *line;
		size_t len;

		data = ipcmbox_ring_peek(self->consumer, &len, 0,
					 ipcmbox_deadline(RING_SOON));
		/* None has attached for the second time yet, perhaps. */
		if (!data && (errno == EPIPE || errno == EOWNERDEAD)) {
			mbox_nap();
			continue;
		}
		ASSERT_NE(NULL, data);
		ASSERT_LE(sizeof(message), len);
		memcpy(&message, data, sizeof(message));
		ASSERT_TRUE(is_whole(data, len, &message));
		line = &lines[message.who];
		ASSERT_TRUE(is_next(line, &message));
		if (rand_r(&seed) % 3 == 0)
			ASSERT_EQ(0, ipcmbox_ring_consume(self->consumer));
		ended += message.life == line->life && line->next == count;
		/* Not in the middle of a batch that was peeked: it holds up who waits. */
		if (variant->kills && kills < 40 &&
		    line->life == message.life && line->next < count / 2 &&
		    rand_r(&seed) % 64 == 0) {
			ASSERT_EQ(0, ipcmbox_ring_consume(self->consumer));
			ASSERT_TRUE(kill_one(&self->place, line, message.who,
					     count));
			kills++;
		}
		if (self->consumer->next - self->consumer->head >
		    CAPACITY / 64 / 4)
			ASSERT_EQ(0, ipcmbox_ring_consume(self->consumer));
	}
	ASSERT_EQ(0, ipcmbox_ring_consume(self->consumer));
	for (i = 0; i < variant->producers; i++)
		EXPECT_EQ(0, mbox_reap(lines[i].pid));
	i = ring_get(self->consumer, ipcmbox_deadline(RING_SOON));
	if (variant->kills) {
		EXPECT_LT(0, kills);
		EXPECT_TRUE(i == -EPIPE || i == -EOWNERDEAD);
	} else {
		EXPECT_EQ(-EPIPE, i);
		EXPECT_EQ(0, self->place.memory->abandoned);
	}
}

TEST_HARNESS_MAIN
