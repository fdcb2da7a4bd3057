// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of a mailbox as its users see and change it: attributes, counters,
 * readiness. See mbox.h.
 */
#include <linux/ipcmbox.h>
#include <linux/mm.h>
#include <linux/time64.h>

#include "mbox.h"
#include "msg.h"

/**
 * imb_attrs_check() - check attributes from the user and fill in the defaults
 * @attrs: the attributes; flags are checked by the caller
 *
 * Return: 0 or -EINVAL.
 */
int imb_attrs_check(struct imb_attrs *attrs)
{
	bool unbounded = attrs->capacity == IPCMBOX_UNBOUNDED;

	if ((attrs->flags & IPCMBOX_BROADCAST) &&
	    (attrs->flags & IPCMBOX_SELECTIVE || attrs->order ||
	     attrs->policy || attrs->capacity || attrs->max_bytes))
		return -EINVAL;
	/* There is nothing to share. */
	if ((attrs->flags & IPCMBOX_FAIR_SHARE) && !attrs->capacity)
		return -EINVAL;
	if (attrs->slow_mask && (!(attrs->flags & IPCMBOX_BROADCAST) ||
				 attrs->slow_mask & ~IMB_SLOW_ALL))
		return -EINVAL;
	if (attrs->order > IPCMBOX_PRIORITY ||
	    attrs->policy > IPCMBOX_EXCLUSIVE)
		return -EINVAL;
	if (attrs->capacity > IPCMBOX_CAPACITY_MAX && !unbounded)
		return -EINVAL;
	if (attrs->max_bytes > IPCMBOX_BYTES_MAX ||
	    attrs->max_message > IPCMBOX_MESSAGE_MAX)
		return -EINVAL;
	if (attrs->capacity == IPCMBOX_RENDEZVOUS && attrs->max_bytes)
		return -EINVAL;

	if (!attrs->max_message)
		attrs->max_message =
			min_not_zero(IPCMBOX_MESSAGE_DEFAULT, attrs->max_bytes);
	if (!attrs->max_bytes && unbounded)
		attrs->max_bytes =
			max(IPCMBOX_BYTES_DEFAULT, attrs->max_message);
	if (attrs->max_bytes && attrs->max_message > attrs->max_bytes)
		return -EINVAL;
	return 0;
}

static int imb_mbox_set_locked(struct imb_mbox *mbox,
			       const struct ipcmbox_set *set)
{
	bool unbounded = mbox->capacity == IPCMBOX_UNBOUNDED;
	u64 max_message = mbox->max_message;
	u64 max_bytes = mbox->max_bytes;
	u64 capacity = mbox->capacity;

	if (mbox->dead)
		return -EIDRM;
	if (set->flags & IPCMBOX_SET_CAPACITY) {
		if (capacity == IPCMBOX_RENDEZVOUS || unbounded ||
		    !set->capacity || set->capacity > IPCMBOX_CAPACITY_MAX)
			return -EINVAL;
		capacity = set->capacity;
	}
	if (set->flags & IPCMBOX_SET_MAX_BYTES) {
		if (capacity == IPCMBOX_RENDEZVOUS ||
		    (unbounded && !set->max_bytes) ||
		    set->max_bytes > IPCMBOX_BYTES_MAX)
			return -EINVAL;
		max_bytes = set->max_bytes;
	}
	if (set->flags & IPCMBOX_SET_MAX_MESSAGE) {
		if (!set->max_message || set->max_message > IPCMBOX_MESSAGE_MAX)
			return -EINVAL;
		max_message = set->max_message;
	}
	if (max_bytes && max_message > max_bytes)
		return -EINVAL;

	mbox->capacity = capacity;
	mbox->max_bytes = max_bytes;
	WRITE_ONCE(mbox->max_message, max_message);
	if (mbox->flags & IPCMBOX_FAIR_SHARE)
		imb_shares_ease(&mbox->shares);
	return 0;
}

/**
 * imb_mbox_set() - change attributes
 * @mbox: the mailbox
 * @set: the new ones; flags are known ones
 *
 * Return: 0, -EIDRM or -EINVAL; nothing has changed then.
 */
int imb_mbox_set(struct imb_mbox *mbox, const struct ipcmbox_set *set)
{
	struct imb_after after;
	int ret;

	imb_after_init(&after);
	spin_lock(&mbox->lock);
	ret = imb_mbox_set_locked(mbox, set);
	imb_mbox_settle(mbox, &after);
	return ret;
}

/**
 * imb_mbox_info() - report attributes and counters, all of one instant
 * @mbox: the mailbox
 * @info: filled in, but for what is the port's
 */
void imb_mbox_info(struct imb_mbox *mbox, struct ipcmbox_info *info)
{
	info->mailbox = mbox->id;
	info->region_size = imb_region_size(mbox->region);
	info->attributes = mbox->flags;

	spin_lock(&mbox->lock);
	info->capacity = mbox->capacity;
	info->max_bytes = mbox->max_bytes;
	info->max_message = mbox->max_message;
	info->state = mbox->dead ? IPCMBOX_STATE_DESTROYED : 0;
	info->receivers = mbox->nr_receivers;
	info->senders = mbox->nr_senders;
	info->receivers_waiting = mbox->receivers.count;
	info->senders_waiting = mbox->line.count;
	info->queued = mbox->store.count;
	info->queued_bytes = mbox->stored_bytes;
	info->in_transfer = mbox->count.in_transfer;
	info->sent = mbox->count.sent;
	info->received = mbox->count.received;
	info->withdrawn = mbox->count.withdrawn;
	info->expired = mbox->count.expired;
	info->dropped = mbox->count.dropped;
	info->order = mbox->store.order;
	info->policy = mbox->policy;
	info->calls = mbox->nr_calls;
	spin_unlock(&mbox->lock);
}

