// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which of several receivers is served: the policies that choose among those who
 * wait, and the one that lets only one come. The exclusive one is in
 * exclusive_test.c.
 */
#include <sys/resource.h>

#include "kselftest_harness.h"
#include "stall.h"

#define RECEIVERS	6
#define MESSAGES	1000

FIXTURE(policy)
{
	int fd;
	struct mbox_op op[RECEIVERS];
	struct stall stall;
};

MBOX_CAPACITIES(policy);

FIXTURE_SETUP(policy)
{
	memset(self, 0, sizeof(*self));
	self->stall.uffd = -1;
	self->fd = -1;
}

FIXTURE_TEARDOWN(policy)
{
	if (self->fd >= 0)
		EXPECT_TRUE(mbox_is_calm(self->fd));
	close(self->fd);
	stall_exit(&self->stall);
}

static bool open_as(FIXTURE_DATA(policy) * self, uint64_t capacity,
		    enum ipcmbox_policy policy)
{
	self->fd = mbox_create_by(capacity, IPCMBOX_FIFO, policy, 0);
	return self->fd >= 0 && mbox_info(self->fd).policy == policy;
}

static bool park(struct mbox_op *op, int fd)
{
	*op = (struct mbox_op){ .fd = fd, .kind = OP_RECV };
	return mbox_op_park(op);
}

/* Whether the next message goes to this receiver. */
static bool goes_to(struct mbox_op *op, uint32_t num)
{
	uint64_t waiting = mbox_info(op->fd).receivers_waiting;

	return !mbox_send_num(op->fd, num, 0) && !mbox_op_join(op) &&
	       op->num == num &&
	       mbox_info(op->fd).receivers_waiting == waiting - 1;
}

TEST_F(policy, longest)
{
	unsigned int i;

	ASSERT_TRUE(open_as(self, variant->capacity, IPCMBOX_LONGEST));
	for (i = 0; i < RECEIVERS; i++)
		ASSERT_TRUE(park(&self->op[i], self->fd));
	for (i = 0; i < RECEIVERS; i++)
		EXPECT_TRUE(goes_to(&self->op[i], i));
}

TEST_F(policy, recent)
{
	unsigned int i;

	ASSERT_TRUE(open_as(self, variant->capacity, IPCMBOX_RECENT));
	for (i = 0; i < RECEIVERS; i++)
		ASSERT_TRUE(park(&self->op[i], self->fd));
	EXPECT_TRUE(goes_to(&self->op[5], 10));
	EXPECT_TRUE(goes_to(&self->op[4], 11));
	/* Who comes back is the last to have come. */
	ASSERT_TRUE(park(&self->op[5], self->fd));
	EXPECT_TRUE(goes_to(&self->op[5], 12));
	for (i = 4; i--;)
		EXPECT_TRUE(goes_to(&self->op[i], i));
}

/* Also when all the messages come at once. */
TEST_F(policy, recent_of_a_burst)
{
	unsigned int i;

	ASSERT_TRUE(open_as(self, variant->capacity, IPCMBOX_RECENT));
	for (i = 0; i < RECEIVERS; i++)
		ASSERT_TRUE(park(&self->op[i], self->fd));
	for (i = 0; i < RECEIVERS; i++)
		ASSERT_EQ(0, mbox_send_num(self->fd, i, IPCMBOX_DONTWAIT));
	for (i = 0; i < RECEIVERS; i++) {
		EXPECT_EQ(0, mbox_op_join(&self->op[i]));
		EXPECT_EQ(RECEIVERS - 1 - i, self->op[i].num);
	}
}

/* One that is served when it failed goes on to the next by the policy. */
TEST_F(policy, recent_that_fails)
{
	struct mbox_op *bad = &self->op[2];

	ASSERT_TRUE(open_as(self, variant->capacity, IPCMBOX_RECENT));
	ASSERT_TRUE(park(&self->op[0], self->fd));
	ASSERT_TRUE(park(&self->op[1], self->fd));
	*bad = (struct mbox_op){ .fd = self->fd, .kind = OP_RECV, .len = 4 };
	ASSERT_TRUE(mbox_op_park(bad));
	ASSERT_EQ(0, mbox_send_num(self->fd, 7, 0));
	EXPECT_EQ(-EFAULT, mbox_op_join(bad));
	EXPECT_EQ(0, mbox_op_join(&self->op[1]));
	EXPECT_EQ(7, self->op[1].num);
	EXPECT_TRUE(goes_to(&self->op[0], 8));
}

