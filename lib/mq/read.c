// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * read(2) of a queue's descriptor. On Linux that tells of the queue and leaves its messages
 * alone, and programs rely on it; of a mailbox it receives one. Here it is the end of file.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "internal.h"

/* Descriptors above are not looked after. */
#define QUEUES_MAX	65536

/*
 * The mailbox of each descriptor that was a queue's when this was last known, else 0; a
 * program may have called close(2) since, and have another mailbox there by now. For handlers
 * of signals, which may read(2), too.
 */
static _Atomic uint64_t queues[QUEUES_MAX];

void queue_mark(mqd_t mqdes, uint64_t mailbox)
{
	if (mqdes >= 0 && mqdes < QUEUES_MAX)
		atomic_store(&queues[mqdes], mailbox);
}

static uint64_t marked(int fd)
{
	if (fd < 0 || fd >= QUEUES_MAX)
		return 0;
	return atomic_load_explicit(&queues[fd], memory_order_relaxed);
}

QUEUE_PUBLIC ssize_t read(int fd, void *buf, size_t count)
{
	uint64_t mailbox = marked(fd);
	struct ipcmbox_info info;

	if (!mailbox)
		return __read(fd, buf, count);
	if (!queue_info(fd, &info) && info.mailbox == mailbox)
		return 0;
	queue_mark(fd, 0);
	return __read(fd, buf, count);
}

QUEUE_PUBLIC ssize_t __read_chk(int fd, void *buf, size_t count, size_t room)
{
	if (count > room)
		abort();
	return read(fd, buf, count);
}
