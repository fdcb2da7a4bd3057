// SPDX-License-Identifier: GPL-2.0-only
/*
 * The processes that take part in a point of a cell, forked once for all its subjects
 *
 * They stand at a gate, a futex, until the first process posts a job: a subject, and how many
 * operations. Each does its part and returns to the gate. One that ends by itself ends the
 * program; all end with the first process.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

/* For how long others may keep the machine from coming to rest. */
#define SETTLE_MS 300

/**
 * struct gate - what the processes share
 * @job: number of the job that is posted; futex
 * @subject: of this job
 * @end: there are no more jobs
 * @count: of this job
 * @whole: messages of this job are made and checked whole
 * @done: members that are done with it
 * @all_done: 1 when all are; futex
 * @entered: members that have entered a wait
 * @arrivals: of crew_arrive()
 * @arrived: 1 when the goal is reached; futex
 * @difference: of crew_add()
 * @span: when each member began and ended
 */
struct gate {
	uint32_t job;
	uint32_t subject;
	uint32_t end;
	unsigned long count;
	bool whole;
	uint32_t done;
	uint32_t all_done;
	uint32_t entered;
	uint32_t arrivals;
	uint32_t arrived;
	uint64_t difference;
	struct {
		double start, end;
	} span[];
};

static struct {
	struct gate *gate;
	size_t size;
	unsigned int members;
	pid_t *pids;
} crew;

static volatile sig_atomic_t ending;

/* A member prints its line before it ends; a kill leaves none. */
static void on_child(int signal)
{
	int status;

	(void)signal;
	if (ending)
		return;
	while (waitpid(-1, &status, WNOHANG) > 0) {
		if (WIFSIGNALED(status)) {
			static const char text[] =
				"ipcmbox-bench: a process was killed\n";
			(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
		}
		sysv_clean_up();
		_exit(1);
	}
}

static void pin(unsigned int index)
{
	cpu_set_t set;

	if (options.pin == PIN_NONE)
		return;
	CPU_ZERO(&set);
	CPU_SET(options.pin == PIN_SAME ? 0 : index % system_cpus(), &set);
	must(sched_setaffinity(0, sizeof(set), &set), "sched_setaffinity");
}

void crew_pin(void)
{
	pin(0);
}

static void wait_for(uint32_t *word, uint32_t unlike)
{
	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == unlike)
		futex_wait(word, unlike);
}

static void member(const struct subject *subjects, unsigned int index)
{
	struct gate *gate = crew.gate;
	const struct subject *subject;

	signal(SIGCHLD, SIG_DFL);
	must(prctl(PR_SET_PDEATHSIG, SIGKILL), "prctl");
	pin(index + 1);
	for (uint32_t job = 0;; job++) {
		wait_for(&gate->job, job);
		if (gate->end)
			_exit(0);
		subject = &subjects[gate->subject];
		failing(subject->cell->name, subject->peer->name,
			subject->point);
		message_whole(gate->whole);
		gate->span[index].start = now_ns();
		subject->cell->member(subject->session, index, gate->count);
		gate->span[index].end = now_ns();
		if (__atomic_add_fetch(&gate->done, 1, __ATOMIC_ACQ_REL) !=
		    crew.members)
			continue;
		__atomic_store_n(&gate->all_done, 1, __ATOMIC_RELEASE);
		futex_wake(&gate->all_done, 1);
	}
}

void crew_start(const struct subject *subjects, unsigned int members)
{
	struct sigaction action = { .sa_handler = on_child,
				    .sa_flags = SA_RESTART };

	crew.members = members;
	crew.size = sizeof(struct gate) + members * sizeof(crew.gate->span[0]);
	crew.gate = shared_alloc(crew.size);
	crew.pids = must_alloc((members + 1) * sizeof(*crew.pids));
	ending = 0;
	must(sigaction(SIGCHLD, &action, NULL), "sigaction");
	fflush(NULL);
	for (unsigned int i = 0; i < members; i++) {
		crew.pids[i] = (pid_t)must(fork(), "fork");
		if (!crew.pids[i])
			member(subjects, i);
	}
}

void crew_post(unsigned int subject, unsigned long count, bool whole)
{
	struct gate *gate = crew.gate;

	gate->subject = subject;
	gate->count = count;
	gate->whole = whole;
	gate->done = 0;
	gate->all_done = !crew.members;
	gate->entered = 0;
	gate->arrivals = 0;
	gate->arrived = 0;
	gate->difference = 0;
	__atomic_add_fetch(&gate->job, 1, __ATOMIC_RELEASE);
	futex_wake(&gate->job, crew.members);
}

double crew_wait(void)
{
	struct gate *gate = crew.gate;
	double start = 0, end = 0;

	wait_for(&gate->all_done, 0);
	for (unsigned int i = 0; i < crew.members; i++) {
		if (!i || gate->span[i].start < start)
			start = gate->span[i].start;
		if (gate->span[i].end > end)
			end = gate->span[i].end;
	}
	errno = 0;
	if (gate->difference)
		die("what was received is not what was sent");
	return end - start;
}

void crew_end(void)
{
	int status;

	ending = 1;
	crew.gate->end = 1;
	__atomic_add_fetch(&crew.gate->job, 1, __ATOMIC_RELEASE);
	futex_wake(&crew.gate->job, crew.members);
	for (unsigned int i = 0; i < crew.members; i++) {
		must(waitpid(crew.pids[i], &status, 0), "waitpid");
		errno = 0;
		if (!WIFEXITED(status) || WEXITSTATUS(status))
			die("a process ended with status %#x", status);
	}
	free(crew.pids);
	shared_free(crew.gate, crew.size);
}

void crew_entering(void)
{
	__atomic_add_fetch(&crew.gate->entered, 1, __ATOMIC_RELEASE);
}

/* Of all tasks of the machine, how many run or want to. */
static unsigned int running_tasks(void)
{
	unsigned int running = 0;
	FILE *file = fopen("/proc/loadavg", "re");

	if (!file || fscanf(file, "%*s %*s %*s %u/", &running) != 1)
		die("/proc/loadavg");
	fclose(file);
	return running;
}

/* Waits until all members are counted, and then until they sleep. */
static void settle(const uint32_t *counter)
{
	const struct timespec nap = { .tv_nsec = 1000000 };

	while (__atomic_load_n(counter, __ATOMIC_ACQUIRE) < crew.members)
		nanosleep(&nap, NULL);
	for (unsigned int i = 0; i < SETTLE_MS && running_tasks() > 1; i++)
		nanosleep(&nap, NULL);
}

void crew_settle(void)
{
	settle(&crew.gate->entered);
}

void crew_settle_done(void)
{
	settle(&crew.gate->done);
}

void crew_arrive(unsigned int goal)
{
	struct gate *gate = crew.gate;

	if (__atomic_add_fetch(&gate->arrivals, 1, __ATOMIC_ACQ_REL) != goal)
		return;
	gate->arrivals = 0;
	__atomic_store_n(&gate->arrived, 1, __ATOMIC_RELEASE);
	futex_wake(&gate->arrived, 1);
}

void crew_await_arrivals(void)
{
	wait_for(&crew.gate->arrived, 0);
	crew.gate->arrived = 0;
}

void crew_add(uint64_t difference)
{
	__atomic_add_fetch(&crew.gate->difference, difference,
			   __ATOMIC_RELAXED);
}
