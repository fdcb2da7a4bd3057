// SPDX-License-Identifier: GPL-2.0-only
/*
 * The checker of histories against the definition of linearizability, tried out: on
 * thousands of short histories they must agree. No mailbox takes part.
 */
#include "kselftest_harness.h"
#include "ipcmbox_util.h"
#include "storm/check.h"
#include "storm/search.h"

static uint64_t random_state = 88172645463325252ULL;

static unsigned int random_below(unsigned int limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (random_state >> 11) % limit;
}

/* What may be drawn: with an order or choice, histories are about little else. */
struct kind {
	uint64_t capacity;
	enum history_order order;
	bool selective;
	bool numbered;
	bool blind; /* nobody peeks */
};

/* What there is while a history is made up, the oldest first. */
struct store {
	const struct event *events[SEARCH_MAX];
	size_t count;
};

static bool comes_first(const struct kind *kind, const struct event *look,
			const struct event *younger, const struct event *older)
{
	if (look->match == MATCH_TYPE_MAX && younger->type != older->type)
		return younger->type < older->type;
	if (kind->order == ORDER_PRIORITY)
		return younger->priority > older->priority;
	return kind->order == ORDER_LIFO;
}

static int store_find(const struct store *store, const struct kind *kind,
		      const struct event *look)
{
	int best = -1;
	size_t i;

	for (i = 0; i < store->count; i++)
		if (event_wants(look, store->events[i]) &&
		    (best < 0 || comes_first(kind, look, store->events[i],
					     store->events[best])))
			best = i;
	return best;
}

static void random_send(struct event *event, struct store *store,
			const struct kind *kind, unsigned int number)
{
	event->value = number + 100;
	event->type = 1 + random_below(3);
	event->priority = random_below(3);
	event->process = 1 + random_below(2);
	event->ret = store->count >= kind->capacity ? -EAGAIN : 0;
	if (kind->numbered && !event->ret)
		event->id = number + 1;
	if (!event->ret)
		store->events[store->count++] = event;
}

static void random_look(struct event *event, struct store *store,
			const struct kind *kind)
{
	const struct event *found;
	int place;

	if (kind->selective) {
		event->match = random_below(MATCH_SENDER + 1);
		event->wanted = 1 + random_below(3);
	}
	place = store_find(store, kind, event);
	event->ret = place < 0 ? -EAGAIN : 0;
	if (event->ret)
		return;
	found = store->events[place];
	event->value = found->value;
	event->id = found->id;
	event->type = found->type;
	event->priority = found->priority;
	if (event->kind != EVENT_RECV)
		return;
	for (store->count--; place < store->count; place++)
		store->events[place] = store->events[place + 1];
}

/*
 * A short history: calls in an order that a mailbox may have answered so, whose
 * stamps are then moved apart; then, mostly, something in it is spoilt. No two stamps
 * are equal.
 */
static size_t random_history(struct event *events, const struct kind *kind)
{
	static const enum event_kind kinds[] = {
		EVENT_SEND, EVENT_SEND, EVENT_SEND, EVENT_RECV,
		EVENT_RECV, EVENT_RECV, EVENT_PEEK,
	};
	size_t i, count = 4 + random_below(SEARCH_MAX - 5);
	struct store store = {};

	for (i = 0; i < count; i++) {
		uint64_t middle = 20 * (i + 1);

		events[i] = (struct event){
			.kind = kinds[random_below(ARRAY_SIZE(kinds) -
						   kind->blind)],
			.begin = (middle - random_below(45) % middle) * 32 + i,
			.end = (middle + 1 + random_below(45)) * 32 + 16 + i,
		};
		if (events[i].kind == EVENT_SEND)
			random_send(&events[i], &store, kind, i);
		else
			random_look(&events[i], &store, kind);
	}
	return count;
}

static void random_exchange(struct event *a, struct event *b)
{
	const struct event old = *a;

	a->value = b->value;
	a->id = b->id;
	a->type = b->type;
	a->priority = b->priority;
	b->value = old.value;
	b->id = old.id;
	b->type = old.type;
	b->priority = old.priority;
}

