// SPDX-License-Identifier: GPL-2.0-only
/*
 * Io_uring over pipes. Of a round trip each side submits its write and, linked with it, its
 * read, and enters the kernel once. Each process has a ring of its own, with its pipes
 * registered, and completes what is done when it enters.
 */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench.h"
#include "peer.h"

#define ENTRIES 512
#define PIPE_BYTES (1 << 20)

/**
 * struct wire - pipes, and the ring of this process
 * @there: the pipe of requests, or of all messages
 * @back: the pipe of answers
 * @ring: the ring
 * @has_ring: whether it is there
 * @is_rpc: whether @back is in use
 */
struct wire {
	int there[2];
	int back[2];
	struct io_uring ring;
	bool has_ring;
	bool is_rpc;
};

/* The order in which descriptors are registered. */
enum { THERE_IN, THERE_OUT, BACK_IN, BACK_OUT };

static void make_ring(struct wire *wire)
{
	const int fds[] = { wire->there[0], wire->there[1], wire->back[0],
			    wire->back[1] };

	errno = -io_uring_queue_init(ENTRIES, &wire->ring,
				     IORING_SETUP_SINGLE_ISSUER |
					     IORING_SETUP_DEFER_TASKRUN);
	if (errno)
		die("io_uring_queue_init");
	errno = -io_uring_register_files(&wire->ring, fds,
					 wire->is_rpc ? 4 : 2);
	if (errno)
		die("io_uring_register_files");
	wire->has_ring = true;
}

static void *open_wire(size_t len, unsigned int depth, bool is_rpc)
{
	struct wire *wire = must_alloc(sizeof(*wire));
	size_t bytes = len * depth < PIPE_BYTES ? len * depth : PIPE_BYTES;

	wire->is_rpc = is_rpc;
	must(pipe2(wire->there, O_CLOEXEC), "pipe");
	must(fcntl(wire->there[1], F_SETPIPE_SZ, bytes), "F_SETPIPE_SZ");
	if (is_rpc) {
		must(pipe2(wire->back, O_CLOEXEC), "pipe");
		must(fcntl(wire->back[1], F_SETPIPE_SZ, bytes), "F_SETPIPE_SZ");
	}
	return wire;
}

static void *open_channel(size_t len, unsigned int depth)
{
	return open_wire(len, depth, false);
}

static void *open_rpc(size_t len)
{
	return open_wire(len, 1, true);
}

static void wire_close(void *state)
{
	struct wire *wire = state;

	if (wire->has_ring)
		io_uring_queue_exit(&wire->ring);
	for (int i = 0; i < 2; i++) {
		close(wire->there[i]);
		if (wire->is_rpc)
			close(wire->back[i]);
	}
	free(wire);
}

static struct io_uring_sqe *prepare(struct wire *wire)
{
	struct io_uring_sqe *sqe;

	if (!wire->has_ring)
		make_ring(wire);
	sqe = io_uring_get_sqe(&wire->ring);
	errno = 0;
	if (!sqe)
		die("the ring is full");
	return sqe;
}

static void prepare_write(struct wire *wire, int fd, const void *data,
			  size_t len, unsigned int flags)
{
	struct io_uring_sqe *sqe = prepare(wire);

	io_uring_prep_write(sqe, fd, data, (unsigned int)len, 0);
	sqe->flags |= IOSQE_FIXED_FILE | flags;
}

static void prepare_read(struct wire *wire, int fd, void *data, size_t len)
{
	struct io_uring_sqe *sqe = prepare(wire);

	io_uring_prep_read(sqe, fd, data, (unsigned int)len, 0);
	sqe->flags |= IOSQE_FIXED_FILE;
}

