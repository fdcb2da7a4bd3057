// SPDX-License-Identifier: GPL-2.0-only
/*
 * The checker of histories against the definition of linearizability, tried out: on
 * thousands of short histories they must agree. No mailbox takes part.
 */
#include "kselftest_harness.h"
#include "ipcmbox_util.h"
#include "storm/history.h"
#include "storm/search.h"

static uint64_t random_state = 88172645463325252ULL;

static unsigned int random_below(unsigned int limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (random_state >> 11) % limit;
}

/*
 * A short history: calls in an order that a mailbox may have answered so, whose
 * stamps are then moved apart; then, mostly, something in it is spoilt.
 */
static size_t random_history(struct event *events, uint64_t capacity)
{
	size_t i, count = 4 + random_below(SEARCH_MAX - 5);
	uint64_t first = 1, next = 1;

	for (i = 0; i < count; i++) {
		struct event *event = &events[i];
		uint64_t middle = 20 * (i + 1);

		*event = (struct event){
			.kind = random_below(2) ? EVENT_SEND : EVENT_RECV,
			.begin = middle - random_below(45) % middle,
			.end = middle + 1 + random_below(45),
		};
		if (event->kind == EVENT_SEND) {
			event->value = i + 100;
			event->ret = next - first >= capacity ? -EAGAIN : 0;
			next += !event->ret;
		} else {
			event->ret = next == first ? -EAGAIN : 0;
			first += !event->ret;
		}
	}
	return count;
}

/* Gives receives their messages, in order, and equal stamps an order. */
static void random_fill(struct event *events, size_t count)
{
	size_t i, sent = 0;

	for (i = 0; i < count; i++) {
		struct event *event = &events[i];

		event->begin = event->begin * 32 + i;
		event->end = event->end * 32 + 16 + i;
		if (event->kind != EVENT_RECV || event->ret)
			continue;
		while (events[sent].kind != EVENT_SEND || events[sent].ret)
			sent++;
		event->value = events[sent++].value;
	}
}

static void random_spoil(struct event *events, size_t count)
{
	struct event *event = &events[random_below(count)];
	struct event *other = &events[random_below(count)];

	switch (random_below(4)) {
	case 0:
		if (event->kind == EVENT_RECV && other->kind == EVENT_RECV &&
		    !event->ret && !other->ret) {
			uint64_t value = event->value;

			event->value = other->value;
			other->value = value;
		}
		break;
	case 1:
		if (event->kind == EVENT_RECV) {
			event->value = 0;
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

static struct agreement compare(uint64_t capacity, unsigned int rounds)
{
	struct agreement result = {};
	struct event events[SEARCH_MAX];
	struct verdict verdict;
	struct history history = {
		.capacity = capacity,
		.events = events,
		.received = UINT64_MAX,
		.dropped = UINT64_MAX,
	};
	bool good, fine;

	while (rounds--) {
		history.count = random_history(events, capacity);
		random_fill(events, history.count);
		random_spoil(events, history.count);
		good = search_order(&history);
		fine = history_check(&history, &verdict);
		result.good += good;
		result.bad += !good;
		result.missed += fine && !good;
		result.invented += !fine && good;
	}
	return result;
}

/* Without a bound the patterns are all there are. */
TEST(agrees_with_the_definition)
{
	struct agreement result = compare(HISTORY_UNBOUNDED, 20000);

	EXPECT_LT(2000, result.good);
	EXPECT_LT(1000, result.bad);
	EXPECT_EQ(0, result.missed);
	EXPECT_EQ(0, result.invented);
}

/* With one, what they say is true, and they rarely miss something. */
TEST(agrees_with_a_bound)
{
	struct agreement result = compare(2, 20000);

	EXPECT_LT(2000, result.good);
	EXPECT_LT(1000, result.bad);
	EXPECT_EQ(0, result.invented);
	TH_LOG("%u of %u bad histories passed", result.missed, result.bad);
	EXPECT_LT(result.missed, result.bad / 10);
}

TEST_HARNESS_MAIN
