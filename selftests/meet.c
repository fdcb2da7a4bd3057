// SPDX-License-Identifier: GPL-2.0-only
/*
 * The loop in which two threads meet. See meet.h.
 */
#include <sys/eventfd.h>

#include "meet.h"

#define LEAST 200 /* rounds; more where they are quick */
#define MOST 100000
#define MSECS 3000
#define SPINS 200 /* until who waits for the other yields */
#define APART 30000 /* at most so many ns */

static const uint64_t capacities[] = { 0, 1, 2, 7, 100, IPCMBOX_UNBOUNDED };
#define CAPACITIES (sizeof(capacities) / sizeof(capacities[0]))

bool meet_is_over(const struct meeting *meeting)
{
	return meeting->done == meeting->go;
}

uint64_t meet_soon(struct meeting *meeting)
{
	return mbox_now() + rand_r(&meeting->seed) % (2 * APART);
}

unsigned int meet_empty(int fd)
{
	unsigned int count = 0;

	while (mbox_recv_num(fd, IPCMBOX_DONTWAIT) >= 0)
		count++;
	return count;
}

static void on_signal(int signo)
{
}

/* One of the two begins later. */
static void stagger(unsigned int round, unsigned int side)
{
	uint64_t end;

	if (round % 2 != side)
		return;
	end = mbox_now() + round * 7919ULL % APART;
	while (mbox_now() < end)
		;
}

/* They are to begin at the same time, so none sleeps. */
static void relax(unsigned int *spins)
{
	if (++*spins % SPINS == 0)
		sched_yield();
}

static void *run_left(void *arg)
{
	struct meeting *meeting = arg;
	unsigned int round, spins = 0;

	for (round = 1;; round++) {
		while (meeting->go < round)
			relax(&spins);
		/* The end. */
		if (meeting->go > round)
			return NULL;
		stagger(round, 0);
		meeting->race->left(meeting);
		meeting->done = round;
	}
}

static bool open_mailbox(struct meeting *meeting, int fds[CAPACITIES])
{
	unsigned int i = meeting->round % CAPACITIES;
	int ends[2];

	if (meeting->race->bounded_only && !i)
		i = CAPACITIES - 1;
	meeting->capacity = capacities[i];
	meeting->fd = fds[i];
	if (!meeting->race->anew)
		return true;
	if (mbox_pair(meeting->capacity, 0, ends))
		return false;
	meeting->rx = ends[0];
	meeting->tx = ends[1];
	return true;
}

static bool meet_once(struct meeting *meeting)
{
	uint64_t end = mbox_deadline(MBOX_WATCHDOG_MS);
	const struct race *race = meeting->race;
	unsigned int spins = 0;
	bool fine;

	meeting->result = 0;
	meeting->other.ret = -EALREADY;
	if (race->prepare && !race->prepare(meeting))
		return false;
	meeting->go = meeting->round;
	stagger(meeting->round, 1);
	race->right(meeting);
	while (!meet_is_over(meeting)) {
		if (mbox_now() > end)
			return false;
		relax(&spins);
	}
	fine = race->judge(meeting);
	if (race->anew) {
		close(meeting->rx);
		close(meeting->tx);
	}
	return fine;
}

static bool fail(const struct meeting *meeting)
{
	fprintf(stderr,
		"round %u, capacity %lld: left %lld, disposition %u; right %lld, %lld\n",
		meeting->round, (long long)meeting->capacity,
		(long long)meeting->op.ret, meeting->op.disposition,
		(long long)meeting->other.ret, (long long)meeting->result);
	return false;
}

/* Without a number of rounds, as many as there is time for. */
static bool goes_on(unsigned int round, unsigned int rounds, uint64_t end)
{
	if (rounds)
		return round <= rounds;
	return round <= LEAST || (round <= MOST && mbox_now() < end);
}

bool meet(const struct race *race)
{
	const struct sigaction action = { .sa_handler = on_signal };
	struct meeting *meeting = calloc(1, sizeof(*meeting));
	unsigned int i, rounds = mbox_rounds(0);
	uint64_t end = mbox_deadline(MSECS);
	int fds[CAPACITIES];
	bool fine = true;

	if (!meeting || sigaction(SIGUSR1, &action, NULL))
		return false;
	meeting->race = race;
	meeting->seed = 1;
	meeting->event = eventfd(0, EFD_NONBLOCK);
	for (i = 0; i < CAPACITIES; i++) {
		fds[i] = mbox_create(capacities[i], O_RDWR);
		fine &= fds[i] >= 0;
	}
	if (!fine || pthread_create(&meeting->left, NULL, run_left, meeting))
		return false;
	for (i = 1; goes_on(i, rounds, end); i++) {
		meeting->round = i;
		/* What hangs still needs all this. */
		if (!open_mailbox(meeting, fds) || !meet_once(meeting))
			return fail(meeting);
	}
	fprintf(stderr, "# %u rounds\n", i - 1);
	meeting->go = i + 1;
	pthread_join(meeting->left, NULL);
	for (i = 0; i < CAPACITIES; i++) {
		fine &= mbox_is_calm(fds[i]);
		close(fds[i]);
	}
	close(meeting->event);
	free(meeting);
	return fine;
}
