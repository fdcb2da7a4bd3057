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
#define THREADS		3	/* the first is the program's own */

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
	POINTERS,
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
	int64_t (*run)(int fd, const uint64_t *values);
};

struct call {
	unsigned int kind;
	unsigned int slot;
	unsigned int thread;
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
