// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits of instances: all that is in one counts for it, whoever pays, and for each user
 * besides; what is given back can be used at once, by whoever needs it; and no instance is
 * charged for another.
 */
#include <sys/mount.h>
#include <sys/stat.h>

#include "kselftest_harness.h"
#include "accounts.h"
#include "name.h"

#define ROOT "/tmp/ipcmbox-quota"
#define USER_BYTES MBOX_PARAMETERS "user_bytes"
#define FIRST 65530
#define SECOND 65531
#define LONG 60000
#define SLACK 20000 /* bookkeeping, and what a purse keeps */
#define LARGE \
	(16 << 20) /* so large that CPUs of a user alone would have stocks */

FIXTURE(quota)
{
	char message[LONG];
	int ctl[2];
	int fd[2];
};

static int mount_limited(unsigned int i, const char *options)
{
	char path[64];

	snprintf(path, sizeof(path), ROOT "/%u", i);
	if (mkdir(path, 0755) && errno != EEXIST)
		return -errno;
	if (mount("none", path, "ipcmboxfs", 0, options))
		return -errno;
	strcat(path, "/control");
	return open(path, O_RDWR | O_CLOEXEC);
}

FIXTURE_SETUP(quota)
{
	unsigned int i;

	if (getuid())
		SKIP(return, "needs root, to mount");
	ASSERT_TRUE(!mkdir(ROOT, 0755) || errno == EEXIST);
	for (i = 0; i < 2; i++) {
		self->fd[i] = -1;
		self->ctl[i] = mount_limited(i, "newinstance,bytes=200000");
		ASSERT_LE(0, self->ctl[i]);
	}
}

FIXTURE_TEARDOWN(quota)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		if (self->fd[i] >= 0)
			close(self->fd[i]);
		close(self->ctl[i]);
	}
	EXPECT_EQ(0, umount(ROOT "/0"));
	EXPECT_EQ(0, umount(ROOT "/1"));
	EXPECT_TRUE(accounts_gone(""));
}

static int create(int ctl, uid_t uid, uint64_t capacity, uint64_t region_size)
{
	struct ipcmbox_create arg = {
		.size = sizeof(arg),
		.open_flags = O_RDWR,
		.capacity = capacity,
		.region_size = region_size,
	};
	int ret = accounts_become(uid);

	ret = ret ?: mbox_ioctl(ctl, IPCMBOX_IOC_CREATE, &arg);
	return accounts_become(0) ?: ret ?: arg.fd;
}

/* Of the one that was made so many after the oldest. */
static int64_t instance_used(unsigned int which, const char *key)
{
	FILE *file = fopen(ACCOUNTS_FILES "accounts", "re");
	char line[1024];
	int64_t used = -1;

	if (!file)
		return -1;
	while (used < 0 && fgets(line, sizeof(line), file))
		if (!strncmp(line, "instance=", 9) && !which--)
			used = accounts_value(line, key);
	fclose(file);
	return used;
}

/* Of a user in an instance. */
static int64_t used_there(uid_t uid, const char *key)
{
	FILE *file = fopen(ACCOUNTS_FILES "accounts", "re");
	char line[1024], start[32];
	int64_t used = -1;

	if (!file)
		return -1;
	snprintf(start, sizeof(start), "uid=%u ", uid);
	while (used < 0 && fgets(line, sizeof(line), file))
		if (!strncmp(line, start, strlen(start)) &&
		    strstr(line, " instance="))
			used = accounts_value(line, key);
	fclose(file);
	return used;
}

