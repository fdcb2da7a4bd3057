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
	return set->lines + set->zero + set->framed + set->json + set->raw < 2;
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

static int write_shown(const char *data, size_t len)
{
	char *text = escape(data, len, ESCAPE_TEXT);
	int ret = write_all(STDOUT_FILENO, text, strlen(text));

	free(text);
	if (!ret && len && data[len - 1] != '\n')
		ret = write_all(STDOUT_FILENO, "\n", 1);
	return ret;
}

int message_write(const struct settings *set, struct message_buffer *buf,
		  size_t len, const struct ipcmbox_delivery *delivery)
{
	char *data = buf->base + HEAD;
	size_t i;

	if (set->json)
		return write_json(data, len, delivery);
	if (set->framed) {
		for (i = 0; i < HEAD; i++)
			buf->base[i] = (char)(len >> (24 - 8 * i));
		return write_all(STDOUT_FILENO, buf->base, HEAD + len);
	}
	if (set->lines || set->zero) {
		data[len] = set->lines ? '\n' : 0;
		return write_all(STDOUT_FILENO, data, len + 1);
	}
	if (set->raw || !isatty(STDOUT_FILENO))
		return write_all(STDOUT_FILENO, data, len);
	return write_shown(data, len);
}
