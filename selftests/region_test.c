// SPDX-License-Identifier: GPL-2.0-only
/*
 * The region of a mailbox: who may map what of it, how long it lives, and that
 * what processes put into it works there: futexes and robust mutexes.
 */
#include <linux/futex.h>
#include <setjmp.h>
#include <sys/syscall.h>

#include "kselftest_harness.h"
#include "ipcmbox_util.h"

#define PAGE	4096UL
#define PAGES	3UL

static int create_with_region(int open_flags, uint64_t size)
{
	struct ipcmbox_create create = {
		.open_flags = open_flags,
		.capacity = 1,
		.region_size = size,
	};

	return mbox_create_as(&create);
}

/* errno of a mapping, or 0; unmapped at once. */
static int try_map(int fd, size_t size, int protection, int flags, off_t offset)
{
	void *addr = mmap(NULL, size, protection, flags, fd, offset);

	if (addr == MAP_FAILED)
		return errno;
	munmap(addr, size);
	return 0;
}

static void *map_shared(int fd, size_t size)
{
	void *addr =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return addr == MAP_FAILED ? NULL : addr;
}

FIXTURE(region)
{
	int fd;
	char *addr;
};

FIXTURE_SETUP(region)
{
	self->fd = create_with_region(O_RDWR, PAGES * PAGE);
	ASSERT_LE(0, self->fd);
	self->addr = map_shared(self->fd, PAGES * PAGE);
	ASSERT_NE(NULL, self->addr);
}

FIXTURE_TEARDOWN(region)
{
	munmap(self->addr, PAGES * PAGE);
	close(self->fd);
}

TEST_F(region, size)
{
	int odd = create_with_region(O_RDWR, PAGE + 1);
	int none = create_with_region(O_RDWR, 0);

	EXPECT_EQ(PAGES * PAGE, mbox_info(self->fd).region_size);
	EXPECT_EQ(2 * PAGE, mbox_info(odd).region_size);
	EXPECT_EQ(0, try_map(odd, 2 * PAGE, PROT_READ, MAP_SHARED, 0));
	EXPECT_EQ(ENODEV, try_map(none, PAGE, PROT_READ, MAP_SHARED, 0));
	EXPECT_EQ(-EINVAL, create_with_region(O_RDWR, IPCMBOX_REGION_MAX + 1));
	EXPECT_EQ(-EINVAL, create_with_region(O_RDWR, ~0ULL));
	close(odd);
	close(none);
}

TEST_F(region, offsets)
{
	char *last;

	self->addr[2 * PAGE] = 'x';
	last = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, 2 * PAGE);
	ASSERT_NE(MAP_FAILED, last);
	EXPECT_EQ('x', last[0]);
	munmap(last, PAGE);
	EXPECT_EQ(EINVAL, try_map(self->fd, (PAGES + 1) * PAGE, PROT_READ,
				  MAP_SHARED, 0));
	EXPECT_EQ(EINVAL,
		  try_map(self->fd, 2 * PAGE, PROT_READ, MAP_SHARED, 2 * PAGE));
	EXPECT_EQ(EINVAL,
		  try_map(self->fd, PAGE, PROT_READ, MAP_SHARED, PAGES * PAGE));
	EXPECT_EQ(EINVAL,
		  try_map(self->fd, PAGE, PROT_READ, MAP_SHARED, 1L << 50));
}

TEST_F(region, rights)
{
	int reader = mbox_reopen(self->fd, O_RDONLY, 0);
	int writer = mbox_reopen(self->fd, O_WRONLY, 0);
	void *addr;

	EXPECT_EQ(0, try_map(reader, PAGE, PROT_READ, MAP_SHARED, 0));
	EXPECT_EQ(EACCES,
		  try_map(reader, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 0));
	EXPECT_EQ(EACCES, try_map(writer, PAGE, PROT_READ, MAP_SHARED, 0));
	/* What was mapped for reading stays so. */
	addr = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, reader, 0);
	ASSERT_NE(MAP_FAILED, addr);
	EXPECT_EQ(-1, mprotect(addr, PAGE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	munmap(addr, PAGE);
	close(reader);
	close(writer);
}

TEST_F(region, private_copy)
{
	char *copy = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE,
			  self->fd, 0);

	ASSERT_NE(MAP_FAILED, copy);
	self->addr[0] = 'a';
	EXPECT_EQ('a', copy[0]);
	copy[0] = 'b';
	EXPECT_EQ('a', self->addr[0]);
	munmap(copy, PAGE);
}

TEST_F(region, outlives_the_mailbox)
{
	char *other = map_shared(self->fd, PAGES * PAGE);

	ASSERT_NE(NULL, other);
	EXPECT_EQ(0, self->addr[PAGE]);
	self->addr[PAGE] = 'x';
	EXPECT_EQ(0, mbox_destroy(self->fd));
	EXPECT_EQ('x', other[PAGE]);
	close(self->fd);
	self->fd = -1;
	self->addr[PAGE] = 'y';
	EXPECT_EQ('y', other[PAGE]);
	munmap(other, PAGES * PAGE);
}

/* Or anybody could have any number of them. */
TEST_F(region, counts_while_it_is_mapped)
{
	static const char quota[] = MBOX_PARAMETERS "user_region_bytes";
	uint64_t before = mbox_read_number(quota);
	uint64_t end = mbox_deadline(5000);
	int fd;

	ASSERT_EQ(0, mbox_write_number(quota, (PAGES + 1) * PAGE));
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(-EDQUOT, create_with_region(O_RDWR, PAGES * PAGE));
	/* A part of it is enough. */
	munmap(self->addr, 2 * PAGE);
	self->addr += 2 * PAGE;
	EXPECT_EQ(-EDQUOT, create_with_region(O_RDWR, PAGES * PAGE));
	munmap(self->addr, PAGE);
	self->addr = NULL;
	/* The kernel may release a file a little later. */
	do
		fd = create_with_region(O_RDWR, PAGES * PAGE);
	while (fd < 0 && mbox_now() < end);
	EXPECT_LE(0, fd);
	close(fd);
	EXPECT_EQ(0, mbox_write_number(quota, before));
}

