// SPDX-License-Identifier: GPL-2.0-only
/*
 * SELECT: of several sends and receives exactly one is done, whoever else selects.
 */
#include "kselftest_harness.h"
#include "select.h"

FIXTURE(select)
{
	int fds[3];
	struct selector selector[3];
	struct mbox_op op[2];
};

MBOX_CAPACITIES(select);

FIXTURE_SETUP(select)
{
	unsigned int i;

	memset(self, 0, sizeof(*self));
	for (i = 0; i < ARRAY_SIZE(self->fds); i++) {
		self->fds[i] = mbox_create(variant->capacity, O_RDWR);
		ASSERT_LE(0, self->fds[i]);
	}
}

FIXTURE_TEARDOWN(select)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(self->fds); i++) {
		EXPECT_TRUE(mbox_is_calm(self->fds[i]));
		EXPECT_EQ(0, close(self->fds[i]));
	}
}

TEST_F(select, receives_what_is_there)
{
	struct selector *selector = &self->selector[0];
	struct mbox_op *send = &self->op[0];
	unsigned int i;

	for (i = 0; i < 3; i++)
		select_recv(selector, self->fds[i]);
	*send = (struct mbox_op){ .fd = self->fds[1], .num = 7 };
	ASSERT_EQ(0, mbox_op_start(send));
	EXPECT_EQ(0, select_run(selector));
	EXPECT_EQ(1, selector->arg.index);
	EXPECT_EQ(7, selector->num[1]);
	EXPECT_EQ(0, mbox_op_join(send));
	EXPECT_EQ(send->id, selector->recv[1].id);
}

TEST_F(select, sends_where_it_can)
{
	struct selector *selector = &self->selector[0];
	struct mbox_op *recv = &self->op[0];
	unsigned int i;

	for (i = 0; i < 3; i++) {
		if (variant->capacity != IPCMBOX_UNBOUNDED)
			ASSERT_LE(0, mbox_fill(self->fds[i], variant->capacity,
					       100));
		select_send(selector, self->fds[i], 7 + i);
	}
	if (variant->capacity == IPCMBOX_UNBOUNDED) {
		EXPECT_EQ(0, select_run(selector));
		i = selector->arg.index;
		ASSERT_GT(3, i);
		EXPECT_EQ(7 + i, mbox_recv_num(self->fds[i], 0));
		return;
	}
	ASSERT_TRUE(select_park(selector));
	EXPECT_EQ(1, mbox_info(self->fds[0]).senders_waiting);
	*recv = (struct mbox_op){ .fd = self->fds[2], .kind = OP_RECV };
	ASSERT_EQ(0, mbox_op_start(recv));
	EXPECT_EQ(0, mbox_op_join(recv));
	EXPECT_EQ(0, select_join(selector));
	EXPECT_EQ(2, selector->arg.index);
	EXPECT_NE(0, selector->send[2].id);
	EXPECT_EQ(variant->capacity ? IPCMBOX_QUEUED : IPCMBOX_TAKEN,
		  selector->send[2].disposition);
	/* The others were never sent. */
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(0, mbox_info(self->fds[i]).senders_waiting);
		EXPECT_EQ(1, mbox_info(self->fds[i]).withdrawn);
	}
}

/* Each time exactly one message moves, in whichever order they come. */
TEST_F(select, two_meet)
{
	struct selector *a = &self->selector[0], *b = &self->selector[1];
	unsigned int i, round;

	for (round = 0; round < 100; round++) {
		memset(self->selector, 0, sizeof(self->selector));
		for (i = 0; i < 3; i++) {
			select_send(a, self->fds[i], round);
			select_recv(b, self->fds[2 - i]);
		}
		ASSERT_EQ(0, select_start(round % 2 ? a : b));
		if (round % 3)
			mbox_nap();
		ASSERT_EQ(0, select_start(round % 2 ? b : a));
		ASSERT_EQ(0, select_join(a));
		ASSERT_EQ(0, select_join(b));
		EXPECT_EQ(a->arg.index, 2 - b->arg.index);
		EXPECT_EQ(round, b->num[b->arg.index]);
	}
}

TEST_F(select, never_meets_itself)
{
	struct selector *selector = &self->selector[0];

	if (variant->capacity)
		return;
	select_send(selector, self->fds[0], 7);
	select_recv(selector, self->fds[0]);
	selector->arg.flags = IPCMBOX_DONTWAIT;
	EXPECT_EQ(-EAGAIN, select_run(selector));
	EXPECT_EQ(-1, selector->arg.index);
	selector->arg.flags = 0;
	selector->arg.deadline = mbox_deadline(50);
	EXPECT_EQ(-ETIMEDOUT, select_run(selector));
	EXPECT_EQ(-1, selector->arg.index);
	/* Two such meet each other. */
	memset(selector, 0, sizeof(*selector));
	select_send(selector, self->fds[0], 7);
	select_recv(selector, self->fds[0]);
	self->selector[1] = *selector;
	select_point(&self->selector[1]);
	ASSERT_TRUE(select_park(selector));
	EXPECT_EQ(0, select_run(&self->selector[1]));
	EXPECT_EQ(0, select_join(selector));
	EXPECT_EQ(1, selector->arg.index + self->selector[1].arg.index);
}

