// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names through the library.
 */
#include <ipcmbox.h>

#include "kselftest_harness.h"
#include "ipcmbox_util.h"
#include "lib_util.h"

#define BOX "lib-box"

FIXTURE(lib_name)
{
	struct ipcmbox_attr *attr;
	int ctl;
};

FIXTURE_SETUP(lib_name)
{
	self->attr = ipcmbox_attr_new();
	ASSERT_NE(NULL, self->attr);
	ipcmbox_attr_set_capacity(self->attr, 4);
	self->ctl = ipcmbox_open();
	ASSERT_LE(0, self->ctl);
}

FIXTURE_TEARDOWN(lib_name)
{
	ipcmbox_unlink(BOX);
	close(self->ctl);
	ipcmbox_attr_free(self->attr);
}

TEST_F(lib_name, made_and_found)
{
	int fd, other;

	EXPECT_EQ(-1, ipcmbox_open_named(BOX, O_RDONLY));
	EXPECT_EQ(ENOENT, errno);
	fd = ipcmbox_create_named(BOX, self->attr, O_RDWR | O_EXCL, 0600);
	ASSERT_LE(0, fd);
	EXPECT_EQ(IPCMBOX_NO_HANGUP | IPCMBOX_ADMIN, mbox_info(fd).attributes);
	EXPECT_EQ(-1,
		  ipcmbox_create_named(BOX, self->attr, O_RDWR | O_EXCL, 0600));
	EXPECT_EQ(EEXIST, errno);
	other = ipcmbox_create_named(BOX, self->attr, O_WRONLY, 0600);
	ASSERT_LE(0, other);
	EXPECT_EQ(0, mbox_send_num(other, 3, 0));
	close(other);
	other = ipcmbox_open_named(BOX, O_RDONLY);
	ASSERT_LE(0, other);
	EXPECT_EQ(3, mbox_recv_num(other, 0));
	close(other);
	EXPECT_EQ(0, ipcmbox_unlink(BOX));
	EXPECT_EQ(-1, ipcmbox_unlink(BOX));
	EXPECT_EQ(ENOENT, errno);
	close(fd);
}

TEST_F(lib_name, on_an_open_device)
{
	int fd, other;

	ipcmbox_attr_set_hangup(self->attr, true);
	fd = ipcmbox_create_named_at(self->ctl, BOX, self->attr, O_RDWR, 0600);
	ASSERT_LE(0, fd);
	EXPECT_EQ(IPCMBOX_ADMIN, mbox_info(fd).attributes);
	other = ipcmbox_open_named_at(self->ctl, BOX, IPCMBOX_ADMIN,
				      O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, other);
	EXPECT_EQ(IPCMBOX_ADMIN, mbox_info(other).attributes);
	EXPECT_EQ(-EAGAIN, mbox_recv_num(other, 0));
	EXPECT_EQ(0, ipcmbox_unlink_at(self->ctl, BOX));
	close(other);
	close(fd);
}

static unsigned int listed(int ctl, size_t count, bool *ordered)
{
	struct ipcmbox_entry entries[8];
	unsigned int found = 0;
	uint64_t cursor = 0, last = 0;
	ssize_t ret, i;

	*ordered = true;
	do {
		ret = ipcmbox_list_at(ctl, &cursor, entries, count,
				      sizeof(*entries));
		for (i = 0; i < ret; i++) {
			*ordered &= entries[i].mailbox > last;
			last = entries[i].mailbox;
			found += !strncmp(entries[i].name, "lib-list-", 9);
		}
	} while (ret == (ssize_t)count);
	return ret < 0 ? 1000 : found;
}

TEST_F(lib_name, listed_by_pages)
{
	char name[16];
	bool ordered;
	int i;

	for (i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "lib-list-%d", i);
		close(ipcmbox_create_named(name, self->attr, O_RDWR, 0600));
	}
	for (i = 1; i <= 8; i++) {
		EXPECT_EQ(20, listed(self->ctl, i, &ordered));
		EXPECT_TRUE(ordered);
	}
	for (i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "lib-list-%d", i);
		EXPECT_EQ(0, ipcmbox_unlink(name));
		EXPECT_EQ(19 - i, listed(self->ctl, 3, &ordered));
	}
}

/* What HANGUP says of those without a name is so by default. */
TEST_F(lib_name, hangup_elsewhere)
{
	int fds[2], fd;

	ipcmbox_attr_set_hangup(self->attr, true);
	fd = ipcmbox_create_attr(self->attr, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(IPCMBOX_ADMIN, mbox_info(fd).attributes);
	close(fd);
	ASSERT_EQ(0, ipcmbox_pair_at(self->ctl, self->attr, 0, 0, fds));
	EXPECT_EQ(0, mbox_info(fds[0]).attributes);
	close(fds[0]);
	close(fds[1]);
	fd = ipcmbox_inbox_at(self->ctl, self->attr, IPCMBOX_ACCESS_USER, 0, 0);
	EXPECT_LE(0, fd);
	close(fd);
	ipcmbox_attr_set_hangup(self->attr, false);
	fd = ipcmbox_create_attr(self->attr, O_RDWR);
	EXPECT_EQ(IPCMBOX_ADMIN | IPCMBOX_NO_HANGUP, mbox_info(fd).attributes);
	close(fd);
}

/* The owner is who makes it. */
TEST(lib_name_owned)
{
	struct ipcmbox_attr *attr = ipcmbox_attr_new();
	int fd;

	ASSERT_NE(NULL, attr);
	ipcmbox_attr_set_owned(attr, true);
	fd = ipcmbox_create_attr(attr, O_RDWR);
	EXPECT_EQ(IPCMBOX_OWNED | IPCMBOX_ADMIN, mbox_info(fd).attributes);
	EXPECT_EQ(getpid(), mbox_info(fd).owner_pid);
	close(fd);
	/* An inbox is owned as it is, and a pair is of two. */
	EXPECT_EQ(-1, ipcmbox_inbox_at(0, attr, IPCMBOX_ACCESS_USER, 0, 0));
	EXPECT_EQ(EINVAL, errno);
	ipcmbox_attr_set_owned(attr, false);
	fd = ipcmbox_create_attr(attr, O_RDWR);
	EXPECT_EQ(IPCMBOX_ADMIN, mbox_info(fd).attributes);
	EXPECT_EQ(0, mbox_info(fd).owner_pid);
	close(fd);
	ipcmbox_attr_free(attr);
}

TEST_HARNESS_MAIN
