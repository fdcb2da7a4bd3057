// SPDX-License-Identifier: GPL-2.0-only
/*
 * io_uring: read, write and poll of a mailbox, which wait without a thread of their own
 * where they can.
 */
#include <poll.h>
#include <sys/eventfd.h>

#include "kselftest_harness.h"
#include "call.h"
#include "uring.h"

FIXTURE(uring)
{
	int fd;
	struct uring uring;
	uint32_t num;
	struct mbox_op op;
};

MBOX_CAPACITIES(uring);

FIXTURE_SETUP(uring)
{
	memset(self, 0, sizeof(*self));
	self->fd = mbox_create(variant->capacity, O_RDWR);
	ASSERT_LE(0, self->fd);
	if (!uring_init(&self->uring))
		SKIP(return, "no io_uring: %s", strerror(errno));
}

FIXTURE_TEARDOWN(uring)
{
	uring_exit(&self->uring);
	EXPECT_TRUE(mbox_is_calm(self->fd));
	EXPECT_EQ(0, close(self->fd));
}

static int submit(FIXTURE_DATA(uring) * self, int opcode, uint64_t user_data)
{
	const struct io_uring_sqe sqe = {
		.opcode = opcode,
		.fd = self->fd,
		.addr = (uintptr_t)&self->num,
		.len = sizeof(self->num),
		.off = -1ULL,
		.user_data = user_data,
	};

	return uring_submit(&self->uring, &sqe);
}

TEST_F(uring, reads_what_is_there)
{
	if (!variant->capacity)
		return;
	ASSERT_EQ(0, mbox_send_num(self->fd, 7, 0));
	ASSERT_EQ(0, submit(self, IORING_OP_READ, 1));
	EXPECT_EQ(sizeof(self->num), uring_wait(&self->uring, 1));
	EXPECT_EQ(7, self->num);
}

TEST_F(uring, read_waits)
{
	ASSERT_EQ(0, submit(self, IORING_OP_READ, 1));
	EXPECT_EQ(-EAGAIN, uring_peek(&self->uring, 1));
	self->op = (struct mbox_op){ .fd = self->fd, .num = 7 };
	ASSERT_EQ(0, mbox_op_start(&self->op));
	EXPECT_EQ(sizeof(self->num), uring_wait(&self->uring, 1));
	EXPECT_EQ(7, self->num);
	EXPECT_EQ(0, mbox_op_join(&self->op));
}

TEST_F(uring, writes)
{
	self->num = 7;
	ASSERT_EQ(0, submit(self, IORING_OP_WRITE, 1));
	if (!variant->capacity)
		EXPECT_EQ(-EAGAIN, uring_peek(&self->uring, 1));
	self->op = (struct mbox_op){ .fd = self->fd, .kind = OP_RECV };
	ASSERT_EQ(0, mbox_op_start(&self->op));
	EXPECT_EQ(0, mbox_op_join(&self->op));
	EXPECT_EQ(7, self->op.num);
	EXPECT_EQ(sizeof(self->num), uring_wait(&self->uring, 1));
}

TEST_F(uring, write_waits_for_room)
{
	unsigned int slots = mbox_slots(variant->capacity, 0), i;

	if (!slots)
		return;
	ASSERT_LE(0, mbox_fill(self->fd, variant->capacity, 0));
	self->num = slots;
	ASSERT_EQ(0, submit(self, IORING_OP_WRITE, 1));
	EXPECT_EQ(-EAGAIN, uring_peek(&self->uring, 1));
	for (i = 0; i <= slots; i++)
		EXPECT_EQ(i, mbox_recv_num(self->fd, 0));
	EXPECT_EQ(sizeof(self->num), uring_wait(&self->uring, 1));
}

TEST_F(uring, polls)
{
	const struct io_uring_sqe sqe = {
		.opcode = IORING_OP_POLL_ADD,
		.fd = self->fd,
		.poll32_events = POLLIN,
		.user_data = 1,
	};

	ASSERT_EQ(0, uring_submit(&self->uring, &sqe));
	EXPECT_EQ(-EAGAIN, uring_peek(&self->uring, 1));
	self->op = (struct mbox_op){ .fd = self->fd, .num = 7 };
	ASSERT_EQ(0, mbox_op_start(&self->op));
	EXPECT_LT(0, uring_wait(&self->uring, 1));
	EXPECT_EQ(7, mbox_recv_num(self->fd, 0));
	EXPECT_EQ(0, mbox_op_join(&self->op));
}

TEST_F(uring, end_of_the_mailbox)
{
	ASSERT_EQ(0, submit(self, IORING_OP_READ, 1));
	EXPECT_EQ(-EAGAIN, uring_peek(&self->uring, 1));
	EXPECT_EQ(0, mbox_destroy(self->fd));
	EXPECT_EQ(-EIDRM, uring_wait(&self->uring, 1));
}

/* Takes a call, has the ring of its caller, the first thread, finish something; answers. */
static bool serve_slowly(FIXTURE_DATA(uring) * self)
{
	uint64_t token = serve_take(self->fd, 7), one = 1;

	return write(self->num, &one, sizeof(one)) == sizeof(one) &&
	       mbox_settled_switches(getpid()) >= 0 &&
	       !serve_reply(self->fd, token, 8);
}

static void *server(void *arg)
{
	return (void *)(uintptr_t)serve_slowly(arg);
}

/* What the ring of a thread has done is no signal, and no reason to lose an answer. */
TEST_F(uring, call_waits_on)
{
	struct io_uring_sqe sqe = {
		.opcode = IORING_OP_POLL_ADD,
		.poll32_events = POLLIN,
		.user_data = 1,
	};
	struct caller caller = {};
	pthread_t thread;
	void *served;

	self->num = eventfd(0, 0);
	sqe.fd = self->num;
	ASSERT_EQ(0, uring_submit(&self->uring, &sqe));
	ASSERT_EQ(0, pthread_create(&thread, NULL, server, self));
	ASSERT_TRUE(caller_run(&caller, self->fd, 7));
	pthread_join(thread, &served);
	EXPECT_EQ(0, caller.ret);
	EXPECT_EQ(IPCMBOX_REPLIED, caller.arg.disposition);
	EXPECT_NE(NULL, served);
	EXPECT_EQ(POLLIN, uring_wait(&self->uring, 1));
	close(self->num);
}

TEST_HARNESS_MAIN
