// SPDX-License-Identifier: GPL-2.0-only
/*
 * What goes with a message: type and cookie, of which the kernel knows nothing, and
 * who sent it, which nobody but the kernel says, as the receiver's namespaces see it.
 */
#include <sys/syscall.h>

#include "kselftest_harness.h"
#include "ipcmbox_util.h"

#define USER	1234
#define GROUP	4321

FIXTURE(stamp)
{
	int fd;
	struct mbox_op send;
	struct mbox_op recv;
};

MBOX_CAPACITIES(stamp);

FIXTURE_SETUP(stamp)
{
	memset(self, 0, sizeof(*self));
	self->fd = mbox_create_by(variant->capacity, IPCMBOX_FIFO,
				  IPCMBOX_LONGEST, IPCMBOX_SELECTIVE);
	ASSERT_LE(0, self->fd);
	self->send.fd = self->fd;
	self->recv.fd = self->fd;
	self->recv.kind = OP_RECV;
}

FIXTURE_TEARDOWN(stamp)
{
	EXPECT_TRUE(mbox_is_calm(self->fd));
	close(self->fd);
}

/* One message, from a thread. */
static bool pass(FIXTURE_DATA(stamp) * self)
{
	return !mbox_op_start(&self->send) && !mbox_op_run(&self->recv) &&
	       mbox_op_join(&self->send) >= 0;
}

TEST_F(stamp, type_cookie_and_priority)
{
	static const uint64_t values[] = {
		0, 1, ~0ULL, 1ULL << 63, 0x0123456789abcdefULL,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		self->send.type = values[i];
		self->send.cookie = ~values[i];
		self->send.priority = i ? IPCMBOX_PRIORITY_MAX - i : 0;
		memset(&self->recv.sender, 0xff, sizeof(self->recv.sender));
		ASSERT_TRUE(pass(self));
		EXPECT_EQ(values[i], self->recv.type);
		EXPECT_EQ(~values[i], self->recv.cookie);
		EXPECT_EQ(self->send.priority, self->recv.priority);
	}
}

TEST_F(stamp, thread)
{
	ASSERT_TRUE(pass(self));
	EXPECT_EQ(getpid(), self->recv.sender.pid);
	EXPECT_EQ(self->send.tid, self->recv.sender.tid);
	EXPECT_NE(getpid(), self->recv.sender.tid);
	EXPECT_EQ(geteuid(), self->recv.sender.uid);
	EXPECT_EQ(getegid(), self->recv.sender.gid);
	/* And the first thread, to a receiver that waits. */
	ASSERT_TRUE(mbox_op_park(&self->recv));
	ASSERT_EQ(0, mbox_op_run(&self->send));
	ASSERT_EQ(0, mbox_op_join(&self->recv));
	EXPECT_EQ(getpid(), self->recv.sender.pid);
	EXPECT_EQ(getpid(), self->recv.sender.tid);
}

/* write(2) says no more than who it is; what was left in the argument is not sent. */
TEST_F(stamp, by_write)
{
	self->send.kind = OP_WRITE;
	self->send.type = 1;
	self->recv.type = 1;
	self->recv.cookie = 1;
	self->recv.priority = 1;
	ASSERT_TRUE(pass(self));
	EXPECT_EQ(0, self->recv.type);
	EXPECT_EQ(0, self->recv.cookie);
	EXPECT_EQ(0, self->recv.priority);
	EXPECT_EQ(getpid(), self->recv.sender.pid);
	EXPECT_EQ(self->send.tid, self->recv.sender.tid);
	EXPECT_EQ(geteuid(), self->recv.sender.uid);
}

TEST_F(stamp, by_peek)
{
	struct mbox_op peek = { .fd = self->fd, .kind = OP_PEEK };

	self->send.type = 5;
	self->send.cookie = 6;
	self->send.priority = 7;
	ASSERT_TRUE(mbox_op_offer(&self->send));
	EXPECT_EQ(0, mbox_op_run(&peek));
	EXPECT_EQ(5, peek.type);
	EXPECT_EQ(6, peek.cookie);
	EXPECT_EQ(7, peek.priority);
	EXPECT_EQ(getpid(), peek.sender.pid);
	EXPECT_EQ(self->send.tid, peek.sender.tid);
	EXPECT_EQ(getegid(), peek.sender.gid);
	EXPECT_EQ(0, mbox_op_run(&self->recv));
	EXPECT_EQ(0, mbox_op_join(&self->send));
}

