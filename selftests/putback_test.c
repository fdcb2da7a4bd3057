// SPDX-License-Identifier: GPL-2.0-only
/*
 * A receive is a transaction: one that fails leaves the message where it was, for
 * the next receiver and in its order, whether it was stored, its sender waits,
 * or the receiver was parked.
 */
#include "kselftest_harness.h"
#include "ipcmbox_util.h"

#define LEN 5000

static char source[LEN];
static char sink[LEN];

MBOX_FIXTURE(putback);

/* Three messages, stored as far as there is room; the rest by waiting senders. */
static bool offer(struct mbox_op *ops, int fd, uint64_t capacity)
{
	unsigned int i;

	mbox_pattern(source, sizeof(source), 0);
	for (i = 0; i < 3; i++) {
		ops[i] = (struct mbox_op){
			.fd = fd,
			.data = source,
			.len = LEN - i,
		};
		if (i < mbox_slots(capacity, 3)) {
			if (mbox_op_start(&ops[i]) || mbox_op_join(&ops[i]))
				return false;
		} else if (!mbox_op_park(&ops[i])) {
			return false;
		}
	}
	return true;
}

/* They are all there, in their order. */
static bool intact(struct mbox_op *ops, int fd)
{
	unsigned int i;

	for (i = 0; i < 3; i++) {
		memset(sink, 0, sizeof(sink));
		if (mbox_recv(fd, sink, LEN, IPCMBOX_DONTWAIT) != LEN - i ||
		    !mbox_is_pattern(sink, LEN - i, 0))
			return false;
		if (!ops[i].done && mbox_op_join(&ops[i]))
			return false;
	}
	return mbox_recv(fd, sink, LEN, IPCMBOX_DONTWAIT) == -EAGAIN;
}

TEST_F(putback, bad_buffer)
{
	char *cliff = mbox_cliff();
	struct ipcmbox_iovec iov[] = {
		{ (uintptr_t)sink, 10 },
		{ (uintptr_t)cliff - 4000, LEN },
	};

	ASSERT_NE(NULL, cliff);
	ASSERT_TRUE(offer(self->op, self->fd, variant->capacity));
	EXPECT_EQ(-EFAULT, mbox_recv(self->fd, NULL, LEN, 0));
	EXPECT_EQ(-EFAULT, mbox_recv(self->fd, cliff, LEN, 0));
	EXPECT_EQ(-EFAULT, mbox_recv(self->fd, cliff - LEN / 2, LEN, 0));
	EXPECT_EQ(-EFAULT, mbox_recv(self->fd, iov, 2, IPCMBOX_IOVEC));
	EXPECT_EQ(-EFAULT, mbox_peek(self->fd, cliff, LEN, 0));
	errno = 0;
	EXPECT_EQ(-1, read(self->fd, cliff - 1, LEN));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0, mbox_info(self->fd).received);
	EXPECT_EQ(0, mbox_info(self->fd).in_transfer);
	EXPECT_TRUE(intact(self->op, self->fd));
}

TEST_F(putback, buffer_too_small)
{
	ASSERT_TRUE(offer(self->op, self->fd, variant->capacity));
	EXPECT_EQ(-EMSGSIZE, mbox_recv(self->fd, sink, LEN - 1, 0));
	EXPECT_EQ(-EMSGSIZE, mbox_recv(self->fd, NULL, 0, 0));
	EXPECT_TRUE(intact(self->op, self->fd));
}

TEST_F(putback, argument_read_only)
{
	struct ipcmbox_recv *recv = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
					 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, recv);
	*recv = (struct ipcmbox_recv){
		.size = sizeof(*recv),
		.data = (uintptr_t)sink,
		.len = LEN,
	};
	ASSERT_EQ(0, mprotect(recv, 4096, PROT_READ));
	ASSERT_TRUE(offer(self->op, self->fd, variant->capacity));
	EXPECT_EQ(-EFAULT, mbox_ioctl(self->fd, IPCMBOX_IOC_RECV, recv));
	EXPECT_TRUE(intact(self->op, self->fd));
	munmap(recv, 4096);
}

TEST_F(putback, parked_receiver_fails)
{
	struct mbox_op *bad = &self->op[3];
	struct mbox_op *small = &self->op[4];

	*bad = (struct mbox_op){
		.fd = self->fd,
		.kind = OP_RECV,
		.data = mbox_cliff(),
		.len = LEN,
	};
	*small = (struct mbox_op){
		.fd = self->fd,
		.kind = OP_READ,
		.data = sink,
		.len = 10,
	};
	ASSERT_TRUE(mbox_op_park(bad));
	ASSERT_TRUE(mbox_op_park(small));
	/* The message goes from one to the next, then back. */
	mbox_pattern(source, sizeof(source), 0);
	self->op[0] = (struct mbox_op){
		.fd = self->fd,
		.data = source,
		.len = LEN,
	};
	ASSERT_EQ(0, mbox_op_start(&self->op[0]));
	EXPECT_EQ(-EFAULT, mbox_op_join(bad));
	EXPECT_EQ(-EMSGSIZE, mbox_op_join(small));
	if (!variant->capacity)
		EXPECT_FALSE(self->op[0].done);
	EXPECT_EQ(LEN, mbox_recv(self->fd, sink, LEN, 0));
	EXPECT_TRUE(mbox_is_pattern(sink, LEN, 0));
	EXPECT_EQ(0, mbox_op_join(&self->op[0]));
}

TEST_F(putback, next_receiver_gets_it)
{
	struct mbox_op *bad = &self->op[3];
	struct mbox_op *good = &self->op[4];

	*bad = (struct mbox_op){
		.fd = self->fd,
		.kind = OP_RECV,
		.data = mbox_cliff(),
		.len = LEN,
	};
	*good = (struct mbox_op){ .fd = self->fd, .kind = OP_RECV };
	ASSERT_TRUE(mbox_op_park(bad));
	ASSERT_TRUE(mbox_op_park(good));
	EXPECT_EQ(0, mbox_send_num(self->fd, 5, 0));
	EXPECT_EQ(-EFAULT, mbox_op_join(bad));
	EXPECT_EQ(0, mbox_op_join(good));
	EXPECT_EQ(5, good->num);
	EXPECT_EQ(1, mbox_info(self->fd).received);
}

/* DONTWAIT ends with the copy of the receiver that was there. */
TEST_F(putback, sender_that_must_not_wait)
{
	struct mbox_op *bad = &self->op[3];
	struct mbox_op *send = &self->op[0];

	*bad = (struct mbox_op){
		.fd = self->fd,
		.kind = OP_RECV,
		.data = mbox_cliff(),
		.len = LEN,
	};
	*send = (struct mbox_op){ .fd = self->fd, .flags = IPCMBOX_DONTWAIT };
	ASSERT_TRUE(mbox_op_park(bad));
	EXPECT_EQ(variant->capacity ? 0 : -EAGAIN, mbox_op_run(send));
	EXPECT_EQ(variant->capacity ? IPCMBOX_QUEUED : IPCMBOX_WITHDRAWN,
		  send->disposition);
	EXPECT_EQ(-EFAULT, mbox_op_join(bad));
	EXPECT_EQ(variant->capacity ? 1 : 0, mbox_info(self->fd).queued);
}

TEST_HARNESS_MAIN
