// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library's rings where somebody waits: for a message, for room, in poll(2).
 */
#include "ring.h"

#define CAPACITY 1024

FIXTURE(wait)
{
	struct ring_place place;
	struct ipcmbox_ring *producer;
	struct ipcmbox_ring *consumer;
};

FIXTURE_VARIANT(wait)
{
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(wait, one)
{
	.flags = 0,
};

FIXTURE_VARIANT_ADD(wait, many)
{
	.flags = IPCMBOX_RING_MPSC,
};

FIXTURE_VARIANT_ADD(wait, one_fences)
{
	.flags = IPCMBOX_RING_FENCES,
};

FIXTURE_VARIANT_ADD(wait, many_fences)
{
	.flags = IPCMBOX_RING_MPSC | IPCMBOX_RING_FENCES,
};

FIXTURE_SETUP(wait)
{
	ASSERT_TRUE(ring_place_make(&self->place, CAPACITY, variant->flags));
	self->producer = ring_producer(&self->place);
	ASSERT_NE(NULL, self->producer);
	self->consumer = ring_consumer(&self->place);
	ASSERT_NE(NULL, self->consumer);
}

FIXTURE_TEARDOWN(wait)
{
	ipcmbox_ring_detach(self->producer);
	ipcmbox_ring_detach(self->consumer);
	ring_place_end(&self->place);
}

/**
 * struct waiter - somebody who waits in a thread of his own
 * @ring: what he calls on
 * @send: whether he sends
 * @deadline: of his call
 * @ret: what it gave
 * @thread: where
 */
struct waiter {
	struct ipcmbox_ring *ring;
	bool send;
	uint64_t deadline;
	int64_t ret;
	pthread_t thread;
};

static void *wait_there(void *arg)
{
	struct waiter *waiter = arg;

	if (waiter->send)
		waiter->ret = ring_put(waiter->ring, 77, waiter->deadline);
	else
		waiter->ret = ring_get(waiter->ring, waiter->deadline);
	return NULL;
}

static void nothing(int signal)
{
}

static unsigned int fill(struct ipcmbox_ring *ring)
{
	unsigned int count = 0;

	while (!ipcmbox_ring_send(ring, &count, sizeof(count), IPCMBOX_DONTWAIT,
				  0))
		count++;
	return count;
}

TEST_F(wait, for_a_message)
{
	struct waiter waiter = { .ring = self->consumer };

	ASSERT_EQ(0, pthread_create(&waiter.thread, NULL, wait_there, &waiter));
	ASSERT_TRUE(ring_wait_asleep(&self->place.memory->consumer_waits));
	EXPECT_EQ(0, ring_put(self->producer, 5, 0));
	pthread_join(waiter.thread, NULL);
	EXPECT_EQ(5, waiter.ret);
	EXPECT_EQ(0, self->place.memory->consumer_waits);
}

TEST_F(wait, for_room)
{
	struct waiter waiter = { .ring = self->producer, .send = true };
	unsigned int i, count = fill(self->producer);

	EXPECT_EQ(CAPACITY / 64, count);
	ASSERT_EQ(0, pthread_create(&waiter.thread, NULL, wait_there, &waiter));
	ASSERT_TRUE(ring_wait_asleep(&self->place.memory->producers_wait));
	for (i = 0; i < count; i++)
		EXPECT_EQ(i, ring_get(self->consumer, 0));
	pthread_join(waiter.thread, NULL);
	EXPECT_EQ(0, waiter.ret);
	EXPECT_EQ(77, ring_get(self->consumer, 0));
}

TEST_F(wait, until_the_deadline)
{
	uint64_t before = mbox_now();

	EXPECT_EQ(-ETIMEDOUT, ring_get(self->consumer, 1));
	EXPECT_EQ(-ETIMEDOUT,
		  ring_get(self->consumer, ipcmbox_deadline(RING_WHILE)));
	EXPECT_LE(before + RING_WHILE, mbox_now());
	fill(self->producer);
	before = mbox_now();
	EXPECT_EQ(-ETIMEDOUT, ring_put(self->producer, 1, 1));
	EXPECT_EQ(-ETIMEDOUT,
		  ring_put(self->producer, 1, ipcmbox_deadline(RING_WHILE)));
	EXPECT_LE(before + RING_WHILE, mbox_now());
}

/* A message that is there is received, a signal or a past deadline notwithstanding. */
TEST_F(wait, not_at_all)
{
	EXPECT_EQ(0, ring_put(self->producer, 3, 1));
	EXPECT_EQ(3, ring_get(self->consumer, 1));
}

TEST_F(wait, until_a_signal)
{
	struct waiter waiter = { .ring = self->consumer };
	struct sigaction action = { .sa_handler = nothing,
				    .sa_flags = SA_RESTART };

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	ASSERT_EQ(0, pthread_create(&waiter.thread, NULL, wait_there, &waiter));
	ASSERT_TRUE(ring_wait_asleep(&self->place.memory->consumer_waits));
	/* Between the futex and its word a signal does not end the wait. */
	do
		pthread_kill(waiter.thread, SIGUSR1);
	while (!usleep(10000) && pthread_tryjoin_np(waiter.thread, NULL));
	EXPECT_EQ(-EINTR, waiter.ret);
	EXPECT_EQ(0, self->place.memory->consumer_waits);
	fill(self->producer);
	waiter = (struct waiter){ .ring = self->producer, .send = true };
	ASSERT_EQ(0, pthread_create(&waiter.thread, NULL, wait_there, &waiter));
	ASSERT_TRUE(ring_wait_asleep(&self->place.memory->producers_wait));
	do
		pthread_kill(waiter.thread, SIGUSR1);
	while (!usleep(10000) && pthread_tryjoin_np(waiter.thread, NULL));
	EXPECT_EQ(-EINTR, waiter.ret);
}

/* Who detaches lets nobody wait. */
TEST_F(wait, for_one_who_leaves)
{
	struct waiter waiter = { .ring = self->consumer };

	ASSERT_EQ(0, pthread_create(&waiter.thread, NULL, wait_there, &waiter));
	ASSERT_TRUE(ring_wait_asleep(&self->place.memory->consumer_waits));
	ipcmbox_ring_detach(self->producer);
	pthread_join(waiter.thread, NULL);
	EXPECT_EQ(-EPIPE, waiter.ret);
	self->producer = ring_producer(&self->place);
	ASSERT_NE(NULL, self->producer);
	fill(self->producer);
	waiter = (struct waiter){ .ring = self->producer, .send = true };
	ASSERT_EQ(0, pthread_create(&waiter.thread, NULL, wait_there, &waiter));
	ASSERT_TRUE(ring_wait_asleep(&self->place.memory->producers_wait));
	ipcmbox_ring_detach(self->consumer);
	pthread_join(waiter.thread, NULL);
	EXPECT_EQ(-EPIPE, waiter.ret);
	self->consumer = ring_consumer(&self->place);
}

/* One whose pid another process has by now is dead; one of another namespace may live. */
TEST_F(wait, pids_of_others)
{
	_Atomic uint64_t *place = self->place.memory->producer;
	uint64_t me = ipcmbox_ring_self();

	ipcmbox_ring_detach(self->producer);
	self->producer = NULL;
	*place = me;
	EXPECT_EQ(-ETIMEDOUT,
		  ring_get(self->consumer, ipcmbox_deadline(RING_WHILE)));
	*place = me ^ 1ULL << 20;
	EXPECT_EQ(-EOWNERDEAD, ring_get(self->consumer, 0));
	*place = me ^ 1;
	EXPECT_EQ(-ETIMEDOUT,
		  ring_get(self->consumer, ipcmbox_deadline(RING_WHILE)));
	*place = RING_LEFT;
	EXPECT_EQ(-EPIPE, ring_get(self->consumer, 0));
}

/* Take one message of the ring from the mailbox; false if there is none. */
static bool notified(int fd)
{
	struct ipcmbox_delivery delivery;

	if (ipcmbox_recvv(fd, NULL, 0, IPCMBOX_DONTWAIT, 0, &delivery,
			  sizeof(delivery)))
		return false;
	return delivery.cookie == IPCMBOX_RING_COOKIE && !delivery.len;
}

static bool readable(int fd, int timeout)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	return poll(&poll_fd, 1, timeout) == 1 && poll_fd.revents & POLLIN;
}

