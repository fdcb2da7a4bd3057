/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The storm: processes and threads that do everything at once to shared mailboxes, are
 * hit by signals and killed, and leave a history that the checker judges.
 *
 * It goes in rounds. A round makes a set of mailboxes and a number of workers: slots
 * with a history each, in memory that all share and that outlives the killed. What a
 * worker does is drawn from a generator that only seed, round and number of the slot
 * decide, so that a seed replays the choices, though not the timing.
 */
#ifndef STORM_STORM_H
#define STORM_STORM_H

#include <stdatomic.h>
#include <sys/types.h>

#include "history.h"

#define STORM_BOXES	11
#define STORM_WORKERS	64
#define STORM_PAYLOAD	20000

/* What a run was asked to do. */
struct options {
	uint64_t seed;
	uint64_t operations;
	unsigned int seconds;
	unsigned int processes;
	unsigned int threads;
	unsigned int length;
	uint64_t first;
	bool calm; /* no signals and no kills */
	bool verbose;
	const char *plant;
};

/* What is counted, and must all occur in a long run. */
enum tally {
	TALLY_QUEUED,
	TALLY_TAKEN,
	TALLY_RECEIVED,
	TALLY_PEEKED,
	TALLY_EMPTY,
	TALLY_FULL,
	TALLY_EXPIRED,
	TALLY_INTERRUPTED,
	TALLY_FAULT,
	TALLY_TOO_SMALL,
	TALLY_TRUNCATED,
	TALLY_END_OF_FILE,
	TALLY_BROKEN_PIPE,
	TALLY_REMOVED,
	TALLY_DRAINED,
	TALLY_DESTROYED,
	TALLY_SET,
	TALLY_POLLED,
	TALLY_REOPENED,
	TALLY_DUPLICATED,
	TALLY_MAPPED,
	TALLY_FORKED,
	TALLY_KILLED,
	TALLIES,
};

/* How a worker stands, in shared memory. */
struct worker {
	_Atomic uint32_t count; /* events begun */
	_Atomic uint32_t done; /* choices made */
	_Atomic int tid;
	_Atomic int pid;
	_Atomic bool over;
	uint64_t death; /* stamp of when it was found to be killed */
	uint64_t choices; /* hash of what was chosen */
	uint64_t tallies[TALLIES];
	struct event *events;
};

/*
 * A mailbox of the round. Not shared: who is forked inherits the descriptors as they
 * are at that time.
 */
struct box {
	uint64_t capacity;
	int rx; /* descriptor that receives from it, -1 for none */
	int tx; /* descriptor that sends to it, -1 for none */
	bool region;
};

/* All of a round, in shared memory. */
struct round {
	_Atomic uint64_t clock;
	_Atomic bool over;
	_Atomic uint32_t slots; /* of workers, used; the first is the judge's */
	uint64_t number;
	uint32_t length; /* choices of a worker */
	struct box *boxes;
	struct worker workers[STORM_WORKERS];
};

/* dice.c */
struct dice {
	uint64_t state;
	uint64_t hash;
};

void dice_init(struct dice *dice, uint64_t seed, uint64_t round, uint64_t slot);
uint32_t dice_draw(struct dice *dice, uint32_t limit);

/* worker.c: makes so many choices for a slot, in the calling thread. */
void worker_run(struct round *round, unsigned int slot, uint32_t choices,
		const struct options *options);
/* A new slot, or -1 if there are no more. */
int worker_slot(struct round *round);

/* call.c: the calls that go into the history. */
struct caller {
	struct round *round;
	struct worker *worker;
	unsigned int slot;
	struct dice dice;
	uint64_t sequence;
	char *buffer;
	char *cliff;
	int rx[STORM_BOXES]; /* descriptors of its own, or those inherited */
	int tx[STORM_BOXES];
};

/* Memory and descriptors of a caller in a slot; false if there is no memory. */
bool caller_init(struct caller *caller, struct round *round, unsigned int slot,
		 uint64_t seed);
void caller_exit(struct caller *caller);
void caller_tally(struct caller *caller, enum tally tally);

void call_send(struct caller *caller, unsigned int box);
void call_receive(struct caller *caller, unsigned int box);
void call_peek(struct caller *caller, unsigned int box);
/* Receives what there is, without a choice; false if there was nothing. */
bool call_receive_rest(struct caller *caller, unsigned int box);
void call_drain(struct caller *caller, unsigned int box);
void call_destroy(struct caller *caller, unsigned int box);
void call_set(struct caller *caller, unsigned int box);
void call_poll(struct caller *caller, unsigned int box);

/* payload.c */
void payload_fill(char *bytes, uint64_t value, size_t length);
size_t payload_length(uint64_t value);
/* The value of a message of which @length bytes were received, or 0. */
uint64_t payload_value(const char *bytes, size_t length, bool whole);

/* boxes.c */
bool boxes_open(struct round *round, struct dice *dice);
void boxes_close(struct round *round);
/* Closes what only the first process should have: ends that go before the others. */
void boxes_leave(struct round *round);
/* Closes also what only workers should have. */
void boxes_leave_all(struct round *round);
/* Whether the caller has such an end, which it should not pass on. */
bool boxes_are_held(const struct round *round);

/* judge.c: receives the rest and has the checker decide; false on a breach. */
bool judge_round(struct round *round, const struct options *options);
void event_print(const struct event *event);

/* plant.c: falsifies a history; false if it offers no place to do so. */
bool plant(const char *what, struct event *events, size_t count);

/* round.c: makes the workers, and trouble for them; false if they hang. */
bool round_run(struct round *round, const struct options *options,
	       struct dice *dice);
uint64_t round_events(const struct round *round);

#endif /* STORM_STORM_H */
