// SPDX-License-Identifier: GPL-2.0-only
/*
 * What was there and what was not: a receive that found nothing must have had an
 * instant at which nothing was surely there, a send that was refused one at which the
 * mailbox may have been full, and at no instant may more be stored than it holds.
 */
#include <errno.h>
#include <stdlib.h>

#include "check.h"

/* While DRAIN is under way the line is held up, and a send may well be refused. */
#define DRAIN_WEIGHT (1LL << 40)

/* The messages that surely are in the mailbox. */
static struct sums *sum_present(const struct check *check)
{
	struct sums *sums = sums_new(check);
	size_t i;

	for (i = 0; i < check->nr_messages; i++)
		sums_add(sums, check->messages[i].placed_by,
			 check->messages[i].gone_from, 1);
	return sums;
}

/* The same, without those that a failing receive may hold at the moment. */
static struct sums *sum_in_sight(const struct check *check)
{
	struct sums *sums = sum_present(check);
	size_t i;

	for (i = 0; i < check->history->count; i++) {
		const struct event *event = &check->history->events[i];

		if (event_may_return(event))
			sums_add(sums, event->begin, event->end, -1);
	}
	sums_finish(sums);
	return sums;
}

/* The messages that may be in the mailbox. */
static struct sums *sum_possible(const struct check *check)
{
	struct sums *sums = sums_new(check);
	size_t i;

	for (i = 0; i < check->nr_messages; i++)
		sums_add(sums, check->messages[i].send->begin,
			 check->messages[i].gone_by, 1);
	for (i = 0; i < check->history->count; i++) {
		const struct event *event = &check->history->events[i];

		if (event->kind == EVENT_DRAIN)
			sums_add(sums, event->begin, event->end, DRAIN_WEIGHT);
	}
	sums_finish(sums);
	return sums;
}

static bool is_refusal(const struct event *event)
{
	return !(event->flags & EVENT_KILLED) &&
	       (event->ret == -EAGAIN || event->ret == -ETIMEDOUT ||
		event->ret == -EINTR);
}

static bool check_empty(struct check *check, const struct event *event,
			const struct sums *in_sight)
{
	if (sums_min(in_sight, event->begin, event->end) < 1)
		return true;
	return check_fail(check, "nothing was found though a message was there",
			  event, NULL, NULL);
}

static bool check_full(struct check *check, const struct event *event,
		       const struct sums *possible)
{
	/* The refused message itself is one of those that may be there. */
	int64_t others = sums_max(possible, event->begin, event->end) - 1;

	if (check->capacity_min != HISTORY_UNBOUNDED &&
	    others >= (int64_t)check->capacity_min)
		return true;
	return check_fail(check, "a send was refused though there was room",
			  event, NULL, NULL);
}

static bool check_refusals(struct check *check, const struct sums *in_sight,
			   const struct sums *possible)
{
	size_t i;

	for (i = 0; i < check->history->count; i++) {
		const struct event *event = &check->history->events[i];

		if ((event->kind == EVENT_RECV || event->kind == EVENT_PEEK) &&
		    (is_refusal(event) || event->ret == -EPIPE) &&
		    !check_empty(check, event, in_sight))
			return false;
		/* One that waits for its receiver may wait in vain. */
		if (event->kind == EVENT_SEND && is_refusal(event) &&
		    !(event->flags & EVENT_TAKEN) &&
		    !check_full(check, event, possible))
			return false;
	}
	return true;
}

/* The send after which it was too much. */
static const struct event *find_excess(const struct check *check,
				       const struct sums *present)
{
	const struct event *found = NULL;
	uint64_t first = NEVER;
	size_t i;

	for (i = 0; i < check->nr_messages; i++) {
		const struct message *message = &check->messages[i];

		if (message->placed_by >= message->gone_from ||
		    message->placed_by > first ||
		    sums_max(present, message->placed_by,
			     message->placed_by + 1) <=
			    (int64_t)check->capacity_max)
			continue;
		first = message->placed_by;
		found = message->send;
	}
	return found;
}

static bool check_bound(struct check *check)
{
	struct sums *present = sum_present(check);
	bool fine = true;

	sums_finish(present);
	if (check->capacity_max != HISTORY_UNBOUNDED &&
	    sums_max(present, check->stamps[0], NEVER) >
		    (int64_t)check->capacity_max)
		fine = check_fail(check, "more was stored than it holds",
				  find_excess(check, present), NULL, NULL);
	sums_free(present);
	return fine;
}

bool check_room(struct check *check)
{
	struct sums *in_sight, *possible;
	bool fine;

	if (check->nr_stamps < 2)
		return true;
	in_sight = sum_in_sight(check);
	possible = sum_possible(check);
	fine = check_refusals(check, in_sight, possible) && check_bound(check);
	sums_free(in_sight);
	sums_free(possible);
	return fine;
}
