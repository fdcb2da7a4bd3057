/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of <mqueue.h> share. They are written from the text of POSIX, know of
 * nothing but that, and pass on the kernel's own queues and on those of libipcmbox-mq alike.
 */
#ifndef MQ_TEST_H
#define MQ_TEST_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"

#define QUEUE	"/mq-test"
#define MSGSIZE	64

/* The call fails with this errno. */
#define EXPECT_ERRNO(error, call)			\
	do {						\
		errno = 0;				\
		EXPECT_EQ(-1, (long)(call));		\
		EXPECT_EQ(error, errno);		\
	} while (0)

static inline mqd_t make_queue(const char *name, int oflag, long maxmsg)
{
	struct mq_attr attr = { .mq_maxmsg = maxmsg, .mq_msgsize = MSGSIZE };

	return mq_open(name, oflag | O_CREAT | O_EXCL, 0600, &attr);
}

static inline int send_text(mqd_t mqdes, const char *text,
			    unsigned int priority)
{
	return mq_send(mqdes, text, strlen(text), priority);
}

/* The next message is this text; its priority, or -1. */
static inline int receive_text(mqd_t mqdes, const char *text)
{
	char buffer[MSGSIZE];
	unsigned int priority;
	ssize_t len = mq_receive(mqdes, buffer, sizeof(buffer), &priority);

	if (len < 0 || (size_t)len != strlen(text) ||
	    memcmp(buffer, text, (size_t)len))
		return -1;
	return (int)priority;
}

static inline long queued(mqd_t mqdes)
{
	struct mq_attr attr;

	return mq_getattr(mqdes, &attr) ? -1 : attr.mq_curmsgs;
}

/* An instant of CLOCK_REALTIME. */
static inline struct timespec from_now(long ms)
{
	struct timespec when;

	clock_gettime(CLOCK_REALTIME, &when);
	when.tv_sec += ms / 1000;
	when.tv_nsec += ms % 1000 * 1000000;
	if (when.tv_nsec < 0) {
		when.tv_sec--;
		when.tv_nsec += 1000000000;
	}
	if (when.tv_nsec >= 1000000000) {
		when.tv_sec++;
		when.tv_nsec -= 1000000000;
	}
	return when;
}

static inline int64_t monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static inline void sleep_ms(long ms)
{
	const struct timespec span = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&span, NULL);
}

/* Wait until a thread of this process sleeps in the kernel, and give it time to get there. */
static inline bool sleeps(pid_t tid)
{
	char path[64], text[512], *state;
	ssize_t len;
	int fd, i;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", getpid(), tid);
	for (i = 0; i < 500; i++) {
		sleep_ms(20);
		fd = open(path, O_RDONLY);
		if (fd < 0)
			return false;
		len = read(fd, text, sizeof(text) - 1);
		close(fd);
		if (len <= 0)
			return false;
		text[len] = 0;
		state = strrchr(text, ')');
		if (state && state[2] == 'S')
			return true;
	}
	return false;
}

static inline int nr_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	if (!dir)
		return -1;
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

/* Exit status of a child, or -1. */
static inline int exit_of(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

#endif /* MQ_TEST_H */
