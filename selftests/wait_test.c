// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ends of a wait that the other side does not bring: a signal, with and without
 * SA_RESTART, and the deadline, at every point where a call can wait. What was
 * not sent is withdrawn, and what was completed is never said to have failed.
 */
#include "kselftest_harness.h"
#include "ipcmbox_util.h"

static atomic_uint signals;

static void on_signal(int signo)
{
	signals++;
}

static int catch_signal(int flags)
{
	const struct sigaction action = {
		.sa_handler = on_signal,
		.sa_flags = flags,
	};

	signals = 0;
	return sigaction(SIGUSR1, &action, NULL);
}

static int notify(const struct mbox_op *op)
{
	return pthread_kill(op->thread, SIGUSR1);
}

static bool wait_signals(unsigned int count)
{
	uint64_t end = mbox_deadline(MBOX_WATCHDOG_MS);

	while (signals != count) {
		if (mbox_now() > end)
			return false;
		mbox_nap();
	}
	return true;
}

FIXTURE(wait)
{
	int fd;
	struct mbox_op op;
	struct ipcmbox_info before;
};

FIXTURE_VARIANT(wait)
{
	int kind;
	uint64_t capacity;
	unsigned int flags;
};

/* A name for each point where a call can wait. */
#define POINT(name, the_kind, the_capacity, the_flags)			\
	FIXTURE_VARIANT_ADD(wait, name)					\
	{								\
		.kind = the_kind,					\
		.capacity = the_capacity,				\
		.flags = the_flags,					\
	}

POINT(send_0, OP_SEND, 0, 0);
POINT(send_1, OP_SEND, 1, 0);
POINT(send_2, OP_SEND, 2, 0);
POINT(send_7, OP_SEND, 7, 0);
POINT(write_0, OP_WRITE, 0, 0);
POINT(write_1, OP_WRITE, 1, 0);
POINT(write_2, OP_WRITE, 2, 0);
POINT(write_7, OP_WRITE, 7, 0);
POINT(recv_0, OP_RECV, 0, 0);
POINT(recv_1, OP_RECV, 1, 0);
POINT(recv_2, OP_RECV, 2, 0);
POINT(recv_7, OP_RECV, 7, 0);
POINT(recv_unbounded, OP_RECV, IPCMBOX_UNBOUNDED, 0);
POINT(read_0, OP_READ, 0, 0);
POINT(read_1, OP_READ, 1, 0);
POINT(read_2, OP_READ, 2, 0);
POINT(read_7, OP_READ, 7, 0);
POINT(read_unbounded, OP_READ, IPCMBOX_UNBOUNDED, 0);
POINT(until_taken_0, OP_SEND, 0, IPCMBOX_UNTIL_TAKEN);
POINT(until_taken_1, OP_SEND, 1, IPCMBOX_UNTIL_TAKEN);
POINT(until_taken_2, OP_SEND, 2, IPCMBOX_UNTIL_TAKEN);
POINT(until_taken_7, OP_SEND, 7, IPCMBOX_UNTIL_TAKEN);
POINT(until_taken_unbound, OP_SEND, IPCMBOX_UNBOUNDED, IPCMBOX_UNTIL_TAKEN);

