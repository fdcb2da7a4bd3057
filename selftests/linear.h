/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Histories written down by hand, and what the checker has to say of them.
 */
#ifndef SELFTESTS_LINEAR_H
#define SELFTESTS_LINEAR_H

#include "storm/history.h"

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

/* What the checker says of some events in such a mailbox; NULL if they are fine. */
static inline const char *linear_judge(struct history history,
				       const struct event *events, size_t count)
{
	struct verdict verdict;

	history.events = events;
	history.count = count;
	history.complete = true;
	history.received = UINT64_MAX;
	history.dropped = UINT64_MAX;
	return history_check(&history, &verdict) ? "fine" : verdict.what;
}

/* A queue of a capacity; and any mailbox, as the members of its history. */
#define PLAIN(number) ((struct history){ .capacity = (number) })
#define MAILBOX(...) ((struct history){ __VA_ARGS__ })

#define EXPECT_JUDGED(what, history, ...)				\
	do {								\
		const struct event _events[] = { __VA_ARGS__ };		\
									\
		EXPECT_STREQ(what, linear_judge(history, _events,	\
						ARRAY_SIZE(_events)));	\
	} while (0)

#define EXPECT_FINE(capacity, ...) \
	EXPECT_JUDGED("fine", PLAIN(capacity), __VA_ARGS__)
#define EXPECT_WRONG(what, capacity, ...) \
	EXPECT_JUDGED(what, PLAIN(capacity), __VA_ARGS__)

#endif /* SELFTESTS_LINEAR_H */
