// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Clients: how they are made, set and freed. See clnt_call.c for what they do.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client.h"

#define ROOM_DEFAULT	8192

/* As long as rpcgen's stubs wait. */
static const struct timeval wait_default = { .tv_sec = 25 };

/* How many clients this process has made. */
static atomic_uint_least64_t serials;

bool rpc_time_is_ok(const struct timeval *time)
{
	return time->tv_sec >= 0 && time->tv_sec <= 100000000 &&
	       time->tv_usec >= 0 && time->tv_usec < 1000000;
}

bool rpc_is_mailbox(int fd, int access)
{
	struct ipcmbox_info info;
	int flags;

	if (ipcmbox_info(fd, 0, &info, sizeof(info)))
		return false;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0)
		return false;
	if ((flags & O_ACCMODE) != O_RDWR && (flags & O_ACCMODE) != access) {
		errno = EBADF;
		return false;
	}
	if (info.attributes & IPCMBOX_BROADCAST) {
		errno = EINVAL;
		return false;
	}
	return true;
}

/* A call cannot be ended by another thread, as in libtirpc. */
static void client_abort(CLIENT *client)
{
	(void)client;
}

static bool_t client_freeres(CLIENT *client, xdrproc_t xres, void *res)
{
	XDR xdrs = { .x_op = XDR_FREE };

	(void)client;
	return xres(&xdrs, res);
}

static void client_free(CLIENT *client)
{
	struct rpc_client *self = rpc_client_of(client);

	if (self->close_fd)
		close(self->fd);
	pthread_mutex_destroy(&self->lock);
	free(client->cl_netid);
	free(client->cl_tp);
	free(self);
}

/* What is read; false if there is no such thing. */
static bool control_get(const struct rpc_client *self, u_int request,
			void *info)
{
	switch (request) {
	case CLGET_TIMEOUT:
		*(struct timeval *)info = self->wait;
		return true;
	case CLGET_FD:
		*(int *)info = self->fd;
		return true;
	case CLGET_XID:
		*(uint32_t *)info = self->xid;
		return true;
	case CLGET_VERS:
		*(uint32_t *)info = self->vers;
		return true;
	case CLGET_PROG:
		*(uint32_t *)info = self->prog;
		return true;
	default:
		return false;
	}
}

static bool control_set(struct rpc_client *self, u_int request,
			const void *info)
{
	switch (request) {
	case CLSET_TIMEOUT:
		if (!rpc_time_is_ok(info))
			return false;
		self->wait = *(const struct timeval *)info;
		self->wait_set = true;
		return true;
	case CLSET_XID:
		/* That of the next call. */
		self->xid = *(const uint32_t *)info - 1;
		return true;
	case CLSET_VERS:
		self->vers = *(const uint32_t *)info;
		return true;
	case CLSET_PROG:
		self->prog = *(const uint32_t *)info;
		return true;
	default:
		return false;
	}
}

static bool_t client_control(CLIENT *client, u_int request, void *info)
{
	struct rpc_client *self = rpc_client_of(client);
	bool done = true;

	pthread_mutex_lock(&self->lock);
	if (request == CLSET_FD_CLOSE || request == CLSET_FD_NCLOSE)
		self->close_fd = request == CLSET_FD_CLOSE;
	else
		done = info && (control_get(self, request, info) ||
				control_set(self, request, info));
	pthread_mutex_unlock(&self->lock);
	return done;
}

static struct clnt_ops client_ops = {
	.cl_call = rpc_client_call,
	.cl_abort = client_abort,
	.cl_geterr = rpc_client_geterr,
	.cl_freeres = client_freeres,
	.cl_destroy = client_free,
	.cl_control = client_control,
};

static CLIENT *refuse(int error)
{
	rpc_createerr.cf_stat = RPC_SYSTEMERROR;
	rpc_createerr.cf_error.re_status = RPC_SYSTEMERROR;
	rpc_createerr.cf_error.re_errno = error;
	errno = error;
	return NULL;
}

/* A number that the last client of this process, or the one before, did not begin with. */
static uint32_t first_xid(uint64_t serial)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint32_t)now.tv_nsec ^ (uint32_t)getpid() << 16 ^
	       (uint32_t)serial << 24;
}

RPC_PUBLIC CLIENT *clnt_ipcmbox_create(int fd, rpcprog_t prog, rpcvers_t vers,
				       u_int recvsz)
{
	struct rpc_client *self;

	if (recvsz > IPCMBOX_RPC_MESSAGE_MAX)
		return refuse(EINVAL);
	if (!rpc_is_mailbox(fd, O_WRONLY))
		return refuse(errno);
	self = calloc(1, sizeof(*self));
	if (!self)
		return refuse(ENOMEM);
	self->client.cl_private = self;
	self->client.cl_ops = &client_ops;
	self->client.cl_auth = authnone_create();
	self->client.cl_netid = strdup(RPC_NETID);
	self->client.cl_tp = strdup(RPC_NETID);
	self->fd = fd;
	self->room = recvsz ? recvsz : ROOM_DEFAULT;
	pthread_mutex_init(&self->lock, NULL);
	self->prog = prog;
	self->vers = vers;
	self->serial = ++serials;
	self->xid = first_xid(self->serial);
	self->wait = wait_default;
	if (!self->client.cl_netid || !self->client.cl_tp) {
		client_free(&self->client);
		return refuse(ENOMEM);
	}
	return &self->client;
}

RPC_PUBLIC CLIENT *clnt_ipcmbox_create_named(const char *name, rpcprog_t prog,
					     rpcvers_t vers)
{
	int fd = ipcmbox_open_named(name, O_WRONLY);
	CLIENT *client;

	if (fd < 0)
		return refuse(errno);
	client = clnt_ipcmbox_create(fd, prog, vers, 0);
	if (client)
		rpc_client_of(client)->close_fd = true;
	else
		close(fd);
	return client;
}
