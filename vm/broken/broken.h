/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BROKEN_H
#define BROKEN_H

/* race.c: what KCSAN finds. */
int imb_broken_data_race(void);
int imb_broken_missing_barrier(void);

#endif /* BROKEN_H */
