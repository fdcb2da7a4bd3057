// SPDX-License-Identifier: GPL-2.0-only
/*
 * One user sends and owns the mailbox: what he pays already he need not have twice, and
 * what comes to nothing after it was billed costs nobody anything.
 */
#include "kselftest_harness.h"
#include "accounts.h"
#include "call.h"

#define USER 65520
#define OTHER 65521
#define LONG 60000
#define IDLE 16
#define BYTES MBOX_PARAMETERS "user_bytes"
#define WAITERS MBOX_PARAMETERS "user_waiters"

FIXTURE(slot)
{
	int64_t bytes;
	int64_t waiters;
	int fd;
	struct mbox_op op;
	char message[LONG];
};

FIXTURE_SETUP(slot)
{
	if (getuid())
		SKIP(return, "needs root, to see accounts");
	self->bytes = mbox_read_number(BYTES);
	self->waiters = mbox_read_number(WAITERS);
	ASSERT_LT(0, self->bytes);
	ASSERT_LT(0, self->waiters);
	self->fd = accounts_create(USER, 1);
	ASSERT_LE(0, self->fd);
	self->op = (struct mbox_op){
		.kind = OP_SEND,
		.fd = self->fd,
		.data = self->message,
		.len = LONG,
	};
}

FIXTURE_TEARDOWN(slot)
{
	EXPECT_EQ(0, mbox_write_number(BYTES, self->bytes));
	EXPECT_EQ(0, mbox_write_number(WAITERS, self->waiters));
	close(self->fd);
	EXPECT_TRUE(accounts_gone("uid=6552"));
}

static int receive(int fd)
{
	static char message[LONG];

	return mbox_recv(fd, message, sizeof(message), IPCMBOX_DONTWAIT);
}

/* For its slot a message of the line needs no more than its sender does not pay yet. */
TEST_F(slot, comes_free)
{
	int other = accounts_create(USER, 1);

	ASSERT_LE(0, other);
	ASSERT_EQ(0, mbox_send(other, self->message, LONG, 0));
	ASSERT_EQ(0, mbox_send(self->fd, NULL, 0, 0));
	ASSERT_TRUE(accounts_start(USER, &self->op));
	ASSERT_TRUE(mbox_wait_senders(self->fd, 1));
	ASSERT_EQ(0, mbox_write_number(BYTES, LONG + LONG / 2));
	EXPECT_EQ(0, receive(self->fd));
	usleep(50000);
	EXPECT_FALSE(self->op.done);
	EXPECT_EQ(1, mbox_info(self->fd).senders_waiting);
	/* There is not as much as would be needed twice. */
	close(other);
	EXPECT_EQ(0, mbox_op_join(&self->op));
	EXPECT_EQ(1, mbox_info(self->fd).queued);
	EXPECT_TRUE(accounts_wait(USER, "bytes", LONG, LONG + LONG / 2));
	EXPECT_EQ(LONG, receive(self->fd));
}

/* There is a slot for the message, but its sender may not wait until it is taken. */
TEST_F(slot, without_waiters)
{
	struct mbox_op other = { .kind = OP_RECV };
	int64_t limits[] = { self->bytes, LONG + LONG / 2 }, before;
	unsigned int i;

	other.fd = accounts_create(USER, IPCMBOX_RENDEZVOUS);
	ASSERT_LE(0, other.fd);
	ASSERT_TRUE(accounts_start(USER, &other));
	ASSERT_TRUE(mbox_wait_receivers(other.fd, 1));
	ASSERT_EQ(0, mbox_write_number(WAITERS, 1));
	before = accounts_used(USER, "bytes");
	self->op.flags = IPCMBOX_UNTIL_TAKEN;
	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		ASSERT_EQ(0, mbox_write_number(BYTES, limits[i]));
		ASSERT_TRUE(accounts_start(USER, &self->op));
		EXPECT_EQ(-EDQUOT, mbox_op_join(&self->op));
		EXPECT_EQ(IPCMBOX_NOT_SENT, self->op.disposition);
		EXPECT_EQ(0, mbox_info(self->fd).sent);
		/* A mailbox keeps a little of what there is plenty of. */
		EXPECT_TRUE(accounts_wait(USER, "bytes", 0, before + LONG / 2));
	}
	ASSERT_EQ(0, mbox_write_number(WAITERS, self->waiters));
	ASSERT_EQ(0, mbox_send_num(other.fd, 1, 0));
	EXPECT_EQ(0, mbox_op_join(&other));
	close(other.fd);
	/* Nothing of it stands in the way of the next. */
	self->op.flags = 0;
	ASSERT_TRUE(accounts_start(USER, &self->op));
	EXPECT_EQ(0, mbox_op_join(&self->op));
	EXPECT_EQ(LONG, receive(self->fd));
}

