// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making mailboxes: limits and defaults, descriptors, and the quota of a user.
 */
#include <sys/resource.h>

#include "kselftest_harness.h"
#include "ipcmbox_util.h"

#define NOBODY 65534

static int create(uint64_t capacity, uint64_t max_bytes, uint64_t max_message,
		  uint64_t region_size)
{
	struct ipcmbox_create create = {
		.open_flags = O_RDWR,
		.capacity = capacity,
		.max_bytes = max_bytes,
		.max_message = max_message,
		.region_size = region_size,
	};

	return mbox_create_as(&create);
}

/* Creates, compares what INFO says, closes. */
static bool gives(int fd, uint64_t capacity, uint64_t max_bytes,
		  uint64_t max_message, uint64_t region_size)
{
	struct ipcmbox_info info;

	if (fd < 0)
		return false;
	info = mbox_info(fd);
	close(fd);
	return info.capacity == capacity && info.max_bytes == max_bytes &&
	       info.max_message == max_message &&
	       info.region_size == region_size &&
	       info.attributes == IPCMBOX_ADMIN;
}

TEST(defaults)
{
	EXPECT_TRUE(
		gives(create(0, 0, 0, 0), 0, 0, IPCMBOX_MESSAGE_DEFAULT, 0));
	EXPECT_TRUE(
		gives(create(7, 0, 0, 1), 7, 0, IPCMBOX_MESSAGE_DEFAULT, 4096));
	EXPECT_TRUE(gives(create(7, 1000, 0, 4096), 7, 1000, 1000, 4096));
	EXPECT_TRUE(gives(create(7, 0, 2000, 4097), 7, 0, 2000, 8192));
	EXPECT_TRUE(gives(create(IPCMBOX_UNBOUNDED, 0, 0, 0), IPCMBOX_UNBOUNDED,
			  IPCMBOX_BYTES_DEFAULT, IPCMBOX_MESSAGE_DEFAULT, 0));
	EXPECT_TRUE(gives(create(IPCMBOX_UNBOUNDED, 5, 0, 0), IPCMBOX_UNBOUNDED,
			  5, 5, 0));
}

TEST(limits)
{
	uint64_t max = IPCMBOX_CAPACITY_MAX;

	EXPECT_TRUE(
		gives(create(max, IPCMBOX_BYTES_MAX, IPCMBOX_MESSAGE_MAX, 0),
		      max, IPCMBOX_BYTES_MAX, IPCMBOX_MESSAGE_MAX, 0));
	EXPECT_TRUE(gives(create(1, 1, 1, 0), 1, 1, 1, 0));
	EXPECT_EQ(-EINVAL, create(max + 1, 0, 0, 0));
	EXPECT_EQ(-EINVAL, create(IPCMBOX_UNBOUNDED - 1, 0, 0, 0));
	EXPECT_EQ(-EINVAL, create(1, IPCMBOX_BYTES_MAX + 1, 0, 0));
	EXPECT_EQ(-EINVAL, create(1, 0, IPCMBOX_MESSAGE_MAX + 1, 0));
	EXPECT_EQ(-EINVAL, create(1, 10, 11, 0));
	EXPECT_EQ(-EINVAL, create(IPCMBOX_UNBOUNDED, 10, 11, 0));
	EXPECT_EQ(-EINVAL, create(0, 1, 0, 0));
	EXPECT_EQ(-EINVAL, create(0, 0, 0, IPCMBOX_REGION_MAX + 1));
	EXPECT_EQ(-EINVAL, create(0, 0, 0, ~0ULL));
}

