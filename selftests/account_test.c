// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accounts: what a user has in all his user namespaces counts together, and what users
 * of a namespace have counts for who made it.
 */
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "kselftest_harness.h"
#include "flight.h"

#define MAKER 65532
#define MAILBOXES 8
#define QUOTA MBOX_PARAMETERS "user_mailboxes"
#define FILES MBOX_PARAMETERS "user_files"

FIXTURE(account)
{
	int64_t limit;
	int64_t files;
};

FIXTURE_SETUP(account)
{
	if (getuid())
		SKIP(return, "needs root, to set the quota");
	self->limit = mbox_read_number(QUOTA);
	self->files = mbox_read_number(FILES);
	ASSERT_LT(0, self->limit);
	ASSERT_LT(0, self->files);
	ASSERT_EQ(0, mbox_write_number(QUOTA, MAILBOXES));
}

FIXTURE_TEARDOWN(account)
{
	mbox_write_number(QUOTA, self->limit);
	mbox_write_number(FILES, self->files);
}

static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool fine;

	if (fd < 0)
		return false;
	fine = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return fine;
}

/* Creates mailboxes up to @most, or until there may be no more; how many. */
static int create_some(int most)
{
	int count = 0;

	while (count < most && mbox_create(1, O_RDWR) >= 0)
		count++;
	return count;
}

/* In a namespace of its own, as user 7 of it. */
static int create_inside(int most, uid_t outside)
{
	char map[32];

	if (unshare(CLONE_NEWUSER))
		return -1;
	snprintf(map, sizeof(map), "7 %u 1", outside);
	/* Who has no group there can make no further namespace. */
	if (!write_text("/proc/self/uid_map", map) ||
	    !write_text("/proc/self/setgroups", "deny") ||
	    !write_text("/proc/self/gid_map", "7 0 1"))
		return -1;
	return create_some(most);
}

/* A process that keeps what it has until it is killed. */
struct keeper {
	pid_t pid;
	int count;
};

