// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Calls and their answers.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "internal.h"

/* What CALL takes for these options, but for the message and the answer. */
static struct ipcmbox_call call_arg(const struct ipcmbox_call_options *options)
{
	return (struct ipcmbox_call){
		.size = sizeof(struct ipcmbox_call),
		.flags = options->flags | IPCMBOX_IOVEC | IPCMBOX_ANSWER_IOVEC,
		.deadline = options->deadline,
		.taken_deadline = options->taken_deadline,
		.type = options->type,
		.cookie = options->cookie,
		.priority = options->priority,
		.fds = (uintptr_t)options->fds,
		.answer_fds = (uintptr_t)options->answer_fds,
		.nr_fds = ipcmbox_count(options->nr_fds),
		.nr_answer_fds = ipcmbox_count(options->nr_answer_fds),
	};
}

/* What became of a call that gave @ret. */
static struct ipcmbox_answer answer_of(const struct ipcmbox_call *arg, int ret)
{
	struct ipcmbox_answer answer = {
		.id = arg->id,
		.disposition = arg->disposition,
	};

	if (!ret) {
		answer.nr_fds = arg->msg_fds;
		answer.len = arg->msg_len;
		answer.cookie = arg->answer_cookie;
	}
	return answer;
}

IPCMBOX_PUBLIC ssize_t ipcmbox_call(int fd, const struct iovec *iov, int iovcnt,
				    const struct iovec *answer_iov,
				    int answer_iovcnt,
				    const struct ipcmbox_call_options *options,
				    size_t options_size,
				    struct ipcmbox_answer *answer,
				    size_t answer_size)
{
	struct ipcmbox_call_options known;
	struct ipcmbox_wide message, buffer;
	struct ipcmbox_answer result = { 0 };
	struct ipcmbox_call arg = { 0 }, *at = &arg;
	int ret = -1;

	if (ipcmbox_take(&known, sizeof(known), options, options_size)) {
		arg = call_arg(&known);
		arg.data = ipcmbox_widen(&message, iov, iovcnt);
		arg.len = (__u64)(unsigned int)iovcnt;
		arg.answer = ipcmbox_widen(&buffer, answer_iov, answer_iovcnt);
		arg.answer_len = (__u64)(unsigned int)answer_iovcnt;
		if (known.ticket)
			at = ipcmbox_ticket_call(known.ticket, &arg);
		ret = ioctl(fd, IPCMBOX_IOC_CALL, at);
		result = answer_of(at, ret);
	}
	if (answer)
		ipcmbox_give(answer, answer_size, &result, sizeof(result));
	return ret ? -1 : (ssize_t)at->msg_len;
}

/* What REPLY takes for this response. */
static struct ipcmbox_reply reply_arg(const struct ipcmbox_response *response,
				      struct ipcmbox_wide *wide)
{
	return (struct ipcmbox_reply){
		.size = sizeof(struct ipcmbox_reply),
		.flags = IPCMBOX_IOVEC,
		.token = response->token,
		.data = ipcmbox_widen(wide, response->iov, response->iovcnt),
		.len = (__u64)(unsigned int)response->iovcnt,
		.cookie = response->cookie,
		.fds = (uintptr_t)response->fds,
		.nr_fds = ipcmbox_count(response->nr_fds),
	};
}

/* Tell what became of a response, as far as the caller has room for that. */
static void respond(struct ipcmbox_response *user, size_t user_size,
		    struct ipcmbox_response known, enum ipcmbox_outcome outcome,
		    const struct ipcmbox_reply *arg)
{
	known.outcome = outcome;
	known.room = arg->room;
	known.room_fds = arg->room_fds;
	memcpy(user, &known,
	       user_size < sizeof(known) ? user_size : sizeof(known));
}

IPCMBOX_PUBLIC int ipcmbox_reply(int fd, struct ipcmbox_response *response,
				 size_t response_size)
{
	enum ipcmbox_outcome outcome = IPCMBOX_ANSWERED;
	struct ipcmbox_response known;
	struct ipcmbox_reply arg;
	struct ipcmbox_wide wide;
	int ret;

	if (!ipcmbox_take(&known, sizeof(known), response, response_size))
		return -1;
	arg = reply_arg(&known, &wide);
	ret = ioctl(fd, IPCMBOX_IOC_REPLY, &arg);
	if (ret)
		outcome = errno == ESTALE ? IPCMBOX_STALE : IPCMBOX_UNANSWERED;
	respond(response, response_size, known, outcome, &arg);
	return ret;
}

/* Of REPLY_RECV, after what it tells. */
static enum ipcmbox_outcome outcome_of(const struct ipcmbox_reply_recv *arg)
{
	if (arg->replied)
		return IPCMBOX_ANSWERED;
	return arg->stale ? IPCMBOX_STALE : IPCMBOX_UNANSWERED;
}

IPCMBOX_PUBLIC ssize_t ipcmbox_reply_recv(
	int fd, struct ipcmbox_response *response, size_t response_size,
	const struct iovec *iov, int iovcnt,
	const struct ipcmbox_recv_options *options, size_t options_size,
	struct ipcmbox_delivery *delivery, size_t delivery_size)
{
	struct ipcmbox_delivery learnt = { 0 };
	struct ipcmbox_response answer;
	struct ipcmbox_recv_options known;
	struct ipcmbox_wide answered, received;
	struct ipcmbox_reply reply;
	struct ipcmbox_recv recv = { 0 };
	struct ipcmbox_reply_recv arg = { .size = sizeof(arg) };
	size_t room = ipcmbox_sum(iov, iovcnt);
	int ret = -1;

	if (ipcmbox_take(&known, sizeof(known), options, options_size) &&
	    ipcmbox_take(&answer, sizeof(answer), response, response_size)) {
		recv = ipcmbox_recv_arg(&known);
		recv.flags |= IPCMBOX_IOVEC;
		recv.data = ipcmbox_widen(&received, iov, iovcnt);
		recv.len = (__u64)(unsigned int)iovcnt;
		reply = reply_arg(&answer, &answered);
		arg.reply = response ? (uintptr_t)&reply : 0;
		arg.recv = (uintptr_t)&recv;
		ret = ioctl(fd, IPCMBOX_IOC_REPLY_RECV, &arg);
		/* EMSGSIZE may be that of the answer. */
		if (!ret || !response || arg.replied || arg.stale)
			learnt = ipcmbox_learnt(&recv, ret ? errno : 0);
		if (response)
			respond(response, response_size, answer,
				outcome_of(&arg), &reply);
	}
	if (delivery)
		ipcmbox_give(delivery, delivery_size, &learnt, sizeof(learnt));
	if (ret)
		return -1;
	return (ssize_t)(recv.msg_len < room ? recv.msg_len : room);
}
