// SPDX-License-Identifier: GPL-2.0-only
/*
 * ipcmbox serve: a command answers calls. It gets the message as its input, and what it
 * prints is the answer; its exit status goes along as the cookie.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli.h"

#define ROOM		65536
/* The cookie of an answer for which the caller has no room. */
#define COOKIE_TOO_LONG	65536

static const enum option_id about_create[] = {
	OPT_CAPACITY,	OPT_MAX_BYTES, OPT_MAX_MESSAGE, OPT_ORDER,
	OPT_POLICY,	OPT_SELECTIVE, OPT_BROADCAST,	OPT_SLOW_ALLOWED,
	OPT_FAIR_SHARE, OPT_HANGUP,    OPT_REGION,	OPT_MODE,
};

static int wrong_options(const struct settings *set, const struct operands *op)
{
	int status = wrong_operands(set, op, 0);
	size_t i;

	if (status)
		return status;
	if (!op->command || !*op->command)
		return usage_error("-- COMMAND is missing");
	if (!match_single(set))
		return usage_error("only one choice of messages is possible");
	if (set->create && set->given[OPT_FD])
		return usage_error("only one of --create and --fd is possible");
	for (i = 0; !set->create && i < ARRAY_SIZE(about_create); i++)
		if (set->given[about_create[i]])
			return usage_error("--%s is for --create",
					   option_spec(about_create[i])->name);
	return STATUS_OK;
}

static int create(const struct settings *set, const char *name,
		  const struct ipcmbox_attr *attr)
{
	int ctl = control_open(set), fd;

	if (ctl < 0)
		return -1;
	fd = ipcmbox_create_named_at(ctl, name, attr, O_RDONLY,
				     set->given[OPT_MODE] ? (mode_t)set->mode :
							    0600);
	if (fd < 0)
		fail("%s", name);
	close(ctl);
	return fd;
}

static void export_number(const char *name, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	if (setenv(name, text, 1))
		need(NULL);
}

static void export_delivery(const struct ipcmbox_delivery *delivery)
{
	export_number("IPCMBOX_ID", delivery->id);
	export_number("IPCMBOX_PID", (uint64_t)delivery->pid);
	export_number("IPCMBOX_UID", delivery->uid);
	export_number("IPCMBOX_GID", delivery->gid);
	export_number("IPCMBOX_TYPE", delivery->type);
	export_number("IPCMBOX_PRIORITY", delivery->priority);
	export_number("IPCMBOX_COOKIE", delivery->cookie);
}

static int answer(int port, uint64_t token, const char *output, size_t len,
		  uint64_t cookie)
{
	struct iovec iov = { .iov_base = (void *)output, .iov_len = len };
	struct ipcmbox_response response = {
		.token = token, .iov = &iov, .iovcnt = 1, .cookie = cookie
	};

	if (!ipcmbox_reply(port, &response, sizeof(response)))
		return STATUS_OK;
	if (errno == EMSGSIZE) {
		say("the caller has room for %llu bytes, and the answer has %zu",
		    (unsigned long long)response.room, len);
		iov.iov_len = 0;
		response.cookie = COOKIE_TOO_LONG;
		if (!ipcmbox_reply(port, &response, sizeof(response)))
			return STATUS_OK;
	}
	if (errno != ESTALE)
		return fail("the answer");
	say("the caller has left before the answer");
	return STATUS_OK;
}

static int serve_one(const struct settings *set, int port, char **command,
		     const struct iovec *message,
		     const struct ipcmbox_delivery *delivery)
{
	uint64_t cookie;
	char *output = NULL;
	size_t len = 0;
	int status;

	export_delivery(delivery);
	status = child_filter(command, message->iov_base, delivery->len,
			      IPCMBOX_MESSAGE_MAX, &output, &len);
	cookie = status < 0 ? COOKIE_TOO_LONG : (uint64_t)status;
	if (status < 0)
		fail("%s", command[0]);
	else if (status || set->verbose)
		say("message %llu of process %d: %s exits with %d",
		    (unsigned long long)delivery->id, (int)delivery->pid,
		    command[0], status);
	status = STATUS_OK;
	if (delivery->token)
		status = answer(port, delivery->token, output, len, cookie);
	else if (write_all(STDOUT_FILENO, output, len))
		status = fail("standard output");
	free(output);
	return status;
}

static int serve(const struct settings *set, int port, char **command)
{
	struct message_buffer buf;
	int status = STATUS_OK;
	uint64_t done = 0;

	message_start(&buf, ROOM);
	while (!status && !stop_signal() &&
	       (!set->given[OPT_COUNT] || done < set->count)) {
		struct ipcmbox_recv_options options = match_options(set);
		struct ipcmbox_delivery delivery;
		struct iovec iov = message_iovec(&buf);

		options.deadline = deadline_of(set);
		if (ipcmbox_recv_with(port, &iov, 1, &options, sizeof(options),
				      &delivery, sizeof(delivery)) >= 0) {
			status = serve_one(set, port, command, &iov, &delivery);
			done++;
		} else if (errno == EMSGSIZE && delivery.len > buf.room) {
			message_grow(&buf, delivery.len);
		} else if (errno == EPIPE) {
			break;
		} else if (errno != EINTR) {
			status = fail("the mailbox");
		}
	}
	message_finish(&buf);
	return status;
}

int run_serve(const struct settings *set, struct operands *op)
{
	int status = wrong_options(set, op), port;
	struct ipcmbox_attr *attr;
	const char *name;

	if (status)
		return status;
	if (set->create) {
		name = name_operand(set, op->word[0]);
		attr = name ? attr_of(set, &status) : NULL;
		if (!attr)
			return status ? status : STATUS_USAGE;
		port = create(set, name, attr);
		ipcmbox_attr_free(attr);
	} else {
		port = port_open(set, op, O_RDONLY);
	}
	if (port < 0)
		return STATUS_ERROR;
	stop_catch();
	return serve(set, port, op->command);
}
