// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events by signal and by eventfd: each is told once, to whom it concerns, and nothing
 * is told that did not happen.
 */
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

#include "kselftest_harness.h"
#include "ipcmbox_util.h"

FIXTURE(notify)
{
	int fd;
	int event;
	struct mbox_op op;
};

MBOX_CAPACITIES(notify);

/* Signals, by the band that they tell. */
static atomic_int bands[8];

static void on_io(int signo, siginfo_t *info, void *context)
{
	/* si_band has the bits of poll(2). */
	if (info->si_band & POLLIN)
		bands[0]++;
	if (info->si_band & POLLOUT)
		bands[1]++;
	if (info->si_band & POLLHUP)
		bands[2]++;
}

FIXTURE_SETUP(notify)
{
	const struct sigaction action = {
		.sa_sigaction = on_io,
		.sa_flags = SA_SIGINFO | SA_RESTART,
	};

	memset(self, 0, sizeof(*self));
	memset(bands, 0, sizeof(bands));
	ASSERT_EQ(0, sigaction(SIGRTMIN, &action, NULL));
	self->fd = mbox_create(variant->capacity, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->event = eventfd(0, EFD_NONBLOCK);
	ASSERT_LE(0, self->event);
}

FIXTURE_TEARDOWN(notify)
{
	EXPECT_EQ(0, close(self->fd));
	EXPECT_EQ(0, close(self->event));
}

static int ask(int fd, int event, uint32_t events, uint32_t flags)
{
	struct ipcmbox_notify notify = {
		.size = sizeof(notify),
		.flags = flags,
		.eventfd = event,
		.events = events,
	};

	return mbox_ioctl(fd, IPCMBOX_IOC_NOTIFY, &notify);
}

/* How many events there were since the last look. */
static uint64_t events(int event)
{
	uint64_t count = 0;

	return read(event, &count, sizeof(count)) < 0 ? 0 : count;
}

static void ask_for_signals(int fd)
{
	fcntl(fd, F_SETSIG, SIGRTMIN);
	fcntl(fd, F_SETOWN, getpid());
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC);
}

TEST_F(notify, eventfd_counts_messages)
{
	unsigned int slots = mbox_slots(variant->capacity, 10), i;
	struct pollfd ready = { .fd = self->event, .events = POLLIN };

	ASSERT_EQ(0, ask(self->fd, self->event, IPCMBOX_EVENT_MESSAGE, 0));
	for (i = 0; i < slots; i++)
		ASSERT_EQ(0, mbox_send_num(self->fd, i, 0));
	EXPECT_EQ(slots, events(self->event));
	/* One who waits in line has come as well. */
	if (variant->capacity != IPCMBOX_UNBOUNDED) {
		self->op = (struct mbox_op){ .fd = self->fd };
		ASSERT_TRUE(mbox_op_park(&self->op));
		/* It is told after it is seen to wait. */
		EXPECT_EQ(1, poll(&ready, 1, 10000));
		EXPECT_EQ(1, events(self->event));
		EXPECT_LE(0, mbox_recv_num(self->fd, 0));
		EXPECT_EQ(0, mbox_op_join(&self->op));
	}
	EXPECT_EQ(0, events(self->event));
	/* A message for which somebody waits is no event. */
	while (mbox_recv_num(self->fd, IPCMBOX_DONTWAIT) >= 0)
		;
	self->op = (struct mbox_op){ .fd = self->fd, .kind = OP_RECV };
	ASSERT_TRUE(mbox_op_park(&self->op));
	ASSERT_EQ(0, mbox_send_num(self->fd, 1, 0));
	EXPECT_EQ(0, mbox_op_join(&self->op));
	EXPECT_EQ(0, events(self->event));
}

TEST_F(notify, one_shot)
{
	if (variant->capacity < 2)
		return;
	ASSERT_EQ(0, ask(self->fd, self->event, IPCMBOX_EVENT_MESSAGE,
			 IPCMBOX_ONESHOT));
	EXPECT_EQ(0, mbox_send_num(self->fd, 1, 0));
	EXPECT_EQ(0, mbox_send_num(self->fd, 2, 0));
	EXPECT_EQ(1, events(self->event));
}

