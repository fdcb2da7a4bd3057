// SPDX-License-Identifier: GPL-2.0-only
/*
 * The operations of the fault sweep that are calls, selections, and messages with
 * descriptors. See sweep.c.
 */
#include "sweep.h"

#define NUM 7

/* Calls. */

/* What was answered is done: only the answer is lost where it cannot be written. */
static int64_t call(struct scene *scene, struct ipcmbox_call *arg)
{
	char answer[100] = "";
	int64_t ret;

	arg->size = sizeof(*arg);
	arg->answer = (uintptr_t)answer;
	arg->answer_len = sizeof(answer);
	ret = mbox_ioctl(scene->fd, IPCMBOX_IOC_CALL, arg);
	if (ret)
		return arg->disposition == IPCMBOX_REPLIED ? 0 : ret;
	return arg->msg_len == sizeof(uint32_t) ? 0 : -EBADMSG;
}

static int64_t run_call(struct scene *scene)
{
	struct ipcmbox_call arg = {
		.data = (uintptr_t)sweep_bytes,
		.len = scene->len,
	};

	return call(scene, &arg);
}

static int64_t run_call_fds(struct scene *scene)
{
	int fds[2] = { STDERR_FILENO, STDERR_FILENO }, room[2];
	struct ipcmbox_call arg = {
		.data = (uintptr_t)sweep_bytes,
		.len = scene->len,
		.fds = (uintptr_t)fds,
		.nr_fds = 2,
		.answer_fds = (uintptr_t)room,
		.nr_answer_fds = 2,
	};

	return call(scene, &arg);
}

/* Answers what comes, until that is over. */
static void *serve(void *arg)
{
	static char buffer[LARGE];
	struct scene *scene = arg;
	struct ipcmbox_recv recv;
	int ret = 0;

	while (!ret && !scene->over) {
		recv = (struct ipcmbox_recv){
			.size = sizeof(recv),
			.flags = IPCMBOX_DONTWAIT,
			.data = (uintptr_t)buffer,
			.len = sizeof(buffer),
		};
		ret = mbox_ioctl(scene->fd, IPCMBOX_IOC_RECV, &recv);
		if (!ret) {
			ret = serve_reply(scene->fd, recv.token, NUM);
		} else if (ret == -EAGAIN) {
			mbox_nap();
			ret = 0;
		}
	}
	scene->ret = ret;
	return NULL;
}

static bool prepare_server(struct scene *scene)
{
	return !pthread_create(&scene->thread, NULL, serve, scene);
}

/* Answers. */

static bool prepare_call(struct scene *scene)
{
	if (!caller_start(&scene->caller, scene->fd, NUM))
		return false;
	scene->called = true;
	scene->token = serve_take(scene->fd, NUM);
	return scene->token;
}

static int64_t run_reply(struct scene *scene)
{
	return serve_reply(scene->fd, scene->token, NUM);
}

static bool prepare_call_and_message(struct scene *scene)
{
	return prepare_call(scene) && sweep_prepare_message(scene);
}

/* As a server does it: what was answered is not answered again. */
static int64_t run_reply_recv(struct scene *scene)
{
	const uint32_t num = NUM;
	struct ipcmbox_reply reply = {
		.size = sizeof(reply),
		.token = scene->token,
		.data = (uintptr_t)&num,
		.len = sizeof(num),
	};
	struct ipcmbox_recv recv = {
		.size = sizeof(recv),
		.data = (uintptr_t)sweep_into,
		.len = sizeof(sweep_into),
	};
	struct ipcmbox_reply_recv arg = {
		.size = sizeof(arg),
		.reply = scene->answered ? 0 : (uintptr_t)&reply,
		.recv = (uintptr_t)&recv,
	};
	int64_t ret = mbox_ioctl(scene->fd, IPCMBOX_IOC_REPLY_RECV, &arg);

	scene->answered = scene->answered || arg.replied;
	return sweep_received(scene, ret ? ret : (int64_t)recv.msg_len,
			      scene->len);
}

/* Selections. */

static int64_t run_select_recv(struct scene *scene)
{
	struct ipcmbox_recv recv = {
		.size = sizeof(recv),
		.data = (uintptr_t)sweep_into,
		.len = sizeof(sweep_into),
	};
	struct ipcmbox_case one = {
		.fd = scene->fd,
		.kind = IPCMBOX_CASE_RECV,
		.arg = (uintptr_t)&recv,
	};
	struct ipcmbox_select arg = {
		.size = sizeof(arg),
		.cases = (uintptr_t)&one,
		.count = 1,
		.stride = sizeof(one),
	};
	int64_t ret = mbox_ioctl(scene->made[0], IPCMBOX_IOC_SELECT, &arg);

	return sweep_received(scene, ret ? ret : (int64_t)recv.msg_len,
			      scene->len);
}

static int64_t run_select_send(struct scene *scene)
{
	struct ipcmbox_send send = {
		.size = sizeof(send),
		.data = (uintptr_t)sweep_bytes,
		.len = scene->len,
	};
	struct ipcmbox_case one = {
		.fd = scene->fd,
		.kind = IPCMBOX_CASE_SEND,
		.arg = (uintptr_t)&send,
	};
	struct ipcmbox_select arg = {
		.size = sizeof(arg),
		.flags = IPCMBOX_DONTWAIT,
		.cases = (uintptr_t)&one,
		.count = 1,
		.stride = sizeof(one),
	};

	return mbox_ioctl(scene->made[0], IPCMBOX_IOC_SELECT, &arg);
}

