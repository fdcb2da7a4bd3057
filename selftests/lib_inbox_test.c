// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library's inboxes: claimed, found by number and by pidfd, and never mistaken.
 */
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "lib_util.h"

FIXTURE(lib_inbox)
{
	int ctl;
	struct ipcmbox_attr *attr;
};

MBOX_CAPACITIES(lib_inbox);

FIXTURE_SETUP(lib_inbox)
{
	self->ctl = ipcmbox_open();
	ASSERT_LE(0, self->ctl);
	self->attr = ipcmbox_attr_new();
	ASSERT_NE(NULL, self->attr);
	ipcmbox_attr_set_capacity(self->attr, variant->capacity);
}

FIXTURE_TEARDOWN(lib_inbox)
{
	ipcmbox_attr_free(self->attr);
	close(self->ctl);
}

static int pidfd_of(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

/**
 * struct owner - a child with an inbox, who gets one byte and ends with it
 * @pid: the child
 * @pidfd: the same
 */
struct owner {
	pid_t pid;
	int pidfd;
};

/* Returns when the inbox is there. */
static bool start_owner(struct owner *owner, uint64_t capacity)
{
	int ready[2];
	char byte;
	bool fine;

	if (pipe2(ready, O_CLOEXEC))
		return false;
	owner->pid = fork();
	if (!owner->pid) {
		int fd = ipcmbox_inbox(capacity);

		if (fd < 0 || write(ready[1], "x", 1) != 1)
			_exit(255);
		_exit(ipcmbox_recv(fd, &byte, 1) == 1 ? byte : 254);
	}
	close(ready[1]);
	fine = read(ready[0], &byte, 1) == 1;
	close(ready[0]);
	owner->pidfd = pidfd_of(owner->pid);
	return fine && owner->pidfd >= 0;
}

static int end_of(const struct owner *owner)
{
	int status = mbox_reap(owner->pid);

	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(lib_inbox, by_number)
{
	struct owner owner;
	int fd;

	ASSERT_TRUE(start_owner(&owner, variant->capacity));
	fd = ipcmbox_open_pid(owner.pid);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, ipcmbox_send(fd, "\x2a", 1));
	EXPECT_EQ(42, end_of(&owner));
	EXPECT_ERRNO(EIDRM, ipcmbox_send(fd, "x", 1));
	EXPECT_ERRNO(ESRCH, ipcmbox_open_pid(owner.pid));
	EXPECT_ERRNO(ESRCH, ipcmbox_open_pidfd(owner.pidfd));
	close(owner.pidfd);
	close(fd);
}

TEST_F(lib_inbox, by_pidfd)
{
	struct owner owner;
	int fd;

	ASSERT_TRUE(start_owner(&owner, variant->capacity));
	fd = ipcmbox_open_pidfd_at(self->ctl, owner.pidfd, O_NONBLOCK);
	ASSERT_LE(0, fd);
	EXPECT_EQ(O_WRONLY | O_NONBLOCK,
		  fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK));
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	close(fd);
	fd = ipcmbox_open_pidfd(owner.pidfd);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, ipcmbox_send(fd, "\x2b", 1));
	EXPECT_EQ(43, end_of(&owner));
	close(fd);
	close(owner.pidfd);
}

/**
 * struct view - a thread with a table of descriptors of its own
 * @fd: a descriptor
 * @other: what this thread has in the place of @fd
 * @mailbox: out, whose inbox it opened by @fd
 */
struct view {
	int fd;
	int other;
	uint64_t mailbox;
};

static void *open_in_view(void *arg)
{
	struct view *view = arg;
	int fd;

	if (unshare(CLONE_FILES) || dup2(view->other, view->fd) < 0)
		return NULL;
	fd = ipcmbox_open_pidfd(view->fd);
	if (fd >= 0)
		view->mailbox = mbox_info(fd).mailbox;
	return NULL;
}

/* A pidfd is what the thread that calls has by its number, not its process. */
TEST_F(lib_inbox, table_of_thread)
{
	struct owner first, second;
	struct view view = {};
	pthread_t thread;
	int fds[2];

	ASSERT_TRUE(start_owner(&first, variant->capacity));
	ASSERT_TRUE(start_owner(&second, variant->capacity));
	fds[0] = ipcmbox_open_pidfd(first.pidfd);
	fds[1] = ipcmbox_open_pidfd(second.pidfd);
	ASSERT_LE(0, fds[0]);
	ASSERT_LE(0, fds[1]);
	view.fd = first.pidfd;
	view.other = second.pidfd;
	ASSERT_EQ(0, pthread_create(&thread, NULL, open_in_view, &view));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(mbox_info(fds[1]).mailbox, view.mailbox);
	EXPECT_NE(mbox_info(fds[0]).mailbox, view.mailbox);
	EXPECT_EQ(0, ipcmbox_send(fds[0], "\x01", 1));
	EXPECT_EQ(0, ipcmbox_send(fds[1], "\x02", 1));
	EXPECT_EQ(1, end_of(&first));
	EXPECT_EQ(2, end_of(&second));
	close(fds[0]);
	close(fds[1]);
	close(first.pidfd);
	close(second.pidfd);
}

