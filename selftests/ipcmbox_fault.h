/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults on demand: the kernel fails the n-th allocation or user copy that one
 * thread comes to (Documentation/fault-injection/ of the kernel, fail-nth).
 */
#ifndef IPCMBOX_FAULT_H
#define IPCMBOX_FAULT_H

#include <stdbool.h>

/* Sets faults up, without a word in the kernel log; false if there are none. */
bool fault_init(void);
/* Has the @nth chance of the calling thread fail, from 1. */
void fault_arm(unsigned int nth);
/* Ends that; whether the fault came. */
bool fault_disarm(void);

#endif /* IPCMBOX_FAULT_H */
