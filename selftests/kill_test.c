// SPDX-License-Identifier: GPL-2.0-only
/*
 * SIGKILL at every point where a call can wait: the message of a dead sender is
 * withdrawn, a dead receiver takes none with it, and the peers that are left
 * never notice. Everything is raced as well.
 */
#include "kselftest_harness.h"
#include "ipcmbox_util.h"

MBOX_FIXTURE(kill);

/* A child that runs @op and exits with 0 if that succeeded. */
static pid_t spawn(struct mbox_op *op)
{
	pid_t pid = fork();

	if (!pid)
		_exit(mbox_op_run(op) < 0);
	return pid;
}

static bool murder(pid_t pid)
{
	int status;

	if (kill(pid, SIGKILL))
		return false;
	status = mbox_reap(pid);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

TEST_F(kill, sender_that_waits)
{
	unsigned int slots = mbox_slots(variant->capacity, 0);
	struct mbox_op op = { .fd = self->fd, .num = 1000 };
	unsigned int i;
	pid_t pid;

	if (variant->capacity == IPCMBOX_UNBOUNDED)
		op.flags = IPCMBOX_UNTIL_TAKEN;
	ASSERT_LE(0, mbox_fill(self->fd, variant->capacity, 0));
	for (i = 0; i < 2; i++) {
		op.kind = i && !op.flags ? OP_WRITE : OP_SEND;
		pid = spawn(&op);
		ASSERT_LT(0, pid);
		while (mbox_info(self->fd).sent == slots + i)
			mbox_nap();
		EXPECT_TRUE(murder(pid));
		EXPECT_EQ(i + 1, mbox_info(self->fd).withdrawn);
	}
	for (i = 0; i < slots; i++)
		EXPECT_EQ(i, mbox_recv_num(self->fd, IPCMBOX_DONTWAIT));
	EXPECT_EQ(-EAGAIN, mbox_recv_num(self->fd, IPCMBOX_DONTWAIT));
}

TEST_F(kill, sender_until_taken)
{
	struct mbox_op op = {
		.fd = self->fd,
		.num = 1000,
		.flags = IPCMBOX_UNTIL_TAKEN,
	};
	struct ipcmbox_info info;
	pid_t pid = spawn(&op);

	ASSERT_LT(0, pid);
	while (!mbox_info(self->fd).sent)
		mbox_nap();
	EXPECT_TRUE(murder(pid));
	info = mbox_info(self->fd);
	EXPECT_EQ(1, info.withdrawn);
	EXPECT_EQ(0, info.queued);
	EXPECT_EQ(0, info.queued_bytes);
	EXPECT_EQ(-EAGAIN, mbox_recv_num(self->fd, IPCMBOX_DONTWAIT));
}

TEST_F(kill, sender_between_others)
{
	struct mbox_op *op = self->op;
	struct mbox_op victim = { .fd = self->fd, .num = 666 };
	unsigned int slots = mbox_slots(variant->capacity, 0);
	unsigned int i;
	pid_t pid;

	if (variant->capacity == IPCMBOX_UNBOUNDED)
		return;
	ASSERT_LE(0, mbox_fill(self->fd, variant->capacity, 0));
	op[0] = (struct mbox_op){ .fd = self->fd, .num = slots };
	op[1] = (struct mbox_op){ .fd = self->fd, .num = slots + 1 };
	ASSERT_TRUE(mbox_op_park(&op[0]));
	pid = spawn(&victim);
	ASSERT_LT(0, pid);
	ASSERT_TRUE(mbox_wait_senders(self->fd, 2));
	ASSERT_TRUE(mbox_op_park(&op[1]));
	EXPECT_TRUE(murder(pid));
	EXPECT_TRUE(mbox_wait_senders(self->fd, 2));
	for (i = 0; i < slots + 2; i++)
		EXPECT_EQ(i, mbox_recv_num(self->fd, 0));
	EXPECT_EQ(0, mbox_op_join(&op[0]));
	EXPECT_EQ(0, mbox_op_join(&op[1]));
}

TEST_F(kill, receiver)
{
	struct mbox_op *next = &self->op[0];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		struct mbox_op op = {
			.fd = self->fd,
			.kind = i ? OP_READ : OP_RECV,
		};
		pid_t pid = spawn(&op);

		ASSERT_LT(0, pid);
		ASSERT_TRUE(mbox_wait_receivers(self->fd, 1));
		*next = (struct mbox_op){ .fd = self->fd, .kind = OP_RECV };
		ASSERT_TRUE(mbox_op_park(next));
		EXPECT_TRUE(murder(pid));
		EXPECT_TRUE(mbox_wait_receivers(self->fd, 1));
		EXPECT_EQ(0, mbox_send_num(self->fd, 7 + i, 0));
		EXPECT_EQ(0, mbox_op_join(next));
		EXPECT_EQ(7 + i, next->num);
	}
	EXPECT_EQ(2, mbox_info(self->fd).received);
}

