/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A model of the rings of lib/, for spin: what producers and the consumer read and write in
 * shared memory, in which memory orders, on a memory that shows old values wherever C11 lets
 * it. model/check runs it; each comment that names a function names the one that the code
 * below it stands for.
 *
 * A configuration sets by -D, what differs from what stands below:
 *
 *  CAPACITY	 granules of the ring
 *  SENDS_0, SENDS_1	records of each producer
 *  SIZE_0, SIZE_1	granules of each; may differ by how many it has sent
 *  FIRST	 where in the ring the first record begins
 *  GRANULES	 all that may be claimed, padding too
 *  ALONE	 1 without IPCMBOX_RING_MPSC; then SENDS_1 is 0
 *  FENCES	 1 for IPCMBOX_RING_FENCES
 *  WAITS	 0 if who waits goes on by itself as soon as he can, without being woken
 *  STRONG	 1 if no load gives an old value
 *  KILLS	 1 if the first producer may be killed, at any step; 2 if both at once
 *
 * An #ifdef is a mistake, which must be found: see mistakes.
 *
 * A run ends when nobody can move; a lost wake-up is one that ends with somebody asleep who
 * should not be.
 *
 * Left out: batches, mailboxes, deadlines and signals, attaching and detaching, who takes the
 * place of somebody dead, consumers that die. A word is told by its position here, where the
 * lap and the index are its own; and its length by the position of the word, which one record
 * or padding is ever claimed at.
 */
#ifndef SENDS_0
#define SENDS_0		1
#endif
#ifndef SENDS_1
#define SENDS_1		1
#endif
#ifndef SIZE_0
#define SIZE_0		1
#endif
#ifndef SIZE_1
#define SIZE_1		1
#endif
#ifndef FIRST
#define FIRST		0
#endif
#ifndef GRANULES
#define GRANULES	(SENDS_0 + SENDS_1)
#endif
#ifndef ALONE
#define ALONE		0
#endif
#ifndef FENCES
#define FENCES		0
#endif
#ifndef WAITS
#define WAITS		1
#endif
#ifndef STRONG
#define STRONG		0
#endif
#ifndef KILLS
#define KILLS		0
#endif
/* What is written to a word, and to a flag, before all have seen it. */
#if STRONG
#define HISTORY		1
#elif CAPACITY == 1
#define HISTORY		8
#else
#define HISTORY		6
#endif
#define BEGIN		(CAPACITY + FIRST)
#define POSITIONS	(BEGIN + GRANULES + 1)
#if STRONG
#define HISTORY_FLAG	1
#else
#define HISTORY_FLAG	14
#endif
#define THREADS		3
#define CONSUMER	2

/* States of a word. */
#define INSIDE		0	/* those of the lap before the first, too */
#define BUSY		1
#define COMMITTED	2
#define VOID		3
#define MAKE(p, s)	((p) * 4 + (s))
#define POSITION(w)	((w) / 4)
#define STATE(w)	((w) % 4)

#include "memory.pml"

bool sleeps[THREADS];
bool killed[2];
bool dead[2];
bool checked = true;		/* whether the consumer has looked who lives since somebody died */
byte owner[POSITIONS];		/* of a record or padding there: producer + 1 */
byte length[POSITIONS];		/* of it, in granules */
byte number[POSITIONS];		/* of the record */
byte committed, received;
byte last[2];

/* ring_barrier_light() */
inline barrier_light(t) {
#ifndef NO_LIGHT
	if
	:: FENCES -> fence(t)
	:: else
	fi
#else
	skip
#endif
}

/* ipcmbox_ring_barrier_heavy() */
inline barrier_heavy(t) {
#ifndef NO_HEAVY
	if
	:: FENCES -> fence(t)
	:: else -> membarrier(t)
	fi
#else
	skip
#endif
}

/* Without WAITS: something has come that was not there when it was looked for. */
#define HAS_COME	(VALUE(WORD(next), newest[WORD(next)]) / 4 == next && \
	(STATE(VALUE(WORD(next), newest[WORD(next)])) != BUSY || \
		MAY_SKIP(owner[next] - 1)))
#define REST(p)		(CAPACITY - (p) % CAPACITY)
#define LESS(a, b)	((a) < (b) -> (a) : (b))
#define HAS_ROOM(size)	(VALUE(TAIL, newest[TAIL]) + \
	LESS(size, REST(VALUE(TAIL, newest[TAIL]))) <= \
	VALUE(HEAD, newest[HEAD]) + CAPACITY)

#include "producer.pml"
#include "consumer.pml"

/* Nobody sleeps over a record, or over room; nothing is lost. */
inline judge() {
	assert(received == committed);
	assert(!sleeps[0] && !sleeps[1])
}

init {
	atomic {
		for (i : 0 .. CAPACITY - 1) {
			VALUE(WORD(i), 0) = MAKE(i, INSIDE)
		}
		i = 0;
		VALUE(TAIL, 0) = BEGIN;
		VALUE(HEAD, 0) = BEGIN;
		run consumer();
		run producer(0, SENDS_0);
		run producer(1, SENDS_1);
		run killer()
	};
	timeout -> d_step { judge() }
}
