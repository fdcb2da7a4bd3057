// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library's rings when somebody stops at any point of what he does, others go on, and so
 * does he afterwards: what he still writes must harm nobody.
 */
#include "ring_step.h"

/* Eight granules, of which a message of three takes padding of two. */
#define CAPACITY 512
#define LEN 130

FIXTURE(late)
{
	struct ring_place place;
	struct ipcmbox_ring *producer;
	struct ipcmbox_ring *consumer;
};

FIXTURE_SETUP(late)
{
	ASSERT_TRUE(ring_place_make(&self->place, CAPACITY, IPCMBOX_RING_MPSC));
	self->consumer = ring_consumer(&self->place);
	ASSERT_NE(NULL, self->consumer);
	self->producer = ring_producer(&self->place);
	ASSERT_NE(NULL, self->producer);
}

FIXTURE_TEARDOWN(late)
{
	ipcmbox_ring_detach(self->producer);
	ipcmbox_ring_detach(self->consumer);
	ring_place_end(&self->place);
}

/* In the page that the ring does not fill: what the late one's call gave. */
static _Atomic int *result_of(struct ring_place *place)
{
	return (_Atomic int *)((char *)place->memory + 4092);
}

static void send_one(struct ring_place *place)
{
	struct ipcmbox_ring *ring = step_attach(place, IPCMBOX_RING_PRODUCER);
	unsigned char data[LEN];

	ring_fill(data, LEN, 1);
	*result_of(place) = 1;
	raise(SIGSTOP);
	if (ipcmbox_ring_send(ring, data, LEN, IPCMBOX_DONTWAIT, 0))
		*result_of(place) = -errno;
	raise(SIGSTOP);
}

/**
 * struct count - what was sent and received so far
 * @sent: numbers, by the one who is not late
 * @received: of these
 * @late: messages of the late one
 */
struct count {
	uint32_t sent;
	uint32_t received;
	int late;
};

/* 1 if there was one, 0 if not, -1 if it was wrong. */
static int receive(struct ipcmbox_ring *ring, struct count *count)
{
	unsigned char data[LEN];
	uint32_t number;
	ssize_t len = ipcmbox_ring_recv(ring, data, LEN, IPCMBOX_DONTWAIT, 0);

	if (len < 0)
		return errno == EAGAIN ? 0 : -1;
	if (len == LEN) {
		count->late++;
		return ring_filled(data, LEN, 1) ? 1 : -1;
	}
	memcpy(&number, data, sizeof(number));
	return len == sizeof(number) && number == count->received++ ? 1 : -1;
}

static bool send_number(struct ipcmbox_ring *ring, struct count *count)
{
	bool sent = !ipcmbox_ring_send(ring, &count->sent, sizeof(count->sent),
				       IPCMBOX_DONTWAIT, 0);

	count->sent += sent;
	return sent;
}

/* Two laps or what room there is, and then as much as fits: each granule begins one. */
static bool go_round(struct ipcmbox_ring *producer,
		     struct ipcmbox_ring *consumer, struct count *count)
{
	int i;

	for (i = 0; i < 2 * CAPACITY / 64; i++) {
		send_number(producer, count);
		if (receive(consumer, count) < 0)
			return false;
	}
	while (send_number(producer, count))
		;
	return errno == EAGAIN;
}

static bool move_to(struct ring_place *place, struct ipcmbox_ring *producer,
		    struct ipcmbox_ring *consumer, unsigned int granule)
{
	while (place->memory->head % (CAPACITY / 64) != granule)
		if (ring_put(producer, 0, 1) || ring_get(consumer, 1))
			return false;
	return true;
}

/* Each message that was said to be sent is received once, the late one's too. */
TEST_F_TIMEOUT(late, sender, 120)
{
	int points[POINTS_MAX];
	int i, count = 1, sent = 0;

	if (!can_step())
		SKIP(return, "this processor cannot do atomics step by step");
	for (i = 0; i < count; i++) {
		struct count numbers = { 0 };
		int received;
		pid_t pid;

		ASSERT_TRUE(move_to(&self->place, self->producer,
				    self->consumer, CAPACITY / 64 - 2));
		pid = step_begin(&self->place, send_one);
		ASSERT_LT(0, pid);
		if (i) {
			ASSERT_TRUE(step(pid, points[i]));
		} else {
			count = see_changes(&self->place, pid, points);
			ASSERT_LT(4, count);
		}
		ASSERT_TRUE(go_round(self->producer, self->consumer, &numbers));
		if (i) {
			/* Whether it releases padding or a message, it tells. */
			self->place.memory->consumer_waits = RING_ASLEEP;
			ASSERT_TRUE(step_on(pid));
			EXPECT_EQ(0, self->place.memory->consumer_waits);
		}
		EXPECT_TRUE(step_end(pid));
		do
			received = receive(self->consumer, &numbers);
		while (received > 0);
		ASSERT_EQ(0, received);
		EXPECT_EQ(numbers.sent, numbers.received);
		EXPECT_EQ(*result_of(&self->place) == 1, numbers.late);
		sent += numbers.late;
	}
	/* In the first round, and whenever it had its room before it stopped. */
	EXPECT_LT(1, sent);
}

