// SPDX-License-Identifier: GPL-2.0-only
/*
 * The checker of histories, where the order is none of a queue and receivers choose:
 * what must fail, and what comes near it and must pass. No mailbox takes part.
 */
#include "kselftest_harness.h"
#include "ipcmbox_util.h"
#include "linear.h"

#define LIFO MAILBOX(.capacity = 5, .order = ORDER_LIFO)
#define PRIORITY MAILBOX(.capacity = 5, .order = ORDER_PRIORITY)
#define CHOICE MAILBOX(.capacity = 5, .selective = true)

#define LATER "another message should have come first"
#define NOTHING "nothing was found though a message was there"

#define OF(number) .type = (number)
#define URGENT(number) .priority = (number)
#define BY(number) .process = (number)
#define WANT(which, number) .match = (which), .wanted = (number)

TEST(lifo)
{
	EXPECT_JUDGED("fine", LIFO, SEND(1, 2, 7), SEND(3, 4, 8), RECV(5, 6, 8),
		      RECV(7, 8, 7));
	EXPECT_JUDGED(LATER, LIFO, SEND(1, 2, 7), SEND(3, 4, 8), RECV(5, 6, 7),
		      RECV(7, 8, 8));
	EXPECT_JUDGED(LATER, LIFO, SEND(1, 2, 7), SEND(3, 4, 8), PEEK(5, 6, 7),
		      RECV(7, 8, 8), RECV(9, 10, 7));
	/* The younger one may have come just after. */
	EXPECT_JUDGED("fine", LIFO, SEND(1, 2, 7), SEND(3, 6, 8), RECV(4, 5, 7),
		      RECV(7, 8, 8));
	/* Or have gone just before. */
	EXPECT_JUDGED("fine", LIFO, SEND(1, 2, 7), SEND(3, 4, 8), RECV(5, 8, 7),
		      RECV(6, 7, 8));
	/* There was one all the time, though never the same. */
	EXPECT_JUDGED(LATER, LIFO, SEND(1, 2, 7), SEND(3, 4, 8), RECV(5, 12, 7),
		      SEND(6, 7, 9), RECV(8, 9, 8), RECV(13, 14, 9));
	EXPECT_JUDGED("fine", LIFO, SEND(1, 2, 7), SEND(3, 4, 8),
		      RECV(5, 12, 7), SEND(6, 9, 9), RECV(7, 8, 8),
		      RECV(13, 14, 9));
}

/* Numbers tell of messages that wait in line, before their sends have returned. */
TEST(lifo_in_line)
{
	const struct history line = MAILBOX(.order = ORDER_LIFO);
	const unsigned int taken = EVENT_TAKEN;

	EXPECT_JUDGED(LATER, line, SEND(1, 20, 7, .id = 1, .flags = taken),
		      SEND(2, 21, 8, .id = 2, .flags = taken),
		      SEND(3, 22, 9, .id = 3, .flags = taken),
		      RECV(4, 5, 9, .id = 3), RECV(6, 7, 7, .id = 1),
		      RECV(8, 9, 8, .id = 2));
	EXPECT_JUDGED("fine", line, SEND(1, 20, 7, .id = 1, .flags = taken),
		      SEND(2, 21, 8, .id = 2, .flags = taken),
		      SEND(3, 22, 9, .id = 3, .flags = taken),
		      RECV(4, 6, 9, .id = 3), RECV(5, 7, 7, .id = 1),
		      RECV(8, 9, 8, .id = 2));
	EXPECT_JUDGED(LATER, line, SEND(1, 20, 7, .id = 1, .flags = taken),
		      SEND(2, 21, 8, .id = 2, .flags = taken),
		      PEEK(3, 4, 8, .id = 2), PEEK(5, 6, 7, .id = 1),
		      RECV(7, 8, 8, .id = 2), RECV(9, 10, 7, .id = 1));
	EXPECT_JUDGED(NOTHING, line, SEND(1, 20, 7, .id = 1, .flags = taken),
		      PEEK(3, 4, 7, .id = 1), PEEK(5, 6, 0, .ret = -EAGAIN),
		      RECV(7, 8, 7, .id = 1));
}

