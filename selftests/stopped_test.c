// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process is stopped while it waits: by a signal, a debugger, or the freezer of its cgroup. It
 * takes no message meanwhile and keeps none from others, and goes on as if nothing had been;
 * but who waits for the answer to what somebody has taken learns it, as that may not be sent
 * again.
 */
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "kselftest_harness.h"
#include "call.h"

#define CGROUPS "/tmp/ipcmbox-freezer"
#define GROUP	CGROUPS "/group"

/**
 * struct work - what the process does; it is in memory that it shares with the test
 * @op: a SEND or RECV
 * @call: or a CALL
 * @answer: where the answer goes
 * @ret: out, what it returned
 * @done: out, it has returned
 */
struct work {
	struct mbox_op op;
	struct ipcmbox_call call;
	uint32_t answer;
	int64_t ret;
	atomic_bool done;
};

FIXTURE(stopped)
{
	int fd;
	struct work *work;
	pid_t pid;
};

enum how { BY_SIGNAL, BY_DEBUGGER, BY_FREEZER };

FIXTURE_VARIANT(stopped)
{
	enum how how;
};

FIXTURE_VARIANT_ADD(stopped, by_signal) { .how = BY_SIGNAL };
FIXTURE_VARIANT_ADD(stopped, by_debugger) { .how = BY_DEBUGGER };
FIXTURE_VARIANT_ADD(stopped, by_freezer) { .how = BY_FREEZER };

