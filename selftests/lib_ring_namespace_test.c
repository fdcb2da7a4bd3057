// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library's rings between processes that cannot judge one another, since they are in
 * different namespaces, or see no /proc: each counts as alive.
 */
#include <sched.h>

#include "ring.h"

#define CAPACITY 256

FIXTURE(namespace)
{
	struct ring_place place;
};

FIXTURE_VARIANT(namespace)
{
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(namespace, one)
{
	.flags = 0,
};

FIXTURE_VARIANT_ADD(namespace, many)
{
	.flags = IPCMBOX_RING_MPSC,
};

FIXTURE_SETUP(namespace)
{
	ASSERT_TRUE(ring_place_make(&self->place, CAPACITY, variant->flags));
}

FIXTURE_TEARDOWN(namespace)
{
	ring_place_end(&self->place);
}

/* In the page that the ring does not fill. */
static _Atomic uint32_t *stage_of(struct ring_place *place)
{
	return (_Atomic uint32_t *)((char *)place->memory + 4092);
}

/* Reserves, and commits when it is told to. */
static int produce(struct ring_place *place)
{
	struct ipcmbox_ring *ring = ring_producer(place);
	uint32_t *number = ring ? ipcmbox_ring_reserve(ring, 4, 0, 0) : NULL;

	if (!number)
		return 1;
	*number = 7;
	*stage_of(place) = 1;
	while (*stage_of(place) != 2)
		mbox_nap();
	return ipcmbox_ring_commit(ring) ? 2 : 0;
}

/* Looks for long whether the producer lives. */
static int consume(struct ring_place *place)
{
	struct ipcmbox_ring *ring = ring_consumer(place);
	int64_t early;

	if (!ring)
		return 1;
	while (!*stage_of(place))
		mbox_nap();
	early = ring_get(ring, ipcmbox_deadline(RING_WHILE));
	*stage_of(place) = 2;
	if (early != -ETIMEDOUT)
		return 2;
	return ring_get(ring, ipcmbox_deadline(RING_SOON)) == 7 ? 0 : 3;
}

static pid_t start(struct ring_place *place, int (*act)(struct ring_place *))
{
	pid_t pid = fork();

	if (!pid)
		_exit(act(place));
	return pid;
}

/* What it gave, or 99. */
static int end(pid_t pid)
{
	int ret = mbox_reap(pid);

	return WIFEXITED(ret) ? WEXITSTATUS(ret) : 99;
}

/* Where nobody has the producer's number, and there is no /proc. */
static int consume_apart(struct ring_place *place)
{
	if (unshare(CLONE_NEWPID) || chroot("/dev"))
		return 98;
	return end(start(place, consume));
}

/* It is the second process there. */
static int produce_second(struct ring_place *place)
{
	return end(start(place, produce));
}

static int produce_apart(struct ring_place *place)
{
	if (unshare(CLONE_NEWPID) || chroot("/dev"))
		return 98;
	return end(start(place, produce_second));
}

TEST_F(namespace, of_pids_without_proc)
{
	pid_t producer = start(&self->place, produce_apart);
	pid_t consumer = start(&self->place, consume_apart);

	EXPECT_EQ(0, end(consumer));
	EXPECT_EQ(0, end(producer));
	EXPECT_EQ(0, self->place.memory->abandoned);
}

/* A process without /proc cannot be judged by one with it, nor the other way round. */
TEST_F(namespace, of_pids_seen_by_one)
{
	pid_t producer = start(&self->place, produce_apart);
	pid_t consumer = start(&self->place, consume);

	EXPECT_EQ(0, end(consumer));
	EXPECT_EQ(0, end(producer));
	EXPECT_EQ(0, self->place.memory->abandoned);
}

/* Where the system seems to have been started a day earlier, and so does each process. */
static int produce_later(struct ring_place *place)
{
	int file;

	if (unshare(CLONE_NEWTIME))
		return 98;
	file = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
	if (dprintf(file, "boottime 86400 0") < 0)
		return 98;
	return end(start(place, produce));
}

TEST_F(namespace, of_time)
{
	pid_t producer, consumer;

	if (access("/proc/self/timens_offsets", F_OK))
		SKIP(return, "the kernel has no time namespaces");
	producer = start(&self->place, produce_later);
	consumer = start(&self->place, consume);
	EXPECT_EQ(0, end(consumer));
	EXPECT_EQ(0, end(producer));
	EXPECT_EQ(0, self->place.memory->abandoned);
}

TEST_HARNESS_MAIN
