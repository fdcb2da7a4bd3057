// SPDX-License-Identifier: GPL-2.0-only
/*
 * What calls that fail leave of the roles of an exclusive mailbox: nothing, if their
 * process has none for good; and that others are kept out as long as they are under way.
 */
#include "kselftest_harness.h"
#include "call.h"
#include "select.h"
#include "stall.h"

FIXTURE(role)
{
	int fd;
	int other;
	struct mbox_op op[3];
	struct stall stall;
	struct caller caller;
	struct selector selector;
};

MBOX_CAPACITIES(role);

static void on_signal(int signo)
{
}

FIXTURE_SETUP(role)
{
	const struct sigaction action = { .sa_handler = on_signal };

	memset(self, 0, sizeof(*self));
	self->stall.uffd = -1;
	self->fd = mbox_create_by(variant->capacity, IPCMBOX_FIFO,
				  IPCMBOX_EXCLUSIVE, 0);
	self->other = mbox_create_by(variant->capacity, IPCMBOX_FIFO,
				     IPCMBOX_EXCLUSIVE, 0);
	ASSERT_LE(0, self->fd);
	ASSERT_LE(0, self->other);
	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
}

FIXTURE_TEARDOWN(role)
{
	EXPECT_TRUE(mbox_is_calm(self->fd));
	EXPECT_TRUE(mbox_is_calm(self->other));
	close(self->fd);
	close(self->other);
	stall_exit(&self->stall);
}

/* What a role is to another process: -EBUSY, 0 if it could have it, or what went wrong. */
static int role_of(int fd, bool sends)
{
	uint32_t num;
	int status, ret;
	pid_t pid = fork();

	if (!pid) {
		/* Neither changes anything: nobody waits who could be served. */
		if (sends)
			ret = mbox_send_num(
				fd, 0, IPCMBOX_UNTIL_TAKEN | IPCMBOX_DONTWAIT);
		else
			ret = mbox_peek(fd, &num, sizeof(num), 0);
		_exit(ret == -EAGAIN || (!sends && ret >= 0) ? 0 : -ret);
	}
	status = mbox_reap(pid);
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINVAL;
}

static int sender_of(int fd)
{
	return role_of(fd, true);
}

static int receiver_of(int fd)
{
	return role_of(fd, false);
}

static bool park_receiver(struct mbox_op *op, int fd)
{
	*op = (struct mbox_op){ .fd = fd, .kind = OP_RECV };
	return mbox_op_park(op);
}

/* One that waits at every capacity. */
static bool park_sender(struct mbox_op *op, int fd)
{
	*op = (struct mbox_op){ .fd = fd, .flags = IPCMBOX_UNTIL_TAKEN };
	return mbox_op_offer(op);
}

static int interrupt(struct mbox_op *op)
{
	return pthread_kill(op->thread, SIGUSR1) ? -EINVAL : mbox_op_join(op);
}

/* A message by a process that then ends, so that the role of sending is free. */
static bool send_by_another(int fd, uint32_t num, struct mbox_op *receiver)
{
	pid_t pid = fork();

	if (!pid)
		_exit(!!mbox_send_num(fd, num, 0));
	return !mbox_reap(pid) && mbox_op_join(receiver) == 0 &&
	       receiver->num == num;
}

TEST_F(role, receiver_is_interrupted)
{
	ASSERT_TRUE(park_receiver(&self->op[0], self->fd));
	EXPECT_EQ(-EBUSY, receiver_of(self->fd));
	EXPECT_EQ(0, sender_of(self->other));
	EXPECT_EQ(-EINTR, interrupt(&self->op[0]));
	EXPECT_EQ(0, receiver_of(self->fd));
}

TEST_F(role, receiver_meets_its_deadline)
{
	struct mbox_op *op = &self->op[0];

	*op = (struct mbox_op){ .fd = self->fd,
				.kind = OP_RECV,
				.deadline = 1 };
	EXPECT_EQ(-ETIMEDOUT, mbox_op_run(op));
	EXPECT_EQ(0, receiver_of(self->fd));
	EXPECT_EQ(-EAGAIN, mbox_recv_num(self->fd, IPCMBOX_DONTWAIT));
	EXPECT_EQ(0, receiver_of(self->fd));
}