/* Threads begin with the priority of the one that makes them. */
static bool park_at_nice(struct mbox_op *op, int fd, int nice)
{
	return !setpriority(PRIO_PROCESS, 0, nice) && park(op, fd) &&
	       !setpriority(PRIO_PROCESS, 0, 0);
}

static int become(int policy, int priority)
{
	const struct sched_param param = { .sched_priority = priority };

	return sched_setscheduler(0, policy, &param);
}

static bool park_at_fifo(struct mbox_op *op, int fd, int priority)
{
	return !become(SCHED_FIFO, priority) && park(op, fd) &&
	       !become(SCHED_OTHER, 0);
}

TEST_F(policy, nice)
{
	static const int nices[RECEIVERS] = { 5, -5, 0, 5, -5, 19 };
	static const unsigned int served[RECEIVERS] = { 1, 4, 2, 0, 3, 5 };
	unsigned int i;

	ASSERT_TRUE(open_as(self, variant->capacity, IPCMBOX_TASK_PRIORITY));
	for (i = 0; i < RECEIVERS; i++)
		ASSERT_TRUE(park_at_nice(&self->op[i], self->fd, nices[i]));
	for (i = 0; i < RECEIVERS; i++)
		EXPECT_TRUE(goes_to(&self->op[served[i]], i));
}

TEST_F(policy, real_time)
{
	static const unsigned int served[RECEIVERS] = { 3, 1, 4, 5, 0, 2 };
	unsigned int i;

	if (become(SCHED_FIFO, 1) || become(SCHED_OTHER, 0))
		SKIP(return, "no SCHED_FIFO: %s", strerror(errno));
	ASSERT_TRUE(open_as(self, variant->capacity, IPCMBOX_TASK_PRIORITY));
	ASSERT_TRUE(park_at_nice(&self->op[0], self->fd, -20));
	ASSERT_TRUE(park_at_fifo(&self->op[1], self->fd, 10));
	ASSERT_TRUE(park_at_nice(&self->op[2], self->fd, 0));
	ASSERT_TRUE(park_at_fifo(&self->op[3], self->fd, 50));
	ASSERT_TRUE(park_at_fifo(&self->op[4], self->fd, 10));
	ASSERT_TRUE(park_at_fifo(&self->op[5], self->fd, 1));
	for (i = 0; i < RECEIVERS; i++)
		EXPECT_TRUE(goes_to(&self->op[served[i]], i));
}

/* What counts is the priority when it began to wait. */
TEST_F(policy, priority_that_changes)
{
	ASSERT_TRUE(open_as(self, variant->capacity, IPCMBOX_TASK_PRIORITY));
	ASSERT_TRUE(park_at_nice(&self->op[0], self->fd, 5));
	ASSERT_TRUE(park_at_nice(&self->op[1], self->fd, 0));
	ASSERT_EQ(0, setpriority(PRIO_PROCESS, self->op[0].tid, -10));
	EXPECT_TRUE(goes_to(&self->op[1], 1));
	EXPECT_TRUE(goes_to(&self->op[0], 2));
}

/* Whether another receiver is refused, whatever it tries. */
static bool is_busy(int fd)
{
	uint32_t num;

	return mbox_recv_num(fd, IPCMBOX_DONTWAIT) == -EBUSY &&
	       mbox_recv_num(fd, 0) == -EBUSY &&
	       mbox_peek(fd, &num, sizeof(num), 0) == -EBUSY &&
	       read(fd, &num, sizeof(num)) == -1 && errno == EBUSY;
}

/* Whether it is not. */
static bool is_free(int fd)
{
	uint32_t num;

	return mbox_recv_num(fd, IPCMBOX_DONTWAIT) == -EAGAIN &&
	       mbox_peek(fd, &num, sizeof(num), 0) == -EAGAIN;
}

