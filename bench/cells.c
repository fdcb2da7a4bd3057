// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of cells.
 */
#include "bench.h"
#include "cell.h"

const struct cell *const cells[] = {
	&cell_round_trip,    &cell_latency,	   &cell_stream,
	&cell_fan_in,	     &cell_fan_out,	   &cell_fan_both,
	&cell_batch,	     &cell_broadcast,	   &cell_priority,
	&cell_typed,	     &cell_mailboxes,	   &cell_mailboxes_in_turn,
	&cell_waiters,	     &cell_poll,	   &cell_epoll,
	&cell_select,	     &cell_memory_mailbox, &cell_memory_message,
	&cell_memory_waiter,
};

const unsigned int nr_cells = ARRAY_SIZE(cells);
