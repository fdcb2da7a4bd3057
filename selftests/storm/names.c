// SPDX-License-Identifier: GPL-2.0-only
/*
 * The history of a name: who made it, opened it and took it away. A name is an object of
 * its own, whichever mailboxes it is given to, and its state is small: the mailbox that has
 * it, or none. So here the definition of linearizability is tried out: going through the
 * stamps, all states are kept that the name may be in, each with those of the calls under
 * way that have happened in it (Lowe, "Testing for linearizability", Concurrency and
 * Computation 2017). A call that returns leaves those in which it can have happened with
 * the answer that it got.
 *
 * What each kind of event means is in history.h. Who opens the file may find it a little
 * longer than others: from when it is being made until the call returns that took it away; and
 * is told EIDRM, where DESTROY has marked the mailbox, but not taken the name away yet.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "names.h"

/* Calls under way at a time, of which each has a bit. */
#define PENDING_MAX 64

/* A state that the name may be in. */
struct config {
	uint64_t mailbox; /* 0: there is no such name */
	uint64_t leaving; /* which was it before a call under way took it away */
	unsigned int taker; /* the place of this call */
	uint64_t done; /* calls under way that have happened */
};

struct configs {
	struct config *all;
	size_t count;
	size_t room;
};

/* @killed: which of those under way never return, as who called was killed. */
struct search {
	const struct history *history;
	const struct event *pending[PENDING_MAX];
	uint64_t killed;
	struct configs configs;
};

/* A stamp of an event. */
struct moment {
	uint64_t stamp;
	const struct event *event;
};

/*
 * Whether all that may follow on one may follow on the other: a call of somebody killed need
 * not have happened.
 */
static bool includes(const struct search *search, struct config config,
		     struct config other)
{
	return config.mailbox == other.mailbox &&
	       config.leaving == other.leaving && config.taker == other.taker &&
	       !((config.done ^ other.done) & ~search->killed) &&
	       !(config.done & ~other.done);
}

static void configs_add(struct search *search, struct config config)
{
	struct configs *configs = &search->configs;
	size_t i;

	for (i = 0; i < configs->count; i++)
		if (includes(search, configs->all[i], config))
			return;
	if (configs->count == configs->room) {
		configs->room = 2 * configs->room + 16;
		configs->all =
			realloc(configs->all, configs->room * sizeof(config));
		if (!configs->all)
			abort();
	}
	configs->all[configs->count++] = config;
}

/* Whether a call was answered with this mailbox before this one began. */
static bool is_old(const struct search *search, uint64_t mailbox,
		   const struct event *event)
{
	size_t i;

	for (i = 0; i < search->history->count; i++) {
		const struct event *other = &search->history->events[i];

		if (other != event && !other->ret && other->value == mailbox &&
		    other->end < event->begin)
			return true;
	}
	return false;
}

/* Whether a mailbox of the name was being destroyed meanwhile. */
static bool meets_destroy(const struct search *search,
			  const struct event *event)
{
	size_t i;

	for (i = 0; i < search->history->count; i++) {
		const struct event *other = &search->history->events[i];

		if (other->kind == EVENT_DESTROY && !other->ret &&
		    other->begin < event->end && event->begin < other->end)
			return true;
	}
	return false;
}

/* Whether it may be under way to be made, as a file, that others do not know yet. */
static bool is_coming(const struct search *search, const struct event *event)
{
	size_t i;

	for (i = 0; i < search->history->count; i++) {
		const struct event *other = &search->history->events[i];

		if (other->kind == EVENT_CREATE && !other->ret &&
		    (other->value == event->value ||
		     other->flags & EVENT_KILLED) &&
		    other->begin < event->end && event->begin < other->end)
			return true;
	}
	return false;
}

static void take_away(struct config *config, unsigned int taker)
{
	config->leaving = config->mailbox;
	config->taker = taker;
	config->mailbox = 0;
}

