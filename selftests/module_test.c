// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module as such: its device node, its parameters, that it stays while it is
 * in use and goes without a trace, and the minor number of which another driver
 * was faster. Leaves the module loaded as it was found.
 */
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "kselftest_harness.h"
#include "ipcmbox_util.h"

#define MODULE_PATH "/lib/ipcmbox.ko"
#define FIXED_MINOR 247

static int load(const char *parameters)
{
	int fd = open(MODULE_PATH, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return -errno;
	ret = syscall(SYS_finit_module, fd, parameters, 0);
	ret = ret < 0 ? -errno : ret;
	close(fd);
	return ret;
}

static int unload(void)
{
	return syscall(SYS_delete_module, "ipcmbox", O_NONBLOCK) < 0 ? -errno :
								       0;
}

static bool is_loaded(void)
{
	return !access("/sys/module/ipcmbox/refcnt", F_OK);
}

/* A process that was just killed may take a moment to let go. */
static int unload_soon(void)
{
	uint64_t end = mbox_deadline(MBOX_WATCHDOG_MS);
	int ret;

	while ((ret = unload()) == -EWOULDBLOCK && mbox_now() < end)
		mbox_nap();
	return ret;
}

/* The minor number of a device in /proc/misc, or of any but ours. */
static int misc_minor(const char *wanted)
{
	FILE *file = fopen("/proc/misc", "re");
	int minor, found = -1;
	char name[64];

	while (file && fscanf(file, "%d %63s", &minor, name) == 2)
		if (wanted ? !strcmp(name, wanted) : !!strcmp(name, "ipcmbox"))
			found = minor;
	if (file)
		fclose(file);
	return found;
}

static int device_minor(void)
{
	struct stat status;

	if (stat(MBOX_DEVICE, &status) || !S_ISCHR(status.st_mode) ||
	    major(status.st_rdev) != 10)
		return -1;
	return minor(status.st_rdev);
}

static bool works(void)
{
	int fd = mbox_create(1, O_RDWR);
	bool ok;

	if (fd < 0)
		return false;
	ok = !mbox_send_num(fd, 3, 0) && mbox_recv_num(fd, 0) == 3;
	close(fd);
	return ok;
}

FIXTURE(module)
{
	bool was_loaded;
};

FIXTURE_SETUP(module)
{
	if (access(MODULE_PATH, R_OK))
		SKIP(return, MODULE_PATH " is not there");
	self->was_loaded = is_loaded();
	if (!self->was_loaded)
		ASSERT_EQ(0, load(""));
}

FIXTURE_TEARDOWN(module)
{
	if (self->was_loaded && !is_loaded())
		EXPECT_EQ(0, load(""));
	if (!self->was_loaded && is_loaded())
		EXPECT_EQ(0, unload());
}

TEST_F(module, device_node)
{
	struct stat status;

	ASSERT_EQ(0, stat(MBOX_DEVICE, &status));
	EXPECT_EQ(S_IFCHR | 0666, status.st_mode);
	EXPECT_EQ(FIXED_MINOR, device_minor());
	EXPECT_EQ(FIXED_MINOR, misc_minor("ipcmbox"));
	EXPECT_EQ(FIXED_MINOR, mbox_read_number(MBOX_PARAMETERS "minor"));
	EXPECT_LT(0, mbox_read_number(MBOX_PARAMETERS "user_mailboxes"));
	EXPECT_LT(0, mbox_read_number(MBOX_PARAMETERS "user_bytes"));
	EXPECT_LT(0, mbox_read_number(MBOX_PARAMETERS "user_region_bytes"));
	EXPECT_LT(0, mbox_read_number(MBOX_PARAMETERS "user_waiters"));
	EXPECT_LT(0, mbox_read_number(MBOX_PARAMETERS "user_names"));
}

TEST_F(module, anybody_may_open_it)
{
	pid_t pid = fork();

	ASSERT_LE(0, pid);
	if (!pid)
		_exit(setresuid(65534, 65534, 65534) || !works());
	EXPECT_EQ(0, mbox_reap(pid));
}

TEST_F(module, stays_while_it_is_open)
{
	int device = open(MBOX_DEVICE, O_RDWR | O_CLOEXEC);
	int fds[2];

	ASSERT_LE(0, device);
	EXPECT_EQ(-EWOULDBLOCK, unload());
	close(device);
	ASSERT_EQ(0, mbox_pair(1, 0, fds));
	EXPECT_EQ(-EWOULDBLOCK, unload());
	close(fds[0]);
	EXPECT_EQ(-EWOULDBLOCK, unload());
	close(fds[1]);
	EXPECT_EQ(0, unload_soon());
}

TEST_F(module, stays_while_somebody_waits)
{
	struct mbox_op recv = {
		.fd = mbox_create(0, O_RDWR),
		.kind = OP_RECV,
	};
	pid_t pid;

	ASSERT_LE(0, recv.fd);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(mbox_op_run(&recv));
	ASSERT_TRUE(mbox_wait_receivers(recv.fd, 1));
	close(recv.fd);
	EXPECT_EQ(-EWOULDBLOCK, unload());
	kill(pid, SIGKILL);
	mbox_reap(pid);
	EXPECT_EQ(0, unload_soon());
}

/* It is charged to somebody. */
TEST_F(module, stays_while_a_region_is_mapped)
{
	struct ipcmbox_create create = {
		.open_flags = O_RDWR,
		.region_size = 8192,
	};
	int fd = mbox_create_as(&create);
	char *region;

	ASSERT_LE(0, fd);
	region = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, region);
	mbox_pattern(region, 4096, 1);
	close(fd);
	EXPECT_EQ(-EWOULDBLOCK, unload());
	EXPECT_TRUE(mbox_is_pattern(region, 4096, 1));
	mbox_pattern(region + 4096, 4096, 2);
	EXPECT_TRUE(mbox_is_pattern(region + 4096, 4096, 2));
	/* A part of it is enough. */
	EXPECT_EQ(0, munmap(region, 4096));
	EXPECT_EQ(-EWOULDBLOCK, unload());
	EXPECT_EQ(0, munmap(region + 4096, 4096));
	EXPECT_EQ(0, unload_soon());
}