/* Enters the kernel until @count operations are done; their results in @moved. */
static void complete(struct wire *wire, unsigned int count, long *moved)
{
	struct io_uring_cqe *cqe;

	must(io_uring_submit_and_wait(&wire->ring, count),
	     "io_uring_submit_and_wait");
	for (unsigned int i = 0; i < count; i++) {
		errno = -io_uring_wait_cqe(&wire->ring, &cqe);
		if (errno)
			die("io_uring_wait_cqe");
		if (cqe->res < 0) {
			errno = -cqe->res;
			die("io_uring");
		}
		moved[i] = cqe->res;
		io_uring_cqe_seen(&wire->ring, cqe);
	}
}

/* Reads what is missing of a message of which @done bytes are there. */
static void read_rest(struct wire *wire, int fd, char *data, size_t len,
		      size_t done)
{
	long moved;

	while (done < len) {
		prepare_read(wire, fd, data + done, len - done);
		complete(wire, 1, &moved);
		errno = 0;
		if (!moved)
			die("the pipe has ended");
		done += (size_t)moved;
	}
}

/* A linked read starts when the whole message is written. */
static const void *write_and_read(struct wire *wire, int out, const void *sent,
				  int in, void *data, size_t len)
{
	long moved[2];

	prepare_write(wire, out, sent, len, IOSQE_IO_LINK);
	prepare_read(wire, in, data, len);
	complete(wire, 2, moved);
	must_move(moved[0], len, "write");
	read_rest(wire, in, data, len, (size_t)moved[1]);
	return data;
}

static const void *uring_call(void *rpc, const void *request, void *answer,
			      size_t len)
{
	return write_and_read(rpc, THERE_OUT, request, BACK_IN, answer, len);
}

static const void *uring_recv(void *rpc, void *data, size_t len)
{
	read_rest(rpc, THERE_IN, data, len, 0);
	return data;
}

static void uring_reply(void *rpc, const void *data, size_t len)
{
	long moved;

	prepare_write(rpc, BACK_OUT, data, len, 0);
	complete(rpc, 1, &moved);
	must_move(moved, len, "write");
}

static const void *uring_reply_recv(void *rpc, const void *answer, void *data,
				    size_t len)
{
	return write_and_read(rpc, BACK_OUT, answer, THERE_IN, data, len);
}

static void uring_send(void *channel, const void *data, size_t len)
{
	long moved;

	prepare_write(channel, THERE_OUT, data, len, 0);
	complete(channel, 1, &moved);
	must_move(moved, len, "write");
}

static void uring_send_many(void *channel, const void *data, size_t len,
			    unsigned int count)
{
	long moved[ENTRIES];

	for (unsigned int i = 0; i < count; i++)
		prepare_write(channel, THERE_OUT, (const char *)data + i * len,
			      len, i + 1 < count ? IOSQE_IO_LINK : 0);
	complete(channel, count, moved);
	for (unsigned int i = 0; i < count; i++)
		must_move(moved[i], len, "write");
}

static unsigned int uring_recv_many(void *channel, void *data, size_t len,
				    unsigned int most)
{
	size_t got;
	long moved;

	prepare_read(channel, THERE_IN, data, len * most);
	complete(channel, 1, &moved);
	got = (size_t)moved;
	errno = 0;
	if (!got)
		die("the pipe has ended");
	if (got % len)
		read_rest(channel, THERE_IN, (char *)data + got - got % len,
			  len, got % len);
	return (unsigned int)((got + len - 1) / len);
}

const char *uring_lacks(void)
{
	struct io_uring ring;
	int ret = io_uring_queue_init(1, &ring,
				      IORING_SETUP_SINGLE_ISSUER |
					      IORING_SETUP_DEFER_TASKRUN);

	if (ret)
		return "this kernel has no io_uring, or an old one";
	io_uring_queue_exit(&ring);
	return NULL;
}

const struct channel_ops uring_channel = {
	.open = open_channel,
	.send = uring_send,
	.recv = uring_recv,
	.send_many = uring_send_many,
	.recv_many = uring_recv_many,
	.close = wire_close,
};

const struct rpc_ops uring_rpc = {
	.open = open_rpc,
	.call = uring_call,
	.recv = uring_recv,
	.reply = uring_reply,
	.reply_recv = uring_reply_recv,
	.close = wire_close,
};
