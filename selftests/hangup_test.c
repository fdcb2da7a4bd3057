// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hanging up: EPIPE, end of file and POLLHUP when the last peer goes, in every
 * order in which descriptors can go, and nothing of it with NO_HANGUP.
 */
#include "kselftest_harness.h"
#include "ipcmbox_util.h"

static atomic_uint sigpipes;

static void on_sigpipe(int signo)
{
	sigpipes++;
}

/* rx and tx are the two ends of a pair. */
FIXTURE(hangup)
{
	int rx;
	int tx;
	struct mbox_op op;
};

MBOX_CAPACITIES(hangup);

FIXTURE_SETUP(hangup)
{
	int fds[2];

	memset(&self->op, 0, sizeof(self->op));
	sigpipes = 0;
	ASSERT_NE(SIG_ERR, signal(SIGPIPE, on_sigpipe));
	ASSERT_EQ(0, mbox_pair(variant->capacity, 0, fds));
	self->rx = fds[0];
	self->tx = fds[1];
}

static void hang_up(int *fd)
{
	close(*fd);
	*fd = -1;
}

FIXTURE_TEARDOWN(hangup)
{
	if (self->rx >= 0)
		EXPECT_TRUE(mbox_is_calm(self->rx));
	if (self->tx >= 0)
		EXPECT_TRUE(mbox_is_calm(self->tx));
	close(self->rx);
	close(self->tx);
}

static int ready(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN | POLLOUT };

	poll(&pollfd, 1, 0);
	return pollfd.revents;
}

TEST_F(hangup, no_receiver_is_left)
{
	struct mbox_op send = { .fd = self->tx };
	char byte = 0;

	hang_up(&self->rx);
	EXPECT_EQ(-EPIPE, mbox_op_run(&send));
	EXPECT_EQ(IPCMBOX_NOT_SENT, send.disposition);
	EXPECT_EQ(-EPIPE, mbox_send_num(self->tx, 1, IPCMBOX_DONTWAIT));
	EXPECT_EQ(-EPIPE, mbox_send_num(self->tx, 1, IPCMBOX_UNTIL_TAKEN));
	EXPECT_EQ(0, sigpipes);
	errno = 0;
	EXPECT_EQ(-1, write(self->tx, &byte, 1));
	EXPECT_EQ(EPIPE, errno);
	EXPECT_EQ(1, sigpipes);
	EXPECT_EQ(POLLERR | POLLHUP, ready(self->tx));
}

TEST_F(hangup, while_it_sends)
{
	ASSERT_LE(0, mbox_fill(self->tx, variant->capacity, 0));
	self->op = (struct mbox_op){
		.fd = self->tx,
		.flags = variant->capacity == IPCMBOX_UNBOUNDED ?
				 IPCMBOX_UNTIL_TAKEN :
				 0,
	};
	ASSERT_EQ(0, mbox_op_start(&self->op));
	while (mbox_info(self->tx).sent == mbox_slots(variant->capacity, 0))
		mbox_nap();
	hang_up(&self->rx);
	EXPECT_EQ(-EPIPE, mbox_op_join(&self->op));
	EXPECT_EQ(IPCMBOX_WITHDRAWN, self->op.disposition);
	EXPECT_EQ(0, sigpipes);
}

TEST_F(hangup, while_it_writes)
{
	if (variant->capacity == IPCMBOX_UNBOUNDED)
		return;
	ASSERT_LE(0, mbox_fill(self->tx, variant->capacity, 0));
	self->op = (struct mbox_op){ .fd = self->tx, .kind = OP_WRITE };
	ASSERT_TRUE(mbox_op_park(&self->op));
	hang_up(&self->rx);
	EXPECT_EQ(-EPIPE, mbox_op_join(&self->op));
	EXPECT_EQ(1, sigpipes);
}

TEST_F(hangup, drain_then_end_of_file)
{
	unsigned int slots = mbox_slots(variant->capacity, 9);
	unsigned int i;
	char byte;

	for (i = 0; i < slots; i++)
		ASSERT_EQ(0, mbox_send_num(self->tx, i, 0));
	hang_up(&self->tx);
	for (i = 0; i < slots; i++) {
		EXPECT_EQ(POLLIN, ready(self->rx));
		EXPECT_EQ(i, mbox_recv_num(self->rx, 0));
	}
	EXPECT_EQ(POLLHUP, ready(self->rx) & ~POLLIN);
	EXPECT_EQ(-EPIPE, mbox_recv_num(self->rx, 0));
	EXPECT_EQ(-EPIPE, mbox_recv_num(self->rx, IPCMBOX_DONTWAIT));
	EXPECT_EQ(-EPIPE, mbox_peek(self->rx, &byte, 1, 0));
	EXPECT_EQ(0, read(self->rx, &byte, 1));
	EXPECT_EQ(0, read(self->rx, &byte, 1));
	EXPECT_EQ(0, sigpipes);
}

TEST_F(hangup, while_it_receives)
{
	self->op = (struct mbox_op){ .fd = self->rx, .kind = OP_RECV };
	ASSERT_TRUE(mbox_op_park(&self->op));
	hang_up(&self->tx);
	EXPECT_EQ(-EPIPE, mbox_op_join(&self->op));
}

