// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals that end a program end it between two messages: one that was received is also
 * written. A signal that comes just before a call that waits must not be missed, so it
 * comes again, as SIGALRM, until the program has ended.
 */
#include <errno.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>

#include "cli.h"

#define AGAIN_US	20000

static volatile sig_atomic_t stopped_by;

static void stop(int sig)
{
	const struct itimerval again = {
		.it_interval = { .tv_usec = AGAIN_US },
		.it_value = { .tv_usec = AGAIN_US },
	};
	int error = errno;

	/* SIGINT does not hide another one that nobody has looked at yet. */
	if (sig != SIGALRM && (sig != SIGINT || !stopped_by))
		stopped_by = sig;
	setitimer(ITIMER_REAL, &again, NULL);
	errno = error;
}

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

void stop_catch(void)
{
	struct sigaction action = { .sa_handler = stop }, before;
	size_t i;

	sigaction(SIGALRM, &action, NULL);
	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		/* As nohup(1) and shells have it for jobs in the background. */
		if (!sigaction(signals[i], NULL, &before) &&
		    before.sa_handler == SIG_IGN)
			continue;
		sigaction(signals[i], &action, NULL);
	}
}

int stop_signal(void)
{
	return stopped_by;
}

void stop_forget(void)
{
	struct sigaction action;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(signals); i++)
		if (!sigaction(signals[i], NULL, &action) &&
		    action.sa_handler == stop)
			signal(signals[i], SIG_DFL);
	/* A timer would outlive execve(2), and the handler would not. */
	setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL);
	if (stopped_by)
		raise(stopped_by);
}

void stop_ignore(void)
{
	stopped_by = 0;
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
}

int stop_finish(int status)
{
	int sig = stopped_by;

	if (!sig)
		return status;
	signal(sig, SIG_DFL);
	raise(sig);
	return STATUS_SIGNAL + sig;
}

bool stop_sleep(uint64_t ns)
{
	uint64_t until = ipcmbox_deadline(ns);
	const struct timespec time = {
		.tv_sec = (time_t)(until / 1000000000),
		.tv_nsec = (long)(until % 1000000000),
	};

	while (!stopped_by)
		if (!clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time,
				     NULL))
			return !stopped_by;
	return false;
}
