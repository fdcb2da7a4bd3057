// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Sending and receiving messages.
 */
#include <errno.h>
#include <sys/ioctl.h>
#include <time.h>

#include "internal.h"

#define NSEC_PER_SEC 1000000000ULL

struct ipcmbox_send ipcmbox_send_arg(const struct ipcmbox_send_options *options)
{
	return (struct ipcmbox_send){
		.size = sizeof(struct ipcmbox_send),
		.flags = options->flags,
		.deadline = options->deadline,
		.type = options->type,
		.cookie = options->cookie,
		.priority = options->priority,
		.nr_fds = ipcmbox_count(options->nr_fds),
		.fds = (uintptr_t)options->fds,
	};
}

struct ipcmbox_recv ipcmbox_recv_arg(const struct ipcmbox_recv_options *options)
{
	return (struct ipcmbox_recv){
		.size = sizeof(struct ipcmbox_recv),
		.flags = options->flags,
		.deadline = options->deadline,
		.match = options->match,
		.match_value = options->match_value,
		.fds = (uintptr_t)options->fds,
		.nr_fds = ipcmbox_count(options->nr_fds),
	};
}

struct ipcmbox_receipt ipcmbox_receipt_of(const struct ipcmbox_send *arg)
{
	return (struct ipcmbox_receipt){
		.id = arg->id,
		.disposition = arg->disposition,
		.reached = arg->reached,
	};
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

static int send_pieces(int fd, const struct iovec *iov, int iovcnt,
		       struct ipcmbox_send arg, struct ipcmbox_ticket *ticket,
		       struct ipcmbox_receipt *receipt, size_t receipt_size)
{
	struct ipcmbox_send *at = &arg;
	struct ipcmbox_receipt known;
	struct ipcmbox_wide wide;
	int ret;

	arg.size = sizeof(arg);
	arg.flags |= IPCMBOX_IOVEC;
	arg.data = ipcmbox_widen(&wide, iov, iovcnt);
	arg.len = (__u64)(unsigned int)iovcnt;
	if (ticket)
		at = ipcmbox_ticket_send(ticket, &arg);
	ret = ioctl(fd, IPCMBOX_IOC_SEND, at);
	if (receipt) {
		known = ipcmbox_receipt_of(at);
		ipcmbox_give(receipt, receipt_size, &known, sizeof(known));
	}
	return ret;
}

IPCMBOX_PUBLIC int ipcmbox_sendv(int fd, const struct iovec *iov, int iovcnt,
				 unsigned int flags, uint64_t deadline,
				 struct ipcmbox_receipt *receipt,
				 size_t receipt_size)
{
	const struct ipcmbox_send arg = {
		.flags = flags,
		.deadline = deadline,
	};

	return send_pieces(fd, iov, iovcnt, arg, NULL, receipt, receipt_size);
}

IPCMBOX_PUBLIC int ipcmbox_send_with(int fd, const struct iovec *iov,
				     int iovcnt,
				     const struct ipcmbox_send_options *options,
				     size_t options_size,
				     struct ipcmbox_receipt *receipt,
				     size_t receipt_size)
{
	const struct ipcmbox_receipt unsent = { 0 };
	struct ipcmbox_send_options known;

	if (!ipcmbox_take(&known, sizeof(known), options, options_size)) {
		if (receipt)
			ipcmbox_give(receipt, receipt_size, &unsent,
				     sizeof(unsent));
		return -1;
	}
	return send_pieces(fd, iov, iovcnt, ipcmbox_send_arg(&known),
			   known.ticket, receipt, receipt_size);
}

struct ipcmbox_delivery ipcmbox_learnt(const struct ipcmbox_recv *arg,
				       int error)
{
	if (error)
		return (struct ipcmbox_delivery){
			.len = error == EMSGSIZE ? arg->msg_len : 0,
			.nr_fds = error == EMSGSIZE ? arg->msg_fds : 0,
		};
	return (struct ipcmbox_delivery){
		.id = arg->id,
		.len = arg->msg_len,
		.flags = arg->msg_flags,
		.priority = arg->priority,
		.type = arg->type,
		.cookie = arg->cookie,
		.pid = arg->pid,
		.tid = arg->tid,
		.uid = arg->uid,
		.gid = arg->gid,
		.token = arg->token,
		.nr_fds = arg->msg_fds,
		.lag = arg->lag,
	};
}

static ssize_t receive(int fd, unsigned long command, struct ipcmbox_recv *arg,
		       size_t room, struct ipcmbox_delivery *delivery,
		       size_t delivery_size)
{
	struct ipcmbox_delivery known;
	int ret;

	ret = ioctl(fd, command, arg);
	if (delivery) {
		known = ipcmbox_learnt(arg, ret ? errno : 0);
		ipcmbox_give(delivery, delivery_size, &known, sizeof(known));
	}
	if (ret)
		return -1;
	return (ssize_t)(arg->msg_len < room ? arg->msg_len : room);
}

static ssize_t receive_pieces(int fd, unsigned long command,
			      const struct iovec *iov, int iovcnt,
			      struct ipcmbox_recv arg,
			      struct ipcmbox_delivery *delivery,
			      size_t delivery_size)
{
	struct ipcmbox_wide wide;

	arg.size = sizeof(arg);
	arg.flags |= IPCMBOX_IOVEC;
	arg.data = ipcmbox_widen(&wide, iov, iovcnt);
	arg.len = (__u64)(unsigned int)iovcnt;
	return receive(fd, command, &arg, ipcmbox_sum(iov, iovcnt), delivery,
		       delivery_size);
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
	const struct ipcmbox_recv arg = {
		.flags = flags,
		.deadline = deadline,
	};

	return receive_pieces(fd, IPCMBOX_IOC_RECV, iov, iovcnt, arg, delivery,
			      delivery_size);
}

static ssize_t
receive_with(int fd, unsigned long command, const struct iovec *iov, int iovcnt,
	     const struct ipcmbox_recv_options *options, size_t options_size,
	     struct ipcmbox_delivery *delivery, size_t delivery_size)
{
	const struct ipcmbox_delivery nothing = { 0 };
	struct ipcmbox_recv_options known;

	if (!ipcmbox_take(&known, sizeof(known), options, options_size)) {
		if (delivery)
			ipcmbox_give(delivery, delivery_size, &nothing,
				     sizeof(nothing));
		return -1;
	}
	return receive_pieces(fd, command, iov, iovcnt,
			      ipcmbox_recv_arg(&known), delivery,
			      delivery_size);
}

IPCMBOX_PUBLIC ssize_t ipcmbox_recv_with(
	int fd, const struct iovec *iov, int iovcnt,
	const struct ipcmbox_recv_options *options, size_t options_size,
	struct ipcmbox_delivery *delivery, size_t delivery_size)
{
	return receive_with(fd, IPCMBOX_IOC_RECV, iov, iovcnt, options,
			    options_size, delivery, delivery_size);
}

IPCMBOX_PUBLIC ssize_t ipcmbox_peek_with(
	int fd, const struct iovec *iov, int iovcnt,
	const struct ipcmbox_recv_options *options, size_t options_size,
	struct ipcmbox_delivery *delivery, size_t delivery_size)
{
	return receive_with(fd, IPCMBOX_IOC_PEEK, iov, iovcnt, options,
			    options_size, delivery, delivery_size);
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
