// SPDX-License-Identifier: GPL-2.0-only
/*
 * The arguments of ioctls. See argument.h.
 */
#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include <linux/ipcmbox.h>

#include "argument.h"
#include "memory.h"
#include "slots.h"
#include "tasks.h"

/* The argument itself has the descriptors of this part. */
#define PART_SELF IPCMBOX_SELECT_MAX

/**
 * struct filling - an argument that is being written
 * @program: the program that it is of
 * @task: the task that has the memory
 * @parts: how many parts are in use
 */
struct filling {
	const struct program *program;
	unsigned int task;
	unsigned int parts;
};

static const struct call_kind *kind_of(const struct call *call)
{
	return &call_kinds[call->kind];
}

/* The call that so many calls on is made; the last is followed by the first. */
static const struct call *call_after(const struct program *program,
				     const struct call *call, uint64_t steps)
{
	uint64_t at = call - program->calls;

	return &program->calls[(at + 1 + steps % CALLS_MAX) % program->count];
}

static uint64_t descriptors(struct part *part, const struct field *field,
			    uint64_t value)
{
	int *fds = field->kind == KIND_FDS ? part->fds : part->room;
	unsigned int i;

	for (i = 0; i < IPCMBOX_FDS_MAX; i++) {
		fds[i] = -1;
		if (field->kind == KIND_FDS && value == FDS_GOOD)
			fds[i] = STDERR_FILENO;
		if (field->kind == KIND_FDS && value == FDS_MAILBOXES)
			fds[i] = slots_get(i % SLOTS);
	}
	if (value == FDS_NOWHERE)
		return (uintptr_t)pointer_address(POINTER_NOWHERE);
	return (uintptr_t)fds;
}

static uint64_t meaning(struct filling *filling, struct part *part,
			const struct call *call, const struct field *field,
			uint64_t value);

/* Writes the fields; descriptors go to the part. */
static void write_fields(struct filling *filling, char *argument,
			 struct part *part, const struct call *call)
{
	const struct call_kind *kind = &call_kinds[call->kind];
	uint64_t value;
	unsigned int i;

	memset(part->room, 0xff, sizeof(part->room));
	for (i = 0; i < kind->nr_fields; i++) {
		const struct field *field = &kind->fields[i];

		value = meaning(filling, part, call, field, call->values[i]);
		memcpy(argument + field->offset, &value,
		       field->size < sizeof(value) ? field->size :
						     sizeof(value));
	}
}

/* The address of the argument of another ioctl; none has parts of its own. */
static void *write_part(struct filling *filling, const struct call *call)
{
	const struct call_kind *kind = &call_kinds[call->kind];
	struct part *part = memory_part(filling->task, filling->parts);

	if (!kind->command || kind->command == IPCMBOX_IOC_SELECT ||
	    kind->command == IPCMBOX_IOC_REPLY_RECV ||
	    kind->command == IPCMBOX_IOC_SENDV ||
	    kind->command == IPCMBOX_IOC_RECVV ||
	    filling->parts == IPCMBOX_SELECT_MAX)
		return pointer_address(POINTER_NOWHERE);
	filling->parts++;
	write_fields(filling, part->argument, part, call);
	return part->argument;
}

/*
 * A case, or a message of a batch, has neither a deadline nor IPCMBOX_DONTWAIT, or it is
 * EINVAL.
 */
static void soften(void *argument, bool sends)
{
	struct ipcmbox_send *send = argument;
	struct ipcmbox_recv *recv = argument;

	/* There was no part left. */
	if (argument == pointer_address(POINTER_NOWHERE))
		return;
	if (sends) {
		send->flags &= ~IPCMBOX_DONTWAIT;
		send->deadline = 0;
	} else {
		recv->flags &= ~IPCMBOX_DONTWAIT;
		recv->deadline = 0;
	}
}

/* The calls after this one, as far as they send or receive. */
static uint64_t write_cases(struct filling *filling, const struct call *call,
			    uint64_t value)
{
	struct ipcmbox_case *cases = memory_cases(filling->task);
	unsigned int i, count = 0;

	for (i = 0; i < 2 * IPCMBOX_SELECT_MAX && count < IPCMBOX_SELECT_MAX;
	     i++) {
		const struct call *next = call_after(filling->program, call,
						     value % CALLS_MAX + i);
		unsigned long command = call_kinds[next->kind].command;
		struct ipcmbox_case *to = &cases[count];

		if (command != IPCMBOX_IOC_SEND && command != IPCMBOX_IOC_RECV)
			continue;
		*to = (struct ipcmbox_case){
			.fd = slots_get(next->slot),
			.kind = command == IPCMBOX_IOC_SEND ?
					IPCMBOX_CASE_SEND :
					IPCMBOX_CASE_RECV,
			.arg = (uintptr_t)write_part(filling, next),
		};
		if (!(value & CASES_AS_THEY_ARE))
			soften((void *)(uintptr_t)to->arg,
			       command == IPCMBOX_IOC_SEND);
		count++;
	}
	for (; count < IPCMBOX_SELECT_MAX; count++)
		cases[count] = (struct ipcmbox_case){ .fd = -1, .kind = count };
	return (uintptr_t)cases;
}

/* Those of the calls after this one that do what the batch does, again and again. */
static uint64_t write_messages(struct filling *filling, const struct call *call,
			       uint64_t value)
{
	bool sends = call_kinds[call->kind].command == IPCMBOX_IOC_SENDV;
	unsigned long wanted = sends ? IPCMBOX_IOC_SEND : IPCMBOX_IOC_RECV;
	unsigned int i;

	for (i = 0; i < 2 * IPCMBOX_SELECT_MAX; i++) {
		const struct call *next = call_after(filling->program, call,
						     value % CALLS_MAX + i);
		void *part;

		if (call_kinds[next->kind].command != wanted)
			continue;
		part = write_part(filling, next);
		if (!(value & CASES_AS_THEY_ARE))
			soften(part, sends);
	}
	return (uintptr_t)memory_part(filling->task, 0);
}

