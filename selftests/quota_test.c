// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each call that needs quota, and has none: EDQUOT, and nothing has changed; and with
 * quota it goes well.
 */
#include <sys/eventfd.h>

#include "kselftest_harness.h"
#include "ipcmbox_util.h"

static const char *const limits[] = {
	MBOX_PARAMETERS "user_mailboxes",
	MBOX_PARAMETERS "user_bytes",
	MBOX_PARAMETERS "user_waiters",
};

enum { MAILBOXES, BYTES, WAITERS, LIMITS };

FIXTURE(quota)
{
	int64_t was[LIMITS];
	int fd;
};

FIXTURE_VARIANT(quota)
{
	unsigned int flags;
	unsigned int order;
	unsigned int limit;
};

/* A mailbox itself; and the rows and indexes of one, which are charged as bytes. */
FIXTURE_VARIANT_ADD(quota, mailbox)
{
	.limit = MAILBOXES,
};

FIXTURE_VARIANT_ADD(quota, hub)
{
	.flags = IPCMBOX_BROADCAST,
	.limit = MAILBOXES,
};

FIXTURE_VARIANT_ADD(quota, rows)
{
	.order = IPCMBOX_PRIORITY,
	.limit = BYTES,
};

FIXTURE_SETUP(quota)
{
	unsigned int i;

	self->fd = -1;
	if (getuid())
		SKIP(return, "needs root, to set quotas");
	for (i = 0; i < LIMITS; i++) {
		self->was[i] = mbox_read_number(limits[i]);
		ASSERT_LT(0, self->was[i]);
	}
}

FIXTURE_TEARDOWN(quota)
{
	unsigned int i;

	for (i = 0; i < LIMITS; i++)
		mbox_write_number(limits[i], self->was[i]);
	if (self->fd >= 0)
		EXPECT_EQ(0, close(self->fd));
}

TEST_F(quota, create)
{
	struct ipcmbox_create arg = {
		.size = sizeof(arg),
		.flags = variant->flags,
		.open_flags = O_RDWR,
		.capacity = variant->flags & IPCMBOX_BROADCAST ? 0 : 1,
		.order = variant->order,
	};

	ASSERT_EQ(0, mbox_write_number(limits[variant->limit], 0));
	EXPECT_EQ(-EDQUOT, mbox_device_ioctl(IPCMBOX_IOC_CREATE, &arg));
	ASSERT_EQ(0, mbox_write_number(limits[variant->limit],
				       self->was[variant->limit]));
	ASSERT_EQ(0, mbox_device_ioctl(IPCMBOX_IOC_CREATE, &arg));
	self->fd = arg.fd;
}

/* A port of a mailbox for which there is still quota. */
static int make(unsigned int flags, unsigned int order)
{
	struct ipcmbox_create arg = {
		.size = sizeof(arg),
		.flags = flags,
		.open_flags = O_RDWR,
		.capacity = flags & IPCMBOX_BROADCAST ? 0 : 1,
		.order = order,
	};

	return mbox_device_ioctl(IPCMBOX_IOC_CREATE, &arg) ? -1 : arg.fd;
}

/* Of those of one mailbox, by what needs the limit. */
FIXTURE(call)
{
	int64_t bytes;
	int64_t waiters;
	int fd;
};

FIXTURE_SETUP(call)
{
	self->fd = -1;
	if (getuid())
		SKIP(return, "needs root, to set quotas");
	self->bytes = mbox_read_number(limits[BYTES]);
	self->waiters = mbox_read_number(limits[WAITERS]);
	ASSERT_LT(0, self->waiters);
}

FIXTURE_TEARDOWN(call)
{
	mbox_write_number(limits[BYTES], self->bytes);
	mbox_write_number(limits[WAITERS], self->waiters);
	if (self->fd >= 0)
		EXPECT_EQ(0, close(self->fd));
}