/* Not for as long as another user likes. */
TEST_F(region, counts_as_long_as_its_users_map_it)
{
	static const char quota[] = MBOX_PARAMETERS "user_region_bytes";
	uint64_t before = mbox_read_number(quota);
	char *other;
	int fd;

	ASSERT_EQ(0, seteuid(65534));
	other = map_shared(self->fd, PAGE);
	ASSERT_EQ(0, seteuid(0));
	ASSERT_NE(NULL, other);
	ASSERT_EQ(0, mbox_write_number(quota, (PAGES + 1) * PAGE));
	EXPECT_EQ(-EDQUOT, create_with_region(O_RDWR, PAGES * PAGE));
	close(self->fd);
	self->fd = create_with_region(O_RDWR, PAGES * PAGE);
	EXPECT_LE(0, self->fd);
	other[0] = 'x';
	EXPECT_EQ('x', self->addr[0]);
	fd = create_with_region(O_RDWR, PAGES * PAGE);
	EXPECT_EQ(-EDQUOT, fd);
	EXPECT_EQ(0, mbox_write_number(quota, before));
	munmap(other, PAGE);
}

static sigjmp_buf beyond;
static sig_atomic_t caught;

static void on_sigbus(int signal)
{
	caught = signal;
	siglongjmp(beyond, 1);
}

TEST_F(region, does_not_grow)
{
	char *grown = mremap(self->addr, PAGES * PAGE, (PAGES + 1) * PAGE,
			     MREMAP_MAYMOVE);

	ASSERT_NE(MAP_FAILED, grown);
	self->addr = grown;
	signal(SIGBUS, on_sigbus);
	if (!sigsetjmp(beyond, 1))
		grown[PAGES * PAGE] = 1;
	EXPECT_EQ(SIGBUS, caught);
	munmap(grown + PAGES * PAGE, PAGE);
}

/* What is behind it keeps it from growing where it is. */
TEST_F(region, moves)
{
	char *behind = self->addr + PAGES * PAGE;
	bool own;
	char *moved;

	own = mmap(behind, PAGE, PROT_NONE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
		   0) == behind;
	self->addr[PAGE] = 'x';
	moved = mremap(self->addr, PAGES * PAGE, (PAGES + 1) * PAGE,
		       MREMAP_MAYMOVE);
	ASSERT_NE(MAP_FAILED, moved);
	EXPECT_NE(self->addr, moved);
	self->addr = moved;
	EXPECT_EQ('x', moved[PAGE]);
	munmap(moved + PAGES * PAGE, PAGE);
	if (own)
		munmap(behind, PAGE);
}

TEST_F(region, duplex_ends_share_one)
{
	struct ipcmbox_pair pair = {
		.size = sizeof(pair),
		.flags = IPCMBOX_DUPLEX,
		.capacity = 1,
		.region_size = PAGE,
	};
	char *end[2];

	ASSERT_EQ(0, mbox_device_ioctl(IPCMBOX_IOC_PAIR, &pair));
	end[0] = map_shared(pair.fds[0], PAGE);
	end[1] = map_shared(pair.fds[1], PAGE);
	ASSERT_NE(NULL, end[0]);
	ASSERT_NE(NULL, end[1]);
	end[0][7] = 'x';
	EXPECT_EQ('x', end[1][7]);
	munmap(end[0], PAGE);
	munmap(end[1], PAGE);
	close(pair.fds[0]);
	close(pair.fds[1]);
}

static long futex(void *word, int op, uint32_t value, struct timespec *timeout)
{
	return syscall(SYS_futex, word, op, value, timeout, NULL, 0);
}

TEST_F(region, futex_between_processes)
{
	atomic_uint *word = (void *)self->addr;
	struct timespec watchdog = { .tv_sec = 20 };
	pid_t child = fork();
	long woken = 0;

	if (!child)
		_exit(futex((void *)word, FUTEX_WAIT, 0, &watchdog) &&
		      errno != EAGAIN);
	while (!woken && !*word) {
		woken = futex((void *)word, FUTEX_WAKE, 1, NULL);
		mbox_nap();
	}
	EXPECT_EQ(1, woken);
	EXPECT_EQ(0, mbox_reap(child));
}

static int make_robust(pthread_mutex_t *mutex)
{
	pthread_mutexattr_t attr;

	return pthread_mutexattr_init(&attr) ||
	       pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED) ||
	       pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST) ||
	       pthread_mutex_init(mutex, &attr);
}

TEST_F(region, owner_of_a_robust_mutex_is_killed)
{
	pthread_mutex_t *mutex = (void *)self->addr;
	atomic_bool *owned = (void *)(self->addr + PAGE);
	pid_t child;

	ASSERT_EQ(0, make_robust(mutex));
	child = fork();
	if (!child) {
		pthread_mutex_lock(mutex);
		*owned = true;
		for (;;)
			pause();
	}
	while (!*owned)
		mbox_nap();
	EXPECT_EQ(EBUSY, pthread_mutex_trylock(mutex));
	ASSERT_EQ(0, kill(child, SIGKILL));
	EXPECT_EQ(EOWNERDEAD, pthread_mutex_lock(mutex));
	EXPECT_EQ(0, pthread_mutex_consistent(mutex));
	EXPECT_EQ(0, pthread_mutex_unlock(mutex));
	mbox_reap(child);
}

TEST_HARNESS_MAIN
