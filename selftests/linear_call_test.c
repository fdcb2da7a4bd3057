// SPDX-License-Identifier: GPL-2.0-only
/*
 * The checker of histories, of calls, answers, notices and CANCEL: what must fail, and
 * what comes near it and must pass. No mailbox takes part.
 */
#include "kselftest_harness.h"
#include "ipcmbox_util.h"
#include "linear.h"

#define CALL(from, to, number, ...)                      \
	SEND(from, to, number, .flags = EVENT_TAKEN | EVENT_CALL, \
	     .process = 1, __VA_ARGS__)
#define ASKED(from, to, number, ...) \
	RECV(from, to, number, .flags = EVENT_CALL, .process = 2, __VA_ARGS__)
#define REPLY(from, to, to_id, number, ...)                            \
	OTHER(EVENT_REPLY, from, to, .id = (to_id), .value = (number), \
	      __VA_ARGS__)
#define NOTICE(from, to, of_id) OTHER(EVENT_NOTICE, from, to, .id = (of_id))
#define CANCEL(from, to, of_id, ...) \
	OTHER(EVENT_CANCEL, from, to, .id = (of_id), .process = 1, __VA_ARGS__)

/* How a call ends. */
#define ANSWERED(number) .id = 1, .said = SAID_REPLIED, .answer = (number)
#define LEFT(error) .id = 1, .said = SAID_TAKEN, .outcome = -(error)
#define GONE .id = 1, .said = SAID_PEER_DIED, .outcome = -EOWNERDEAD

TEST(answered)
{
	EXPECT_FINE(0, CALL(1, 8, 7, ANSWERED(90)), ASKED(2, 3, 7, .id = 1),
		    REPLY(4, 5, 1, 90));
	EXPECT_WRONG("another answer than was given", 0,
		     CALL(1, 8, 7, ANSWERED(91)), ASKED(2, 3, 7, .id = 1),
		     REPLY(4, 5, 1, 90));
	EXPECT_WRONG("answered by nobody", 0, CALL(1, 8, 7, ANSWERED(90)),
		     ASKED(2, 3, 7, .id = 1));
	EXPECT_WRONG("answered by nobody", 0, CALL(1, 8, 7, ANSWERED(90)),
		     ASKED(2, 3, 7, .id = 1),
		     REPLY(4, 5, 1, 90, .ret = -ESTALE));
	EXPECT_WRONG("answered twice", 0, CALL(1, 8, 7, ANSWERED(90)),
		     ASKED(2, 3, 7, .id = 1), REPLY(4, 5, 1, 90),
		     REPLY(6, 7, 1, 91));
	EXPECT_WRONG("answered what was not received", 0,
		     CALL(1, 8, 7, ANSWERED(90)), REPLY(2, 3, 1, 90),
		     ASKED(4, 5, 7, .id = 1));
	EXPECT_WRONG("answered what was not received", 2,
		     SEND(1, 2, 7, .id = 1), RECV(3, 4, 7, .id = 1),
		     REPLY(5, 6, 1, 90));
}

/* An answer is told to its caller, unless that is dead or has no place for it. */
TEST(answer_that_arrives)
{
	EXPECT_WRONG("answered one that did not learn it", 0,
		     CALL(1, 8, 7, LEFT(EINTR)), ASKED(2, 3, 7, .id = 1),
		     REPLY(4, 5, 1, 90));
	EXPECT_WRONG("answered who had left", 0, CALL(1, 4, 7, LEFT(EINTR)),
		     ASKED(2, 3, 7, .id = 1), REPLY(5, 6, 1, 90));
	EXPECT_FINE(0,
		    CALL(1, 8, 7, .id = 1, .said = SAID_REPLIED,
			 .outcome = -EFAULT),
		    ASKED(2, 3, 7, .id = 1), REPLY(4, 5, 1, 90));
	EXPECT_FINE(0, SEND(1, 8, 7, .flags = EVENT_CALL | EVENT_KILLED),
		    ASKED(2, 3, 7, .id = 1), REPLY(4, 5, 1, 90));
	/* Who was killed may have answered, but nothing else. */
	EXPECT_FINE(0, CALL(1, 8, 7, ANSWERED(90)), ASKED(2, 3, 7, .id = 1),
		    REPLY(4, 5, 1, 90, .flags = EVENT_KILLED));
	EXPECT_WRONG("answered by nobody", 0, CALL(1, 8, 7, ANSWERED(91)),
		     ASKED(2, 3, 7, .id = 1),
		     REPLY(4, 5, 1, 90, .flags = EVENT_KILLED));
}