TEST_F(select, mailbox_is_destroyed)
{
	struct selector *selector = &self->selector[0];

	select_recv(selector, self->fds[0]);
	select_recv(selector, self->fds[1]);
	ASSERT_TRUE(select_park(selector));
	EXPECT_EQ(0, mbox_destroy(self->fds[1]));
	EXPECT_EQ(-EIDRM, select_join(selector));
	EXPECT_EQ(1, selector->arg.index);
	EXPECT_EQ(0, mbox_info(self->fds[0]).receivers_waiting);
	EXPECT_EQ(-EIDRM, select_run(selector));
	EXPECT_EQ(1, selector->arg.index);
}

TEST_F(select, peer_hangs_up)
{
	struct selector *selector = &self->selector[0];
	int fds[2];

	ASSERT_EQ(0, mbox_pair(variant->capacity, 0, fds));
	select_recv(selector, self->fds[0]);
	select_recv(selector, fds[0]);
	ASSERT_TRUE(select_park(selector));
	close(fds[1]);
	EXPECT_EQ(-EPIPE, select_join(selector));
	EXPECT_EQ(1, selector->arg.index);
	close(fds[0]);
}

static void on_signal(int signo)
{
}

TEST_F(select, is_interrupted)
{
	const struct sigaction action = { .sa_handler = on_signal };
	struct selector *selector = &self->selector[0];

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	select_recv(selector, self->fds[0]);
	if (!variant->capacity)
		select_send(selector, self->fds[1], 7);
	ASSERT_TRUE(select_park(selector));
	ASSERT_EQ(0, pthread_kill(selector->thread, SIGUSR1));
	EXPECT_EQ(-EINTR, select_join(selector));
	EXPECT_EQ(-1, selector->arg.index);
	EXPECT_EQ(0, mbox_info(self->fds[0]).receivers_waiting);
	EXPECT_EQ(0, mbox_info(self->fds[1]).senders_waiting);
}

/* A receiver that fails gives it back: the sender selects anew. */
TEST_F(select, receiver_fails)
{
	struct selector *selector = &self->selector[0];

	if (variant->capacity)
		return;
	select_send(selector, self->fds[0], 7);
	select_send(selector, self->fds[1], 8);
	ASSERT_TRUE(select_park(selector));
	EXPECT_EQ(-EFAULT, mbox_recv(self->fds[0], (void *)1, 4, 0));
	EXPECT_EQ(-EMSGSIZE, mbox_recv(self->fds[0], NULL, 0, 0));
	EXPECT_FALSE(selector->done);
	EXPECT_EQ(8, mbox_recv_num(self->fds[1], 0));
	EXPECT_EQ(0, select_join(selector));
	EXPECT_EQ(1, selector->arg.index);
	EXPECT_EQ(-EAGAIN, mbox_recv_num(self->fds[0], IPCMBOX_DONTWAIT));
}

TEST_F(select, bad_buffer)
{
	struct selector *selector = &self->selector[0];
	struct mbox_op *send = &self->op[0];

	*send = (struct mbox_op){ .fd = self->fds[1], .num = 7 };
	ASSERT_EQ(0, mbox_op_start(send));
	select_recv(selector, self->fds[0]);
	select_recv(selector, self->fds[1]);
	selector->recv[1].data = 1;
	EXPECT_EQ(-EFAULT, select_run(selector));
	EXPECT_EQ(1, selector->arg.index);
	EXPECT_EQ(7, mbox_recv_num(self->fds[1], 0));
	EXPECT_EQ(0, mbox_op_join(send));
}

/* What is written of a message that is too long is what SEND writes. */
TEST_F(select, sends_too_much)
{
	struct selector *selector = &self->selector[0];
	struct ipcmbox_send before;

	ASSERT_EQ(0, mbox_set(self->fds[0], IPCMBOX_SET_MAX_MESSAGE, 2));
	select_send(selector, self->fds[0], 7);
	selector->send[0].type = 0x1122334455667788;
	selector->send[0].cookie = 6;
	before = selector->send[0];
	EXPECT_EQ(-EMSGSIZE, select_run(selector));
	EXPECT_EQ(0, selector->arg.index);
	EXPECT_EQ(IPCMBOX_NOT_SENT, selector->send[0].disposition);
	before.disposition = IPCMBOX_NOT_SENT;
	EXPECT_EQ(0, memcmp(&before, &selector->send[0], sizeof(before)));
}

