// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pipes and FIFOs. They carry bytes, so both sides know the length of a message; a pipe has
 * room for the messages that are to be stored.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"
#include "peer.h"

#define FIFO_PATH "/tmp/ipcmbox-bench.fifo"
#define PIPE_BYTES (1 << 20)

/**
 * struct ends - a pipe
 * @in: where it is read
 * @out: where it is written
 */
struct ends {
	int in, out;
};

static void *make_room(struct ends *ends, size_t len, unsigned int depth)
{
	size_t bytes = len * depth;

	if (bytes > PIPE_BYTES)
		bytes = PIPE_BYTES;
	must(fcntl(ends->out, F_SETPIPE_SZ, bytes), "F_SETPIPE_SZ");
	return ends;
}

static void *open_pipe(size_t len, unsigned int depth)
{
	struct ends *ends = must_alloc(sizeof(*ends));
	int fds[2];

	must(pipe2(fds, O_CLOEXEC), "pipe");
	ends->in = fds[0];
	ends->out = fds[1];
	return make_room(ends, len, depth);
}

static void *open_fifo(size_t len, unsigned int depth)
{
	struct ends *ends = must_alloc(sizeof(*ends));

	must(mkfifo(FIFO_PATH, 0600), FIFO_PATH);
	ends->in = open(FIFO_PATH, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ends->out = open(FIFO_PATH, O_WRONLY | O_CLOEXEC);
	must(unlink(FIFO_PATH), FIFO_PATH);
	must(ends->in, FIFO_PATH);
	must(ends->out, FIFO_PATH);
	must(fcntl(ends->in, F_SETFL, 0), "F_SETFL");
	return make_room(ends, len, depth);
}

static void pipe_close(void *channel)
{
	struct ends *ends = channel;

	close(ends->in);
	close(ends->out);
	free(ends);
}

static int pipe_fd(void *channel)
{
	return ((struct ends *)channel)->in;
}

static void pipe_send(void *channel, const void *data, size_t len)
{
	must_move(write(((struct ends *)channel)->out, data, len), len,
		  "write");
}

/* A long message may come in pieces. */
static const void *pipe_recv(void *channel, void *data, size_t len)
{
	for (size_t done = 0; done < len;) {
		long got = must(read(pipe_fd(channel), (char *)data + done,
				     len - done),
				"read");

		if (!got)
			die("the pipe has ended");
		done += (size_t)got;
	}
	return data;
}

static void pipe_send_many(void *channel, const void *data, size_t len,
			   unsigned int count)
{
	pipe_send(channel, data, len * count);
}

static unsigned int pipe_recv_many(void *channel, void *data, size_t len,
				   unsigned int most)
{
	size_t got =
		(size_t)must(read(pipe_fd(channel), data, len * most), "read");

	if (got % len)
		pipe_recv(channel, (char *)data + got, len - got % len);
	return (unsigned int)((got + len - 1) / len);
}

const struct channel_ops pipe_channel = {
	.open = open_pipe,
	.send = pipe_send,
	.recv = pipe_recv,
	.send_many = pipe_send_many,
	.recv_many = pipe_recv_many,
	.fd = pipe_fd,
	.close = pipe_close,
};

const struct channel_ops fifo_channel = {
	.open = open_fifo,
	.send = pipe_send,
	.recv = pipe_recv,
	.send_many = pipe_send_many,
	.recv_many = pipe_recv_many,
	.fd = pipe_fd,
	.close = pipe_close,
};
