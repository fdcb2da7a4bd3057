// SPDX-License-Identifier: GPL-2.0-only
/*
 * read(2) and write(2), their vectors and O_NONBLOCK: a message per call.
 */
#include <sys/uio.h>

#include "kselftest_harness.h"
#include "ipcmbox_util.h"

static char source[70000];
static char sink[70000];

MBOX_FIXTURE(rw);

TEST_F(rw, a_message_per_call)
{
	static const size_t lengths[] = { 1, 256, 257, 4096, 65537 };
	unsigned int i;

	mbox_pattern(source, sizeof(source), 3);
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		self->op[0] = (struct mbox_op){
			.fd = self->fd,
			.kind = OP_WRITE,
			.data = source,
			.len = lengths[i],
		};
		memset(sink, 0, sizeof(sink));
		ASSERT_EQ(0, mbox_op_start(&self->op[0]));
		EXPECT_EQ(lengths[i], read(self->fd, sink, sizeof(sink)));
		EXPECT_EQ(lengths[i], mbox_op_join(&self->op[0]));
		EXPECT_TRUE(mbox_is_pattern(sink, lengths[i], 3));
	}
}

struct writev_call {
	int fd;
	ssize_t ret;
};

static void *do_writev(void *arg)
{
	struct iovec iov[] = {
		{ source, 100 },
		{ NULL, 0 },
		{ source + 100, 900 },
	};
	struct writev_call *call = arg;

	call->ret = writev(call->fd, iov, 3);
	return NULL;
}

TEST_F(rw, vectors)
{
	struct iovec iov[] = { { sink, 1 },
			       { sink + 1, 998 },
			       { sink + 999, 5 } };
	struct writev_call call = { .fd = self->fd };
	pthread_t thread;

	mbox_pattern(source, 1000, 4);
	ASSERT_EQ(0, pthread_create(&thread, NULL, do_writev, &call));
	EXPECT_EQ(1000, readv(self->fd, iov, 3));
	pthread_join(thread, NULL);
	EXPECT_EQ(1000, call.ret);
	EXPECT_TRUE(mbox_is_pattern(sink, 1000, 4));
}

/* As POSIX has it for a length of 0: nothing happens. */
TEST_F(rw, nothing)
{
	EXPECT_EQ(0, write(self->fd, source, 0));
	EXPECT_EQ(0, read(self->fd, sink, 0));
	EXPECT_EQ(0, mbox_info(self->fd).sent);
}

/* An empty message is one, and looks like the end of file to read(2). */
TEST_F(rw, empty_message)
{
	self->op[0] = (struct mbox_op){
		.fd = self->fd,
		.data = source,
		.len = 0,
	};
	ASSERT_EQ(0, mbox_op_start(&self->op[0]));
	EXPECT_EQ(0, read(self->fd, sink, 1));
	EXPECT_EQ(0, mbox_op_join(&self->op[0]));
	EXPECT_EQ(1, mbox_info(self->fd).received);
}

TEST_F(rw, nonblock)
{
	unsigned int slots = mbox_slots(variant->capacity, 3);
	unsigned int i;

	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(-1, read(self->fd, sink, 1));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-EAGAIN, mbox_recv_num(self->fd, 0));
	for (i = 0; i < slots; i++)
		EXPECT_EQ(1, write(self->fd, source, 1));
	if (variant->capacity != IPCMBOX_UNBOUNDED) {
		EXPECT_EQ(-1, write(self->fd, source, 1));
		EXPECT_EQ(EAGAIN, errno);
		EXPECT_EQ(-EAGAIN, mbox_send_num(self->fd, 1, 0));
	}
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, 0));
	self->op[0] = (struct mbox_op){
		.fd = self->fd,
		.kind = OP_READ,
	};
	for (i = 0; i < slots; i++)
		EXPECT_EQ(1, read(self->fd, sink, 1));
	ASSERT_TRUE(mbox_op_park(&self->op[0]));
	EXPECT_EQ(1, write(self->fd, source, 1));
	EXPECT_EQ(1, mbox_op_join(&self->op[0]));
}

