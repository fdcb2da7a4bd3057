/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include "execute.h"

/* Of the command line: @corpus is a folder to read, @output one to write. */
struct options {
	uint64_t seed;
	unsigned int seconds;
	const char *corpus;
	const char *output;
	const char *replay;
	const char *minimise;
	enum plant plant;
};

extern struct options options;
extern struct batch *batch;

/* corpus.c: programs worth changing, and programs in files. */
extern struct program *corpus[];
extern unsigned int nr_corpus;
void corpus_add(const struct program *program, bool save);
/* Reads a program, or as many as a batch takes; false if it has none, or others. */
bool load(struct program *program, const char *path);
bool load_batch(const char *path);
/* Writes to a file of the output, if there is one. */
void save(const struct program *program, const char *name);
void save_batch(const struct batch *what, const char *name);
/* Writes what the batch has to "current", and keeps what was there as before-N.prog. */
void save_current(void);

/* find.c: runs what the batch has, and finds out which program it was. */
extern uint64_t nr_programs, nr_calls;
/* False if it found something, which is reported. */
bool try_and_report(void);
int replay(void);
int minimise_file(void);

#endif /* FUZZ_FUZZ_H */
