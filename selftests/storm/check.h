/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the checker share: the messages of a history, each with its send
 * and its receive, and sums over time.
 */
#ifndef STORM_CHECK_H
#define STORM_CHECK_H

#include "history.h"

#define NEVER UINT64_MAX

/**
 * struct message - a message of the history
 * @send: its send
 * @recv: its receive, or NULL
 * @cancel: the CANCEL that took it back, or NULL
 * @reply: the answer to it, or NULL
 * @notice: the notice that its caller has left, or NULL
 * @placed_by: when it had its place at the latest; NEVER if it is not sure that it
 *	ever had one
 * @there_by: the same, of a message that came into the mailbox at all; sooner than its
 *	send tells if one with a higher number was seen sooner
 * @gone_from: when it may have left at the earliest, NEVER if it did not
 * @gone_by: when it had left at the latest
 */
struct message {
	const struct event *send;
	const struct event *recv;
	const struct event *cancel;
	const struct event *reply;
	const struct event *notice;
	uint64_t placed_by;
	uint64_t there_by;
	uint64_t gone_from;
	uint64_t gone_by;
};

/**
 * struct check - a history under examination
 * @history: the history
 * @verdict: what was found
 * @messages: all messages, by value
 * @nr_messages: how many
 * @numbered: those whose number is known, by number
 * @nr_numbered: how many
 * @stamps: all stamps, rising
 * @nr_stamps: how many
 */
struct check {
	const struct history *history;
	struct verdict *verdict;
	struct message *messages;
	size_t nr_messages;
	struct message **numbered;
	size_t nr_numbered;
	uint64_t *stamps;
	size_t nr_stamps;
};

/* Notes what is wrong, unless something was before; always false. */
bool check_fail(struct check *check, const char *what, const struct event *a,
		const struct event *b, const struct event *c);
/* The message of this value, or NULL. */
struct message *check_find(const struct check *check, uint64_t value);
/* Whether it succeeded, and its caller lived to know. */
bool event_is_done(const struct event *event);
/* The number of a message, from its sender or its receiver; 0 if neither knows. */
uint64_t message_id(const struct message *message);
/* Whether the caller of a CALL did not wait for the answer. */
bool check_has_left(const struct event *call);
/* Whether a process surely lived after a stamp. */
bool check_is_alive(const struct check *check, uint32_t process,
		    uint64_t stamp);
/* Whether a receive or a peek wants a message. */
bool event_wants(const struct event *event, const struct event *send);
/* Whether messages may be received in another order than they were sent in. */
bool check_reorders(const struct check *check);
/* A receive that may have had a message and put it back. */
bool event_may_return(const struct event *event);
void *check_alloc(size_t count, size_t size);

/* sums.c: a number that changes with time, and its extremes over an interval. */
struct sums;
struct sums *sums_new(const struct check *check);
void sums_add(struct sums *sums, uint64_t from, uint64_t to, int64_t amount);
void sums_finish(struct sums *sums);
int64_t sums_min(const struct sums *sums, uint64_t from, uint64_t to);
int64_t sums_max(const struct sums *sums, uint64_t from, uint64_t to);
void sums_free(struct sums *sums);

/* numbers.c: that numbers differ; the message of a number, or NULL. */
bool check_numbers(struct check *check);
struct message *check_find_id(const struct check *check, uint64_t id);
/* calls.c: answers, and what callers and servers are told. */
bool check_calls(struct check *check);
/* lags.c: what subscriptions say that they have lost, and when they end. */
bool check_lags(struct check *check);
/* Whether a subscription may lose this message as it comes. */
bool check_may_lose(const struct check *check, const struct event *send);
/* policy.c: who was refused, and who owns an exclusive mailbox. */
bool check_policy(struct check *check);
/* cancels.c: what was taken back, and the rest of what CANCEL says. */
bool check_cancelled(struct check *check);
bool check_cancels(struct check *check);
/* answers.c: what calls say by themselves. */
bool check_answers(struct check *check);
/* order.c: overtaking, and the order of ids. */
bool check_order(struct check *check);
/* choice.c: what should have been received before, in any order and with choice. */
bool check_choice(struct check *check);
/* drain.c: what DRAIN left and what it told. */
bool check_drains(struct check *check);
/* room.c: what is there and what is not: refusals and bounds. */
bool check_room(struct check *check);

#endif /* STORM_CHECK_H */
