// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What goes between the caller and the kernel: vectors, and structs that grow.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "internal.h"

#if __SIZEOF_POINTER__ == 8
static_assert(sizeof(struct iovec) == sizeof(struct ipcmbox_iovec),
	      "struct iovec is passed to the kernel as it is");

uint64_t ipcmbox_widen_after(struct ipcmbox_wide *wide, int used,
			     const struct iovec *iov, int iovcnt)
{
	(void)wide;
	(void)used;
	(void)iovcnt;
	return (uintptr_t)iov;
}
#else
uint64_t ipcmbox_widen_after(struct ipcmbox_wide *wide, int used,
			     const struct iovec *iov, int iovcnt)
{
	struct ipcmbox_iovec *piece = &wide->piece[used];
	int i;

	for (i = 0; i < iovcnt && iovcnt <= IPCMBOX_IOV_MAX - used; i++) {
		piece[i].base = (uintptr_t)iov[i].iov_base;
		piece[i].len = iov[i].iov_len;
	}
	return (uintptr_t)piece;
}
#endif

size_t ipcmbox_sum(const struct iovec *iov, int iovcnt)
{
	size_t sum = 0;
	int i;

	for (i = 0; i < iovcnt && iovcnt <= IPCMBOX_IOV_MAX; i++)
		sum += iov[i].iov_len;
	return sum;
}

void ipcmbox_give(void *to, size_t to_size, const void *from, size_t from_size)
{
	size_t size = to_size < from_size ? to_size : from_size;

	memset(to, 0, to_size);
	memcpy(to, from, size);
}

bool ipcmbox_take(void *to, size_t to_size, const void *from, size_t from_size)
{
	const unsigned char *byte = from;
	size_t i;

	memset(to, 0, to_size);
	if (!from)
		return true;
	for (i = to_size; i < from_size; i++) {
		if (byte[i]) {
			errno = E2BIG;
			return false;
		}
	}
	memcpy(to, from, to_size < from_size ? to_size : from_size);
	return true;
}
