// SPDX-License-Identifier: GPL-2.0-only
/*
 * CANCEL: of messages that the caller has sent before, and of those for which another
 * thread of its process just waits. The kernel writes their numbers to where that thread
 * passed its argument, so that is memory of the process and not of its stack.
 */
#include <string.h>
#include <sys/ioctl.h>
#include <linux/ipcmbox.h>

#include "storm.h"

/* What the threads of this process wait for, by slot. */
static struct waiting {
	_Atomic unsigned int box;
	_Atomic uintptr_t id; /* where its number is, or 0 */
	struct ipcmbox_send send;
	struct ipcmbox_call call;
} waiting[STORM_WORKERS];

int cancel_send(struct caller *caller, unsigned int box,
		struct ipcmbox_send *send)
{
	struct waiting *own = &waiting[caller->slot];
	int ret;

	own->send = *send;
	atomic_store(&own->box, box);
	atomic_store(&own->id, (uintptr_t)&own->send.id);
	ret = caller_result(
		ioctl(caller->tx[box], IPCMBOX_IOC_SEND, &own->send));
	atomic_store(&own->id, 0);
	*send = own->send;
	return ret;
}

int cancel_call(struct caller *caller, unsigned int box,
		struct ipcmbox_call *call)
{
	struct waiting *own = &waiting[caller->slot];
	int ret;

	own->call = *call;
	atomic_store(&own->box, box);
	atomic_store(&own->id, (uintptr_t)&own->call.id);
	ret = caller_result(
		ioctl(caller->tx[box], IPCMBOX_IOC_CALL, &own->call));
	atomic_store(&own->id, 0);
	*call = own->call;
	return ret;
}

/* What is forked has a process of its own, and nobody waits in it yet. */
void cancel_forget(void)
{
	memset(waiting, 0, sizeof(waiting));
}

void cancel_remember(struct caller *caller, unsigned int box, uint64_t id)
{
	unsigned int place = caller->nr_sent % STORM_CASES;

	if (!id)
		return;
	caller->sent[place] = (struct sent){ box, id };
	caller->nr_sent++;
}

/* That of another thread; its mailbox may be another's by now, then so is the number. */
static struct sent sent_by_other(unsigned int slot)
{
	struct sent sent = { .box = waiting[slot].box };
	const uint64_t *id = (const uint64_t *)waiting[slot].id;

	if (id)
		sent.id = __atomic_load_n(id, __ATOMIC_RELAXED);
	return sent;
}

void call_cancel(struct caller *caller)
{
	static const enum tally results[] = {
		[IPCMBOX_CANCEL_DONE] = TALLY_CANCELLED,
		[IPCMBOX_CANCEL_TOO_LATE] = TALLY_CANCEL_TOO_LATE,
		[IPCMBOX_CANCEL_REPLIED] = TALLY_CANCEL_REPLIED,
		[IPCMBOX_CANCEL_UNKNOWN] = TALLY_CANCEL_UNKNOWN,
	};
	struct ipcmbox_cancel cancel = { .size = sizeof(cancel) };
	unsigned int place = dice_draw(&caller->dice, STORM_CASES);
	unsigned int other = dice_draw(&caller->dice, 3);
	bool never = caller_chance(caller, 5);
	struct sent sent = caller->sent[place];
	struct event *event;
	unsigned int slot;
	int ret;

	/* Threads of a process mostly have slots beside each other. */
	slot = (caller->slot + STORM_WORKERS + other - 1) % STORM_WORKERS;
	if (slot != caller->slot && sent_by_other(slot).id)
		sent = sent_by_other(slot);
	if (!sent.id)
		return;
	/* A number that there has never been. */
	if (never)
		sent.id <<= 20;
	cancel.id = sent.id;
	event = caller_begin(caller, sent.box, EVENT_CANCEL, 0, 0);
	event->id = sent.id;
	ret = caller_result(
		ioctl(caller->tx[sent.box], IPCMBOX_IOC_CANCEL, &cancel));
	event->count = cancel.result;
	caller_end(caller, event, ret);
	if (!event->ret)
		caller_tally(caller, results[cancel.result]);
}
