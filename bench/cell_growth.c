// SPDX-License-Identifier: GPL-2.0-only
/*
 * What grows with the number of objects: many channels, of which one is used, or each in
 * turn; and waiting for one message of many channels.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "bench.h"
#include "cell.h"

#define LEN 64
#define DEPTH 4

/**
 * struct crowd - a session
 * @ops: of the channels
 * @channels: them
 * @count: how many
 * @fds: for poll(2)
 * @epoll: a descriptor, -1 for none
 * @data: a message
 */
struct crowd {
	const struct channel_ops *ops;
	void **channels;
	unsigned int count;
	struct pollfd *fds;
	int epoll;
	void *data;
};

static struct crowd *open_crowd(const struct channel_ops *ops,
				unsigned long count)
{
	struct crowd *crowd = must_alloc(sizeof(*crowd));

	crowd->ops = ops;
	crowd->count = (unsigned int)count;
	crowd->channels = must_alloc(count * sizeof(void *));
	for (unsigned int i = 0; i < count; i++)
		crowd->channels[i] = ops->open(LEN, DEPTH);
	crowd->data = message_alloc(LEN);
	crowd->epoll = -1;
	return crowd;
}

static void close_crowd(void *session)
{
	struct crowd *crowd = session;

	if (crowd->epoll >= 0)
		close(crowd->epoll);
	for (unsigned int i = 0; i < crowd->count; i++)
		crowd->ops->close(crowd->channels[i]);
	free(crowd->fds);
	free(crowd->channels);
	message_free(crowd->data);
	free(crowd);
}

static const char *many_lack(const struct peer *peer, unsigned long count)
{
	(void)count;
	return is_for(peer, MANY_CHANNELS) && peer->channel->fd ? NULL : "";
}

static void *open_many(const struct peer *peer, unsigned long count)
{
	return open_crowd(peer->channel, count);
}

static void through(struct crowd *crowd, void *channel, uint64_t number)
{
	message_stamp(crowd->data, LEN, number);
	crowd->ops->send(channel, crowd->data, LEN);
	message_check(crowd->ops->recv(channel, crowd->data, LEN), LEN, number);
}

static double use_one(void *session, unsigned long count)
{
	struct crowd *crowd = session;
	void *channel = crowd->channels[crowd->count / 2];
	double start = now_ns();

	for (unsigned long i = 0; i < count; i++)
		through(crowd, channel, i);
	return now_ns() - start;
}

static double use_each(void *session, unsigned long count)
{
	struct crowd *crowd = session;
	double start = now_ns();

	for (unsigned long i = 0; i < count; i++)
		through(crowd, crowd->channels[i % crowd->count], i);
	return now_ns() - start;
}

const struct cell cell_mailboxes = {
	.name = "mailboxes",
	.axis = "open",
	.about =
		"a message put into one channel and taken, while so many are there",
	.points = (const unsigned long[]){ 1, 100, 10000, 0 },
	.quantum = 1,
	.lacks = many_lack,
	.open = open_many,
	.lead = use_one,
	.close = close_crowd,
};

const struct cell cell_mailboxes_in_turn = {
	.name = "mailboxes-in-turn",
	.axis = "open",
	.about =
		"a message put into each of so many channels in turn, and taken",
	.points = (const unsigned long[]){ 1, 100, 10000, 0 },
	.quantum = 1,
	.lacks = many_lack,
	.open = open_many,
	.lead = use_each,
	.close = close_crowd,
};

/* Of many channels the last one has a message. */
static void *open_polled(const struct peer *peer, unsigned long count)
{
	struct crowd *crowd = open_crowd(peer->channel, count);

	crowd->fds = must_alloc(count * sizeof(*crowd->fds));
	for (unsigned int i = 0; i < count; i++) {
		crowd->fds[i].fd = crowd->ops->fd(crowd->channels[i]);
		crowd->fds[i].events = POLLIN;
	}
	return crowd;
}

