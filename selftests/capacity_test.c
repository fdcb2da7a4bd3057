// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the capacity means: how much is stored, in messages and in bytes, who
 * waits for room and in which order, and when a send is over.
 */
#include "kselftest_harness.h"
#include "stall.h"

static char data[1000];

MBOX_FIXTURE(capacity);

TEST_F(capacity, is_exact)
{
	unsigned int slots = mbox_slots(variant->capacity, 1000);
	struct ipcmbox_info info;
	unsigned int i;

	for (i = 0; i < slots; i++) {
		ASSERT_EQ(0, mbox_send_num(self->fd, i, IPCMBOX_DONTWAIT));
		EXPECT_EQ(i + 1, mbox_info(self->fd).queued);
	}
	info = mbox_info(self->fd);
	EXPECT_EQ(slots * sizeof(uint32_t), info.queued_bytes);
	if (variant->capacity != IPCMBOX_UNBOUNDED)
		EXPECT_EQ(-EAGAIN,
			  mbox_send_num(self->fd, i, IPCMBOX_DONTWAIT));
	/* Each message that goes makes room for one. */
	for (i = 0; i < slots; i++) {
		EXPECT_EQ(i, mbox_recv_num(self->fd, 0));
		EXPECT_EQ(0, mbox_send_num(self->fd, i, IPCMBOX_DONTWAIT));
	}
	EXPECT_EQ(slots, mbox_info(self->fd).queued);
}

TEST_F(capacity, senders_wait_in_order)
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
			.kind = i % 3 ? OP_SEND : OP_WRITE,
		};
		ASSERT_TRUE(mbox_op_park(&self->op[i]));
	}
	EXPECT_EQ(slots, mbox_info(self->fd).queued);
	for (i = 0; i < slots + ARRAY_SIZE(self->op); i++)
		EXPECT_EQ(i, mbox_recv_num(self->fd, 0));
	for (i = 0; i < ARRAY_SIZE(self->op); i++)
		EXPECT_LE(0, mbox_op_join(&self->op[i]));
}

/* At capacity 0 a send ends with the receive; else with the room it gets. */
TEST_F(capacity, one_receive_ends_one_send)
{
	unsigned int i, k, done;

	if (variant->capacity == IPCMBOX_UNBOUNDED)
		return;
	ASSERT_LE(0, mbox_fill(self->fd, variant->capacity, 100));
	for (i = 0; i < 4; i++) {
		self->op[i] = (struct mbox_op){ .fd = self->fd, .num = i };
		ASSERT_TRUE(mbox_op_park(&self->op[i]));
	}
	for (i = 0; i < 4; i++) {
		ASSERT_LE(0, mbox_recv_num(self->fd, 0));
		EXPECT_EQ(0, mbox_op_join(&self->op[i]));
		EXPECT_EQ(variant->capacity ? IPCMBOX_QUEUED : IPCMBOX_TAKEN,
			  self->op[i].disposition);
		for (k = 0, done = 0; k < 4; k++)
			done += self->op[k].done;
		EXPECT_EQ(i + 1, done);
		EXPECT_EQ(3 - i, mbox_info(self->fd).senders_waiting);
	}
	while (mbox_recv_num(self->fd, IPCMBOX_DONTWAIT) >= 0)
		;
}

TEST_F(capacity, receiver_was_there_first)
{
	self->op[0] = (struct mbox_op){ .fd = self->fd, .kind = OP_RECV };
	self->op[1] = (struct mbox_op){ .fd = self->fd, .num = 4 };
	ASSERT_TRUE(mbox_op_park(&self->op[0]));
	ASSERT_EQ(0, mbox_op_run(&self->op[1]));
	EXPECT_EQ(0, mbox_op_join(&self->op[0]));
	EXPECT_EQ(4, self->op[0].num);
	EXPECT_EQ(self->op[1].id, self->op[0].id);
	EXPECT_EQ(variant->capacity ? IPCMBOX_QUEUED : IPCMBOX_TAKEN,
		  self->op[1].disposition);
}

