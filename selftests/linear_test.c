// SPDX-License-Identifier: GPL-2.0-only
/*
 * The checker of histories: those that no mailbox may have must fail, each for its own
 * reason, those that one may have must pass; and on thousands of short histories it
 * must agree with the definition of linearizability, tried out. No mailbox takes part.
 */
#include "kselftest_harness.h"
#include "ipcmbox_util.h"
#include "storm/history.h"
#include "storm/search.h"

#define SEND(from, to, number, ...)                               \
	{                                                         \
		.kind = EVENT_SEND, .begin = (from), .end = (to), \
		.value = (number), __VA_ARGS__                    \
	}
#define RECV(from, to, number, ...)                               \
	{                                                         \
		.kind = EVENT_RECV, .begin = (from), .end = (to), \
		.value = (number), __VA_ARGS__                    \
	}
#define PEEK(from, to, number, ...)                               \
	{                                                         \
		.kind = EVENT_PEEK, .begin = (from), .end = (to), \
		.value = (number), __VA_ARGS__                    \
	}
#define OTHER(which, from, to, ...)                                        \
	{                                                                  \
		.kind = (which), .begin = (from), .end = (to), __VA_ARGS__ \
	}

/* What the checker says of some events; NULL if they are fine. */
static const char *judge(uint64_t capacity, const struct event *events,
			 size_t count)
{
	const struct history history = {
		.capacity = capacity,
		.events = events,
		.count = count,
		.complete = true,
		.received = UINT64_MAX,
		.dropped = UINT64_MAX,
	};
	struct verdict verdict;

	return history_check(&history, &verdict) ? NULL : verdict.what;
}

#define EXPECT_FINE(capacity, ...)					\
	do {								\
		const struct event _events[] = { __VA_ARGS__ };		\
		const char *_what = judge(capacity, _events,		\
					  ARRAY_SIZE(_events));		\
									\
		EXPECT_STREQ("fine", _what ? _what : "fine");		\
	} while (0)

#define EXPECT_WRONG(what, capacity, ...)				\
	do {								\
		const struct event _events[] = { __VA_ARGS__ };		\
		const char *_what = judge(capacity, _events,		\
					  ARRAY_SIZE(_events));		\
									\
		EXPECT_STREQ(what, _what ? _what : "fine");		\
	} while (0)

TEST(sound)
{
	EXPECT_FINE(2, SEND(1, 2, 7), SEND(3, 4, 8), RECV(5, 6, 7),
		    RECV(7, 8, 8));
	/* Two that overlap may come in either order. */
	EXPECT_FINE(2, SEND(1, 4, 7), SEND(2, 3, 8), RECV(5, 6, 8),
		    RECV(7, 8, 7));
	EXPECT_FINE(2, SEND(1, 2, 7), SEND(3, 4, 8), RECV(5, 8, 8),
		    RECV(6, 7, 7));
	EXPECT_FINE(0, RECV(1, 4, 7), SEND(2, 3, 7, .flags = EVENT_TAKEN));
	EXPECT_FINE(1, RECV(1, 2, 0, .ret = -EAGAIN), SEND(3, 4, 7),
		    SEND(5, 6, 8, .ret = -EAGAIN), PEEK(7, 8, 7),
		    RECV(9, 10, 7));
}

TEST(duplicate)
{
	EXPECT_WRONG("received twice", 2, SEND(1, 2, 7), RECV(3, 4, 7),
		     RECV(5, 6, 7));
}

TEST(loss)
{
	EXPECT_WRONG("a message is lost", 2, SEND(1, 2, 7), SEND(3, 6, 8),
		     RECV(5, 8, 8));
}

TEST(overtaking)
{
	EXPECT_WRONG("a message overtook an older one", 2, SEND(1, 2, 7),
		     SEND(3, 4, 8), RECV(5, 6, 8), RECV(7, 8, 7));
	EXPECT_WRONG("a message overtook an older one", 2, SEND(1, 2, 7),
		     SEND(3, 4, 8), PEEK(5, 6, 8), RECV(7, 8, 7),
		     RECV(9, 10, 8));
}

