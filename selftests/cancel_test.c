// SPDX-License-Identifier: GPL-2.0-only
/*
 * CANCEL: exactly one of four answers, and what it says is so.
 */
#include "kselftest_harness.h"
#include "call.h"
#include "stall.h"

#define ROUNDS 2000 /* unless IPCMBOX_RACES= says otherwise */

FIXTURE(cancel)
{
	int fd;
	struct mbox_op op[2];
	struct caller caller;
	struct stall stall;
};

MBOX_CAPACITIES(cancel);

FIXTURE_SETUP(cancel)
{
	memset(self, 0, sizeof(*self));
	self->fd = mbox_create(variant->capacity, O_RDWR);
	ASSERT_LE(0, self->fd);
	if (!stall_init(&self->stall, self->fd))
		SKIP(return, "no userfaultfd: %s", strerror(errno));
}

FIXTURE_TEARDOWN(cancel)
{
	EXPECT_TRUE(mbox_is_calm(self->fd));
	EXPECT_EQ(0, close(self->fd));
	stall_exit(&self->stall);
}

static int cancel(int fd, uint64_t id)
{
	struct ipcmbox_cancel arg = { .size = sizeof(arg), .id = id };
	int ret = mbox_ioctl(fd, IPCMBOX_IOC_CANCEL, &arg);

	return ret ?: (int)arg.result;
}

TEST_F(cancel, stored)
{
	struct mbox_op *send = &self->op[0];

	if (!variant->capacity)
		return;
	*send = (struct mbox_op){ .fd = self->fd, .num = 7 };
	ASSERT_EQ(0, mbox_op_run(send));
	EXPECT_EQ(IPCMBOX_CANCEL_DONE, cancel(self->fd, send->id));
	EXPECT_EQ(IPCMBOX_CANCEL_TOO_LATE, cancel(self->fd, send->id));
	EXPECT_EQ(-EAGAIN, mbox_recv_num(self->fd, IPCMBOX_DONTWAIT));
	EXPECT_EQ(1, mbox_info(self->fd).withdrawn);
}

TEST_F(cancel, received)
{
	struct mbox_op *send = &self->op[0];

	*send = (struct mbox_op){ .fd = self->fd, .num = 7 };
	ASSERT_EQ(0, mbox_op_start(send));
	EXPECT_EQ(7, mbox_recv_num(self->fd, 0));
	EXPECT_EQ(0, mbox_op_join(send));
	EXPECT_EQ(IPCMBOX_CANCEL_TOO_LATE, cancel(self->fd, send->id));
	EXPECT_EQ(IPCMBOX_CANCEL_UNKNOWN, cancel(self->fd, send->id + 1));
	EXPECT_EQ(IPCMBOX_CANCEL_UNKNOWN, cancel(self->fd, 0));
	EXPECT_EQ(IPCMBOX_CANCEL_UNKNOWN, cancel(self->fd, ~0ULL));
}

/* Another thread knows the number before SEND has returned. */
TEST_F(cancel, waiting_sender)
{
	uint32_t num = 7;
	struct caller *caller = &self->caller;

	ASSERT_TRUE(caller_start(caller, self->fd, num));
	while (!*(volatile __u64 *)&caller->arg.id)
		mbox_nap();
	EXPECT_EQ(IPCMBOX_CANCEL_DONE, cancel(self->fd, caller->arg.id));
	EXPECT_EQ(-ECANCELED, caller_join(caller));
	EXPECT_EQ(IPCMBOX_WITHDRAWN, caller->arg.disposition);
	EXPECT_EQ(-EAGAIN, mbox_recv_num(self->fd, IPCMBOX_DONTWAIT));
}

/* While it is copied; the receiver goes on. */
TEST_F(cancel, in_transfer)
{
	struct mbox_op *send = &self->op[0];
	uint64_t id;

	*send = (struct mbox_op){
		.fd = self->fd,
		.flags = IPCMBOX_UNTIL_TAKEN,
	};
	ASSERT_TRUE(stall_begin(&self->stall, send, 13));
	id = mbox_info(self->fd).sent;
	EXPECT_EQ(IPCMBOX_CANCEL_DONE, cancel(self->fd, id));
	EXPECT_EQ(-ECANCELED, mbox_op_join(send));
	EXPECT_FALSE(self->stall.op.done);
	EXPECT_TRUE(mbox_conserves(self->fd));
	ASSERT_EQ(0, stall_end(&self->stall));
	EXPECT_TRUE(mbox_wait_receivers(self->fd, 1));
	EXPECT_EQ(0, mbox_send_num(self->fd, 14, 0));
	EXPECT_EQ(0, mbox_op_join(&self->stall.op));
	EXPECT_EQ(14, *(uint32_t *)self->stall.page);
}

