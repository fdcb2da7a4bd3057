// SPDX-License-Identifier: GPL-2.0-only
/*
 * SENDV and RECVV: many messages in one entry, and how far it came.
 */
#include "kselftest_harness.h"
#include "ipcmbox_util.h"

#define MESSAGES 10

FIXTURE(batch)
{
	int fd;
	struct ipcmbox_send send[MESSAGES];
	struct ipcmbox_recv recv[MESSAGES];
	uint32_t num[MESSAGES];
	struct mbox_op op;
};

MBOX_CAPACITIES(batch);

FIXTURE_SETUP(batch)
{
	unsigned int i;

	memset(self, 0, sizeof(*self));
	self->fd = mbox_create(variant->capacity, O_RDWR);
	ASSERT_LE(0, self->fd);
	for (i = 0; i < MESSAGES; i++) {
		self->num[i] = i;
		self->send[i] = (struct ipcmbox_send){
			.size = sizeof(self->send[i]),
			.data = (uintptr_t)&self->num[i],
			.len = sizeof(self->num[i]),
		};
		self->recv[i] = (struct ipcmbox_recv){
			.size = sizeof(self->recv[i]),
			.data = (uintptr_t)&self->num[i],
			.len = sizeof(self->num[i]),
		};
	}
}

FIXTURE_TEARDOWN(batch)
{
	EXPECT_TRUE(mbox_is_calm(self->fd));
	EXPECT_EQ(0, close(self->fd));
}

static int sendv(int fd, struct ipcmbox_send *send, uint32_t count,
		 uint32_t flags)
{
	return mbox_batch(fd, IPCMBOX_IOC_SENDV, send, count, flags, 0);
}

static int recvv(int fd, struct ipcmbox_recv *recv, uint32_t count,
		 uint32_t flags, uint64_t deadline)
{
	return mbox_batch(fd, IPCMBOX_IOC_RECVV, recv, count, flags, deadline);
}

TEST_F(batch, as_many_as_fit)
{
	unsigned int slots = mbox_slots(variant->capacity, MESSAGES), i;
	int done = sendv(self->fd, self->send, MESSAGES, IPCMBOX_DONTWAIT);

	if (slots > MESSAGES)
		slots = MESSAGES;
	if (!slots) {
		EXPECT_EQ(-EAGAIN, done);
		return;
	}
	EXPECT_EQ(slots, done);
	for (i = 0; i < slots; i++)
		EXPECT_EQ(IPCMBOX_QUEUED, self->send[i].disposition);
	memset(self->num, 0xff, sizeof(self->num));
	EXPECT_EQ(slots, recvv(self->fd, self->recv, MESSAGES, 0, 0));
	for (i = 0; i < slots; i++) {
		EXPECT_EQ(i, self->num[i]);
		EXPECT_EQ(self->send[i].id, self->recv[i].id);
	}
}

static void *receive_each(void *arg)
{
	int fd = *(int *)arg;
	uint32_t i;

	for (i = 0; i < MESSAGES; i++)
		if (mbox_recv_num(fd, 0) != i)
			return (void *)1L;
	return NULL;
}

TEST_F(batch, senders_wait_for_room)
{
	pthread_t receiver;
	void *wrong;

	ASSERT_EQ(0, pthread_create(&receiver, NULL, receive_each, &self->fd));
	EXPECT_EQ(MESSAGES, sendv(self->fd, self->send, MESSAGES, 0));
	pthread_join(receiver, &wrong);
	EXPECT_EQ(NULL, wrong);
}

