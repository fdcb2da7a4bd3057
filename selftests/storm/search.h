/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STORM_SEARCH_H
#define STORM_SEARCH_H

#include "history.h"

/* Events that the search can take; it tries all orders. */
#define SEARCH_MAX 12

/*
 * Whether there is an order of the events in which a mailbox with one caller at a time
 * would have answered the same: the definition, tried out (Wing and Gong, J. Parallel
 * Distrib. Comput. 1993). For histories of SEND, RECV and PEEK without killed callers and
 * failing copies.
 */
bool search_order(const struct history *history);

#endif /* STORM_SEARCH_H */
