/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STORM_NAMES_H
#define STORM_NAMES_H

#include "history.h"

/*
 * Whether the history is one that a name may have, which is not there before. Its events
 * are those of kind CREATE, OPEN, UNLINK, LISTED and DESTROY.
 */
bool names_check(const struct history *history, struct verdict *verdict);

#endif /* STORM_NAMES_H */
