// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stores with many messages in them: an operation puts one more and takes one, which is chosen
 * by its priority or by its type. One process does both, so that nobody is waited for.
 */
#include <stdlib.h>

#include "bench.h"
#include "cell.h"

#define LEN 64
/* Messages beside those that stay. */
#define SPARE 16
/* Priorities or types of those that stay are below that of the one that is taken. */
#define KEYS 128

/**
 * struct store - a session
 * @ops: of the store
 * @store: it
 * @data: a message
 */
struct store {
	const struct store_ops *ops;
	void *store;
	void *data;
};

static void *fill_store(const struct store_ops *ops, unsigned long depth)
{
	struct store *store = must_alloc(sizeof(*store));

	store->ops = ops;
	store->data = message_alloc(LEN);
	store->store = ops->open(LEN, (unsigned int)depth + SPARE);
	for (unsigned long i = 0; i < depth; i++) {
		unsigned int key = 1 + (unsigned int)i % (KEYS - 1);

		message_stamp(store->data, LEN, MESSAGE_STOP);
		ops->put(store->store, key, store->data, LEN);
	}
	return store;
}

static void close_store(void *session)
{
	struct store *store = session;

	store->ops->close(store->store);
	message_free(store->data);
	free(store);
}

static double use_store(void *session, unsigned long count)
{
	struct store *store = session;
	double start = now_ns();

	for (unsigned long i = 0; i < count; i++) {
		message_stamp(store->data, LEN, i);
		store->ops->put(store->store, KEYS, store->data, LEN);
		store->ops->take(store->store, KEYS, store->data, LEN);
		message_check(store->data, LEN, i);
	}
	return now_ns() - start;
}

static const char *priority_lacks(const struct peer *peer, unsigned long depth)
{
	if (!peer->priority)
		return "";
	return peer->most_by_priority &&
			       depth + SPARE > peer->most_by_priority ?
		       "a queue has no room for so many" :
		       NULL;
}

static void *open_priority(const struct peer *peer, unsigned long depth)
{
	return fill_store(peer->priority, depth);
}

static const char *typed_lacks(const struct peer *peer, unsigned long depth)
{
	(void)depth;
	return peer->typed ? NULL : "";
}

static void *open_typed(const struct peer *peer, unsigned long depth)
{
	return fill_store(peer->typed, depth);
}

const struct cell cell_priority = {
	.name = "priority",
	.axis = "queued",
	.about =
		"an urgent message put and taken, while so many of less urgency stay",
	.points = (const unsigned long[]){ 1, 10, 10000, 1000000, 0 },
	.quantum = 1,
	.lacks = priority_lacks,
	.open = open_priority,
	.lead = use_store,
	.close = close_store,
};

const struct cell cell_typed = {
	.name = "typed",
	.axis = "queued",
	.about =
		"a message put and taken by its type, while so many of others stay before it",
	.points = (const unsigned long[]){ 1, 10, 10000, 1000000, 0 },
	.quantum = 1,
	.lacks = typed_lacks,
	.open = open_typed,
	.lead = use_store,
	.close = close_store,
};
