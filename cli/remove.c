// SPDX-License-Identifier: GPL-2.0-only
/*
 * ipcmbox rm and drain: names, mailboxes and messages that are not wanted any more.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

static int destroy(int ctl, const char *name)
{
	int port, ret, error;

	port = ipcmbox_open_named_at(ctl, name, IPCMBOX_ADMIN, O_RDONLY);
	if (port < 0 && errno == EACCES)
		port = ipcmbox_open_named_at(ctl, name, IPCMBOX_ADMIN,
					     O_WRONLY);
	if (port < 0)
		return -1;
	ret = ipcmbox_destroy(port);
	error = errno;
	close(port);
	errno = error;
	return ret;
}

int run_rm(const struct settings *set, struct operands *op)
{
	int ctl = control_open(set), status = STATUS_OK, i;

	if (ctl < 0)
		return STATUS_ERROR;
	for (i = 0; i < op->count; i++) {
		const char *name = name_operand(set, op->word[i]);

		if (!name) {
			status = STATUS_ERROR;
			continue;
		}
		if (!(set->destroy ? destroy(ctl, name) :
				     ipcmbox_unlink_at(ctl, name)))
			continue;
		if (errno == ENOENT && set->force)
			continue;
		status = fail("%s", name);
	}
	close(ctl);
	return status;
}

static int drain(int port, const char *name)
{
	uint64_t messages, bytes;
	char *shown;

	if (ipcmbox_drain(port, &messages, &bytes))
		return fail("%s", name);
	shown = escape(name, strlen(name), ESCAPE_NAME);
	printf("%s: %llu messages, %llu bytes\n", shown,
	       (unsigned long long)messages, (unsigned long long)bytes);
	free(shown);
	return STATUS_OK;
}

int run_drain(const struct settings *set, struct operands *op)
{
	int status = STATUS_OK, port, failed;
	const char *name;

	if (!op->count == !set->given[OPT_FD])
		return usage_error(
			op->count ? "only one of NAME and --fd is possible" :
				    "a NAME is missing");
	do {
		name = op->count ? op->word[0] : "the mailbox";
		port = port_open(set, op, O_RDONLY);
		failed = port < 0 ? STATUS_ERROR : drain(port, name);
		status = failed ? failed : status;
		if (port >= 0)
			close(port);
	} while (op->count);
	return status;
}