TEST_F(quota, users_share_it)
{
	self->fd[0] = create(self->ctl[0], FIRST, 10, 0);
	self->fd[1] = create(self->ctl[0], SECOND, 10, 0);
	ASSERT_LE(0, self->fd[1]);
	EXPECT_EQ(2, instance_used(0, "mailboxes"));
	EXPECT_EQ(0, instance_used(1, "mailboxes"));
	EXPECT_EQ(0, mbox_send(self->fd[0], self->message, LONG, 0));
	EXPECT_EQ(0, mbox_send(self->fd[1], self->message, LONG, 0));
	EXPECT_TRUE(accounts_wait(FIRST, "bytes", LONG, LONG + SLACK));
	EXPECT_TRUE(accounts_wait(SECOND, "bytes", LONG, LONG + SLACK));
	EXPECT_LE(2 * LONG, instance_used(0, "bytes"));
	EXPECT_GE(2 * LONG + SLACK, instance_used(0, "bytes"));
	/* It is charged to its sender while it is copied, then to the owner; never twice. */
	EXPECT_EQ(0, mbox_send(self->fd[1], self->message, LONG, 0));
	EXPECT_EQ(-EDQUOT, mbox_send(self->fd[0], self->message, LONG,
				     IPCMBOX_DONTWAIT));
	EXPECT_EQ(0, instance_used(1, "bytes"));
}

TEST_F(quota, regions_and_messages_together)
{
	self->fd[0] = create(self->ctl[0], FIRST, 10, 131072);
	ASSERT_LE(0, self->fd[0]);
	EXPECT_TRUE(accounts_wait(FIRST, "region-bytes", 131072, 131072));
	EXPECT_LE(131072, instance_used(0, "bytes"));
	EXPECT_EQ(0, instance_used(0, "region-bytes"));
	EXPECT_EQ(-EDQUOT, create(self->ctl[0], SECOND, 1, 131072));
	EXPECT_EQ(0, mbox_send(self->fd[0], self->message, LONG, 0));
	EXPECT_EQ(-EDQUOT, mbox_send(self->fd[0], self->message, LONG / 4,
				     IPCMBOX_DONTWAIT));
	close(self->fd[0]);
	self->fd[0] = create(self->ctl[0], SECOND, 1, 131072);
	EXPECT_LE(0, self->fd[0]);
}

/* Who waits in line with a message has no slot, but is in the instance all the same. */
TEST_F(quota, line)
{
	struct mbox_op op = {
		.kind = OP_SEND,
		.data = self->message,
		.len = LONG,
	};

	self->fd[0] = create(self->ctl[0], FIRST, 0, 0);
	ASSERT_LE(0, self->fd[0]);
	op.fd = self->fd[0];
	ASSERT_EQ(0, accounts_become(SECOND));
	ASSERT_EQ(0, mbox_op_start(&op));
	ASSERT_EQ(0, accounts_become(0));
	ASSERT_TRUE(mbox_wait_senders(self->fd[0], 1));
	EXPECT_TRUE(accounts_wait(SECOND, "bytes", LONG, LONG + SLACK));
	EXPECT_LE(LONG, instance_used(0, "bytes"));
	EXPECT_EQ(1, used_there(SECOND, "waiters"));
	EXPECT_EQ(LONG, mbox_recv(self->fd[0], self->message, LONG, 0));
	EXPECT_EQ(0, mbox_op_join(&op));
	EXPECT_TRUE(accounts_wait(SECOND, "bytes", 0, 0));
	EXPECT_GE(SLACK, instance_used(0, "bytes"));
}

/* One is full: who selects pays in each for what he has for it. */
TEST_F(quota, select)
{
	struct ipcmbox_send sends[2];
	struct ipcmbox_case cases[2];
	struct ipcmbox_select select;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		self->fd[i] = create(self->ctl[i], FIRST, 10, 0);
		ASSERT_LE(0, self->fd[i]);
		sends[i] = (struct ipcmbox_send){
			.size = sizeof(sends[i]),
			.data = (uintptr_t)self->message,
			.len = LONG,
		};
		cases[i] = (struct ipcmbox_case){
			.fd = self->fd[i],
			.kind = IPCMBOX_CASE_SEND,
			.arg = (uintptr_t)&sends[i],
		};
	}
	select = (struct ipcmbox_select){
		.size = sizeof(select),
		.flags = IPCMBOX_ORDERED | IPCMBOX_DONTWAIT,
		.cases = (uintptr_t)cases,
		.count = 2,
		.stride = sizeof(cases[0]),
	};
	EXPECT_EQ(0, mbox_device_ioctl(IPCMBOX_IOC_SELECT, &select));
	EXPECT_EQ(0, select.index);
	EXPECT_LE(LONG, instance_used(0, "bytes"));
	EXPECT_GE(SLACK, instance_used(1, "bytes"));
	while (!accounts_send(SECOND, self->fd[0], self->message, LONG / 4))
		;
	EXPECT_EQ(-EDQUOT, mbox_device_ioctl(IPCMBOX_IOC_SELECT, &select));
	EXPECT_EQ(0, select.index);
	EXPECT_GE(SLACK, instance_used(1, "bytes"));
}

