// SPDX-License-Identifier: GPL-2.0-only
/*
 * ipcmbox: a mailbox as a channel, received from plainly or by a select; calls; a broadcast;
 * stores by priority and by type.
 */
#include <errno.h>
#include <fcntl.h>
#include <ipcmbox.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bench.h"
#include "peer.h"

#define MOST_IN_BATCH 256

/**
 * struct box - a mailbox
 * @fd: of it
 * @ctl: /dev/ipcmbox, for a select
 * @idle: another mailbox, to which nobody sends, so that a select has a choice
 */
struct box {
	int fd;
	int ctl;
	int idle;
};

static int create(struct ipcmbox_attr *attr)
{
	int fd = (int)must(ipcmbox_create_attr(attr, O_RDWR), "create");

	ipcmbox_attr_free(attr);
	return fd;
}

static struct ipcmbox_attr *attributes(size_t len, unsigned int capacity)
{
	struct ipcmbox_attr *attr = ipcmbox_attr_new();

	if (!attr)
		die("no memory");
	ipcmbox_attr_set_capacity(attr, capacity);
	ipcmbox_attr_set_max_message(attr, len);
	return attr;
}

static void *box_open(size_t len, unsigned int depth)
{
	struct box *box = must_alloc(sizeof(*box));

	box->fd = create(attributes(len, depth));
	box->ctl = -1;
	box->idle = -1;
	return box;
}

static void *box_open_select(size_t len, unsigned int depth)
{
	struct box *box = box_open(len, depth);

	box->ctl = (int)must(ipcmbox_open(), "/dev/ipcmbox");
	box->idle = create(attributes(len, depth));
	return box;
}

static void box_close(void *channel)
{
	struct box *box = channel;

	close(box->fd);
	if (box->idle >= 0) {
		close(box->idle);
		close(box->ctl);
	}
	free(box);
}

static int box_fd(void *channel)
{
	return ((struct box *)channel)->fd;
}

static void box_send(void *channel, const void *data, size_t len)
{
	must(ipcmbox_send(box_fd(channel), data, len), "send");
}

static const void *box_recv(void *channel, void *data, size_t len)
{
	must_move(ipcmbox_recv(box_fd(channel), data, len), len, "recv");
	return data;
}

static const void *select_one(int ctl, struct ipcmbox_select_case *cases,
			      unsigned int count, void *data, size_t len)
{
	struct iovec iov = { data, len };
	struct ipcmbox_selected selected;

	for (unsigned int i = 0; i < count; i++) {
		cases[i].kind = IPCMBOX_CASE_RECV;
		cases[i].iov = &iov;
		cases[i].iovcnt = 1;
	}
	must(ipcmbox_select(ctl, cases, count, NULL, 0, &selected,
			    sizeof(selected)),
	     "select");
	must_move((long)selected.len, len, "select");
	return data;
}

static const void *box_recv_select(void *channel, void *data, size_t len)
{
	struct box *box = channel;
	struct ipcmbox_select_case cases[] = {
		{ .fd = box->fd },
		{ .fd = box->idle },
	};

	return select_one(box->ctl, cases, ARRAY_SIZE(cases), data, len);
}

static const void *box_take(void **channels, unsigned int count, void *data,
			    size_t len)
{
	struct ipcmbox_select_case cases[IPCMBOX_SELECT_MAX] = { 0 };

	for (unsigned int i = 0; i < count; i++)
		cases[i].fd = box_fd(channels[i]);
	return select_one(((struct box *)channels[0])->ctl, cases, count, data,
			  len);
}

/* The messages of a batch, one after the other in @data. */
static void make_batch(struct ipcmbox_batch_message *messages,
		       struct iovec *iov, char *data, size_t len,
		       unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		iov[i] = (struct iovec){ data + i * len, len };
		messages[i] = (struct ipcmbox_batch_message){
			.iov = &iov[i],
			.iovcnt = 1,
		};
	}
}

