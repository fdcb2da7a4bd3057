// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receivers that wait for what they chose: they are woken by that and by nothing else,
 * and told when it cannot come any more.
 */
#include "kselftest_harness.h"
#include "stall.h"

#define HERD 200

FIXTURE(match_wait)
{
	int fd;
	struct mbox_op op[8];
	struct stall stall;
};

MBOX_CAPACITIES(match_wait);

FIXTURE_SETUP(match_wait)
{
	memset(self, 0, sizeof(*self));
	self->stall.uffd = -1;
	self->fd = mbox_create_by(variant->capacity, IPCMBOX_FIFO,
				  IPCMBOX_LONGEST, IPCMBOX_SELECTIVE);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(match_wait)
{
	EXPECT_TRUE(mbox_is_calm(self->fd));
	close(self->fd);
	stall_exit(&self->stall);
}

/* Has a receiver wait. */
static bool park(struct mbox_op *op, int fd, uint32_t match, uint64_t value)
{
	*op = (struct mbox_op){
		.fd = fd,
		.kind = OP_RECV,
		.match = match,
		.match_value = value,
	};
	return mbox_op_park(op);
}

/* Gives a message a place. */
static bool offer(struct mbox_op *op, int fd, uint64_t type, uint32_t num)
{
	*op = (struct mbox_op){ .fd = fd, .type = type, .num = num };
	return mbox_op_offer(op);
}

TEST_F_TIMEOUT(match_wait, one_of_many, 120)
{
	static struct mbox_op ops[HERD];
	long before[HERD], sum = 0;
	struct mbox_op send;
	unsigned int i;

	for (i = 0; i < HERD; i++)
		ASSERT_TRUE(park(&ops[i], self->fd, IPCMBOX_MATCH_TYPE, i));
	for (i = 0; i < HERD; i++)
		before[i] = mbox_settled_switches(ops[i].tid);
	for (i = 0; i < HERD; i += 2) {
		unsigned int type = i * 3 % HERD;

		ASSERT_TRUE(offer(&send, self->fd, type, type + 1000));
		ASSERT_EQ(0, mbox_op_join(&ops[type]));
		EXPECT_EQ(type + 1000, ops[type].num);
		EXPECT_EQ(type, ops[type].type);
		EXPECT_EQ(HERD - 1 - i / 2,
			  mbox_info(self->fd).receivers_waiting);
	}
	/* Nobody of the others has run. */
	for (i = 1; i < HERD; i += 2)
		sum += mbox_switches(ops[i].tid) - before[i];
	EXPECT_EQ(0, sum);
	EXPECT_EQ(0, mbox_destroy(self->fd));
	for (i = 1; i < HERD; i += 2)
		EXPECT_EQ(-EIDRM, mbox_op_join(&ops[i]));
}

TEST_F(match_wait, sleeps_through_what_it_does_not_want)
{
	struct mbox_op *recv = &self->op[0];
	long before;

	ASSERT_TRUE(park(recv, self->fd, IPCMBOX_MATCH_TYPE, 5));
	before = mbox_settled_switches(recv->tid);
	ASSERT_TRUE(offer(&self->op[1], self->fd, 4, 40));
	EXPECT_EQ(40, mbox_peek_match(self->fd, IPCMBOX_MATCH_ANY, 0));
	EXPECT_EQ(before, mbox_settled_switches(recv->tid));
	EXPECT_EQ(1, mbox_info(self->fd).receivers_waiting);
	/* What it wants does not wait for room behind what it does not want. */
	ASSERT_TRUE(offer(&self->op[2], self->fd, 5, 50));
	EXPECT_EQ(0, mbox_op_join(recv));
	EXPECT_EQ(50, recv->num);
	EXPECT_EQ(0, mbox_op_join(&self->op[2]));
	EXPECT_EQ(40, mbox_recv_num(self->fd, 0));
	EXPECT_EQ(0, mbox_op_join(&self->op[1]));
}

/* Of those that want it, who has waited longest. */
TEST_F(match_wait, each_kind)
{
	static const struct {
		uint32_t match;
		uint64_t value;
	} wants[] = {
		{ IPCMBOX_MATCH_TYPE, 5 },     { IPCMBOX_MATCH_TYPE_MAX, 3 },
		{ IPCMBOX_MATCH_TYPE_NOT, 5 }, { IPCMBOX_MATCH_SENDER, 0 },
		{ IPCMBOX_MATCH_ANY, 0 },
	};
	static const struct {
		uint64_t type;
		unsigned int receiver;
	} comes[] = { { 3, 1 }, { 5, 0 }, { 5, 3 }, { 9, 2 }, { 9, 4 } };
	struct mbox_op send;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wants); i++) {
		uint64_t value = wants[i].match == IPCMBOX_MATCH_SENDER ?
					 getpid() :
					 wants[i].value;

		ASSERT_TRUE(
			park(&self->op[i], self->fd, wants[i].match, value));
	}
	for (i = 0; i < ARRAY_SIZE(comes); i++) {
		struct mbox_op *recv = &self->op[comes[i].receiver];

		ASSERT_TRUE(offer(&send, self->fd, comes[i].type, i));
		ASSERT_EQ(0, mbox_op_join(recv));
		EXPECT_EQ(i, recv->num);
		EXPECT_EQ(comes[i].type, recv->type);
		EXPECT_EQ(0, mbox_op_join(&send));
	}
	EXPECT_EQ(0, mbox_info(self->fd).queued);
}

