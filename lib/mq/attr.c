// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Attributes of queues.
 */
#include <errno.h>
#include <fcntl.h>

#include "internal.h"

/* As on Linux, either may be NULL. */
static int exchange_attr(mqd_t mqdes, const struct mq_attr *new,
			 struct mq_attr *old)
{
	struct ipcmbox_info info;
	int flags, before;

	if (queue_info(mqdes, &info))
		return -1;
	flags = fcntl(mqdes, F_GETFL);
	if (flags < 0)
		return -1;
	before = flags & O_NONBLOCK;
	if (new) {
		flags = (flags & ~O_NONBLOCK) | (int)new->mq_flags;
		if (fcntl(mqdes, F_SETFL, flags))
			return -1;
	}
	if (old)
		*old = (struct mq_attr){
			.mq_flags = before,
			.mq_maxmsg = (long)info.capacity,
			.mq_msgsize = (long)info.max_message,
			.mq_curmsgs = (long)info.queued,
		};
	return 0;
}

QUEUE_PUBLIC int mq_getattr(mqd_t mqdes, struct mq_attr *mqstat)
{
	return exchange_attr(mqdes, NULL, mqstat);
}

/* Nothing but O_NONBLOCK can be set, and that is the open file's. */
QUEUE_PUBLIC int mq_setattr(mqd_t mqdes, const struct mq_attr *restrict mqstat,
			    struct mq_attr *restrict omqstat)
{
	if (mqstat && mqstat->mq_flags & ~(long)O_NONBLOCK)
		return queue_fail(EINVAL);
	return exchange_attr(mqdes, mqstat, omqstat);
}
