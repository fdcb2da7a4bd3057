/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel log: whether it has a line that should not be there.
 */
#ifndef FUZZ_LOG_H
#define FUZZ_LOG_H

#include <stdbool.h>

#define SIGNATURE_MAX 200

/* Opens it at its end, for this process alone; false with errno if that fails. */
bool log_open(void);
/*
 * Whether it has a bad line since the last call. With @signature also whether the
 * kernel is tainted in another way; the lines then go to stdout, and the most telling
 * one goes there without what differs from time to time.
 */
bool log_is_bad(char *signature);
/* Has the kernel tell again what it tells once only. */
void log_forget(void);

#endif /* FUZZ_LOG_H */
