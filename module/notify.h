/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_NOTIFY_H
#define _IMB_NOTIFY_H

#include <linux/poll.h>
#include <linux/wait.h>


/**
 * DOC: Notification
 *
 * Tells those who watch a mailbox without standing in it, by poll(2) and what
 * is built on it, that something changed. Always fired after the lock of the
 * mailbox is released; the watcher then looks at the state under that lock.
 *
 * ::
 *
 *   watcher                          the other side
 *   -------                          --------------
 *   poll_wait(): joins the queue     lock, change the state, unlock
 *   lock, read the state, unlock     wq_has_sleeper(): a full barrier
 *   sleep if nothing is ready        wake_up_poll()
 *
 * If the watcher read the old state it had joined the queue before, and the
 * other side sees it there.
 */

/**
 * struct imb_notifier - who watches a mailbox
 * @poll: wait queue of poll(2)
 */
struct imb_notifier {
	wait_queue_head_t poll;
};

void imb_notifier_init(struct imb_notifier *notifier);
void imb_notifier_poll(struct imb_notifier *notifier, struct file *file,
		       poll_table *table);
void imb_notifier_fire(struct imb_notifier *notifier, __poll_t events);

#endif /* _IMB_NOTIFY_H */
