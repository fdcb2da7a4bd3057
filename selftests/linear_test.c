// SPDX-License-Identifier: GPL-2.0-only
/*
 * The checker of histories: those that no mailbox may have must fail, each for its own
 * reason, those that one may have must pass. No mailbox takes part.
 */
#include "kselftest_harness.h"
#include "ipcmbox_util.h"
#include "linear.h"

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

/* The oldest was taken back while it was copied: only a signal ends that. */
TEST(nothing_after_one_was_taken_back)
{
	EXPECT_FINE(2, SEND(1, 6, 7, .ret = -ETIMEDOUT, .flags = EVENT_TAKEN),
		    SEND(3, 4, 8), RECV(5, 8, 0, .ret = -EINTR),
		    RECV(9, 10, 8));
	EXPECT_WRONG("nothing was found though a message was there", 2,
		     SEND(1, 6, 7, .ret = -ETIMEDOUT, .flags = EVENT_TAKEN),
		     SEND(3, 4, 8), RECV(5, 8, 0, .ret = -ETIMEDOUT),
		     RECV(9, 10, 8));
	/* But not that of a call which began later. */
	EXPECT_WRONG("nothing was found though a message was there", 2,
		     SEND(1, 6, 7, .ret = -ETIMEDOUT, .flags = EVENT_TAKEN),
		     SEND(3, 4, 8), RECV(7, 8, 0, .ret = -EINTR),
		     RECV(9, 10, 8));
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
	EXPECT_WRONG("failed for no reason", 2,
		     PEEK(1, 2, 0, .ret = -ETIMEDOUT));
	EXPECT_WRONG("failed for no reason", 2, SEND(1, 2, 7),
		     RECV(3, 4, 0, .ret = -ENOMEM), RECV(5, 6, 7));
	EXPECT_WRONG("cancelled by nobody", 2,
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
	history.dropped = 1;
	EXPECT_FALSE(history_check(&history, &verdict));
	EXPECT_STREQ("DRAIN told other than was counted", verdict.what);
	history.dropped = 0;
	history.left = 1;
	EXPECT_TRUE(history_check(&history, &verdict));
	history.received = 2;
	EXPECT_FALSE(history_check(&history, &verdict));
	EXPECT_STREQ("received other than was counted", verdict.what);
}

/* What a send says of its message. */
TEST(said)
{
	const unsigned int taken = EVENT_TAKEN;

	EXPECT_FINE(2, SEND(1, 2, 7, .id = 1, .said = SAID_QUEUED),
		    RECV(3, 4, 7));
	EXPECT_WRONG("told what is not so", 2,
		     SEND(1, 2, 7, .id = 1, .said = SAID_WITHDRAWN),
		     RECV(3, 4, 7));
	EXPECT_WRONG("told what is not so", 2,
		     SEND(1, 2, 7, .said = SAID_QUEUED), RECV(3, 4, 7));
	EXPECT_WRONG("told what is not so", 2,
		     SEND(1, 4, 7, .id = 1, .flags = taken,
			  .said = SAID_QUEUED),
		     RECV(2, 3, 7));
	EXPECT_FINE(0, SEND(1, 2, 7, .id = 1, .ret = -EINTR, .flags = taken,
			    .said = SAID_WITHDRAWN));
	EXPECT_WRONG("told what is not so", 0,
		     SEND(1, 2, 7, .id = 1, .ret = -EINTR, .flags = taken,
			  .said = SAID_NOT_SENT));
	EXPECT_WRONG("told what is not so", 0,
		     SEND(1, 2, 7, .ret = -EAGAIN, .flags = taken,
			  .said = SAID_WITHDRAWN));
}

/* No side comes back of which somebody was told that it is gone. */
TEST(ends)
{
	EXPECT_FINE(2, SEND(1, 2, 7), RECV(3, 4, 7),
		    RECV(5, 6, 0, .ret = -EPIPE));
	EXPECT_WRONG("nothing was found though a message was there", 2,
		     SEND(1, 2, 7), RECV(3, 4, 0, .ret = -EPIPE),
		     RECV(5, 6, 7));
	EXPECT_WRONG("the file ended before its last sender", 2,
		     RECV(1, 2, 0, .ret = -EPIPE), SEND(3, 4, 7),
		     RECV(5, 6, 7));
	EXPECT_FINE(2, RECV(1, 2, 0, .ret = -EAGAIN),
		    SEND(3, 4, 7, .ret = -EPIPE));
	EXPECT_WRONG("EPIPE while there is a receiver", 2,
		     SEND(1, 2, 7, .ret = -EPIPE),
		     RECV(3, 4, 0, .ret = -EAGAIN));
}

/* The order of sends that overlap is that of their numbers. */
TEST(numbers)
{
	EXPECT_FINE(2, SEND(1, 4, 7, .id = 1), SEND(2, 3, 8, .id = 2),
		    RECV(5, 6, 7, .id = 1), RECV(7, 8, 8, .id = 2));
	EXPECT_WRONG("overtook one with a lower number", 2,
		     SEND(1, 4, 7, .id = 1), SEND(2, 3, 8, .id = 2),
		     RECV(5, 6, 8, .id = 2), RECV(7, 8, 7, .id = 1));
	EXPECT_WRONG("overtook one with a lower number", 2,
		     SEND(1, 4, 7, .id = 1), SEND(2, 3, 8, .id = 2),
		     PEEK(5, 6, 8), RECV(7, 8, 7), RECV(9, 10, 8));
	EXPECT_FINE(2, SEND(1, 2, 7, .id = 1), PEEK(3, 4, 7, .id = 1),
		    RECV(5, 6, 7, .id = 1));
	EXPECT_FINE(2, SEND(1, 4, 7, .id = 1), SEND(2, 3, 8, .id = 2),
		    RECV(5, 8, 0, .ret = -EFAULT), RECV(6, 7, 8, .id = 2),
		    RECV(9, 10, 7, .id = 1));
}

TEST(drained)
{
	EXPECT_WRONG("a message outlived a DRAIN", 3, SEND(1, 2, 7),
		     SEND(3, 4, 8), OTHER(EVENT_DRAIN, 5, 6, .count = 1),
		     RECV(7, 8, 8));
	EXPECT_FINE(3, SEND(1, 2, 7), RECV(3, 6, 0, .ret = -EFAULT),
		    OTHER(EVENT_DRAIN, 4, 5, .count = 0), RECV(7, 8, 7));
	EXPECT_FINE(3, SEND(1, 2, 7), OTHER(EVENT_DRAIN, 3, 6, .count = 1),
		    SEND(4, 5, 8), RECV(7, 8, 8));
	EXPECT_WRONG("DRAIN told of more than there was", 3, SEND(1, 2, 7),
		     OTHER(EVENT_DRAIN, 3, 4, .count = 2), SEND(5, 6, 8),
		     RECV(7, 8, 8));
}

/* A capacity is in force from its SET on, until the next. */
TEST(capacity_set)
{
	EXPECT_WRONG("a send was let in without room", 2, SEND(1, 2, 6),
		     OTHER(EVENT_SET, 3, 4, .count = 1), SEND(5, 6, 7),
		     RECV(7, 8, 6), RECV(9, 10, 7));
	EXPECT_FINE(2, SEND(1, 2, 6), OTHER(EVENT_SET, 3, 6, .count = 1),
		    SEND(4, 5, 7), RECV(7, 8, 6), RECV(9, 10, 7));
	EXPECT_WRONG("a send was refused though there was room", 1,
		     OTHER(EVENT_SET, 1, 2, .count = 2), SEND(3, 4, 6),
		     SEND(5, 6, 7, .ret = -EAGAIN), RECV(7, 8, 6));
	EXPECT_FINE(1, SEND(1, 2, 6), SEND(3, 4, 7, .ret = -EAGAIN),
		    OTHER(EVENT_SET, 5, 6, .count = 2), SEND(7, 8, 9),
		    RECV(9, 10, 6), RECV(11, 12, 9));
}

TEST(polled)
{
	EXPECT_WRONG("poll told of a message that was none", 2,
		     OTHER(EVENT_POLL, 1, 2, .count = POLL_MESSAGE));
	EXPECT_WRONG("poll told of none though one was there", 2, SEND(1, 2, 7),
		     OTHER(EVENT_POLL, 3, 4, .count = POLL_NONE),
		     RECV(5, 6, 7));
	EXPECT_WRONG("poll told of room that was none", 1, SEND(1, 2, 7),
		     OTHER(EVENT_POLL, 3, 4, .count = POLL_ROOM),
		     RECV(5, 6, 7));
	EXPECT_WRONG("poll told of none though there was room", 1,
		     OTHER(EVENT_POLL, 1, 2, .count = POLL_FULL));
	EXPECT_FINE(1, OTHER(EVENT_POLL, 1, 2, .count = POLL_NONE | POLL_ROOM),
		    SEND(3, 6, 7),
		    OTHER(EVENT_POLL, 4, 5, .count = POLL_MESSAGE | POLL_ROOM),
		    OTHER(EVENT_POLL, 7, 8, .count = POLL_MESSAGE | POLL_FULL),
		    RECV(9, 10, 7));
}

/* Where quota may be short a send can fail for that, and wait for it; but not be lost. */
TEST(scarce)
{
	const struct history poor = MAILBOX(.capacity = 1, .scarce = true);

	EXPECT_WRONG("failed for no reason", 1, SEND(1, 2, 7, .ret = -EDQUOT));
	EXPECT_JUDGED("fine", poor, SEND(1, 2, 7, .ret = -EDQUOT),
		      OTHER(EVENT_POLL, 3, 4, .count = POLL_FULL),
		      SEND(5, 6, 8, .ret = -EAGAIN));
	EXPECT_JUDGED("failed for no reason", poor,
		      RECV(1, 2, 0, .ret = -EDQUOT));
	EXPECT_JUDGED("received though its send failed", poor,
		      SEND(1, 2, 7, .ret = -EDQUOT), RECV(3, 4, 7));
	EXPECT_JUDGED("poll told of room that was none", poor, SEND(1, 2, 7),
		      OTHER(EVENT_POLL, 3, 4, .count = POLL_ROOM),
		      RECV(5, 6, 7));
}

TEST_HARNESS_MAIN