/* Of an answer without room, so that only the rows of the priority are missing. */
TEST_F(call, rows)
{
	struct ipcmbox_call arg = {
		.size = sizeof(arg),
		.flags = IPCMBOX_DONTWAIT,
		.priority = IPCMBOX_PRIORITY_MAX,
	};
	int64_t limit = 2000;

	self->fd = make(0, IPCMBOX_PRIORITY);
	ASSERT_LE(0, self->fd);
	/* Enough for the call, and not for the rows. */
	do {
		ASSERT_EQ(0, mbox_write_number(limits[BYTES], limit += 500));
	} while (mbox_send_num(self->fd, 1, IPCMBOX_DONTWAIT) == -EDQUOT);
	ASSERT_EQ(0, mbox_drain(self->fd) < 0);
	EXPECT_EQ(-EDQUOT, mbox_ioctl(self->fd, IPCMBOX_IOC_CALL, &arg));
	EXPECT_EQ(IPCMBOX_NOT_SENT, arg.disposition);
	ASSERT_EQ(0, mbox_write_number(limits[BYTES], self->bytes));
	EXPECT_EQ(-EAGAIN, mbox_ioctl(self->fd, IPCMBOX_IOC_CALL, &arg));
	EXPECT_EQ(0, mbox_info(self->fd).queued);
}

TEST_F(call, broadcast)
{
	uint64_t sent;

	self->fd = make(IPCMBOX_BROADCAST, IPCMBOX_FIFO);
	ASSERT_LE(0, self->fd);
	sent = mbox_info(self->fd).sent;
	ASSERT_EQ(0, mbox_write_number(limits[WAITERS], 0));
	EXPECT_EQ(-EDQUOT, mbox_send_num(self->fd, 1, 0));
	EXPECT_EQ(sent, mbox_info(self->fd).sent);
	/* Who does not wait needs none. */
	EXPECT_EQ(0, mbox_send_num(self->fd, 1, IPCMBOX_DONTWAIT));
	ASSERT_EQ(0, mbox_write_number(limits[WAITERS], self->waiters));
	EXPECT_EQ(0, mbox_send_num(self->fd, 1, 0));
}

TEST_F(call, select)
{
	struct ipcmbox_send send = { .size = sizeof(send) };
	struct ipcmbox_case one = {
		.kind = IPCMBOX_CASE_SEND,
		.arg = (uintptr_t)&send,
	};
	struct ipcmbox_select arg = {
		.size = sizeof(arg),
		.cases = (uintptr_t)&one,
		.count = 1,
		.stride = sizeof(one),
	};

	self->fd = make(0, IPCMBOX_FIFO);
	ASSERT_LE(0, self->fd);
	one.fd = self->fd;
	ASSERT_EQ(0, mbox_write_number(limits[WAITERS], 0));
	EXPECT_EQ(-EDQUOT, mbox_device_ioctl(IPCMBOX_IOC_SELECT, &arg));
	EXPECT_EQ(-1, arg.index);
	EXPECT_EQ(0, mbox_info(self->fd).queued);
	arg.flags = IPCMBOX_DONTWAIT;
	EXPECT_EQ(0, mbox_device_ioctl(IPCMBOX_IOC_SELECT, &arg));
	EXPECT_EQ(0, arg.index);
	EXPECT_EQ(1, mbox_info(self->fd).queued);
}

TEST_F(call, notify)
{
	struct ipcmbox_notify arg = {
		.size = sizeof(arg),
		.eventfd = eventfd(0, EFD_CLOEXEC),
		.events = IPCMBOX_EVENT_MESSAGE,
	};

	self->fd = make(0, IPCMBOX_FIFO);
	ASSERT_LE(0, self->fd);
	ASSERT_LE(0, arg.eventfd);
	ASSERT_EQ(0, mbox_write_number(limits[WAITERS], 0));
	EXPECT_EQ(-EDQUOT, mbox_ioctl(self->fd, IPCMBOX_IOC_NOTIFY, &arg));
	ASSERT_EQ(0, mbox_write_number(limits[WAITERS], self->waiters));
	EXPECT_EQ(0, mbox_ioctl(self->fd, IPCMBOX_IOC_NOTIFY, &arg));
	close(arg.eventfd);
}

TEST_HARNESS_MAIN
