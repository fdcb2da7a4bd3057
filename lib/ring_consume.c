// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Rings: the consumer's side.
 */
#include <limits.h>
#include <string.h>

#include "ring.h"

/* Let the producers have all that was passed. */
static inline void publish(struct ipcmbox_ring *ring)
{
	ring->head = ring->next;
	ring_release(&ring->memory->head, ring->head);
	ipcmbox_ring_wake_producers(ring);
}

void ipcmbox_ring_wake_producers(struct ipcmbox_ring *ring)
{
	_Atomic uint32_t *wait = &ring->memory->producers_wait;

	ring_barrier_light(ring);
	if (atomic_load_explicit(wait, memory_order_relaxed) &&
	    atomic_exchange(wait, 0))
		ipcmbox_ring_wake(wait, INT_MAX);
}

/* What is at @next: 1 with a message, which stays; 0 without; -1 with EPROTO. */
static inline int look(struct ipcmbox_ring *ring, size_t *len)
{
	uint64_t begin = ring->next;
	bool keeps = ring->head != begin;

	for (;;) {
		uint64_t word = ring_acquire(ring_word_at(ring, ring->next));
		enum ring_state state = ring_word_state(word);
		uint64_t granules;

		if (ring_word_ahead(ring, word, ring->next) ||
		    state == RING_BUSY)
			return 0;
		*len = ring_word_len(word);
		granules = ring_granules(*len);
		if (state == RING_INSIDE ||
		    granules > ring_rest(ring, ring->next) ||
		    ring->next + granules - ring->head > ring->granules)
			return ring_fail(EPROTO);
		if (state == RING_COMMITTED)
			return 1;
		ring->next += granules;
		if (!keeps)
			publish(ring);
		/* Others could go on like this for ever. */
		if (ring->next - begin >= ring->granules)
			return 0;
	}
}

static inline void pass(struct ipcmbox_ring *ring, size_t len)
{
	ring->next += ring_granules(len);
}

/*
 * Whether no producer is left, if any ever came: EPIPE, EOWNERDEAD, or 0. Whether they live
 * is only asked if it is time.
 *
 * The slots are not seen at one instant: somebody may have come to one that was seen free
 * before the owner of a later one left. The count of those who came tells that. Who is counted
 * only after it was first read sees that the consumer waits, as ring_barrier_light() has it,
 * and wakes it when he leaves.
 */
static int producers_gone(struct ipcmbox_ring *ring, bool time)
{
	uint64_t attached = ring_acquire(&ring->memory->attached);
	bool dead = false;
	bool left = false;
	unsigned int i;

	for (i = 0; i < IPCMBOX_RING_PRODUCERS; i++) {
		uint64_t owner = ring_acquire(&ring->memory->producer[i]);

		if (owner == RING_FREE)
			continue;
		if (owner == RING_LEFT) {
			left = true;
			continue;
		}
		if (owner != ring->dead &&
		    (!time || !ipcmbox_ring_is_dead(ring->self, owner)))
			return 0;
		ring->dead = owner;
		dead = true;
	}
	if (ring_acquire(&ring->memory->attached) != attached)
		return 0;
	return dead ? EOWNERDEAD : left ? EPIPE : 0;
}

/* Whether the one who has claimed what is at @next has died. */
static bool claimant_dead(struct ipcmbox_ring *ring, uint64_t word, bool time)
{
	unsigned int slot = ring_word_slot(word);
	uint64_t owner = ring_acquire(&ring->memory->producer[slot]);

	/* Who leaves gives up what it has claimed first. */
	if (owner <= RING_LEFT || owner == ring->dead)
		return true;
	if (!time || !ipcmbox_ring_is_dead(ring->self, owner))
		return false;
	ring->dead = owner;
	return true;
}

/*
 * There is no message: see whether that is because somebody died. 1 if it is worth while to
 * look again, -1 with EPIPE or EOWNERDEAD if there is nobody to wait for.
 */
static int settle(struct ipcmbox_ring *ring)
{
	_Atomic uint64_t *at = ring_word_at(ring, ring->next);
	uint64_t word = ring_acquire(at);
	bool time = ipcmbox_ring_is_time(ring, ring->next);
	int error;

	if (ring_word_ahead(ring, word, ring->next)) {
		error = producers_gone(ring, time);
		return error ? ring_fail(error) : 0;
	}
	if (ring_word_state(word) != RING_BUSY)
		return 1;
	if (!claimant_dead(ring, word, time))
		return 0;
	if (ring_exchange(at, word, word ^ RING_BUSY ^ RING_VOID))
		ipcmbox_ring_count_abandoned(ring, word);
	return 1;
}

