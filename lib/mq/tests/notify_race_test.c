// SPDX-License-Identifier: GPL-2.0-only
/*
 * mq_notify() where others ask, wait for room and give up at the same time.
 */
#include <stdatomic.h>

#include "notify_util.h"

FIXTURE(race)
{
	mqd_t mqdes;
	sigset_t set;
};

/* It holds one message. */
FIXTURE_SETUP(race)
{
	mq_unlink(QUEUE);
	self->mqdes = make_queue(QUEUE, O_RDWR, 1);
	ASSERT_LE(0, self->mqdes);
	sigemptyset(&self->set);
	sigaddset(&self->set, SIGNO);
	sigprocmask(SIG_BLOCK, &self->set, NULL);
}

FIXTURE_TEARDOWN(race)
{
	mq_close(self->mqdes);
	mq_unlink(QUEUE);
}

static int send_within(mqd_t mqdes, long ms)
{
	const struct timespec until = from_now(ms);

	return mq_timedsend(mqdes, "late", 4, 0, &until);
}

/* What does not get into the queue does not come to it, and a request is for what does. */
TEST_F(race, sender_waits_in_vain)
{
	int i;

	EXPECT_EQ(0, send_text(self->mqdes, "1", 0));
	EXPECT_EQ(0, ask_by_signal(self->mqdes, 7));
	for (i = 0; i < 200; i++)
		EXPECT_ERRNO(ETIMEDOUT, send_within(self->mqdes, i % 4));
	EXPECT_EQ(-1, signal_within(&self->set, NEVER, NULL));
	EXPECT_EQ(0, receive_text(self->mqdes, "1"));
	EXPECT_EQ(-1, signal_within(&self->set, NEVER, NULL));
	EXPECT_EQ(0, send_text(self->mqdes, "2", 0));
	EXPECT_EQ(7, signal_within(&self->set, SOON, NULL));
}

/* The same by another process, of which this one learns in its own time. */
TEST_F(race, sender_waited_in_vain_meanwhile)
{
	pid_t pid;
	int i;

	EXPECT_EQ(0, send_text(self->mqdes, "1", 0));
	EXPECT_EQ(0, ask_by_signal(self->mqdes, 7));
	for (i = 0; i < 3; i++) {
		pid = fork();
		if (!pid)
			_exit(!send_within(self->mqdes, NEVER) ||
			      errno != ETIMEDOUT);
		EXPECT_EQ(0, exit_of(pid));
	}
	EXPECT_EQ(-1, signal_within(&self->set, NEVER, NULL));
	EXPECT_EQ(0, receive_text(self->mqdes, "1"));
	pid = fork();
	if (!pid)
		_exit(send_text(self->mqdes, "2", 0));
	EXPECT_EQ(7, signal_within(&self->set, SOON, NULL));
	EXPECT_EQ(0, exit_of(pid));
}

/* Of many that ask at the same time one gets it, each time. */
#define ROUNDS 100

static atomic_int holders, too_many;

static void *ask_often(void *arg)
{
	mqd_t mqdes = *(mqd_t *)arg;
	uintptr_t got = 0;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		if (ask_for_nothing(mqdes))
			continue;
		got++;
		if (atomic_fetch_add(&holders, 1))
			atomic_fetch_add(&too_many, 1);
		sched_yield();
		atomic_fetch_sub(&holders, 1);
		mq_notify(mqdes, NULL);
	}
	return (void *)got;
}

TEST_F(race, many_ask)
{
	pthread_t threads[4];
	uintptr_t sum = 0;
	void *got;
	int i;

	for (i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, ask_often, &self->mqdes);
	for (i = 0; i < 4; i++) {
		pthread_join(threads[i], &got);
		sum += (uintptr_t)got;
	}
	EXPECT_EQ(0, too_many);
	/* Who finds it taken goes on, but the last of them asks alone. */
	EXPECT_LE(1, sum);
	EXPECT_EQ(0, ask_for_nothing(self->mqdes));
}

TEST_HARNESS_MAIN
