// SPDX-License-Identifier: GPL-2.0-only
/*
 * poll(2) and epoll(7): what they say is exact for each capacity, and no change
 * goes by without waking who watches.
 */
#include <sys/epoll.h>

#include "kselftest_harness.h"
#include "ipcmbox_util.h"

MBOX_FIXTURE(poll);

static int ready(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN | POLLOUT };

	poll(&pollfd, 1, 0);
	return pollfd.revents;
}

TEST_F(poll, is_exact)
{
	unsigned int slots = mbox_slots(variant->capacity, 5);
	bool bounded = variant->capacity != IPCMBOX_UNBOUNDED;
	unsigned int i;

	EXPECT_EQ(variant->capacity ? POLLOUT : 0, ready(self->fd));
	for (i = 0; i < slots; i++) {
		EXPECT_EQ((i ? POLLIN : 0) | POLLOUT, ready(self->fd));
		ASSERT_EQ(0, mbox_send_num(self->fd, i, IPCMBOX_DONTWAIT));
	}
	if (bounded && slots)
		EXPECT_EQ(POLLIN, ready(self->fd));
	for (i = 0; i < slots; i++) {
		ASSERT_EQ(i, mbox_recv_num(self->fd, IPCMBOX_DONTWAIT));
		EXPECT_EQ((i < slots - 1 ? POLLIN : 0) | POLLOUT,
			  ready(self->fd));
	}
}

/* A sender that waits is a message to receive; a parked receiver is room. */
TEST_F(poll, those_who_wait)
{
	self->op[0] = (struct mbox_op){ .fd = self->fd, .kind = OP_RECV };
	ASSERT_TRUE(mbox_op_park(&self->op[0]));
	EXPECT_EQ(POLLOUT, ready(self->fd));
	EXPECT_EQ(0, mbox_send_num(self->fd, 1, IPCMBOX_DONTWAIT));
	EXPECT_EQ(0, mbox_op_join(&self->op[0]));
	if (variant->capacity == IPCMBOX_UNBOUNDED)
		return;
	ASSERT_LE(0, mbox_fill(self->fd, variant->capacity, 0));
	self->op[0] = (struct mbox_op){ .fd = self->fd };
	ASSERT_TRUE(mbox_op_park(&self->op[0]));
	EXPECT_EQ(POLLIN, ready(self->fd));
	EXPECT_LE(0, mbox_recv_num(self->fd, 0));
	EXPECT_EQ(0, mbox_op_join(&self->op[0]));
	while (mbox_recv_num(self->fd, IPCMBOX_DONTWAIT) >= 0)
		;
}

TEST_F(poll, follows_the_rights)
{
	int rx = mbox_reopen(self->fd, O_RDONLY, 0);
	int tx = mbox_reopen(self->fd, O_WRONLY, 0);

	ASSERT_LE(0, rx);
	ASSERT_LE(0, tx);
	EXPECT_EQ(0, ready(rx));
	EXPECT_EQ(variant->capacity ? POLLOUT : 0, ready(tx));
	if (variant->capacity) {
		ASSERT_EQ(0, mbox_send_num(tx, 1, 0));
		EXPECT_EQ(POLLIN, ready(rx));
		EXPECT_EQ(variant->capacity > 1 ? POLLOUT : 0, ready(tx));
	}
	close(rx);
	close(tx);
}

/* POLLOUT promises room for a message of any length. */
TEST(room_in_bytes)
{
	struct ipcmbox_create create = {
		.open_flags = O_RDWR,
		.capacity = 7,
		.max_bytes = 100,
		.max_message = 60,
	};
	int fd = mbox_create_as(&create);
	char data[60];

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, mbox_send(fd, data, 40, 0));
	EXPECT_EQ(POLLIN | POLLOUT, ready(fd));
	EXPECT_EQ(0, mbox_send(fd, data, 1, 0));
	EXPECT_EQ(POLLIN, ready(fd));
	EXPECT_EQ(40, mbox_recv(fd, data, 60, 0));
	EXPECT_EQ(POLLIN | POLLOUT, ready(fd));
	close(fd);
}

struct watch {
	struct pollfd pollfd;
	pthread_t thread;
};

static void *watch(void *arg)
{
	struct watch *watch = arg;

	poll(&watch->pollfd, 1, MBOX_WATCHDOG_MS);
	return NULL;
}

/* Starts to watch for @events; the thread sleeps in poll(2) soon. */
static bool start_watch(struct watch *w, int fd, int events)
{
	*w = (struct watch){ .pollfd = { .fd = fd, .events = events } };
	return !pthread_create(&w->thread, NULL, watch, w);
}

static int end_watch(struct watch *w)
{
	pthread_join(w->thread, NULL);
	return w->pollfd.revents;
}