/* A message is there, and does not get through. */
TEST_F(role, receiver_fails)
{
	struct mbox_op *op = &self->op[0];
	uint16_t small;
	uint32_t num;

	*op = (struct mbox_op){ .fd = self->fd, .num = 5 };
	ASSERT_TRUE(mbox_op_offer(op));
	EXPECT_EQ(-EMSGSIZE, mbox_recv(self->fd, &small, sizeof(small), 0));
	EXPECT_EQ(0, receiver_of(self->fd));
	EXPECT_EQ(-EFAULT, mbox_recv(self->fd, NULL, 4, 0));
	EXPECT_EQ(0, receiver_of(self->fd));
	EXPECT_EQ(4, mbox_peek(self->fd, &num, sizeof(num), 0));
	EXPECT_EQ(0, receiver_of(self->fd));
	EXPECT_EQ(-1, read(self->fd, mbox_cliff(), 4));
	EXPECT_EQ(0, receiver_of(self->fd));
	EXPECT_EQ(5, mbox_recv_num(self->fd, 0));
	EXPECT_EQ(-EBUSY, receiver_of(self->fd));
	if (op->thread)
		EXPECT_EQ(0, mbox_op_join(op));
}

TEST_F(role, receiver_that_waited_fails)
{
	struct mbox_op *bad = &self->op[0];

	*bad = (struct mbox_op){ .fd = self->fd, .kind = OP_RECV, .len = 4 };
	ASSERT_TRUE(mbox_op_park(bad));
	self->op[1] = (struct mbox_op){
		.fd = self->fd,
		.flags = IPCMBOX_UNTIL_TAKEN,
	};
	ASSERT_EQ(0, mbox_op_start(&self->op[1]));
	EXPECT_EQ(-EFAULT, mbox_op_join(bad));
	EXPECT_EQ(0, receiver_of(self->fd));
	EXPECT_EQ(-EBUSY, sender_of(self->fd));
	EXPECT_EQ(-EINTR, interrupt(&self->op[1]));
	EXPECT_EQ(0, sender_of(self->fd));
}

TEST_F(role, receiver_copies)
{
	struct mbox_op *send = &self->op[0];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		if (!stall_init(&self->stall, self->fd))
			SKIP(return, "no userfaultfd: %s", strerror(errno));
		*send = (struct mbox_op){ .fd = self->fd };
		ASSERT_TRUE(stall_begin(&self->stall, send, 1));
		EXPECT_EQ(-EBUSY, receiver_of(self->fd));
		ASSERT_EQ(0, i ? stall_end(&self->stall) :
				 stall_fail(&self->stall));
		EXPECT_EQ(i ? 0 : -EFAULT, mbox_op_join(&self->stall.op));
		EXPECT_EQ(i ? -EBUSY : 0, receiver_of(self->fd));
		if (!i)
			EXPECT_EQ(1, mbox_drain(self->fd) + !variant->capacity);
		if (!i && !variant->capacity)
			ASSERT_EQ(0, pthread_kill(send->thread, SIGUSR1));
		EXPECT_EQ(i || variant->capacity ? 0 : -EINTR,
			  mbox_op_join(send));
		stall_exit(&self->stall);
		self->stall = (struct stall){ .uffd = -1 };
	}
}

/* The sender takes back what is copied, and has sent nothing; the receiver waits on. */
TEST_F(role, message_is_withdrawn)
{
	struct mbox_op *send = &self->op[0];

	if (!stall_init(&self->stall, self->fd))
		SKIP(return, "no userfaultfd: %s", strerror(errno));
	*send = (struct mbox_op){ .fd = self->fd,
				  .flags = IPCMBOX_UNTIL_TAKEN };
	ASSERT_TRUE(stall_begin(&self->stall, send, 1));
	EXPECT_EQ(-EBUSY, sender_of(self->fd));
	EXPECT_EQ(-EINTR, interrupt(send));
	EXPECT_EQ(0, sender_of(self->fd));
	EXPECT_EQ(-EBUSY, receiver_of(self->fd));
	ASSERT_EQ(0, stall_end(&self->stall));
	EXPECT_TRUE(mbox_wait_receivers(self->fd, 1));
	EXPECT_EQ(-EBUSY, receiver_of(self->fd));
	EXPECT_EQ(-EINTR, interrupt(&self->stall.op));
	EXPECT_EQ(0, receiver_of(self->fd));
}

/* The last of several calls frees it, unless one has succeeded. */
TEST_F(role, several_receivers)
{
	unsigned int i;

	for (i = 0; i < 3; i++)
		ASSERT_TRUE(park_receiver(&self->op[i], self->fd));
	EXPECT_EQ(-EINTR, interrupt(&self->op[0]));
	EXPECT_EQ(-EBUSY, receiver_of(self->fd));
	EXPECT_EQ(-EINTR, interrupt(&self->op[1]));
	EXPECT_EQ(-EBUSY, receiver_of(self->fd));
	EXPECT_EQ(-EINTR, interrupt(&self->op[2]));
	EXPECT_EQ(0, receiver_of(self->fd));

	ASSERT_TRUE(park_receiver(&self->op[0], self->fd));
	ASSERT_TRUE(park_receiver(&self->op[1], self->fd));
	EXPECT_TRUE(send_by_another(self->fd, 6, &self->op[0]));
	EXPECT_EQ(-EINTR, interrupt(&self->op[1]));
	EXPECT_EQ(-EBUSY, receiver_of(self->fd));
	EXPECT_EQ(0, sender_of(self->fd));
}

