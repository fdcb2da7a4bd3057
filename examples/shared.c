// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared memory: two processes exchange numbers through a ring in the region of a mailbox.
 * The kernel makes the region and then stays out of the way, so what keeps them in order is
 * theirs: two semaphores. Without them the reader takes what is not there yet.
 */
#include <fcntl.h>
#include <ipcmbox.h>

#include "example.h"

#define SLOTS 8
#define NUMBERS 2000

struct ring {
	sem_t filled, empty;
	volatile long slots[SLOTS];
};

static struct ring *map_ring(void)
{
	struct ipcmbox_attr *attr = ipcmbox_attr_new();
	struct ipcmbox_region *region;
	struct ring *ring;
	int box;

	if (!attr)
		err(1, "ipcmbox_attr_new");
	ipcmbox_attr_set_region_size(attr, sizeof(*ring));
	box = ipcmbox_create_attr(attr, O_RDWR);
	ipcmbox_attr_free(attr);
	if (box < 0)
		err(1, "ipcmbox_create_attr");
	region = ipcmbox_region_map(box);
	if (!region)
		err(1, "ipcmbox_region_map");
	ring = ipcmbox_region_addr(region);
	if (ipcmbox_sem_init(&ring->filled, 0) ||
	    ipcmbox_sem_init(&ring->empty, SLOTS))
		err(1, "ipcmbox_sem_init");
	return ring;
}

static void enter(sem_t *sem, bool in_order)
{
	if (in_order && ipcmbox_sem_wait(sem, 0))
		err(1, "ipcmbox_sem_wait");
}

static void leave(sem_t *sem, bool in_order)
{
	if (in_order && ipcmbox_sem_post(sem))
		err(1, "ipcmbox_sem_post");
}

/* How many numbers came that are not the ones that were written. */
static int run(struct ring *ring, bool in_order)
{
	int wrong = 0, i;
	pid_t writer = start_child();

	if (!writer) {
		for (i = 1; i <= NUMBERS; i++) {
			if (i % 100 == 0)
				usleep(100);
			enter(&ring->empty, in_order);
			ring->slots[i % SLOTS] = i;
			leave(&ring->filled, in_order);
		}
		_exit(0);
	}
	for (i = 1; i <= NUMBERS; i++) {
		enter(&ring->filled, in_order);
		wrong += ring->slots[i % SLOTS] != i;
		leave(&ring->empty, in_order);
	}
	wait_for(writer, "writer");
	return wrong;
}

int main(void)
{
	struct ring *ring = map_ring();
	int without, with;

	start = now();
	without = run(ring, false);
	say("reader", "without semaphores: %d of %d numbers wrong", without,
	    NUMBERS);
	with = run(ring, true);
	say("reader", "with semaphores: %d wrong", with);
	if (!without)
		errx(1, "nothing went wrong without, which shows nothing");
	return with;
}