/* Be in so many groups with long numbers. */
static bool join_groups(size_t count)
{
	static gid_t groups[60000];
	size_t i;

	for (i = 0; i < count; i++)
		groups[i] = (gid_t)(2000000000 + i);
	return !setgroups(count, groups);
}

/*
 * What the library looks for in /proc/self/status comes after the groups, of which there
 * can be many; and anywhere in a buffer, as each group is 11 bytes.
 */
TEST_F_TIMEOUT(lib_inbox, many_groups, 120)
{
	struct owner owner;
	size_t count;
	int fd;

	if (getuid())
		SKIP(return, "needs root, for groups");
	ASSERT_TRUE(start_owner(&owner, variant->capacity));
	for (count = 300; count < 440; count++) {
		ASSERT_TRUE(join_groups(count));
		fd = ipcmbox_open_pidfd(owner.pidfd);
		ASSERT_LE(0, fd);
		close(fd);
	}
	ASSERT_TRUE(join_groups(60000));
	fd = ipcmbox_open_pidfd(owner.pidfd);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, ipcmbox_send(fd, "\x2c", 1));
	EXPECT_EQ(44, end_of(&owner));
	close(fd);
	close(owner.pidfd);
}

static void ignore(int sig)
{
}

/*
 * In a child that gets a signal as it enters its @nth system call: open an inbox.
 * Its exit status, or -1; @nth is then less than 0 if there was such a call.
 */
static int open_interrupted(int ctl, int pidfd, int *nth)
{
	const struct sigaction action = { .sa_handler = ignore };
	bool enters = false;
	int sig = 0, status;
	pid_t pid = fork();

	if (!pid) {
		if (sigaction(SIGUSR1, &action, NULL) ||
		    ptrace(PTRACE_TRACEME, 0, NULL, NULL) || raise(SIGSTOP))
			_exit(255);
		_exit(ipcmbox_open_pidfd_at(ctl, pidfd, 0) < 0 ? errno : 0);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, pid, NULL,
		   PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL))
		return -1;
	while (!ptrace(PTRACE_SYSCALL, pid, NULL, sig) &&
	       waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		sig = WSTOPSIG(status);
		if (sig != (SIGTRAP | 0x80))
			continue;
		sig = 0;
		enters = !enters;
		if (enters && !(*nth)--)
			kill(pid, SIGUSR1);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A signal does not make it look as if the process had ended. */
TEST_F(lib_inbox, signals)
{
	int fd, own, nth, left;

	fd = ipcmbox_inbox(variant->capacity);
	ASSERT_LE(0, fd);
	own = pidfd_of(getpid());
	ASSERT_LE(0, own);
	for (nth = 0, left = -1; left < 0; nth++) {
		left = nth;
		EXPECT_EQ(0, open_interrupted(self->ctl, own, &left));
	}
	EXPECT_LT(8, nth);
	close(own);
	close(fd);
}

/* Dead, but its number is still its own. */
TEST_F(lib_inbox, zombie)
{
	struct owner owner;
	siginfo_t info;

	ASSERT_TRUE(start_owner(&owner, variant->capacity));
	kill(owner.pid, SIGKILL);
	ASSERT_EQ(0, waitid(P_PID, owner.pid, &info, WEXITED | WNOWAIT));
	EXPECT_ERRNO(ESRCH, ipcmbox_open_pid(owner.pid));
	EXPECT_ERRNO(ESRCH, ipcmbox_open_pidfd(owner.pidfd));
	mbox_reap(owner.pid);
	EXPECT_ERRNO(ESRCH, ipcmbox_open_pidfd(owner.pidfd));
	close(owner.pidfd);
}

/*
 * In a pid namespace with the /proc of its parent: the numbers there are not its own.
 * With one of its own it finds its way.
 */
static int in_namespace(uint64_t capacity)
{
	struct owner owner;
	int fd;

	if (!start_owner(&owner, capacity))
		return 1;
	if (ipcmbox_open_pidfd(owner.pidfd) != -1 || errno != EOPNOTSUPP)
		return 2;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("proc", "/proc", "proc", 0, NULL))
		return 3;
	fd = ipcmbox_open_pidfd(owner.pidfd);
	if (fd < 0 || ipcmbox_send(fd, "\x05", 1))
		return 4;
	return end_of(&owner) == 5 ? 0 : 5;
}

TEST_F(lib_inbox, pid_namespace)
{
	int status;
	pid_t pid;

	if (getuid())
		SKIP(return, "needs root, for a namespace");
	pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWPID | CLONE_NEWNS))
			_exit(90);
		pid = fork();
		if (!pid)
			_exit(in_namespace(variant->capacity));
		status = mbox_reap(pid);
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 91);
	}
	status = mbox_reap(pid);
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(0, WEXITSTATUS(status));
}

