// SPDX-License-Identifier: GPL-2.0-only
/*
 * The calls that make the history: each is noted before it is made, in memory that
 * outlives its caller, and again when it has returned.
 */
#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include <linux/ipcmbox.h>

#include "storm.h"

/* A message that is none: its bytes were wrong. */
#define GARBAGE UINT64_MAX

#define PAGE 4096

bool caller_init(struct caller *caller, struct round *round, unsigned int slot,
		 uint64_t seed)
{
	size_t size = (STORM_PAYLOAD + PAGE) / PAGE * PAGE;
	unsigned int i;
	char *area;

	*caller = (struct caller){
		.round = round,
		.worker = &round->workers[slot],
		.slot = slot,
	};
	dice_init(&caller->dice, seed, round->number, slot);
	area = mmap(NULL, 2 * size + PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED)
		return false;
	caller->buffer = area;
	caller->cliff = area + 2 * size;
	for (i = 0; i < STORM_BOXES; i++) {
		caller->rx[i] = round->boxes[i].rx;
		caller->tx[i] = round->boxes[i].tx;
	}
	return !mprotect(caller->cliff, PAGE, PROT_NONE);
}

void caller_exit(struct caller *caller)
{
	unsigned int i;

	for (i = 0; i < STORM_BOXES; i++) {
		if (caller->rx[i] != caller->round->boxes[i].rx)
			close(caller->rx[i]);
		if (caller->tx[i] != caller->round->boxes[i].tx)
			close(caller->tx[i]);
	}
	munmap(caller->buffer, caller->cliff + PAGE - caller->buffer);
}

void caller_tally(struct caller *caller, enum tally tally)
{
	caller->worker->tallies[tally]++;
}

static struct event *event_begin(struct caller *caller, unsigned int box,
				 enum event_kind kind, uint64_t value,
				 unsigned int flags)
{
	struct worker *worker = caller->worker;
	struct event *event = &worker->events[worker->count];

	*event = (struct event){
		.value = value,
		.worker = caller->slot,
		.box = box,
		.kind = kind,
		.flags = flags,
		.begin = atomic_fetch_add(&caller->round->clock, 1),
	};
	atomic_fetch_add(&worker->count, 1);
	return event;
}

