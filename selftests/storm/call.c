// SPDX-License-Identifier: GPL-2.0-only
/*
 * The calls that send and receive one message each.
 */
#include <errno.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>
#include <linux/ipcmbox.h>

#include "storm.h"

/* A message that is none: its bytes were wrong. */
#define GARBAGE UINT64_MAX

/* Lays out the buffer in two pieces. */
static void split(struct ipcmbox_iovec iov[2], char *bytes, size_t length)
{
	size_t first = length / 3;

	iov[0] = (struct ipcmbox_iovec){ (uintptr_t)bytes, first };
	iov[1] = (struct ipcmbox_iovec){ (uintptr_t)bytes + first,
					 length - first };
}

void sending_init(struct caller *caller, struct sending *sending,
		  unsigned int place)
{
	uint64_t value = caller_value(caller);
	size_t length = payload_length(value);

	*sending = (struct sending){
		.value = value,
		.length = length,
		.bytes = caller_place(caller, place),
		.faulty = caller_chance(caller, 3),
		.arg = {
			.size = sizeof(sending->arg),
			.len = length,
			.cookie = value,
			.type = payload_type(value),
			.priority = payload_priority(value),
		},
	};
	payload_fill(sending->bytes, value, length);
	sending->arg.data = (uintptr_t)sending->bytes;
	if (caller_chance(caller, 20))
		sending->arg.flags |= IPCMBOX_UNTIL_TAKEN;
	if (caller_chance(caller, 20) && !sending->faulty) {
		split(sending->iov, sending->bytes, length);
		sending->arg.flags |= IPCMBOX_IOVEC;
		sending->arg.data = (uintptr_t)sending->iov;
		sending->arg.len = 2;
	}
	if (sending->faulty)
		sending->arg.data = (uintptr_t)caller->cliff - length + 1;
}

struct event *sending_begin(struct caller *caller, struct sending *sending,
			    unsigned int box, unsigned int flags)
{
	struct event *event;

	/* To all subscribers, or to those that have room. */
	if (box == STORM_HUB && (sending->arg.flags & IPCMBOX_UNTIL_TAKEN))
		sending->arg.flags ^= IPCMBOX_UNTIL_TAKEN | IPCMBOX_ALL;

	if (!caller->round->boxes[box].capacity ||
	    (sending->arg.flags & IPCMBOX_UNTIL_TAKEN))
		flags |= EVENT_TAKEN;
	if (sending->arg.flags & IPCMBOX_ALL)
		flags |= EVENT_ALL;
	event = caller_begin(caller, box, EVENT_SEND, sending->value, flags);
	event->type = sending->arg.type;
	event->priority = sending->arg.priority;
	return event;
}

void sending_told(struct caller *caller, const struct sending *sending,
		  struct event *event, int ret)
{
	event->id = sending->arg.id;
	event->said = 1 + sending->arg.disposition;
	cancel_remember(caller, event->box, event->id);
	if (!ret && event->box == STORM_HUB)
		caller_tally(caller, TALLY_BROADCAST);
	if (!ret)
		caller_tally(caller, sending->arg.disposition == IPCMBOX_TAKEN ?
					     TALLY_TAKEN :
					     TALLY_QUEUED);
}

void call_send(struct caller *caller, unsigned int box)
{
	struct sending sending;
	struct event *event;
	int ret, fd = caller->tx[box];
	bool by_write;

	/* A one-way pair whose sending end this process was not given. */
	if (fd < 0)
		return;
	sending_init(caller, &sending, 0);
	by_write = caller_chance(caller, 15) && !sending.faulty;
	if (caller_chance(caller, 40))
		sending.arg.flags |= IPCMBOX_DONTWAIT;
	sending.arg.deadline = caller_deadline(caller);
	if (by_write) {
		sending.arg.flags = 0;
		sending.arg.type = 0;
		sending.arg.priority = 0;
	}
	event = sending_begin(caller, &sending, box, 0);
	if (by_write) {
		ret = caller_result(write(fd, sending.bytes, sending.length));
	} else {
		ret = cancel_send(caller, box, &sending.arg);
		sending_told(caller, &sending, event, ret);
	}
	caller_end(caller, event, ret);
	if (ret == -EAGAIN)
		caller_tally(caller, TALLY_FULL);
}

