/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of message queues share. They know nothing but msgget(2), msgsnd(2),
 * msgrcv(2) and msgctl(2), and run on the kernel's queues and on those of libipcmbox-sysv.
 */
#ifndef SYSV_UTIL_H
#define SYSV_UTIL_H

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <kselftest_harness.h>

#define NOBODY 65534

/* Long enough for another process to come to wait in a call, here and in a slow VM. */
#define A_WHILE_US 300000

struct message {
	long type;
	char text[64];
};

static inline int new_queue(void)
{
	return msgget(IPC_PRIVATE, IPC_CREAT | 0600);
}

/* A key that nobody has. */
static inline key_t new_key(void)
{
	static unsigned int count;

	return (key_t)((unsigned int)getpid() << 8 | (++count & 0xff));
}

static inline int send_text(int id, long type, const char *text, int flags)
{
	struct message message = { .type = type };

	strcpy(message.text, text);
	return msgsnd(id, &message, strlen(text), flags);
}

/* What is received, as text; or the name of the error. */
static inline const char *receive_text(int id, long type, int flags)
{
	static _Thread_local struct message message;
	ssize_t len;

	len = msgrcv(id, &message, sizeof(message.text) - 1, type, flags);
	if (len < 0)
		return strerrorname_np(errno);
	message.text[len] = 0;
	return message.text;
}

/* 0, or an errno. */
static inline int error_of(long result)
{
	return result < 0 ? errno : 0;
}

/* A child that dies with its parent. */
static inline pid_t fork_child(void)
{
	pid_t pid = fork();

	if (!pid)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

/* How a child has exited; -1 if it did not, or not by itself. */
static inline int child_status(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

/* Fill a queue that holds @bytes. */
static inline int fill_queue(int id, size_t bytes)
{
	struct msqid_ds ds;

	if (msgctl(id, IPC_STAT, &ds))
		return -1;
	ds.msg_qbytes = bytes;
	if (msgctl(id, IPC_SET, &ds))
		return -1;
	while (!send_text(id, 1, "12345678", IPC_NOWAIT))
		;
	return errno == EAGAIN ? 0 : -1;
}

static inline unsigned long limit_of(const char *path)
{
	unsigned long value = 0;
	FILE *file = fopen(path, "re");

	if (!file)
		return 0;
	if (fscanf(file, "%lu", &value) != 1)
		value = 0;
	fclose(file);
	return value;
}

#endif /* SYSV_UTIL_H */