TEST_F(policy, one_receiver_waits)
{
	struct mbox_op *late = &self->op[1];

	ASSERT_TRUE(open_as(self, variant->capacity, IPCMBOX_ONE_RECEIVER));
	EXPECT_TRUE(is_free(self->fd));
	ASSERT_TRUE(park(&self->op[0], self->fd));
	EXPECT_TRUE(is_busy(self->fd));
	EXPECT_TRUE(goes_to(&self->op[0], 1));
	EXPECT_TRUE(is_free(self->fd));
	*late = (struct mbox_op){
		.fd = self->fd,
		.kind = OP_RECV,
		.deadline = mbox_deadline(1000),
	};
	ASSERT_TRUE(mbox_op_park(late));
	EXPECT_TRUE(is_busy(self->fd));
	EXPECT_EQ(-ETIMEDOUT, mbox_op_join(late));
	EXPECT_TRUE(is_free(self->fd));
}

TEST_F(policy, one_receiver_copies)
{
	struct mbox_op *send = &self->op[0], *next = &self->op[1];
	unsigned int i;

	ASSERT_TRUE(open_as(self, variant->capacity, IPCMBOX_ONE_RECEIVER));
	for (i = 0; i < 2; i++) {
		if (!stall_init(&self->stall, self->fd))
			SKIP(return, "no userfaultfd: %s", strerror(errno));
		*send = (struct mbox_op){ .fd = self->fd };
		*next = (struct mbox_op){ .fd = self->fd, .num = 2 };
		ASSERT_TRUE(stall_begin(&self->stall, send, 1));
		EXPECT_TRUE(is_busy(self->fd));
		/* Also when there is another message. */
		ASSERT_EQ(0, mbox_op_start(next));
		ASSERT_TRUE(mbox_wait_sent(self->fd, 2 * i + 2));
		EXPECT_TRUE(is_busy(self->fd));
		ASSERT_EQ(0, i ? stall_fail(&self->stall) :
				 stall_end(&self->stall));
		EXPECT_EQ(i ? -EFAULT : 0, mbox_op_join(&self->stall.op));
		if (i)
			EXPECT_EQ(1, mbox_recv_num(self->fd, 0));
		EXPECT_EQ(2, mbox_recv_num(self->fd, 0));
		EXPECT_EQ(0, mbox_op_join(send));
		EXPECT_EQ(0, mbox_op_join(next));
		stall_exit(&self->stall);
		self->stall = (struct stall){ .uffd = -1 };
	}
}

/* It still copies when the sender has taken its message back. */
TEST_F(policy, one_receiver_copies_what_was_withdrawn)
{
	struct mbox_op *send = &self->op[0];

	ASSERT_TRUE(open_as(self, variant->capacity, IPCMBOX_ONE_RECEIVER));
	if (!stall_init(&self->stall, self->fd))
		SKIP(return, "no userfaultfd: %s", strerror(errno));
	*send = (struct mbox_op){
		.fd = self->fd,
		.flags = IPCMBOX_UNTIL_TAKEN,
		.deadline = mbox_deadline(1000),
	};
	ASSERT_TRUE(stall_begin(&self->stall, send, 1));
	EXPECT_EQ(-ETIMEDOUT, mbox_op_join(send));
	EXPECT_TRUE(is_busy(self->fd));
	ASSERT_EQ(0, stall_end(&self->stall));
	/* And goes on to wait. */
	EXPECT_TRUE(mbox_wait_receivers(self->fd, 1));
	EXPECT_TRUE(is_busy(self->fd));
	EXPECT_EQ(0, mbox_send_num(self->fd, 2, 0));
	EXPECT_EQ(0, mbox_op_join(&self->stall.op));
	EXPECT_EQ(2, *(uint32_t *)self->stall.page);
	EXPECT_TRUE(is_free(self->fd));
}

