// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors are closed, exchanged and reopened while calls are in them, and a region
 * is treated as it should not be. The kernel holds what it uses; nothing is lost.
 */
#include "kselftest_harness.h"
#include "attack.h"

#define RACE_MS 2000
#define RACERS 6
#define REGION (16 * 4096)

/* A descriptor that all threads use, whatever it is at the moment. */
struct race {
	int mailbox;
	int fd;
	atomic_bool over;
	atomic_uint calls;
};

static struct race race;

static void call_anything(unsigned int i)
{
	char bytes[300] = {};
	struct mbox_op op = {
		.fd = race.fd,
		.data = bytes,
		.len = i % sizeof(bytes),
		.deadline = mbox_deadline(1),
	};

	switch (i % 9) {
	case 0:
	case 1:
		op.kind = OP_SEND;
		mbox_op_run(&op);
		break;
	case 2:
	case 3:
		op.kind = OP_RECV;
		op.len = sizeof(bytes);
		mbox_op_run(&op);
		break;
	case 4:
		mbox_peek(race.fd, bytes, sizeof(bytes), 0);
		break;
	case 5:
		poll(&(struct pollfd){ .fd = race.fd, .events = POLLIN }, 1, 1);
		break;
	case 6:
		mbox_drain(race.fd);
		break;
	case 7:
		mbox_set(race.fd, IPCMBOX_SET_CAPACITY, 1 + i % 5);
		break;
	case 8:
		munmap(mmap(NULL, 4096, PROT_READ, MAP_SHARED, race.fd, 0),
		       4096);
		break;
	}
	race.calls++;
}

static void *call_thread(void *seed)
{
	unsigned int i = (uintptr_t)seed;

	while (!race.over)
		call_anything(i++);
	return NULL;
}

/* Always one of its own: descriptors of others must stay. */
static void *exchange_thread(void *unused)
{
	unsigned int i;
	int fresh;

	for (i = 0; !race.over; i++) {
		fresh = mbox_reopen(race.mailbox, O_RDWR, IPCMBOX_ADMIN);
		EXPECT_THAT(fresh >= 0);
		EXPECT_THAT(dup2(fresh, race.fd) == race.fd);
		close(fresh);
		if (i % 8 == 0)
			EXPECT_THAT(dup2(STDERR_FILENO, race.fd) == race.fd);
	}
	return NULL;
}

static void race_run(void *unused)
{
	pthread_t threads[RACERS + 1];
	unsigned int i;

	EXPECT_THAT((race.fd = dup(race.mailbox)) >= 0);
	for (i = 0; i < RACERS; i++)
		EXPECT_THAT(!pthread_create(&threads[i], NULL, call_thread,
					    (void *)(uintptr_t)i));
	EXPECT_THAT(!pthread_create(&threads[i], NULL, exchange_thread, NULL));
	usleep(RACE_MS * 1000);
	race.over = true;
	for (i = 0; i <= RACERS; i++)
		EXPECT_THAT(!pthread_join(threads[i], NULL));
	EXPECT_THAT(race.calls > 100);
}

FIXTURE(close)
{
	int fd;
};