/* One at the tail who dies before he moves it, and the consumer that skips it. */
static bool die_at_the_tail(struct ring_place *place,
			    struct ipcmbox_ring *consumer)
{
	uint64_t tail = place->memory->tail;

	/* Nobody has the last slot. */
	consumer->words[tail % (CAPACITY / 64)] =
		ring_word(tail / (CAPACITY / 64), 1, IPCMBOX_RING_PRODUCERS - 1,
			  RING_BUSY);
	return ring_get(consumer, 1) == -ETIMEDOUT &&
	       place->memory->head == tail + 1 && place->memory->tail == tail;
}

/* Who looked at the tail before that is not told that the ring is overwritten. */
TEST_F_TIMEOUT(late, at_an_old_tail, 120)
{
	unsigned char data[LEN];
	int points[POINTS_MAX];
	int steps, lap;
	pid_t pid;

	if (!can_step())
		SKIP(return, "this processor cannot do atomics step by step");
	pid = step_begin(&self->place, send_one);
	ASSERT_LT(0, pid);
	ASSERT_LT(4, see_changes(&self->place, pid, points));
	EXPECT_TRUE(step_end(pid));
	ASSERT_EQ(LEN, ipcmbox_ring_recv(self->consumer, data, LEN, 0, 1));
	for (steps = 1; steps < points[1]; steps++) {
		struct count numbers = { 0 };

		pid = step_begin(&self->place, send_one);
		ASSERT_LT(0, pid);
		/* It has to ask for the head. */
		for (lap = 0; lap < CAPACITY / 64; lap++) {
			ASSERT_TRUE(send_number(self->producer, &numbers));
			ASSERT_EQ(1, receive(self->consumer, &numbers));
		}
		ASSERT_TRUE(step(pid, steps));
		ASSERT_TRUE(die_at_the_tail(&self->place, self->consumer));
		ASSERT_TRUE(step_on(pid));
		EXPECT_TRUE(step_end(pid));
		EXPECT_EQ(1, *result_of(&self->place));
		EXPECT_EQ(1, receive(self->consumer, &numbers));
		EXPECT_EQ(1, numbers.late);
		/* So that the next one has the same slot, and the last stays free. */
		self->place.memory->producer[1] = RING_LEFT;
	}
}

static void attach(struct ring_place *place)
{
	raise(SIGSTOP);
	step_attach(place, IPCMBOX_RING_PRODUCER);
	raise(SIGSTOP);
}

/* Whoever has attached dies. */
static void die(struct ring_place *place)
{
	unsigned int i;

	/* The largest number of a process, which none has. */
	for (i = 0; i < IPCMBOX_RING_PRODUCERS; i++)
		place->memory->producer[i] = ipcmbox_ring_self() | ~0ULL << 42;
}

/* All slots are the dead's, and two come at once: neither gives up what the other reserves. */
TEST_F_TIMEOUT(late, taker, 120)
{
	int points[POINTS_MAX];
	int i, count = 1;

	if (!can_step())
		SKIP(return, "this processor cannot do atomics step by step");
	/* The later ones of these die there. */
	for (i = 0; i < 2 * count; i++) {
		uint32_t *number;
		pid_t pid;

		ASSERT_TRUE(move_to(&self->place, self->producer,
				    self->consumer, 0));
		ASSERT_NE(NULL, ipcmbox_ring_reserve(self->producer, 1, 0, 0));
		self->place.memory->abandoned = 0;
		die(&self->place);
		free(self->producer);
		self->producer = NULL;
		pid = step_begin(&self->place, attach);
		ASSERT_LT(0, pid);
		ASSERT_TRUE(step_to_kill(pid));
		if (i) {
			ASSERT_TRUE(step(pid, points[i % count]));
		} else {
			count = see_changes(&self->place, pid, points);
			ASSERT_LT(4, count);
		}
		self->producer = ring_producer(&self->place);
		ASSERT_NE(NULL, self->producer);
		number = ipcmbox_ring_reserve(self->producer, 4, 0, 0);
		ASSERT_NE(NULL, number);
		*number = i;
		if (i && i < count)
			ASSERT_TRUE(step_on(pid));
		EXPECT_TRUE(step_end(pid));
		EXPECT_EQ(-ETIMEDOUT, ring_get(self->consumer, 1));
		EXPECT_EQ(0, ipcmbox_ring_commit(self->producer));
		ASSERT_EQ(i, ring_get(self->consumer,
				      ipcmbox_deadline(RING_SOON)));
		EXPECT_EQ(1, self->place.memory->abandoned);
	}
}