static uint64_t judge_bytes(const char *bytes, size_t length, bool whole)
{
	return payload_value(bytes, length, whole) ?: GARBAGE;
}

static int do_read(struct caller *caller, int fd, struct event *event)
{
	char *bytes = caller_place(caller, 0);
	ssize_t length = read(fd, bytes, STORM_PAYLOAD);

	if (length < 0)
		return -errno;
	if (!length)
		return -EPIPE;
	event->value = judge_bytes(bytes, length, true);
	return 0;
}

/* What it wants: a type that there is, or is not, or a process that may be gone. */
static void choose_match(struct caller *caller, struct ipcmbox_recv *recv,
			 bool may_choose)
{
	unsigned int slot = dice_draw(&caller->dice, STORM_WORKERS);
	uint32_t match = dice_draw(&caller->dice, 2 * IPCMBOX_MATCH_SENDER);
	uint32_t type = dice_draw(&caller->dice, STORM_TYPES + 2);
	int pid = caller->round->workers[slot].pid;

	if (!may_choose || match > IPCMBOX_MATCH_SENDER)
		return;
	recv->match = match;
	recv->match_value = type;
	if (recv->match == IPCMBOX_MATCH_ANY)
		recv->match_value = 0;
	if (recv->match == IPCMBOX_MATCH_SENDER)
		recv->match_value = pid > 0 ? pid : caller->process;
}

void receiving_init(struct caller *caller, struct receiving *receiving,
		    unsigned int box, unsigned int place)
{
	uint32_t kinds = dice_draw(&caller->dice, 10);

	*receiving = (struct receiving){
		.bytes = caller_place(caller, place),
		.room = STORM_PAYLOAD,
		.arg.size = sizeof(receiving->arg),
	};
	if (caller_chance(caller, 30))
		receiving->arg.flags |= IPCMBOX_TRUNCATE;
	/* A subscription whose receivers fail cannot tell its lag for sure. */
	if (box > STORM_HUB)
		kinds = 2;
	/* A buffer for a number only, and one that ends after the number. */
	if (kinds == 0)
		receiving->room = sizeof(uint64_t);
	if (kinds == 1)
		receiving->bytes = caller->cliff - sizeof(uint64_t);
	receiving->arg.data = (uintptr_t)receiving->bytes;
	receiving->arg.len = receiving->room;
	if (kinds == 2) {
		split(receiving->iov, receiving->bytes, receiving->room);
		receiving->arg.flags |= IPCMBOX_IOVEC;
		receiving->arg.data = (uintptr_t)receiving->iov;
		receiving->arg.len = 2;
	}
	if (caller_chance(caller, 20))
		receiving->arg.flags |= IPCMBOX_NOTICES;
	/* As much is drawn for any mailbox: which it is may be chance. */
	choose_match(caller, &receiving->arg,
		     caller->round->boxes[box].selective);
	calls_draw_fate(caller, receiving);
}

void receiving_move(struct caller *caller, struct receiving *receiving,
		    unsigned int place)
{
	if (receiving->bytes + sizeof(uint64_t) != caller->cliff)
		return;
	receiving->bytes = caller_place(caller, place);
	receiving->arg.data = (uintptr_t)receiving->bytes;
}

struct event *receiving_begin(struct caller *caller,
			      const struct receiving *receiving,
			      unsigned int box, enum event_kind kind,
			      unsigned int flags)
{
	struct event *event = caller_begin(caller, box, kind, 0, flags);

	if (receiving->arg.flags & IPCMBOX_NOTICES)
		event->flags |= EVENT_NOTICES;
	event->match = receiving->arg.match;
	event->wanted = receiving->arg.match_value;
	return event;
}

/* Whether what the kernel says of a message is what its sender said, and was. */
static bool is_stamped(const struct caller *caller,
		       const struct ipcmbox_recv *recv, uint64_t value)
{
	bool by_write = !recv->type && !recv->priority && !recv->cookie;
	uint64_t slot = (value >> 32) - 1;

	return slot < STORM_WORKERS && (by_write || recv->cookie == value) &&
	       recv->pid == caller->round->workers[slot].pid &&
	       recv->tid == caller->round->workers[slot].tid;
}

