// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands that are run: with a message as their input and what they print as the answer.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"

#define STEP	65536

void child_execute(char **command)
{
	int status;

	stop_forget();
	signal(SIGPIPE, SIG_DFL);
	execvp(command[0], command);
	status = errno == ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_EXECUTE;
	fail("%s", command[0]);
	_exit(status);
}

int child_status(int wait_status)
{
	if (WIFSIGNALED(wait_status))
		return STATUS_SIGNAL + WTERMSIG(wait_status);
	return WEXITSTATUS(wait_status);
}

int child_wait(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

struct filter {
	const char *input;
	size_t left;
	char *output;
	size_t len, room, most;
	int in, out; /* -1 once closed */
};

static void close_end(int *fd)
{
	close(*fd);
	*fd = -1;
}

static void filter_feed(struct filter *filter)
{
	ssize_t done = 0;

	if (filter->left) {
		done = write(filter->in, filter->input, filter->left);
		if (done < 0 && (errno == EINTR || errno == EAGAIN))
			return;
	}
	/* A command need not read all that it is given. */
	if (done < 0)
		filter->left = 0;
	else
		filter->input += done, filter->left -= (size_t)done;
	if (!filter->left)
		close_end(&filter->in);
}

static int filter_collect(struct filter *filter)
{
	ssize_t done;

	if (filter->room - filter->len < STEP) {
		filter->room = 2 * filter->room + STEP;
		filter->output = need(realloc(filter->output, filter->room));
	}
	done = read(filter->out, filter->output + filter->len,
		    filter->room - filter->len);
	if (done < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -1;
	if (!done)
		close_end(&filter->out);
	filter->len += (size_t)done;
	if (filter->len <= filter->most)
		return 0;
	errno = EMSGSIZE;
	return -1;
}

/* Both at once, as a command may print before it has read all. */
static int filter_run(struct filter *filter)
{
	while (filter->out >= 0) {
		struct pollfd fds[] = {
			{ .fd = filter->out, .events = POLLIN },
			{ .fd = filter->in, .events = POLLOUT },
		};

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return -1;
		if (fds[1].revents)
			filter_feed(filter);
		if (fds[0].revents && filter_collect(filter))
			return -1;
	}
	return 0;
}

static pid_t filter_start(char **command, int to[2], int from[2])
{
	pid_t parent = getpid(), child = fork();

	if (child)
		return child;
	/* A terminal gives its signals to all; they end the server after this call. */
	stop_ignore();
	/* What is left of a call when its server is killed is of use to nobody. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(STATUS_ERROR);
	dup2(to[0], STDIN_FILENO);
	dup2(from[1], STDOUT_FILENO);
	child_execute(command);
}

int child_filter(char **command, const void *input, size_t len, size_t most,
		 char **output, size_t *output_len)
{
	struct filter filter = { .input = input, .left = len, .most = most };
	int to[2], from[2], ended, error;
	pid_t child;

	if (pipe2(to, O_CLOEXEC))
		return -1;
	if (pipe2(from, O_CLOEXEC))
		goto err_to;
	child = filter_start(command, to, from);
	if (child < 0)
		goto err_from;
	close(to[0]);
	close(from[1]);
	filter.in = to[1];
	filter.out = from[0];
	fcntl(filter.in, F_SETFL, O_NONBLOCK);
	error = filter_run(&filter) ? errno : 0;
	if (filter.in >= 0)
		close(filter.in);
	if (filter.out >= 0)
		close(filter.out);
	if (error)
		kill(child, SIGKILL);
	ended = child_wait(child);
	if (ended < 0 && !error)
		error = errno;
	*output = filter.output;
	*output_len = filter.len;
	if (!error)
		return child_status(ended);
	free(filter.output);
	*output = NULL;
	errno = error;
	return -1;
err_from:
	error = errno;
	close(from[0]);
	close(from[1]);
	errno = error;
err_to:
	error = errno;
	close(to[0]);
	close(to[1]);
	errno = error;
	return -1;
}
