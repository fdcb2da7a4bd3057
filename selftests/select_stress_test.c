// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads that SELECT at random among mailboxes, send and receive at once, while
 * others send and receive by themselves: each number that was sent is received once,
 * and none that was not.
 */
#include "kselftest_harness.h"
#include "select.h"

#define MAILBOXES 4
#define THREADS 6
#define PLAIN 2 /* of these do no SELECT */
#define CASES 6
#define ROUNDS 3000 /* of a thread, unless IPCMBOX_RACES= sets those of all */

struct worker {
	int *fds;
	unsigned int slot;
	unsigned int seed;
	unsigned int rounds;
	unsigned long done;
	int wrong;
	pthread_t thread;
};

/* How often each number was sent and received. */
static atomic_uchar *sent;
static atomic_uchar *received;

static void on_signal(int signo)
{
}

/* What may come of a call that had a deadline, or was interrupted. */
static bool may_fail(int ret)
{
	return ret == -ETIMEDOUT || ret == -EAGAIN || ret == -EINTR;
}

static void select_once(struct worker *worker, uint32_t number)
{
	struct selector selector = {};
	unsigned int i, index;
	int ret;

	for (i = 0; i < CASES; i++) {
		int fd = worker->fds[rand_r(&worker->seed) % MAILBOXES];

		if (rand_r(&worker->seed) % 2)
			select_send(&selector, fd, number + i);
		else
			select_recv(&selector, fd);
		if (rand_r(&worker->seed) % 4 == 0)
			selector.send[i].flags = IPCMBOX_UNTIL_TAKEN;
	}
	selector.arg.flags = rand_r(&worker->seed) % 3 ? 0 : IPCMBOX_ORDERED;
	if (rand_r(&worker->seed) % 8 == 0)
		selector.arg.flags |= IPCMBOX_DONTWAIT;
	selector.arg.deadline = mbox_now() + rand_r(&worker->seed) % 3000000;
	ret = select_run(&selector);
	index = selector.arg.index;
	if (ret) {
		worker->wrong += !may_fail(ret) || index != -1U;
		return;
	}
	worker->done++;
	if (selector.cases[index].kind == IPCMBOX_CASE_SEND)
		sent[selector.num[index]]++;
	else
		received[selector.num[index]]++;
}

static void do_once(struct worker *worker, uint32_t number)
{
	struct mbox_op op = {
		.fd = worker->fds[rand_r(&worker->seed) % MAILBOXES],
		.kind = rand_r(&worker->seed) % 2 ? OP_SEND : OP_RECV,
		.num = number,
		.deadline = mbox_now() + rand_r(&worker->seed) % 3000000,
	};
	int64_t ret = mbox_op_run(&op);

	if (ret) {
		worker->wrong += !may_fail(ret);
		return;
	}
	worker->done++;
	if (op.kind == OP_SEND)
		sent[number]++;
	else
		received[op.num]++;
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	unsigned int i;

	for (i = 0; i < worker->rounds; i++) {
		uint32_t number = (worker->slot * worker->rounds + i) * CASES;

		if (worker->slot < PLAIN)
			do_once(worker, number);
		else
			select_once(worker, number);
	}
	return NULL;
}

FIXTURE(select_stress)
{
	int fds[MAILBOXES];
	struct worker workers[THREADS];
};

FIXTURE_SETUP(select_stress)
{
	static const uint64_t capacities[MAILBOXES] = {
		0,
		1,
		7,
		IPCMBOX_UNBOUNDED,
	};
	unsigned int i;

	memset(self, 0, sizeof(*self));
	for (i = 0; i < MAILBOXES; i++) {
		self->fds[i] = mbox_create(capacities[i], O_RDWR);
		ASSERT_LE(0, self->fds[i]);
	}
}

FIXTURE_TEARDOWN(select_stress)
{
	unsigned int i;

	for (i = 0; i < MAILBOXES; i++) {
		EXPECT_TRUE(mbox_is_calm(self->fds[i]));
		close(self->fds[i]);
	}
}

TEST_F_TIMEOUT(select_stress, each_once, 600)
{
	const struct sigaction action = { .sa_handler = on_signal };
	unsigned long done = 0, lost = 0, doubled = 0, invented = 0;
	unsigned int i, rounds = mbox_rounds(THREADS * ROUNDS) / THREADS;
	unsigned int numbers = THREADS * rounds * CASES;
	int64_t number;

	sent = calloc(numbers, sizeof(*sent));
	received = calloc(numbers, sizeof(*received));
	ASSERT_NE(NULL, sent);
	ASSERT_NE(NULL, received);

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	for (i = 0; i < THREADS; i++) {
		self->workers[i] = (struct worker){
			.fds = self->fds,
			.slot = i,
			.seed = 1 + i,
			.rounds = rounds,
		};
		ASSERT_EQ(0, pthread_create(&self->workers[i].thread, NULL,
					    work, &self->workers[i]));
	}
	for (i = 0; i < 2000; i++) {
		pthread_kill(self->workers[i % THREADS].thread, SIGUSR1);
		mbox_nap();
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(self->workers[i].thread, NULL);
		EXPECT_EQ(0, self->workers[i].wrong);
		done += self->workers[i].done;
	}
	for (i = 0; i < MAILBOXES; i++)
		while ((number = mbox_recv_num(self->fds[i],
					       IPCMBOX_DONTWAIT)) >= 0)
			received[number]++;
	for (i = 0; i < numbers; i++) {
		lost += sent[i] > received[i];
		doubled += received[i] > 1;
		invented += received[i] > sent[i];
	}
	EXPECT_EQ(0, lost);
	EXPECT_EQ(0, doubled);
	EXPECT_EQ(0, invented);
	EXPECT_LT(THREADS * rounds / 10, done);
	TH_LOG("%lu of %u calls were done", done, THREADS * rounds);
}

TEST_HARNESS_MAIN