/* The calling thread alone: a signal to the others would make them send again. */
static int become(uid_t uid, gid_t gid)
{
	return syscall(SYS_setresuid, -1, 0, -1) ||
	       syscall(SYS_setresgid, -1, gid, -1) ||
	       syscall(SYS_setresuid, -1, uid, -1);
}

/* The effective ids, not the real ones; of when it was sent. */
TEST_F(stamp, effective_ids)
{
	pid_t pid;

	if (getuid())
		SKIP(return, "only root can change its ids");
	pid = fork();
	if (!pid) {
		struct mbox_op send = { .fd = self->fd };

		if (become(USER, GROUP) || !mbox_op_offer(&send) ||
		    become(0, 0))
			_exit(1);
		_exit(mbox_op_join(&send) != 0);
	}
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, variant->capacity ? mbox_reap(pid) :
					 !mbox_wait_senders(self->fd, 1));
	ASSERT_EQ(0, mbox_op_run(&self->recv));
	EXPECT_EQ(USER, self->recv.sender.uid);
	EXPECT_EQ(GROUP, self->recv.sender.gid);
	/* Also if it has ended. */
	EXPECT_EQ(pid, self->recv.sender.pid);
	if (!variant->capacity)
		EXPECT_EQ(0, mbox_reap(pid));
}

/* What another process writes, to a port of this one or of its own. */
static pid_t start_writer(int fd, bool own)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	if (become(USER, GROUP))
		_exit(1);
	if (own)
		fd = mbox_reopen(fd, O_WRONLY, 0);
	if (own && become(0, 0))
		_exit(2);
	_exit(write(fd, "x", 1) != 1);
}

/*
 * Who writes may not know where, as a program that is more than its user may be made to:
 * it is the user who opened the port that stands for it.
 */
TEST_F(stamp, write_is_of_who_opened)
{
	int own;
	pid_t pid;

	if (getuid())
		SKIP(return, "only root can change its ids");
	for (own = 0; own < 2; own++) {
		pid = start_writer(self->fd, own);
		ASSERT_LT(0, pid);
		ASSERT_EQ(0, mbox_op_run(&self->recv));
		EXPECT_EQ(0, mbox_reap(pid));
		EXPECT_EQ(pid, self->recv.sender.pid);
		EXPECT_EQ(own ? USER : geteuid(), self->recv.sender.uid);
		EXPECT_EQ(own ? GROUP : getegid(), self->recv.sender.gid);
	}
}

/* In a pid namespace of its own, as its first process. */
static int see_outsider(int fd)
{
	struct mbox_op recv = { .fd = fd, .kind = OP_RECV };

	return getpid() != 1 || mbox_op_run(&recv) || recv.num != 8 ||
	       recv.sender.pid || recv.sender.tid;
}

static int see_insider(int fd)
{
	struct mbox_op recv = { .fd = fd, .kind = OP_RECV };
	pid_t pid = fork();

	if (!pid)
		_exit(mbox_send_num(fd, 9, 0) != 0);
	/* It is chosen by its number in here. */
	recv.match = IPCMBOX_MATCH_SENDER;
	recv.match_value = pid;
	return pid <= 1 || mbox_op_run(&recv) || recv.num != 9 ||
	       recv.sender.pid != pid || recv.sender.tid != pid ||
	       mbox_reap(pid);
}

/* Makes the namespace, and says how its first process is called outside. */
static int make_inside(int fd, int gate)
{
	pid_t pid, outer = getpid();

	if (unshare(CLONE_NEWPID))
		return 1;
	pid = fork();
	if (!pid)
		_exit(see_outsider(fd) || see_insider(fd) ||
		      mbox_peek_match(fd, IPCMBOX_MATCH_SENDER, outer) !=
			      -ESRCH ||
		      mbox_send_num(fd, 5, 0));
	return write(gate, &pid, sizeof(pid)) != sizeof(pid) || mbox_reap(pid);
}

