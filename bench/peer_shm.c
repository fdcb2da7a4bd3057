// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared memory: a ring of slots for any number of senders and receivers, and two semaphores,
 * of messages and of room, that wait by futex or by eventfd. Each counts in user space: who
 * finds a message or room does not enter the kernel, and who leaves one only if somebody
 * waits, whom it wakes, and nobody else.
 *
 * The receiver copies the message, as what stays in shared memory can change while it is
 * read; a receiver in place does not.
 */
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bench.h"
#include "peer.h"

#define LINE 64

/**
 * struct semaphore - something of which there is a number
 * @count: how many there are; below 0, how many processes wait for one
 * @tokens: for these, of those that are to go on; futex
 * @fd: eventfd that has the tokens instead, -1 for none
 */
struct semaphore {
	int32_t count;
	uint32_t tokens;
	int fd;
} __attribute__((aligned(LINE)));

/**
 * struct position - in the order of all messages
 * @next: the one that comes next
 */
struct position {
	uint64_t next;
} __attribute__((aligned(LINE)));

/**
 * struct slot - room for a message
 * @turn: position in the order of sends at which it may be written, and one more when it has
 *	been; what a receiver has read goes to the next time around
 * @data: the message
 */
struct slot {
	uint64_t turn;
	char data[] __attribute__((aligned(LINE)));
};

/**
 * struct ring - what lies in shared memory, before the slots
 * @head: position of the next receive
 * @tail: position of the next send
 * @messages: how many are written
 * @room: how many slots are free
 * @slots: the slots
 */
struct ring {
	struct position head;
	struct position tail;
	struct semaphore messages;
	struct semaphore room;
	char slots[] __attribute__((aligned(LINE)));
};

/**
 * struct view - a ring as a process sees it
 * @ring: the ring
 * @size: bytes of it
 * @slots: how many, a power of two
 * @stride: bytes from one slot to the next
 * @held: position of the message that is being read in place, or NONE
 */
struct view {
	struct ring *ring;
	size_t size;
	uint64_t slots;
	size_t stride;
	uint64_t held;
};

#define NONE UINT64_MAX

static struct slot *slot_at(struct view *view, uint64_t position)
{
	return (struct slot *)(view->ring->slots +
			       (position & (view->slots - 1)) * view->stride);
}

static void give_tokens(struct semaphore *semaphore, uint32_t count)
{
	const uint64_t tokens = count;

	if (semaphore->fd >= 0) {
		must_move(write(semaphore->fd, &tokens, sizeof(tokens)),
			  sizeof(tokens), "write to an eventfd");
		return;
	}
	__atomic_add_fetch(&semaphore->tokens, count, __ATOMIC_RELEASE);
	futex_wake(&semaphore->tokens, count);
}

