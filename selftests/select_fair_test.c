// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which of several cases a SELECT does: each that is ready as likely as the others, by a
 * test of chi-square; or with IPCMBOX_ORDERED the first one.
 */
#include "kselftest_harness.h"
#include "select.h"

#define CASES 6
#define DRAWS 150 /* for each case that is ready */
#define ONE(i) (1U << (i))

/* One draw in a million is further away; by the number of cases that are ready. */
static const double limits[CASES + 1] = { 0, 0, 24.0, 27.7, 30.7, 33.4, 35.9 };

/* For the squares of all pairs, CASES * CASES - 1 of them. */
#define LIMIT_PAIRS 93.0

FIXTURE(select_fair)
{
	int fds[CASES];
	struct selector selector;
};

MBOX_CAPACITIES(select_fair);

FIXTURE_SETUP(select_fair)
{
	unsigned int i;

	memset(&self->selector, 0, sizeof(self->selector));
	for (i = 0; i < CASES; i++) {
		self->fds[i] = mbox_create(variant->capacity, O_RDWR);
		ASSERT_LE(0, self->fds[i]);
	}
}

FIXTURE_TEARDOWN(select_fair)
{
	unsigned int i;

	for (i = 0; i < CASES; i++) {
		EXPECT_TRUE(mbox_is_calm(self->fds[i]));
		close(self->fds[i]);
	}
}

/* Odd cases send, even ones receive; those of the mask are ready, for once. */
static bool prepare(FIXTURE_DATA(select_fair) * self, uint64_t capacity,
		    unsigned int ready)
{
	unsigned int i;

	for (i = 0; i < CASES; i++) {
		if (i % 2)
			select_send(&self->selector, self->fds[i], i);
		else
			select_recv(&self->selector, self->fds[i]);
		if (i % 2 == !!(ready & ONE(i)))
			continue;
		/* A message to receive, or no room to send. */
		if (i % 2 ? mbox_fill(self->fds[i], capacity, 0) < 0 :
			    mbox_send_num(self->fds[i], i, 0))
			return false;
	}
	return true;
}

/* Makes a case ready once more. */
static bool restore(FIXTURE_DATA(select_fair) * self, unsigned int i)
{
	return i % 2 ? mbox_recv_num(self->fds[i], 0) >= 0 :
		       !mbox_send_num(self->fds[i], i, 0);
}

/* How far so many counts are from being equal. */
static double chi_square(const unsigned int *counts, unsigned int number,
			 double expected)
{
	double sum = 0, off;
	unsigned int i;

	for (i = 0; i < number; i++) {
		off = counts[i] - expected;
		sum += off * off / expected;
	}
	return sum;
}

/* Each set of cases that can be ready: a mailbox without a bound has always room. */
static bool is_possible(uint64_t capacity, unsigned int ready)
{
	unsigned int sends = ONE(1) | ONE(3) | ONE(5);

	return ready &&
	       (capacity != IPCMBOX_UNBOUNDED || (ready & sends) == sends);
}

TEST_F(select_fair, ordered_takes_the_first)
{
	struct selector *selector = &self->selector;
	unsigned int ready, i;

	if (!variant->capacity)
		return;
	selector->arg.flags = IPCMBOX_ORDERED;
	for (ready = 0; ready < ONE(CASES); ready++) {
		if (!is_possible(variant->capacity, ready))
			continue;
		selector->arg.count = 0;
		ASSERT_TRUE(prepare(self, variant->capacity, ready));
		ASSERT_EQ(0, select_run(selector));
		EXPECT_EQ(__builtin_ctz(ready), selector->arg.index);
		for (i = 0; i < CASES; i++)
			mbox_drain(self->fds[i]);
	}
}

/* All are ready, or some; and which was done before makes no difference. */
TEST_F_TIMEOUT(select_fair, each_is_as_likely, 120)
{
	static const unsigned int masks[] = {
		ONE(CASES) - 1,
		ONE(1) | ONE(3) | ONE(5),
		ONE(0) | ONE(1) | ONE(2) | ONE(3) | ONE(5),
		ONE(2) | ONE(5),
	};
	struct selector *selector = &self->selector;
	unsigned int i, k, number;

	if (!variant->capacity)
		return;
	for (k = 0; k < ARRAY_SIZE(masks); k++) {
		unsigned int hits[CASES] = {}, some[CASES], n = 0;

		if (!is_possible(variant->capacity, masks[k]))
			continue;
		number = __builtin_popcount(masks[k]);
		selector->arg.count = 0;
		ASSERT_TRUE(prepare(self, variant->capacity, masks[k]));
		for (i = 0; i < number * DRAWS; i++) {
			ASSERT_EQ(0, select_run(selector));
			hits[selector->arg.index]++;
			ASSERT_TRUE(restore(self, selector->arg.index));
		}
		for (i = 0; i < CASES; i++) {
			if (masks[k] & ONE(i))
				some[n++] = hits[i];
			else
				EXPECT_EQ(0, hits[i]);
			mbox_drain(self->fds[i]);
		}
		EXPECT_GT(limits[number], chi_square(some, number, DRAWS));
	}
}

TEST_F_TIMEOUT(select_fair, draws_are_independent, 120)
{
	unsigned int i, last = 0, pairs[CASES * CASES] = {};
	struct selector *selector = &self->selector;

	if (!variant->capacity)
		return;
	ASSERT_TRUE(prepare(self, variant->capacity, ONE(CASES) - 1));
	for (i = 0; i < CASES * CASES * 30; i++) {
		ASSERT_EQ(0, select_run(selector));
		pairs[last * CASES + selector->arg.index]++;
		last = selector->arg.index;
		ASSERT_TRUE(restore(self, last));
	}
	EXPECT_GT(LIMIT_PAIRS, chi_square(pairs, CASES * CASES, 30));
	for (i = 0; i < CASES; i++)
		mbox_drain(self->fds[i]);
}

/* At capacity 0 those are ready whose peers wait. */
TEST_F_TIMEOUT(select_fair, each_peer_is_as_likely, 120)
{
	struct selector *selector = &self->selector;
	unsigned int i, hits[CASES] = {};
	struct mbox_op ops[CASES] = {};

	if (variant->capacity)
		return;
	for (i = 0; i < CASES; i++) {
		if (i % 2)
			select_send(selector, self->fds[i], i);
		else
			select_recv(selector, self->fds[i]);
		ops[i].fd = self->fds[i];
		ops[i].kind = i % 2 ? OP_RECV : OP_SEND;
		ASSERT_TRUE(mbox_op_park(&ops[i]));
	}
	for (i = 0; i < CASES * 50; i++) {
		ASSERT_EQ(0, select_run(selector));
		hits[selector->arg.index]++;
		ASSERT_EQ(0, mbox_op_join(&ops[selector->arg.index]));
		ASSERT_TRUE(mbox_op_park(&ops[selector->arg.index]));
	}
	EXPECT_GT(limits[CASES], chi_square(hits, CASES, 50));
	for (i = 0; i < CASES; i++) {
		EXPECT_EQ(0, mbox_destroy(self->fds[i]));
		EXPECT_EQ(-EIDRM, mbox_op_join(&ops[i]));
	}
}

TEST_HARNESS_MAIN