TEST_F(match_wait, for_one_sender)
{
	struct mbox_op *recv = &self->op[0];
	struct mbox_op send = { .fd = self->fd, .num = 7 };
	int gate[2];
	pid_t pid;
	char byte;

	ASSERT_EQ(0, pipe(gate));
	pid = fork();
	if (!pid) {
		close(gate[1]);
		if (read(gate[0], &byte, 1) < 0)
			_exit(1);
		_exit(mbox_op_run(&send) < 0);
	}
	ASSERT_LT(0, pid);
	ASSERT_TRUE(park(recv, self->fd, IPCMBOX_MATCH_SENDER, pid));
	ASSERT_TRUE(offer(&self->op[1], self->fd, 0, 6));
	EXPECT_EQ(1, mbox_info(self->fd).receivers_waiting);
	close(gate[1]);
	EXPECT_EQ(0, mbox_op_join(recv));
	EXPECT_EQ(7, recv->num);
	EXPECT_EQ(pid, recv->sender.pid);
	EXPECT_EQ(6, mbox_recv_num(self->fd, 0));
	EXPECT_EQ(0, mbox_op_join(&self->op[1]));
	EXPECT_EQ(0, mbox_reap(pid));
	close(gate[0]);
}

/* Nothing that is there is what it waits for. */
TEST_F(match_wait, deadline)
{
	struct mbox_op recv = {
		.fd = self->fd,
		.kind = OP_RECV,
		.match = IPCMBOX_MATCH_TYPE_NOT,
		.match_value = 1,
		.deadline = mbox_deadline(50),
	};

	ASSERT_TRUE(offer(&self->op[0], self->fd, 1, 10));
	EXPECT_EQ(-ETIMEDOUT, mbox_op_run(&recv));
	EXPECT_LE(recv.deadline, mbox_now());
	/* And what is wanted is had, however late it is. */
	recv.match_value = 2;
	EXPECT_EQ(0, mbox_op_run(&recv));
	EXPECT_EQ(10, recv.num);
	EXPECT_EQ(0, mbox_op_join(&self->op[0]));
}

/* Who must not wait meets those who want the message, and nobody else. */
TEST_F(match_wait, sender_that_must_not_wait)
{
	struct mbox_op *four = &self->op[0], *five = &self->op[1];
	struct mbox_op send = {
		.fd = self->fd,
		.flags = IPCMBOX_DONTWAIT | IPCMBOX_UNTIL_TAKEN,
		.type = 5,
		.num = 50,
	};

	ASSERT_TRUE(park(four, self->fd, IPCMBOX_MATCH_TYPE, 4));
	EXPECT_EQ(-EAGAIN, mbox_op_run(&send));
	EXPECT_EQ(IPCMBOX_NOT_SENT, send.disposition);
	ASSERT_TRUE(park(five, self->fd, IPCMBOX_MATCH_TYPE_NOT, 4));
	EXPECT_EQ(0, mbox_op_run(&send));
	EXPECT_EQ(IPCMBOX_TAKEN, send.disposition);
	EXPECT_EQ(0, mbox_op_join(five));
	EXPECT_EQ(1, mbox_info(self->fd).receivers_waiting);

	/* The one who wants it fails: nobody is left to meet. */
	*five = (struct mbox_op){
		.fd = self->fd,
		.kind = OP_RECV,
		.match = IPCMBOX_MATCH_TYPE,
		.match_value = 5,
		.len = sizeof(uint32_t),
	};
	ASSERT_TRUE(mbox_op_park(five));
	EXPECT_EQ(-EAGAIN, mbox_op_run(&send));
	EXPECT_EQ(IPCMBOX_WITHDRAWN, send.disposition);
	EXPECT_EQ(-EFAULT, mbox_op_join(five));
	send.type = 4;
	EXPECT_EQ(0, mbox_op_run(&send));
	EXPECT_EQ(0, mbox_op_join(four));
}

