/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every file of the module shares: the overview, the lock tree and the
 * limits that are not part of the ABI.
 */
#ifndef _IMB_IPCMBOX_H
#define _IMB_IPCMBOX_H

/**
 * DOC: Overview
 *
 * A mailbox (struct imb_mbox) carries messages (struct imb_msg) from senders
 * to receivers. User space holds it by ports (struct imb_port), one for each
 * open file. A task that has to wait stands in the mailbox as a waiter (struct
 * imb_waiter) on its own stack.
 *
 * A message is in one of these places, or it is not in the mailbox at all:
 *
 *  - the store: up to @capacity messages that the mailbox answers for;
 *  - the line: messages whose senders wait for room in the store. Capacity 0 is
 *    no special case: its store never has room, so every sender stands in line
 *    until a receiver takes the message from there;
 *  - in transfer: a receiver took it out and copies it to its user. It still
 *    fills its slot in the store. When the copy has succeeded the receiver
 *    commits and the message is received; when it fails the message goes back
 *    to where it stood. A sender that still waits may take its message back
 *    meanwhile; the receiver then learns it at the commit and takes the next.
 *
 * These invariants hold whenever the lock of a settled mailbox is free:
 *
 *  - if a receiver waits, there is nothing in store and line that it wants;
 *  - if a sender waits in line, its message has no room, or the owner no quota for it, or
 *    that is so of another that came before it, or DRAIN holds up the line;
 *  - of a dead or hung-up mailbox, nobody waits for what can't come.
 *
 * Whatever breaks one of them ends in imb_mbox_settle(), which restores them.
 *
 * To this core come operations of several steps, each in a file with its overview: calls,
 * whose sender waits on for an answer (call.h); selections, which stand in many mailboxes
 * (select.h); broadcasts, whose subscriptions are mailboxes themselves (cast.h); inboxes,
 * which are found by the number of their process (inbox.h); names, which are files (name.h); and
 * owners, processes that mailboxes end with (owner.h).
 *
 * The layers, each of which includes only those before it:
 * compat -> trace, account (limit, charge, purse), index, share, fds, instance -> msg, buffer,
 * region -> row -> queue -> wait -> crowd, notify -> mbox (role, steps, settle, call, state,
 * owner, roster) -> xfer (send, recv, peek, notice) -> cast (copy, subscription), select, inbox,
 * name (list, unlink), fs -> ioctl -> port (open), command -> dev, debug -> main.
 */

/**
 * DOC: Locks
 *
 * ::
 *
 *   imb_mbox.lock                 all state of one mailbox
 *     (atomics of imb_account)    charges, lock-free
 *     imb_account.lock            mailboxes that wait for quota; nothing inside
 *
 *   imb_accounts_lock             finding a user's account; nothing inside
 *   imb_roster_lock               all mailboxes; nothing inside
 *   imb_inboxes_lock              finding a process's inbox; nothing inside
 *   imb_owners_lock               finding an owner, and its mailboxes; nothing inside
 *   imb_instance.names.xa_lock    finding a name; inside: d_lock of the kernel
 *   imb_instance.lock             finding an instance's mailboxes; nothing inside
 *   imb_mbox.notifier.lock        eventfds; inside: locks of the kernel
 *   imb_mbox.notifier.poll.lock   wait queue of poll(2); nothing of ours inside
 *
 * No two mailboxes are ever locked at once, but by SELECT, in the order of their
 * addresses, and no two notifiers but those of a duplex port, likewise. Under
 * imb_mbox.lock nobody touches user memory, allocates, frees, wakes or sleeps, and every
 * loop is bounded. What has to follow is collected in struct imb_after and done once the
 * lock is released. Documentation/locking.rst draws the races.
 */

/*
 * How many waiters or messages are dealt with before the lock is released for
 * others. Bounds struct imb_after and, with IMB_BUDGET_MAX, the time under the lock.
 */
#define IMB_BATCH 16

/* More than tasks on all CPUs of a large machine can come by while it waits for a lock. */
#define IMB_BUDGET_MAX 1024U

/* What subscribers may choose where nothing else is said, bits 1 << enum ipcmbox_slow. */
#define IMB_SLOW_ALL ((2U << IPCMBOX_SLOW_DISCONNECT) - 1)

/* Payload bytes that are stored in the message object itself. */
#define IMB_MSG_INLINE 256

/*
 * Bytes of a segment of a longer payload. So many are allocated, copied or freed
 * before others may run: kernels without preemption would have them wait for the
 * whole of it.
 */
#define IMB_SEGMENT_SIZE (16 << 10)

/* How many bytes a mailbox draws from its user's account at a time. */
#define IMB_PURSE_CHUNK 4096

/* Of a limit so much must be in use at most, as a fraction, that mailboxes keep spare bytes. */
#define IMB_PLENTY 8

/* How much a CPU draws from an account at a time, for what is charged with each call. */
#define IMB_BYTES_STOCK 16384
#define IMB_WAITERS_STOCK 64

#endif /* _IMB_IPCMBOX_H */