/* Before nobody was left, the last one may have sent. */
static int settle_and_look(struct ipcmbox_ring *ring, size_t *len)
{
	int settled = settle(ring);
	int error = errno;
	int found;

	if (!settled)
		return 0;
	found = look(ring, len);
	if (!found && settled < 0)
		return ring_fail(error);
	return found;
}

static int await(struct ipcmbox_ring *ring, size_t *len, uint64_t deadline)
{
	_Atomic uint32_t *waits = &ring->memory->consumer_waits;
	bool interrupted = false;
	uint32_t value;
	int found = 0;
	int i;

	for (i = 0; !found && i < RING_SPINS; i++) {
		ipcmbox_ring_relax();
		found = look(ring, len);
	}
	while (!found) {
		value = atomic_fetch_or(waits, RING_ASLEEP) | RING_ASLEEP;
		if (ipcmbox_ring_barrier_heavy(ring))
			found = -1;
		else
			found = look(ring, len);
		if (!found)
			found = settle_and_look(ring, len);
		if (found)
			break;
		if (interrupted)
			found = ring_fail(EINTR);
		else if (deadline && ipcmbox_ring_now() >= deadline)
			found = ring_fail(ETIMEDOUT);
		else
			interrupted = ipcmbox_ring_sleep(
				waits, value, ring->lacks_since, deadline);
	}
	if (atomic_load_explicit(waits, memory_order_relaxed) & RING_ASLEEP)
		atomic_fetch_and(waits, ~RING_ASLEEP);
	return found;
}

/* 1 with a message, or -1. */
static inline int next_message(struct ipcmbox_ring *ring, size_t *len,
			       unsigned int flags, uint64_t deadline)
{
	int found;

	if (ring->role != IPCMBOX_RING_CONSUMER)
		return ring_fail(EBADF);
	if (flags & ~IPCMBOX_DONTWAIT)
		return ring_fail(EOPNOTSUPP);
	found = look(ring, len);
	if (found)
		return found;
	if (!(flags & IPCMBOX_DONTWAIT))
		return await(ring, len, deadline);
	found = settle_and_look(ring, len);
	return found ? found : ring_fail(EAGAIN);
}

IPCMBOX_PUBLIC const void *ipcmbox_ring_peek(struct ipcmbox_ring *ring,
					     size_t *len, unsigned int flags,
					     uint64_t deadline)
{
	const void *data;

	if (next_message(ring, len, flags, deadline) < 0)
		return NULL;
	data = ring_data_at(ring, ring->next);
	pass(ring, *len);
	return data;
}

IPCMBOX_PUBLIC int ipcmbox_ring_consume(struct ipcmbox_ring *ring)
{
	if (ring->role != IPCMBOX_RING_CONSUMER)
		return ring_fail(EBADF);
	if (ring->next != ring->head)
		publish(ring);
	return 0;
}

IPCMBOX_PUBLIC ssize_t ipcmbox_ring_recv(struct ipcmbox_ring *ring, void *data,
					 size_t size, unsigned int flags,
					 uint64_t deadline)
{
	size_t len;

	if (next_message(ring, &len, flags, deadline) < 0)
		return -1;
	if (len > size)
		return ring_fail(EMSGSIZE);
	if (len)
		memcpy(data, ring_data_at(ring, ring->next), len);
	pass(ring, len);
	publish(ring);
	return (ssize_t)len;
}

IPCMBOX_PUBLIC int ipcmbox_ring_arm(struct ipcmbox_ring *ring)
{
	_Atomic uint32_t *waits = &ring->memory->consumer_waits;
	size_t len;
	int found;

	if (ring->role != IPCMBOX_RING_CONSUMER)
		return ring_fail(EBADF);
	found = look(ring, &len);
	if (found)
		return found;
	atomic_fetch_or(waits, RING_ARMED);
	if (ipcmbox_ring_barrier_heavy(ring))
		found = -1;
	else
		found = look(ring, &len);
	if (!found)
		found = settle_and_look(ring, &len);
	if (found)
		atomic_fetch_and(waits, ~RING_ARMED);
	return found;
}
