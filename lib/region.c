// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Regions of shared memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "internal.h"

/**
 * struct ipcmbox_region - a mapping
 * @addr: its first byte
 * @size: its bytes
 */
struct ipcmbox_region {
	void *addr;
	size_t size;
};

/* Map, given that the region has this many bytes. */
static int map(struct ipcmbox_region *region, int fd, uint64_t size)
{
	int protection = PROT_READ;
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -1;
	if (size > SIZE_MAX) {
		errno = ENOMEM;
		return -1;
	}
	if ((flags & O_ACCMODE) == O_RDWR)
		protection |= PROT_WRITE;
	region->size = (size_t)size;
	region->addr = mmap(NULL, region->size, protection, MAP_SHARED, fd, 0);
	return region->addr == MAP_FAILED ? -1 : 0;
}

IPCMBOX_PUBLIC struct ipcmbox_region *ipcmbox_region_map(int fd)
{
	struct ipcmbox_region *region;
	struct ipcmbox_info info;

	if (ipcmbox_info(fd, 0, &info, sizeof(info)))
		return NULL;
	if (!info.region_size) {
		errno = ENODEV;
		return NULL;
	}
	region = malloc(sizeof(*region));
	if (!region)
		return NULL;
	if (map(region, fd, info.region_size)) {
		int error = errno;

		free(region);
		errno = error;
		return NULL;
	}
	return region;
}

IPCMBOX_PUBLIC void ipcmbox_region_unmap(struct ipcmbox_region *region)
{
	if (!region)
		return;
	munmap(region->addr, region->size);
	free(region);
}

IPCMBOX_PUBLIC void *ipcmbox_region_addr(const struct ipcmbox_region *region)
{
	return region->addr;
}

IPCMBOX_PUBLIC size_t ipcmbox_region_size(const struct ipcmbox_region *region)
{
	return region->size;
}
