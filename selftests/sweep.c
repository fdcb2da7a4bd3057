// SPDX-License-Identifier: GPL-2.0-only
/*
 * The operations that the fault sweep goes through, and what has to be there before
 * each. An operation more is a line more in the table at the end; those of calls,
 * selections and descriptors are in sweep_call.c, of many messages and many receivers in
 * sweep_batch.c and sweep_cast.c.
 */
#include <sys/epoll.h>
#include <sys/uio.h>

#include "sweep.h"

#define SEED 7
#define TYPE 5

char sweep_bytes[LARGE];
char sweep_into[LARGE];

bool operations_init(void)
{
	volatile char stack[256 * 1024];
	size_t i;

	for (i = 0; i < sizeof(stack); i += 512)
		stack[i] = 0;
	mbox_pattern(sweep_bytes, sizeof(sweep_bytes), SEED);
	memset(sweep_into, 0, sizeof(sweep_into));
	return !mlockall(MCL_CURRENT);
}

static int64_t result(int64_t ret)
{
	return ret < 0 ? -errno : ret;
}

bool operations_is_message(const void *data, size_t len)
{
	return mbox_is_pattern(data, len, SEED);
}

/* What was received is what was sent, or the operation gives an errno of its own. */
int64_t sweep_received(const struct scene *scene, int64_t ret, size_t len)
{
	bool same = ret == (int64_t)scene->len &&
		    mbox_is_pattern(sweep_into, len, SEED);

	memset(sweep_into, 0, len);
	return ret < 0 || scene->thread || same ? ret : -EBADMSG;
}

/* Operations. */

static int64_t run_open(struct scene *scene)
{
	scene->made[0] = open(MBOX_DEVICE, O_RDWR | O_CLOEXEC);
	return scene->made[0] < 0 ? -errno : 0;
}

static int64_t run_version(struct scene *scene)
{
	struct ipcmbox_version version = { .size = sizeof(version) };

	return mbox_ioctl(scene->made[0], IPCMBOX_IOC_VERSION, &version);
}

static int64_t run_create(struct scene *scene)
{
	struct ipcmbox_create create = {
		.size = sizeof(create),
		.flags = scene->ordered ? IPCMBOX_SELECTIVE : 0,
		.open_flags = O_RDWR,
		.capacity = 1,
		.region_size = scene->len,
		.order = scene->ordered ? IPCMBOX_PRIORITY : IPCMBOX_FIFO,
	};
	int ret = mbox_ioctl(scene->made[0], IPCMBOX_IOC_CREATE, &create);

	scene->made[1] = ret ? -1 : create.fd;
	return ret;
}

static int64_t run_pair(struct scene *scene)
{
	struct ipcmbox_pair pair = {
		.size = sizeof(pair),
		.flags = scene->len ? IPCMBOX_DUPLEX : 0,
		.capacity = 1,
		.region_size = scene->len,
	};
	int ret = mbox_ioctl(scene->made[0], IPCMBOX_IOC_PAIR, &pair);

	if (!ret) {
		close(pair.fds[0]);
		scene->made[1] = pair.fds[1];
	}
	return ret;
}

static int64_t run_send(struct scene *scene)
{
	return mbox_send(scene->fd, sweep_bytes, scene->len, IPCMBOX_DONTWAIT);
}

static int64_t run_send_until_taken(struct scene *scene)
{
	return mbox_send(scene->fd, sweep_bytes, scene->len,
			 IPCMBOX_UNTIL_TAKEN);
}

static const struct iovec *pieces(char *buffer, size_t len)
{
	static struct iovec iov[3];

	iov[0] = (struct iovec){ buffer, len / 3 };
	iov[1] = (struct iovec){ buffer + len / 3, len / 3 };
	iov[2] = (struct iovec){ buffer + len / 3 * 2, len - len / 3 * 2 };
	return iov;
}