TEST(stale)
{
	EXPECT_FINE(0, CALL(1, 8, 7, ANSWERED(90)), ASKED(2, 3, 7, .id = 1),
		    REPLY(4, 5, 1, 90), REPLY(6, 7, 1, 91, .ret = -ESTALE));
	EXPECT_WRONG("stale, though it was answered later", 0,
		     CALL(1, 8, 7, ANSWERED(90)), ASKED(2, 3, 7, .id = 1),
		     REPLY(4, 5, 1, 91, .ret = -ESTALE), REPLY(6, 7, 1, 90));
	EXPECT_FINE(0, CALL(1, 8, 7, ANSWERED(90)), ASKED(2, 3, 7, .id = 1),
		    REPLY(4, 7, 1, 91, .ret = -ESTALE), REPLY(5, 6, 1, 90));
	EXPECT_FINE(0, CALL(1, 6, 7, LEFT(ETIMEDOUT)), ASKED(2, 3, 7, .id = 1),
		    REPLY(4, 5, 1, 90, .ret = -ESTALE));
	EXPECT_FINE(0, CALL(1, 8, 7, ANSWERED(90)), ASKED(2, 3, 7, .id = 1),
		    REPLY(4, 7, 1, 90), REPLY(5, 6, 1, 91, .ret = -EBUSY));
	EXPECT_WRONG("busy, though nobody else answers", 0,
		     CALL(1, 8, 7, ANSWERED(90)), ASKED(2, 3, 7, .id = 1),
		     REPLY(4, 5, 1, 91, .ret = -EBUSY), REPLY(6, 7, 1, 90));
	EXPECT_FINE(0, CALL(1, 8, 7, ANSWERED(90)), ASKED(2, 3, 7, .id = 1),
		    REPLY(4, 5, 1, 91, .ret = -EMSGSIZE), REPLY(6, 7, 1, 90));
	EXPECT_WRONG("not stale, though nobody waits", 0,
		     CALL(1, 6, 7, ANSWERED(90)), ASKED(2, 3, 7, .id = 1),
		     REPLY(4, 5, 1, 90), REPLY(7, 8, 1, 91, .ret = -EMSGSIZE));
}

TEST(tokens)
{
	EXPECT_WRONG("a token of no call", 2, SEND(1, 2, 7, .id = 1),
		     ASKED(3, 4, 7, .id = 1));
	EXPECT_WRONG("a call came without a token", 0,
		     CALL(1, 8, 7, LEFT(EINTR)), RECV(2, 3, 7, .id = 1));
	EXPECT_FINE(0, CALL(1, 8, 7, GONE),
		    RECV(2, 3, 7, .flags = EVENT_NO_ANSWER));
	EXPECT_WRONG("told what is not so", 0,
		     CALL(1, 8, 7, .id = 1, .said = SAID_TAKEN, .answer = 90),
		     ASKED(2, 3, 7, .id = 1), REPLY(4, 5, 1, 90));
	EXPECT_WRONG("told what is not so", 0,
		     CALL(1, 2, 7, .id = 1, .said = SAID_TAKEN, .ret = -EPIPE,
			  .outcome = -EPIPE));
}

/* The server is gone: its process, or the port. */
TEST(server_gone)
{
	const struct life lives[] = { { 1, 20 }, { 2, 20 }, { 3, 4 } };
	const struct history alive =
		MAILBOX(.lives = lives, .nr_lives = ARRAY_SIZE(lives));

	EXPECT_JUDGED("the server was said to be gone", alive,
		      CALL(1, 8, 7, GONE), ASKED(2, 3, 7, .id = 1));
	EXPECT_JUDGED("fine", alive, CALL(1, 8, 7, GONE),
		      RECV(2, 3, 7, .flags = EVENT_CALL, .process = 3,
			   .id = 1));
	EXPECT_JUDGED("fine", alive, CALL(1, 8, 7, GONE),
		      ASKED(2, 3, 7, .id = 1), OTHER(EVENT_CLOSE, 4, 5));
	EXPECT_JUDGED("the server was said to be gone", alive,
		      CALL(1, 8, 7, GONE), ASKED(2, 3, 7, .id = 1),
		      OTHER(EVENT_CLOSE, 9, 10));
	EXPECT_JUDGED("the server was said to be gone", alive,
		      CALL(1, 8, 7, GONE), ASKED(2, 3, 7, .id = 1),
		      OTHER(EVENT_CLOSE, 4, 5, .worker = 3));
}

