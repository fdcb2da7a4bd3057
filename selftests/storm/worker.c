// SPDX-License-Identifier: GPL-2.0-only
/*
 * A worker: draws what to do, and does it, until it has made as many choices as it was
 * to make or the round is over.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/ipcmbox.h>

#include "storm.h"

#define PAGE 4096

int worker_slot(struct round *round)
{
	uint32_t slot = atomic_fetch_add(&round->slots, 1);

	return slot < STORM_WORKERS ? (int)slot : -1;
}

/* Whether it is of the second user, who may not open or take away the names of the first. */
static bool slot_is_other(const struct round *round, unsigned int slot)
{
	return round->scarce && slot % 3 == 2;
}

static bool is_other(const struct caller *caller)
{
	return slot_is_other(caller->round, caller->slot);
}

static void do_reopen(struct caller *caller, unsigned int number)
{
	struct box *box = &caller->round->boxes[number];
	struct ipcmbox_reopen reopen = {
		.size = sizeof(reopen),
		.open_flags = O_RDONLY,
	};

	if (box->number && !is_other(caller))
		reopen.fd = names_reopen(caller, number);
	else if (ioctl(box->rx, IPCMBOX_IOC_REOPEN, &reopen))
		return;
	caller_reopen(caller, number, reopen.fd);
	caller_tally(caller, TALLY_REOPENED);
}

static void do_duplicate(struct caller *caller, unsigned int number)
{
	int inherited = caller->round->boxes[number].tx;
	int fresh = fcntl(inherited, F_DUPFD_CLOEXEC, 0);

	if (fresh < 0)
		return;
	if (caller->tx[number] != inherited)
		close(caller->tx[number]);
	caller->tx[number] = fresh;
	caller_tally(caller, TALLY_DUPLICATED);
}

static void do_map(struct caller *caller)
{
	struct box *box = &caller->round->boxes[1];
	atomic_int *cells = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
				 box->rx, 0);

	if (cells == MAP_FAILED)
		return;
	cells[caller->slot]++;
	munmap((void *)cells, PAGE);
	caller_tally(caller, TALLY_MAPPED);
}

/* The child is reaped by the parent of all. */
static void do_fork(struct caller *caller, const struct options *options)
{
	pid_t pid;
	int slot;

	/* It can become the other user, and not root. */
	if (boxes_are_held(caller->round) || is_other(caller))
		return;
	slot = worker_slot(caller->round);
	if (slot < 0)
		return;
	pid = fork();
	if (!pid) {
		cancel_forget();
		worker_run(caller->round, slot, caller->round->length, options);
		_exit(0);
	}
	if (pid < 0)
		atomic_store(&caller->round->workers[slot].over, true);
	else
		caller_tally(caller, TALLY_FORKED);
}

static void choose(struct caller *caller, const struct options *options)
{
	uint32_t what = dice_draw(&caller->dice, 1000);
	unsigned int box = boxes_draw(&caller->dice);

	if (what < 290)
		call_send(caller, box);
	else if (what < 590)
		call_receive(caller, box);
	else if (what < 690)
		call_select(caller);
	else if (what < 705)
		call_sendv(caller, box);
	else if (what < 725)
		call_recvv(caller, box);
	else if (what < 775)
		call_call(caller, box);
	else if (what < 805)
		call_reply(caller);
	else if (what < 830)
		call_serve(caller);
	else if (what < 850)
		call_cancel(caller);
	else if (what < 890)
		call_peek(caller, box);
	else if (what < 930)
		call_poll(caller, box);
	else if (what < 950)
		do_reopen(caller, box);
	else if (what < 967)
		do_duplicate(caller, box);
	else if (what < 970 && !is_other(caller))
		call_name(caller);
	else if (what < 980)
		do_map(caller);
	else if (what < 985)
		call_drain(caller, box < STORM_DRAWN || box >= STORM_HUB ?
					   3 + box % 3 :
					   box);
	else if (what < 990)
		call_set(caller, boxes_bounded(caller->round, box));
	else if (what < 992)
		do_fork(caller, options);
	else if (what == 999 &&
		 caller->worker->done > caller->round->length / 2)
		call_destroy(caller, 8);
}

/* Whether there is room to note whatever call comes next, and the end. */
static bool has_room(const struct worker *worker, const struct round *round)
{
	return worker->count + 5 * STORM_CASES < STORM_EVENTS(round->length);
}

void worker_run(struct round *round, unsigned int slot, uint32_t choices,
		const struct options *options)
{
	struct worker *worker = &round->workers[slot];
	struct caller caller;

	/* The thread alone. */
	if (slot_is_other(round, slot) &&
	    syscall(SYS_setresuid, STORM_OTHER, STORM_OTHER, STORM_OTHER))
		abort();
	if (!caller_init(&caller, round, slot, options->seed))
		abort();
	atomic_store(&worker->pid, getpid());
	atomic_store(&worker->tid, syscall(SYS_gettid));
	while (worker->done < choices && !round->over &&
	       has_room(worker, round)) {
		choose(&caller, options);
		worker->done++;
	}
	worker->choices = caller.dice.hash;
	caller_exit(&caller);
	atomic_store(&worker->over, true);
}