static void on_signal(int signo)
{
}

/* One who leaves does not change what the others get. */
TEST_F(match_wait, interrupted)
{
	const struct sigaction action = { .sa_handler = on_signal };
	struct mbox_op *recv = self->op;
	unsigned int i;

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	for (i = 0; i < 5; i++)
		ASSERT_TRUE(
			park(&recv[i], self->fd, IPCMBOX_MATCH_TYPE, i % 2));
	ASSERT_EQ(0, pthread_kill(recv[1].thread, SIGUSR1));
	EXPECT_EQ(-EINTR, mbox_op_join(&recv[1]));
	ASSERT_TRUE(offer(&recv[5], self->fd, 1, 10));
	EXPECT_EQ(0, mbox_op_join(&recv[3]));
	for (i = 0; i < 5; i += 2) {
		EXPECT_EQ(2 - i / 2 + 1, mbox_info(self->fd).receivers_waiting);
		ASSERT_TRUE(offer(&recv[5], self->fd, 0, i));
		EXPECT_EQ(0, mbox_op_join(&recv[i]));
		EXPECT_EQ(i, recv[i].num);
	}
}

/* For poll(2) a message is a message. */
TEST_F(match_wait, poll)
{
	struct pollfd poll_fd = { .fd = self->fd, .events = POLLIN };
	struct mbox_op *recv = &self->op[0];

	ASSERT_TRUE(park(recv, self->fd, IPCMBOX_MATCH_TYPE, 5));
	EXPECT_EQ(0, poll(&poll_fd, 1, 0));
	ASSERT_TRUE(offer(&self->op[1], self->fd, 5, 50));
	EXPECT_EQ(0, mbox_op_join(recv));
	EXPECT_EQ(0, poll(&poll_fd, 1, 0));
	ASSERT_TRUE(park(recv, self->fd, IPCMBOX_MATCH_TYPE, 5));
	ASSERT_TRUE(offer(&self->op[1], self->fd, 4, 40));
	EXPECT_EQ(1, poll(&poll_fd, 1, 0));
	EXPECT_EQ(POLLIN, poll_fd.revents);
	EXPECT_EQ(-EAGAIN, mbox_peek_match(self->fd, IPCMBOX_MATCH_TYPE, 5));
	EXPECT_EQ(40, mbox_recv_num(self->fd, 0));
	EXPECT_EQ(0, poll(&poll_fd, 1, 0));
	ASSERT_TRUE(offer(&self->op[2], self->fd, 5, 50));
	EXPECT_EQ(0, mbox_op_join(recv));
}

/* A pair that lets receivers choose. */
static bool open_pair(uint64_t capacity, int fds[2])
{
	return !mbox_pair(capacity, IPCMBOX_SELECTIVE, fds);
}

TEST_F(match_wait, end_of_file)
{
	struct mbox_op *recv = self->op;
	unsigned int kinds = variant->capacity ? 3 : 2;
	unsigned int i;
	int fds[2];

	ASSERT_TRUE(open_pair(variant->capacity, fds));
	/* At capacity 0 nothing is left behind. */
	if (variant->capacity)
		ASSERT_TRUE(offer(&self->op[7], fds[1], 1, 10));
	ASSERT_TRUE(park(&recv[0], fds[0], IPCMBOX_MATCH_TYPE, 2));
	ASSERT_TRUE(park(&recv[1], fds[0], IPCMBOX_MATCH_TYPE_MAX, 0));
	if (kinds == 3)
		ASSERT_TRUE(park(&recv[2], fds[0], IPCMBOX_MATCH_TYPE_NOT, 1));
	close(fds[1]);
	for (i = 0; i < kinds; i++)
		EXPECT_EQ(-EPIPE, mbox_op_join(&recv[i]));
	EXPECT_EQ(-EPIPE, mbox_recv_match(fds[0], IPCMBOX_MATCH_TYPE, 2, 0));
	EXPECT_EQ(-EPIPE, mbox_peek_match(fds[0], IPCMBOX_MATCH_TYPE_NOT, 1));
	if (variant->capacity)
		EXPECT_EQ(10,
			  mbox_recv_match(fds[0], IPCMBOX_MATCH_TYPE, 1, 0));
	EXPECT_EQ(-EPIPE, mbox_recv_match(fds[0], IPCMBOX_MATCH_TYPE, 1, 0));
	EXPECT_TRUE(mbox_is_calm(fds[0]));
	close(fds[0]);
}