TEST_F(wait, armed)
{
	int fd = self->place.fd;
	uint32_t i;

	EXPECT_EQ(0, ring_put(self->producer, 0, 0));
	EXPECT_FALSE(readable(fd, 0));
	EXPECT_EQ(1, ipcmbox_ring_arm(self->consumer));
	EXPECT_EQ(0, ring_get(self->consumer, 0));
	for (i = 1; i < 4; i++) {
		EXPECT_EQ(0, ipcmbox_ring_arm(self->consumer));
		EXPECT_EQ(0, ipcmbox_ring_arm(self->consumer));
		EXPECT_FALSE(readable(fd, 0));
		EXPECT_EQ(0, ring_put(self->producer, i, 0));
		EXPECT_EQ(0, ring_put(self->producer, i, 0));
		EXPECT_TRUE(readable(fd, 0));
		EXPECT_TRUE(notified(fd));
		EXPECT_FALSE(readable(fd, 0));
		EXPECT_EQ(i, ring_get(self->consumer, 0));
		EXPECT_EQ(i, ring_get(self->consumer, 0));
	}
	EXPECT_EQ(0, ipcmbox_ring_arm(self->consumer));
	ipcmbox_ring_detach(self->producer);
	EXPECT_TRUE(notified(fd));
	self->producer = ring_producer(&self->place);
	ASSERT_NE(NULL, self->producer);
}

