/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bench: what it measures (cells), and on what (peers)
 *
 * A *cell* is a question, as "how long is a round trip"; a *point* of it is a number on its
 * axis, as a length of 64 bytes. A *peer* is a means of talking between processes, and
 * ipcmbox is some of them. A *subject* is a peer at a point of a cell. All subjects of a point
 * are open at once and are measured in turn, round after round, so that what disturbs the
 * machine disturbs all of them, and each round has a ratio of its own.
 *
 * A peer is a line in the table of peers.c, with the operations of a file peer_*.c; a cell is
 * one in cells.c, with those of a file cell_*.c. Whatever fails ends the program with one
 * line, in whichever process it happens.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/**
 * enum kind - what a peer is, for the choice of the best one
 * @OWN: ipcmbox
 * @KERNEL: the kernel moves the bytes
 * @SHARED: shared memory, copied into and out of, so that the receiver has bytes that stay
 * @IN_PLACE: shared memory that the receiver reads where it is, and trusts
 * @REFERENCE: no talk between processes, but what it costs at least
 */
enum kind { OWN, KERNEL, SHARED, IN_PLACE, REFERENCE };

/**
 * struct channel_ops - one way, from any number of senders to any number of receivers
 * @open: makes one for messages of @len bytes, of which about @depth are stored; before
 *	the processes are forked that use it
 * @send: sends a message; waits for room
 * @recv: receives one; returns where it is, @data or a place that holds until the next
 * @send_many: sends @count messages, which lie one after the other in @data
 * @recv_many: receives at least one and at most @most; returns how many
 * @fd: its descriptor for poll(2); NULL if there is none
 * @take: of @count channels, receives the message of the one that has one; NULL for poll(2)
 *	and @recv
 * @close: frees it
 */
struct channel_ops {
	void *(*open)(size_t len, unsigned int depth);
	void (*send)(void *channel, const void *data, size_t len);
	const void *(*recv)(void *channel, void *data, size_t len);
	void (*send_many)(void *channel, const void *data, size_t len,
			  unsigned int count);
	unsigned int (*recv_many)(void *channel, void *data, size_t len,
				  unsigned int most);
	int (*fd)(void *channel);
	const void *(*take)(void **channels, unsigned int count, void *data,
			    size_t len);
	void (*close)(void *channel);
};

/**
 * struct rpc_ops - request and answer, between one client and one server
 * @open: makes it for requests and answers of @len bytes
 * @call: sends a request and waits for the answer; returns where that is
 * @recv: receives a request; returns where it is
 * @reply: answers the last one
 * @reply_recv: both, as one; NULL if that is no different
 * @close: frees it
 */
struct rpc_ops {
	void *(*open)(size_t len);
	const void *(*call)(void *rpc, const void *request, void *answer,
			    size_t len);
	const void *(*recv)(void *rpc, void *data, size_t len);
	void (*reply)(void *rpc, const void *data, size_t len);
	const void *(*reply_recv)(void *rpc, const void *answer, void *data,
				  size_t len);
	void (*close)(void *rpc);
};

/**
 * struct cast_ops - from one sender to each of many receivers
 * @open: makes one for @count receivers
 * @send: sends a message to all; each has received the one before
 * @recv: receives as number @index
 * @close: frees it
 */
struct cast_ops {
	void *(*open)(size_t len, unsigned int count);
	void (*send)(void *cast, const void *data, size_t len);
	const void *(*recv)(void *cast, unsigned int index, void *data,
			    size_t len);
	void (*close)(void *cast);
};

/**
 * struct store_ops - a store from which a message is chosen by a key
 * @open: makes one for @depth messages
 * @put: stores a message
 * @take: takes one; @key as the cell has it
 * @close: frees it
 */
struct store_ops {
	void *(*open)(size_t len, unsigned int depth);
	void (*put)(void *store, unsigned int key, const void *data,
		    size_t len);
	void (*take)(void *store, unsigned int key, void *data, size_t len);
	void (*close)(void *store);
};

