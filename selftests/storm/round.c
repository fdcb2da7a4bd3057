// SPDX-License-Identifier: GPL-2.0-only
/*
 * A round: makes processes of threads, sends them signals, kills some and makes new
 * ones in their place, and reaps them all.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "storm.h"

/* Without a choice made for so long, somebody is stuck. */
#define HANG_MS 20000
/* Those who wait for nothing that comes are woken after this. */
#define CALM_MS 20

/* A thread of a worker process. */
struct thread {
	struct round *round;
	const struct options *options;
	uint32_t choices;
	int slot;
	pthread_t id;
};

static uint64_t now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000ULL + time.tv_nsec / 1000000;
}

static void *thread_run(void *arg)
{
	struct thread *thread = arg;

	worker_run(thread->round, thread->slot, thread->choices,
		   thread->options);
	return NULL;
}

static void process_run(struct thread *threads, unsigned int count)
{
	unsigned int i;

	for (i = 1; i < count; i++)
		if (pthread_create(&threads[i].id, NULL, thread_run,
				   &threads[i]))
			abort();
	thread_run(&threads[0]);
	for (i = 1; i < count; i++)
		pthread_join(threads[i].id, NULL);
	_exit(0);
}

/* Those who come first go first, halfway. */
enum place { FIRST, OTHER, SUBSTITUTE };

/* Makes a process with as many threads as there are slots for; false if none. */
static bool process_start(struct round *round, const struct options *options,
			  enum place place)
{
	uint32_t choices = round->length / (place == FIRST ? 2 : 1);
	struct thread threads[STORM_WORKERS];
	unsigned int count, i;
	pid_t pid;

	for (count = 0; count < options->threads; count++) {
		threads[count] = (struct thread){ round, options, choices };
		threads[count].slot = worker_slot(round);
		if (threads[count].slot < 0)
			break;
	}
	if (!count)
		return false;
	pid = fork();
	if (!pid && place == OTHER)
		boxes_leave(round);
	if (!pid)
		process_run(threads, count);
	for (i = 0; i < count; i++)
		atomic_store(&round->workers[threads[i].slot].pid, pid);
	return pid > 0;
}

static unsigned int slots_used(const struct round *round)
{
	return round->slots < STORM_WORKERS ? round->slots : STORM_WORKERS;
}

uint64_t round_events(const struct round *round)
{
	uint64_t sum = 0;
	unsigned int slot;

	for (slot = 0; slot < STORM_WORKERS; slot++)
		sum += round->workers[slot].count;
	return sum;
}

static uint64_t choices_made(const struct round *round)
{
	uint64_t sum = 0;
	unsigned int slot;

	for (slot = 1; slot < slots_used(round); slot++)
		sum += round->workers[slot].done;
	return sum;
}

static void on_death(struct round *round, pid_t pid)
{
	uint64_t stamp = atomic_fetch_add(&round->clock, 1);
	unsigned int slot;

	for (slot = 1; slot < slots_used(round); slot++) {
		struct worker *worker = &round->workers[slot];

		if (worker->pid == pid && !worker->over) {
			worker->death = stamp;
			worker->over = true;
		}
	}
}

/* Reaps who is dead; whether there is anybody left. */
static bool reap(struct round *round, const struct options *options)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		on_death(round, pid);
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
			process_start(round, options, SUBSTITUTE);
	}
	return !pid || errno != ECHILD;
}

static void signal_slot(struct round *round, unsigned int slot, int number)
{
	struct worker *worker = &round->workers[slot];

	if (worker->tid && !worker->over)
		syscall(SYS_tgkill, worker->pid, worker->tid, number);
}

static void kill_slot(struct round *round, unsigned int slot)
{
	struct worker *worker = &round->workers[slot];

	if (worker->pid <= 0 || worker->over)
		return;
	if (!kill(worker->pid, SIGKILL))
		round->workers[0].tallies[TALLY_KILLED]++;
}

static void kill_all(struct round *round)
{
	unsigned int slot;

	for (slot = 1; slot < slots_used(round); slot++)
		kill_slot(round, slot);
}

static void print_stuck(const struct round *round)
{
	unsigned int slot;

	for (slot = 1; slot < slots_used(round); slot++) {
		const struct worker *worker = &round->workers[slot];

		if (worker->over || !worker->count)
			continue;
		printf(" worker %u, mailbox %u:\n", slot,
		       worker->events[worker->count - 1].box);
		event_print(&worker->events[worker->count - 1]);
	}
}

/* A kill every so many choices; its time is no choice, its number is. */
struct trouble {
	struct dice *dice;
	uint64_t next_kill;
	uint64_t made;
	uint64_t since;
};

static bool make_trouble(struct round *round, const struct options *options,
			 struct trouble *trouble)
{
	unsigned int slots = slots_used(round), slot;
	uint64_t made = choices_made(round), now = now_ms();

	if (made != trouble->made) {
		trouble->made = made;
		trouble->since = now;
	}
	if (!options->calm && made >= trouble->next_kill) {
		kill_slot(round, 1 + dice_draw(trouble->dice, slots - 1));
		trouble->next_kill +=
			1 + dice_draw(trouble->dice, round->length * 4);
	}
	if (!options->calm)
		signal_slot(round, 1 + dice_draw(trouble->dice, slots - 1),
			    dice_draw(trouble->dice, 2) ? SIGUSR1 : SIGUSR2);
	if (now - trouble->since > CALM_MS)
		for (slot = 1; slot < slots; slot++)
			signal_slot(round, slot, SIGUSR1);
	return now - trouble->since < HANG_MS;
}

bool round_run(struct round *round, const struct options *options,
	       struct dice *dice)
{
	const struct timespec nap = { .tv_nsec = 300000 };
	struct trouble trouble = {
		.dice = dice,
		.next_kill = round->length,
		.since = now_ms(),
	};
	unsigned int i;

	for (i = 0; i < options->processes; i++)
		if (!process_start(round, options, i ? OTHER : FIRST))
			return false;
	boxes_leave_all(round);
	while (reap(round, options)) {
		if (!make_trouble(round, options, &trouble)) {
			printf("seed %" PRIu64 ", round %" PRIu64 ": stuck\n",
			       options->seed, round->number);
			print_stuck(round);
			kill_all(round);
			return false;
		}
		nanosleep(&nap, NULL);
	}
	return true;
}