/* One that cannot send leaves it to the next one, and a full mailbox is readable. */
TEST_F(wait, armed_and_cannot_send)
{
	int none = self->producer->fd;
	unsigned int i;

	self->producer->fd = -1;
	EXPECT_EQ(0, ipcmbox_ring_arm(self->consumer));
	EXPECT_EQ(0, ring_put(self->producer, 1, 0));
	EXPECT_FALSE(readable(self->place.fd, 0));
	self->producer->fd = ipcmbox_reopen(none, 0, O_RDONLY);
	EXPECT_EQ(0, ring_put(self->producer, 2, 0));
	EXPECT_FALSE(readable(self->place.fd, 0));
	close(self->producer->fd);
	self->producer->fd = none;
	EXPECT_EQ(0, ring_put(self->producer, 3, 0));
	EXPECT_TRUE(notified(self->place.fd));
	for (i = 1; i < 4; i++)
		EXPECT_EQ(i, ring_get(self->consumer, 0));
	for (i = 0; i < 8; i++)
		EXPECT_EQ(0, ipcmbox_send(self->place.fd, "", 1));
	EXPECT_EQ(0, ipcmbox_ring_arm(self->consumer));
	EXPECT_EQ(0, ring_put(self->producer, 4, 0));
	EXPECT_EQ(0, self->place.memory->consumer_waits);
	EXPECT_EQ(8, mbox_drain(self->place.fd));
}

/* Who cannot send learns it when he commits, and may try again; the message is sent once. */
TEST_F(wait, armed_and_owed)
{
	static const char limit[] = MBOX_PARAMETERS "user_bytes";
	int64_t bytes = mbox_read_number(limit);

	ASSERT_LE(0, bytes);
	EXPECT_EQ(0, ipcmbox_ring_commit(self->producer));
	EXPECT_EQ(0, ipcmbox_ring_arm(self->consumer));
	EXPECT_EQ(0, ipcmbox_ring_commit(self->producer));
	EXPECT_FALSE(readable(self->place.fd, 0));
	ASSERT_NE(NULL, ipcmbox_ring_reserve(self->producer, 4, 0, 0));
	ASSERT_EQ(0, mbox_write_number(limit, 0));
	EXPECT_EQ(1, ipcmbox_ring_commit(self->producer));
	EXPECT_EQ(EDQUOT, errno);
	EXPECT_EQ(0, ring_put(self->producer, 2, 0));
	errno = 0;
	EXPECT_EQ(1, ipcmbox_ring_commit(self->producer));
	EXPECT_EQ(EDQUOT, errno);
	EXPECT_FALSE(readable(self->place.fd, 0));
	ASSERT_EQ(0, mbox_write_number(limit, bytes));
	EXPECT_EQ(0, ipcmbox_ring_commit(self->producer));
	EXPECT_TRUE(notified(self->place.fd));
	EXPECT_EQ(0, ipcmbox_ring_commit(self->producer));
	EXPECT_FALSE(readable(self->place.fd, 0));
	EXPECT_LE(0, ring_get(self->consumer, 0));
	EXPECT_EQ(2, ring_get(self->consumer, 0));
	EXPECT_EQ(-ETIMEDOUT, ring_get(self->consumer, 1));
}