FIXTURE_SETUP(close)
{
	struct ipcmbox_create create = {
		.open_flags = O_RDWR,
		.capacity = 3,
		.region_size = REGION,
	};

	self->fd = attack_mailbox(&create);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(close)
{
	EXPECT_TRUE(mbox_is_calm(self->fd));
	close(self->fd);
	EXPECT_TRUE(attack_is_over());
}

TEST_F_TIMEOUT(close, under_the_call, 120)
{
	race.mailbox = self->fd;
	EXPECT_TRUE(attack_run(ATTACKER, race_run, NULL));
	EXPECT_EQ(1, mbox_info(self->fd).receivers);
	EXPECT_EQ(1, mbox_info(self->fd).senders);
	EXPECT_TRUE(attack_others_go_on());
}

/* A process that is killed in the midst of it, again and again. */
TEST_F_TIMEOUT(close, killed_under_the_call, 120)
{
	unsigned int i;
	pid_t pid;

	race.mailbox = self->fd;
	for (i = 0; i < 20; i++) {
		pid = attack_start(ATTACKER, race_run, NULL);
		usleep(20000 + i * 3000);
		EXPECT_TRUE(attack_stop(pid));
		EXPECT_TRUE(mbox_wait_receivers(self->fd, 0));
		EXPECT_TRUE(mbox_wait_senders(self->fd, 0));
		EXPECT_TRUE(mbox_is_calm(self->fd));
		EXPECT_EQ(1, mbox_info(self->fd).receivers);
	}
}

/* Writes all over it, as long as it lives. */
static void scribble(void *fd_arg)
{
	unsigned int *map = mmap(NULL, REGION, PROT_READ | PROT_WRITE,
				 MAP_SHARED, *(int *)fd_arg, 0);
	unsigned int i;

	EXPECT_THAT(map != MAP_FAILED);
	for (i = 0;; i++)
		map[i * 2654435761U % (REGION / sizeof(*map))] = i;
}

static atomic_uint *holds; /* how many locks were taken */

/* Locks it in the region, where it has the list of what it holds, and stays. */
static void hold_mutex(void *fd_arg)
{
	pthread_mutexattr_t attr;
	pthread_mutex_t *mutex;
	unsigned int i;

	mutex = mmap(NULL, REGION, PROT_READ | PROT_WRITE, MAP_SHARED,
		     *(int *)fd_arg, 0);
	EXPECT_THAT(mutex != MAP_FAILED);
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	for (i = 0; i < REGION / 4096; i++) {
		pthread_mutex_init(&mutex[i], &attr);
		*holds += !pthread_mutex_trylock(&mutex[i]);
	}
	pause();
}

static void abuse_region(void *fd_arg)
{
	int i, fd = *(int *)fd_arg;
	char *map;

	EXPECT_THAT(ftruncate(fd, 0) < 0);
	EXPECT_THAT(ftruncate(fd, 1 << 30) < 0);
	EXPECT_THAT(mmap(NULL, REGION + 4096, PROT_READ, MAP_SHARED, fd, 0) ==
		    MAP_FAILED);
	EXPECT_THAT(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, REGION) ==
		    MAP_FAILED);
	for (i = 0; i < 1000; i++) {
		map = mmap(NULL, REGION, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			   0);
		EXPECT_THAT(map != MAP_FAILED);
		memset(map, i, REGION);
	}
	madvise(map, REGION, MADV_REMOVE);
	madvise(map, REGION, MADV_DONTNEED);
	madvise(map, REGION, MADV_HUGEPAGE);
	mremap(map, REGION, 2 * REGION, MREMAP_MAYMOVE);
	mprotect(map, REGION, PROT_READ | PROT_WRITE | PROT_EXEC);
}

/* Its memory is its users' affair; the mailbox and the others are not touched. */
TEST_F(close, region_abused)
{
	ASSERT_EQ(0, mbox_send_num(self->fd, 7, 0));
	EXPECT_TRUE(attack_run(ATTACKER, abuse_region, &self->fd));
	EXPECT_EQ(7, mbox_recv_num(self->fd, 0));
	EXPECT_EQ(REGION, mbox_info(self->fd).region_size);
	EXPECT_TRUE(attack_others_go_on());
}

/* Messages go their way while it is written to, and who has locks there can die. */
TEST_F_TIMEOUT(close, region_corrupted, 60)
{
	pid_t scribbler = attack_start(ATTACKER, scribble, &self->fd);
	unsigned int held, wait;
	uint32_t i;

	holds = attack_share(sizeof(*holds));
	for (i = 0; i < 20; i++) {
		pid_t holder = attack_start(ATTACKER, hold_mutex, &self->fd);

		ASSERT_LT(0, holder);
		ASSERT_EQ(0, mbox_send_num(self->fd, i, 0));
		held = *holds;
		/* It may have fallen over its own corrupted locks. */
		for (wait = 0; wait < 100 && *holds == held; wait++)
			usleep(5000);
		attack_stop(holder);
		ASSERT_EQ(i, mbox_recv_num(self->fd, 0));
	}
	EXPECT_TRUE(attack_stop(scribbler));
	EXPECT_LT(0, *holds);
	EXPECT_TRUE(attack_others_go_on());
}

TEST_HARNESS_MAIN
