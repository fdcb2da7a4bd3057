// SPDX-License-Identifier: GPL-2.0-only
/*
 * Senders who take a message back while a receiver copies it, and what the receiver
 * does then.
 */
#include "kselftest_harness.h"
#include "stall.h"

FIXTURE(withdraw)
{
	int fd;
	struct mbox_op op[3];
	struct stall stall;
};

MBOX_CAPACITIES(withdraw);

FIXTURE_SETUP(withdraw)
{
	memset(self, 0, sizeof(*self));
	self->fd = mbox_create(variant->capacity, O_RDWR);
	ASSERT_LE(0, self->fd);
	if (!stall_init(&self->stall, self->fd))
		SKIP(return, "no userfaultfd: %s", strerror(errno));
}

FIXTURE_TEARDOWN(withdraw)
{
	EXPECT_TRUE(mbox_is_calm(self->fd));
	close(self->fd);
	stall_exit(&self->stall);
}

/* After its sender gave up, the receiver goes on to the next message. */
static bool goes_on(struct stall *stall)
{
	if (stall->op.done || stall_end(stall) ||
	    !mbox_wait_receivers(stall->op.fd, 1) || stall->op.done)
		return false;
	return !mbox_send_num(stall->op.fd, 14, 0) &&
	       !mbox_op_join(&stall->op) && *(uint32_t *)stall->page == 14;
}

TEST_F(withdraw, sender_meets_its_deadline)
{
	struct mbox_op *send = &self->op[0];

	*send = (struct mbox_op){
		.fd = self->fd,
		.num = 13,
		.flags = IPCMBOX_UNTIL_TAKEN,
		.deadline = mbox_deadline(200),
	};
	ASSERT_TRUE(mbox_op_park(&self->stall.op));
	EXPECT_EQ(-ETIMEDOUT, mbox_op_run(send));
	EXPECT_EQ(IPCMBOX_WITHDRAWN, send->disposition);
	EXPECT_TRUE(mbox_conserves(self->fd));
	EXPECT_EQ(1, mbox_info(self->fd).expired);
	EXPECT_TRUE(goes_on(&self->stall));
	EXPECT_EQ(1, mbox_info(self->fd).received);
}

static void on_signal(int signo)
{
}

TEST_F(withdraw, sender_is_interrupted)
{
	const struct sigaction action = { .sa_handler = on_signal };
	struct mbox_op *send = &self->op[0];

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	*send = (struct mbox_op){
		.fd = self->fd,
		.flags = IPCMBOX_UNTIL_TAKEN,
	};
	ASSERT_TRUE(stall_begin(&self->stall, send, 13));
	ASSERT_EQ(0, pthread_kill(send->thread, SIGUSR1));
	EXPECT_EQ(-EINTR, mbox_op_join(send));
	EXPECT_EQ(IPCMBOX_WITHDRAWN, send->disposition);
	EXPECT_TRUE(mbox_conserves(self->fd));
	EXPECT_EQ(1, mbox_info(self->fd).withdrawn);
	EXPECT_TRUE(goes_on(&self->stall));
	EXPECT_EQ(1, mbox_info(self->fd).received);
}

/* Has the sender of what is copied take it back, and another message come. */
static bool another_comes(struct stall *stall, struct mbox_op *send,
			  struct mbox_op *next, uint64_t capacity)
{
	const struct sigaction action = { .sa_handler = on_signal };

	*send = (struct mbox_op){
		.fd = stall->op.fd,
		.flags = IPCMBOX_UNTIL_TAKEN,
	};
	*next = (struct mbox_op){ .fd = stall->op.fd, .num = 14 };
	return !sigaction(SIGUSR1, &action, NULL) &&
	       stall_begin(stall, send, 13) &&
	       !pthread_kill(send->thread, SIGUSR1) &&
	       mbox_op_join(send) == -EINTR && !mbox_op_start(next) &&
	       (capacity ? !mbox_op_join(next) :
			   mbox_wait_senders(next->fd, 1));
}

/* Else senders who take back one message after the other could keep it. */
TEST_F(withdraw, interrupted_receiver_takes_no_next_one)
{
	struct mbox_op *next = &self->op[1];

	ASSERT_TRUE(another_comes(&self->stall, &self->op[0], next,
				  variant->capacity));
	ASSERT_EQ(0, pthread_kill(self->stall.op.thread, SIGUSR1));
	ASSERT_EQ(0, stall_end(&self->stall));
	EXPECT_EQ(-EINTR, mbox_op_join(&self->stall.op));
	EXPECT_EQ(14, mbox_recv_num(self->fd, 0));
	if (!variant->capacity)
		EXPECT_EQ(0, mbox_op_join(next));
}

/* A deadline never hides a message that could be received without waiting. */
TEST_F(withdraw, late_receiver_takes_the_next_one)
{
	struct mbox_op *next = &self->op[1];

	self->stall.op.deadline = mbox_deadline(1000);
	ASSERT_TRUE(another_comes(&self->stall, &self->op[0], next,
				  variant->capacity));
	while (mbox_now() <= self->stall.op.deadline)
		mbox_nap();
	ASSERT_EQ(0, stall_end(&self->stall));
	EXPECT_EQ(0, mbox_op_join(&self->stall.op));
	EXPECT_EQ(14, *(uint32_t *)self->stall.page);
	if (!variant->capacity)
		EXPECT_EQ(0, mbox_op_join(next));
}

TEST_F(withdraw, late_receiver_without_a_next_one)
{
	struct mbox_op *send = &self->op[0];

	self->stall.op.deadline = mbox_deadline(1000);
	*send = (struct mbox_op){
		.fd = self->fd,
		.flags = IPCMBOX_UNTIL_TAKEN,
		.deadline = mbox_deadline(200),
	};
	ASSERT_TRUE(stall_begin(&self->stall, send, 13));
	EXPECT_EQ(-ETIMEDOUT, mbox_op_join(send));
	while (mbox_now() <= self->stall.op.deadline)
		mbox_nap();
	ASSERT_EQ(0, stall_end(&self->stall));
	EXPECT_EQ(-ETIMEDOUT, mbox_op_join(&self->stall.op));
}

TEST_HARNESS_MAIN
