// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues: the order in which messages are taken, and which a receiver wants. See
 * queue.h.
 */
#include <linux/bitops.h>
#include <linux/ipcmbox.h>
#include <linux/slab.h>

#include "msg.h"
#include "queue.h"
#include "row.h"

#define IMB_LEVELS (IPCMBOX_PRIORITY_MAX + 1)
#define IMB_LEVEL_BITS 15
static_assert(IMB_LEVELS == 1 << IMB_LEVEL_BITS);

/**
 * struct imb_levels - a row for each priority
 * @any: which words of @used are not 0
 * @used: which rows have messages
 * @rows: the rows, or NULL where none was needed yet
 */
struct imb_levels {
	u64 any[IMB_LEVELS / 64 / 64];
	u64 used[IMB_LEVELS / 64];
	struct imb_row *rows[IMB_LEVELS / IMB_ROWS];
};

static struct imb_row *imb_levels_row(const struct imb_levels *levels,
				      u32 priority)
{
	struct imb_row *rows = levels->rows[priority / IMB_ROWS];

	return rows ? &rows[priority % IMB_ROWS] : NULL;
}

static void imb_levels_mark(struct imb_levels *levels, u32 priority)
{
	u32 word = priority / 64;

	levels->used[word] |= BIT_ULL(priority % 64);
	levels->any[word / 64] |= BIT_ULL(word % 64);
}

static void imb_levels_clear(struct imb_levels *levels, u32 priority)
{
	u32 word = priority / 64;

	levels->used[word] &= ~BIT_ULL(priority % 64);
	if (!levels->used[word])
		levels->any[word / 64] &= ~BIT_ULL(word % 64);
}

/* The last bit that is set in a map, of those below a number; or -1. */
static int imb_map_last(const u64 *map, int below)
{
	int word = below / 64;
	u64 bits = below % 64 ? map[word] & GENMASK_ULL(below % 64 - 1, 0) : 0;

	while (!bits && word--)
		bits = map[word];
	return bits ? word * 64 + fls64(bits) - 1 : -1;
}

/* The highest level with messages, of those below one; or -1. */
static int imb_levels_below(const struct imb_levels *levels, int level)
{
	int word = level / 64;
	u64 bits = level % 64 ?
			   levels->used[word] & GENMASK_ULL(level % 64 - 1, 0) :
			   0;

	if (bits)
		return word * 64 + fls64(bits) - 1;
	word = imb_map_last(levels->any, word);
	return word < 0 ? -1 : word * 64 + fls64(levels->used[word]) - 1;
}

static struct imb_msg *imb_levels_first(const struct imb_levels *levels)
{
	int level = imb_levels_below(levels, IMB_LEVELS);

	return level < 0 ? NULL : imb_row_first(imb_levels_row(levels, level));
}

/**
 * imb_queue_init() - make an empty queue
 * @queue: the queue, to be given to imb_queue_exit() if this succeeds
 * @order: its order
 * @chooses: whether receivers may choose
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int imb_queue_init(struct imb_queue *queue, enum ipcmbox_order order,
		   bool chooses)
{
	queue->order = order;
	queue->chooses = chooses;
	queue->count = 0;
	queue->cost = 0;
	queue->levels = NULL;
	imb_row_init(&queue->row);
	imb_index_init(&queue->types);
	imb_index_init(&queue->senders);
	if (order != IPCMBOX_PRIORITY)
		return 0;
	queue->levels = kzalloc(sizeof(*queue->levels), GFP_KERNEL_ACCOUNT);
	if (!queue->levels)
		return -ENOMEM;
	queue->cost = sizeof(*queue->levels);
	return 0;
}

/**
 * imb_queue_exit() - end a queue
 * @queue: the queue, empty
 */
void imb_queue_exit(struct imb_queue *queue)
{
	size_t i;

	if (!queue->levels)
		return;
	for (i = 0; i < ARRAY_SIZE(queue->levels->rows); i++)
		kfree(queue->levels->rows[i]);
	kfree(queue->levels);
}

/**
 * imb_queue_is_prepared() - may a message of this priority come?
 * @queue: the queue; need not be locked, since that stays so
 * @priority: the priority
 *
 * Return: false if imb_queue_accept() is needed first.
 */
