/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_COMMAND_H
#define _IMB_COMMAND_H

#include "ioctl.h"

/* The ioctls of a port. */
extern const struct imb_ioctl imb_commands[];
extern const size_t imb_commands_count;

#endif /* _IMB_COMMAND_H */
