/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_OWNER_H
#define _IMB_OWNER_H

#include <linux/types.h>

struct imb_mbox;

/**
 * DOC: Owners
 *
 * A mailbox can belong to a process and end with it, whoever has ports of it: one made with
 * IPCMBOX_OWNED, and each inbox. The process is a group of threads, told apart by its
 * struct pid: that stays the same if another thread than the first calls execve(2), and
 * a number that is used again is another. So a child of fork(2) owns nothing, and the next
 * program owns what the one before did.
 *
 * A process that ends does so in two ways here. As it closes its descriptors, its last thread
 * comes by at imb_port_flush(), so that the mailboxes of which it had one have ended before
 * anybody learns of its end. For all others the kernel wakes who waits for its end: that is
 * seen here as by poll(2) of a pidfd, but under locks and with interrupts off, so there is
 * one who waits for each process, however many mailboxes it has, and a worker does the rest,
 * a moment later. Who looks at the name meanwhile need not wait for the worker.
 *
 * ::
 *
 *   process ends                      worker
 *   ------------                      ------
 *   imb_owner_wake(): leaves the
 *   queue of its struct pid, takes
 *   a reference of the owner
 *                                     for each mailbox: takes it out of the
 *                                     owner's list, with a reference; destroys
 *                                     it, takes its name away, puts it
 *                                     puts the owner
 *
 * An owner comes with the first mailbox of a process and goes with the last, or with the
 * worker if that is later; a process whose last mailbox has gone may get another owner.
 */

int imb_owner_init(void (*end)(struct imb_mbox *mbox));
void imb_owner_exit(void);

int imb_owner_set(struct imb_mbox *mbox);
void imb_owner_clear(struct imb_mbox *mbox);
void imb_owner_flush(struct imb_mbox *mbox);
bool imb_owner_is_gone(const struct imb_mbox *mbox);
s32 imb_owner_number(const struct imb_mbox *mbox);

#endif /* _IMB_OWNER_H */