/*
 * Where messages of a batch overlap they would get descriptors that nobody closes, and
 * these take numbers that slots shall have for themselves.
 */
static void forget_rooms(struct filling *filling)
{
	unsigned int i;

	for (i = 0; i < filling->parts; i++) {
		struct ipcmbox_recv *recv =
			(void *)memory_part(filling->task, i)->argument;

		recv->nr_fds = 0;
	}
}

/* The process that a number of a program is. */
static uint64_t process(uint64_t value)
{
	switch (value) {
	case WANTED_OWN:
		return getpid();
	case WANTED_PARENT:
		return getppid();
	case WANTED_FORKED:
		return fork_last();
	default:
		return value;
	}
}

/* What a value of a program stands for. */
static uint64_t meaning(struct filling *filling, struct part *part,
			const struct call *call, const struct field *field,
			uint64_t value)
{
	switch (field->kind) {
	case KIND_POINTER:
		return (uintptr_t)pointer_address(value);
	case KIND_DEADLINE:
		return value && value < 1000000 ? now() + value * 1000 : value;
	case KIND_WANTED:
	case KIND_PID:
		return process(value);
	case KIND_GID:
		return value == GID_OWN ? getgid() : value;
	case KIND_EVENTFD:
		return value < EVENTFDS ? (uint32_t)slots_eventfd(value) :
					  value;
	case KIND_NAME:
		return (uintptr_t)slots_name(value);
	case KIND_MESSAGES:
		return write_messages(filling, call, value);
	case KIND_STRIDE:
		if (value != MESSAGES_STRIDE &&
		    kind_of(call)->command == IPCMBOX_IOC_RECVV)
			forget_rooms(filling);
		return value;
	case KIND_TOKEN:
		return slots_token(value);
	case KIND_FDS:
	case KIND_FDS_ROOM:
		return descriptors(part, field, value);
	case KIND_PART:
		if (value >= CALLS_MAX)
			return 0;
		return (uintptr_t)write_part(
			filling, call_after(filling->program, call, value));
	case KIND_CASES:
		return write_cases(filling, call, value);
	default:
		return value;
	}
}

size_t argument_fill(const struct program *program, char *argument,
		     const struct call *call, unsigned int task)
{
	const struct call_kind *kind = &call_kinds[call->kind];
	struct filling filling = { .program = program, .task = task };
	size_t size = kind->size;

	memset(argument, 0, PAGE);
	write_fields(&filling, argument, memory_part(task, PART_SELF), call);
	if (call->place != PLACE_ZERO_TAIL && call->place != PLACE_GARBAGE_TAIL)
		return size;
	/* A size that is no longer than the struct would be without a tail. */
	size = call->values[0] > size ? call->values[0] : size + 16;
	size = size < PAGE ? size : PAGE;
	if (call->values[0] < size)
		memcpy(argument, &(uint32_t){ size }, sizeof(uint32_t));
	if (call->place == PLACE_GARBAGE_TAIL)
		memset(argument + kind->size, 0x5a, size - kind->size);
	return size;
}

static void close_room(struct part *part)
{
	unsigned int i;

	for (i = 0; i < IPCMBOX_FDS_MAX; i++) {
		if (part->room[i] > STDERR_FILENO)
			close(part->room[i]);
		part->room[i] = -1;
	}
}

static bool has_room(const struct call_kind *kind)
{
	unsigned int i;

	for (i = 0; i < kind->nr_fields; i++)
		if (kind->fields[i].kind == KIND_FDS_ROOM)
			return true;
	return false;
}

/* One that was received by an old struct has no token. */
static void keep_token(const struct ipcmbox_recv *recv)
{
	if (recv->size >=
	    offsetof(struct ipcmbox_recv, token) + sizeof(recv->token))
		slots_keep_token(recv->token);
}

/* Of a batch of which all messages are parts of their own. */
static void keep_batch(const struct ipcmbox_batch *batch, unsigned int task)
{
	unsigned int i;

	if (batch->stride != MESSAGES_STRIDE)
		return;
	for (i = 0; i < batch->done && i < IPCMBOX_SELECT_MAX; i++) {
		struct part *part = memory_part(task, i);

		keep_token((struct ipcmbox_recv *)part->argument);
		close_room(part);
	}
}

void argument_keep(const struct call_kind *kind, const void *argument,
		   unsigned int task)
{
	const struct ipcmbox_reply_recv *both = argument;
	const struct ipcmbox_select *select = argument;
	const struct ipcmbox_case *cases = memory_cases(task);
	const struct ipcmbox_recv *recv = NULL;
	struct part *part = memory_part(task, PART_SELF);

	switch (kind->command) {
	case IPCMBOX_IOC_RECV:
		recv = argument;
		break;
	case IPCMBOX_IOC_REPLY_RECV:
		recv = (void *)(uintptr_t)both->recv;
		part = (void *)(uintptr_t)both->recv;
		break;
	case IPCMBOX_IOC_SELECT:
		if (cases[select->index].kind == IPCMBOX_CASE_SEND)
			return;
		recv = (void *)(uintptr_t)cases[select->index].arg;
		part = (void *)(uintptr_t)cases[select->index].arg;
		break;
	case IPCMBOX_IOC_RECVV:
		keep_batch(argument, task);
		return;
	default:
		if (!has_room(kind))
			return;
	}
	if (recv)
		keep_token(recv);
	close_room(part);
}