TEST(open_flags)
{
	static const int bad[] = { O_ACCMODE, O_CREAT, O_APPEND, O_DIRECT,
				   1 << 30 };
	unsigned int i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(-EINVAL, mbox_create(1, bad[i]));
	for (i = O_RDONLY; i <= O_RDWR; i++) {
		fd = mbox_create(1, i | O_NONBLOCK | O_CLOEXEC);
		ASSERT_LE(0, fd);
		EXPECT_EQ(i | O_NONBLOCK,
			  fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK));
		EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
		EXPECT_EQ(i == O_WRONLY ? 0 : 1, mbox_info(fd).receivers);
		EXPECT_EQ(i == O_RDONLY ? 0 : 1, mbox_info(fd).senders);
		close(fd);
		fd = mbox_create(1, i);
		ASSERT_LE(0, fd);
		EXPECT_EQ(i, fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK));
		EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
		close(fd);
	}
}

TEST(numbers_are_never_used_again)
{
	uint64_t last = 0;
	unsigned int i;

	for (i = 0; i < 100; i++) {
		int fd = mbox_create(1, O_RDWR);
		uint64_t number;

		ASSERT_LE(0, fd);
		number = mbox_info(fd).mailbox;
		EXPECT_LT(last, number);
		last = number;
		close(fd);
	}
}

TEST(pair_attributes)
{
	struct ipcmbox_pair pair = {
		.size = sizeof(pair),
		.flags = IPCMBOX_NO_HANGUP,
		.open_flags = O_NONBLOCK | O_CLOEXEC,
		.capacity = 3,
		.max_bytes = 100,
		.max_message = 50,
		.region_size = 1,
	};
	struct ipcmbox_info info;
	unsigned int i;

	ASSERT_EQ(0, mbox_device_ioctl(IPCMBOX_IOC_PAIR, &pair));
	for (i = 0; i < 2; i++) {
		info = mbox_info(pair.fds[i]);
		EXPECT_EQ(3, info.capacity);
		EXPECT_EQ(100, info.max_bytes);
		EXPECT_EQ(50, info.max_message);
		EXPECT_EQ(4096, info.region_size);
		EXPECT_EQ(IPCMBOX_NO_HANGUP, info.attributes);
		EXPECT_EQ(1, info.receivers);
		EXPECT_EQ(1, info.senders);
		EXPECT_EQ(FD_CLOEXEC, fcntl(pair.fds[i], F_GETFD));
		EXPECT_EQ((i ? O_WRONLY : O_RDONLY) | O_NONBLOCK,
			  fcntl(pair.fds[i], F_GETFL) &
				  (O_ACCMODE | O_NONBLOCK));
	}
	close(pair.fds[0]);
	close(pair.fds[1]);
	pair.open_flags = O_RDWR;
	EXPECT_EQ(-EINVAL, mbox_device_ioctl(IPCMBOX_IOC_PAIR, &pair));
	pair.open_flags = 0;
	pair.max_message = 101;
	EXPECT_EQ(-EINVAL, mbox_device_ioctl(IPCMBOX_IOC_PAIR, &pair));
}

TEST(no_free_descriptor)
{
	int device = open(MBOX_DEVICE, O_RDWR);
	struct ipcmbox_pair pair = { .size = sizeof(pair) };
	struct ipcmbox_create create = { .size = sizeof(create) };
	struct ipcmbox_reopen reopen = { .size = sizeof(reopen) };
	struct rlimit limit;
	int fd = mbox_create(1, O_RDWR);
	int last;

	ASSERT_LE(0, device);
	ASSERT_LE(0, fd);
	do {
		last = dup(device);
	} while (last < fd);
	/* Room for one of the two of a pair. */
	limit = (struct rlimit){ last + 2, last + 2 };
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(-EMFILE, mbox_ioctl(device, IPCMBOX_IOC_PAIR, &pair));
	EXPECT_EQ(0, mbox_ioctl(device, IPCMBOX_IOC_CREATE, &create));
	EXPECT_EQ(last + 1, create.fd);
	EXPECT_EQ(-EMFILE, mbox_ioctl(device, IPCMBOX_IOC_CREATE, &create));
	EXPECT_EQ(-EMFILE, mbox_ioctl(fd, IPCMBOX_IOC_REOPEN, &reopen));
	EXPECT_EQ(1, mbox_info(fd).receivers);
	close(create.fd);
}

