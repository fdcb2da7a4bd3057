// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who pays: the owner of a mailbox for what is stored there, a sender for what is not yet,
 * a caller for the answer, who waits for waiting, and who peeks for what he looks at.
 */
#include <sys/eventfd.h>

#include "kselftest_harness.h"
#include "accounts.h"
#include "call.h"
#include "select.h"
#include "stall.h"

#define OWNER 65520
#define SENDER 65521
#define LONG 60000
#define MORE (LONG + 20000)
#define CALLERS 64
#define BYTES MBOX_PARAMETERS "user_bytes"
#define WAITERS MBOX_PARAMETERS "user_waiters"

FIXTURE(payer)
{
	int64_t bytes;
	int64_t waiters;
	struct stall stall;
	struct mbox_op op[4];
	char message[LONG];
	int fd;
};

FIXTURE_SETUP(payer)
{
	unsigned int i;

	if (getuid())
		SKIP(return, "needs root, to see accounts");
	self->fd = -1;
	self->stall.uffd = -1;
	self->bytes = mbox_read_number(BYTES);
	self->waiters = mbox_read_number(WAITERS);
	ASSERT_LT(0, self->bytes);
	ASSERT_LT(0, self->waiters);
	for (i = 0; i < ARRAY_SIZE(self->op); i++)
		self->op[i] = (struct mbox_op){
			.kind = OP_SEND,
			.data = self->message,
			.len = LONG,
		};
}

FIXTURE_TEARDOWN(payer)
{
	mbox_write_number(BYTES, self->bytes);
	mbox_write_number(WAITERS, self->waiters);
	stall_exit(&self->stall);
	if (self->fd >= 0)
		close(self->fd);
	EXPECT_TRUE(accounts_gone("uid=6552"));
}

static int receive(int fd)
{
	static char message[LONG];

	return mbox_recv(fd, message, sizeof(message), IPCMBOX_DONTWAIT);
}

TEST_F(payer, stored)
{
	static const uint64_t capacities[] = { 1, 7, IPCMBOX_UNBOUNDED };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(capacities); i++) {
		self->fd = accounts_create(OWNER, capacities[i]);
		ASSERT_LE(0, self->fd);
		self->op[0].fd = self->fd;
		ASSERT_TRUE(accounts_start(SENDER, &self->op[0]));
		EXPECT_EQ(0, mbox_op_join(&self->op[0]));
		EXPECT_TRUE(accounts_wait(OWNER, "bytes", LONG, MORE));
		EXPECT_TRUE(accounts_wait(SENDER, "bytes", 0, 0));
		EXPECT_EQ(LONG, receive(self->fd));
		EXPECT_TRUE(accounts_wait(OWNER, "bytes", 0, LONG / 2));
		close(self->fd);
	}
	self->fd = -1;
}

TEST_F(payer, in_line)
{
	self->fd = accounts_create(OWNER, 1);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, mbox_send(self->fd, NULL, 0, 0));
	self->op[0].fd = self->fd;
	ASSERT_TRUE(accounts_start(SENDER, &self->op[0]));
	ASSERT_TRUE(mbox_wait_senders(self->fd, 1));
	EXPECT_TRUE(accounts_wait(SENDER, "bytes", LONG, MORE));
	EXPECT_TRUE(accounts_wait(SENDER, "waiters", 1, 1));
	EXPECT_TRUE(accounts_wait(OWNER, "bytes", 0, LONG / 2));
	EXPECT_EQ(0, receive(self->fd));
	EXPECT_EQ(0, mbox_op_join(&self->op[0]));
	EXPECT_TRUE(accounts_wait(OWNER, "bytes", LONG, MORE));
	EXPECT_TRUE(accounts_wait(SENDER, "bytes", 0, 0));
	EXPECT_TRUE(accounts_wait(SENDER, "waiters", 0, 0));
}

TEST_F(payer, rendezvous)
{
	self->fd = accounts_create(OWNER, IPCMBOX_RENDEZVOUS);
	ASSERT_LE(0, self->fd);
	self->op[0].fd = self->fd;
	ASSERT_TRUE(accounts_start(SENDER, &self->op[0]));
	ASSERT_TRUE(mbox_wait_senders(self->fd, 1));
	EXPECT_TRUE(accounts_wait(SENDER, "bytes", LONG, MORE));
	EXPECT_EQ(LONG, receive(self->fd));
	EXPECT_EQ(0, mbox_op_join(&self->op[0]));
	EXPECT_TRUE(accounts_wait(SENDER, "bytes", 0, 0));
}

