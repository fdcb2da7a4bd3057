// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library's rings, as one thread sees them that has both ends: order, lengths, where
 * it wraps, batches, full and empty, and each refusal.
 */
#include "ring.h"

#define CAPACITY 4096

FIXTURE(ring)
{
	struct ring_place place;
	struct ipcmbox_ring *producer;
	struct ipcmbox_ring *consumer;
};

FIXTURE_VARIANT(ring)
{
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(ring, one)
{
	.flags = 0,
};

FIXTURE_VARIANT_ADD(ring, many)
{
	.flags = IPCMBOX_RING_MPSC,
};

FIXTURE_VARIANT_ADD(ring, one_fences)
{
	.flags = IPCMBOX_RING_FENCES,
};

FIXTURE_VARIANT_ADD(ring, many_fences)
{
	.flags = IPCMBOX_RING_MPSC | IPCMBOX_RING_FENCES,
};

FIXTURE_SETUP(ring)
{
	ASSERT_TRUE(ring_place_make(&self->place, CAPACITY, variant->flags));
	self->producer = ring_producer(&self->place);
	ASSERT_NE(NULL, self->producer);
	self->consumer = ring_consumer(&self->place);
	ASSERT_NE(NULL, self->consumer);
}

FIXTURE_TEARDOWN(ring)
{
	ipcmbox_ring_detach(self->producer);
	ipcmbox_ring_detach(self->consumer);
	ring_place_end(&self->place);
}

static struct ipcmbox_ring_stat stat_of(struct ipcmbox_ring *ring)
{
	struct ipcmbox_ring_stat stat;

	ipcmbox_ring_stat(ring, &stat, sizeof(stat));
	return stat;
}

TEST_F(ring, every_length)
{
	static unsigned char data[CAPACITY];
	size_t len;

	for (len = 0; len <= CAPACITY / 2; len++) {
		ring_fill(data, len, len);
		ASSERT_EQ(0,
			  ipcmbox_ring_send(self->producer, data, len, 0, 0));
		memset(data, 0, sizeof(data));
		ASSERT_EQ(len, ipcmbox_ring_recv(self->consumer, data,
						 sizeof(data), 0, 0));
		ASSERT_TRUE(ring_filled(data, len, len));
	}
	EXPECT_ERRNO(EMSGSIZE,
		     ipcmbox_ring_send(self->producer, data, len, 0, 0));
	EXPECT_EQ(0, stat_of(self->producer).used);
}

/* As many as fit are in it at any time, through many laps, and with padding. */
TEST_F(ring, order)
{
	uint32_t sent = 0, received = 0;
	unsigned char data[600];
	int round;

	for (round = 0; round < 2000; round++) {
		for (;; sent++) {
			size_t len = sent * 37 % 600;

			ring_fill(data, len, sent);
			errno = 0;
			if (ipcmbox_ring_send(self->producer, data, len,
					      IPCMBOX_DONTWAIT, 0))
				break;
		}
		ASSERT_EQ(EAGAIN, errno);
		do {
			size_t len = received * 37 % 600;

			ASSERT_EQ(len, ipcmbox_ring_recv(self->consumer, data,
							 600, 0, 0));
			ASSERT_TRUE(ring_filled(data, len, received));
			received++;
		} while (received % 5 && received < sent);
	}
	while (received < sent) {
		ASSERT_LE(0,
			  ipcmbox_ring_recv(self->consumer, data, 600, 0, 0));
		received++;
	}
	EXPECT_ERRNO(EAGAIN, ipcmbox_ring_recv(self->consumer, data, 600,
					       IPCMBOX_DONTWAIT, 0));
}

TEST_F(ring, full)
{
	char block[64] = { 0 };
	int i;

	for (i = 0; i < CAPACITY / 64; i++)
		ASSERT_EQ(0, ipcmbox_ring_send(self->producer, block, 64,
					       IPCMBOX_DONTWAIT, 0));
	EXPECT_EQ(CAPACITY, stat_of(self->consumer).used);
	EXPECT_ERRNO(EAGAIN, ipcmbox_ring_send(self->producer, block, 0,
					       IPCMBOX_DONTWAIT, 0));
	EXPECT_EQ(64, ipcmbox_ring_recv(self->consumer, block, 64, 0, 0));
	EXPECT_EQ(0, ipcmbox_ring_send(self->producer, block, 1,
				       IPCMBOX_DONTWAIT, 0));
	EXPECT_ERRNO(EAGAIN, ipcmbox_ring_send(self->producer, block, 0,
					       IPCMBOX_DONTWAIT, 0));
}

TEST_F(ring, batch)
{
	uint32_t *number;
	size_t len;
	int i;

	for (i = 0; i < 10; i++) {
		number = ipcmbox_ring_reserve(self->producer, 4, 0, 0);
		ASSERT_NE(NULL, number);
		EXPECT_EQ(0, (uintptr_t)number % 64);
		*number = i;
	}
	EXPECT_EQ(NULL,
		  ipcmbox_ring_peek(self->consumer, &len, IPCMBOX_DONTWAIT, 0));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, ipcmbox_ring_commit(self->producer));
	for (i = 0; i < 10; i++) {
		const uint32_t *peeked = ipcmbox_ring_peek(self->consumer, &len,
							   IPCMBOX_DONTWAIT, 0);

		ASSERT_NE(NULL, peeked);
		EXPECT_EQ(4, len);
		EXPECT_EQ(i, *peeked);
	}
	EXPECT_EQ(NULL,
		  ipcmbox_ring_peek(self->consumer, &len, IPCMBOX_DONTWAIT, 0));
	EXPECT_EQ(640, stat_of(self->consumer).used);
	EXPECT_EQ(0, ipcmbox_ring_consume(self->consumer));
	EXPECT_EQ(0, stat_of(self->consumer).used);
	EXPECT_EQ(0, ipcmbox_ring_commit(self->producer));
	EXPECT_EQ(0, ipcmbox_ring_consume(self->consumer));
}

