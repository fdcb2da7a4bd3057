// SPDX-License-Identifier: GPL-2.0-only
/*
 * A rendezvous: at capacity 0 nothing is stored, and a send returns when the
 * receiver has the message, whoever comes first. A deadline ends the wait, and
 * the sender is told what became of the message.
 */
#include <errno.h>
#include <fcntl.h>
#include <ipcmbox.h>
#include <string.h>

#include "example.h"

#define SECOND	1000000000ULL

static void sleep_for(double seconds)
{
	struct timespec t = {
		.tv_sec = (time_t)seconds,
		.tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9),
	};

	nanosleep(&t, NULL);
}

/* The sender comes first and waits for the receiver. */
static void sender_waits(int box)
{
	double before, waited;
	pid_t child = start_child();
	char text[16];

	if (!child) {
		sleep_for(1);
		say("receiver", "comes, a second late");
		if (ipcmbox_recv(box, text, sizeof(text)) < 0)
			err(1, "ipcmbox_recv");
		say("receiver", "has \"%s\"", text);
		_exit(0);
	}
	say("sender", "sends \"first\" and waits");
	before = now();
	if (ipcmbox_send(box, "first", 6))
		err(1, "ipcmbox_send");
	waited = now() - before;
	say("sender", "goes on: it was blocked for %.2f s", waited);
	wait_for(child, "receiver");
	if (waited < 0.9)
		errx(1, "the sender did not wait for the receiver");
}

/* The receiver comes first and waits for the sender. */
static void receiver_waits(int box)
{
	double before, waited;
	pid_t child = start_child();
	char text[16];

	if (!child) {
		sleep_for(0.5);
		say("sender",
		    "comes, half a second late, and sends \"second\"");
		if (ipcmbox_send(box, "second", 7))
			err(1, "ipcmbox_send");
		say("sender", "goes on: the receiver has it");
		_exit(0);
	}
	say("receiver", "waits for a message");
	before = now();
	if (ipcmbox_recv(box, text, sizeof(text)) < 0)
		err(1, "ipcmbox_recv");
	waited = now() - before;
	say("receiver", "has \"%s\" after %.2f s", text, waited);
	wait_for(child, "sender");
	if (waited < 0.4 || strcmp(text, "second"))
		errx(1, "the receiver did not wait for the sender");
}

/* Nobody comes: the message is withdrawn, and the sender knows it. */
static void nobody_comes(int box)
{
	struct iovec piece = { .iov_base = (char[]){ "third" }, .iov_len = 6 };
	struct ipcmbox_receipt receipt;
	char text[16];

	if (!ipcmbox_sendv(box, &piece, 1, IPCMBOX_DONTWAIT, 0, NULL, 0))
		errx(1, "somebody received the message");
	if (errno != EAGAIN)
		err(1, "ipcmbox_sendv");
	say("sender", "does not wait with \"third\": nobody is there");
	say("sender", "sends \"third\" and waits until a deadline");
	if (!ipcmbox_sendv(box, &piece, 1, 0, ipcmbox_deadline(SECOND / 2),
			   &receipt, sizeof(receipt)))
		errx(1, "somebody received the message");
	if (errno != ETIMEDOUT)
		err(1, "ipcmbox_sendv");
	if (receipt.disposition != IPCMBOX_WITHDRAWN)
		errx(1, "disposition %u", receipt.disposition);
	say("sender", "gives up: message %llu was withdrawn",
	    (unsigned long long)receipt.id);
	if (ipcmbox_peek(box, text, sizeof(text), 0, NULL, 0) >= 0)
		errx(1, "the message is still there");
	if (errno != EAGAIN)
		err(1, "ipcmbox_peek");
	say("receiver", "finds nothing");
}

int main(void)
{
	int box = ipcmbox_create(IPCMBOX_RENDEZVOUS, O_RDWR);

	if (box < 0)
		err(1, "ipcmbox_create");
	start = now();
	sender_waits(box);
	receiver_waits(box);
	nobody_comes(box);
	return 0;
}
