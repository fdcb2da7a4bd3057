// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who waits is asked about what it waits for, by PEEK and poll(2), which never wait: a
 * receiver that goes on waiting though a message is there that it wants, or though
 * nobody is left to send one, has lost a wake-up. See waits.h.
 */
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <linux/ipcmbox.h>

#include "memory.h"
#include "play.h"
#include "slots.h"
#include "waits.h"

static short events_of(int fd, short events)
{
	struct pollfd *poll_fd = memory_scratch(TASK_FUZZER);

	*poll_fd = (struct pollfd){ .fd = fd, .events = events };
	return poll(poll_fd, 1, 0) == 1 ? poll_fd->revents : 0;
}

/*
 * Whether a RECV with this argument would not wait. Of one receiver at a time nothing is
 * told as long as it waits.
 */
static bool can_receive(int fd, const struct ipcmbox_recv *argument)
{
	struct ipcmbox_recv *peek = memory_scratch(TASK_FUZZER);
	struct ipcmbox_recv known = {};
	size_t size = argument->size < sizeof(known) ? argument->size :
						       sizeof(known);

	memcpy(&known, argument, size);
	if (known.flags & IPCMBOX_NOTICES && events_of(fd, POLLPRI) & POLLPRI)
		return true;
	*peek = (struct ipcmbox_recv){
		.size = sizeof(*peek),
		.flags = IPCMBOX_TRUNCATE,
		.match = known.match,
		.match_value = known.match_value,
	};
	return !ioctl(fd, IPCMBOX_IOC_PEEK, peek) || errno == EPIPE ||
	       errno == EIDRM;
}

static bool broadcasts(int fd)
{
	struct ipcmbox_info *info = memory_scratch(TASK_FUZZER);

	*info = (struct ipcmbox_info){ .size = sizeof(*info),
				       .flags = IPCMBOX_TX };
	return !ioctl(fd, IPCMBOX_IOC_INFO, info) &&
	       info->attributes & IPCMBOX_BROADCAST;
}

/*
 * Whether a send would not wait, as far as poll(2) tells: that all receivers are gone, or
 * that all subscribers have room. finish.c knows of other room.
 */
static bool can_send(int fd)
{
	short events = events_of(fd, POLLOUT);

	return events & POLLERR || (events & POLLOUT && broadcasts(fd));
}

/* Whether a selection sends to the mailbox that one of its cases receives from. */
static bool meets_itself(const struct ipcmbox_case *cases, unsigned int count,
			 int fd)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (cases[i].kind == IPCMBOX_CASE_SEND &&
		    slots_same(cases[i].fd, fd))
			return true;
	return false;
}

static bool can_case(const struct ipcmbox_case *cases, unsigned int count,
		     unsigned int i)
{
	const void *argument = (void *)(uintptr_t)cases[i].arg;

	if (!memory_is_part(argument))
		return false;
	if (cases[i].kind == IPCMBOX_CASE_SEND)
		return can_send(cases[i].fd);
	return !meets_itself(cases, count, cases[i].fd) &&
	       can_receive(cases[i].fd, argument);
}

static bool can_select(unsigned int task, const struct ipcmbox_select *select)
{
	const struct ipcmbox_case *cases = memory_cases(task);
	unsigned int i;

	if (select->cases != (uintptr_t)cases ||
	    select->count > IPCMBOX_SELECT_MAX ||
	    select->stride != sizeof(*cases))
		return false;
	for (i = 0; i < select->count; i++)
		if (can_case(cases, select->count, i))
			return true;
	return false;
}

static bool is_one_of(const char *name, const char *const names[])
{
	while (*names && strcmp(name, *names))
		names++;
	return *names;
}

/* A batch waits for its first message only, unless it sends. */
static bool can_batch(unsigned int task, int fd,
		      const struct ipcmbox_batch *batch)
{
	const struct part *first = memory_part(task, 0);

	return batch->msgs == (uintptr_t)first &&
	       can_receive(fd, (struct ipcmbox_recv *)first->argument);
}

static bool can_reply_recv(int fd, const struct ipcmbox_reply_recv *both)
{
	const void *recv = (void *)(uintptr_t)both->recv;

	return memory_is_part(recv) && can_receive(fd, recv);
}

/* Whether a call would do its work, or fail, at once. */
static bool can_go_on(unsigned int task, const struct play_call *call)
{
	static const char *const receives[] = { "read", "readv", "preadv2",
						NULL };
	static const char *const sends[] = { "write", "writev", "pwritev2",
					     "SEND",  "SENDV",	"CALL",
					     NULL };
	static const struct ipcmbox_recv any = { .size = sizeof(any) };

	switch (call->kind->command) {
	case IPCMBOX_IOC_RECV:
		return can_receive(call->fd, call->argument);
	case IPCMBOX_IOC_RECVV:
		return can_batch(task, call->fd, call->argument);
	case IPCMBOX_IOC_REPLY_RECV:
		return can_reply_recv(call->fd, call->argument);
	case IPCMBOX_IOC_SELECT:
		return can_select(task, call->argument);
	}
	if (is_one_of(call->kind->name, receives))
		return can_receive(call->fd, &any);
	return is_one_of(call->kind->name, sends) && can_send(call->fd);
}

bool waits_are_right(void)
{
	struct play_call call;
	unsigned int task;

	for (task = 0; task < THREADS; task++)
		if (play_is_in(task, &call) && can_go_on(task, &call))
			return false;
	return true;
}