TEST(priority)
{
	EXPECT_JUDGED("fine", PRIORITY, SEND(1, 2, 7, URGENT(1)),
		      SEND(3, 4, 8, URGENT(2)), RECV(5, 6, 8), RECV(7, 8, 7));
	EXPECT_JUDGED(LATER, PRIORITY, SEND(1, 2, 7, URGENT(1)),
		      SEND(3, 4, 8, URGENT(2)), RECV(5, 6, 7), RECV(7, 8, 8));
	EXPECT_JUDGED("fine", PRIORITY, SEND(1, 2, 7, URGENT(1)),
		      SEND(3, 6, 8, URGENT(2)), RECV(4, 5, 7), RECV(7, 8, 8));
	/* Among equals the oldest. */
	EXPECT_JUDGED(LATER, PRIORITY, SEND(1, 2, 7, URGENT(2)),
		      SEND(3, 4, 8, URGENT(2)), RECV(5, 6, 8), RECV(7, 8, 7));
	EXPECT_JUDGED("fine", PRIORITY, SEND(1, 4, 7, URGENT(2)),
		      SEND(2, 3, 8, URGENT(2)), RECV(5, 6, 8), RECV(7, 8, 7));
	EXPECT_JUDGED(LATER, PRIORITY, SEND(1, 4, 7, URGENT(2), .id = 2),
		      SEND(2, 3, 8, URGENT(2), .id = 3), RECV(5, 6, 8),
		      RECV(7, 8, 7));
	EXPECT_JUDGED("received with another type or priority", PRIORITY,
		      SEND(1, 2, 7, URGENT(1), .id = 2),
		      RECV(5, 6, 7, URGENT(2), .id = 2));
}

TEST(wanted)
{
	EXPECT_JUDGED("fine", CHOICE, SEND(1, 2, 7, OF(1)),
		      SEND(3, 4, 8, OF(2)), RECV(5, 6, 8, WANT(MATCH_TYPE, 2)),
		      RECV(7, 8, 7));
	EXPECT_JUDGED("received what was not wanted", CHOICE,
		      SEND(1, 2, 7, OF(1)), RECV(5, 6, 7, WANT(MATCH_TYPE, 2)));
	EXPECT_JUDGED("received what was not wanted", CHOICE,
		      SEND(1, 2, 7, OF(1)),
		      RECV(5, 6, 7, WANT(MATCH_TYPE_NOT, 1)));
	EXPECT_JUDGED("received what was not wanted", CHOICE,
		      SEND(1, 2, 7, OF(3)),
		      RECV(5, 6, 7, WANT(MATCH_TYPE_MAX, 2)));
	EXPECT_JUDGED("received what was not wanted", CHOICE,
		      SEND(1, 2, 7, BY(3)),
		      RECV(5, 6, 7, WANT(MATCH_SENDER, 2)));
}

/* Of those that it wants a receiver gets the first. */
TEST(first_of_the_wanted)
{
	EXPECT_JUDGED(LATER, CHOICE, SEND(1, 2, 6, OF(2)), SEND(3, 4, 7, OF(1)),
		      SEND(5, 6, 8, OF(1)), RECV(7, 8, 8, WANT(MATCH_TYPE, 1)),
		      RECV(9, 10, 6), RECV(11, 12, 7));
	EXPECT_JUDGED(LATER, CHOICE, SEND(1, 2, 7, OF(1)), SEND(3, 4, 8, OF(2)),
		      SEND(5, 6, 9, OF(3)),
		      RECV(7, 8, 9, WANT(MATCH_TYPE_NOT, 1)), RECV(9, 10, 7),
		      RECV(11, 12, 8));
	EXPECT_JUDGED(LATER, CHOICE, SEND(1, 2, 7, BY(4)), SEND(3, 4, 8, BY(4)),
		      RECV(5, 6, 8, WANT(MATCH_SENDER, 4)), RECV(7, 8, 7));
	EXPECT_JUDGED("fine", CHOICE, SEND(1, 2, 7, BY(4)),
		      SEND(3, 4, 8, BY(5)),
		      RECV(5, 6, 8, WANT(MATCH_SENDER, 5)), RECV(7, 8, 7));
	EXPECT_JUDGED(LATER, CHOICE, SEND(1, 2, 7, OF(1)), SEND(3, 4, 8, OF(2)),
		      RECV(5, 6, 8), RECV(7, 8, 7));
}