/* How far the next process goes; where steps take long they are not all tried. */
static int further(int steps, int more)
{
	return steps + more + (getenv("IPCMBOX_FEW") ? steps / 10 : 0);
}

static void look(struct ring_place *place)
{
	struct ipcmbox_ring *ring = step_attach(place, IPCMBOX_RING_CONSUMER);
	char byte;
	ssize_t len;

	*result_of(place) = 0;
	raise(SIGSTOP);
	len = ipcmbox_ring_recv(ring, &byte, 1, IPCMBOX_DONTWAIT, 0);
	*result_of(place) = len < 0 ? -errno : 1;
	raise(SIGSTOP);
}

/* A producer that has the last slot, and the others are left. */
static struct ipcmbox_ring *attach_last(struct ring_place *place)
{
	struct ipcmbox_ring *ring;
	unsigned int i;

	for (i = 0; i < IPCMBOX_RING_PRODUCERS - 1; i++)
		place->memory->producer[i] = ipcmbox_ring_self();
	ring = ring_producer(place);
	for (i = 0; i < IPCMBOX_RING_PRODUCERS - 1; i++)
		place->memory->producer[i] = RING_LEFT;
	return ring;
}

/* While producers relieve one another there always is one. */
TEST_F_TIMEOUT(late, consumer, 400)
{
	bool done = false;
	int i, steps;

	if (!can_step())
		SKIP(return, "this processor cannot do atomics step by step");
	ipcmbox_ring_detach(self->consumer);
	self->consumer = NULL;
	/* It takes more than that from the first slot to the last one. */
	for (steps = 20; !done; steps = further(steps, 20)) {
		struct ipcmbox_ring *last;
		pid_t pid;

		ipcmbox_ring_detach(self->producer);
		last = attach_last(&self->place);
		pid = step_begin(&self->place, look);

		ASSERT_NE(NULL, last);
		ASSERT_LT(0, pid);
		for (i = 0; i < steps && !*result_of(&self->place); i++)
			ASSERT_TRUE(step(pid, 1));
		done = i < steps;
		self->producer = ring_producer(&self->place);
		ASSERT_NE(NULL, self->producer);
		ipcmbox_ring_detach(last);
		if (!done)
			ASSERT_TRUE(step_on(pid));
		EXPECT_TRUE(step_end(pid));
		EXPECT_EQ(-EAGAIN, *result_of(&self->place));
	}
	EXPECT_LT(200, steps);
}

/* A consumer that makes room and leaves does not leave it full. */
TEST_F_TIMEOUT(late, sender_to_one_who_leaves, 400)
{
	bool done = false;
	int i, steps;

	if (!can_step())
		SKIP(return, "this processor cannot do atomics step by step");
	/* From where it sees no room to where it asks for the consumer it takes more. */
	for (steps = 10; !done; steps = further(steps, 10)) {
		struct count numbers = { 0 };
		pid_t pid = step_begin(&self->place, send_one);

		ASSERT_LT(0, pid);
		while (send_number(self->producer, &numbers))
			;
		for (i = 0; i < steps && *result_of(&self->place) >= 0; i++)
			ASSERT_TRUE(step(pid, 1));
		done = i < steps;
		while (receive(self->consumer, &numbers) > 0)
			;
		ipcmbox_ring_detach(self->consumer);
		if (!done)
			ASSERT_TRUE(step_on(pid));
		EXPECT_TRUE(step_end(pid));
		EXPECT_NE(-EPIPE, *result_of(&self->place));
		self->consumer = ring_consumer(&self->place);
		ASSERT_NE(NULL, self->consumer);
		while (receive(self->consumer, &numbers) > 0)
			;
		EXPECT_EQ(*result_of(&self->place) == 1, numbers.late);
		/* So that there is one for the next. */
		self->place.memory->producer[1] = RING_LEFT;
	}
	EXPECT_LT(50, steps);
}

/* Who is taken for dead, and is not, is told, and harms nobody. */
TEST_F(late, taken_for_dead)
{
	struct count numbers = { 0 };
	struct ipcmbox_ring *other;

	other = ring_producer(&self->place);
	ASSERT_NE(NULL, other);
	ASSERT_NE(NULL, ipcmbox_ring_reserve(self->producer, 4, 0, 0));
	self->consumer->words[self->producer->reserved[0].position %
			      (CAPACITY / 64)] ^= RING_BUSY ^ RING_VOID;
	ASSERT_TRUE(go_round(other, self->consumer, &numbers));
	EXPECT_ERRNO(EPROTO, ipcmbox_ring_commit(self->producer));
	while (receive(self->consumer, &numbers) > 0)
		;
	EXPECT_EQ(numbers.sent, numbers.received);
	EXPECT_EQ(0, ring_put(self->producer, 5, 0));
	EXPECT_EQ(5, ring_get(self->consumer, 0));
	ipcmbox_ring_detach(other);
}

TEST_HARNESS_MAIN
