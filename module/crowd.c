// SPDX-License-Identifier: GPL-2.0-only
/*
 * Crowds: the receivers that wait, and who is served first. See crowd.h.
 */
#include <linux/kernel.h>
#include <linux/sched.h>

#include "crowd.h"
#include "msg.h"
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
	imb_index_init(&crowd->types);
	imb_index_init(&crowd->types_max);
	imb_index_init(&crowd->types_not);
	imb_index_init(&crowd->senders);
	imb_index_init(&crowd->noticers);
}

static struct imb_index *imb_crowd_index(struct imb_crowd *crowd,
					 enum ipcmbox_match kind)
{
	switch (kind) {
	case IPCMBOX_MATCH_TYPE:
		return &crowd->types;
	case IPCMBOX_MATCH_TYPE_MAX:
		return &crowd->types_max;
	case IPCMBOX_MATCH_TYPE_NOT:
		return &crowd->types_not;
	case IPCMBOX_MATCH_SENDER:
		return &crowd->senders;
	default:
		return &crowd->any;
	}
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
 * @stand: where it stands, with what it wants
 */
void imb_crowd_join(struct imb_crowd *crowd, struct imb_stand *stand)
{
	stand->node.key =
		stand->match.kind == IPCMBOX_MATCH_ANY ? 0 : stand->match.value;
	stand->node.rank = imb_crowd_rank(crowd);
	imb_index_add(imb_crowd_index(crowd, stand->match.kind), &stand->node);
	if (stand->notices) {
		stand->notice_node.key = 0;
		stand->notice_node.rank = stand->node.rank;
		imb_index_add(&crowd->noticers, &stand->notice_node);
	}
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
	imb_index_remove(imb_crowd_index(crowd, stand->match.kind),
			 &stand->node);
	if (stand->notices)
		imb_index_remove(&crowd->noticers, &stand->notice_node);
	stand->standing = false;
	crowd->count--;
}

static struct imb_node *imb_crowd_better(struct imb_node *a, struct imb_node *b)
{
	if (!a || !b)
		return a ?: b;
	return a->rank < b->rank ? a : b;
}

static struct imb_stand *imb_crowd_stand(struct imb_node *node)
{
	return node ? container_of(node, struct imb_stand, node) : NULL;
}

/**
 * imb_crowd_pick() - who is served first with a message
 * @crowd: the crowd
 * @msg: the message
 *
 * Return: where he stands, and goes on to stand, or NULL if nobody wants it.
 */
struct imb_stand *imb_crowd_pick(const struct imb_crowd *crowd,
				 const struct imb_msg *msg)
{
	u64 sender = imb_sender_key(msg->process);
	u64 type = msg->type;
	struct imb_node *node;

	if (!crowd->count)
		return NULL;
	if (msg->notice_of) {
		node = imb_index_best(&crowd->noticers, 0, 0);
		return node ? container_of(node, struct imb_stand,
					   notice_node) :
			      NULL;
	}
	node = imb_index_best(&crowd->any, 0, 0);
	node = imb_crowd_better(node,
				imb_index_best(&crowd->types, type, type));
	node = imb_crowd_better(node, imb_index_best(&crowd->types_max, type,
						     U64_MAX));
	node = imb_crowd_better(node,
				imb_index_best_but(&crowd->types_not, type));
	node = imb_crowd_better(node, imb_index_best(&crowd->senders, sender,
						     sender));
	return imb_crowd_stand(node);
}

/**
 * imb_crowd_anybody() - somebody who waits, to be sent away
 * @crowd: the crowd
 *
 * Return: where he stands, and goes on to stand, or NULL if nobody waits.
 */
struct imb_stand *imb_crowd_anybody(const struct imb_crowd *crowd)
{
	const struct imb_index *indexes[] = {
		&crowd->any,	   &crowd->types,   &crowd->types_max,
		&crowd->types_not, &crowd->senders,
	};
	size_t i;

	if (!crowd->count)
		return NULL;
	for (i = 0; i < ARRAY_SIZE(indexes); i++)
		if (!RB_EMPTY_ROOT(&indexes[i]->root))
			break;
	return imb_crowd_stand(imb_index_least(indexes[i]));
}