static void take_token(struct semaphore *semaphore)
{
	uint64_t token;
	uint32_t tokens;

	if (semaphore->fd >= 0) {
		must_move(read(semaphore->fd, &token, sizeof(token)),
			  sizeof(token), "read of an eventfd");
		return;
	}
	for (;;) {
		tokens = __atomic_load_n(&semaphore->tokens, __ATOMIC_ACQUIRE);
		if (!tokens)
			futex_wait(&semaphore->tokens, 0);
		else if (__atomic_compare_exchange_n(
				 &semaphore->tokens, &tokens, tokens - 1, true,
				 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return;
	}
}

static void up(struct semaphore *semaphore, uint32_t count)
{
	int32_t before = __atomic_fetch_add(&semaphore->count, (int32_t)count,
					    __ATOMIC_ACQ_REL);
	uint32_t waiting = before < 0 ? (uint32_t)-before : 0;

	if (waiting)
		give_tokens(semaphore, waiting < count ? waiting : count);
}

/* Waits for one, and takes as many more as there are, up to @most; returns how many. */
static uint32_t down(struct semaphore *semaphore, uint32_t most)
{
	int32_t more, left;

	if (__atomic_fetch_sub(&semaphore->count, 1, __ATOMIC_ACQ_REL) <= 0)
		take_token(semaphore);
	left = __atomic_load_n(&semaphore->count, __ATOMIC_RELAXED);
	while (most > 1 && left > 0) {
		more = left < (int32_t)most - 1 ? left : (int32_t)most - 1;
		if (__atomic_compare_exchange_n(
			    &semaphore->count, &left, left - more, true,
			    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			return 1 + (uint32_t)more;
	}
	return 1;
}

/*
 * The slot of the next position, of one who knows that there is one: another process may still
 * be busy with just this one, while a later one was done first.
 */
static struct slot *next_slot(struct view *view, struct position *at,
			      uint64_t step, uint64_t *position)
{
	struct slot *slot;

	*position = __atomic_fetch_add(&at->next, 1, __ATOMIC_RELAXED);
	slot = slot_at(view, *position);
	while (__atomic_load_n(&slot->turn, __ATOMIC_ACQUIRE) !=
	       *position + step)
		sched_yield();
	return slot;
}

static void put(struct view *view, const void *data, size_t len)
{
	uint64_t position;
	struct slot *slot = next_slot(view, &view->ring->tail, 0, &position);

	memcpy(slot->data, data, len);
	__atomic_store_n(&slot->turn, position + 1, __ATOMIC_RELEASE);
}

static void release(struct view *view, uint64_t position)
{
	__atomic_store_n(&slot_at(view, position)->turn, position + view->slots,
			 __ATOMIC_RELEASE);
}

static void get(struct view *view, void *data, size_t len)
{
	uint64_t position;
	struct slot *slot = next_slot(view, &view->ring->head, 1, &position);

	memcpy(data, slot->data, len);
	release(view, position);
}

static void ring_send(void *channel, const void *data, size_t len)
{
	struct view *view = channel;

	down(&view->ring->room, 1);
	put(view, data, len);
	up(&view->ring->messages, 1);
}

static const void *ring_recv(void *channel, void *data, size_t len)
{
	struct view *view = channel;

	down(&view->ring->messages, 1);
	get(view, data, len);
	up(&view->ring->room, 1);
	return data;
}

static const void *ring_recv_in_place(void *channel, void *data, size_t len)
{
	struct view *view = channel;

	(void)data;
	(void)len;
	if (view->held != NONE) {
		release(view, view->held);
		up(&view->ring->room, 1);
	}
	down(&view->ring->messages, 1);
	return next_slot(view, &view->ring->head, 1, &view->held)->data;
}

static void ring_send_many(void *channel, const void *data, size_t len,
			   unsigned int count)
{
	struct view *view = channel;
	const char *message = data;

	while (count) {
		uint32_t room = down(&view->ring->room, count);

		for (uint32_t i = 0; i < room; i++, message += len)
			put(view, message, len);
		up(&view->ring->messages, room);
		count -= room;
	}
}

static unsigned int ring_recv_many(void *channel, void *data, size_t len,
				   unsigned int most)
{
	struct view *view = channel;
	uint32_t count = down(&view->ring->messages, most);

	for (uint32_t i = 0; i < count; i++)
		get(view, (char *)data + i * len, len);
	up(&view->ring->room, count);
	return count;
}

static void *open_ring(size_t len, unsigned int depth)
{
	struct view *view = must_alloc(sizeof(*view));

	/* With one slot, "written" and "free again" would be the same turn. */
	view->slots = 2;
	while (view->slots < depth)
		view->slots *= 2;
	view->stride = (sizeof(struct slot) + len + LINE - 1) / LINE * LINE;
	view->size = sizeof(struct ring) + view->slots * view->stride;
	view->ring = shared_alloc(view->size);
	view->held = NONE;
	for (uint64_t i = 0; i < view->slots; i++)
		slot_at(view, i)->turn = i;
	view->ring->room.count = (int32_t)view->slots;
	view->ring->messages.fd = -1;
	view->ring->room.fd = -1;
	return view;
}

static void *open_eventfd(size_t len, unsigned int depth)
{
	struct view *view = open_ring(len, depth);
	int flags = EFD_SEMAPHORE | EFD_CLOEXEC;

	view->ring->messages.fd = (int)must(eventfd(0, flags), "eventfd");
	view->ring->room.fd = (int)must(eventfd(0, flags), "eventfd");
	return view;
}

static void ring_close(void *channel)
{
	struct view *view = channel;

	if (view->ring->messages.fd >= 0) {
		close(view->ring->messages.fd);
		close(view->ring->room.fd);
	}
	shared_free(view->ring, view->size);
	free(view);
}

const struct channel_ops futex_channel = {
	.open = open_ring,
	.send = ring_send,
	.recv = ring_recv,
	.send_many = ring_send_many,
	.recv_many = ring_recv_many,
	.close = ring_close,
};

const struct channel_ops futex_in_place_channel = {
	.open = open_ring,
	.send = ring_send,
	.recv = ring_recv_in_place,
	.close = ring_close,
};

const struct channel_ops eventfd_channel = {
	.open = open_eventfd,
	.send = ring_send,
	.recv = ring_recv,
	.send_many = ring_send_many,
	.recv_many = ring_recv_many,
	.close = ring_close,
};

/**
 * struct board - what all can read
 * @number: of what is written there; futex
 * @data: what is
 */
struct board {
	uint32_t number;
	char data[] __attribute__((aligned(LINE)));
};

/**
 * struct reader - a board as a process sees it
 * @board: the board
 * @size: bytes of it
 * @seen: what was read last
 */
struct reader {
	struct board *board;
	size_t size;
	uint32_t seen;
};

static void *open_board(size_t len, unsigned int count)
{
	struct reader *reader = must_alloc(sizeof(*reader));

	(void)count;
	reader->size = sizeof(struct board) + len;
	reader->board = shared_alloc(reader->size);
	return reader;
}

static void board_send(void *cast, const void *data, size_t len)
{
	struct board *board = ((struct reader *)cast)->board;

	memcpy(board->data, data, len);
	__atomic_add_fetch(&board->number, 1, __ATOMIC_RELEASE);
	futex_wake(&board->number, INT_MAX);
}

static const void *board_recv(void *cast, unsigned int index, void *data,
			      size_t len)
{
	struct reader *reader = cast;
	struct board *board = reader->board;

	(void)index;
	while (__atomic_load_n(&board->number, __ATOMIC_ACQUIRE) ==
	       reader->seen)
		futex_wait(&board->number, reader->seen);
	reader->seen++;
	memcpy(data, board->data, len);
	return data;
}

static void board_close(void *cast)
{
	struct reader *reader = cast;

	shared_free(reader->board, reader->size);
	free(reader);
}

const struct cast_ops futex_cast = {
	.open = open_board,
	.send = board_send,
	.recv = board_recv,
	.close = board_close,
};
