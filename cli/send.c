// SPDX-License-Identifier: GPL-2.0-only
/*
 * ipcmbox send: a message of the command line, or messages out of a stream of bytes.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

/* A longer file goes in several messages. */
#define CHUNK_MOST		(1U << 20)
#define PROGRESS_EVERY_NS	100000000

/* How far a file is, in a line of a terminal that is written again and again. */
struct progress {
	uint64_t size, start, last;
	bool shown;
};

static void progress_start(struct progress *progress, int fd)
{
	struct stat st;

	*progress = (struct progress){ .start = ipcmbox_deadline(0) };
	if (!isatty(STDERR_FILENO) || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return;
	progress->shown = true;
	progress->size = (uint64_t)st.st_size;
}

static void progress_show(struct progress *progress, uint64_t done, bool last)
{
	uint64_t now = ipcmbox_deadline(0);
	double seconds = (double)(now - progress->start) / 1e9;
	double part = 100;

	if (!progress->shown)
		return;
	if (!last && now - progress->last < PROGRESS_EVERY_NS)
		return;
	progress->last = now;
	/* A file can grow meanwhile. */
	if (done < progress->size)
		part = 100.0 * (double)done / (double)progress->size;
	fprintf(stderr, "\r%3.0f %%  %.1f of %.1f MB  %.1f MB/s  %s", part,
		(double)done / 1e6, (double)progress->size / 1e6,
		seconds > 0 ? (double)done / 1e6 / seconds : 0.0,
		last ? "\n" : "");
}

struct sending {
	const struct settings *set;
	int port;
	uint64_t sent;
};

static const char *const dispositions[] = {
	[IPCMBOX_NOT_SENT] = "not sent", [IPCMBOX_WITHDRAWN] = "withdrawn",
	[IPCMBOX_QUEUED] = "stored",	 [IPCMBOX_TAKEN] = "taken",
	[IPCMBOX_REPLIED] = "answered",	 [IPCMBOX_PEER_DIED] = "lost",
};

static int send_one(struct sending *sending, const char *data, size_t len)
{
	const struct settings *set = sending->set;
	struct ipcmbox_send_options options = {
		.priority = (uint32_t)set->priority,
		.deadline = deadline_of(set),
		.type = set->type,
		.cookie = set->cookie,
	};
	const struct iovec iov = { .iov_base = (void *)data, .iov_len = len };
	struct ipcmbox_receipt receipt;
	int ret;

	if (set->dontwait)
		options.flags |= IPCMBOX_DONTWAIT;
	if (set->until_taken)
		options.flags |= IPCMBOX_UNTIL_TAKEN;
	if (set->all)
		options.flags |= IPCMBOX_ALL;
	do
		ret = ipcmbox_send_with(sending->port, &iov, 1, &options,
					sizeof(options), &receipt,
					sizeof(receipt));
	while (ret && errno == EINTR);
	if (ret) {
		ret = errno;
		say("message %llu was not sent; %llu before it were",
		    (unsigned long long)sending->sent + 1,
		    (unsigned long long)sending->sent);
		errno = ret;
		return fail("it has %zu bytes", len);
	}
	sending->sent++;
	if (set->verbose)
		say("message %llu: number %llu, %s, reached %u",
		    (unsigned long long)sending->sent,
		    (unsigned long long)receipt.id,
		    receipt.disposition < ARRAY_SIZE(dispositions) ?
			    dispositions[receipt.disposition] :
			    "?",
		    receipt.reached);
	return STATUS_OK;
}

static enum input_form form_of(const struct settings *set)
{
	if (set->lines)
		return INPUT_LINES;
	if (set->zero)
		return INPUT_ZERO;
	if (set->framed)
		return INPUT_FRAMED;
	if (set->given[OPT_CHUNK] || set->file)
		return INPUT_CHUNKS;
	return INPUT_WHOLE;
}

static int send_stream(struct sending *sending, int fd, const char *name)
{
	const struct settings *set = sending->set;
	enum input_form form = form_of(set);
	struct ipcmbox_info info;
	struct progress progress = { 0 };
	struct input in;
	int status = STATUS_OK, found;
	const char *data;
	size_t len, most;

	if (ipcmbox_info(sending->port, IPCMBOX_TX, &info, sizeof(info)))
		return fail("the mailbox");
	most = info.max_message;
	if (form == INPUT_CHUNKS && set->given[OPT_CHUNK])
		most = set->chunk;
	else if (form == INPUT_CHUNKS && most > CHUNK_MOST)
		most = CHUNK_MOST;
	input_start(&in, fd, name);
	if (set->file)
		progress_start(&progress, fd);
	for (;;) {
		found = input_next(&in, form, most, &data, &len);
		if (found <= 0)
			break;
		status = send_one(sending, data, len);
		if (status)
			break;
		progress_show(&progress, in.consumed, false);
	}
	if (!status && !found)
		progress_show(&progress, in.consumed, true);
	else if (progress.shown)
		fputc('\n', stderr);
	input_finish(&in);
	return found < 0 ? STATUS_ERROR : status;
}

static int wrong_options(const struct settings *set, const struct operands *op)
{
	int forms =
		set->lines + set->zero + set->framed + set->given[OPT_CHUNK];
	int names = names_wanted(set), status = wrong_operands(set, op, 1);

	if (status)
		return status;
	if (forms > 1)
		return usage_error(
			"only one of --lines, --zero, --framed and --chunk is possible");
	if (op->count > names && (forms || set->file))
		return usage_error(
			"there are two messages: '%s', and what is to be read",
			op->word[names]);
	return STATUS_OK;
}

int run_send(const struct settings *set, struct operands *op)
{
	struct sending sending = { .set = set };
	int status = wrong_options(set, op), fd = STDIN_FILENO;

	if (status)
		return status;
	if (set->file) {
		fd = open(set->file, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return fail("%s", set->file);
	}
	sending.port = port_open(set, op, O_WRONLY);
	if (sending.port < 0)
		status = STATUS_ERROR;
	else if (op->count)
		status = send_one(&sending, op->word[0], strlen(op->word[0]));
	else
		status = send_stream(&sending, fd,
				     set->file ? set->file : "standard input");
	if (set->file)
		close(fd);
	return status;
}
