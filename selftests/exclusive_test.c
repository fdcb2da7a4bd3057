// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mailboxes that belong to one sending and one receiving process: those that came
 * first, with all their threads, as long as they live.
 */
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/ptrace.h>

#include "kselftest_harness.h"
#include "ipcmbox_util.h"

#define PIDS "/sys/kernel/slab/pid/"
#define DEAD 400
#define CROWD 8

FIXTURE(exclusive)
{
	int fd;
	struct mbox_op op[2];
};

MBOX_CAPACITIES(exclusive);

FIXTURE_SETUP(exclusive)
{
	memset(self, 0, sizeof(*self));
	self->fd = mbox_create_by(variant->capacity, IPCMBOX_FIFO,
				  IPCMBOX_EXCLUSIVE, 0);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(IPCMBOX_EXCLUSIVE, mbox_info(self->fd).policy);
}

FIXTURE_TEARDOWN(exclusive)
{
	EXPECT_TRUE(mbox_is_calm(self->fd));
	close(self->fd);
}

/* A message passes from this process, or to it, or both. */
static bool pass(FIXTURE_DATA(exclusive) * self, bool send, bool receive)
{
	struct mbox_op op[2];

	op[0] = (struct mbox_op){ .fd = self->fd, .num = 3 };
	op[1] = (struct mbox_op){ .fd = self->fd, .kind = OP_RECV };
	/* From a thread of its own, which makes no difference. */
	if (send && mbox_op_start(&op[0]))
		return false;
	if (receive && (mbox_op_run(&op[1]) || op[1].num != 3))
		return false;
	return !send || !mbox_op_join(&op[0]);
}

/* A process that passes one and stays; its pid, or -1. */
static pid_t spawn_party(FIXTURE_DATA(exclusive) * self, bool send,
			 bool receive)
{
	pid_t pid = fork();

	if (!pid) {
		if (!pass(self, send, receive))
			_exit(1);
		pause();
	}
	return pid;
}

/* The same, and a message comes to it. */
static pid_t spawn_receiver(FIXTURE_DATA(exclusive) * self)
{
	pid_t pid = spawn_party(self, false, true);

	if (pid < 0 || !mbox_wait_receivers(self->fd, 1) ||
	    mbox_send_num(self->fd, 3, 0))
		return -1;
	while (!mbox_info(self->fd).received)
		mbox_nap();
	return pid;
}

static bool murder(pid_t pid)
{
	siginfo_t info;

	/* It is dead, and not yet waited for. */
	return !kill(pid, SIGKILL) &&
	       !waitid(P_PID, pid, &info, WEXITED | WNOWAIT) &&
	       info.si_code == CLD_KILLED;
}

static bool may_not_send(int fd)
{
	struct mbox_op send = { .fd = fd };

	return mbox_send_num(fd, 1, IPCMBOX_DONTWAIT) == -EBUSY &&
	       mbox_op_run(&send) == -EBUSY &&
	       send.disposition == IPCMBOX_NOT_SENT && !send.id &&
	       write(fd, "", 1) == -1 && errno == EBUSY;
}

static bool may_not_receive(int fd)
{
	uint32_t num;

	return mbox_recv_num(fd, IPCMBOX_DONTWAIT) == -EBUSY &&
	       mbox_recv_num(fd, 0) == -EBUSY &&
	       mbox_peek(fd, &num, sizeof(num), 0) == -EBUSY &&
	       read(fd, &num, sizeof(num)) == -1 && errno == EBUSY;
}

/* What another process finds; its exit status says. */
static bool others_find(FIXTURE_DATA(exclusive) * self, bool (*what)(int fd))
{
	pid_t pid = fork();

	if (!pid)
		_exit(!what(self->fd));
	return !mbox_reap(pid);
}

TEST_F(exclusive, third_process)
{
	pid_t sender = spawn_party(self, true, false);

	ASSERT_LT(0, sender);
	EXPECT_TRUE(pass(self, false, true));
	EXPECT_TRUE(may_not_send(self->fd));
	EXPECT_TRUE(others_find(self, may_not_send));
	EXPECT_TRUE(others_find(self, may_not_receive));
	EXPECT_EQ(1, mbox_info(self->fd).sent);
	EXPECT_TRUE(murder(sender));
	mbox_reap(sender);
}

static void *be_traced(void *tid)
{
	atomic_store((atomic_int *)tid, gettid());
	pause();
	return NULL;
}