TEST_F(notify, room)
{
	if (!mbox_slots(variant->capacity, 0))
		return;
	ASSERT_LE(0, mbox_fill(self->fd, variant->capacity, 0));
	ASSERT_EQ(0, ask(self->fd, self->event, IPCMBOX_EVENT_ROOM, 0));
	EXPECT_EQ(0, mbox_recv_num(self->fd, 0));
	EXPECT_EQ(1, events(self->event));
	/* There is room already. */
	mbox_recv_num(self->fd, IPCMBOX_DONTWAIT);
	EXPECT_EQ(0, events(self->event));
}

TEST_F(notify, hangup)
{
	int fds[2];

	ASSERT_EQ(0, mbox_pair(variant->capacity, 0, fds));
	ASSERT_EQ(0, ask(fds[0], self->event, IPCMBOX_EVENT_HANGUP, 0));
	close(fds[1]);
	EXPECT_EQ(1, events(self->event));
	close(fds[0]);
	ASSERT_EQ(0, mbox_pair(variant->capacity, 0, fds));
	ASSERT_EQ(0, ask(fds[1], self->event, IPCMBOX_EVENT_HANGUP, 0));
	close(fds[0]);
	EXPECT_EQ(1, events(self->event));
	close(fds[1]);
	ASSERT_EQ(0, ask(self->fd, self->event, IPCMBOX_EVENT_HANGUP, 0));
	EXPECT_EQ(0, mbox_destroy(self->fd));
	EXPECT_EQ(1, events(self->event));
}

TEST_F(notify, replaced_and_removed)
{
	int other = eventfd(0, EFD_NONBLOCK);

	if (!variant->capacity)
		return;
	ASSERT_EQ(0, ask(self->fd, self->event, IPCMBOX_EVENT_MESSAGE, 0));
	ASSERT_EQ(0, ask(self->fd, other, IPCMBOX_EVENT_MESSAGE, 0));
	EXPECT_EQ(0, mbox_send_num(self->fd, 1, 0));
	EXPECT_EQ(0, events(self->event));
	EXPECT_EQ(1, events(other));
	/* What fails changes nothing. */
	EXPECT_EQ(-EINVAL, ask(self->fd, 0, IPCMBOX_EVENT_MESSAGE, 0));
	EXPECT_EQ(-EBADF, ask(self->fd, 1000, IPCMBOX_EVENT_MESSAGE, 0));
	EXPECT_EQ(1, mbox_recv_num(self->fd, 0));
	EXPECT_EQ(0, mbox_send_num(self->fd, 1, 0));
	EXPECT_EQ(1, events(other));
	EXPECT_EQ(0, ask(self->fd, -1, 0, 0));
	EXPECT_EQ(1, mbox_recv_num(self->fd, 0));
	EXPECT_EQ(0, mbox_send_num(self->fd, 1, 0));
	EXPECT_EQ(0, events(other));
	close(other);
}

TEST_F(notify, goes_with_the_port)
{
	int fd = mbox_reopen(self->fd, O_RDWR, 0);

	if (!variant->capacity)
		return;
	ASSERT_EQ(0, ask(fd, self->event, IPCMBOX_EVENT_MESSAGE, 0));
	close(fd);
	EXPECT_EQ(0, mbox_send_num(self->fd, 1, 0));
	EXPECT_EQ(0, events(self->event));
}

TEST_F(notify, bad_arguments)
{
	int fds[2];

	EXPECT_EQ(-EINVAL, ask(self->fd, self->event, 0, 0));
	EXPECT_EQ(-EINVAL, ask(self->fd, -1, IPCMBOX_EVENT_ROOM, 0));
	EXPECT_EQ(-EINVAL, ask(self->fd, self->event, 1U << 31, 0));
	ASSERT_EQ(0, mbox_pair(variant->capacity, 0, fds));
	EXPECT_EQ(-EBADF, ask(fds[0], self->event, IPCMBOX_EVENT_ROOM, 0));
	EXPECT_EQ(-EBADF, ask(fds[1], self->event, IPCMBOX_EVENT_MESSAGE, 0));
	close(fds[0]);
	close(fds[1]);
	ASSERT_EQ(0, mbox_destroy(self->fd));
	EXPECT_EQ(-EIDRM, ask(self->fd, self->event, IPCMBOX_EVENT_HANGUP, 0));
	EXPECT_EQ(-EIDRM, ask(self->fd, -1, 0, 0));
}