TEST(bound_exceeded)
{
	EXPECT_WRONG("more was stored than it holds", 1, SEND(1, 2, 7),
		     SEND(3, 4, 8), RECV(5, 6, 7), RECV(7, 8, 8));
	EXPECT_FINE(1, SEND(1, 2, 7), SEND(3, 6, 8), RECV(4, 5, 7),
		    RECV(7, 8, 8));
	EXPECT_FINE(1, OTHER(EVENT_SET, 1, 2, .count = 2), SEND(3, 4, 7),
		    SEND(5, 6, 8), RECV(7, 8, 7), RECV(9, 10, 8));
}

TEST(returned_before_it_was_taken)
{
	EXPECT_WRONG("a send returned before it was taken", 0,
		     SEND(1, 2, 7, .flags = EVENT_TAKEN), RECV(3, 4, 7));
	EXPECT_WRONG("a send returned before it was taken", 5,
		     SEND(1, 2, 7, .flags = EVENT_TAKEN), RECV(3, 4, 7));
}

TEST(withdrawn_but_received)
{
	EXPECT_WRONG("received though its send failed", 0,
		     SEND(1, 3, 7, .ret = -EINTR, .flags = EVENT_TAKEN),
		     RECV(2, 4, 7));
}

TEST(out_of_nothing)
{
	EXPECT_WRONG("received what was never sent", 2, SEND(1, 2, 7),
		     RECV(3, 4, 7), RECV(5, 6, 8));
	EXPECT_WRONG("received before it was sent", 2, RECV(1, 2, 7),
		     SEND(3, 4, 7));
	EXPECT_WRONG("seen after it was received", 2, SEND(1, 2, 7),
		     RECV(3, 4, 7), PEEK(5, 6, 7));
}

TEST(nothing_though_something)
{
	EXPECT_WRONG("nothing was found though a message was there", 2,
		     SEND(1, 2, 7), RECV(3, 4, 0, .ret = -EAGAIN),
		     RECV(5, 6, 7));
	/* There was one all the time, though never the same. */
	EXPECT_WRONG("nothing was found though a message was there", 2,
		     SEND(1, 2, 7), RECV(3, 10, 0, .ret = -ETIMEDOUT),
		     SEND(4, 5, 8), RECV(6, 7, 7), RECV(11, 12, 8));
	EXPECT_FINE(2, SEND(1, 2, 7), RECV(3, 10, 0, .ret = -ETIMEDOUT),
		    SEND(4, 7, 8), RECV(5, 8, 7), RECV(11, 12, 8));
}

TEST(refused_though_there_was_room)
{
	EXPECT_WRONG("a send was refused though there was room", 2,
		     SEND(1, 2, 7), SEND(3, 4, 8, .ret = -EAGAIN),
		     RECV(5, 6, 7));
	EXPECT_FINE(1, SEND(1, 2, 7), SEND(3, 4, 8, .ret = -EAGAIN),
		    RECV(5, 6, 7));
}

TEST(failed_for_no_reason)
{
	EXPECT_WRONG("failed for no reason", 2, SEND(1, 2, 7, .ret = -EINVAL));
	EXPECT_WRONG("failed for no reason", 2, SEND(1, 2, 7, .ret = -EPIPE));
	EXPECT_WRONG("failed for no reason", 2, SEND(1, 2, 7),
		     RECV(3, 4, 0, .ret = -ENOMEM), RECV(5, 6, 7));
	EXPECT_WRONG("cancelled without a DRAIN", 2,
		     SEND(1, 2, 7, .ret = -ECANCELED, .flags = EVENT_TAKEN));
	EXPECT_FINE(2, SEND(1, 4, 7, .ret = -ECANCELED, .flags = EVENT_TAKEN),
		    OTHER(EVENT_DRAIN, 2, 3, .count = 1));
}

