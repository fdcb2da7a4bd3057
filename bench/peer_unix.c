// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pairs of AF_UNIX sockets: stream, where both sides know the length of a message, dgram and
 * seqpacket; batches by sendmmsg(2) and recvmmsg(2).
 */
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bench.h"
#include "peer.h"

#define MOST_IN_BATCH 256
/* What the kernel adds to the bytes of a message, and rounds up. */
#define MESSAGE_OVERHEAD 1024
#define MOST_BYTES (8 << 20)

struct sockets {
	int in, out;
};

static void *open_pair(int type, size_t len, unsigned int depth)
{
	struct sockets *sockets = must_alloc(sizeof(*sockets));
	size_t room = (2 * len + MESSAGE_OVERHEAD) * depth;
	int bytes = room < MOST_BYTES ? (int)room : MOST_BYTES;
	int fds[2];

	must(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds), "socketpair");
	sockets->in = fds[0];
	sockets->out = fds[1];
	must(setsockopt(sockets->out, SOL_SOCKET, SO_SNDBUFFORCE, &bytes,
			sizeof(bytes)),
	     "SO_SNDBUFFORCE");
	return sockets;
}

static void *open_stream(size_t len, unsigned int depth)
{
	return open_pair(SOCK_STREAM, len, depth);
}

static void *open_dgram(size_t len, unsigned int depth)
{
	return open_pair(SOCK_DGRAM, len, depth);
}

static void *open_seqpacket(size_t len, unsigned int depth)
{
	return open_pair(SOCK_SEQPACKET, len, depth);
}

static void unix_close(void *channel)
{
	struct sockets *sockets = channel;

	close(sockets->in);
	close(sockets->out);
	free(sockets);
}

static int unix_fd(void *channel)
{
	return ((struct sockets *)channel)->in;
}

static void unix_send(void *channel, const void *data, size_t len)
{
	must_move(send(((struct sockets *)channel)->out, data, len, 0), len,
		  "send");
}

static const void *unix_recv(void *channel, void *data, size_t len)
{
	must_move(recv(unix_fd(channel), data, len, 0), len, "recv");
	return data;
}

static const void *stream_recv(void *channel, void *data, size_t len)
{
	must_move(recv(unix_fd(channel), data, len, MSG_WAITALL), len, "recv");
	return data;
}

static void make_batch(struct mmsghdr *messages, struct iovec *iov, char *data,
		       size_t len, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		iov[i] = (struct iovec){ data + i * len, len };
		messages[i] = (struct mmsghdr){
			.msg_hdr = { .msg_iov = &iov[i], .msg_iovlen = 1 },
		};
	}
}

static void unix_send_many(void *channel, const void *data, size_t len,
			   unsigned int count)
{
	struct mmsghdr messages[MOST_IN_BATCH];
	struct iovec iov[MOST_IN_BATCH];
	int fd = ((struct sockets *)channel)->out;

	make_batch(messages, iov, (char *)data, len, count);
	for (unsigned int done = 0; done < count;)
		done += (unsigned int)must(sendmmsg(fd, messages + done,
						    count - done, 0),
					   "sendmmsg");
}

static unsigned int unix_recv_many(void *channel, void *data, size_t len,
				   unsigned int most)
{
	struct mmsghdr messages[MOST_IN_BATCH];
	struct iovec iov[MOST_IN_BATCH];

	make_batch(messages, iov, data, len, most);
	return (unsigned int)must(recvmmsg(unix_fd(channel), messages, most,
					   MSG_WAITFORONE, NULL),
				  "recvmmsg");
}

static void stream_send_many(void *channel, const void *data, size_t len,
			     unsigned int count)
{
	unix_send(channel, data, len * count);
}

static unsigned int stream_recv_many(void *channel, void *data, size_t len,
				     unsigned int most)
{
	size_t got = (size_t)must(recv(unix_fd(channel), data, len * most, 0),
				  "recv");

	if (got % len)
		stream_recv(channel, (char *)data + got, len - got % len);
	return (unsigned int)((got + len - 1) / len);
}

const struct channel_ops unix_stream_channel = {
	.open = open_stream,
	.send = unix_send,
	.recv = stream_recv,
	.send_many = stream_send_many,
	.recv_many = stream_recv_many,
	.fd = unix_fd,
	.close = unix_close,
};

const struct channel_ops unix_dgram_channel = {
	.open = open_dgram,
	.send = unix_send,
	.recv = unix_recv,
	.send_many = unix_send_many,
	.recv_many = unix_recv_many,
	.fd = unix_fd,
	.close = unix_close,
};

const struct channel_ops unix_seqpacket_channel = {
	.open = open_seqpacket,
	.send = unix_send,
	.recv = unix_recv,
	.send_many = unix_send_many,
	.recv_many = unix_recv_many,
	.fd = unix_fd,
	.close = unix_close,
};
