/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A page of memory whose first touch stops, for as long as a test wants, and cannot even
 * be killed: a mapping of a file in a FUSE filesystem that does not answer. And, where that
 * is asked for, files that it stops to close.
 */
#ifndef FUSE_PAGE_H
#define FUSE_PAGE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/**
 * struct fuse_page - the filesystem and its only file
 * @device: descriptor of /dev/fuse
 * @file: descriptor of the file, to map from, of one page
 * @folder: where it is mounted
 * @stopped: whether somebody touched the page and waits
 * @released: answer from now on
 * @slow_close: to close a file that is opened from now on stops as well
 * @thread: who answers
 */
struct fuse_page {
	int device;
	int file;
	char folder[64];
	atomic_bool stopped;
	atomic_bool released;
	atomic_bool slow_close;
	pthread_t thread;
};

/* 0, or -errno; -ENODEV where the kernel has no FUSE. */
int fuse_page_open(struct fuse_page *page);
/* Opens the file once more; -errno. */
int fuse_page_reopen(const struct fuse_page *page);
/* Waits until somebody has touched the page, or closes; false if nobody does. */
bool fuse_page_wait(struct fuse_page *page);
/* Lets everybody go on. */
void fuse_page_release(struct fuse_page *page);
void fuse_page_close(struct fuse_page *page);

#endif /* FUSE_PAGE_H */