/* The descriptors of a test's child after exec, seen from there. */
TEST(closed_on_exec)
{
	int fd = mbox_create(1, O_RDWR);
	int kept = dup(fd);
	char script[128];
	int status;
	pid_t pid;

	ASSERT_LE(0, fd);
	ASSERT_LE(0, kept);
	snprintf(script, sizeof(script),
		 "test ! -e /proc/self/fd/%d && test -e /proc/self/fd/%d", fd,
		 kept);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		execl("/bin/sh", "sh", "-c", script, NULL);
		_exit(127);
	}
	status = mbox_reap(pid);
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(0, WEXITSTATUS(status));
}

/*
 * In a child of its own under a uid that has nothing yet; it says by its exit
 * status which step failed.
 */
#define STEP(n, condition) do { if (!(condition)) _exit(n); } while (0)

static void use_up_mailboxes(void)
{
	int fds[4], i;

	STEP(1, !setresuid(NOBODY, NOBODY, NOBODY));
	for (i = 0; i < 3; i++) {
		fds[i] = mbox_create(1, O_RDWR);
		STEP(2, fds[i] >= 0);
	}
	STEP(3, mbox_create(1, O_RDWR) == -EDQUOT);
	close(fds[0]);
	STEP(4, mbox_pair(1, IPCMBOX_DUPLEX, fds) == -EDQUOT);
	STEP(5, !mbox_pair(1, 0, fds));
	STEP(6, mbox_pair(1, 0, fds + 2) == -EDQUOT);
	_exit(0);
}

static void use_up_bytes(void)
{
	static char data[60000];
	int fd;

	STEP(1, !setresuid(NOBODY, NOBODY, NOBODY));
	fd = mbox_create(IPCMBOX_UNBOUNDED, O_RDWR);
	STEP(3, fd >= 0);
	STEP(4, !mbox_send(fd, data, sizeof(data), 0));
	STEP(5, mbox_send(fd, data, sizeof(data), 0) == -EDQUOT);
	STEP(6, write(fd, data, sizeof(data)) < 0 && errno == EDQUOT);
	STEP(7, mbox_info(fd).sent == 1 && mbox_is_calm(fd));
	STEP(8, mbox_recv(fd, data, sizeof(data), 0) == sizeof(data));
	STEP(9, !mbox_send(fd, data, sizeof(data), 0));
	STEP(10, mbox_drain(fd) == 1);
	STEP(11, !mbox_send(fd, data, sizeof(data), 0));
	_exit(0);
}

static void use_up_region_bytes(void)
{
	int fd;

	STEP(1, !setresuid(NOBODY, NOBODY, NOBODY));
	STEP(2, create(1, 0, 0, 1 << 20) == -EDQUOT);
	fd = create(1, 0, 0, 65536);
	STEP(3, fd >= 0);
	STEP(4, create(1, 0, 0, 65536) == -EDQUOT);
	close(fd);
	STEP(5, create(1, 0, 0, 65536) >= 0);
	_exit(0);
}

static int with_limit(const char *path, uint64_t limit, void (*child)(void))
{
	int64_t before = mbox_read_number(path);
	int status;
	pid_t pid;

	if (before < 0 || mbox_write_number(path, limit))
		return -1;
	pid = fork();
	if (!pid)
		child();
	status = mbox_reap(pid);
	if (mbox_write_number(path, before))
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(quota_of_mailboxes)
{
	EXPECT_EQ(0, with_limit(MBOX_PARAMETERS "user_mailboxes", 3,
				use_up_mailboxes));
}

TEST(quota_of_bytes)
{
	EXPECT_EQ(0, with_limit(MBOX_PARAMETERS "user_bytes", 100000,
				use_up_bytes));
}

TEST(quota_of_region_bytes)
{
	EXPECT_EQ(0, with_limit(MBOX_PARAMETERS "user_region_bytes", 100000,
				use_up_region_bytes));
}

TEST_HARNESS_MAIN
