// SPDX-License-Identifier: GPL-2.0-only
/*
 * A server of several processes: each takes a call, answers it and takes the next in one
 * system call. A client gets the answer to its own call, and learns it if the one who
 * took the call dies.
 */
#include <errno.h>
#include <fcntl.h>
#include <ipcmbox.h>
#include <string.h>

#include "example.h"

#define WORKERS	3
#define CLIENTS	4
#define CALLS	50
#define DIE	(-1) /* a request that no worker survives */

/* Answers with the square, until a message is no call. */
static void work(int box)
{
	struct ipcmbox_delivery call;
	int number, square;
	struct iovec request = { .iov_base = &number,
				 .iov_len = sizeof(number) };
	struct iovec answer = { .iov_base = &square,
				.iov_len = sizeof(square) };
	struct ipcmbox_response response = { .iov = &answer, .iovcnt = 1 };
	struct ipcmbox_response *last = NULL;
	int answers = 0;

	for (;;) {
		if (ipcmbox_reply_recv(box, last, sizeof(response), &request, 1,
				       NULL, 0, &call, sizeof(call)) < 0)
			err(1, "ipcmbox_reply_recv");
		if (!call.token)
			break;
		if (number == DIE)
			_exit(0);
		square = number * number;
		response.token = call.token;
		last = &response;
		answers++;
	}
	say("worker", "answered %d calls", answers);
	_exit(0);
}

static ssize_t ask(int box, int number, int *square)
{
	const struct ipcmbox_call_options options = {
		.deadline = ipcmbox_deadline(10000000000ULL),
	};
	struct iovec request = { .iov_base = &number,
				 .iov_len = sizeof(number) };
	struct iovec answer = { .iov_base = square,
				.iov_len = sizeof(*square) };

	return ipcmbox_call(box, &request, 1, &answer, 1, &options,
			    sizeof(options), NULL, 0);
}

static void be_client(int box, int first)
{
	int number, square;

	for (number = first; number < first + CALLS; number++) {
		if (ask(box, number, &square) != sizeof(square))
			err(1, "ipcmbox_call");
		if (square != number * number)
			errx(1, "the square of %d is not %d", number, square);
	}
	say("client", "got the squares of %d to %d", first, number - 1);
	_exit(0);
}

int main(void)
{
	int box = ipcmbox_create(IPCMBOX_RENDEZVOUS, O_RDWR), square, i;
	pid_t workers[WORKERS], clients[CLIENTS];

	if (box < 0)
		err(1, "ipcmbox_create");
	start = now();
	for (i = 0; i < WORKERS; i++) {
		workers[i] = start_child();
		if (!workers[i])
			work(box);
	}
	for (i = 0; i < CLIENTS; i++) {
		clients[i] = start_child();
		if (!clients[i])
			be_client(box, 1000 * i);
	}
	for (i = 0; i < CLIENTS; i++)
		wait_for(clients[i], "client");
	if (ask(box, DIE, &square) >= 0 || errno != EOWNERDEAD)
		errx(1, "a worker that died answered");
	say("client", "a worker died with a call: %s", strerror(EOWNERDEAD));
	for (i = 0; i < WORKERS - 1; i++)
		if (ipcmbox_send(box, NULL, 0))
			err(1, "ipcmbox_send");
	for (i = 0; i < WORKERS; i++)
		wait_for(workers[i], "worker");
	return 0;
}
