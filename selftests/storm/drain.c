// SPDX-License-Identifier: GPL-2.0-only
/*
 * What DRAIN does: it discards all that was there when it began, but for what a failing
 * receive has at the moment, and tells how many that were.
 */
#include <errno.h>
#include <stdlib.h>

#include "check.h"

/* Messages that were surely there all the time that it took. */
static size_t count_survivors(const struct check *check,
			      const struct event *drain,
			      const struct event **example)
{
	size_t i, count = 0;

	for (i = 0; i < check->nr_messages; i++) {
		const struct message *message = &check->messages[i];

		if (message->placed_by >= drain->begin ||
		    message->gone_from <= drain->end)
			continue;
		*example = message->send;
		count++;
	}
	return count;
}

/* Receives that may have had one and put it back. */
static size_t count_returns(const struct check *check,
			    const struct event *drain)
{
	size_t i, count = 0;

	for (i = 0; i < check->history->count; i++) {
		const struct event *event = &check->history->events[i];

		count += event_may_return(event) && event->begin < drain->end &&
			 event->end > drain->begin;
	}
	return count;
}

/* Whether a DRAIN may have discarded it; one of several does not tell. */
static bool may_be_discarded(const struct message *message)
{
	return !message->recv && !message->cancel &&
	       (!message->send->ret || message->send->ret == -ECANCELED ||
		(message->send->flags & (EVENT_KILLED | EVENT_CASE)));
}

static uint64_t count_discarded(const struct check *check, uint64_t before)
{
	uint64_t count = 0;
	size_t i;

	for (i = 0; i < check->nr_messages; i++)
		count += may_be_discarded(&check->messages[i]) &&
			 check->messages[i].send->begin < before;
	return count;
}

/* How many those were said to have discarded that ended until then. */
static uint64_t count_told(const struct check *check, uint64_t until)
{
	uint64_t count = 0;
	size_t i;

	for (i = 0; i < check->history->count; i++) {
		const struct event *event = &check->history->events[i];

		if (event->kind == EVENT_DRAIN && event_is_done(event) &&
		    event->end <= until)
			count += event->count;
	}
	return count;
}

static bool check_drain(struct check *check, const struct event *drain)
{
	const struct event *example = NULL;

	if (count_survivors(check, drain, &example) >
	    count_returns(check, drain))
		return check_fail(check, "a message outlived a DRAIN", example,
				  drain, NULL);
	/* Each may have had those sent before its end: so have all until then. */
	if (count_told(check, drain->end) > count_discarded(check, drain->end))
		return check_fail(check, "DRAIN told of more than there was",
				  drain, NULL, NULL);
	return true;
}

/* The kernel's count is that of the DRAINs, unless something else discards as well. */
static bool check_dropped(struct check *check)
{
	const struct history *history = check->history;
	uint64_t told = count_told(check, NEVER);
	bool exact = history->complete;
	size_t i;

	if (history->dropped == UINT64_MAX)
		return true;
	for (i = 0; i < history->count; i++) {
		const struct event *event = &history->events[i];

		if (event->kind == EVENT_DESTROY ||
		    (event->kind == EVENT_DRAIN &&
		     (event->flags & EVENT_KILLED)))
			exact = false;
	}
	if (told > history->dropped || (exact && told != history->dropped))
		return check_fail(check, "DRAIN told other than was counted",
				  NULL, NULL, NULL);
	return true;
}

bool check_drains(struct check *check)
{
	size_t i;

	for (i = 0; i < check->history->count; i++) {
		const struct event *event = &check->history->events[i];

		if (event->kind == EVENT_DRAIN && event_is_done(event) &&
		    !check_drain(check, event))
			return false;
	}
	return check_dropped(check);
}
