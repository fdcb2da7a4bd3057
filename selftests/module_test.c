// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module itself: its device node, that it can't go while it is in use, that
 * it can when only a mapping is left, and what it does when its minor is taken.
 * Leaves it loaded as it was.
 */
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "kselftest_harness.h"
#include "ipcmbox_util.h"

#define MODULE		"/lib/ipcmbox.ko"
#define MINOR		247

static int load(const char *parameters)
{
	int fd = open(MODULE, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return -errno;
	ret = syscall(SYS_finit_module, fd, parameters, 0) ? -errno : 0;
	close(fd);
	return ret;
}

static int unload(void)
{
	return syscall(SYS_delete_module, "ipcmbox", O_NONBLOCK) ? -errno : 0;
}

/* The last reference to a file may be put a moment after close(2). */
static int unload_soon(void)
{
	uint64_t end = mbox_deadline(MBOX_WATCHDOG_MS);
	int ret;

	do {
		ret = unload();
		if (ret != -EAGAIN && ret != -EBUSY && ret != -EWOULDBLOCK)
			break;
		mbox_nap();
	} while (mbox_now() < end);
	return ret;
}

TEST(device_node)
{
	struct stat status;

	ASSERT_EQ(0, stat(MBOX_DEVICE, &status));
	EXPECT_TRUE(S_ISCHR(status.st_mode));
	EXPECT_EQ(0666, status.st_mode & 0777);
	EXPECT_EQ(10, major(status.st_rdev));
	EXPECT_EQ(MINOR, minor(status.st_rdev));
}

TEST(in_use_by_the_device)
{
	int ctl = open(MBOX_DEVICE, O_RDWR | O_CLOEXEC);

	ASSERT_LE(0, ctl);
	EXPECT_EQ(-EAGAIN, unload());
	close(ctl);
}

TEST(in_use_by_a_mailbox)
{
	int fd = mbox_create(1, O_RDWR);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, mbox_send_num(fd, 1, 0));
	EXPECT_EQ(-EAGAIN, unload());
	EXPECT_EQ(0, mbox_destroy(fd));
	EXPECT_EQ(-EAGAIN, unload());
	close(fd);
}

TEST(in_use_by_a_waiter)
{
	int fd = mbox_create(0, O_RDWR);
	struct mbox_op recv = { .fd = fd, .kind = OP_RECV };

	ASSERT_LE(0, fd);
	ASSERT_TRUE(mbox_op_park(&recv));
	EXPECT_EQ(-EAGAIN, unload());
	EXPECT_EQ(0, mbox_destroy(fd));
	EXPECT_EQ(-EIDRM, mbox_op_join(&recv));
	close(fd);
}

TEST(a_mapping_outlives_it)
{
	struct ipcmbox_create create = {
		.open_flags = O_RDWR,
		.region_size = 4096,
	};
	int fd = mbox_create_as(&create);
	char *region;

	ASSERT_LE(0, fd);
	region = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, region);
	region[0] = 'x';
	close(fd);
	ASSERT_EQ(0, unload_soon());
	EXPECT_EQ('x', region[0]);
	region[1] = 'y';
	EXPECT_EQ(-1, access(MBOX_DEVICE, F_OK));
	EXPECT_EQ(0, load(""));
	EXPECT_EQ('y', region[1]);
	munmap(region, 4096);
}

/* A device that is there already, and its minor; 0 if there is none. */
static unsigned int taken_minor(void)
{
	FILE *misc = fopen("/proc/misc", "r");
	unsigned int number, found = 0;
	char name[64];

	if (!misc)
		return 0;
	while (fscanf(misc, "%u %63s", &number, name) == 2)
		if (strcmp(name, "ipcmbox") && number && number != 255)
			found = number;
	fclose(misc);
	return found;
}

TEST(minor_is_taken)
{
	unsigned int taken = taken_minor();
	char parameters[32];
	struct stat status;
	int loaded, fd;

	ASSERT_NE(0, taken);
	ASSERT_EQ(0, unload_soon());
	snprintf(parameters, sizeof(parameters), "minor=%u", taken);
	loaded = load(parameters);
	EXPECT_EQ(0, loaded);
	EXPECT_EQ(0, stat(MBOX_DEVICE, &status));
	EXPECT_NE(taken, minor(status.st_rdev));
	fd = mbox_create(1, O_RDWR);
	EXPECT_LE(0, fd);
	close(fd);
	EXPECT_EQ(0, unload_soon());
	EXPECT_EQ(0, load(""));
}

TEST(loads_again_and_again)
{
	unsigned int i;
	int fd;

	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, unload_soon());
		ASSERT_EQ(0, load(""));
		fd = mbox_create(IPCMBOX_UNBOUNDED, O_RDWR);
		ASSERT_LE(0, fd);
		EXPECT_EQ(0, mbox_send_num(fd, i, 0));
		close(fd);
	}
}

TEST_HARNESS_MAIN