/**
 * enum use - cells that a channel is for
 * @ROUND_TRIPS: round trips, by two of them
 * @ONE_TO_ONE: streams and batches, from one sender to one receiver
 * @MANY_TO_ONE: streams from many senders to one receiver
 * @TO_MANY: streams to many receivers
 * @MANY_CHANNELS: cells with many channels, or many processes that use one
 * @NOT_MANY: all but the last, as each takes much of the machine, or one of its kind stands
 *	for all
 * @EVERYWHERE: all
 */
enum use {
	ROUND_TRIPS = 1,
	ONE_TO_ONE = 2,
	MANY_TO_ONE = 4,
	TO_MANY = 8,
	MANY_CHANNELS = 16,
	NOT_MANY = ROUND_TRIPS | ONE_TO_ONE | MANY_TO_ONE | TO_MANY,
	EVERYWHERE = NOT_MANY | MANY_CHANNELS,
};

/**
 * struct peer - a means of talking between processes
 * @name: for the table
 * @kind: what it is
 * @shortest: bytes of a round trip below which it makes no sense
 * @lacks: why it cannot be used on this machine, NULL if it can; may be NULL
 * @channel: one way
 * @rpc: request and answer
 * @cast: to many
 * @priority: the most urgent first; the key is the priority when a message is put
 * @most_by_priority: messages that the store of @priority has room for; 0 for any number
 * @typed: one of a type; the key is the type
 * @use: what @channel is for, bits of enum use
 * @wakes_all: a message wakes all who wait for one
 */
struct peer {
	const char *name;
	enum kind kind;
	size_t shortest;
	const char *(*lacks)(void);
	const struct channel_ops *channel;
	const struct rpc_ops *rpc;
	const struct cast_ops *cast;
	const struct store_ops *priority;
	unsigned long most_by_priority;
	const struct store_ops *typed;
	unsigned int use;
	bool wakes_all;
};

extern const struct peer peers[];
extern const unsigned int nr_peers;

/**
 * struct cell - what is measured
 * @name: for the table
 * @axis: what its points are
 * @about: what an operation is
 * @points: ends with 0
 * @quantum: operations are counted in multiples of this
 * @count: so many operations, always; 0 to find out how many fill the time of a round
 * @longer: where instructions are counted, a round has so many times those of others, as
 *	both sides take turns; 0 for once
 * @bytes: it measures bytes, not time
 * @members: processes that take part beside the first one
 * @lacks: why a peer has no such point, NULL if it has; "" where there is nothing to say
 * @open: makes what processes share, before they are forked
 * @member: the part of one of them
 * @lead: the part of the first, which returns the time or the bytes of @count operations;
 *	NULL if it has none, and what counts is the time of the members
 * @histogram: of the times of single operations, NR_BUCKETS of them; may be NULL
 * @reset: empties it, before the first round; NULL where there is none
 * @close: frees it
 */
struct cell {
	const char *name;
	const char *axis;
	const char *about;
	const unsigned long *points;
	unsigned long quantum;
	unsigned long count;
	unsigned int longer;
	bool bytes;
	unsigned int (*members)(unsigned long point);
	const char *(*lacks)(const struct peer *peer, unsigned long point);
	void *(*open)(const struct peer *peer, unsigned long point);
	void (*member)(void *session, unsigned int index, unsigned long count);
	double (*lead)(void *session, unsigned long count);
	const uint64_t *(*histogram)(void *session);
	void (*reset)(void *session);
	void (*close)(void *session);
};

extern const struct cell *const cells[];
extern const unsigned int nr_cells;

/* main.c */
enum pin { PIN_NONE, PIN_SAME, PIN_APART };

struct options {
	unsigned int rounds;
	double target; /* of a round of a subject, in ns or instructions */
	enum pin pin;
	const char *only; /* names of cells, separated by commas; NULL for all */
	unsigned long most; /* points above are left out; 0 for all */
	unsigned long point; /* this one only; 0 for all */
	const char *peers; /* as @only */
	bool marks; /* for bench/profile */
	const char *json;
	const char *accelerator;
	bool instructions;
	unsigned int stop_seconds;
};