/* The case that cannot be read is told, as is one whose argument cannot. */
TEST_F(select, bad_case)
{
	struct selector *selector = &self->selector[0];
	struct ipcmbox_case *cases;
	unsigned int i;

	for (i = 0; i < 2; i++)
		select_recv(selector, self->fds[i]);
	for (i = 0; i < 2; i++) {
		cases = (struct ipcmbox_case *)mbox_cliff() - i;
		memcpy(cases, selector->cases, i * sizeof(*cases));
		selector->arg.cases = (uintptr_t)cases;
		EXPECT_EQ(-EFAULT, select_run(selector));
		EXPECT_EQ(i, selector->arg.index);
		select_point(selector);
		selector->cases[i].arg = 1;
		EXPECT_EQ(-EFAULT, select_run(selector));
		EXPECT_EQ(i, selector->arg.index);
		select_point(selector);
	}
}

TEST_F(select, duplicates)
{
	struct selector *selector = &self->selector[0];
	unsigned int i;

	for (i = 0; i < IPCMBOX_SELECT_MAX; i++)
		select_recv(selector, self->fds[i % 3]);
	ASSERT_EQ(0, select_start(selector));
	EXPECT_TRUE(mbox_wait_receivers(self->fds[0], 22));
	EXPECT_TRUE(mbox_wait_receivers(self->fds[2], 21));
	EXPECT_EQ(0, mbox_send_num(self->fds[2], 7, 0));
	EXPECT_EQ(0, select_join(selector));
	EXPECT_EQ(2, selector->arg.index % 3);
	EXPECT_EQ(7, selector->num[selector->arg.index]);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, mbox_info(self->fds[i]).receivers_waiting);
}

/* As many mailboxes as there may be, whose locks are all held for a while. */
TEST_F(select, many_mailboxes)
{
	struct selector *a = &self->selector[0], *b = &self->selector[1];
	int fds[IPCMBOX_SELECT_MAX];
	unsigned int i;

	for (i = 0; i < IPCMBOX_SELECT_MAX; i++) {
		fds[i] = mbox_create(variant->capacity, O_RDWR);
		ASSERT_LE(0, fds[i]);
	}
	for (i = 0; i < IPCMBOX_SELECT_MAX; i++) {
		select_recv(a, fds[i]);
		select_send(b, fds[IPCMBOX_SELECT_MAX - 1 - i], 7 + i);
	}
	for (i = 0; i < 10; i++) {
		ASSERT_TRUE(select_park(a));
		EXPECT_EQ(0, select_run(b));
		EXPECT_EQ(0, select_join(a));
		EXPECT_EQ(IPCMBOX_SELECT_MAX - 1, a->arg.index + b->arg.index);
		EXPECT_EQ(7 + b->arg.index, a->num[a->arg.index]);
	}
	for (i = 0; i < IPCMBOX_SELECT_MAX; i++) {
		EXPECT_TRUE(mbox_is_calm(fds[i]));
		close(fds[i]);
	}
}

TEST_F(select, bad_arguments)
{
	struct selector *selector = &self->selector[0];
	int device = open(MBOX_DEVICE, O_RDWR);

	EXPECT_EQ(-EINVAL, select_run(selector));
	select_recv(selector, device);
	EXPECT_EQ(-EINVAL, select_run(selector));
	close(device);
	selector->cases[0].fd = 1000;
	EXPECT_EQ(-EBADF, select_run(selector));
	selector->arg.count = IPCMBOX_SELECT_MAX + 1;
	EXPECT_EQ(-EINVAL, select_run(selector));
	memset(selector, 0, sizeof(*selector));
	select_recv(selector, self->fds[0]);
	selector->recv[0].deadline = 1;
	EXPECT_EQ(-EINVAL, select_run(selector));
	selector->recv[0].deadline = 0;
	selector->cases[0].kind = 2;
	EXPECT_EQ(-EINVAL, select_run(selector));
	selector->cases[0].kind = IPCMBOX_CASE_RECV;
	selector->cases[0].arg = 0;
	EXPECT_EQ(-EFAULT, select_run(selector));
}

