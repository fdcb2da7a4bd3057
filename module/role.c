// SPDX-License-Identifier: GPL-2.0-only
/*
 * Roles: to whom a mailbox belongs, and for how long. See role.h.
 */
#include <linux/ipcmbox.h>
#include <linux/pid.h>
#include <linux/sched.h>

#include "mbox.h"
#include "role.h"

/* As whom the caller has a role of this mailbox; NULL if it has no such one. */
static struct pid *imb_role_self(const struct imb_mbox *mbox, int side)
{
	if (mbox->policy == IPCMBOX_EXCLUSIVE)
		return task_tgid(current);
	if (mbox->policy == IPCMBOX_ONE_RECEIVER && side == READ)
		return task_pid(current);
	return NULL;
}

/**
 * imb_role_is_taken_locked() - does a role belong to somebody else than the caller?
 * @mbox: the mailbox, locked
 * @side: READ or WRITE
 *
 * Return: whether it does.
 */
bool imb_role_is_taken_locked(const struct imb_mbox *mbox, int side)
{
	const struct imb_role *role = &mbox->roles[side];

	if (!role->owner || role->owner == imb_role_self(mbox, side))
		return false;
	return role->calls || (role->kept && !imb_process_is_gone(role->owner));
}

/**
 * imb_hold_take_locked() - a call waits or copies from now on
 * @mbox: the mailbox, locked, whose role is not taken
 * @side: READ or WRITE
 * @hold: the call's
 */
void imb_hold_take_locked(struct imb_mbox *mbox, int side,
			  struct imb_hold *hold)
{
	struct imb_role *role = &mbox->roles[side];
	struct pid *self = imb_role_self(mbox, side);

	lockdep_assert_held(&mbox->lock);
	if (!self || hold->held)
		return;
	if (role->owner != self) {
		/* At most once in a call, since it is its own then. */
		hold->former = role->owner;
		role->owner = get_pid(self);
		role->kept = false;
	}
	/* Nobody can take from him what he has for good. */
	if (role->kept)
		return;
	role->calls++;
	hold->held = true;
}

/**
 * imb_hold_end_locked() - a call is over
 * @mbox: the mailbox, locked
 * @side: READ or WRITE
 * @hold: the call's; imb_hold_exit() is still to come
 * @done: a message was received, or sent
 */
void imb_hold_end_locked(struct imb_mbox *mbox, int side, struct imb_hold *hold,
			 bool done)
{
	struct imb_role *role = &mbox->roles[side];

	if (!hold->held)
		return;
	hold->held = false;
	role->calls--;
	if (done && mbox->policy == IPCMBOX_EXCLUSIVE)
		role->kept = true;
}

/**
 * imb_hold_exit() - a call returns
 * @mbox: the mailbox, not locked
 * @side: READ or WRITE
 * @hold: the call's
 * @done: as in imb_hold_end_locked(), unless that was called
 */
void imb_hold_exit(struct imb_mbox *mbox, int side, struct imb_hold *hold,
		   bool done)
{
	if (hold->held) {
		spin_lock(&mbox->lock);
		imb_hold_end_locked(mbox, side, hold, done);
		spin_unlock(&mbox->lock);
	}
	/* May free, so not under the lock. */
	put_pid(hold->former);
	hold->former = NULL;
}
