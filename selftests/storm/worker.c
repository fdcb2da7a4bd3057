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

/* Exchanges an own descriptor; the inherited ones are of all threads. */
static void exchange(int *own, int inherited, int fresh)
{
	if (fresh < 0)
		return;
	if (*own != inherited)
		close(*own);
	*own = fresh;
}

static void do_reopen(struct caller *caller, unsigned int number)
{
	struct box *box = &caller->round->boxes[number];
	struct ipcmbox_reopen reopen = {
		.size = sizeof(reopen),
		.open_flags = O_RDONLY,
	};

	if (ioctl(box->rx, IPCMBOX_IOC_REOPEN, &reopen))
		return;
	exchange(&caller->rx[number], box->rx, reopen.fd);
	caller_tally(caller, TALLY_REOPENED);
}

static void do_duplicate(struct caller *caller, unsigned int number)
{
	struct box *box = &caller->round->boxes[number];

	exchange(&caller->tx[number], box->tx,
		 fcntl(box->tx, F_DUPFD_CLOEXEC, 0));
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

	if (boxes_are_held(caller->round))
		return;
	slot = worker_slot(caller->round);
	if (slot < 0)
		return;
	pid = fork();
	if (!pid) {
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
	unsigned int box = dice_draw(&caller->dice, STORM_BOXES);

	if (what < 400)
		call_send(caller, box);
	else if (what < 840)
		call_receive(caller, box);
	else if (what < 890)
		call_peek(caller, box);
	else if (what < 930)
		call_poll(caller, box);
	else if (what < 950)
		do_reopen(caller, box);
	else if (what < 970)
		do_duplicate(caller, box);
	else if (what < 980)
		do_map(caller);
	else if (what < 985)
		call_drain(caller, 3 + box % 3);
	else if (what < 990)
		call_set(caller, 3);
	else if (what < 992)
		do_fork(caller, options);
	else if (what == 999 &&
		 caller->worker->done > caller->round->length / 2)
		call_destroy(caller, 8);
}

void worker_run(struct round *round, unsigned int slot, uint32_t choices,
		const struct options *options)
{
	struct worker *worker = &round->workers[slot];
	struct caller caller;

	if (!caller_init(&caller, round, slot, options->seed))
		abort();
	atomic_store(&worker->pid, getpid());
	atomic_store(&worker->tid, syscall(SYS_gettid));
	while (worker->done < choices && !round->over) {
		choose(&caller, options);
		worker->done++;
	}
	worker->choices = caller.dice.hash;
	caller_exit(&caller);
	atomic_store(&worker->over, true);
}
