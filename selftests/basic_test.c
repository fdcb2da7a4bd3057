// SPDX-License-Identifier: GPL-2.0-only
/*
 * One message from send to receive: every length, vectors, what a receiver
 * learns, what is too long, what is empty, and the order.
 */
#include "kselftest_harness.h"
#include "ipcmbox_util.h"

/* Around what is stored in the message object, a page, and some more. */
static const size_t lengths[] = {
	0, 1, 7, 8, 255, 256, 257, 4095, 4096, 4097, 65536, 1 << 20,
};

static char source[(1 << 20) + 1];
static char sink[(1 << 20) + 1];

MBOX_FIXTURE(basic);

TEST_F(basic, lengths)
{
	struct mbox_op *send = &self->op[0];
	unsigned int i;

	mbox_pattern(source, sizeof(source), 5);
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		*send = (struct mbox_op){
			.fd = self->fd,
			.data = source,
			.len = lengths[i],
		};
		memset(sink, 0, sizeof(sink));
		ASSERT_EQ(0, mbox_op_start(send));
		ASSERT_EQ(lengths[i], mbox_recv(self->fd, sink, lengths[i], 0));
		ASSERT_EQ(0, mbox_op_join(send));
		EXPECT_TRUE(mbox_is_pattern(sink, lengths[i], 5));
		EXPECT_EQ(0, sink[lengths[i]]);
		EXPECT_EQ(i + 1, send->id);
		EXPECT_EQ(variant->capacity ? IPCMBOX_QUEUED : IPCMBOX_TAKEN,
			  send->disposition);
	}
}

TEST_F(basic, too_long_for_the_mailbox)
{
	struct mbox_op send = {
		.fd = self->fd,
		.data = source,
		.len = IPCMBOX_MESSAGE_DEFAULT + 1,
	};

	EXPECT_EQ(-EMSGSIZE, mbox_op_run(&send));
	EXPECT_EQ(0, send.id);
	EXPECT_EQ(IPCMBOX_NOT_SENT, send.disposition);
	errno = 0;
	EXPECT_EQ(-1, write(self->fd, source, IPCMBOX_MESSAGE_DEFAULT + 1));
	EXPECT_EQ(EMSGSIZE, errno);
	EXPECT_EQ(0, mbox_info(self->fd).sent);
}

TEST_F(basic, too_long_for_the_buffer)
{
	struct mbox_op *send = &self->op[0];
	struct mbox_op recv = {
		.fd = self->fd,
		.kind = OP_RECV,
		.data = sink,
		.len = 299,
	};

	mbox_pattern(source, 300, 1);
	*send = (struct mbox_op){
		.fd = self->fd,
		.data = source,
		.len = 300,
	};
	ASSERT_EQ(0, mbox_op_start(send));
	while (mbox_op_run(&recv) == -EAGAIN)
		;
	EXPECT_EQ(-EMSGSIZE, recv.ret);
	EXPECT_EQ(300, recv.msg_len);
	EXPECT_EQ(-EMSGSIZE, mbox_recv(self->fd, sink, 0, 0));
	errno = 0;
	EXPECT_EQ(-1, read(self->fd, sink, 299));
	EXPECT_EQ(EMSGSIZE, errno);
	EXPECT_EQ(0, mbox_info(self->fd).received);
	EXPECT_EQ(300, mbox_recv(self->fd, sink, 300, 0));
	EXPECT_TRUE(mbox_is_pattern(sink, 300, 1));
	EXPECT_EQ(0, mbox_op_join(send));
}

TEST_F(basic, truncate)
{
	struct mbox_op *send = &self->op[0];
	struct mbox_op recv = {
		.fd = self->fd,
		.kind = OP_RECV,
		.flags = IPCMBOX_TRUNCATE,
		.data = sink,
		.len = 100,
	};
	size_t len;

	mbox_pattern(source, 300, 9);
	for (len = 99; len <= 101; len++) {
		*send = (struct mbox_op){
			.fd = self->fd,
			.data = source,
			.len = len,
		};
		memset(sink, 0, sizeof(sink));
		ASSERT_EQ(0, mbox_op_start(send));
		ASSERT_EQ(0, mbox_op_run(&recv));
		ASSERT_EQ(0, mbox_op_join(send));
		EXPECT_EQ(len, recv.msg_len);
		EXPECT_EQ(len > 100 ? IPCMBOX_MSG_TRUNCATED : 0,
			  recv.msg_flags);
		EXPECT_EQ(send->id, recv.id);
		EXPECT_TRUE(mbox_is_pattern(sink, len > 100 ? 100 : len, 9));
		EXPECT_EQ(0, sink[100]);
	}
}