static int64_t run_send_iovec(struct scene *scene)
{
	struct ipcmbox_send send = {
		.size = sizeof(send),
		.flags = IPCMBOX_IOVEC,
		.data = (uintptr_t)pieces(sweep_bytes, scene->len),
		.len = 3,
	};

	return mbox_ioctl(scene->fd, IPCMBOX_IOC_SEND, &send);
}

/* Into rows that the mailbox does not have yet. */
static int64_t run_send_ordered(struct scene *scene)
{
	struct ipcmbox_send send = {
		.size = sizeof(send),
		.flags = IPCMBOX_DONTWAIT,
		.data = (uintptr_t)sweep_bytes,
		.len = scene->len,
		.type = TYPE,
		.priority = IPCMBOX_PRIORITY_MAX,
	};

	return mbox_ioctl(scene->fd, IPCMBOX_IOC_SEND, &send);
}

static int64_t run_recv(struct scene *scene)
{
	return sweep_received(
		scene, mbox_recv(scene->fd, sweep_into, sizeof(sweep_into), 0),
		scene->len);
}

static int64_t run_recv_iovec(struct scene *scene)
{
	struct ipcmbox_recv recv = {
		.size = sizeof(recv),
		.flags = IPCMBOX_IOVEC | IPCMBOX_TRUNCATE,
		.data = (uintptr_t)pieces(sweep_into, scene->len / 2),
		.len = 3,
	};
	int64_t ret = mbox_ioctl(scene->fd, IPCMBOX_IOC_RECV, &recv);

	if (!ret)
		ret = recv.msg_len;
	return sweep_received(scene, ret, scene->len / 2);
}

static int64_t recv_match(struct scene *scene, enum ipcmbox_match match,
			  uint64_t value)
{
	struct ipcmbox_recv recv = {
		.size = sizeof(recv),
		.flags = IPCMBOX_DONTWAIT,
		.data = (uintptr_t)sweep_into,
		.len = sizeof(sweep_into),
		.match = match,
		.match_value = value,
	};
	int64_t ret = mbox_ioctl(scene->fd, IPCMBOX_IOC_RECV, &recv);

	if (!ret)
		ret = recv.type == TYPE ? (int64_t)recv.msg_len : -EBADMSG;
	return sweep_received(scene, ret, scene->len);
}

static int64_t run_recv_type(struct scene *scene)
{
	return recv_match(scene, IPCMBOX_MATCH_TYPE, TYPE);
}

static int64_t run_recv_sender(struct scene *scene)
{
	return recv_match(scene, IPCMBOX_MATCH_SENDER, getpid());
}

static int64_t run_peek(struct scene *scene)
{
	return sweep_received(
		scene, mbox_peek(scene->fd, sweep_into, sizeof(sweep_into), 0),
		scene->len);
}

static int64_t info_of(struct scene *scene, unsigned int flags)
{
	struct ipcmbox_info info = { .size = sizeof(info), .flags = flags };
	int ret = mbox_ioctl(scene->fd, IPCMBOX_IOC_INFO, &info);

	return ret ? ret : (int64_t)info.queued_bytes;
}

static int64_t run_info(struct scene *scene)
{
	return info_of(scene, 0);
}

static int64_t run_info_tx(struct scene *scene)
{
	return info_of(scene, IPCMBOX_TX);
}

static int64_t run_set(struct scene *scene)
{
	return mbox_set(scene->fd, IPCMBOX_SET_CAPACITY, 5);
}

/* How many it were is not told if that cannot be written. */
static int64_t run_drain(struct scene *scene)
{
	int64_t ret = mbox_drain(scene->fd);

	return ret < 0 ? ret : 0;
}

static int64_t run_destroy(struct scene *scene)
{
	return mbox_destroy(scene->fd);
}

static int64_t run_reopen(struct scene *scene)
{
	scene->made[0] = mbox_reopen(scene->fd, O_RDONLY, 0);
	return scene->made[0] < 0 ? scene->made[0] : 0;
}