static void box_send_many(void *channel, const void *data, size_t len,
			  unsigned int count)
{
	struct ipcmbox_batch_message messages[MOST_IN_BATCH];
	struct iovec iov[MOST_IN_BATCH];

	make_batch(messages, iov, (char *)data, len, count);
	for (unsigned int done = 0; done < count;)
		done += (unsigned int)must(
			ipcmbox_send_batch(box_fd(channel), messages + done,
					   count - done, NULL, 0),
			"send_batch");
}

static unsigned int box_recv_many(void *channel, void *data, size_t len,
				  unsigned int most)
{
	struct ipcmbox_batch_message messages[MOST_IN_BATCH];
	struct iovec iov[MOST_IN_BATCH];

	make_batch(messages, iov, data, len, most);
	return (unsigned int)must(ipcmbox_recv_batch(box_fd(channel), messages,
						     most, NULL, 0),
				  "recv_batch");
}

const struct channel_ops ipcmbox_channel = {
	.open = box_open,
	.send = box_send,
	.recv = box_recv,
	.send_many = box_send_many,
	.recv_many = box_recv_many,
	.fd = box_fd,
	.close = box_close,
};

const struct channel_ops ipcmbox_select_channel = {
	.open = box_open_select,
	.send = box_send,
	.recv = box_recv_select,
	.take = box_take,
	.close = box_close,
};

/**
 * struct calls - a mailbox of calls
 * @fd: of it
 * @token: of the call that is to be answered
 */
struct calls {
	int fd;
	uint64_t token;
};

static void *calls_open(size_t len)
{
	struct calls *calls = must_alloc(sizeof(*calls));

	calls->fd = create(attributes(len, IPCMBOX_RENDEZVOUS));
	return calls;
}

static void calls_close(void *rpc)
{
	struct calls *calls = rpc;

	close(calls->fd);
	free(calls);
}

static const void *calls_call(void *rpc, const void *request, void *answer,
			      size_t len)
{
	struct calls *calls = rpc;
	struct iovec out = { (void *)request, len }, in = { answer, len };

	must_move(ipcmbox_call(calls->fd, &out, 1, &in, 1, NULL, 0, NULL, 0),
		  len, "call");
	return answer;
}

/* Answers the last call if there is an answer, and receives the next. */
static const void *calls_reply_recv(void *rpc, const void *answer, void *data,
				    size_t len)
{
	struct calls *calls = rpc;
	struct iovec out = { (void *)answer, len }, in = { data, len };
	struct ipcmbox_response response = {
		.token = calls->token,
		.iov = &out,
		.iovcnt = 1,
	};
	struct ipcmbox_delivery delivery;

	must_move(ipcmbox_reply_recv(calls->fd, answer ? &response : NULL,
				     answer ? sizeof(response) : 0, &in, 1,
				     NULL, 0, &delivery, sizeof(delivery)),
		  len, "reply_recv");
	errno = 0;
	if (answer && response.outcome != IPCMBOX_ANSWERED)
		die("an answer did not reach its caller");
	calls->token = delivery.token;
	return data;
}

static const void *calls_recv(void *rpc, void *data, size_t len)
{
	return calls_reply_recv(rpc, NULL, data, len);
}

static void calls_reply(void *rpc, const void *data, size_t len)
{
	struct calls *calls = rpc;
	struct iovec out = { (void *)data, len };
	struct ipcmbox_response response = {
		.token = calls->token,
		.iov = &out,
		.iovcnt = 1,
	};

	must(ipcmbox_reply(calls->fd, &response, sizeof(response)), "reply");
}

const struct rpc_ops ipcmbox_calls = {
	.open = calls_open,
	.call = calls_call,
	.recv = calls_recv,
	.reply = calls_reply,
	.reply_recv = calls_reply_recv,
	.close = calls_close,
};

/**
 * struct cast - mailboxes that broadcast, as many as it takes for all who subscribe
 * @count: how many
 * @fds: of them
 * @subscriptions: of the receivers
 * @receivers: how many
 */
struct cast {
	unsigned int count;
	int *fds;
	int *subscriptions;
	unsigned int receivers;
};

