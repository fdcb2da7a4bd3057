// SPDX-License-Identifier: GPL-2.0-only
/*
 * Crowds: the receivers that wait, and who is served first. See crowd.h.
 */
#include <linux/kernel.h>
#include <linux/sched.h>

#include "crowd.h"
#include "wait.h"

/**
 * imb_crowd_init() - make a crowd of nobody
 * @crowd: the crowd
 * @policy: who is served first
 */
void imb_crowd_init(struct imb_crowd *crowd, enum ipcmbox_policy policy)
{
	crowd->policy = policy;
	crowd->arrivals = 0;
	crowd->count = 0;
	imb_index_init(&crowd->any);
}

/* The lower the sooner served; 48 bits are enough for the arrivals of years. */
static u64 imb_crowd_rank(struct imb_crowd *crowd)
{
	u64 arrival = ++crowd->arrivals;

	switch (crowd->policy) {
	case IPCMBOX_RECENT:
		return ~arrival;
	case IPCMBOX_TASK_PRIORITY:
		/* -1 for deadline tasks, then 0 to 139: the lower the higher. */
		return (u64)(READ_ONCE(current->prio) + 1) << 48 | arrival;
	default:
		return arrival;
	}
}

/**
 * imb_crowd_join() - the calling task comes to wait
 * @crowd: the crowd
 * @stand: where it stands
 */
void imb_crowd_join(struct imb_crowd *crowd, struct imb_stand *stand)
{
	stand->node.key = 0;
	stand->node.rank = imb_crowd_rank(crowd);
	imb_index_add(&crowd->any, &stand->node);
	stand->standing = true;
	crowd->count++;
}

/**
 * imb_crowd_leave() - somebody waits no more
 * @crowd: the crowd
 * @stand: where he stands
 */
void imb_crowd_leave(struct imb_crowd *crowd, struct imb_stand *stand)
{
	imb_index_remove(&crowd->any, &stand->node);
	stand->standing = false;
	crowd->count--;
}

static struct imb_stand *imb_crowd_stand(struct imb_node *node)
{
	return node ? container_of(node, struct imb_stand, node) : NULL;
}

/**
 * imb_crowd_pick() - who is served first
 * @crowd: the crowd
 *
 * Return: where he stands, and goes on to stand, or NULL if nobody waits.
 */
struct imb_stand *imb_crowd_pick(const struct imb_crowd *crowd)
{
	return imb_crowd_stand(imb_index_best(&crowd->any, 0, 0));
}