static int receive(int fd)
{
	static char message[LONG];

	return mbox_recv(fd, message, sizeof(message), IPCMBOX_DONTWAIT);
}

/* Whoever gives it back: another user, or who changes the limit. */
TEST_F(quota, told_when_it_eases)
{
	unsigned int i, j;

	self->fd[0] = create(self->ctl[0], FIRST, 100, 0);
	self->fd[1] = create(self->ctl[0], SECOND, 100, 0);
	ASSERT_LE(0, self->fd[1]);
	for (i = 0; i < 2; i++) {
		while (!mbox_send(self->fd[i], self->message, LONG / 4,
				  IPCMBOX_DONTWAIT))
			;
		EXPECT_FALSE(accounts_can_send(self->fd[i], 0));
		for (j = 0; j < 2; j++)
			EXPECT_EQ(LONG / 4, receive(self->fd[0]));
		EXPECT_TRUE(
			accounts_can_send(self->fd[i], MBOX_WATCHDOG_MS / 4));
	}
	while (!mbox_send(self->fd[0], self->message, LONG / 4,
			  IPCMBOX_DONTWAIT))
		;
	EXPECT_FALSE(accounts_can_send(self->fd[0], 0));
	ASSERT_EQ(0, mount(NULL, ROOT "/0", NULL, MS_REMOUNT, "bytes=400000"));
	EXPECT_TRUE(accounts_can_send(self->fd[0], MBOX_WATCHDOG_MS / 4));
	EXPECT_EQ(0, mbox_send(self->fd[0], self->message, LONG / 4, 0));
	/* There will never be as much. */
	ASSERT_EQ(0, mount(NULL, ROOT "/0", NULL, MS_REMOUNT, "bytes=1"));
	EXPECT_EQ(-EDQUOT, mbox_send(self->fd[0], self->message, LONG / 4,
				     IPCMBOX_DONTWAIT));
}

/* Sends until there is no more, and again when that is said to be so. */
static int fill(int fd, const void *data, size_t len)
{
	int count = 0, tries = 0;

	do {
		while (!mbox_send(fd, data, len, IPCMBOX_DONTWAIT))
			count++;
		/* What is said to be so should be so, if not for long. */
		if (tries++ > 5)
			return -1;
	} while (accounts_can_send(fd, 1000));
	return count;
}

/* What one needs that is short of much does not keep others waiting, who are short of little. */
TEST_F(quota, told_by_need)
{
	int bulk = create(self->ctl[0], FIRST, 100, 0);

	self->fd[0] = create(self->ctl[0], FIRST, 100, 0);
	self->fd[1] = create(self->ctl[0], SECOND, 100, 0);
	ASSERT_LE(0, bulk);
	ASSERT_LE(0, self->fd[1]);
	while (!mbox_send(bulk, self->message, 2000, IPCMBOX_DONTWAIT))
		;
	EXPECT_EQ(-EDQUOT, mbox_send(self->fd[0], self->message, LONG,
				     IPCMBOX_DONTWAIT));
	EXPECT_EQ(-EDQUOT, mbox_send(self->fd[1], self->message, LONG / 10,
				     IPCMBOX_DONTWAIT));
	EXPECT_FALSE(accounts_can_send(self->fd[1], 0));
	while (!accounts_can_send(self->fd[1], 100))
		ASSERT_EQ(2000, receive(bulk));
	EXPECT_FALSE(accounts_can_send(self->fd[0], 100));
	EXPECT_EQ(0, mbox_send(self->fd[1], self->message, LONG / 10,
			       IPCMBOX_DONTWAIT));
	close(bulk);
	EXPECT_TRUE(accounts_can_send(self->fd[0], MBOX_WATCHDOG_MS / 4));
}

