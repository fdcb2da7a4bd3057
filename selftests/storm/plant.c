// SPDX-License-Identifier: GPL-2.0-only
/*
 * Falsified histories: the storm must find what is wrong with them, or it would find
 * nothing in true ones either.
 */
#include <string.h>

#include "storm.h"

static bool is_receive(const struct event *event)
{
	return event->kind == EVENT_RECV && event->end && !event->ret;
}

static const struct event *send_of(const struct event *events, size_t count,
				   uint64_t value)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (events[i].kind == EVENT_SEND && events[i].value == value)
			return &events[i];
	return NULL;
}

/* Two receives, one after the other, of messages sent one after the other. */
static bool are_ordered(const struct event *events, size_t count,
			const struct event *a, const struct event *b)
{
	const struct event *first, *second;

	if (!is_receive(b) || a->end > b->begin)
		return false;
	first = send_of(events, count, a->value);
	second = send_of(events, count, b->value);
	return first && second && first->end < second->begin &&
	       first->end < a->begin && second->end < a->begin;
}

static bool plant_overtaking(struct event *events, size_t count)
{
	size_t i, j;

	for (i = 0; i < count; i++) {
		for (j = 0; is_receive(&events[i]) && j < count; j++) {
			struct event *a = &events[i], *b = &events[j];
			uint64_t value = a->value, id = a->id;

			if (!are_ordered(events, count, a, b))
				continue;
			a->value = b->value;
			a->id = b->id;
			b->value = value;
			b->id = id;
			return true;
		}
	}
	return false;
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
