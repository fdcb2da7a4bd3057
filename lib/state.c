// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a mailbox is like, and how to change or end it.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "internal.h"

IPCMBOX_PUBLIC int ipcmbox_info(int fd, unsigned int flags,
				struct ipcmbox_info *info, size_t info_size)
{
	struct ipcmbox_info arg = { .size = sizeof(arg), .flags = flags };
	size_t size = info_size < sizeof(arg) ? info_size : sizeof(arg);

	if (ioctl(fd, IPCMBOX_IOC_INFO, &arg))
		return -1;
	memset(info, 0, info_size);
	memcpy(info, &arg, size);
	return 0;
}

static int set(int fd, struct ipcmbox_set arg)
{
	arg.size = sizeof(arg);
	return ioctl(fd, IPCMBOX_IOC_SET, &arg);
}

IPCMBOX_PUBLIC int ipcmbox_set_capacity(int fd, uint64_t messages)
{
	return set(fd, (struct ipcmbox_set){
			       .flags = IPCMBOX_SET_CAPACITY,
			       .capacity = messages,
		       });
}

IPCMBOX_PUBLIC int ipcmbox_set_max_bytes(int fd, uint64_t bytes)
{
	return set(fd, (struct ipcmbox_set){
			       .flags = IPCMBOX_SET_MAX_BYTES,
			       .max_bytes = bytes,
		       });
}

IPCMBOX_PUBLIC int ipcmbox_set_max_message(int fd, uint64_t bytes)
{
	return set(fd, (struct ipcmbox_set){
			       .flags = IPCMBOX_SET_MAX_MESSAGE,
			       .max_message = bytes,
		       });
}

IPCMBOX_PUBLIC int ipcmbox_drain(int fd, uint64_t *messages, uint64_t *bytes)
{
	struct ipcmbox_drain arg = { .size = sizeof(arg) };

	if (ioctl(fd, IPCMBOX_IOC_DRAIN, &arg))
		return -1;
	if (messages)
		*messages = arg.messages;
	if (bytes)
		*bytes = arg.bytes;
	return 0;
}

IPCMBOX_PUBLIC int ipcmbox_destroy(int fd)
{
	struct ipcmbox_destroy arg = { .size = sizeof(arg) };

	return ioctl(fd, IPCMBOX_IOC_DESTROY, &arg);
}
