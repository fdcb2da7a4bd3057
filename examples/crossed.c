// SPDX-License-Identifier: GPL-2.0-only
/*
 * Crossed sends: two processes send to each other by rendezvous before either receives.
 * Each waits for the other: a deadlock. It is seen from outside, as "ipcmbox stat" shows it:
 * a waiting sender at each mailbox and no receiver. A deadline ends it.
 */
#include <errno.h>
#include <fcntl.h>
#include <ipcmbox.h>
#include <string.h>

#include "example.h"

static const char *const names[] = { "crossed-A", "crossed-B" };

static int make(const char *name)
{
	struct ipcmbox_attr *attr = ipcmbox_attr_new();
	int box;

	if (!attr)
		err(1, "ipcmbox_attr_new");
	box = ipcmbox_create_named(name, attr, O_RDWR | O_EXCL, 0600);
	ipcmbox_attr_free(attr);
	if (box < 0)
		err(1, "ipcmbox_create_named");
	return box;
}

/* Sends first, and only then receives. */
static void talk(const char *who, int to, int from, uint64_t patience)
{
	struct iovec iov = { "x", 1 };
	struct ipcmbox_receipt receipt;
	char c;

	if (ipcmbox_sendv(to, &iov, 1, 0, ipcmbox_deadline(patience), &receipt,
			  sizeof(receipt))) {
		if (errno != ETIMEDOUT ||
		    receipt.disposition != IPCMBOX_WITHDRAWN)
			err(1, "ipcmbox_sendv");
		say(who, "%s: took the message back, and receives first",
		    strerror(errno));
		if (ipcmbox_recv(from, &c, 1) != 1 || ipcmbox_send(to, "x", 1))
			err(1, "the second try");
	} else if (ipcmbox_recv(from, &c, 1) != 1) {
		err(1, "ipcmbox_recv");
	}
	say(who, "has sent and received");
	_exit(0);
}

/* What ipcmbox stat shows in its columns of waiting senders and receivers. */
static bool deadlocked(void)
{
	struct ipcmbox_entry entries[16];
	uint64_t cursor = 0;
	ssize_t count;
	int stuck = 0;

	count = ipcmbox_list(&cursor, entries, 16, sizeof(entries[0]));
	if (count < 0)
		err(1, "ipcmbox_list");
	for (ssize_t i = 0; i < count; i++) {
		int box = ipcmbox_open_named(entries[i].name, O_RDWR);
		struct ipcmbox_info info;

		if (box < 0 || ipcmbox_info(box, 0, &info, sizeof(info)))
			err(1, "ipcmbox_info");
		close(box);
		stuck += info.senders_waiting && !info.receivers_waiting;
	}
	return stuck == 2;
}

int main(void)
{
	int boxes[2] = { make(names[0]), make(names[1]) };
	bool seen = false;
	double begin;
	pid_t a, b;

	start = now();
	begin = now();
	a = start_child();
	if (!a)
		talk("A", boxes[1], boxes[0], 2000000000);
	b = start_child();
	/* With the same patience both would give up, and cross again. */
	if (!b)
		talk("B", boxes[0], boxes[1], 60000000000);
	while (!(seen = deadlocked()) && now() - begin < 10)
		usleep(1000);
	if (!seen)
		errx(1, "there was no deadlock to be seen");
	say("watcher", "both wait to send, neither to receive: a deadlock");
	wait_for(a, "process A");
	wait_for(b, "process B");
	for (int i = 0; i < 2; i++)
		if (ipcmbox_unlink(names[i]))
			err(1, "ipcmbox_unlink");
	return now() - begin < 2;
}
