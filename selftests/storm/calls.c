// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls and their answers: each call is answered once at most, by who it says, and only
 * while its caller waits; who is told that a call is over, or that its server is, is told
 * the truth. That its message is one like others is looked at elsewhere.
 */
#include <errno.h>
#include <stdlib.h>

#include "check.h"

static bool overlap(const struct event *a, const struct event *b)
{
	return a->begin < b->end && b->begin < a->end;
}

/* A message that is a call, of this number; its receiver knows it. */
static struct message *find_call(const struct check *check, uint64_t id)
{
	struct message *message = check_find_id(check, id);

	return message && (message->send->flags & EVENT_CALL) ? message : NULL;
}

/* What a CALL that returned may say of its message, and of its answer. */
static bool is_truthful(const struct event *call)
{
	switch (call->outcome) {
	case 0:
		return call->said == SAID_REPLIED;
	case -EOWNERDEAD:
		return call->said == SAID_PEER_DIED;
	case -EFAULT:
		return call->said == SAID_REPLIED || !call->id;
	}
	if (!call->id)
		return call->said == SAID_NOT_SENT;
	return call->said == SAID_WITHDRAWN ||
	       (call->said == SAID_TAKEN && call->outcome != -EAGAIN &&
		call->outcome != -EPIPE);
}

static bool check_told(struct check *check)
{
	size_t i;

	for (i = 0; i < check->nr_messages; i++) {
		const struct event *send = check->messages[i].send;
		const struct event *recv = check->messages[i].recv;

		if (!(send->flags & EVENT_CALL)) {
			if (recv && (recv->flags & EVENT_CALL))
				return check_fail(check, "a token of no call",
						  send, recv, NULL);
			continue;
		}
		if (!(send->flags & EVENT_KILLED) && send->said &&
		    !is_truthful(send))
			return check_fail(check, "told what is not so", send,
					  NULL, NULL);
		if (recv && !(recv->flags & (EVENT_CALL | EVENT_NO_ANSWER)))
			return check_fail(check, "a call came without a token",
					  send, recv, NULL);
	}
	return true;
}

/* What the caller says of an answer that was given. */
static bool check_answered(struct check *check, const struct event *reply,
			   const struct event *call)
{
	if (call->flags & EVENT_KILLED)
		return true;
	if (call->outcome == -EFAULT && call->said == SAID_REPLIED)
		return true;
	if (call->outcome)
		return check_fail(check, "answered one that did not learn it",
				  call, reply, NULL);
	return call->answer == reply->value ||
	       check_fail(check, "another answer than was given", call, reply,
			  NULL);
}

static bool check_reply(struct check *check, const struct event *reply)
{
	struct message *message = find_call(check, reply->id);

	if (!message || !message->recv || message->recv->begin > reply->end)
		return check_fail(check, "answered what was not received",
				  reply, NULL, NULL);
	if (message->reply)
		return check_fail(check, "answered twice", message->send,
				  message->reply, reply);
	if (message->send->end < reply->begin)
		return check_fail(check, "answered who had left", message->send,
				  reply, NULL);
	message->reply = reply;
	return check_answered(check, reply, message->send);
}

static bool check_replies(struct check *check)
{
	size_t i;

	for (i = 0; i < check->history->count; i++) {
		const struct event *event = &check->history->events[i];

		if (event->kind == EVENT_REPLY && event_is_done(event) &&
		    !check_reply(check, event))
			return false;
	}
	return true;
}

/* Who was killed while he answered may have done so. */
static void find_killed_replies(struct check *check)
{
	size_t i;

	for (i = 0; i < check->history->count; i++) {
		const struct event *event = &check->history->events[i];
		struct message *message;

		if (event->kind != EVENT_REPLY ||
		    !(event->flags & EVENT_KILLED))
			continue;
		message = find_call(check, event->id);
		if (message && !message->reply &&
		    message->send->answer == event->value)
			message->reply = event;
	}
}

static bool check_outcomes(struct check *check)
{
	size_t i;

	for (i = 0; i < check->nr_messages; i++) {
		const struct message *message = &check->messages[i];
		const struct event *send = message->send;

		if ((send->flags & EVENT_CALL) &&
		    !(send->flags & EVENT_KILLED) && !send->ret &&
		    !send->outcome && !message->reply)
			return check_fail(check, "answered by nobody", send,
					  message->recv, NULL);
	}
	return true;
}

