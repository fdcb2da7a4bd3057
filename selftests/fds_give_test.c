// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors in messages, to a receiver that stops half-way: it has them when it has the
 * message, and not before.
 */
#include "kselftest_harness.h"
#include "stall.h"

#define ROOM 4 /* descriptors that the receiver has room for */
#define MANY 6

FIXTURE(give)
{
	int fd;
	int ends[2];
	int many[MANY];
	bool had[256];
	struct mbox_op send;
	struct stall stall;
};

MBOX_CAPACITIES(give);

static void on_signal(int signo)
{
}

static void note_fds(FIXTURE_DATA(give) * self)
{
	int fd;

	for (fd = 0; fd < ARRAY_SIZE(self->had); fd++)
		self->had[fd] = fcntl(fd, F_GETFD) >= 0;
}

/* A descriptor that was not there when they were noted, or -1. */
static int find_new(FIXTURE_DATA(give) * self)
{
	int fd;

	for (fd = 0; fd < ARRAY_SIZE(self->had); fd++)
		if (!self->had[fd] && fcntl(fd, F_GETFD) >= 0)
			return fd;
	return -1;
}

FIXTURE_SETUP(give)
{
	const struct sigaction restart = {
		.sa_handler = on_signal,
		.sa_flags = SA_RESTART,
	};
	const struct sigaction end = { .sa_handler = on_signal };
	unsigned int i;

	memset(self, 0, sizeof(*self));
	ASSERT_EQ(0, sigaction(SIGUSR1, &restart, NULL));
	ASSERT_EQ(0, sigaction(SIGUSR2, &end, NULL));
	self->fd = mbox_create(variant->capacity, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, pipe2(self->ends, O_CLOEXEC));
	for (i = 0; i < MANY; i++)
		self->many[i] = self->ends[1];
	self->send = (struct mbox_op){
		.fd = self->fd,
		.flags = IPCMBOX_UNTIL_TAKEN,
		.fds = self->many,
		.nr_fds = 1,
	};
	if (!stall_init(&self->stall, self->fd))
		SKIP(return, "no userfaultfd: %s", strerror(errno));
	note_fds(self);
}

FIXTURE_TEARDOWN(give)
{
	EXPECT_TRUE(mbox_is_calm(self->fd));
	stall_exit(&self->stall);
	close(self->ends[0]);
	close(self->ends[1]);
	close(self->fd);
}

/* Parks a receiver that stops where it is told the descriptors. */
static bool park_where_told(FIXTURE_DATA(give) * self)
{
	struct mbox_op *recv = &self->stall.op;

	recv->data = &recv->num;
	recv->len = sizeof(recv->num);
	recv->fds = (int *)self->stall.page;
	recv->nr_fds = ROOM;
	return stall_begin(&self->stall, &self->send, 13) &&
	       mbox_settled_switches(recv->tid) > 0;
}

static bool withdraw(struct mbox_op *send)
{
	return !pthread_kill(send->thread, SIGUSR2) &&
	       mbox_op_join(send) == -EINTR &&
	       send->disposition == IPCMBOX_WITHDRAWN;
}

/* Whether this process holds a lock of the file, as others see it. */
static bool is_locked(int file)
{
	struct flock lock = { .l_type = F_WRLCK };
	pid_t pid = fork();

	if (!pid)
		_exit(fcntl(file, F_GETLK, &lock) || lock.l_type == F_UNLCK);
	return !mbox_reap(pid);
}

/*
 * Its sender takes the message back: its files were never there. A lock, which any close
 * of its file would drop, stays.
 */