TEST_F(basic, vectors)
{
	struct ipcmbox_iovec from[IPCMBOX_IOV_MAX];
	struct ipcmbox_iovec to[] = {
		{ (uintptr_t)sink, 1 },
		{ 0, 0 },
		{ (uintptr_t)sink + 1, 1000 },
		{ (uintptr_t)sink + 1001, 5000 },
	};
	struct mbox_op *send = &self->op[0];
	unsigned int i;

	mbox_pattern(source, 4 * IPCMBOX_IOV_MAX, 2);
	for (i = 0; i < IPCMBOX_IOV_MAX; i++)
		from[i] = (struct ipcmbox_iovec){
			.base = (uintptr_t)source + 4 * i,
			.len = 4,
		};
	*send = (struct mbox_op){
		.fd = self->fd,
		.flags = IPCMBOX_IOVEC,
		.data = from,
		.len = IPCMBOX_IOV_MAX,
	};
	ASSERT_EQ(0, mbox_op_start(send));
	EXPECT_EQ(4 * IPCMBOX_IOV_MAX,
		  mbox_recv(self->fd, to, ARRAY_SIZE(to), IPCMBOX_IOVEC));
	EXPECT_EQ(0, mbox_op_join(send));
	EXPECT_TRUE(mbox_is_pattern(sink, 4 * IPCMBOX_IOV_MAX, 2));
}

TEST_F(basic, empty_vector)
{
	struct mbox_op *send = &self->op[0];

	*send = (struct mbox_op){
		.fd = self->fd,
		.flags = IPCMBOX_IOVEC,
		.data = source,
		.len = 0,
	};
	ASSERT_EQ(0, mbox_op_start(send));
	EXPECT_EQ(0, mbox_recv(self->fd, NULL, 0, IPCMBOX_IOVEC));
	EXPECT_EQ(0, mbox_op_join(send));
}

TEST_F(basic, bad_vectors)
{
	struct ipcmbox_iovec wide[] = {
		{ (uintptr_t)source, INT64_MAX },
		{ (uintptr_t)source, 1 },
	};
	struct ipcmbox_iovec bad = { 16, 8 };
	struct ipcmbox_iovec many[IPCMBOX_IOV_MAX + 1] = {};
	unsigned int flags = IPCMBOX_IOVEC | IPCMBOX_DONTWAIT;

	EXPECT_EQ(-EINVAL, mbox_send(self->fd, many, ARRAY_SIZE(many), flags));
	EXPECT_EQ(-EINVAL, mbox_recv(self->fd, many, ARRAY_SIZE(many), flags));
	EXPECT_EQ(-EINVAL, mbox_send(self->fd, wide, 2, flags));
	EXPECT_EQ(-EINVAL, mbox_recv(self->fd, wide, 2, flags));
	EXPECT_EQ(-EMSGSIZE, mbox_send(self->fd, wide, 1, flags));
	EXPECT_EQ(-EFAULT, mbox_send(self->fd, &bad, 1, flags));
	EXPECT_EQ(-EFAULT, mbox_send(self->fd, (void *)16, 1, flags));
	EXPECT_EQ(-EFAULT, mbox_recv(self->fd, (void *)16, 1, flags));
	EXPECT_EQ(-EINVAL, mbox_send(self->fd, source, -1, IPCMBOX_DONTWAIT));
	EXPECT_EQ(-EINVAL, mbox_recv(self->fd, sink, -1, IPCMBOX_DONTWAIT));
	EXPECT_EQ(0, mbox_info(self->fd).sent);
}

TEST_F(basic, bad_source)
{
	char *cliff = mbox_cliff();

	ASSERT_NE(NULL, cliff);
	EXPECT_EQ(-EFAULT, mbox_send(self->fd, cliff, 1, 0));
	EXPECT_EQ(-EFAULT, mbox_send(self->fd, cliff - 1, 2, 0));
	EXPECT_EQ(-EFAULT, mbox_send(self->fd, cliff - 300, 301, 0));
	errno = 0;
	EXPECT_EQ(-1, write(self->fd, cliff - 1, 2));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0, mbox_info(self->fd).sent);
}

TEST_F(basic, order)
{
	unsigned int slots = mbox_slots(variant->capacity, 50);
	unsigned int i;

	for (i = 0; i < slots; i++)
		ASSERT_EQ(0, mbox_send_num(self->fd, i, IPCMBOX_DONTWAIT));
	for (i = 0; i < slots; i++)
		EXPECT_EQ(i, mbox_recv_num(self->fd, IPCMBOX_DONTWAIT));
	EXPECT_EQ(-EAGAIN, mbox_recv_num(self->fd, IPCMBOX_DONTWAIT));
}

TEST_F(basic, dontwait_meets_a_parked_receiver)
{
	struct mbox_op *recv = &self->op[0];

	*recv = (struct mbox_op){ .fd = self->fd, .kind = OP_RECV };
	ASSERT_TRUE(mbox_op_park(recv));
	EXPECT_EQ(0, mbox_send_num(self->fd, 77, IPCMBOX_DONTWAIT));
	EXPECT_EQ(0, mbox_op_join(recv));
	EXPECT_EQ(77, recv->num);
}

TEST_HARNESS_MAIN