static int produce(struct ring_place *place, uint32_t count)
{
	struct ipcmbox_ring *ring = ring_producer(place);
	uint32_t i;

	if (!ring)
		return 1;
	for (i = 0; i < count; i++) {
		if (ring_put(ring, i, ipcmbox_deadline(RING_SOON)))
			return 2;
		/* Let it run empty now and then. */
		if (i % 16 == 0)
			usleep(i % 7 * 20);
	}
	ipcmbox_ring_detach(ring);
	return 0;
}

/* No wake-up is lost: the poll would time out, or nearly, were it not for the mailbox. */
TEST_F(wait, in_poll)
{
	const uint32_t count = 5000;
	unsigned int notices = 0, armed = 0;
	uint32_t expected = 0, number;
	pid_t child;

	ipcmbox_ring_detach(self->producer);
	self->producer = NULL;
	child = fork();
	if (!child)
		_exit(produce(&self->place, count));
	while (expected < count) {
		int ret;

		if (ipcmbox_ring_recv(self->consumer, &number, sizeof(number),
				      IPCMBOX_DONTWAIT, 0) >= 0) {
			ASSERT_EQ(expected, number);
			expected++;
			continue;
		}
		ret = ipcmbox_ring_arm(self->consumer);
		/* It has detached before it had attached again, or after its last one. */
		if (ret < 0) {
			ASSERT_EQ(EPIPE, errno);
			continue;
		}
		if (ret)
			continue;
		armed++;
		ASSERT_TRUE(readable(self->place.fd, MBOX_WATCHDOG_MS));
		notices += notified(self->place.fd);
	}
	EXPECT_EQ(0, mbox_reap(child));
	while (notified(self->place.fd))
		notices++;
	/* It may have sent for an arming that found a message, and again at its end. */
	EXPECT_LT(0, armed);
	EXPECT_LE(armed, notices + 1);
}

/* Both ways, so that each waits for each message. */
TEST_F_TIMEOUT(wait, in_turns, 120)
{
	const uint32_t rounds = 3000;
	struct ring_place back;
	struct ipcmbox_ring *ring;
	uint32_t i;
	pid_t child;

	ASSERT_TRUE(ring_place_make(&back, CAPACITY, variant->flags));
	ipcmbox_ring_detach(self->consumer);
	self->consumer = NULL;
	child = fork();
	if (!child) {
		struct ipcmbox_ring *from = ring_consumer(&self->place);
		struct ipcmbox_ring *to = ring_producer(&back);

		if (!from || !to)
			_exit(1);
		for (i = 0; i < rounds; i++)
			if (ring_get(from, ipcmbox_deadline(RING_SOON)) != i ||
			    ring_put(to, i, 0))
				_exit(2);
		_exit(0);
	}
	ring = ring_consumer(&back);
	ASSERT_NE(NULL, ring);
	for (i = 0; i < rounds; i++) {
		ASSERT_EQ(0, ring_put(self->producer, i, 0));
		ASSERT_EQ(i, ring_get(ring, ipcmbox_deadline(RING_SOON)));
	}
	EXPECT_EQ(0, mbox_reap(child));
	ipcmbox_ring_detach(ring);
	ring_place_end(&back);
}

TEST_HARNESS_MAIN
