// SPDX-License-Identifier: GPL-2.0-only
/*
 * Notification of those who watch a mailbox. See notify.h.
 */
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/fs.h>
#include <linux/ipcmbox.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/signal.h>
#include <linux/slab.h>

#include "account.h"
#include "compat.h"
#include "ipcmbox.h"
#include "notify.h"

/**
 * imb_notifier_init() - make a notifier that nobody watches
 * @notifier: the notifier
 */
void imb_notifier_init(struct imb_notifier *notifier)
{
	init_waitqueue_head(&notifier->poll);
	notifier->receivers = NULL;
	notifier->senders = NULL;
	notifier->peers = NULL;
	spin_lock_init(&notifier->lock);
	notifier->watches = RB_ROOT;
	notifier->nr_watches[false] = 0;
	notifier->nr_watches[true] = 0;
	notifier->told = 0;
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
 * imb_notifier_fasync() - give a port signals, or no more
 * @notifier: the notifier
 * @fd: descriptor of the port
 * @file: the port's file
 * @on: whether it is to get them
 * @mode: FMODE_READ if it receives from the mailbox, FMODE_WRITE if it sends
 *
 * May sleep.
 *
 * Return: 0 or a negative errno; it may get some of them then.
 */
int imb_notifier_fasync(struct imb_notifier *notifier, int fd,
			struct file *file, int on, fmode_t mode)
{
	int ret = 0;

	if (mode & FMODE_READ)
		ret = fasync_helper(fd, file, on, &notifier->receivers);
	if (ret >= 0 && (mode & FMODE_WRITE))
		ret = fasync_helper(fd, file, on, &notifier->senders);
	if (ret >= 0 && mode)
		ret = fasync_helper(fd, file, on, &notifier->peers);
	return ret < 0 ? ret : 0;
}

/**
 * imb_watch_new() - make a watch
 * @fd: descriptor of an eventfd
 * @events: EPOLL* bits, or 0
 * @once: tell it of the first only
 * @receives: whether the port can receive from the mailbox
 *
 * May sleep.
 *
 * Return: the watch, NULL without events, or an ERR_PTR: -ENOMEM, -EBADF, -EINVAL,
 * -EDQUOT.
 */
struct imb_watch *imb_watch_new(int fd, __poll_t events, bool once,
				bool receives)
{
	struct imb_watch *watch;
	int ret;

	if (!events)
		return NULL;
	watch = kmalloc(sizeof(*watch), GFP_KERNEL_ACCOUNT);
	if (!watch)
		return ERR_PTR(-ENOMEM);
	watch->ctx = eventfd_ctx_fdget(fd);
	watch->slot = NULL;
	watch->events = events;
	watch->once = once;
	watch->receives = receives;
	if (IS_ERR(watch->ctx)) {
		ret = PTR_ERR(watch->ctx);
		goto err_free;
	}
	watch->acct = imb_account_get_current(NULL);
	if (IS_ERR(watch->acct)) {
		ret = PTR_ERR(watch->acct);
		goto err_ctx;
	}
	ret = imb_account_charge(watch->acct, IMB_CHARGE_WAITERS, 1);
	if (ret)
		goto err_account;
	return watch;

err_account:
	imb_account_put(watch->acct);
err_ctx:
	eventfd_ctx_put(watch->ctx);
err_free:
	kfree(watch);
	return ERR_PTR(ret);
}

/**
 * imb_watch_free() - end a watch that is in no notifier
 * @watch: the watch, or NULL
 */
void imb_watch_free(struct imb_watch *watch)
{
	if (!watch)
		return;
	imb_account_uncharge(watch->acct, IMB_CHARGE_WAITERS, 1);
	imb_account_put(watch->acct);
	eventfd_ctx_put(watch->ctx);
	kfree(watch);
}

/* In the order of their addresses, as the other end of a duplex pair has them reversed. */
static void imb_notifiers_lock(struct imb_notifier *const notifiers[2])
{
	struct imb_notifier *first = min(notifiers[0], notifiers[1]);
	struct imb_notifier *second = max(notifiers[0], notifiers[1]);

	spin_lock(&first->lock);
	if (second != first) {
		spin_lock_nested(&second->lock, SINGLE_DEPTH_NESTING);
		/* For sparse, which cannot tell one from two. */
		__release(&second->lock);
	}
	__release(&first->lock);
}

static void imb_notifiers_unlock(struct imb_notifier *const notifiers[2])
{
	if (notifiers[1] != notifiers[0]) {
		__acquire(&notifiers[1]->lock);
		spin_unlock(&notifiers[1]->lock);
	}
	__acquire(&notifiers[0]->lock);
	spin_unlock(&notifiers[0]->lock);
}

/* Whether a watch comes after a place in the order, of which nothing need be there any more. */
static bool imb_watch_is_after(const struct imb_watch *watch,
			       const struct eventfd_ctx *ctx,
			       const struct imb_watch *place)
{
	return watch->ctx != ctx ? watch->ctx > ctx : watch > place;
}

static bool imb_watch_less(struct rb_node *a, const struct rb_node *b)
{
	const struct imb_watch *x = rb_entry(a, struct imb_watch, node);
	const struct imb_watch *y = rb_entry(b, struct imb_watch, node);

	return imb_watch_is_after(y, x->ctx, x);
}

/* Who fires looks at the numbers without the lock. */
static void imb_notifier_remove_locked(struct imb_notifier *notifier,
				       struct imb_watch *watch)
{
	u32 *count = &notifier->nr_watches[watch->receives];

	lockdep_assert_held(&notifier->lock);
	rb_erase(&watch->node, &notifier->watches);
	WRITE_ONCE(*count, *count - 1);
	*watch->slot = NULL;
}

static void imb_notifier_add_locked(struct imb_notifier *notifier,
				    struct imb_watch **slot,
				    struct imb_watch *watch)
{
	u32 *count = &notifier->nr_watches[watch->receives];

	lockdep_assert_held(&notifier->lock);
	rb_add(&watch->node, &notifier->watches, imb_watch_less);
	WRITE_ONCE(*count, *count + 1);
	watch->since = notifier->told;
	watch->slot = slot;
	*slot = watch;
}

/**
 * imb_notifier_replace() - change what a port asks for
 * @notifiers: those of the mailbox that it receives from and of the one that it sends to,
 *	which may be the same
 * @slots: where it points to its watch in each
 * @watches: what it asks for now in each, or NULL, in the second if both are the same; set
 *	to what the caller has to free
 *
 * Return: 0, or -EUSERS if one of them has no room for another watch of its kind; nothing
 * is changed then.
 */
int imb_notifier_replace(struct imb_notifier *const notifiers[2],
			 struct imb_watch **slots, struct imb_watch **watches)
{
	struct imb_watch *old;
	bool full = false;
	unsigned int i;

	imb_notifiers_lock(notifiers);
	for (i = 0; i < 2; i++)
		if (watches[i] && !slots[i] &&
		    notifiers[i]->nr_watches[watches[i]->receives] ==
			    IPCMBOX_WATCHES_MAX)
			full = true;
	for (i = 0; !full && i < 2; i++) {
		old = slots[i];
		if (old)
			imb_notifier_remove_locked(notifiers[i], old);
		if (watches[i])
			imb_notifier_add_locked(notifiers[i], &slots[i],
						watches[i]);
		watches[i] = old;
	}
	imb_notifiers_unlock(notifiers);
	return full ? -EUSERS : 0;
}

/*
 * How far an event has come. By @ctx and @watch nothing is reached: both may be gone when the
 * lock was released, and another be in their place.
 */
struct imb_walk {
	__poll_t events;
	u64 number;
	const struct eventfd_ctx *ctx;
	const struct imb_watch *watch;
	bool signalled; /* @ctx was */
};

static struct imb_watch *imb_walk_next_locked(const struct imb_walk *walk,
					      struct imb_notifier *notifier)
{
	struct rb_node *node = notifier->watches.rb_node;
	struct imb_watch *watch, *next = NULL;

	lockdep_assert_held(&notifier->lock);
	while (node) {
		watch = rb_entry(node, struct imb_watch, node);
		if (imb_watch_is_after(watch, walk->ctx, walk->watch)) {
			next = watch;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return next;
}

/*
 * Tell some watches. There is no bound to those who wait for an eventfd, and a signal wakes
 * all of them: so no eventfd is signalled twice, and no two under one hold of the lock. Who
 * asked when the event was being told already is left out; else a watch of
 * IPCMBOX_ONESHOT could be taken away for a signal that came before it.
 */
static bool imb_walk_step(struct imb_walk *walk, struct imb_notifier *notifier)
{
	struct imb_watch *gone[IMB_BATCH], *watch;
	unsigned int nr_gone = 0, i;
	bool spent = false;

	spin_lock(&notifier->lock);
	if (!walk->number)
		walk->number = ++notifier->told;
	for (i = 0; !spent && i < IMB_BATCH; i++) {
		watch = imb_walk_next_locked(walk, notifier);
		if (!watch)
			break;
		if (watch->ctx != walk->ctx)
			walk->signalled = false;
		walk->ctx = watch->ctx;
		walk->watch = watch;
		if (!(watch->events & walk->events) ||
		    watch->since >= walk->number)
			continue;
		if (!walk->signalled) {
			imb_compat_eventfd_signal(watch->ctx);
			walk->signalled = true;
			spent = true;
		}
		if (watch->once) {
			imb_notifier_remove_locked(notifier, watch);
			gone[nr_gone++] = watch;
		}
	}
	spin_unlock(&notifier->lock);
	while (nr_gone--)
		imb_watch_free(gone[nr_gone]);
	return watch;
}

static void imb_notifier_signal_watches(struct imb_notifier *notifier,
					__poll_t events)
{
	struct imb_walk walk = { .events = events };

	while (imb_walk_step(&walk, notifier))
		cond_resched();
}

/**
 * imb_notifier_fire() - tell what happened
 * @notifier: the notifier
 * @events: EPOLL* bits, or IMB_POLL_EASED, or 0 for nothing
 *
 * Not under the lock of the mailbox. May sleep.
 */
void imb_notifier_fire(struct imb_notifier *notifier, __poll_t events)
{
	__poll_t polled = events;

	if (events & IMB_POLL_EASED)
		polled = (events & ~IMB_POLL_EASED) | EPOLLOUT | EPOLLWRNORM;
	if (polled && wq_has_sleeper(&notifier->poll))
		wake_up_poll(&notifier->poll, polled);
	events &= ~IMB_POLL_EASED;
	if (!events)
		return;
	if (events & EPOLLIN)
		kill_fasync(&notifier->receivers, SIGIO, POLL_IN);
	if (events & EPOLLPRI)
		kill_fasync(&notifier->receivers, SIGIO, POLL_PRI);
	if (events & EPOLLOUT)
		kill_fasync(&notifier->senders, SIGIO, POLL_OUT);
	if (events & EPOLLHUP)
		kill_fasync(&notifier->peers, SIGIO, POLL_HUP);
	if (READ_ONCE(notifier->nr_watches[false]) ||
	    READ_ONCE(notifier->nr_watches[true]))
		imb_notifier_signal_watches(notifier, events);
}