/* The least type comes first, whatever the order is. */
TEST(least_type)
{
	EXPECT_JUDGED("fine", CHOICE, SEND(1, 2, 7, OF(2)),
		      SEND(3, 4, 8, OF(1)),
		      RECV(5, 6, 8, WANT(MATCH_TYPE_MAX, 2)), RECV(7, 8, 7));
	EXPECT_JUDGED(LATER, CHOICE, SEND(1, 2, 7, OF(2)), SEND(3, 4, 8, OF(1)),
		      RECV(5, 6, 7, WANT(MATCH_TYPE_MAX, 2)), RECV(7, 8, 8));
	EXPECT_JUDGED(LATER, CHOICE, SEND(1, 2, 7, OF(1)), SEND(3, 4, 8, OF(1)),
		      RECV(5, 6, 8, WANT(MATCH_TYPE_MAX, 2)), RECV(7, 8, 7));
}

TEST(nothing_that_is_wanted)
{
	EXPECT_JUDGED("fine", CHOICE, SEND(1, 2, 7, OF(1)),
		      RECV(3, 4, 0, .ret = -EAGAIN, WANT(MATCH_TYPE, 2)),
		      RECV(5, 6, 7));
	EXPECT_JUDGED(NOTHING, CHOICE, SEND(1, 2, 7, OF(2)),
		      RECV(3, 4, 0, .ret = -EAGAIN, WANT(MATCH_TYPE, 2)),
		      RECV(5, 6, 7));
	EXPECT_JUDGED(NOTHING, CHOICE, SEND(1, 2, 7, OF(1)),
		      RECV(3, 10, 0, .ret = -ETIMEDOUT,
			   WANT(MATCH_TYPE_NOT, 2)),
		      SEND(4, 5, 8, OF(1)), RECV(6, 7, 7), RECV(11, 12, 8));
	EXPECT_JUDGED("fine", CHOICE, SEND(1, 2, 7, OF(1)),
		      RECV(3, 10, 0, .ret = -ETIMEDOUT,
			   WANT(MATCH_TYPE_NOT, 2)),
		      SEND(4, 7, 8, OF(1)), RECV(5, 6, 7), RECV(11, 12, 8));
}

/* What a failing receive has at the moment is not there for others. */
TEST(put_back)
{
	EXPECT_JUDGED("fine", PRIORITY, SEND(1, 2, 7, URGENT(1)),
		      SEND(3, 4, 8, URGENT(2)), RECV(5, 8, 0, .ret = -EFAULT),
		      RECV(6, 7, 7), RECV(9, 10, 8));
	EXPECT_JUDGED(LATER, PRIORITY, SEND(1, 2, 7, URGENT(1)),
		      SEND(3, 4, 8, URGENT(2)), SEND(5, 6, 9, URGENT(2)),
		      RECV(7, 10, 0, .ret = -EFAULT), RECV(8, 9, 7),
		      RECV(11, 12, 8), RECV(13, 14, 9));
	EXPECT_JUDGED("fine", CHOICE, SEND(1, 2, 7, OF(1)),
		      RECV(3, 6, 0, .flags = EVENT_KILLED),
		      RECV(4, 5, 0, .ret = -EAGAIN, WANT(MATCH_TYPE, 1)),
		      RECV(7, 8, 7));
	EXPECT_JUDGED(NOTHING, CHOICE, SEND(1, 2, 7, OF(1)),
		      RECV(3, 4, 0, .flags = EVENT_KILLED),
		      RECV(5, 6, 0, .ret = -EAGAIN, WANT(MATCH_TYPE, 1)),
		      RECV(7, 8, 7));
}

