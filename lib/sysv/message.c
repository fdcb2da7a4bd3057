// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * msgsnd(2) and msgrcv(2).
 *
 * A handler that runs while one of them waits ends it with EINTR, whatever SA_RESTART says;
 * and a signal that comes just before it waits must not be missed. So a receiver waits in
 * ipcmbox_reply_recv(), in which an answer, here to a call that never was, keeps the kernel
 * from starting anew. A sender tries with all signals blocked, and waits in ppoll(2), which
 * lets them through.
 */
#include <poll.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

/*
 * POLLOUT says that there is room for a message of any length. A shorter one may fit before,
 * and one that is longer than the whole queue when that was changed: so who waits also looks
 * from time to time, after these pauses in ns, each twice the one before.
 */
#define PAUSE_FIRST 1000000L
#define PAUSE_LAST 128000000L

/* Fail with what msgsnd(2) and msgrcv(2) have for an error of a mailbox. */
static int fail_as(int error)
{
	return sysv_fail(error == EDQUOT || error == ENOBUFS ? ENOMEM : error);
}

/* Was the descriptor not that of the queue? */
static bool is_lost(struct sysv_queue *queue, int error)
{
	return (error == EBADF || error == ENOTTY || error == EINVAL) &&
	       sysv_queue_is_lost(queue);
}

/* Put a queue after a call on it that failed, and keep errno. */
static void put_failed(struct sysv_queue *queue, int error)
{
	if (error == EIDRM)
		sysv_queue_drop(queue);
	else
		sysv_queue_put(queue);
	errno = error;
}

/**
 * struct outgoing - a message that is to be sent
 * @queue: the queue
 * @iov: its text
 * @options: its type, and that it does not wait
 */
struct outgoing {
	struct sysv_queue *queue;
	struct iovec iov;
	struct ipcmbox_send_options options;
};

/* Try once. Returns 0 or an errno: EAGAIN where there is no room. */
static int try_send(const struct outgoing *out)
{
	struct ipcmbox_receipt receipt;
	struct ipcmbox_info info;

	if (!ipcmbox_send_with(out->queue->fd, &out->iov, 1, &out->options,
			       sizeof(out->options), &receipt,
			       sizeof(receipt))) {
		sysv_note_sender(out->queue, receipt.id, getpid());
		return 0;
	}
	if (errno != EMSGSIZE)
		return errno;
	/* It is longer than the whole queue, which msgctl() may change. */
	if (ipcmbox_info(out->queue->fd, 0, &info, sizeof(info)))
		return errno;
	return info.max_bytes < out->iov.iov_len ? EAGAIN : EINVAL;
}

static void restore_signals(void *mask)
{
	pthread_sigmask(SIG_SETMASK, mask, NULL);
}

/* Wait for room, with the signals of a mask let through. Returns 0 or EINTR. */
static int wait_for_room(const struct outgoing *out, const sigset_t *mask,
			 long pause)
{
	const struct timespec moment = { .tv_nsec = pause };
	struct ipcmbox_info info;
	struct pollfd pollfd = { .fd = out->queue->fd, .events = POLLOUT };

	/* There may be room for all that fit at all, and not for this. */
	if (!ipcmbox_info(out->queue->fd, 0, &info, sizeof(info)) &&
	    info.max_message < out->iov.iov_len)
		pollfd.events = 0;
	return ppoll(&pollfd, 1, &moment, mask) < 0 ? errno : 0;
}

static int send_waiting(const struct outgoing *out)
{
	long pause = PAUSE_FIRST;
	sigset_t all, mask;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &mask);
	pthread_cleanup_push(restore_signals, &mask);
	while ((error = try_send(out)) == EAGAIN) {
		error = wait_for_room(out, &mask, pause);
		if (error)
			break;
		if (pause < PAUSE_LAST)
			pause *= 2;
	}
	pthread_cleanup_pop(1);
	return error;
}

static void put_cancelled(void *queue)
{
	sysv_queue_put(queue);
}

/* Returns 0, an errno, or -1 if the queue has to be opened anew. */
static int send_once(int id, struct outgoing *out, bool may_wait)
{
	bool waited = false;
	int error;

	out->queue = sysv_queue_get(id, O_WRONLY);
	if (!out->queue)
		return errno;
	pthread_cleanup_push(put_cancelled, out->queue);
	error = try_send(out);
	if (error == EAGAIN && may_wait) {
		waited = true;
		error = send_waiting(out);
	}
	if (error && is_lost(out->queue, error))
		error = -1;
	pthread_cleanup_pop(0);
	put_failed(out->queue, error);
	/* Who did not wait finds that there is no such queue. */
	return error == EIDRM && !waited ? EINVAL : error;
}

