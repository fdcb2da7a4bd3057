/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the library share.
 */
#ifndef IPCMBOX_RPC_INTERNAL_H
#define IPCMBOX_RPC_INTERNAL_H

#include <ipcmbox.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/un.h>

#include "ipcmbox-rpc.h"

/* What the version map exports; everything else is hidden. */
#define RPC_PUBLIC	__attribute__((visibility("default")))

/* What the protocol puts before arguments or results, with the longest credentials. */
#define RPC_HEADER_MAX	(64 + 2 * MAX_AUTH_BYTES)

/* What most requests and replies fit into. */
#define RPC_SMALL	4096

/* The name of the transport, as of tcp or udp. */
#define RPC_NETID	"ipcmbox"

/**
 * struct rpc_port - a server's end of a mailbox, behind its SVCXPRT
 * @xprt: what libtirpc knows of it
 * @ext: what libtirpc keeps with that
 * @address: of each client, which has none
 * @flags: of svc_ipcmbox_create()
 * @request: the last request, IPCMBOX_RPC_MESSAGE_MAX bytes
 * @args: the request as a stream, behind its header once that was read
 * @delivery: what the kernel says of the request
 * @token: what it is to be answered by; 0 for a one-way call, or if it is answered
 * @xid: the number that its client gave it
 * @len: bytes of the request; -1 if it cannot be read
 * @answer: the reply
 * @answer_room: bytes there
 * @piece: the part of @answer that is used
 * @response: the reply that was not given yet
 * @fetched: there is a request that nobody has looked at
 * @busy: a request is being served
 * @died: there will be no more requests
 * @running: svc_ipcmbox_run() serves it, and gives the replies
 * @exit: svc_ipcmbox_run() is to end
 * @gone: set when this is freed; or NULL
 */
struct rpc_port {
	SVCXPRT xprt;
	SVCXPRT_EXT ext;
	struct sockaddr_un address;
	unsigned int flags;
	char *request;
	XDR args;
	struct ipcmbox_delivery delivery;
	uint64_t token;
	uint32_t xid;
	ssize_t len;
	char *answer;
	size_t answer_room;
	struct iovec piece;
	struct ipcmbox_response response;
	bool fetched;
	bool busy;
	bool died;
	bool running;
	atomic_bool exit;
	bool *gone;
};

/* The port of an SVCXPRT; NULL with EINVAL if it is of another transport. */
struct rpc_port *rpc_port_of(const SVCXPRT *xprt);

/*
 * Receive a request, and give the reply that was not given yet; 0, or -1 with errno. A
 * request that cannot be read is received as well.
 */
int rpc_port_fetch(struct rpc_port *port, unsigned int flags);
/* Give the reply that was not given yet; false if the mailbox does not take it. */
bool rpc_port_flush(struct rpc_port *port);

/* Operations of an SVCXPRT. */
bool_t rpc_port_recv(SVCXPRT *xprt, struct rpc_msg *msg);
bool_t rpc_port_reply(SVCXPRT *xprt, struct rpc_msg *msg);

/* Learn of the flavour AUTH_IPCMBOX; false with errno. */
bool rpc_cred_register(void);
/* Put the kernel's word in place of what the client claims; false if that makes no sense. */
bool rpc_cred_stamp(const struct rpc_port *port, struct rpc_msg *msg);

/* Whether @fd is a mailbox to send to, or with O_RDONLY one to receive from; else errno. */
bool rpc_is_mailbox(int fd, int access);

/* Make a sealed file of a message; its descriptor, or -1 with errno. */
int rpc_file_put(const void *data, size_t len);
/* How long the message in a file is; -1 if it is no such file. */
ssize_t rpc_file_len(int fd);
/* Read so many bytes of it; false with errno. */
bool rpc_file_get(int fd, void *data, size_t len);
/* May a file be taken that comes with a message? Not if many are being closed already. */
bool rpc_file_may_come(void);
/* Close one that has come, of whatever sort, and never wait for that. */
void rpc_file_close(int fd);

#endif /* IPCMBOX_RPC_INTERNAL_H */
