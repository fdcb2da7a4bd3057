// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Messages of queues, sent and received.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <time.h>

#include "internal.h"

#define NSEC_PER_SEC	1000000000LL

/*
 * A mailbox waits by CLOCK_MONOTONIC, but a queue until an instant of CLOCK_REALTIME, which
 * may be set meanwhile. So it is looked at again after this long.
 */
#define SLICE	NSEC_PER_SEC

/**
 * struct patience - how long a call waits
 * @until: instant of CLOCK_REALTIME; NULL for as long as it takes
 * @over: that was not ahead any more when the deadline was last asked for
 */
struct patience {
	const struct timespec *until;
	bool over;
};

/* As Linux has it, also of a call that need not wait. */
static bool is_instant(const struct timespec *until)
{
	return !until || (until->tv_sec >= 0 && until->tv_nsec >= 0 &&
			  until->tv_nsec < NSEC_PER_SEC);
}

/* The deadline of the next attempt; if it has passed, that still does what need not wait. */
static uint64_t next_deadline(struct patience *patience)
{
	const struct timespec *until = patience->until;
	struct timespec now;
	int64_t ahead;

	if (!until)
		return 0;
	clock_gettime(CLOCK_REALTIME, &now);
	if (until->tv_sec > now.tv_sec + SLICE / NSEC_PER_SEC)
		return ipcmbox_deadline(SLICE);
	ahead = (until->tv_sec - now.tv_sec) * NSEC_PER_SEC +
		(until->tv_nsec - now.tv_nsec);
	patience->over = ahead <= 0;
	if (patience->over)
		return 1;
	return ipcmbox_deadline((uint64_t)(ahead < SLICE ? ahead : SLICE));
}

static bool is_worth_waiting(ssize_t ret, const struct patience *patience)
{
	return ret < 0 && errno == ETIMEDOUT && !patience->over;
}

/*
 * To be a cancellation point a thread can be cancelled while it waits in the kernel. It
 * holds nothing here.
 */
static ssize_t send_cancellably(mqd_t mqdes, const struct iovec *piece,
				const struct ipcmbox_send_options *options)
{
	ssize_t ret;
	int type;

	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
	ret = ipcmbox_send_with(mqdes, piece, 1, options, sizeof(*options),
				NULL, 0);
	pthread_setcanceltype(type, NULL);
	return ret;
}

static ssize_t receive_cancellably(mqd_t mqdes, const struct iovec *piece,
				   uint64_t deadline,
				   struct ipcmbox_delivery *delivery)
{
	ssize_t ret;
	int type;

	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
	ret = ipcmbox_recvv(mqdes, piece, 1, 0, deadline, delivery,
			    sizeof(*delivery));
	pthread_setcanceltype(type, NULL);
	return ret;
}

static int send_message(mqd_t mqdes, const char *data, size_t len,
			unsigned int priority, const struct timespec *until)
{
	const struct iovec piece = { .iov_base = (void *)data, .iov_len = len };
	struct ipcmbox_send_options options = { .priority = priority };
	struct patience patience = { .until = until };
	ssize_t ret;

	if (!is_instant(until) || priority > IPCMBOX_PRIORITY_MAX)
		return queue_fail(EINVAL);
	do {
		options.deadline = next_deadline(&patience);
		ret = send_cancellably(mqdes, &piece, &options);
	} while (is_worth_waiting(ret, &patience));
	if (ret)
		return queue_fail(errno);
	queue_look();
	return 0;
}

/* A buffer is too small if some message could be longer, and that comes after the rights. */
static int check_buffer(mqd_t mqdes, size_t len, size_t *msgsize)
{
	struct ipcmbox_info info;

	if (queue_info(mqdes, &info))
		return -1;
	*msgsize = info.max_message;
	if (len >= info.max_message)
		return 0;
	if ((fcntl(mqdes, F_GETFL) & O_ACCMODE) == O_WRONLY)
		return queue_fail(EBADF);
	return queue_fail(EMSGSIZE);
}

static ssize_t receive_message(mqd_t mqdes, char *data, size_t len,
			       unsigned int *priority,
			       const struct timespec *until)
{
	struct iovec piece = { .iov_base = data };
	struct patience patience = { .until = until };
	struct ipcmbox_delivery delivery;
	ssize_t ret;

	if (!is_instant(until))
		return queue_fail(EINVAL);
	if (check_buffer(mqdes, len, &piece.iov_len))
		return -1;
	queue_look();
	do {
		ret = receive_cancellably(mqdes, &piece,
					  next_deadline(&patience), &delivery);
	} while (is_worth_waiting(ret, &patience));
	if (ret < 0)
		return queue_fail(errno);
	queue_look();
	if (priority)
		*priority = delivery.priority;
	return ret;
}

QUEUE_PUBLIC int mq_send(mqd_t mqdes, const char *msg_ptr, size_t msg_len,
			 unsigned int msg_prio)
{
	return send_message(mqdes, msg_ptr, msg_len, msg_prio, NULL);
}

QUEUE_PUBLIC int mq_timedsend(mqd_t mqdes, const char *msg_ptr, size_t msg_len,
			      unsigned int msg_prio,
			      const struct timespec *abs_timeout)
{
	return send_message(mqdes, msg_ptr, msg_len, msg_prio, abs_timeout);
}

QUEUE_PUBLIC ssize_t mq_receive(mqd_t mqdes, char *msg_ptr, size_t msg_len,
				unsigned int *msg_prio)
{
	return receive_message(mqdes, msg_ptr, msg_len, msg_prio, NULL);
}

QUEUE_PUBLIC ssize_t mq_timedreceive(mqd_t mqdes, char *restrict msg_ptr,
				     size_t msg_len,
				     unsigned int *restrict msg_prio,
				     const struct timespec *restrict abs_timeout)
{
	return receive_message(mqdes, msg_ptr, msg_len, msg_prio, abs_timeout);
}
