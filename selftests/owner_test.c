// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owners: a mailbox made with OWNED ends with the process that made it, with that alone,
 * and whoever has it open.
 */
#include <linux/sched.h>
#include <sys/syscall.h>

#include "kselftest_harness.h"
#include "name.h"

#define BOX "owned"

/*
 * A process that makes a mailbox, tells its descriptor, and does something with its life;
 * the test has a port of the mailbox.
 */
struct owner {
	pid_t pid;
	int told[2];
	int allowed[2];
	const char *name;
	int box;
};

static int own(const char *name)
{
	return name_create(name, 1, IPCMBOX_OWNED, O_RDWR, name ? 0600 : 0);
}

/* Of the owner. */
static void tell(struct owner *owner, int number)
{
	if (write(owner->told[1], &number, sizeof(number)) != sizeof(number))
		_exit(98);
}

/* Of the owner: waits until the test lets it go on, or ends. */
static void await(struct owner *owner)
{
	char c;

	if (read(owner->allowed[0], &c, 1) != 1)
		_exit(97);
}

/* Of the test: waits for what the owner tells. */
static int hear(struct owner *owner)
{
	int number;

	return read(owner->told[0], &number, sizeof(number)) == sizeof(number) ?
		       number :
		       -1;
}

static void allow(struct owner *owner)
{
	if (write(owner->allowed[1], "x", 1) != 1)
		perror("write");
}

static bool owner_start(struct owner *owner, const char *name,
			void (*life)(struct owner *owner))
{
	int pidfd, fd;

	owner->name = name;
	if (pipe(owner->told) || pipe(owner->allowed))
		return false;
	owner->pid = fork();
	if (!owner->pid) {
		close(owner->allowed[1]);
		owner->box = own(owner->name);
		tell(owner, owner->box);
		await(owner);
		life(owner);
		_exit(0);
	}
	close(owner->told[1]);
	close(owner->allowed[0]);
	fd = hear(owner);
	pidfd = syscall(SYS_pidfd_open, owner->pid, 0);
	owner->box = syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	close(pidfd);
	allow(owner);
	return owner->box >= 0;
}

static void owner_free(struct owner *owner)
{
	close(owner->told[0]);
	close(owner->allowed[1]);
	close(owner->box);
}

static bool is_over(const struct owner *owner)
{
	return mbox_info(owner->box).state & IPCMBOX_STATE_DESTROYED;
}

/* Within a moment. */
static bool gets_over(const struct owner *owner)
{
	uint64_t end = mbox_deadline(MBOX_WATCHDOG_MS);

	while (!is_over(owner)) {
		if (mbox_now() > end)
			return false;
		mbox_nap();
	}
	return true;
}

static void live(struct owner *owner)
{
	await(owner);
}

static void close_and_live(struct owner *owner)
{
	close(owner->box);
	tell(owner, 0);
	await(owner);
}

FIXTURE(owner)
{
	struct owner owner;
};

FIXTURE_VARIANT(owner)
{
	const char *name;
};

FIXTURE_VARIANT_ADD(owner, anonymous)
{
	.name = NULL,
};

FIXTURE_VARIANT_ADD(owner, named)
{
	.name = BOX,
};

FIXTURE_SETUP(owner)
{
	memset(self, 0, sizeof(*self));
}

/* Whatever came before, its name has gone with the owner. */
FIXTURE_TEARDOWN(owner)
{
	EXPECT_TRUE(gets_over(&self->owner));
	EXPECT_EQ(-EIDRM, mbox_send_num(self->owner.box, 1, IPCMBOX_DONTWAIT));
	EXPECT_EQ(-ENOENT, name_open(BOX, O_RDWR));
	owner_free(&self->owner);
}

TEST_F(owner, is_told)
{
	struct ipcmbox_info info;

	ASSERT_TRUE(owner_start(&self->owner, variant->name, live));
	info = mbox_info(self->owner.box);
	EXPECT_EQ(self->owner.pid, info.owner_pid);
	EXPECT_EQ(0, info.owner_uid);
	EXPECT_EQ(IPCMBOX_OWNED, info.attributes & IPCMBOX_OWNED);
	allow(&self->owner);
	EXPECT_EQ(0, mbox_reap(self->owner.pid));
	/* As it had a descriptor, it is over before its end is known. */
	EXPECT_TRUE(is_over(&self->owner));
	EXPECT_EQ(0, mbox_info(self->owner.box).owner_pid);
}

