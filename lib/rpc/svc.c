// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Servers: how they are made, run and freed. See svc_request.c for what they serve.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

/* How many requests a mailbox that is made here stores. */
#define CAPACITY	64

static enum xprt_stat port_stat(SVCXPRT *xprt)
{
	struct rpc_port *port = rpc_port_of(xprt);

	port->busy = false;
	return port->died ? XPRT_DIED : XPRT_IDLE;
}

static bool_t port_freeargs(SVCXPRT *xprt, xdrproc_t xargs, void *args)
{
	XDR xdrs = { .x_op = XDR_FREE };

	(void)xprt;
	return xargs(&xdrs, args);
}

/* What rpcgen makes of a service does not free what could be decoded in part only. */
static bool_t port_getargs(SVCXPRT *xprt, xdrproc_t xargs, void *args)
{
	if (xargs(&rpc_port_of(xprt)->args, args))
		return TRUE;
	port_freeargs(xprt, xargs, args);
	return FALSE;
}

static void port_free(struct rpc_port *port)
{
	free(port->xprt.xp_netid);
	free(port->xprt.xp_tp);
	free(port->request);
	free(port->answer);
	free(port);
}

/* libtirpc looks at it once more after a request that has destroyed it: that frees it. */
static void port_destroy(SVCXPRT *xprt)
{
	struct rpc_port *port = rpc_port_of(xprt);

	port->died = true;
	if (port->busy)
		return;
	rpc_port_flush(port);
	if (port->gone)
		*port->gone = true;
	xprt_unregister(xprt);
	close(xprt->xp_fd);
	port_free(port);
}

static bool_t port_control(SVCXPRT *xprt, const u_int request, void *info)
{
	(void)xprt;
	(void)request;
	(void)info;
	return FALSE;
}

static const struct xp_ops port_ops = {
	.xp_recv = rpc_port_recv,
	.xp_stat = port_stat,
	.xp_getargs = port_getargs,
	.xp_reply = rpc_port_reply,
	.xp_freeargs = port_freeargs,
	.xp_destroy = port_destroy,
};

static const struct xp_ops2 port_ops2 = {
	.xp_control = port_control,
};

struct rpc_port *rpc_port_of(const SVCXPRT *xprt)
{
	if (xprt->xp_ops == &port_ops)
		return xprt->xp_p1;
	errno = EINVAL;
	return NULL;
}

/* All that is needed later is allocated here. */
static struct rpc_port *port_new(int fd, unsigned int flags)
{
	struct rpc_port *port = calloc(1, sizeof(*port));

	if (!port)
		return NULL;
	port->flags = flags;
	port->answer_room = RPC_SMALL;
	port->answer = malloc(port->answer_room);
	port->request = malloc(IPCMBOX_RPC_MESSAGE_MAX);
	port->address.sun_family = AF_UNIX;
	port->xprt = (SVCXPRT){
		.xp_fd = fd,
		.xp_port = (u_short)-1,
		.xp_ops = &port_ops,
		.xp_ops2 = &port_ops2,
		.xp_tp = strdup(RPC_NETID),
		.xp_netid = strdup(RPC_NETID),
		.xp_verf = _null_auth,
		.xp_p1 = port,
		.xp_p3 = &port->ext,
		.xp_rtaddr = {
			.buf = &port->address,
			.len = sizeof(port->address.sun_family),
			.maxlen = sizeof(port->address),
		},
	};
	if (port->answer && port->request && port->xprt.xp_tp &&
	    port->xprt.xp_netid)
		return port;
	port_free(port);
	return NULL;
}

/*
 * libtirpc does not tell whether it has taken a descriptor, but keeps a list, which is
 * moved when threads that make a server each add to it.
 */
static bool port_register(struct rpc_port *port)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	bool done = false;
	int i;

	pthread_mutex_lock(&lock);
	xprt_register(&port->xprt);
	for (i = 0; i < svc_max_pollfd; i++)
		done = done || svc_pollfd[i].fd == port->xprt.xp_fd;
	pthread_mutex_unlock(&lock);
	if (!done)
		errno = EMFILE;
	return done;
}

RPC_PUBLIC SVCXPRT *svc_ipcmbox_create(int fd, unsigned int flags)
{
	struct rpc_port *port;
	int error;

	if (flags & ~SVC_IPCMBOX_AUTH_SYS) {
		errno = EINVAL;
		return NULL;
	}
	if (!rpc_is_mailbox(fd, O_RDONLY))
		return NULL;
	port = port_new(fd, flags);
	if (!port)
		return NULL;
	if (rpc_cred_register() && port_register(port))
		return &port->xprt;
	error = errno;
	port_free(port);
	errno = error;
	return NULL;
}

/* Whoever has made the mailbox may also receive what is sent there, and end it. */
static bool is_own(int fd)
{
	struct ipcmbox_info info;

	if (ipcmbox_info(fd, 0, &info, sizeof(info)))
		return false;
	errno = EACCES;
	return info.owner_uid == geteuid();
}

RPC_PUBLIC SVCXPRT *svc_ipcmbox_create_named(const char *name, mode_t mode,
					     unsigned int flags)
{
	struct ipcmbox_attr *attr = ipcmbox_attr_new();
	SVCXPRT *xprt = NULL;
	int fd, error;

	if (!attr)
		return NULL;
	ipcmbox_attr_set_capacity(attr, CAPACITY);
	ipcmbox_attr_set_max_message(attr, IPCMBOX_RPC_MESSAGE_MAX);
	ipcmbox_attr_set_hangup(attr, false);
	fd = ipcmbox_create_named(name, attr, O_RDONLY, mode);
	error = errno;
	ipcmbox_attr_free(attr);
	errno = error;
	if (fd < 0)
		return NULL;
	if (is_own(fd))
		xprt = svc_ipcmbox_create(fd, flags);
	if (xprt)
		return xprt;
	error = errno;
	close(fd);
	errno = error;
	return NULL;
}

/*
 * Waits for a request, and gives the last reply; 1 if there is one, 0 if there will be
 * none, -1 with errno.
 */
static int run_wait(struct rpc_port *port)
{
	struct pollfd poll_fd = { .fd = port->xprt.xp_fd, .events = POLLIN };

	while (!port->exit) {
		if (!rpc_port_fetch(port, 0))
			return 1;
		switch (errno) {
		case EINTR:
			break;
		case EAGAIN:
			/* The descriptor does not wait, O_NONBLOCK, so poll(2) does. */
			poll(&poll_fd, 1, -1);
			break;
		case EPIPE:
			return 0;
		default:
			return -1;
		}
	}
	rpc_port_flush(port);
	return 0;
}

RPC_PUBLIC int svc_ipcmbox_run(SVCXPRT *xprt)
{
	struct rpc_port *port = rpc_port_of(xprt);
	bool gone = false;
	int ret, error;

	if (!port)
		return -1;
	port->gone = &gone;
	port->running = true;
	while ((ret = run_wait(port)) > 0) {
		/* This serves the request that was fetched. */
		svc_getreq_common(xprt->xp_fd);
		if (gone)
			return 0;
		if (port->fetched) {
			errno = EBADF;
			ret = -1;
			break;
		}
	}
	error = errno;
	port->running = false;
	port->gone = NULL;
	port->exit = false;
	errno = error;
	return ret;
}

RPC_PUBLIC void svc_ipcmbox_exit(SVCXPRT *xprt)
{
	struct rpc_port *port = rpc_port_of(xprt);

	if (port)
		port->exit = true;
}