TEST_F(notify, signals)
{
	unsigned int slots = mbox_slots(variant->capacity, 5), i;
	int fds[2];

	ASSERT_EQ(0, mbox_pair(variant->capacity, 0, fds));
	ask_for_signals(fds[0]);
	for (i = 0; i < slots; i++)
		ASSERT_EQ(0, mbox_send_num(fds[1], i, 0));
	EXPECT_EQ(slots, bands[0]);
	EXPECT_EQ(0, bands[1]);
	ask_for_signals(fds[1]);
	while (mbox_recv_num(fds[0], IPCMBOX_DONTWAIT) >= 0)
		;
	/* Room came once, for those that had none. */
	EXPECT_EQ(slots && variant->capacity != IPCMBOX_UNBOUNDED, bands[1]);
	EXPECT_EQ(slots, bands[0]);
	EXPECT_EQ(0, bands[2]);
	close(fds[0]);
	EXPECT_EQ(1, bands[2]);
	close(fds[1]);
}

/* A port of both sides learns once that the mailbox has ended. */
TEST_F(notify, one_signal_of_the_end)
{
	ask_for_signals(self->fd);
	ASSERT_EQ(0, mbox_destroy(self->fd));
	EXPECT_EQ(1, bands[2]);
}

/* Ports that have asked, as many as a mailbox lets; -errno if one could not. */
static int ask_often(int fd, int open_flags, int event, uint32_t events,
		     int *fds)
{
	struct rlimit limit = { 3 * IPCMBOX_WATCHES_MAX,
				3 * IPCMBOX_WATCHES_MAX };
	unsigned int i;
	int ret = setrlimit(RLIMIT_NOFILE, &limit) ? -errno : 0;

	for (i = 0; !ret && i < IPCMBOX_WATCHES_MAX; i++) {
		fds[i] = mbox_reopen(fd, open_flags, 0);
		if (fds[i] < 0)
			return fds[i];
		ret = ask(fds[i], event, events, 0);
	}
	return ret;
}

static void close_all(const int *fds)
{
	unsigned int i;

	for (i = 0; i < IPCMBOX_WATCHES_MAX; i++)
		close(fds[i]);
}

TEST_F(notify, bound)
{
	int other = eventfd(0, EFD_NONBLOCK);
	int fds[IPCMBOX_WATCHES_MAX];

	ASSERT_LE(0, other);
	ASSERT_EQ(0, ask_often(self->fd, O_RDWR, self->event,
			       IPCMBOX_EVENT_HANGUP, fds));
	EXPECT_EQ(-EUSERS, ask(self->fd, other, IPCMBOX_EVENT_HANGUP, 0));
	/* Who is one of them may ask for something else. */
	EXPECT_EQ(0, ask(fds[7], other, IPCMBOX_EVENT_HANGUP, 0));
	EXPECT_EQ(-EUSERS, ask(self->fd, other, IPCMBOX_EVENT_HANGUP, 0));
	/* To ask for nothing needs no place, and makes one. */
	EXPECT_EQ(0, ask(self->fd, -1, 0, 0));
	EXPECT_EQ(0, ask(fds[8], -1, 0, 0));
	EXPECT_EQ(0, ask(self->fd, other, IPCMBOX_EVENT_HANGUP, 0));
	EXPECT_EQ(-EUSERS, ask(fds[8], other, IPCMBOX_EVENT_HANGUP, 0));
	EXPECT_EQ(0, close(fds[0]));
	EXPECT_EQ(0, ask(fds[8], other, IPCMBOX_EVENT_HANGUP, 0));
	fds[0] = -1;
	EXPECT_EQ(0, mbox_destroy(self->fd));
	EXPECT_EQ(1, events(other));
	EXPECT_EQ(1, events(self->event));
	close_all(fds);
	close(other);
}

