// SPDX-License-Identifier: GPL-2.0-only
/*
 * The operations of the fault sweep that are about broadcasts, inboxes and events. See
 * sweep.c.
 */
#include <sys/eventfd.h>

#include "sweep.h"

/* Broadcasts. */

static int subscribe(struct scene *scene, uint64_t capacity,
		     enum ipcmbox_slow slow)
{
	struct ipcmbox_subscribe arg = {
		.size = sizeof(arg),
		.flags = IPCMBOX_SELECTIVE,
		.capacity = capacity,
		.slow = slow,
	};
	int ret = mbox_ioctl(scene->fd, IPCMBOX_IOC_SUBSCRIBE, &arg);

	return ret ? ret : arg.fd;
}

/* If it fails it has left no descriptor; a last message tells of what else it left. */
static int64_t run_subscribe(struct scene *scene)
{
	int fd = subscribe(scene, 2, IPCMBOX_SLOW_BLOCK);

	if (fd < 0)
		return fcntl(scene->next, F_GETFD) < 0 ? fd : -EBADMSG;
	scene->subs[1] = fd;
	scene->expected[1] = 1;
	return 0;
}

static bool prepare_subscription(struct scene *scene)
{
	scene->subs[0] = subscribe(scene, 1, IPCMBOX_SLOW_BLOCK);
	scene->expected[0] = 1;
	scene->reach = 2;
	scene->next = dup(STDERR_FILENO);
	return scene->subs[0] >= 0 && !close(scene->next);
}

/* Nobody has seen a message whose sender was told that it was not sent. */
static bool nobody_has_more(const struct scene *scene, uint64_t sent)
{
	unsigned int i;

	for (i = 0; i < SUBSCRIBERS; i++)
		if (scene->subs[i] >= 0 &&
		    mbox_info(scene->subs[i]).sent != sent)
			return false;
	return true;
}

static int64_t cast(struct scene *scene, uint32_t flags)
{
	uint64_t sent = scene->sent;
	int64_t ret = mbox_send(scene->fd, sweep_bytes, scene->len,
				flags | IPCMBOX_DONTWAIT);

	if (ret)
		return nobody_has_more(scene, sent) ? ret : -EBADMSG;
	scene->sent++;
	return 0;
}

static int64_t run_cast(struct scene *scene)
{
	return cast(scene, 0);
}

static int64_t run_cast_all(struct scene *scene)
{
	return cast(scene, IPCMBOX_ALL);
}

/* Four, one of each policy; those that do not block are full. */
static bool prepare_slow(struct scene *scene)
{
	static const enum ipcmbox_slow slow[] = {
		IPCMBOX_SLOW_BLOCK,
		IPCMBOX_SLOW_DROP_OLDEST,
		IPCMBOX_SLOW_DROP_NEWEST,
		IPCMBOX_SLOW_DISCONNECT,
	};
	/* What the next message does to each. */
	static const uint64_t expected[] = { 2, 2, 1, 1 };
	unsigned int i;

	for (i = 0; i < SUBSCRIBERS; i++) {
		scene->subs[i] = subscribe(scene, i ? 1 : 2, slow[i]);
		if (scene->subs[i] < 0)
			return false;
		scene->expected[i] = expected[i];
	}
	return !run_cast(scene);
}

/* The same with room. */
static bool prepare_quick(struct scene *scene)
{
	unsigned int i;

	for (i = 0; i < SUBSCRIBERS; i++) {
		scene->subs[i] = subscribe(scene, 1, i);
		if (scene->subs[i] < 0)
			return false;
		scene->expected[i] = 1;
	}
	return true;
}

/* It has lost a message before the one that it has. */
static bool prepare_lag(struct scene *scene)
{
	scene->subs[0] = subscribe(scene, 1, IPCMBOX_SLOW_DROP_OLDEST);
	scene->expected[0] = 2;
	return scene->subs[0] >= 0 && !run_cast(scene) && !run_cast(scene);
}

/* That is told when it is received, however often that failed before. */
static int64_t run_recv_lag(struct scene *scene)
{
	struct ipcmbox_recv recv = {
		.size = sizeof(recv),
		.flags = IPCMBOX_DONTWAIT,
		.data = (uintptr_t)sweep_into,
		.len = sizeof(sweep_into),
	};
	int64_t ret = mbox_ioctl(scene->subs[0], IPCMBOX_IOC_RECV, &recv);

	if (ret)
		return mbox_info(scene->subs[0]).queued == 1 ? ret : -EBADMSG;
	if (recv.lag != 1)
		return -EBADMSG;
	return sweep_received(scene, recv.msg_len, scene->len);
}

/* Inboxes. */

static int64_t run_inbox(struct scene *scene)
{
	struct ipcmbox_inbox arg = { .size = sizeof(arg), .capacity = 1 };
	int64_t ret = mbox_ioctl(scene->made[0], IPCMBOX_IOC_INBOX, &arg);

	if (!ret)
		scene->subs[0] = arg.fd;
	return ret;
}

