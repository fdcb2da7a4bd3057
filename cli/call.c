// SPDX-License-Identifier: GPL-2.0-only
/*
 * ipcmbox call: a message and its answer.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

static int wrong_options(const struct settings *set, const struct operands *op)
{
	int names = names_wanted(set), status = wrong_operands(set, op, 1);

	if (status)
		return status;
	if (op->count > names && set->file)
		return usage_error("there are two messages: '%s' and a file",
				   op->word[names]);
	if (!message_forms(set))
		return usage_error("only one form of messages is possible");
	return STATUS_OK;
}

static struct ipcmbox_call_options options_of(const struct settings *set)
{
	return (struct ipcmbox_call_options){
		.flags = set->dontwait ? IPCMBOX_DONTWAIT : 0,
		.priority = (uint32_t)set->priority,
		.deadline = deadline_of(set),
		.taken_deadline = set->given[OPT_TAKEN_TIMEOUT] ?
					  ipcmbox_deadline(set->taken_timeout) :
					  0,
		.type = set->type,
		.cookie = set->cookie,
	};
}

static bool was_received(const struct ipcmbox_answer *answer)
{
	return answer->disposition != IPCMBOX_NOT_SENT &&
	       answer->disposition != IPCMBOX_WITHDRAWN;
}

static int ask(const struct settings *set, int port, const char *data,
	       size_t len)
{
	const struct iovec iov = { .iov_base = (void *)data, .iov_len = len };
	const struct ipcmbox_call_options options = options_of(set);
	struct ipcmbox_delivery delivery = { 0 };
	struct ipcmbox_answer answer;
	struct message_buffer buf;
	int status = STATUS_OK;
	struct iovec room;
	ssize_t done;

	message_start(&buf,
		      set->given[OPT_MAX_ANSWER] ? set->max_answer : 1U << 20);
	room = message_iovec(&buf);
	do
		done = ipcmbox_call(port, &iov, 1, &room, 1, &options,
				    sizeof(options), &answer, sizeof(answer));
	while (done < 0 && errno == EINTR && !was_received(&answer));
	if (done < 0)
		status = fail(
			was_received(&answer) ?
				"the call was received, and what became of it is not known" :
				"nobody has received the call");
	else if (message_write(set, &buf, (size_t)done, &delivery))
		status = fail("standard output");
	else if (set->check && answer.cookie)
		status = STATUS_ERROR;
	if (done >= 0 && (set->verbose || (set->check && answer.cookie)))
		say("message %llu was answered by %llu bytes, cookie %llu",
		    (unsigned long long)answer.id,
		    (unsigned long long)answer.len,
		    (unsigned long long)answer.cookie);
	message_finish(&buf);
	return status;
}

static int ask_stream(const struct settings *set, int port, int fd)
{
	struct ipcmbox_info info;
	struct input in;
	const char *data;
	size_t len;
	int status = STATUS_ERROR;

	if (ipcmbox_info(port, IPCMBOX_TX, &info, sizeof(info)))
		return fail("the mailbox");
	input_start(&in, fd, set->file ? set->file : "standard input");
	if (input_next(&in, INPUT_WHOLE, info.max_message, &data, &len) > 0)
		status = ask(set, port, data, len);
	input_finish(&in);
	return status;
}

int run_call(const struct settings *set, struct operands *op)
{
	int status = wrong_options(set, op), fd = STDIN_FILENO, port;

	if (status)
		return status;
	if (set->file) {
		fd = open(set->file, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return fail("%s", set->file);
	}
	port = port_open(set, op, O_WRONLY);
	if (port < 0)
		return STATUS_ERROR;
	if (op->count)
		return ask(set, port, op->word[0], strlen(op->word[0]));
	return ask_stream(set, port, fd);
}
