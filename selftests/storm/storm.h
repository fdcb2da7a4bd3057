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

#include <signal.h>
#include <stdatomic.h>
#include <sys/types.h>
#include <linux/ipcmbox.h>

#include "history.h"

#define STORM_BOXES	20
#define STORM_DRAWN	11 /* the first of those of which everything is drawn */
#define STORM_HUB	15 /* broadcasts to the following ones */
#define STORM_DISCONNECTED	19 /* the last of these, which may be ended */
#define STORM_OTHER	65534 /* the second user; the others are root's */
#define STORM_NAMES	2 /* that come and go; in events they follow the mailboxes */
#define STORM_NAME	32 /* room for one */
#define STORM_WORKERS	64
#define STORM_PAYLOAD	20000
#define STORM_TYPES	4
#define STORM_CASES	8 /* messages that one call may be about */
#define STORM_TOKENS	8 /* of calls to be answered later */
/* Events of a worker that makes so many choices, and begins no more than fit. */
#define STORM_EVENTS(choices)	(4 * (choices) + 16 * STORM_CASES)

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
	TALLY_CHOSEN,
	TALLY_BUSY,
	TALLY_NO_QUOTA,
	TALLY_NO_PROCESS,
	TALLY_SELECTED_SEND,
	TALLY_SELECTED_RECV,
	TALLY_SELECTED_NONE,
	TALLY_BATCH_SENT,
	TALLY_BATCH_RECEIVED,
	TALLY_BATCH_PART,
	TALLY_BROADCAST,
	TALLY_LAGGED,
	TALLY_DISCONNECTED,
	TALLY_CALLED,
	TALLY_CALL_RECEIVED,
	TALLY_CALL_LEFT,
	TALLY_SERVER_GONE,
	TALLY_REPLIED,
	TALLY_STALE,
	TALLY_SERVED,
	TALLY_NOTICED,
	TALLY_CANCELLED,
	TALLY_CANCEL_TOO_LATE,
	TALLY_CANCEL_REPLIED,
	TALLY_CANCEL_UNKNOWN,
	TALLY_NAMED,
	TALLY_FOUND,
	TALLY_UNLINKED,
	TALLY_LISTED,
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
	uint32_t order;
	uint32_t policy;
	bool selective;
	uint32_t slow; /* of a subscription, enum ipcmbox_slow */
	int rx; /* descriptor that receives from it, -1 for none */
	int tx; /* descriptor that sends to it, -1 for none */
	bool region;
	uint64_t number; /* of one that has a name, else 0 */
};