TEST_F(stamp, pid_namespace)
{
	pid_t pid, inner;
	int gate[2];

	if (getuid())
		SKIP(return, "only root can make a pid namespace");
	ASSERT_EQ(0, pipe(gate));
	pid = fork();
	if (!pid)
		_exit(make_inside(self->fd, gate[1]));
	ASSERT_LT(0, pid);
	ASSERT_EQ(sizeof(inner), read(gate[0], &inner, sizeof(inner)));
	self->send.num = 8;
	ASSERT_EQ(0, mbox_op_run(&self->send));
	/* What they send each other is not for this one. */
	while (mbox_info(self->fd).received < 2)
		mbox_nap();
	ASSERT_EQ(0, mbox_op_run(&self->recv));
	EXPECT_EQ(5, self->recv.num);
	EXPECT_EQ(inner, self->recv.sender.pid);
	EXPECT_EQ(inner, self->recv.sender.tid);
	EXPECT_EQ(0, mbox_reap(pid));
	close(gate[0]);
	close(gate[1]);
}

static int see_nobody(int fd)
{
	struct mbox_op recv = { .fd = fd, .kind = OP_RECV };
	int64_t uid = mbox_read_number("/proc/sys/kernel/overflowuid");
	int64_t gid = mbox_read_number("/proc/sys/kernel/overflowgid");

	return mbox_op_run(&recv) || recv.sender.uid != uid ||
	       recv.sender.gid != gid || recv.sender.pid != getppid();
}

TEST_F(stamp, user_namespace)
{
	pid_t pid = fork();

	if (!pid) {
		/* It has nobody of those outside. */
		if (unshare(CLONE_NEWUSER))
			_exit(100);
		_exit(see_nobody(self->fd));
	}
	ASSERT_LT(0, pid);
	ASSERT_TRUE(mbox_wait_receivers(self->fd, 1));
	EXPECT_EQ(0, mbox_op_run(&self->send));
	EXPECT_EQ(0, mbox_reap(pid));
}

/* Structs as they were before: nothing is missed, and nothing is written behind. */
TEST_F(stamp, old_structs)
{
	static const size_t send_size = offsetof(struct ipcmbox_send, type);
	static const size_t recv_size = offsetof(struct ipcmbox_recv, match);
	uint32_t out = 0, in = 77;
	struct ipcmbox_send send;
	struct ipcmbox_recv recv;
	unsigned int i;

	memset(&send, 0xff, sizeof(send));
	memset(&send, 0, send_size);
	send.size = send_size;
	send.data = (uintptr_t)&in;
	send.len = sizeof(in);
	/* Sent by the old, received by the new; and the other way round. */
	for (i = 0; i < 2; i++) {
		self->recv.kind = OP_RECV;
		ASSERT_TRUE(mbox_op_park(&self->recv));
		ASSERT_EQ(0, mbox_ioctl(self->fd, IPCMBOX_IOC_SEND, &send));
		ASSERT_EQ(0, mbox_op_join(&self->recv));
		EXPECT_EQ(77, self->recv.num);
		EXPECT_EQ(0, self->recv.type);
		EXPECT_EQ(0, self->recv.cookie);
		EXPECT_EQ(0, self->recv.priority);
		EXPECT_EQ(getpid(), self->recv.sender.pid);

		memset(&recv, 0xff, sizeof(recv));
		memset(&recv, 0, recv_size);
		recv.size = recv_size;
		recv.data = (uintptr_t)&out;
		recv.len = sizeof(out);
		self->send.num = 78;
		self->send.type = 5;
		ASSERT_EQ(0, mbox_op_start(&self->send));
		ASSERT_EQ(0, mbox_ioctl(self->fd, IPCMBOX_IOC_RECV, &recv));
		EXPECT_EQ(0, mbox_op_join(&self->send));
		EXPECT_EQ(78, out);
		EXPECT_EQ(sizeof(out), recv.msg_len);
		EXPECT_EQ(~0ULL, recv.type);
		EXPECT_EQ(~0ULL, recv.cookie);
		EXPECT_EQ(-1, recv.pid);
		EXPECT_EQ(~0U, recv.gid);
	}
}

TEST_HARNESS_MAIN
