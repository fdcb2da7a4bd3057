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
#define FIELDS_MAX	24
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