/* Who needs more than there may be any more is told, though others who need less wait on. */
TEST_F(quota, lower_than_needed)
{
	struct mbox_op op = {
		.kind = OP_SEND,
		.data = self->message,
		.len = LONG,
	};
	int64_t bytes = mbox_read_number(USER_BYTES);
	int bulk = create(self->ctl[0], FIRST, 100, 0);

	ASSERT_EQ(0, mount(NULL, ROOT "/0", NULL, MS_REMOUNT, "bytes=1000000"));
	self->fd[0] = create(self->ctl[0], FIRST, 1, 0);
	self->fd[1] = create(self->ctl[0], FIRST, 100, 0);
	ASSERT_LE(0, bulk);
	ASSERT_LE(0, self->fd[1]);
	ASSERT_EQ(0, mbox_send(self->fd[0], NULL, 0, 0));
	ASSERT_EQ(0, mbox_write_number(USER_BYTES, 150000));
	while (!mbox_send(bulk, self->message, 2000, IPCMBOX_DONTWAIT))
		;
	op.fd = self->fd[0];
	ASSERT_EQ(0, accounts_become(SECOND));
	ASSERT_EQ(0, mbox_op_start(&op));
	ASSERT_EQ(0, accounts_become(0));
	ASSERT_TRUE(mbox_wait_senders(self->fd[0], 1));
	EXPECT_EQ(0, receive(self->fd[0]));
	EXPECT_EQ(-EDQUOT, mbox_send(self->fd[1], self->message, LONG / 2,
				     IPCMBOX_DONTWAIT));
	usleep(50000);
	EXPECT_FALSE(op.done);
	ASSERT_EQ(0, mbox_write_number(USER_BYTES, LONG * 2 / 3));
	EXPECT_EQ(-EDQUOT, mbox_op_join(&op));
	EXPECT_FALSE(accounts_can_send(self->fd[1], 0));
	ASSERT_EQ(0, mbox_write_number(USER_BYTES, bytes));
	EXPECT_TRUE(accounts_can_send(self->fd[1], MBOX_WATCHDOG_MS / 4));
	close(bulk);
}

/* First the instance was short of much, and then the user of little. */
TEST_F(quota, short_of_another)
{
	int64_t bytes = mbox_read_number(USER_BYTES);

	self->fd[0] = create(self->ctl[0], FIRST, 100, 0);
	ASSERT_LE(0, self->fd[0]);
	while (accounts_used(FIRST, "bytes") < 200000 - LONG)
		ASSERT_EQ(0, mbox_send(self->fd[0], self->message, 4000, 0));
	EXPECT_EQ(-EDQUOT, mbox_send(self->fd[0], self->message, LONG,
				     IPCMBOX_DONTWAIT));
	ASSERT_EQ(0, mbox_write_number(USER_BYTES, 200000 - LONG));
	EXPECT_EQ(-EDQUOT, mbox_send(self->fd[0], self->message, 4000,
				     IPCMBOX_DONTWAIT));
	EXPECT_FALSE(accounts_can_send(self->fd[0], 100));
	ASSERT_EQ(0, mbox_write_number(USER_BYTES, bytes));
	EXPECT_TRUE(accounts_can_send(self->fd[0], MBOX_WATCHDOG_MS / 4));
	EXPECT_EQ(0, mbox_send(self->fd[0], self->message, 4000,
			       IPCMBOX_DONTWAIT));
}

