// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes to the standard output: all of them, or an error.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli.h"

int write_all(int fd, const void *data, size_t len)
{
	const char *from = data;

	while (len) {
		ssize_t done = write(fd, from, len);

		if (done >= 0) {
			from += done;
			len -= (size_t)done;
		} else if (errno == EAGAIN) {
			/* Somebody else has made the file non-blocking. */
			poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1,
			     -1);
		} else if (errno != EINTR) {
			return -1;
		}
	}
	return 0;
}

static bool output_missing;

void output_start(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		/* In the wrong direction: to use it fails as before. */
		if (open("/dev/null",
			 fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			exit(STATUS_ERROR);
		if (fd == STDOUT_FILENO)
			output_missing = true;
	}
}

int output_check(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO };

	errno = output_missing ? EBADF : EPIPE;
	if (output_missing)
		return -1;
	return poll(&out, 1, 0) == 1 && out.revents & POLLERR ? -1 : 0;
}

int output_finish(int status)
{
	if (!fflush(stdout) && !ferror(stdout) && !close(STDOUT_FILENO))
		return status;
	fail("standard output");
	return status == STATUS_OK ? STATUS_ERROR : status;
}