TEST_F(policy, one_receiver_is_killed)
{
	pid_t pid;

	ASSERT_TRUE(open_as(self, variant->capacity, IPCMBOX_ONE_RECEIVER));
	pid = fork();
	if (!pid) {
		mbox_recv_num(self->fd, 0);
		_exit(1);
	}
	ASSERT_LT(0, pid);
	ASSERT_TRUE(mbox_wait_receivers(self->fd, 1));
	EXPECT_TRUE(is_busy(self->fd));
	kill(pid, SIGKILL);
	EXPECT_TRUE(WIFSIGNALED(mbox_reap(pid)));
	EXPECT_TRUE(is_free(self->fd));
}

TEST_F(policy, one_receiver_is_killed_while_it_copies)
{
	struct mbox_op *send = &self->op[0];
	struct stall stall;
	pid_t pid;

	ASSERT_TRUE(open_as(self, variant->capacity, IPCMBOX_ONE_RECEIVER));
	if (!stall_init(&self->stall, self->fd))
		SKIP(return, "no userfaultfd: %s", strerror(errno));
	pid = fork();
	if (!pid) {
		if (stall_init(&stall, self->fd))
			mbox_op_run(&stall.op);
		_exit(1);
	}
	ASSERT_LT(0, pid);
	*send = (struct mbox_op){ .fd = self->fd, .num = 3 };
	ASSERT_EQ(0, mbox_op_start(send));
	ASSERT_TRUE(mbox_wait_transfer(self->fd, 1));
	EXPECT_TRUE(is_busy(self->fd));
	kill(pid, SIGKILL);
	EXPECT_TRUE(WIFSIGNALED(mbox_reap(pid)));
	EXPECT_EQ(3, mbox_recv_num(self->fd, 0));
	EXPECT_EQ(0, mbox_op_join(send));
	EXPECT_TRUE(is_free(self->fd));
}

/**
 * struct taker - one of many who try to receive
 * @thread: the thread
 * @fd: the mailbox
 * @count: out, how many messages it got
 * @ret: out, what ended it
 */
struct taker {
	pthread_t thread;
	int fd;
	unsigned int count;
	int64_t ret;
};

/* Takes what it can get, until it gets an error that is not EBUSY. */
static void *take_all(void *arg)
{
	struct taker *taker = arg;

	do {
		taker->ret = mbox_recv_num(taker->fd, 0);
		taker->count += taker->ret >= 0;
		sched_yield();
	} while (taker->ret >= 0 || taker->ret == -EBUSY);
	return NULL;
}

TEST_F_TIMEOUT(policy, one_receiver_of_many, 120)
{
	struct taker takers[RECEIVERS] = {};
	unsigned int i, received = 0;
	struct ipcmbox_info info;

	ASSERT_TRUE(open_as(self, variant->capacity, IPCMBOX_ONE_RECEIVER));
	for (i = 0; i < RECEIVERS; i++) {
		takers[i].fd = self->fd;
		ASSERT_EQ(0, pthread_create(&takers[i].thread, NULL, take_all,
					    &takers[i]));
	}
	for (i = 0; i < MESSAGES; i++) {
		ASSERT_EQ(0, mbox_send_num(self->fd, i, 0));
		info = mbox_info(self->fd);
		EXPECT_GE(1, info.receivers_waiting + info.in_transfer);
	}
	while (mbox_info(self->fd).received < MESSAGES)
		mbox_nap();
	EXPECT_EQ(0, mbox_destroy(self->fd));
	for (i = 0; i < RECEIVERS; i++) {
		ASSERT_EQ(0, pthread_join(takers[i].thread, NULL));
		EXPECT_EQ(-EIDRM, takers[i].ret);
		received += takers[i].count;
	}
	EXPECT_EQ(MESSAGES, received);
}

TEST(no_such_policy)
{
	struct ipcmbox_pair pair = {
		.size = sizeof(pair),
		.policy = IPCMBOX_EXCLUSIVE + 1,
	};

	EXPECT_EQ(-EINVAL,
		  mbox_create_by(1, IPCMBOX_FIFO, IPCMBOX_EXCLUSIVE + 1, 0));
	EXPECT_EQ(-EINVAL, mbox_create_by(1, IPCMBOX_FIFO, ~0U, 0));
	EXPECT_EQ(-EINVAL, mbox_device_ioctl(IPCMBOX_IOC_PAIR, &pair));
}

TEST_HARNESS_MAIN
