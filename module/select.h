/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_SELECT_H
#define _IMB_SELECT_H

#include <linux/types.h>

#include "wait.h"
#include "xfer.h"

struct imb_after;
struct imb_mbox;
struct imb_msg;

/**
 * DOC: Selection
 *
 * One of several sends and receives takes place, whichever can first. It is done in
 * two ways. With all mailboxes locked, in the order of their addresses, it is seen
 * which cases are ready, and one of them is done. If none is, the task takes a stand
 * for each case before it unlocks, and sleeps; then the other side *wins* it for one
 * of them (see "The claim protocol"), and it takes the other stands away itself.
 *
 * A case is ready too if it can only fail, so that nobody waits for what can't come:
 * its error is the result. Where the transfer of a message that was won fails,
 * everything begins anew: as nobody was told of anything, nobody can tell.
 *
 * The task that looks for ready cases stands nowhere yet, so it never meets itself,
 * and two that select meet as others do: the one that comes later finds the other.
 *
 * Go's select, and the nested locks of the kernel's futex_waitv() and ww_mutex, were
 * the examples.
 */

/**
 * struct imb_case - one of the cases
 * @mbox: the mailbox, constant
 * @sends: it is a send, constant
 * @until_taken: of a send: to be received, not only stored, constant
 * @msg: of a send: the message, constant
 * @receipt: of a send: out
 * @rx: of a receive
 * @hold: of a send: what it has of the role of sending
 * @stand: where the task stands for it
 * @placed: of a send: its message has a place
 * @queued: of a send: and is in a queue
 * @waits: of a send: its outcome is to be waited for
 */
struct imb_case {
	struct imb_mbox *mbox;
	bool sends;
	bool until_taken;
	struct imb_msg *msg;
	struct imb_receipt receipt;
	struct imb_reception rx;
	struct imb_hold hold;
	struct imb_stand stand;
	bool placed;
	bool queued;
	bool waits;
};

/**
 * struct imb_select - a selection
 * @cases: the cases
 * @count: how many, 1 to IPCMBOX_SELECT_MAX
 * @ordered: the first of those that are ready, rather than any
 * @patience: how long to wait
 * @locks: the mailboxes, in the order of their addresses, each once
 * @nr_locks: how many these are
 * @budget: how many lost stands the next attempt may take away, see imb_after_is_spent()
 * @waiter: the task
 * @chosen: out, the case that was done or has failed, or -1
 */
struct imb_select {
	struct imb_case *cases;
	unsigned int count;
	bool ordered;
	struct imb_patience patience;
	struct imb_mbox *locks[IPCMBOX_SELECT_MAX];
	unsigned int nr_locks;
	unsigned int budget;
	struct imb_waiter waiter;
	int chosen;
};

int imb_case_check_locked(struct imb_case *kase, struct imb_after *after);
bool imb_case_is_prepared(const struct imb_case *kase);
int imb_case_do_locked(struct imb_case *kase, struct imb_after *after);
int imb_case_stand_locked(struct imb_case *kase, struct imb_after *after);
void imb_case_unstand_locked(struct imb_case *kase, struct imb_after *after);

int imb_select_run(struct imb_select *select);

#endif /* _IMB_SELECT_H */
