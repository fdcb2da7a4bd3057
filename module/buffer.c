// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers: how the user's description of memory, {data, len}, becomes an
 * iov_iter. Nothing of the memory itself is touched here.
 */
#include <linux/build_bug.h>
#include <linux/ipcmbox.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "buffer.h"

/* The vector is read as it stands; 32-bit kernels would need a conversion. */
static_assert(sizeof(struct iovec) == sizeof(struct ipcmbox_iovec));
static_assert(offsetof(struct iovec, iov_base) ==
	      offsetof(struct ipcmbox_iovec, base));
static_assert(offsetof(struct iovec, iov_len) ==
	      offsetof(struct ipcmbox_iovec, len));

static int imb_buffer_import(struct imb_buffer *buffer, unsigned int direction,
			     u64 data, u64 count)
{
	struct iovec *iov = buffer->fast;
	size_t total = 0;
	u64 i;

	if (count > IPCMBOX_IOV_MAX)
		return -EINVAL;
	if (count > ARRAY_SIZE(buffer->fast)) {
		iov = kmalloc_array(count, sizeof(*iov), GFP_KERNEL_ACCOUNT);
		if (!iov)
			return -ENOMEM;
		buffer->heap = iov;
	}
	if (copy_from_user(iov, u64_to_user_ptr(data), count * sizeof(*iov)))
		return -EFAULT;
	for (i = 0; i < count; i++) {
		if (iov[i].iov_len > (size_t)SSIZE_MAX - total)
			return -EINVAL;
		total += iov[i].iov_len;
	}
	iov_iter_init(&buffer->iter, direction, iov, count, total);
	return 0;
}

/**
 * imb_buffer_init() - take the user's description of memory
 * @buffer: to be given to imb_buffer_exit(), whatever comes of this call
 * @direction: ITER_SOURCE or ITER_DEST
 * @data: address of the memory, or of its vector
 * @len: bytes, or elements of the vector
 * @vector: whether it is a vector, of struct ipcmbox_iovec
 *
 * Return: 0, -EINVAL, -EFAULT or -ENOMEM.
 */
int imb_buffer_init(struct imb_buffer *buffer, unsigned int direction, u64 data,
		    u64 len, bool vector)
{
	buffer->heap = NULL;
	if (vector)
		return imb_buffer_import(buffer, direction, data, len);
	if (len > SSIZE_MAX)
		return -EINVAL;
	iov_iter_ubuf(&buffer->iter, direction, u64_to_user_ptr(data), len);
	return 0;
}

/**
 * imb_buffer_exit() - forget a description of memory
 * @buffer: the buffer
 */
void imb_buffer_exit(struct imb_buffer *buffer)
{
	kfree(buffer->heap);
}
