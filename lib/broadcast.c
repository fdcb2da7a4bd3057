// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Subscriptions of a mailbox that broadcasts.
 */
#include <errno.h>
#include <sys/ioctl.h>

#include "internal.h"

IPCMBOX_PUBLIC int ipcmbox_subscribe(int fd, const struct ipcmbox_attr *attr,
				     int open_flags)
{
	struct ipcmbox_subscribe arg = {
		.size = sizeof(arg),
		.flags = attr->flags & ~IPCMBOX_HANGUP,
		.open_flags = (uint32_t)open_flags,
		.capacity = attr->capacity,
		.max_bytes = attr->max_bytes,
		.slow = attr->slow,
		.policy = attr->policy,
	};

	/* These are of the mailbox that it subscribes to. */
	if (attr->order || attr->max_message || attr->region_size ||
	    attr->slow_mask) {
		errno = EINVAL;
		return -1;
	}
	if (ioctl(fd, IPCMBOX_IOC_SUBSCRIBE, &arg))
		return -1;
	return arg.fd;
}
