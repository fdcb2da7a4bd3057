// SPDX-License-Identifier: GPL-2.0-only
/*
 * Choice: what should have been received before, in any order of the mailbox and by
 * receivers that want but some messages.
 *
 * A receive or a peek happened at an instant. Then no message was there that it wanted
 * and that goes before the one it got; if it got none, none that it wanted. So it is
 * wrong if there is no such instant: if at each at least one was surely there, and not
 * out of sight with a receive that failed. Time is the stretches between stamps.
 *
 * The mailbox orders those who wait for room as it orders what it stores, and from the
 * number that it gave a message on it is there. So the numbers tell more than the ends
 * of the sends do: a message was there when one with a higher number was seen.
 *
 * A mailbox holds few messages at a time, so all that were there are looked at.
 */
#include <errno.h>
#include <stdlib.h>

#include "check.h"

/* A stretch of time, in which so many more are there. */
struct stretch {
	uint64_t from;
	uint64_t to;
	int amount;
};

/* A change of how many are there. */
struct step {
	uint64_t stamp;
	int amount;
};

/**
 * struct sweep - the receives and peeks in the order in which they began
 * @check: the history
 * @looks: they
 * @nr_looks: how many
 * @sure: messages that were surely there, as they came
 * @nr_sure: how many
 * @next: the first of them that was not yet there at the last look's begin
 * @live: those before it that may still be there
 * @nr_live: how many
 * @stretches: of those that concern a look
 * @count: how many
 * @steps: room for twice as many
 */
struct sweep {
	struct check *check;
	const struct event **looks;
	size_t nr_looks;
	const struct message **sure;
	size_t nr_sure;
	size_t next;
	const struct message **live;
	size_t nr_live;
	struct stretch *stretches;
	size_t count;
	struct step *steps;
};

static int compare_u64(uint64_t x, uint64_t y)
{
	return x < y ? -1 : x > y;
}

static int compare_ids(const void *a, const void *b)
{
	const struct message *const *x = a, *const *y = b;

	return compare_u64(message_id(*x), message_id(*y));
}

static int compare_there(const void *a, const void *b)
{
	const struct message *const *x = a, *const *y = b;

	return compare_u64((*x)->there_by, (*y)->there_by);
}

static int compare_begins(const void *a, const void *b)
{
	const struct event *const *x = a, *const *y = b;

	return compare_u64((*x)->begin, (*y)->begin);
}

static int compare_steps(const void *a, const void *b)
{
	const struct step *x = a, *y = b;

	return compare_u64(x->stamp, y->stamp);
}

/* Whether it came into the mailbox, and stayed until it was received or discarded. */
static bool is_sure(const struct message *message)
{
	return event_is_done(message->send) || message->recv;
}

/* When a message that has a number had it: it was sent, or seen. */
static uint64_t numbered_by(const struct message *message)
{
	const struct event *send = message->send;
	uint64_t by = send->id && !(send->flags & EVENT_KILLED) ? send->end :
								  NEVER;

	if (message->recv && message->recv->end < by)
		by = message->recv->end;
	return message->there_by < by ? message->there_by : by;
}

/* From the last number to the first: it was given when a later one was. */
static void spread_numbers(struct check *check)
{
	size_t i, count = 0, size = check->nr_messages;
	struct message **numbered = check_alloc(size, sizeof(*numbered));
	uint64_t by = NEVER;

	for (i = 0; i < size; i++)
		if (message_id(&check->messages[i]))
			numbered[count++] = &check->messages[i];
	qsort(numbered, count, sizeof(*numbered), compare_ids);
	for (i = count; i--;) {
		if (numbered_by(numbered[i]) < by)
			by = numbered_by(numbered[i]);
		if (is_sure(numbered[i]))
			numbered[i]->there_by = by;
	}
	free(numbered);
}