/* What one user pays in both ways is not needed twice. */
TEST_F(payer, up_to_the_limit)
{
	self->fd = accounts_create(SENDER, 4);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, mbox_write_number(BYTES, LONG + LONG / 2));
	self->op[0].fd = self->fd;
	self->op[1].fd = self->fd;
	ASSERT_TRUE(accounts_start(SENDER, &self->op[0]));
	EXPECT_EQ(0, mbox_op_join(&self->op[0]));
	ASSERT_TRUE(accounts_start(SENDER, &self->op[1]));
	EXPECT_EQ(-EDQUOT, mbox_op_join(&self->op[1]));
	EXPECT_EQ(IPCMBOX_NOT_SENT, self->op[1].disposition);
	EXPECT_EQ(LONG, receive(self->fd));
	EXPECT_TRUE(accounts_wait(SENDER, "bytes", 0, LONG / 2));
	ASSERT_TRUE(accounts_start(SENDER, &self->op[1]));
	EXPECT_EQ(0, mbox_op_join(&self->op[1]));
}

/* A sender in line is not held by the quota of the owner, nor the other way round. */
TEST_F(payer, of_its_own)
{
	self->fd = accounts_create(OWNER, 1);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, mbox_send(self->fd, NULL, 0, 0));
	ASSERT_EQ(0, mbox_write_number(BYTES, LONG / 2));
	self->op[0].fd = self->fd;
	ASSERT_TRUE(accounts_start(SENDER, &self->op[0]));
	EXPECT_EQ(-EDQUOT, mbox_op_join(&self->op[0]));
	EXPECT_EQ(0, mbox_info(self->fd).withdrawn);
}

TEST_F(payer, peeking)
{
	self->fd = accounts_create(OWNER, 1);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, mbox_send(self->fd, self->message, LONG, 0));
	ASSERT_TRUE(stall_init(&self->stall, self->fd));
	self->stall.op.kind = OP_PEEK;
	self->stall.op.flags = IPCMBOX_TRUNCATE;
	ASSERT_TRUE(accounts_start(SENDER, &self->stall.op));
	EXPECT_TRUE(accounts_wait(SENDER, "bytes", LONG, MORE));
	EXPECT_EQ(LONG, receive(self->fd));
	EXPECT_TRUE(accounts_wait(OWNER, "bytes", 0, LONG / 2));
	EXPECT_TRUE(accounts_wait(SENDER, "bytes", LONG, MORE));
	ASSERT_EQ(0, stall_end(&self->stall));
	EXPECT_EQ(0, mbox_op_join(&self->stall.op));
	EXPECT_TRUE(accounts_wait(SENDER, "bytes", 0, 0));
}

TEST_F(payer, call)
{
	struct caller caller = {};
	uint64_t token;
	bool started;

	self->fd = accounts_create(OWNER, 1);
	ASSERT_LE(0, self->fd);
	caller.arg.answer = (uintptr_t)self->message;
	caller.arg.answer_len = LONG;
	caller.arg.deadline = mbox_deadline(2000);
	ASSERT_EQ(0, accounts_become(SENDER));
	started = caller_start(&caller, self->fd, 1);
	ASSERT_EQ(0, accounts_become(0));
	ASSERT_TRUE(started);
	EXPECT_TRUE(accounts_wait(SENDER, "bytes", LONG, MORE));
	token = serve_take(self->fd, 1);
	EXPECT_NE(0, token);
	EXPECT_EQ(-ETIMEDOUT, caller_join(&caller));
	/* From now on it is there for the server alone, without the room for the answer. */
	EXPECT_TRUE(accounts_wait(SENDER, "bytes", 0, 0));
	EXPECT_TRUE(accounts_wait(OWNER, "bytes", 0, LONG / 2));
	EXPECT_EQ(-ESTALE, serve_reply(self->fd, token, 2));
	EXPECT_TRUE(accounts_wait(OWNER, "bytes", 0, LONG / 2));
}

/* Calls that have been left are over where the owner has no quota for them. */
TEST_F(payer, calls_of_a_poor_owner)
{
	struct caller callers[CALLERS] = {};
	unsigned int i;

	self->fd = accounts_create(OWNER, 1);
	ASSERT_LE(0, self->fd);
	for (i = 0; i < CALLERS; i++) {
		callers[i].arg.deadline = mbox_deadline(3000);
		ASSERT_EQ(0, accounts_become(SENDER));
		ASSERT_TRUE(caller_start(&callers[i], self->fd, i));
		ASSERT_EQ(0, accounts_become(0));
		EXPECT_NE(0, serve_take(self->fd, i));
	}
	ASSERT_EQ(0, mbox_write_number(BYTES, 1));
	for (i = 0; i < CALLERS; i++)
		EXPECT_EQ(-ETIMEDOUT, caller_join(&callers[i]));
	EXPECT_TRUE(accounts_wait(SENDER, "bytes", 0, 0));
	EXPECT_GT(CALLERS / 2, mbox_info(self->fd).calls);
}

