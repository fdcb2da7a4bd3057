// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Rings: the producers' side.
 */
#include <string.h>
#include <sys/ioctl.h>

#include "ring.h"

/*
 * The words inside a record get its lap: one that no record begins at for very long would
 * else seem to be of a lap to come when the numbers of laps wrap.
 */
static void mark_inside(const struct ipcmbox_ring *ring, uint64_t position,
			uint64_t granules)
{
	uint64_t word = ring_word(position >> ring->shift, 0, 0, RING_INSIDE);
	uint64_t i;

	for (i = 1; i < granules; i++)
		atomic_store_explicit(ring_word_at(ring, position + i), word,
				      memory_order_relaxed);
}

/* Whether so much is free at the tail: 0, -EAGAIN, or -EPROTO. */
static int has_room(struct ipcmbox_ring *ring, uint64_t tail, uint64_t granules)
{
	if (tail + granules - ring->head <= ring->granules)
		return 0;
	ring->head = ring_acquire(&ring->memory->head);
	if (tail - ring->head > ring->granules)
		return -EPROTO;
	return tail + granules - ring->head <= ring->granules ? 0 : -EAGAIN;
}

static void *keep(struct ipcmbox_ring *ring, uint64_t position, uint64_t word)
{
	ring->reserved[ring->nr_reserved++] = (struct ring_record){
		.position = position,
		.word = word,
	};
	return ring_data_at(ring, position);
}

/* The word of padding as far as the ring goes. */
static uint64_t padding(const struct ipcmbox_ring *ring, uint64_t position,
			uint64_t granules, enum ring_state state)
{
	return ring_word(position >> ring->shift,
			 (size_t)granules * RING_GRANULE, ring->slot, state);
}

/* The one producer: nobody else moves the tail, and no word is written yet. */
static int claim_alone(struct ipcmbox_ring *ring, size_t len, void **data)
{
	uint64_t granules = ring_granules(len);
	uint64_t rest = ring_rest(ring, ring->tail);
	uint64_t pad = granules > rest ? rest : 0;
	int error = has_room(ring, ring->tail, pad + granules);

	if (error)
		return error;
	if (pad) {
		mark_inside(ring, ring->tail, pad);
		ring_release(ring_word_at(ring, ring->tail),
			     padding(ring, ring->tail, pad, RING_VOID));
		ring->tail += pad;
	}
	mark_inside(ring, ring->tail, granules);
	*data = keep(ring, ring->tail,
		     ring_word(ring->tail >> ring->shift, len, ring->slot,
			       RING_BUSY));
	ring->tail += granules;
	return 0;
}

/*
 * Commit or give up what is claimed. One of many may find that it was given up, by somebody
 * who took this producer for dead: then the word is another's by now, who must not lose it.
 */
static inline bool release(const struct ipcmbox_ring *ring, uint64_t position,
			   uint64_t word, enum ring_state state)
{
	_Atomic uint64_t *at = ring_word_at(ring, position);
	uint64_t new = word ^ RING_BUSY ^ state;

	if (ring->features & IPCMBOX_RING_MPSC)
		return ring_exchange(at, word, new) || state == RING_VOID;
	ring_release(at, new);
	return true;
}

/* Move the tail past a record that was claimed there; false if there can be no such one. */
static bool help(struct ipcmbox_ring *ring, uint64_t tail, uint64_t word)
{
	uint64_t granules = ring_granules(ring_word_len(word));

	if (ring_word_state(word) == RING_INSIDE ||
	    granules > ring_rest(ring, tail))
		return false;
	ring_exchange(&ring->memory->tail, tail, tail + granules);
	return true;
}

/*
 * Whether that is still at the tail. Else the head may have passed it, if its producer moved
 * the tail, or died before it could.
 */
static bool is_at(const struct ipcmbox_ring *ring, uint64_t tail, uint64_t word)
{
	return ring_acquire(&ring->memory->tail) == tail &&
	       ring_acquire(ring_word_at(ring, tail)) == word;
}

/*
 * One of many: the room at the tail is his who exchanges its word. The tail may be old when
 * it is read; then its word is of that lap or a later one, and was so before the tail moved
 * on. So an exchange of an older word is one at the tail as it is.
 *
 * Nobody passes what is BUSY; so padding is that, too, until all of its words are written.
 * Others may have committed behind it meanwhile, and the consumer sleep before it.
 */