/* A debugger keeps a thread that is dead, and the process looks as if it had one. */
TEST_F(exclusive, dead_under_a_debugger)
{
	uint64_t end = mbox_deadline(20000);
	pthread_t thread;
	atomic_int *tid;
	pid_t sender;
	int ret;

	tid = mmap(NULL, sizeof(*tid), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, tid);
	sender = fork();
	if (!sender) {
		if (!pass(self, true, false) ||
		    pthread_create(&thread, NULL, be_traced, tid))
			_exit(1);
		pause();
	}
	ASSERT_LT(0, sender);
	EXPECT_TRUE(pass(self, false, true));
	while (!*tid)
		mbox_nap();
	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, *tid, NULL, NULL));
	EXPECT_TRUE(may_not_send(self->fd));
	EXPECT_EQ(0, kill(sender, SIGKILL));
	do {
		mbox_nap();
		ret = mbox_send_num(self->fd, 1, IPCMBOX_DONTWAIT);
	} while (ret == -EBUSY && mbox_now() < end);
	EXPECT_EQ(variant->capacity ? 0 : -EAGAIN, ret);
	if (!ret)
		EXPECT_EQ(1, mbox_recv_num(self->fd, IPCMBOX_DONTWAIT));
	EXPECT_EQ(*tid, waitpid(*tid, NULL, __WALL));
	mbox_reap(sender);
	munmap(tid, sizeof(*tid));
}

TEST_F(exclusive, both_are_one)
{
	EXPECT_TRUE(pass(self, true, true));
	EXPECT_TRUE(others_find(self, may_not_send));
	EXPECT_TRUE(others_find(self, may_not_receive));
	EXPECT_TRUE(pass(self, true, true));
	/* Threads too. */
	self->op[0] = (struct mbox_op){ .fd = self->fd, .num = 4 };
	self->op[1] = (struct mbox_op){ .fd = self->fd, .kind = OP_RECV };
	ASSERT_TRUE(mbox_op_park(&self->op[1]));
	ASSERT_EQ(0, mbox_op_start(&self->op[0]));
	EXPECT_EQ(0, mbox_op_join(&self->op[0]));
	EXPECT_EQ(0, mbox_op_join(&self->op[1]));
	EXPECT_EQ(4, self->op[1].num);
}

/* Who waits is a party too. */
TEST_F(exclusive, receiver_that_waits)
{
	pid_t receiver = spawn_party(self, false, true);

	ASSERT_LT(0, receiver);
	ASSERT_TRUE(mbox_wait_receivers(self->fd, 1));
	EXPECT_TRUE(may_not_receive(self->fd));
	EXPECT_TRUE(murder(receiver));
	EXPECT_EQ(-EAGAIN, mbox_recv_num(self->fd, IPCMBOX_DONTWAIT));
	mbox_reap(receiver);
}

/* It is free for the next as soon as it is dead, and before it is reaped. */
TEST_F(exclusive, sender_that_died)
{
	pid_t sender = spawn_party(self, true, false);

	ASSERT_LT(0, sender);
	EXPECT_TRUE(pass(self, false, true));
	EXPECT_TRUE(may_not_send(self->fd));
	EXPECT_TRUE(murder(sender));
	EXPECT_TRUE(pass(self, true, true));
	EXPECT_TRUE(others_find(self, may_not_send));
	mbox_reap(sender);
	EXPECT_TRUE(others_find(self, may_not_send));
}

TEST_F(exclusive, receiver_that_died)
{
	pid_t receiver = spawn_receiver(self);

	ASSERT_LT(0, receiver);
	EXPECT_TRUE(may_not_receive(self->fd));
	EXPECT_TRUE(murder(receiver));
	mbox_reap(receiver);
	EXPECT_TRUE(pass(self, true, true));
	EXPECT_TRUE(others_find(self, may_not_receive));
}

/* A dead one's place is taken in a call that then fails. */
TEST_F(exclusive, dead_sender_and_no_room)
{
	pid_t sender;

	if (variant->capacity == IPCMBOX_UNBOUNDED)
		return;
	sender = fork();
	if (!sender)
		_exit(mbox_fill(self->fd, variant->capacity, 0) < 0);
	ASSERT_EQ(0, mbox_reap(sender));
	EXPECT_EQ(-EAGAIN, mbox_send_num(self->fd, 1, IPCMBOX_DONTWAIT));
	EXPECT_EQ(variant->capacity, mbox_info(self->fd).queued);
}

static void *outlive(void *arg)
{
	pause();
	return NULL;
}

