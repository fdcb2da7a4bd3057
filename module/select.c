// SPDX-License-Identifier: GPL-2.0-only
/*
 * Selection: exactly one of several sends and receives. See select.h.
 */
#include <linux/ipcmbox.h>
#include <linux/lockdep.h>
#include <linux/random.h>
#include <linux/sched/signal.h>
#include <linux/sort.h>
#include <linux/uio.h>

#include "msg.h"
#include "select.h"
#include "trace.h"

/*
 * Stands for all locks of a selection, so that lockdep, which has room for fewer than
 * these, counts them as one.
 */
static struct {
	struct lockdep_map dep_map;
} imb_select_locks __maybe_unused = {
#ifdef CONFIG_LOCKDEP
	.dep_map =
		STATIC_LOCKDEP_MAP_INIT("imb_select_locks", &imb_select_locks),
#endif
};

/* The mailbox that the chosen case sends to has to be made ready first; no error. */
#define IMB_UNPREPARED 1

/* What wins a waiter that has given up. */
static struct imb_stand imb_nobody;

static int imb_select_compare(const void *a, const void *b)
{
	const struct imb_mbox *const *x = a, *const *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void imb_select_init(struct imb_select *select)
{
	unsigned int i;

	select->budget = IMB_BATCH;
	for (i = 0; i < select->count; i++)
		select->locks[i] = select->cases[i].mbox;
	sort(select->locks, select->count, sizeof(*select->locks),
	     imb_select_compare, NULL);
	select->nr_locks = 0;
	for (i = 0; i < select->count; i++)
		if (!i || select->locks[i] != select->locks[i - 1])
			select->locks[select->nr_locks++] = select->locks[i];
}

static void imb_select_lock(struct imb_select *select)
{
	unsigned int i;

	lock_map_acquire(&imb_select_locks.dep_map);
	for (i = 0; i < select->nr_locks; i++) {
		spin_lock_nest_lock(&select->locks[i]->lock, &imb_select_locks);
		/* For sparse, which cannot count how many. */
		__release(&select->locks[i]->lock);
	}
}

/* Whether a message came into a queue of this mailbox. */
static bool imb_select_queued(const struct imb_select *select,
			      const struct imb_mbox *mbox)
{
	unsigned int i;

	for (i = 0; i < select->count; i++)
		if (select->cases[i].mbox == mbox && select->cases[i].queued)
			return true;
	return false;
}

/*
 * Unlock. What was collected follows, and what the mailboxes need: for that each is
 * locked again by itself.
 */
static void imb_select_unlock(struct imb_select *select,
			      struct imb_after *after)
{
	unsigned int i;

	for (i = select->nr_locks; i--;) {
		__acquire(&select->locks[i]->lock);
		spin_unlock(&select->locks[i]->lock);
	}
	lock_map_release(&imb_select_locks.dep_map);
	for (i = 0; i < select->nr_locks; i++) {
		after->events = imb_select_queued(select, select->locks[i]) ?
					EPOLLIN | EPOLLRDNORM :
					0;
		spin_lock(&select->locks[i]->lock);
		imb_mbox_settle(select->locks[i], after);
	}
}

/* Put the messages that have had no place. */
static void imb_select_unshare(struct imb_select *select)
{
	unsigned int i;

	for (i = 0; i < select->count; i++) {
		struct imb_case *kase = &select->cases[i];

		if (kase->sends && kase->stand.msg && !kase->placed)
			imb_msg_put(kase->stand.msg);
		kase->stand.msg = NULL;
	}
}

/* Begin an attempt; a message of the same content for each send. */
static int imb_select_begin(struct imb_select *select)
{
	unsigned int i;

	imb_waiter_init(&select->waiter);
	select->waiter.selects = true;
	select->chosen = -1;
	for (i = 0; i < select->count; i++) {
		struct imb_case *kase = &select->cases[i];

		kase->placed = false;
		kase->queued = false;
		kase->waits = false;
		kase->stand = (struct imb_stand){
			.waiter = &select->waiter,
			.hold = &kase->hold,
			.until_taken = kase->until_taken,
			.acct = kase->rx.patience.acct,
			.match = kase->rx.match,
			.notices = kase->rx.notices,
		};
		if (kase->sends)
			kase->stand.msg = imb_msg_clone(kase->msg);
		if (kase->sends && !kase->stand.msg)
			goto err;
		if (kase->sends && imb_mbox_equip(kase->mbox, kase->stand.msg))
			goto err;
	}
	return 0;

err:
	while (++i < select->count)
		select->cases[i].stand.msg = NULL;
	imb_select_unshare(select);
	return -ENOMEM;
}

/*
 * Do one of the cases that are ready; -EAGAIN if none is; -ERESTART if that is not known, as
 * there were too many stands to take away, of which each attempt takes at least one. Fair:
 * each that is ready is as likely, as the one that comes as the nth replaces its
 * predecessor with a probability of 1 / n (Algorithm R, Vitter 1985).
 */
static int imb_select_try_locked(struct imb_select *select,
				 struct imb_after *after)
{
	unsigned int i, ready;
	bool prepared = true;
	int ret;

	while (!imb_after_is_spent(after)) {
		select->chosen = -1;
		for (i = 0, ready = 0; i < select->count; i++) {
			struct imb_case *kase = &select->cases[i];

			ret = imb_case_check_locked(kase, after);
			if (ret == -EAGAIN)
				continue;
			if (ret == -ERESTART)
				return ret;
			if (!(get_random_u32() % ++ready)) {
				select->chosen = i;
				prepared = ret || imb_case_is_prepared(kase);
			}
			if (select->ordered)
				break;
		}
		if (!ready)
			return -EAGAIN;
		if (!prepared)
			return IMB_UNPREPARED;
		ret = imb_case_do_locked(&select->cases[select->chosen], after);
		if (ret != -EAGAIN)
			return ret;
	}
	return -ERESTART;
}

/* Take a stand for each case, or for none. */
static int imb_select_stand_locked(struct imb_select *select,
				   struct imb_after *after)
{
	unsigned int i;
	int ret;

	for (i = 0; i < select->count; i++) {
		select->chosen = i;
		if (!imb_case_is_prepared(&select->cases[i]))
			return IMB_UNPREPARED;
	}
	for (i = 0; i < select->count; i++) {
		ret = imb_case_stand_locked(&select->cases[i], after);
		if (ret) {
			select->chosen = i;
			while (i--)
				imb_case_unstand_locked(&select->cases[i],
							after);
			return ret;
		}
	}
	return 0;
}

/* Take away the stands that are left; the waiter was won, or has given up. */
static void imb_select_leave(struct imb_select *select)
{
	struct imb_after after;
	unsigned int i, j;

	imb_after_init(&after);
	for (i = 0; i < select->nr_locks; i++) {
		struct imb_mbox *mbox = select->locks[i];

		/* All of a mailbox at once: others may have to take them away else. */
		spin_lock(&mbox->lock);
		for (j = 0; j < select->count; j++)
			if (select->cases[j].mbox == mbox)
				imb_case_unstand_locked(&select->cases[j],
							&after);
		imb_mbox_settle(mbox, &after);
	}
}

/* Time is up for a waiter that was won: end the transfer, or see what came of it. */
static int imb_select_give_up(struct imb_select *select, int reason)
{
	struct imb_stand *won = select->waiter.won;
	struct imb_case *kase = container_of(won, struct imb_case, stand);
	int ret;

	if (kase->sends)
		return imb_xfer_withdraw(kase->mbox, won, reason);
	/* Who wins a receiver serves it before he unlocks. */
	spin_lock(&kase->mbox->lock);
	ret = select->waiter.result;
	spin_unlock(&kase->mbox->lock);
	return ret;
}

/* Sleep until a case is done; which, and what came of it. */
static int imb_select_sleep(struct imb_select *select)
{
	struct imb_waiter *waiter = &select->waiter;
	int ret;

	select->chosen = -1;
	trace_ipcmbox_park(select->locks[0]->id, 0, 0);
	ret = imb_waiter_sleep(waiter, &select->patience);
	if (ret && !cmpxchg(&waiter->won, NULL, &imb_nobody))
		return ret;
	if (ret)
		ret = imb_select_give_up(select, ret);
	else
		ret = waiter->result;
	/* A transfer that was ended is no case that has failed. */
	if (waiter->state != IMB_DONE)
		return ret;
	select->chosen = container_of(waiter->won, struct imb_case, stand) -
			 select->cases;
	return ret;
}

/* See the chosen case through. */
static int imb_select_finish(struct imb_select *select)
{
	struct imb_case *kase = &select->cases[select->chosen];
	struct iov_iter start;
	int ret;

	if (kase->sends) {
		kase->receipt.disposition = kase->stand.taken ? IPCMBOX_TAKEN :
								IPCMBOX_QUEUED;
		return 0;
	}
	start = *kase->rx.to;
	kase->rx.lag = kase->stand.msg->lag;
	ret = imb_xfer_conclude(kase->mbox, &kase->rx, kase->stand.msg,
				imb_xfer_export(&kase->rx, kase->stand.msg));
	if (ret == -EAGAIN)
		*kase->rx.to = start;
	return ret;
}

/* Make ready for the message of the chosen case; then another attempt is due. */
static int imb_select_prepare(struct imb_select *select, bool *again)
{
	const struct imb_case *kase = &select->cases[select->chosen];
	int ret;

	ret = imb_mbox_prepare(kase->mbox, kase->stand.msg);
	*again = !ret;
	return ret;
}

/* One attempt; -EAGAIN if another is due, or, where it may not wait, none is ready. */
static int imb_select_attempt(struct imb_select *select, bool *again)
{
	struct imb_after after;
	bool stands = false;
	int ret;

	imb_after_init(&after);
	after.budget = select->budget;
	imb_select_lock(select);
	ret = imb_select_try_locked(select, &after);
	if (ret == -EAGAIN && !select->patience.dontwait) {
		ret = imb_select_stand_locked(select, &after);
		stands = !ret;
		*again = ret == -EAGAIN;
	}
	if (ret == -ERESTART) {
		select->budget = min(2 * select->budget, IMB_BUDGET_MAX);
		*again = true;
	}
	imb_select_unlock(select, &after);
	if (ret == IMB_UNPREPARED)
		return imb_select_prepare(select, again);

	if (stands || (!ret && select->cases[select->chosen].waits)) {
		ret = imb_select_sleep(select);
		if (stands)
			imb_select_leave(select);
		*again = ret == -EAGAIN;
	}
	if (!ret) {
		ret = imb_select_finish(select);
		*again = ret == -EAGAIN;
	}
	return ret;
}

/* The roles that it has held, also from one attempt to the next. */
static void imb_select_exit(struct imb_select *select, int ret)
{
	unsigned int i;

	for (i = 0; i < select->count; i++) {
		struct imb_case *kase = &select->cases[i];

		imb_hold_exit(kase->mbox, READ, &kase->rx.hold, false);
		imb_hold_exit(kase->mbox, WRITE, &kase->hold,
			      !ret && i == select->chosen);
	}
}

/**
 * imb_select_run() - do exactly one of several sends and receives
 * @select: which; cases, count, ordered and patience are set
 *
 * May sleep. The messages of the sends remain the caller's.
 *
 * Return: 0 if the case @select->chosen was done. Else a negative errno: that of the
 * chosen case; or where that is -1, -EAGAIN, -ETIMEDOUT, -ERESTARTSYS, -ENOMEM, -EDQUOT.
 */
int imb_select_run(struct imb_select *select)
{
	u64 stands = select->patience.dontwait ? 0 : select->count;
	bool again;
	int ret;

	ret = imb_patience_pay(&select->patience, stands);
	if (ret) {
		select->chosen = -1;
		return ret;
	}
	imb_select_init(select);
	do {
		ret = imb_select_begin(select);
		if (ret)
			break;
		again = false;
		ret = imb_select_attempt(select, &again);
		imb_select_unshare(select);
		/* Those who leave, or take messages back, one by one could keep it here. */
		if (again && signal_pending(current)) {
			select->chosen = -1;
			ret = -ERESTARTSYS;
			break;
		}
	} while (again);
	trace_ipcmbox_select(
		select->chosen < 0 ? 0 : select->cases[select->chosen].mbox->id,
		select->count, select->chosen, ret);
	imb_select_exit(select, ret);
	imb_patience_unpay(&select->patience, stands);
	return ret;
}