/* One that waits for room may be received from where it stands. */
TEST(out_of_the_line)
{
	const struct history full = MAILBOX(.capacity = 1, .order = ORDER_LIFO);

	EXPECT_JUDGED("fine", full, SEND(1, 2, 7), SEND(3, 6, 8), RECV(4, 5, 8),
		      RECV(7, 8, 7));
	EXPECT_JUDGED("more was stored than it holds", full, SEND(1, 2, 7),
		      SEND(3, 4, 8), RECV(5, 6, 8), RECV(7, 8, 7));
	EXPECT_JUDGED("a send was let in without room", full, SEND(1, 2, 7),
		      OTHER(EVENT_SET, 3, 4, .count = 4), SEND(5, 6, 8),
		      SEND(7, 8, 9), OTHER(EVENT_SET, 9, 10, .count = 1),
		      SEND(11, 14, 6), RECV(15, 16, 6), RECV(17, 18, 9),
		      RECV(19, 20, 8), RECV(21, 22, 7));
}

/* Who is refused must have had somebody to make way for. */
TEST(one_receiver)
{
	const struct history one =
		MAILBOX(.capacity = 2, .policy = POLICY_ONE_RECEIVER);
	const struct life lives[] = { { 2, 4 } };
	const struct history choosy =
		MAILBOX(.capacity = 2, .policy = POLICY_ONE_RECEIVER,
			.selective = true, .lives = lives, .nr_lives = 1);

	EXPECT_JUDGED("fine", one, RECV(1, 4, 0, .ret = -ETIMEDOUT),
		      RECV(2, 3, 0, .worker = 1, .ret = -EBUSY));
	EXPECT_JUDGED("busy, though there is nobody else", one,
		      RECV(1, 2, 0, .ret = -ETIMEDOUT),
		      RECV(3, 4, 0, .worker = 1, .ret = -EBUSY));
	EXPECT_JUDGED("busy, though there is nobody else", one,
		      RECV(1, 4, 0, .worker = 2, .ret = -EBUSY),
		      RECV(2, 3, 0, .worker = 1, .ret = -EBUSY));
	EXPECT_JUDGED("failed for no reason", one,
		      SEND(1, 2, 7, .ret = -EBUSY));
	/* It waited, and was not the first to come back from a signal. */
	EXPECT_JUDGED("fine", one,
		      RECV(1, 6, 0, .worker = 2, .ret = -EBUSY,
			   .flags = EVENT_SIGNALLED),
		      RECV(2, 3, 0, .worker = 1, .ret = -EBUSY),
		      RECV(4, 5, 0, .worker = 3, .ret = -ETIMEDOUT));
	/* It waited for a message of somebody, and he ended. */
	EXPECT_JUDGED("fine", choosy,
		      RECV(1, 5, 0, .ret = -ESRCH, WANT(MATCH_SENDER, 2)),
		      RECV(2, 3, 0, .worker = 1, .ret = -EBUSY));
	EXPECT_WRONG("failed for no reason", 2, RECV(1, 2, 0, .ret = -EBUSY));
}