/* A send that would have to wait, a receive of nothing, and one that is ready. */
static int64_t run_select_several(struct scene *scene)
{
	struct ipcmbox_send send = {
		.size = sizeof(send),
		.data = (uintptr_t)sweep_bytes,
		.len = scene->len,
	};
	struct ipcmbox_recv recv[2] = {
		{ .size = sizeof(recv[0]) },
		{ .size = sizeof(recv[1]),
		  .data = (uintptr_t)sweep_into,
		  .len = sizeof(sweep_into) },
	};
	struct ipcmbox_case cases[3] = {
		{ .fd = scene->fd,
		  .kind = IPCMBOX_CASE_SEND,
		  .arg = (uintptr_t)&send },
		{ .fd = scene->made[1],
		  .kind = IPCMBOX_CASE_RECV,
		  .arg = (uintptr_t)&recv[0] },
		{ .fd = scene->fd,
		  .kind = IPCMBOX_CASE_RECV,
		  .arg = (uintptr_t)&recv[1] },
	};
	struct ipcmbox_select arg = {
		.size = sizeof(arg),
		.cases = (uintptr_t)cases,
		.count = 3,
		.stride = sizeof(cases[0]),
	};
	int64_t ret = mbox_ioctl(scene->made[0], IPCMBOX_IOC_SELECT, &arg);

	if (!ret)
		ret = arg.index == 2 ? (int64_t)recv[1].msg_len : -EBADMSG;
	return sweep_received(scene, ret, scene->len);
}

static bool prepare_device_and_message(struct scene *scene)
{
	return sweep_prepare_device(scene) && sweep_prepare_message(scene);
}

static bool prepare_several(struct scene *scene)
{
	scene->made[1] = mbox_create(1, O_RDWR);
	return scene->made[1] >= 0 && prepare_device_and_message(scene);
}

static bool prepare_device_and_late_sender(struct scene *scene)
{
	return sweep_prepare_device(scene) && sweep_prepare_late_sender(scene);
}

/* Descriptors. */

static int64_t run_send_fds(struct scene *scene)
{
	struct ipcmbox_send send = {
		.size = sizeof(send),
		.flags = IPCMBOX_DONTWAIT,
		.data = (uintptr_t)sweep_bytes,
		.len = scene->len,
		.fds = (uintptr_t)scene->made,
		.nr_fds = 2,
	};

	return mbox_ioctl(scene->fd, IPCMBOX_IOC_SEND, &send);
}

/* If it fails it has left no descriptor. */
static int64_t run_recv_fds(struct scene *scene)
{
	int fds[2] = { -1, -1 };
	struct ipcmbox_recv recv = {
		.size = sizeof(recv),
		.data = (uintptr_t)sweep_into,
		.len = sizeof(sweep_into),
		.fds = (uintptr_t)fds,
		.nr_fds = 2,
	};
	int64_t ret = mbox_ioctl(scene->fd, IPCMBOX_IOC_RECV, &recv);

	if (ret)
		return fcntl(scene->next, F_GETFD) < 0 ? ret : -EBADMSG;
	if (recv.msg_fds != 2 || close(fds[0]) || close(fds[1]))
		return -EBADMSG;
	return sweep_received(scene, recv.msg_len, scene->len);
}

static bool prepare_files(struct scene *scene)
{
	return !pipe2(scene->made, O_CLOEXEC);
}

static bool prepare_message_with_files(struct scene *scene)
{
	if (!prepare_files(scene) || run_send_fds(scene))
		return false;
	scene->next = dup(STDERR_FILENO);
	return !close(scene->next);
}

const struct operation call_operations[] = {
	{ "CALL", run_call, prepare_server, 1, 100, 6 },
	{ "CALL, rendezvous", run_call, prepare_server, 0, 1000, 6 },
	{ "CALL, descriptors", run_call_fds, prepare_server, 1, 100, 8 },
	{ "REPLY", run_reply, prepare_call, 1, 0, 2 },
	{ "REPLY_RECV", run_reply_recv, prepare_call_and_message, 1, 1000, 6 },
	{ "SELECT, receives", run_select_recv, prepare_device_and_message, 1,
	  1000, 7 },
	{ "SELECT, sends", run_select_send, sweep_prepare_device, 1, 1000, 8 },
	{ "SELECT, sends a share", run_select_send, sweep_prepare_device, 2,
	  1000, 9, false, IPCMBOX_FAIR_SHARE },
	{ "SELECT, several", run_select_several, prepare_several, 1, 1000, 15 },
	{ "SELECT, waits", run_select_recv, prepare_device_and_late_sender, 1,
	  0, 7 },
	{ "SEND, descriptors", run_send_fds, prepare_files, 1, 1000, 5 },
	{ "RECV, descriptors", run_recv_fds, prepare_message_with_files, 1,
	  1000, 4 },
};

const unsigned int nr_call_operations = ARRAY_SIZE(call_operations);