/* One that has told its only event makes room. */
TEST_F(notify, bound_and_one_shot)
{
	int fds[IPCMBOX_WATCHES_MAX];

	if (!mbox_slots(variant->capacity, 1))
		return;
	ASSERT_EQ(0, ask_often(self->fd, O_RDWR, self->event,
			       IPCMBOX_EVENT_HANGUP, fds));
	EXPECT_EQ(0, ask(fds[3], self->event, IPCMBOX_EVENT_MESSAGE,
			 IPCMBOX_ONESHOT));
	EXPECT_EQ(-EUSERS, ask(self->fd, self->event, IPCMBOX_EVENT_ROOM, 0));
	EXPECT_EQ(0, mbox_send_num(self->fd, 1, 0));
	EXPECT_EQ(1, events(self->event));
	EXPECT_EQ(0, ask(self->fd, self->event, IPCMBOX_EVENT_ROOM, 0));
	EXPECT_EQ(-EUSERS, ask(fds[3], self->event, IPCMBOX_EVENT_ROOM, 0));
	close_all(fds);
}

/* A duplex port needs a place in both mailboxes, or changes neither. */
TEST_F(notify, bound_of_a_duplex_port)
{
	const uint32_t both = IPCMBOX_EVENT_MESSAGE | IPCMBOX_EVENT_ROOM;
	int other = eventfd(0, EFD_NONBLOCK);
	int fds[IPCMBOX_WATCHES_MAX], ends[2];

	ASSERT_EQ(0, mbox_pair(variant->capacity, IPCMBOX_DUPLEX, ends));
	ASSERT_EQ(0, ask(ends[0], self->event, IPCMBOX_EVENT_MESSAGE, 0));
	ASSERT_EQ(0,
		  ask_often(ends[0], O_RDWR, other, IPCMBOX_EVENT_ROOM, fds));
	EXPECT_EQ(-EUSERS, ask(ends[0], other, both, 0));
	if (mbox_slots(variant->capacity, 1)) {
		EXPECT_EQ(0, mbox_send_num(ends[1], 1, 0));
		EXPECT_EQ(1, events(self->event));
		EXPECT_EQ(0, events(other));
		EXPECT_EQ(1, mbox_recv_num(ends[0], 0));
	}
	/* Those who receive there have places of their own. */
	EXPECT_EQ(0, ask(ends[1], other, IPCMBOX_EVENT_MESSAGE, 0));
	close(fds[0]);
	EXPECT_EQ(0, ask(ends[0], other, both, 0));
	fds[0] = mbox_reopen(ends[0], O_RDWR, 0);
	EXPECT_EQ(-EUSERS, ask(fds[0], other, IPCMBOX_EVENT_ROOM, 0));
	if (mbox_slots(variant->capacity, 1)) {
		EXPECT_EQ(0, mbox_send_num(ends[1], 1, 0));
		EXPECT_EQ(0, events(self->event));
		EXPECT_EQ(1, events(other));
	}
	close_all(fds);
	close(ends[0]);
	close(ends[1]);
	close(other);
}

