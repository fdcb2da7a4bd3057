// SPDX-License-Identifier: GPL-2.0-only
/*
 * Subscriptions: the lag that they tell is that of messages which their mailbox sent and
 * they did not get. The numbers of a mailbox that broadcasts have no gaps. One that ends
 * when it loses a message tells of none, and has all before that one.
 */
#include "check.h"

/* Whether all that may take a message, or hear of a lag, is known. */
static bool is_plain(const struct event *event)
{
	switch (event->kind) {
	case EVENT_RECV:
		return !event_may_return(event) && (event->ret || event->id);
	case EVENT_DRAIN:
	case EVENT_DESTROY:
		return false;
	default:
		return true;
	}
}

bool check_may_lose(const struct check *check, const struct event *send)
{
	switch (check->history->slow) {
	case SLOW_BLOCK:
		return false;
	case SLOW_DROP_NEWEST:
		return !(send->flags & EVENT_ALL);
	default:
		return true;
	}
}

static bool tells_lags(const struct history *history)
{
	return history->slow == SLOW_DROP_OLDEST ||
	       history->slow == SLOW_DROP_NEWEST;
}

bool check_lags(struct check *check)
{
	const struct history *history = check->history;
	uint64_t told = 0, received = 0, last = 0;
	bool plain = true;
	size_t i;

	for (i = 0; i < history->count; i++) {
		const struct event *event = &history->events[i];

		plain = plain && is_plain(event);
		if (event->kind != EVENT_RECV || !event_is_done(event))
			continue;
		if (event->count && !tells_lags(history))
			return check_fail(check, "lost where nothing gets lost",
					  event, NULL, NULL);
		told += event->count;
		received++;
		if (event->id > last)
			last = event->id;
	}
	if (!history->slow || told + received == last ||
	    (!plain && told + received < last))
		return true;
	return check_fail(check, "another lag than there was", NULL, NULL,
			  NULL);
}