SYSV_PUBLIC int msgsnd(int id, const void *message, size_t size, int flags)
{
	struct outgoing out = {
		.options.flags = IPCMBOX_DONTWAIT,
		.iov.iov_len = size,
	};
	int error, before = errno;
	long type;

	pthread_testcancel();
	if (sysv_probe_read(message))
		return -1;
	type = *(const long *)message;
	if (id < 0 || !sysv_fits_msgmax(size) || type < 1)
		return sysv_fail(EINVAL);
	out.options.type = (uint64_t)type;
	out.iov.iov_base = (char *)(uintptr_t)message + sizeof(long);
	do {
		error = send_once(id, &out, !(flags & IPC_NOWAIT));
	} while (error < 0);
	if (error)
		return fail_as(error);
	errno = before;
	return 0;
}

/**
 * struct incoming - a message that is to be received
 * @queue: the queue
 * @iov: where its text goes
 * @options: which one, and how
 * @delivery: what is known of it
 */
struct incoming {
	struct sysv_queue *queue;
	struct iovec iov;
	struct ipcmbox_recv_options options;
	struct ipcmbox_delivery delivery;
};

/* Look at the message of a place in the order; a mailbox shows the first one only. */
static ssize_t copy(struct incoming *in, long place)
{
	struct ipcmbox_info info;

	if (ipcmbox_info(in->queue->fd, 0, &info, sizeof(info)))
		return -1;
	if (place < 0 || (uint64_t)place >= info.queued)
		return sysv_fail(EAGAIN);
	if (place)
		return sysv_fail(ENOSYS);
	in->options.flags &= IPCMBOX_TRUNCATE;
	return ipcmbox_peek_with(in->queue->fd, &in->iov, 1, &in->options,
				 sizeof(in->options), &in->delivery,
				 sizeof(in->delivery));
}

static ssize_t take(struct incoming *in)
{
	/* It stands for nothing, and nobody waits for it. */
	struct ipcmbox_response none = { .token = 0 };
	ssize_t len;
	int type;

	if (in->options.flags & IPCMBOX_DONTWAIT)
		return ipcmbox_recv_with(in->queue->fd, &in->iov, 1,
					 &in->options, sizeof(in->options),
					 &in->delivery, sizeof(in->delivery));
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
	len = ipcmbox_reply_recv(in->queue->fd, &none, sizeof(none), &in->iov,
				 1, &in->options, sizeof(in->options),
				 &in->delivery, sizeof(in->delivery));
	pthread_setcanceltype(type, NULL);
	return len;
}

/* Returns bytes; -1 with errno, which is 0 if the queue has to be opened anew. */
static ssize_t receive_once(int id, struct incoming *in, long type, int flags)
{
	ssize_t len;
	int error;

	in->queue = sysv_queue_get(id, O_RDONLY);
	if (!in->queue)
		return -1;
	pthread_cleanup_push(put_cancelled, in->queue);
	len = flags & MSG_COPY ? copy(in, type) : take(in);
	error = len < 0 ? errno : 0;
	if (error && is_lost(in->queue, error))
		error = 0;
	if (len >= 0 && !(flags & MSG_COPY))
		sysv_note_receipt(in->queue, &in->delivery);
	pthread_cleanup_pop(0);
	put_failed(in->queue, error);
	if (error == EIDRM && flags & IPC_NOWAIT)
		errno = EINVAL;
	return len;
}

static void choose(struct ipcmbox_recv_options *options, long type, int flags)
{
	if (!type || flags & MSG_COPY)
		return;
	if (type > 0) {
		options->match = flags & MSG_EXCEPT ? IPCMBOX_MATCH_TYPE_NOT :
						      IPCMBOX_MATCH_TYPE;
		options->match_value = (uint64_t)type;
		return;
	}
	options->match = IPCMBOX_MATCH_TYPE_MAX;
	/* LONG_MIN has no opposite. */
	options->match_value = type == LONG_MIN ? LONG_MAX : (uint64_t)-type;
}

static int fail_to_receive(int error)
{
	switch (error) {
	case EAGAIN:
		return sysv_fail(ENOMSG);
	case EMSGSIZE:
		return sysv_fail(E2BIG);
	default:
		return fail_as(error);
	}
}

SYSV_PUBLIC ssize_t msgrcv(int id, void *message, size_t size, long type,
			   int flags)
{
	struct incoming in = { .iov.iov_len = size };
	int before = errno;
	ssize_t len;

	pthread_testcancel();
	if (id < 0 || size > SSIZE_MAX)
		return sysv_fail(EINVAL);
	if (flags & MSG_COPY && (flags & MSG_EXCEPT || !(flags & IPC_NOWAIT)))
		return sysv_fail(EINVAL);
	if (sysv_probe_write(message))
		return -1;
	if (size > IPCMBOX_MESSAGE_MAX)
		in.iov.iov_len = IPCMBOX_MESSAGE_MAX;
	in.iov.iov_base = (char *)message + sizeof(long);
	if (flags & IPC_NOWAIT)
		in.options.flags |= IPCMBOX_DONTWAIT;
	if (flags & MSG_NOERROR)
		in.options.flags |= IPCMBOX_TRUNCATE;
	choose(&in.options, type, flags);
	do {
		len = receive_once(id, &in, type, flags);
	} while (len < 0 && !errno);
	if (len < 0)
		return fail_to_receive(errno);
	*(long *)message = (long)in.delivery.type;
	errno = before;
	return len;
}
