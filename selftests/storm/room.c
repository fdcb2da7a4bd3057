// SPDX-License-Identifier: GPL-2.0-only
/*
 * What was there and what was not: a receive that found nothing must have had an
 * instant at which nothing was surely there, a send that was refused one at which the
 * mailbox may have been full, one that was let in one at which it surely was not; the
 * same for what poll(2) says. Where quota is scarce, nobody knows whether there is room.
 * At no instant may more be stored than it ever held.
 */
#include <errno.h>
#include <stdlib.h>

#include "check.h"

/* While DRAIN is under way the line is held up, and a send may well be refused. */
#define DRAIN_WEIGHT (1LL << 40)
/* The room of a mailbox without a bound; no DRAIN makes that full. */
#define NO_BOUND (1LL << 50)

/**
 * struct room - numbers of messages over time
 * @present: that surely are in the mailbox
 * @in_sight: the same, without those that a failing receive may have at the moment
 * @surplus: @in_sight less the largest capacity it may have: below 0 there may be room
 * @possible: that may be in the mailbox, and DRAIN_WEIGHT
 * @crowd: @possible less the least capacity it may have: below 0 there surely is room
 */
struct room {
	struct sums *present;
	struct sums *in_sight;
	struct sums *surplus;
	struct sums *possible;
	struct sums *crowd;
};

static int64_t bounded(uint64_t capacity)
{
	return capacity == HISTORY_UNBOUNDED ? NO_BOUND : (int64_t)capacity;
}

/* A capacity, and the time in which it may have been the mailbox's. */
struct span {
	uint64_t from;
	uint64_t to;
	int64_t capacity;
};

/* When a later SET is over, the capacity of one that ended at @stamp is gone. */
static uint64_t superseded(const struct history *history, uint64_t stamp)
{
	uint64_t first = NEVER;
	size_t i;

	for (i = 0; i < history->count; i++) {
		const struct event *event = &history->events[i];

		if (event->kind == EVENT_SET && event_is_done(event) &&
		    event->begin > stamp && event->end < first)
			first = event->end;
	}
	return first;
}

static size_t collect_spans(const struct history *history, struct span *spans)
{
	size_t i, count = 0;

	spans[count++] = (struct span){ 0, superseded(history, 0),
					bounded(history->capacity) };
	for (i = 0; i < history->count; i++) {
		const struct event *event = &history->events[i];

		if (event->kind == EVENT_SET &&
		    (!event->ret || (event->flags & EVENT_KILLED)))
			spans[count++] =
				(struct span){ event->begin,
					       superseded(history, event->end),
					       event->count };
	}
	return count;
}

/* The extreme of the spans at a stamp; @sign is 1 for the largest, -1 for the least. */
static int64_t capacity_at(const struct span *spans, size_t count,
			   uint64_t stamp, int sign)
{
	int64_t extreme = 0;
	bool found = false;
	size_t i;

	for (i = 0; i < count; i++) {
		if (stamp < spans[i].from || stamp >= spans[i].to)
			continue;
		if (!found || sign * spans[i].capacity > sign * extreme)
			extreme = spans[i].capacity;
		found = true;
	}
	return extreme;
}