TEST_F(owner, is_killed_while_others_wait)
{
	struct mbox_op op = { .kind = OP_RECV };

	ASSERT_TRUE(owner_start(&self->owner, variant->name, live));
	op.fd = self->owner.box;
	ASSERT_TRUE(mbox_op_park(&op));
	kill(self->owner.pid, SIGKILL);
	EXPECT_EQ(-EIDRM, mbox_op_join(&op));
	mbox_reap(self->owner.pid);
	EXPECT_TRUE(is_over(&self->owner));
}

/* Those who wait learn of it also if it has no descriptor. */
TEST_F(owner, has_closed_it)
{
	struct mbox_op op = { .kind = OP_RECV };

	ASSERT_TRUE(owner_start(&self->owner, variant->name, close_and_live));
	ASSERT_EQ(0, hear(&self->owner));
	op.fd = self->owner.box;
	ASSERT_TRUE(mbox_op_park(&op));
	EXPECT_EQ(0, mbox_info(op.fd).state);
	EXPECT_EQ(self->owner.pid, mbox_info(op.fd).owner_pid);
	kill(self->owner.pid, SIGKILL);
	EXPECT_EQ(-EIDRM, mbox_op_join(&op));
	mbox_reap(self->owner.pid);
}

/* The child has a descriptor too, and outlives it; another ends before. */
static void fork_and_live(struct owner *owner)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
	pid = fork();
	if (!pid) {
		await(owner);
		_exit(0);
	}
	tell(owner, pid);
	pause();
}

TEST_F(owner, has_children)
{
	ASSERT_TRUE(owner_start(&self->owner, variant->name, fork_and_live));
	EXPECT_LT(0, hear(&self->owner));
	EXPECT_EQ(0, mbox_info(self->owner.box).state);
	kill(self->owner.pid, SIGKILL);
	mbox_reap(self->owner.pid);
	EXPECT_TRUE(is_over(&self->owner));
	allow(&self->owner);
}

static void share_and_live(struct owner *owner)
{
	if (!syscall(SYS_clone, CLONE_FILES, 0, 0, 0, 0)) {
		await(owner);
		_exit(0);
	}
	tell(owner, 0);
	pause();
}

/* Its end closes nothing: another process has the same table. */
TEST_F(owner, shares_its_descriptors)
{
	ASSERT_TRUE(owner_start(&self->owner, variant->name, share_and_live));
	EXPECT_EQ(0, hear(&self->owner));
	kill(self->owner.pid, SIGKILL);
	mbox_reap(self->owner.pid);
	EXPECT_TRUE(gets_over(&self->owner));
	allow(&self->owner);
}

#define NEXT "IPCMBOX_NEXT_PROGRAM"

/* Instead of the tests: the next program of an owner. */
static void __attribute__((constructor)) run_next_program(void)
{
	const char *next = getenv(NEXT);
	struct owner owner = {};

	if (!next ||
	    sscanf(next, "%d,%d", &owner.told[1], &owner.allowed[0]) != 2)
		return;
	tell(&owner, getpid());
	await(&owner);
	_exit(0);
}

static void *run_program(void *arg)
{
	struct owner *owner = arg;
	char next[32];

	snprintf(next, sizeof(next), "%d,%d", owner->told[1],
		 owner->allowed[0]);
	if (!setenv(NEXT, next, 1))
		execl("/proc/self/exe", "owner_test", NULL);
	_exit(96);
}

static void exec_and_live(struct owner *owner)
{
	run_program(owner);
}

/* The first thread ends within the call, and its number is that of the caller then. */
static void exec_in_thread_and_live(struct owner *owner)
{
	pthread_t thread;

	pthread_create(&thread, NULL, run_program, owner);
	pause();
}

static void check_exec(struct __test_metadata *_metadata, struct owner *owner,
		       const char *name, void (*life)(struct owner *owner))
{
	ASSERT_TRUE(owner_start(owner, name, life));
	EXPECT_EQ(owner->pid, hear(owner));
	EXPECT_EQ(0, mbox_info(owner->box).state);
	EXPECT_EQ(owner->pid, mbox_info(owner->box).owner_pid);
	EXPECT_EQ(name ? 0 : -1, close(name_open(BOX, O_RDWR)));
	allow(owner);
	EXPECT_EQ(0, mbox_reap(owner->pid));
}

TEST_F(owner, runs_another_program)
{
	check_exec(_metadata, &self->owner, variant->name, exec_and_live);
}

