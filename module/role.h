/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_ROLE_H
#define _IMB_ROLE_H

#include <linux/types.h>

struct imb_mbox;
struct pid;

/**
 * DOC: Roles
 *
 * A policy may say that only one receives, or only one sends: that is a role of the
 * mailbox, and who has it. A call takes *hold* of the role when it begins to wait, or
 * to copy, and until it returns others are refused; so what was let in is never refused
 * later, however often it has to begin again. A call that fails has changed nothing:
 * the role is free then, unless other calls of the owner hold it as well. One that
 * succeeds keeps it for the owner, if the policy says so, as long as that one lives.
 *
 * Of IPCMBOX_EXCLUSIVE the owner is a process, and keeps what it got; of
 * IPCMBOX_ONE_RECEIVER it is a thread, and keeps nothing.
 */

/**
 * struct imb_role - who may receive from a mailbox (READ), or send to it (WRITE)
 * @owner: who had it last, with a reference, or NULL
 * @calls: his calls that hold it
 * @kept: it is his also without
 *
 * Protected by the lock of the mailbox.
 */
struct imb_role {
	struct pid *owner;
	unsigned int calls;
	bool kept;
};

/**
 * struct imb_hold - what a call has of a role
 * @held: it is among imb_role.calls
 * @former: who had the role before, to put once the call is over
 *
 * Belongs to the task of the call; zero before.
 */
struct imb_hold {
	bool held;
	struct pid *former;
};

bool imb_role_is_taken_locked(const struct imb_mbox *mbox, int side);
void imb_hold_take_locked(struct imb_mbox *mbox, int side,
			  struct imb_hold *hold);
void imb_hold_end_locked(struct imb_mbox *mbox, int side, struct imb_hold *hold,
			 bool done);
void imb_hold_exit(struct imb_mbox *mbox, int side, struct imb_hold *hold,
		   bool done);

#endif /* _IMB_ROLE_H */
