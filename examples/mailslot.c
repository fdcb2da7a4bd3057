// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mailslot: one announcer, and each message goes to all who have subscribed. Two
 * listeners want every message, so the announcer waits for them; a third would rather
 * lose some than hold up the others, and is told how many it has lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <ipcmbox.h>
#include <stdlib.h>

#include "example.h"

#define KEEN	2
#define NEWS	6
#define KEPT	2

static int subscribe(int hub, enum ipcmbox_slow slow)
{
	struct ipcmbox_attr *attr = ipcmbox_attr_new();
	int fd;

	if (!attr)
		err(1, "ipcmbox_attr_new");
	ipcmbox_attr_set_capacity(attr, KEPT);
	ipcmbox_attr_set_slow(attr, slow);
	fd = ipcmbox_subscribe(hub, attr, 0);
	if (fd < 0)
		err(1, "ipcmbox_subscribe");
	ipcmbox_attr_free(attr);
	return fd;
}

/* Until the announcer has gone; returns how many came, and how many were lost. */
static int listen_to(int fd, const char *name, uint64_t *lost)
{
	struct ipcmbox_delivery delivery;
	int number = 0, count = 0;
	struct iovec piece = { .iov_base = &number, .iov_len = sizeof(number) };

	*lost = 0;
	while (ipcmbox_recvv(fd, &piece, 1, 0, 0, &delivery,
			     sizeof(delivery)) >= 0) {
		if (delivery.lag)
			say(name, "has lost %d", (int)delivery.lag);
		*lost += delivery.lag;
		say(name, "hears of %d", number);
		count++;
	}
	if (errno != EPIPE)
		err(1, "ipcmbox_recvv");
	return count;
}

static int announce(int hub, int number)
{
	struct iovec piece = { .iov_base = &number, .iov_len = sizeof(number) };
	struct ipcmbox_receipt receipt;

	if (ipcmbox_sendv(hub, &piece, 1, 0, 0, &receipt, sizeof(receipt)))
		err(1, "ipcmbox_sendv");
	say("announcer", "tells of %d, to %u", number, receipt.reached);
	return (int)receipt.reached;
}

int main(void)
{
	struct ipcmbox_attr *attr = ipcmbox_attr_new();
	int hub, fds[KEEN], slow, i, wake[2];
	pid_t keen[KEEN], sleeper;
	uint64_t lost;
	char byte;

	if (!attr || pipe(wake))
		err(1, "preparing");
	ipcmbox_attr_set_broadcast(attr, true);
	hub = ipcmbox_create_attr(attr, O_RDWR);
	if (hub < 0)
		err(1, "ipcmbox_create_attr");
	ipcmbox_attr_free(attr);
	start = now();
	for (i = 0; i < KEEN; i++)
		fds[i] = subscribe(hub, IPCMBOX_SLOW_BLOCK);
	slow = subscribe(hub, IPCMBOX_SLOW_DROP_OLDEST);
	for (i = 0; i < KEEN; i++) {
		keen[i] = start_child();
		if (!keen[i]) {
			close(hub);
			_exit(listen_to(fds[i], i ? "keen 2" : "keen 1",
					&lost) != NEWS ||
			      lost);
		}
	}
	sleeper = start_child();
	if (!sleeper) {
		close(hub);
		close(wake[1]);
		if (read(wake[0], &byte, 1))
			err(1, "read");
		_exit(listen_to(slow, "sleeper", &lost) != KEPT ||
		      lost != NEWS - KEPT);
	}
	for (i = 1; i <= NEWS; i++)
		if (announce(hub, i) != KEEN + 1)
			errx(1, "somebody was not reached");
	close(hub);
	close(wake[1]);
	for (i = 0; i < KEEN; i++)
		wait_for(keen[i], "keen listener");
	wait_for(sleeper, "sleeper");
	return 0;
}