static const void *receive_last(struct crowd *crowd)
{
	return crowd->ops->recv(crowd->channels[crowd->count - 1], crowd->data,
				LEN);
}

/* Messages put into the last one, and received as @receive finds them. */
static double use_last(struct crowd *crowd, unsigned long count,
		       const void *(*receive)(struct crowd *crowd))
{
	void *last = crowd->channels[crowd->count - 1];
	double start = now_ns();

	for (unsigned long i = 0; i < count; i++) {
		message_stamp(crowd->data, LEN, i);
		crowd->ops->send(last, crowd->data, LEN);
		message_check(receive(crowd), LEN, i);
	}
	return now_ns() - start;
}

static const void *receive_polled(struct crowd *crowd)
{
	must(poll(crowd->fds, crowd->count, -1), "poll");
	errno = 0;
	if (crowd->fds[crowd->count - 1].revents != POLLIN)
		die("poll does not find the message");
	return receive_last(crowd);
}

static double use_poll(void *session, unsigned long count)
{
	return use_last(session, count, receive_polled);
}

const struct cell cell_poll = {
	.name = "poll",
	.axis = "channels",
	.about =
		"a message put into the last of so many channels, found by poll, and taken",
	.points = (const unsigned long[]){ 1, 10, 100, 1000, 10000, 0 },
	.quantum = 1,
	.lacks = many_lack,
	.open = open_polled,
	.lead = use_poll,
	.close = close_crowd,
};

static void *open_epolled(const struct peer *peer, unsigned long count)
{
	struct crowd *crowd = open_crowd(peer->channel, count);

	crowd->epoll = (int)must(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
	for (unsigned int i = 0; i < count; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.u32 = i };

		must(epoll_ctl(crowd->epoll, EPOLL_CTL_ADD,
			       crowd->ops->fd(crowd->channels[i]), &event),
		     "epoll_ctl");
	}
	return crowd;
}

static const void *receive_epolled(struct crowd *crowd)
{
	struct epoll_event event;

	must(epoll_wait(crowd->epoll, &event, 1, -1), "epoll_wait");
	errno = 0;
	if (event.data.u32 != crowd->count - 1)
		die("epoll does not find the message");
	return receive_last(crowd);
}

static double use_epoll(void *session, unsigned long count)
{
	return use_last(session, count, receive_epolled);
}

const struct cell cell_epoll = {
	.name = "epoll",
	.axis = "channels",
	.about = "the same by epoll",
	.points = (const unsigned long[]){ 1, 10, 100, 1000, 10000, 0 },
	.quantum = 1,
	.lacks = many_lack,
	.open = open_epolled,
	.lead = use_epoll,
	.close = close_crowd,
};

/* Whoever has a means of its own to receive from one of many, and poll and receive. */
static const char *select_lacks(const struct peer *peer, unsigned long count)
{
	(void)count;
	if (!peer->channel || (!peer->channel->take && !peer->channel->fd))
		return "";
	return NULL;
}

static void *open_selected(const struct peer *peer, unsigned long count)
{
	return peer->channel->take ? open_crowd(peer->channel, count) :
				     open_polled(peer, count);
}

static const void *receive_selected(struct crowd *crowd)
{
	return crowd->ops->take(crowd->channels, crowd->count, crowd->data,
				LEN);
}

static double use_select(void *session, unsigned long count)
{
	struct crowd *crowd = session;

	return use_last(crowd, count,
			crowd->ops->take ? receive_selected : receive_polled);
}

const struct cell cell_select = {
	.name = "select",
	.axis = "cases",
	.about =
		"a message put into the last of so many channels, and received from all of them",
	.points = (const unsigned long[]){ 1, 8, 64, 0 },
	.quantum = 1,
	.lacks = select_lacks,
	.open = open_selected,
	.lead = use_select,
	.close = close_crowd,
};