/* The exit status of a process of another user that tries to open the inbox. */
static int open_as(uid_t uid, gid_t gid)
{
	pid_t owner = getpid(), pid = fork();
	int status;

	if (!pid) {
		if (setgroups(0, NULL) || setgid(gid) || setuid(uid))
			_exit(99);
		_exit(ipcmbox_open_pid(owner) < 0 ? errno : 0);
	}
	status = mbox_reap(pid);
	return WEXITSTATUS(status);
}

TEST_F(lib_inbox, access)
{
	int fd;

	if (getuid())
		SKIP(return, "needs root, to be others");
	fd = ipcmbox_inbox(variant->capacity);
	ASSERT_LE(0, fd);
	EXPECT_EQ(EACCES, open_as(1000, 1000));
	EXPECT_ERRNO(EBUSY, ipcmbox_inbox_at(self->ctl, self->attr,
					     IPCMBOX_ACCESS_ANYONE, 0, 0));
	close(fd);
	fd = ipcmbox_inbox_at(self->ctl, self->attr, IPCMBOX_ACCESS_ANYONE, 0,
			      0);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, open_as(1000, 1000));
	close(fd);
	ASSERT_EQ(0, setgroups(1, (gid_t[]){ 77 }));
	EXPECT_ERRNO(EPERM, ipcmbox_inbox_at(self->ctl, self->attr,
					     IPCMBOX_ACCESS_GROUP, 78, 0));
	fd = ipcmbox_inbox_at(self->ctl, self->attr, IPCMBOX_ACCESS_GROUP, 77,
			      0);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, open_as(1000, 77));
	EXPECT_EQ(EACCES, open_as(1000, 1000));
	close(fd);
}

TEST_F(lib_inbox, attributes)
{
	struct ipcmbox_info info;
	int fd;

	ipcmbox_attr_set_order(self->attr, IPCMBOX_PRIORITY);
	ipcmbox_attr_set_max_message(self->attr, 100);
	fd = ipcmbox_inbox_at(self->ctl, self->attr, IPCMBOX_ACCESS_USER, 0,
			      O_NONBLOCK);
	ASSERT_LE(0, fd);
	info = mbox_info(fd);
	EXPECT_EQ(variant->capacity, info.capacity);
	EXPECT_EQ(100, info.max_message);
	EXPECT_EQ(IPCMBOX_PRIORITY, info.order);
	EXPECT_EQ(IPCMBOX_SELECTIVE | IPCMBOX_NO_HANGUP | IPCMBOX_OWNED |
			  IPCMBOX_ADMIN,
		  info.attributes);
	EXPECT_ERRNO(EAGAIN, ipcmbox_recv(fd, NULL, 0));
	close(fd);
}

TEST_F(lib_inbox, bad_arguments)
{
	int own = pidfd_of(getpid()), box = mbox_create(1, O_RDWR);

	EXPECT_ERRNO(EINVAL, ipcmbox_open_pid(0));
	EXPECT_ERRNO(EINVAL, ipcmbox_open_pid(-1));
	EXPECT_ERRNO(ESRCH, ipcmbox_open_pid(0x7ffffff0));
	EXPECT_ERRNO(ENOENT, ipcmbox_open_pid(getpid()));
	EXPECT_ERRNO(ENOENT, ipcmbox_open_pidfd(own));
	EXPECT_ERRNO(EINVAL, ipcmbox_open_pidfd_at(self->ctl, own, O_APPEND));
	EXPECT_ERRNO(EINVAL, ipcmbox_open_pidfd(self->ctl));
	EXPECT_ERRNO(ENOTTY, ipcmbox_open_pidfd_at(box, own, 0));
	close(box);
	close(own);
	EXPECT_ERRNO(EBADF, ipcmbox_open_pidfd(own));
	EXPECT_ERRNO(EINVAL, ipcmbox_inbox_at(self->ctl, self->attr, 3, 0, 0));
	EXPECT_ERRNO(EINVAL, ipcmbox_inbox_at(self->ctl, self->attr,
					      IPCMBOX_ACCESS_USER, 5, 0));
	EXPECT_ERRNO(EINVAL, ipcmbox_inbox_at(self->ctl, self->attr,
					      IPCMBOX_ACCESS_USER, 0, O_RDWR));
	ipcmbox_attr_set_policy(self->attr, IPCMBOX_RECENT);
	EXPECT_ERRNO(EINVAL, ipcmbox_inbox_at(self->ctl, self->attr,
					      IPCMBOX_ACCESS_USER, 0, 0));
	ipcmbox_attr_set_policy(self->attr, IPCMBOX_LONGEST);
	ipcmbox_attr_set_selective(self->attr, true);
	EXPECT_ERRNO(EINVAL, ipcmbox_inbox_at(self->ctl, self->attr,
					      IPCMBOX_ACCESS_USER, 0, 0));
}

TEST_HARNESS_MAIN
