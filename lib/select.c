// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * One of several sends and receives.
 */
#include <errno.h>
#include <sys/ioctl.h>

#include "internal.h"

/**
 * struct requests - what the kernel takes for the cases
 * @cases: the cases
 * @args: their arguments
 * @wide: the pieces of all
 * @used: how many these are
 */
struct requests {
	struct ipcmbox_case cases[IPCMBOX_SELECT_MAX];
	union {
		struct ipcmbox_send send;
		struct ipcmbox_recv recv;
	} args[IPCMBOX_SELECT_MAX];
	struct ipcmbox_wide wide;
	int used;
};

static bool request_send(struct requests *requests, unsigned int i,
			 const struct ipcmbox_select_case *from, uint64_t data)
{
	struct ipcmbox_send *arg = &requests->args[i].send;
	struct ipcmbox_send_options known;

	if (!ipcmbox_take(&known, sizeof(known), from->options,
			  from->options_size) ||
	    known.ticket)
		return false;
	*arg = ipcmbox_send_arg(&known);
	arg->flags |= IPCMBOX_IOVEC;
	arg->data = data;
	arg->len = (__u64)(unsigned int)from->iovcnt;
	requests->cases[i].arg = (uintptr_t)arg;
	return true;
}

static bool request_recv(struct requests *requests, unsigned int i,
			 const struct ipcmbox_select_case *from, uint64_t data)
{
	struct ipcmbox_recv *arg = &requests->args[i].recv;
	struct ipcmbox_recv_options known;

	if (!ipcmbox_take(&known, sizeof(known), from->options,
			  from->options_size))
		return false;
	*arg = ipcmbox_recv_arg(&known);
	arg->flags |= IPCMBOX_IOVEC;
	arg->data = data;
	arg->len = (__u64)(unsigned int)from->iovcnt;
	requests->cases[i].arg = (uintptr_t)arg;
	return true;
}

static bool request(struct requests *requests, unsigned int i,
		    const struct ipcmbox_select_case *from)
{
	uint64_t data;

	errno = EINVAL;
	if (from->reserved || from->iovcnt < 0 ||
	    from->iovcnt > IPCMBOX_IOV_MAX - requests->used)
		return false;
	data = ipcmbox_widen_after(&requests->wide, requests->used, from->iov,
				   from->iovcnt);
	requests->used += from->iovcnt;
	requests->cases[i] = (struct ipcmbox_case){
		.fd = from->fd,
		.kind = from->kind,
	};
	if (from->kind == IPCMBOX_CASE_SEND)
		return request_send(requests, i, from, data);
	return from->kind == IPCMBOX_CASE_RECV &&
	       request_recv(requests, i, from, data);
}

/* Tell of the case that was done, or that failed; its bytes if it received. */
static size_t tell(const struct requests *requests, unsigned int i,
		   const struct ipcmbox_select_case *to, int error)
{
	size_t room = ipcmbox_sum(to->iov, to->iovcnt);
	struct ipcmbox_delivery delivery;
	struct ipcmbox_receipt receipt;

	if (to->kind == IPCMBOX_CASE_SEND) {
		receipt = ipcmbox_receipt_of(&requests->args[i].send);
		if (to->result)
			ipcmbox_give(to->result, to->result_size, &receipt,
				     sizeof(receipt));
		return 0;
	}
	delivery = ipcmbox_learnt(&requests->args[i].recv, error);
	if (to->result)
		ipcmbox_give(to->result, to->result_size, &delivery,
			     sizeof(delivery));
	return delivery.len < room ? (size_t)delivery.len : room;
}

/* The same as ipcmbox_select(), where options and results are whole. */
static int run(int ctl, const struct ipcmbox_select_case *cases,
	       unsigned int count, const struct ipcmbox_select_options *options,
	       struct ipcmbox_selected *selected)
{
	struct ipcmbox_select arg = {
		.size = sizeof(arg),
		.flags = options->flags,
		.count = count,
		.stride = sizeof(struct ipcmbox_case),
		.deadline = options->deadline,
		.index = -1,
	};
	struct requests requests;
	unsigned int i;
	int ret, error;
	size_t len;

	if (options->reserved) {
		errno = EINVAL;
		return -1;
	}
	requests.used = 0;
	for (i = 0; i < count; i++) {
		selected->index = (int32_t)i;
		if (!request(&requests, i, &cases[i]))
			return -1;
	}
	arg.cases = (uintptr_t)requests.cases;
	ret = ioctl(ctl, IPCMBOX_IOC_SELECT, &arg);
	error = ret ? errno : 0;
	selected->index = arg.index;
	if (arg.index < 0)
		return -1;
	len = tell(&requests, (unsigned int)arg.index, &cases[arg.index],
		   error);
	if (ret)
		return -1;
	selected->len = len;
	return arg.index;
}

IPCMBOX_PUBLIC int
ipcmbox_select(int ctl, const struct ipcmbox_select_case *cases,
	       unsigned int count, const struct ipcmbox_select_options *options,
	       size_t options_size, struct ipcmbox_selected *selected,
	       size_t selected_size)
{
	struct ipcmbox_selected result = { .index = -1 };
	struct ipcmbox_select_options known;
	int ret = -1;

	if (count > IPCMBOX_SELECT_MAX)
		errno = EINVAL;
	else if (ipcmbox_take(&known, sizeof(known), options, options_size))
		ret = run(ctl, cases, count, &known, &result);
	if (selected)
		ipcmbox_give(selected, selected_size, &result, sizeof(result));
	return ret;
}
