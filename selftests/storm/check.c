// SPDX-License-Identifier: GPL-2.0-only
/*
 * The checker: pairs sends with receives, finds what is wrong with one message, and
 * has order.c and room.c look at what is wrong between messages. See history.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

void *check_alloc(size_t count, size_t size)
{
	void *memory = calloc(count ? count : 1, size);

	if (!memory) {
		fprintf(stderr, "out of memory\n");
		abort();
	}
	return memory;
}

bool check_fail(struct check *check, const char *what, const struct event *a,
		const struct event *b, const struct event *c)
{
	if (!check->verdict->what)
		*check->verdict = (struct verdict){ what, { a, b, c } };
	return false;
}

bool event_may_return(const struct event *event)
{
	return event->kind == EVENT_RECV &&
	       ((event->flags & EVENT_KILLED) || event->ret == -EFAULT ||
		event->ret == -EMSGSIZE ||
		(event->ret == -ENOENT && event->count));
}

bool event_is_done(const struct event *event)
{
	return !event->ret && !(event->flags & EVENT_KILLED);
}

uint64_t message_id(const struct message *message)
{
	if (message->send->id || !message->recv)
		return message->send->id;
	return message->recv->id;
}

bool event_wants(const struct event *event, const struct event *send)
{
	switch (event->match) {
	case MATCH_TYPE:
		return send->type == event->wanted;
	case MATCH_TYPE_MAX:
		return send->type <= event->wanted;
	case MATCH_TYPE_NOT:
		return send->type != event->wanted;
	case MATCH_SENDER:
		return send->process == event->wanted;
	default:
		return true;
	}
}

bool check_reorders(const struct check *check)
{
	return check->history->order || check->history->selective;
}

static int compare_values(const void *a, const void *b)
{
	const struct message *x = a, *y = b;

	return x->send->value < y->send->value ?
		       -1 :
		       x->send->value > y->send->value;
}

struct message *check_find(const struct check *check, uint64_t value)
{
	size_t low = 0, high = check->nr_messages;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (check->messages[middle].send->value < value)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < check->nr_messages &&
	    check->messages[low].send->value == value)
		return &check->messages[low];
	return NULL;
}

static void collect_messages(struct check *check)
{
	const struct history *history = check->history;
	size_t i;

	check->messages = check_alloc(history->count, sizeof(*check->messages));
	for (i = 0; i < history->count; i++)
		if (history->events[i].kind == EVENT_SEND &&
		    history->events[i].value)
			check->messages[check->nr_messages++].send =
				&history->events[i];
	qsort(check->messages, check->nr_messages, sizeof(*check->messages),
	      compare_values);
}

static int compare_stamps(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* The end of time stands for what never happens. */
static void collect_stamps(struct check *check)
{
	const struct history *history = check->history;
	size_t i, count = 0;
	uint64_t *stamps;

	stamps = check_alloc(2 * history->count + 1, sizeof(*stamps));
	for (i = 0; i < history->count; i++) {
		stamps[count++] = history->events[i].begin;
		stamps[count++] = history->events[i].end;
	}
	stamps[count++] = NEVER;
	qsort(stamps, count, sizeof(*stamps), compare_stamps);
	check->stamps = stamps;
	check->nr_stamps = count;
}

/* What a receive or a peek tells of its message, and what it asked for. */
static bool check_told(struct check *check, const struct event *event,
		       const struct event *send)
{
	/* One that is restarted after a signal sends anew, with another number. */
	bool restarted = event->kind == EVENT_PEEK && event->id < send->id;

	if (send->id && event->id && send->id != event->id && !restarted)
		return check_fail(check, "received with another id", send,
				  event, NULL);
	if (event->id &&
	    (send->type != event->type || send->priority != event->priority))
		return check_fail(check,
				  "received with another type or priority",
				  send, event, NULL);
	return event_wants(event, send) ||
	       check_fail(check, "received what was not wanted", send, event,
			  NULL);
}