static int claim_among(struct ipcmbox_ring *ring, size_t len, void **data)
{
	uint64_t granules = ring_granules(len);
	int attempt;

	for (attempt = 0; attempt < RING_ATTEMPTS; attempt++) {
		uint64_t tail = ring_acquire(&ring->memory->tail);
		uint64_t old = ring_acquire(ring_word_at(ring, tail));
		int32_t ahead = ring_word_ahead(ring, old, tail);
		uint64_t rest = ring_rest(ring, tail);
		uint64_t taken = granules < rest ? granules : rest;
		uint64_t word;
		int error;

		if (ahead > 0)
			continue;
		if (ahead == 0) {
			if (help(ring, tail, old))
				continue;
			break;
		}
		error = has_room(ring, tail, taken);
		if (error == -EPROTO && !is_at(ring, tail, old))
			continue;
		if (error)
			return error;
		word = granules > rest ? padding(ring, tail, taken, RING_BUSY) :
					 ring_word(tail >> ring->shift, len,
						   ring->slot, RING_BUSY);
		if (!ring_exchange(ring_word_at(ring, tail), old, word))
			continue;
		mark_inside(ring, tail, taken);
		ring_exchange(&ring->memory->tail, tail, tail + taken);
		if (granules <= rest) {
			*data = keep(ring, tail, word);
			return 0;
		}
		release(ring, tail, word, RING_VOID);
		ipcmbox_ring_wake_consumer(ring);
	}
	return -EPROTO;
}

static inline int claim(struct ipcmbox_ring *ring, size_t len, void **data)
{
	if (ring->features & IPCMBOX_RING_MPSC)
		return claim_among(ring, len, data);
	return claim_alone(ring, len, data);
}

/* Whether there is no room because the consumer has gone: -EPIPE, -EOWNERDEAD, or 0. */
static int consumer_gone(struct ipcmbox_ring *ring)
{
	uint64_t consumer = ring_acquire(&ring->memory->consumer);
	bool time = ipcmbox_ring_is_time(ring, ring->head);

	if (consumer == RING_LEFT)
		return -EPIPE;
	if (consumer == RING_FREE)
		return 0;
	if (consumer != ring->dead &&
	    (!time || !ipcmbox_ring_is_dead(ring->self, consumer)))
		return 0;
	ring->dead = consumer;
	return -EOWNERDEAD;
}

/* Before it went it may have made room. */
static int claim_or_gone(struct ipcmbox_ring *ring, size_t len, void **data)
{
	int gone = consumer_gone(ring);
	int error;

	if (!gone)
		return -EAGAIN;
	error = claim(ring, len, data);
	return error == -EAGAIN ? gone : error;
}

/* Wait for room, if the consumer is there to make some; 0 or -errno. */
static int claim_waiting(struct ipcmbox_ring *ring, size_t len,
			 uint64_t deadline, void **data)
{
	_Atomic uint32_t *wait = &ring->memory->producers_wait;
	bool interrupted = false;
	int error = -EAGAIN;
	int i;

	for (i = 0; error == -EAGAIN && i < RING_SPINS; i++) {
		ipcmbox_ring_relax();
		error = claim(ring, len, data);
	}
	while (error == -EAGAIN) {
		atomic_store_explicit(wait, 1, memory_order_relaxed);
		if (ipcmbox_ring_barrier_heavy(ring))
			error = -errno;
		else
			error = claim(ring, len, data);
		if (error == -EAGAIN)
			error = claim_or_gone(ring, len, data);
		if (error != -EAGAIN)
			break;
		if (interrupted)
			error = -EINTR;
		else if (deadline && ipcmbox_ring_now() >= deadline)
			error = -ETIMEDOUT;
		else
			interrupted = ipcmbox_ring_sleep(
				wait, 1, ring->lacks_since, deadline);
	}
	return error;
}

static int no_room(struct ipcmbox_ring *ring, size_t len, unsigned int flags,
		   uint64_t deadline, void **data)
{
	if (flags & IPCMBOX_DONTWAIT)
		return claim_or_gone(ring, len, data);
	if (ring->nr_reserved)
		return -EDEADLK;
	return claim_waiting(ring, len, deadline, data);
}

static inline void *reserve(struct ipcmbox_ring *ring, size_t len,
			    unsigned int flags, uint64_t deadline)
{
	void *data;
	int error;

	if (ring->role != IPCMBOX_RING_PRODUCER)
		error = -EBADF;
	else if (flags & ~IPCMBOX_DONTWAIT)
		error = -EOPNOTSUPP;
	else if (len > ring->message_max)
		error = -EMSGSIZE;
	else if (ring->nr_reserved == IPCMBOX_RING_BATCH)
		error = -ENOBUFS;
	else
		error = claim(ring, len, &data);
	if (error == -EAGAIN)
		error = no_room(ring, len, flags, deadline, &data);
	if (!error)
		return data;
	errno = -error;
	return NULL;
}

