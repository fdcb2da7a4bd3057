// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a selection that comes to nothing tells others of: nothing, but that poll(2) tells
 * when it is worth trying again.
 */
#include <sys/eventfd.h>

#include "kselftest_harness.h"
#include "accounts.h"
#include "select.h"

#define OWNER 65520
#define LONG 60000
#define BYTES MBOX_PARAMETERS "user_bytes"

/* It stands with some of its messages before it is refused the next. */
TEST(a_message_that_was_refused_is_no_event)
{
	struct ipcmbox_notify notify = {
		.size = sizeof(notify),
		.eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.events = IPCMBOX_EVENT_MESSAGE,
		.flags = IPCMBOX_ONESHOT,
	};
	struct selector selector = {};
	uint64_t told;
	unsigned int i;
	int fd = mbox_create_by(7, IPCMBOX_FIFO, IPCMBOX_LONGEST,
				IPCMBOX_FAIR_SHARE);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, mbox_ioctl(fd, IPCMBOX_IOC_NOTIFY, &notify));
	for (i = 0; i < 8; i++) {
		select_send(&selector, fd, i);
		selector.send[i].flags = IPCMBOX_UNTIL_TAKEN;
	}
	EXPECT_EQ(-EXFULL, select_run(&selector));
	EXPECT_EQ(-1, read(notify.eventfd, &told, sizeof(told)));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, mbox_send_num(fd, 1, 0));
	EXPECT_EQ(8, read(notify.eventfd, &told, sizeof(told)));
	EXPECT_EQ(1, told);
	close(notify.eventfd);
	close(fd);
}

TEST(poll_tells_of_quota)
{
	static char message[LONG];
	int64_t bytes = mbox_read_number(BYTES);
	struct selector selector = { .arg.flags = IPCMBOX_DONTWAIT };
	int fd, other;

	if (getuid())
		SKIP(return, "needs root, to be another user");
	fd = accounts_create(OWNER, 7);
	other = accounts_create(OWNER, 7);
	ASSERT_LE(0, fd);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, mbox_send(other, message, LONG, 0));
	ASSERT_EQ(0, mbox_write_number(BYTES, LONG + LONG / 2));
	select_send(&selector, fd, 1);
	selector.send[0].data = (uintptr_t)message;
	selector.send[0].len = LONG;
	EXPECT_TRUE(accounts_can_send(fd, 0));
	EXPECT_EQ(-EDQUOT, select_run(&selector));
	EXPECT_FALSE(accounts_can_send(fd, 100));
	close(other);
	EXPECT_TRUE(accounts_can_send(fd, MBOX_WATCHDOG_MS));
	EXPECT_EQ(0, select_run(&selector));
	EXPECT_EQ(0, mbox_write_number(BYTES, bytes));
	close(fd);
	EXPECT_TRUE(accounts_gone("uid=6552"));
}

TEST_HARNESS_MAIN
