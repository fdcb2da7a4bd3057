// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library's events by eventfd: what was asked for is counted, and nothing else.
 */
#include <sys/eventfd.h>

#include "lib_util.h"

FIXTURE(lib_notify)
{
	int fds[2];
	int event;
};

MBOX_CAPACITIES(lib_notify);

FIXTURE_SETUP(lib_notify)
{
	ASSERT_EQ(0, mbox_pair(variant->capacity, 0, self->fds));
	self->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	ASSERT_LE(0, self->event);
}

FIXTURE_TEARDOWN(lib_notify)
{
	close(self->fds[0]);
	close(self->fds[1]);
	close(self->event);
}

/* How many events there were since the last look. */
static uint64_t events(int event)
{
	uint64_t count = 0;

	return read(event, &count, sizeof(count)) < 0 ? 0 : count;
}

TEST_F(lib_notify, messages_and_hangup)
{
	unsigned int slots = mbox_slots(variant->capacity, 10), i;

	ASSERT_EQ(0, ipcmbox_notify(
			     self->fds[0], self->event,
			     IPCMBOX_EVENT_MESSAGE | IPCMBOX_EVENT_HANGUP, 0));
	for (i = 0; i < slots; i++)
		ASSERT_EQ(0, ipcmbox_send(self->fds[1], "x", 1));
	EXPECT_EQ(slots, events(self->event));
	EXPECT_EQ(0, ipcmbox_drain(self->fds[0], NULL, NULL));
	EXPECT_EQ(0, events(self->event));
	close(self->fds[1]);
	self->fds[1] = -1;
	EXPECT_EQ(1, events(self->event));
}

TEST_F(lib_notify, room_once)
{
	unsigned int slots = mbox_slots(variant->capacity, 0), i, round;
	char byte;

	if (!slots)
		return;
	ASSERT_EQ(0, ipcmbox_notify(self->fds[1], self->event,
				    IPCMBOX_EVENT_ROOM, IPCMBOX_ONESHOT));
	for (round = 0; round < 2; round++) {
		for (i = 0; i < slots; i++)
			ASSERT_EQ(0, ipcmbox_send(self->fds[1], "x", 1));
		EXPECT_EQ(0, events(self->event));
		EXPECT_EQ(1, ipcmbox_recv(self->fds[0], &byte, 1));
		EXPECT_EQ(!round, events(self->event));
		EXPECT_EQ(0, ipcmbox_drain(self->fds[0], NULL, NULL));
	}
}

TEST_F(lib_notify, no_more)
{
	ASSERT_EQ(0, ipcmbox_notify(self->fds[1], self->event,
				    IPCMBOX_EVENT_HANGUP, 0));
	ASSERT_EQ(0, ipcmbox_notify(self->fds[1], -1, 0, 0));
	close(self->fds[0]);
	self->fds[0] = -1;
	EXPECT_EQ(0, events(self->event));
}

TEST_F(lib_notify, bad_arguments)
{
	int fd = self->fds[0];

	EXPECT_ERRNO(EINVAL, ipcmbox_notify(fd, self->event, 0, 0));
	EXPECT_ERRNO(EINVAL, ipcmbox_notify(fd, -1, IPCMBOX_EVENT_MESSAGE, 0));
	EXPECT_ERRNO(EINVAL, ipcmbox_notify(fd, self->event, 1U << 31, 0));
	EXPECT_ERRNO(EINVAL, ipcmbox_notify(fd, fd, IPCMBOX_EVENT_MESSAGE, 0));
	EXPECT_ERRNO(EBADF, ipcmbox_notify(fd, 1000, IPCMBOX_EVENT_MESSAGE, 0));
	EXPECT_ERRNO(EBADF,
		     ipcmbox_notify(fd, self->event, IPCMBOX_EVENT_ROOM, 0));
	EXPECT_ERRNO(EBADF, ipcmbox_notify(self->fds[1], self->event,
					   IPCMBOX_EVENT_MESSAGE, 0));
	EXPECT_ERRNO(EOPNOTSUPP,
		     ipcmbox_notify(fd, self->event, IPCMBOX_EVENT_MESSAGE,
				    1U << 31));
	EXPECT_ERRNO(ENOTTY, ipcmbox_notify(self->event, self->event,
					    IPCMBOX_EVENT_MESSAGE, 0));
}

TEST_HARNESS_MAIN