/* Who is refused memory for a priority is told as well when there is some. */
TEST_F(quota, priorities)
{
	struct ipcmbox_create arg = {
		.size = sizeof(arg),
		.open_flags = O_RDWR,
		.capacity = 10,
		.order = IPCMBOX_PRIORITY,
	};
	struct ipcmbox_send send = {
		.size = sizeof(send),
		.flags = IPCMBOX_DONTWAIT,
	};
	int ret, i;

	self->fd[1] = create(self->ctl[0], SECOND, IPCMBOX_UNBOUNDED, 0);
	ASSERT_LE(0, self->fd[1]);
	ASSERT_EQ(0, mbox_ioctl(self->ctl[0], IPCMBOX_IOC_CREATE, &arg));
	self->fd[0] = arg.fd;
	while (!mbox_send(self->fd[1], self->message, 3000, IPCMBOX_DONTWAIT))
		;
	EXPECT_TRUE(accounts_can_send(self->fd[0], 0));
	for (ret = 0; !ret; send.priority += ret ? 0 : 128) {
		ASSERT_GE(IPCMBOX_PRIORITY_MAX, send.priority);
		ret = mbox_ioctl(self->fd[0], IPCMBOX_IOC_SEND, &send);
	}
	EXPECT_EQ(-EDQUOT, ret);
	EXPECT_FALSE(accounts_can_send(self->fd[0], 0));
	/* There was enough for the message itself. */
	EXPECT_EQ(0, mbox_send(self->fd[1], NULL, 0, IPCMBOX_DONTWAIT));
	EXPECT_FALSE(accounts_can_send(self->fd[0], 0));
	for (i = 0; i < 20; i++)
		EXPECT_EQ(3000, receive(self->fd[1]));
	EXPECT_TRUE(accounts_can_send(self->fd[0], MBOX_WATCHDOG_MS / 4));
	EXPECT_EQ(0, mbox_ioctl(self->fd[0], IPCMBOX_IOC_SEND, &send));
}

/* There are none, which could be all that there is; see account.h. */
TEST_F(quota, without_stocks)
{
	int64_t used;
	int i;

	ASSERT_EQ(0,
		  mount(NULL, ROOT "/0", NULL, MS_REMOUNT, "bytes=16777216"));
	self->fd[0] = create(self->ctl[0], FIRST, 0, 0);
	self->fd[1] = create(self->ctl[0], SECOND, IPCMBOX_UNBOUNDED, 0);
	ASSERT_LE(0, self->fd[1]);
	/* Nobody receives it, and what it was charged is in stock. */
	for (i = 0; i < 4; i++)
		EXPECT_EQ(-EAGAIN, accounts_send(FIRST, self->fd[0],
						 self->message, 5000));
	EXPECT_LT(200, fill(self->fd[1], self->message, LONG));
	EXPECT_LE(0, fill(self->fd[1], self->message, 1));
	used = accounts_used(FIRST, "bytes") + accounts_used(SECOND, "bytes");
	EXPECT_LE(LARGE - 8192, used);
	EXPECT_GE(LARGE, used);
}

/* A user has no more for having it in many. */
TEST_F(quota, users_have_theirs)
{
	static const char path[] = MBOX_PARAMETERS "user_mailboxes";
	int64_t before = mbox_read_number(path);

	ASSERT_EQ(0, mbox_write_number(path, 2));
	self->fd[0] = create(self->ctl[0], FIRST, 1, 0);
	self->fd[1] = create(self->ctl[1], FIRST, 1, 0);
	EXPECT_LE(0, self->fd[1]);
	EXPECT_EQ(-EDQUOT, create(self->ctl[0], FIRST, 1, 0));
	EXPECT_EQ(-EDQUOT, create(self->ctl[1], FIRST, 1, 0));
	EXPECT_EQ(2, accounts_used(FIRST, "mailboxes"));
	EXPECT_EQ(0, mbox_write_number(path, before));
}

TEST_HARNESS_MAIN
