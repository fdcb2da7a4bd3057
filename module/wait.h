/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_WAIT_H
#define _IMB_WAIT_H

#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/types.h>

#include "index.h"
#include "ipcmbox.h"
#include "queue.h"

struct imb_account;
struct imb_call;
struct imb_hold;
struct imb_msg;
struct pid;
struct task_struct;

/**
 * DOC: The claim protocol
 *
 * A task that must wait makes a waiter, which lies on its stack, takes a stand in
 * the mailbox, which lies there too, and sleeps. The other side *claims* the
 * waiter under the lock of the mailbox: it takes the stand out, stores the result
 * and moves the waiter from WAITING to DONE. From then on both belong to their
 * task alone, which may return from the system call at any instant. So the claimer
 *
 *  1. takes its reference to the task before it releases the state,
 *  2. releases the state last, and
 *  3. wakes the task after it has unlocked, touching the waiter no more.
 *
 * ::
 *
 *   sleeper                          claimer
 *   -------                          -------
 *   set_current_state(INTERRUPTIBLE)
 *   state? WAITING                   lock
 *                                    result = ..., get_task_struct()
 *                                    state = DONE           (release)
 *                                    unlock
 *   schedule()                       wake_up_process(): a full barrier, then
 *                                    reads the task's state
 *   state? DONE (acquire)
 *   reads result, returns            put_task_struct()
 *
 * The sleeper writes its task state before it reads the waiter's, the claimer
 * writes the waiter's before it reads the task's: one of them sees the other,
 * and no wake-up is lost.
 *
 * A woken sleeper looks at the state first, then at signals, then at the
 * deadline. If it gives up it still has to lock the mailbox and look again:
 * a waiter that was claimed meanwhile is DONE, and its result stands. So the
 * order is: completed before signal before deadline.
 *
 * The message of a waiting sender has one more step between the two, the
 * transfer (struct imb_msg.in_transfer), which a failing receiver undoes.
 *
 * A task that selects has one waiter and several stands, in as many mailboxes, whose
 * locks nobody holds all. So whoever wants to serve it, by one of the stands, has to
 * *win* it for that stand first, before he touches anything else of it; and so has
 * the task itself, if it gives up. Who loses finds a stand without a waiter, and
 * takes it away. What was won is never given back: if the transfer that it was won for
 * fails, the task is woken with -EAGAIN, and begins again.
 */

/**
 * enum imb_waiter_state - where a waiter is in its life
 * @IMB_WAITING: its stand is in a mailbox
 * @IMB_DONE: it was claimed, and its result stands
 */
enum imb_waiter_state {
	IMB_WAITING,
	IMB_DONE,
};

/**
 * struct imb_waiter - a task that waits
 * @task: the task, constant
 * @selects: it has several stands, constant
 * @won: the stand that it was won for, or NULL; of a task that selects only
 * @result: 0 or a negative errno, valid when DONE
 * @state: enum imb_waiter_state; changes under the lock of the mailbox, read
 *	without it by the task itself
 */
struct imb_waiter {
	struct task_struct *task;
	bool selects;
	struct imb_stand *won;
	int result;
	int state;
};

/**
 * struct imb_stand - where a waiter stands in a mailbox
 * @waiter: who stands there, constant
 * @standing: it is in the mailbox
 * @msg: a sender's message; a claimed receiver's, if the result is 0
 * @link: a sender's place in the list of senders, while WAITING
 * @acct: of a receiver: who pays for a message whose sender takes it back during the transfer,
 *	or NULL
 * @refuses: what a sender gets that waits for the end of a transfer only, should it
 *	fail; 0 if it waits on, constant
 * @until_taken: a sender that waits until its message is received, constant
 * @call: of a sender that waits for an answer, else NULL, constant
 * @hold: what a sender has of the role of sending, constant
 * @taken: the message of a sender was received, valid when DONE
 * @match: what a receiver wants, constant
 * @notices: a receiver that wants notices besides, constant
 * @node: a receiver's place in the crowd, while WAITING
 * @notice_node: the same among those that want notices
 *
 * Protected by the lock of the mailbox while it is standing, and then until the
 * waiter is DONE.
 */
struct imb_stand {
	struct imb_waiter *waiter;
	bool standing;
	struct imb_msg *msg;
	struct list_head link;
	struct imb_account *acct;
	int refuses;
	bool until_taken;
	struct imb_call *call;
	struct imb_hold *hold;
	bool taken;
	struct imb_match match;
	bool notices;
	struct imb_node node;
	struct imb_node notice_node;
};

/**
 * struct imb_patience - how long a call is willing to wait, and at whose expense
 * @acct: account that is charged for a waiter, or NULL if that is paid already
 * @deadline: CLOCK_MONOTONIC of the calling task in ns, 0 for none
 * @dontwait: not for a peer to come
 * @nosleep: nor for one that is there to make its copy; with @dontwait
 * @defers: not to be interrupted by work for the task, as io_uring has it, which is done
 *	later then
 */
struct imb_patience {
	struct imb_account *acct;
	u64 deadline;
	bool dontwait;
	bool nosleep;
	bool defers;
};

/**
 * struct imb_wakes - tasks to wake once the lock is released
 * @count: how many
 * @tasks: the tasks, a reference to each
 *
 * Room for one batch, and for the two that an operation itself may claim.
 */
struct imb_wakes {
	unsigned int count;
	struct task_struct *tasks[IMB_BATCH + 2];
};

/**
 * imb_wakes_full() - is there no room for another task?
 * @wakes: the tasks
 *
 * Return: whether they must be fired before another waiter is claimed.
 */
static inline bool imb_wakes_full(const struct imb_wakes *wakes)
{
	return wakes->count == ARRAY_SIZE(wakes->tasks);
}

void imb_waiter_init(struct imb_waiter *waiter);
int imb_waiter_sleep(struct imb_waiter *waiter,
		     const struct imb_patience *patience);
bool imb_process_is_gone(struct pid *process);
bool imb_stand_win(struct imb_stand *stand);
bool imb_stand_is_lost(const struct imb_stand *stand);
void imb_waiter_claim(struct imb_waiter *waiter, int result,
		      struct imb_wakes *wakes);
int imb_patience_pay(const struct imb_patience *patience, u64 waiters);
void imb_patience_unpay(const struct imb_patience *patience, u64 waiters);
void imb_wakes_fire(struct imb_wakes *wakes);

#endif /* _IMB_WAIT_H */