static void event_end(struct caller *caller, struct event *event, int ret)
{
	static const struct {
		int ret;
		enum tally tally;
	} outcomes[] = {
		{ -ETIMEDOUT, TALLY_EXPIRED }, { -EINTR, TALLY_INTERRUPTED },
		{ -EFAULT, TALLY_FAULT },      { -EMSGSIZE, TALLY_TOO_SMALL },
		{ -EIDRM, TALLY_REMOVED },
	};
	size_t i;

	event->ret = ret;
	atomic_thread_fence(memory_order_release);
	event->end = atomic_fetch_add(&caller->round->clock, 1);
	for (i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
		if (ret == outcomes[i].ret)
			caller_tally(caller, outcomes[i].tally);
	if (ret == -EPIPE)
		caller_tally(caller, event->kind == EVENT_SEND ?
					     TALLY_BROKEN_PIPE :
					     TALLY_END_OF_FILE);
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

/* Never, passed already, or soon. */
static uint64_t choose_deadline(struct caller *caller)
{
	uint32_t microseconds = dice_draw(&caller->dice, 2000);

	switch (dice_draw(&caller->dice, 4)) {
	case 0:
		return 0;
	case 1:
		return 1;
	default:
		return now() + microseconds * 1000ULL;
	}
}

static bool chance(struct caller *caller, uint32_t percent)
{
	return dice_draw(&caller->dice, 100) < percent;
}

/* Lays out the buffer in two pieces. */
static void split(struct ipcmbox_iovec iov[2], char *bytes, size_t length)
{
	size_t first = length / 3;

	iov[0] = (struct ipcmbox_iovec){ (uintptr_t)bytes, first };
	iov[1] = (struct ipcmbox_iovec){ (uintptr_t)bytes + first,
					 length - first };
}

static int result(int64_t ret)
{
	return ret < 0 ? -errno : 0;
}

static int do_send(struct caller *caller, int fd, struct event *event,
		   struct ipcmbox_send *send)
{
	int ret = result(ioctl(fd, IPCMBOX_IOC_SEND, send));

	event->id = send->id;
	event->said = 1 + send->disposition;
	if (!ret)
		caller_tally(caller, send->disposition == IPCMBOX_TAKEN ?
					     TALLY_TAKEN :
					     TALLY_QUEUED);
	return ret;
}

void call_send(struct caller *caller, unsigned int box)
{
	uint64_t capacity = caller->round->boxes[box].capacity;
	uint64_t value = (uint64_t)(caller->slot + 1) << 32 |
			 ++caller->sequence;
	size_t length = payload_length(value);
	struct ipcmbox_iovec iov[2];
	struct ipcmbox_send send = {
		.size = sizeof(send),
		.data = (uintptr_t)caller->buffer,
		.len = length,
	};
	bool by_write = chance(caller, 15);
	bool faulty = chance(caller, 3);
	struct event *event;
	unsigned int flags;
	int fd = caller->tx[box];

	/* A one-way pair whose sending end this process was not given. */
	if (fd < 0)
		return;
	payload_fill(caller->buffer, value, length);
	if (chance(caller, 40))
		send.flags |= IPCMBOX_DONTWAIT;
	if (chance(caller, 20))
		send.flags |= IPCMBOX_UNTIL_TAKEN;
	send.deadline = choose_deadline(caller);
	if (chance(caller, 20)) {
		split(iov, caller->buffer, length);
		send.flags |= IPCMBOX_IOVEC;
		send.data = (uintptr_t)iov;
		send.len = 2;
	}
	if (faulty) {
		send.flags &= ~IPCMBOX_IOVEC;
		send.data = (uintptr_t)caller->cliff - length + 1;
		send.len = length;
	}
	flags = !capacity || (!by_write && (send.flags & IPCMBOX_UNTIL_TAKEN)) ?
			EVENT_TAKEN :
			0;
	event = event_begin(caller, box, EVENT_SEND, value, flags);
	if (by_write && !faulty)
		event_end(caller, event,
			  result(write(fd, caller->buffer, length)));
	else
		event_end(caller, event, do_send(caller, fd, event, &send));
	if (event->ret == -EAGAIN)
		caller_tally(caller, TALLY_FULL);
}

static uint64_t judge_bytes(const char *bytes, size_t length, bool whole)
{
	return payload_value(bytes, length, whole) ?: GARBAGE;
}

static int do_read(struct caller *caller, int fd, struct event *event)
{
	ssize_t length = read(fd, caller->buffer, STORM_PAYLOAD);

	if (length < 0)
		return -errno;
	if (!length)
		return -EPIPE;
	event->value = judge_bytes(caller->buffer, length, true);
	return 0;
}

static int do_receive(struct caller *caller, int fd, unsigned long command,
		      struct event *event, char *bytes,
		      struct ipcmbox_recv *recv, size_t room)
{
	int ret = result(ioctl(fd, command, recv));
	bool whole;

	/* It tells how long a buffer is needed, which is more than there was. */
	if (ret == -EMSGSIZE &&
	    (recv->msg_len <= room || (recv->flags & IPCMBOX_TRUNCATE)))
		return -EPROTO;
	if (ret)
		return ret;
	whole = !(recv->msg_flags & IPCMBOX_MSG_TRUNCATED);
	event->id = recv->id;
	event->value = judge_bytes(bytes, whole ? recv->msg_len : room, whole);
	if (!whole && recv->msg_len != payload_length(event->value))
		event->value = GARBAGE;
	if (!whole)
		caller_tally(caller, TALLY_TRUNCATED);
	return 0;
}

static void call_look(struct caller *caller, unsigned int box,
		      enum event_kind kind)
{
	bool peek = kind == EVENT_PEEK;
	char *bytes = caller->buffer;
	size_t room = STORM_PAYLOAD;
	struct ipcmbox_iovec iov[2];
	struct ipcmbox_recv recv = { .size = sizeof(recv) };
	bool by_read = chance(caller, 15);
	uint32_t kinds = dice_draw(&caller->dice, 10);
	struct event *event;
	int ret;

	/* A mailbox whose receiving end this process was not given. */
	if (caller->rx[box] < 0)
		return;
	if (chance(caller, 40))
		recv.flags |= IPCMBOX_DONTWAIT;
	if (chance(caller, 30))
		recv.flags |= IPCMBOX_TRUNCATE;
	recv.deadline = choose_deadline(caller);
	/* A buffer for a number only, and one that ends after the number. */
	if (kinds == 0)
		room = sizeof(uint64_t);
	if (kinds == 1)
		bytes = caller->cliff - sizeof(uint64_t);
	recv.data = (uintptr_t)bytes;
	recv.len = room;
	if (kinds == 2) {
		split(iov, bytes, room);
		recv.flags |= IPCMBOX_IOVEC;
		recv.data = (uintptr_t)iov;
		recv.len = 2;
	}
	if (peek) {
		recv.flags &= ~IPCMBOX_DONTWAIT;
		recv.deadline = 0;
	}
	event = event_begin(caller, box, kind, 0, 0);
	if (by_read && !peek)
		ret = do_read(caller, caller->rx[box], event);
	else
		ret = do_receive(caller, caller->rx[box],
				 peek ? IPCMBOX_IOC_PEEK : IPCMBOX_IOC_RECV,
				 event, bytes, &recv, room);
	event_end(caller, event, ret);
	if (!ret)
		caller_tally(caller, peek ? TALLY_PEEKED : TALLY_RECEIVED);
	if (ret == -EAGAIN)
		caller_tally(caller, TALLY_EMPTY);
}

void call_receive(struct caller *caller, unsigned int box)
{
	call_look(caller, box, EVENT_RECV);
}

void call_peek(struct caller *caller, unsigned int box)
{
	call_look(caller, box, EVENT_PEEK);
}

bool call_receive_rest(struct caller *caller, unsigned int box)
{
	struct ipcmbox_recv recv = {
		.size = sizeof(recv),
		.flags = IPCMBOX_DONTWAIT,
		.data = (uintptr_t)caller->buffer,
		.len = STORM_PAYLOAD,
	};
	struct event *event = event_begin(caller, box, EVENT_RECV, 0, 0);

	event_end(caller, event,
		  do_receive(caller, caller->rx[box], IPCMBOX_IOC_RECV, event,
			     caller->buffer, &recv, STORM_PAYLOAD));
	return !event->ret;
}

void call_drain(struct caller *caller, unsigned int box)
{
	struct ipcmbox_drain drain = { .size = sizeof(drain) };
	struct event *event = event_begin(caller, box, EVENT_DRAIN, 0, 0);
	int ret = result(ioctl(caller->rx[box], IPCMBOX_IOC_DRAIN, &drain));

	event->count = drain.messages;
	event_end(caller, event, ret);
	if (!ret && drain.messages)
		caller_tally(caller, TALLY_DRAINED);
}

void call_destroy(struct caller *caller, unsigned int box)
{
	struct ipcmbox_destroy destroy = { .size = sizeof(destroy) };
	struct event *event = event_begin(caller, box, EVENT_DESTROY, 0, 0);

	event_end(caller, event,
		  result(ioctl(caller->round->boxes[box].rx,
			       IPCMBOX_IOC_DESTROY, &destroy)));
	if (!event->ret)
		caller_tally(caller, TALLY_DESTROYED);
}

void call_set(struct caller *caller, unsigned int box)
{
	struct ipcmbox_set set = {
		.size = sizeof(set),
		.flags = IPCMBOX_SET_CAPACITY,
		.capacity = 1 + dice_draw(&caller->dice, 9),
	};
	struct event *event = event_begin(caller, box, EVENT_SET, 0, 0);

	event->count = set.capacity;
	event_end(caller, event,
		  result(ioctl(caller->round->boxes[box].rx, IPCMBOX_IOC_SET,
			       &set)));
	if (!event->ret)
		caller_tally(caller, TALLY_SET);
}

/* What poll(2) says of the end of a file is left aside. */
static uint32_t told(short revents, short ready, uint32_t yes, uint32_t no)
{
	if (revents & (POLLHUP | POLLERR | POLLNVAL))
		return 0;
	return revents & ready ? yes : no;
}

void call_poll(struct caller *caller, unsigned int box)
{
	struct pollfd fds[2] = {
		{ .fd = caller->rx[box], .events = POLLIN },
		{ .fd = caller->tx[box], .events = POLLOUT },
	};
	int ms = dice_draw(&caller->dice, 2);
	struct event *event = event_begin(caller, box, EVENT_POLL, 0, 0);
	int ret = result(poll(fds, 2, ms));

	if (!ret && fds[0].fd >= 0)
		event->count |=
			told(fds[0].revents, POLLIN, POLL_MESSAGE, POLL_NONE);
	/* At capacity 0 it tells of receivers, who are not in the history. */
	if (!ret && fds[1].fd >= 0 && caller->round->boxes[box].capacity)
		event->count |=
			told(fds[1].revents, POLLOUT, POLL_ROOM, POLL_FULL);
	event_end(caller, event, ret);
	caller_tally(caller, TALLY_POLLED);
}
