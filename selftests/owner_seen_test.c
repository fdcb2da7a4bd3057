// SPDX-License-Identifier: GPL-2.0-only
/*
 * What others see of the owner of a mailbox: by its name, and by INFO. How it ends with its
 * owner is in owner_test.c.
 */
#include "kselftest_harness.h"
#include "name.h"

#define BOX "owned"
#define NOBODY 65534

static int own(const char *name, unsigned int flags)
{
	return name_create(name, 1, IPCMBOX_OWNED | flags, O_RDWR,
			   name ? 0600 : 0);
}

/* Only a fixture has tests with a time limit of their own. */
FIXTURE(rounds)
{
	unsigned int count;
};

FIXTURE_SETUP(rounds)
{
	self->count = mbox_rounds(20);
}

FIXTURE_TEARDOWN(rounds)
{
}

/* Whose end is known, whose name is free: whoever comes first need not try twice. */
TEST_F_TIMEOUT(rounds, name_is_free_when_the_end_is_known, 240)
{
	unsigned int i;
	int fd;

	for (i = 0; i < self->count; i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(close(own(BOX, IPCMBOX_EXCL)));
		ASSERT_EQ(0, mbox_reap(pid));
		if (i % 2) {
			ASSERT_EQ(-ENOENT, name_open(BOX, O_RDWR));
			continue;
		}
		fd = own(BOX, i % 4 ? IPCMBOX_EXCL : 0);
		ASSERT_LE(0, fd);
		ASSERT_EQ(getpid(), mbox_info(fd).owner_pid);
		ASSERT_EQ(0, mbox_destroy(fd));
		close(fd);
	}
}

TEST(who_opens_it_is_not_the_owner)
{
	int fd = own(BOX, IPCMBOX_EXCL);
	pid_t pid;

	ASSERT_LE(0, fd);
	pid = fork();
	if (!pid) {
		int other = own(BOX, 0);

		_exit(other < 0 || mbox_info(other).owner_pid != getppid());
	}
	EXPECT_EQ(0, mbox_reap(pid));
	EXPECT_EQ(0, mbox_info(fd).state);
	/* Not with these attributes. */
	EXPECT_EQ(-EEXIST, name_create(BOX, 1, 0, O_RDWR, 0600));
	EXPECT_EQ(0, name_unlink(BOX));
	EXPECT_EQ(0, mbox_info(fd).state);
	close(fd);
}

/* What INFO tells of the others, to those who see them under other numbers. */
TEST(is_seen_from_other_namespaces)
{
	int fd = own(NULL, 0);
	pid_t pid;

	ASSERT_LE(0, fd);
	pid = fork();
	if (!pid) {
		struct ipcmbox_info info;

		if (unshare(CLONE_NEWPID))
			_exit(99);
		pid = fork();
		if (pid)
			_exit(mbox_reap(pid) ? 1 : 0);
		info = mbox_info(fd);
		if (info.owner_pid || !(info.attributes & IPCMBOX_OWNED))
			_exit(1);
		_exit(mbox_info(own(NULL, 0)).owner_pid != 1);
	}
	EXPECT_EQ(0, mbox_reap(pid));
	EXPECT_EQ(getpid(), mbox_info(fd).owner_pid);
	pid = fork();
	if (!pid) {
		/* Where nobody has a number. */
		if (unshare(CLONE_NEWUSER))
			_exit(errno == EINVAL || errno == ENOSYS ? 0 : 99);
		_exit(mbox_info(fd).owner_uid != NOBODY);
	}
	EXPECT_EQ(0, mbox_reap(pid));
	close(fd);
}

static int make_for_all(const void *name)
{
	int fd = name_create(name, 1, 0, O_RDWR, 0666);

	return fd < 0 ? fd : 0;
}

TEST(uid_is_of_who_made_it)
{
	int fd;

	ASSERT_EQ(0, name_as(NOBODY, NOBODY, make_for_all, BOX));
	fd = name_open(BOX, O_RDWR);
	EXPECT_EQ(NOBODY, mbox_info(fd).owner_uid);
	EXPECT_EQ(0, mbox_info(fd).owner_pid);
	EXPECT_EQ(0, mbox_info(fd).attributes & IPCMBOX_OWNED);
	EXPECT_EQ(0, name_unlink(BOX));
	close(fd);
}

TEST_HARNESS_MAIN
