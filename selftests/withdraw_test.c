// SPDX-License-Identifier: GPL-2.0-only
/*
 * Senders who take a message back while a receiver copies it, and what the receiver
 * does then.
 */
#include "kselftest_harness.h"
#include "select.h"
#include "stall.h"

/* A message that takes long to free, and how often it is withdrawn. */
#define LARGE (8U << 20)
#define ROUNDS 5

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

FIXTURE(keep_place)
{
	int fd;
	char *large;
	struct mbox_op send;
	struct stall stall;
	struct selector selector;
};

MBOX_CAPACITIES(keep_place);

FIXTURE_SETUP(keep_place)
{
	const struct sigaction action = { .sa_handler = on_signal };
	struct ipcmbox_create create = {
		.size = sizeof(create),
		.open_flags = O_RDWR,
		.capacity = variant->capacity,
		.max_message = LARGE,
		.policy = IPCMBOX_ONE_RECEIVER,
	};

	memset(self, 0, sizeof(*self));
	self->stall.uffd = -1;
	self->large = calloc(1, LARGE);
	ASSERT_NE(NULL, self->large);
	self->fd = mbox_create_as(&create);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
}

FIXTURE_TEARDOWN(keep_place)
{
	EXPECT_TRUE(mbox_is_calm(self->fd));
	close(self->fd);
	stall_exit(&self->stall);
	free(self->large);
}

/**
 * struct pusher - who comes to receive, as often as he is refused
 * @fd: the mailbox
 * @refused: how often he was
 * @thread: the thread
 * @ret: out, the number that he got, or -errno
 */
struct pusher {
	int fd;
	atomic_uint refused;
	pthread_t thread;
	int64_t ret;
};

static void *push(void *arg)
{
	struct pusher *pusher = arg;

	while ((pusher->ret = mbox_recv_num(pusher->fd, 0)) == -EBUSY)
		pusher->refused++;
	return NULL;
}

static bool push_start(struct pusher *pusher, int fd)
{
	*pusher = (struct pusher){ .fd = fd };
	if (pthread_create(&pusher->thread, NULL, push, pusher))
		return false;
	while (!pusher->refused)
		mbox_nap();
	return true;
}

/* Takes back the message that is copied, and lets the copy go on. */
static bool take_back(FIXTURE_DATA(keep_place) * self)
{
	self->send = (struct mbox_op){
		.fd = self->fd,
		.flags = IPCMBOX_UNTIL_TAKEN,
		.data = self->large,
		.len = LARGE,
	};
	return !mbox_op_start(&self->send) && mbox_wait_transfer(self->fd, 1) &&
	       !pthread_kill(self->send.thread, SIGUSR1) &&
	       mbox_op_join(&self->send) == -EINTR;
}

/* The one who was let in is served first, and the one who waited outside then. */
static bool serves_both(FIXTURE_DATA(keep_place) * self, struct pusher *pusher)
{
	if (mbox_send_num(self->fd, 1, 0) ||
	    !mbox_wait_receivers(self->fd, 1) || mbox_send_num(self->fd, 2, 0))
		return false;
	return !pthread_join(pusher->thread, NULL) && pusher->ret == 2;
}

/* Though another one tries to get in all the time. */
TEST_F_TIMEOUT(keep_place, receiver, 120)
{
	struct pusher pusher;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		if (!stall_init(&self->stall, self->fd))
			SKIP(return, "no userfaultfd: %s", strerror(errno));
		self->stall.op.flags = IPCMBOX_TRUNCATE;
		ASSERT_TRUE(mbox_op_park(&self->stall.op));
		ASSERT_TRUE(take_back(self));
		ASSERT_TRUE(push_start(&pusher, self->fd));
		ASSERT_EQ(0, stall_end(&self->stall));
		ASSERT_TRUE(mbox_wait_receivers(self->fd, 1));
		ASSERT_FALSE(self->stall.op.done);
		EXPECT_TRUE(serves_both(self, &pusher));
		EXPECT_EQ(0, mbox_op_join(&self->stall.op));
		EXPECT_EQ(1, *(uint32_t *)self->stall.page);
		stall_exit(&self->stall);
		self->stall = (struct stall){ .uffd = -1 };
	}
}

TEST_F_TIMEOUT(keep_place, selector, 120)
{
	struct selector *selector = &self->selector;
	struct pusher pusher;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		if (!stall_init(&self->stall, self->fd))
			SKIP(return, "no userfaultfd: %s", strerror(errno));
		*selector = (struct selector){};
		select_recv(selector, self->fd);
		selector->recv[0].data = (uintptr_t)self->stall.page;
		selector->recv[0].flags = IPCMBOX_TRUNCATE;
		ASSERT_TRUE(select_park(selector));
		ASSERT_TRUE(take_back(self));
		ASSERT_TRUE(push_start(&pusher, self->fd));
		ASSERT_EQ(0, stall_end(&self->stall));
		ASSERT_TRUE(mbox_wait_receivers(self->fd, 1));
		ASSERT_FALSE(selector->done);
		EXPECT_TRUE(serves_both(self, &pusher));
		EXPECT_EQ(0, select_join(selector));
		EXPECT_EQ(1, *(uint32_t *)self->stall.page);
		stall_exit(&self->stall);
		self->stall = (struct stall){ .uffd = -1 };
	}
}

TEST_HARNESS_MAIN
