// SPDX-License-Identifier: GPL-2.0-only
/*
 * Policies: who was refused because others receive, or because the mailbox belongs to
 * them, must have had such others; and no mailbox belongs to two.
 */
#include <errno.h>
#include <stdlib.h>

#include "check.h"

static bool is_receive(const struct event *event)
{
	return event->kind == EVENT_RECV || event->kind == EVENT_NOTICE;
}

static bool is_look(const struct event *event)
{
	return is_receive(event) || event->kind == EVENT_PEEK;
}

/*
 * Whether it may have got as far as to wait: perhaps until whom it waits for had gone, or
 * until a signal came, after which it was too late to begin again.
 */
static bool was_let_in(const struct event *event)
{
	return event->ret != -EBUSY || (event->flags & EVENT_SIGNALLED);
}

static bool receives_beside(const struct event *event,
			    const struct event *other)
{
	return is_receive(other) && was_let_in(other) &&
	       other->worker != event->worker && other->begin < event->end &&
	       event->begin < other->end;
}

/*
 * Whether another process may have had the role of this one: for good, or as long as its
 * call was under way.
 */
static bool may_own(const struct event *event, const struct event *other)
{
	bool same_role = event->kind == EVENT_SEND ? other->kind == EVENT_SEND :
						     is_receive(other);
	bool over = other->end && other->end < event->begin;

	return same_role && was_let_in(other) &&
	       other->process != event->process && other->begin < event->end &&
	       (event_is_done(other) || !over);
}

static bool check_busy(struct check *check, const struct event *event)
{
	bool owned = check->history->policy == POLICY_EXCLUSIVE;
	size_t i;

	for (i = 0; i < check->history->count; i++) {
		const struct event *other = &check->history->events[i];

		if (owned ? may_own(event, other) :
			    receives_beside(event, other))
			return true;
	}
	return check_fail(check, "busy, though there is nobody else", event,
			  NULL, NULL);
}

static bool check_refusals(struct check *check)
{
	size_t i;

	for (i = 0; i < check->history->count; i++) {
		const struct event *event = &check->history->events[i];

		if (event->flags & EVENT_KILLED)
			continue;
		if (event->ret == -EBUSY && event->kind != EVENT_REPLY &&
		    !check_busy(check, event))
			return false;
		if (event->ret == -ESRCH &&
		    check_is_alive(check, event->wanted, event->end))
			return check_fail(check, "said to be gone, and lives",
					  event, NULL, NULL);
	}
	return true;
}

/* The first by each process that shows that it has a role. */
struct owners {
	const struct event **first;
	size_t count;
};

static const struct event **owners_find(struct owners *owners, uint32_t process)
{
	size_t i;

	for (i = 0; i < owners->count; i++)
		if (owners->first[i]->process == process)
			return &owners->first[i];
	owners->first[owners->count] = NULL;
	return &owners->first[owners->count];
}

static void owners_note(struct owners *owners, const struct event *event)
{
	const struct event **first = owners_find(owners, event->process);

	if (!*first)
		owners->count++;
	if (!*first || event->end < (*first)->end)
		*first = event;
}

/* Another that had the role before, and lives. */
static const struct event *other_owner(const struct check *check,
				       const struct owners *owners,
				       const struct event *event)
{
	size_t i;

	for (i = 0; i < owners->count; i++)
		if (owners->first[i]->process != event->process &&
		    owners->first[i]->end < event->begin &&
		    check_is_alive(check, owners->first[i]->process,
				   event->end))
			return owners->first[i];
	return NULL;
}

static bool is_of_role(const struct event *event, bool sends)
{
	return event_is_done(event) &&
	       (sends ? event->kind == EVENT_SEND : is_look(event));
}

static bool check_role(struct check *check, bool sends)
{
	const struct history *history = check->history;
	struct owners owners = {
		.first = check_alloc(history->count + 1, sizeof(*owners.first)),
	};
	const struct event *other;
	bool fine = true;
	size_t i;

	for (i = 0; i < history->count; i++)
		if (is_of_role(&history->events[i], sends) &&
		    history->events[i].kind != EVENT_PEEK)
			owners_note(&owners, &history->events[i]);
	for (i = 0; fine && i < history->count; i++) {
		if (!is_of_role(&history->events[i], sends))
			continue;
		other = other_owner(check, &owners, &history->events[i]);
		if (other)
			fine = check_fail(check, "it belongs to another", other,
					  &history->events[i], NULL);
	}
	free(owners.first);
	return fine;
}

bool check_policy(struct check *check)
{
	return check_refusals(check) &&
	       (check->history->policy != POLICY_EXCLUSIVE ||
		(check_role(check, true) && check_role(check, false)));
}
