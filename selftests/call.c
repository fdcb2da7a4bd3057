// SPDX-License-Identifier: GPL-2.0-only
/*
 * Callers and servers of the tests. See call.h.
 */
#include "call.h"

static void *caller_thread(void *arg)
{
	struct caller *caller = arg;
	struct ipcmbox_call *call = &caller->arg;

	call->size = sizeof(*call);
	call->data = (uintptr_t)&caller->num;
	call->len = sizeof(caller->num);
	if (!call->answer)
		call->answer = (uintptr_t)&caller->answer;
	if (!call->answer_len)
		call->answer_len = sizeof(caller->answer);
	caller->ret = mbox_ioctl(caller->fd, IPCMBOX_IOC_CALL, call);
	caller->done = true;
	return NULL;
}

bool caller_run(struct caller *caller, int fd, uint32_t num)
{
	caller->fd = fd;
	caller->num = num;
	caller_thread(caller);
	return true;
}

bool caller_start(struct caller *caller, int fd, uint32_t num)
{
	uint64_t end = mbox_deadline(MBOX_WATCHDOG_MS);
	uint64_t sent = mbox_info(fd).sent;

	caller->fd = fd;
	caller->num = num;
	caller->done = false;
	if (pthread_create(&caller->thread, NULL, caller_thread, caller))
		return false;
	while (mbox_info(fd).sent == sent) {
		if (mbox_now() > end)
			return false;
		mbox_nap();
	}
	return true;
}

int caller_join(struct caller *caller)
{
	uint64_t end = mbox_deadline(MBOX_WATCHDOG_MS);

	while (!caller->done) {
		if (mbox_now() > end)
			return -ETIME;
		mbox_nap();
	}
	pthread_join(caller->thread, NULL);
	return caller->ret;
}

uint64_t serve_take(int fd, uint32_t num)
{
	uint32_t got = ~num;
	struct ipcmbox_recv recv = {
		.size = sizeof(recv),
		.data = (uintptr_t)&got,
		.len = sizeof(got),
	};

	if (mbox_ioctl(fd, IPCMBOX_IOC_RECV, &recv) || got != num)
		return 0;
	return recv.token;
}

int serve_reply(int fd, uint64_t token, uint32_t num)
{
	struct ipcmbox_reply reply = {
		.size = sizeof(reply),
		.token = token,
		.data = (uintptr_t)&num,
		.len = sizeof(num),
		.cookie = num + 1,
	};

	return mbox_ioctl(fd, IPCMBOX_IOC_REPLY, &reply);
}
