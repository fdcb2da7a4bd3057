// SPDX-License-Identifier: GPL-2.0-only
/*
 * The calls that change a mailbox, or ask for its state.
 */
#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <linux/ipcmbox.h>

#include "storm.h"

void call_drain(struct caller *caller, unsigned int box)
{
	struct ipcmbox_drain drain = { .size = sizeof(drain) };
	struct event *event = caller_begin(caller, box, EVENT_DRAIN, 0, 0);
	int ret = caller_result(
		ioctl(caller->rx[box], IPCMBOX_IOC_DRAIN, &drain));

	event->count = drain.messages;
	caller_end(caller, event, ret);
	if (!ret && drain.messages)
		caller_tally(caller, TALLY_DRAINED);
}

void call_destroy(struct caller *caller, unsigned int box)
{
	struct ipcmbox_destroy destroy = { .size = sizeof(destroy) };
	struct event *event = caller_begin(caller, box, EVENT_DESTROY, 0, 0);

	caller_end(caller, event,
		   caller_result(ioctl(caller->round->boxes[box].rx,
				       IPCMBOX_IOC_DESTROY, &destroy)));
	if (!event->ret)
		caller_tally(caller, TALLY_DESTROYED);
}

void call_set(struct caller *caller, unsigned int box)
{
	struct ipcmbox_set set = {
		.size = sizeof(set),
		.flags = IPCMBOX_SET_CAPACITY,
		.capacity = 1 + dice_draw(&caller->dice, 9),
	};
	struct event *event = caller_begin(caller, box, EVENT_SET, 0, 0);

	event->count = set.capacity;
	caller_end(caller, event,
		   caller_result(ioctl(caller->round->boxes[box].rx,
				       IPCMBOX_IOC_SET, &set)));
	if (!event->ret)
		caller_tally(caller, TALLY_SET);
}

/* What poll(2) says of the end of a file is left aside. */
static uint32_t told(short revents, short ready, uint32_t yes, uint32_t no)
{
	if (revents & (POLLHUP | POLLERR | POLLNVAL))
		return 0;
	return revents & ready ? yes : no;
}

void call_poll(struct caller *caller, unsigned int box)
{
	struct pollfd fds[2] = {
		{ .fd = caller->rx[box], .events = POLLIN },
		{ .fd = caller->tx[box], .events = POLLOUT },
	};
	int ms = dice_draw(&caller->dice, 2);
	struct event *event = caller_begin(caller, box, EVENT_POLL, 0, 0);
	int ret = caller_result(poll(fds, 2, ms));

	if (!ret && fds[0].fd >= 0)
		event->count |=
			told(fds[0].revents, POLLIN, POLL_MESSAGE, POLL_NONE);
	/* At capacity 0 it tells of receivers, who are not in the history. */
	if (!ret && fds[1].fd >= 0 && caller->round->boxes[box].capacity)
		event->count |=
			told(fds[1].revents, POLLOUT, POLL_ROOM, POLL_FULL);
	caller_end(caller, event, ret);
	caller_tally(caller, TALLY_POLLED);
}
