// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linearizability by its definition, against which the checker is checked. See
 * search.h.
 */
#include <errno.h>

#include "search.h"

/* The mailbox with one caller at a time: what it holds, the oldest first. */
struct box {
	const struct event *queue[SEARCH_MAX];
	size_t count;
	uint64_t last_id;
};

static bool is_refused(const struct event *event)
{
	return event->ret == -EAGAIN || event->ret == -ETIMEDOUT ||
	       event->ret == -EINTR;
}

/* Whether @look takes @b, the younger, rather than @a. */
static bool is_better(const struct history *history, const struct event *look,
		      const struct event *b, const struct event *a)
{
	if (look->match == MATCH_TYPE_MAX && a->type != b->type)
		return b->type < a->type;
	return history->order == ORDER_LIFO ||
	       (history->order == ORDER_PRIORITY && b->priority > a->priority);
}

/* Whether it wants a message; so the definition says, in words of its own. */
static bool is_wanted(const struct event *look, const struct event *send)
{
	return look->match == MATCH_ANY ||
	       (look->match == MATCH_TYPE && send->type == look->wanted) ||
	       (look->match == MATCH_TYPE_MAX && send->type <= look->wanted) ||
	       (look->match == MATCH_TYPE_NOT && send->type != look->wanted) ||
	       (look->match == MATCH_SENDER && send->process == look->wanted);
}

/* The place of the message that a receive gets, or -1. */
static int box_best(const struct box *box, const struct history *history,
		    const struct event *look)
{
	int best = -1;
	size_t i;

	for (i = 0; i < box->count; i++)
		if (is_wanted(look, box->queue[i]) &&
		    (best < 0 ||
		     is_better(history, look, box->queue[i], box->queue[best])))
			best = i;
	return best;
}

static void box_remove(struct box *box, size_t place)
{
	for (box->count--; place < box->count; place++)
		box->queue[place] = box->queue[place + 1];
}

/* Whether the mailbox answers so; it changes then. */
static bool box_answers(struct box *box, const struct history *history,
			const struct event *event)
{
	int best;

	if (event->kind == EVENT_SEND) {
		if (is_refused(event))
			return box->count >= history->capacity;
		if (box->count >= history->capacity ||
		    (event->id && event->id <= box->last_id))
			return false;
		box->last_id = event->id;
		box->queue[box->count++] = event;
		return true;
	}
	best = box_best(box, history, event);
	if (is_refused(event) || best < 0)
		return is_refused(event) && best < 0;
	if (box->queue[best]->value != event->value)
		return false;
	if (event->kind == EVENT_RECV)
		box_remove(box, best);
	return true;
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
		return !history->complete || !box->count;
	for (i = 0; i < history->count; i++) {
		const struct event *event = &history->events[i];
		struct box after = *box;

		if (!(done & (1U << i)) &&
		    may_come_next(history, done, event) &&
		    box_answers(&after, history, event) &&
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