static bool prepare_inbox(struct scene *scene)
{
	return sweep_prepare_device(scene) && !run_inbox(scene);
}

static int64_t run_open_pid(struct scene *scene)
{
	struct ipcmbox_open_pid arg = { .size = sizeof(arg), .pid = getpid() };
	int64_t ret = mbox_ioctl(scene->made[0], IPCMBOX_IOC_OPEN_PID, &arg);

	if (!ret)
		scene->made[1] = arg.fd;
	return ret;
}

static bool prepare_opened(struct scene *scene)
{
	scene->expected[0] = 1;
	return prepare_inbox(scene) && !run_open_pid(scene);
}

static int64_t run_send_to_inbox(struct scene *scene)
{
	int64_t ret = mbox_send(scene->made[1], sweep_bytes, scene->len,
				IPCMBOX_DONTWAIT);

	if (ret && mbox_info(scene->subs[0]).sent)
		return -EBADMSG;
	return ret;
}

static bool prepare_message_in_inbox(struct scene *scene)
{
	return prepare_opened(scene) && !run_send_to_inbox(scene);
}

/* By who has sent it, which is kept with it. */
static int64_t run_recv_from_inbox(struct scene *scene)
{
	struct ipcmbox_recv recv = {
		.size = sizeof(recv),
		.flags = IPCMBOX_DONTWAIT,
		.data = (uintptr_t)sweep_into,
		.len = sizeof(sweep_into),
		.match = IPCMBOX_MATCH_SENDER,
		.match_value = getpid(),
	};
	int64_t ret = mbox_ioctl(scene->subs[0], IPCMBOX_IOC_RECV, &recv);

	if (ret)
		return mbox_info(scene->subs[0]).queued == 1 ? ret : -EBADMSG;
	return sweep_received(scene, recv.msg_len, scene->len);
}

/* Events. */

static int64_t ask(struct scene *scene, int eventfd, uint32_t events)
{
	struct ipcmbox_notify arg = {
		.size = sizeof(arg),
		.eventfd = eventfd,
		.events = events,
	};

	return mbox_ioctl(scene->fd, IPCMBOX_IOC_NOTIFY, &arg);
}

static int64_t run_notify(struct scene *scene)
{
	return ask(scene, scene->made[1],
		   IPCMBOX_EVENT_MESSAGE | IPCMBOX_EVENT_HANGUP);
}

static int64_t run_notify_nobody(struct scene *scene)
{
	return ask(scene, -1, 0);
}

/* Another one is told, whom it takes the place of. */
static bool prepare_notified(struct scene *scene)
{
	scene->made[0] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	scene->made[1] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return scene->made[1] >= 0 &&
	       !ask(scene, scene->made[0], IPCMBOX_EVENT_MESSAGE);
}

/* Of a message that was not sent nobody is told. */
static int64_t run_send_notified(struct scene *scene)
{
	int64_t ret =
		mbox_send(scene->fd, sweep_bytes, scene->len, IPCMBOX_DONTWAIT);
	uint64_t told;

	if (!ret)
		return 0;
	if (read(scene->made[0], &told, sizeof(told)) >= 0 || errno != EAGAIN)
		return -EBADMSG;
	return ret;
}

const struct operation cast_operations[] = {
	{ "SUBSCRIBE", run_subscribe, prepare_subscription, 0, 0, 7, false,
	  IPCMBOX_BROADCAST },
	{ "SEND, to slow subscribers", run_cast, prepare_slow, 0, 1000, 9,
	  false, IPCMBOX_BROADCAST },
	{ "SEND, to all subscribers", run_cast_all, prepare_quick, 0, 1000, 9,
	  false, IPCMBOX_BROADCAST },
	{ "SEND, to subscribers, large", run_cast, prepare_quick, 0, LARGE, 12,
	  false, IPCMBOX_BROADCAST },
	{ "SEND, to nobody", run_cast, NULL, 0, 100, 3, false,
	  IPCMBOX_BROADCAST },
	{ "RECV, lag", run_recv_lag, prepare_lag, 0, 1000, 3, false,
	  IPCMBOX_BROADCAST },
	{ "INBOX", run_inbox, sweep_prepare_device, 1, 0, 8 },
	{ "OPEN_PID", run_open_pid, prepare_inbox, 1, 0, 5 },
	{ "SEND, to an inbox", run_send_to_inbox, prepare_opened, 1, 1000, 4 },
	{ "RECV, from an inbox", run_recv_from_inbox, prepare_message_in_inbox,
	  1, 1000, 3 },
	{ "NOTIFY", run_notify, prepare_notified, 1, 0, 2 },
	{ "NOTIFY, nobody", run_notify_nobody, prepare_notified, 1, 0, 1 },
	{ "SEND, notifies", run_send_notified, prepare_notified, 1, 1000, 4 },
};

const unsigned int nr_cast_operations = ARRAY_SIZE(cast_operations);
