// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How descriptors of mailboxes are made.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "internal.h"

IPCMBOX_PUBLIC int ipcmbox_open(void)
{
	return open("/dev/ipcmbox", O_RDWR | O_CLOEXEC);
}

void ipcmbox_close_ctl(int ctl)
{
	int error = errno;

	close(ctl);
	errno = error;
}

IPCMBOX_PUBLIC int ipcmbox_version(int ctl, uint32_t *version,
				   uint64_t *features)
{
	struct ipcmbox_version arg = { .size = sizeof(arg) };

	if (ioctl(ctl, IPCMBOX_IOC_VERSION, &arg))
		return -1;
	if (version)
		*version = arg.version;
	if (features)
		*features = arg.features;
	return 0;
}

int ipcmbox_create_arg(int ctl, const struct ipcmbox_create *rest,
		       const struct ipcmbox_attr *attr)
{
	struct ipcmbox_create arg = *rest;

	arg.size = sizeof(arg);
	arg.flags |= attr->flags;
	arg.capacity = attr->capacity;
	arg.max_bytes = attr->max_bytes;
	arg.max_message = attr->max_message;
	arg.region_size = attr->region_size;
	arg.order = attr->order;
	arg.policy = attr->policy;
	arg.slow_mask = attr->slow_mask;
	if (attr->slow) {
		errno = EINVAL;
		return -1;
	}
	if (ioctl(ctl, IPCMBOX_IOC_CREATE, &arg))
		return -1;
	return arg.fd;
}

IPCMBOX_PUBLIC int ipcmbox_create_at(int ctl, const struct ipcmbox_attr *attr,
				     int open_flags)
{
	return ipcmbox_create_arg(
		ctl,
		&(struct ipcmbox_create){ .open_flags = (uint32_t)open_flags },
		attr);
}

IPCMBOX_PUBLIC int ipcmbox_create_attr(const struct ipcmbox_attr *attr,
				       int open_flags)
{
	int ctl, fd;

	ctl = ipcmbox_open();
	if (ctl < 0)
		return -1;
	fd = ipcmbox_create_at(ctl, attr, open_flags);
	ipcmbox_close_ctl(ctl);
	return fd;
}

IPCMBOX_PUBLIC int ipcmbox_create(uint64_t capacity, int open_flags)
{
	const struct ipcmbox_attr attr = { .capacity = capacity };

	return ipcmbox_create_attr(&attr, open_flags);
}

IPCMBOX_PUBLIC int ipcmbox_pair_at(int ctl, const struct ipcmbox_attr *attr,
				   unsigned int flags, int open_flags,
				   int fds[2])
{
	struct ipcmbox_pair arg = {
		.size = sizeof(arg),
		.flags = (attr->flags & ~IPCMBOX_HANGUP) | flags,
		.open_flags = (uint32_t)open_flags,
		.capacity = attr->capacity,
		.max_bytes = attr->max_bytes,
		.max_message = attr->max_message,
		.region_size = attr->region_size,
		.order = attr->order,
		.policy = attr->policy,
	};

	if (attr->slow || attr->slow_mask) {
		errno = EINVAL;
		return -1;
	}
	if (ioctl(ctl, IPCMBOX_IOC_PAIR, &arg))
		return -1;
	fds[0] = arg.fds[0];
	fds[1] = arg.fds[1];
	return 0;
}

static int open_pair(int fds[2], uint64_t capacity, unsigned int flags)
{
	const struct ipcmbox_attr attr = { .capacity = capacity };
	int ctl, ret;

	ctl = ipcmbox_open();
	if (ctl < 0)
		return -1;
	ret = ipcmbox_pair_at(ctl, &attr, flags, 0, fds);
	ipcmbox_close_ctl(ctl);
	return ret;
}

IPCMBOX_PUBLIC int ipcmbox_pair(int fds[2], uint64_t capacity)
{
	return open_pair(fds, capacity, 0);
}

IPCMBOX_PUBLIC int ipcmbox_duplex(int fds[2], uint64_t capacity)
{
	return open_pair(fds, capacity, IPCMBOX_DUPLEX);
}

IPCMBOX_PUBLIC int ipcmbox_reopen(int fd, unsigned int flags, int open_flags)
{
	struct ipcmbox_reopen arg = {
		.size = sizeof(arg),
		.flags = flags,
		.open_flags = (uint32_t)open_flags,
	};

	if (ioctl(fd, IPCMBOX_IOC_REOPEN, &arg))
		return -1;
	return arg.fd;
}