TEST_F(ring, batch_has_limits)
{
	size_t len;
	int i;

	for (i = 0; i < IPCMBOX_RING_BATCH; i++)
		ASSERT_NE(NULL, ipcmbox_ring_reserve(self->producer, 1, 0, 0));
	EXPECT_EQ(NULL, ipcmbox_ring_reserve(self->producer, 1, 0, 0));
	EXPECT_EQ(ENOBUFS, errno);
	EXPECT_EQ(0, ipcmbox_ring_abort(self->producer));
	EXPECT_EQ(NULL,
		  ipcmbox_ring_peek(self->consumer, &len, IPCMBOX_DONTWAIT, 0));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, stat_of(self->consumer).used);
	ASSERT_NE(NULL,
		  ipcmbox_ring_reserve(self->producer, CAPACITY / 2, 0, 0));
	ASSERT_NE(NULL,
		  ipcmbox_ring_reserve(self->producer, CAPACITY / 2, 0, 0));
	EXPECT_EQ(NULL, ipcmbox_ring_reserve(self->producer, 0, 0, 0));
	EXPECT_EQ(EDEADLK, errno);
	EXPECT_EQ(NULL,
		  ipcmbox_ring_reserve(self->producer, 0, IPCMBOX_DONTWAIT, 0));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, ipcmbox_ring_commit(self->producer));
	for (i = 0; i < 2; i++) {
		ASSERT_NE(NULL, ipcmbox_ring_peek(self->consumer, &len, 0, 0));
		EXPECT_EQ(CAPACITY / 2, len);
	}
	EXPECT_EQ(0, ipcmbox_ring_consume(self->consumer));
}

/* What is given up is not seen, what comes after it is. */
TEST_F(ring, abort)
{
	uint32_t i;

	for (i = 0; i < 300; i++) {
		ASSERT_NE(NULL, ipcmbox_ring_reserve(self->producer, i, 0, 0));
		ASSERT_NE(NULL,
			  ipcmbox_ring_reserve(self->producer, 3 * i, 0, 0));
		EXPECT_EQ(0, ipcmbox_ring_abort(self->producer));
		EXPECT_EQ(0, ring_put(self->producer, i, 0));
		EXPECT_EQ(i, ring_get(self->consumer, 0));
	}
	EXPECT_EQ(0, ipcmbox_ring_abort(self->producer));
	EXPECT_EQ(0, stat_of(self->consumer).abandoned);
}

/* The length can be learnt, and the message stays. */
TEST_F(ring, too_long_for_the_buffer)
{
	char data[8];
	size_t len;

	ASSERT_EQ(0,
		  ipcmbox_ring_send(self->producer, "longer text", 12, 0, 0));
	EXPECT_ERRNO(EMSGSIZE,
		     ipcmbox_ring_recv(self->consumer, data, 8, 0, 0));
	EXPECT_ERRNO(EMSGSIZE,
		     ipcmbox_ring_recv(self->consumer, NULL, 0, 0, 0));
	EXPECT_STREQ("longer text",
		     ipcmbox_ring_peek(self->consumer, &len, 0, 0));
	EXPECT_EQ(12, len);
}

