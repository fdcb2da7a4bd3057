// SPDX-License-Identifier: GPL-2.0-only
/*
 * The checker of the histories of names: what must fail, and what comes near it and must
 * pass. No mailbox takes part.
 */
#include "kselftest_harness.h"
#include "ipcmbox_util.h"
#include "linear.h"
#include "storm/names.h"

#define MADE "a name was made that was there"
#define NOT_FOUND "a name was not found that was there"
#define SAID "a name was said to be there"
#define OTHERS "a name was found to be that of another mailbox"
#define NOT_THERE "a name was taken away that was not there"

#define MAKE(from, to, mailbox, ...)                     \
	OTHER(EVENT_CREATE, from, to, .value = (mailbox), \
	      .flags = EVENT_EXCLUSIVE, __VA_ARGS__)
#define REFUSED(from, to) MAKE(from, to, 0, .ret = -EEXIST)
#define MAKE_OR_OPEN(from, to, mailbox) \
	OTHER(EVENT_CREATE, from, to, .value = (mailbox))
#define OPEN(from, to, mailbox, ...) \
	OTHER(EVENT_OPEN, from, to, .value = (mailbox), __VA_ARGS__)
#define OPEN_NONE(from, to) OPEN(from, to, 0, .ret = -ENOENT)
#define UNLINK(from, to, ...) OTHER(EVENT_UNLINK, from, to, __VA_ARGS__)
#define UNLINK_NONE(from, to) UNLINK(from, to, .ret = -ENOENT)
#define LISTED(from, to, mailbox) \
	OTHER(EVENT_LISTED, from, to, .value = (mailbox))
#define LISTED_NONE(from, to) OTHER(EVENT_LISTED, from, to, .ret = -ENOENT)
#define DESTROY(from, to, mailbox, ...) \
	OTHER(EVENT_DESTROY, from, to, .value = (mailbox), __VA_ARGS__)

static const char *judge(const struct event *events, size_t count)
{
	struct history history = { .events = events, .count = count };
	struct verdict verdict;

	return names_check(&history, &verdict) ? "fine" : verdict.what;
}

#define EXPECT_NAME(what, ...)                                           \
	do {                                                             \
		const struct event _events[] = { __VA_ARGS__ };          \
									 \
		EXPECT_STREQ(what, judge(_events, ARRAY_SIZE(_events))); \
	} while (0)

TEST(one_makes_it)
{
	EXPECT_NAME("fine", MAKE(1, 2, 7), REFUSED(3, 4));
	EXPECT_NAME(MADE, MAKE(1, 2, 7), MAKE(3, 4, 8));
	EXPECT_NAME(MADE, MAKE(1, 4, 7), MAKE(2, 3, 8));
	EXPECT_NAME("fine", MAKE(1, 2, 7), UNLINK(3, 4), MAKE(5, 6, 8));
	EXPECT_NAME("fine", MAKE(1, 5, 7), UNLINK(2, 6), MAKE(3, 4, 8));
	EXPECT_NAME(MADE, MAKE(1, 2, 7), MAKE(3, 4, 8), UNLINK(5, 6));
	EXPECT_NAME(SAID, REFUSED(1, 2), MAKE(3, 4, 7));
	EXPECT_NAME("fine", REFUSED(1, 4), MAKE(2, 3, 7));
}

TEST(or_opens_it)
{
	EXPECT_NAME("fine", MAKE_OR_OPEN(1, 2, 7), MAKE_OR_OPEN(3, 4, 7));
	EXPECT_NAME(MADE, MAKE_OR_OPEN(1, 2, 7), MAKE_OR_OPEN(3, 4, 8));
	EXPECT_NAME("fine", MAKE_OR_OPEN(1, 4, 7), MAKE_OR_OPEN(2, 3, 7));
	/* Once it has gone nobody makes it again. */
	EXPECT_NAME(MADE, MAKE(1, 2, 7), UNLINK(3, 4), MAKE_OR_OPEN(5, 6, 7));
	EXPECT_NAME(SAID, MAKE(1, 2, 7),
		    OTHER(EVENT_CREATE, 3, 4, .ret = -EEXIST));
}

