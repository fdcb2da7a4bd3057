// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Queues and their names: opened, made, closed, taken away.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

int queue_fail(int error)
{
	switch (error) {
	case ENOTTY: /* not a mailbox */
	case EIDRM: /* one that was destroyed */
		error = EBADF;
		break;
	case EDQUOT:
		error = ENOMEM;
		break;
	}
	errno = error;
	return -1;
}

int queue_info(mqd_t mqdes, struct ipcmbox_info *info)
{
	if (ipcmbox_info(mqdes, 0, info, sizeof(*info)))
		return queue_fail(errno);
	return 0;
}

/* The name of the mailbox, by the rules that Linux has for names of queues. */
static int box_name(const char *name, char box[IPCMBOX_NAME_MAX + 1])
{
	size_t len;
	int error = 0;

	if (name[0] != '/')
		return queue_fail(EINVAL);
	name++;
	len = strlen(name);
	if (len == 0)
		error = ENOENT;
	else if (len >= PATH_MAX)
		error = ENAMETOOLONG;
	else if (strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, ".."))
		error = EACCES;
	else if (len > QUEUE_NAME_MAX)
		error = ENAMETOOLONG;
	if (error)
		return queue_fail(error);
	memcpy(box, QUEUE_PREFIX, sizeof(QUEUE_PREFIX) - 1);
	memcpy(box + sizeof(QUEUE_PREFIX) - 1, name, len + 1);
	return 0;
}

/* That there is no device says nothing of the name. */
static int open_control(void)
{
	int ctl = ipcmbox_open();

	if (ctl < 0 && (errno == ENOENT || errno == ENODEV || errno == ENXIO))
		return queue_fail(ENOSYS);
	return ctl;
}

static void close_quietly(int fd)
{
	int error = errno;

	close(fd);
	errno = error;
}

/* Others may have given a mailbox such a name. */
static bool is_queue(int fd)
{
	struct ipcmbox_info info;

	if (queue_info(fd, &info))
		return false;
	return info.order == IPCMBOX_PRIORITY &&
	       info.capacity != IPCMBOX_RENDEZVOUS &&
	       info.capacity != IPCMBOX_UNBOUNDED &&
	       (info.attributes & ~IPCMBOX_ADMIN) == IPCMBOX_NO_HANGUP;
}

static int open_old(int ctl, const char *box, int oflag)
{
	int fd = ipcmbox_open_named_at(ctl, box, 0,
				       oflag & (O_ACCMODE | O_NONBLOCK));

	if (fd < 0 || is_queue(fd))
		return fd;
	close(fd);
	return queue_fail(EINVAL);
}

static int open_new(int ctl, const char *box, int oflag, mode_t mode,
		    const struct mq_attr *limits)
{
	struct ipcmbox_attr *attr = ipcmbox_attr_new();
	int fd;

	if (!attr)
		return -1;
	ipcmbox_attr_set_order(attr, IPCMBOX_PRIORITY);
	ipcmbox_attr_set_policy(attr, IPCMBOX_TASK_PRIORITY);
	ipcmbox_attr_set_hangup(attr, false);
	ipcmbox_attr_set_capacity(attr, (uint64_t)limits->mq_maxmsg);
	ipcmbox_attr_set_max_message(attr, (uint64_t)limits->mq_msgsize);
	fd = ipcmbox_create_named_at(
		ctl, box, attr, (oflag & (O_ACCMODE | O_NONBLOCK)) | O_EXCL,
		mode & 0777);
	ipcmbox_attr_free(attr);
	if (fd < 0 && errno == EDQUOT)
		return queue_fail(ENOSPC);
	return fd;
}

/* Of a queue that is there already, the attributes are not looked at. */
static int refuse_new(int ctl, const char *box, int oflag)
{
	int error = errno, fd;

	if (!(oflag & O_EXCL))
		return -1;
	fd = ipcmbox_open_named_at(ctl, box, 0, O_RDONLY);
	if (fd >= 0)
		close(fd);
	return queue_fail(fd < 0 && errno == ENOENT ? error : EEXIST);
}

/* Others may make it, and take it away, meanwhile. */
static int open_or_make(int ctl, const char *box, int oflag, mode_t mode,
			const struct mq_attr *attr)
{
	struct mq_attr limits;
	int fd;

	for (;;) {
		if ((oflag & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL)) {
			fd = open_old(ctl, box, oflag);
			if (fd >= 0 || errno != ENOENT || !(oflag & O_CREAT))
				return fd;
		}
		if (queue_limit(attr, &limits))
			return refuse_new(ctl, box, oflag);
		fd = open_new(ctl, box, oflag, mode, &limits);
		if (fd >= 0 || errno != EEXIST || (oflag & O_EXCL))
			return fd;
	}
}

static mqd_t open_queue(const char *name, int oflag, mode_t mode,
			const struct mq_attr *attr)
{
	char box[IPCMBOX_NAME_MAX + 1];
	struct ipcmbox_info info;
	int ctl, fd;

	if (box_name(name, box))
		return -1;
	ctl = open_control();
	if (ctl < 0)
		return -1;
	fd = open_or_make(ctl, box, oflag, mode, attr);
	if (fd >= 0 && !queue_info(fd, &info))
		queue_mark(fd, info.mailbox);
	close_quietly(ctl);
	return fd;
}

QUEUE_PUBLIC mqd_t mq_open(const char *name, int oflag, ...)
{
	const struct mq_attr *attr = NULL;
	mode_t mode = 0;
	va_list rest;

	if (oflag & O_CREAT) {
		va_start(rest, oflag);
		mode = va_arg(rest, mode_t);
		attr = va_arg(rest, const struct mq_attr *);
		va_end(rest);
	}
	return open_queue(name, oflag, mode, attr);
}

QUEUE_PUBLIC mqd_t __mq_open_2(const char *name, int oflag)
{
	/* The program has not said with which mode. */
	if (oflag & O_CREAT)
		abort();
	return open_queue(name, oflag, 0, NULL);
}

/* Unlike close(3) it is no cancellation point. */
QUEUE_PUBLIC int mq_close(mqd_t mqdes)
{
	queue_forget(mqdes);
	queue_mark(mqdes, 0);
	return (int)syscall(SYS_close, mqdes);
}

QUEUE_PUBLIC int mq_unlink(const char *name)
{
	char box[IPCMBOX_NAME_MAX + 1];
	int ctl, ret;

	if (box_name(name, box))
		return -1;
	ctl = open_control();
	if (ctl < 0)
		return -1;
	ret = ipcmbox_unlink_at(ctl, box);
	/* POSIX has one error for both. */
	if (ret && errno == EPERM)
		errno = EACCES;
	close_quietly(ctl);
	return ret;
}