TEST_F(capacity, until_taken)
{
	struct mbox_op *op = &self->op[0];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		/* Both orders of arrival. */
		op[0] = (struct mbox_op){
			.fd = self->fd,
			.flags = IPCMBOX_UNTIL_TAKEN,
			.num = 6,
		};
		op[1] = (struct mbox_op){ .fd = self->fd, .kind = OP_RECV };
		if (i) {
			ASSERT_TRUE(mbox_op_park(&op[1]));
			EXPECT_EQ(0, mbox_op_run(&op[0]));
			EXPECT_EQ(0, mbox_op_join(&op[1]));
		} else {
			ASSERT_EQ(0, mbox_op_start(&op[0]));
			while (!mbox_info(self->fd).sent)
				mbox_nap();
			EXPECT_EQ(variant->capacity ? 1 : 0,
				  mbox_info(self->fd).queued);
			EXPECT_FALSE(op[0].done);
			EXPECT_EQ(0, mbox_op_run(&op[1]));
			EXPECT_EQ(0, mbox_op_join(&op[0]));
		}
		EXPECT_EQ(IPCMBOX_TAKEN, op[0].disposition);
		EXPECT_EQ(6, op[1].num);
		EXPECT_EQ(op[0].id, op[1].id);
	}
	op[0].flags |= IPCMBOX_DONTWAIT;
	EXPECT_EQ(-EAGAIN, mbox_op_run(&op[0]));
	EXPECT_EQ(IPCMBOX_NOT_SENT, op[0].disposition);
	ASSERT_TRUE(mbox_op_park(&op[1]));
	EXPECT_EQ(0, mbox_op_run(&op[0]));
	EXPECT_EQ(IPCMBOX_TAKEN, op[0].disposition);
	EXPECT_EQ(0, mbox_op_join(&op[1]));
}

TEST_F(capacity, until_taken_keeps_the_order)
{
	unsigned int slots = mbox_slots(variant->capacity, 3);
	unsigned int i;

	if (!variant->capacity)
		return;
	self->op[0] = (struct mbox_op){
		.fd = self->fd,
		.flags = IPCMBOX_UNTIL_TAKEN,
	};
	ASSERT_EQ(0, mbox_op_start(&self->op[0]));
	while (!mbox_info(self->fd).sent)
		mbox_nap();
	for (i = 1; i < slots; i++)
		ASSERT_EQ(0, mbox_send_num(self->fd, i, 0));
	for (i = 0; i < slots; i++)
		EXPECT_EQ(i, mbox_recv_num(self->fd, 0));
	EXPECT_EQ(0, mbox_op_join(&self->op[0]));
}

static int create(uint64_t capacity, uint64_t max_bytes)
{
	struct ipcmbox_create create = {
		.open_flags = O_RDWR,
		.capacity = capacity,
		.max_bytes = max_bytes,
	};

	return mbox_create_as(&create);
}

TEST(bytes_are_exact)
{
	int fd = create(7, 1000);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EMSGSIZE, mbox_send(fd, data, 1001, IPCMBOX_DONTWAIT));
	EXPECT_EQ(0, mbox_send(fd, data, 600, IPCMBOX_DONTWAIT));
	EXPECT_EQ(-EAGAIN, mbox_send(fd, data, 401, IPCMBOX_DONTWAIT));
	EXPECT_EQ(0, mbox_send(fd, data, 400, IPCMBOX_DONTWAIT));
	EXPECT_EQ(-EAGAIN, mbox_send(fd, data, 1, IPCMBOX_DONTWAIT));
	EXPECT_EQ(0, mbox_send(fd, data, 0, IPCMBOX_DONTWAIT));
	EXPECT_EQ(1000, mbox_info(fd).queued_bytes);
	EXPECT_EQ(600, mbox_recv(fd, data, 1000, 0));
	EXPECT_EQ(0, mbox_send(fd, data, 600, IPCMBOX_DONTWAIT));
	EXPECT_TRUE(mbox_is_calm(fd));
	close(fd);
}

