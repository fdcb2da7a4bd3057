// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared memory: a ring of slots for any number of senders and receivers, after D. Vyukov's
 * bounded queue, and doorbells for who has to wait, by futex or eventfd. Who finds a message
 * or room does not enter the kernel, and who leaves one only if somebody waits.
 *
 * The receiver copies the message, as what stays in shared memory can change while it is
 * read; a receiver in place does not.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bench.h"
#include "peer.h"

#define LINE 64

/**
 * struct doorbell - where processes wait for a change
 * @changes: counts rings; futex
 * @waiting: processes that wait, or are about to
 * @fd: eventfd to wait on, -1 for the futex
 */
struct doorbell {
	uint32_t changes;
	uint32_t waiting;
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
 * @messages: rung when there is a message
 * @room: rung when there is room
 * @slots: the slots
 */
struct ring {
	struct position head;
	struct position tail;
	struct doorbell messages;
	struct doorbell room;
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

static void ring_bell(struct doorbell *bell)
{
	const uint64_t one = 1;

	/* Pairs with the one of await(): either sees the other. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!__atomic_load_n(&bell->waiting, __ATOMIC_RELAXED))
		return;
	if (bell->fd >= 0) {
		must_move(write(bell->fd, &one, sizeof(one)), sizeof(one),
			  "write to an eventfd");
		return;
	}
	__atomic_add_fetch(&bell->changes, 1, __ATOMIC_RELEASE);
	futex_wake(&bell->changes, 1);
}

/* Claims the next position at which @step says that the slot is ready; NONE if it is not. */
static uint64_t claim(struct view *view, struct position *at, uint64_t step)
{
	uint64_t position = __atomic_load_n(&at->next, __ATOMIC_RELAXED);

	for (;;) {
		uint64_t turn = __atomic_load_n(&slot_at(view, position)->turn,
						__ATOMIC_ACQUIRE);

		if (turn < position + step)
			return NONE;
		if (turn > position + step)
			position = __atomic_load_n(&at->next, __ATOMIC_RELAXED);
		else if (__atomic_compare_exchange_n(
				 &at->next, &position, position + 1, true,
				 __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			return position;
	}
}

static uint64_t await(struct view *view, struct doorbell *bell,
		      struct position *at, uint64_t step)
{
	uint64_t position = claim(view, at, step), value;

	while (position == NONE) {
		uint32_t changes =
			__atomic_load_n(&bell->changes, __ATOMIC_ACQUIRE);

		__atomic_add_fetch(&bell->waiting, 1, __ATOMIC_SEQ_CST);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		position = claim(view, at, step);
		if (position == NONE && bell->fd >= 0)
			must_move(read(bell->fd, &value, sizeof(value)),
				  sizeof(value), "read of an eventfd");
		else if (position == NONE)
			futex_wait(&bell->changes, changes);
		__atomic_sub_fetch(&bell->waiting, 1, __ATOMIC_RELAXED);
	}
	return position;
}

static void put(struct view *view, const void *data, size_t len)
{
	struct ring *ring = view->ring;
	uint64_t position = await(view, &ring->room, &ring->tail, 0);
	struct slot *slot = slot_at(view, position);

	memcpy(slot->data, data, len);
	__atomic_store_n(&slot->turn, position + 1, __ATOMIC_RELEASE);
}

static void release(struct view *view, uint64_t position)
{
	__atomic_store_n(&slot_at(view, position)->turn, position + view->slots,
			 __ATOMIC_RELEASE);
	ring_bell(&view->ring->room);
}

static uint64_t await_message(struct view *view)
{
	return await(view, &view->ring->messages, &view->ring->head, 1);
}

static void ring_send(void *channel, const void *data, size_t len)
{
	struct view *view = channel;

	put(view, data, len);
	ring_bell(&view->ring->messages);
}

static const void *ring_recv(void *channel, void *data, size_t len)
{
	struct view *view = channel;
	uint64_t position = await_message(view);

	memcpy(data, slot_at(view, position)->data, len);
	release(view, position);
	return data;
}

static const void *ring_recv_in_place(void *channel, void *data, size_t len)
{
	struct view *view = channel;

	(void)data;
	(void)len;
	if (view->held != NONE)
		release(view, view->held);
	view->held = await_message(view);
	return slot_at(view, view->held)->data;
}

/* One ring of the bell for all; a full ring has to be told of before it is waited for. */
static void ring_send_many(void *channel, const void *data, size_t len,
			   unsigned int count)
{
	struct view *view = channel;

	for (unsigned int i = 0; i < count; i++) {
		if (__atomic_load_n(&view->ring->tail.next, __ATOMIC_RELAXED) -
			    __atomic_load_n(&view->ring->head.next,
					    __ATOMIC_RELAXED) >=
		    view->slots)
			ring_bell(&view->ring->messages);
		put(view, (const char *)data + i * len, len);
	}
	ring_bell(&view->ring->messages);
}

static unsigned int ring_recv_many(void *channel, void *data, size_t len,
				   unsigned int most)
{
	struct view *view = channel;
	uint64_t position = await_message(view);
	unsigned int count = 0;

	do {
		struct slot *slot = slot_at(view, position);

		memcpy((char *)data + count * len, slot->data, len);
		__atomic_store_n(&slot->turn, position + view->slots,
				 __ATOMIC_RELEASE);
		if (++count == most)
			break;
		position = claim(view, &view->ring->head, 1);
	} while (position != NONE);
	ring_bell(&view->ring->room);
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
