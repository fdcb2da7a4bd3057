/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_CROWD_H
#define _IMB_CROWD_H

#include <linux/ipcmbox.h>
#include <linux/types.h>

#include "index.h"

struct imb_msg;
struct imb_stand;

/**
 * DOC: Crowds
 *
 * The receivers that wait in a mailbox. For a message the crowd tells who of
 * those that want it is served first, in O(log n) however many wait and whatever
 * they want: there is an index for each kind of want, of what is wanted, ranked
 * by who is served first.
 *
 * Like a queue it allocates nothing, can't fail, and leaves locking to its owner.
 */

/**
 * struct imb_crowd - receivers that wait
 * @policy: who is served first, constant
 * @arrivals: how many have come
 * @any: those that want any message
 * @types: those that want one of a type, by the type
 * @types_max: those that want one up to a type, by the type
 * @types_not: those that want none of a type, by the type
 * @senders: those that want one of a sender, by its key
 * @noticers: those that want notices besides
 * @count: how many wait
 */
struct imb_crowd {
	enum ipcmbox_policy policy;
	u64 arrivals;
	struct imb_index any;
	struct imb_index types;
	struct imb_index types_max;
	struct imb_index types_not;
	struct imb_index senders;
	struct imb_index noticers;
	u64 count;
};

/**
 * imb_crowd_takes_any() - does somebody wait for any message?
 * @crowd: the crowd
 *
 * Return: whether a message of whatever kind is wanted.
 */
static inline bool imb_crowd_takes_any(const struct imb_crowd *crowd)
{
	return !RB_EMPTY_ROOT(&crowd->any.root);
}

void imb_crowd_init(struct imb_crowd *crowd, enum ipcmbox_policy policy);
void imb_crowd_join(struct imb_crowd *crowd, struct imb_stand *stand);
void imb_crowd_leave(struct imb_crowd *crowd, struct imb_stand *stand);
struct imb_stand *imb_crowd_pick(const struct imb_crowd *crowd,
				 const struct imb_msg *msg);
struct imb_stand *imb_crowd_anybody(const struct imb_crowd *crowd);

#endif /* _IMB_CROWD_H */
