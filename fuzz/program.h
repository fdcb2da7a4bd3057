/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs of the fuzzer: sequences of calls on a few descriptors, of which some run
 * in threads of their own. As text a program is a call per line, "name key=value ...",
 * which is the form of the corpus and of what is to be replayed.
 */
#ifndef FUZZ_PROGRAM_H
#define FUZZ_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define CALLS_MAX	32
#define FIELDS_MAX	32
#define SLOTS		8	/* descriptors; the first is /dev/ipcmbox */
#define THREADS		4	/* calls in the first are waited for */

/* Who makes calls: the threads, a forked process, and the fuzzer itself. */
#define TASK_FORKED	THREADS
#define TASK_FUZZER	(THREADS + 1)
#define TASKS		(THREADS + 2)

enum field_kind {
	KIND_SIZE,	 /* of the struct, or wrong */
	KIND_FLAGS,	 /* known bits, mostly */
	KIND_OPEN_FLAGS, /* of open(2) */
	KIND_CAPACITY,	 /* messages */
	KIND_BYTES,	 /* a limit in bytes */
	KIND_POINTER,	 /* enum pointer */
	KIND_LENGTH,	 /* bytes, or elements of a vector */
	KIND_DEADLINE,	 /* microseconds from now; 0 for none */
	KIND_RESERVED,	 /* 0, mostly */
	KIND_OUT,	 /* anything */
	KIND_ORDER,	 /* enum ipcmbox_order */
	KIND_POLICY,	 /* enum ipcmbox_policy */
	KIND_MATCH,	 /* enum ipcmbox_match */
	KIND_TYPE,	 /* of a message */
	KIND_WANTED,	 /* a type, or enum wanted */
	KIND_PRIORITY,	 /* of a message */
	KIND_TOKEN,	 /* of a call that was received, in which order */
	KIND_FDS,	 /* enum fds */
	KIND_FDS_ROOM,	 /* the same, where some come */
	KIND_FDS_COUNT,	 /* how many */
	KIND_PART,	 /* the argument of a call that so many calls on is made */
	KIND_CASES,	 /* the same, of several; with CASES_AS_THEY_ARE */
	KIND_CASE_COUNT, /* how many */
	KIND_CASE_STRIDE, /* bytes of a case */
	KIND_MESSAGES,	 /* as KIND_CASES, of a batch */
	KIND_BATCH_COUNT, /* how many */
	KIND_STRIDE,	 /* from one message of a batch to the next: MESSAGES_STRIDE */
	KIND_ENTRY_STRIDE, /* from one name of LIST to the next */
	KIND_ID,	 /* of a message: they rise from 1 */
	KIND_SLOW,	 /* enum ipcmbox_slow */
	KIND_SLOW_MASK,	 /* bits of these; 0, mostly */
	KIND_ACCESS,	 /* enum ipcmbox_access */
	KIND_GID,	 /* of a group, or GID_OWN */
	KIND_PID,	 /* of a process, or enum wanted */
	KIND_EVENTFD,	 /* enum eventfd */
	KIND_EVENTS,	 /* IPCMBOX_EVENT_* */
	KIND_NAME,	 /* enum name, or which of the good ones */
	KIND_MODE,	 /* permissions; 0, mostly */
	KIND_SMALL,	 /* a small number */
	KIND_SLOT,	 /* of a descriptor */
	KIND_RWF,	 /* flags of preadv2(2) */
	KIND_MAGIC,	 /* the type of an ioctl's number */
	KIND_NUMBER,	 /* the rest of it */
};

/* What a pointer points to. */
enum pointer {
	POINTER_NULL,
	POINTER_BUFFER,
	POINTER_CLIFF,	 /* 16 bytes before memory that faults */
	POINTER_NOWHERE, /* memory that faults */
	POINTER_KERNEL,
	POINTER_VECTOR,	 /* a vector of buffers */
	POINTER_READ_ONLY,
	POINTER_BAD_VECTOR, /* of huge and of faulting pieces */
	POINTER_REGION,	 /* the program's first mapping */
	POINTERS,
};

/* What descriptors there are to be sent. */
enum fds {
	FDS_GOOD,
	FDS_MAILBOXES,	 /* those of the slots, which cannot go */
	FDS_BAD,
	FDS_NOWHERE,	 /* memory that faults */
	FDS,
};

/* Where events are told. */
enum eventfd {
	EVENTFD_EMPTY,
	EVENTFD_FULL,	 /* to which nothing can be added */
	EVENTFD_NONE,	 /* -1 */
	EVENTFD_OTHER,	 /* no eventfd */
	EVENTFDS,
};

/* Names of mailboxes: NAME_GOOD and NAMES_GOOD - 1 more. */
#define NAMES_GOOD 4
enum name {
	NAME_NONE,	 /* no address */
	NAME_GOOD,
	NAME_BAD = NAME_GOOD + NAMES_GOOD,
	NAME_LONG,
	NAME_NOWHERE,	 /* memory that faults */
	NAMES,
};

/*
 * Of the cases of a SELECT and the messages of a batch: else without deadlines and
 * IPCMBOX_DONTWAIT.
 */
#define CASES_AS_THEY_ARE CALLS_MAX

/* Tokens that a program knows. */
#define TOKENS		8

/* Whose messages a receiver wants; what is less is a type. */
enum wanted {
	WANTED_OWN = 4,	 /* those of its own process */
	WANTED_PARENT,
	WANTED_FORKED,	 /* those of the last process that was forked */
	WANTED,
};

/* A group of the process. */
#define GID_OWN		1

/* Where the argument of an ioctl lies. */
enum place {
	PLACE_GUARDED,	 /* it ends where memory does */
	PLACE_ZERO_TAIL, /* so does a longer one, with zeros */
	PLACE_GARBAGE_TAIL, /* and with something else */
	PLACE_READ_ONLY,
	PLACE_UNMAPPED,
	PLACE_ODD,	 /* at an odd address */
	PLACES,
};

struct field {
	const char *name;
	enum field_kind kind;
	unsigned int offset;
	unsigned int size;
};

/* A kind of call: an ioctl, or a system call on a descriptor. */
struct call_kind {
	const char *name;
	bool control;		/* on /dev/ipcmbox */
	unsigned long command;	/* of an ioctl; else 0 */
	unsigned int size;	/* of its struct */
	uint64_t flags;		/* bits that are known */
	const struct field *fields;
	unsigned int nr_fields;
	int64_t (*run)(int fd, unsigned int task, const uint64_t *values);
};

struct call {
	unsigned int kind;
	unsigned int slot;
	unsigned int thread;	/* or another one, if this one waits */
	unsigned int place;	/* enum place */
	unsigned int collide;	/* with the next call, in two threads */
	uint64_t values[FIELDS_MAX];
};

struct program {
	unsigned int count;
	struct call calls[CALLS_MAX];
};

/* kinds.c */
extern const struct call_kind call_kinds[];
extern const unsigned int nr_call_kinds;

/* choose.c */
void random_seed(uint64_t seed);
uint64_t random_below(uint64_t limit);
void program_generate(struct program *program);
void program_mutate(struct program *program, const struct program *other);

/* text.c */
void program_print(const struct program *program, FILE *file);
/*
 * Reads one, up to a blank line or the end; false if there is none, with a line on
 * stderr if that is because something else is there.
 */
bool program_parse(struct program *program, FILE *file);

#endif /* FUZZ_PROGRAM_H */