void ipcmbox_ring_wake_consumer(struct ipcmbox_ring *ring)
{
	_Atomic uint32_t *waits = &ring->memory->consumer_waits;
	const struct ipcmbox_send arg = {
		.size = sizeof(arg),
		.flags = IPCMBOX_DONTWAIT,
		.cookie = IPCMBOX_RING_COOKIE,
	};
	uint32_t mine = RING_ASLEEP | (ring->fd < 0 ? 0 : RING_ARMED);
	int error = errno;
	uint32_t found;

	ring->owes = 0;
	ring_barrier_light(ring);
	if (!(atomic_load_explicit(waits, memory_order_relaxed) & mine))
		return;
	/* Of those who see it, one takes it on. */
	found = atomic_fetch_and(waits, ~mine);
	if (found & RING_ASLEEP)
		ipcmbox_ring_wake(waits, 1);
	/* A full mailbox is readable; else the consumer stays armed. */
	if (found & mine & RING_ARMED &&
	    ioctl(ring->fd, IPCMBOX_IOC_SEND, &arg) && errno != EAGAIN) {
		ring->owes = errno;
		atomic_fetch_or(waits, RING_ARMED);
	}
	errno = error;
}

/* The last one first: the consumer gets to none before the first is there; 0 or -EPROTO. */
static inline int publish(struct ipcmbox_ring *ring, enum ring_state state)
{
	unsigned int i;
	int error = 0;

	for (i = ring->nr_reserved; i-- > 0;)
		if (!release(ring, ring->reserved[i].position,
			     ring->reserved[i].word, state))
			error = -EPROTO;
	ring->nr_reserved = 0;
	if (!(ring->features & IPCMBOX_RING_MPSC))
		ring_release(&ring->memory->tail, ring->tail);
	ipcmbox_ring_wake_consumer(ring);
	return error;
}

/* 1 if an armed consumer is not told of it yet. */
static int finish(struct ipcmbox_ring *ring, enum ring_state state)
{
	int error = 0;

	if (ring->role != IPCMBOX_RING_PRODUCER)
		return ring_fail(EBADF);
	if (ring->nr_reserved)
		error = publish(ring, state);
	else if (ring->owes)
		ipcmbox_ring_wake_consumer(ring);
	if (error)
		return ring_fail(-error);
	if (!ring->owes)
		return 0;
	errno = ring->owes;
	return 1;
}

/*
 * The one producer's predecessor may have died between the words and the tail, and have left
 * words behind the tail that nobody can have seen, since the first of them was missing. That
 * is wiped.
 */
int ipcmbox_ring_find_tail(struct ipcmbox_ring *ring)
{
	uint64_t tail = ring_acquire(&ring->memory->tail);
	uint64_t position;

	for (;;) {
		uint64_t word = ring_acquire(ring_word_at(ring, tail));

		if (ring_word_ahead(ring, word, tail))
			break;
		tail += ring_granules(ring_word_len(word));
		/* The consumer may have passed the tail that was written. */
		if (tail + ring->granules - ring->head > 2 * ring->granules)
			return ring_fail(EPROTO);
	}
	if (tail - ring->head > ring->granules)
		return ring_fail(EPROTO);
	for (position = tail; position != ring->head + ring->granules;
	     position++)
		ring_release(ring_word_at(ring, position),
			     ring_word((position >> ring->shift) - 1, 0, 0,
				       RING_INSIDE));
	ring->tail = tail;
	ring_release(&ring->memory->tail, tail);
	return 0;
}

IPCMBOX_PUBLIC void *ipcmbox_ring_reserve(struct ipcmbox_ring *ring, size_t len,
					  unsigned int flags, uint64_t deadline)
{
	return reserve(ring, len, flags, deadline);
}

IPCMBOX_PUBLIC int ipcmbox_ring_commit(struct ipcmbox_ring *ring)
{
	return finish(ring, RING_COMMITTED);
}

IPCMBOX_PUBLIC int ipcmbox_ring_abort(struct ipcmbox_ring *ring)
{
	return finish(ring, RING_VOID);
}

IPCMBOX_PUBLIC int ipcmbox_ring_send(struct ipcmbox_ring *ring,
				     const void *data, size_t len,
				     unsigned int flags, uint64_t deadline)
{
	void *to = reserve(ring, len, flags, deadline);
	int error;

	if (!to)
		return -1;
	if (len)
		memcpy(to, data, len);
	error = publish(ring, RING_COMMITTED);
	return error ? ring_fail(-error) : 0;
}