static bool create_answers(const struct search *search,
			   const struct event *event, struct config *config)
{
	if (event->ret == -EEXIST)
		return config->mailbox && (event->flags & EVENT_EXCLUSIVE);
	if (config->mailbox)
		return !(event->flags & EVENT_EXCLUSIVE) &&
		       config->mailbox == event->value;
	*config = (struct config){
		.mailbox = event->value,
		.done = config->done,
	};
	return !is_old(search, event->value, event);
}

static bool file_answers(const struct search *search, const struct event *event,
			 const struct config *config)
{
	if (event->ret == -EIDRM)
		return config->leaving;
	return !event->ret &&
	       (config->leaving == event->value || is_coming(search, event));
}

/* Whether it may happen in this state, which changes then, with the answer that it got. */
static bool name_answers(const struct search *search, const struct event *event,
			 struct config *config, unsigned int place)
{
	if (event->ret == -EIDRM &&
	    (event->kind == EVENT_DESTROY ||
	     (event->flags & EVENT_BY_FILE && meets_destroy(search, event))))
		return true;
	if (event->ret == -EDQUOT)
		return event->kind == EVENT_CREATE && search->history->scarce;
	if (event->flags & EVENT_BY_FILE && file_answers(search, event, config))
		return true;
	switch (event->kind) {
	case EVENT_CREATE:
		return create_answers(search, event, config);
	case EVENT_OPEN:
	case EVENT_LISTED:
		if (event->ret)
			return event->ret == -ENOENT && !config->mailbox;
		return config->mailbox == event->value;
	case EVENT_UNLINK:
		if (event->ret)
			return event->ret == -ENOENT && !config->mailbox;
		if (!config->mailbox)
			return false;
		take_away(config, place);
		return true;
	case EVENT_DESTROY:
		if (config->mailbox == event->value)
			take_away(config, place);
		return !event->ret;
	default:
		return false;
	}
}

/* The mailboxes of which nobody says that he made them: made by those who were killed. */
static void orphans_add(struct search *search, const struct event *event,
			struct config config)
{
	const struct history *history = search->history;
	size_t i;

	for (i = 0; i < history->count; i++) {
		const struct event *other = &history->events[i];

		if (other->ret || !other->value ||
		    (other->flags & EVENT_EXCLUSIVE))
			continue;
		if (is_old(search, other->value, event))
			continue;
		config.mailbox = other->value;
		configs_add(search, config);
	}
	/* One that nobody saw. */
	config.mailbox = NEVER;
	configs_add(search, config);
}

/* What of somebody killed happens has an effect, or need not be looked at. */
static void add_killed(struct search *search, const struct event *event,
		       struct config config, unsigned int place)
{
	if (event->kind == EVENT_CREATE && !config.mailbox) {
		config.leaving = 0;
		config.taker = 0;
		orphans_add(search, event, config);
	}
	if (event->kind == EVENT_DESTROY && config.mailbox != event->value)
		return;
	if (event->kind == EVENT_UNLINK || event->kind == EVENT_DESTROY) {
		take_away(&config, place);
		configs_add(search, config);
	}
}

/* What else may be, once one of the calls under way has happened. */
static void happen(struct search *search, struct config config,
		   unsigned int place)
{
	const struct event *event = search->pending[place];

	config.done |= 1ULL << place;
	if (event->flags & EVENT_KILLED)
		add_killed(search, event, config, place);
	else if (name_answers(search, event, &config, place))
		configs_add(search, config);
}

static void begin(struct search *search, const struct event *event)
{
	bool killed = event->flags & EVENT_KILLED;
	unsigned int place = 0;

	if (killed &&
	    (event->kind == EVENT_OPEN || event->kind == EVENT_LISTED))
		return;
	while (search->pending[place])
		if (++place == PENDING_MAX)
			abort();
	search->pending[place] = event;
	if (killed)
		search->killed |= 1ULL << place;
}

/* Those of which all is said by others. */
static void configs_trim(struct search *search)
{
	struct configs *configs = &search->configs;
	size_t i, j, count = configs->count;

	configs->count = 0;
	for (i = 0; i < count; i++) {
		for (j = i + 1; j < count; j++)
			if (includes(search, configs->all[j], configs->all[i]))
				break;
		if (j == count)
			configs_add(search, configs->all[i]);
	}
}

