// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the system limits: messages are charged to the memory cgroup of their
 * sender and fail with ENOMEM at its limit, and there are only so many files.
 */
#include <sys/mount.h>
#include <sys/stat.h>

#include "kselftest_harness.h"
#include "ipcmbox_util.h"

#define CGROUPS		"/tmp/ipcmbox-cgroup"
#define GROUP		CGROUPS "/group"
#define LIMIT		(16 << 20)
#define NOBODY		65534

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

/* Reading untouched memory takes none of the group. */
static void *nothing(size_t len)
{
	return mmap(NULL, len, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* A group of its own, with a limit, for the children of a test. */
FIXTURE(memory)
{
	void *message;
	int fd;
};

FIXTURE_SETUP(memory)
{
	self->fd = -1;
	mkdir(CGROUPS, 0755);
	if (mount("none", CGROUPS, "cgroup2", 0, NULL))
		SKIP(return, "no cgroup2 file system: %s", strerror(errno));
	if (write_text(CGROUPS "/cgroup.subtree_control", "+memory"))
		SKIP(return, "no memory controller in it");
	ASSERT_EQ(0, mkdir(GROUP, 0755));
	ASSERT_EQ(0, mbox_write_number(GROUP "/memory.max", LIMIT));
	self->message = nothing(LIMIT);
	ASSERT_NE(MAP_FAILED, self->message);
	self->fd = mbox_create(IPCMBOX_UNBOUNDED, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, mbox_set(self->fd,
			      IPCMBOX_SET_MAX_BYTES | IPCMBOX_SET_MAX_MESSAGE,
			      2 * LIMIT));
}

FIXTURE_TEARDOWN(memory)
{
	if (self->fd >= 0) {
		EXPECT_TRUE(mbox_is_calm(self->fd));
		close(self->fd);
		EXPECT_EQ(0, rmdir(GROUP));
	}
	umount(CGROUPS);
	rmdir(CGROUPS);
}

static int send_from_group(int fd, size_t len, unsigned int count)
{
	void *data = nothing(len);
	int ret = 0;

	if (data == MAP_FAILED || write_text(GROUP "/cgroup.procs", "0"))
		return 1;
	while (!ret && count--)
		ret = mbox_send(fd, data, len, 0);
	if (ret)
		return ret == -ENOMEM ? 3 : 2;
	return 0;
}

static int in_child(int fd, size_t len, unsigned int count)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(send_from_group(fd, len, count));
	status = mbox_reap(pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(memory, of_the_group_is_used_up)
{
	EXPECT_EQ(3, in_child(self->fd, 2 * LIMIT, 1));
	EXPECT_EQ(0, mbox_info(self->fd).sent);
	EXPECT_EQ(0, in_child(self->fd, LIMIT / 4, 1));
	EXPECT_EQ(3, in_child(self->fd, LIMIT / 4, 4));
	EXPECT_TRUE(mbox_is_calm(self->fd));
	/* It is that group alone that has no memory, whosever mailbox it is. */
	EXPECT_EQ(0, mbox_send(self->fd, self->message, LIMIT, 0));
	/* What the group has given back, it can use again. */
	EXPECT_LE(2, mbox_drain(self->fd));
	EXPECT_EQ(0, in_child(self->fd, LIMIT / 4, 2));
}

TEST_F(memory, is_charged_to_the_group)
{
	int64_t before = mbox_read_number(GROUP "/memory.current");
	int64_t stored;

	ASSERT_LE(0, before);
	ASSERT_EQ(0, in_child(self->fd, LIMIT / 2, 1));
	stored = mbox_read_number(GROUP "/memory.current");
	/* The kernel charges in batches per CPU, so this is not exact. */
	EXPECT_LT(before + LIMIT / 4, stored);
	EXPECT_EQ(1, mbox_drain(self->fd));
	EXPECT_GT(stored - LIMIT / 4,
		  mbox_read_number(GROUP "/memory.current"));
}

#define FILE_MAX "/proc/sys/fs/file-max"

static int create_without_files(int device, int fd)
{
	struct ipcmbox_create create = { .size = sizeof(create) };
	struct ipcmbox_pair pair = { .size = sizeof(pair) };
	struct ipcmbox_reopen reopen = { .size = sizeof(reopen) };

	if (setresuid(NOBODY, NOBODY, NOBODY))
		return 1;
	if (mbox_ioctl(device, IPCMBOX_IOC_CREATE, &create) != -ENFILE)
		return 2;
	if (mbox_ioctl(device, IPCMBOX_IOC_PAIR, &pair) != -ENFILE)
		return 3;
	if (mbox_ioctl(fd, IPCMBOX_IOC_REOPEN, &reopen) != -ENFILE)
		return 4;
	create.region_size = 4096;
	if (mbox_ioctl(device, IPCMBOX_IOC_CREATE, &create) != -ENFILE)
		return 5;
	return 0;
}

TEST(no_file_is_left)
{
	int device = open(MBOX_DEVICE, O_RDWR | O_CLOEXEC);
	int64_t before = mbox_read_number(FILE_MAX);
	int fd = mbox_create(1, O_RDWR);
	int status;
	pid_t pid;

	ASSERT_LE(0, device);
	ASSERT_LE(0, fd);
	ASSERT_LT(0, before);
	/* Root may still open some, and give the limit back. */
	ASSERT_EQ(0, mbox_write_number(FILE_MAX, 0));
	pid = fork();
	if (!pid)
		_exit(create_without_files(device, fd));
	status = mbox_reap(pid);
	EXPECT_EQ(0, mbox_write_number(FILE_MAX, before));
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(0, WEXITSTATUS(status));
	EXPECT_EQ(1, mbox_info(fd).receivers);
	close(fd);
	close(device);
}

TEST_HARNESS_MAIN
