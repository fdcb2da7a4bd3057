// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages out of a stream of bytes: all of it, lines, strings that end with a NUL byte,
 * frames, or pieces of one length.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define STEP	65536
#define HEAD	4

void input_start(struct input *in, int fd, const char *name)
{
	*in = (struct input){ .fd = fd, .name = name };
}

void input_finish(struct input *in)
{
	free(in->data);
	in->data = NULL;
}

/* Reads more. False at the end, or after an error, which is said. */
static bool input_fill(struct input *in, int *error)
{
	ssize_t done;

	if (in->eof)
		return false;
	if (in->begin) {
		memmove(in->data, in->data + in->begin, in->end - in->begin);
		in->end -= in->begin;
		in->begin = 0;
	}
	if (in->room - in->end < STEP) {
		in->room = 2 * in->room + STEP;
		in->data = need(realloc(in->data, in->room));
	}
	for (;;) {
		done = read(in->fd, in->data + in->end, in->room - in->end);
		if (done >= 0)
			break;
		if (errno == EAGAIN) {
			/* Somebody else has made the file non-blocking. */
			poll(&(struct pollfd){ .fd = in->fd, .events = POLLIN },
			     1, -1);
		} else if (errno != EINTR || stop_signal()) {
			*error = -1;
			fail("%s", in->name);
			return false;
		}
	}
	in->end += (size_t)done;
	in->eof = !done;
	return done;
}

static int too_long(const struct input *in, size_t most)
{
	say("%s: there is a message of more than %zu bytes, the most that this mailbox takes",
	    in->name, most);
	return -1;
}

/* Hand out @len bytes, and have @skip more behind them. */
static int give(struct input *in, size_t len, size_t skip, const char **data,
		size_t *given)
{
	*data = in->data + in->begin;
	*given = len;
	in->begin += len + skip;
	in->consumed += len + skip;
	return 1;
}

static int next_delimited(struct input *in, char delimiter, size_t most,
			  const char **data, size_t *len)
{
	size_t looked = 0;
	int error = 0;

	for (;;) {
		size_t there = in->end - in->begin;
		char *found = NULL;

		if (there > looked)
			found = memchr(in->data + in->begin + looked, delimiter,
				       there - looked);
		if (found)
			there = (size_t)(found - in->data) - in->begin;
		if (there > most)
			return too_long(in, most);
		if (found)
			return give(in, there, 1, data, len);
		looked = there;
		if (!input_fill(in, &error)) {
			if (error || !there)
				return error;
			/* The last one may lack its end. */
			return give(in, there, 0, data, len);
		}
	}
}

static int next_frame(struct input *in, size_t most, const char **data,
		      size_t *len)
{
	const unsigned char *head;
	size_t frame = HEAD;
	int error = 0;

	for (;;) {
		size_t there = in->end - in->begin;

		if (there >= HEAD && frame == HEAD) {
			head = (unsigned char *)in->data + in->begin;
			frame += (size_t)head[0] << 24 | (size_t)head[1] << 16 |
				 (size_t)head[2] << 8 | head[3];
			if (frame - HEAD > most)
				return too_long(in, most);
		}
		if (there >= HEAD && there >= frame)
			break;
		if (!input_fill(in, &error)) {
			if (!error && there) {
				say("%s: it ends within a frame", in->name);
				error = -1;
			}
			return error;
		}
	}
	in->begin += HEAD;
	in->consumed += HEAD;
	return give(in, frame - HEAD, 0, data, len);
}

/* All of it, also if there is nothing; but once. */
static int next_whole(struct input *in, size_t most, const char **data,
		      size_t *len)
{
	int error = 0;

	if (in->eof)
		return 0;
	while (input_fill(in, &error))
		if (in->end > most)
			return too_long(in, most);
	return error ? error : give(in, in->end, 0, data, len);
}

static int next_chunk(struct input *in, size_t size, const char **data,
		      size_t *len)
{
	size_t there;
	int error = 0;

	while (in->end - in->begin < size && input_fill(in, &error))
		;
	if (error)
		return error;
	there = in->end - in->begin;
	/* An empty file is an empty message. */
	if (!there && in->consumed)
		return 0;
	if (!there)
		in->consumed = 1;
	return give(in, there < size ? there : size, 0, data, len);
}

int input_next(struct input *in, enum input_form form, size_t most,
	       const char **data, size_t *len)
{
	switch (form) {
	case INPUT_LINES:
		return next_delimited(in, '\n', most, data, len);
	case INPUT_ZERO:
		return next_delimited(in, 0, most, data, len);
	case INPUT_FRAMED:
		return next_frame(in, most, data, len);
	case INPUT_CHUNKS:
		return next_chunk(in, most, data, len);
	default:
		return next_whole(in, most, data, len);
	}
}
