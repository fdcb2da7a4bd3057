// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long a message waits by the order of its mailbox, and a receiver by its policy,
 * while others keep coming: the bounds that Documentation/ipcmbox.rst states, and where it
 * says that there is none, that those who come do pass.
 */
#include <sys/resource.h>

#include "kselftest_harness.h"
#include "ipcmbox_util.h"

#define ROUNDS 40
#define BEFORE 5 /* those who were there first */
#define WATCHED 777

FIXTURE(starvation)
{
	int fd;
	struct mbox_op watched;
	struct mbox_op others[BEFORE + ROUNDS];
};

MBOX_CAPACITIES(starvation);

FIXTURE_SETUP(starvation)
{
	memset(self, 0, sizeof(*self));
	self->fd = -1;
}

FIXTURE_TEARDOWN(starvation)
{
	if (self->fd >= 0)
		EXPECT_TRUE(mbox_is_calm(self->fd));
	close(self->fd);
}

static bool open_as(FIXTURE_DATA(starvation) * self, uint64_t capacity,
		    enum ipcmbox_order order, enum ipcmbox_policy policy)
{
	self->fd = mbox_create_by(capacity, order, policy, 0);
	return self->fd >= 0;
}

static bool offer(struct mbox_op *op, int fd, uint32_t num, uint32_t priority)
{
	*op = (struct mbox_op){ .fd = fd, .num = num, .priority = priority };
	return mbox_op_offer(op);
}

/*
 * Some messages are there, then comes the one that is watched, and then another one
 * before each receive. How many are received before it; ROUNDS if it is not.
 */
static int count_messages(FIXTURE_DATA(starvation) * self, uint32_t first,
			  uint32_t watched, uint32_t next)
{
	int64_t num = 0;
	int i, count;

	for (i = 0; i < BEFORE; i++)
		if (!offer(&self->others[i], self->fd, i, first))
			return -1;
	if (!offer(&self->watched, self->fd, WATCHED, watched))
		return -1;
	for (count = 0; count < ROUNDS; count++) {
		if (!offer(&self->others[i], self->fd, i, next))
			return -1;
		i++;
		num = mbox_recv_num(self->fd, 0);
		if (num == WATCHED)
			break;
	}
	/* When no more come, it is received. */
	while (mbox_info(self->fd).queued ||
	       mbox_info(self->fd).senders_waiting)
		if (mbox_recv_num(self->fd, 0) == WATCHED)
			num = WATCHED;
	while (i--)
		if (mbox_op_join(&self->others[i]))
			return -1;
	if (mbox_op_join(&self->watched) || num != WATCHED)
		return -1;
	return count;
}

/* It has seen those that were before it, and nobody else. */
TEST_F_TIMEOUT(starvation, message_by_fifo, 60)
{
	ASSERT_TRUE(open_as(self, variant->capacity, IPCMBOX_FIFO,
			    IPCMBOX_LONGEST));
	EXPECT_EQ(BEFORE, count_messages(self, 0, 0, 9));
}

TEST_F_TIMEOUT(starvation, message_by_lifo, 60)
{
	ASSERT_TRUE(open_as(self, variant->capacity, IPCMBOX_LIFO,
			    IPCMBOX_LONGEST));
	EXPECT_EQ(ROUNDS, count_messages(self, 0, 9, 0));
}

TEST_F_TIMEOUT(starvation, message_of_low_priority, 60)
{
	ASSERT_TRUE(open_as(self, variant->capacity, IPCMBOX_PRIORITY,
			    IPCMBOX_LONGEST));
	EXPECT_EQ(ROUNDS, count_messages(self, 3, 3, 4));
}

TEST_F_TIMEOUT(starvation, message_of_equal_priority, 60)
{
	ASSERT_TRUE(open_as(self, variant->capacity, IPCMBOX_PRIORITY,
			    IPCMBOX_LONGEST));
	EXPECT_EQ(BEFORE, count_messages(self, 3, 3, 3));
}

TEST_F_TIMEOUT(starvation, message_of_high_priority, 60)
{
	ASSERT_TRUE(open_as(self, variant->capacity, IPCMBOX_PRIORITY,
			    IPCMBOX_LONGEST));
	EXPECT_EQ(0, count_messages(self, 3, 4, 3));
}