/* Its notice was taken away while it was copied, and a signal came. */
TEST(nothing_after_a_notice_was_taken_away)
{
	EXPECT_FINE(2, CALL(1, 4, 7, LEFT(EINTR)), ASKED(2, 3, 7, .id = 1),
		    SEND(5, 6, 8),
		    RECV(7, 9, 0, .ret = -EINTR, .flags = EVENT_NOTICES),
		    RECV(10, 11, 8));
	EXPECT_WRONG("nothing was found though a message was there", 2,
		     CALL(1, 4, 7, LEFT(EINTR)), ASKED(2, 3, 7, .id = 1),
		     SEND(5, 6, 8), RECV(7, 9, 0, .ret = -EINTR),
		     RECV(10, 11, 8));
	EXPECT_WRONG("nothing was found though a message was there", 2,
		     CALL(1, 4, 7, LEFT(EINTR)), ASKED(2, 3, 7, .id = 1),
		     SEND(5, 6, 8),
		     RECV(7, 9, 0, .ret = -EAGAIN, .flags = EVENT_NOTICES),
		     RECV(10, 11, 8));
	EXPECT_WRONG("nothing was found though a message was there", 2,
		     SEND(5, 6, 8),
		     RECV(7, 9, 0, .ret = -EINTR, .flags = EVENT_NOTICES),
		     RECV(10, 11, 8));
}

TEST(notices)
{
	EXPECT_FINE(0, CALL(1, 6, 7, LEFT(EINTR)), ASKED(2, 3, 7, .id = 1),
		    NOTICE(4, 5, 1));
	EXPECT_WRONG("a notice came twice", 0, CALL(1, 6, 7, LEFT(EINTR)),
		     ASKED(2, 3, 7, .id = 1), NOTICE(4, 5, 1), NOTICE(7, 8, 1));
	EXPECT_WRONG("notice of one that has not left", 0,
		     CALL(1, 8, 7, ANSWERED(90)), ASKED(2, 3, 7, .id = 1),
		     REPLY(4, 5, 1, 90), NOTICE(6, 7, 1));
	EXPECT_WRONG("notice of one that has not left", 0, CALL(1, 6, 7, GONE),
		     ASKED(2, 3, 7, .id = 1), NOTICE(4, 5, 1));
	EXPECT_WRONG("notice of what was not received", 0,
		     CALL(1, 8, 7, LEFT(EINTR)), NOTICE(2, 3, 1),
		     ASKED(4, 5, 7, .id = 1));
	EXPECT_FINE(0, SEND(1, 4, 7, .flags = EVENT_CALL | EVENT_KILLED),
		    ASKED(2, 3, 7, .id = 1), NOTICE(5, 6, 1));
}

#define MINE(number) .id = (number), .process = 1, .said = SAID_QUEUED

TEST(taken_back)
{
	EXPECT_FINE(2, SEND(1, 2, 7, MINE(1)),
		    CANCEL(3, 4, 1, .count = CANCEL_DONE),
		    RECV(5, 6, 0, .ret = -EAGAIN));
	EXPECT_WRONG("received though it was cancelled", 2,
		     SEND(1, 2, 7, MINE(1)),
		     CANCEL(3, 4, 1, .count = CANCEL_DONE),
		     RECV(5, 6, 7, .id = 1));
	EXPECT_WRONG("seen after it was cancelled", 2, SEND(1, 2, 7, MINE(1)),
		     CANCEL(3, 4, 1, .count = CANCEL_DONE),
		     PEEK(5, 6, 7, .id = 1));
	EXPECT_WRONG("cancelled twice", 2, SEND(1, 2, 7, MINE(1)),
		     CANCEL(3, 4, 1, .count = CANCEL_DONE),
		     CANCEL(5, 6, 1, .count = CANCEL_DONE));
	EXPECT_WRONG("a send was refused though there was room", 1,
		     SEND(1, 2, 7, MINE(1)),
		     CANCEL(3, 4, 1, .count = CANCEL_DONE),
		     SEND(5, 6, 8, .ret = -EAGAIN));
	EXPECT_WRONG("cancelled by another process", 2,
		     SEND(1, 2, 7, .id = 1, .process = 2, .said = SAID_QUEUED),
		     CANCEL(3, 4, 1, .count = CANCEL_DONE));
	/* A receiver may have had it meanwhile. */
	EXPECT_FINE(2, SEND(1, 2, 7, MINE(1)),
		    RECV(3, 10, 0, .ret = -ETIMEDOUT),
		    RECV(4, 5, 0, .ret = -EAGAIN),
		    CANCEL(6, 7, 1, .count = CANCEL_DONE));
	/* Who was killed may have taken it back. */
	EXPECT_FINE(2, SEND(1, 2, 7, MINE(1)),
		    CANCEL(3, 4, 1, .flags = EVENT_KILLED));
}

