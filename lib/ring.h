/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A ring as it lies in shared memory, and the steps in which its sides meet.
 *
 * After struct ring_memory comes a word for each granule of the data, and then the
 * data. A record takes whole granules that follow one another; the word of its first
 * one says its length, its state and whose it is, and the words of its others that
 * they are inside one. Positions count granules since the ring was made and never
 * wrap; a word has the number of the lap that it was written in, so that what an
 * earlier lap left there is never taken for news. No data is ever looked at, and no
 * byte is accessed both as a word and as data.
 *
 * The consumer follows the words from its head. With one producer, that one alone
 * knows where the tail is, and writes a word when it commits. With many, a producer
 * claims room by exchanging the word at the tail for one that says BUSY, its length
 * and its slot: from then on everybody can tell what has been claimed, so whoever
 * finds the tail behind moves it on, and a producer may die anywhere.
 *
 * Each word and index is read once, and what is made of it is checked against the
 * size of the ring, which a handle keeps to itself: a peer can write there whatever
 * it likes. For the same reason no object of pthreads lies there: a robust mutex has
 * pointers in it.
 */
#ifndef IPCMBOX_RING_INTERNAL_H
#define IPCMBOX_RING_INTERNAL_H

#include <errno.h>
#include <stdatomic.h>

#include "internal.h"
#include "ipcmbox-ring.h"

#define RING_MAGIC	0x31676e6972626d69ULL	/* "imbring1" */
#define RING_VERSION	1
#define RING_GRANULE	64
#define RING_FEATURES	(IPCMBOX_RING_MPSC | IPCMBOX_RING_FENCES)
/* Neighbouring lines are fetched in pairs. */
#define RING_APART	128
#define RING_BYTES_MAX	(1ULL << 40)
/* How often a look is given up for one that others were faster in. */
#define RING_ATTEMPTS	(1 << 20)
/* How often a look is repeated before it sleeps. */
#define RING_SPINS	100

/* Bits of ring_memory.consumer_waits. */
#define RING_ASLEEP	1U
#define RING_ARMED	2U

/* Who has a place: nobody yet, nobody any more, or the process that this is made of. */
#define RING_FREE	0ULL
#define RING_LEFT	1ULL

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "words are written in one piece");

/**
 * struct ring_memory - how a ring begins
 * @magic: RING_MAGIC, once the rest is there
 * @version: RING_VERSION
 * @features: IPCMBOX_RING_MPSC, IPCMBOX_RING_FENCES
 * @capacity: bytes of data
 * @head: where the consumer is; written by it
 * @tail: where the next record begins, or before that; written by the producers
 * @consumer_waits: RING_ASLEEP and RING_ARMED; a futex
 * @producers_wait: 1 if some sleep; a futex
 * @consumer: who has attached
 * @abandoned: records and padding whose producer died
 * @abandoned_bytes: of these
 * @attached: how many producers ever have
 * @producer: who has attached, by slot
 */
struct ring_memory {
	_Atomic uint64_t magic;
	_Atomic uint32_t version;
	_Atomic uint32_t features;
	_Atomic uint64_t capacity;

	_Atomic uint64_t head __attribute__((aligned(RING_APART)));
	_Atomic uint64_t tail __attribute__((aligned(RING_APART)));
	_Atomic uint32_t consumer_waits __attribute__((aligned(RING_APART)));
	_Atomic uint32_t producers_wait __attribute__((aligned(RING_APART)));
	_Atomic uint64_t consumer __attribute__((aligned(RING_APART)));
	_Atomic uint64_t abandoned;
	_Atomic uint64_t abandoned_bytes;
	_Atomic uint64_t attached;
	_Atomic uint64_t producer[IPCMBOX_RING_PRODUCERS]
		__attribute__((aligned(RING_APART)));
};

/* What a granule is. */
enum ring_state {
	RING_INSIDE,	/* of a record that began before it */
	RING_BUSY,	/* claimed, and not yet committed; padding, too */
	RING_COMMITTED,
	RING_VOID,	/* to be skipped: padding, or a record that was given up */
};

/* A word: lap, 24 bits of length, 6 of the slot, 2 of the state. */
#define RING_LEN_BITS	24
#define RING_SLOT_BITS	6

_Static_assert(1 << RING_SLOT_BITS == IPCMBOX_RING_PRODUCERS, "slots fit");
_Static_assert(IPCMBOX_RING_MESSAGE_MAX >> RING_LEN_BITS == 0, "lengths fit");

/**
 * struct ring_record - one that is reserved
 * @position: where
 * @word: what its word will be
 */
struct ring_record {
	uint64_t position;
	uint64_t word;
};

/**
 * struct ipcmbox_ring - one who has attached
 * @memory: the ring
 * @words: of its granules
 * @data: likewise
 * @granules: how many, a power of 2
 * @shift: its logarithm
 * @features: of the ring
 * @message_max: bytes
 * @role: enum ipcmbox_ring_role
 * @slot: of a producer
 * @fd: the mailbox or -1
 * @self: the caller's process
 * @head: of the consumer; of a producer, where it was last seen
 * @next: what the consumer looks at next
 * @tail: of the one producer
 * @lacks: the position that it waits at; of a producer, the head that leaves no room
 * @lacks_since: since when, or since it last looked who lives
 * @dead: a process that has been found dead
 * @owes: why the mailbox did not get the message that the consumer waits for; 0 if it did
 * @nr_reserved: records that are reserved
 * @reserved: these
 */
