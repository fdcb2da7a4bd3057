// SPDX-License-Identifier: GPL-2.0-only
/*
 * Inboxes: messages to a process by its number, as long as it is that process, from those
 * who may.
 */
#include <grp.h>
#include <sched.h>

#include "kselftest_harness.h"
#include "ipcmbox_util.h"

static int claim(uint64_t capacity, uint32_t access, uint32_t gid)
{
	struct ipcmbox_inbox inbox = {
		.size = sizeof(inbox),
		.access = access,
		.gid = gid,
		.capacity = capacity,
	};

	return mbox_device_ioctl(IPCMBOX_IOC_INBOX, &inbox) ?: inbox.fd;
}

static int open_pid(pid_t pid)
{
	struct ipcmbox_open_pid arg = { .size = sizeof(arg), .pid = pid };

	return mbox_device_ioctl(IPCMBOX_IOC_OPEN_PID, &arg) ?: arg.fd;
}

/* A child with an inbox, which receives a number and ends with it. */
static pid_t start_owner(uint64_t capacity, uint32_t access, int *ready)
{
	int ends[2];
	pid_t pid;

	if (pipe(ends))
		return -1;
	pid = fork();
	if (!pid) {
		int fd = claim(capacity, access, 0);

		if (fd < 0 || write(ends[1], "x", 1) != 1)
			_exit(255);
		_exit(mbox_recv_num(fd, 0));
	}
	close(ends[1]);
	*ready = ends[0];
	return pid;
}

static bool await_owner(int ready)
{
	char c;
	bool fine = read(ready, &c, 1) == 1;

	close(ready);
	return fine;
}

FIXTURE(inbox)
{
	int unused;
};

MBOX_CAPACITIES(inbox);

FIXTURE_SETUP(inbox)
{
}

FIXTURE_TEARDOWN(inbox)
{
}

TEST_F(inbox, gets_messages_by_number)
{
	int ready, fd, status;
	pid_t pid = start_owner(variant->capacity, IPCMBOX_ACCESS_USER, &ready);

	ASSERT_LT(0, pid);
	ASSERT_TRUE(await_owner(ready));
	fd = open_pid(pid);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, mbox_send_num(fd, 42, 0));
	status = mbox_reap(pid);
	EXPECT_EQ(42, WEXITSTATUS(status));
	/* It has ended, and the port does not lead elsewhere. */
	EXPECT_EQ(-EIDRM, mbox_send_num(fd, 43, 0));
	EXPECT_EQ(-ESRCH, open_pid(pid));
	close(fd);
}

TEST_F(inbox, one_for_each_process)
{
	int fd = claim(variant->capacity, IPCMBOX_ACCESS_USER, 0);
	pid_t pid;

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EBUSY, claim(variant->capacity, IPCMBOX_ACCESS_USER, 0));
	pid = fork();
	if (!pid) {
		int own;

		if (open_pid(getpid()) != -ENOENT)
			_exit(1);
		own = claim(variant->capacity, IPCMBOX_ACCESS_USER, 0);
		_exit(own < 0);
	}
	EXPECT_EQ(0, mbox_reap(pid));
	/* The child had this port as well, and its end is not ours. */
	EXPECT_EQ(0, mbox_info(fd).state);
	close(fd);
	fd = claim(variant->capacity, IPCMBOX_ACCESS_USER, 0);
	EXPECT_LE(0, fd);
	close(fd);
	EXPECT_EQ(-ENOENT, open_pid(getpid()));
}

/* The owner closes it while a child still has the port. */
TEST_F(inbox, is_given_up_by_closing)
{
	int fd = claim(variant->capacity, IPCMBOX_ACCESS_USER, 0), other;
	int ends[2];
	pid_t pid;
	char c;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, pipe(ends));
	other = dup(fd);
	pid = fork();
	if (!pid) {
		close(ends[1]);
		_exit(read(ends[0], &c, 1));
	}
	close(ends[0]);
	close(other);
	EXPECT_EQ(0, mbox_info(fd).state);
	other = open_pid(getpid());
	EXPECT_LE(0, other);
	close(fd);
	EXPECT_EQ(-EIDRM, mbox_send_num(other, 1, IPCMBOX_DONTWAIT));
	EXPECT_EQ(-ENOENT, open_pid(getpid()));
	close(other);
	close(ends[1]);
	mbox_reap(pid);
}

TEST_F(inbox, dies_with_its_process)
{
	int ready, fd;
	pid_t pid = start_owner(variant->capacity, IPCMBOX_ACCESS_USER, &ready);

	ASSERT_TRUE(await_owner(ready));
	fd = open_pid(pid);
	ASSERT_LE(0, fd);
	kill(pid, SIGKILL);
	mbox_reap(pid);
	EXPECT_EQ(-EIDRM, mbox_send_num(fd, 1, 0));
	close(fd);
}

TEST_F(inbox, is_given_up_by_destroy)
{
	int fd = claim(variant->capacity, IPCMBOX_ACCESS_USER, 0), other;

	ASSERT_LE(0, fd);
	other = open_pid(getpid());
	EXPECT_LE(0, other);
	EXPECT_EQ(0, mbox_destroy(fd));
	EXPECT_EQ(-EIDRM, mbox_destroy(fd));
	EXPECT_EQ(-EIDRM, mbox_send_num(other, 1, IPCMBOX_DONTWAIT));
	EXPECT_EQ(-ENOENT, open_pid(getpid()));
	close(other);
	other = claim(variant->capacity, IPCMBOX_ACCESS_USER, 0);
	EXPECT_LE(0, other);
	/* The end of the first is none of the second. */
	close(fd);
	EXPECT_EQ(0, mbox_info(other).state);
	fd = open_pid(getpid());
	EXPECT_LE(0, fd);
	close(fd);
	close(other);
}