TEST_F(role, several_senders)
{
	ASSERT_TRUE(park_sender(&self->op[0], self->fd));
	ASSERT_TRUE(park_sender(&self->op[1], self->fd));
	EXPECT_EQ(-EINTR, interrupt(&self->op[0]));
	EXPECT_EQ(-EBUSY, sender_of(self->fd));
	EXPECT_EQ(-EINTR, interrupt(&self->op[1]));
	EXPECT_EQ(0, sender_of(self->fd));

	ASSERT_TRUE(park_sender(&self->op[0], self->fd));
	ASSERT_TRUE(park_sender(&self->op[1], self->fd));
	EXPECT_EQ(0, mbox_recv_num(self->fd, 0));
	EXPECT_EQ(0, mbox_op_join(&self->op[0]));
	EXPECT_EQ(-EINTR, interrupt(&self->op[1]));
	EXPECT_EQ(-EBUSY, sender_of(self->fd));
}

TEST_F(role, sender_meets_its_deadline)
{
	struct mbox_op *op = &self->op[0];

	*op = (struct mbox_op){
		.fd = self->fd,
		.flags = IPCMBOX_UNTIL_TAKEN,
		.deadline = 1,
	};
	EXPECT_EQ(-ETIMEDOUT, mbox_op_run(op));
	EXPECT_EQ(0, sender_of(self->fd));
}

TEST_F(role, message_is_cancelled)
{
	struct mbox_op peek = { .fd = self->fd, .kind = OP_PEEK };
	struct ipcmbox_cancel arg = { .size = sizeof(arg) };

	ASSERT_TRUE(park_sender(&self->op[0], self->fd));
	EXPECT_EQ(0, mbox_op_run(&peek));
	arg.id = peek.id;
	EXPECT_EQ(0, mbox_ioctl(self->fd, IPCMBOX_IOC_CANCEL, &arg));
	EXPECT_EQ(IPCMBOX_CANCEL_DONE, arg.result);
	EXPECT_EQ(-ECANCELED, mbox_op_join(&self->op[0]));
	EXPECT_EQ(0, sender_of(self->fd));
}

/* The only one who would not have to be waited for fails. */
TEST_F(role, sender_that_must_not_wait)
{
	struct mbox_op *bad = &self->op[0];

	*bad = (struct mbox_op){ .fd = self->fd, .kind = OP_RECV, .len = 4 };
	ASSERT_TRUE(mbox_op_park(bad));
	EXPECT_EQ(-EAGAIN,
		  mbox_send_num(self->fd, 3,
				IPCMBOX_DONTWAIT | IPCMBOX_UNTIL_TAKEN));
	EXPECT_EQ(-EFAULT, mbox_op_join(bad));
	EXPECT_EQ(0, sender_of(self->fd));
	EXPECT_EQ(0, receiver_of(self->fd));
}

/* A call that was received has been sent, whatever becomes of the answer. */
TEST_F(role, callers)
{
	struct caller *caller = &self->caller;
	uint64_t token;

	ASSERT_TRUE(caller_start(caller, self->fd, 1));
	EXPECT_EQ(-EBUSY, sender_of(self->fd));
	ASSERT_EQ(0, pthread_kill(caller->thread, SIGUSR1));
	EXPECT_EQ(-EINTR, caller_join(caller));
	EXPECT_EQ(IPCMBOX_WITHDRAWN, caller->arg.disposition);
	EXPECT_EQ(0, sender_of(self->fd));

	*caller = (struct caller){};
	ASSERT_TRUE(caller_start(caller, self->fd, 1));
	token = serve_take(self->fd, 1);
	ASSERT_LT(0, token);
	EXPECT_EQ(-EBUSY, sender_of(self->fd));
	ASSERT_EQ(0, pthread_kill(caller->thread, SIGUSR1));
	EXPECT_EQ(-EINTR, caller_join(caller));
	EXPECT_EQ(IPCMBOX_TAKEN, caller->arg.disposition);
	EXPECT_EQ(-EBUSY, sender_of(self->fd));
	EXPECT_EQ(-ESTALE, serve_reply(self->fd, token, 2));
}