/* When each message was there: its send has ended, or it was peeked at. */
static void find_arrivals(struct check *check)
{
	size_t i;

	for (i = 0; i < check->nr_messages; i++)
		check->messages[i].there_by = check->messages[i].placed_by;
	for (i = 0; i < check->history->count; i++) {
		const struct event *event = &check->history->events[i];
		struct message *message;

		if (event->kind != EVENT_PEEK || !event_is_done(event))
			continue;
		message = check_find(check, event->value);
		/* Else it has been sent anew since. */
		if (event->id == message_id(message) && is_sure(message) &&
		    event->end < message->there_by)
			message->there_by = event->end;
	}
	spread_numbers(check);
}

static bool found_nothing(const struct event *event)
{
	return !(event->flags & EVENT_KILLED) &&
	       (event->ret == -EAGAIN || event->ret == -ETIMEDOUT ||
		event->ret == -EPIPE);
}

static bool is_look(const struct event *event)
{
	return (event->kind == EVENT_RECV || event->kind == EVENT_PEEK) &&
	       (event_is_done(event) || found_nothing(event));
}

static void sweep_init(struct sweep *sweep, struct check *check)
{
	size_t i, events = check->history->count, size = check->nr_messages;

	*sweep = (struct sweep){
		.check = check,
		.looks = check_alloc(events, sizeof(*sweep->looks)),
		.sure = check_alloc(size, sizeof(*sweep->sure)),
		.live = check_alloc(size, sizeof(*sweep->live)),
		.stretches =
			check_alloc(size + events, sizeof(*sweep->stretches)),
		.steps =
			check_alloc(2 * (size + events), sizeof(*sweep->steps)),
	};
	for (i = 0; i < events; i++)
		if (is_look(&check->history->events[i]))
			sweep->looks[sweep->nr_looks++] =
				&check->history->events[i];
	for (i = 0; i < size; i++)
		if (check->messages[i].there_by < check->messages[i].gone_from)
			sweep->sure[sweep->nr_sure++] = &check->messages[i];
	qsort(sweep->looks, sweep->nr_looks, sizeof(*sweep->looks),
	      compare_begins);
	qsort(sweep->sure, sweep->nr_sure, sizeof(*sweep->sure), compare_there);
}

static void sweep_exit(struct sweep *sweep)
{
	free(sweep->looks);
	free(sweep->sure);
	free(sweep->live);
	free(sweep->stretches);
	free(sweep->steps);
}

/* Those that came before a look join, those that went before it leave. */
static void sweep_advance(struct sweep *sweep, uint64_t begin)
{
	size_t i, kept = 0;

	for (i = 0; i < sweep->nr_live; i++)
		if (sweep->live[i]->gone_from > begin)
			sweep->live[kept++] = sweep->live[i];
	sweep->nr_live = kept;
	for (; sweep->next < sweep->nr_sure &&
	       sweep->sure[sweep->next]->there_by <= begin;
	     sweep->next++)
		if (sweep->sure[sweep->next]->gone_from > begin)
			sweep->live[sweep->nr_live++] =
				sweep->sure[sweep->next];
}

/* The number that a message had when it was looked at; a peek may have seen another. */
static uint64_t id_at(const struct message *message, const struct event *look)
{
	return look->id && look->value == message->send->value ?
		       look->id :
		       message_id(message);
}

/* Whether one message surely had its place before another. */
static bool is_older(const struct event *look, const struct message *a,
		     const struct message *b)
{
	if (id_at(a, look) && id_at(b, look))
		return id_at(a, look) < id_at(b, look);
	return a->there_by < b->send->begin;
}

/*
 * Whether a message surely goes before another. *@from is set to when it was there, as
 * seen from an instant at which the other was.
 */
static bool goes_before(const struct sweep *sweep, const struct event *look,
			const struct message *a, const struct message *b,
			uint64_t *from)
{
	enum history_order order = sweep->check->history->order;
	uint32_t x = a->send->type, y = b->send->type;

	*from = a->there_by;
	if (look->match == MATCH_TYPE_MAX && x != y)
		return x < y;
	if (order == ORDER_LIFO)
		return is_older(look, b, a);
	x = a->send->priority;
	y = b->send->priority;
	if (order == ORDER_PRIORITY && x != y)
		return x > y;
	if (!is_older(look, a, b))
		return false;
	/* It was there before the other came. */
	*from = 0;
	return true;
}

