// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs one job in a session of its own, within its time limit, and clears away
 * what it leaves. Nothing that a job does can keep the next one from running.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init.h"

/* For how long a process that was sent SIGKILL may take to be gone. */
#define KILL_MS 5000
/* For how long children of a test may outlive it. */
#define LINGER_MS 500

static void child(const struct job *job, int output)
{
	bool tty = job->kind == JOB_TTY;
	int input;

	setsid();
	input = open(tty ? getenv("CONSOLE") : "/dev/null", O_RDWR);
	if (tty)
		ioctl(input, TIOCSCTTY, 0);
	dup2(input, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	close(input);
	execl("/bin/sh", "sh", "-c", job->command, NULL);
	dprintf(STDERR_FILENO, "/bin/sh: %s\n", strerror(errno));
	_exit(127);
}

/* Copies what there is of the output to the console; false at its end. */
static bool copy_output(int output, struct ktap *ktap)
{
	char buffer[4096];
	ssize_t length = read(output, buffer, sizeof(buffer));

	if (length <= 0)
		return length < 0 && (errno == EAGAIN || errno == EINTR);
	ktap_feed(ktap, buffer, length);
	for (ssize_t done = 0; done < length;) {
		ssize_t n = write(STDOUT_FILENO, buffer + done, length - done);

		if (n <= 0)
			break;
		done += n;
	}
	return true;
}

/* Waits until the process behind @pidfd ends; false if the time is up first. */
static bool wait_for(int pidfd, int output, struct ktap *ktap,
		     long long deadline)
{
	struct pollfd fds[] = {
		{ .fd = pidfd, .events = POLLIN },
		{ .fd = output, .events = POLLIN },
	};

	for (;;) {
		long long left = deadline ? deadline - now_ms() : -1;

		if (deadline && left <= 0)
			return false;
		if (poll(fds, ARRAY_SIZE(fds), left) < 0 && errno != EINTR)
			return false;
		if (fds[1].revents && !copy_output(output, ktap))
			fds[1].fd = -1;
		if (fds[0].revents)
			break;
	}
	/* What was written before the end is all in the pipe by now. */
	while (fds[1].fd >= 0 && poll(&fds[1], 1, 0) > 0)
		if (!copy_output(output, ktap))
			fds[1].fd = -1;
	return true;
}

/* Reaps all children; false if some are alive after @ms. */
static bool reap_all(unsigned int ms)
{
	long long deadline = now_ms() + ms;

	for (;;) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);

		if (pid < 0 && errno == ECHILD)
			return true;
		if (pid > 0)
			continue;
		if (now_ms() > deadline)
			return false;
		nap_ms(5);
	}
}

static void kill_rest(const struct job *job)
{
	bool stray = !reap_all(LINGER_MS);

	/* A person, who has no time limit, may leave things running; a test may not. */
	if (stray && job->seconds)
		report_bad(job->name, "left processes behind");
	if (stray)
		kill(-1, SIGKILL);
	if (!reap_all(KILL_MS))
		report_bad(job->name, "left a process that cannot be killed");
}

static void report_end(const struct job *job, const struct ktap *ktap,
		       int status, long long ms)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) :
				       128 + WTERMSIG(status);

	if (job->kind == JOB_TAP)
		report("end %s %d %d %d %d %d %lld", job->name, code,
		       ktap->planned, ktap->passed, ktap->failed, ktap->skipped,
		       ms);
	else
		report("end %s %d 1 %d %d 0 %lld", job->name, code, !code,
		       !!code, ms);
}

/* Without a pipe a program sees a terminal, and its lines appear at once. */
static int open_output(const struct job *job, int pipe_fds[2])
{
	pipe_fds[0] = -1;
	pipe_fds[1] = -1;
	if (job->kind != JOB_TAP)
		return STDOUT_FILENO;
	if (pipe2(pipe_fds, O_CLOEXEC) ||
	    fcntl(pipe_fds[0], F_SETFL, O_NONBLOCK)) {
		report_bad(job->name, "pipe: %s", strerror(errno));
		return STDOUT_FILENO;
	}
	return pipe_fds[1];
}

void job_run(const struct job *job)
{
	long long start = now_ms();
	long long deadline = job->seconds ? start + job->seconds * 1000LL : 0;
	int pipe_fds[2], pidfd, status = 0;
	struct ktap ktap;
	int output;
	pid_t pid;

	report("begin %s", job->name);
	/* A person sees that himself. */
	if (job->seconds)
		dprintf(STDOUT_FILENO, "vm: %s begins\n", job->name);
	ktap_start(&ktap, job->name);
	output = open_output(job, pipe_fds);
	pid = fork();
	if (!pid)
		child(job, output);
	pidfd = pid < 0 ? -1 : syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0) {
		report_bad(job->name, "cannot start: %s", strerror(errno));
		deadline = start;
	}
	close(pipe_fds[1]);
	if (!wait_for(pidfd, pipe_fds[0], &ktap, deadline)) {
		report_bad(job->name, "not done after %u s", job->seconds);
		if (pid > 0)
			kill(pid, SIGKILL);
		wait_for(pidfd, pipe_fds[0], &ktap, now_ms() + KILL_MS);
	}
	if (pid > 0 && waitpid(pid, &status, WNOHANG) != pid)
		report_bad(job->name, "cannot be killed");
	ktap_finish(&ktap);
	close(pipe_fds[0]);
	close(pidfd);
	kill_rest(job);
	klog_scan(job->name, false);
	if (!module_is_loaded())
		module_load(MODULE_PATH, job->name);
	klog_scan(job->name, true);
	module_check_idle(job->name);
	report_end(job, &ktap, status, now_ms() - start);
}
