/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of the library's rings share: a ring in the region of a mailbox, and
 * messages that tell by themselves whether they are whole.
 */
#ifndef RING_UTIL_H
#define RING_UTIL_H

#include "lib_util.h"

#include <ipcmbox-ring.h>

/* How the ring lies in memory, which is not what its users see. */
#include "../lib/ring.h"

/* Long enough for what must come. */
#define RING_SOON	(MBOX_WATCHDOG_MS * MSEC)
/* Long enough to see that something does not come, looks at the living included. */
#define RING_WHILE	(2 * IPCMBOX_RING_CHECK + 20 * MSEC)

/**
 * struct ring_place - a ring in a mailbox's region
 * @fd: the mailbox, which stores a few messages
 * @region: of it
 * @memory: the ring
 * @size: bytes of the region
 */
struct ring_place {
	int fd;
	struct ipcmbox_region *region;
	struct ring_memory *memory;
	size_t size;
};

/* False if there is none. */
static inline bool ring_place_make(struct ring_place *place, size_t capacity,
				   unsigned int flags)
{
	struct ipcmbox_attr *attr = ipcmbox_attr_new();

	if (!attr)
		return false;
	ipcmbox_attr_set_capacity(attr, 8);
	ipcmbox_attr_set_region_size(attr, ipcmbox_ring_size(capacity));
	place->fd = ipcmbox_create_attr(attr, O_RDWR);
	ipcmbox_attr_free(attr);
	if (place->fd < 0)
		return false;
	place->region = ipcmbox_region_map(place->fd);
	if (!place->region)
		return false;
	place->memory = ipcmbox_region_addr(place->region);
	place->size = ipcmbox_ring_size(capacity);
	return !ipcmbox_ring_init(place->memory, place->size, flags);
}

static inline void ring_place_end(struct ring_place *place)
{
	ipcmbox_region_unmap(place->region);
	close(place->fd);
}

static inline struct ipcmbox_ring *ring_producer(struct ring_place *place)
{
	return ipcmbox_ring_attach(place->memory, place->size,
				   IPCMBOX_RING_PRODUCER, place->fd);
}

static inline struct ipcmbox_ring *ring_consumer(struct ring_place *place)
{
	return ipcmbox_ring_attach(place->memory, place->size,
				   IPCMBOX_RING_CONSUMER, -1);
}

/* A message of these bytes that its number can be told from. */
static inline void ring_fill(void *to, size_t len, uint32_t number)
{
	unsigned char *byte = to;
	size_t i;

	for (i = 0; i < len; i++)
		byte[i] = (unsigned char)((number + i * 7) * 131 >> 3);
}

static inline bool ring_filled(const void *from, size_t len, uint32_t number)
{
	const unsigned char *byte = from;
	size_t i;

	for (i = 0; i < len; i++)
		if (byte[i] != (unsigned char)((number + i * 7) * 131 >> 3))
			return false;
	return true;
}

/* A number as a message; 0 or -errno, and the number or -errno. */
static inline int ring_put(struct ipcmbox_ring *ring, uint32_t number,
			   uint64_t deadline)
{
	return ipcmbox_ring_send(ring, &number, sizeof(number), 0, deadline) ?
		       -errno :
		       0;
}

static inline int64_t ring_get(struct ipcmbox_ring *ring, uint64_t deadline)
{
	uint32_t number;
	ssize_t len =
		ipcmbox_ring_recv(ring, &number, sizeof(number), 0, deadline);

	if (len < 0)
		return -errno;
	return len == sizeof(number) ? (int64_t)number : -EBADMSG;
}

/* Until somebody sleeps on this futex. */
static inline bool ring_wait_asleep(_Atomic uint32_t *waits)
{
	unsigned int i;

	for (i = 0; i < MBOX_WATCHDOG_MS; i++) {
		if (*waits & RING_ASLEEP)
			return true;
		mbox_nap();
	}
	return false;
}

#endif /* RING_UTIL_H */