TEST(exclusive)
{
	const struct life lives[] = { { 1, 20 }, { 2, 20 }, { 3, 4 } };
	const struct history pair =
		MAILBOX(.capacity = 2, .policy = POLICY_EXCLUSIVE,
			.lives = lives, .nr_lives = ARRAY_SIZE(lives));

	EXPECT_JUDGED("fine", pair, SEND(1, 2, 7, BY(1)), RECV(3, 4, 7, BY(2)),
		      SEND(5, 6, 8, .ret = -EBUSY, BY(2)));
	EXPECT_JUDGED("it belongs to another", pair, SEND(1, 2, 7, BY(1)),
		      SEND(3, 4, 8, BY(2)), RECV(5, 6, 7, BY(2)),
		      RECV(7, 8, 8, BY(2)));
	EXPECT_JUDGED("it belongs to another", pair, SEND(1, 2, 7, BY(1)),
		      RECV(3, 4, 7, BY(2)), SEND(5, 6, 8, BY(1)),
		      PEEK(7, 8, 8, BY(1)), RECV(9, 10, 8, BY(2)));
	/* The first one has ended. */
	EXPECT_JUDGED("fine", pair, SEND(1, 2, 7, BY(3)), SEND(3, 5, 8, BY(2)),
		      RECV(6, 7, 7, BY(2)), RECV(8, 9, 8, BY(2)));
	EXPECT_JUDGED("busy, though there is nobody else", pair,
		      RECV(1, 2, 0, .ret = -EBUSY, BY(2)), SEND(3, 4, 7, BY(1)),
		      RECV(5, 6, 7, BY(1)));
	/* A call that failed has left nothing. */
	EXPECT_JUDGED("fine", pair, RECV(1, 4, 0, .ret = -ETIMEDOUT, BY(1)),
		      RECV(2, 3, 0, .ret = -EBUSY, BY(2)));
	EXPECT_JUDGED("busy, though there is nobody else", pair,
		      RECV(1, 2, 0, .ret = -ETIMEDOUT, BY(1)),
		      RECV(3, 4, 0, .ret = -EBUSY, BY(2)));
	EXPECT_JUDGED("busy, though there is nobody else", pair,
		      SEND(1, 2, 7, .ret = -ETIMEDOUT, BY(1)),
		      SEND(3, 4, 8, .ret = -EBUSY, BY(2)));
}

/* Whose messages are wanted must live. */
TEST(no_such_process)
{
	const struct life lives[] = { { 1, 20 }, { 2, 4 } };
	const struct history choice = MAILBOX(.selective = true, .lives = lives,
					      .nr_lives = ARRAY_SIZE(lives));

	EXPECT_JUDGED("said to be gone, and lives", choice,
		      RECV(5, 6, 0, .ret = -ESRCH, WANT(MATCH_SENDER, 1)));
	EXPECT_JUDGED("fine", choice,
		      RECV(5, 6, 0, .ret = -ESRCH, WANT(MATCH_SENDER, 2)));
	EXPECT_JUDGED("failed for no reason", choice,
		      RECV(5, 6, 0, .ret = -ESRCH, WANT(MATCH_TYPE, 2)));
}

/* What a subscription lost it tells, and no more. */
TEST(lags)
{
	const struct history lossy = MAILBOX(.capacity = 1, .broadcast = true,
					     .slow = SLOW_DROP_OLDEST);
	const struct history blocks = MAILBOX(.capacity = 2, .broadcast = true);

	EXPECT_JUDGED("fine", lossy, SEND(1, 2, 7, .id = 1),
		      SEND(3, 4, 8, .id = 2),
		      RECV(5, 6, 8, .id = 2, .count = 1));
	EXPECT_JUDGED("another lag than there was", lossy,
		      SEND(1, 2, 7, .id = 1), SEND(3, 4, 8, .id = 2),
		      RECV(5, 6, 8, .id = 2));
	EXPECT_JUDGED("another lag than there was", lossy,
		      SEND(1, 2, 7, .id = 1), RECV(3, 4, 7, .id = 1),
		      SEND(5, 6, 8, .id = 2),
		      RECV(7, 8, 8, .id = 2, .count = 1));
	EXPECT_JUDGED("fine", lossy, SEND(1, 2, 7, .id = 1),
		      RECV(3, 4, 0, .ret = -EAGAIN));
	EXPECT_JUDGED("a message overtook an older one", lossy,
		      SEND(1, 2, 7, .id = 1), SEND(3, 4, 8, .id = 2),
		      RECV(5, 6, 8, .id = 2), RECV(7, 8, 7, .id = 1));
	EXPECT_JUDGED("lost where nothing gets lost", blocks,
		      SEND(1, 2, 7, .id = 1),
		      RECV(3, 4, 7, .id = 1, .count = 1));
	EXPECT_JUDGED("a message is lost", blocks, SEND(1, 2, 7, .id = 1),
		      SEND(3, 4, 8, .id = 2), RECV(5, 6, 8, .id = 2));
	/* Another subscription may have had no room. */
	EXPECT_JUDGED("fine", blocks, SEND(1, 2, 7, .ret = -EAGAIN));
}