extern struct options options;
bool is_named(const char *list, const char *name);
extern const char *const pin_names[];
extern const char *const kind_names[];

/* fail.c: what is being measured, for the line that a failure prints. */
void failing(const char *cell, const char *peer, unsigned long point);
/* Ends the program, in whichever process, with a line that has errno if that is set. */
void die(const char *format, ...)
	__attribute__((noreturn, format(printf, 1, 2)));
void *must_alloc(size_t size);
/* The result of a system call that must not fail. */
long must(long result, const char *what);
/* That a message was moved whole. */
void must_move(long moved, size_t len, const char *what);
/* Takes away what outlives a process, before the program ends in a failure. */
void sysv_clean_up(void);

/* crew.c: processes that take part, and the order in which they do. */
struct subject {
	const struct cell *cell;
	const struct peer *peer;
	unsigned long point;
	void *session;
};

void crew_start(const struct subject *subjects, unsigned int members);
/*
 * Has all members do their part of @subject, with whole messages or not; crew_wait() when they
 * are done.
 */
void crew_post(unsigned int subject, unsigned long count, bool whole);
/* Returns the nanoseconds from the first one's start to the last one's end. */
double crew_wait(void);
void crew_end(void);
/* Waits until all members are asleep in the wait that they are measured in. */
void crew_settle(void);
/* Waits until all are asleep at the gate. */
void crew_settle_done(void);
/* A member is about to enter that wait. */
void crew_entering(void);
/* A counter that all share: adds one, and wakes the first process at @goal. */
void crew_arrive(unsigned int goal);
void crew_await_arrivals(void);
/* A sum that all share, to compare what was sent and received; 0 when a job is posted. */
void crew_add(uint64_t difference);
void crew_pin(void);

/* memory.c */
void *shared_alloc(size_t size);
void shared_free(void *memory, size_t size);
/* Free memory of the machine, after what is being freed is. */
uint64_t memory_free(void);

/* futex.c */
void futex_wait(uint32_t *word, uint32_t value);
void futex_wake(uint32_t *word, unsigned int count);

/*
 * message.c: the number of a message is written into it, and checked. Before each message
 * there is room for a header of a peer, as for the type of a SysV message.
 */
void *message_alloc(size_t len);
void message_free(void *data);
/* From now on this process writes and checks all of a message, or its number only. */
void message_whole(bool all);
void message_stamp(void *data, size_t len, uint64_t number);
void message_check(const void *data, size_t len, uint64_t number);
uint64_t message_number(const void *data, size_t len);
/* A number that no other message has, for one that ends a part. */
#define MESSAGE_STOP (~0ULL)

/* stats.c */
struct spread {
	double median, low, high, lower, upper;
};

struct spread spread_of(const double *values, unsigned int count);
#define NR_BUCKETS (64 * 16)
unsigned int bucket_of(uint64_t ns);
uint64_t bucket_floor(unsigned int bucket);

/* measure.c */
struct result {
	const struct cell *cell;
	const struct peer *peer;
	unsigned long point;
	unsigned long operations;
	const char *lacking; /* why there is no result; NULL if there is one */
	double *rounds;
	uint64_t *histogram;
};

struct results {
	struct result *result;
	unsigned int count, room;
};

/* How many values there are of each result of a cell. */
unsigned int cell_rounds(const struct cell *cell);
void measure_cell(const struct cell *cell, struct results *results);

/* table.c and json.c */
void table_print(const struct result *results, unsigned int count);
void json_write(const char *path, const struct results *results);

/* system.c */
void system_prepare(void);
void system_make_steady(void);
unsigned int system_cpus(void);
const char *system_cpu_model(void);
double now_ns(void);

#endif /* BENCH_H */
