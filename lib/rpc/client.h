/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A client: what it is made of, and its call.
 */
#ifndef IPCMBOX_RPC_CLIENT_H
#define IPCMBOX_RPC_CLIENT_H

#include <pthread.h>

#include "internal.h"

/**
 * struct rpc_client - a client, behind its CLIENT
 * @client: what libtirpc knows of it
 * @fd: the mailbox
 * @room: bytes of a reply that each call keeps room for
 * @lock: protects what follows, and the CLIENT's credentials while these are read or renewed
 * @close_fd: @fd is closed with this
 * @prog: number of the program
 * @vers: number of its version
 * @xid: number of the last call
 * @wait: how long a call waits
 * @wait_set: @wait counts, whatever the call says
 * @error: of the last call of any thread
 * @serial: tells it from all other clients of the process, also those that were freed
 */
struct rpc_client {
	CLIENT client;
	int fd;
	size_t room;
	pthread_mutex_t lock;
	bool close_fd;
	rpcprog_t prog;
	rpcvers_t vers;
	uint32_t xid;
	struct timeval wait;
	bool wait_set;
	struct rpc_err error;
	uint64_t serial;
};

static inline struct rpc_client *rpc_client_of(CLIENT *client)
{
	return client->cl_private;
}

/* Whether libtirpc takes it for a time. */
bool rpc_time_is_ok(const struct timeval *time);

/* Operations of a CLIENT. */
enum clnt_stat rpc_client_call(CLIENT *client, rpcproc_t proc, xdrproc_t xargs,
			       void *args, xdrproc_t xres, void *res,
			       struct timeval timeout);
void rpc_client_geterr(CLIENT *client, struct rpc_err *error);

#endif /* IPCMBOX_RPC_CLIENT_H */
