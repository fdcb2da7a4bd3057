/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_NOTIFY_H
#define _IMB_NOTIFY_H

#include <linux/poll.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

struct eventfd_ctx;
struct fasync_struct;
struct imb_account;

/**
 * DOC: Notification
 *
 * Tells those who watch a mailbox without standing in it that something changed: by
 * poll(2) and what is built on it, by a signal (O_ASYNC), by an eventfd. Always fired
 * after the lock of the mailbox is released; the watcher then looks at the state under
 * that lock.
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
 * other side sees it there. Signals and eventfds have no such second look: they tell of
 * what happens after they were asked for.
 */

/**
 * struct imb_watch - an eventfd that is told of events
 * @node: place among the watches of the notifier
 * @ctx: the eventfd, a reference
 * @acct: account that is charged, a reference
 * @slot: where the port that asked for it points to it
 * @since: how many events the notifier had told then
 * @events: EPOLL* bits
 * @once: it is told of the first only
 * @receives: the port can receive from the mailbox
 */
struct imb_watch {
	struct rb_node node;
	struct eventfd_ctx *ctx;
	struct imb_account *acct;
	struct imb_watch **slot;
	u64 since;
	__poll_t events;
	bool once;
	bool receives;
};

/**
 * struct imb_notifier - who watches a mailbox
 * @poll: wait queue of poll(2)
 * @receivers: ports that get a signal when something can be received
 * @senders: ports that get a signal when something can be sent
 * @peers: ports that get a signal when the other side is gone: those of both, once
 * @lock: protects what follows, and the slots of ports that point to watches
 * @watches: eventfds, at most one for each port, in the order of the addresses of eventfd
 *	and watch: an event looks at all of them, and goes on there when others had the lock
 * @nr_watches: how many there are of ports that only send, and of those that can receive,
 *	each at most IPCMBOX_WATCHES_MAX: who may send takes no place from who receives
 * @told: events that eventfds were told of
 */
struct imb_notifier {
	wait_queue_head_t poll;
	struct fasync_struct *receivers;
	struct fasync_struct *senders;
	struct fasync_struct *peers;
	spinlock_t lock; /* of @watches */
	struct rb_root watches;
	u32 nr_watches[2];
	u64 told;
};

/*
 * An event for poll(2) alone: of those who wait for EPOLLOUT, some may be ready who were not,
 * and have to look for themselves. To the others who are told of events nothing has happened.
 */
#define IMB_POLL_EASED EPOLLWRBAND

void imb_notifier_init(struct imb_notifier *notifier);
void imb_notifier_poll(struct imb_notifier *notifier, struct file *file,
		       poll_table *table);
int imb_notifier_fasync(struct imb_notifier *notifier, int fd,
			struct file *file, int on, fmode_t mode);
struct imb_watch *imb_watch_new(int fd, __poll_t events, bool once,
				bool receives);
void imb_watch_free(struct imb_watch *watch);
int imb_notifier_replace(struct imb_notifier *const notifiers[2],
			 struct imb_watch **slots, struct imb_watch **watches);
void imb_notifier_fire(struct imb_notifier *notifier, __poll_t events);

#endif /* _IMB_NOTIFY_H */
