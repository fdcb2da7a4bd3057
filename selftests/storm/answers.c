// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a call may say by itself or beside one other: errnos that there are, what a send
 * says of its message, EIDRM, the end of file and its counterpart for senders.
 */
#include <errno.h>

#include "check.h"

/* What a call may fail with; what it says of the mailbox is looked at elsewhere. */
static bool is_expected(const struct event *event)
{
	static const int expected[][9] = {
		[EVENT_SEND] = { EAGAIN, ETIMEDOUT, EINTR, EFAULT, ECANCELED,
				 EPIPE, EIDRM, EBUSY },
		[EVENT_RECV] = { EAGAIN, ETIMEDOUT, EINTR, EFAULT, EMSGSIZE,
				 EPIPE, EIDRM, EBUSY, ESRCH },
		[EVENT_PEEK] = { EAGAIN, EFAULT, EMSGSIZE, EPIPE, EIDRM, EBUSY,
				 ESRCH },
		[EVENT_DRAIN] = { EIDRM },
		[EVENT_DESTROY] = { EIDRM },
		[EVENT_SET] = { EIDRM },
		[EVENT_POLL] = { EINTR },
		[EVENT_REPLY] = { ESTALE, EMSGSIZE, EBUSY, EIDRM },
		[EVENT_CANCEL] = { EIDRM },
		[EVENT_CLOSE] = {},
	};
	const int *errnos = expected[event->kind];
	size_t i;

	if (!event->ret || (event->flags & EVENT_KILLED) ||
	    (event->ret == -ENOENT && (event->flags & EVENT_CASE)))
		return true;
	for (i = 0; i < 9; i++)
		if (errnos[i] && event->ret == -errnos[i])
			return true;
	return false;
}

/* Who sends, or looks, needs memory. */
static bool lacks_quota(const struct history *history,
			const struct event *event)
{
	return history->scarce && event->ret == -EDQUOT &&
	       (event->kind == EVENT_SEND || event->kind == EVENT_PEEK);
}

/* EBUSY is a matter of policy, and ESRCH of what was asked for. */
static bool is_proper(const struct history *history, const struct event *event)
{
	if (event->ret == -ESRCH)
		return event->match == MATCH_SENDER;
	if (event->ret != -EBUSY || event->kind == EVENT_REPLY)
		return true;
	return history->policy == POLICY_EXCLUSIVE ||
	       (history->policy == POLICY_ONE_RECEIVER &&
		event->kind != EVENT_SEND);
}

static bool check_errnos(struct check *check)
{
	size_t i;

	for (i = 0; i < check->history->count; i++) {
		const struct event *event = &check->history->events[i];

		if (!lacks_quota(check->history, event) &&
		    (!is_expected(event) || !is_proper(check->history, event)))
			return check_fail(check, "failed for no reason", event,
					  NULL, NULL);
	}
	return true;
}

/* A message that had a place has a number, and is never said not to have been sent. */
static bool is_truthful(const struct event *event)
{
	switch (event->ret) {
	case 0:
		if (!event->id || event->said == SAID_NOT_SENT ||
		    event->said == SAID_WITHDRAWN)
			return false;
		return !(event->flags & EVENT_TAKEN) ||
		       event->said == SAID_TAKEN;
	case -EAGAIN:
	case -ETIMEDOUT:
	case -EINTR:
	case -EPIPE:
	case -EIDRM:
	case -EBUSY:
	case -EDQUOT:
		return event->said ==
		       (event->id ? SAID_WITHDRAWN : SAID_NOT_SENT);
	default:
		return true;
	}
}

static bool check_said(struct check *check)
{
	size_t i;

	for (i = 0; i < check->history->count; i++) {
		const struct event *event = &check->history->events[i];

		/* What a CALL says is in calls.c. */
		if (event->kind == EVENT_SEND && event->said &&
		    !(event->flags & (EVENT_KILLED | EVENT_CALL)) &&
		    !is_truthful(event))
			return check_fail(check, "told what is not so", event,
					  NULL, NULL);
	}
	return true;
}

/* The first to end, or to begin, among the events of a kind with this result. */
static const struct event *first_to_end(const struct check *check,
					enum event_kind kind, int ret)
{
	const struct event *first = NULL;
	size_t i;

	for (i = 0; i < check->history->count; i++) {
		const struct event *event = &check->history->events[i];

		if (event->kind == kind && event->ret == ret &&
		    !(event->flags & EVENT_KILLED) &&
		    (!first || event->end < first->end))
			first = event;
	}
	return first;
}

static uint64_t first_to_begin(const struct check *check, enum event_kind kind)
{
	uint64_t first = NEVER;
	size_t i;

	for (i = 0; i < check->history->count; i++) {
		const struct event *event = &check->history->events[i];

		if (event->kind == kind && event->begin < first)
			first = event->begin;
	}
	return first;
}

static bool check_destroyed(struct check *check)
{
	const struct event *over = first_to_end(check, EVENT_DESTROY, 0);
	uint64_t begun = first_to_begin(check, EVENT_DESTROY);
	size_t i;

	for (i = 0; i < check->history->count; i++) {
		const struct event *event = &check->history->events[i];

		if (over && event_is_done(event) && event->begin > over->end &&
		    event->kind != EVENT_POLL && event->kind != EVENT_CLOSE)
			return check_fail(check, "done on a destroyed mailbox",
					  event, NULL, NULL);
		if (event->ret == -EIDRM && event->end < begun)
			return check_fail(check, "EIDRM before a DESTROY",
					  event, NULL, NULL);
	}
	return true;
}

static bool is_of_receiver(const struct event *event)
{
	return event->kind == EVENT_RECV || event->kind == EVENT_PEEK ||
	       event->kind == EVENT_DRAIN;
}

/*
 * The end of file means that no sender is left, EPIPE to a sender that no receiver is.
 * Neither comes back: every port is made from one with the same right. The end of a
 * subscription that lost a message is looked at with its room.
 */
static bool check_ends(struct check *check)
{
	const struct event *no_sender = first_to_end(check, EVENT_RECV, -EPIPE);
	const struct event *no_receiver =
		first_to_end(check, EVENT_SEND, -EPIPE);
	bool ends_early = check->history->slow == SLOW_DISCONNECT;
	size_t i;

	for (i = 0; i < check->history->count; i++) {
		const struct event *event = &check->history->events[i];

		if (no_sender && !ends_early && event->kind == EVENT_SEND &&
		    event->begin > no_sender->end)
			return check_fail(
				check, "the file ended before its last sender",
				no_sender, event, NULL);
		if (no_receiver && is_of_receiver(event) &&
		    event->begin > no_receiver->end)
			return check_fail(check,
					  "EPIPE while there is a receiver",
					  no_receiver, event, NULL);
	}
	return true;
}

bool check_answers(struct check *check)
{
	return check_errnos(check) && check_said(check) &&
	       check_destroyed(check) && check_ends(check);
}
