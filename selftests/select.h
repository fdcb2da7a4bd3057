/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tests of SELECT: a selection of numbers that are sent and received, perhaps in
 * a thread of its own.
 */
#ifndef IPCMBOX_SELECT_H
#define IPCMBOX_SELECT_H

#include "ipcmbox_util.h"

/**
 * struct selector - a SELECT
 * @arg: of the ioctl; flags and deadline may be set
 * @cases: its cases
 * @send: of the cases that send
 * @recv: of the cases that receive
 * @num: what each sends or has received
 * @ret: out, what it returned
 * @done: out, set when it has returned
 * @thread: the thread
 */
struct selector {
	struct ipcmbox_select arg;
	struct ipcmbox_case cases[IPCMBOX_SELECT_MAX];
	struct ipcmbox_send send[IPCMBOX_SELECT_MAX];
	struct ipcmbox_recv recv[IPCMBOX_SELECT_MAX];
	uint32_t num[IPCMBOX_SELECT_MAX];
	int ret;
	atomic_bool done;
	pthread_t thread;
};

/* Adds a case. */
void select_send(struct selector *selector, int fd, uint32_t num);
void select_recv(struct selector *selector, int fd);
/* Makes a copy of a selection point to its own members. */
void select_point(struct selector *selector);

/* Runs it; 0 or -errno. */
int select_run(struct selector *selector);
/* Runs it in a thread; 0 or -errno. */
int select_start(struct selector *selector);
/* The same, and waits until it stands in its first mailbox. */
bool select_park(struct selector *selector);
/* Waits for its end; what it returned, or -ETIME. */
int select_join(struct selector *selector);

#endif /* IPCMBOX_SELECT_H */
