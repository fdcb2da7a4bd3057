/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_MBOX_H
#define _IMB_MBOX_H

#include <linux/fs.h>
#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/timekeeping.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include "account.h"
#include "crowd.h"
#include "ipcmbox.h"
#include "notify.h"
#include "queue.h"
#include "region.h"
#include "role.h"
#include "share.h"
#include "wait.h"

struct ipcmbox_info;
struct ipcmbox_set;
struct imb_after;
struct imb_instance;
struct imb_mbox;
struct imb_msg;
struct imb_owner;

/**
 * DOC: Mailboxes
 *
 * The object: its life, its peers, its counters and its invariants (see the
 * overview in ipcmbox.h). How one message moves through it is in xfer.h.
 *
 * Every change of state ends with imb_mbox_settle(), which does whatever the
 * new state calls for, one bounded step after the other, until the invariants
 * hold: it evicts from a dead mailbox, sends off senders without receivers and
 * receivers without senders, and moves messages from the line into the store.
 * So a closing port, a larger capacity and a received message need no code of
 * their own for what follows from them.
 */

/**
 * struct imb_attrs - attributes given at creation
 * @flags: IPCMBOX_NO_HANGUP, IPCMBOX_SELECTIVE, IPCMBOX_BROADCAST, IPCMBOX_OWNED,
 *	IPCMBOX_FAIR_SHARE
 * @order: enum ipcmbox_order
 * @policy: enum ipcmbox_policy
 * @capacity: messages
 * @max_bytes: bytes, 0 for none
 * @max_message: bytes
 * @slow_mask: of one that broadcasts, bits 1 << enum ipcmbox_slow, 0 for all
 * @named: it will have a name
 * @instance: where it is made, NULL for that of /dev/ipcmbox
 */
struct imb_attrs {
	u32 flags;
	u32 order;
	u32 policy;
	u64 capacity;
	u64 max_bytes;
	u64 max_message;
	u32 slow_mask;
	bool named;
	struct imb_instance *instance;
};

int imb_attrs_check(struct imb_attrs *attrs);

/**
 * struct imb_counters - what became of the messages of a mailbox
 * @sent: had a place in the mailbox
 * @received: were received
 * @withdrawn: were taken back
 * @expired: were taken back because of the deadline
 * @dropped: were discarded
 * @in_transfer: are being copied by a receiver
 */
struct imb_counters {
	u64 sent;
	u64 received;
	u64 withdrawn;
	u64 expired;
	u64 dropped;
	u64 in_transfer;
};

/**
 * struct imb_mbox_ops - what a mailbox does besides that is a part of something larger
 * @has_room_locked: would a send not have to wait? If NULL the mailbox itself knows
 * @settle_one_locked: do one piece of what the state calls for; false if there is
 *	nothing
 * @settled_locked: the state is settled as far as this time under the lock goes; poll(2)
 *	would say @events
 * @tell: @events have happened; without the lock
 * @changed: a port has come or gone, or it was destroyed; without the lock, may sleep
 * @release: the last reference is gone; may sleep
 *
 * Each may be NULL, but @release.
 */
struct imb_mbox_ops {
	bool (*has_room_locked)(const struct imb_mbox *mbox);
	bool (*settle_one_locked)(struct imb_mbox *mbox,
				  struct imb_after *after);
	void (*settled_locked)(struct imb_mbox *mbox, __poll_t events);
	void (*tell)(struct imb_mbox *mbox, __poll_t events);
	void (*changed)(struct imb_mbox *mbox);
	void (*release)(struct imb_mbox *mbox);
};

