/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUZZ_EXECUTE_H
#define FUZZ_EXECUTE_H

#include "program.h"

enum outcome {
	OUTCOME_FINE,
	OUTCOME_BREACH,	  /* the counters of a mailbox do not add up */
	OUTCOME_LOST,	  /* a wait goes on though it should have ended */
	OUTCOME_LEFT,	  /* a mailbox tells of a call that is not under way */
	OUTCOME_LOG,	  /* the kernel log has a bad line */
	OUTCOME_IMMORTAL, /* a process cannot be killed */
	OUTCOME_BUSY,	  /* the module still has users */
	OUTCOME_HANG,	  /* a call did not end, though signals came */
	OUTCOME_KILLED,	  /* a signal ended the process */
	OUTCOME_LAME,	  /* the process could not begin */
	OUTCOMES,
};

/* Something to be found, for the check of the fuzzer itself. */
enum plant {
	PLANT_NOTHING,
	PLANT_LOG, /* a SET that works causes a line in the kernel log */
	PLANT_WAIT, /* a RECV in what is destroyed goes on waiting */
	PLANT_CHOICE, /* a RECV by type waits, though its message is there */
};

/* A process is dear on a kernel with detectors: it runs so many programs. */
#define BATCH_MAX 25

/**
 * struct batch - programs that one process runs, one after the other
 * @count: how many
 * @programs: the programs
 * @at: out, which one was the last to run
 * @created: out, how many mailboxes were made in all batches
 * @news: out, how many new steps each reached
 */
struct batch {
	unsigned int count;
	struct program programs[BATCH_MAX];
	unsigned int at;
	unsigned int created;
	unsigned int news[BATCH_MAX];
};

/* Memory for a batch that its process can write to; NULL if there is none. */
struct batch *batch_new(void);
/* Finds how slow the machine is: the factor of all time limits. */
/* By what time limits are multiplied; 0 if nothing can be run. */
unsigned int batch_calibrate(struct batch *batch);
/* Runs it as nobody, with a time limit. */
enum outcome batch_run(struct batch *batch, enum plant plant);

/* cover.c: which code of the module the last program reached, by KCOV. */

/* Opens it; false where the kernel has none: then the fuzzer is blind. */
bool cover_open(void);
/* Around a call of the given task of a program. */
void cover_begin(unsigned int task);
void cover_end(unsigned int task);
/* Forgets what was reached, before a program. */
void cover_reset(void);
/* How many steps from place to place, after a program, were never seen before. */
unsigned int cover_news(void);
/* Places seen at all. */
unsigned int cover_places(void);

#endif /* FUZZ_EXECUTE_H */
