// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Inboxes of processes, and how they are found.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "internal.h"

IPCMBOX_PUBLIC int ipcmbox_inbox_at(int ctl, const struct ipcmbox_attr *attr,
				    enum ipcmbox_access access, gid_t gid,
				    int open_flags)
{
	struct ipcmbox_inbox arg = {
		.size = sizeof(arg),
		.flags = attr->flags & IPCMBOX_FAIR_SHARE,
		.open_flags = (uint32_t)open_flags,
		.access = access,
		.gid = gid,
		.capacity = attr->capacity,
		.max_bytes = attr->max_bytes,
		.max_message = attr->max_message,
		.order = attr->order,
	};

	/* An inbox has these as they are. */
	if (attr->flags & ~(IPCMBOX_HANGUP | IPCMBOX_FAIR_SHARE) ||
	    attr->policy || attr->slow || attr->slow_mask ||
	    attr->region_size) {
		errno = EINVAL;
		return -1;
	}
	if (ioctl(ctl, IPCMBOX_IOC_INBOX, &arg))
		return -1;
	return arg.fd;
}

IPCMBOX_PUBLIC int ipcmbox_inbox(uint64_t capacity)
{
	const struct ipcmbox_attr attr = { .capacity = capacity };
	int ctl, fd;

	ctl = ipcmbox_open();
	if (ctl < 0)
		return -1;
	fd = ipcmbox_inbox_at(ctl, &attr, IPCMBOX_ACCESS_USER, 0, 0);
	ipcmbox_close_ctl(ctl);
	return fd;
}

IPCMBOX_PUBLIC int ipcmbox_open_pid_at(int ctl, pid_t pid, int open_flags)
{
	struct ipcmbox_open_pid arg = {
		.size = sizeof(arg),
		.pid = pid,
		.open_flags = (uint32_t)open_flags,
	};

	if (ioctl(ctl, IPCMBOX_IOC_OPEN_PID, &arg))
		return -1;
	return arg.fd;
}

IPCMBOX_PUBLIC int ipcmbox_open_pid(pid_t pid)
{
	int ctl, fd;

	ctl = ipcmbox_open();
	if (ctl < 0)
		return -1;
	fd = ipcmbox_open_pid_at(ctl, pid, 0);
	ipcmbox_close_ctl(ctl);
	return fd;
}

/*
 * What follows @key at the start of a line of a file, up to the end of that line, or as
 * much of it as there is room for. Lines can be long: one has the groups of a process.
 */
static bool find_line(const char *path, const char *key, char *value,
		      size_t size)
{
	size_t matched = 0, used = 0;
	bool skips = false, found = false;
	char text[512];
	ssize_t len, i;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	while (!found && (len = read(fd, text, sizeof(text))) > 0) {
		for (i = 0; i < len && !found; i++) {
			if (text[i] == '\n') {
				found = !key[matched];
				matched = 0;
				skips = false;
			} else if (!key[matched]) {
				if (used < size - 1)
					value[used++] = text[i];
			} else if (skips || text[i] != key[matched]) {
				skips = true;
			} else {
				matched++;
			}
		}
	}
	close(fd);
	value[used] = 0;
	return found;
}

/*
 * Does /proc tell numbers as the calling process sees them? If it is that of a pid
 * namespace further up it tells one number for each level between.
 */
static bool proc_is_ours(void)
{
	char numbers[64], *end;

	return find_line("/proc/self/status", "NSpid:", numbers,
			 sizeof(numbers)) &&
	       strtol(numbers, &end, 10) == getpid() && !*end;
}

/* The number of the process of a pidfd; -1 with errno. */
static pid_t pid_of(int pidfd)
{
	char path[64], number[32];
	bool found;
	long pid;

	if (fcntl(pidfd, F_GETFD) < 0)
		return -1;
	errno = EOPNOTSUPP;
	if (!proc_is_ours())
		return -1;
	/* A thread can have other descriptors than /proc/self, the first thread. */
	snprintf(path, sizeof(path), "/proc/thread-self/fdinfo/%d", pidfd);
	found = find_line(path, "Pid:", number, sizeof(number));
	errno = EINVAL;
	if (!found)
		return -1;
	pid = strtol(number, NULL, 10);
	errno = ESRCH;
	return pid > 0 ? (pid_t)pid : -1;
}

IPCMBOX_PUBLIC int ipcmbox_open_pidfd_at(int ctl, int pidfd, int open_flags)
{
	struct pollfd ended = { .fd = pidfd, .events = POLLIN };
	pid_t pid = pid_of(pidfd);
	int fd, ret;

	if (pid < 0)
		return -1;
	fd = ipcmbox_open_pid_at(ctl, pid, open_flags);
	if (fd < 0)
		return -1;
	/* As long as it lives nobody else can have had its number. */
	do {
		ret = poll(&ended, 1, 0);
	} while (ret < 0 && errno == EINTR);
	if (!ret)
		return fd;
	if (ret > 0)
		errno = ESRCH;
	ipcmbox_close_ctl(fd);
	return -1;
}

IPCMBOX_PUBLIC int ipcmbox_open_pidfd(int pidfd)
{
	int ctl, fd;

	/* One that is not open could become that of /dev/ipcmbox. */
	if (fcntl(pidfd, F_GETFD) < 0)
		return -1;
	ctl = ipcmbox_open();
	if (ctl < 0)
		return -1;
	fd = ipcmbox_open_pidfd_at(ctl, pidfd, 0);
	ipcmbox_close_ctl(ctl);
	return fd;
}
