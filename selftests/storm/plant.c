// SPDX-License-Identifier: GPL-2.0-only
/*
 * Falsified histories: the storm must find what is wrong with them, or it would find
 * nothing in true ones either.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "storm.h"

/* How far apart two receives are that may be exchanged. */
#define NEIGHBOURS 64

static bool is_receive(const struct event *event)
{
	return event->kind == EVENT_RECV && event->end && !event->ret;
}

/* A receive and the send of its message. */
struct passage {
	struct event *recv;
	const struct event *send;
};

static int compare_passages(const void *a, const void *b)
{
	const struct passage *x = a, *y = b;

	return x->recv->begin < y->recv->begin ? -1 : 1;
}

static int compare_values(const void *a, const void *b)
{
	const struct event *const *x = a, *const *y = b;

	return (*x)->value < (*y)->value ? -1 : (*x)->value > (*y)->value;
}

static size_t find_passages(struct event *events, size_t count,
			    struct passage *passages)
{
	const struct event **sends = check_alloc(count, sizeof(*sends));
	size_t i, nr_sends = 0, found = 0;

	for (i = 0; i < count; i++)
		if (events[i].kind == EVENT_SEND)
			sends[nr_sends++] = &events[i];
	qsort(sends, nr_sends, sizeof(*sends), compare_values);
	for (i = 0; i < count; i++) {
		const struct event *key = &events[i], **send;

		if (!is_receive(key))
			continue;
		send = bsearch(&key, sends, nr_sends, sizeof(*sends),
			       compare_values);
		if (send)
			passages[found++] =
				(struct passage){ &events[i], *send };
	}
	free(sends);
	qsort(passages, found, sizeof(*passages), compare_passages);
	return found;
}

/* Received one after the other, and both sent before, one after the other. */
static bool are_ordered(const struct passage *a, const struct passage *b)
{
	return a->send->end < b->send->begin && b->send->end < a->recv->begin &&
	       a->recv->end < b->recv->begin;
}

static void swap_messages(struct event *a, struct event *b)
{
	const struct event old = *a;

	a->value = b->value;
	a->id = b->id;
	b->value = old.value;
	b->id = old.id;
}

static bool plant_overtaking(struct event *events, size_t count)
{
	struct passage *passages = check_alloc(count, sizeof(*passages));
	size_t found = find_passages(events, count, passages);
	bool planted = false;
	size_t i, j;

	for (i = 0; i < found && !planted; i++) {
		for (j = i + 1; j < found && j < i + NEIGHBOURS; j++) {
			if (!are_ordered(&passages[i], &passages[j]))
				continue;
			swap_messages(passages[i].recv, passages[j].recv);
			planted = true;
			break;
		}
	}
	free(passages);
	return planted;
}

static bool plant_one(const char *what, struct event *events, size_t count)
{
	struct event *last = NULL;
	size_t i;

	for (i = 0; i < count; i++) {
		if (!is_receive(&events[i]))
			continue;
		if (!strcmp(what, "loss")) {
			events[i].kind = EVENT_NONE;
			return true;
		}
		if (last) {
			events[i].value = last->value;
			events[i].id = last->id;
			return true;
		}
		last = &events[i];
	}
	return false;
}

bool plant(const char *what, struct event *events, size_t count)
{
	if (!strcmp(what, "overtaking"))
		return plant_overtaking(events, count);
	return plant_one(what, events, count);
}