/* Who may only send takes no place from those who receive, and the other way round. */
TEST_F(notify, bound_of_senders)
{
	int fds[IPCMBOX_WATCHES_MAX], more[IPCMBOX_WATCHES_MAX];
	int other = eventfd(0, EFD_NONBLOCK);
	int sender = mbox_reopen(self->fd, O_WRONLY, 0);

	ASSERT_LE(0, other);
	ASSERT_LE(0, sender);
	ASSERT_EQ(0, ask_often(self->fd, O_WRONLY, self->event,
			       IPCMBOX_EVENT_HANGUP, fds));
	EXPECT_EQ(-EUSERS, ask(sender, other, IPCMBOX_EVENT_HANGUP, 0));
	EXPECT_EQ(0, ask(self->fd, other, IPCMBOX_EVENT_MESSAGE, 0));
	if (mbox_slots(variant->capacity, 1)) {
		EXPECT_EQ(0, mbox_send_num(sender, 1, 0));
		EXPECT_EQ(1, events(other));
	}
	EXPECT_EQ(0, ask(self->fd, -1, 0, 0));
	EXPECT_EQ(0, ask_often(self->fd, O_RDONLY, self->event,
			       IPCMBOX_EVENT_HANGUP, more));
	EXPECT_EQ(-EUSERS, ask(self->fd, other, IPCMBOX_EVENT_HANGUP, 0));
	EXPECT_EQ(0, close(fds[0]));
	EXPECT_EQ(-EUSERS, ask(self->fd, other, IPCMBOX_EVENT_HANGUP, 0));
	EXPECT_EQ(0, ask(sender, other, IPCMBOX_EVENT_HANGUP, 0));
	fds[0] = -1;
	close_all(fds);
	close_all(more);
	close(sender);
	close(other);
}

/*
 * An event costs what it wakes, once: an eventfd that all ports name, and that may be in
 * an epoll many times, is signalled once.
 */
TEST_F(notify, one_eventfd_of_many_ports)
{
	int fds[IPCMBOX_WATCHES_MAX];
	unsigned int i;

	if (!mbox_slots(variant->capacity, 1))
		return;
	ASSERT_EQ(0, ask_often(self->fd, O_RDWR, self->event,
			       IPCMBOX_EVENT_MESSAGE, fds));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0, mbox_send_num(self->fd, i, 0));
		EXPECT_EQ(1, events(self->event));
		EXPECT_EQ(i, mbox_recv_num(self->fd, 0));
	}
	/* All of those who asked for one have had it. */
	for (i = 0; i < IPCMBOX_WATCHES_MAX; i++)
		ASSERT_EQ(0, ask(fds[i], self->event, IPCMBOX_EVENT_MESSAGE,
				 IPCMBOX_ONESHOT));
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(0, mbox_send_num(self->fd, i, 0));
		EXPECT_EQ(!i, events(self->event));
		EXPECT_EQ(i, mbox_recv_num(self->fd, 0));
	}
	close_all(fds);
}

#define EVENTFDS 50

/* Each eventfd is told if one that names it asked for that event, wherever it stands. */
TEST_F(notify, many_eventfds_of_many_ports)
{
	int fds[IPCMBOX_WATCHES_MAX], others[EVENTFDS];
	unsigned int i, round;

	if (!mbox_slots(variant->capacity, 1))
		return;
	ASSERT_EQ(0, ask_often(self->fd, O_RDWR, self->event,
			       IPCMBOX_EVENT_HANGUP, fds));
	for (i = 0; i < EVENTFDS; i++) {
		others[i] = eventfd(0, EFD_NONBLOCK);
		ASSERT_LE(0, others[i]);
	}
	/* Of three eventfds one is told always, one once, and one not. */
	for (i = 0; i < IPCMBOX_WATCHES_MAX; i++)
		ASSERT_EQ(0, ask(fds[i], others[i % EVENTFDS],
				 i < EVENTFDS * 9 || i % EVENTFDS % 3 == 2 ?
					 IPCMBOX_EVENT_HANGUP :
					 IPCMBOX_EVENT_MESSAGE,
				 i % EVENTFDS % 3 == 1 ? IPCMBOX_ONESHOT : 0));
	for (round = 0; round < 3; round++) {
		EXPECT_EQ(0, mbox_send_num(self->fd, round, 0));
		for (i = 0; i < EVENTFDS; i++)
			EXPECT_EQ(i % 3 == 0 || (i % 3 == 1 && !round),
				  events(others[i]));
		EXPECT_EQ(round, mbox_recv_num(self->fd, 0));
	}
	EXPECT_EQ(0, mbox_destroy(self->fd));
	for (i = 0; i < EVENTFDS; i++) {
		EXPECT_EQ(1, events(others[i]));
		close(others[i]);
	}
	close_all(fds);
}

TEST_HARNESS_MAIN