/* The port that does it need not be the one that INBOX gave. */
TEST_F(inbox, is_given_up_by_another_port)
{
	int fd = claim(variant->capacity, IPCMBOX_ACCESS_USER, 0), other;

	ASSERT_LE(0, fd);
	other = mbox_reopen(fd, O_RDONLY, IPCMBOX_ADMIN);
	ASSERT_LE(0, other);
	EXPECT_EQ(0, mbox_destroy(other));
	EXPECT_EQ(-ENOENT, open_pid(getpid()));
	close(other);
	other = claim(variant->capacity, IPCMBOX_ACCESS_USER, 0);
	EXPECT_LE(0, other);
	close(fd);
	fd = open_pid(getpid());
	EXPECT_LE(0, fd);
	close(fd);
	close(other);
}

#define EARLIER "IPCMBOX_EARLIER_INBOX"

/* Instead of the tests: what the next program of a process has of its inbox. */
static void __attribute__((constructor)) look_at_earlier(void)
{
	const char *earlier = getenv(EARLIER);
	int fd = earlier ? atoi(earlier) : -1;

	if (!earlier)
		return;
	if (open_pid(getpid()) != -ENOENT)
		_exit(1);
	if (claim(1, IPCMBOX_ACCESS_USER, 0) < 0)
		_exit(2);
	if (mbox_info(fd).state != IPCMBOX_STATE_DESTROYED)
		_exit(3);
	close(fd);
	_exit(open_pid(getpid()) < 0 ? 4 : 0);
}

/* Another program did not claim it, even if it has the port. */
TEST_F(inbox, dies_with_its_program)
{
	char number[16];
	pid_t pid = fork();
	int ret;

	if (!pid) {
		int fd = claim(variant->capacity, IPCMBOX_ACCESS_USER, 0);

		snprintf(number, sizeof(number), "%d", fd);
		if (!setenv(EARLIER, number, 1) && !fcntl(fd, F_SETFD, 0))
			execl("/proc/self/exe", "inbox_test", NULL);
		_exit(99);
	}
	ret = mbox_reap(pid);
	EXPECT_EQ(0, WEXITSTATUS(ret));
}

TEST_F(inbox, receives_from_one_sender)
{
	int fd = claim(variant->capacity, IPCMBOX_ACCESS_USER, 0);
	uint32_t num = 0;
	struct ipcmbox_recv recv = {
		.size = sizeof(recv),
		.data = (uintptr_t)&num,
		.len = sizeof(num),
		.match = IPCMBOX_MATCH_SENDER,
	};
	pid_t pids[2];
	int i;

	ASSERT_LE(0, fd);
	for (i = 0; i < 2; i++) {
		pids[i] = fork();
		if (!pids[i])
			_exit(mbox_send_num(open_pid(getppid()), 10 + i, 0) ||
			      pause());
	}
	for (i = 1; i >= 0; i--) {
		recv.match_value = pids[i];
		EXPECT_EQ(0, mbox_ioctl(fd, IPCMBOX_IOC_RECV, &recv));
		EXPECT_EQ(10 + i, num);
		EXPECT_EQ(pids[i], recv.pid);
	}
	for (i = 0; i < 2; i++) {
		kill(pids[i], SIGKILL);
		mbox_reap(pids[i]);
	}
	close(fd);
}

/* What open_pid() gives to another user, in a group or not. */
static int open_as(uid_t uid, gid_t gid)
{
	pid_t owner = getpid(), pid = fork();
	int status;

	if (!pid) {
		if (setgroups(0, NULL) || setgid(gid) || setuid(uid))
			_exit(99);
		_exit(open_pid(owner) < 0 ? 1 : 0);
	}
	status = mbox_reap(pid);
	return WEXITSTATUS(status);
}

TEST_F(inbox, lets_in_who_may)
{
	int fd;

	if (getuid())
		SKIP(return, "needs root, to be others");
	fd = claim(variant->capacity, IPCMBOX_ACCESS_USER, 0);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, open_as(0, 0));
	EXPECT_EQ(1, open_as(1000, 1000));
	close(fd);
	fd = claim(variant->capacity, IPCMBOX_ACCESS_ANYONE, 0);
	EXPECT_EQ(0, open_as(1000, 1000));
	close(fd);
	ASSERT_EQ(0, setgroups(1, (gid_t[]){ 77 }));
	fd = claim(variant->capacity, IPCMBOX_ACCESS_GROUP, 77);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, open_as(1000, 77));
	EXPECT_EQ(1, open_as(1000, 1000));
	close(fd);
	EXPECT_EQ(-EPERM, claim(variant->capacity, IPCMBOX_ACCESS_GROUP, 78));
}

TEST_F(inbox, bad_arguments)
{
	EXPECT_EQ(-EINVAL, open_pid(0));
	EXPECT_EQ(-EINVAL, open_pid(-1));
	EXPECT_EQ(-ESRCH, open_pid(0x7ffffff0));
	EXPECT_EQ(-EINVAL, claim(variant->capacity, 3, 0));
	EXPECT_EQ(-EINVAL, claim(variant->capacity, IPCMBOX_ACCESS_USER, 5));
	EXPECT_EQ(-ENOENT, open_pid(getpid()));
}

TEST_HARNESS_MAIN
