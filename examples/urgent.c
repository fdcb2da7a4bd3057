// SPDX-License-Identifier: GPL-2.0-only
/*
 * Priorities: what is urgent is received first, also if the mailbox is full of what is
 * not, and its sender still waits for room.
 */
#include <fcntl.h>
#include <ipcmbox.h>
#include <string.h>

#include "example.h"

#define ROOM	2

static const char *const expected[ROOM + 1] = { "alarm", "routine 1",
						"routine 2" };

static void send_with_priority(int box, char *text, uint32_t priority)
{
	const struct ipcmbox_send_options options = { .priority = priority };
	struct iovec piece = { .iov_base = text, .iov_len = strlen(text) + 1 };
	struct ipcmbox_receipt receipt;

	say("sender", "sends \"%s\" of priority %u", text, priority);
	if (ipcmbox_send_with(box, &piece, 1, &options, sizeof(options),
			      &receipt, sizeof(receipt)))
		err(1, "ipcmbox_send_with");
	say("sender", "\"%s\" was %s", text,
	    receipt.disposition == IPCMBOX_TAKEN ? "received" : "stored");
}

static void wait_for_sender(int box)
{
	struct ipcmbox_info info;

	do {
		usleep(1000);
		if (ipcmbox_info(box, 0, &info, sizeof(info)))
			err(1, "ipcmbox_info");
	} while (!info.senders_waiting);
	say("receiver", "comes: %llu stored, %llu waiting for room",
	    (unsigned long long)info.queued,
	    (unsigned long long)info.senders_waiting);
}

int main(void)
{
	struct ipcmbox_attr *attr = ipcmbox_attr_new();
	char text[16];
	pid_t child;
	int box, i;

	if (!attr)
		err(1, "ipcmbox_attr_new");
	ipcmbox_attr_set_capacity(attr, ROOM);
	ipcmbox_attr_set_order(attr, IPCMBOX_PRIORITY);
	box = ipcmbox_create_attr(attr, O_RDWR);
	if (box < 0)
		err(1, "ipcmbox_create_attr");
	ipcmbox_attr_free(attr);
	start = now();
	child = start_child();
	if (!child) {
		send_with_priority(box, (char[]){ "routine 1" }, 0);
		send_with_priority(box, (char[]){ "routine 2" }, 0);
		send_with_priority(box, (char[]){ "alarm" }, 9);
		_exit(0);
	}
	wait_for_sender(box);
	for (i = 0; i <= ROOM; i++) {
		if (ipcmbox_recv(box, text, sizeof(text)) < 0)
			err(1, "ipcmbox_recv");
		say("receiver", "has \"%s\"", text);
		if (strcmp(text, expected[i]))
			errx(1, "it should have been \"%s\"", expected[i]);
	}
	wait_for(child, "sender");
	return 0;
}
