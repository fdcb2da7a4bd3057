// SPDX-License-Identifier: GPL-2.0-only
/*
 * A message that waits in line for quota of the mailbox's owner is told what it waits for,
 * whoever else is short meanwhile, of whatever.
 */
#include <sys/mount.h>
#include <sys/stat.h>

#include "kselftest_harness.h"
#include "accounts.h"

#define FOLDER "/tmp/ipcmbox-line"
#define BYTES MBOX_PARAMETERS "user_bytes"
#define OWNER 65520
#define SENDER 65521
#define THIRD 65522
#define LONG 60000
#define LESS 20000
#define LEFT 30000

FIXTURE(line)
{
	int64_t bytes;
	int ctl;
	int fd;
	int other;
	struct mbox_op op;
	char message[LONG];
};

static int create(int ctl, uid_t uid, uint64_t capacity)
{
	struct ipcmbox_create arg = {
		.size = sizeof(arg),
		.open_flags = O_RDWR,
		.capacity = capacity,
	};
	int ret = accounts_become(uid);

	ret = ret ?: mbox_ioctl(ctl, IPCMBOX_IOC_CREATE, &arg);
	return accounts_become(0) ?: ret ?: arg.fd;
}

static int receive(int fd)
{
	static char message[LONG];

	return mbox_recv(fd, message, sizeof(message), IPCMBOX_DONTWAIT);
}

/* There is a slot for it, but for some quota. */
FIXTURE_SETUP(line)
{
	int64_t limit;

	if (getuid())
		SKIP(return, "needs root, to see accounts");
	self->bytes = mbox_read_number(BYTES);
	ASSERT_TRUE(!mkdir(FOLDER, 0755) || errno == EEXIST);
	ASSERT_EQ(0, mount("none", FOLDER, "ipcmboxfs", 0,
			   "newinstance,bytes=200000"));
	self->ctl = open(FOLDER "/control", O_RDWR | O_CLOEXEC);
	self->fd = create(self->ctl, OWNER, 1);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, mbox_send(self->fd, NULL, 0, 0));
	self->other = accounts_create(OWNER, IPCMBOX_UNBOUNDED);
	ASSERT_EQ(0, mbox_send(self->other, self->message, LONG, 0));
	ASSERT_EQ(0, mbox_send(self->other, self->message, LONG, 0));
	self->op = (struct mbox_op){
		.kind = OP_SEND,
		.fd = self->fd,
		.data = self->message,
		.len = LONG,
	};
	ASSERT_TRUE(accounts_start(SENDER, &self->op));
	ASSERT_TRUE(mbox_wait_senders(self->fd, 1));
	limit = accounts_used(OWNER, "bytes") + LEFT;
	ASSERT_EQ(0, mbox_write_number(BYTES, limit));
	ASSERT_EQ(0, receive(self->fd));
	usleep(50000);
	EXPECT_FALSE(self->op.done);
	EXPECT_EQ(1, mbox_info(self->fd).senders_waiting);
}

FIXTURE_TEARDOWN(line)
{
	EXPECT_EQ(0, mbox_write_number(BYTES, self->bytes));
	close(self->other);
	close(self->fd);
	close(self->ctl);
	EXPECT_EQ(0, umount(FOLDER));
	EXPECT_TRUE(accounts_gone("uid=6552"));
}

/* The instance is short of less. */
TEST_F(line, short_of_another)
{
	int third = create(self->ctl, THIRD, IPCMBOX_UNBOUNDED);

	ASSERT_LE(0, third);
	while (!mbox_send(third, self->message, 3000, IPCMBOX_DONTWAIT))
		;
	EXPECT_EQ(3000, receive(third));
	EXPECT_EQ(-EDQUOT,
		  accounts_send(SENDER, self->fd, self->message, LESS));
	ASSERT_EQ(0, mbox_write_number(BYTES, self->bytes));
	EXPECT_EQ(0, mbox_op_join(&self->op));
	EXPECT_EQ(LONG, receive(self->fd));
	close(third);
}

/* There can never be enough for it, but for others. */
TEST_F(line, more_than_there_may_be)
{
	while (!mbox_send(self->other, NULL, 0, IPCMBOX_DONTWAIT))
		;
	EXPECT_EQ(-EDQUOT, accounts_send(OWNER, self->fd, self->message, LESS));
	EXPECT_FALSE(self->op.done);
	ASSERT_EQ(0, mbox_write_number(BYTES, LONG / 2));
	EXPECT_EQ(-EDQUOT, mbox_op_join(&self->op));
	EXPECT_EQ(IPCMBOX_WITHDRAWN, self->op.disposition);
	EXPECT_EQ(-EDQUOT,
		  accounts_send(SENDER, self->fd, self->message, 1000));
	EXPECT_FALSE(accounts_can_send(self->fd, 0));
	close(self->other);
	self->other = -1;
	EXPECT_TRUE(accounts_can_send(self->fd, MBOX_WATCHDOG_MS));
}

/* It is received from the line: what it needed keeps nobody waiting who needs less. */
TEST_F(line, leaves)
{
	int64_t limit = mbox_read_number(BYTES);

	while (!mbox_send(self->other, NULL, 0, IPCMBOX_DONTWAIT))
		;
	EXPECT_EQ(-EDQUOT, accounts_send(OWNER, self->fd, self->message, LESS));
	EXPECT_EQ(LONG, receive(self->fd));
	EXPECT_EQ(0, mbox_op_join(&self->op));
	if (accounts_can_send(self->fd, 0))
		EXPECT_EQ(-EDQUOT,
			  accounts_send(OWNER, self->fd, self->message, LESS));
	EXPECT_FALSE(accounts_can_send(self->fd, 0));
	ASSERT_EQ(0, mbox_write_number(BYTES, limit + LESS * 3 / 2));
	EXPECT_TRUE(accounts_can_send(self->fd, MBOX_WATCHDOG_MS / 4));
	EXPECT_EQ(0, accounts_send(OWNER, self->fd, self->message, LESS));
}

TEST_HARNESS_MAIN
