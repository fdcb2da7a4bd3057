// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is planted is found out, also where others were killed before: the checker knows
 * nothing of what these did, so to falsify that would change nothing, or something else.
 */
#include "kselftest_harness.h"
#include "ipcmbox_util.h"
#include "linear.h"
#include "storm/names.h"
#include "storm/storm.h"

#define KILLED .flags = EVENT_KILLED

/* Falsifies the history of a mailbox without bounds; what the checker says of it. */
static const char *judge_planted(const char *what, struct event *events,
				 size_t count)
{
	static const struct box box = { .capacity = -1 };

	if (!plant(what, &box, events, count))
		return "no place for it";
	return linear_judge(PLAIN(-1), events, count);
}

static const char *judge_planted_name(const char *what, struct event *events,
				      size_t count)
{
	struct history history = { .events = events, .count = count };
	struct verdict verdict;

	if (!plant_name(what, events, count))
		return "no place for it";
	return names_check(&history, &verdict) ? "fine" : verdict.what;
}

#define EXPECT_FOUND(judge, said, what, ...)                             \
	do {                                                             \
		struct event _events[] = { __VA_ARGS__ };                \
									 \
		EXPECT_STREQ(said,                                       \
			     judge(what, _events, ARRAY_SIZE(_events))); \
	} while (0)

TEST(duplicate)
{
	EXPECT_FOUND(judge_planted, "received twice", "duplicate",
		     SEND(1, 2, 7), SEND(3, 4, 8), RECV(5, 6, 7),
		     RECV(7, 8, 8));
	EXPECT_FOUND(judge_planted, "received twice", "duplicate",
		     RECV(1, 10, 0, KILLED), SEND(2, 3, 7), SEND(4, 5, 8),
		     RECV(6, 7, 7), RECV(8, 9, 8));
	EXPECT_FOUND(judge_planted, "no place for it", "duplicate",
		     RECV(1, 10, 0, KILLED), SEND(2, 3, 7), RECV(4, 5, 7));
}

TEST(cancel)
{
	EXPECT_FOUND(judge_planted, "received though it was cancelled",
		     "cancel", SEND(1, 2, 7, .id = 1),
		     OTHER(EVENT_CANCEL, 3, 12, .id = 1, KILLED,
			   .count = CANCEL_TOO_LATE),
		     RECV(4, 5, 7, .id = 1),
		     OTHER(EVENT_CANCEL, 6, 7, .id = 1,
			   .count = CANCEL_TOO_LATE));
}

TEST(stale)
{
	EXPECT_FOUND(
		judge_planted_name,
		"a name was found to be that of another mailbox", "stale",
		OTHER(EVENT_CREATE, 1, 20, .value = 0, KILLED),
		OTHER(EVENT_CREATE, 2, 3, .value = 7, .flags = EVENT_EXCLUSIVE),
		OTHER(EVENT_UNLINK, 4, 5),
		OTHER(EVENT_CREATE, 6, 7, .value = 8, .flags = EVENT_EXCLUSIVE),
		OTHER(EVENT_OPEN, 8, 9, .value = 8),
		OTHER(EVENT_OPEN, 10, 21, .value = 0, KILLED));
}

TEST_HARNESS_MAIN
