// SPDX-License-Identifier: GPL-2.0-only
/*
 * Falsified histories: the storm must find what is wrong with them, or it would find
 * nothing in true ones either.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "storm.h"

/* How far apart two receives are that may be exchanged. */
#define NEIGHBOURS 64

/* Of one who was killed in it nobody knows what he received. */
static bool is_receive(const struct event *event)
{
	return event->kind == EVENT_RECV && event_is_done(event);
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

/* Received one after the other, and there together, so that the mailbox chose. */
static bool are_chosen(const struct passage *a, const struct passage *b)
{
	const unsigned int call = EVENT_CALL | EVENT_NO_ANSWER;

	return a->send->end < a->recv->begin && b->send->end < a->recv->begin &&
	       a->recv->end < b->recv->begin && !a->recv->match &&
	       !b->recv->match && !((a->recv->flags | b->recv->flags) & call);
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
	a->type = b->type;
	a->priority = b->priority;
	b->value = old.value;
	b->id = old.id;
	b->type = old.type;
	b->priority = old.priority;
}

static bool plant_exchange(struct event *events, size_t count,
			   bool (*fit)(const struct passage *a,
				       const struct passage *b))
{
	struct passage *passages = check_alloc(count, sizeof(*passages));
	size_t found = find_passages(events, count, passages);
	bool planted = false;
	size_t i, j;

	for (i = 0; i < found && !planted; i++) {
		for (j = i + 1; j < found && j < i + NEIGHBOURS; j++) {
			if (!fit(&passages[i], &passages[j]))
				continue;
			swap_messages(passages[i].recv, passages[j].recv);
			planted = true;
			break;
		}
	}
	free(passages);
	return planted;
}

static bool reorders(const struct box *box)
{
	return box->order || box->selective;
}

static bool plant_overtaking(const struct box *box, struct event *events,
			     size_t count)
{
	return !reorders(box) && plant_exchange(events, count, are_ordered);
}

static bool plant_disorder(const struct box *box, struct event *events,
			   size_t count)
{
	return reorders(box) && plant_exchange(events, count, are_chosen);
}

/*
 * The last that is received, as it looks overtaken else; and not where the sender knows that
 * it was: that would be found first.
 */
static bool plant_loss(const struct box *box, struct event *events,
		       size_t count)
{
	struct passage *passages = check_alloc(count, sizeof(*passages));
	size_t i = find_passages(events, count, passages);
	bool planted = false;

	while (i-- && !planted) {
		if (passages[i].send->flags & (EVENT_TAKEN | EVENT_CALL))
			continue;
		passages[i].recv->kind = EVENT_NONE;
		planted = true;
	}
	free(passages);
	return planted;
}

static bool plant_duplicate(const struct box *box, struct event *events,
			    size_t count)
{
	struct event *last = NULL;
	size_t i;

	for (i = 0; i < count; i++) {
		if (!is_receive(&events[i]))
			continue;
		if (last) {
			events[i].value = last->value;
			events[i].id = last->id;
			return true;
		}
		last = &events[i];
	}
	return false;
}

/* A receiver wanted another type than it got. */
static bool plant_unwanted(const struct box *box, struct event *events,
			   size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (!is_receive(&events[i]) || events[i].match != MATCH_TYPE)
			continue;
		events[i].wanted++;
		return true;
	}
	return false;
}

/* A case of a SELECT that was not done, and whose message is received. */
static bool plant_case(const struct box *box, struct event *events,
		       size_t count)
{
	struct event *last = NULL;
	size_t i;

	for (i = 0; i < count; i++)
		if (events[i].kind == EVENT_SEND && events[i].ret == -ENOENT &&
		    events[i].value && (!last || events[i].begin < last->begin))
			last = &events[i];
	for (i = 0; last && i < count; i++) {
		if (!is_receive(&events[i]) || events[i].end < last->begin)
			continue;
		events[i].value = last->value;
		return true;
	}
	return false;
}

static bool is_answered(const struct event *event)
{
	return event->kind == EVENT_SEND && (event->flags & EVENT_CALL) &&
	       event_is_done(event) && !event->outcome;
}