/**
 * imb_mbox_has_attrs() - is it as it would be if it was created now?
 * @mbox: the mailbox
 * @attrs: attributes, checked
 * @region_size: bytes
 *
 * Return: whether its attributes are these, as far as they are its own.
 */
bool imb_mbox_has_attrs(struct imb_mbox *mbox, const struct imb_attrs *attrs,
			u64 region_size)
{
	bool same;

	if (mbox->flags != attrs->flags || mbox->policy != attrs->policy ||
	    imb_region_size(mbox->region) != PAGE_ALIGN(region_size))
		return false;
	spin_lock(&mbox->lock);
	same = mbox->capacity == attrs->capacity &&
	       mbox->max_bytes == attrs->max_bytes &&
	       mbox->max_message == attrs->max_message &&
	       mbox->store.order == attrs->order;
	spin_unlock(&mbox->lock);
	return same;
}

/**
 * imb_mbox_times() - when were messages last sent and received?
 * @mbox: the mailbox
 * @sent: set to the time of CLOCK_REALTIME, or 0 if nothing is known
 * @received: likewise
 */
void imb_mbox_times(struct imb_mbox *mbox, struct timespec64 *sent,
		    struct timespec64 *received)
{
	spin_lock(&mbox->lock);
	*sent = ns_to_timespec64(mbox->used[WRITE]);
	*received = ns_to_timespec64(mbox->used[READ]);
	spin_unlock(&mbox->lock);
}

/**
 * imb_mbox_forget_times() - other times were set, and count until the next message
 * @mbox: the mailbox
 * @sent: that of the last message sent
 * @received: that of the last one received
 */
void imb_mbox_forget_times(struct imb_mbox *mbox, bool sent, bool received)
{
	spin_lock(&mbox->lock);
	if (sent)
		mbox->used[WRITE] = 0;
	if (received)
		mbox->used[READ] = 0;
	spin_unlock(&mbox->lock);
}

/* For SEND it counts who calls, for write(2) who opened the port; a worker calls for nobody. */
static bool imb_mbox_polls_fair_locked(const struct imb_mbox *mbox,
				       const struct file *file)
{
	u64 len = mbox->max_message;

	if (!imb_mbox_is_fair_locked(mbox, file->f_cred->euid, len))
		return false;
	return current->flags & PF_KTHREAD ||
	       imb_mbox_is_fair_locked(mbox, current_euid(), len);
}

/**
 * imb_mbox_poll() - what a port is ready for
 * @mbox: the mailbox
 * @file: the port's file
 * @table: what poll(2) passed
 * @mode: FMODE_READ to ask about receiving, FMODE_WRITE about sending
 *
 * Return: EPOLL* bits.
 */
__poll_t imb_mbox_poll(struct imb_mbox *mbox, struct file *file,
		       poll_table *table, fmode_t mode)
{
	__poll_t events;

	imb_notifier_poll(&mbox->notifier, file, table);

	spin_lock(&mbox->lock);
	events = imb_mbox_events_locked(mbox, mode);
	if (!imb_mbox_polls_fair_locked(mbox, file))
		events &= ~(EPOLLOUT | EPOLLWRNORM);
	if ((mode & FMODE_READ) && !imb_mbox_is_empty_locked(mbox))
		events |= EPOLLIN | EPOLLRDNORM;
	/* At the end of file there is no message that could tell. */
	if ((mode & FMODE_READ) &&
	    (mbox->notices.count || (mbox->lost && !(events & EPOLLHUP))))
		events |= EPOLLPRI;
	spin_unlock(&mbox->lock);
	return events;
}

/* Discard up to a batch of those stored that came before @arrivals; false if all. */
static bool imb_mbox_drain_some(struct imb_mbox *mbox, u64 arrivals, int *level,
				u64 *messages, u64 *bytes)
{
	struct imb_after after;
	struct imb_msg *msg;
	unsigned int i;

	imb_after_init(&after);
	spin_lock(&mbox->lock);
	for (i = 0; *level >= 0 && i < IMB_BATCH; i++) {
		msg = imb_queue_sweep(&mbox->store, arrivals, level);
		if (!msg)
			continue;
		(*messages)++;
		*bytes += msg->len;
		mbox->overrun += msg->lag;
		imb_mbox_discard_locked(mbox, msg, -ECANCELED,
					&mbox->count.dropped, &after);
	}
	imb_mbox_settle(mbox, &after);
	return *level >= 0;
}

/**
 * imb_mbox_drain() - discard what is stored
 * @mbox: the mailbox
 * @messages: set to how many messages were discarded
 * @bytes: set to their bytes
 *
 * May sleep.
 *
 * Return: 0 or -EIDRM.
 */
int imb_mbox_drain(struct imb_mbox *mbox, u64 *messages, u64 *bytes)
{
	int level = IPCMBOX_PRIORITY_MAX;
	struct imb_after after;
	u64 arrivals;
	bool dead;

	spin_lock(&mbox->lock);
	dead = mbox->dead;
	arrivals = mbox->arrivals;
	if (!dead)
		mbox->draining++;
	spin_unlock(&mbox->lock);
	if (dead)
		return -EIDRM;

	*messages = 0;
	*bytes = 0;
	while (imb_mbox_drain_some(mbox, arrivals, &level, messages, bytes))
		cond_resched();

	imb_after_init(&after);
	spin_lock(&mbox->lock);
	mbox->draining--;
	imb_mbox_settle(mbox, &after);
	return 0;
}