TEST_F(payer, waiting)
{
	struct ipcmbox_notify notify = {
		.size = sizeof(notify),
		.eventfd = eventfd(0, EFD_CLOEXEC),
		.events = IPCMBOX_EVENT_MESSAGE,
	};
	struct selector *selector = calloc(1, sizeof(*selector));
	unsigned int i;

	self->fd = accounts_create(OWNER, 1);
	ASSERT_LE(0, self->fd);
	ASSERT_LE(0, notify.eventfd);
	ASSERT_EQ(0, accounts_become(SENDER));
	EXPECT_EQ(0, mbox_ioctl(self->fd, IPCMBOX_IOC_NOTIFY, &notify));
	for (i = 0; i < 3; i++)
		select_recv(selector, self->fd);
	EXPECT_EQ(0, select_start(selector));
	EXPECT_TRUE(mbox_wait_receivers(self->fd, 3));
	self->op[0] = (struct mbox_op){ .fd = self->fd, .kind = OP_RECV };
	EXPECT_EQ(0, mbox_op_start(&self->op[0]));
	ASSERT_EQ(0, accounts_become(0));
	EXPECT_TRUE(accounts_wait(SENDER, "waiters", 5, 5));
	ASSERT_EQ(0, mbox_write_number(WAITERS, 5));
	self->op[1] = self->op[0];
	ASSERT_TRUE(accounts_start(SENDER, &self->op[1]));
	EXPECT_EQ(-EDQUOT, mbox_op_join(&self->op[1]));
	/* Who does not wait needs no quota for it, and others have one of their own. */
	self->op[1].flags = IPCMBOX_DONTWAIT;
	ASSERT_TRUE(accounts_start(SENDER, &self->op[1]));
	EXPECT_EQ(-EAGAIN, mbox_op_join(&self->op[1]));
	self->op[1].flags = 0;
	ASSERT_TRUE(accounts_start(OWNER, &self->op[1]));
	EXPECT_TRUE(accounts_wait(OWNER, "waiters", 1, 1));
	notify.eventfd = -1;
	notify.events = 0;
	EXPECT_EQ(0, mbox_ioctl(self->fd, IPCMBOX_IOC_NOTIFY, &notify));
	EXPECT_TRUE(accounts_wait(SENDER, "waiters", 4, 4));
	EXPECT_EQ(0, mbox_destroy(self->fd));
	EXPECT_EQ(-EIDRM, select_join(selector));
	EXPECT_EQ(-EIDRM, mbox_op_join(&self->op[0]));
	EXPECT_EQ(-EIDRM, mbox_op_join(&self->op[1]));
	EXPECT_TRUE(accounts_wait(SENDER, "waiters", 0, 0));
	free(selector);
}

/* Uses up what the owner has but for less than a long message; a mailbox to close. */
static int use_up(struct __test_metadata *_metadata, int64_t limit)
{
	static char message[4000];
	int fd = accounts_create(OWNER, IPCMBOX_UNBOUNDED);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, mbox_write_number(BYTES, limit));
	while (accounts_used(OWNER, "bytes") < limit - LONG / 2)
		ASSERT_EQ(0, mbox_send(fd, message, sizeof(message), 0));
	return fd;
}

TEST_F(payer, room_of_the_quota)
{
	int other;

	self->fd = accounts_create(OWNER, 7);
	ASSERT_LE(0, self->fd);
	other = use_up(_metadata, 4 * LONG);
	EXPECT_TRUE(accounts_can_send(self->fd, 0));
	EXPECT_EQ(-EDQUOT, mbox_send(self->fd, self->message, LONG, 0));
	EXPECT_FALSE(accounts_can_send(self->fd, 100));
	/* What is less than was missing wakes nobody. */
	EXPECT_EQ(4000, receive(other));
	EXPECT_FALSE(accounts_can_send(self->fd, 100));
	close(other);
	EXPECT_TRUE(accounts_can_send(self->fd, MBOX_WATCHDOG_MS));
	EXPECT_EQ(0, mbox_send(self->fd, self->message, LONG, 0));

	other = use_up(_metadata, 4 * LONG);
	EXPECT_EQ(-EDQUOT, mbox_send(self->fd, self->message, LONG, 0));
	EXPECT_FALSE(accounts_can_send(self->fd, 100));
	ASSERT_EQ(0, mbox_write_number(BYTES, self->bytes));
	EXPECT_TRUE(accounts_can_send(self->fd, MBOX_WATCHDOG_MS));
	close(other);
}

