// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a program leaves, and in which order it must go away: a wait that goes on
 * though it has nothing to wait for is a finding, as are wrong counters. Signals come
 * last, as one that comes earlier would hide that a wake-up was lost.
 */
#include <signal.h>
#include <unistd.h>

#include "play.h"
#include "slots.h"
#include "tasks.h"
#include "waits.h"

#define SETTLE_MS 20
#define CHANGE_MS 4000 /* for what must come to be so */

static bool adds_up(const struct ipcmbox_info *info)
{
	return info->sent == info->received + info->queued +
				     info->senders_waiting + info->in_transfer +
				     info->withdrawn + info->expired +
				     info->dropped;
}

/* Whether nobody waits for what is there, as far as that can be known. */
static bool waits_rightly(const struct ipcmbox_info *info)
{
	/* An empty one has room for any message. */
	bool room = info->queued + info->in_transfer < info->capacity &&
		    (!info->max_bytes || !info->queued_bytes);

	if (info->state & IPCMBOX_STATE_DESTROYED)
		return true;
	/* Who has taken them has no port any more to answer by. */
	if (info->calls && !info->receivers)
		return false;
	if (info->receivers_waiting &&
	    (info->queued || info->senders_waiting) &&
	    !(info->attributes & IPCMBOX_SELECTIVE) && !play_selects())
		return false;
	return !info->senders_waiting || !room;
}

static bool is_empty(const struct ipcmbox_info *info)
{
	return !info->receivers_waiting && !info->senders_waiting &&
	       !info->in_transfer && !info->queued;
}

/* Where no call is under way. */
static bool is_quiet(const struct ipcmbox_info *info)
{
	return !info->receivers_waiting && !info->senders_waiting &&
	       !info->in_transfer;
}

static bool is_quiet_if_destroyed(const struct ipcmbox_info *info)
{
	return !(info->state & IPCMBOX_STATE_DESTROYED) || is_empty(info);
}

static bool become(bool (*fine)(const struct ipcmbox_info *info))
{
	uint64_t end = limit_ms(CHANGE_MS);

	while (!slots_are(fine)) {
		if (now() > end)
			return false;
		usleep(1000);
	}
	return true;
}

static bool become_right(void)
{
	uint64_t end = limit_ms(CHANGE_MS);

	while (!waits_are_right()) {
		if (now() > end)
			return false;
		usleep(1000);
	}
	return true;
}

static bool none(int fd)
{
	return false;
}

enum outcome finish(void)
{
	uint64_t settled = limit_ms(SETTLE_MS);
	enum outcome outcome;
	unsigned int i;

	fork_signal(-1, SIGCONT);
	for (i = 0; i < THREADS; i++)
		worker_await(i, settled);
	if (!workers_begin())
		return OUTCOME_LAME;
	if (!slots_are(adds_up))
		return OUTCOME_BREACH;
	if (!become(waits_rightly) || !become_right())
		return OUTCOME_LOST;
	slots_destroy();
	if (!workers_end(slots_destroyed))
		return OUTCOME_LOST;
	outcome = forks_end(slots_destroyed);
	if (outcome)
		return outcome;
	if (!slots_are(adds_up))
		return OUTCOME_BREACH;
	if (!become(is_quiet_if_destroyed))
		return OUTCOME_LEFT;
	/* What else may wait for ever; but what ends with the descriptors. */
	if (!workers_interrupt(slots_hang_up))
		return OUTCOME_HANG;
	if (workers_are_free() && !become(is_quiet))
		return OUTCOME_LEFT;
	slots_close();
	if (!workers_end(slots_hang_up))
		return OUTCOME_LOST;
	return workers_interrupt(none) ? OUTCOME_FINE : OUTCOME_HANG;
}