/* Threads begin with the priority of the one that makes them. */
static bool park(struct mbox_op *op, int fd, int nice)
{
	*op = (struct mbox_op){ .fd = fd, .kind = OP_RECV };
	return !setpriority(PRIO_PROCESS, 0, nice) && mbox_op_park(op) &&
	       !setpriority(PRIO_PROCESS, 0, 0);
}

/* Waits until one of those who wait is served. */
static struct mbox_op *served(FIXTURE_DATA(starvation) * self)
{
	uint64_t end = mbox_deadline(MBOX_WATCHDOG_MS);
	struct mbox_op *op;
	unsigned int i;

	while (mbox_now() < end) {
		for (i = 0; i <= ARRAY_SIZE(self->others); i++) {
			op = i ? &self->others[i - 1] : &self->watched;
			if (op->thread && op->done)
				return mbox_op_join(op) ? NULL : op;
		}
		mbox_nap();
	}
	return NULL;
}

/*
 * The same for receivers: how many are served before the one that is watched, while
 * another one comes before each message.
 */
static int count_receivers(FIXTURE_DATA(starvation) * self, int nice)
{
	struct mbox_op *others = self->others, *op = NULL;
	int i, count;

	for (i = 0; i < BEFORE; i++)
		if (!park(&others[i], self->fd, 0))
			return -1;
	if (!park(&self->watched, self->fd, nice))
		return -1;
	for (count = 0; count < ROUNDS; count++) {
		if (!park(&others[i++], self->fd, 0) ||
		    mbox_send_num(self->fd, count, 0))
			return -1;
		op = served(self);
		if (!op || op == &self->watched)
			break;
	}
	/* When no more come, it is served. */
	while (op && mbox_info(self->fd).receivers_waiting)
		op = mbox_send_num(self->fd, 1, 0) ? NULL : served(self);
	return op && !self->watched.thread ? count : -1;
}

TEST_F_TIMEOUT(starvation, receiver_by_longest, 60)
{
	ASSERT_TRUE(open_as(self, variant->capacity, IPCMBOX_FIFO,
			    IPCMBOX_LONGEST));
	EXPECT_EQ(BEFORE, count_receivers(self, 0));
}

/* Of the process that it belongs to. */
TEST_F_TIMEOUT(starvation, receiver_by_exclusive, 60)
{
	ASSERT_TRUE(open_as(self, variant->capacity, IPCMBOX_FIFO,
			    IPCMBOX_EXCLUSIVE));
	EXPECT_EQ(BEFORE, count_receivers(self, 0));
}

TEST_F_TIMEOUT(starvation, receiver_by_recent, 60)
{
	ASSERT_TRUE(
		open_as(self, variant->capacity, IPCMBOX_FIFO, IPCMBOX_RECENT));
	EXPECT_EQ(ROUNDS, count_receivers(self, 0));
}

TEST_F_TIMEOUT(starvation, receiver_of_low_priority, 60)
{
	ASSERT_TRUE(open_as(self, variant->capacity, IPCMBOX_FIFO,
			    IPCMBOX_TASK_PRIORITY));
	EXPECT_EQ(ROUNDS, count_receivers(self, 5));
}

TEST_F_TIMEOUT(starvation, receiver_of_equal_priority, 60)
{
	ASSERT_TRUE(open_as(self, variant->capacity, IPCMBOX_FIFO,
			    IPCMBOX_TASK_PRIORITY));
	EXPECT_EQ(BEFORE, count_receivers(self, 0));
}

TEST_F_TIMEOUT(starvation, receiver_of_high_priority, 60)
{
	ASSERT_TRUE(open_as(self, variant->capacity, IPCMBOX_FIFO,
			    IPCMBOX_TASK_PRIORITY));
	EXPECT_EQ(0, count_receivers(self, -5));
}

/* None waits beside the one, who is served by the next message. */
TEST_F(starvation, receiver_by_one_receiver)
{
	ASSERT_TRUE(open_as(self, variant->capacity, IPCMBOX_FIFO,
			    IPCMBOX_ONE_RECEIVER));
	ASSERT_TRUE(park(&self->watched, self->fd, 0));
	EXPECT_EQ(-EBUSY, mbox_recv_num(self->fd, 0));
	EXPECT_EQ(0, mbox_send_num(self->fd, 1, 0));
	EXPECT_EQ(0, mbox_op_join(&self->watched));
	EXPECT_EQ(1, self->watched.num);
}

TEST_HARNESS_MAIN