/* There is no end as long as a message may come back. */
TEST_F(match_wait, end_of_file_after_a_transfer)
{
	struct mbox_op *same = &self->op[0], *other = &self->op[1];
	unsigned int i;
	int fds[2];

	if (!variant->capacity)
		return;
	for (i = 0; i < 2; i++) {
		ASSERT_TRUE(open_pair(variant->capacity, fds));
		if (!stall_init(&self->stall, fds[0]))
			SKIP(return, "no userfaultfd: %s", strerror(errno));
		ASSERT_TRUE(offer(&self->op[2], fds[1], 2, 20));
		ASSERT_EQ(0, mbox_op_start(&self->stall.op));
		ASSERT_TRUE(mbox_wait_transfer(fds[0], 1));
		ASSERT_TRUE(park(same, fds[0], IPCMBOX_MATCH_TYPE, 2));
		ASSERT_TRUE(park(other, fds[0], IPCMBOX_MATCH_TYPE, 3));
		close(fds[1]);
		EXPECT_EQ(2, mbox_info(fds[0]).receivers_waiting);
		ASSERT_EQ(0, i ? stall_end(&self->stall) :
				 stall_fail(&self->stall));
		EXPECT_EQ(i ? 0 : -EFAULT, mbox_op_join(&self->stall.op));
		EXPECT_EQ(i ? -EPIPE : 0, mbox_op_join(same));
		EXPECT_EQ(-EPIPE, mbox_op_join(other));
		EXPECT_TRUE(mbox_is_calm(fds[0]));
		close(fds[0]);
		stall_exit(&self->stall);
		self->stall = (struct stall){ .uffd = -1 };
	}
}

TEST_F(match_wait, put_back_for_who_wants_it)
{
	struct mbox_op *four = &self->op[0], *five = &self->op[1];
	struct mbox_op *send = &self->op[2];
	long before;

	if (!stall_init(&self->stall, self->fd))
		SKIP(return, "no userfaultfd: %s", strerror(errno));
	self->stall.op.match = IPCMBOX_MATCH_TYPE;
	self->stall.op.match_value = 5;
	send->fd = self->fd;
	send->type = 5;
	ASSERT_TRUE(stall_begin(&self->stall, send, 50));
	ASSERT_TRUE(park(four, self->fd, IPCMBOX_MATCH_TYPE, 4));
	before = mbox_settled_switches(four->tid);
	ASSERT_TRUE(park(five, self->fd, IPCMBOX_MATCH_TYPE, 5));
	ASSERT_EQ(0, stall_fail(&self->stall));
	EXPECT_EQ(-EFAULT, mbox_op_join(&self->stall.op));
	EXPECT_EQ(0, mbox_op_join(five));
	EXPECT_EQ(50, five->num);
	EXPECT_EQ(0, mbox_op_join(send));
	EXPECT_EQ(before, mbox_settled_switches(four->tid));
	EXPECT_EQ(1, mbox_info(self->fd).receivers_waiting);
	ASSERT_TRUE(offer(&self->op[3], self->fd, 4, 40));
	EXPECT_EQ(0, mbox_op_join(four));
	EXPECT_EQ(40, four->num);
}

/* Nobody wants it: it is there for the next, at whose end its sender goes on. */
TEST_F(match_wait, put_back_for_nobody)
{
	struct mbox_op *four = &self->op[0], *send = &self->op[1];

	if (!stall_init(&self->stall, self->fd))
		SKIP(return, "no userfaultfd: %s", strerror(errno));
	send->fd = self->fd;
	send->type = 5;
	ASSERT_TRUE(stall_begin(&self->stall, send, 50));
	ASSERT_TRUE(park(four, self->fd, IPCMBOX_MATCH_TYPE, 4));
	ASSERT_EQ(0, stall_fail(&self->stall));
	EXPECT_EQ(-EFAULT, mbox_op_join(&self->stall.op));
	EXPECT_EQ(1, mbox_info(self->fd).receivers_waiting);
	EXPECT_EQ(50, mbox_recv_match(self->fd, IPCMBOX_MATCH_TYPE, 5, 0));
	EXPECT_EQ(0, mbox_op_join(send));
	ASSERT_TRUE(offer(&self->op[2], self->fd, 4, 40));
	EXPECT_EQ(0, mbox_op_join(four));
}

TEST_HARNESS_MAIN
