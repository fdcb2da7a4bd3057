// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two processes select among 64 cases on the same mailboxes, in opposite order, as fast
 * as they can. No order of locks is theirs to choose: both go on, as do those who send
 * and receive there in the usual way.
 */
#include "kselftest_harness.h"
#include "attack.h"
#include "select.h"

#define MAILBOXES 2
#define RACE_MS 1500
#define PASSES 50

/**
 * struct duel - two who select
 * @fds: the mailboxes
 * @spread: cases are on all of them, not on the first alone
 * @done: selections that each of the two has made
 */
struct duel {
	int fds[MAILBOXES];
	bool spread;
	atomic_uint done[2];
};

FIXTURE(duel)
{
	struct duel *duel;
	struct mbox_op op;
};

FIXTURE_VARIANT(duel)
{
	uint64_t capacity;
	bool spread;
};

FIXTURE_VARIANT_ADD(duel, rendezvous)
{
	.capacity = IPCMBOX_RENDEZVOUS,
};

FIXTURE_VARIANT_ADD(duel, rendezvous_on_several)
{
	.capacity = IPCMBOX_RENDEZVOUS,
	.spread = true,
};

FIXTURE_VARIANT_ADD(duel, one)
{
	.capacity = 1,
};

FIXTURE_VARIANT_ADD(duel, one_on_several)
{
	.capacity = 1,
	.spread = true,
};

FIXTURE_SETUP(duel)
{
	unsigned int i;

	memset(self, 0, sizeof(*self));
	self->duel = attack_share(sizeof(*self->duel));
	self->duel->spread = variant->spread;
	for (i = 0; i < MAILBOXES; i++) {
		self->duel->fds[i] = mbox_create(variant->capacity, O_RDWR);
		ASSERT_LE(0, self->duel->fds[i]);
	}
}

FIXTURE_TEARDOWN(duel)
{
	unsigned int i;

	for (i = 0; i < MAILBOXES; i++) {
		EXPECT_TRUE(mbox_is_calm(self->duel->fds[i]));
		close(self->duel->fds[i]);
	}
	munmap(self->duel, sizeof(*self->duel));
	EXPECT_TRUE(attack_is_over());
}

/* Cases that send and that receive in turns, from the first on or from the last. */
static void select_for_ever(struct duel *duel, bool backwards)
{
	struct selector selector;
	unsigned int i, k;
	int fd;

	for (;;) {
		memset(&selector, 0, sizeof(selector));
		for (i = 0; i < IPCMBOX_SELECT_MAX; i++) {
			k = backwards ? IPCMBOX_SELECT_MAX - 1 - i : i;
			fd = duel->fds[duel->spread ? k / 2 % MAILBOXES : 0];
			if (k % 2)
				select_send(&selector, fd, k);
			else
				select_recv(&selector, fd);
		}
		selector.arg.deadline = mbox_deadline(MBOX_WATCHDOG_MS);
		EXPECT_THAT(!select_run(&selector));
		duel->done[backwards]++;
	}
}

static void forwards(void *arg)
{
	select_for_ever(arg, false);
}

static void backwards(void *arg)
{
	select_for_ever(arg, true);
}

TEST_F_TIMEOUT(duel, opposite_orders, 120)
{
	struct duel *duel = self->duel;
	pid_t pids[2] = {
		attack_start(ATTACKER, forwards, duel),
		attack_start(ATTACKER, backwards, duel),
	};
	unsigned int i, before[2];
	uint64_t end;
	int64_t got;

	usleep(RACE_MS * 1000);
	EXPECT_TRUE(attack_others_go_on());
	/* Somebody else gets in between them, on either side. */
	for (i = 0; i < PASSES; i++) {
		self->op = (struct mbox_op){
			.fd = duel->fds[0],
			.kind = i % 2 ? OP_SEND : OP_RECV,
			.num = IPCMBOX_SELECT_MAX + i,
			.deadline = mbox_deadline(MBOX_WATCHDOG_MS),
		};
		EXPECT_EQ(0, mbox_op_run(&self->op));
	}
	/* Each of them goes on, with what that left. */
	for (i = 0; i < 2; i++)
		before[i] = duel->done[i];
	end = mbox_deadline(MBOX_WATCHDOG_MS);
	while ((duel->done[0] == before[0] || duel->done[1] == before[1]) &&
	       mbox_now() < end)
		mbox_nap();
	for (i = 0; i < 2; i++) {
		EXPECT_LT(before[i], duel->done[i]);
		EXPECT_TRUE(attack_stop(pids[i]));
	}
	/* Nothing of their cases is left but what they have stored. */
	for (i = 0; i < MAILBOXES; i++) {
		struct ipcmbox_info info = mbox_info(duel->fds[i]);

		EXPECT_EQ(0, info.senders_waiting);
		EXPECT_EQ(0, info.receivers_waiting);
		while ((got = mbox_recv_num(duel->fds[i], IPCMBOX_DONTWAIT)) >=
		       0)
			EXPECT_GT(IPCMBOX_SELECT_MAX + PASSES, got);
		EXPECT_EQ(-EAGAIN, got);
	}
}

TEST_HARNESS_MAIN
