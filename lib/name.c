// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Mailboxes with a name.
 */
#include <fcntl.h>
#include <sys/ioctl.h>

#include "internal.h"

IPCMBOX_PUBLIC int ipcmbox_create_named_at(int ctl, const char *name,
					   const struct ipcmbox_attr *attr,
					   int open_flags, mode_t mode)
{
	/* The kernel has it among the flags of CREATE. */
	uint32_t flags = open_flags & O_EXCL ? IPCMBOX_EXCL : 0;

	return ipcmbox_create_arg(
		ctl,
		&(struct ipcmbox_create){
			.flags = flags,
			.open_flags = (uint32_t)(open_flags & ~O_EXCL),
			.name = (uintptr_t)name,
			.mode = mode,
		},
		attr);
}

IPCMBOX_PUBLIC int ipcmbox_create_named(const char *name,
					const struct ipcmbox_attr *attr,
					int open_flags, mode_t mode)
{
	int ctl, fd;

	ctl = ipcmbox_open();
	if (ctl < 0)
		return -1;
	fd = ipcmbox_create_named_at(ctl, name, attr, open_flags, mode);
	ipcmbox_close_ctl(ctl);
	return fd;
}

IPCMBOX_PUBLIC int ipcmbox_open_named_at(int ctl, const char *name,
					 unsigned int flags, int open_flags)
{
	struct ipcmbox_open arg = {
		.size = sizeof(arg),
		.flags = flags,
		.name = (uintptr_t)name,
		.open_flags = (uint32_t)open_flags,
	};

	if (ioctl(ctl, IPCMBOX_IOC_OPEN, &arg))
		return -1;
	return arg.fd;
}

IPCMBOX_PUBLIC int ipcmbox_open_named(const char *name, int open_flags)
{
	int ctl, fd;

	ctl = ipcmbox_open();
	if (ctl < 0)
		return -1;
	fd = ipcmbox_open_named_at(ctl, name, 0, open_flags);
	ipcmbox_close_ctl(ctl);
	return fd;
}

IPCMBOX_PUBLIC int ipcmbox_unlink_at(int ctl, const char *name)
{
	struct ipcmbox_unlink arg = {
		.size = sizeof(arg),
		.name = (uintptr_t)name,
	};

	return ioctl(ctl, IPCMBOX_IOC_UNLINK, &arg);
}

IPCMBOX_PUBLIC int ipcmbox_unlink(const char *name)
{
	int ctl, ret;

	ctl = ipcmbox_open();
	if (ctl < 0)
		return -1;
	ret = ipcmbox_unlink_at(ctl, name);
	ipcmbox_close_ctl(ctl);
	return ret;
}

IPCMBOX_PUBLIC ssize_t ipcmbox_list_at(int ctl, uint64_t *cursor,
				       struct ipcmbox_entry *entries,
				       size_t count, size_t entry_size)
{
	struct ipcmbox_list arg = {
		.size = sizeof(arg),
		.cursor = *cursor,
		.entries = (uintptr_t)entries,
		.count = ipcmbox_count(count),
		.stride = ipcmbox_count(entry_size),
	};

	if (ioctl(ctl, IPCMBOX_IOC_LIST, &arg))
		return -1;
	*cursor = arg.cursor;
	return (ssize_t)arg.done;
}

IPCMBOX_PUBLIC ssize_t ipcmbox_list(uint64_t *cursor,
				    struct ipcmbox_entry *entries, size_t count,
				    size_t entry_size)
{
	ssize_t ret;
	int ctl;

	ctl = ipcmbox_open();
	if (ctl < 0)
		return -1;
	ret = ipcmbox_list_at(ctl, cursor, entries, count, entry_size);
	ipcmbox_close_ctl(ctl);
	return ret;
}
