/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cells, each described in the file that has it.
 */
#ifndef CELL_H
#define CELL_H

#include "bench.h"

extern const struct cell cell_round_trip, cell_latency;
extern const struct cell cell_stream, cell_fan_in, cell_fan_out, cell_fan_both;
extern const struct cell cell_batch;
extern const struct cell cell_broadcast;
extern const struct cell cell_priority, cell_typed;
extern const struct cell cell_mailboxes, cell_mailboxes_in_turn;
extern const struct cell cell_waiters;
extern const struct cell cell_poll, cell_epoll, cell_select;
extern const struct cell cell_memory_mailbox, cell_memory_message;
extern const struct cell cell_memory_waiter;

/* Whether a peer is a channel for these cells. */
static inline bool is_for(const struct peer *peer, enum use use)
{
	return peer->channel && (peer->use & use);
}

#endif /* CELL_H */