TEST(too_late)
{
	EXPECT_FINE(2, SEND(1, 2, 7, MINE(1)), RECV(3, 4, 7, .id = 1),
		    CANCEL(5, 6, 1, .count = CANCEL_TOO_LATE));
	EXPECT_FINE(2, SEND(1, 2, 7, MINE(1)),
		    CANCEL(3, 6, 1, .count = CANCEL_TOO_LATE),
		    RECV(4, 5, 7, .id = 1));
	EXPECT_WRONG("too late to cancel what was there", 2,
		     SEND(1, 2, 7, MINE(1)),
		     CANCEL(3, 4, 1, .count = CANCEL_TOO_LATE),
		     RECV(5, 6, 7, .id = 1));
	EXPECT_WRONG("said to be unknown", 2, SEND(1, 2, 7, MINE(1)),
		     RECV(3, 4, 7, .id = 1),
		     CANCEL(5, 6, 1, .count = CANCEL_UNKNOWN));
	EXPECT_WRONG("said to be replied", 2, SEND(1, 2, 7, MINE(1)),
		     RECV(3, 4, 7, .id = 1),
		     CANCEL(5, 6, 1, .count = CANCEL_REPLIED));
	EXPECT_FINE(0, CALL(1, 8, 7, ANSWERED(90)), ASKED(2, 3, 7, .id = 1),
		    REPLY(4, 5, 1, 90),
		    CANCEL(6, 7, 1, .count = CANCEL_REPLIED));
	EXPECT_WRONG("said to be replied", 0, CALL(1, 8, 7, ANSWERED(90)),
		     ASKED(2, 3, 7, .id = 1),
		     CANCEL(4, 5, 1, .count = CANCEL_REPLIED),
		     REPLY(6, 7, 1, 90));
}

/* Who waits is told, and only then. */
TEST(cancelled_waiters)
{
	const unsigned int taken = EVENT_TAKEN;

	EXPECT_FINE(0,
		    SEND(1, 4, 7, .id = 1, .process = 1, .flags = taken,
			 .ret = -ECANCELED),
		    CANCEL(2, 3, 1, .count = CANCEL_DONE));
	EXPECT_WRONG("cancelled by nobody", 0,
		     SEND(1, 4, 7, .id = 1, .process = 1, .flags = taken,
			  .ret = -ECANCELED),
		     CANCEL(5, 6, 1, .count = CANCEL_TOO_LATE));
	EXPECT_FINE(0, CALL(1, 6, 7, LEFT(ECANCELED)), ASKED(2, 3, 7, .id = 1),
		    CANCEL(4, 5, 1, .count = CANCEL_TOO_LATE));
	EXPECT_WRONG("cancelled by nobody", 0, CALL(1, 6, 7, LEFT(ECANCELED)),
		     ASKED(2, 3, 7, .id = 1));
}

/* Of a call about several others may have been done. */
TEST(cases)
{
	const unsigned int of_several = EVENT_CASE;

	EXPECT_FINE(2, SEND(1, 2, 7, .flags = of_several, .ret = -ENOENT),
		    RECV(3, 4, 0, .flags = of_several, .ret = -ENOENT));
	EXPECT_WRONG("failed for no reason", 2, SEND(1, 2, 7, .ret = -ENOENT));
	EXPECT_WRONG("received though its send failed", 2,
		     SEND(1, 2, 7, .flags = of_several, .ret = -ENOENT),
		     RECV(3, 4, 7));
	/* While it waits in line it may take up room. */
	EXPECT_FINE(1, SEND(1, 4, 7, .flags = of_several, .ret = -ENOENT),
		    SEND(2, 3, 8, .ret = -EAGAIN));
	EXPECT_WRONG("a send was refused though there was room", 1,
		     SEND(1, 2, 7, .flags = of_several, .ret = -ENOENT),
		     SEND(3, 4, 8, .ret = -EAGAIN));
	EXPECT_WRONG("nothing was found though a message was there", 2,
		     SEND(1, 2, 7),
		     RECV(3, 4, 0, .flags = of_several, .ret = -EAGAIN),
		     RECV(5, 6, 7));
	/* Of a batch the first that was not done may have had one. */
	EXPECT_FINE(2, SEND(1, 2, 7),
		    RECV(3, 6, 0, .flags = of_several, .ret = -ENOENT,
			 .count = 1),
		    RECV(4, 5, 0, .ret = -EAGAIN), RECV(7, 8, 7));
	EXPECT_WRONG("nothing was found though a message was there", 2,
		     SEND(1, 2, 7),
		     RECV(3, 6, 0, .flags = of_several, .ret = -ENOENT),
		     RECV(4, 5, 0, .ret = -EAGAIN), RECV(7, 8, 7));
}

TEST_HARNESS_MAIN
