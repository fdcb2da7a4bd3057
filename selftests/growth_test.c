// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an operation costs does not depend on how many messages are stored or how
 * many tasks wait. Measured side by side, in turns; the medians are compared.
 * The bound is wide, since the machine is noisy, and far below what a walk over
 * the queue or the line would cost.
 */
#include "kselftest_harness.h"
#include "call.h"

#define ROUNDS		25
#define BATCH		400
#define STORED		100000
#define UNWANTED	8000
#define PARKED		400
#define BOUND		2.0
#define TRIES		3
/* Odd, so that its multiples are all priorities there are. */
#define STRIDE		7919

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

/* How much dearer the second is than the first, of batches like time_batch(). */
static double compare(int few, int many, uint64_t (*time_batch)(int fd))
{
	uint64_t time[2][ROUNDS];
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		time[0][i] = time_batch(few);
		time[1][i] = time_batch(many);
		if (!time[0][i] || !time[1][i])
			return 1e9;
	}
	return (double)mbox_median(time[1], ROUNDS) /
	       (double)mbox_median(time[0], ROUNDS);
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
	ratio = compare(self->few, self->many, time_batch);
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
	ratio = (double)mbox_median(time[1], ROUNDS) /
		(double)mbox_median(time[0], ROUNDS);
	TH_LOG("%u against 1 in line: %.2f", PARKED, ratio);
	EXPECT_GT(BOUND, ratio);
	for (i = 0; i < PARKED + 1; i++)
		ASSERT_LE(0, mbox_recv_num(self->many, 0));
	for (i = 0; i < 2; i++)
		ASSERT_LE(0, mbox_recv_num(self->few, 0));
	for (i = 0; i <= PARKED; i++)
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
}

/* Has the least ratio of a few tries; what grows is dear every time. */
static double compare_best(int few, int many, uint64_t (*time_batch)(int fd),
			   double bound)
{
	double ratio = 1e9;
	unsigned int i;

	for (i = 0; i < TRIES && ratio >= bound; i++) {
		double now = compare(few, many, time_batch);

		ratio = now < ratio ? now : ratio;
	}
	return ratio;
}

static int send_as(int fd, uint64_t type, uint32_t priority)
{
	struct mbox_op send = {
		.fd = fd,
		.type = type,
		.priority = priority % (IPCMBOX_PRIORITY_MAX + 1),
	};

	return mbox_op_run(&send);
}

static bool fill(int fd, unsigned int count, unsigned int levels)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (send_as(fd, 1, i % levels * STRIDE))
			return false;
	return true;
}

/* Of all priorities, one after the other. */
static uint64_t time_priorities(int fd)
{
	uint64_t start = mbox_now();
	unsigned int i;

	for (i = 0; i < BATCH; i++)
		if (send_as(fd, 1, i * STRIDE) || mbox_recv_num(fd, 0) < 0)
			return 0;
	return mbox_now() - start;
}

/* Of one priority, the lowest. */
static uint64_t time_lowest(int fd)
{
	uint64_t start = mbox_now();
	unsigned int i;

	for (i = 0; i < BATCH; i++)
		if (send_as(fd, 1, 0) || mbox_recv_num(fd, 0) < 0)
			return 0;
	return mbox_now() - start;
}

TEST_F_TIMEOUT(growth, levels, 120)
{
	const unsigned int levels = IPCMBOX_PRIORITY_MAX + 1;
	double ratio;

	self->few = mbox_create_by(IPCMBOX_UNBOUNDED, IPCMBOX_PRIORITY, 0, 0);
	self->many = mbox_create_by(IPCMBOX_UNBOUNDED, IPCMBOX_PRIORITY, 0, 0);
	ASSERT_TRUE(fill(self->few, levels, 1));
	ASSERT_TRUE(fill(self->many, levels, levels));
	ratio = compare_best(self->few, self->many, time_lowest, 3);
	TH_LOG("%u levels against 1: %.2f", levels, ratio);
	EXPECT_GT(3, ratio);
}

