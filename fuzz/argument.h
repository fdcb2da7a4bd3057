/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The argument of an ioctl, with all that it names: descriptors, and the arguments of
 * other ioctls that a SELECT or a REPLY_RECV is made of.
 */
#ifndef FUZZ_ARGUMENT_H
#define FUZZ_ARGUMENT_H

#include <stddef.h>

#include "program.h"

/*
 * Writes the argument of a call of a program to a page; returns how many bytes it has,
 * which a place may add to.
 */
size_t argument_fill(const struct program *program, char *argument,
		     const struct call *call, unsigned int task);
/* After a success: keeps the tokens that came, and closes the descriptors. */
void argument_keep(const struct call_kind *kind, const void *argument,
		   unsigned int task);

#endif /* FUZZ_ARGUMENT_H */
