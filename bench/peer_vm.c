// SPDX-License-Identifier: GPL-2.0-only
/*
 * For large messages: process_vm_readv(2), by which the receiver reads out of the sender's
 * memory, told by a futex in shared memory where it lies; the sender keeps it as it is until
 * there is an answer. And what this costs at least: memcpy(3).
 */
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bench.h"
#include "peer.h"

/**
 * struct note - where a message lies
 * @number: of the message; futex
 * @pid: the process that has it
 * @address: where
 */
struct note {
	uint32_t number;
	pid_t pid;
	const void *address;
} __attribute__((aligned(64)));

/**
 * struct notes - both ways
 * @there: of requests
 * @back: of answers
 * @pid: this process, 0 before it is known
 * @count: round trips of this process
 */
struct notes {
	struct note *there, *back;
	pid_t pid;
	uint32_t count;
};

static void *notes_open(size_t len)
{
	struct notes *notes = must_alloc(sizeof(*notes));

	(void)len;
	notes->there = shared_alloc(2 * sizeof(struct note));
	notes->back = notes->there + 1;
	return notes;
}

static void notes_close(void *rpc)
{
	struct notes *notes = rpc;

	shared_free(notes->there, 2 * sizeof(struct note));
	free(notes);
}

static void tell(struct notes *notes, struct note *note, const void *data)
{
	if (!notes->pid)
		notes->pid = getpid();
	note->pid = notes->pid;
	note->address = data;
	__atomic_add_fetch(&note->number, 1, __ATOMIC_RELEASE);
	futex_wake(&note->number, 1);
}

static const void *fetch(struct note *note, uint32_t seen, void *data,
			 size_t len)
{
	struct iovec to = { data, len }, from;

	while (__atomic_load_n(&note->number, __ATOMIC_ACQUIRE) == seen)
		futex_wait(&note->number, seen);
	from = (struct iovec){ (void *)note->address, len };
	must_move(process_vm_readv(note->pid, &to, 1, &from, 1, 0), len,
		  "process_vm_readv");
	return data;
}

static const void *notes_call(void *rpc, const void *request, void *answer,
			      size_t len)
{
	struct notes *notes = rpc;

	tell(notes, notes->there, request);
	return fetch(notes->back, notes->count++, answer, len);
}

static const void *notes_recv(void *rpc, void *data, size_t len)
{
	struct notes *notes = rpc;

	return fetch(notes->there, notes->count++, data, len);
}

static void notes_reply(void *rpc, const void *data, size_t len)
{
	struct notes *notes = rpc;

	(void)len;
	tell(notes, notes->back, data);
}

const struct rpc_ops vm_readv_rpc = {
	.open = notes_open,
	.call = notes_call,
	.recv = notes_recv,
	.reply = notes_reply,
	.close = notes_close,
};

/**
 * struct copy - a memcpy there and back, within the first process
 * @buffer: where a request would be received
 */
struct copy {
	void *buffer;
};

static void *copy_open(size_t len)
{
	struct copy *copy = must_alloc(sizeof(*copy));

	copy->buffer = message_alloc(len);
	return copy;
}

static void copy_close(void *rpc)
{
	struct copy *copy = rpc;

	message_free(copy->buffer);
	free(copy);
}

static const void *copy_call(void *rpc, const void *request, void *answer,
			     size_t len)
{
	struct copy *copy = rpc;

	memcpy(copy->buffer, request, len);
	memcpy(answer, copy->buffer, len);
	return answer;
}

/* There is no server, so none of these is called. */
const struct rpc_ops memcpy_rpc = {
	.open = copy_open,
	.call = copy_call,
	.close = copy_close,
};
