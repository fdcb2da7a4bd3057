// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Sending and receiving messages.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "internal.h"

#define NSEC_PER_SEC 1000000000ULL

/*
 * The kernel takes a vector of 64-bit pieces. A 64-bit program has just that; a
 * 32-bit one has to widen it, on the stack, so that nothing is allocated.
 */
#if __SIZEOF_POINTER__ == 8
static_assert(sizeof(struct iovec) == sizeof(struct ipcmbox_iovec),
	      "struct iovec is passed to the kernel as it is");

struct wide_vector {
	char unused;
};

static uint64_t widen(struct wide_vector *wide, const struct iovec *iov,
		      int iovcnt)
{
	(void)wide;
	(void)iovcnt;
	return (uintptr_t)iov;
}
#else
struct wide_vector {
	struct ipcmbox_iovec piece[IPCMBOX_IOV_MAX];
};

static uint64_t widen(struct wide_vector *wide, const struct iovec *iov,
		      int iovcnt)
{
	int i;

	for (i = 0; i < iovcnt && iovcnt <= IPCMBOX_IOV_MAX; i++) {
		wide->piece[i].base = (uintptr_t)iov[i].iov_base;
		wide->piece[i].len = iov[i].iov_len;
	}
	return (uintptr_t)wide->piece;
}
#endif

/* Give the caller as much of a struct as he knows, and 0 for what is newer. */
static void give(void *to, size_t to_size, const void *from, size_t from_size)
{
	size_t size = to_size < from_size ? to_size : from_size;

	memset(to, 0, to_size);
	memcpy(to, from, size);
}

IPCMBOX_PUBLIC int ipcmbox_send(int fd, const void *data, size_t len)
{
	struct ipcmbox_send arg = {
		.size = sizeof(arg),
		.data = (uintptr_t)data,
		.len = len,
	};

	return ioctl(fd, IPCMBOX_IOC_SEND, &arg);
}

IPCMBOX_PUBLIC int ipcmbox_sendv(int fd, const struct iovec *iov, int iovcnt,
				 unsigned int flags, uint64_t deadline,
				 struct ipcmbox_receipt *receipt,
				 size_t receipt_size)
{
	struct wide_vector wide;
	struct ipcmbox_send arg = {
		.size = sizeof(arg),
		.flags = flags | IPCMBOX_IOVEC,
		.data = widen(&wide, iov, iovcnt),
		.len = (__u64)(unsigned int)iovcnt,
		.deadline = deadline,
	};
	struct ipcmbox_receipt known = { 0 };
	int ret;

	ret = ioctl(fd, IPCMBOX_IOC_SEND, &arg);
	if (receipt) {
		known.id = arg.id;
		known.disposition = arg.disposition;
		give(receipt, receipt_size, &known, sizeof(known));
	}
	return ret;
}

static ssize_t receive(int fd, unsigned long command, struct ipcmbox_recv *arg,
		       size_t room, struct ipcmbox_delivery *delivery,
		       size_t delivery_size)
{
	struct ipcmbox_delivery known = { 0 };
	int ret;

	ret = ioctl(fd, command, arg);
	if (delivery) {
		if (!ret || errno == EMSGSIZE) {
			known.id = arg->id;
			known.len = arg->msg_len;
			known.flags = arg->msg_flags;
		}
		give(delivery, delivery_size, &known, sizeof(known));
	}
	if (ret)
		return -1;
	return (ssize_t)(arg->msg_len < room ? arg->msg_len : room);
}

IPCMBOX_PUBLIC ssize_t ipcmbox_recv(int fd, void *data, size_t len)
{
	struct ipcmbox_recv arg = {
		.size = sizeof(arg),
		.data = (uintptr_t)data,
		.len = len,
	};

	return receive(fd, IPCMBOX_IOC_RECV, &arg, len, NULL, 0);
}

IPCMBOX_PUBLIC ssize_t ipcmbox_recvv(int fd, const struct iovec *iov,
				     int iovcnt, unsigned int flags,
				     uint64_t deadline,
				     struct ipcmbox_delivery *delivery,
				     size_t delivery_size)
{
	struct wide_vector wide;
	struct ipcmbox_recv arg = {
		.size = sizeof(arg),
		.flags = flags | IPCMBOX_IOVEC,
		.data = widen(&wide, iov, iovcnt),
		.len = (__u64)(unsigned int)iovcnt,
		.deadline = deadline,
	};
	size_t room = 0;
	int i;

	/* The kernel refuses a vector that is too long, or its sum too large. */
	for (i = 0; i < iovcnt && iovcnt <= IPCMBOX_IOV_MAX; i++)
		room += iov[i].iov_len;
	return receive(fd, IPCMBOX_IOC_RECV, &arg, room, delivery,
		       delivery_size);
}

IPCMBOX_PUBLIC ssize_t ipcmbox_peek(int fd, void *data, size_t len,
				    unsigned int flags,
				    struct ipcmbox_delivery *delivery,
				    size_t delivery_size)
{
	struct ipcmbox_recv arg = {
		.size = sizeof(arg),
		.flags = flags,
		.data = (uintptr_t)data,
		.len = len,
	};

	/* Here data is a buffer; a vector would be taken for one. */
	if (flags & IPCMBOX_IOVEC) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return receive(fd, IPCMBOX_IOC_PEEK, &arg, len, delivery,
		       delivery_size);
}

IPCMBOX_PUBLIC uint64_t ipcmbox_deadline(uint64_t ns)
{
	struct timespec now;
	uint64_t deadline;

	clock_gettime(CLOCK_MONOTONIC, &now);
	deadline = (uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec;
	if (__builtin_add_overflow(deadline, ns, &deadline))
		deadline = UINT64_MAX;
	return deadline ? deadline : 1;
}