/* Two callers get each the other's answer. */
static bool plant_answer(const struct box *box, struct event *events,
			 size_t count)
{
	struct event *last = NULL;
	uint64_t answer;
	size_t i;

	for (i = 0; i < count; i++) {
		if (!is_answered(&events[i]))
			continue;
		if (last) {
			answer = last->answer;
			last->answer = events[i].answer;
			events[i].answer = answer;
			return true;
		}
		last = &events[i];
	}
	return false;
}

/* A notice of a caller that has its answer. */
static bool plant_notice(const struct box *box, struct event *events,
			 size_t count)
{
	const struct event *call = NULL;
	size_t i;

	for (i = 0; i < count; i++)
		if (is_answered(&events[i]))
			call = &events[i];
	for (i = 0; call && i < count; i++) {
		if (events[i].kind != EVENT_NOTICE)
			continue;
		events[i].id = call->id;
		return true;
	}
	return false;
}

/* One that was received and not taken back. */
static bool plant_cancel(const struct box *box, struct event *events,
			 size_t count)
{
	size_t i, j;

	for (i = 0; i < count; i++) {
		if (events[i].kind != EVENT_CANCEL ||
		    !event_is_done(&events[i]) ||
		    events[i].count != CANCEL_TOO_LATE)
			continue;
		for (j = 0; j < count; j++) {
			if (!is_receive(&events[j]) ||
			    events[j].id != events[i].id)
				continue;
			events[i].count = CANCEL_DONE;
			return true;
		}
	}
	return false;
}

/* A lag that is none. */
static bool plant_lag(const struct box *box, struct event *events, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (!is_receive(&events[i]) || !events[i].count)
			continue;
		events[i].count += count;
		return true;
	}
	return false;
}

/* Two make the same name. */
static bool plant_made_twice(struct event *events, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (events[i].kind != EVENT_CREATE || events[i].ret != -EEXIST)
			continue;
		events[i].ret = 0;
		events[i].value = UINT64_MAX / 2;
		return true;
	}
	return false;
}

/* One opens a mailbox whose name another had taken away. */
static bool plant_stale(struct event *events, size_t count)
{
	const struct event *old = NULL;
	size_t i;

	for (i = 0; i < count; i++)
		if (events[i].kind == EVENT_CREATE &&
		    event_is_done(&events[i]) &&
		    (!old || events[i].value < old->value))
			old = &events[i];
	for (i = count; old && i--;) {
		if (events[i].kind != EVENT_OPEN ||
		    !event_is_done(&events[i]) || events[i].value == old->value)
			continue;
		events[i].value = old->value;
		return true;
	}
	return false;
}

static const struct {
	const char *name;
	bool (*plant)(struct event *events, size_t count);
} name_plants[] = {
	{ "name", plant_made_twice },
	{ "stale", plant_stale },
};

#define NAME_PLANTS (sizeof(name_plants) / sizeof(name_plants[0]))

bool plant_name(const char *what, struct event *events, size_t count)
{
	size_t i;

	for (i = 0; i < NAME_PLANTS; i++)
		if (!strcmp(what, name_plants[i].name))
			return name_plants[i].plant(events, count);
	return false;
}

static const struct {
	const char *name;
	bool (*plant)(const struct box *box, struct event *events,
		      size_t count);
} plants[] = {
	{ "duplicate", plant_duplicate },   { "loss", plant_loss },
	{ "overtaking", plant_overtaking }, { "disorder", plant_disorder },
	{ "unwanted", plant_unwanted },	    { "case", plant_case },
	{ "answer", plant_answer },	    { "notice", plant_notice },
	{ "cancel", plant_cancel },	    { "lag", plant_lag },
};

#define PLANTS (sizeof(plants) / sizeof(plants[0]))

bool plant_is_known(const char *what)
{
	size_t i;

	for (i = 0; i < PLANTS; i++)
		if (!strcmp(what, plants[i].name))
			return true;
	for (i = 0; i < NAME_PLANTS; i++)
		if (!strcmp(what, name_plants[i].name))
			return true;
	return false;
}

bool plant(const char *what, const struct box *box, struct event *events,
	   size_t count)
{
	size_t i;

	for (i = 0; i < PLANTS; i++)
		if (!strcmp(what, plants[i].name))
			return plants[i].plant(box, events, count);
	return false;
}