/* Rounds of a race. */
static unsigned int rounds_of_race(void)
{
	return getenv("IPCMBOX_FEW") ? 30 : 100;
}

/* Killed at any time: what it did not receive is there for the next. */
TEST_F_TIMEOUT(kill, receiver_in_a_race, 60)
{
	unsigned int rounds = rounds_of_race(), lost = 0, i;

	for (i = 0; i < rounds; i++) {
		struct mbox_op op = { .fd = self->fd, .kind = OP_RECV };
		struct mbox_op *send = &self->op[0];
		struct ipcmbox_info info;
		pid_t pid = spawn(&op);
		unsigned int k;

		ASSERT_LT(0, pid);
		ASSERT_TRUE(mbox_wait_receivers(self->fd, 1));
		*send = (struct mbox_op){ .fd = self->fd, .num = i };
		ASSERT_EQ(0, mbox_op_start(send));
		/* The longer it takes, the more likely is the receive. */
		for (k = 0; k < i * 400 / rounds; k++)
			mbox_info(self->fd);
		kill(pid, SIGKILL);
		mbox_reap(pid);
		/* Either it has the message, or it is still there. */
		while (!mbox_info(self->fd).sent)
			mbox_nap();
		for (;;) {
			info = mbox_info(self->fd);
			if (info.sent != i + 1 || info.in_transfer)
				continue;
			if (info.received == i + 1)
				break;
			ASSERT_EQ(i, mbox_recv_num(self->fd, 0));
			lost++;
			break;
		}
		ASSERT_EQ(0, mbox_op_join(send));
		ASSERT_EQ(i + 1, mbox_info(self->fd).received);
	}
	TH_LOG("%u of %u receivers died without the message", lost, rounds);
}

/* Killed at any time: the message is received once, or withdrawn. */
TEST_F_TIMEOUT(kill, sender_in_a_race, 60)
{
	unsigned int rounds = rounds_of_race(), received = 0, i;

	for (i = 0; i < rounds; i++) {
		struct mbox_op op = {
			.fd = self->fd,
			.flags = IPCMBOX_UNTIL_TAKEN,
			.num = i,
		};
		struct mbox_op *recv = &self->op[0];
		struct ipcmbox_info info;
		pid_t pid = spawn(&op);

		ASSERT_LT(0, pid);
		while (mbox_info(self->fd).sent == i)
			;
		*recv = (struct mbox_op){
			.fd = self->fd,
			.kind = OP_RECV,
			.flags = IPCMBOX_DONTWAIT,
		};
		ASSERT_EQ(0, mbox_op_start(recv));
		if (i % 2)
			sched_yield();
		kill(pid, SIGKILL);
		mbox_reap(pid);
		mbox_op_join(recv);
		if (!recv->ret) {
			EXPECT_EQ(i, recv->num);
			received++;
		} else {
			EXPECT_EQ(-EAGAIN, recv->ret);
		}
		info = mbox_info(self->fd);
		ASSERT_EQ(received, info.received);
		ASSERT_EQ(i + 1 - received, info.withdrawn);
	}
}

/* A process dies with all its threads, each parked somewhere else. */
TEST_F(kill, process_with_many_waits)
{
	struct ipcmbox_info info;
	unsigned int i;
	pid_t pid;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		for (i = 0; i < ARRAY_SIZE(self->op); i++) {
			self->op[i] = (struct mbox_op){
				.fd = self->fd,
				.kind = OP_RECV,
			};
			mbox_op_start(&self->op[i]);
		}
		pause();
	}
	ASSERT_TRUE(mbox_wait_receivers(self->fd, ARRAY_SIZE(self->op)));
	EXPECT_TRUE(murder(pid));
	info = mbox_info(self->fd);
	EXPECT_EQ(0, info.receivers_waiting);
	EXPECT_EQ(1, info.receivers);
}

TEST_HARNESS_MAIN
