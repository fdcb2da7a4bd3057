// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Descriptors that the program knows nothing of. They have high numbers, out of its way; and
 * it may close them, as one does that becomes a daemon, and use the numbers for files of its
 * own. So each is looked at before it is read, written or closed.
 *
 * They are known by their owner in the sense of F_SETOWN_EX, who would get the signals of a
 * file if it was to send any, which these are not. It is the thread of mq_notify(), to whom
 * nobody else gives a file.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "request.h"

/*
 * Numbers begin here, or at five eighths of what the process may have. Those of
 * libipcmbox-sysv, which may be in the same process, begin at 960.
 */
#define HIGH_FD	640

static int close_failed(int fd)
{
	int error = errno;

	close(fd);
	errno = error;
	return -1;
}

static int move_high(int fd)
{
	struct rlimit limit;
	int high, from = HIGH_FD;

	if (!getrlimit(RLIMIT_NOFILE, &limit) &&
	    limit.rlim_cur / 8 * 5 < HIGH_FD)
		from = (int)(limit.rlim_cur / 8 * 5);
	high = fcntl(fd, F_DUPFD_CLOEXEC, from);
	if (high < 0)
		return fd;
	close(fd);
	return high;
}

int hidden_new(int fd, pid_t owner)
{
	const struct f_owner_ex mark = { .type = F_OWNER_TID, .pid = owner };

	if (fd < 0)
		return -1;
	fd = move_high(fd);
	return fcntl(fd, F_SETOWN_EX, &mark) ? close_failed(fd) : fd;
}

bool hidden_check(int *fd, pid_t owner)
{
	struct f_owner_ex mark;
	int error = errno;

	if (*fd >= 0 && (fcntl(*fd, F_GETOWN_EX, &mark) ||
			 mark.type != F_OWNER_TID || mark.pid != owner))
		*fd = -1;
	errno = error;
	return *fd >= 0;
}

void hidden_close(int *fd, pid_t owner)
{
	if (hidden_check(fd, owner))
		hidden_close_copy(fd);
}

void hidden_close_copy(int *fd)
{
	int error = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = error;
}