TEST_F(poll, wakes_who_watches)
{
	struct mbox_op *op = &self->op[0];
	struct watch watch;
	unsigned int i;

	for (i = 0; i < 20; i++) {
		*op = (struct mbox_op){ .fd = self->fd, .num = i };
		ASSERT_TRUE(start_watch(&watch, self->fd, POLLIN));
		if (i % 2)
			mbox_nap();
		ASSERT_EQ(0, mbox_op_start(op));
		EXPECT_EQ(POLLIN, end_watch(&watch));
		EXPECT_EQ(i, mbox_recv_num(self->fd, 0));
		ASSERT_EQ(0, mbox_op_join(op));
	}
	for (i = 0; i < 20 && variant->capacity != IPCMBOX_UNBOUNDED; i++) {
		ASSERT_LE(0, mbox_fill(self->fd, variant->capacity, 0));
		ASSERT_EQ(0, ready(self->fd) & POLLOUT);
		ASSERT_TRUE(start_watch(&watch, self->fd, POLLOUT));
		if (i % 2)
			mbox_nap();
		*op = (struct mbox_op){ .fd = self->fd, .kind = OP_RECV };
		ASSERT_EQ(0, mbox_op_start(op));
		EXPECT_EQ(POLLOUT, end_watch(&watch));
		if (!variant->capacity)
			ASSERT_EQ(0, mbox_send_num(self->fd, 0, 0));
		EXPECT_EQ(0, mbox_op_join(op));
		while (mbox_recv_num(self->fd, IPCMBOX_DONTWAIT) >= 0)
			;
	}
}

static int wait_epoll(int epoll, int timeout)
{
	struct epoll_event event = {};

	return epoll_wait(epoll, &event, 1, timeout) == 1 ? (int)event.events :
							    0;
}

TEST_F(poll, epoll_level)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	ASSERT_LE(0, epoll);
	ASSERT_EQ(0, epoll_ctl(epoll, EPOLL_CTL_ADD, self->fd, &event));
	EXPECT_EQ(0, wait_epoll(epoll, 0));
	self->op[0] = (struct mbox_op){ .fd = self->fd };
	ASSERT_EQ(0, mbox_op_start(&self->op[0]));
	EXPECT_EQ(EPOLLIN, wait_epoll(epoll, MBOX_WATCHDOG_MS));
	EXPECT_EQ(EPOLLIN, wait_epoll(epoll, 0));
	EXPECT_LE(0, mbox_recv_num(self->fd, 0));
	ASSERT_EQ(0, mbox_op_join(&self->op[0]));
	EXPECT_EQ(0, wait_epoll(epoll, 0));
	close(epoll);
}

/* With EPOLLET each message that comes is an event, also if one is there. */
TEST_F(poll, epoll_edge)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	unsigned int slots = mbox_slots(variant->capacity, 5);
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	unsigned int i;

	ASSERT_LE(0, epoll);
	ASSERT_EQ(0, epoll_ctl(epoll, EPOLL_CTL_ADD, self->fd, &event));
	EXPECT_EQ(0, wait_epoll(epoll, 0));
	for (i = 0; i < slots; i++) {
		ASSERT_EQ(0, mbox_send_num(self->fd, i, 0));
		EXPECT_EQ(EPOLLIN, wait_epoll(epoll, MBOX_WATCHDOG_MS));
		EXPECT_EQ(0, wait_epoll(epoll, 0));
	}
	for (i = 0; i < 2 && variant->capacity != IPCMBOX_UNBOUNDED; i++) {
		self->op[i] = (struct mbox_op){ .fd = self->fd };
		ASSERT_EQ(0, mbox_op_start(&self->op[i]));
		EXPECT_EQ(EPOLLIN, wait_epoll(epoll, MBOX_WATCHDOG_MS));
		ASSERT_TRUE(mbox_wait_senders(self->fd, i + 1));
		EXPECT_EQ(0, wait_epoll(epoll, 0));
	}
	while (mbox_recv_num(self->fd, IPCMBOX_DONTWAIT) >= 0)
		;
	while (i--)
		EXPECT_EQ(0, mbox_op_join(&self->op[i]));
	close(epoll);
}

TEST_F(poll, epoll_edge_out)
{
	struct epoll_event event = { .events = EPOLLOUT | EPOLLET };
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	unsigned int i;

	if (!variant->capacity || variant->capacity == IPCMBOX_UNBOUNDED)
		return;
	ASSERT_LE(0, epoll);
	ASSERT_LE(0, mbox_fill(self->fd, variant->capacity, 0));
	ASSERT_EQ(0, epoll_ctl(epoll, EPOLL_CTL_ADD, self->fd, &event));
	EXPECT_EQ(0, wait_epoll(epoll, 0));
	for (i = 0; i < 10; i++) {
		ASSERT_LE(0, mbox_recv_num(self->fd, 0));
		EXPECT_EQ(EPOLLOUT, wait_epoll(epoll, MBOX_WATCHDOG_MS));
		EXPECT_EQ(0, mbox_send_num(self->fd, 0, IPCMBOX_DONTWAIT));
	}
	close(epoll);
}

/* What comes back from a receiver that failed is there again. */
TEST_F(poll, wakes_for_what_is_put_back)
{
	struct mbox_op *bad = &self->op[0];
	struct mbox_op *send = &self->op[1];
	struct watch watch;

	*bad = (struct mbox_op){
		.fd = self->fd,
		.kind = OP_RECV,
		.data = mbox_cliff(),
		.len = 4,
	};
	*send = (struct mbox_op){ .fd = self->fd };
	ASSERT_TRUE(mbox_op_park(bad));
	ASSERT_TRUE(start_watch(&watch, self->fd, POLLIN));
	ASSERT_EQ(0, mbox_op_start(send));
	EXPECT_EQ(-EFAULT, mbox_op_join(bad));
	EXPECT_EQ(POLLIN, end_watch(&watch));
	EXPECT_LE(0, mbox_recv_num(self->fd, 0));
	EXPECT_EQ(0, mbox_op_join(send));
}

TEST_HARNESS_MAIN
