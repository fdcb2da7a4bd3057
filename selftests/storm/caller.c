// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who makes the calls of the history: each is noted before it is made, in memory that
 * outlives its caller, and again when it has returned.
 */
#include <errno.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "storm.h"

#define PAGE 4096
/* Room for a message, whose end is not that of the area. */
#define PLACE ((STORM_PAYLOAD + PAGE) / PAGE * PAGE)

bool caller_init(struct caller *caller, struct round *round, unsigned int slot,
		 uint64_t seed)
{
	size_t size = (STORM_CASES + 1) * PLACE;
	unsigned int i;
	char *area;

	*caller = (struct caller){
		.round = round,
		.worker = &round->workers[slot],
		.slot = slot,
		.process = getpid(),
	};
	dice_init(&caller->dice, seed, round->number, slot);
	area = mmap(NULL, size + PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED)
		return false;
	caller->area = area;
	caller->cliff = area + size;
	for (i = 0; i < STORM_BOXES; i++) {
		caller->rx[i] = round->boxes[i].rx;
		caller->tx[i] = round->boxes[i].tx;
	}
	return !mprotect(caller->cliff, PAGE, PROT_NONE);
}

/* Where the message of one of several calls is. */
char *caller_place(const struct caller *caller, unsigned int place)
{
	return caller->area + place * PLACE;
}

void caller_exit(struct caller *caller)
{
	unsigned int i;

	for (i = 0; i < STORM_BOXES; i++) {
		caller_reopen(caller, i, caller->round->boxes[i].rx);
		if (caller->tx[i] != caller->round->boxes[i].tx)
			close(caller->tx[i]);
	}
	munmap(caller->area, caller->cliff + PAGE - caller->area);
}

/* Exchanges the descriptor that receives; the inherited ones are of all threads. */
void caller_reopen(struct caller *caller, unsigned int box, int fresh)
{
	int old = caller->rx[box];
	struct event *event;

	caller->rx[box] = fresh;
	if (old == fresh || old == caller->round->boxes[box].rx)
		return;
	event = caller_begin(caller, box, EVENT_CLOSE, 0, 0);
	close(old);
	caller_end(caller, event, 0);
}

void caller_tally(struct caller *caller, enum tally tally)
{
	caller->worker->tallies[tally]++;
}

uint64_t caller_value(struct caller *caller)
{
	return (uint64_t)(caller->slot + 1) << 32 | ++caller->sequence;
}

struct event *caller_begin(struct caller *caller, unsigned int box,
			   enum event_kind kind, uint64_t value,
			   unsigned int flags)
{
	struct worker *worker = caller->worker;
	struct event *event = &worker->events[worker->count];

	*event = (struct event){
		.value = value,
		.process = caller->process,
		.worker = caller->slot,
		.box = box,
		.kind = kind,
		.flags = flags,
		.signals = storm_signals,
		.begin = atomic_fetch_add(&caller->round->clock, 1),
	};
	atomic_fetch_add(&worker->count, 1);
	return event;
}

void caller_end(struct caller *caller, struct event *event, int ret)
{
	static const struct {
		int ret;
		enum tally tally;
	} outcomes[] = {
		{ -ETIMEDOUT, TALLY_EXPIRED }, { -EINTR, TALLY_INTERRUPTED },
		{ -EFAULT, TALLY_FAULT },      { -EMSGSIZE, TALLY_TOO_SMALL },
		{ -EIDRM, TALLY_REMOVED },     { -EBUSY, TALLY_BUSY },
		{ -ESRCH, TALLY_NO_PROCESS },  { -EDQUOT, TALLY_NO_QUOTA },
	};
	size_t i;

	event->ret = ret;
	if (event->signals != (uint8_t)storm_signals)
		event->flags |= EVENT_SIGNALLED;
	atomic_thread_fence(memory_order_release);
	event->end = atomic_fetch_add(&caller->round->clock, 1);
	for (i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
		if (ret == outcomes[i].ret)
			caller_tally(caller, outcomes[i].tally);
	if (ret == -EPIPE && event->box == STORM_DISCONNECTED)
		caller_tally(caller, TALLY_DISCONNECTED);
	if (ret == -EPIPE)
		caller_tally(caller, event->kind == EVENT_SEND ?
					     TALLY_BROKEN_PIPE :
					     TALLY_END_OF_FILE);
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

/* Never, passed already, or soon. */
uint64_t caller_deadline(struct caller *caller)
{
	uint32_t microseconds = dice_draw(&caller->dice, 2000);

	switch (dice_draw(&caller->dice, 4)) {
	case 0:
		return 0;
	case 1:
		return 1;
	default:
		return now() + microseconds * 1000ULL;
	}
}

/* Mostly so late that somebody may have answered. */
uint64_t caller_patience(struct caller *caller)
{
	uint32_t milliseconds = 2 + dice_draw(&caller->dice, 10);

	if (caller_chance(caller, 25))
		return caller_deadline(caller);
	return now() + milliseconds * 1000000ULL;
}

bool caller_chance(struct caller *caller, uint32_t percent)
{
	return dice_draw(&caller->dice, 100) < percent;
}

int caller_result(int64_t ret)
{
	return ret < 0 ? -errno : 0;
}
