// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rings in shared memory of which the receiver reads a message where it is: that of the library,
 * in the region of a mailbox, by its own means for single messages and batches; and a bare one,
 * of two indices and nothing else, which says what a ring costs at least. Of the bare one both
 * sides yield the processor until there is a message or room.
 */
#include <errno.h>
#include <fcntl.h>
#include <ipcmbox-ring.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "peer.h"

#define GRANULE 64
/* Neighbouring lines are fetched in pairs. */
#define APART 128
/* A message is half of a ring at most. */
#define LEAST_DEPTH 4

static size_t granules(size_t len)
{
	return (len + GRANULE - 1) / GRANULE * GRANULE;
}

/**
 * struct side - a ring of the library as a process sees it
 * @box: the mailbox
 * @region: of the mailbox, with the ring
 * @ring: NULL before the process first sends or receives
 */
struct side {
	int box;
	struct ipcmbox_region *region;
	struct ipcmbox_ring *ring;
};

static void *open_side(size_t len, unsigned int depth, unsigned int flags)
{
	struct side *side = must_alloc(sizeof(*side));
	struct ipcmbox_attr *attr = ipcmbox_attr_new();

	if (!attr)
		die("no memory");
	if (depth < LEAST_DEPTH)
		depth = LEAST_DEPTH;
	ipcmbox_attr_set_region_size(attr,
				     ipcmbox_ring_size(depth * granules(len)));
	side->box = (int)must(ipcmbox_create_attr(attr, O_RDWR), "create");
	ipcmbox_attr_free(attr);
	side->region = ipcmbox_region_map(side->box);
	if (!side->region)
		die("region_map");
	must(ipcmbox_ring_init(ipcmbox_region_addr(side->region),
			       ipcmbox_region_size(side->region), flags),
	     "ring_init");
	return side;
}

static void *side_open(size_t len, unsigned int depth)
{
	return open_side(len, depth, 0);
}

static void *side_open_mpsc(size_t len, unsigned int depth)
{
	return open_side(len, depth, IPCMBOX_RING_MPSC);
}

static void side_close(void *channel)
{
	struct side *side = channel;

	ipcmbox_ring_detach(side->ring);
	ipcmbox_region_unmap(side->region);
	close(side->box);
	free(side);
}

/* A handle belongs to the process that attaches it. */
static struct ipcmbox_ring *attached(struct side *side,
				     enum ipcmbox_ring_role role)
{
	if (side->ring)
		return side->ring;
	side->ring = ipcmbox_ring_attach(ipcmbox_region_addr(side->region),
					 ipcmbox_region_size(side->region),
					 role, -1);
	if (!side->ring)
		die("ring_attach");
	return side->ring;
}

static void *reserve(struct ipcmbox_ring *ring, size_t len)
{
	void *room = ipcmbox_ring_reserve(ring, len, 0, 0);

	if (!room && (errno == EDEADLK || errno == ENOBUFS)) {
		must(ipcmbox_ring_commit(ring), "ring_commit");
		room = ipcmbox_ring_reserve(ring, len, 0, 0);
	}
	if (!room)
		die("ring_reserve");
	return room;
}

static void side_send(void *channel, const void *data, size_t len)
{
	struct ipcmbox_ring *ring = attached(channel, IPCMBOX_RING_PRODUCER);

	memcpy(reserve(ring, len), data, len);
	must(ipcmbox_ring_commit(ring), "ring_commit");
}

static void side_send_many(void *channel, const void *data, size_t len,
			   unsigned int count)
{
	struct ipcmbox_ring *ring = attached(channel, IPCMBOX_RING_PRODUCER);

	for (unsigned int i = 0; i < count; i++)
		memcpy(reserve(ring, len), (const char *)data + i * len, len);
	must(ipcmbox_ring_commit(ring), "ring_commit");
}

static const void *side_recv(void *channel, void *data, size_t len)
{
	struct ipcmbox_ring *ring = attached(channel, IPCMBOX_RING_CONSUMER);
	const void *message;
	size_t got;

	(void)data;
	must(ipcmbox_ring_consume(ring), "ring_consume");
	message = ipcmbox_ring_peek(ring, &got, 0, 0);
	if (!message)
		die("ring_peek");
	must_move((long)got, len, "ring_peek");
	return message;
}