/* The same where the sender is the owner, and fails before he has the mailbox locked. */
TEST_F(payer, room_for_the_owner)
{
	int other, ret, pid;

	self->fd = accounts_create(OWNER, 7);
	ASSERT_LE(0, self->fd);
	other = use_up(_metadata, 4 * LONG);
	ASSERT_EQ(0, accounts_become(OWNER));
	ret = mbox_send(self->fd, self->message, LONG, IPCMBOX_DONTWAIT);
	ASSERT_EQ(0, accounts_become(0));
	EXPECT_EQ(-EDQUOT, ret);
	EXPECT_FALSE(accounts_can_send(self->fd, 0));
	pid = fork();
	if (!pid)
		_exit(usleep(100000) || mbox_drain(other) <= 0);
	EXPECT_TRUE(accounts_can_send(self->fd, MBOX_WATCHDOG_MS));
	EXPECT_EQ(0, mbox_reap(pid));
	close(other);
}

/* A message of the line gets its slot when the owner has quota for it. */
TEST_F(payer, line_goes_on)
{
	int other;

	self->fd = accounts_create(OWNER, 1);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, mbox_send(self->fd, NULL, 0, 0));
	other = use_up(_metadata, 4 * LONG);
	self->op[0].fd = self->fd;
	ASSERT_TRUE(accounts_start(SENDER, &self->op[0]));
	ASSERT_TRUE(mbox_wait_senders(self->fd, 1));
	EXPECT_EQ(0, receive(self->fd));
	/* There is a slot; but it waits, and can be received. */
	usleep(50000);
	EXPECT_EQ(1, mbox_info(self->fd).senders_waiting);
	EXPECT_FALSE(self->op[0].done);
	EXPECT_EQ(LONG, receive(self->fd));
	EXPECT_EQ(0, mbox_op_join(&self->op[0]));

	ASSERT_EQ(0, mbox_send(self->fd, NULL, 0, 0));
	ASSERT_TRUE(accounts_start(SENDER, &self->op[0]));
	ASSERT_TRUE(mbox_wait_senders(self->fd, 1));
	EXPECT_EQ(0, receive(self->fd));
	close(other);
	EXPECT_EQ(0, mbox_op_join(&self->op[0]));
	EXPECT_EQ(1, mbox_info(self->fd).queued);
	EXPECT_TRUE(accounts_wait(OWNER, "bytes", LONG, MORE));
}

/* Nobody waits for what there will never be. */
TEST_F(payer, lower_than_needed)
{
	int other;

	self->fd = accounts_create(OWNER, 1);
	ASSERT_LE(0, self->fd);
	other = use_up(_metadata, 4 * LONG);
	EXPECT_EQ(-EDQUOT, mbox_send(self->fd, self->message, LONG, 0));
	EXPECT_FALSE(accounts_can_send(self->fd, 100));
	ASSERT_EQ(0, mbox_write_number(BYTES, LONG / 2));
	EXPECT_TRUE(accounts_can_send(self->fd, MBOX_WATCHDOG_MS));
	close(other);

	ASSERT_EQ(0, mbox_write_number(BYTES, 4 * LONG));
	ASSERT_EQ(0, mbox_send(self->fd, NULL, 0, 0));
	self->op[0].fd = self->fd;
	ASSERT_TRUE(accounts_start(SENDER, &self->op[0]));
	ASSERT_TRUE(mbox_wait_senders(self->fd, 1));
	ASSERT_EQ(0, mbox_write_number(BYTES, LONG / 2));
	EXPECT_EQ(0, receive(self->fd));
	EXPECT_EQ(-EDQUOT, mbox_op_join(&self->op[0]));
	EXPECT_EQ(IPCMBOX_WITHDRAWN, self->op[0].disposition);
}

/* What mailboxes keep that nobody uses is not missing elsewhere. */
TEST_F(payer, idle_mailboxes)
{
	int fds[64];
	unsigned int i;

	ASSERT_EQ(0, mbox_write_number(BYTES, 4 * LONG));
	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i] = accounts_create(OWNER, 1);
		ASSERT_LE(0, fds[i]);
		EXPECT_EQ(0, mbox_send(fds[i], self->message, 1000,
				       IPCMBOX_DONTWAIT));
		EXPECT_EQ(1000, receive(fds[i]));
	}
	self->fd = accounts_create(OWNER, 7);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, mbox_send(self->fd, self->message, LONG,
				       IPCMBOX_DONTWAIT));
	for (i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
}

/* A mailbox that ends while it waits for quota. */
TEST_F(payer, ends_meanwhile)
{
	int other, i;

	other = use_up(_metadata, 4 * LONG);
	for (i = 0; i < 100; i++) {
		self->fd = accounts_create(OWNER, 7);
		ASSERT_LE(0, self->fd);
		EXPECT_EQ(-EDQUOT, mbox_send(self->fd, self->message, LONG, 0));
		if (i % 2)
			mbox_write_number(BYTES, (i % 4 ? 4 : 6) * LONG);
		close(self->fd);
	}
	self->fd = -1;
	close(other);
}

TEST_HARNESS_MAIN
