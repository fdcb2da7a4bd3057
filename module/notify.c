// SPDX-License-Identifier: GPL-2.0-only
/*
 * Notification of those who watch a mailbox. See notify.h.
 */
#include "notify.h"

/**
 * imb_notifier_init() - make a notifier that nobody watches
 * @notifier: the notifier
 */
void imb_notifier_init(struct imb_notifier *notifier)
{
	init_waitqueue_head(&notifier->poll);
}

/**
 * imb_notifier_poll() - let a poll(2) watch
 * @notifier: the notifier
 * @file: the file that is polled
 * @table: what poll(2) passed
 */
void imb_notifier_poll(struct imb_notifier *notifier, struct file *file,
		       poll_table *table)
{
	poll_wait(file, &notifier->poll, table);
}

/**
 * imb_notifier_fire() - tell what happened
 * @notifier: the notifier
 * @events: EPOLL* bits, or 0 for nothing
 *
 * Not under the lock of the mailbox.
 */
void imb_notifier_fire(struct imb_notifier *notifier, __poll_t events)
{
	if (events && wq_has_sleeper(&notifier->poll))
		wake_up_poll(&notifier->poll, events);
}