TEST_F_TIMEOUT(growth, messages_by_priority, 120)
{
	double ratio;

	self->few = mbox_create_by(IPCMBOX_UNBOUNDED, IPCMBOX_PRIORITY, 0, 0);
	self->many = mbox_create_by(IPCMBOX_UNBOUNDED, IPCMBOX_PRIORITY, 0, 0);
	ASSERT_TRUE(fill(self->few, 10, 10));
	ASSERT_TRUE(fill(self->many, 30000, 30000));
	ratio = compare_best(self->few, self->many, time_priorities, 3);
	TH_LOG("30000 against 10 by priority: %.2f", ratio);
	EXPECT_GT(3, ratio);
}

/* A message of type 2 behind the others. */
static uint64_t time_choice(int fd)
{
	uint64_t start = mbox_now();
	unsigned int i;

	for (i = 0; i < BATCH; i++)
		if (send_as(fd, 2, 0) ||
		    mbox_recv_match(fd, IPCMBOX_MATCH_TYPE, 2, 0) < 0 ||
		    send_as(fd, 2, 0) ||
		    mbox_recv_match(fd, IPCMBOX_MATCH_TYPE_NOT, 1, 0) < 0)
			return 0;
	return mbox_now() - start;
}

TEST_F_TIMEOUT(growth, messages_that_are_not_wanted, 300)
{
	enum ipcmbox_order order;
	double ratio;

	for (order = IPCMBOX_FIFO; order <= IPCMBOX_PRIORITY; order++) {
		close(self->few);
		close(self->many);
		self->few = mbox_create_by(IPCMBOX_UNBOUNDED, order, 0,
					   IPCMBOX_SELECTIVE);
		self->many = mbox_create_by(IPCMBOX_UNBOUNDED, order, 0,
					    IPCMBOX_SELECTIVE);
		ASSERT_TRUE(fill(self->few, 10, 10));
		ASSERT_TRUE(fill(self->many, UNWANTED, UNWANTED));
		ratio = compare_best(self->few, self->many, time_choice, 5);
		TH_LOG("%u against 10, order %u: %.2f", UNWANTED, order, ratio);
		EXPECT_GT(5, ratio);
	}
}

/* Ports of which none has taken a call. */
static uint64_t time_ports(int fd)
{
	uint64_t start = mbox_now();
	unsigned int i;

	for (i = 0; i < BATCH; i++)
		if (close(mbox_reopen(fd, O_RDWR, 0)))
			return 0;
	return mbox_now() - start;
}

static int called;

static void *park_caller(void *arg)
{
	caller_run(arg, called, 0);
	return NULL;
}

TEST_F_TIMEOUT(growth, calls_of_other_ports, 120)
{
	static pthread_t threads[PARKED];
	static struct caller callers[PARKED];
	pthread_attr_t small;
	double ratio;
	unsigned int i;

	self->few = mbox_create(IPCMBOX_UNBOUNDED, O_RDWR);
	self->many = mbox_create(IPCMBOX_UNBOUNDED, O_RDWR);
	called = self->many;
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 64 << 10);
	for (i = 0; i < PARKED; i++) {
		ASSERT_EQ(0, pthread_create(&threads[i], &small, park_caller,
					    &callers[i]));
		ASSERT_NE(0, serve_take(self->many, 0));
	}
	ASSERT_EQ(PARKED, mbox_info(self->many).calls);
	ratio = compare_best(self->few, self->many, time_ports, BOUND);
	TH_LOG("%u open calls against none: %.2f", PARKED, ratio);
	EXPECT_GT(BOUND, ratio);
	EXPECT_EQ(PARKED, mbox_info(self->many).calls);
	EXPECT_EQ(0, mbox_destroy(self->many));
	for (i = 0; i < PARKED; i++) {
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
		EXPECT_EQ(-EIDRM, callers[i].ret);
	}
}

TEST_HARNESS_MAIN
