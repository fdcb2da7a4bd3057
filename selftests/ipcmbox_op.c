// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations of the tests that run in a thread of their own, so that they can
 * be caught waiting. See ipcmbox_util.h.
 */
#include <sys/syscall.h>

#include "ipcmbox_util.h"

bool mbox_op_is_sender(const struct mbox_op *op)
{
	return op->kind == OP_SEND || op->kind == OP_WRITE;
}

static int mbox_op_send(struct mbox_op *op)
{
	struct ipcmbox_send send = {
		.size = sizeof(send),
		.flags = op->flags,
		.data = (uintptr_t)op->data,
		.len = op->len,
		.deadline = op->deadline,
		.disposition = ~0U,
		.type = op->type,
		.cookie = op->cookie,
		.priority = op->priority,
		.fds = (uintptr_t)op->fds,
		.nr_fds = op->nr_fds,
	};
	int ret = mbox_ioctl(op->fd, IPCMBOX_IOC_SEND, &send);

	op->id = send.id;
	op->disposition = send.disposition;
	return ret;
}

static int mbox_op_recv(struct mbox_op *op, unsigned long command)
{
	struct ipcmbox_recv recv = {
		.size = sizeof(recv),
		.flags = op->flags,
		.data = (uintptr_t)op->data,
		.len = op->len,
		.deadline = op->deadline,
		.match = op->match,
		.match_value = op->match_value,
		.fds = (uintptr_t)op->fds,
		.nr_fds = op->nr_fds,
	};
	int ret = mbox_ioctl(op->fd, command, &recv);

	op->id = recv.id;
	op->msg_len = recv.msg_len;
	op->msg_flags = recv.msg_flags;
	op->type = recv.type;
	op->cookie = recv.cookie;
	op->priority = recv.priority;
	op->msg_fds = recv.msg_fds;
	op->lag = recv.lag;
	op->sender.pid = recv.pid;
	op->sender.tid = recv.tid;
	op->sender.uid = recv.uid;
	op->sender.gid = recv.gid;
	return ret;
}

int64_t mbox_op_run(struct mbox_op *op)
{
	if (!op->data && !op->len) {
		op->data = &op->num;
		op->len = sizeof(op->num);
	}
	op->tid = syscall(SYS_gettid);
	switch (op->kind) {
	case OP_SEND:
		op->ret = mbox_op_send(op);
		break;
	case OP_RECV:
		op->ret = mbox_op_recv(op, IPCMBOX_IOC_RECV);
		break;
	case OP_PEEK:
		op->ret = mbox_op_recv(op, IPCMBOX_IOC_PEEK);
		break;
	case OP_WRITE:
		op->ret = write(op->fd, op->data, op->len);
		break;
	case OP_READ:
		op->ret = read(op->fd, op->data, op->len);
		break;
	}
	if ((op->kind == OP_WRITE || op->kind == OP_READ) && op->ret < 0)
		op->ret = -errno;
	op->done = true;
	return op->ret;
}

static void *mbox_op_thread(void *op)
{
	mbox_op_run(op);
	return NULL;
}

int mbox_op_start(struct mbox_op *op)
{
	op->done = false;
	op->tid = 0;
	return -pthread_create(&op->thread, NULL, mbox_op_thread, op);
}

bool mbox_op_park(struct mbox_op *op)
{
	struct ipcmbox_info info =
		mbox_info_of(op->fd, mbox_op_is_sender(op) ? IPCMBOX_TX : 0);

	if (mbox_op_start(op))
		return false;
	if (mbox_op_is_sender(op))
		return mbox_wait_senders(op->fd, info.senders_waiting + 1);
	return mbox_wait_receivers(op->fd, info.receivers_waiting + 1);
}

int64_t mbox_op_join(struct mbox_op *op)
{
	uint64_t end = mbox_deadline(MBOX_WATCHDOG_MS);

	while (!op->done) {
		if (mbox_now() > end)
			return -ETIME;
		mbox_nap();
	}
	if (op->thread)
		pthread_join(op->thread, NULL);
	op->thread = 0;
	return op->ret;
}

bool mbox_op_offer(struct mbox_op *op)
{
	uint64_t sent = mbox_info(op->fd).sent;
	unsigned int flags = op->flags;

	op->thread = 0;
	op->flags |= IPCMBOX_DONTWAIT;
	mbox_op_run(op);
	op->flags = flags;
	if (op->ret != -EAGAIN)
		return !op->ret;
	return !mbox_op_start(op) && mbox_wait_sent(op->fd, sent + 1);
}

int64_t mbox_recv_match(int fd, uint32_t match, uint64_t value,
			unsigned int flags)
{
	struct mbox_op op = {
		.fd = fd,
		.kind = OP_RECV,
		.flags = flags,
		.match = match,
		.match_value = value,
	};

	return mbox_op_run(&op) ?: op.num;
}

int64_t mbox_peek_match(int fd, uint32_t match, uint64_t value)
{
	struct mbox_op op = {
		.fd = fd,
		.kind = OP_PEEK,
		.match = match,
		.match_value = value,
	};

	return mbox_op_run(&op) ?: op.num;
}

long mbox_switches(pid_t tid)
{
	char path[64], line[128];
	long count = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/status", tid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "voluntary_ctxt_switches: %ld", &count) == 1)
			break;
	if (file)
		fclose(file);
	return count;
}

long mbox_settled_switches(pid_t tid)
{
	long before, now = mbox_switches(tid);
	unsigned int calm = 0;

	while (calm < 5) {
		before = now;
		mbox_nap();
		now = mbox_switches(tid);
		calm = now == before && now > 0 ? calm + 1 : 0;
	}
	return now;
}
