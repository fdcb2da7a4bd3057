// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Rings: making one, and who uses it. ring.h tells how it works.
 */
#include <stdlib.h>
#include <string.h>

#include "ring.h"

/* Where the data begins. */
static uint64_t data_offset(uint64_t granules)
{
	uint64_t end = sizeof(struct ring_memory) + granules * sizeof(uint64_t);

	return (end + RING_APART - 1) / RING_APART * RING_APART;
}

static uint64_t total(uint64_t capacity)
{
	return data_offset(capacity / RING_GRANULE) + capacity;
}

IPCMBOX_PUBLIC size_t ipcmbox_ring_size(size_t capacity)
{
	uint64_t rounded = IPCMBOX_RING_CAPACITY_MIN;

	while (rounded < capacity && rounded < RING_BYTES_MAX)
		rounded *= 2;
	if (rounded < capacity || total(rounded) > SIZE_MAX) {
		errno = EINVAL;
		return 0;
	}
	return (size_t)total(rounded);
}

static bool is_aligned(const void *memory)
{
	return memory && (uintptr_t)memory % RING_APART == 0;
}

IPCMBOX_PUBLIC int ipcmbox_ring_init(void *memory, size_t size,
				     unsigned int flags)
{
	uint64_t capacity = IPCMBOX_RING_CAPACITY_MIN;
	struct ring_memory *ring = memory;

	if (flags & ~RING_FEATURES)
		return ring_fail(EOPNOTSUPP);
	if (!is_aligned(memory) || size < total(capacity))
		return ring_fail(EINVAL);
	while (capacity < RING_BYTES_MAX && total(capacity * 2) <= size)
		capacity *= 2;
	if (!ipcmbox_ring_membarrier(false))
		flags |= IPCMBOX_RING_FENCES;
	memset(memory, 0, (size_t)data_offset(capacity / RING_GRANULE));
	ring->version = RING_VERSION;
	ring->features = flags;
	ring->capacity = capacity;
	/* Words of lap 0 are old. */
	ring->head = capacity / RING_GRANULE;
	ring->tail = capacity / RING_GRANULE;
	ring_release(&ring->magic, RING_MAGIC);
	return 0;
}

/* Take what the memory says of itself, once. */
static int read_header(struct ipcmbox_ring *ring, size_t size)
{
	struct ring_memory *memory = ring->memory;
	uint64_t capacity;

	if (size < sizeof(*memory) ||
	    ring_acquire(&memory->magic) != RING_MAGIC)
		return ring_fail(EINVAL);
	if (memory->version != RING_VERSION)
		return ring_fail(EPROTONOSUPPORT);
	ring->features = memory->features;
	if (ring->features & ~RING_FEATURES)
		return ring_fail(EOPNOTSUPP);
	capacity = memory->capacity;
	if (capacity < IPCMBOX_RING_CAPACITY_MIN || capacity > RING_BYTES_MAX ||
	    capacity & (capacity - 1) || total(capacity) > size)
		return ring_fail(EINVAL);
	ring->granules = capacity / RING_GRANULE;
	ring->shift = (unsigned int)__builtin_ctzll(ring->granules);
	ring->message_max = IPCMBOX_RING_MESSAGE_MAX;
	if (capacity / 2 < ring->message_max)
		ring->message_max = (size_t)capacity / 2;
	ring->words = (_Atomic uint64_t *)(memory + 1);
	ring->data = (unsigned char *)memory + data_offset(ring->granules);
	return 0;
}

void ipcmbox_ring_count_abandoned(struct ipcmbox_ring *ring, uint64_t word)
{
	atomic_fetch_add_explicit(&ring->memory->abandoned, 1,
				  memory_order_relaxed);
	atomic_fetch_add_explicit(&ring->memory->abandoned_bytes,
				  ring_word_len(word), memory_order_relaxed);
}

/*
 * The producer of a slot that was a dead one's gives up what that one had reserved: else it
 * would pass for its own. It has the slot already, so nobody else does so, and reserves after
 * it. If it dies before it is done all that is a dead one's again.
 */
static void give_up(struct ipcmbox_ring *ring)
{
	bool any = false;
	uint64_t i;

	for (i = 0; i < ring->granules; i++) {
		uint64_t word = ring_acquire(&ring->words[i]);

		if (ring_word_state(word) != RING_BUSY ||
		    ring_word_slot(word) != ring->slot ||
		    !ring_exchange(&ring->words[i], word,
				   word ^ RING_BUSY ^ RING_VOID))
			continue;
		ipcmbox_ring_count_abandoned(ring, word);
		any = true;
	}
	if (any)
		ipcmbox_ring_wake_consumer(ring);
}

/* Take a place from somebody who has left it, or who has died. */
static bool take(struct ipcmbox_ring *ring, _Atomic uint64_t *place, bool dead)
{
	uint64_t owner = ring_acquire(place);

	if (owner > RING_LEFT &&
	    (!dead || !ipcmbox_ring_is_dead(ring->self, owner)))
		return false;
	return ring_exchange(place, owner, ring->self);
}