static void receiving_judge(struct caller *caller,
			    const struct receiving *receiving,
			    struct event *event)
{
	const struct ipcmbox_recv *recv = &receiving->arg;
	bool whole = !(recv->msg_flags & IPCMBOX_MSG_TRUNCATED);

	event->id = recv->id;
	if (recv->msg_flags & IPCMBOX_MSG_LEFT) {
		event->kind = EVENT_NOTICE;
		event->id = recv->token;
		caller_tally(caller, TALLY_NOTICED);
		return;
	}
	event->count = recv->lag;
	if (recv->lag)
		caller_tally(caller, TALLY_LAGGED);
	event->type = recv->type;
	event->priority = recv->priority;
	event->value = judge_bytes(receiving->bytes,
				   whole ? recv->msg_len : receiving->room,
				   whole);
	if (recv->token)
		event->flags |= EVENT_CALL;
	if (!is_stamped(caller, recv, event->value) ||
	    (recv->token && recv->token != recv->id) ||
	    (!whole && recv->msg_len != payload_length(event->value)))
		event->value = GARBAGE;
	if (!whole)
		caller_tally(caller, TALLY_TRUNCATED);
	if (recv->match && event->kind == EVENT_RECV)
		caller_tally(caller, TALLY_CHOSEN);
}

int receiving_told(struct caller *caller, const struct receiving *receiving,
		   struct event *event, int ret)
{
	const struct ipcmbox_recv *recv = &receiving->arg;

	/* It tells how long a buffer is needed, which is more than there was. */
	if (ret == -EMSGSIZE && (recv->msg_len <= receiving->room ||
				 (recv->flags & IPCMBOX_TRUNCATE)))
		return -EPROTO;
	if (!ret)
		receiving_judge(caller, receiving, event);
	return ret;
}

void receiving_done(struct caller *caller, const struct receiving *receiving,
		    const struct event *event)
{
	if (event->kind == EVENT_RECV && !event->ret &&
	    (event->flags & EVENT_CALL))
		calls_received(caller, event->box, receiving);
}

static int do_receive(struct caller *caller, int fd, unsigned long command,
		      struct event *event, struct receiving *receiving)
{
	int ret = caller_result(ioctl(fd, command, &receiving->arg));

	return receiving_told(caller, receiving, event, ret);
}

static void call_look(struct caller *caller, unsigned int box,
		      enum event_kind kind)
{
	bool peek = kind == EVENT_PEEK;
	/* From which nobody learns of a lag. */
	bool by_read = caller_chance(caller, 15) && !peek && box < STORM_HUB;
	struct receiving receiving;
	struct event *event;
	int ret, fd = caller->rx[box];

	/* A mailbox whose receiving end this process was not given. */
	if (fd < 0)
		return;
	receiving_init(caller, &receiving, box, 0);
	if (caller_chance(caller, 40))
		receiving.arg.flags |= IPCMBOX_DONTWAIT;
	receiving.arg.deadline = caller_deadline(caller);
	if (peek) {
		receiving.arg.flags &= ~(IPCMBOX_DONTWAIT | IPCMBOX_NOTICES);
		receiving.arg.deadline = 0;
	}
	if (by_read) {
		receiving.arg.match = IPCMBOX_MATCH_ANY;
		receiving.arg.flags &= ~IPCMBOX_NOTICES;
	}
	event = receiving_begin(caller, &receiving, box, kind,
				by_read ? EVENT_NO_ANSWER : 0);
	if (by_read)
		ret = do_read(caller, fd, event);
	else
		ret = do_receive(caller, fd,
				 peek ? IPCMBOX_IOC_PEEK : IPCMBOX_IOC_RECV,
				 event, &receiving);
	caller_end(caller, event, ret);
	receiving_done(caller, &receiving, event);
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
	struct receiving receiving = {
		.bytes = caller_place(caller, 0),
		.room = STORM_PAYLOAD,
		.arg = {
			.size = sizeof(receiving.arg),
			.flags = IPCMBOX_DONTWAIT,
			.data = (uintptr_t)caller_place(caller, 0),
			.len = STORM_PAYLOAD,
		},
	};
	struct event *event =
		receiving_begin(caller, &receiving, box, EVENT_RECV, 0);

	caller_end(caller, event,
		   do_receive(caller, caller->rx[box], IPCMBOX_IOC_RECV, event,
			      &receiving));
	return !event->ret;
}
