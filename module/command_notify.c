// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioctl(IPCMBOX_IOC_NOTIFY), in terms of the layers below. The ABI header says what it
 * does.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/ipcmbox.h>

#include "command.h"
#include "mbox.h"
#include "port.h"

/* Which events concern who receives. */
#define IMB_EVENTS_RX \
	(IPCMBOX_EVENT_MESSAGE | IPCMBOX_EVENT_LAG | IPCMBOX_EVENT_NOTICE)
#define IMB_EVENTS (IMB_EVENTS_RX | IPCMBOX_EVENT_ROOM | IPCMBOX_EVENT_HANGUP)

/**
 * imb_command_notify() - ioctl(IPCMBOX_IOC_NOTIFY)
 * @ucmd: the ioctl
 *
 * Return: 0 or a negative errno.
 */
int imb_command_notify(struct imb_ucmd *ucmd)
{
	const struct ipcmbox_notify *arg = &ucmd->arg->notify;
	struct imb_port *port = imb_ucmd_port(ucmd);
	bool once = arg->flags & IPCMBOX_ONESHOT;
	fmode_t mode = ucmd->file->f_mode;
	__poll_t rx = 0, tx = 0;
	struct imb_watch *watches[2] = {};
	int ret;

	if ((arg->events & ~IMB_EVENTS) || (arg->eventfd == -1) != !arg->events)
		return -EINVAL;
	if (((arg->events & IMB_EVENTS_RX) && !(mode & FMODE_READ)) ||
	    ((arg->events & IPCMBOX_EVENT_ROOM) && !(mode & FMODE_WRITE)))
		return -EBADF;
	if (imb_mbox_is_dead(port->rx) || imb_mbox_is_dead(port->tx))
		return -EIDRM;
	if (arg->events & IPCMBOX_EVENT_MESSAGE)
		rx |= EPOLLIN;
	if (arg->events & (IPCMBOX_EVENT_LAG | IPCMBOX_EVENT_NOTICE))
		rx |= EPOLLPRI;
	if (arg->events & IPCMBOX_EVENT_ROOM)
		tx |= EPOLLOUT;
	if (arg->events & IPCMBOX_EVENT_HANGUP) {
		rx |= mode & FMODE_READ ? EPOLLHUP : 0;
		tx |= mode & FMODE_WRITE ? EPOLLHUP : 0;
	}
	if (port->rx == port->tx) {
		rx |= tx;
		tx = 0;
	}
	watches[READ] =
		imb_watch_new(arg->eventfd, rx, once, mode & FMODE_READ);
	if (IS_ERR(watches[READ]))
		return PTR_ERR(watches[READ]);
	watches[WRITE] = imb_watch_new(arg->eventfd, tx, once, false);
	if (IS_ERR(watches[WRITE])) {
		imb_watch_free(watches[READ]);
		return PTR_ERR(watches[WRITE]);
	}
	ret = imb_port_watch(port, watches);
	imb_watch_free(watches[READ]);
	imb_watch_free(watches[WRITE]);
	return ret;
}
