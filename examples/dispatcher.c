// SPDX-License-Identifier: GPL-2.0-only
/*
 * A dispatcher routes commands to workers by the type of a message: all are in one mailbox,
 * and each worker receives the type that it is for. Type commands as "add 2 3", "mul 4 5"
 * and "quit"; without a terminal some are typed for you.
 */
#include <errno.h>
#include <fcntl.h>
#include <ipcmbox.h>
#include <stdlib.h>
#include <string.h>

#include "example.h"

static const char *const names[] = { "add", "sub", "mul" };

#define WORKERS ((int)(sizeof(names) / sizeof(names[0])))

static long compute(int type, long a, long b)
{
	switch (type) {
	case 0:
		return a + b;
	case 1:
		return a - b;
	default:
		return a * b;
	}
}

/* Takes what is of its type, until the last who could send has gone. */
static void work(int box, int type)
{
	const struct ipcmbox_recv_options options = {
		.match = IPCMBOX_MATCH_TYPE,
		.match_value = (uint64_t)type,
	};
	struct ipcmbox_delivery got;
	long pair[2], result;
	struct iovec request = { pair, sizeof(pair) };
	struct iovec answer = { &result, sizeof(result) };

	while (ipcmbox_recv_with(box, &request, 1, &options, sizeof(options),
				 &got, sizeof(got)) >= 0) {
		struct ipcmbox_response response = {
			.token = got.token,
			.iov = &answer,
			.iovcnt = 1,
		};

		result = compute(type, pair[0], pair[1]);
		if (ipcmbox_reply(box, &response, sizeof(response)))
			err(1, "ipcmbox_reply");
	}
	if (errno != EPIPE)
		err(1, "ipcmbox_recv_with");
	_exit(0);
}

static long dispatch(int box, const char *name, long a, long b)
{
	struct ipcmbox_call_options options = { 0 };
	long pair[2] = { a, b }, result = 0;
	struct iovec request = { pair, sizeof(pair) };
	struct iovec answer = { &result, sizeof(result) };

	while (strcmp(names[options.type], name))
		if (++options.type == WORKERS) {
			say("user", "there is no worker for \"%s\"", name);
			return 0;
		}
	if (ipcmbox_call(box, &request, 1, &answer, 1, &options,
			 sizeof(options), NULL, 0) < 0)
		err(1, "ipcmbox_call");
	say("worker", "%s %ld %ld is %ld", name, a, b, result);
	return result;
}

int main(void)
{
	struct ipcmbox_attr *attr = ipcmbox_attr_new();
	pid_t workers[WORKERS];
	int box, send_only, i;
	char line[80], name[8];
	long a, b, sum = 0;

	if (!attr)
		err(1, "ipcmbox_attr_new");
	ipcmbox_attr_set_selective(attr, true);
	box = ipcmbox_create_attr(attr, O_RDWR);
	if (box < 0)
		err(1, "ipcmbox_create_attr");
	send_only = ipcmbox_reopen(box, 0, O_WRONLY);
	start = now();
	for (i = 0; i < WORKERS; i++) {
		workers[i] = start_child();
		if (!workers[i]) {
			int receive_only = ipcmbox_reopen(box, 0, O_RDONLY);

			close(box);
			close(send_only);
			work(receive_only, i);
		}
	}
	close(box);
	if (!isatty(STDIN_FILENO))
		sum = dispatch(send_only, "add", 2, 3) +
		      dispatch(send_only, "mul", 4, 5) +
		      dispatch(send_only, "sub", 9, 1) +
		      dispatch(send_only, "div", 1, 0);
	else
		while (fgets(line, sizeof(line), stdin) &&
		       strcmp(line, "quit\n"))
			if (sscanf(line, "%7s %ld %ld", name, &a, &b) == 3)
				dispatch(send_only, name, a, b);
	close(send_only);
	for (i = 0; i < WORKERS; i++)
		wait_for(workers[i], "worker");
	return !isatty(STDIN_FILENO) && sum != 33;
}
