// SPDX-License-Identifier: GPL-2.0-only
/*
 * Binder, by its own ABI: the server is the context manager, the client calls it by handle 0.
 * Each process has a descriptor and a mapping of its own, into which the kernel copies what
 * comes, and where it is read; a buffer is given back together with the next command.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/android/binder.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "peer.h"

#define DEVICE "/dev/binder"
#define MAP_BYTES (4UL << 20)
/* How often to try again while the other side is not there yet, or still there. */
#define TRIES 1000
#define TRY_NS 1000000L

/**
 * struct party - binder as a process sees it
 * @fd: its descriptor, -1 before its first operation
 * @map: where messages come
 * @held: the buffer of the message that is being read, NULL if none is
 */
struct party {
	int fd;
	void *map;
	const void *held;
};

/**
 * struct commands - what goes into the kernel in one entry
 * @data: the commands
 * @used: bytes of them
 */
struct commands {
	char data[256];
	size_t used;
};

static void add(struct commands *commands, const void *data, size_t len)
{
	memcpy(commands->data + commands->used, data, len);
	commands->used += len;
}

static void add_command(struct commands *commands, uint32_t command)
{
	add(commands, &command, sizeof(command));
}

static void add_held(struct commands *commands, struct party *party)
{
	binder_uintptr_t held = (uintptr_t)party->held;

	if (!party->held)
		return;
	add_command(commands, BC_FREE_BUFFER);
	add(commands, &held, sizeof(held));
	party->held = NULL;
}

static void add_message(struct commands *commands, uint32_t command,
			const void *data, size_t len)
{
	struct binder_transaction_data message = {
		.data_size = len,
		.data.ptr.buffer = (uintptr_t)data,
	};

	add_command(commands, command);
	add(commands, &message, sizeof(message));
}

static void nap(void)
{
	const struct timespec time = { .tv_nsec = TRY_NS };

	nanosleep(&time, NULL);
}

/* What an event of @command is followed by. */
static size_t size_of_event(uint32_t command)
{
	return _IOC_SIZE(command);
}

/*
 * Enters the kernel with the commands, and looks for @wanted in what comes; returns its
 * message, NULL if the other side is not there.
 */
static const void *enter(struct party *party, struct commands *commands,
			 uint32_t wanted, size_t len)
{
	char events[256];
	struct binder_write_read arg = {
		.write_buffer = (uintptr_t)commands->data,
		.write_size = commands->used,
		.read_buffer = (uintptr_t)events,
		.read_size = sizeof(events),
	};
	struct binder_transaction_data message;
	bool is_done = false;
	uint32_t event;

	while (!is_done) {
		arg.read_consumed = 0;
		must(ioctl(party->fd, BINDER_WRITE_READ, &arg),
		     "BINDER_WRITE_READ");
		for (size_t at = 0; at < arg.read_consumed;
		     at += sizeof(event) + size_of_event(event)) {
			memcpy(&event, events + at, sizeof(event));
			if (event == BR_DEAD_REPLY)
				return NULL;
			errno = 0;
			if (event == BR_FAILED_REPLY || event == BR_ERROR)
				die("binder failed");
			if (event != wanted)
				continue;
			is_done = true;
			if (size_of_event(event) != sizeof(message))
				continue;
			memcpy(&message, events + at + sizeof(event),
			       sizeof(message));
			must_move((long)message.data_size, len, "binder");
			party->held =
				(void *)(uintptr_t)message.data.ptr.buffer;
		}
	}
	return party->held ? party->held : party;
}

static void join(struct party *party)
{
	party->fd = (int)must(open(DEVICE, O_RDWR | O_CLOEXEC), DEVICE);
	party->map =
		mmap(NULL, MAP_BYTES, PROT_READ, MAP_PRIVATE, party->fd, 0);
	if (party->map == MAP_FAILED)
		die("mmap of " DEVICE);
}

/* The last one may still be on its way out. */
static void become_server(struct party *party)
{
	struct commands commands = { 0 };
	struct binder_write_read arg = { 0 };
	uint32_t zero = 0;

	join(party);
	for (int i = 0; ioctl(party->fd, BINDER_SET_CONTEXT_MGR, &zero); i++) {
		if (errno != EBUSY || i == TRIES)
			die("BINDER_SET_CONTEXT_MGR");
		nap();
	}
	add_command(&commands, BC_ENTER_LOOPER);
	arg.write_buffer = (uintptr_t)commands.data;
	arg.write_size = commands.used;
	must(ioctl(party->fd, BINDER_WRITE_READ, &arg), "BC_ENTER_LOOPER");
}

static void *binder_open(size_t len)
{
	struct party *party = must_alloc(sizeof(*party));

	(void)len;
	party->fd = -1;
	return party;
}

static void binder_close(void *rpc)
{
	struct party *party = rpc;

	if (party->fd >= 0) {
		munmap(party->map, MAP_BYTES);
		close(party->fd);
	}
	free(party);
}

static const void *binder_call(void *rpc, const void *request, void *answer,
			       size_t len)
{
	struct party *party = rpc;
	const void *message;

	(void)answer;
	if (party->fd < 0)
		join(party);
	for (int i = 0; i < TRIES; i++) {
		struct commands commands = { 0 };

		add_held(&commands, party);
		add_message(&commands, BC_TRANSACTION, request, len);
		message = enter(party, &commands, BR_REPLY, len);
		if (message)
			return message;
		nap();
	}
	errno = 0;
	die("nobody serves");
}

static const void *binder_recv(void *rpc, void *data, size_t len)
{
	struct party *party = rpc;
	struct commands commands = { 0 };

	(void)data;
	if (party->fd < 0)
		become_server(party);
	add_held(&commands, party);
	return enter(party, &commands, BR_TRANSACTION, len);
}

/* The kernel says that it has the answer before it waits for the next request. */
static void binder_reply(void *rpc, const void *data, size_t len)
{
	struct party *party = rpc;
	struct commands commands = { 0 };

	add_held(&commands, party);
	add_message(&commands, BC_REPLY, data, len);
	enter(party, &commands, BR_TRANSACTION_COMPLETE, len);
}

const char *binder_lacks(void)
{
	return access(DEVICE, R_OK | W_OK) ? "there is no " DEVICE : NULL;
}

const struct rpc_ops binder_rpc = {
	.open = binder_open,
	.call = binder_call,
	.recv = binder_recv,
	.reply = binder_reply,
	.close = binder_close,
};