TEST(opened)
{
	EXPECT_NAME("fine", MAKE(1, 2, 7), OPEN(3, 4, 7));
	EXPECT_NAME(NOT_FOUND, MAKE(1, 2, 7), OPEN_NONE(3, 4));
	EXPECT_NAME("fine", MAKE(1, 4, 7), OPEN_NONE(2, 3));
	EXPECT_NAME(OTHERS, OPEN(1, 2, 7), MAKE(3, 4, 7));
	EXPECT_NAME("fine", OPEN(1, 4, 7), MAKE(2, 3, 7));
	/* An unlinked one is not found, whether or not there is another. */
	EXPECT_NAME(OTHERS, MAKE(1, 2, 7), UNLINK(3, 4), OPEN(5, 6, 7));
	EXPECT_NAME(OTHERS, MAKE(1, 2, 7), UNLINK(3, 4), MAKE(5, 6, 8),
		    OPEN(7, 8, 7));
	EXPECT_NAME("fine", MAKE(1, 2, 7), UNLINK(3, 6), OPEN(4, 5, 7));
	EXPECT_NAME("fine", MAKE(1, 2, 7), UNLINK(3, 8), MAKE(4, 5, 8),
		    OPEN(6, 7, 8));
	/* The new one was seen, and then the old one. */
	EXPECT_NAME(OTHERS, MAKE(1, 2, 7), UNLINK(3, 12), MAKE(4, 11, 8),
		    OPEN(5, 6, 8), OPEN(7, 8, 7));
}

TEST(taken_away)
{
	EXPECT_NAME(NOT_THERE, UNLINK(1, 2));
	EXPECT_NAME(NOT_THERE, MAKE(1, 2, 7), UNLINK(3, 4), UNLINK(5, 6));
	EXPECT_NAME(NOT_THERE, MAKE(1, 2, 7), UNLINK(3, 5), UNLINK(4, 6));
	EXPECT_NAME("fine", MAKE(1, 2, 7), UNLINK(3, 5), UNLINK_NONE(4, 6));
	EXPECT_NAME(NOT_FOUND, MAKE(1, 2, 7), UNLINK_NONE(3, 4));
}

TEST(listed)
{
	EXPECT_NAME("fine", MAKE(1, 2, 7), LISTED(3, 4, 7));
	EXPECT_NAME(NOT_FOUND, MAKE(1, 2, 7), LISTED_NONE(3, 4));
	EXPECT_NAME("fine", MAKE(1, 2, 7), LISTED_NONE(3, 6), UNLINK(4, 5));
	EXPECT_NAME(OTHERS, MAKE(1, 2, 7), UNLINK(3, 4), LISTED(5, 6, 7));
}

TEST(destroyed)
{
	EXPECT_NAME("fine", MAKE(1, 2, 7), DESTROY(3, 4, 7), OPEN_NONE(5, 6));
	EXPECT_NAME(OTHERS, MAKE(1, 2, 7), DESTROY(3, 4, 7), OPEN(5, 6, 7));
	/* Of its successor it takes nothing away. */
	EXPECT_NAME("fine", MAKE(1, 2, 7), UNLINK(3, 4), MAKE(5, 6, 8),
		    DESTROY(7, 8, 7), OPEN(9, 10, 8));
	EXPECT_NAME(NOT_FOUND, MAKE(1, 2, 7), UNLINK(3, 4), MAKE(5, 6, 8),
		    DESTROY(7, 8, 7), OPEN_NONE(9, 10));
	/* It is marked first. */
	EXPECT_NAME("fine", MAKE(1, 2, 7), DESTROY(3, 6, 7),
		    OPEN(4, 5, 0, .ret = -EIDRM, .flags = EVENT_BY_FILE));
	EXPECT_NAME("a name gave an error that it cannot give", MAKE(1, 2, 7),
		    DESTROY(3, 6, 7), OPEN(4, 5, 0, .ret = -EIDRM));
	EXPECT_NAME("a name gave an error that it cannot give", MAKE(1, 2, 7),
		    OPEN(3, 4, 0, .ret = -EIDRM));
}