/**
 * struct imb_mbox - a mailbox
 * @refs: one for each port, and one while it is created; lock-free
 * @id: number of the mailbox, constant
 * @flags: as in struct imb_attrs, constant
 * @policy: enum ipcmbox_policy, constant
 * @region: shared-memory region or NULL, constant
 * @ops: of one that is a part of something larger, else NULL; constant once others know
 *	it, as is @part
 * @part: what its @ops are about
 * @named: it was made with a name, constant
 * @uid: effective uid of who made it, constant
 * @owner: the process that it ends with, or NULL; constant once it has a port
 * @owned: place among the mailboxes of @owner, under imb_owners_lock
 * @instance: where it was made, a reference, NULL for that of /dev/ipcmbox; constant
 * @kin: place among the mailboxes of @instance, under its lock
 * @notifier: who polls, has a lock of its own
 * @roster: place among all mailboxes, under imb_roster_lock
 * @lock: protects all that follows
 * @capacity: messages
 * @max_bytes: bytes, 0 for none
 * @max_message: bytes; read without the lock where a wrong guess does no harm
 * @dead: destroyed, or the last port is gone
 * @ended: no sender will ever come again
 * @had_receivers: a port that can receive has come once
 * @had_senders: a port that can send has come once
 * @draining: calls of DRAIN under way
 * @nr_receivers: ports that can receive, and subscriptions
 * @nr_senders: ports that can send
 * @events: what poll(2) would say, but for EPOLLIN, when last settled
 * @stored: messages that fill a slot, queued or in transfer
 * @stored_bytes: their bytes
 * @arrivals: how many messages have had a place
 * @last_id: number of the youngest of them
 * @store: messages that the mailbox answers for
 * @line: messages whose senders wait for room
 * @moving: messages in transfer, by number
 * @shares: who has how many of them all, with IPCMBOX_FAIR_SHARE
 * @senders: all senders that wait, those whose message is stored or in transfer
 *	too
 * @receivers: all receivers that wait
 * @overrun: messages that were discarded for others since one was received
 * @lost: messages that were lost to a subscription, and of which no receiver knows
 * @nr_copying: receivers that copy a message, be it withdrawn or not
 * @notices: notices of calls whose callers have left, by token
 * @calls: open calls, by token
 * @nr_calls: how many; read without the lock too
 * @roles: who may receive (READ) and send (WRITE), if its policy lets not all
 * @count: what became of the messages
 * @used: when one was last received (READ) and sent (WRITE), in ns of CLOCK_REALTIME; 0 if
 *	none was since the times of its file were set, or if it has no name
 * @purse: bytes charged to the owner
 */
struct imb_mbox {
	refcount_t refs;
	u64 id;
	u32 flags;
	u32 policy;
	struct imb_region *region;
	const struct imb_mbox_ops *ops;
	void *part;
	bool named;
	kuid_t uid;
	struct imb_owner *owner;
	struct list_head owned;
	struct imb_instance *instance;
	struct list_head kin;
	struct imb_notifier notifier;
	struct rb_node roster;

	spinlock_t lock ____cacheline_aligned_in_smp;
	u64 capacity;
	u64 max_bytes;
	u64 max_message;
	bool dead;
	bool ended;
	bool had_receivers;
	bool had_senders;
	u32 draining;
	u32 nr_receivers;
	u32 nr_senders;
	__poll_t events;
	u64 stored;
	u64 stored_bytes;
	u64 arrivals;
	u64 last_id;
	struct imb_queue store;
	struct imb_queue line;
	struct imb_queue moving;
	struct imb_shares shares;
	struct list_head senders;
	struct imb_crowd receivers;
	u64 overrun;
	u64 lost;
	u64 nr_copying;
	struct imb_queue notices;
	struct rb_root calls;
	u64 nr_calls;
	struct imb_role roles[2];
	struct imb_counters count;
	u64 used[2];
	struct imb_purse purse;
};

struct imb_mbox *imb_mbox_new(const struct imb_attrs *attrs,
			      struct imb_region *region);
struct imb_mbox *imb_mbox_new_part(const struct imb_attrs *attrs,
				   struct imb_region *region,
				   const struct imb_mbox_ops *ops, void *part);
struct imb_mbox *imb_mbox_get(struct imb_mbox *mbox);
struct imb_mbox *imb_mbox_put(struct imb_mbox *mbox);

bool imb_mbox_is_prepared(const struct imb_mbox *mbox, u32 priority);
int imb_mbox_equip(const struct imb_mbox *mbox, struct imb_msg *msg);
int imb_mbox_prepare(struct imb_mbox *mbox, struct imb_msg *msg);
void imb_mbox_attach(struct imb_mbox *mbox, fmode_t mode);
void imb_mbox_detach(struct imb_mbox *mbox, fmode_t mode);
int imb_mbox_destroy(struct imb_mbox *mbox);
bool imb_mbox_is_dead(struct imb_mbox *mbox);
int imb_mbox_set(struct imb_mbox *mbox, const struct ipcmbox_set *set);
int imb_mbox_drain(struct imb_mbox *mbox, u64 *messages, u64 *bytes);
void imb_mbox_info(struct imb_mbox *mbox, struct ipcmbox_info *info);
bool imb_mbox_has_attrs(struct imb_mbox *mbox, const struct imb_attrs *attrs,
			u64 region_size);
void imb_mbox_times(struct imb_mbox *mbox, struct timespec64 *sent,
		    struct timespec64 *received);
void imb_mbox_forget_times(struct imb_mbox *mbox, bool sent, bool received);
__poll_t imb_mbox_poll(struct imb_mbox *mbox, struct file *file,
		       poll_table *table, fmode_t mode);