TEST_F(batch, receiver_waits_for_the_first)
{
	uint64_t end = mbox_deadline(30);

	EXPECT_EQ(-ETIMEDOUT, recvv(self->fd, self->recv, MESSAGES, 0, end));
	EXPECT_EQ(-EAGAIN,
		  recvv(self->fd, self->recv, MESSAGES, IPCMBOX_DONTWAIT, 0));
	self->op = (struct mbox_op){ .fd = self->fd, .num = 5 };
	ASSERT_EQ(0, mbox_op_start(&self->op));
	EXPECT_EQ(1, recvv(self->fd, self->recv, MESSAGES, 0, 0));
	EXPECT_EQ(5, self->num[0]);
	EXPECT_EQ(0, mbox_op_join(&self->op));
}

TEST_F(batch, stops_at_what_fails)
{
	int done;

	if (variant->capacity != IPCMBOX_UNBOUNDED)
		return;
	self->send[3].data = 1;
	EXPECT_EQ(3, sendv(self->fd, self->send, MESSAGES, 0));
	EXPECT_EQ(-EFAULT, sendv(self->fd, &self->send[3], 1, 0));
	self->recv[1].data = 1;
	EXPECT_EQ(1, recvv(self->fd, self->recv, MESSAGES, 0, 0));
	EXPECT_EQ(2, mbox_info(self->fd).queued);
	done = recvv(self->fd, &self->recv[2], MESSAGES - 2, 0, 0);
	EXPECT_EQ(2, done);
	EXPECT_EQ(1, self->num[2]);
}

TEST_F(batch, bad_arguments)
{
	struct ipcmbox_batch arg = { .size = sizeof(arg), .stride = 8 };
	int fds[2];

	EXPECT_EQ(-EINVAL, mbox_ioctl(self->fd, IPCMBOX_IOC_SENDV, &arg));
	arg.count = IPCMBOX_BATCH_MAX + 1;
	EXPECT_EQ(-EINVAL, mbox_ioctl(self->fd, IPCMBOX_IOC_RECVV, &arg));
	arg.count = 1;
	arg.stride = 12;
	EXPECT_EQ(-EINVAL, mbox_ioctl(self->fd, IPCMBOX_IOC_RECVV, &arg));
	self->send[0].flags = IPCMBOX_DONTWAIT;
	self->send[0].disposition = IPCMBOX_TAKEN;
	EXPECT_EQ(-EINVAL, sendv(self->fd, self->send, 1, 0));
	EXPECT_EQ(IPCMBOX_NOT_SENT, self->send[0].disposition);
	self->recv[0].deadline = 1;
	EXPECT_EQ(-EINVAL, recvv(self->fd, self->recv, 1, 0, 0));
	ASSERT_EQ(0, mbox_pair(variant->capacity, 0, fds));
	EXPECT_EQ(-EBADF, sendv(fds[0], &self->send[1], 1, 0));
	EXPECT_EQ(-EBADF, recvv(fds[1], &self->recv[1], 1, 0, 0));
	close(fds[0]);
	close(fds[1]);
}

/* No two may share what is written back. */
TEST_F(batch, short_strides)
{
	struct ipcmbox_batch arg = {
		.size = sizeof(arg),
		.msgs = (uintptr_t)self->send,
		.count = 2,
	};

	for (; arg.stride < sizeof(self->send[0]); arg.stride += 8)
		EXPECT_EQ(-EINVAL,
			  mbox_ioctl(self->fd, IPCMBOX_IOC_SENDV, &arg));
	EXPECT_EQ(0, mbox_info(self->fd).sent);
	ASSERT_EQ(0, mbox_destroy(self->fd));
	EXPECT_EQ(-EIDRM, mbox_ioctl(self->fd, IPCMBOX_IOC_SENDV, &arg));
	arg.msgs = (uintptr_t)self->recv;
	arg.stride = sizeof(self->recv[0]) - 8;
	EXPECT_EQ(-EINVAL, mbox_ioctl(self->fd, IPCMBOX_IOC_RECVV, &arg));
	arg.stride += 8;
	EXPECT_EQ(-EIDRM, mbox_ioctl(self->fd, IPCMBOX_IOC_RECVV, &arg));
}

TEST_HARNESS_MAIN