static void *cast_open(size_t len, unsigned int count)
{
	struct cast *cast = must_alloc(sizeof(*cast));
	struct ipcmbox_attr *attr = attributes(len, 16);

	cast->receivers = count;
	cast->count = (count - 1) / IPCMBOX_SUBSCRIBERS_MAX + 1;
	cast->fds = must_alloc(cast->count * sizeof(int));
	cast->subscriptions = must_alloc(count * sizeof(int));
	for (unsigned int i = 0; i < cast->count; i++) {
		struct ipcmbox_attr *own = ipcmbox_attr_new();

		if (!own)
			die("no memory");
		ipcmbox_attr_set_broadcast(own, true);
		ipcmbox_attr_set_max_message(own, len);
		cast->fds[i] = create(own);
	}
	ipcmbox_attr_set_max_message(attr, 0);
	for (unsigned int i = 0; i < count; i++)
		cast->subscriptions[i] = (int)must(
			ipcmbox_subscribe(cast->fds[i / IPCMBOX_SUBSCRIBERS_MAX],
					  attr, 0),
			"subscribe");
	ipcmbox_attr_free(attr);
	return cast;
}

static void cast_send(void *state, const void *data, size_t len)
{
	struct cast *cast = state;

	for (unsigned int i = 0; i < cast->count; i++)
		must(ipcmbox_send(cast->fds[i], data, len), "send");
}

static const void *cast_recv(void *state, unsigned int index, void *data,
			     size_t len)
{
	struct cast *cast = state;

	must_move(ipcmbox_recv(cast->subscriptions[index], data, len), len,
		  "recv");
	return data;
}

static void cast_close(void *state)
{
	struct cast *cast = state;

	for (unsigned int i = 0; i < cast->receivers; i++)
		close(cast->subscriptions[i]);
	for (unsigned int i = 0; i < cast->count; i++)
		close(cast->fds[i]);
	free(cast->subscriptions);
	free(cast->fds);
	free(cast);
}

const struct cast_ops ipcmbox_cast = {
	.open = cast_open,
	.send = cast_send,
	.recv = cast_recv,
	.close = cast_close,
};

static void *priority_open(size_t len, unsigned int depth)
{
	struct box *box = must_alloc(sizeof(*box));
	struct ipcmbox_attr *attr = attributes(len, depth);

	ipcmbox_attr_set_order(attr, IPCMBOX_PRIORITY);
	box->fd = create(attr);
	box->idle = -1;
	return box;
}

static void priority_put(void *store, unsigned int key, const void *data,
			 size_t len)
{
	const struct ipcmbox_send_options how = { .priority = key };
	struct iovec iov = { (void *)data, len };

	must(ipcmbox_send_with(box_fd(store), &iov, 1, &how, sizeof(how), NULL,
			       0),
	     "send");
}

static void priority_take(void *store, unsigned int key, void *data, size_t len)
{
	(void)key;
	box_recv(store, data, len);
}

const struct store_ops ipcmbox_priority = {
	.open = priority_open,
	.put = priority_put,
	.take = priority_take,
	.close = box_close,
};

static void *typed_open(size_t len, unsigned int depth)
{
	struct box *box = must_alloc(sizeof(*box));
	struct ipcmbox_attr *attr = attributes(len, depth);

	ipcmbox_attr_set_selective(attr, true);
	box->fd = create(attr);
	box->idle = -1;
	return box;
}

static void typed_put(void *store, unsigned int key, const void *data,
		      size_t len)
{
	const struct ipcmbox_send_options how = { .type = key };
	struct iovec iov = { (void *)data, len };

	must(ipcmbox_send_with(box_fd(store), &iov, 1, &how, sizeof(how), NULL,
			       0),
	     "send");
}

static void typed_take(void *store, unsigned int key, void *data, size_t len)
{
	const struct ipcmbox_recv_options which = {
		.match = IPCMBOX_MATCH_TYPE,
		.match_value = key,
	};
	struct iovec iov = { data, len };

	must_move(ipcmbox_recv_with(box_fd(store), &iov, 1, &which,
				    sizeof(which), NULL, 0),
		  len, "recv");
}

const struct store_ops ipcmbox_typed = {
	.open = typed_open,
	.put = typed_put,
	.take = typed_take,
	.close = box_close,
};
