// SPDX-License-Identifier: GPL-2.0-only
/*
 * CANCEL: what it says to have taken back nobody receives, and what it says to be gone
 * is; and who is told that his message was taken back is told the truth.
 */
#include <errno.h>

#include "check.h"

static bool is_cancel(const struct event *event)
{
	return event->kind == EVENT_CANCEL && event_is_done(event);
}

static bool check_done(struct check *check, const struct event *event)
{
	struct message *message = check_find_id(check, event->id);

	/* One that had another number when it was taken back, or was never told it. */
	if (!message)
		return true;
	if (message->cancel)
		return check_fail(check, "cancelled twice", message->send,
				  message->cancel, event);
	if (message->recv)
		return check_fail(check, "received though it was cancelled",
				  message->send, event, message->recv);
	if (message->send->begin > event->end)
		return check_fail(check, "cancelled before it was sent",
				  message->send, event, NULL);
	if (message->send->process != event->process)
		return check_fail(check, "cancelled by another process",
				  message->send, event, NULL);
	message->cancel = event;
	return true;
}

/* Before it is known when each message was there: what was taken back was not. */
bool check_cancelled(struct check *check)
{
	size_t i;

	for (i = 0; i < check->history->count; i++) {
		const struct event *event = &check->history->events[i];

		if (is_cancel(event) && event->count == CANCEL_DONE &&
		    !check_done(check, event))
			return false;
	}
	return true;
}

/* Gone: wrong if it was there all the time, in transfer too. */
static bool check_too_late(struct check *check, const struct event *event)
{
	const struct message *message = check_find_id(check, event->id);

	if (!message || message->placed_by > event->begin ||
	    message->gone_from < event->end)
		return true;
	return check_fail(check, "too late to cancel what was there",
			  message->send, event, NULL);
}

static bool check_replied(struct check *check, const struct event *event)
{
	const struct message *message = check_find_id(check, event->id);

	/* Nobody saw the answer that somebody who was killed gave to such a caller. */
	if (!message || message->send->outcome == -EFAULT)
		return true;
	if (message->reply && message->reply->begin < event->end &&
	    message->send->end > event->begin)
		return true;
	return check_fail(check, "said to be replied", message->send, event,
			  NULL);
}

static bool check_unknown(struct check *check, const struct event *event)
{
	const struct message *message = check_find_id(check, event->id);

	if (!message || message->send->process != event->process ||
	    message->send->end > event->begin)
		return true;
	return check_fail(check, "said to be unknown", message->send, event,
			  NULL);
}

static bool check_result(struct check *check, const struct event *event)
{
	switch (event->count) {
	case CANCEL_DONE:
		return true;
	case CANCEL_TOO_LATE:
		return check_too_late(check, event);
	case CANCEL_REPLIED:
		return check_replied(check, event);
	case CANCEL_UNKNOWN:
		return check_unknown(check, event);
	default:
		return check_fail(check, "no such answer", event, NULL, NULL);
	}
}

/* Whether a CANCEL may have told this sender, or caller, that it is over. */
static bool may_tell(const struct event *event, const struct event *send,
		     uint32_t result)
{
	return event->kind == EVENT_CANCEL && event->begin < send->end &&
	       event->end > send->begin &&
	       (!send->id || event->id == send->id) &&
	       ((event->flags & EVENT_KILLED) ||
		(!event->ret && event->count == result));
}

static bool was_told(const struct check *check, const struct event *send)
{
	bool taken = (send->flags & EVENT_CALL) && !send->ret;
	size_t i;

	for (i = 0; i < check->history->count; i++) {
		const struct event *event = &check->history->events[i];

		if (may_tell(event, send,
			     taken ? CANCEL_TOO_LATE : CANCEL_DONE))
			return true;
		/* What it discards its sender waits for, until it is taken. */
		if (event->kind == EVENT_DRAIN && !taken &&
		    (send->flags & EVENT_TAKEN) && event->begin < send->end)
			return true;
	}
	return false;
}

/* ECANCELED, of a message and of a call that was taken. */
static bool check_senders(struct check *check)
{
	size_t i;

	for (i = 0; i < check->nr_messages; i++) {
		const struct event *send = check->messages[i].send;

		if ((send->flags & EVENT_KILLED) ||
		    (send->ret != -ECANCELED && send->outcome != -ECANCELED) ||
		    was_told(check, send))
			continue;
		return check_fail(check, "cancelled by nobody", send, NULL,
				  NULL);
	}
	return true;
}

/* Afterwards: what the others say. */
bool check_cancels(struct check *check)
{
	size_t i;

	for (i = 0; i < check->history->count; i++) {
		const struct event *event = &check->history->events[i];

		if (is_cancel(event) && !check_result(check, event))
			return false;
	}
	return check_senders(check);
}