TEST_F(cancel, taken_call)
{
	struct caller *caller = &self->caller;
	uint64_t token;

	ASSERT_TRUE(caller_start(caller, self->fd, 7));
	token = serve_take(self->fd, 7);
	EXPECT_EQ(IPCMBOX_CANCEL_TOO_LATE, cancel(self->fd, token));
	EXPECT_EQ(-ECANCELED, caller_join(caller));
	EXPECT_EQ(IPCMBOX_TAKEN, caller->arg.disposition);
	EXPECT_EQ(-ESTALE, serve_reply(self->fd, token, 70));
	EXPECT_EQ(IPCMBOX_CANCEL_TOO_LATE, cancel(self->fd, token));
}

TEST_F(cancel, answered_call)
{
	struct caller *caller = &self->caller;
	uint64_t token;

	ASSERT_TRUE(caller_start(caller, self->fd, 7));
	token = serve_take(self->fd, 7);
	EXPECT_EQ(0, serve_reply(self->fd, token, 70));
	/* It may have returned already, and then it is just gone. */
	EXPECT_LE(IPCMBOX_CANCEL_TOO_LATE, cancel(self->fd, token));
	EXPECT_EQ(0, caller_join(caller));
	EXPECT_EQ(70, caller->answer);
	EXPECT_EQ(IPCMBOX_CANCEL_TOO_LATE, cancel(self->fd, token));
}

/* Of another process. */
TEST_F(cancel, not_mine)
{
	struct mbox_op *send = &self->op[0];
	pid_t pid;

	if (!variant->capacity)
		return;
	*send = (struct mbox_op){ .fd = self->fd, .num = 7 };
	ASSERT_EQ(0, mbox_op_run(send));
	pid = fork();
	if (!pid)
		_exit(cancel(self->fd, send->id) != IPCMBOX_CANCEL_UNKNOWN);
	EXPECT_EQ(0, mbox_reap(pid));
	EXPECT_EQ(7, mbox_recv_num(self->fd, 0));
}

TEST_F(cancel, bad_arguments)
{
	struct ipcmbox_cancel arg = { .size = sizeof(arg), .__reserved = 1 };
	int fds[2];

	EXPECT_EQ(-EINVAL, mbox_ioctl(self->fd, IPCMBOX_IOC_CANCEL, &arg));
	ASSERT_EQ(0, mbox_pair(variant->capacity, 0, fds));
	EXPECT_EQ(-EBADF, cancel(fds[0], 1));
	EXPECT_EQ(IPCMBOX_CANCEL_UNKNOWN, cancel(fds[1], 1));
	close(fds[0]);
	close(fds[1]);
}

/* Sender, receiver and canceller at once: each message has one end. */
static void *cancel_all(void *arg)
{
	int fd = *(int *)arg;
	long cancelled = 0;
	uint64_t id;

	for (id = 1; id <= mbox_rounds(ROUNDS);) {
		switch (cancel(fd, id)) {
		case IPCMBOX_CANCEL_UNKNOWN:
			sched_yield();
			continue;
		case IPCMBOX_CANCEL_DONE:
			cancelled++;
		}
		id++;
	}
	return (void *)cancelled;
}

static void *receive_all(void *arg)
{
	int fd = *(int *)arg;
	long received = 0;

	while (mbox_recv_num(fd, 0) != 0)
		received++;
	return (void *)received;
}

TEST_F_TIMEOUT(cancel, race, 600)
{
	pthread_t canceller, receiver;
	void *cancelled, *received;
	unsigned int i, sent = 0, rounds = mbox_rounds(ROUNDS);
	int ret;

	ASSERT_EQ(0, pthread_create(&canceller, NULL, cancel_all, &self->fd));
	ASSERT_EQ(0, pthread_create(&receiver, NULL, receive_all, &self->fd));
	for (i = 1; i <= rounds; i++) {
		ret = mbox_send_num(self->fd, i, 0);
		ASSERT_TRUE(!ret || ret == -ECANCELED);
		sent += !ret;
	}
	pthread_join(canceller, &cancelled);
	ASSERT_EQ(0, mbox_send_num(self->fd, 0, 0));
	pthread_join(receiver, &received);
	EXPECT_EQ(rounds, (long)cancelled + (long)received);
	EXPECT_EQ((long)cancelled, mbox_info(self->fd).withdrawn);
}

TEST_HARNESS_MAIN