static int compare_stamps(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void subtract_capacity(const struct check *check, struct sums *sums,
			      int sign)
{
	const struct history *history = check->history;
	struct span *spans = check_alloc(history->count + 1, sizeof(*spans));
	size_t i, count = collect_spans(history, spans);
	uint64_t *edges = check_alloc(2 * count, sizeof(*edges));

	for (i = 0; i < count; i++) {
		edges[2 * i] = spans[i].from;
		edges[2 * i + 1] = spans[i].to;
	}
	qsort(edges, 2 * count, sizeof(*edges), compare_stamps);
	for (i = 0; i + 1 < 2 * count; i++)
		if (edges[i] < edges[i + 1])
			sums_add(sums, edges[i], edges[i + 1],
				 -capacity_at(spans, count, edges[i], sign));
	free(spans);
	free(edges);
}

static void add_present(const struct check *check, struct sums *sums)
{
	size_t i;

	for (i = 0; i < check->nr_messages; i++)
		sums_add(sums, check->messages[i].placed_by,
			 check->messages[i].gone_from, 1);
}

static void subtract_returns(const struct check *check, struct sums *sums)
{
	size_t i;

	for (i = 0; i < check->history->count; i++) {
		const struct event *event = &check->history->events[i];

		if (event_may_return(event))
			sums_add(sums, event->begin, event->end, -1);
	}
}

static void add_possible(const struct check *check, struct sums *sums)
{
	size_t i;

	for (i = 0; i < check->nr_messages; i++)
		sums_add(sums, check->messages[i].send->begin,
			 check->messages[i].gone_by, 1);
	for (i = 0; i < check->history->count; i++) {
		const struct event *event = &check->history->events[i];

		if (event->kind == EVENT_DRAIN)
			sums_add(sums, event->begin, event->end, DRAIN_WEIGHT);
	}
}

static struct room room_new(const struct check *check)
{
	struct room room = {
		.present = sums_new(check),
		.in_sight = sums_new(check),
		.surplus = sums_new(check),
		.possible = sums_new(check),
		.crowd = sums_new(check),
	};

	add_present(check, room.present);
	add_present(check, room.in_sight);
	subtract_returns(check, room.in_sight);
	add_present(check, room.surplus);
	subtract_returns(check, room.surplus);
	subtract_capacity(check, room.surplus, 1);
	add_possible(check, room.possible);
	add_possible(check, room.crowd);
	subtract_capacity(check, room.crowd, -1);
	sums_finish(room.present);
	sums_finish(room.in_sight);
	sums_finish(room.surplus);
	sums_finish(room.possible);
	sums_finish(room.crowd);
	return room;
}

static void room_free(struct room *room)
{
	sums_free(room->present);
	sums_free(room->in_sight);
	sums_free(room->surplus);
	sums_free(room->possible);
	sums_free(room->crowd);
}

static bool is_refusal(const struct event *event)
{
	return !(event->flags & EVENT_KILLED) &&
	       (event->ret == -EAGAIN || event->ret == -ETIMEDOUT ||
		event->ret == -EINTR);
}

static bool was_taken_back(const struct event *send)
{
	return (send->flags & EVENT_KILLED) || send->ret == -EINTR ||
	       send->ret == -ETIMEDOUT || send->ret == -ENOENT ||
	       send->ret == -ECANCELED;
}

/* The caller has left: who replies to him, or ends, takes the notice away, also under its copy. */
static bool may_have_notice(const struct event *send, const struct event *event)
{
	return (event->flags & EVENT_NOTICES) && (send->flags & EVENT_CALL) &&
	       check_has_left(send) && send->begin < event->end;
}

/* A signal also ends a receive whose message was taken back under its copy, or its notice. */
static bool may_have_lost_its(const struct check *check,
			      const struct event *event)
{
	size_t i;

	if (event->kind != EVENT_RECV || event->ret != -EINTR)
		return false;
	for (i = 0; i < check->nr_messages; i++) {
		const struct event *send = check->messages[i].send;
		const struct event *cancel = check->messages[i].cancel;

		if (was_taken_back(send) && send->begin < event->end &&
		    send->end > event->begin)
			return true;
		if (cancel && cancel->begin < event->end)
			return true;
		if (may_have_notice(send, event))
			return true;
	}
	return false;
}

static bool check_receive(struct check *check, const struct room *room,
			  const struct event *event)
{
	/* What one that chooses should have found is in choice.c. */
	if ((!is_refusal(event) && event->ret != -EPIPE) ||
	    event->match != MATCH_ANY ||
	    sums_min(room->in_sight, event->begin, event->end) < 1 ||
	    may_have_lost_its(check, event))
		return true;
	return check_fail(check, "nothing was found though a message was there",
			  event, NULL, NULL);
}

/* Where the first message may be one that waits for room, it needs none. */
static bool needs_no_room(const struct check *check, const struct event *send)
{
	return check_reorders(check) &&
	       check_find(check, send->value)->gone_from < send->end;
}

static bool check_send(struct check *check, const struct room *room,
		       const struct event *event)
{
	/* One that waits for its receiver needs no room, and may wait in vain. */
	if (event->flags & EVENT_TAKEN)
		return true;
	/* One to many may be refused for the sake of others, and where it has no room
	 * be lost.
	 */
	if (check->history->broadcast && (event->ret || check->history->slow))
		return true;
	/*
	 * The refused message itself is one of those that may be there. One that waits for
	 * quota may stand before it.
	 */
	if (is_refusal(event) && !check->history->scarce &&
	    sums_max(room->crowd, event->begin, event->end) - 1 < 0)
		return check_fail(check,
				  "a send was refused though there was room",
				  event, NULL, NULL);
	if (event_is_done(event) && !needs_no_room(check, event) &&
	    sums_min(room->surplus, event->begin, event->end) >= 0)
		return check_fail(check, "a send was let in without room",
				  event, NULL, NULL);
	return true;
}

static bool check_poll(struct check *check, const struct room *room,
		       const struct event *event)
{
	uint64_t from = event->begin, to = event->end;
	uint32_t said = event->count;

	if ((said & POLL_MESSAGE) && sums_max(room->possible, from, to) < 1)
		return check_fail(check, "poll told of a message that was none",
				  event, NULL, NULL);
	if ((said & POLL_NONE) && sums_min(room->in_sight, from, to) > 0)
		return check_fail(check,
				  "poll told of none though one was there",
				  event, NULL, NULL);
	if ((said & POLL_ROOM) && sums_min(room->surplus, from, to) >= 0)
		return check_fail(check, "poll told of room that was none",
				  event, NULL, NULL);
	if ((said & POLL_FULL) && !check->history->scarce &&
	    sums_max(room->crowd, from, to) < 0)
		return check_fail(check,
				  "poll told of none though there was room",
				  event, NULL, NULL);
	return true;
}

static bool check_event(struct check *check, const struct room *room,
			const struct event *event)
{
	switch (event->kind) {
	case EVENT_SEND:
		return check_send(check, room, event);
	case EVENT_RECV:
	case EVENT_PEEK:
		return check_receive(check, room, event);
	case EVENT_POLL:
		return event->ret || (event->flags & EVENT_KILLED) ||
		       check_poll(check, room, event);
	default:
		return true;
	}
}

/* The first who learnt that nothing comes any more. */
static const struct event *find_end(const struct history *history)
{
	const struct event *first = NULL;
	size_t i;

	for (i = 0; i < history->count; i++) {
		const struct event *event = &history->events[i];

		if (event->ret == -EPIPE && event->kind != EVENT_SEND &&
		    !(event->flags & EVENT_KILLED) &&
		    (!first || event->end < first->end))
			first = event;
	}
	return first;
}

/* Whether there was no room for it, and it did not wait for any. */
static bool may_have_ended(const struct check *check, const struct room *room,
			   const struct message *message)
{
	const struct event *send = message->send;

	return !message->recv && !(send->flags & EVENT_ALL) &&
	       (!send->ret || (send->flags & EVENT_KILLED)) &&
	       (check->history->scarce ||
		sums_max(room->crowd, send->begin, send->end) > 0);
}

/* A subscription that ends does so when it loses a message, and gets no other. */
static bool check_disconnect(struct check *check, const struct room *room)
{
	const struct event *end = find_end(check->history);
	bool lost = false;
	size_t i;

	if (!end || check->history->slow != SLOW_DISCONNECT)
		return true;
	for (i = 0; i < check->nr_messages; i++) {
		const struct message *message = &check->messages[i];

		if (message->send->begin < end->end)
			lost = lost || may_have_ended(check, room, message);
		else if (message->recv)
			return check_fail(check, "received after the end",
					  message->send, end, message->recv);
	}
	return lost || check_fail(check, "ended though nothing was lost", end,
				  NULL, NULL);
}

static int64_t largest_capacity(const struct history *history)
{
	struct span *spans = check_alloc(history->count + 1, sizeof(*spans));
	size_t i, count = collect_spans(history, spans);
	int64_t largest = 0;

	for (i = 0; i < count; i++)
		if (spans[i].capacity > largest)
			largest = spans[i].capacity;
	free(spans);
	return largest;
}

/* The send after which it was too much. */
static const struct event *find_excess(const struct check *check,
				       const struct sums *present,
				       int64_t capacity)
{
	const struct event *found = NULL;
	uint64_t first = NEVER;
	size_t i;

	for (i = 0; i < check->nr_messages; i++) {
		const struct message *message = &check->messages[i];

		if (message->placed_by >= message->gone_from ||
		    message->placed_by > first ||
		    sums_max(present, message->placed_by,
			     message->placed_by + 1) <= capacity)
			continue;
		first = message->placed_by;
		found = message->send;
	}
	return found;
}

static bool check_bound(struct check *check, const struct room *room)
{
	int64_t capacity = largest_capacity(check->history);

	if (sums_max(room->present, check->stamps[0], NEVER) <= capacity)
		return true;
	return check_fail(check, "more was stored than it holds",
			  find_excess(check, room->present, capacity), NULL,
			  NULL);
}

bool check_room(struct check *check)
{
	struct room room;
	bool fine;
	size_t i;

	if (check->nr_stamps < 2)
		return true;
	room = room_new(check);
	fine = check_bound(check, &room) && check_disconnect(check, &room);
	for (i = 0; fine && i < check->history->count; i++)
		fine = check_event(check, &room, &check->history->events[i]);
	room_free(&room);
	return fine;
}