static bool check_receive(struct check *check, const struct event *event)
{
	struct message *message = check_find(check, event->value);
	const struct event *send;

	if (!message)
		return check_fail(check, "received what was never sent", event,
				  NULL, NULL);
	send = message->send;
	if (message->recv)
		return check_fail(check, "received twice", send, message->recv,
				  event);
	if (event->end < send->begin)
		return check_fail(check, "received before it was sent", send,
				  event, NULL);
	if (send->ret && !(send->flags & EVENT_KILLED))
		return check_fail(check, "received though its send failed",
				  send, event, NULL);
	message->recv = event;
	return check_told(check, event, send);
}

static bool check_peek(struct check *check, const struct event *event)
{
	struct message *message = check_find(check, event->value);

	if (!message || event->end < message->send->begin)
		return check_fail(check, "seen before it was sent", event, NULL,
				  NULL);
	if (message->recv && message->recv->end < event->begin)
		return check_fail(check, "seen after it was received",
				  message->send, message->recv, event);
	if (message->send->ret && message->send->end < event->begin)
		return check_fail(check, "seen after it was withdrawn",
				  message->send, event, NULL);
	if (message->cancel && message->cancel->end < event->begin)
		return check_fail(check, "seen after it was cancelled",
				  message->send, message->cancel, event);
	return check_told(check, event, message->send);
}

static bool check_looks(struct check *check, enum event_kind kind,
			bool (*look)(struct check *check,
				     const struct event *event))
{
	size_t i;

	for (i = 0; i < check->history->count; i++) {
		const struct event *event = &check->history->events[i];

		if (event->kind == kind && event_is_done(event) &&
		    !look(check, event))
			return false;
	}
	return true;
}

/* Those who may have taken a message without a word of which. */
struct takers {
	const struct event **events;
	uint64_t *earliest;
	size_t count;
};

static int compare_ends(const void *a, const void *b)
{
	const struct event *const *x = a, *const *y = b;

	return compare_stamps(&(*x)->end, &(*y)->end);
}

static bool is_taker(const struct event *event)
{
	bool killed = event->flags & EVENT_KILLED;

	switch (event->kind) {
	case EVENT_RECV:
	case EVENT_CANCEL:
		return killed;
	case EVENT_DRAIN:
		return killed || (!event->ret && event->count);
	case EVENT_DESTROY:
		return killed || !event->ret;
	default:
		return false;
	}
}

static struct takers takers_new(const struct history *history)
{
	struct takers takers = {
		.events = check_alloc(history->count, sizeof(*takers.events)),
		.earliest = check_alloc(history->count + 1, sizeof(uint64_t)),
	};
	size_t i;

	for (i = 0; i < history->count; i++)
		if (is_taker(&history->events[i]))
			takers.events[takers.count++] = &history->events[i];
	qsort(takers.events, takers.count, sizeof(*takers.events),
	      compare_ends);
	takers.earliest[takers.count] = NEVER;
	for (i = takers.count; i--;) {
		const struct event *event = takers.events[i];
		uint64_t begin = event->kind == EVENT_CANCEL ? 0 : event->begin;

		takers.earliest[i] = begin < takers.earliest[i + 1] ?
					     begin :
					     takers.earliest[i + 1];
	}
	return takers;
}

/* From when on one of them may have had a message that was sent at @stamp. */
static uint64_t takers_after(const struct takers *takers, uint64_t stamp)
{
	size_t low = 0, high = takers->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (takers->events[middle]->end < stamp)
			low = middle + 1;
		else
			high = middle;
	}
	return takers->earliest[low];
}

/* Whether one that was not received may have been there after its send ended. */
static bool may_stay(const struct message *message, bool complete)
{
	/* Of a killed sender, that nobody received or took: it never was there. */
	if (message->send->flags & EVENT_KILLED)
		return !complete || message->gone_from != NEVER;
	return event_is_done(message->send);
}

