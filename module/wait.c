// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiters: the claim protocol, and the only place of the module that sleeps for
 * a peer. See wait.h.
 */
#include <linux/freezer.h>
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/time_namespace.h>

#include "account.h"
#include "compat.h"
#include "trace.h"
#include "wait.h"

/**
 * imb_waiter_init() - make a waiter of the calling task
 * @waiter: the waiter
 */
void imb_waiter_init(struct imb_waiter *waiter)
{
	*waiter = (struct imb_waiter){
		.task = current,
		.state = IMB_WAITING,
	};
}

/*
 * What the clock of the kernel will show at a deadline. That of the user is behind it by
 * the offset of his time namespace; a deadline has to stay one.
 */
static ktime_t imb_deadline_of_host(u64 deadline)
{
	struct timespec64 offset = {};
	s64 ahead;

	timens_add_monotonic(&offset);
	ahead = timespec64_to_ns(&offset);
	if (ahead > 0)
		deadline = deadline > ahead ? deadline - ahead : 1;
	else
		deadline = min_t(u64, deadline, KTIME_MAX) - ahead;
	return min_t(u64, deadline, KTIME_MAX);
}

/**
 * imb_waiter_sleep() - sleep until claimed, a signal, or the deadline
 * @waiter: the waiter of the calling task, which has taken its stand
 * @patience: until when
 *
 * Return: 0 if the waiter was claimed. -ERESTARTSYS or -ETIMEDOUT if it was
 * not yet: the caller then locks the mailbox and looks again.
 */
int imb_waiter_sleep(struct imb_waiter *waiter,
		     const struct imb_patience *patience)
{
	ktime_t deadline = imb_deadline_of_host(patience->deadline);
	ktime_t *expires = patience->deadline ? &deadline : NULL;
	unsigned int flags = patience->defers ? imb_compat_defer_work() : 0;
	int ret = 0;

	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE | TASK_FREEZABLE);
		/* Pairs with the release in imb_waiter_claim(). */
		if (smp_load_acquire(&waiter->state) == IMB_DONE) {
			ret = 0;
			break;
		}
		if (signal_pending(current)) {
			ret = -ERESTARTSYS;
			break;
		}
		if (ret)
			break; /* the deadline had passed; neither came too */
		if (!schedule_hrtimeout_range(expires, current->timer_slack_ns,
					      HRTIMER_MODE_ABS))
			ret = -ETIMEDOUT;
	}
	__set_current_state(TASK_RUNNING);
	if (patience->defers)
		imb_compat_undefer_work(flags);
	return ret;
}

/**
 * imb_process_is_gone() - has a process ended?
 * @process: the process
 *
 * Return: whether it has, or never was one: threads and groups have numbers too.
 */
bool imb_process_is_gone(struct pid *process)
{
	struct task_struct *task;
	bool gone;

	rcu_read_lock();
	task = pid_task(process, PIDTYPE_TGID);
	/* All threads are ending: a debugger may keep what is left of them for long. */
	gone = !task || !atomic_read(&task->signal->live);
	rcu_read_unlock();
	return gone;
}

/**
 * imb_stand_win() - make sure that nobody else serves a waiter
 * @stand: where it stands, in a mailbox that is locked
 *
 * Return: false if the waiter was won for another stand, or has given up.
 */
bool imb_stand_win(struct imb_stand *stand)
{
	struct imb_waiter *waiter = stand->waiter;
	struct imb_stand *won;

	if (!waiter->selects)
		return true;
	won = cmpxchg(&waiter->won, NULL, stand);
	return !won || won == stand;
}

/**
 * imb_stand_is_lost() - has somebody else won the waiter?
 * @stand: where it stands, in a mailbox that is locked
 *
 * Return: whether the stand is one without a waiter; that stays so.
 */
bool imb_stand_is_lost(const struct imb_stand *stand)
{
	const struct imb_stand *won = READ_ONCE(stand->waiter->won);

	return won && won != stand;
}

/**
 * imb_waiter_claim() - finish somebody's wait
 * @waiter: the waiter, WAITING; its mailbox is locked and its stand taken out
 * @result: 0 or a negative errno; set before: what its stand has to say
 * @wakes: takes the task; to be fired after the lock is released
 *
 * Neither waiter nor stand may be touched after this call.
 */
void imb_waiter_claim(struct imb_waiter *waiter, int result,
		      struct imb_wakes *wakes)
{
	waiter->result = result;
	wakes->tasks[wakes->count++] = get_task_struct(waiter->task);
	/* Pairs with the acquire in imb_waiter_sleep(). */
	smp_store_release(&waiter->state, IMB_DONE);
}

/**
 * imb_wakes_fire() - wake the tasks of claimed waiters
 * @wakes: the tasks; empty afterwards
 */
void imb_wakes_fire(struct imb_wakes *wakes)
{
	unsigned int i;

	for (i = 0; i < wakes->count; i++) {
		trace_ipcmbox_wake(task_pid_nr(wakes->tasks[i]));
		wake_up_process(wakes->tasks[i]);
		put_task_struct(wakes->tasks[i]);
	}
	wakes->count = 0;
}

/**
 * imb_patience_pay() - pay for waiting
 * @patience: who pays
 * @waiters: for how many waiters, or stands
 *
 * Also under a spinlock.
 *
 * Return: 0 or -EDQUOT.
 */
int imb_patience_pay(const struct imb_patience *patience, u64 waiters)
{
	if (!patience->acct || !waiters)
		return 0;
	return imb_account_charge(patience->acct, IMB_CHARGE_WAITERS, waiters);
}

/**
 * imb_patience_unpay() - the wait is over, that was paid for
 * @patience: who has paid
 * @waiters: as given to imb_patience_pay()
 */
void imb_patience_unpay(const struct imb_patience *patience, u64 waiters)
{
	if (patience->acct)
		imb_account_uncharge(patience->acct, IMB_CHARGE_WAITERS,
				     waiters);
}