TEST_F(select, bad_cases)
{
	struct selector *selector = &self->selector[0];

	select_recv(selector, self->fds[0]);
	select_recv(selector, self->fds[1]);
	selector->cases[1].flags = 1U << 31;
	EXPECT_EQ(-EOPNOTSUPP, select_run(selector));
	EXPECT_EQ(1, selector->arg.index);
	selector->cases[1].flags = 0;
	selector->cases[1].__reserved = 1;
	EXPECT_EQ(-EINVAL, select_run(selector));
	EXPECT_EQ(1, selector->arg.index);
	selector->cases[1].__reserved = 0;

	selector->arg.stride = 0;
	EXPECT_EQ(-EINVAL, select_run(selector));
	EXPECT_EQ(-1, selector->arg.index);
	selector->arg.stride = sizeof(struct ipcmbox_case) - 8;
	EXPECT_EQ(-EINVAL, select_run(selector));
	selector->arg.stride = sizeof(struct ipcmbox_case) + 4;
	EXPECT_EQ(-EINVAL, select_run(selector));
	selector->arg.stride = IPCMBOX_ARG_MAX + 8;
	EXPECT_EQ(-E2BIG, select_run(selector));
	EXPECT_EQ(-1, selector->arg.index);
	selector->arg.stride = sizeof(struct ipcmbox_case);
	selector->arg.__reserved = 1;
	EXPECT_EQ(-EINVAL, select_run(selector));
	selector->arg.__reserved = 0;
	selector->arg.flags = IPCMBOX_DONTWAIT;
	EXPECT_EQ(-EAGAIN, select_run(selector));
	EXPECT_EQ(-1, selector->arg.index);
}

/* Cases of a program that knows more members of them. */
TEST_F(select, longer_cases)
{
	struct selector *selector = &self->selector[0];
	struct {
		struct ipcmbox_case one;
		uint64_t tail[2];
	} cases[3] = {};
	struct mbox_op *send = &self->op[0];
	unsigned int i;

	for (i = 0; i < 3; i++) {
		select_recv(selector, self->fds[i]);
		cases[i].one = selector->cases[i];
	}
	selector->arg.cases = (uintptr_t)cases;
	selector->arg.stride = sizeof(cases[0]);
	*send = (struct mbox_op){ .fd = self->fds[2], .num = 7 };
	ASSERT_EQ(0, mbox_op_start(send));
	EXPECT_EQ(0, select_run(selector));
	EXPECT_EQ(2, selector->arg.index);
	EXPECT_EQ(7, selector->num[2]);
	EXPECT_EQ(0, mbox_op_join(send));

	cases[1].tail[1] = 1;
	EXPECT_EQ(-E2BIG, select_run(selector));
	EXPECT_EQ(1, selector->arg.index);
}

/* A case that is not done, and does not have to wait, needs no quota. */
TEST(quota_is_for_what_is_done)
{
	const char *limit = MBOX_PARAMETERS "user_bytes";
	int64_t before = mbox_read_number(limit);
	struct selector selector = {};
	int fds[2];

	fds[0] = mbox_create(1, O_RDWR);
	fds[1] = mbox_create_by(1, IPCMBOX_PRIORITY, IPCMBOX_LONGEST, 0);
	ASSERT_LE(0, fds[0]);
	ASSERT_LE(0, fds[1]);
	ASSERT_EQ(0, mbox_send_num(fds[0], 7, 0));
	ASSERT_EQ(0, mbox_send_num(fds[1], 8, 0));
	select_recv(&selector, fds[0]);
	select_send(&selector, fds[1], 9);
	/* Of such there were none there yet. */
	selector.send[1].priority = IPCMBOX_PRIORITY_MAX;
	selector.send[1].disposition = IPCMBOX_TAKEN;
	selector.send[1].id = 1;
	ASSERT_LT(0, before);
	ASSERT_EQ(0, mbox_write_number(limit, 1));
	EXPECT_EQ(0, select_run(&selector));
	EXPECT_EQ(0, selector.arg.index);
	EXPECT_EQ(7, selector.num[0]);
	EXPECT_EQ(IPCMBOX_NOT_SENT, selector.send[1].disposition);
	EXPECT_EQ(0, selector.send[1].id);
	selector.arg.flags = IPCMBOX_DONTWAIT;
	EXPECT_EQ(-EAGAIN, select_run(&selector));
	selector.arg.flags = 0;
	EXPECT_EQ(-EDQUOT, select_run(&selector));
	EXPECT_EQ(1, selector.arg.index);
	EXPECT_EQ(0, mbox_info(fds[0]).receivers_waiting);
	ASSERT_EQ(0, mbox_write_number(limit, before));
	EXPECT_EQ(8, mbox_recv_num(fds[1], 0));
	EXPECT_EQ(0, select_run(&selector));
	EXPECT_EQ(1, selector.arg.index);
	EXPECT_EQ(IPCMBOX_QUEUED, selector.send[1].disposition);
	EXPECT_NE(0, selector.send[1].id);
	EXPECT_EQ(9, mbox_recv_num(fds[1], 0));
	close(fds[0]);
	close(fds[1]);
}

TEST_HARNESS_MAIN
