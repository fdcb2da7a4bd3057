/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUZZ_PLAY_H
#define FUZZ_PLAY_H

#include "execute.h"
#include "program.h"

/* Starts the threads of this process that make the calls of programs. */
void play_start(unsigned int scale, enum plant plant, int log);
/* Plays a program; nothing of it is left when this returns OUTCOME_FINE. */
enum outcome play(const struct program *program);
/* finish.c: sees that all ends which a program left, and that it ends rightly. */
enum outcome finish(void);
/* Whether a SELECT is under way, which does not meet itself. */
bool play_selects(void);

/**
 * struct play_call - what a thread has called
 * @kind: its kind
 * @fd: the descriptor
 * @argument: of an ioctl, as it was on entry
 */
struct play_call {
	const struct call_kind *kind;
	int fd;
	const void *argument;
};

/* What a thread has called and not returned from; false if it is free. */
bool play_is_in(unsigned int task, struct play_call *call);
/* How many mailboxes were made so far. */
unsigned int play_created(void);

#endif /* FUZZ_PLAY_H */
