// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an operation costs does not depend on how many messages are stored or how
 * many tasks wait. Measured side by side, in turns; the medians are compared.
 * The bound is wide, since the machine is noisy, and far below what a walk over
 * the queue or the line would cost.
 */
#include "kselftest_harness.h"
#include "ipcmbox_util.h"

#define ROUNDS		25
#define BATCH		400
#define STORED		100000
#define PARKED		400
#define BOUND		2.0

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static uint64_t median(uint64_t *values)
{
	qsort(values, ROUNDS, sizeof(*values), by_value);
	return values[ROUNDS / 2];
}

/* ns of a batch of sends and receives; 0 on error. */
static uint64_t time_batch(int fd)
{
	uint64_t start = mbox_now();
	unsigned int i;

	for (i = 0; i < BATCH; i++)
		if (mbox_send_num(fd, i, 0) || mbox_recv_num(fd, 0) < 0)
			return 0;
	return mbox_now() - start;
}

/* How much dearer the second is than the first. */
static double compare(int few, int many)
{
	uint64_t time[2][ROUNDS];
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		time[0][i] = time_batch(few);
		time[1][i] = time_batch(many);
		if (!time[0][i] || !time[1][i])
			return 1e9;
	}
	return (double)median(time[1]) / (double)median(time[0]);
}

FIXTURE(growth)
{
	int few;
	int many;
};

FIXTURE_SETUP(growth)
{
	self->few = -1;
	self->many = -1;
}

FIXTURE_TEARDOWN(growth)
{
	EXPECT_TRUE(mbox_conserves(self->few));
	EXPECT_TRUE(mbox_conserves(self->many));
	close(self->few);
	close(self->many);
}

TEST_F_TIMEOUT(growth, stored_messages, 120)
{
	double ratio;
	unsigned int i;

	self->few = mbox_create(IPCMBOX_UNBOUNDED, O_RDWR);
	self->many = mbox_create(IPCMBOX_UNBOUNDED, O_RDWR);
	for (i = 0; i < 10; i++)
		ASSERT_EQ(0, mbox_send_num(self->few, i, 0));
	for (i = 0; i < STORED; i++)
		ASSERT_EQ(0, mbox_send_num(self->many, i, 0));
	ratio = compare(self->few, self->many);
	TH_LOG("%u against 10 stored: %.2f", STORED, ratio);
	EXPECT_GT(BOUND, ratio);
}

static void *park_sender(void *arg)
{
	mbox_send_num(*(int *)arg, 0, 0);
	return NULL;
}

/* Lets so many threads wait for room in a mailbox that is full. */
static bool park(int fd, pthread_t *threads, unsigned int count)
{
	pthread_attr_t small;
	unsigned int i;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 64 << 10);
	for (i = 0; i < count; i++)
		if (pthread_create(&threads[i], &small, park_sender, &fd))
			return false;
	return mbox_wait_senders(fd, count);
}

/* ns of sends that would wait, and of peeks, with tasks in line; 0 on error. */
static uint64_t time_refusals(int fd)
{
	uint64_t start = mbox_now();
	uint32_t num;
	unsigned int i;

	for (i = 0; i < BATCH; i++)
		if (mbox_send_num(fd, i, IPCMBOX_DONTWAIT) != -EAGAIN ||
		    mbox_peek(fd, &num, sizeof(num), 0) != sizeof(num))
			return 0;
	return mbox_now() - start;
}

TEST_F_TIMEOUT(growth, parked_senders, 120)
{
	static pthread_t threads[PARKED + 1];
	uint64_t time[2][ROUNDS];
	double ratio;
	unsigned int i;

	self->few = mbox_create(1, O_RDWR);
	self->many = mbox_create(1, O_RDWR);
	ASSERT_EQ(0, mbox_send_num(self->few, 0, 0));
	ASSERT_EQ(0, mbox_send_num(self->many, 0, 0));
	ASSERT_TRUE(park(self->few, threads + PARKED, 1));
	ASSERT_TRUE(park(self->many, threads, PARKED));
	for (i = 0; i < ROUNDS; i++) {
		time[0][i] = time_refusals(self->few);
		time[1][i] = time_refusals(self->many);
		ASSERT_NE(0, time[0][i]);
		ASSERT_NE(0, time[1][i]);
	}
	ratio = (double)median(time[1]) / (double)median(time[0]);
	TH_LOG("%u against 1 in line: %.2f", PARKED, ratio);
	EXPECT_GT(BOUND, ratio);
	for (i = 0; i < PARKED + 1; i++)
		ASSERT_LE(0, mbox_recv_num(self->many, 0));
	for (i = 0; i < 2; i++)
		ASSERT_LE(0, mbox_recv_num(self->few, 0));
	for (i = 0; i <= PARKED; i++)
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
}

TEST_HARNESS_MAIN