/* ESTALE: wrong if somebody answered it later, who had to be let do so. */
static bool check_stale(struct check *check, const struct event *event)
{
	const struct message *message = find_call(check, event->id);

	if (!message || !message->recv || !message->reply ||
	    message->recv->end > event->begin ||
	    message->reply->begin < event->end)
		return true;
	return check_fail(check, "stale, though it was answered later",
			  message->send, event, message->reply);
}

/* EBUSY and EMSGSIZE: of a call that was open, and one that another answers. */
static bool check_refused(struct check *check, const struct event *event)
{
	const struct message *message = find_call(check, event->id);
	size_t i;

	if (!message || !message->recv || message->recv->begin > event->end ||
	    message->send->end < event->begin ||
	    (message->reply && message->reply->end < event->begin))
		return check_fail(check, "not stale, though nobody waits",
				  event, NULL, NULL);
	for (i = 0; event->ret == -EBUSY && i < check->history->count; i++) {
		const struct event *other = &check->history->events[i];

		if (other != event && other->kind == EVENT_REPLY &&
		    other->id == event->id && overlap(event, other))
			return true;
	}
	return event->ret != -EBUSY ||
	       check_fail(check, "busy, though nobody else answers", event,
			  NULL, NULL);
}

static bool check_failures(struct check *check)
{
	size_t i;

	for (i = 0; i < check->history->count; i++) {
		const struct event *event = &check->history->events[i];

		if (event->kind != EVENT_REPLY || (event->flags & EVENT_KILLED))
			continue;
		if (event->ret == -ESTALE && !check_stale(check, event))
			return false;
		if ((event->ret == -EBUSY || event->ret == -EMSGSIZE) &&
		    !check_refused(check, event))
			return false;
	}
	return true;
}

/* Whether a process surely lived after a stamp. */
bool check_is_alive(const struct check *check, uint32_t process, uint64_t stamp)
{
	size_t i;

	for (i = 0; i < check->history->nr_lives; i++)
		if (check->history->lives[i].process == process &&
		    check->history->lives[i].until > stamp)
			return true;
	return false;
}

/* Whether a receiver may have closed its port between its receive and a stamp. */
static bool may_have_closed(const struct check *check, const struct event *recv,
			    uint64_t until)
{
	size_t i;

	for (i = 0; i < check->history->count; i++) {
		const struct event *event = &check->history->events[i];

		if (event->kind == EVENT_CLOSE &&
		    event->worker == recv->worker && event->begin < until &&
		    event->end > recv->begin)
			return true;
	}
	return false;
}

/* EOWNERDEAD: the server has ended, closed its port, or cannot answer. */
static bool check_servers(struct check *check)
{
	size_t i;

	for (i = 0; i < check->nr_messages; i++) {
		const struct event *send = check->messages[i].send;
		const struct event *recv = check->messages[i].recv;

		if (!(send->flags & EVENT_CALL) ||
		    (send->flags & EVENT_KILLED) ||
		    send->outcome != -EOWNERDEAD || !recv ||
		    (recv->flags & EVENT_NO_ANSWER))
			continue;
		if (check_is_alive(check, recv->process, send->end) &&
		    !may_have_closed(check, recv, send->end))
			return check_fail(check,
					  "the server was said to be gone",
					  send, recv, NULL);
	}
	return true;
}

bool check_has_left(const struct event *call)
{
	return (call->flags & EVENT_KILLED) ||
	       (!call->ret &&
		(call->outcome == -EINTR || call->outcome == -ETIMEDOUT ||
		 call->outcome == -ECANCELED));
}

static bool check_notice(struct check *check, const struct event *event)
{
	struct message *message = find_call(check, event->id);

	/* If who received it was killed, nobody knows its number. */
	if (!message)
		return true;
	if (!check_has_left(message->send) || message->send->begin > event->end)
		return check_fail(check, "notice of one that has not left",
				  message->send, event, NULL);
	if (message->notice)
		return check_fail(check, "a notice came twice", message->send,
				  message->notice, event);
	if (message->recv && message->recv->begin > event->end)
		return check_fail(check, "notice of what was not received",
				  message->send, event, message->recv);
	message->notice = event;
	return true;
}

static bool check_notices(struct check *check)
{
	size_t i;

	for (i = 0; i < check->history->count; i++) {
		const struct event *event = &check->history->events[i];

		if (event->kind == EVENT_NOTICE && event_is_done(event) &&
		    !check_notice(check, event))
			return false;
	}
	return true;
}

bool check_calls(struct check *check)
{
	if (!check_told(check) || !check_replies(check))
		return false;
	find_killed_replies(check);
	return check_outcomes(check) && check_failures(check) &&
	       check_servers(check) && check_notices(check);
}
