/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of io_uring as the tests need: one request after the other, and its result.
 */
#ifndef IPCMBOX_URING_H
#define IPCMBOX_URING_H

#include <linux/io_uring.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * struct uring - a ring
 * @fd: its descriptor
 * @params: what the kernel said of it
 * @ring: submission and completion queues
 * @sqes: the requests
 */
struct uring {
	int fd;
	struct io_uring_params params;
	char *ring;
	struct io_uring_sqe *sqes;
};

/* False if the kernel has none; errno says why. */
bool uring_init(struct uring *uring);
void uring_exit(struct uring *uring);
/* Submits a request; -errno, or 0. */
int uring_submit(struct uring *uring, const struct io_uring_sqe *sqe);
/* Waits for a completion of this user_data; its result, or -ETIME. */
int uring_wait(struct uring *uring, uint64_t user_data);
/* The same without waiting: -EAGAIN if there is none. */
int uring_peek(struct uring *uring, uint64_t user_data);

#endif /* IPCMBOX_URING_H */
