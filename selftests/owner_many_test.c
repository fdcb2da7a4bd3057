// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owners of many mailboxes, which all end with them: whether they are left to the worker,
 * or go meanwhile, or are just made. What it is to own one is in owner_test.c.
 */
#include <sys/resource.h>
#include <sys/syscall.h>

#include "kselftest_harness.h"
#include "accounts.h"
#include "name.h"

#define MANY		4000
#define MANY_SLOW	500 /* where IPCMBOX_FEW is set */
#define SOME		64
#define SOME_SLOW	16
#define ROUNDS		200
#define PARKED		8
#define THREADS		4

/* What an owner tells; the test sees it too. */
struct told {
	unsigned int made;
	int fds[MANY];
};

FIXTURE(many)
{
	struct told *told;
	int64_t before;
	pid_t pid;
	int first;
};

FIXTURE_SETUP(many)
{
	const struct rlimit limit = { MANY + 1000, MANY + 1000 };

	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	self->told = mmap(NULL, sizeof(*self->told), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->told);
	self->before = accounts_used(0, "mailboxes");
	ASSERT_LE(0, self->before);
	self->first = dup(0);
	ASSERT_LE(0, self->first);
}

/* Whoever had them, none is left. */
FIXTURE_TEARDOWN(many)
{
	close_range(self->first, ~0U, 0);
	EXPECT_TRUE(accounts_wait(0, "mailboxes", self->before, self->before));
	munmap(self->told, sizeof(*self->told));
}

/* With CLONE_FILES, what it has open at its end stays open. */
static pid_t spawn(unsigned long flags)
{
	return syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
}

static bool wait_made(const struct told *told, unsigned int count)
{
	uint64_t end = mbox_deadline(MBOX_WATCHDOG_MS);

	while (__atomic_load_n(&told->made, __ATOMIC_ACQUIRE) < count) {
		if (mbox_now() > end)
			return false;
		mbox_nap();
	}
	return true;
}

/* One of them is an inbox. */
static int own(bool inbox)
{
	struct ipcmbox_inbox arg = { .size = sizeof(arg), .capacity = 1 };
	int ret;

	if (!inbox)
		return name_create(NULL, 1, IPCMBOX_OWNED, O_RDWR, 0);
	ret = mbox_device_ioctl(IPCMBOX_IOC_INBOX, &arg);
	return ret ? ret : arg.fd;
}

/* Makes so many, which the test has too, and lives. */
static pid_t start_owner(struct told *told, unsigned int count)
{
	unsigned int i;
	pid_t pid;

	told->made = 0;
	pid = spawn(CLONE_FILES);
	if (pid)
		return wait_made(told, count) ? pid : -1;
	for (i = 0; i < count; i++) {
		told->fds[i] = own(i == count / 2);
		if (told->fds[i] < 0)
			_exit(1);
		__atomic_store_n(&told->made, i + 1, __ATOMIC_RELEASE);
	}
	pause();
	_exit(0);
}

static bool gets_over(int fd)
{
	uint64_t end = mbox_deadline(MBOX_WATCHDOG_MS);

	while (!(mbox_info(fd).state & IPCMBOX_STATE_DESTROYED)) {
		if (mbox_now() > end)
			return false;
		mbox_nap();
	}
	return true;
}

TEST_F_TIMEOUT(many, end_with_their_owner, 300)
{
	unsigned int i, count = getenv("IPCMBOX_FEW") ? MANY_SLOW : MANY;
	static struct mbox_op ops[PARKED];

	self->pid = start_owner(self->told, count);
	ASSERT_LT(0, self->pid);
	for (i = 0; i < PARKED; i++) {
		ops[i].kind = OP_RECV;
		ops[i].fd = self->told->fds[i * (count - 1) / (PARKED - 1)];
		ASSERT_TRUE(mbox_op_park(&ops[i]));
	}
	for (i = 0; i < count; i++) {
		ASSERT_EQ(self->pid, mbox_info(self->told->fds[i]).owner_pid);
		ASSERT_EQ(0, mbox_info(self->told->fds[i]).state);
	}
	kill(self->pid, SIGKILL);
	for (i = 0; i < PARKED; i++)
		ASSERT_EQ(-EIDRM, mbox_op_join(&ops[i]));
	mbox_reap(self->pid);
	for (i = 0; i < count; i++) {
		ASSERT_TRUE(gets_over(self->told->fds[i]));
		ASSERT_EQ(0, mbox_info(self->told->fds[i]).owner_pid);
		ASSERT_EQ(0, close(self->told->fds[i]));
	}
}

/* The last ports go while the worker comes by, from either side of it. */
TEST_F_TIMEOUT(many, go_while_they_end, 300)
{
	unsigned int i, j, count = getenv("IPCMBOX_FEW") ? SOME_SLOW : SOME;

	for (i = 0; i < ROUNDS; i++) {
		self->pid = start_owner(self->told, count);
		ASSERT_LT(0, self->pid);
		kill(self->pid, SIGKILL);
		usleep(i * 37 % 1000);
		for (j = 0; j < count; j++)
			close(self->told->fds[i % 2 ? j : count - 1 - j]);
		mbox_reap(self->pid);
	}
}

static struct told *progress;

/* Of the owner; each thread has a name for every other of its mailboxes. */
static void *make_and_close(void *arg)
{
	const char *name = arg;
	unsigned int i;

	for (i = 0;; i++) {
		int fd = name_create(i % 2 ? name : NULL, 1, IPCMBOX_OWNED,
				     O_RDWR, i % 2 ? 0600 : 0);

		if (fd >= 0)
			close(fd);
		if (i % 2)
			name_unlink(name);
		__atomic_add_fetch(&progress->made, 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

static char names[THREADS][16];

static pid_t start_threads(struct told *told, unsigned long flags)
{
	pthread_t thread;
	unsigned int i;
	pid_t pid;

	told->made = 0;
	progress = told;
	for (i = 0; i < THREADS; i++)
		snprintf(names[i], sizeof(names[i]), "owned%u", i);
	pid = spawn(flags);
	if (pid)
		return wait_made(told, THREADS) ? pid : -1;
	for (i = 0; i < THREADS; i++)
		if (pthread_create(&thread, NULL, make_and_close, names[i]))
			_exit(1);
	pause();
	_exit(0);
}

/* The owner comes and goes with its mailboxes, until it goes for good. */
TEST_F_TIMEOUT(many, are_made_while_their_owner_is_killed, 300)
{
	unsigned int i, j;

	for (i = 0; i < ROUNDS; i++) {
		self->pid = start_threads(self->told, i % 2 ? CLONE_FILES : 0);
		ASSERT_LT(0, self->pid);
		usleep(i * 37 % 2000);
		kill(self->pid, SIGKILL);
		mbox_reap(self->pid);
		for (j = 0; j < THREADS; j++)
			ASSERT_EQ(-ENOENT, name_open(names[j], O_RDWR));
		ASSERT_EQ(0, close_range(self->first + 1, ~0U, 0));
	}
}

TEST_HARNESS_MAIN
