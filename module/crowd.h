/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_CROWD_H
#define _IMB_CROWD_H

#include <linux/ipcmbox.h>
#include <linux/types.h>

#include "index.h"

struct imb_stand;

/**
 * DOC: Crowds
 *
 * The receivers that wait in a mailbox. The crowd tells who of them is served first,
 * in O(log n) however many wait: they stand in an index, ranked by that.
 *
 * Like a queue it allocates nothing, can't fail, and leaves locking to its owner.
 */

/**
 * struct imb_crowd - receivers that wait
 * @policy: who is served first, constant
 * @arrivals: how many have come
 * @any: all of them, ranked by who is served first
 * @count: how many wait
 */
struct imb_crowd {
	enum ipcmbox_policy policy;
	u64 arrivals;
	struct imb_index any;
	u64 count;
};

/**
 * imb_crowd_takes_any() - does somebody wait?
 * @crowd: the crowd
 *
 * Return: whether a message is wanted.
 */
static inline bool imb_crowd_takes_any(const struct imb_crowd *crowd)
{
	return !RB_EMPTY_ROOT(&crowd->any.root);
}

void imb_crowd_init(struct imb_crowd *crowd, enum ipcmbox_policy policy);
void imb_crowd_join(struct imb_crowd *crowd, struct imb_stand *stand);
void imb_crowd_leave(struct imb_crowd *crowd, struct imb_stand *stand);
struct imb_stand *imb_crowd_pick(const struct imb_crowd *crowd);

#endif /* _IMB_CROWD_H */
