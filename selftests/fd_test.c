// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors of a mailbox: dup, fork, passing over a socket, and the pairs that
 * PAIR makes. Rights belong to the open file and go wherever it goes.
 */
#include <sys/socket.h>

#include "kselftest_harness.h"
#include "ipcmbox_util.h"

MBOX_FIXTURE(fd);

TEST_F(fd, dup)
{
	int copy = dup(self->fd);

	ASSERT_LE(0, copy);
	EXPECT_EQ(0, fcntl(copy, F_GETFD));
	EXPECT_EQ(1, mbox_info(copy).receivers);
	EXPECT_EQ(mbox_info(self->fd).mailbox, mbox_info(copy).mailbox);
	EXPECT_EQ(IPCMBOX_ADMIN, mbox_info(copy).attributes);
	self->op[0] = (struct mbox_op){ .fd = copy, .num = 4 };
	ASSERT_EQ(0, mbox_op_start(&self->op[0]));
	EXPECT_EQ(4, mbox_recv_num(self->fd, 0));
	EXPECT_EQ(0, mbox_op_join(&self->op[0]));
	/* O_NONBLOCK is of the open file, which they share. */
	ASSERT_EQ(0, fcntl(copy, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(-EAGAIN, mbox_recv_num(self->fd, 0));
	close(copy);
}

/* But a port of its own has its own. */
TEST_F(fd, reopen)
{
	int port = mbox_reopen(self->fd, O_RDWR | O_NONBLOCK, 0);

	ASSERT_LE(0, port);
	EXPECT_EQ(2, mbox_info(port).receivers);
	EXPECT_EQ(2, mbox_info(port).senders);
	EXPECT_EQ(-EAGAIN, mbox_recv_num(port, 0));
	EXPECT_EQ(0, fcntl(self->fd, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(0, mbox_info(port).attributes);
	close(port);
	EXPECT_EQ(1, mbox_info(self->fd).receivers);
}

TEST_F(fd, fork)
{
	struct mbox_op op = { .fd = self->fd, .num = 31 };
	unsigned int i;
	pid_t pid;

	for (i = 0; i < 5; i++) {
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid)
			_exit(mbox_op_run(&op) != 0);
		EXPECT_EQ(31, mbox_recv_num(self->fd, 0));
		EXPECT_EQ(0, mbox_reap(pid));
		EXPECT_EQ(1, mbox_info(self->fd).senders);
	}
}

/* The descriptor that waits is closed meanwhile: the call keeps its file. */
TEST_F(fd, closed_while_it_waits)
{
	int port = mbox_reopen(self->fd, O_RDONLY, 0);

	ASSERT_LE(0, port);
	self->op[0] = (struct mbox_op){ .fd = port, .kind = OP_RECV };
	ASSERT_TRUE(mbox_op_park(&self->op[0]));
	EXPECT_EQ(0, close(port));
	EXPECT_EQ(1, mbox_info(self->fd).receivers_waiting);
	EXPECT_EQ(2, mbox_info(self->fd).receivers);
	EXPECT_EQ(0, mbox_send_num(self->fd, 3, 0));
	EXPECT_EQ(0, mbox_op_join(&self->op[0]));
	EXPECT_EQ(3, self->op[0].num);
	EXPECT_EQ(1, mbox_info(self->fd).receivers);
}

static bool pass_fd(int socket, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = {};
	struct iovec iov = { .iov_base = "x", .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(int));
	return sendmsg(socket, &message, 0) == 1;
}

static int take_fd(int socket)
{
	char control[CMSG_SPACE(sizeof(int))] = {};
	char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	int fd;

	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1 ||
	    !CMSG_FIRSTHDR(&message))
		return -1;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	return fd;
}

/* In the child: only what the passed descriptor gives. */
static int use_passed(int socket)
{
	int fd = take_fd(socket);

	if (fd < 0)
		return 1;
	if (mbox_recv_num(fd, IPCMBOX_DONTWAIT) != -EBADF)
		return 2;
	if (mbox_destroy(fd) != -EBADF)
		return 3;
	if (mbox_reopen(fd, O_RDWR, 0) != -EACCES)
		return 4;
	if (mbox_send_num(fd, 99, 0))
		return 5;
	return 0;
}

TEST_F(fd, passed_over_a_socket)
{
	int port = mbox_reopen(self->fd, O_WRONLY, 0);
	int sockets[2];
	int status;
	pid_t pid;

	ASSERT_LE(0, port);
	ASSERT_EQ(0,
		  socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		close(self->fd);
		close(port);
		_exit(use_passed(sockets[1]));
	}
	ASSERT_TRUE(pass_fd(sockets[0], port));
	EXPECT_EQ(0, close(port));
	EXPECT_EQ(99, mbox_recv_num(self->fd, 0));
	status = mbox_reap(pid);
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(0, WEXITSTATUS(status));
	close(sockets[0]);
	close(sockets[1]);
}

/* A port in flight, in a socket nobody reads, is still a port. */
TEST_F(fd, in_flight)
{
	int sockets[2], fds[2];
	char byte;

	ASSERT_EQ(0, mbox_pair(variant->capacity, 0, fds));
	ASSERT_EQ(0,
		  socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets));
	ASSERT_TRUE(pass_fd(sockets[0], fds[1]));
	close(fds[1]);
	EXPECT_EQ(1, mbox_info(fds[0]).senders);
	EXPECT_EQ(-EAGAIN, mbox_recv_num(fds[0], IPCMBOX_DONTWAIT));
	close(sockets[0]);
	close(sockets[1]);
	EXPECT_EQ(0, read(fds[0], &byte, 1));
	close(fds[0]);
}

TEST_F(fd, pair)
{
	int fds[2];

	ASSERT_EQ(0, mbox_pair(variant->capacity, 0, fds));
	EXPECT_EQ(mbox_info(fds[0]).mailbox, mbox_info(fds[1]).mailbox);
	EXPECT_EQ(-EBADF, mbox_send_num(fds[0], 1, 0));
	EXPECT_EQ(-EBADF, mbox_recv_num(fds[1], 0));
	EXPECT_EQ(-EBADF, mbox_destroy(fds[0]));
	EXPECT_EQ(-EBADF, mbox_set(fds[1], IPCMBOX_SET_MAX_MESSAGE, 5));
	EXPECT_EQ(-EACCES, mbox_reopen(fds[0], O_WRONLY, 0));
	EXPECT_EQ(-EACCES, mbox_reopen(fds[1], O_WRONLY, IPCMBOX_ADMIN));
	self->op[0] = (struct mbox_op){ .fd = fds[1], .num = 17 };
	ASSERT_EQ(0, mbox_op_start(&self->op[0]));
	EXPECT_EQ(17, mbox_recv_num(fds[0], 0));
	EXPECT_EQ(0, mbox_op_join(&self->op[0]));
	EXPECT_TRUE(mbox_is_calm(fds[0]));
	close(fds[0]);
	close(fds[1]);
}

TEST_F(fd, duplex_pair)
{
	unsigned int i;
	int fds[2];

	ASSERT_EQ(0, mbox_pair(variant->capacity, IPCMBOX_DUPLEX, fds));
	/* Both directions at once, each its own mailbox. */
	for (i = 0; i < 2; i++) {
		self->op[i] = (struct mbox_op){ .fd = fds[i], .num = 60 + i };
		ASSERT_EQ(0, mbox_op_start(&self->op[i]));
	}
	for (i = 0; i < 2; i++)
		EXPECT_EQ(60 + i, mbox_recv_num(fds[!i], 0));
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(0, mbox_op_join(&self->op[i]));
		EXPECT_TRUE(mbox_is_calm(fds[i]));
	}
	close(fds[0]);
	close(fds[1]);
}