FIXTURE_SETUP(wait)
{
	self->fd = mbox_create(variant->capacity, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->op = (struct mbox_op){
		.fd = self->fd,
		.kind = variant->kind,
		.flags = variant->flags,
		.num = 1000,
	};
	/* A plain sender waits only where there is no room. */
	if (mbox_op_is_sender(&self->op) && !variant->flags)
		ASSERT_LE(0, mbox_fill(self->fd, variant->capacity, 0));
	self->before = mbox_info(self->fd);
}

FIXTURE_TEARDOWN(wait)
{
	EXPECT_TRUE(mbox_is_calm(self->fd));
	EXPECT_EQ(0, close(self->fd));
}

/* With UNTIL_TAKEN, what waits is stored and has its sender waiting for it. */
static bool park(struct mbox_op *op)
{
	uint64_t end = mbox_deadline(MBOX_WATCHDOG_MS);
	char path[64], line[128];
	FILE *file;
	char state = 0;

	if (!(op->flags & IPCMBOX_UNTIL_TAKEN) || !mbox_info(op->fd).capacity)
		return mbox_op_park(op);
	if (mbox_op_start(op))
		return false;
	while (state != 'S' || mbox_info(op->fd).queued != 1) {
		snprintf(path, sizeof(path), "/proc/self/task/%d/stat",
			 op->tid);
		file = fopen(path, "re");
		if (file) {
			if (fgets(line, sizeof(line), file) &&
			    strrchr(line, ')'))
				state = strrchr(line, ')')[2];
			fclose(file);
		}
		if (mbox_now() > end)
			return false;
		mbox_nap();
	}
	return true;
}

/* Whether the wait left nothing behind but its count. */
static bool undone(const struct mbox_op *op, const struct ipcmbox_info *before,
		   bool expired)
{
	struct ipcmbox_info now = mbox_info(op->fd);
	bool sender = mbox_op_is_sender(op);

	if (op->kind == OP_SEND && (op->disposition != IPCMBOX_WITHDRAWN ||
				    op->id != before->sent + 1))
		return false;
	return now.sent == before->sent + sender &&
	       now.withdrawn == (sender && !expired) &&
	       now.expired == (sender && expired) &&
	       now.queued == before->queued &&
	       now.queued_bytes == before->queued_bytes && !now.received &&
	       !now.dropped;
}

/* Does what the operation waits for. */
static int64_t complete(struct mbox_op *op)
{
	int64_t ret;

	if (!mbox_op_is_sender(op))
		return mbox_send_num(op->fd, 55, 0);
	while ((ret = mbox_recv_num(op->fd, IPCMBOX_DONTWAIT)) >= 0)
		if (ret == op->num)
			return 0;
	return ret;
}

TEST_F(wait, signal)
{
	ASSERT_EQ(0, catch_signal(0));
	ASSERT_TRUE(park(&self->op));
	ASSERT_EQ(0, notify(&self->op));
	EXPECT_EQ(-EINTR, mbox_op_join(&self->op));
	EXPECT_EQ(1, signals);
	EXPECT_TRUE(undone(&self->op, &self->before, false));
}

TEST_F(wait, signal_ignored)
{
	ASSERT_NE(SIG_ERR, signal(SIGUSR1, SIG_IGN));
	ASSERT_TRUE(park(&self->op));
	ASSERT_EQ(0, notify(&self->op));
	mbox_nap();
	EXPECT_FALSE(self->op.done);
	EXPECT_EQ(0, complete(&self->op));
	EXPECT_LE(0, mbox_op_join(&self->op));
}

TEST_F(wait, signal_restarts)
{
	unsigned int i;

	ASSERT_EQ(0, catch_signal(SA_RESTART));
	ASSERT_TRUE(park(&self->op));
	for (i = 1; i <= 5; i++) {
		ASSERT_EQ(0, notify(&self->op));
		ASSERT_TRUE(wait_signals(i));
	}
	/* Parked again, or about to be. */
	if (mbox_op_is_sender(&self->op)) {
		while (mbox_info(self->fd).senders_waiting +
			       mbox_info(self->fd).queued ==
		       self->before.queued)
			mbox_nap();
	} else {
		ASSERT_TRUE(mbox_wait_receivers(self->fd, 1));
	}
	EXPECT_FALSE(self->op.done);
	EXPECT_EQ(0, complete(&self->op));
	EXPECT_LE(0, mbox_op_join(&self->op));
	if (!mbox_op_is_sender(&self->op))
		EXPECT_EQ(55, self->op.num);
}

TEST_F(wait, deadline)
{
	uint64_t deadline = mbox_deadline(60);

	if (variant->kind == OP_WRITE || variant->kind == OP_READ) {
		/* They have none: O_NONBLOCK is what they know. */
		ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
		EXPECT_EQ(-EAGAIN, mbox_op_run(&self->op));
		return;
	}
	self->op.deadline = deadline;
	EXPECT_EQ(-ETIMEDOUT, mbox_op_run(&self->op));
	EXPECT_LE(deadline, mbox_now());
	EXPECT_TRUE(undone(&self->op, &self->before, true));
}

TEST_F(wait, deadline_has_passed)
{
	static const uint64_t past[] = { 1, 1000000 };
	unsigned int i;

	if (variant->kind == OP_WRITE || variant->kind == OP_READ)
		return;
	for (i = 0; i < ARRAY_SIZE(past); i++) {
		self->op.deadline = past[i];
		EXPECT_EQ(-ETIMEDOUT, mbox_op_run(&self->op));
	}
	EXPECT_EQ(mbox_op_is_sender(&self->op) ? 2 : 0,
		  mbox_info(self->fd).expired);
}

/* What need not wait has no deadline. */
TEST_F(wait, deadline_has_passed_but_no_wait)
{
	if (variant->kind == OP_RECV && variant->capacity) {
		ASSERT_EQ(0, mbox_send_num(self->fd, 3, 0));
		self->op.deadline = 1;
		EXPECT_EQ(0, mbox_op_run(&self->op));
	} else if (variant->kind == OP_SEND && variant->capacity &&
		   !variant->flags) {
		EXPECT_EQ(0, mbox_recv_num(self->fd, 0));
		self->op.deadline = 1;
		EXPECT_EQ(0, mbox_op_run(&self->op));
	}
}

TEST_F(wait, deadline_far_away)
{
	if (variant->kind == OP_WRITE || variant->kind == OP_READ)
		return;
	self->op.deadline = ~0ULL;
	ASSERT_TRUE(park(&self->op));
	EXPECT_EQ(0, complete(&self->op));
	EXPECT_EQ(0, mbox_op_join(&self->op));
}

/* A restarted call keeps its deadline. */
TEST_F(wait, deadline_over_restarts)
{
	uint64_t deadline;

	if (variant->kind == OP_WRITE || variant->kind == OP_READ)
		return;
	ASSERT_EQ(0, catch_signal(SA_RESTART));
	deadline = mbox_deadline(150);
	self->op.deadline = deadline;
	ASSERT_EQ(0, mbox_op_start(&self->op));
	while (!self->op.done) {
		notify(&self->op);
		mbox_nap();
	}
	EXPECT_EQ(-ETIMEDOUT, mbox_op_join(&self->op));
	EXPECT_LE(deadline, mbox_now());
	EXPECT_LT(0, signals);
}

TEST_F(wait, would_wait)
{
	if (variant->kind == OP_WRITE || variant->kind == OP_READ)
		return;
	self->op.flags |= IPCMBOX_DONTWAIT;
	EXPECT_EQ(-EAGAIN, mbox_op_run(&self->op));
	if (mbox_op_is_sender(&self->op)) {
		EXPECT_EQ(IPCMBOX_NOT_SENT, self->op.disposition);
		EXPECT_EQ(0, self->op.id);
	}
	EXPECT_EQ(self->before.sent, mbox_info(self->fd).sent);
}

enum { KEPT, TOO_LATE, TOO_EARLY, NO_NAMESPACE };

static int keep_deadline(void)
{
	struct mbox_op op = {
		.fd = mbox_create(1, O_RDWR),
		.kind = OP_RECV,
		.deadline = mbox_deadline(300),
	};

	if (mbox_op_run(&op) != -ETIMEDOUT)
		return TOO_LATE;
	return mbox_now() < op.deadline ? TOO_EARLY : KEPT;
}

/* Keeps it where the clock is so many seconds ahead; 0, or what failed. */
static int keep_deadline_ahead(int seconds)
{
	pid_t pid;
	int file;

	if (unshare(CLONE_NEWTIME))
		return NO_NAMESPACE;
	file = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
	if (dprintf(file, "monotonic %d 0", seconds) < 0)
		return NO_NAMESPACE;
	pid = fork();
	if (!pid)
		_exit(keep_deadline());
	return WEXITSTATUS(mbox_reap(pid));
}

/* The deadline is by the clock that the caller sees. */
TEST(deadline_in_a_time_namespace)
{
	static const int seconds[] = { 0, 86400, -1 };
	unsigned int i;
	pid_t pid;
	int ret;

	if (access("/proc/self/timens_offsets", F_OK))
		SKIP(return, "the kernel has no time namespaces");
	for (i = 0; i < ARRAY_SIZE(seconds); i++) {
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid)
			_exit(keep_deadline_ahead(seconds[i]));
		ret = mbox_reap(pid);
		EXPECT_EQ(KEPT, WEXITSTATUS(ret));
	}
}

TEST_HARNESS_MAIN
