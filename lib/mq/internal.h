/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of libipcmbox-mq share.
 *
 * A queue is a mailbox with a name, bounded, in the order of priorities; a descriptor of
 * type mqd_t is one of a mailbox, so the kernel keeps all there is to know of it, and
 * fork(2), execve(2), dup(2) and poll(2) need nothing here. Only requests of mq_notify(3)
 * are kept in the process, by notify.c.
 */
#ifndef IPCMBOX_MQ_INTERNAL_H
#define IPCMBOX_MQ_INTERNAL_H

#include <ipcmbox.h>
#include <mqueue.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* Names of queues among those of mailboxes. */
#define QUEUE_PREFIX	"mq."
#define QUEUE_NAME_MAX	(IPCMBOX_NAME_MAX - (sizeof(QUEUE_PREFIX) - 1))

/* What the version map exports; everything else is hidden. */
#define QUEUE_PUBLIC	__attribute__((visibility("default")))

/* What _FORTIFY_SOURCE makes of mq_open() with two arguments, and of read(2). */
mqd_t __mq_open_2(const char *name, int oflag);
ssize_t __read_chk(int fd, void *buf, size_t count, size_t room);
/* The read(2) of libc, by the other name that it has there. */
ssize_t __read(int fd, void *buf, size_t count);

/* Set errno to what queues have for an error of mailboxes; -1. */
int queue_fail(int error);

/* Attributes and state of a queue; -1 with EBADF if it is none. */
int queue_info(mqd_t mqdes, struct ipcmbox_info *info);

/* For read(2): the descriptor is that of a queue, or with 0 is about to be closed. */
void queue_mark(mqd_t mqdes, uint64_t mailbox);

/*
 * Say how a new queue is to be made: as @attr says or, if that is NULL, as the system has
 * it by default. -1 with EINVAL, EMFILE or EOVERFLOW if the limits do not allow it.
 */
int queue_limit(const struct mq_attr *attr, struct mq_attr *allowed);

/* The descriptor is about to be closed: end the request of mq_notify() made by it. */
void queue_forget(mqd_t mqdes);

/*
 * Have every message that came before this call looked at for requests of mq_notify() of
 * this process, and tell of it before returning. errno stays.
 */
void queue_look(void);

/**
 * struct queue_start - a thread that is to tell of a message
 * @function: what it runs
 * @value: with what
 * @attr: how the thread is made
 */
struct queue_start {
	void (*function)(union sigval value);
	union sigval value;
	pthread_attr_t attr;
};

/* Keep what @event says of a thread; 0 or an error number. */
int queue_start_init(struct queue_start *start, const struct sigevent *event);
void queue_start_destroy(struct queue_start *start);
/* Start the thread, if the system lets it. */
void queue_start_run(const struct queue_start *start);

#endif /* IPCMBOX_MQ_INTERNAL_H */
