/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tests of calls: a caller in a thread of its own, and what a server does.
 */
#ifndef IPCMBOX_CALL_H
#define IPCMBOX_CALL_H

#include "ipcmbox_util.h"

/**
 * struct caller - a CALL in a thread of its own
 * @fd: the mailbox
 * @num: the message
 * @arg: of the ioctl; flags, deadlines and answer may be set before
 * @answer: the answer, unless arg.answer was set; arg.answer_len may be another then
 * @ret: out, what it returned
 * @done: out, set when it has returned
 * @thread: the thread
 */
struct caller {
	int fd;
	uint32_t num;
	struct ipcmbox_call arg;
	uint32_t answer;
	int ret;
	atomic_bool done;
	pthread_t thread;
};

/* Calls with a number, in the caller itself; always true. */
bool caller_run(struct caller *caller, int fd, uint32_t num);
/* The same in a thread; waits until the message has its place. */
bool caller_start(struct caller *caller, int fd, uint32_t num);
/* Waits for its end; what it returned, or -ETIME. */
int caller_join(struct caller *caller);

/* Receives a number, which must be this one; the token, or 0. */
uint64_t serve_take(int fd, uint32_t num);
/* Answers with a number, and the one after it as cookie. */
int serve_reply(int fd, uint64_t token, uint32_t num);

#endif /* IPCMBOX_CALL_H */