TEST_F(module, goes_with_what_is_stored)
{
	unsigned int i;
	int fd = mbox_create(IPCMBOX_UNBOUNDED, O_RDWR);

	ASSERT_LE(0, fd);
	for (i = 0; i < 1000; i++)
		ASSERT_EQ(0, mbox_send_num(fd, i, 0));
	close(fd);
	EXPECT_EQ(0, unload_soon());
	EXPECT_NE(0, access(MBOX_DEVICE, F_OK));
	EXPECT_EQ(-1, misc_minor("ipcmbox"));
}

TEST_F(module, again_and_again)
{
	unsigned int i;

	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, unload_soon());
		ASSERT_EQ(0, load(""));
		ASSERT_TRUE(works());
	}
}

TEST_F(module, minor_is_taken)
{
	char parameters[32];
	int taken = misc_minor(NULL);

	ASSERT_LE(0, taken);
	ASSERT_EQ(0, unload_soon());
	snprintf(parameters, sizeof(parameters), "minor=%d", taken);
	ASSERT_EQ(0, load(parameters));
	EXPECT_NE(taken, device_minor());
	EXPECT_EQ(misc_minor("ipcmbox"), device_minor());
	EXPECT_TRUE(works());
	ASSERT_EQ(0, unload_soon());
	ASSERT_EQ(0, load("minor=255 user_mailboxes=1"));
	EXPECT_NE(FIXED_MINOR, device_minor());
	EXPECT_TRUE(works());
	EXPECT_EQ(1, mbox_read_number(MBOX_PARAMETERS "user_mailboxes"));
	ASSERT_EQ(0, unload_soon());
}

TEST_HARNESS_MAIN