TEST_F(ring, roles_and_flags)
{
	char byte;
	size_t len;

	EXPECT_EQ(NULL, ipcmbox_ring_reserve(self->consumer, 1, 0, 0));
	EXPECT_EQ(EBADF, errno);
	EXPECT_ERRNO(EBADF, ipcmbox_ring_commit(self->consumer));
	EXPECT_ERRNO(EBADF, ipcmbox_ring_abort(self->consumer));
	EXPECT_ERRNO(EBADF, ipcmbox_ring_send(self->consumer, "", 1, 0, 0));
	EXPECT_EQ(NULL, ipcmbox_ring_peek(self->producer, &len, 0, 0));
	EXPECT_EQ(EBADF, errno);
	EXPECT_ERRNO(EBADF, ipcmbox_ring_consume(self->producer));
	EXPECT_ERRNO(EBADF, ipcmbox_ring_recv(self->producer, &byte, 1, 0, 0));
	EXPECT_ERRNO(EBADF, ipcmbox_ring_arm(self->producer));
	EXPECT_ERRNO(EOPNOTSUPP,
		     ipcmbox_ring_send(self->producer, "", 1, 1U << 31, 0));
	EXPECT_ERRNO(EOPNOTSUPP,
		     ipcmbox_ring_recv(self->consumer, &byte, 1, 1U << 31, 0));
}

TEST_F(ring, who_attaches)
{
	unsigned int most =
		variant->flags & IPCMBOX_RING_MPSC ? IPCMBOX_RING_PRODUCERS : 1;
	struct ipcmbox_ring *others[IPCMBOX_RING_PRODUCERS];
	unsigned int i;

	EXPECT_EQ(NULL, ring_consumer(&self->place));
	EXPECT_EQ(EBUSY, errno);
	for (i = 1; i < most; i++) {
		others[i] = ring_producer(&self->place);
		ASSERT_NE(NULL, others[i]);
	}
	EXPECT_EQ(NULL, ring_producer(&self->place));
	EXPECT_EQ(most == 1 ? EBUSY : EUSERS, errno);
	EXPECT_EQ(most, stat_of(self->consumer).producers);
	EXPECT_EQ(1, stat_of(self->consumer).consumers);
	EXPECT_EQ(0, stat_of(self->consumer).dead);
	for (i = 1; i < most; i++) {
		EXPECT_EQ(0, ring_put(others[i], i, 0));
		ipcmbox_ring_detach(others[i]);
	}
	for (i = 1; i < most; i++)
		EXPECT_EQ(i, ring_get(self->consumer, 0));
	EXPECT_EQ(1, stat_of(self->consumer).producers);
	ipcmbox_ring_detach(NULL);
}

/* Each end may go, and another come, and nothing is lost. */
TEST_F(ring, who_leaves)
{
	unsigned int i, rounds = 0;

	EXPECT_EQ(0, ring_put(self->producer, 1, 0));
	ASSERT_NE(NULL, ipcmbox_ring_reserve(self->producer, 9, 0, 0));
	ipcmbox_ring_detach(self->producer);
	EXPECT_EQ(1, ring_get(self->consumer, 0));
	EXPECT_EQ(-EPIPE, ring_get(self->consumer, 0));
	EXPECT_ERRNO(EPIPE, ipcmbox_ring_recv(self->consumer, &i, 4,
					      IPCMBOX_DONTWAIT, 0));
	EXPECT_ERRNO(EPIPE, ipcmbox_ring_arm(self->consumer));
	self->producer = ring_producer(&self->place);
	ASSERT_NE(NULL, self->producer);
	EXPECT_EQ(0, ring_put(self->producer, 2, 0));
	EXPECT_EQ(0, ring_put(self->producer, 3, 0));
	ASSERT_NE(NULL,
		  ipcmbox_ring_peek(self->consumer, &(size_t){ 0 }, 0, 0));
	ipcmbox_ring_detach(self->consumer);
	while (ipcmbox_ring_send(self->producer, "", 1, 0, 0) == 0)
		ASSERT_GT(CAPACITY, rounds++);
	EXPECT_EQ(EPIPE, errno);
	EXPECT_ERRNO(EPIPE, ipcmbox_ring_send(self->producer, "", 1,
					      IPCMBOX_DONTWAIT, 0));
	self->consumer = ring_consumer(&self->place);
	ASSERT_NE(NULL, self->consumer);
	EXPECT_EQ(2, ring_get(self->consumer, 0));
	EXPECT_EQ(3, ring_get(self->consumer, 0));
	EXPECT_EQ(0, ring_put(self->producer, 4, 0));
}