static int64_t run_read(struct scene *scene)
{
	return sweep_received(
		scene, result(read(scene->fd, sweep_into, sizeof(sweep_into))),
		scene->len);
}

static int64_t run_write(struct scene *scene)
{
	return result(write(scene->fd, sweep_bytes, scene->len));
}

static int64_t run_readv(struct scene *scene)
{
	return sweep_received(
		scene,
		result(readv(scene->fd, pieces(sweep_into, scene->len), 3)),
		scene->len);
}

static int64_t run_writev(struct scene *scene)
{
	return result(writev(scene->fd, pieces(sweep_bytes, scene->len), 3));
}

static int64_t run_poll(struct scene *scene)
{
	struct pollfd poll_fd = { .fd = scene->fd, .events = POLLIN };

	return result(poll(&poll_fd, 1, 0));
}

static int64_t run_epoll(struct scene *scene)
{
	struct epoll_event event = { .events = EPOLLIN };

	if (epoll_ctl(scene->made[0], EPOLL_CTL_ADD, scene->fd, &event))
		return -errno;
	return 0;
}

static int64_t run_mmap(struct scene *scene)
{
	void *addr = mmap(NULL, REGION, PROT_READ | PROT_WRITE, MAP_SHARED,
			  scene->fd, 0);

	if (addr == MAP_FAILED)
		return -errno;
	munmap(addr, REGION);
	return 0;
}

static int64_t run_fdinfo(struct scene *scene)
{
	char path[64];
	ssize_t ret;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", scene->fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = result(read(fd, sweep_into, sizeof(sweep_into)));
	close(fd);
	return ret < 0 ? ret : 0;
}

/* What has to be there before. */

bool sweep_prepare_device(struct scene *scene)
{
	return run_open(scene) >= 0;
}

static bool prepare_epoll(struct scene *scene)
{
	scene->made[0] = epoll_create1(EPOLL_CLOEXEC);
	return scene->made[0] >= 0;
}

bool sweep_prepare_message(struct scene *scene)
{
	return !run_send(scene);
}

static bool prepare_ordered(struct scene *scene)
{
	return !run_send_ordered(scene);
}

static bool prepare_receiver(struct scene *scene)
{
	static char buffer[LARGE];

	scene->peer = (struct mbox_op){
		.fd = scene->fd,
		.kind = OP_RECV,
		.data = buffer,
		.len = sizeof(buffer),
	};
	return mbox_op_park(&scene->peer);
}

static bool prepare_sender(struct scene *scene)
{
	scene->peer = (struct mbox_op){
		.fd = scene->fd,
		.kind = OP_SEND,
		.data = sweep_bytes,
		.len = scene->len,
	};
	return mbox_op_park(&scene->peer);
}

/* Sends as soon as a receiver waits, or when that is over. */
static void *send_late(void *arg)
{
	struct scene *scene = arg;

	while (!scene->over && !mbox_info(scene->fd).receivers_waiting)
		mbox_nap();
	scene->ret = mbox_send(scene->fd, "late", 5, IPCMBOX_DONTWAIT);
	return NULL;
}

bool sweep_prepare_late_sender(struct scene *scene)
{
	return !pthread_create(&scene->thread, NULL, send_late, scene);
}

/* Receives as soon as a sender waits, or when that is over. */
static void *receive_late(void *arg)
{
	static char buffer[LARGE];
	struct scene *scene = arg;
	int64_t ret;

	while (!scene->over && !mbox_info(scene->fd).senders_waiting)
		mbox_nap();
	ret = mbox_recv(scene->fd, buffer, sizeof(buffer), IPCMBOX_DONTWAIT);
	scene->ret = ret == (int64_t)scene->len ? 0 : -EBADMSG;
	return NULL;
}

static int64_t run_send_waiting(struct scene *scene)
{
	return mbox_send(scene->fd, sweep_bytes, scene->len, 0);
}

