// SPDX-License-Identifier: GPL-2.0-only
/*
 * The operations of the fault sweep that need memory for who calls: by a user who has
 * nothing yet, so that an account has to be made; and those of events at both ends of
 * a duplex port. See sweep.c.
 */
#include <sys/eventfd.h>

#include "accounts.h"
#include "sweep.h"

#define USER 65534

/* A fault is met once: who has met it on the way back comes back with the next try. */
static int64_t as_user(struct scene *scene, int64_t (*run)(struct scene *scene))
{
	int64_t ret = accounts_become(USER);

	if (!ret)
		ret = run(scene);
	while (accounts_become(0))
		;
	return ret;
}

static int64_t send_fds(struct scene *scene)
{
	struct ipcmbox_send send = {
		.size = sizeof(send),
		.flags = IPCMBOX_DONTWAIT,
		.data = (uintptr_t)sweep_bytes,
		.len = scene->len,
		.fds = (uintptr_t)scene->made,
		.nr_fds = scene->made[0] < 0 ? 0 : 2,
	};

	return mbox_ioctl(scene->fd, IPCMBOX_IOC_SEND, &send);
}

static int64_t run_send(struct scene *scene)
{
	return as_user(scene, send_fds);
}

static bool prepare_files(struct scene *scene)
{
	scene->made[0] = eventfd(0, EFD_CLOEXEC);
	scene->made[1] = eventfd(0, EFD_CLOEXEC);
	return scene->made[1] >= 0;
}

static int64_t call(struct scene *scene)
{
	struct ipcmbox_call arg = {
		.size = sizeof(arg),
		.flags = IPCMBOX_DONTWAIT,
		.data = (uintptr_t)sweep_bytes,
		.len = scene->len,
	};
	int64_t ret = mbox_ioctl(scene->fd, IPCMBOX_IOC_CALL, &arg);

	/* Nobody takes it. */
	return ret == -EAGAIN ? 0 : ret ? ret : -EBADMSG;
}

static int64_t run_call(struct scene *scene)
{
	return as_user(scene, call);
}

static int64_t receive(struct scene *scene)
{
	int64_t ret = read(scene->fd, sweep_into, sizeof(sweep_into));

	return sweep_received(scene, ret < 0 ? -errno : ret, scene->len);
}

static int64_t run_read(struct scene *scene)
{
	return as_user(scene, receive);
}

static int64_t create(struct scene *scene)
{
	struct ipcmbox_create create = {
		.size = sizeof(create),
		.open_flags = O_RDWR,
		.capacity = 1,
		.region_size = scene->len,
	};
	int ret = mbox_ioctl(scene->made[0], IPCMBOX_IOC_CREATE, &create);

	scene->made[1] = ret ? -1 : create.fd;
	return ret;
}

static int64_t run_create(struct scene *scene)
{
	return as_user(scene, create);
}

/* Events: made[0] is told of those of room[0], the other end of which is room[1]. */

static bool prepare_pair(struct scene *scene)
{
	struct ipcmbox_pair pair = {
		.size = sizeof(pair),
		.flags = IPCMBOX_DUPLEX,
		.capacity = 1,
	};

	scene->made[0] = eventfd(0, EFD_CLOEXEC);
	if (mbox_device_ioctl(IPCMBOX_IOC_PAIR, &pair))
		return false;
	scene->room[0] = pair.fds[0];
	scene->room[1] = pair.fds[1];
	return scene->made[0] >= 0;
}

static int64_t notify(struct scene *scene)
{
	struct ipcmbox_notify arg = {
		.size = sizeof(arg),
		.eventfd = scene->made[0],
		.events = IPCMBOX_EVENT_MESSAGE | IPCMBOX_EVENT_ROOM,
	};

	return mbox_ioctl(scene->room[0], IPCMBOX_IOC_NOTIFY, &arg);
}

static int64_t run_notify(struct scene *scene)
{
	return as_user(scene, notify);
}

static int64_t run_async(struct scene *scene)
{
	int ret = fcntl(scene->room[0], F_SETFL, O_RDWR | O_ASYNC);

	return ret < 0 ? -errno : 0;
}

const struct operation user_operations[] = {
	{ "SEND, another user", run_send, NULL, 1, 1000, 5 },
	{ "SEND, descriptors, another user", run_send, prepare_files, 1, 1000,
	  7 },
	{ "CALL, another user", run_call, NULL, 1, 1000, 8 },
	{ "read, another user", run_read, sweep_prepare_message, 1, 1000, 3 },
	{ "CREATE, region, another user", run_create, sweep_prepare_device, 1,
	  REGION, 8 },
	{ "NOTIFY, both ends, another user", run_notify, prepare_pair, 1, 0,
	  5 },
	{ "O_ASYNC, both ends", run_async, prepare_pair, 1, 0, 2 },
};

const unsigned int nr_user_operations = ARRAY_SIZE(user_operations);