/* Whose header is not one of ours. */
TEST_F(ring, header)
{
	struct ring_memory *memory = self->place.memory;

	ipcmbox_ring_detach(self->producer);
	memory->version = RING_VERSION + 1;
	EXPECT_EQ(NULL, ring_producer(&self->place));
	EXPECT_EQ(EPROTONOSUPPORT, errno);
	memory->version = RING_VERSION;
	memory->features ^= 1U << 31;
	EXPECT_EQ(NULL, ring_producer(&self->place));
	EXPECT_EQ(EOPNOTSUPP, errno);
	memory->features ^= 1U << 31;
	memory->magic ^= 1;
	EXPECT_EQ(NULL, ring_producer(&self->place));
	EXPECT_EQ(EINVAL, errno);
	memory->magic ^= 1;
	for (memory->capacity = 1; memory->capacity; memory->capacity *= 2) {
		if (memory->capacity >= IPCMBOX_RING_CAPACITY_MIN &&
		    memory->capacity <= CAPACITY)
			continue;
		EXPECT_EQ(NULL, ring_producer(&self->place));
		EXPECT_EQ(EINVAL, errno);
	}
	memory->capacity = CAPACITY - 64;
	EXPECT_EQ(NULL, ring_producer(&self->place));
	EXPECT_EQ(EINVAL, errno);
	memory->capacity = CAPACITY;
	self->producer = ring_producer(&self->place);
	EXPECT_NE(NULL, self->producer);
}

/* The numbers of laps have 32 bits, and positions 64. */
TEST_F(ring, laps_wrap)
{
	struct ring_memory *memory = self->place.memory;
	uint64_t begin = self->producer->granules * (UINT32_MAX - 2ULL);
	uint64_t i;

	for (i = 0; i < self->producer->granules; i++)
		self->producer->words[i] =
			ring_word(UINT32_MAX - 3, 0, 0, RING_INSIDE);
	ipcmbox_ring_detach(self->producer);
	ipcmbox_ring_detach(self->consumer);
	memory->tail = begin;
	memory->head = begin;
	self->producer = ring_producer(&self->place);
	self->consumer = ring_consumer(&self->place);
	for (i = 0; i < CAPACITY / 64 * 10; i++) {
		/* Some words are only ever inside, in most laps. */
		if (i / 100 % 2)
			ASSERT_NE(NULL, ipcmbox_ring_reserve(self->producer, 65,
							     0, 0));
		EXPECT_EQ(0, ipcmbox_ring_abort(self->producer));
		ASSERT_EQ(0, ring_put(self->producer, i, 0));
		ASSERT_EQ(i, ring_get(self->consumer, 0));
	}
	EXPECT_LT(UINT32_MAX, memory->head / (CAPACITY / 64));
}

TEST(sizes)
{
	size_t least = ipcmbox_ring_size(0);
	unsigned char *memory = aligned_alloc(4096, 16384);
	struct ipcmbox_ring *ring;

	ASSERT_NE(NULL, memory);
	EXPECT_EQ(least, ipcmbox_ring_size(IPCMBOX_RING_CAPACITY_MIN));
	EXPECT_LT(least, ipcmbox_ring_size(IPCMBOX_RING_CAPACITY_MIN + 1));
	EXPECT_EQ(0, ipcmbox_ring_size(SIZE_MAX));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_ERRNO(EINVAL, ipcmbox_ring_init(memory, least - 1, 0));
	EXPECT_ERRNO(EINVAL, ipcmbox_ring_init(memory + 64, least, 0));
	EXPECT_ERRNO(EINVAL, ipcmbox_ring_init(NULL, least, 0));
	EXPECT_ERRNO(EOPNOTSUPP, ipcmbox_ring_init(memory, least, 4));
	EXPECT_EQ(0, ipcmbox_ring_init(memory, least, 0));
	EXPECT_EQ(NULL, ipcmbox_ring_attach(memory, least - 1,
					    IPCMBOX_RING_PRODUCER, -1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL,
		  ipcmbox_ring_attach(memory, 64, IPCMBOX_RING_PRODUCER, -1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, ipcmbox_ring_attach(memory, least, 2, -1));
	EXPECT_EQ(EINVAL, errno);
	ring = ipcmbox_ring_attach(memory, least, IPCMBOX_RING_PRODUCER, -1);
	ASSERT_NE(NULL, ring);
	EXPECT_EQ(IPCMBOX_RING_CAPACITY_MIN, stat_of(ring).capacity);
	EXPECT_EQ(IPCMBOX_RING_CAPACITY_MIN / 2, stat_of(ring).message_max);
	ipcmbox_ring_detach(ring);
	EXPECT_EQ(0, ipcmbox_ring_init(memory, 16384, 0));
	ring = ipcmbox_ring_attach(memory, 16384, IPCMBOX_RING_CONSUMER, -1);
	ASSERT_NE(NULL, ring);
	EXPECT_EQ(8192, stat_of(ring).capacity);
	ipcmbox_ring_detach(ring);
	free(memory);
}

TEST_HARNESS_MAIN