bool imb_queue_is_prepared(const struct imb_queue *queue, u32 priority)
{
	return !queue->levels ||
	       READ_ONCE(queue->levels->rows[priority / IMB_ROWS]);
}

/**
 * imb_queue_prepare() - allocate rows for a queue
 *
 * May sleep.
 *
 * Return: what imb_queue_accept() takes and kfree() frees, or NULL.
 */
void *imb_queue_prepare(void)
{
	struct imb_row *rows;
	int i;

	rows = kmalloc_array(IMB_ROWS, sizeof(*rows), GFP_KERNEL_ACCOUNT);
	for (i = 0; rows && i < IMB_ROWS; i++)
		imb_row_init(&rows[i]);
	return rows;
}

/**
 * imb_queue_accept() - give a queue rows
 * @queue: the queue
 * @priority: the priority that needs them
 * @rows: the rows
 *
 * Return: @rows if they were there already, else NULL.
 */
void *imb_queue_accept(struct imb_queue *queue, u32 priority, void *rows)
{
	if (imb_queue_is_prepared(queue, priority))
		return rows;
	/* Who sees them without the lock takes it before he uses them. */
	WRITE_ONCE(queue->levels->rows[priority / IMB_ROWS], rows);
	queue->cost += IMB_ROWS_SIZE;
	return NULL;
}

/**
 * imb_queue_next_id() - the number of a new message
 * @queue: the queue
 * @last: how many came before it
 * @priority: its priority
 *
 * In a queue by priority the number has the priority in its low bits, so that it
 * tells where the message stands.
 *
 * Return: the number, larger than all before it.
 */
u64 imb_queue_next_id(const struct imb_queue *queue, u64 last, u32 priority)
{
	if (queue->order != IPCMBOX_PRIORITY)
		return last + 1;
	return (last + 1) << IMB_LEVEL_BITS | priority;
}

/* The lower the sooner it is taken. */
static u64 imb_queue_rank(const struct imb_queue *queue, u64 id)
{
	u64 priority = id % IMB_LEVELS;

	switch (queue->order) {
	case IPCMBOX_LIFO:
		return ~id;
	case IPCMBOX_PRIORITY:
		return (IMB_LEVELS - 1 - priority) << (64 - IMB_LEVEL_BITS) |
		       id >> IMB_LEVEL_BITS;
	default:
		return id;
	}
}

/* The row of a priority, or NULL if there is none yet. */
static struct imb_row *imb_queue_row(const struct imb_queue *queue,
				     u32 priority)
{
	if (queue->levels)
		return imb_levels_row(queue->levels, priority);
	return (struct imb_row *)&queue->row;
}

/**
 * imb_queue_first() - the message that is to be taken first
 * @queue: the queue
 *
 * Return: the message, which stays, or NULL.
 */
struct imb_msg *imb_queue_first(const struct imb_queue *queue)
{
	switch (queue->order) {
	case IPCMBOX_LIFO:
		return imb_row_last(&queue->row);
	case IPCMBOX_PRIORITY:
		return imb_levels_first(queue->levels);
	default:
		return imb_row_first(&queue->row);
	}
}

/**
 * imb_queue_would_lead() - would a new message be taken before all others?
 * @queue: the queue
 * @last: how many messages came before it
 * @priority: its priority
 *
 * Return: whether it would.
 */
bool imb_queue_would_lead(const struct imb_queue *queue, u64 last, u32 priority)
{
	const struct imb_msg *first = imb_queue_first(queue);
	u64 id = imb_queue_next_id(queue, last, priority);

	return !first ||
	       imb_queue_rank(queue, id) < imb_queue_rank(queue, first->id);
}

/**
 * imb_queue_add() - put a message where its number says
 * @queue: the queue
 * @msg: the message, new, or returned to this or from another queue
 */
void imb_queue_add(struct imb_queue *queue, struct imb_msg *msg)
{
	imb_row_add(imb_queue_row(queue, msg->id % IMB_LEVELS), msg);
	if (queue->levels)
		imb_levels_mark(queue->levels, msg->id % IMB_LEVELS);
	queue->count++;
	if (!queue->chooses)
		return;
	msg->by_type.key = msg->type;
	msg->by_sender.key = imb_sender_key(msg->process);
	msg->by_type.rank = imb_queue_rank(queue, msg->id);
	msg->by_sender.rank = msg->by_type.rank;
	imb_index_add(&queue->types, &msg->by_type);
	imb_index_add(&queue->senders, &msg->by_sender);
}

