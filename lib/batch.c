// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Many messages in few entries into the kernel.
 */
#include <errno.h>
#include <limits.h>
#include <sys/ioctl.h>

#include "internal.h"

/* Of one entry: what fits on the stack of any thread. */
#define CHUNK 64

/**
 * struct chunk - what the kernel takes for the messages of one entry
 * @args: their arguments
 * @wide: the pieces of all
 * @used: how many these are
 */
struct chunk {
	union {
		struct ipcmbox_send send;
		struct ipcmbox_recv recv;
	} args[CHUNK];
	struct ipcmbox_wide wide;
	int used;
};

/**
 * struct direction - what sending and receiving differ in
 * @command: the ioctl
 * @request: makes the argument of a message, but for its pieces; false with errno
 * @tell: tells what became of it, after @error or 0
 */
struct direction {
	unsigned long command;
	bool (*request)(struct chunk *chunk, unsigned int i,
			const struct ipcmbox_batch_message *from,
			uint64_t data);
	void (*tell)(const struct chunk *chunk, unsigned int i,
		     const struct ipcmbox_batch_message *to, int error);
};

static bool request_send(struct chunk *chunk, unsigned int i,
			 const struct ipcmbox_batch_message *from,
			 uint64_t data)
{
	struct ipcmbox_send *arg = &chunk->args[i].send;
	struct ipcmbox_send_options known;

	if (!ipcmbox_take(&known, sizeof(known), from->options,
			  from->options_size) ||
	    known.ticket)
		return false;
	*arg = ipcmbox_send_arg(&known);
	arg->flags |= IPCMBOX_IOVEC;
	arg->data = data;
	arg->len = (__u64)from->iovcnt;
	return true;
}

static bool request_recv(struct chunk *chunk, unsigned int i,
			 const struct ipcmbox_batch_message *from,
			 uint64_t data)
{
	struct ipcmbox_recv *arg = &chunk->args[i].recv;
	struct ipcmbox_recv_options known;

	if (!ipcmbox_take(&known, sizeof(known), from->options,
			  from->options_size))
		return false;
	*arg = ipcmbox_recv_arg(&known);
	arg->flags |= IPCMBOX_IOVEC;
	arg->data = data;
	arg->len = (__u64)from->iovcnt;
	return true;
}

static void tell_send(const struct chunk *chunk, unsigned int i,
		      const struct ipcmbox_batch_message *to, int error)
{
	const struct ipcmbox_receipt receipt =
		ipcmbox_receipt_of(&chunk->args[i].send);

	(void)error;
	if (to->result)
		ipcmbox_give(to->result, to->result_size, &receipt,
			     sizeof(receipt));
}

static void tell_recv(const struct chunk *chunk, unsigned int i,
		      const struct ipcmbox_batch_message *to, int error)
{
	const struct ipcmbox_delivery delivery =
		ipcmbox_learnt(&chunk->args[i].recv, error);

	if (to->result)
		ipcmbox_give(to->result, to->result_size, &delivery,
			     sizeof(delivery));
}

/* Make a chunk of the first messages; how many these are, 0 with errno. */
static unsigned int fill(struct chunk *chunk,
			 const struct ipcmbox_batch_message *messages,
			 unsigned int count, const struct direction *direction)
{
	const struct ipcmbox_batch_message *message;
	uint64_t data;
	unsigned int i;

	errno = EINVAL;
	chunk->used = 0;
	for (i = 0; i < count && i < CHUNK; i++) {
		message = &messages[i];
		if (message->reserved || message->iovcnt < 0 ||
		    message->iovcnt > IPCMBOX_IOV_MAX - chunk->used)
			break;
		data = ipcmbox_widen_after(&chunk->wide, chunk->used,
					   message->iov, message->iovcnt);
		if (!direction->request(chunk, i, message, data))
			break;
		chunk->used += message->iovcnt;
	}
	return i;
}

static int run(int fd, const struct ipcmbox_batch_message *messages,
	       unsigned int count, const struct ipcmbox_batch_options *options,
	       const struct direction *direction)
{
	struct ipcmbox_batch arg = {
		.size = sizeof(arg),
		.flags = options->flags,
		.deadline = options->deadline,
	};
	struct chunk chunk;
	unsigned int total = 0, i;
	int error;

	arg.msgs = (uintptr_t)chunk.args;
	arg.stride = sizeof(chunk.args[0]);
	do {
		arg.count = fill(&chunk, messages + total, count - total,
				 direction);
		arg.done = 0;
		if (!arg.count)
			break;
		error = ioctl(fd, direction->command, &arg) ? errno : 0;
		if (error)
			arg.done = 0;
		for (i = 0; i < arg.done; i++)
			direction->tell(&chunk, i, &messages[total + i], 0);
		/* And of the one that it ended with. */
		if (i < arg.count)
			direction->tell(&chunk, i, &messages[total + i],
					error ? error : EAGAIN);
		total += arg.done;
		/* Receiving waits for the first message of all only. */
		if (direction->command == IPCMBOX_IOC_RECVV)
			arg.flags |= IPCMBOX_DONTWAIT;
	} while (arg.done == arg.count && total < count);
	return total ? (int)total : -1;
}

static int run_with(int fd, const struct ipcmbox_batch_message *messages,
		    unsigned int count,
		    const struct ipcmbox_batch_options *options,
		    size_t options_size, const struct direction *direction)
{
	struct ipcmbox_batch_options known;

	if (!ipcmbox_take(&known, sizeof(known), options, options_size))
		return -1;
	if (known.reserved || count > INT_MAX) {
		errno = EINVAL;
		return -1;
	}
	return run(fd, messages, count, &known, direction);
}

IPCMBOX_PUBLIC int
ipcmbox_send_batch(int fd, const struct ipcmbox_batch_message *messages,
		   unsigned int count,
		   const struct ipcmbox_batch_options *options,
		   size_t options_size)
{
	static const struct direction sending = {
		.command = IPCMBOX_IOC_SENDV,
		.request = request_send,
		.tell = tell_send,
	};

	return run_with(fd, messages, count, options, options_size, &sending);
}

IPCMBOX_PUBLIC int
ipcmbox_recv_batch(int fd, const struct ipcmbox_batch_message *messages,
		   unsigned int count,
		   const struct ipcmbox_batch_options *options,
		   size_t options_size)
{
	static const struct direction receiving = {
		.command = IPCMBOX_IOC_RECVV,
		.request = request_recv,
		.tell = tell_recv,
	};

	return run_with(fd, messages, count, options, options_size, &receiving);
}
