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

/* Falsifies the history of such a mailbox; what the checker says of it. */
static const char *judge_in(const struct history of, const char *what,
			    struct event *events, size_t count)
{
	const struct box box = {
		.capacity = of.capacity,
		.order = of.order,
		.selective = of.selective,
	};

	if (!plant(what, &box, events, count))
		return "no place for it";
	return linear_judge(of, events, count);
}

/* Of one without bounds. */
static const char *judge_planted(const char *what, struct event *events,
				 size_t count)
{
	return judge_in(PLAIN(-1), what, events, count);
}

static const char *judge_lifo(const char *what, struct event *events,
			      size_t count)
{
	return judge_in(MAILBOX(.capacity = -1, .order = ORDER_LIFO), what,
			events, count);
}

static const char *judge_selective(const char *what, struct event *events,
				   size_t count)
{
	return judge_in(MAILBOX(.capacity = -1, .selective = true), what,
			events, count);
}

static const char *judge_lossy(const char *what, struct event *events,
			       size_t count)
{
	return judge_in(MAILBOX(.capacity = 1, .broadcast = true,
				.slow = SLOW_DROP_OLDEST),
			what, events, count);
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

/* A loss looks as one only if none of what came later was received. */
TEST(loss)
{
	EXPECT_FOUND(judge_planted, "a message is lost", "loss", SEND(1, 2, 7),
		     SEND(3, 4, 8), RECV(5, 6, 7), RECV(7, 8, 8));
	EXPECT_FOUND(judge_planted, "a message is lost", "loss", SEND(1, 2, 7),
		     RECV(3, 4, 7), SEND(5, 9, 8, .flags = EVENT_TAKEN),
		     RECV(6, 7, 8));
}

/* It is found as what is seen first. */
TEST(overtaking)
{
	EXPECT_FOUND(judge_planted, "a message overtook an older one",
		     "overtaking", SEND(1, 2, 7), SEND(3, 4, 8), RECV(5, 6, 7),
		     RECV(7, 8, 8));
	EXPECT_FOUND(judge_planted, "seen after it was received", "overtaking",
		     SEND(1, 2, 7), SEND(3, 4, 8), RECV(5, 6, 7), PEEK(7, 8, 8),
		     RECV(9, 10, 8));
}

TEST(disorder)
{
	EXPECT_FOUND(judge_lifo, "another message should have come first",
		     "disorder", SEND(1, 2, 7), SEND(3, 4, 8), RECV(5, 6, 8),
		     RECV(7, 8, 7));
}

TEST(unwanted)
{
	EXPECT_FOUND(judge_selective, "received what was not wanted",
		     "unwanted", SEND(1, 2, 7, .type = 1),
		     RECV(3, 4, 7, .type = 1, .match = MATCH_TYPE,
			  .wanted = 1));
}

TEST(lag)
{
	EXPECT_FOUND(judge_lossy, "another lag than there was", "lag",
		     SEND(1, 2, 7, .id = 1), SEND(3, 4, 8, .id = 2),
		     RECV(5, 6, 8, .id = 2, .count = 1));
}

TEST(case_of_several)
{
	EXPECT_FOUND(judge_planted, "received though its send failed", "case",
		     SEND(1, 2, 7, .flags = EVENT_CASE, .ret = -ENOENT),
		     SEND(3, 4, 8), RECV(5, 6, 8));
}

#define CALL(from, to, number, call, answered)                    \
	SEND(from, to, number, .flags = EVENT_TAKEN | EVENT_CALL, \
	     .id = (call), .said = SAID_REPLIED, .answer = (answered))
#define ASKED(from, to, number, call) \
	RECV(from, to, number, .flags = EVENT_CALL, .id = (call))
#define REPLY(from, to, call, number) \
	OTHER(EVENT_REPLY, from, to, .id = (call), .value = (number))

TEST(answer)
{
	EXPECT_FOUND(judge_planted, "another answer than was given", "answer",
		     CALL(1, 10, 7, 1, 90), ASKED(2, 3, 7, 1),
		     REPLY(4, 5, 1, 90), CALL(11, 20, 8, 2, 91),
		     ASKED(12, 13, 8, 2), REPLY(14, 15, 2, 91));
}

TEST(notice)
{
	EXPECT_FOUND(judge_planted, "notice of one that has not left", "notice",
		     CALL(1, 10, 7, 1, 90), ASKED(2, 3, 7, 1),
		     REPLY(4, 5, 1, 90),
		     SEND(11, 14, 8, .flags = EVENT_TAKEN | EVENT_CALL, .id = 2,
			  .said = SAID_TAKEN, .outcome = -EINTR),
		     ASKED(12, 13, 8, 2), OTHER(EVENT_NOTICE, 15, 16, .id = 2));
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

TEST(name)
{
	EXPECT_FOUND(
		judge_planted_name, "a name was made that was there", "name",
		OTHER(EVENT_CREATE, 1, 2, .value = 7, .flags = EVENT_EXCLUSIVE),
		OTHER(EVENT_CREATE, 3, 4, .ret = -EEXIST,
		      .flags = EVENT_EXCLUSIVE));
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