/* One that would rather end has all until it loses a message, and nothing after. */
TEST(disconnected)
{
	const struct history ends = MAILBOX(.capacity = 1, .broadcast = true,
					    .slow = SLOW_DISCONNECT);
	const struct history roomy = MAILBOX(.capacity = 2, .broadcast = true,
					     .slow = SLOW_DISCONNECT);

	EXPECT_JUDGED("fine", ends, SEND(1, 2, 7, .id = 1),
		      SEND(3, 4, 8, .id = 2), RECV(5, 6, 7, .id = 1),
		      RECV(7, 8, 0, .ret = -EPIPE), SEND(9, 10, 9, .id = 3));
	EXPECT_JUDGED("ended though nothing was lost", ends,
		      SEND(1, 2, 7, .id = 1), RECV(3, 4, 7, .id = 1),
		      RECV(5, 6, 0, .ret = -EPIPE), SEND(7, 8, 8, .id = 2));
	EXPECT_JUDGED("ended though nothing was lost", roomy,
		      SEND(1, 2, 7, .id = 1), SEND(3, 4, 8, .id = 2),
		      RECV(5, 6, 7, .id = 1), RECV(7, 8, 0, .ret = -EPIPE));
	EXPECT_JUDGED("ended though nothing was lost", ends,
		      SEND(1, 2, 7, .id = 1),
		      SEND(3, 4, 8, .id = 2, .flags = EVENT_ALL),
		      RECV(5, 6, 7, .id = 1), RECV(7, 8, 0, .ret = -EPIPE));
	EXPECT_JUDGED("nothing was found though a message was there", ends,
		      SEND(1, 2, 7, .id = 1), SEND(3, 4, 8, .id = 2),
		      RECV(5, 6, 0, .ret = -EPIPE), RECV(7, 8, 7, .id = 1));
	EXPECT_JUDGED("received after the end", ends, SEND(1, 2, 7, .id = 1),
		      SEND(3, 4, 8, .id = 2), RECV(5, 6, 7, .id = 1),
		      RECV(7, 8, 0, .flags = EVENT_KILLED),
		      RECV(9, 10, 0, .ret = -EPIPE), SEND(11, 12, 9, .id = 3),
		      RECV(13, 14, 9, .id = 3));
	EXPECT_JUDGED("another lag than there was", ends,
		      SEND(1, 2, 7, .id = 1), SEND(3, 4, 8, .id = 2),
		      SEND(5, 6, 9, .id = 3), RECV(7, 8, 7, .id = 1),
		      RECV(9, 10, 9, .id = 3));
	EXPECT_JUDGED("lost where nothing gets lost", ends,
		      SEND(1, 2, 7, .id = 1),
		      RECV(3, 4, 7, .id = 1, .count = 1));
}

/* Who waits for room with all loses nothing where only what comes anew gets lost. */
TEST(sent_to_all)
{
	const struct history newest = MAILBOX(.capacity = 1, .broadcast = true,
					      .slow = SLOW_DROP_NEWEST);
	const struct history oldest = MAILBOX(.capacity = 1, .broadcast = true,
					      .slow = SLOW_DROP_OLDEST);

	EXPECT_JUDGED("fine", newest, SEND(1, 2, 7, .id = 1),
		      SEND(3, 4, 8, .id = 2), RECV(5, 6, 7, .id = 1));
	EXPECT_JUDGED("a message is lost", newest, SEND(1, 2, 7, .id = 1),
		      SEND(3, 4, 8, .id = 2, .flags = EVENT_ALL),
		      RECV(5, 6, 7, .id = 1));
	/* It was there, and then another came. */
	EXPECT_JUDGED("fine", oldest,
		      SEND(1, 2, 7, .id = 1, .flags = EVENT_ALL),
		      SEND(3, 4, 8, .id = 2),
		      RECV(5, 6, 8, .id = 2, .count = 1));
}

TEST_HARNESS_MAIN