static struct keeper keep(int (*create)(int most, uid_t uid), int most,
			  uid_t uid)
{
	struct keeper keeper = { .count = -1 };
	int pipes[2];

	if (pipe(pipes))
		return keeper;
	keeper.pid = fork();
	if (!keeper.pid) {
		if (setresuid(uid, uid, uid))
			_exit(1);
		/* Which a change of the user has taken. */
		prctl(PR_SET_DUMPABLE, 1);
		keeper.count = create(most, uid);
		/* Likewise, and a namespace of its own. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (write(pipes[1], &keeper.count, sizeof(keeper.count)) < 0)
			_exit(1);
		pause();
	}
	close(pipes[1]);
	if (read(pipes[0], &keeper.count, sizeof(int)) != sizeof(int))
		keeper.count = -1;
	close(pipes[0]);
	return keeper;
}

static void end(struct keeper *keeper)
{
	int status;

	if (keeper->pid <= 0)
		return;
	kill(keeper->pid, SIGKILL);
	waitpid(keeper->pid, &status, 0);
}

static int create_outside(int most, uid_t uid)
{
	return create_some(most);
}

TEST_F(account, namespaces_are_no_escape)
{
	struct keeper outside, inside, again, other;

	outside = keep(create_outside, 3, MAKER);
	EXPECT_EQ(3, outside.count);
	inside = keep(create_inside, 4, MAKER);
	EXPECT_EQ(4, inside.count);
	/* One is left, whoever asks for it. */
	again = keep(create_inside, MAILBOXES, MAKER);
	EXPECT_EQ(1, again.count);
	other = keep(create_outside, MAILBOXES, OTHER);
	EXPECT_EQ(MAILBOXES, other.count);
	end(&other);

	/* What ends there is given back everywhere. */
	end(&inside);
	end(&outside);
	other = keep(create_outside, MAILBOXES, MAKER);
	EXPECT_EQ(MAILBOXES - 1, other.count);
	end(&other);
	end(&again);
}

static int create_in_two(int most, uid_t outside)
{
	if (create_inside(0, outside))
		return -1;
	/* Of the user who is 7 there. */
	if (unshare(CLONE_NEWUSER) ||
	    !write_text("/proc/self/uid_map", "0 7 1"))
		return -1;
	return create_some(most);
}

TEST_F(account, namespaces_in_namespaces)
{
	struct keeper outside, inside;

	outside = keep(create_outside, 2, MAKER);
	EXPECT_EQ(2, outside.count);
	inside = keep(create_in_two, MAILBOXES, MAKER);
	EXPECT_EQ(MAILBOXES - 2, inside.count);
	end(&inside);
	end(&outside);
}

/* A lower limit takes nothing away, and a higher one holds at once. */
TEST_F(account, limit_changes)
{
	struct keeper keeper, more;

	keeper = keep(create_outside, MAILBOXES, MAKER);
	EXPECT_EQ(MAILBOXES, keeper.count);
	EXPECT_EQ(0, mbox_write_number(QUOTA, MAILBOXES / 2));
	more = keep(create_outside, 1, MAKER);
	EXPECT_EQ(0, more.count);
	end(&more);
	EXPECT_EQ(0, mbox_write_number(QUOTA, 2 * MAILBOXES));
	more = keep(create_outside, 2 * MAILBOXES, MAKER);
	EXPECT_EQ(MAILBOXES, more.count);
	end(&more);
	end(&keeper);
}

/* Of a process in a namespace of its own, which may not do that itself for others. */
static bool write_maps(pid_t pid, uid_t outside)
{
	char path[64], map[32];

	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	snprintf(map, sizeof(map), "7 %u 1", outside);
	if (!write_text(path, map))
		return false;
	snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
	return write_text(path, "7 0 1");
}

/* In a namespace that root, or a user, makes for another user, who is 7 there. */
static int enter_as(uid_t maker, uid_t outside)
{
	pid_t self = getpid(), writer;
	int pipes[2];
	char byte;

	if (pipe(pipes))
		return -1;
	writer = fork();
	if (!writer)
		_exit(read(pipes[0], &byte, 1) != 1 ||
		      !write_maps(self, outside));
	if (seteuid(maker) || unshare(CLONE_NEWUSER) ||
	    write(pipes[1], "", 1) != 1)
		return -1;
	close(pipes[0]);
	close(pipes[1]);
	return mbox_reap(writer) || setresuid(7, 7, 7) ? -1 : 0;
}

/* Files in flight, from inside of a namespace. */
static int fill(int most, int entered)
{
	const struct rlimit limit = { most, most };
	int fd, event;

	if (entered || setrlimit(RLIMIT_NOFILE, &limit))
		return -1;
	fd = mbox_create(IPCMBOX_UNBOUNDED, O_RDWR);
	event = eventfd(0, 0);
	return fd < 0 || event < 0 ? -1 : flight_fill(fd, event);
}

static int fill_as_maker(int most, uid_t uid)
{
	return fill(most, enter_as(0, MAKER));
}

static int fill_as_other(int most, uid_t uid)
{
	return fill(most, enter_as(0, OTHER));
}

static int fill_inside(int most, uid_t uid)
{
	return fill(most, create_inside(0, uid));
}

/*
 * What one container has in flight is no matter of another one, whatever resource limits
 * it has, but for the quota of who made them.
 */
TEST_F(account, files)
{
	struct keeper first, second;

	first = keep(fill_as_maker, LIMIT, 0);
	EXPECT_EQ(LIMIT, first.count);
	second = keep(fill_as_other, LIMIT - 10, 0);
	EXPECT_EQ(LIMIT - 10, second.count);
	end(&second);
	EXPECT_EQ(0, mbox_write_number(FILES, LIMIT + 20));
	second = keep(fill_as_other, LIMIT, 0);
	EXPECT_EQ(20, second.count);
	end(&second);
	end(&first);
}

static int fill_as_other_of_maker(int most, uid_t uid)
{
	return fill(most, enter_as(MAKER, OTHER));
}

static int fill_outside(int most, uid_t uid)
{
	return fill(most, 0);
}

/* Nor is it one of who made it, but for his own quota. */
TEST_F(account, files_of_others)
{
	struct keeper inside, outside;

	inside = keep(fill_as_other_of_maker, LIMIT, 0);
	EXPECT_EQ(LIMIT, inside.count);
	outside = keep(fill_outside, LIMIT / 2, MAKER);
	EXPECT_EQ(LIMIT / 2, outside.count);
	end(&outside);
	EXPECT_EQ(0, mbox_write_number(FILES, LIMIT + 10));
	outside = keep(fill_outside, LIMIT / 2, MAKER);
	EXPECT_EQ(10, outside.count);
	end(&outside);
	end(&inside);
}

/* Whoever is exempt as a sender is so whatever others have who count for him. */
TEST_F(account, files_of_the_users_of_root)
{
	struct keeper inside = keep(fill_as_maker, LIMIT, 0);
	int fd = mbox_create(IPCMBOX_UNBOUNDED, O_RDWR);
	int event = eventfd(0, 0);

	EXPECT_EQ(LIMIT, inside.count);
	EXPECT_EQ(0, mbox_write_number(FILES, LIMIT));
	EXPECT_EQ(0, flight_post_one(fd, event));
	close(event);
	close(fd);
	end(&inside);
}

/* Of one user they are counted together. */
TEST_F(account, files_of_a_user)
{
	struct keeper first, second;

	first = keep(fill_inside, LIMIT - 10, MAKER);
	EXPECT_EQ(LIMIT - 10, first.count);
	second = keep(fill_inside, LIMIT, MAKER);
	EXPECT_EQ(10, second.count);
	end(&second);
	end(&first);
}

TEST_HARNESS_MAIN
