// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Events of a mailbox, told by an eventfd.
 */
#include <sys/ioctl.h>

#include "internal.h"

IPCMBOX_PUBLIC int ipcmbox_notify(int fd, int eventfd, unsigned int events,
				  unsigned int flags)
{
	struct ipcmbox_notify arg = {
		.size = sizeof(arg),
		.flags = flags,
		.eventfd = eventfd,
		.events = events,
	};

	return ioctl(fd, IPCMBOX_IOC_NOTIFY, &arg);
}
