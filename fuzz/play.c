// SPDX-License-Identifier: GPL-2.0-only
/*
 * Plays a program: has threads make its calls, some of them at the same time, forks
 * processes, and sends the signals that the program asks for and no others, as one
 * that comes by chance would hide that a wake-up was lost.
 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "argument.h"
#include "memory.h"
#include "play.h"
#include "slots.h"
#include "tasks.h"

#define CALL_MS 10 /* to wait for the end of a call of the first thread */
/* An order is a call's index plus 1, and this. */
#define COLLIDE (1U << 16)
#define MEETING_SPINS 200000

static const struct program *_Atomic running;
static atomic_int meeting; /* how many are still to come */
static atomic_uint created;
static atomic_uint selecting; /* calls of SELECT that have not returned */
static const struct call_kind *_Atomic made[TASKS]; /* calls that have not */
static int made_on[TASKS];
static char arguments[TASKS][PAGE];
static enum plant planted;
static int plant_log;

/* After an ioctl: does what is to be found. */
static void plant(const struct call_kind *kind, int error)
{
	static const char line[] = "<4>ipcmbox: planted\n";

	if (planted == PLANT_LOG && kind->command == IPCMBOX_IOC_SET &&
	    !error && write(plant_log, line, strlen(line)) < 0)
		perror("/dev/kmsg");
	if (planted == PLANT_WAIT && kind->command == IPCMBOX_IOC_RECV &&
	    error == EIDRM)
		pause();
}

/* The last moment before the kernel: two that collide wait for each other. */
static void enter(unsigned int task, bool collide)
{
	unsigned int spins;

	cover_begin(task);
	if (!collide)
		return;
	atomic_fetch_sub(&meeting, 1);
	for (spins = 0; meeting > 0 && spins < MEETING_SPINS; spins++)
		;
}

/* The same before it, where that goes on for ever. */
static void plant_before(const struct call_kind *kind, const void *argument)
{
	const struct ipcmbox_recv *recv = argument;

	if (planted == PLANT_CHOICE && kind->command == IPCMBOX_IOC_RECV &&
	    recv->match == IPCMBOX_MATCH_TYPE)
		pause();
}

static void begin(const struct call_kind *kind, int fd, unsigned int task)
{
	made_on[task] = fd;
	made[task] = kind;
}

static void end(unsigned int task)
{
	made[task] = NULL;
}

static void do_ioctl(const struct call_kind *kind, const struct call *call,
		     int fd, unsigned int task, bool collide)
{
	size_t size = argument_fill(running, arguments[task], call, task);
	void *argument =
		memory_argument(task, call->place, arguments[task], size);
	int ret, error;

	if (kind->command == IPCMBOX_IOC_SELECT)
		atomic_fetch_add(&selecting, 1);
	begin(kind, fd, task);
	plant_before(kind, arguments[task]);
	enter(task, collide);
	ret = ioctl(fd, kind->command, argument);
	error = ret ? errno : 0;
	cover_end(task);
	if (kind->command == IPCMBOX_IOC_SELECT)
		atomic_fetch_sub(&selecting, 1);
	plant(kind, error);
	end(task);
	if (error)
		return;
	if (kind->command == IPCMBOX_IOC_CREATE)
		atomic_fetch_add(&created, 1);
	slots_keep(kind, argument, task);
	argument_keep(kind, argument, task);
}

static void do_call(const struct call *call, int fd, unsigned int task,
		    bool collide)
{
	const struct call_kind *kind = &call_kinds[call->kind];

	if (kind->command) {
		do_ioctl(kind, call, fd, task, collide);
		return;
	}
	begin(kind, fd, task);
	enter(task, collide);
	if (kind->run)
		kind->run(fd, task, call->values);
	else
		slots_call(kind, call, task);
	cover_end(task);
	end(task);
}

static const struct call *ordered(unsigned int order)
{
	return &running->calls[(order & ~COLLIDE) - 1];
}

static int ordered_fd(unsigned int order)
{
	return slots_get(ordered(order)->slot);
}

static void make_ordered(unsigned int task, unsigned int order, int fd)
{
	do_call(ordered(order), fd, task, order & COLLIDE);
}

static bool is_call(const struct call *call, const char *name)
{
	return !strcmp(call_kinds[call->kind].name, name);
}

/* A process that makes the program's next call, or a read if there is none. */
static void do_fork(const struct call *call, const struct call *next)
{
	static const struct call nothing;
	int fd = slots_get(next ? next->slot : call->slot);
	pid_t pid;

	if (!fork_is_possible())
		return;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		slots_put((next ?: &nothing)->slot, fd);
		if (next)
			do_call(next, fd, TASK_FORKED, false);
		else
			read(fd, memory_scratch(TASK_FORKED), 1);
		_exit(0);
	}
	if (pid > 0)
		fork_add(pid, fd);
	/* Nothing tells when that returns. */
	if (next && is_call(next, "SELECT"))
		atomic_fetch_add(&selecting, 1);
}

static bool is_task_call(const struct call *call)
{
	return is_call(call, "fork") || is_call(call, "kill") ||
	       is_call(call, "signal") || is_call(call, "nap");
}

/* What is not for a thread. */
static void do_task_call(const struct call *call, const struct call *next)
{
	static const int signals[] = { SIGKILL, SIGKILL, SIGSTOP, SIGCONT };
	uint64_t a = call->values[0], c = call->values[2];

	if (is_call(call, "fork"))
		do_fork(call, next);
	else if (is_call(call, "kill"))
		fork_signal(a % CALLS_MAX, signals[c % 4]);
	else if (is_call(call, "signal"))
		worker_signal(a % THREADS, c % 2 ? SIGUSR1 : SIGALRM);
	else if (is_call(call, "nap"))
		usleep(a % 64 * 50);
}

/* Does the calls; one for which no thread is free is left out. */
static void do_calls(const struct program *program)
{
	unsigned int i, task, other;

	for (i = 0; i < program->count; i++) {
		const struct call *call = &program->calls[i];
		const struct call *next = i + 1 < program->count ? call + 1 :
								   NULL;

		if (next && is_task_call(next))
			next = NULL;
		if (is_task_call(call)) {
			do_task_call(call, next);
			/* The process makes it. */
			if (next && is_call(call, "fork"))
				i++;
			continue;
		}
		task = worker_find(call->thread, THREADS);
		if (task == THREADS)
			continue;
		other = call->collide && next ?
				worker_find(next->thread, task) :
				THREADS;
		if (other < THREADS) {
			meeting = 2;
			worker_give(task, (i + 1) | COLLIDE);
			worker_give(other, (i + 2) | COLLIDE);
			i++;
		} else {
			worker_give(task, i + 1);
		}
		if (!call->thread)
			worker_await(task, limit_ms(CALL_MS));
	}
}

enum outcome play(const struct program *program)
{
	running = program;
	selecting = 0;
	memory_build();
	slots_open();
	do_calls(program);
	return finish();
}

bool play_is_in(unsigned int task, struct play_call *call)
{
	*call = (struct play_call){
		.kind = made[task],
		.fd = made_on[task],
		.argument = arguments[task],
	};
	return call->kind;
}

bool play_selects(void)
{
	return selecting;
}

unsigned int play_created(void)
{
	return created;
}

void play_start(unsigned int time_scale, enum plant what, int log)
{
	planted = what;
	plant_log = log;
	tasks_start(time_scale, ordered_fd, make_ordered);
}