TEST_F(give, none_of_what_is_withdrawn)
{
	struct flock lock = { .l_type = F_WRLCK };
	char path[] = "/tmp/give.XXXXXX";
	int file;

	file = mkostemp(path, O_CLOEXEC);
	ASSERT_LE(0, file);
	self->many[0] = open(path, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->many[0]);
	unlink(path);
	note_fds(self);
	ASSERT_EQ(0, fcntl(file, F_SETLK, &lock));
	EXPECT_TRUE(is_locked(file));
	ASSERT_TRUE(park_where_told(self));
	EXPECT_TRUE(withdraw(&self->send));
	ASSERT_EQ(0, stall_end(&self->stall));
	ASSERT_TRUE(mbox_wait_receivers(self->fd, 1));
	EXPECT_TRUE(is_locked(file));
	EXPECT_EQ(0, mbox_send_num(self->fd, 14, 0));
	EXPECT_EQ(0, mbox_op_join(&self->stall.op));
	EXPECT_EQ(14, self->stall.op.num);
	EXPECT_EQ(0, self->stall.op.msg_fds);
	EXPECT_EQ(-1, find_new(self));
	close(self->many[0]);
	close(file);
}

/* While it stops there is no descriptor that another thread could use. */
TEST_F(give, none_before_the_end)
{
	int fd;

	ASSERT_TRUE(park_where_told(self));
	EXPECT_EQ(-1, find_new(self));
	ASSERT_EQ(0, stall_end(&self->stall));
	EXPECT_EQ(0, mbox_op_join(&self->stall.op));
	EXPECT_EQ(0, mbox_op_join(&self->send));
	fd = self->stall.op.fds[0];
	EXPECT_EQ(find_new(self), fd);
	EXPECT_EQ(1, write(fd, "x", 1));
	close(fd);
	EXPECT_EQ(-1, find_new(self));
}

TEST_F(give, none_of_what_fails)
{
	struct mbox_op again = { .fd = self->fd, .kind = OP_RECV };
	int fd = -1;

	ASSERT_TRUE(park_where_told(self));
	EXPECT_EQ(-1, find_new(self));
	ASSERT_EQ(0, stall_fail(&self->stall));
	EXPECT_EQ(-EFAULT, mbox_op_join(&self->stall.op));
	EXPECT_EQ(-1, find_new(self));
	/* The message stays. */
	again.fds = &fd;
	again.nr_fds = 1;
	EXPECT_EQ(0, mbox_op_run(&again));
	EXPECT_EQ(1, again.msg_fds);
	close(fd);
	EXPECT_EQ(0, mbox_op_join(&self->send));
}

/*
 * A receive that the kernel restarts, after a message with @first descriptors was taken
 * back, has room for as many as before.
 */
static bool restart_after(FIXTURE_DATA(give) * self, unsigned int first)
{
	struct mbox_op *recv = &self->stall.op;

	self->send.nr_fds = first;
	return stall_begin(&self->stall, &self->send, 13) &&
	       withdraw(&self->send) && !pthread_kill(recv->thread, SIGUSR1) &&
	       !stall_end(&self->stall) && mbox_wait_receivers(self->fd, 1);
}

static void expect_restarted(struct __test_metadata *_metadata,
			     FIXTURE_DATA(give) * self, unsigned int first,
			     unsigned int second)
{
	struct mbox_op *recv = &self->stall.op;
	int fds[MANY], i;

	memset(fds, 0xff, sizeof(fds));
	recv->fds = fds;
	recv->nr_fds = ROOM;
	recv->flags = IPCMBOX_TRUNCATE;
	ASSERT_TRUE(restart_after(self, first));
	self->send.nr_fds = second;
	EXPECT_EQ(0, mbox_op_run(&self->send));
	EXPECT_EQ(0, mbox_op_join(recv));
	EXPECT_EQ(second, recv->msg_fds);
	for (i = 0; i < MANY; i++) {
		EXPECT_EQ(i < ROOM && i < second, fds[i] >= 0);
		close(fds[i]);
	}
}

TEST_F(give, restart_after_none)
{
	expect_restarted(_metadata, self, 0, 3);
}

TEST_F(give, restart_after_more_than_fit)
{
	expect_restarted(_metadata, self, MANY, MANY);
}

TEST_HARNESS_MAIN
