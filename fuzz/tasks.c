// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads and processes of a program. See tasks.h.
 */
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tasks.h"

#define TURN_MS 5 /* to wait for the thread that a call is for */
#define NOT_BEGUN INT_MIN /* of a descriptor */
#define LOST_MS 4000 /* after which a wake-up has been lost */

static struct worker {
	pthread_t thread;
	atomic_uint order; /* 0 for none */
	atomic_int fd; /* that the call is about */
} workers[THREADS];

static struct {
	pid_t pid;
	int fd;
} forks[CALLS_MAX];

static unsigned int nr_forks;
static unsigned int scale = 1;
static int (*call_fd)(unsigned int order);
static void (*call_make)(unsigned int task, unsigned int order, int fd);

uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

uint64_t after_ms(unsigned int ms)
{
	return now() + ms * 1000000ULL;
}

uint64_t limit_ms(unsigned int ms)
{
	return after_ms(ms * scale);
}

static void futex_wait(atomic_uint *word, unsigned int value, uint64_t ns)
{
	struct timespec time = { ns / 1000000000, ns % 1000000000 };

	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, ns ? &time : NULL);
}

static void futex_wake(atomic_uint *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1);
}

static void *worker_run(void *arg)
{
	unsigned int task = (uintptr_t)arg;
	struct worker *worker = &workers[task];
	unsigned int order;

	for (;;) {
		order = worker->order;
		if (!order) {
			futex_wait(&worker->order, 0, 0);
			continue;
		}
		worker->fd = call_fd(order);
		call_make(task, order, worker->fd);
		worker->order = 0;
		futex_wake(&worker->order);
	}
	return NULL;
}

void worker_give(unsigned int task, unsigned int order)
{
	workers[task].fd = NOT_BEGUN;
	workers[task].order = order;
	futex_wake(&workers[task].order);
}

bool worker_await(unsigned int task, uint64_t end)
{
	unsigned int order;
	uint64_t time;

	while ((order = workers[task].order)) {
		time = now();
		if (time >= end)
			return false;
		futex_wait(&workers[task].order, order, end - time);
	}
	return true;
}

unsigned int worker_find(unsigned int wanted, unsigned int other)
{
	unsigned int i;

	if (wanted != other && worker_await(wanted, limit_ms(TURN_MS)))
		return wanted;
	for (i = 0; i < THREADS; i++)
		if (i != other && !workers[i].order)
			break;
	return i;
}

void worker_signal(unsigned int task, int number)
{
	pthread_kill(workers[task].thread, number);
}

bool workers_begin(void)
{
	uint64_t end = limit_ms(LOST_MS);
	unsigned int i;

	for (i = 0; i < THREADS; i++) {
		while (workers[i].order && workers[i].fd == NOT_BEGUN) {
			if (now() > end)
				return false;
			usleep(200);
		}
	}
	return true;
}

bool workers_end(bool (*such)(int fd))
{
	uint64_t end = limit_ms(LOST_MS);
	unsigned int i;

	for (i = 0; i < THREADS; i++)
		if (workers[i].order && such(workers[i].fd) &&
		    !worker_await(i, end))
			return false;
	return true;
}

bool workers_interrupt(bool (*such)(int fd))
{
	uint64_t end = limit_ms(LOST_MS);
	unsigned int i;

	for (i = 0; i < THREADS; i++) {
		if (such(workers[i].fd))
			continue;
		while (!worker_await(i, now() + 1000000)) {
			if (now() > end)
				return false;
			worker_signal(i, SIGALRM);
		}
	}
	return true;
}

bool workers_are_free(void)
{
	unsigned int i;

	for (i = 0; i < THREADS && !workers[i].order; i++)
		;
	return i == THREADS;
}

bool fork_is_possible(void)
{
	return nr_forks < CALLS_MAX;
}

void fork_add(pid_t pid, int fd)
{
	forks[nr_forks].pid = pid;
	forks[nr_forks++].fd = fd;
}

pid_t fork_last(void)
{
	return nr_forks ? forks[nr_forks - 1].pid : 0;
}

void fork_signal(int which, int number)
{
	unsigned int i;

	for (i = 0; i < nr_forks; i++)
		if (which < 0 || i == which % nr_forks)
			kill(forks[i].pid, number);
}

static bool reap(pid_t pid, uint64_t end)
{
	while (!waitpid(pid, NULL, WNOHANG)) {
		if (now() > end)
			return false;
		usleep(200);
	}
	return true;
}

enum outcome forks_end(bool (*such)(int fd))
{
	enum outcome outcome = OUTCOME_FINE;
	uint64_t end = limit_ms(LOST_MS);

	for (; nr_forks; nr_forks--) {
		pid_t pid = forks[nr_forks - 1].pid;

		if (such(forks[nr_forks - 1].fd) && !reap(pid, end))
			outcome = OUTCOME_LOST;
		kill(pid, SIGKILL);
		if (!reap(pid, limit_ms(LOST_MS)))
			return OUTCOME_IMMORTAL;
	}
	return outcome;
}

static void on_signal(int number)
{
}

/*
 * The first thread shares a CPU with the one that gives it its calls, so that to give
 * is a mere switch; what is to happen at the same time has the others.
 */
static void pin(pthread_t thread, unsigned int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	pthread_setaffinity_np(thread, sizeof(cpus), &cpus);
}

void tasks_start(unsigned int time_scale, int (*fd_of)(unsigned int order),
		 void (*make_call)(unsigned int task, unsigned int order,
				   int fd))
{
	const struct sigaction interrupt = { .sa_handler = on_signal };
	const struct sigaction restart = { .sa_handler = on_signal,
					   .sa_flags = SA_RESTART };
	unsigned int i;

	scale = time_scale;
	call_fd = fd_of;
	call_make = make_call;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGIO, SIG_IGN);
	sigaction(SIGALRM, &interrupt, NULL);
	sigaction(SIGUSR1, &restart, NULL);
	for (i = 0; i < THREADS; i++)
		if (pthread_create(&workers[i].thread, NULL, worker_run,
				   (void *)(uintptr_t)i))
			_exit(1);
	pin(pthread_self(), 0);
	pin(workers[0].thread, 0);
	pin(workers[1].thread, 1);
}
