// SPDX-License-Identifier: GPL-2.0-only
/*
 * The futex, shared between processes.
 */
#include <limits.h>
#include <linux/futex.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

/* May return at any time: who calls it looks again. */
void futex_wait(uint32_t *word, uint32_t value)
{
	syscall(SYS_futex, word, FUTEX_WAIT, value, NULL, NULL, 0);
}

void futex_wake(uint32_t *word, unsigned int count)
{
	must(syscall(SYS_futex, word, FUTEX_WAKE,
		     count < INT_MAX ? count : INT_MAX, NULL, NULL, 0),
	     "futex");
}