/* The same for one call only; not even a copy is waited for. */
TEST_F(rw, nowait)
{
	struct iovec from = { source, 1 }, to = { sink, 1 };
	unsigned int slots = mbox_slots(variant->capacity, 3);
	unsigned int i;

	errno = 0;
	EXPECT_EQ(-1, preadv2(self->fd, &to, 1, -1, RWF_NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
	for (i = 0; i < slots; i++)
		EXPECT_EQ(1, pwritev2(self->fd, &from, 1, -1, RWF_NOWAIT));
	if (variant->capacity != IPCMBOX_UNBOUNDED) {
		errno = 0;
		EXPECT_EQ(-1, pwritev2(self->fd, &from, 1, -1, RWF_NOWAIT));
		EXPECT_EQ(EAGAIN, errno);
	}
	for (i = 0; i < slots; i++)
		EXPECT_EQ(1, preadv2(self->fd, &to, 1, -1, RWF_NOWAIT));
	self->op[0] = (struct mbox_op){ .fd = self->fd, .kind = OP_READ };
	ASSERT_TRUE(mbox_op_park(&self->op[0]));
	errno = 0;
	if (variant->capacity) {
		EXPECT_EQ(1, pwritev2(self->fd, &from, 1, -1, RWF_NOWAIT));
	} else {
		EXPECT_EQ(-1, pwritev2(self->fd, &from, 1, -1, RWF_NOWAIT));
		EXPECT_EQ(EAGAIN, errno);
		EXPECT_EQ(1, write(self->fd, source, 1));
	}
	EXPECT_EQ(1, mbox_op_join(&self->op[0]));
}

TEST_F(rw, no_position)
{
	errno = 0;
	EXPECT_EQ(-1, lseek(self->fd, 0, SEEK_CUR));
	EXPECT_EQ(ESPIPE, errno);
	errno = 0;
	EXPECT_EQ(-1, lseek(self->fd, 10, SEEK_SET));
	EXPECT_EQ(ESPIPE, errno);
	errno = 0;
	EXPECT_EQ(-1, pread(self->fd, sink, 1, 0));
	EXPECT_EQ(ESPIPE, errno);
	errno = 0;
	EXPECT_EQ(-1, pwrite(self->fd, source, 1, 0));
	EXPECT_EQ(ESPIPE, errno);
}

TEST_F(rw, rights)
{
	int rx = mbox_reopen(self->fd, O_RDONLY, 0);
	int tx = mbox_reopen(self->fd, O_WRONLY, 0);

	ASSERT_LE(0, rx);
	ASSERT_LE(0, tx);
	errno = 0;
	EXPECT_EQ(-1, write(rx, source, 1));
	EXPECT_EQ(EBADF, errno);
	errno = 0;
	EXPECT_EQ(-1, read(tx, sink, 1));
	EXPECT_EQ(EBADF, errno);
	close(rx);
	close(tx);
}

/* Both kinds of calls may be mixed. */
TEST_F(rw, with_the_ioctls)
{
	self->op[0] = (struct mbox_op){
		.fd = self->fd,
		.kind = OP_WRITE,
		.num = 12,
	};
	self->op[1] = (struct mbox_op){ .fd = self->fd, .num = 13 };
	ASSERT_EQ(0, mbox_op_start(&self->op[0]));
	EXPECT_EQ(12, mbox_recv_num(self->fd, 0));
	ASSERT_EQ(0, mbox_op_start(&self->op[1]));
	EXPECT_EQ(sizeof(uint32_t), read(self->fd, sink, sizeof(sink)));
	EXPECT_EQ(13, *(uint32_t *)sink);
	EXPECT_EQ(sizeof(uint32_t), mbox_op_join(&self->op[0]));
	EXPECT_EQ(0, mbox_op_join(&self->op[1]));
}

TEST_HARNESS_MAIN