TEST_F(hangup, while_it_reads)
{
	self->op = (struct mbox_op){ .fd = self->rx, .kind = OP_READ };
	ASSERT_TRUE(mbox_op_park(&self->op));
	hang_up(&self->tx);
	EXPECT_EQ(0, mbox_op_join(&self->op));
}

/* Each way to have one more descriptor, and each order in which they close. */
TEST_F(hangup, last_close_in_every_order)
{
	static const int orders[6][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
		{ 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
	};
	unsigned int order, i;
	int pair[2], fds[3];
	char byte = 0;

	for (order = 0; order < 2 * 6; order++) {
		bool of_sender = order % 2;

		ASSERT_EQ(0, mbox_pair(variant->capacity, 0, pair));
		fds[0] = pair[of_sender];
		fds[1] = dup(fds[0]);
		fds[2] =
			mbox_reopen(fds[0], of_sender ? O_WRONLY : O_RDONLY, 0);
		ASSERT_LE(0, fds[1]);
		ASSERT_LE(0, fds[2]);
		for (i = 0; i < 3; i++) {
			EXPECT_EQ(0, ready(pair[!of_sender]) & POLLHUP);
			if (of_sender)
				EXPECT_EQ(-EAGAIN,
					  mbox_recv_num(pair[0],
							IPCMBOX_DONTWAIT));
			EXPECT_EQ(0, close(fds[orders[order / 2][i]]));
		}
		EXPECT_EQ(POLLHUP, ready(pair[!of_sender]) & POLLHUP);
		EXPECT_EQ(of_sender ? -EPIPE : -EBADF,
			  mbox_recv(pair[!of_sender], &byte, 1, 0));
		EXPECT_EQ(of_sender ? -EBADF : -EPIPE,
			  mbox_send(pair[!of_sender], &byte, 1, 0));
		close(pair[!of_sender]);
	}
}

TEST_F(hangup, child_holds_the_end)
{
	int go[2];
	char byte;
	pid_t pid;

	ASSERT_EQ(0, pipe(go));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		close(go[1]);
		_exit(read(go[0], &byte, 1));
	}
	hang_up(&self->tx);
	EXPECT_EQ(-EAGAIN, mbox_recv_num(self->rx, IPCMBOX_DONTWAIT));
	self->op = (struct mbox_op){ .fd = self->rx, .kind = OP_RECV };
	ASSERT_TRUE(mbox_op_park(&self->op));
	close(go[1]);
	EXPECT_EQ(0, mbox_reap(pid));
	EXPECT_EQ(-EPIPE, mbox_op_join(&self->op));
	close(go[0]);
}

/* Before the first peer ever came, one waits. */
TEST_F(hangup, before_the_first_peer)
{
	int fd = mbox_create(variant->capacity, O_WRONLY);
	char byte;

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, ready(fd) & POLLHUP);
	EXPECT_EQ(variant->capacity ? 0 : -EAGAIN,
		  mbox_send_num(fd, 1, IPCMBOX_DONTWAIT));
	close(fd);
	fd = mbox_create(variant->capacity, O_RDONLY);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, ready(fd));
	EXPECT_EQ(-EAGAIN, mbox_recv_num(fd, IPCMBOX_DONTWAIT));
	ASSERT_EQ(0, fcntl(fd, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(-1, read(fd, &byte, 1));
	EXPECT_EQ(EAGAIN, errno);
	close(fd);
}

TEST_F(hangup, not_with_the_attribute)
{
	int fds[2];

	ASSERT_EQ(0, mbox_pair(variant->capacity, IPCMBOX_NO_HANGUP, fds));
	close(fds[1]);
	EXPECT_EQ(-EAGAIN, mbox_recv_num(fds[0], IPCMBOX_DONTWAIT));
	EXPECT_EQ(0, ready(fds[0]));
	close(fds[0]);
	ASSERT_EQ(0, mbox_pair(variant->capacity, IPCMBOX_NO_HANGUP, fds));
	close(fds[0]);
	EXPECT_EQ(variant->capacity ? 0 : -EAGAIN,
		  mbox_send_num(fds[1], 1, IPCMBOX_DONTWAIT));
	EXPECT_EQ(0, ready(fds[1]) & (POLLHUP | POLLERR));
	close(fds[1]);
}

TEST_F(hangup, duplex)
{
	int fds[2];

	ASSERT_EQ(0, mbox_pair(variant->capacity, IPCMBOX_DUPLEX, fds));
	if (variant->capacity)
		ASSERT_EQ(0, mbox_send_num(fds[1], 8, 0));
	close(fds[1]);
	EXPECT_EQ(-EPIPE, mbox_send_num(fds[0], 1, 0));
	if (variant->capacity)
		EXPECT_EQ(8, mbox_recv_num(fds[0], 0));
	EXPECT_EQ(-EPIPE, mbox_recv_num(fds[0], 0));
	EXPECT_EQ(POLLHUP, ready(fds[0]) & POLLHUP);
	close(fds[0]);
}

TEST_HARNESS_MAIN