static unsigned int place_of(const struct search *search,
			     const struct event *event)
{
	unsigned int place = 0;

	while (place < PENDING_MAX && search->pending[place] != event)
		place++;
	return place;
}

/*
 * All that may be before a call returns: also what comes to it is looked at in its turn. Where
 * it has happened already the others may as well happen later, unless what they find is there
 * until it returns only.
 */
static void explore(struct search *search, unsigned int place)
{
	struct configs *configs = &search->configs;
	uint64_t bit = 1ULL << place;
	unsigned int other;
	size_t i;

	for (i = 0; i < configs->count; i++) {
		const struct config *config = &configs->all[i];

		if ((config->done & bit) &&
		    !(config->leaving && config->taker == place))
			continue;
		for (other = 0; other < PENDING_MAX; other++)
			if (search->pending[other] &&
			    !(configs->all[i].done & (1ULL << other)))
				happen(search, configs->all[i], other);
	}
}

/* It is not under way any more. */
static void leave(struct search *search, unsigned int place)
{
	uint64_t bit = 1ULL << place;
	size_t i;

	for (i = 0; i < search->configs.count; i++) {
		struct config *config = &search->configs.all[i];

		config->done &= ~bit;
		if (config->taker == place)
			config->leaving = 0;
		if (!config->leaving)
			config->taker = 0;
	}
	search->pending[place] = NULL;
	search->killed &= ~bit;
	configs_trim(search);
}

/* A call returns: false if it cannot have happened in any state. */
static bool end(struct search *search, const struct event *event)
{
	struct configs *configs = &search->configs;
	unsigned int place = place_of(search, event);
	uint64_t bit = 1ULL << place;
	size_t i, kept = 0;

	explore(search, place);
	for (i = 0; i < configs->count; i++) {
		const struct config config = configs->all[i];

		if (config.done & bit)
			configs->all[kept++] = config;
	}
	configs->count = kept;
	leave(search, place);
	return kept;
}

/* Who called has died: from now on it does not happen any more. */
static void end_killed(struct search *search, const struct event *event)
{
	unsigned int place = place_of(search, event);

	if (place == PENDING_MAX)
		return;
	explore(search, place);
	leave(search, place);
}

static const char *what_is_wrong(const struct event *event)
{
	if (event->kind == EVENT_CREATE)
		return event->ret ? "a name was said to be there" :
				    "a name was made that was there";
	if (event->ret == -ENOENT)
		return "a name was not found that was there";
	if (event->ret)
		return "a name gave an error that it cannot give";
	if (event->kind == EVENT_UNLINK)
		return "a name was taken away that was not there";
	return "a name was found to be that of another mailbox";
}

static int compare_moments(const void *a, const void *b)
{
	const struct moment *x = a, *y = b;

	return x->stamp < y->stamp ? -1 : x->stamp > y->stamp;
}

static struct moment *moments_of(const struct history *history)
{
	struct moment *moments =
		check_alloc(2 * history->count, sizeof(*moments));
	size_t i;

	for (i = 0; i < history->count; i++) {
		const struct event *event = &history->events[i];

		moments[2 * i] = (struct moment){ event->begin, event };
		moments[2 * i + 1] = (struct moment){ event->end, event };
	}
	qsort(moments, 2 * history->count, sizeof(*moments), compare_moments);
	return moments;
}

bool names_check(const struct history *history, struct verdict *verdict)
{
	struct search search = { .history = history };
	struct moment *moments = moments_of(history);
	bool fine = true;
	size_t i;

	*verdict = (struct verdict){};
	configs_add(&search, (struct config){});
	for (i = 0; fine && i < 2 * history->count; i++) {
		const struct event *event = moments[i].event;

		if (moments[i].stamp == event->begin)
			begin(&search, event);
		else if (event->flags & EVENT_KILLED)
			end_killed(&search, event);
		else
			fine = end(&search, event);
		if (!fine)
			*verdict = (struct verdict){ what_is_wrong(event),
						     { event } };
	}
	free(search.configs.all);
	free(moments);
	return fine;
}