struct ipcmbox_ring {
	struct ring_memory *memory;
	_Atomic uint64_t *words;
	unsigned char *data;
	uint64_t granules;
	unsigned int shift;
	uint32_t features;
	size_t message_max;
	enum ipcmbox_ring_role role;
	unsigned int slot;
	int fd;
	uint64_t self;
	uint64_t head;
	uint64_t next;
	uint64_t tail;
	uint64_t lacks;
	uint64_t lacks_since;
	uint64_t dead;
	int owes;
	unsigned int nr_reserved;
	struct ring_record reserved[IPCMBOX_RING_BATCH];
};

static inline uint64_t ring_word(uint64_t lap, size_t len, unsigned int slot,
				 enum ring_state state)
{
	return lap << 32 | (uint64_t)len << (RING_SLOT_BITS + 2) |
	       (uint64_t)slot << 2 | state;
}

static inline size_t ring_word_len(uint64_t word)
{
	return (uint32_t)word >> (RING_SLOT_BITS + 2);
}

static inline unsigned int ring_word_slot(uint64_t word)
{
	return (uint32_t)word >> 2 & (IPCMBOX_RING_PRODUCERS - 1);
}

static inline enum ring_state ring_word_state(uint64_t word)
{
	return word & 3;
}

/* How many laps a word is ahead of a position; less than 0 if it is an old one. */
static inline int32_t ring_word_ahead(const struct ipcmbox_ring *ring,
				      uint64_t word, uint64_t position)
{
	return (int32_t)((uint32_t)(word >> 32) -
			 (uint32_t)(position >> ring->shift));
}

/* An empty message has a place, too. */
static inline uint64_t ring_granules(size_t len)
{
	return len ? (len + RING_GRANULE - 1) / RING_GRANULE : 1;
}

/* From there to where the ring wraps. */
static inline uint64_t ring_rest(const struct ipcmbox_ring *ring,
				 uint64_t position)
{
	return ring->granules - (position & (ring->granules - 1));
}

static inline _Atomic uint64_t *ring_word_at(const struct ipcmbox_ring *ring,
					     uint64_t position)
{
	return &ring->words[position & (ring->granules - 1)];
}

static inline void *ring_data_at(const struct ipcmbox_ring *ring,
				 uint64_t position)
{
	return ring->data + (position & (ring->granules - 1)) * RING_GRANULE;
}

/* What is read thus was written before what ring_release() wrote after it. */
static inline uint64_t ring_acquire(const _Atomic uint64_t *from)
{
	return atomic_load_explicit(from, memory_order_acquire);
}

static inline void ring_release(_Atomic uint64_t *to, uint64_t value)
{
	atomic_store_explicit(to, value, memory_order_release);
}

/* True if @to was @old and is @new now; that was written after what came before. */
static inline bool ring_exchange(_Atomic uint64_t *to, uint64_t old,
				 uint64_t new)
{
	return atomic_compare_exchange_strong_explicit(
		to, &old, new, memory_order_acq_rel, memory_order_relaxed);
}

/*
 * Nobody sleeps over what was written for him:
 *
 *   who sleeps                     who wakes
 *
 *   write: "I wait"                write: a record, or the head
 *   ring_barrier_heavy()           ring_barrier_light()
 *   read the record, or the head   read whether somebody waits
 *   sleep if it is not there       wake him if so
 *
 * Each of the barriers must keep its write before its read. The right one is passed
 * for each message: so it only keeps the compiler from it, and the left one has the
 * kernel do so to every processor that runs a process which has attached to a ring,
 * by membarrier(2). With IPCMBOX_RING_FENCES both are fences.
 */
static inline void ring_barrier_light(const struct ipcmbox_ring *ring)
{
	if (ring->features & IPCMBOX_RING_FENCES)
		atomic_thread_fence(memory_order_seq_cst);
	else
		atomic_signal_fence(memory_order_seq_cst);
}

/* 0 or -1 with errno. */
int ipcmbox_ring_barrier_heavy(const struct ipcmbox_ring *ring);
/* Whether membarrier(2) does what is needed; with @join, for this process from now on. */
bool ipcmbox_ring_membarrier(bool join);

/*
 * Sleep as long as *@word is @value: until woken, until the deadline, or until it is
 * time to see whether the others live, which is IPCMBOX_RING_CHECK after @since. 0, or
 * -1 with EINTR; no more is promised.
 */
int ipcmbox_ring_sleep(_Atomic uint32_t *word, uint32_t value, uint64_t since,
		       uint64_t deadline);
void ipcmbox_ring_wake(_Atomic uint32_t *word, int count);
/* Now, as ipcmbox_deadline() counts. */
uint64_t ipcmbox_ring_now(void);
/* Whether who waits at @position has done so for so long that it is to ask who lives. */
bool ipcmbox_ring_is_time(struct ipcmbox_ring *ring, uint64_t position);
void ipcmbox_ring_relax(void);

/* The calling process; not 0 nor 1. */
uint64_t ipcmbox_ring_self(void);
/* Whether that process has certainly ended, as the caller can tell. */
bool ipcmbox_ring_is_dead(uint64_t self, uint64_t process);

/*
 * Wake the consumer if it sleeps, and send if it has armed the ring; if that fails it stays so.
 * Keeps errno.
 */
void ipcmbox_ring_wake_consumer(struct ipcmbox_ring *ring);
/* Wake those that wait for room. Keeps errno. */
void ipcmbox_ring_wake_producers(struct ipcmbox_ring *ring);
/* Have a new producer find its place; -1 with EPROTO. */
int ipcmbox_ring_find_tail(struct ipcmbox_ring *ring);
/* A record is given up. */
void ipcmbox_ring_count_abandoned(struct ipcmbox_ring *ring, uint64_t word);

static inline int ring_fail(int error)
{
	errno = error;
	return -1;
}

#endif /* IPCMBOX_RING_INTERNAL_H */