/* A call that its caller has left is kept for its server, though there is no quota left. */
TEST_F(slot, of_a_call)
{
	struct caller caller = {};
	uint64_t token;
	bool started;

	/* So little that the mailbox keeps nothing of it in store. */
	ASSERT_EQ(0, mbox_write_number(BYTES, 8192));
	caller.arg.deadline = mbox_deadline(1000);
	ASSERT_EQ(0, accounts_become(USER));
	started = caller_start(&caller, self->fd, 1);
	ASSERT_EQ(0, accounts_become(0));
	ASSERT_TRUE(started);
	token = serve_take(self->fd, 1);
	EXPECT_NE(0, token);
	ASSERT_EQ(0, mbox_write_number(BYTES, 1));
	EXPECT_EQ(-ETIMEDOUT, caller_join(&caller));
	EXPECT_EQ(1, mbox_info(self->fd).calls);
	EXPECT_LT(0, accounts_used(USER, "bytes"));
	EXPECT_EQ(-ESTALE, serve_reply(self->fd, token, 2));
	EXPECT_EQ(0, mbox_info(self->fd).calls);
	EXPECT_TRUE(accounts_wait(USER, "bytes", 0, LONG / 2));
}

/* Another user stands in line behind an empty message. */
static bool line_up(struct mbox_op *op)
{
	op->deadline = mbox_deadline(MBOX_WATCHDOG_MS / 2);
	return !mbox_send(op->fd, NULL, 0, 0) && accounts_start(OTHER, op) &&
	       mbox_wait_senders(op->fd, 1);
}

/* Nobody waits for what mailboxes keep that are not in use. */
TEST_F(slot, of_what_idle_ones_keep)
{
	int fds[IDLE];
	unsigned int i;

	ASSERT_EQ(0, mbox_write_number(BYTES, LONG + LONG / 30));
	for (i = 0; i < IDLE; i++) {
		fds[i] = accounts_create(USER, 1);
		ASSERT_LE(0, fds[i]);
		EXPECT_EQ(0, mbox_send_num(fds[i], 1, 0));
		EXPECT_EQ(1, mbox_recv_num(fds[i], 0));
	}
	EXPECT_LT(LONG / 30, accounts_used(USER, "bytes"));
	ASSERT_TRUE(line_up(&self->op));
	EXPECT_EQ(0, receive(self->fd));
	EXPECT_EQ(-EDQUOT, mbox_op_join(&self->op));
	EXPECT_EQ(IPCMBOX_WITHDRAWN, self->op.disposition);
	EXPECT_TRUE(accounts_can_send(self->fd, 0));
	for (i = 0; i < IDLE; i++)
		close(fds[i]);
}

/* The same where it waits already, and only then the limit gets so low. */
TEST_F(slot, of_what_idle_ones_keep_of_less)
{
	int other, idle;

	ASSERT_EQ(0, mbox_write_number(BYTES, LONG + LONG / 3));
	idle = accounts_create(USER, 1);
	other = accounts_create(USER, 1);
	ASSERT_LE(0, idle);
	ASSERT_LE(0, other);
	EXPECT_EQ(0, mbox_send_num(idle, 1, 0));
	EXPECT_EQ(1, mbox_recv_num(idle, 0));
	EXPECT_LT(LONG / 30, accounts_used(USER, "bytes"));
	ASSERT_EQ(0, mbox_send(other, self->message, LONG / 2, 0));
	ASSERT_TRUE(line_up(&self->op));
	EXPECT_EQ(0, receive(self->fd));
	usleep(50000);
	EXPECT_FALSE(self->op.done);
	ASSERT_EQ(0, mbox_write_number(BYTES, LONG + LONG / 30));
	close(other);
	EXPECT_EQ(-EDQUOT, mbox_op_join(&self->op));
	EXPECT_EQ(IPCMBOX_WITHDRAWN, self->op.disposition);
	close(idle);
}

TEST_HARNESS_MAIN