/* All of a round, in shared memory. */
struct round {
	_Atomic uint64_t clock;
	_Atomic bool over;
	_Atomic bool wrong; /* a worker has said so */
	_Atomic uint32_t slots; /* of workers, used; the first is the judge's */
	uint64_t number;
	bool scarce; /* there is little quota, and a second user */
	uint32_t length; /* choices of a worker */
	struct box *boxes;
	int device;
	/* Of calls that anybody may answer. */
	_Atomic uint64_t tokens[STORM_TOKENS];
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

/* A message that was sent, and may be cancelled. */
struct sent {
	unsigned int box;
	uint64_t id;
};

/* caller.c: who makes the calls that go into the history. */
struct caller {
	struct round *round;
	struct worker *worker;
	unsigned int slot;
	pid_t process;
	struct dice dice;
	uint64_t sequence;
	_Atomic uint64_t tokens[STORM_TOKENS]; /* of calls to answer */
	struct sent sent[STORM_CASES]; /* the last ones */
	unsigned int nr_sent;
	char *area;
	char *cliff;
	int rx[STORM_BOXES]; /* descriptors of its own, or those inherited */
	int tx[STORM_BOXES];
};

/* Memory and descriptors of a caller in a slot; false if there is no memory. */
bool caller_init(struct caller *caller, struct round *round, unsigned int slot,
		 uint64_t seed);
void caller_exit(struct caller *caller);
void caller_reopen(struct caller *caller, unsigned int box, int fresh);
char *caller_place(const struct caller *caller, unsigned int place);
void caller_tally(struct caller *caller, enum tally tally);
uint64_t caller_value(struct caller *caller);
struct event *caller_begin(struct caller *caller, unsigned int box,
			   enum event_kind kind, uint64_t value,
			   unsigned int flags);
void caller_end(struct caller *caller, struct event *event, int ret);
uint64_t caller_deadline(struct caller *caller);
uint64_t caller_patience(struct caller *caller);
bool caller_chance(struct caller *caller, uint32_t percent);
int caller_result(int64_t ret);

/* call.c: what SEND and RECV take, and what they told. */
struct sending {
	struct ipcmbox_send arg;
	struct ipcmbox_iovec iov[2];
	uint64_t value;
	size_t length;
	char *bytes;
	bool faulty;
};

/* What becomes of a call that is received. */
enum fate { FATE_FORGOTTEN, FATE_ANSWERED, FATE_KEPT, FATE_SHARED };

struct receiving {
	struct ipcmbox_recv arg;
	struct ipcmbox_iovec iov[2];
	char *bytes;
	size_t room;
	enum fate fate;
	unsigned int place; /* of the token, if it is kept */
};

void sending_init(struct caller *caller, struct sending *sending,
		  unsigned int place);
struct event *sending_begin(struct caller *caller, struct sending *sending,
			    unsigned int box, unsigned int flags);
void sending_told(struct caller *caller, const struct sending *sending,
		  struct event *event, int ret);
void receiving_init(struct caller *caller, struct receiving *receiving,
		    unsigned int box, unsigned int place);
/* Away from where only one buffer has room, the end of what there is. */
void receiving_move(struct caller *caller, struct receiving *receiving,
		    unsigned int place);
struct event *receiving_begin(struct caller *caller,
			      const struct receiving *receiving,
			      unsigned int box, enum event_kind kind,
			      unsigned int flags);
/* What came of it, which may be worse than what the kernel says. */
int receiving_told(struct caller *caller, const struct receiving *receiving,
		   struct event *event, int ret);
/* What follows from it, once it is noted. */
void receiving_done(struct caller *caller, const struct receiving *receiving,
		    const struct event *event);
void call_send(struct caller *caller, unsigned int box);
void call_receive(struct caller *caller, unsigned int box);
void call_peek(struct caller *caller, unsigned int box);
/* Receives what there is, without a choice; false if there was nothing. */
bool call_receive_rest(struct caller *caller, unsigned int box);

/* call_select.c */
void call_select(struct caller *caller);

/* call_batch.c */
void call_sendv(struct caller *caller, unsigned int box);
void call_recvv(struct caller *caller, unsigned int box);

/* call_answer.c */
void calls_draw_fate(struct caller *caller, struct receiving *receiving);
void calls_received(struct caller *caller, unsigned int box,
		    const struct receiving *receiving);
void call_call(struct caller *caller, unsigned int box);
void call_reply(struct caller *caller);
void call_serve(struct caller *caller);

/* call_cancel.c: SEND and CALL such that others can cancel them, and CANCEL. */
int cancel_send(struct caller *caller, unsigned int box,
		struct ipcmbox_send *send);
int cancel_call(struct caller *caller, unsigned int box,
		struct ipcmbox_call *call);
void cancel_forget(void);
void cancel_remember(struct caller *caller, unsigned int box, uint64_t id);
void call_cancel(struct caller *caller);

/* call_state.c */
void call_drain(struct caller *caller, unsigned int box);
void call_destroy(struct caller *caller, unsigned int box);
void call_set(struct caller *caller, unsigned int box);
void call_poll(struct caller *caller, unsigned int box);

/* How many signals have come to the calling thread. */
extern _Thread_local volatile sig_atomic_t storm_signals;

/* call_name.c: worlds of names, for all rounds; false if there are none. */
bool names_open(void);
void names_close(void);
/* Of a mailbox of the round, or of one of STORM_NAMES: where it is, and its name. */
int names_control(unsigned int number);
const char *names_of(char text[STORM_NAME], unsigned int number);
/* Takes all names of a round away. */
void names_forget(void);
/* Of the instance: its control file, and how much all may have there, in bytes. */
int names_device(void);
bool names_limit(uint64_t bytes);
int names_reopen(struct caller *caller, unsigned int box);
void call_name(struct caller *caller);

/* payload.c */
void payload_fill(char *bytes, uint64_t value, size_t length);
size_t payload_length(uint64_t value);
unsigned int payload_type(uint64_t value);
unsigned int payload_priority(uint64_t value);
/* The value of a message of which @length bytes were received, or 0. */
uint64_t payload_value(const char *bytes, size_t length, bool whole);

/* boxes.c */
unsigned int boxes_draw(struct dice *dice);
/* This one, or another whose capacity may change. */
unsigned int boxes_bounded(const struct round *round, unsigned int box);
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
bool plant(const char *what, const struct box *box, struct event *events,
	   size_t count);
bool plant_name(const char *what, struct event *events, size_t count);
bool plant_is_known(const char *what);

/* round.c: makes the workers, and trouble for them; false if they hang. */
bool round_run(struct round *round, const struct options *options,
	       struct dice *dice);
uint64_t round_events(const struct round *round);

#endif /* STORM_STORM_H */
