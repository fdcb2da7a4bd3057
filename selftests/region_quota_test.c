// SPDX-License-Identifier: GPL-2.0-only
/*
 * For whom the region of a mailbox counts that is gone, while another user has it mapped.
 */
#include <sched.h>
#include <sys/prctl.h>

#include "kselftest_harness.h"
#include "accounts.h"

#define MAKER 65519 /* of a user namespace, of which users 0 and 1 are those that follow */
#define FIRST 65520
#define SECOND 65521
#define SIZE 16384

/* User 0 of a namespace makes a region that user 1 maps, and keeps. */
static void share(int done)
{
	struct ipcmbox_create create = {
		.open_flags = O_RDWR,
		.capacity = 1,
		.region_size = SIZE,
	};
	char byte = 0;
	int fd;

	if (setresuid(0, 0, 0))
		_exit(1);
	fd = mbox_create_as(&create);
	if (fd < 0 || accounts_become(1) ||
	    mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED ||
	    accounts_become(0) || close(fd))
		_exit(2);
	if (write(done, &byte, 1) != 1)
		_exit(3);
	pause();
	_exit(4);
}

static pid_t start(int *done)
{
	char byte, path[64];
	int pipes[2], made[2], map;
	pid_t pid;

	if (pipe(pipes) || pipe(made))
		return -1;
	pid = fork();
	if (!pid) {
		if (setresuid(MAKER, MAKER, MAKER) ||
		    prctl(PR_SET_DUMPABLE, 1) || unshare(CLONE_NEWUSER) ||
		    write(made[1], "", 1) != 1 || read(pipes[0], &byte, 1) != 1)
			_exit(5);
		share(made[1]);
	}
	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	if (pid < 0 || read(made[0], &byte, 1) != 1)
		return -1;
	map = open(path, O_WRONLY | O_CLOEXEC);
	if (dprintf(map, "0 %u 2", FIRST) < 0 || write(pipes[1], "", 1) != 1)
		return -1;
	close(map);
	close(pipes[0]);
	close(pipes[1]);
	close(made[1]);
	*done = made[0];
	return pid;
}

TEST(of_two_users_of_a_namespace)
{
	char byte;
	int done;
	pid_t pid;

	if (getuid())
		SKIP(return, "needs root, to see accounts");
	pid = start(&done);
	ASSERT_LT(0, pid);
	ASSERT_EQ(1, read(done, &byte, 1));
	EXPECT_TRUE(accounts_wait(FIRST, "region-bytes", 0, 0));
	EXPECT_TRUE(accounts_wait(SECOND, "region-bytes", 0, 0));
	EXPECT_TRUE(accounts_wait(MAKER, "region-bytes", SIZE, SIZE));
	kill(pid, SIGKILL);
	mbox_reap(pid);
	close(done);
	EXPECT_TRUE(accounts_wait(MAKER, "region-bytes", 0, 0));
	EXPECT_TRUE(accounts_gone("uid=655"));
}

TEST_HARNESS_MAIN