static unsigned int side_recv_many(void *channel, void *data, size_t len,
				   unsigned int most)
{
	struct ipcmbox_ring *ring = attached(channel, IPCMBOX_RING_CONSUMER);
	unsigned int count = 0;
	const void *message;
	size_t got;

	while (count < most) {
		message = ipcmbox_ring_peek(ring, &got,
					    count ? IPCMBOX_DONTWAIT : 0, 0);
		if (!message && count && errno == EAGAIN)
			break;
		if (!message)
			die("ring_peek");
		must_move((long)got, len, "ring_peek");
		memcpy((char *)data + count++ * len, message, len);
	}
	must(ipcmbox_ring_consume(ring), "ring_consume");
	return count;
}

const struct channel_ops ipcmbox_ring_channel = {
	.open = side_open,
	.send = side_send,
	.recv = side_recv,
	.send_many = side_send_many,
	.recv_many = side_recv_many,
	.close = side_close,
};

const struct channel_ops ipcmbox_ring_mpsc_channel = {
	.open = side_open_mpsc,
	.send = side_send,
	.recv = side_recv,
	.send_many = side_send_many,
	.recv_many = side_recv_many,
	.close = side_close,
};

/**
 * struct bare_ring - what lies in shared memory
 * @head: messages that were received
 * @tail: messages that were sent
 * @slots: the messages
 */
struct bare_ring {
	_Alignas(APART) uint64_t head;
	_Alignas(APART) uint64_t tail;
	_Alignas(APART) char slots[];
};

/**
 * struct bare - a bare ring as a process sees it
 * @ring: the ring
 * @size: bytes of it
 * @mask: one less than the number of slots
 * @stride: bytes from one slot to the next
 * @own: the index of this side
 * @other: that of the other, as it was last seen
 * @holds: whether a message is being read
 */
struct bare {
	struct bare_ring *ring;
	size_t size;
	uint64_t mask;
	size_t stride;
	uint64_t own, other;
	bool holds;
};

static void *bare_open(size_t len, unsigned int depth)
{
	struct bare *bare = must_alloc(sizeof(*bare));
	uint64_t slots = LEAST_DEPTH;

	while (slots < depth)
		slots *= 2;
	bare->mask = slots - 1;
	bare->stride = granules(len);
	bare->size = sizeof(struct bare_ring) + slots * bare->stride;
	bare->ring = shared_alloc(bare->size);
	return bare;
}

static void bare_close(void *channel)
{
	struct bare *bare = channel;

	shared_free(bare->ring, bare->size);
	free(bare);
}

static void *slot_at(struct bare *bare, uint64_t position)
{
	return bare->ring->slots + (position & bare->mask) * bare->stride;
}

static void bare_send(void *channel, const void *data, size_t len)
{
	struct bare *bare = channel;

	while (bare->own - bare->other > bare->mask) {
		bare->other =
			__atomic_load_n(&bare->ring->head, __ATOMIC_ACQUIRE);
		if (bare->own - bare->other > bare->mask)
			sched_yield();
	}
	memcpy(slot_at(bare, bare->own++), data, len);
	__atomic_store_n(&bare->ring->tail, bare->own, __ATOMIC_RELEASE);
}

static const void *bare_recv(void *channel, void *data, size_t len)
{
	struct bare *bare = channel;

	(void)data;
	(void)len;
	if (bare->holds)
		__atomic_store_n(&bare->ring->head, ++bare->own,
				 __ATOMIC_RELEASE);
	while (bare->own == bare->other) {
		bare->other =
			__atomic_load_n(&bare->ring->tail, __ATOMIC_ACQUIRE);
		if (bare->own == bare->other)
			sched_yield();
	}
	bare->holds = true;
	return slot_at(bare, bare->own);
}

const struct channel_ops bare_ring_channel = {
	.open = bare_open,
	.send = bare_send,
	.recv = bare_recv,
	.close = bare_close,
};
