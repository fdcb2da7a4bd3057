// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Taking messages back, also those whose senders wait.
 */
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "internal.h"

/**
 * struct ipcmbox_ticket - the argument of a call, where other threads see it
 * @id: where the kernel writes the number of the message; NULL if there is none yet
 * @send: the argument, if it is of a send
 * @call: the argument, if it is of a call
 *
 * Who has read @id may be late: the ticket is then in use again. So what was a number
 * stays one, of this message or another, and the two do not share their place.
 */
struct ipcmbox_ticket {
	__u64 *_Atomic id;
	struct ipcmbox_send send;
	struct ipcmbox_call call;
};

IPCMBOX_PUBLIC struct ipcmbox_ticket *ipcmbox_ticket_new(void)
{
	return calloc(1, sizeof(struct ipcmbox_ticket));
}

IPCMBOX_PUBLIC void ipcmbox_ticket_free(struct ipcmbox_ticket *ticket)
{
	free(ticket);
}

/* Copy an argument but for its number, which others may be reading, and make that 0. */
static void fill(void *to, const void *from, size_t size, size_t id)
{
	const size_t rest = id + sizeof(__u64);

	memcpy(to, from, id);
	__atomic_store_n((__u64 *)((char *)to + id), 0, __ATOMIC_RELAXED);
	memcpy((char *)to + rest, (const char *)from + rest, size - rest);
}

struct ipcmbox_send *ipcmbox_ticket_send(struct ipcmbox_ticket *ticket,
					 const struct ipcmbox_send *arg)
{
	struct ipcmbox_send *to = &ticket->send;

	atomic_store(&ticket->id, NULL);
	fill(to, arg, sizeof(*to), offsetof(struct ipcmbox_send, id));
	atomic_store(&ticket->id, &to->id);
	return to;
}

struct ipcmbox_call *ipcmbox_ticket_call(struct ipcmbox_ticket *ticket,
					 const struct ipcmbox_call *arg)
{
	struct ipcmbox_call *to = &ticket->call;

	atomic_store(&ticket->id, NULL);
	fill(to, arg, sizeof(*to), offsetof(struct ipcmbox_call, id));
	atomic_store(&ticket->id, &to->id);
	return to;
}

IPCMBOX_PUBLIC uint64_t ipcmbox_ticket_id(const struct ipcmbox_ticket *ticket)
{
	const __u64 *id = atomic_load(&ticket->id);

	return id ? __atomic_load_n(id, __ATOMIC_RELAXED) : 0;
}

IPCMBOX_PUBLIC int ipcmbox_cancel(int fd, uint64_t id)
{
	struct ipcmbox_cancel arg = { .size = sizeof(arg), .id = id };

	if (ioctl(fd, IPCMBOX_IOC_CANCEL, &arg))
		return -1;
	return (int)arg.result;
}
