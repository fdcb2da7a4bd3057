// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who waits is served in the order of arrival, nobody who comes later steals
 * what was handed over, and one message wakes one receiver.
 */
#include "kselftest_harness.h"
#include "ipcmbox_util.h"

#define HERD 32

MBOX_FIXTURE(fairness);

TEST_F(fairness, receivers_in_order)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(self->op); i++) {
		self->op[i] = (struct mbox_op){
			.fd = self->fd,
			.kind = i % 2 ? OP_READ : OP_RECV,
		};
		ASSERT_TRUE(mbox_op_park(&self->op[i]));
	}
	for (i = 0; i < ARRAY_SIZE(self->op); i++) {
		ASSERT_EQ(0, mbox_send_num(self->fd, 100 + i, 0));
		ASSERT_LE(0, mbox_op_join(&self->op[i]));
		EXPECT_EQ(100 + i, self->op[i].num);
		EXPECT_EQ(ARRAY_SIZE(self->op) - 1 - i,
			  mbox_info(self->fd).receivers_waiting);
	}
}

/* Also when all the messages come at once. */
TEST_F(fairness, receivers_in_order_of_a_burst)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(self->op); i++) {
		self->op[i] = (struct mbox_op){
			.fd = self->fd,
			.kind = OP_RECV,
		};
		ASSERT_TRUE(mbox_op_park(&self->op[i]));
	}
	for (i = 0; i < ARRAY_SIZE(self->op); i++)
		ASSERT_EQ(0, mbox_send_num(self->fd, i, IPCMBOX_DONTWAIT));
	for (i = 0; i < ARRAY_SIZE(self->op); i++) {
		EXPECT_EQ(0, mbox_op_join(&self->op[i]));
		EXPECT_EQ(i, self->op[i].num);
	}
}

TEST_F(fairness, receiver_that_left_loses_its_place)
{
	unsigned int i;

	for (i = 0; i < 3; i++) {
		self->op[i] = (struct mbox_op){
			.fd = self->fd,
			.kind = OP_RECV,
			.deadline = i ? 0 : mbox_deadline(200),
		};
		ASSERT_EQ(0, mbox_op_start(&self->op[i]));
		if (i) {
			ASSERT_TRUE(mbox_wait_receivers(self->fd, i));
			continue;
		}
		/* It is gone before the others come. */
		EXPECT_EQ(-ETIMEDOUT, mbox_op_join(&self->op[0]));
	}
	EXPECT_EQ(0, mbox_send_num(self->fd, 1, 0));
	EXPECT_EQ(0, mbox_op_join(&self->op[1]));
	EXPECT_EQ(0, mbox_send_num(self->fd, 2, 0));
	EXPECT_EQ(0, mbox_op_join(&self->op[2]));
	EXPECT_EQ(1, self->op[1].num);
	EXPECT_EQ(2, self->op[2].num);
}

TEST_F(fairness, senders_in_order)
{
	unsigned int slots = mbox_slots(variant->capacity, 0);
	unsigned int i;

	if (variant->capacity == IPCMBOX_UNBOUNDED)
		return;
	ASSERT_LE(0, mbox_fill(self->fd, variant->capacity, 0));
	for (i = 0; i < ARRAY_SIZE(self->op); i++) {
		self->op[i] = (struct mbox_op){
			.fd = self->fd,
			.num = slots + i,
		};
		ASSERT_TRUE(mbox_op_park(&self->op[i]));
	}
	/* Each receive completes exactly the sender who is first in line. */
	for (i = 0; i < ARRAY_SIZE(self->op); i++) {
		EXPECT_EQ(i, mbox_recv_num(self->fd, 0));
		EXPECT_EQ(0, mbox_op_join(&self->op[i]));
		EXPECT_EQ(ARRAY_SIZE(self->op) - 1 - i,
			  mbox_info(self->fd).senders_waiting);
	}
	for (i = 0; i < slots; i++)
		EXPECT_EQ(ARRAY_SIZE(self->op) + i, mbox_recv_num(self->fd, 0));
}

