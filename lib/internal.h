/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the library share.
 */
#ifndef IPCMBOX_INTERNAL_H
#define IPCMBOX_INTERNAL_H

#include "ipcmbox.h"

/* What the version map exports; everything else is hidden. */
#define IPCMBOX_PUBLIC __attribute__((visibility("default")))

/**
 * struct ipcmbox_attr - attributes of a mailbox to be created
 * @flags: IPCMBOX_NO_HANGUP, IPCMBOX_HANGUP, IPCMBOX_SELECTIVE, IPCMBOX_BROADCAST
 * @order: enum ipcmbox_order
 * @policy: enum ipcmbox_policy
 * @slow: enum ipcmbox_slow, of a subscription
 * @capacity: messages
 * @max_bytes: bytes, 0 for the default
 * @max_message: bytes, 0 for the default
 * @region_size: bytes, 0 for none
 * @slow_mask: bits 1 << enum ipcmbox_slow, of one that broadcasts, 0 for all
 */
struct ipcmbox_attr {
	uint32_t flags;
	uint32_t order;
	uint32_t policy;
	uint32_t slow;
	uint64_t capacity;
	uint64_t max_bytes;
	uint64_t max_message;
	uint64_t region_size;
	uint32_t slow_mask;
};

/* CREATE with these attributes, and the rest of its argument. */
int ipcmbox_create_arg(int ctl, const struct ipcmbox_create *rest,
		       const struct ipcmbox_attr *attr);

/* Close what was opened for one call only, and keep that call's errno. */
void ipcmbox_close_ctl(int ctl);

/* The errors of pthreads come as values; those of the library in errno. */
int ipcmbox_result(int error);

/*
 * The kernel takes a vector of 64-bit pieces. A 64-bit program has just that; a
 * 32-bit one has to widen it, on the stack, so that nothing is allocated.
 */
struct ipcmbox_wide {
#if __SIZEOF_POINTER__ == 8
	char unused;
#else
	struct ipcmbox_iovec piece[IPCMBOX_IOV_MAX];
#endif
};

/* The address of the vector that the kernel takes; the first pieces may be in use. */
uint64_t ipcmbox_widen_after(struct ipcmbox_wide *wide, int used,
			     const struct iovec *iov, int iovcnt);

static inline uint64_t ipcmbox_widen(struct ipcmbox_wide *wide,
				     const struct iovec *iov, int iovcnt)
{
	return ipcmbox_widen_after(wide, 0, iov, iovcnt);
}

/* Bytes of all pieces; the kernel refuses a vector for which this is not right. */
size_t ipcmbox_sum(const struct iovec *iov, int iovcnt);

/* A number of descriptors; the kernel refuses one that does not fit. */
static inline uint32_t ipcmbox_count(size_t nr_fds)
{
	return nr_fds < UINT32_MAX ? (uint32_t)nr_fds : UINT32_MAX;
}

/* Give the caller as much of a struct as he knows, and 0 for what is newer. */
void ipcmbox_give(void *to, size_t to_size, const void *from, size_t from_size);
/*
 * Take as much of a struct as both know: what the caller does not is 0, and what the
 * library does not must be, or it is E2BIG. Of NULL all is 0.
 */
bool ipcmbox_take(void *to, size_t to_size, const void *from, size_t from_size);

/* What SEND and RECV take for these options, but for the message. */
struct ipcmbox_send
ipcmbox_send_arg(const struct ipcmbox_send_options *options);
struct ipcmbox_recv
ipcmbox_recv_arg(const struct ipcmbox_recv_options *options);
/* What became of a message after a SEND, whatever that gave. */
struct ipcmbox_receipt ipcmbox_receipt_of(const struct ipcmbox_send *arg);
/* What is known of a message after a RECV that gave @error or 0. */
struct ipcmbox_delivery ipcmbox_learnt(const struct ipcmbox_recv *arg,
				       int error);

/* Keep the argument where another thread can see the number that it gets. */
struct ipcmbox_send *ipcmbox_ticket_send(struct ipcmbox_ticket *ticket,
					 const struct ipcmbox_send *arg);
struct ipcmbox_call *ipcmbox_ticket_call(struct ipcmbox_ticket *ticket,
					 const struct ipcmbox_call *arg);

#endif /* IPCMBOX_INTERNAL_H */
