// SPDX-License-Identifier: GPL-2.0-only
/*
 * SELECT: sends and receives in several mailboxes, of which one is done. Each case is an
 * event of its mailbox; one that was not done says that it was not ready where that is
 * known.
 */
#include <errno.h>
#include <sys/ioctl.h>
#include <linux/ipcmbox.h>

#include "storm.h"

struct selection {
	struct ipcmbox_select arg;
	struct ipcmbox_case cases[STORM_CASES];
	struct event *events[STORM_CASES];
	struct sending sendings[STORM_CASES];
	struct receiving receivings[STORM_CASES];
	bool sends; /* which may be under way to a receiver when time is up */
};

static void init_case(struct caller *caller, struct selection *selection,
		      unsigned int i)
{
	unsigned int box = boxes_draw(&caller->dice) % STORM_HUB;
	struct ipcmbox_case *one = &selection->cases[i];

	one->kind = dice_draw(&caller->dice, 2);
	/* An end that this process was not given. */
	if ((one->kind ? caller->rx : caller->tx)[box] < 0)
		one->kind = !one->kind;
	if (one->kind == IPCMBOX_CASE_SEND) {
		sending_init(caller, &selection->sendings[i], i);
		one->fd = caller->tx[box];
		one->arg = (uintptr_t)&selection->sendings[i].arg;
		selection->events[i] = sending_begin(
			caller, &selection->sendings[i], box, EVENT_CASE);
		selection->sends = true;
		return;
	}
	receiving_init(caller, &selection->receivings[i], box, i);
	one->fd = caller->rx[box];
	one->arg = (uintptr_t)&selection->receivings[i].arg;
	selection->events[i] = receiving_begin(
		caller, &selection->receivings[i], box, EVENT_RECV, EVENT_CASE);
}

/* Whether a case that was not done, was at some instant not ready. */
static bool was_not_ready(const struct selection *selection, unsigned int i,
			  int ret)
{
	int index = selection->arg.index;

	if (index < 0)
		return ret == -EAGAIN ||
		       (ret == -ETIMEDOUT && !selection->sends);
	/* Those before are looked at first; an argument may be at fault before that. */
	return (selection->arg.flags & IPCMBOX_ORDERED) && (int)i < index &&
	       (!ret || ret == -EPIPE || ret == -EIDRM || ret == -EMSGSIZE);
}

static void end_case(struct caller *caller, struct selection *selection,
		     unsigned int i, int ret)
{
	struct event *event = selection->events[i];

	if (selection->arg.index != (int)i) {
		caller_end(caller, event,
			   was_not_ready(selection, i, ret) ? -EAGAIN :
							      -ENOENT);
		return;
	}
	if (event->kind == EVENT_SEND)
		sending_told(caller, &selection->sendings[i], event, ret);
	else
		ret = receiving_told(caller, &selection->receivings[i], event,
				     ret);
	caller_end(caller, event, ret);
}

void call_select(struct caller *caller)
{
	static const enum tally done[] = {
		[IPCMBOX_CASE_SEND] = TALLY_SELECTED_SEND,
		[IPCMBOX_CASE_RECV] = TALLY_SELECTED_RECV,
	};
	struct selection selection = {
		.arg = {
			.size = sizeof(selection.arg),
			.cases = (uintptr_t)selection.cases,
			.count = 2 + dice_draw(&caller->dice, STORM_CASES - 1),
			.stride = sizeof(selection.cases[0]),
			.index = -1,
		},
	};
	unsigned int i;
	int ret;

	for (i = 0; i < selection.arg.count; i++)
		init_case(caller, &selection, i);
	if (caller_chance(caller, 40))
		selection.arg.flags |= IPCMBOX_DONTWAIT;
	if (caller_chance(caller, 50))
		selection.arg.flags |= IPCMBOX_ORDERED;
	selection.arg.deadline = caller_deadline(caller);
	ret = caller_result(ioctl(caller->round->device, IPCMBOX_IOC_SELECT,
				  &selection.arg));
	for (i = 0; i < selection.arg.count; i++)
		end_case(caller, &selection, i, ret);
	for (i = 0; i < selection.arg.count; i++)
		if (selection.events[i]->kind != EVENT_SEND)
			receiving_done(caller, &selection.receivings[i],
				       selection.events[i]);
	if (!ret)
		caller_tally(caller,
			     done[selection.cases[selection.arg.index].kind]);
	else if (ret == -EAGAIN)
		caller_tally(caller, TALLY_SELECTED_NONE);
	else if (ret == -ETIMEDOUT)
		caller_tally(caller, TALLY_EXPIRED);
	else if (ret == -EINTR && selection.arg.index < 0)
		caller_tally(caller, TALLY_INTERRUPTED);
}