static void place_message(const struct check *check, struct message *message,
			  const struct takers *takers)
{
	const struct history *history = check->history;
	bool complete = history->complete && !history->left;
	const struct event *send = message->send;

	message->placed_by = event_is_done(send) ? send->end : NEVER;
	if (message->recv) {
		message->gone_from = message->recv->begin;
		message->gone_by = message->recv->end;
	} else if (message->cancel) {
		/* A receiver may have had it until then, and gone on without. */
		message->gone_from = send->begin;
		message->gone_by = message->cancel->end;
	} else {
		message->gone_from = check_may_lose(check, send) ?
					     send->begin :
					     takers_after(takers, send->begin);
		message->gone_by = may_stay(message, complete) ? NEVER :
								 send->end;
	}
}

/* A send that waits for its receiver returns no sooner than that takes it. */
static bool check_taken(struct check *check, const struct message *message)
{
	const struct event *send = message->send;

	if (!event_is_done(send) || !(send->flags & EVENT_TAKEN) ||
	    message->gone_from < send->end)
		return true;
	return check_fail(check, "a send returned before it was taken", send,
			  message->recv, NULL);
}

/* How many were received, how many should have been, and how many nobody can have. */
struct balance {
	uint64_t received;
	uint64_t missing;
	uint64_t lost;
};

static bool balance_add(struct check *check, struct balance *balance,
			const struct message *message)
{
	balance->received += !!message->recv;
	if (message->recv || message->cancel || !event_is_done(message->send))
		return true;
	balance->missing++;
	balance->lost += message->gone_from == NEVER;
	return !check->history->complete ||
	       balance->lost <= check->history->left ||
	       check_fail(check, "a message is lost", message->send, NULL,
			  NULL);
}

/* Receives, or CANCELs, that may have been done by callers who were killed. */
static uint64_t count_killed(const struct history *history,
			     enum event_kind kind)
{
	uint64_t count = 0;
	size_t i;

	for (i = 0; i < history->count; i++)
		count += history->events[i].kind == kind &&
			 (history->events[i].flags & EVENT_KILLED);
	return count;
}

static bool check_balance(struct check *check, const struct balance *balance)
{
	const struct history *history = check->history;
	uint64_t unseen = history->received - balance->received;

	if (history->received == UINT64_MAX)
		return true;
	if (balance->received > history->received ||
	    unseen > count_killed(history, EVENT_RECV))
		return check_fail(check, "received other than was counted",
				  NULL, NULL, NULL);
	if (history->complete &&
	    balance->missing > unseen + history->dropped + history->left +
				       count_killed(history, EVENT_CANCEL))
		return check_fail(check, "more is missing than was counted",
				  NULL, NULL, NULL);
	return true;
}

static bool check_messages(struct check *check)
{
	const struct history *history = check->history;
	struct takers takers = takers_new(history);
	struct balance balance = {};
	bool fine = true;
	size_t i;

	for (i = 0; fine && i < check->nr_messages; i++) {
		struct message *message = &check->messages[i];

		place_message(check, message, &takers);
		fine = balance_add(check, &balance, message) &&
		       check_taken(check, message);
	}
	free(takers.events);
	free(takers.earliest);
	return fine && check_balance(check, &balance);
}

bool history_check(const struct history *history, struct verdict *verdict)
{
	struct check check = { .history = history, .verdict = verdict };
	bool fine;

	*verdict = (struct verdict){};
	collect_messages(&check);
	collect_stamps(&check);
	fine = check_answers(&check) &&
	       check_looks(&check, EVENT_RECV, check_receive) &&
	       check_numbers(&check) && check_cancelled(&check) &&
	       check_looks(&check, EVENT_PEEK, check_peek) &&
	       check_messages(&check) && check_calls(&check) &&
	       check_cancels(&check) && check_policy(&check) &&
	       check_lags(&check) && check_order(&check) &&
	       check_drains(&check) && check_room(&check) &&
	       check_choice(&check);
	free(check.numbered);
	free(check.messages);
	free(check.stamps);
	return fine;
}
