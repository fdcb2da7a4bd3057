// SPDX-License-Identifier: GPL-2.0-only
/*
 * A pair of mailbox descriptors used as a pipe over fork: read(2), write(2), the
 * end of file when the writer has gone, and SIGPIPE or EPIPE when the reader
 * has.
 */
#include <errno.h>
#include <ipcmbox.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "example.h"

#define LINES	3

static const char *const lines[LINES] = { "one line", "another",
					  "and the last" };

static int read_lines(int fd)
{
	unsigned int count = 0;
	char text[64];
	ssize_t len;

	while ((len = read(fd, text, sizeof(text) - 1)) > 0) {
		text[len] = 0;
		if (count >= LINES || strcmp(text, lines[count]))
			errx(1, "read \"%s\"", text);
		say("reader", "read \"%s\"", text);
		count++;
	}
	if (len < 0)
		err(1, "read");
	say("reader", "end of file after %u lines", count);
	return count != LINES;
}

static void until_end_of_file(void)
{
	unsigned int i;
	pid_t child;
	int fds[2];

	if (ipcmbox_pair(fds, 4))
		err(1, "ipcmbox_pair");
	child = start_child();
	if (!child) {
		close(fds[1]);
		_exit(read_lines(fds[0]));
	}
	close(fds[0]);
	for (i = 0; i < LINES; i++) {
		say("writer", "writes \"%s\"", lines[i]);
		if (write(fds[1], lines[i], strlen(lines[i])) < 0)
			err(1, "write");
	}
	say("writer", "closes its end");
	close(fds[1]);
	wait_for(child, "reader");
}

static void without_reader(void)
{
	int fds[2], status;
	pid_t child;

	if (ipcmbox_pair(fds, 4))
		err(1, "ipcmbox_pair");
	close(fds[0]);
	if (!ipcmbox_send(fds[1], "x", 1) || errno != EPIPE)
		errx(1, "sending without a reader did not fail with EPIPE");
	say("writer", "the reader has gone: ipcmbox_send says %s",
	    strerror(EPIPE));

	child = start_child();
	if (!child) {
		signal(SIGPIPE, SIG_DFL);
		if (write(fds[1], "x", 1) < 0)
			err(2, "write");
		_exit(0);
	}
	if (waitpid(child, &status, 0) < 0)
		err(1, "waitpid");
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGPIPE)
		errx(1, "write(2) did not raise SIGPIPE");
	say("writer", "and write(2) raised SIGPIPE, as on a pipe");
	close(fds[1]);
}

int main(void)
{
	start = now();
	until_end_of_file();
	without_reader();
	return 0;
}