FIXTURE_SETUP(stopped)
{
	self->pid = 0;
	if (variant->how == BY_FREEZER) {
		ASSERT_EQ(0, unshare(CLONE_NEWNS));
		ASSERT_EQ(0, mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
		mkdir(CGROUPS, 0755);
		if (mount("none", CGROUPS, "cgroup2", 0, NULL))
			SKIP(return, "no cgroup2 file system: %s",
				   strerror(errno));
		ASSERT_EQ(0, mkdir(GROUP, 0755));
	}
	self->fd = mbox_create(IPCMBOX_RENDEZVOUS, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->work = mmap(NULL, sizeof(*self->work), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->work);
	self->work->op.fd = self->fd;
}

FIXTURE_TEARDOWN(stopped)
{
	if (self->pid) {
		kill(self->pid, SIGKILL);
		mbox_reap(self->pid);
	}
	EXPECT_TRUE(mbox_is_calm(self->fd));
	EXPECT_EQ(0, close(self->fd));
	if (variant->how == BY_FREEZER) {
		EXPECT_EQ(0, rmdir(GROUP));
		umount(CGROUPS);
		rmdir(CGROUPS);
	}
}

static bool freeze(bool on)
{
	uint64_t end = mbox_deadline(MBOX_WATCHDOG_MS);
	const char *wanted = on ? "frozen 1" : "frozen 0";
	char text[64];
	FILE *file;

	if (mbox_write_number(GROUP "/cgroup.freeze", on))
		return false;
	while (mbox_now() < end) {
		file = fopen(GROUP "/cgroup.events", "re");
		while (file && fgets(text, sizeof(text), file)) {
			if (!strncmp(text, wanted, strlen(wanted))) {
				fclose(file);
				return true;
			}
		}
		if (file)
			fclose(file);
		mbox_nap();
	}
	return false;
}

static bool stop(enum how how, pid_t pid)
{
	int status;

	switch (how) {
	case BY_SIGNAL:
		return !kill(pid, SIGSTOP) &&
		       waitpid(pid, &status, WUNTRACED) == pid &&
		       WIFSTOPPED(status);
	case BY_DEBUGGER:
		return !ptrace(PTRACE_SEIZE, pid, 0, 0) &&
		       !ptrace(PTRACE_INTERRUPT, pid, 0, 0) &&
		       waitpid(pid, &status, 0) == pid && WIFSTOPPED(status);
	case BY_FREEZER:
		return !mbox_write_number(GROUP "/cgroup.procs",
					  (uint64_t)pid) &&
		       freeze(true);
	}
	return false;
}

static bool go_on(enum how how, pid_t pid)
{
	switch (how) {
	case BY_SIGNAL:
		return !kill(pid, SIGCONT);
	case BY_DEBUGGER:
		return !ptrace(PTRACE_DETACH, pid, 0, 0);
	case BY_FREEZER:
		return freeze(false);
	}
	return false;
}

static pid_t start(struct work *work, bool calls)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	work->ret =
		calls ? mbox_ioctl(work->op.fd, IPCMBOX_IOC_CALL, &work->call) :
			mbox_op_run(&work->op);
	work->done = true;
	_exit(0);
}

static bool waits(int fd, uint64_t senders, uint64_t receivers)
{
	uint64_t end = mbox_deadline(MBOX_WATCHDOG_MS);
	struct ipcmbox_info info;

	do {
		info = mbox_info(fd);
		if (info.senders_waiting == senders &&
		    info.receivers_waiting == receivers)
			return true;
		mbox_nap();
	} while (mbox_now() < end);
	return false;
}

static bool is_done(const struct work *work)
{
	uint64_t end = mbox_deadline(MBOX_WATCHDOG_MS);

	while (!work->done && mbox_now() < end)
		mbox_nap();
	return work->done;
}

TEST_F(stopped, receiver)
{
	struct mbox_op other = { .fd = self->fd, .kind = OP_RECV };

	self->work->op.kind = OP_RECV;
	self->pid = start(self->work, false);
	ASSERT_LE(0, self->pid);
	ASSERT_TRUE(waits(self->fd, 0, 1));
	ASSERT_TRUE(stop(variant->how, self->pid));
	EXPECT_TRUE(waits(self->fd, 0, 0));
	EXPECT_EQ(-EAGAIN, mbox_send_num(self->fd, 1, IPCMBOX_DONTWAIT));
	ASSERT_TRUE(mbox_op_park(&other));
	EXPECT_EQ(0, mbox_send_num(self->fd, 2, IPCMBOX_DONTWAIT));
	EXPECT_EQ(0, mbox_op_join(&other));
	EXPECT_EQ(2, other.num);

	ASSERT_TRUE(go_on(variant->how, self->pid));
	EXPECT_TRUE(waits(self->fd, 0, 1));
	EXPECT_EQ(0, mbox_send_num(self->fd, 3, 0));
	EXPECT_TRUE(is_done(self->work));
	EXPECT_EQ(0, self->work->ret);
	EXPECT_EQ(3, self->work->op.num);
}

/* What it was about to send is taken back, and sent anew, as one that comes last. */
TEST_F(stopped, sender)
{
	struct mbox_op other = { .fd = self->fd, .num = 2 };

	self->work->op.num = 1;
	self->pid = start(self->work, false);
	ASSERT_LE(0, self->pid);
	ASSERT_TRUE(waits(self->fd, 1, 0));
	ASSERT_TRUE(stop(variant->how, self->pid));
	EXPECT_TRUE(waits(self->fd, 0, 0));
	EXPECT_EQ(1, mbox_info(self->fd).withdrawn);
	EXPECT_EQ(-EAGAIN, mbox_recv_num(self->fd, IPCMBOX_DONTWAIT));
	ASSERT_TRUE(mbox_op_park(&other));

	ASSERT_TRUE(go_on(variant->how, self->pid));
	ASSERT_TRUE(waits(self->fd, 2, 0));
	EXPECT_EQ(2, mbox_recv_num(self->fd, 0));
	EXPECT_EQ(0, mbox_op_join(&other));
	EXPECT_EQ(1, mbox_recv_num(self->fd, 0));
	EXPECT_TRUE(is_done(self->work));
	EXPECT_EQ(0, self->work->ret);
	EXPECT_EQ(3, self->work->op.id);
}

TEST_F(stopped, caller)
{
	uint64_t token;

	self->work->call = (struct ipcmbox_call){
		.size = sizeof(self->work->call),
		.data = (uintptr_t)&self->work->op.num,
		.len = sizeof(self->work->op.num),
		.answer = (uintptr_t)&self->work->answer,
		.answer_len = sizeof(self->work->answer),
	};
	self->work->op.num = 7;
	self->pid = start(self->work, true);
	ASSERT_LE(0, self->pid);
	token = serve_take(self->fd, 7);
	ASSERT_NE(0, token);
	mbox_nap();
	ASSERT_TRUE(stop(variant->how, self->pid));
	EXPECT_EQ(-ESTALE, serve_reply(self->fd, token, 8));
	EXPECT_FALSE(self->work->done);

	ASSERT_TRUE(go_on(variant->how, self->pid));
	EXPECT_TRUE(is_done(self->work));
	EXPECT_EQ(-EINTR, self->work->ret);
	EXPECT_EQ(IPCMBOX_TAKEN, self->work->call.disposition);
	EXPECT_EQ(0, self->work->answer);
}

TEST_HARNESS_MAIN
