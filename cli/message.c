// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages to the standard output. A buffer has room for what goes before and after a
 * message, so that the two are written by one write(2), and nothing that can fail for want
 * of memory comes between receiving and writing where the bytes are written as they are.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define HEAD	4
#define TAIL	1

void message_start(struct message_buffer *buf, size_t room)
{
	buf->base = need(malloc(HEAD + room + TAIL));
	buf->room = room;
}

struct iovec message_iovec(const struct message_buffer *buf)
{
	return (struct iovec){ .iov_base = buf->base + HEAD,
			       .iov_len = buf->room };
}

void message_grow(struct message_buffer *buf, uint64_t len)
{
	message_finish(buf);
	message_start(buf, len);
}

void message_finish(struct message_buffer *buf)
{
	free(buf->base);
	buf->base = NULL;
}

bool message_forms(const struct settings *set)
{
	return set->lines + set->zero + set->framed + set->json < 2 &&
	       !(set->json && set->raw);
}

static int write_json(const char *data, size_t len,
		      const struct ipcmbox_delivery *delivery)
{
	char *line = NULL;
	size_t line_len;
	FILE *out = open_memstream(&line, &line_len);
	int ret = -1;

	if (!out)
		return -1;
	fprintf(out,
		"{\"id\":%llu,\"length\":%zu,\"type\":%llu,\"priority\":%u,\"cookie\":%llu",
		(unsigned long long)delivery->id, len,
		(unsigned long long)delivery->type, delivery->priority,
		(unsigned long long)delivery->cookie);
	fprintf(out,
		",\"pid\":%d,\"tid\":%d,\"uid\":%u,\"gid\":%u,\"call\":%s,\"descriptors\":%u,\"lag\":%llu",
		(int)delivery->pid, (int)delivery->tid, delivery->uid,
		delivery->gid, delivery->token ? "true" : "false",
		delivery->nr_fds, (unsigned long long)delivery->lag);
	if (is_utf8(data, len)) {
		fputs(",\"text\":", out);
		json_string(out, data, len);
	} else {
		fputs(",\"base64\":", out);
		json_base64(out, data, len);
	}
	fputs("}\n", out);
	if (!fclose(out))
		ret = write_all(STDOUT_FILENO, line, line_len);
	free(line);
	return ret;
}

static int write_escaped(const char *data, size_t len, enum escape_form form)
{
	char *text = escape(data, len, form);
	int ret = write_all(STDOUT_FILENO, text, strlen(text));

	free(text);
	return ret;
}

/* What goes before and after a message, at its place in the buffer. */
static void frame(const struct settings *set, struct message_buffer *buf,
		  size_t len, size_t *head, size_t *tail)
{
	size_t i;

	*head = set->framed ? HEAD : 0;
	for (i = 0; i < *head; i++)
		buf->base[i] = (char)(len >> (24 - 8 * i));
	*tail = set->lines || set->zero ? TAIL : 0;
	if (*tail)
		buf->base[HEAD + len] = set->lines ? '\n' : 0;
}

/* To people. The head is bytes as well, and the sender has chosen the length. */
static int write_shown(const char *data, size_t head, size_t len, size_t tail)
{
	bool ends = tail || head || !len || data[len - 1] == '\n';

	if (write_escaped(data - head, head, ESCAPE_NAME) ||
	    write_escaped(data, len, ESCAPE_TEXT))
		return -1;
	return ends ? write_all(STDOUT_FILENO, data + len, tail) :
		      write_all(STDOUT_FILENO, "\n", 1);
}

int message_write(const struct settings *set, struct message_buffer *buf,
		  size_t len, const struct ipcmbox_delivery *delivery)
{
	char *data = buf->base + HEAD;
	size_t head, tail;

	if (set->json)
		return write_json(data, len, delivery);
	frame(set, buf, len, &head, &tail);
	if (!set->raw && isatty(STDOUT_FILENO))
		return write_shown(data, head, len, tail);
	return write_all(STDOUT_FILENO, data - head, head + len + tail);
}