TEST(ids)
{
	EXPECT_WRONG("ids do not rise", 2, SEND(1, 2, 7, .id = 5),
		     SEND(3, 4, 8, .id = 4), RECV(5, 6, 7), RECV(7, 8, 8));
	EXPECT_WRONG("received with another id", 2, SEND(1, 2, 7, .id = 5),
		     RECV(5, 6, 7, .id = 6));
}

/* A receive that failed may have held the older message meanwhile, one only. */
TEST(put_back)
{
	EXPECT_FINE(3, SEND(1, 2, 7), SEND(3, 4, 8),
		    RECV(5, 8, 0, .ret = -EFAULT), RECV(6, 7, 8),
		    RECV(9, 10, 7));
	EXPECT_WRONG("a message overtook an older one", 3, SEND(1, 2, 6),
		     SEND(3, 4, 7), SEND(5, 6, 8),
		     RECV(7, 10, 0, .ret = -EFAULT), RECV(8, 9, 8),
		     RECV(11, 12, 6), RECV(13, 14, 7));
	EXPECT_WRONG("a message overtook an older one", 3, SEND(1, 2, 7),
		     SEND(3, 4, 8), RECV(5, 6, 0, .ret = -EFAULT),
		     RECV(7, 8, 8), RECV(9, 10, 7));
	EXPECT_FINE(3, SEND(1, 2, 7), RECV(3, 6, 0, .ret = -EFAULT),
		    RECV(4, 5, 0, .ret = -EAGAIN), RECV(7, 8, 7));
}

/* Killed callers may have done it or not. */
TEST(killed)
{
	const unsigned int killed = EVENT_KILLED;

	EXPECT_FINE(2, SEND(1, 2, 7, .flags = killed));
	EXPECT_FINE(2, SEND(1, 2, 7, .flags = killed), RECV(3, 4, 7));
	EXPECT_FINE(2, SEND(1, 2, 7), RECV(3, 4, 0, .flags = killed));
	EXPECT_FINE(2, SEND(1, 2, 7), RECV(3, 4, 0, .flags = killed),
		    RECV(5, 6, 7));
	EXPECT_WRONG("a message is lost", 2, RECV(1, 2, 0, .flags = killed),
		     SEND(3, 4, 7));
	/* A send that nobody received takes up no room for ever. */
	EXPECT_WRONG("a send was refused though there was room", 1,
		     SEND(1, 2, 7, .flags = killed),
		     SEND(3, 4, 8, .ret = -EAGAIN));
}

TEST(discarded)
{
	EXPECT_FINE(2, SEND(1, 2, 7), OTHER(EVENT_DRAIN, 3, 4, .count = 1));
	EXPECT_WRONG("a message is lost", 2,
		     OTHER(EVENT_DRAIN, 1, 2, .count = 1), SEND(3, 4, 7));
	EXPECT_WRONG("a message is lost", 2, SEND(1, 2, 7),
		     OTHER(EVENT_DRAIN, 3, 4, .count = 0));
	EXPECT_FINE(2, SEND(1, 2, 7), OTHER(EVENT_DESTROY, 3, 4),
		    RECV(5, 6, 0, .ret = -EIDRM));
	EXPECT_WRONG("done on a destroyed mailbox", 2,
		     OTHER(EVENT_DESTROY, 1, 2), SEND(3, 4, 7));
	EXPECT_WRONG("EIDRM before a DESTROY", 2, RECV(1, 2, 0, .ret = -EIDRM),
		     OTHER(EVENT_DESTROY, 3, 4));
}

/* The kernel's counters bound what killed callers may have taken. */
TEST(counters)
{
	const struct event events[] = {
		SEND(1, 2, 7),
		SEND(3, 4, 8),
		RECV(5, 6, 0, .flags = EVENT_KILLED),
	};
	struct history history = {
		.capacity = 2,
		.events = events,
		.count = ARRAY_SIZE(events),
		.complete = true,
		.received = 1,
		.dropped = 0,
	};
	struct verdict verdict;

	EXPECT_FALSE(history_check(&history, &verdict));
	EXPECT_STREQ("more is missing than was counted", verdict.what);
	history.received = 2;
	EXPECT_TRUE(history_check(&history, &verdict));
}

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