/* Where there is no room. */
static bool prepare_late_receiver(struct scene *scene)
{
	return sweep_prepare_message(scene) &&
	       !pthread_create(&scene->thread, NULL, receive_late, scene);
}

const struct operation operations[] = {
	{ "open", run_open, NULL, 1, 0, 1 },
	{ "VERSION", run_version, sweep_prepare_device, 1, 0, 2 },
	{ "CREATE", run_create, sweep_prepare_device, 1, 0, 6 },
	{ "CREATE, region", run_create, sweep_prepare_device, 1, REGION, 9 },
	{ "CREATE, by priority", run_create, sweep_prepare_device, 1, 0, 8,
	  true },
	{ "PAIR", run_pair, sweep_prepare_device, 1, 0, 8 },
	{ "PAIR, duplex, region", run_pair, sweep_prepare_device, 1, REGION,
	  12 },
	{ "SEND, empty", run_send, NULL, 1, 0, 2 },
	{ "SEND, short", run_send, NULL, 1, 100, 3 },
	{ "SEND, long", run_send, NULL, 1, 1000, 4 },
	{ "SEND, large", run_send, NULL, 1, LARGE, 4 },
	{ "SEND, vector", run_send_iovec, NULL, 1, 1000, 5 },
	{ "SEND, by priority", run_send_ordered, NULL, 1, 1000, 6, true },
	{ "SEND, a share", run_send, NULL, 2, 1000, 5, false,
	  IPCMBOX_FAIR_SHARE },
	{ "SEND, met", run_send, prepare_receiver, 0, 1000, 4 },
	{ "SEND, until taken", run_send_until_taken, prepare_receiver, 1, 1000,
	  4 },
	{ "SEND, waits", run_send_waiting, prepare_late_receiver, 1, 1000, 4 },
	{ "RECV, short", run_recv, sweep_prepare_message, 1, 100, 3 },
	{ "RECV, large", run_recv, sweep_prepare_message, 1, LARGE, 3 },
	{ "RECV, vector", run_recv_iovec, sweep_prepare_message, 1, 1000, 4 },
	{ "RECV, by type", run_recv_type, prepare_ordered, 1, 1000, 3, true },
	{ "RECV, by sender", run_recv_sender, prepare_ordered, 1, 1000, 3,
	  true },
	{ "RECV, met", run_recv, prepare_sender, 0, 1000, 3 },
	{ "RECV, waits", run_recv, sweep_prepare_late_sender, 1, 0, 3 },
	{ "PEEK", run_peek, sweep_prepare_message, 1, 1000, 3 },
	{ "INFO", run_info, sweep_prepare_message, 1, 1000, 2 },
	{ "INFO, to send", run_info_tx, sweep_prepare_message, 1, 1000, 2 },
	{ "SET", run_set, sweep_prepare_message, 1, 1000, 1 },
	{ "DRAIN", run_drain, sweep_prepare_message, 1, 1000, 2 },
	{ "DESTROY", run_destroy, sweep_prepare_message, 1, 1000, 1 },
	{ "REOPEN", run_reopen, sweep_prepare_message, 1, 1000, 4 },
	{ "read", run_read, sweep_prepare_message, 1, 1000, 1 },
	{ "write", run_write, NULL, 1, 1000, 3 },
	{ "readv", run_readv, sweep_prepare_message, 1, 1000, 2 },
	{ "writev", run_writev, NULL, 1, 1000, 4 },
	{ "poll", run_poll, sweep_prepare_message, 1, 1000, 1 },
	{ "epoll", run_epoll, prepare_epoll, 1, 0, 2 },
	{ "mmap", run_mmap, NULL, 1, 0, 1 },
	{ "fdinfo", run_fdinfo, sweep_prepare_message, 1, 1000, 2 },
};

const unsigned int nr_operations = ARRAY_SIZE(operations);
