// SPDX-License-Identifier: GPL-2.0-only
/*
 * ipcmbox pair-run: two commands, each of which receives what the other sends.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"

/* Where a command finds its end, unless that is its standard input and output. */
#define END_FD		3
#define END_TEXT	"3"
/* So long after SIGTERM who is still there gets SIGKILL. */
#define GRACE_NS	5000000000ULL

struct pair {
	const struct settings *set;
	char **command[2];
	int ends[2];
	int input[2][2], output[2][2]; /* pipes, with --stdio */
	pid_t pids[2], pumps[4]; /* 0: ended, or not started */
	int status[2];
};

static int split(struct pair *pair, struct operands *op)
{
	const char *separator = pair->set->separator;
	char **word = op->command;

	if (!word || !*word)
		return usage_error("-- COMMAND1 is missing");
	pair->command[0] = word;
	while (*word && strcmp(*word, separator ? separator : "--"))
		word++;
	if (word == op->command || !*word || !word[1])
		return usage_error("after COMMAND1, %s COMMAND2 is missing",
				   separator ? separator : "--");
	*word = NULL;
	pair->command[1] = word + 1;
	return STATUS_OK;
}

static int take_stdio(const struct pair *pair, int i)
{
	if (dup2(pair->input[i][0], STDIN_FILENO) < 0 ||
	    dup2(pair->output[i][1], STDOUT_FILENO) < 0)
		return -1;
	return 0;
}

static int take_end(int end)
{
	if (setenv("IPCMBOX_FD", END_TEXT, 1))
		return -1;
	if (end == END_FD)
		return fcntl(end, F_SETFD, 0);
	return dup2(end, END_FD) < 0 ? -1 : 0;
}

static void be_child(const struct pair *pair, int i)
{
	if (pair->set->stdio ? take_stdio(pair, i) : take_end(pair->ends[i])) {
		fail("descriptors");
		_exit(STATUS_ERROR);
	}
	sigprocmask(SIG_SETMASK, &(sigset_t){ 0 }, NULL);
	child_execute(pair->command[i]);
}

static void stop_both(const struct pair *pair, int sig)
{
	int i;

	for (i = 0; i < 2; i++)
		if (pair->pids[i])
			kill(pair->pids[i], sig);
}

static int pipes_open(struct pair *pair)
{
	int i;

	for (i = 0; pair->set->stdio && i < 2; i++)
		if (pipe2(pair->input[i], O_CLOEXEC) ||
		    pipe2(pair->output[i], O_CLOEXEC))
			return -1;
	return 0;
}

/* What is open here would keep the others from seeing the end of file. */
static void close_ours(const struct pair *pair)
{
	int i, j;

	for (i = 0; i < 2; i++) {
		close(pair->ends[i]);
		for (j = 0; pair->set->stdio && j < 2; j++) {
			close(pair->input[i][j]);
			close(pair->output[i][j]);
		}
	}
}

static int start_pumps(struct pair *pair)
{
	int i;

	for (i = 0; pair->set->stdio && i < 2; i++) {
		pair->pumps[2 * i] =
			pump_start(pair->ends[i], pair->input[i][1], true);
		pair->pumps[2 * i + 1] =
			pump_start(pair->ends[i], pair->output[i][0], false);
		if (pair->pumps[2 * i] < 0 || pair->pumps[2 * i + 1] < 0)
			return -1;
	}
	return 0;
}

static int start_both(struct pair *pair)
{
	int i;

	for (i = 0; i < 2; i++) {
		pid_t child = fork();

		if (child < 0)
			return -1;
		if (!child)
			be_child(pair, i);
		pair->pids[i] = child;
	}
	return start_pumps(pair);
}

static void reap(struct pair *pair)
{
	int status, i;
	pid_t child;

	for (i = 0; i < 2; i++) {
		if (!pair->pids[i])
			continue;
		child = waitpid(pair->pids[i], &status, WNOHANG);
		if (!child)
			continue;
		pair->pids[i] = 0;
		pair->status[i] = child > 0 ? child_status(status) :
					      fail("command %d", i + 1);
	}
}

/* Whether it failed, by itself: what it was to carry may not have arrived then. */
static bool stop_pump(pid_t pump)
{
	int status;

	if (waitpid(pump, &status, WNOHANG) != pump) {
		/* Nobody is there any more for whom it could do something. */
		kill(pump, SIGTERM);
		status = child_wait(pump);
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM)
			return false;
	}
	return status;
}

static bool stop_pumps(const struct pair *pair)
{
	bool failed = false;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(pair->pumps); i++)
		if (pair->pumps[i] > 0)
			failed |= stop_pump(pair->pumps[i]);
	return failed;
}

/* Until both have ended; true if that took too long, and they were stopped. */
static bool wait_for_both(struct pair *pair, uint64_t deadline)
{
	const struct timespec nap = { .tv_nsec = 100000000 };
	bool late = false;
	uint64_t now;
	int sig, told = 0;
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	for (;;) {
		reap(pair);
		if (!pair->pids[0] && !pair->pids[1])
			return late;
		/* A terminal gives SIGINT to them as well, and kill(2) of a group does. */
		sig = stop_signal();
		if (sig != told && sig != SIGINT)
			stop_both(pair, sig);
		told = sig;
		now = ipcmbox_deadline(0);
		if (deadline && now >= deadline) {
			stop_both(pair, late ? SIGKILL : SIGTERM);
			late = true;
			deadline = now + GRACE_NS;
		}
		sigtimedwait(&child, NULL, &nap);
	}
}

int run_pair(const struct settings *set, struct operands *op)
{
	struct pair pair = { .set = set };
	int status = split(&pair, op), ctl, made;
	uint64_t deadline = deadline_of(set);
	struct ipcmbox_attr *attr;
	sigset_t child;
	bool late, failed;

	if (status)
		return status;
	attr = attr_of(set, &status);
	if (!attr)
		return status;
	ctl = control_open(set);
	if (ctl < 0) {
		ipcmbox_attr_free(attr);
		return STATUS_ERROR;
	}
	made = ipcmbox_pair_at(ctl, attr, IPCMBOX_DUPLEX, 0, pair.ends);
	ipcmbox_attr_free(attr);
	if (made)
		return fail("the pair");
	close(ctl);
	stop_catch();
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	if (pipes_open(&pair))
		return fail("pipes");
	if (start_both(&pair)) {
		status = fail("processes");
		stop_both(&pair, SIGTERM);
	}
	close_ours(&pair);
	late = wait_for_both(&pair, deadline);
	failed = stop_pumps(&pair);
	if (late) {
		say("the time is over");
		return STATUS_TIMED_OUT;
	}
	if (status)
		return status;
	status = pair.status[0] ? pair.status[0] : pair.status[1];
	if (failed)
		say("not all that was written has arrived");
	return failed && !status ? STATUS_ERROR : status;
}
