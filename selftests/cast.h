/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests of broadcasts share. */
#ifndef CAST_H
#define CAST_H

#include "ipcmbox_util.h"

/* A mailbox that broadcasts; -errno. */
int cast_hub(void);
int cast_hub_with(uint32_t flags);
/* A subscription to it; -errno. */
int cast_subscribe(int hub, uint64_t capacity, uint32_t slow);
/* Sends a number: how many it reached, or -errno. */
int cast_post(int hub, uint32_t num, uint32_t flags, uint64_t deadline);
/* Receives a number without waiting; sets *@lag to how many were lost before. */
int64_t cast_get(int fd, uint64_t *lag);

#endif /* CAST_H */
