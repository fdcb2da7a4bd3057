/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For the test of the table of semantics: a mailbox with two ports, at one of which an
 * operation, the subject, is done in a thread of its own, while the test plays its peer.
 */
#ifndef STAGE_H
#define STAGE_H

#include "call.h"
#include "name.h"

#define STAGE_NUMBER 1000 /* the message of a subject, and its next */
#define STAGE_BATCH 2 /* messages of a batch */
#define STAGE_MESSAGE 8 /* max_message */
#define STAGE_UNBOUNDED 16 /* messages that fill an unbounded mailbox */

#define STAGE_FOLDER "/tmp/ipcmbox-stage"
#define STAGE_NAME "ipcmbox-stage"

/**
 * enum stage_where - where the mailbox of a stage is, so that it can end in more ways
 * @STAGE_PLAIN: without a name, with no owner
 * @STAGE_INSTANCE: in an instance, mounted at STAGE_FOLDER
 * @STAGE_OWNED: another process is its owner
 * @STAGE_NAMED: it has the name STAGE_NAME, and hangs up nevertheless
 */
enum stage_where {
	STAGE_PLAIN,
	STAGE_INSTANCE,
	STAGE_OWNED,
	STAGE_NAMED,
};

/**
 * struct stage - an operation and its surroundings
 * @subject: the operation
 * @capacity: of the mailbox, or of the subscription
 * @where: where the mailbox is
 * @owner: the process that owns it, of STAGE_OWNED, until it has ended; else 0
 * @impossible: there is no such mailbox
 * @fd: the port of the operation
 * @peer: that of its peer; -1 if it has gone
 * @hub: of a broadcast, a port that keeps it alive; else -1
 * @idle: a mailbox in which nothing ever happens
 * @sent: how many messages had a place before the operation began
 * @helpers: those who wait for it, or offer it messages
 * @nr_helpers: how many
 * @server: who receives a call of the subject, in a thread
 * @token: the call that it has received, or that is to be answered
 * @caller: whose call the subject answers
 * @cancel_id: the message to be cancelled
 * @dontwait: whether it must not wait
 * @deadline: of the operation, or 0
 * @outcome: out, what it came to, as the table has it
 * @tid: out, its thread, or 0 as long as it has not started
 * @done: out, set when it has returned
 * @thread: its thread
 */
struct stage {
	const struct subject *subject;
	uint64_t capacity;
	enum stage_where where;
	pid_t owner;
	bool impossible;
	int fd;
	int peer;
	int hub;
	int idle;
	uint64_t sent;
	struct mbox_op helpers[4];
	unsigned int nr_helpers;
	struct {
		pthread_t thread;
		bool started;
		bool answers;
	} server;
	uint64_t token;
	struct caller caller;
	uint64_t cancel_id;
	bool dontwait;
	uint64_t deadline;
	char outcome[48];
	atomic_int tid;
	atomic_bool done;
	pthread_t thread;
};

/* Where INFO shows that an operation waits. */
enum place {
	PLACE_NOWHERE,
	PLACE_LINE,
	PLACE_CROWD,
	PLACE_CALL,
};

/**
 * struct subject - an operation of the table
 * @name: the heading of its table
 * @sends: its port sends, and the peer's receives
 * @no_deadline: it knows of none
 * @only_with_peer: it cannot begin without one
 * @flags: for @run
 * @slow: what becomes of its message where a subscriber has no room
 * @place: where it waits
 * @earlier: messages of a batch that have gone when it waits
 * @open: makes the mailbox, if it is not a plain one
 * @ready: brings about what it needs; NULL if that is nothing
 * @block: brings about that it lacks that; NULL if it does
 * @part: its peer goes before it begins, if that is more than closing a port
 * @run: does it, and tells the outcome
 * @release: does what it waits for, and says what that was
 */
struct subject {
	const char *name;
	bool sends;
	bool no_deadline;
	bool only_with_peer;
	unsigned int flags;
	enum ipcmbox_slow slow;
	enum place place;
	unsigned int earlier;
	bool (*open)(struct stage *stage);
	bool (*ready)(struct stage *stage);
	bool (*block)(struct stage *stage);
	bool (*part)(struct stage *stage);
	void (*run)(struct stage *stage);
	const char *(*release)(struct stage *stage);
};

/* All of them; the last one of each has no name. */
extern const struct subject subjects_of_messages[];
extern const struct subject subjects_of_the_rest[];

/* CREATE, by one of those that open a mailbox; a descriptor, or -errno. */
int stage_create(struct stage *stage, struct ipcmbox_create *create);
/* Sets the stage for an operation; NULL if that fails. */
struct stage *stage_new(const struct subject *subject, uint64_t capacity,
			enum stage_where where);
/* Ends all that is under way; whether nothing was lost, and nobody hangs. */
bool stage_free(struct stage *stage);

/* Parks a receiver at the peer's port, or offers a message there. */
bool stage_park_receiver(struct stage *stage);
bool stage_offer(struct stage *stage, int fd, uint32_t num, uint64_t type);
/* A server at the peer's port, which waits for a call, and perhaps answers it. */
bool stage_start_server(struct stage *stage, bool answers);
bool stage_join_server(struct stage *stage);
/* A call at the peer's port, which the subject has received. */
bool stage_take_call(struct stage *stage);
int stage_join_caller(struct stage *stage);
bool stage_join_helpers(struct stage *stage);
/* How many messages fill the mailbox. */
unsigned int stage_slots(const struct stage *stage);
/* Fills it but for so many. */
bool stage_fill(struct stage *stage, unsigned int leave);

/* Closes the peer's port. */
bool stage_close_peer(struct stage *stage);
bool stage_destroy(struct stage *stage);
/* Ends the process that owns the mailbox, if there is one. */
bool stage_orphan(struct stage *stage);

/* Begins the operation. */
bool stage_start(struct stage *stage);
/* Waits until it waits, or is over; whether it waits. */
bool stage_waits(struct stage *stage);
/* Waits for its end; false if it hangs. */
bool stage_join(struct stage *stage);

/* What several subjects share: they need, do and wait for what SEND and RECV do. */
bool stage_ready_to_send(struct stage *stage);
bool stage_full(struct stage *stage);
bool stage_offer_one(struct stage *stage);
void stage_run_send(struct stage *stage);
const char *stage_receive_one(struct stage *stage);
const char *stage_send_one(struct stage *stage);

/* Tells the outcome: 0 or the name of an error, and perhaps a word. */
void stage_tell(struct stage *stage, int64_t ret, const char *word);
/* The name of a disposition. */
const char *stage_disposition(uint32_t disposition);

#endif /* STAGE_H */