TEST_F(role, selector_fails)
{
	struct selector *selector = &self->selector;

	select_recv(selector, self->other);
	select_recv(selector, self->fd);
	select_recv(selector, self->fd);
	ASSERT_TRUE(select_park(selector));
	EXPECT_EQ(-EBUSY, receiver_of(self->fd));
	EXPECT_EQ(-EBUSY, receiver_of(self->other));
	ASSERT_EQ(0, pthread_kill(selector->thread, SIGUSR1));
	EXPECT_EQ(-EINTR, select_join(selector));
	EXPECT_EQ(0, receiver_of(self->fd));
	EXPECT_EQ(0, receiver_of(self->other));
	selector->arg.flags = IPCMBOX_DONTWAIT;
	EXPECT_EQ(-EAGAIN, select_run(selector));
	EXPECT_EQ(0, receiver_of(self->fd));
}

/* Of what it waited for, it keeps that which was done. */
TEST_F(role, selector_receives)
{
	struct selector *selector = &self->selector;

	select_recv(selector, self->other);
	select_recv(selector, self->fd);
	select_recv(selector, self->fd);
	ASSERT_TRUE(select_park(selector));
	EXPECT_EQ(0, mbox_send_num(self->fd, 4, 0));
	EXPECT_EQ(0, select_join(selector));
	EXPECT_EQ(-EBUSY, receiver_of(self->fd));
	EXPECT_EQ(0, receiver_of(self->other));
}

TEST_F(role, selector_sends)
{
	struct selector *selector = &self->selector;
	unsigned int i;

	select_send(selector, self->fd, 7);
	select_send(selector, self->other, 8);
	selector->send[0].flags = IPCMBOX_UNTIL_TAKEN;
	selector->send[1].flags = IPCMBOX_UNTIL_TAKEN;
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, select_start(selector));
		ASSERT_TRUE(mbox_wait_sent(self->other, i + 1));
		EXPECT_EQ(-EBUSY, sender_of(self->fd));
		EXPECT_EQ(-EBUSY, sender_of(self->other));
		if (!i) {
			ASSERT_EQ(0, pthread_kill(selector->thread, SIGUSR1));
			EXPECT_EQ(-EINTR, select_join(selector));
			EXPECT_EQ(0, sender_of(self->fd));
		} else {
			EXPECT_EQ(7, mbox_recv_num(self->fd, 0));
			EXPECT_EQ(0, select_join(selector));
			EXPECT_EQ(-EBUSY, sender_of(self->fd));
		}
		EXPECT_EQ(0, sender_of(self->other));
	}
}

/* What one could not do another may, and then it is his. */
TEST_F(role, next_one_has_it)
{
	struct mbox_op *op = &self->op[0];
	pid_t pid;

	EXPECT_EQ(-EAGAIN, mbox_recv_num(self->fd, IPCMBOX_DONTWAIT));
	ASSERT_TRUE(park_receiver(op, self->fd));
	EXPECT_EQ(-EINTR, interrupt(op));
	pid = fork();
	if (!pid) {
		mbox_recv_num(self->fd, 0);
		pause();
	}
	ASSERT_TRUE(mbox_wait_receivers(self->fd, 1));
	EXPECT_EQ(-EBUSY, mbox_recv_num(self->fd, 0));
	EXPECT_EQ(0, mbox_send_num(self->fd, 1, 0));
	while (!mbox_info(self->fd).received)
		mbox_nap();
	EXPECT_EQ(-EBUSY, mbox_recv_num(self->fd, 0));
	kill(pid, SIGKILL);
	mbox_reap(pid);
	EXPECT_EQ(-EAGAIN, mbox_recv_num(self->fd, IPCMBOX_DONTWAIT));
}

/* Each message of a batch counts for itself. */
TEST_F(role, batches)
{
	uint32_t num = 7, got[2];
	struct ipcmbox_recv recv[2] = {
		{ .size = sizeof(*recv), .data = (uintptr_t)got, .len = 4 },
		{ .size = sizeof(*recv), .len = 4 },
	};
	struct mbox_op *op = &self->op[0];

	EXPECT_EQ(-EAGAIN, mbox_batch(self->fd, IPCMBOX_IOC_RECVV, recv, 2,
				      IPCMBOX_DONTWAIT, 0));
	EXPECT_EQ(0, receiver_of(self->fd));
	*op = (struct mbox_op){ .fd = self->fd, .num = num };
	ASSERT_TRUE(mbox_op_offer(op));
	EXPECT_EQ(-EFAULT, mbox_batch(self->fd, IPCMBOX_IOC_RECVV, recv + 1, 1,
				      IPCMBOX_DONTWAIT, 0));
	EXPECT_EQ(0, receiver_of(self->fd));
	EXPECT_EQ(1, mbox_batch(self->fd, IPCMBOX_IOC_RECVV, recv, 2,
				IPCMBOX_DONTWAIT, 0));
	EXPECT_EQ(-EBUSY, receiver_of(self->fd));
	if (op->thread)
		EXPECT_EQ(0, mbox_op_join(op));
}

TEST_HARNESS_MAIN