/**
 * imb_queue_remove() - take a message out, wherever it stands
 * @queue: the queue
 * @msg: the message, in this queue
 */
void imb_queue_remove(struct imb_queue *queue, struct imb_msg *msg)
{
	struct imb_row *row = imb_queue_row(queue, msg->id % IMB_LEVELS);

	imb_row_remove(row, msg);
	if (queue->levels && imb_row_is_empty(row))
		imb_levels_clear(queue->levels, msg->id % IMB_LEVELS);
	queue->count--;
	if (!queue->chooses)
		return;
	imb_index_remove(&queue->types, &msg->by_type);
	imb_index_remove(&queue->senders, &msg->by_sender);
}

static struct imb_msg *imb_queue_by_type(struct imb_node *node)
{
	return node ? container_of(node, struct imb_msg, by_type) : NULL;
}

/**
 * imb_queue_match() - the message that a receiver is to take
 * @queue: the queue
 * @match: which it wants; if not any, receivers may choose here
 *
 * Return: the message, which stays, or NULL.
 */
struct imb_msg *imb_queue_match(const struct imb_queue *queue,
				const struct imb_match *match)
{
	struct imb_node *node;

	switch (match->kind) {
	case IPCMBOX_MATCH_TYPE:
		return imb_queue_by_type(imb_index_best(
			&queue->types, match->value, match->value));
	case IPCMBOX_MATCH_TYPE_MAX:
		node = imb_index_least(&queue->types);
		if (!node || node->key > match->value)
			return NULL;
		return imb_queue_by_type(node);
	case IPCMBOX_MATCH_TYPE_NOT:
		return imb_queue_by_type(
			imb_index_best_but(&queue->types, match->value));
	case IPCMBOX_MATCH_SENDER:
		node = imb_index_best(&queue->senders, match->value,
				      match->value);
		return node ? container_of(node, struct imb_msg, by_sender) :
			      NULL;
	default:
		return imb_queue_first(queue);
	}
}

/* Where a number stands among all that were given. */
static u64 imb_queue_arrival(const struct imb_queue *queue, u64 id)
{
	return queue->order == IPCMBOX_PRIORITY ? id >> IMB_LEVEL_BITS : id;
}

/**
 * imb_queue_sweep() - look for messages that came before a time
 * @queue: the queue
 * @arrivals: how many had come until then, in this or another queue
 * @level: where the search is: IPCMBOX_PRIORITY_MAX at first; -1 at its end
 *
 * One step of a search: it takes as many as there are such messages, each of which
 * has to be removed when it is found, and one for each level.
 *
 * Return: such a message, which stays, or NULL.
 */
struct imb_msg *imb_queue_sweep(const struct imb_queue *queue, u64 arrivals,
				int *level)
{
	const struct imb_row *row = imb_queue_row(queue, *level);
	struct imb_msg *msg;

	msg = row ? imb_row_first(row) : NULL;
	if (msg && imb_queue_arrival(queue, msg->id) <= arrivals)
		return msg;
	*level = queue->levels ? imb_levels_below(queue->levels, *level) : -1;
	return NULL;
}

/**
 * imb_queue_find() - the message of a number
 * @queue: the queue
 * @id: the number, of a message that was meant for a queue of this order
 *
 * Return: the message, which stays, or NULL.
 */
struct imb_msg *imb_queue_find(const struct imb_queue *queue, u64 id)
{
	const struct imb_row *row = imb_queue_row(queue, id % IMB_LEVELS);

	return row ? imb_row_find(row, id) : NULL;
}

/**
 * imb_queue_better() - which of two messages a receiver takes first
 * @queue: a queue of their order
 * @match: which messages it wants, both of which are such
 * @a: a message, or NULL
 * @b: another, or NULL
 *
 * Return: one of them.
 */
struct imb_msg *imb_queue_better(const struct imb_queue *queue,
				 const struct imb_match *match,
				 struct imb_msg *a, struct imb_msg *b)
{
	if (!a || !b)
		return a ?: b;
	if (match->kind == IPCMBOX_MATCH_TYPE_MAX && a->type != b->type)
		return a->type < b->type ? a : b;
	return imb_queue_rank(queue, a->id) < imb_queue_rank(queue, b->id) ? a :
									     b;
}