/* A process lives as long as one of its threads, were it not the first. */
TEST_F(exclusive, first_thread_has_ended)
{
	pthread_t thread;
	pid_t sender = fork();

	if (!sender) {
		if (pthread_create(&thread, NULL, outlive, NULL) ||
		    !pass(self, true, false))
			_exit(1);
		pthread_exit(NULL);
	}
	ASSERT_LT(0, sender);
	EXPECT_TRUE(pass(self, false, true));
	/* Time for it to end. */
	usleep(100000);
	EXPECT_TRUE(may_not_send(self->fd));
	EXPECT_TRUE(murder(sender));
	EXPECT_TRUE(pass(self, true, true));
	mbox_reap(sender);
}

/* One of those who come at the same time gets it. */
TEST_F(exclusive, one_of_many_at_once)
{
	pid_t pids[CROWD];
	unsigned int i, busy = 0;
	int64_t ret;
	int status;

	for (i = 0; i < CROWD; i++) {
		pids[i] = fork();
		if (pids[i])
			continue;
		ret = mbox_recv_num(self->fd, 0);
		_exit(ret == 3 ? 0 : ret == -EBUSY ? 1 : 2);
	}
	/* Who comes first is still there when the others have gone. */
	for (i = 0; i < CROWD - 1; i++) {
		ASSERT_LT(0, wait(&status));
		busy += WIFEXITED(status) && WEXITSTATUS(status) == 1;
	}
	EXPECT_EQ(CROWD - 1, busy);
	EXPECT_EQ(1, mbox_info(self->fd).receivers_waiting);
	EXPECT_EQ(0, mbox_send_num(self->fd, 3, 0));
	ASSERT_LT(0, wait(&status));
	EXPECT_EQ(0, status);
}

/* A port that somebody else got does not help him. */
TEST_F(exclusive, by_another_port)
{
	int port = mbox_reopen(self->fd, O_RDWR, 0);

	ASSERT_LE(0, port);
	EXPECT_TRUE(pass(self, true, true));
	close(self->fd);
	self->fd = port;
	EXPECT_TRUE(others_find(self, may_not_send));
	EXPECT_TRUE(others_find(self, may_not_receive));
	EXPECT_TRUE(pass(self, true, true));
}

static bool find_nothing(int fd)
{
	uint32_t num;

	return mbox_peek(fd, &num, sizeof(num), 0) == -EAGAIN &&
	       mbox_recv_num(fd, IPCMBOX_DONTWAIT) == -EAGAIN;
}

/* A call that fails changes nothing: who found nothing has received nothing. */
TEST_F(exclusive, failed_call_claims_nothing)
{
	EXPECT_TRUE(find_nothing(self->fd));
	EXPECT_TRUE(others_find(self, find_nothing));
	if (variant->capacity)
		return;
	/* Nobody receives, so nothing is sent. */
	EXPECT_EQ(-EAGAIN, mbox_send_num(self->fd, 1, IPCMBOX_DONTWAIT));
	EXPECT_FALSE(others_find(self, may_not_send));
}

/* The kernel's objects that stand for processes, once unused ones are gone. */
static int64_t count_pids(void)
{
	mbox_write_number(PIDS "shrink", 1);
	return mbox_read_number(PIDS "objects");
}

/* A process that sends without waiting, and ends; whether it got this. */
static bool passer_by_gets(int fd, int expected)
{
	pid_t pid = fork();

	if (!pid)
		_exit(mbox_send_num(fd, 1, IPCMBOX_DONTWAIT) != expected);
	return !mbox_reap(pid);
}

/* Who took the place of a dead one and failed does not keep it in memory. */
TEST_F_TIMEOUT(exclusive, dead_ones_are_forgotten, 120)
{
	uint64_t end;
	int64_t before;
	unsigned int i;

	if (variant->capacity != 1)
		return;
	before = count_pids();
	if (before < 0)
		SKIP(return, PIDS "objects cannot be read");
	for (i = 0; i < DEAD; i++) {
		ASSERT_TRUE(passer_by_gets(self->fd, 0));
		ASSERT_TRUE(passer_by_gets(self->fd, -EAGAIN));
		ASSERT_EQ(1, mbox_recv_num(self->fd, IPCMBOX_DONTWAIT));
	}
	end = mbox_deadline(5000);
	while (count_pids() > before + DEAD / 2 && mbox_now() < end)
		usleep(100000);
	EXPECT_GT(before + DEAD / 2, count_pids());
}

TEST_HARNESS_MAIN
