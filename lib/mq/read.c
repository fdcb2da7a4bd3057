// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * read(2) of a queue's descriptor. On Linux that tells of the queue and leaves its messages
 * alone, and programs rely on it; of a mailbox it receives one. Here it is the end of file.
 */
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "internal.h"

/* Descriptors above are not looked after. */
#define QUEUES_MAX	65536
#define WORD_BITS	(sizeof(unsigned long) * CHAR_BIT)

/*
 * Which descriptors were queues when this was last known; a program may have called close(2)
 * since. For handlers of signals, which may read(2), too.
 */
static atomic_ulong queues[QUEUES_MAX / WORD_BITS];

static unsigned long bit_of(int fd)
{
	return 1UL << ((unsigned int)fd % WORD_BITS);
}

void queue_mark(mqd_t mqdes, bool open)
{
	if (mqdes < 0 || mqdes >= QUEUES_MAX)
		return;
	if (open)
		atomic_fetch_or(&queues[(size_t)mqdes / WORD_BITS],
				bit_of(mqdes));
	else
		atomic_fetch_and(&queues[(size_t)mqdes / WORD_BITS],
				 ~bit_of(mqdes));
}

static bool is_marked(int fd)
{
	return fd >= 0 && fd < QUEUES_MAX &&
	       atomic_load_explicit(&queues[(size_t)fd / WORD_BITS],
				    memory_order_relaxed) &
		       bit_of(fd);
}

QUEUE_PUBLIC ssize_t read(int fd, void *buf, size_t count)
{
	struct ipcmbox_info info;

	if (!is_marked(fd))
		return __read(fd, buf, count);
	if (!queue_info(fd, &info))
		return 0;
	queue_mark(fd, false);
	return __read(fd, buf, count);
}

QUEUE_PUBLIC ssize_t __read_chk(int fd, void *buf, size_t count, size_t room)
{
	if (count > room)
		abort();
	return read(fd, buf, count);
}
