// SPDX-License-Identifier: GPL-2.0-only
/*
 * One mailbox of replies for many clients: the server learns from the kernel who
 * asked, gives the reply the type of that client, and each client takes its own type
 * alone. Nobody is woken for the reply of another.
 */
#include <fcntl.h>
#include <ipcmbox.h>

#include "example.h"

#define CLIENTS	3

static void ask(int requests, int replies, int number)
{
	const struct ipcmbox_recv_options mine = {
		.match = IPCMBOX_MATCH_TYPE,
		.match_value = (uint64_t)getpid(),
	};
	int answer = 0;
	struct iovec piece = { .iov_base = &answer, .iov_len = sizeof(answer) };
	char name[16];

	snprintf(name, sizeof(name), "client %d", number);
	say(name, "asks for the square of %d", number);
	if (ipcmbox_send(requests, &number, sizeof(number)))
		err(1, "ipcmbox_send");
	if (ipcmbox_recv_with(replies, &piece, 1, &mine, sizeof(mine), NULL,
			      0) < 0)
		err(1, "ipcmbox_recv_with");
	say(name, "gets %d", answer);
	_exit(answer != number * number);
}

static void answer(int replies, pid_t client, int number)
{
	const struct ipcmbox_send_options options = {
		.type = (uint64_t)client,
	};
	int square = number * number;
	struct iovec piece = { .iov_base = &square, .iov_len = sizeof(square) };

	say("server", "answers process %d: %d", (int)client, square);
	if (ipcmbox_send_with(replies, &piece, 1, &options, sizeof(options),
			      NULL, 0))
		err(1, "ipcmbox_send_with");
}

/* All have asked before the first is answered, and who came last is answered first. */
static void serve(int requests, int replies)
{
	struct ipcmbox_delivery from[CLIENTS];
	int numbers[CLIENTS], i;

	for (i = 0; i < CLIENTS; i++) {
		struct iovec piece = { .iov_base = &numbers[i],
				       .iov_len = sizeof(numbers[i]) };

		if (ipcmbox_recvv(requests, &piece, 1, 0, 0, &from[i],
				  sizeof(from[i])) < 0)
			err(1, "ipcmbox_recvv");
	}
	while (i--)
		answer(replies, from[i].pid, numbers[i]);
}

int main(void)
{
	struct ipcmbox_attr *attr = ipcmbox_attr_new();
	pid_t clients[CLIENTS];
	int requests, replies, i;

	if (!attr)
		err(1, "ipcmbox_attr_new");
	ipcmbox_attr_set_capacity(attr, CLIENTS);
	requests = ipcmbox_create_attr(attr, O_RDWR);
	ipcmbox_attr_set_selective(attr, true);
	replies = ipcmbox_create_attr(attr, O_RDWR);
	if (requests < 0 || replies < 0)
		err(1, "ipcmbox_create_attr");
	ipcmbox_attr_free(attr);
	start = now();
	for (i = 0; i < CLIENTS; i++) {
		clients[i] = start_child();
		if (!clients[i])
			ask(requests, replies, i + 2);
	}
	serve(requests, replies);
	for (i = 0; i < CLIENTS; i++)
		wait_for(clients[i], "client");
	return 0;
}
