/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether calls that have not returned wait for something that is not there.
 */
#ifndef FUZZ_WAITS_H
#define FUZZ_WAITS_H

#include <stdbool.h>

/* Of all threads, when the program is over. */
bool waits_are_right(void);

#endif /* FUZZ_WAITS_H */