#define BY_FILE .flags = EVENT_BY_FILE

/* open(2) may find it longer than others, but not for ever. */
TEST(by_file)
{
	EXPECT_NAME("fine", MAKE(1, 2, 7), UNLINK(3, 8), OPEN_NONE(4, 5),
		    OPEN(6, 7, 7, BY_FILE));
	EXPECT_NAME("fine", MAKE(1, 2, 7), UNLINK(3, 8), OPEN_NONE(4, 5),
		    OPEN(6, 9, 7, BY_FILE));
	EXPECT_NAME(OTHERS, MAKE(1, 2, 7), UNLINK(3, 7), OPEN_NONE(4, 5),
		    OPEN(8, 9, 7, BY_FILE));
	EXPECT_NAME(OTHERS, MAKE(1, 2, 7), UNLINK(3, 8), OPEN_NONE(4, 5),
		    OPEN(6, 7, 7));
	EXPECT_NAME(OTHERS, MAKE(1, 2, 7), UNLINK(3, 4),
		    OPEN(5, 6, 7, BY_FILE));
	/* The directory was locked by others since. */
	EXPECT_NAME(OTHERS, MAKE(1, 2, 7), UNLINK(3, 8), MAKE(4, 5, 8),
		    OPEN(6, 7, 7, BY_FILE));
	EXPECT_NAME("fine", MAKE(1, 6, 7), OPEN(2, 3, 7, BY_FILE),
		    OPEN_NONE(4, 5));
	EXPECT_NAME(NOT_FOUND, MAKE(1, 6, 7), OPEN(2, 3, 7), OPEN_NONE(4, 5));
	EXPECT_NAME(OTHERS, MAKE(3, 4, 7), OPEN(1, 2, 7, BY_FILE));
	EXPECT_NAME("fine", MAKE(1, 2, 7), UNLINK(3, 8), DESTROY(4, 5, 7),
		    OPEN(6, 7, 0, .ret = -EIDRM, BY_FILE));
	EXPECT_NAME("a name gave an error that it cannot give", MAKE(1, 2, 7),
		    UNLINK(3, 8), DESTROY(4, 5, 7),
		    OPEN(6, 7, 0, .ret = -EIDRM));
}

#define KILLED .flags = EVENT_KILLED

/* Who was killed may have done it, or not. */
TEST(killed)
{
	EXPECT_NAME("fine", MAKE(1, 2, 7), UNLINK(3, 6, KILLED), OPEN(4, 5, 7),
		    OPEN(7, 8, 7));
	EXPECT_NAME("fine", MAKE(1, 2, 7), UNLINK(3, 6, KILLED),
		    OPEN_NONE(7, 8));
	EXPECT_NAME(OTHERS, MAKE(1, 2, 7), UNLINK(3, 6, KILLED),
		    OPEN_NONE(7, 8), OPEN(9, 10, 7));
}

/* What nobody lived to tell of: its number is learned by those who open it. */
TEST(killed_makers)
{
	EXPECT_NAME("fine", OTHER(EVENT_CREATE, 1, 2, KILLED), OPEN(3, 4, 7),
		    OPEN(5, 6, 7));
	EXPECT_NAME("fine", OTHER(EVENT_CREATE, 1, 2, KILLED), OPEN_NONE(3, 4));
	EXPECT_NAME("fine", OTHER(EVENT_CREATE, 1, 2, KILLED), REFUSED(3, 4));
	EXPECT_NAME(OTHERS, OTHER(EVENT_CREATE, 1, 2, KILLED), OPEN(3, 4, 7),
		    OPEN(5, 6, 8));
	EXPECT_NAME(OTHERS, OTHER(EVENT_CREATE, 1, 2, KILLED), OPEN_NONE(3, 4),
		    OPEN(5, 6, 7));
}

TEST_HARNESS_MAIN