TEST_F(owner, runs_another_program_from_a_thread)
{
	check_exec(_metadata, &self->owner, variant->name,
		   exec_in_thread_and_live);
}

static void *outlive(void *arg)
{
	struct owner *owner = arg;

	await(owner);
	_exit(0);
}

static void leave_to_thread(struct owner *owner)
{
	pthread_t thread;

	pthread_create(&thread, NULL, outlive, owner);
	tell(owner, 0);
	syscall(SYS_exit, 0);
}

/* The others are still the process. */
TEST_F(owner, loses_its_first_thread)
{
	char path[32], state = 0;
	FILE *stat;

	ASSERT_TRUE(owner_start(&self->owner, variant->name, leave_to_thread));
	EXPECT_EQ(0, hear(&self->owner));
	snprintf(path, sizeof(path), "/proc/%d/stat", self->owner.pid);
	while (state != 'Z') {
		stat = fopen(path, "r");
		ASSERT_NE(NULL, stat);
		ASSERT_EQ(1, fscanf(stat, "%*d (%*[^)]) %c", &state));
		fclose(stat);
	}
	EXPECT_EQ(0, mbox_info(self->owner.box).state);
	EXPECT_EQ(self->owner.pid, mbox_info(self->owner.box).owner_pid);
	allow(&self->owner);
	EXPECT_EQ(0, mbox_reap(self->owner.pid));
	EXPECT_TRUE(is_over(&self->owner));
}

static void *make_in_thread(void *arg)
{
	struct owner *owner = arg;

	close(owner->box);
	owner->box = own(NULL);
	return NULL;
}

/* A thread that ends is not the process. */
static void make_in_thread_and_live(struct owner *owner)
{
	pthread_t thread;

	pthread_create(&thread, NULL, make_in_thread, owner);
	pthread_join(thread, NULL);
	usleep(20000);
	if (mbox_info(owner->box).owner_pid != getpid() ||
	    mbox_info(owner->box).state)
		_exit(1);
}

TEST_F(owner, makes_it_in_a_thread)
{
	ASSERT_TRUE(owner_start(&self->owner, variant->name,
				make_in_thread_and_live));
	EXPECT_EQ(0, mbox_reap(self->owner.pid));
}

static pid_t fork_as(pid_t number)
{
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)&number,
		.set_tid_size = 1,
	};

	return syscall(SYS_clone3, &args, sizeof(args));
}

/* Who has the number next is another. */
TEST_F(owner, had_a_number_that_is_used_again)
{
	struct ipcmbox_info info;
	pid_t pid;

	ASSERT_TRUE(owner_start(&self->owner, variant->name, close_and_live));
	EXPECT_EQ(0, hear(&self->owner));
	kill(self->owner.pid, SIGKILL);
	mbox_reap(self->owner.pid);
	pid = fork_as(self->owner.pid);
	if (!pid) {
		info = mbox_info(self->owner.box);
		_exit(info.owner_pid || name_open(BOX, O_RDWR) != -ENOENT);
	}
	ASSERT_EQ(self->owner.pid, pid);
	EXPECT_EQ(0, mbox_reap(pid));
}

TEST(hub_ends_with_its_subscriptions)
{
	struct ipcmbox_subscribe subscribe = { .size = sizeof(subscribe),
					       .capacity = 1 };
	struct mbox_op op = { .kind = OP_RECV };
	int ends[2];
	pid_t pid;
	char c;

	ASSERT_EQ(0, pipe(ends));
	pid = fork();
	if (!pid) {
		close(name_create(BOX, 0, IPCMBOX_OWNED | IPCMBOX_BROADCAST,
				  O_RDWR, 0600));
		_exit(write(ends[1], "x", 1) != 1 || pause());
	}
	ASSERT_EQ(1, read(ends[0], &c, 1));
	op.fd = name_open(BOX, O_RDWR);
	ASSERT_EQ(0, mbox_ioctl(op.fd, IPCMBOX_IOC_SUBSCRIBE, &subscribe));
	close(op.fd);
	op.fd = subscribe.fd;
	EXPECT_EQ(0, mbox_info(op.fd).attributes & IPCMBOX_OWNED);
	ASSERT_TRUE(mbox_op_park(&op));
	kill(pid, SIGKILL);
	EXPECT_EQ(-EIDRM, mbox_op_join(&op));
	mbox_reap(pid);
	close(op.fd);
	close(ends[0]);
	close(ends[1]);
}

TEST_HARNESS_MAIN