static void consider(struct sweep *sweep, const struct event *look,
		     const struct message *got, const struct message *other)
{
	uint64_t from = other->there_by;

	if (other == got || other->gone_from <= look->begin ||
	    !event_wants(look, other->send) ||
	    (got && !goes_before(sweep, look, other, got, &from)))
		return;
	sweep->stretches[sweep->count++] =
		(struct stretch){ from, other->gone_from, 1 };
}

/* The fewest that there are at an instant between two stamps. */
static int fewest(struct sweep *sweep, uint64_t from, uint64_t to)
{
	size_t i, count = 0;
	int now = 0, least;

	for (i = 0; i < sweep->count; i++) {
		const struct stretch *stretch = &sweep->stretches[i];

		if (stretch->from >= to || stretch->to <= from)
			continue;
		if (stretch->from <= from)
			now += stretch->amount;
		else
			sweep->steps[count++] =
				(struct step){ stretch->from, stretch->amount };
		if (stretch->to < to)
			sweep->steps[count++] =
				(struct step){ stretch->to, -stretch->amount };
	}
	qsort(sweep->steps, count, sizeof(*sweep->steps), compare_steps);
	least = now;
	for (i = 0; i < count; i++) {
		now += sweep->steps[i].amount;
		if ((i + 1 == count ||
		     sweep->steps[i + 1].stamp != sweep->steps[i].stamp) &&
		    now < least)
			least = now;
	}
	return least;
}

/* Each receive that failed may have had one of them meanwhile. */
static void subtract_returns(struct sweep *sweep, const struct event *look)
{
	const struct history *history = sweep->check->history;
	size_t i;

	for (i = 0; i < history->count; i++) {
		const struct event *event = &history->events[i];

		if (event_may_return(event) && event->begin < look->end &&
		    event->end > look->begin)
			sweep->stretches[sweep->count++] =
				(struct stretch){ event->begin, event->end,
						  -1 };
	}
}

static bool check_look(struct sweep *sweep, const struct event *look)
{
	const struct message *got =
		look->ret ? NULL : check_find(sweep->check, look->value);
	uint64_t from = look->begin, to = look->end;
	const struct message *other;
	size_t i;

	sweep->count = 0;
	sweep_advance(sweep, look->begin);
	for (i = 0; i < sweep->nr_live; i++)
		consider(sweep, look, got, sweep->live[i]);
	for (i = sweep->next;
	     i < sweep->nr_sure && sweep->sure[i]->there_by <= look->end; i++)
		consider(sweep, look, got, sweep->sure[i]);
	/* It was not received before it was sent, nor seen after it was received. */
	if (got && got->send->begin > from)
		from = got->send->begin;
	if (got && got->gone_by < to)
		to = got->gone_by;
	if (fewest(sweep, from, to) < 1)
		return true;
	for (i = 0, other = NULL; i < sweep->nr_live && !other; i++)
		if (event_wants(look, sweep->live[i]->send) &&
		    sweep->live[i] != got)
			other = sweep->live[i];
	subtract_returns(sweep, look);
	if (fewest(sweep, from, to) < 1)
		return true;
	if (got)
		return check_fail(sweep->check,
				  "another message should have come first",
				  look, got->send, other ? other->send : NULL);
	return check_fail(sweep->check,
			  "nothing was found though a message was there", look,
			  other ? other->send : NULL, NULL);
}

bool check_choice(struct check *check)
{
	struct sweep sweep;
	bool fine = true;
	size_t i;

	find_arrivals(check);
	sweep_init(&sweep, check);
	for (i = 0; fine && i < sweep.nr_looks; i++)
		fine = check_look(&sweep, sweep.looks[i]);
	sweep_exit(&sweep);
	return fine;
}
