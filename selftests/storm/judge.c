// SPDX-License-Identifier: GPL-2.0-only
/*
 * Judgement on a round: all workers are gone, so nothing may wait or be in transfer,
 * the counters add up, what is left can be received, and the history of each mailbox
 * is one that a mailbox may have.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <linux/ipcmbox.h>

#include "names.h"
#include "storm.h"

#define MARGIN 400 /* stamps before and after a culprit that are printed */

void event_print(const struct event *event)
{
	static const char *const names[] = {
		[EVENT_NONE] = "none",	   [EVENT_SEND] = "SEND",
		[EVENT_RECV] = "RECV",	   [EVENT_PEEK] = "PEEK",
		[EVENT_DRAIN] = "DRAIN",   [EVENT_DESTROY] = "DESTROY",
		[EVENT_SET] = "SET",	   [EVENT_POLL] = "POLL",
		[EVENT_REPLY] = "REPLY",   [EVENT_NOTICE] = "NOTICE",
		[EVENT_CANCEL] = "CANCEL", [EVENT_CLOSE] = "CLOSE",
		[EVENT_CREATE] = "CREATE", [EVENT_OPEN] = "OPEN",
		[EVENT_UNLINK] = "UNLINK", [EVENT_LISTED] = "LIST",
	};

	printf("  [%" PRIu64 " %" PRIu64 "] worker %u: %s", event->begin,
	       event->end, event->worker, names[event->kind]);
	if (event->value)
		printf(" message %" PRIx64, event->value);
	if (event->id)
		printf(" id %" PRIu64, event->id);
	if (event->match)
		printf(" match %u %u", event->match, event->wanted);
	if (event->type)
		printf(" type %u priority %u", event->type, event->priority);
	if (event->count)
		printf(" count %u", event->count);
	printf(": %s%s%s%s\n",
	       event->flags & EVENT_KILLED ? "killed" :
	       event->ret		   ? strerror(-event->ret) :
					     "done",
	       event->flags & EVENT_TAKEN ? ", until taken" : "",
	       event->flags & EVENT_CALL ? ", a call" : "",
	       event->flags & EVENT_CASE ? ", of several" : "");
	if (event->outcome || event->answer)
		printf("   answered %" PRIx64 ": %s\n", event->answer,
		       strerror(-event->outcome));
}

static bool complain(const struct round *round, const struct options *options,
		     unsigned int box, const char *what)
{
	const struct box *kind = &round->boxes[box];

	printf("seed %" PRIu64 ", round %" PRIu64
	       ", mailbox %u of capacity %lld, order %u, policy %u%s: %s\n",
	       options->seed, round->number, box, (long long)kind->capacity,
	       kind->order, kind->policy, kind->selective ? ", selective" : "",
	       what);
	return false;
}

static bool receive_rest(struct round *round, const struct options *options)
{
	struct caller caller;
	unsigned int box;

	if (!caller_init(&caller, round, 0, options->seed))
		return false;
	for (box = 0; box < STORM_BOXES; box++)
		while (caller.rx[box] >= 0 && call_receive_rest(&caller, box))
			;
	caller_exit(&caller);
	return true;
}

/* Where nobody can receive any more, messages may be left. */
static bool check_info(const struct ipcmbox_info *info)
{
	bool may_stay = !info->receivers;

	return !info->senders_waiting && !info->receivers_waiting &&
	       !info->in_transfer && !info->calls &&
	       (may_stay || !info->queued) &&
	       !info->queued == !info->queued_bytes &&
	       info->sent == info->received + info->queued + info->withdrawn +
				     info->expired + info->dropped;
}

/* What is sent to all is sent to each. */
static bool is_about(const struct event *event, unsigned int box)
{
	return event->box == box ||
	       (box > STORM_HUB && box < STORM_BOXES &&
		event->box == STORM_HUB && event->kind == EVENT_SEND);
}

/* The events of a mailbox, of all workers; those without an end were cut off. */
static struct event *gather(const struct round *round, unsigned int box,
			    size_t *count)
{
	struct event *events = malloc(round_events(round) * sizeof(*events));
	unsigned int slot, i;

	*count = 0;
	for (slot = 0; events && slot < STORM_WORKERS; slot++) {
		const struct worker *worker = &round->workers[slot];

		for (i = 0; i < worker->count; i++) {
			struct event *event = &events[*count];

			*event = worker->events[i];
			if (!is_about(event, box))
				continue;
			if (!event->end) {
				event->end = worker->death ?: round->clock;
				event->flags |= EVENT_KILLED;
				event->ret = 0;
				if (event->kind != EVENT_SEND &&
				    event->kind != EVENT_REPLY &&
				    event->kind != EVENT_DESTROY)
					event->value = 0;
			}
			++*count;
		}
	}
	return events;
}