TEST(small_does_not_overtake_big)
{
	struct mbox_op big, small;
	int fd = create(7, 1000);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, mbox_send(fd, data, 500, 0));
	big = (struct mbox_op){ .fd = fd, .data = data, .len = 501 };
	small = (struct mbox_op){ .fd = fd, .data = data, .len = 1 };
	ASSERT_TRUE(mbox_op_park(&big));
	/* There would be room for it. */
	EXPECT_EQ(-EAGAIN, mbox_send(fd, data, 1, IPCMBOX_DONTWAIT));
	ASSERT_TRUE(mbox_op_park(&small));
	EXPECT_EQ(500, mbox_recv(fd, data, 1000, 0));
	EXPECT_EQ(0, mbox_op_join(&big));
	EXPECT_EQ(0, mbox_op_join(&small));
	EXPECT_EQ(501, mbox_recv(fd, data, 1000, 0));
	EXPECT_EQ(1, mbox_recv(fd, data, 1000, 0));
	EXPECT_TRUE(mbox_is_calm(fd));
	close(fd);
}

/* When the big one gives up, the small one goes on. */
TEST(small_follows_a_big_that_gives_up)
{
	struct mbox_op big, small;
	int fd = create(7, 1000);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, mbox_send(fd, data, 500, 0));
	big = (struct mbox_op){
		.fd = fd,
		.data = data,
		.len = 501,
		.deadline = mbox_deadline(300),
	};
	small = (struct mbox_op){ .fd = fd, .data = data, .len = 1 };
	ASSERT_EQ(0, mbox_op_start(&big));
	while (mbox_info(fd).sent == 1)
		mbox_nap();
	ASSERT_EQ(0, mbox_op_start(&small));
	EXPECT_EQ(-ETIMEDOUT, mbox_op_join(&big));
	EXPECT_EQ(0, mbox_op_join(&small));
	EXPECT_EQ(2, mbox_info(fd).queued);
	EXPECT_EQ(1, mbox_info(fd).expired);
	EXPECT_TRUE(mbox_is_calm(fd));
	close(fd);
}

TEST(unbounded_never_waits)
{
	struct mbox_op op;
	int fd = create(IPCMBOX_UNBOUNDED, 1000);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, mbox_send(fd, data, 1000, 0));
	op = (struct mbox_op){ .fd = fd, .data = data, .len = 1 };
	EXPECT_EQ(-ENOBUFS, mbox_op_run(&op));
	EXPECT_EQ(IPCMBOX_NOT_SENT, op.disposition);
	op.flags = IPCMBOX_DONTWAIT;
	EXPECT_EQ(-ENOBUFS, mbox_op_run(&op));
	op.flags = IPCMBOX_UNTIL_TAKEN;
	EXPECT_EQ(-ENOBUFS, mbox_op_run(&op));
	EXPECT_EQ(-1, write(fd, data, 1));
	EXPECT_EQ(ENOBUFS, errno);
	EXPECT_EQ(0, mbox_send(fd, data, 0, 0));
	EXPECT_EQ(1000, mbox_recv(fd, data, 1000, 0));
	EXPECT_EQ(0, mbox_send(fd, data, 1000, 0));
	EXPECT_TRUE(mbox_is_calm(fd));
	close(fd);
}

/* A bound does not keep a message from a receiver who waits for it. */
TEST(unbounded_is_full_but_someone_waits)
{
	struct mbox_op waiting = { .kind = OP_RECV }, first = {};
	int fd = create(IPCMBOX_UNBOUNDED, 4);
	struct stall stall;

	ASSERT_LE(0, fd);
	if (!stall_init(&stall, fd))
		SKIP(return, "no userfaultfd: %s", strerror(errno));
	first.fd = fd;
	waiting.fd = fd;
	/* What is in transfer fills the bytes. */
	ASSERT_TRUE(stall_begin(&stall, &first, 1));
	EXPECT_EQ(0, mbox_op_join(&first));
	EXPECT_EQ(-ENOBUFS, mbox_send_num(fd, 2, 0));
	ASSERT_TRUE(mbox_op_park(&waiting));
	EXPECT_EQ(0, mbox_send_num(fd, 2, 0));
	EXPECT_EQ(0, mbox_op_join(&waiting));
	EXPECT_EQ(2, waiting.num);
	EXPECT_EQ(0, stall_end(&stall));
	EXPECT_EQ(0, mbox_op_join(&stall.op));
	EXPECT_TRUE(mbox_is_calm(fd));
	stall_exit(&stall);
	close(fd);
}

TEST_HARNESS_MAIN
