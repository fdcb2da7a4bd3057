/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A receiver that stops half-way in its copy, for as long as a test needs: it touches
 * a page of userfaultfd(2).
 */
#ifndef STALL_H
#define STALL_H

#include "ipcmbox_util.h"

/**
 * struct stall - the receiver
 * @uffd: descriptor of userfaultfd(2)
 * @page: where it receives, and stops at the first touch
 * @op: the receive
 */
struct stall {
	int uffd;
	char *page;
	struct mbox_op op;
};

/* A receiver of @fd, not started; false with errno where there is no userfaultfd. */
bool stall_init(struct stall *stall, int fd);
/*
 * The same for a page that the receive may read: the test fills it, and it stops at the
 * first write after stall_protect().
 */
bool stall_init_to_write(struct stall *stall, int fd);
int stall_protect(struct stall *stall, bool on);
/* Until somebody has stopped there; false if nobody does. */
bool stall_wait(const struct stall *stall);
void stall_exit(struct stall *stall);
/* Sends message @num in a thread, to the receiver that will stall in it. */
bool stall_begin(struct stall *stall, struct mbox_op *send, uint32_t num);
/* Lets the copy go on; 0, or -1 with errno. */
int stall_end(struct stall *stall);
/* Makes the copy fail; 0, or -1 with errno. */
int stall_fail(struct stall *stall);

#endif /* STALL_H */
