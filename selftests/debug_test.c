// SPDX-License-Identifier: GPL-2.0-only
/*
 * What root sees in debugfs of all mailboxes and accounts.
 */
#include "kselftest_harness.h"
#include "accounts.h"
#include "ipcmbox_util.h"

#define ACCOUNTS_FILES "/sys/kernel/debug/ipcmbox/"
#define NOBODY 65534
#define MANY 1000

FIXTURE(debug)
{
	char message[100];
	int fd;
};

FIXTURE_SETUP(debug)
{
	if (getuid())
		SKIP(return, "needs root");
	self->fd = -1;
}

FIXTURE_TEARDOWN(debug)
{
	if (self->fd >= 0)
		close(self->fd);
}

TEST_F(debug, mailbox)
{
	const char *line;
	char start[64];
	unsigned int i;

	self->fd = mbox_create(7, O_RDWR);
	ASSERT_LE(0, self->fd);
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, mbox_send(self->fd, self->message,
				       sizeof(self->message), 0));
	ASSERT_EQ(sizeof(self->message),
		  mbox_recv(self->fd, self->message, sizeof(self->message), 0));
	snprintf(start, sizeof(start), "mailbox=%llu ",
		 mbox_info(self->fd).mailbox);
	line = accounts_line(ACCOUNTS_FILES "mailboxes", start);
	EXPECT_EQ(0, accounts_value(line, "uid"));
	EXPECT_EQ(7, accounts_value(line, "capacity"));
	EXPECT_EQ(1, accounts_value(line, "receivers"));
	EXPECT_EQ(1, accounts_value(line, "senders"));
	EXPECT_EQ(2, accounts_value(line, "queued"));
	EXPECT_EQ(2 * sizeof(self->message),
		  accounts_value(line, "queued-bytes"));
	EXPECT_EQ(3, accounts_value(line, "sent"));
	EXPECT_EQ(1, accounts_value(line, "received"));
	EXPECT_LT(2 * sizeof(self->message), accounts_value(line, "charged"));
	close(self->fd);
	self->fd = -1;
	EXPECT_STREQ("", accounts_line(ACCOUNTS_FILES "mailboxes", start));
}

TEST_F(debug, account)
{
	struct ipcmbox_create create = {
		.open_flags = O_RDWR,
		.capacity = 1,
		.region_size = 8192,
	};
	const char *line;

	ASSERT_STREQ("",
		     accounts_line(ACCOUNTS_FILES "accounts", "uid=65534 "));
	ASSERT_EQ(0, setresuid(0, NOBODY, 0));
	self->fd = mbox_create_as(&create);
	ASSERT_EQ(0, setresuid(0, 0, 0));
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0,
		  mbox_send(self->fd, self->message, sizeof(self->message), 0));
	line = accounts_line(ACCOUNTS_FILES "accounts", "uid=65534 ");
	EXPECT_EQ(1, accounts_value(line, "mailboxes"));
	EXPECT_LT(sizeof(self->message), accounts_value(line, "bytes"));
	EXPECT_EQ(8192, accounts_value(line, "region-bytes"));
	EXPECT_EQ(0, accounts_value(line, "waiters"));
	EXPECT_EQ(0, accounts_value(line, "names"));
	EXPECT_EQ(0, accounts_value(line, "files"));
	EXPECT_LT(0, accounts_value(line, "userns"));
	close(self->fd);
	self->fd = -1;
	EXPECT_STREQ("",
		     accounts_line(ACCOUNTS_FILES "accounts", "uid=65534 "));
}

/* More than one read(2) gives: each is there once, though others come and go. */
TEST_F(debug, many)
{
	int fds[MANY], other;
	uint64_t id, last = 0;
	unsigned int i, seen = 0;
	char line[1024];
	FILE *file;

	for (i = 0; i < MANY; i++) {
		fds[i] = mbox_create(1, O_RDWR);
		ASSERT_LE(0, fds[i]);
	}
	id = mbox_info(fds[0]).mailbox;
	file = fopen(ACCOUNTS_FILES "mailboxes", "re");
	ASSERT_NE(NULL, file);
	while (fgets(line, sizeof(line), file)) {
		uint64_t number = strtoull(line + strlen("mailbox="), NULL, 10);

		EXPECT_LT(last, number);
		last = number;
		seen += number >= id && number < id + MANY;
		other = mbox_create(1, O_RDWR);
		EXPECT_LE(0, other);
		close(other);
		if (number == id + MANY / 2)
			close(fds[MANY - 1]);
		if (number >= id + MANY)
			break;
	}
	fclose(file);
	EXPECT_LE(MANY - 1, seen);
	EXPECT_GE(MANY, seen);
	for (i = 0; i < MANY - 1; i++)
		close(fds[i]);
}

static int open_as_nobody(const char *path)
{
	int fd;

	if (setresuid(NOBODY, NOBODY, NOBODY))
		return 2;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 || errno != EACCES;
}

TEST_F(debug, is_for_root)
{
	static const char *const paths[] = { ACCOUNTS_FILES "mailboxes",
					     ACCOUNTS_FILES "accounts" };
	unsigned int i;
	int status;
	pid_t pid;

	for (i = 0; i < ARRAY_SIZE(paths); i++) {
		EXPECT_EQ(0, access(paths[i], R_OK));
		pid = fork();
		if (!pid)
			_exit(open_as_nobody(paths[i]));
		status = mbox_reap(pid);
		EXPECT_TRUE(WIFEXITED(status));
		EXPECT_EQ(0, WEXITSTATUS(status));
	}
}

TEST_HARNESS_MAIN
