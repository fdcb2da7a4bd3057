// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs batches, and finds out which program it was that did something wrong. What is
 * wrong has a signature, and only that counts when it is tried again: the first line of
 * the kernel's report without its numbers, or what was seen in words.
 */
#include <string.h>

#include "fuzz.h"
#include "log.h"
#include "tasks.h"

#define REPLAY_TIMES 20
#define REPLAY_SECONDS 120
/* A wait that does not end takes its time each time that it is tried. */
#define BLAME_SECONDS 300
#define MINIMISE_SECONDS 300

uint64_t nr_programs, nr_calls;

/* Runs the batch; false with its signature if something is wrong. */
static bool try_batch(char *signature)
{
	static const char *const outcomes[] = {
		[OUTCOME_FINE] = NULL,
		[OUTCOME_BREACH] = "the counters do not add up",
		[OUTCOME_LOST] = "a wait did not end: a wake-up was lost",
		[OUTCOME_LEFT] = "a mailbox counts calls that are over",
		[OUTCOME_LOG] = "the kernel log",
		[OUTCOME_IMMORTAL] = "a process cannot be killed",
		[OUTCOME_BUSY] = "the module still has users",
		[OUTCOME_HANG] = "a call did not end",
		[OUTCOME_KILLED] = "a signal ended the process",
		[OUTCOME_LAME] = "the programs could not be run",
	};
	enum outcome outcome;
	unsigned int i;

	outcome = batch_run(batch, options.plant);
	nr_programs += batch->count;
	for (i = 0; i < batch->count; i++)
		nr_calls += batch->programs[i].count;
	if (log_is_bad(signature))
		return false;
	if (outcome)
		snprintf(signature, SIGNATURE_MAX, "%s", outcomes[outcome]);
	return !outcome;
}

/* Whether a full batch of one program does the same wrong. */
static bool does_it(const struct program *program, const char *signature)
{
	char other[SIGNATURE_MAX];
	unsigned int i;

	log_forget();
	for (i = 0; i < BATCH_MAX; i++)
		batch->programs[i] = *program;
	batch->count = BATCH_MAX;
	return !try_batch(other) && !strcmp(other, signature);
}

/* Leaves out call after call, as long as it still does that. */
static void minimise(struct program *program, const char *signature)
{
	uint64_t end = now() + MINIMISE_SECONDS * 1000000000ULL;
	unsigned int at = program->count;

	while (at-- && now() < end) {
		struct program shorter = *program;

		if (program->count == 1)
			break;
		shorter.count--;
		memmove(&shorter.calls[at], &shorter.calls[at + 1],
			(shorter.count - at) * sizeof(struct call));
		if (does_it(&shorter, signature)) {
			*program = shorter;
			save(program, "minimised.prog");
		}
	}
	printf("minimised to %u calls:\n", program->count);
	program_print(program, stdout);
	save(program, "minimised.prog");
}

/* Which program of the batch it was: first of all the one at which it stopped. */
static void report(const char *signature)
{
	static struct batch found;
	uint64_t end = now() + BLAME_SECONDS * 1000000000ULL;
	unsigned int i, at;

	found = *batch;
	printf("FOUND: %s\n", signature);
	printf("signature: %s\n", signature);
	save_batch(&found, "found.prog");
	for (i = 0; i < found.count && now() < end; i++) {
		at = (found.at + i) % found.count;
		if (!does_it(&found.programs[at], signature))
			continue;
		printf("by this program:\n");
		program_print(&found.programs[at], stdout);
		save(&found.programs[at], "found.prog");
		/* Which takes long where each try must wait. */
		if (options.plant < PLANT_WAIT)
			minimise(&found.programs[at], signature);
		return;
	}
	/* It is of chance, or is told once only until the kernel is booted anew. */
	printf("not again by one of these alone, of which number %u was the last:\n",
	       found.at + 1);
	for (i = 0; i < found.count; i++) {
		program_print(&found.programs[i], stdout);
		printf("\n");
	}
}

bool try_and_report(void)
{
	char signature[SIGNATURE_MAX];

	/* The host has it even if it is the last. */
	save_current();
	if (try_batch(signature))
		return true;
	report(signature);
	return false;
}

/* All programs of a file, in one process, as they were found. */
int replay(void)
{
	char signature[SIGNATURE_MAX];
	uint64_t end = now() + REPLAY_SECONDS * 1000000000ULL;
	bool fine = true;
	unsigned int i;

	if (!load_batch(options.replay))
		return 2;
	for (i = 0; i < REPLAY_TIMES && fine && now() < end; i++)
		fine = try_batch(signature);
	if (fine)
		printf("nothing is wrong\n");
	else
		printf("signature: %s\n", signature);
	return !fine;
}

int minimise_file(void)
{
	char signature[SIGNATURE_MAX];
	struct program program;
	unsigned int i;

	if (!load(&program, options.minimise))
		return 2;
	for (i = 0; i < BATCH_MAX; i++)
		batch->programs[i] = program;
	batch->count = BATCH_MAX;
	if (try_batch(signature)) {
		printf("nothing is wrong\n");
		return 0;
	}
	printf("signature: %s\n", signature);
	minimise(&program, signature);
	return 1;
}
