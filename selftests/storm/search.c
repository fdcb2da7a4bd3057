// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linearizability by its definition, against which the checker is checked. See
 * search.h.
 */
#include <errno.h>

#include "search.h"

/* The mailbox with one caller at a time. */
struct box {
	uint64_t queue[SEARCH_MAX];
	size_t first;
	size_t next;
};

static bool is_refused(const struct event *event)
{
	return event->ret == -EAGAIN || event->ret == -ETIMEDOUT ||
	       event->ret == -EINTR;
}

/* Whether the mailbox answers so; it changes then. */
static bool box_answers(struct box *box, uint64_t capacity,
			const struct event *event)
{
	uint64_t stored = box->next - box->first;

	if (event->kind == EVENT_SEND) {
		if (is_refused(event))
			return stored >= capacity;
		if (stored >= capacity)
			return false;
		box->queue[box->next++] = event->value;
		return true;
	}
	if (is_refused(event))
		return !stored;
	return stored && box->queue[box->first++] == event->value;
}

/* Whether @event had to come before another that is still to come. */
static bool may_come_next(const struct history *history, unsigned int done,
			  const struct event *event)
{
	size_t i;

	for (i = 0; i < history->count; i++)
		if (!(done & (1U << i)) &&
		    history->events[i].end < event->begin)
			return false;
	return true;
}

static bool search_from(const struct history *history, unsigned int done,
			const struct box *box)
{
	size_t i;

	if (done == (1U << history->count) - 1)
		return !history->complete || box->first == box->next;
	for (i = 0; i < history->count; i++) {
		const struct event *event = &history->events[i];
		struct box after = *box;

		if (!(done & (1U << i)) &&
		    may_come_next(history, done, event) &&
		    box_answers(&after, history->capacity, event) &&
		    search_from(history, done | (1U << i), &after))
			return true;
	}
	return false;
}

bool search_order(const struct history *history)
{
	const struct box box = {};

	return search_from(history, 0, &box);
}