static void print_verdict(const struct history *history,
			  const struct verdict *verdict)
{
	uint64_t from = UINT64_MAX, to = 0;
	size_t i;

	for (i = 0; i < 3; i++) {
		const struct event *event = verdict->culprits[i];

		if (!event)
			continue;
		event_print(event);
		from = event->begin < from ? event->begin : from;
		to = event->end > to ? event->end : to;
	}
	printf(" around them:\n");
	for (i = 0; i < history->count; i++)
		if (history->events[i].end + MARGIN > from &&
		    history->events[i].begin < to + MARGIN)
			event_print(&history->events[i]);
}

/* Until when each process surely lived: it began a call then. */
static void find_lives(const struct round *round, struct life *lives)
{
	unsigned int slot, i;

	for (slot = 0; slot < STORM_WORKERS; slot++) {
		const struct worker *worker = &round->workers[slot];

		lives[slot] = (struct life){};
		for (i = 0; i < worker->count; i++) {
			lives[slot].process = worker->events[i].process;
			if (worker->events[i].begin > lives[slot].until)
				lives[slot].until = worker->events[i].begin;
		}
	}
}

static bool judge_box(const struct round *round, const struct options *options,
		      const struct life *lives, unsigned int box)
{
	struct ipcmbox_info info = { .size = sizeof(info) };
	struct history history = { .complete = true };
	struct verdict verdict = {};
	struct event *events;
	bool fine;

	if (ioctl(round->boxes[box].rx < 0 ? round->boxes[box].tx :
					     round->boxes[box].rx,
		  IPCMBOX_IOC_INFO, &info))
		return complain(round, options, box, "INFO failed");
	if (!check_info(&info))
		return complain(round, options, box,
				"the counters do not add up, or someone waits");
	/* It has no receivers; what came of its messages is seen where they went. */
	if (box == STORM_HUB)
		return true;
	events = gather(round, box, &history.count);
	if (!events)
		return complain(round, options, box, "out of memory");
	if (options->plant &&
	    !plant(options->plant, &round->boxes[box], events, history.count)) {
		free(events);
		return true;
	}
	history.capacity = round->boxes[box].capacity;
	history.order = (enum history_order)round->boxes[box].order;
	history.selective = round->boxes[box].selective;
	history.policy = (enum history_policy)round->boxes[box].policy;
	history.lives = lives;
	history.nr_lives = STORM_WORKERS;
	history.events = events;
	history.left = info.queued;
	history.received = info.received;
	history.dropped = info.dropped;
	history.scarce = round->scarce;
	history.broadcast = box > STORM_HUB;
	history.slow = (enum history_slow)round->boxes[box].slow;
	/* What it has lost it counts as discarded. */
	if (history.slow) {
		history.received = UINT64_MAX;
		history.dropped = UINT64_MAX;
	}
	fine = history_check(&history, &verdict);
	if (!fine) {
		complain(round, options, box, verdict.what);
		print_verdict(&history, &verdict);
	}
	free(events);
	return fine;
}

static bool judge_name(const struct round *round, const struct options *options,
		       unsigned int number)
{
	struct history history = {};
	struct verdict verdict = {};
	struct event *events = gather(round, number, &history.count);
	bool fine = events;

	if (!fine)
		printf("out of memory\n");
	if (fine && options->plant &&
	    !plant_name(options->plant, events, history.count)) {
		free(events);
		return true;
	}
	history.events = events;
	history.scarce = round->scarce;
	fine = fine && names_check(&history, &verdict);
	if (events && !fine) {
		printf("seed %" PRIu64 ", round %" PRIu64 ", name %u: %s\n",
		       options->seed, round->number, number, verdict.what);
		print_verdict(&history, &verdict);
	}
	free(events);
	return fine;
}

bool judge_round(struct round *round, const struct options *options)
{
	struct life lives[STORM_WORKERS];
	unsigned int box;
	bool fine = receive_rest(round, options) && !round->wrong;

	find_lives(round, lives);
	for (box = 0; fine && box < STORM_BOXES; box++)
		fine = judge_box(round, options, lives, box);
	for (; fine && box < STORM_BOXES + STORM_NAMES; box++)
		fine = judge_name(round, options, box);
	return fine;
}
