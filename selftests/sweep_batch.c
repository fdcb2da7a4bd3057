// SPDX-License-Identifier: GPL-2.0-only
/*
 * The operations of the fault sweep that are batches, what takes a message back, and what
 * callers leave behind or are answered with. See sweep.c.
 */
#include "sweep.h"

#define NUM 7
#define MESSAGES 3

/* Batches: what a fault in one message leaves of the others is told, and goes on there. */

static int64_t run_sendv(struct scene *scene)
{
	struct ipcmbox_send msgs[MESSAGES];
	struct ipcmbox_batch arg = {
		.size = sizeof(arg),
		.flags = IPCMBOX_DONTWAIT,
		.stride = sizeof(msgs[0]),
	};
	unsigned int i;
	int64_t ret;

	for (i = 0; i < MESSAGES; i++)
		msgs[i] = (struct ipcmbox_send){
			.size = sizeof(msgs[i]),
			.data = (uintptr_t)sweep_bytes,
			.len = scene->len,
		};
	do {
		arg.msgs = (uintptr_t)&msgs[scene->sent];
		arg.count = MESSAGES - scene->sent;
		arg.done = 0;
		ret = mbox_ioctl(scene->fd, IPCMBOX_IOC_SENDV, &arg);
		/* Without an error it has come further. */
		if (!ret && (!arg.done || arg.done > arg.count))
			return -EBADMSG;
		if (!ret)
			scene->sent += arg.done;
	} while (!ret && scene->sent < MESSAGES);
	return ret ? ret : scene->sent;
}

static int64_t run_recvv(struct scene *scene)
{
	struct ipcmbox_recv msgs[MESSAGES];
	struct ipcmbox_batch arg = {
		.size = sizeof(arg),
		.flags = IPCMBOX_DONTWAIT,
		.stride = sizeof(msgs[0]),
	};
	unsigned int i;
	int64_t ret;

	for (i = 0; i < MESSAGES; i++)
		msgs[i] = (struct ipcmbox_recv){
			.size = sizeof(msgs[i]),
			.data = (uintptr_t)&sweep_into[i * scene->len],
			.len = scene->len,
		};
	do {
		arg.msgs = (uintptr_t)&msgs[scene->sent];
		arg.count = MESSAGES - scene->sent;
		arg.done = 0;
		ret = mbox_ioctl(scene->fd, IPCMBOX_IOC_RECVV, &arg);
		if (!ret && (!arg.done || arg.done > arg.count))
			return -EBADMSG;
		if (!ret)
			scene->sent += arg.done;
	} while (!ret && scene->sent < MESSAGES);
	if (ret)
		return ret;
	for (i = 0; i < MESSAGES; i++)
		if (msgs[i].msg_len != scene->len ||
		    !operations_is_message(&sweep_into[i * scene->len],
					   scene->len))
			return -EBADMSG;
	memset(sweep_into, 0, MESSAGES * scene->len);
	return scene->sent;
}

static bool prepare_messages(struct scene *scene)
{
	unsigned int i;

	for (i = 0; i < MESSAGES; i++)
		if (!sweep_prepare_message(scene))
			return false;
	return true;
}

/* CANCEL, of what is stored, and of a call that waits for its answer. */

static int64_t cancel(struct scene *scene)
{
	struct ipcmbox_cancel arg = {
		.size = sizeof(arg),
		.id = 1,
		.result = IPCMBOX_CANCEL_UNKNOWN,
	};
	int64_t ret = mbox_ioctl(scene->fd, IPCMBOX_IOC_CANCEL, &arg);

	return ret ? ret : arg.result;
}

static int64_t run_cancel(struct scene *scene)
{
	int64_t ret = cancel(scene);

	return ret < 0 || ret == IPCMBOX_CANCEL_DONE ? ret : -EBADMSG;
}

static bool prepare_call(struct scene *scene)
{
	if (!caller_start(&scene->caller, scene->fd, NUM))
		return false;
	scene->token = serve_take(scene->fd, NUM);
	return scene->token;
}

static int64_t run_cancel_call(struct scene *scene)
{
	int64_t ret = cancel(scene);

	if (ret < 0)
		return ret;
	if (ret != IPCMBOX_CANCEL_TOO_LATE)
		return -EBADMSG;
	return caller_join(&scene->caller) == -ECANCELED ? ret : -EBADMSG;
}

/* The notice of a caller who has left. */

static bool prepare_notice(struct scene *scene)
{
	return prepare_call(scene) &&
	       run_cancel_call(scene) == IPCMBOX_CANCEL_TOO_LATE;
}

static int64_t run_recv_notice(struct scene *scene)
{
	struct ipcmbox_recv recv = {
		.size = sizeof(recv),
		.flags = IPCMBOX_DONTWAIT | IPCMBOX_NOTICES,
		.data = (uintptr_t)sweep_into,
		.len = sizeof(sweep_into),
	};
	int64_t ret = mbox_ioctl(scene->fd, IPCMBOX_IOC_RECV, &recv);

	if (ret)
		return ret;
	return recv.msg_flags == IPCMBOX_MSG_LEFT &&
			       recv.token == scene->token ?
		       0 :
		       -EBADMSG;
}

/* Descriptors that go with an answer. */

static bool prepare_call_for_files(struct scene *scene)
{
	scene->caller.arg.answer_fds = (uintptr_t)scene->room;
	scene->caller.arg.nr_answer_fds = 2;
	scene->called = true;
	return prepare_call(scene) && !pipe2(scene->made, O_CLOEXEC);
}

static int64_t run_reply_fds(struct scene *scene)
{
	const uint32_t num = NUM;
	struct ipcmbox_reply reply = {
		.size = sizeof(reply),
		.token = scene->token,
		.data = (uintptr_t)&num,
		.len = sizeof(num),
		.fds = (uintptr_t)scene->made,
		.nr_fds = 2,
	};

	return mbox_ioctl(scene->fd, IPCMBOX_IOC_REPLY, &reply);
}

const struct operation batch_operations[] = {
	{ "SENDV", run_sendv, NULL, 7, 1000, 12 },
	{ "SENDV, large", run_sendv, NULL, 7, LARGE, 12 },
	{ "SENDV, rest of the room", run_sendv, sweep_prepare_message, 4, 100,
	  8 },
	{ "RECVV", run_recvv, prepare_messages, 7, 1000, 9 },
	{ "CANCEL", run_cancel, sweep_prepare_message, 1, 1000, 1 },
	{ "CANCEL, of a call", run_cancel_call, prepare_call, 1, 0, 1 },
	{ "RECV, a notice", run_recv_notice, prepare_notice, 1, 0, 2 },
	{ "REPLY, descriptors", run_reply_fds, prepare_call_for_files, 1, 0,
	  3 },
};

const unsigned int nr_batch_operations = ARRAY_SIZE(batch_operations);
