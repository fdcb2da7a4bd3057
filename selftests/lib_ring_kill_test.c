// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library's rings when somebody is killed, at each instruction of what he does, or
 * stopped. What others find differs only where he has written to the ring: so he is made to
 * do it step by step once, to see where that is, and is killed there.
 */
#include "ring_step.h"

/* Four granules, of which a message of two takes padding now and then. */
#define CAPACITY 256
#define LEN 65

FIXTURE(kill)
{
	struct ring_place place;
	struct ipcmbox_ring *producer;
	struct ipcmbox_ring *consumer;
};

FIXTURE_VARIANT(kill)
{
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(kill, one)
{
	.flags = 0,
};

FIXTURE_VARIANT_ADD(kill, many)
{
	.flags = IPCMBOX_RING_MPSC,
};

FIXTURE_SETUP(kill)
{
	ASSERT_TRUE(ring_place_make(&self->place, CAPACITY, variant->flags));
	self->consumer = ring_consumer(&self->place);
	ASSERT_NE(NULL, self->consumer);
}

FIXTURE_TEARDOWN(kill)
{
	ipcmbox_ring_detach(self->producer);
	ipcmbox_ring_detach(self->consumer);
	ring_place_end(&self->place);
}

/* What there must be several producers for. */
FIXTURE(among)
{
	struct ring_place place;
	struct ipcmbox_ring *producer;
	struct ipcmbox_ring *consumer;
};

FIXTURE_SETUP(among)
{
	ASSERT_TRUE(ring_place_make(&self->place, CAPACITY, IPCMBOX_RING_MPSC));
	self->consumer = ring_consumer(&self->place);
	ASSERT_NE(NULL, self->consumer);
}

FIXTURE_TEARDOWN(among)
{
	ipcmbox_ring_detach(self->producer);
	ipcmbox_ring_detach(self->consumer);
	ring_place_end(&self->place);
}

/* What is killed; each stops before and after. */
static void send_one(struct ring_place *place)
{
	struct ipcmbox_ring *ring = step_attach(place, IPCMBOX_RING_PRODUCER);
	unsigned char data[LEN];

	ring_fill(data, LEN, 1);
	raise(SIGSTOP);
	ipcmbox_ring_send(ring, data, LEN, IPCMBOX_DONTWAIT, 0);
	raise(SIGSTOP);
}

static void send_batch(struct ring_place *place)
{
	struct ipcmbox_ring *ring = step_attach(place, IPCMBOX_RING_PRODUCER);
	unsigned char *data;
	int i;

	raise(SIGSTOP);
	for (i = 0; i < 2; i++) {
		data = ipcmbox_ring_reserve(ring, 1, IPCMBOX_DONTWAIT, 0);
		if (data)
			ring_fill(data, 1, 1);
	}
	ipcmbox_ring_commit(ring);
	raise(SIGSTOP);
}

static void receive(struct ring_place *place)
{
	struct ipcmbox_ring *ring = step_attach(place, IPCMBOX_RING_CONSUMER);
	unsigned char data[LEN];

	raise(SIGSTOP);
	ipcmbox_ring_recv(ring, data, LEN, IPCMBOX_DONTWAIT, 0);
	raise(SIGSTOP);
}

/* So that the record begins at another granule. */
static bool move_on(struct ring_place *place, struct ipcmbox_ring *consumer,
		    unsigned int granule)
{
	struct ipcmbox_ring *ring = ring_producer(place);
	bool good = ring;

	while (good && place->memory->head % 4 != granule)
		good = !ring_put(ring, 0, 0) && !ring_get(consumer, 0);
	ipcmbox_ring_detach(ring);
	return good;
}

/* What the dead one has sent, all or none; then what one sends who came after it. */
static bool goes_on(struct ring_place *place, struct ipcmbox_ring *consumer,
		    size_t len, uint32_t number)
{
	struct ipcmbox_ring *producer = ring_producer(place);
	uint64_t deadline = ipcmbox_deadline(RING_SOON);
	unsigned char data[LEN];
	bool good = producer;
	ssize_t got;
	int i;

	good = good && !ring_put(producer, number, deadline);
	for (i = 0; good && i < 3; i++) {
		got = ipcmbox_ring_recv(consumer, data, LEN, 0, deadline);
		if (got == sizeof(number) && !memcmp(data, &number, got))
			break;
		good = got == (ssize_t)len && ring_filled(data, len, 1);
	}
	good = good && i < 3 && !place->memory->producers_wait;
	ipcmbox_ring_detach(producer);
	return good;
}

/* Kill a producer wherever it matters; at how many points, or minus where it failed. */
static int kill_everywhere(struct ring_place *place,
			   struct ipcmbox_ring *consumer,
			   void (*act)(struct ring_place *place), size_t len,
			   unsigned int granule)
{
	int points[POINTS_MAX];
	int i, count = 1;

	/* In the first round it is not killed before it is done. */
	for (i = 0; i < count; i++) {
		bool good;
		pid_t pid;

		if (!move_on(place, consumer, granule))
			return -i - 1;
		pid = step_begin(place, act);
		if (pid < 0)
			return -i - 1;
		if (i) {
			good = step(pid, points[i]);
		} else {
			count = see_changes(place, pid, points);
			good = count > 0;
		}
		if (!step_end(pid) || !good ||
		    !goes_on(place, consumer, len, i + 1000))
			return -i - 1;
	}
	return count;
}

TEST_F_TIMEOUT(kill, producer_everywhere, 240)
{
	struct ipcmbox_ring_stat stat;

	if (!can_step())
		SKIP(return, "this processor cannot do atomics step by step");
	/* At the last granule it takes padding first. */
	EXPECT_LT(4, kill_everywhere(&self->place, self->consumer, send_one,
				     LEN, 3));
	EXPECT_LT(4, kill_everywhere(&self->place, self->consumer, send_batch,
				     1, 0));
	ipcmbox_ring_stat(self->consumer, &stat, sizeof(stat));
	if (variant->flags & IPCMBOX_RING_MPSC) {
		EXPECT_LT(3, stat.abandoned);
		EXPECT_LE(stat.abandoned, stat.abandoned_bytes);
	} else {
		EXPECT_EQ(0, stat.abandoned);
	}
}

/*
 * What it has not consumed is there for the next one. The messages of a round fill the ring,
 * so that each round does the same.
 */
TEST_F_TIMEOUT(kill, consumer_everywhere, 240)
{
	int i, count = 1, consumed = 0;
	unsigned char data[LEN];
	int points[POINTS_MAX];

	if (!can_step())
		SKIP(return, "this processor cannot do atomics step by step");
	self->producer = ring_producer(&self->place);
	ASSERT_NE(NULL, self->producer);
	for (i = 0; i < count; i++) {
		uint64_t deadline = ipcmbox_deadline(RING_SOON);
		pid_t pid;

		ipcmbox_ring_detach(self->consumer);
		self->consumer = NULL;
		ring_fill(data, LEN, 1);
		ASSERT_EQ(0, ipcmbox_ring_send(self->producer, data, LEN, 0,
					       deadline));
		pid = step_begin(&self->place, receive);
		ASSERT_LT(0, pid);
		if (i) {
			ASSERT_TRUE(step(pid, points[i]));
		} else {
			count = see_changes(&self->place, pid, points);
			ASSERT_LT(0, count);
		}
		ASSERT_TRUE(step_end(pid));
		ring_fill(data, LEN, 2);
		ASSERT_EQ(0, ipcmbox_ring_send(self->producer, data, LEN, 0,
					       deadline));
		self->consumer = ring_consumer(&self->place);
		ASSERT_NE(NULL, self->consumer);
		ASSERT_EQ(LEN, ipcmbox_ring_recv(self->consumer, data, LEN, 0,
						 deadline));
		if (ring_filled(data, LEN, 1)) {
			ASSERT_EQ(LEN, ipcmbox_ring_recv(self->consumer, data,
							 LEN, 0, deadline));
		} else {
			consumed++;
		}
		EXPECT_TRUE(ring_filled(data, LEN, 2));
	}
	EXPECT_LT(1, count);
	/* In the first round, and after it has let the producers have the room. */
	EXPECT_LE(2, consumed);
}

/* In the page that the ring does not fill. */
static _Atomic uint32_t *stage_of(struct ring_place *place)
{
	return (_Atomic uint32_t *)((char *)place->memory + 4092);
}

/* A child that has reserved, and written, and goes no further. */
static pid_t reserve(struct ring_place *place)
{
	_Atomic uint32_t *stage = stage_of(place);
	pid_t pid = fork();

	if (!pid) {
		struct ipcmbox_ring *ring = ring_producer(place);
		uint32_t *number = ring ? ipcmbox_ring_reserve(ring, 4, 0, 0) :
					  NULL;

		if (!number)
			_exit(1);
		*number = 7;
		*stage = 1;
		while (*stage != 2)
			mbox_nap();
		_exit(ipcmbox_ring_commit(ring));
	}
	while (!*stage)
		mbox_nap();
	return pid;
}

/* Others wait for who is stopped, and only for him. */
TEST_F(among, stopped_with_a_reservation)
{
	pid_t pid;

	pid = reserve(&self->place);
	self->producer = ring_producer(&self->place);
	ASSERT_NE(NULL, self->producer);
	EXPECT_EQ(0, kill(pid, SIGSTOP));
	EXPECT_EQ(0, ring_put(self->producer, 8, 0));
	EXPECT_EQ(-ETIMEDOUT,
		  ring_get(self->consumer, ipcmbox_deadline(RING_WHILE)));
	*stage_of(&self->place) = 2;
	EXPECT_EQ(0, kill(pid, SIGCONT));
	EXPECT_EQ(7, ring_get(self->consumer, ipcmbox_deadline(RING_SOON)));
	EXPECT_EQ(8, ring_get(self->consumer, 0));
	EXPECT_EQ(0, mbox_reap(pid));
	EXPECT_EQ(0, self->place.memory->abandoned);
}

/* A zombie is dead, and a consumer that never waits learns it, too. */
TEST_F(among, zombie_with_a_reservation)
{
	struct ipcmbox_ring_stat stat;
	uint32_t number;
	siginfo_t info;
	pid_t pid;

	pid = reserve(&self->place);
	self->producer = ring_producer(&self->place);
	ASSERT_NE(NULL, self->producer);
	EXPECT_EQ(0, kill(pid, SIGKILL));
	EXPECT_EQ(0, waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	EXPECT_EQ(0, ring_put(self->producer, 8, 0));
	EXPECT_ERRNO(EAGAIN, ipcmbox_ring_recv(self->consumer, &number, 4,
					       IPCMBOX_DONTWAIT, 0));
	usleep((IPCMBOX_RING_CHECK + MSEC) / 1000);
	EXPECT_EQ(4, ipcmbox_ring_recv(self->consumer, &number, 4,
				       IPCMBOX_DONTWAIT, 0));
	EXPECT_EQ(8, number);
	ipcmbox_ring_stat(self->consumer, &stat, sizeof(stat));
	EXPECT_EQ(1, stat.abandoned);
	EXPECT_EQ(4, stat.abandoned_bytes);
	EXPECT_EQ(2, stat.producers);
	EXPECT_EQ(1, stat.dead);
	EXPECT_EQ(SIGKILL, mbox_reap(pid));
}

/* All slots are the dead's: the next ones take them, with what was reserved given up. */
TEST_F_TIMEOUT(among, slots_of_the_dead, 60)
{
	struct ipcmbox_ring *rings[IPCMBOX_RING_PRODUCERS] = { NULL };
	unsigned int i;

	for (i = 0; i < IPCMBOX_RING_PRODUCERS; i++) {
		pid_t pid;

		*stage_of(&self->place) = 0;
		if (i < 4)
			pid = reserve(&self->place);
		else
			pid = step_begin(&self->place, send_one);
		ASSERT_LT(0, pid);
		ASSERT_TRUE(step_end(pid));
	}
	for (i = 0; i < IPCMBOX_RING_PRODUCERS; i++) {
		rings[i] = ring_producer(&self->place);
		ASSERT_NE(NULL, rings[i]);
	}
	EXPECT_EQ(4, self->place.memory->abandoned);
	EXPECT_EQ(NULL, ring_producer(&self->place));
	EXPECT_EQ(EUSERS, errno);
	ASSERT_EQ(-ETIMEDOUT, ring_get(self->consumer, 1));
	EXPECT_EQ(0, ring_put(rings[63], 63, 0));
	EXPECT_EQ(63, ring_get(self->consumer, 0));
	for (i = 0; i < IPCMBOX_RING_PRODUCERS; i++)
		ipcmbox_ring_detach(rings[i]);
}

/* Who waits for the dead is told. */
TEST_F(kill, nobody_left)
{
	pid_t pid = step_begin(&self->place, send_one);

	ASSERT_LT(0, pid);
	ASSERT_TRUE(step_end(pid));
	EXPECT_EQ(-EOWNERDEAD, ring_get(self->consumer, 0));
	EXPECT_EQ(-EOWNERDEAD, ring_get(self->consumer, 0));
	EXPECT_ERRNO(EOWNERDEAD, ipcmbox_ring_arm(self->consumer));
	ipcmbox_ring_detach(self->consumer);
	pid = step_begin(&self->place, receive);
	ASSERT_LT(0, pid);
	self->producer = ring_producer(&self->place);
	ASSERT_NE(NULL, self->producer);
	while (!ipcmbox_ring_send(self->producer, "", 1, IPCMBOX_DONTWAIT, 0))
		;
	EXPECT_EQ(-ETIMEDOUT,
		  ring_put(self->producer, 1, ipcmbox_deadline(RING_WHILE)));
	ASSERT_TRUE(step_end(pid));
	EXPECT_EQ(-EOWNERDEAD, ring_put(self->producer, 1, 0));
	self->consumer = ring_consumer(&self->place);
	ASSERT_NE(NULL, self->consumer);
}

/* Who never waits, or never for long, learns it as well. */
TEST_F(kill, no_consumer_left)
{
	pid_t pid;

	ipcmbox_ring_detach(self->consumer);
	self->consumer = NULL;
	pid = step_begin(&self->place, receive);
	ASSERT_LT(0, pid);
	self->producer = ring_producer(&self->place);
	ASSERT_NE(NULL, self->producer);
	while (!ipcmbox_ring_send(self->producer, "", 1, IPCMBOX_DONTWAIT, 0))
		;
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_TRUE(step_end(pid));
	usleep((IPCMBOX_RING_CHECK + MSEC) / 1000);
	EXPECT_ERRNO(EOWNERDEAD, ipcmbox_ring_send(self->producer, "", 1,
						   IPCMBOX_DONTWAIT, 0));
	EXPECT_ERRNO(EOWNERDEAD, ipcmbox_ring_send(self->producer, "", 1,
						   IPCMBOX_DONTWAIT, 0));
	EXPECT_EQ(-EOWNERDEAD, ring_put(self->producer, 1, 1));
	self->consumer = ring_consumer(&self->place);
	ASSERT_NE(NULL, self->consumer);
	EXPECT_ERRNO(EAGAIN, ipcmbox_ring_send(self->producer, "", 1,
					       IPCMBOX_DONTWAIT, 0));
	EXPECT_EQ(-ETIMEDOUT, ring_put(self->producer, 1, 1));
}

TEST_HARNESS_MAIN
