/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_BUFFER_H
#define _IMB_BUFFER_H

#include <linux/types.h>
#include <linux/uio.h>

/**
 * struct imb_buffer - memory of the user that an ioctl names
 * @iter: the memory; consumed by copying
 * @fast: vector of few pieces
 * @heap: vector of many pieces, or NULL
 */
struct imb_buffer {
	struct iov_iter iter;
	struct iovec fast[UIO_FASTIOV];
	struct iovec *heap;
};

int imb_buffer_init(struct imb_buffer *buffer, unsigned int direction, u64 data,
		    u64 len, bool vector);
void imb_buffer_exit(struct imb_buffer *buffer);

#endif /* _IMB_BUFFER_H */