/* A port of the same end with fewer rights. */
TEST_F(fd, duplex_reopen)
{
	int fds[2], rx, tx;

	ASSERT_EQ(0, mbox_pair(variant->capacity, IPCMBOX_DUPLEX, fds));
	rx = mbox_reopen(fds[0], O_RDONLY, 0);
	tx = mbox_reopen(fds[0], O_WRONLY, 0);
	ASSERT_LE(0, rx);
	ASSERT_LE(0, tx);
	EXPECT_EQ(-EBADF, mbox_send_num(rx, 1, 0));
	EXPECT_EQ(-EBADF, mbox_recv_num(tx, 0));
	self->op[0] = (struct mbox_op){ .fd = tx, .num = 5 };
	ASSERT_EQ(0, mbox_op_start(&self->op[0]));
	EXPECT_EQ(5, mbox_recv_num(fds[1], 0));
	EXPECT_EQ(0, mbox_op_join(&self->op[0]));
	self->op[0] = (struct mbox_op){ .fd = fds[1], .num = 6 };
	ASSERT_EQ(0, mbox_op_start(&self->op[0]));
	EXPECT_EQ(6, mbox_recv_num(rx, 0));
	EXPECT_EQ(0, mbox_op_join(&self->op[0]));
	close(fds[0]);
	EXPECT_EQ(-EAGAIN, mbox_recv_num(fds[1], IPCMBOX_DONTWAIT));
	close(tx);
	EXPECT_EQ(-EPIPE, mbox_recv_num(fds[1], IPCMBOX_DONTWAIT));
	close(rx);
	close(fds[1]);
}

TEST_HARNESS_MAIN
