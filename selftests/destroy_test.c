// SPDX-License-Identifier: GPL-2.0-only
/*
 * DESTROY: EIDRM for each call that waits and each that comes later, what was
 * stored is dropped, and the rest of the port still works.
 */
#include "kselftest_harness.h"
#include "ipcmbox_util.h"

MBOX_FIXTURE(destroy);

TEST_F(destroy, those_who_receive)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(self->op); i++) {
		self->op[i] = (struct mbox_op){
			.fd = self->fd,
			.kind = i % 2 ? OP_RECV : OP_READ,
		};
		ASSERT_TRUE(mbox_op_park(&self->op[i]));
	}
	EXPECT_EQ(0, mbox_destroy(self->fd));
	for (i = 0; i < ARRAY_SIZE(self->op); i++)
		EXPECT_EQ(-EIDRM, mbox_op_join(&self->op[i]));
}

TEST_F(destroy, those_who_send)
{
	unsigned int slots = mbox_slots(variant->capacity, 0);
	struct ipcmbox_info info;
	unsigned int i;

	if (variant->capacity == IPCMBOX_UNBOUNDED)
		return;
	ASSERT_LE(0, mbox_fill(self->fd, variant->capacity, 0));
	for (i = 0; i < ARRAY_SIZE(self->op); i++) {
		self->op[i] = (struct mbox_op){
			.fd = self->fd,
			.kind = i % 2 ? OP_SEND : OP_WRITE,
		};
		ASSERT_TRUE(mbox_op_park(&self->op[i]));
	}
	EXPECT_EQ(0, mbox_destroy(self->fd));
	for (i = 0; i < ARRAY_SIZE(self->op); i++) {
		EXPECT_EQ(-EIDRM, mbox_op_join(&self->op[i]));
		if (self->op[i].kind == OP_SEND)
			EXPECT_EQ(IPCMBOX_WITHDRAWN, self->op[i].disposition);
	}
	info = mbox_info(self->fd);
	EXPECT_EQ(slots, info.dropped);
	EXPECT_EQ(ARRAY_SIZE(self->op), info.withdrawn);
	EXPECT_EQ(0, info.queued);
	EXPECT_EQ(0, info.queued_bytes);
}

TEST_F(destroy, those_until_taken)
{
	unsigned int i, stored = 0;

	for (i = 0; i < ARRAY_SIZE(self->op); i++) {
		self->op[i] = (struct mbox_op){
			.fd = self->fd,
			.flags = IPCMBOX_UNTIL_TAKEN,
		};
		ASSERT_EQ(0, mbox_op_start(&self->op[i]));
		while (mbox_info(self->fd).sent == i)
			mbox_nap();
	}
	stored = mbox_info(self->fd).queued;
	EXPECT_EQ(0, mbox_destroy(self->fd));
	for (i = 0; i < ARRAY_SIZE(self->op); i++)
		EXPECT_EQ(-EIDRM, mbox_op_join(&self->op[i]));
	EXPECT_EQ(ARRAY_SIZE(self->op),
		  mbox_info(self->fd).dropped + mbox_info(self->fd).withdrawn);
	EXPECT_EQ(stored, mbox_info(self->fd).dropped);
}

TEST_F(destroy, those_who_come_later)
{
	struct pollfd pollfd = { .fd = self->fd, .events = POLLIN | POLLOUT };
	struct mbox_op send = { .fd = self->fd };
	char byte = 0;

	ASSERT_LE(0, mbox_fill(self->fd, variant->capacity, 0));
	EXPECT_EQ(0, mbox_destroy(self->fd));
	EXPECT_EQ(-EIDRM, mbox_op_run(&send));
	EXPECT_EQ(IPCMBOX_NOT_SENT, send.disposition);
	EXPECT_EQ(-EIDRM, mbox_recv(self->fd, &byte, 1, 0));
	EXPECT_EQ(-EIDRM, mbox_recv(self->fd, &byte, 1, IPCMBOX_DONTWAIT));
	EXPECT_EQ(-EIDRM, mbox_peek(self->fd, &byte, 1, 0));
	EXPECT_EQ(-EIDRM, mbox_drain(self->fd));
	EXPECT_EQ(-EIDRM, mbox_set(self->fd, IPCMBOX_SET_MAX_MESSAGE, 1));
	EXPECT_EQ(-EIDRM, mbox_destroy(self->fd));
	errno = 0;
	EXPECT_EQ(-1, write(self->fd, &byte, 1));
	EXPECT_EQ(EIDRM, errno);
	errno = 0;
	EXPECT_EQ(-1, read(self->fd, &byte, 1));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(1, poll(&pollfd, 1, 0));
	EXPECT_EQ(POLLERR | POLLHUP, pollfd.revents);
	EXPECT_EQ(IPCMBOX_STATE_DESTROYED, mbox_info(self->fd).state);
	EXPECT_EQ(-EIDRM, mbox_reopen(self->fd, O_RDONLY, 0));
}

TEST_F(destroy, poll_wakes_up)
{
	struct pollfd pollfd = { .fd = self->fd, .events = 0 };
	pid_t pid = fork();
	int status;

	ASSERT_LE(0, pid);
	if (!pid)
		_exit(poll(&pollfd, 1, MBOX_WATCHDOG_MS) == 1 &&
				      pollfd.revents == (POLLERR | POLLHUP) ?
			      0 :
			      1);
	mbox_nap();
	EXPECT_EQ(0, mbox_destroy(self->fd));
	status = mbox_reap(pid);
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(0, WEXITSTATUS(status));
}

TEST_F(destroy, needs_the_right)
{
	int fd = mbox_reopen(self->fd, O_RDWR, 0);
	int fds[2];

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EBADF, mbox_destroy(fd));
	EXPECT_EQ(0, close(fd));
	fd = mbox_reopen(self->fd, O_RDONLY, IPCMBOX_ADMIN);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, mbox_destroy(fd));
	EXPECT_EQ(0, close(fd));
	EXPECT_EQ(IPCMBOX_STATE_DESTROYED, mbox_info(self->fd).state);
	ASSERT_EQ(0, mbox_pair(variant->capacity, 0, fds));
	EXPECT_EQ(-EBADF, mbox_destroy(fds[0]));
	EXPECT_EQ(-EBADF, mbox_destroy(fds[1]));
	close(fds[0]);
	close(fds[1]);
}

TEST_F_TIMEOUT(destroy, many_who_wait, 60)
{
	struct mbox_op *ops = calloc(200, sizeof(*ops));
	unsigned int i;

	ASSERT_NE(NULL, ops);
	for (i = 0; i < 200; i++) {
		ops[i] = (struct mbox_op){ .fd = self->fd, .kind = OP_RECV };
		ASSERT_EQ(0, mbox_op_start(&ops[i]));
	}
	ASSERT_TRUE(mbox_wait_receivers(self->fd, 200));
	EXPECT_EQ(0, mbox_destroy(self->fd));
	for (i = 0; i < 200; i++)
		EXPECT_EQ(-EIDRM, mbox_op_join(&ops[i]));
	free(ops);
}

TEST_HARNESS_MAIN