static void random_spoil(struct event *events, size_t count)
{
	struct event *event = &events[random_below(count)];
	struct event *other = &events[random_below(count)];

	switch (random_below(4)) {
	case 0:
		if (event->kind == EVENT_RECV && other->kind == EVENT_RECV &&
		    !event->ret && !other->ret)
			random_exchange(event, other);
		break;
	case 1:
		if (event->kind == EVENT_RECV) {
			event->value = 0;
			event->id = 0;
			event->ret = -EAGAIN;
		}
		break;
	case 2:
		event->end = event->begin + 1;
		break;
	}
}

struct agreement {
	unsigned int good;
	unsigned int bad;
	unsigned int missed;
	unsigned int invented;
};

static struct agreement compare(const struct kind *kind, unsigned int rounds)
{
	struct agreement result = {};
	struct event events[SEARCH_MAX];
	struct verdict verdict;
	struct history history = {
		.capacity = kind->capacity,
		.order = kind->order,
		.selective = kind->selective,
		.events = events,
		.received = UINT64_MAX,
		.dropped = UINT64_MAX,
	};
	bool good, fine;

	while (rounds--) {
		history.count = random_history(events, kind);
		random_spoil(events, history.count);
		good = search_order(&history);
		fine = history_check(&history, &verdict);
		result.good += good;
		result.bad += !good;
		result.missed += fine && !good;
		result.invented += !fine && good;
		if (!fine && good)
			printf("# invented: %s\n", verdict.what);
	}
	return result;
}

/* Of a queue without a bound, at which nobody peeks, the patterns are all there are. */
TEST(agrees_with_the_definition)
{
	const struct kind kind = {
		.capacity = HISTORY_UNBOUNDED,
		.blind = true,
	};
	struct agreement result = compare(&kind, 20000);

	EXPECT_LT(2000, result.good);
	EXPECT_LT(1000, result.bad);
	EXPECT_EQ(0, result.missed);
	EXPECT_EQ(0, result.invented);
}

/* Else what they say is true, and they rarely miss something. */
FIXTURE(patterns)
{
	struct agreement result;
};

FIXTURE_VARIANT(patterns)
{
	struct kind kind;
};

FIXTURE_SETUP(patterns)
{
}

FIXTURE_TEARDOWN(patterns)
{
}

#define VARIANT(name, ...)              \
	FIXTURE_VARIANT_ADD(patterns, name) \
	{                               \
		.kind = { __VA_ARGS__ } \
	}

VARIANT(bound, 2);
VARIANT(peeks, HISTORY_UNBOUNDED);
VARIANT(lifo, HISTORY_UNBOUNDED, ORDER_LIFO);
VARIANT(lifo_numbered, HISTORY_UNBOUNDED, ORDER_LIFO, .numbered = true);
VARIANT(lifo_bound, 2, ORDER_LIFO);
VARIANT(priority, HISTORY_UNBOUNDED, ORDER_PRIORITY);
VARIANT(priority_numbered, HISTORY_UNBOUNDED, ORDER_PRIORITY, .numbered = true);
VARIANT(choice, HISTORY_UNBOUNDED, ORDER_FIFO, true);
VARIANT(choice_numbered, HISTORY_UNBOUNDED, ORDER_FIFO, true, true);
VARIANT(choice_lifo, HISTORY_UNBOUNDED, ORDER_LIFO, true);
VARIANT(choice_priority, HISTORY_UNBOUNDED, ORDER_PRIORITY, true, true);
VARIANT(choice_bound, 2, ORDER_PRIORITY, true, true);

TEST_F(patterns, agree_with_the_definition)
{
	self->result = compare(&variant->kind, 30000);
	EXPECT_LT(2000, self->result.good);
	EXPECT_LT(1000, self->result.bad);
	EXPECT_EQ(0, self->result.invented);
	TH_LOG("%u of %u bad histories passed", self->result.missed,
	       self->result.bad);
	EXPECT_LT(self->result.missed, self->result.bad / 10);
}

TEST_HARNESS_MAIN