static int join_consumer(struct ipcmbox_ring *ring)
{
	if (!take(ring, &ring->memory->consumer, true))
		return ring_fail(EBUSY);
	ring->head = ring_acquire(&ring->memory->head);
	ring->next = ring->head;
	atomic_store(&ring->memory->consumer_waits, 0);
	return 0;
}

static int join_producer(struct ipcmbox_ring *ring)
{
	_Atomic uint64_t *place = ring->memory->producer;
	bool many = ring->features & IPCMBOX_RING_MPSC;
	unsigned int slots = many ? IPCMBOX_RING_PRODUCERS : 1;
	int dead;

	for (dead = 0; dead < 2; dead++)
		for (ring->slot = 0; ring->slot < slots; ring->slot++)
			if (take(ring, &place[ring->slot], dead))
				goto found;
	return ring_fail(many ? EUSERS : EBUSY);

found:
	atomic_fetch_add(&ring->memory->attached, 1);
	ring->head = ring_acquire(&ring->memory->head);
	if (many) {
		if (dead)
			give_up(ring);
		return 0;
	}
	if (!ipcmbox_ring_find_tail(ring))
		return 0;
	ring_release(&place[ring->slot], RING_LEFT);
	return -1;
}

static int join(struct ipcmbox_ring *ring, size_t size)
{
	if (read_header(ring, size))
		return -1;
	if (!(ring->features & IPCMBOX_RING_FENCES) &&
	    !ipcmbox_ring_membarrier(true))
		return ring_fail(EOPNOTSUPP);
	ring->self = ipcmbox_ring_self();
	return ring->role == IPCMBOX_RING_CONSUMER ? join_consumer(ring) :
						     join_producer(ring);
}

IPCMBOX_PUBLIC struct ipcmbox_ring *
ipcmbox_ring_attach(void *memory, size_t size, enum ipcmbox_ring_role role,
		    int fd)
{
	struct ipcmbox_ring *ring;
	int error;

	if (!is_aligned(memory) ||
	    (role != IPCMBOX_RING_CONSUMER && role != IPCMBOX_RING_PRODUCER)) {
		errno = EINVAL;
		return NULL;
	}
	ring = calloc(1, sizeof(*ring));
	if (!ring)
		return NULL;
	ring->memory = memory;
	ring->role = role;
	ring->fd = fd;
	if (!join(ring, size))
		return ring;
	error = errno;
	free(ring);
	errno = error;
	return NULL;
}

IPCMBOX_PUBLIC void ipcmbox_ring_detach(struct ipcmbox_ring *ring)
{
	if (!ring)
		return;
	if (ring->role == IPCMBOX_RING_CONSUMER) {
		ring_release(&ring->memory->consumer, RING_LEFT);
		ipcmbox_ring_wake_producers(ring);
	} else {
		ipcmbox_ring_abort(ring);
		ring_release(&ring->memory->producer[ring->slot], RING_LEFT);
		ipcmbox_ring_wake_consumer(ring);
	}
	free(ring);
}

static void count(const struct ipcmbox_ring *ring,
		  const _Atomic uint64_t *place, uint32_t *attached,
		  uint32_t *dead)
{
	uint64_t owner = ring_acquire(place);

	if (owner <= RING_LEFT)
		return;
	(*attached)++;
	*dead += ipcmbox_ring_is_dead(ring->self, owner);
}

/* What is reserved by the one producer is known to it alone, until it commits. */
static uint64_t used(const struct ipcmbox_ring *ring)
{
	uint64_t tail = ring_acquire(&ring->memory->tail);
	uint64_t head = ring_acquire(&ring->memory->head);

	if (ring->role == IPCMBOX_RING_PRODUCER &&
	    !(ring->features & IPCMBOX_RING_MPSC))
		tail = ring->tail;
	/* The tail may lag behind, and is read first. */
	return tail - head <= ring->granules ? (tail - head) * RING_GRANULE : 0;
}

IPCMBOX_PUBLIC int ipcmbox_ring_stat(struct ipcmbox_ring *ring,
				     struct ipcmbox_ring_stat *stat,
				     size_t stat_size)
{
	struct ring_memory *memory = ring->memory;
	struct ipcmbox_ring_stat known = {
		.capacity = ring->granules * RING_GRANULE,
		.message_max = ring->message_max,
		.used = used(ring),
		.abandoned = memory->abandoned,
		.abandoned_bytes = memory->abandoned_bytes,
		.features = ring->features,
	};
	unsigned int i;

	for (i = 0; i < IPCMBOX_RING_PRODUCERS; i++)
		count(ring, &memory->producer[i], &known.producers,
		      &known.dead);
	count(ring, &memory->consumer, &known.consumers, &known.dead);
	ipcmbox_give(stat, stat_size, &known, sizeof(known));
	return 0;
}