/**
 * struct imb_after - what has to follow once the lock is released
 * @wakes: tasks to wake
 * @trash: messages to put
 * @calls: calls to put
 * @lost: stands without a waiter that were taken away, see imb_after_is_spent()
 * @budget: how many of these may be
 * @events: EPOLL* bits to tell those who poll
 */
struct imb_after {
	struct imb_wakes wakes;
	struct list_head trash;
	struct list_head calls;
	unsigned int lost;
	unsigned int budget;
	__poll_t events;
};

/**
 * imb_after_is_spent() - has enough been done under the lock?
 * @after: what has to follow
 *
 * Who looks for a message, for a receiver or for room takes stands away that were lost:
 * those of tasks that select there and were just served elsewhere. Tasks without rights can
 * have any number of them, and have them lost all at once. So after IMB_BATCH of them the
 * search ends, and what it did not find may be there nevertheless: its caller gives up with
 * -ERESTART, having changed nothing, lets others have the lock, and begins anew. That each
 * was taken away for good is what it has got on by; and to get on faster than new ones
 * come, it may take away twice as many each time, up to IMB_BUDGET_MAX.
 *
 * Return: whether that is so.
 */
static inline bool imb_after_is_spent(const struct imb_after *after)
{
	return after->lost >= after->budget;
}

/* A message was sent (WRITE) or received (READ): the times of files are those of messages. */
static inline void imb_mbox_stamp_locked(struct imb_mbox *mbox, int side)
{
	if (mbox->named)
		mbox->used[side] = ktime_get_coarse_real_ns();
}

/* For state.c and xfer.c: the steps of which operations are made. */
void imb_after_init(struct imb_after *after);
void imb_mbox_settle(struct imb_mbox *mbox, struct imb_after *after)
	__releases(&mbox->lock);
int imb_mbox_refuse_sender_locked(const struct imb_mbox *mbox);
int imb_mbox_refuse_receiver_locked(const struct imb_mbox *mbox);
bool imb_mbox_has_room_locked(const struct imb_mbox *mbox, u64 len);
bool imb_mbox_is_fair_locked(const struct imb_mbox *mbox, kuid_t uid, u64 len);
bool imb_mbox_takes_newcomer_locked(struct imb_mbox *mbox,
				    const struct imb_msg *msg,
				    struct imb_after *after);
bool imb_mbox_hung_up_locked(const struct imb_mbox *mbox);
bool imb_mbox_at_eof_locked(const struct imb_mbox *mbox);
__poll_t imb_mbox_events_locked(const struct imb_mbox *mbox, fmode_t mode);
bool imb_mbox_is_empty_locked(const struct imb_mbox *mbox);
struct imb_msg *imb_mbox_match_locked(struct imb_mbox *mbox,
				      const struct imb_match *match,
				      struct imb_after *after);
void imb_mbox_unqueue_locked(struct imb_mbox *mbox, struct imb_msg *msg);
bool imb_mbox_admits_locked(const struct imb_mbox *mbox,
			    const struct imb_msg *msg);
int imb_mbox_bill_locked(struct imb_mbox *mbox, struct imb_msg *msg);
int imb_mbox_bill_slot_locked(struct imb_mbox *mbox, struct imb_msg *msg,
			      bool stays);
void imb_mbox_pinch_locked(struct imb_mbox *mbox, u64 need);
void imb_mbox_pinch_if_short_locked(struct imb_mbox *mbox, u64 need);
void imb_mbox_unbill_locked(struct imb_mbox *mbox, struct imb_msg *msg);
void imb_mbox_close_bill_locked(struct imb_mbox *mbox, struct imb_msg *msg);
void imb_mbox_recall_locked(struct imb_mbox *mbox, struct imb_msg *msg,
			    u64 *counter, struct imb_after *after);
void imb_mbox_retire_locked(struct imb_mbox *mbox, struct imb_msg *msg,
			    u64 *counter);
struct imb_stand *imb_mbox_pick_locked(struct imb_mbox *mbox,
				       const struct imb_msg *msg,
				       struct imb_after *after);
void imb_mbox_forget_locked(struct imb_mbox *mbox, struct imb_stand *sender,
			    struct imb_after *after);
void imb_mbox_release_sender_locked(struct imb_stand *sender, int result,
				    struct imb_after *after);
void imb_mbox_discard_locked(struct imb_mbox *mbox, struct imb_msg *msg,
			     int error, u64 *counter, struct imb_after *after);

#endif /* _IMB_MBOX_H */