/* The message is the parked one's, before it has even run. */
TEST_F(fairness, newcomer_does_not_steal_a_message)
{
	unsigned int i;

	for (i = 0; i < 200; i++) {
		self->op[0] = (struct mbox_op){
			.fd = self->fd,
			.kind = OP_RECV,
		};
		ASSERT_TRUE(mbox_op_park(&self->op[0]));
		ASSERT_EQ(0, mbox_send_num(self->fd, i, IPCMBOX_DONTWAIT));
		EXPECT_EQ(-EAGAIN, mbox_recv_num(self->fd, IPCMBOX_DONTWAIT));
		ASSERT_EQ(0, mbox_op_join(&self->op[0]));
		EXPECT_EQ(i, self->op[0].num);
	}
}

/* The room is the parked one's, before it has even run. */
TEST_F(fairness, newcomer_does_not_steal_room)
{
	unsigned int slots = mbox_slots(variant->capacity, 0);
	unsigned int i;

	if (!slots)
		return;
	ASSERT_LE(0, mbox_fill(self->fd, variant->capacity, 0));
	for (i = 0; i < 200; i++) {
		self->op[0] = (struct mbox_op){
			.fd = self->fd,
			.num = slots + i,
		};
		ASSERT_TRUE(mbox_op_park(&self->op[0]));
		EXPECT_EQ(i, mbox_recv_num(self->fd, 0));
		EXPECT_EQ(-EAGAIN,
			  mbox_send_num(self->fd, 666, IPCMBOX_DONTWAIT));
		ASSERT_EQ(0, mbox_op_join(&self->op[0]));
	}
}

TEST_F_TIMEOUT(fairness, one_message_wakes_one, 60)
{
	struct mbox_op ops[HERD] = {};
	long before[HERD], sum = 0;
	unsigned int i;

	for (i = 0; i < HERD; i++) {
		ops[i].fd = self->fd;
		ops[i].kind = OP_RECV;
		ASSERT_TRUE(mbox_op_park(&ops[i]));
		before[i] = mbox_settled_switches(ops[i].tid);
		ASSERT_LT(0, before[i]);
	}
	for (i = 0; i < HERD / 2; i++) {
		ASSERT_EQ(0, mbox_send_num(self->fd, i, 0));
		ASSERT_EQ(0, mbox_op_join(&ops[i]));
	}
	/* Nobody of the other half has run. */
	for (i = HERD / 2; i < HERD; i++)
		sum += mbox_switches(ops[i].tid) - before[i];
	EXPECT_EQ(0, sum);
	EXPECT_EQ(HERD / 2, mbox_info(self->fd).receivers_waiting);
	EXPECT_EQ(0, mbox_destroy(self->fd));
	for (i = HERD / 2; i < HERD; i++)
		EXPECT_EQ(-EIDRM, mbox_op_join(&ops[i]));
}

/* The same for those who wait for room. */
TEST_F_TIMEOUT(fairness, one_slot_wakes_one, 60)
{
	struct mbox_op ops[HERD] = {};
	long before[HERD], sum = 0;
	unsigned int i;

	if (variant->capacity == IPCMBOX_UNBOUNDED)
		return;
	ASSERT_LE(0, mbox_fill(self->fd, variant->capacity, 0));
	for (i = 0; i < HERD; i++) {
		ops[i].fd = self->fd;
		ASSERT_TRUE(mbox_op_park(&ops[i]));
		before[i] = mbox_settled_switches(ops[i].tid);
	}
	for (i = 0; i < HERD / 2; i++) {
		ASSERT_LE(0, mbox_recv_num(self->fd, 0));
		ASSERT_EQ(0, mbox_op_join(&ops[i]));
	}
	for (i = HERD / 2; i < HERD; i++)
		sum += mbox_switches(ops[i].tid) - before[i];
	EXPECT_EQ(0, sum);
	EXPECT_EQ(0, mbox_destroy(self->fd));
	for (i = HERD / 2; i < HERD; i++)
		EXPECT_EQ(-EIDRM, mbox_op_join(&ops[i]));
}

TEST_HARNESS_MAIN
