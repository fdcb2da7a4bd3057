/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two threads that meet in a mailbox, again and again, each time a little earlier or later
 * than the other. Afterwards both must tell the same story, whoever came first.
 */
#ifndef MEET_H
#define MEET_H

#include "call.h"
#include "select.h"

/**
 * struct meeting - one of many
 * @race: who meets, and what for
 * @capacity: of the mailbox, which is another one each time
 * @round: how many there were before
 * @seed: of the small differences
 * @fd: the mailbox, open for both; -1 if the race needs a new one each time
 * @rx: its receiving end, where it is new each time
 * @tx: its sending end, likewise
 * @event: an eventfd(2)
 * @op: what the left one does, if it sends or receives
 * @other: what the right one does, likewise; ret is -EALREADY if it has not
 * @caller: what the left one does, if it calls
 * @selectors: what they do, if they SELECT
 * @result: what else the right one learnt
 * @left: the left one's thread
 * @go: the round that has begun
 * @done: the round that the left one has done
 */
struct meeting {
	const struct race *race;
	uint64_t capacity;
	unsigned int round;
	unsigned int seed;
	int fd;
	int rx;
	int tx;
	int event;
	struct mbox_op op;
	struct mbox_op other;
	struct caller caller;
	struct selector selectors[2];
	int64_t result;
	pthread_t left;
	atomic_uint go;
	atomic_uint done;
};

/**
 * struct race - who meets
 * @bounded_only: not at capacity 0
 * @anew: each time in a mailbox of its own, whose ends are in rx and tx
 * @prepare: before they begin; NULL if there is nothing to do
 * @left: what the one does
 * @right: what the other does, until the left one is done
 * @judge: whether that is one story; leaves the mailbox empty
 */
struct race {
	bool bounded_only;
	bool anew;
	bool (*prepare)(struct meeting *meeting);
	void (*left)(struct meeting *meeting);
	void (*right)(struct meeting *meeting);
	bool (*judge)(struct meeting *meeting);
};

/*
 * Runs IPCMBOX_RACES= rounds, or those of some seconds, in mailboxes of each capacity;
 * false, with a word why, if one fails.
 */
bool meet(const struct race *race);
/* Whether the left one is done with this round. */
bool meet_is_over(const struct meeting *meeting);
/* A time in the next microseconds. */
uint64_t meet_soon(struct meeting *meeting);
/* Receives what is left; how many these were. */
unsigned int meet_empty(int fd);

#endif /* MEET_H */
