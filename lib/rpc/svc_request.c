// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Requests and replies of a server. Whatever a client sends, it is answered or, if it waits
 * for no answer, dropped; and a message that cannot be received is never left in the
 * mailbox, where it would be in the way of others.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

/* Reads a request that came in a file; -1 if that is not what it should be. */
static ssize_t read_file(struct rpc_port *port, int file)
{
	ssize_t len;

	if (file < 0 || port->delivery.len)
		return -1;
	len = rpc_file_len(file);
	if (len < 0 || !rpc_file_get(file, port->request, (size_t)len))
		return -1;
	return len;
}

/* Gives the answer of this system call, and receives; bytes of the message or -1. */
static ssize_t reply_recv(struct rpc_port *port, unsigned int flags, int *file,
			  size_t nr_files)
{
	struct iovec into = {
		.iov_base = port->request,
		.iov_len = IPCMBOX_RPC_MESSAGE_MAX,
	};
	const struct ipcmbox_recv_options options = {
		.flags = flags | IPCMBOX_TRUNCATE,
		.fds = file,
		.nr_fds = nr_files,
	};
	struct ipcmbox_response *response = NULL;
	ssize_t len;

	if (port->response.token)
		response = &port->response;
	len = ipcmbox_reply_recv(port->xprt.xp_fd, response, sizeof(*response),
				 &into, 1, &options, sizeof(options),
				 &port->delivery, sizeof(port->delivery));
	/* An answer that has come to nothing, too. */
	if (response && (len >= 0 || response->outcome != IPCMBOX_UNANSWERED))
		response->token = 0;
	return len;
}

int rpc_port_fetch(struct rpc_port *port, unsigned int flags)
{
	const size_t nr_files = rpc_file_may_come() ? 1 : 0;
	int file = -1;
	ssize_t len = reply_recv(port, flags, &file, nr_files);

	if (len < 0 && port->response.token && errno == EMSGSIZE) {
		rpc_port_flush(port);
		len = reply_recv(port, flags, &file, nr_files);
	}
	/* Without a place for its file the request is lost, but answered. */
	if (len < 0 && errno == EMFILE)
		len = reply_recv(port, flags, NULL, 0);
	if (len < 0)
		return -1;
	if (port->delivery.flags & IPCMBOX_MSG_TRUNCATED)
		len = -1;
	if (port->delivery.nr_fds)
		len = read_file(port, file);
	if (file >= 0)
		rpc_file_close(file);
	port->len = len;
	port->token = port->delivery.token;
	port->fetched = true;
	return 0;
}

/* The word of the request at this place, or 0 if it is not that long. */
static uint32_t word(const struct rpc_port *port, size_t index)
{
	uint32_t value;

	if (port->len < 0 || (size_t)port->len < (index + 1) * sizeof(value))
		return 0;
	memcpy(&value, port->request + index * sizeof(value), sizeof(value));
	return ntohl(value);
}

/* Says that this is no request, as the protocol says it. */
static void reject(struct rpc_port *port)
{
	struct rpc_msg msg = { .rm_direction = REPLY };

	port->xprt.xp_verf = _null_auth;
	if (port->len < 0) {
		svcerr_systemerr(&port->xprt);
	} else if (port->len >= 12 && word(port, 1) == CALL &&
		   word(port, 2) != RPC_MSG_VERSION) {
		msg.rm_reply.rp_stat = MSG_DENIED;
		msg.rjcted_rply.rj_stat = RPC_MISMATCH;
		msg.rjcted_rply.rj_vers.low = RPC_MSG_VERSION;
		msg.rjcted_rply.rj_vers.high = RPC_MSG_VERSION;
		rpc_port_reply(&port->xprt, &msg);
	} else {
		svcerr_decode(&port->xprt);
	}
}

/* Whether there may be a request later, though there is none now. */
static bool is_passing(int error)
{
	switch (error) {
	case EAGAIN:
	case EINTR:
	case EBUSY:
	case ENOMEM:
	case EDQUOT:
	case ENFILE:
		return true;
	default:
		return false;
	}
}

/*
 * A caller that has left is given notice of as long as nobody takes it, and poll(2) with
 * that; so it is taken, for svc_run() would not come to rest.
 */
static bool receive(struct rpc_port *port)
{
	if (port->fetched)
		return true;
	if (rpc_port_fetch(port, IPCMBOX_DONTWAIT | IPCMBOX_NOTICES)) {
		port->died = !is_passing(errno);
		return false;
	}
	return true;
}

bool_t rpc_port_recv(SVCXPRT *xprt, struct rpc_msg *msg)
{
	struct rpc_port *port = rpc_port_of(xprt);

	if (!receive(port))
		return FALSE;
	port->fetched = false;
	if (port->delivery.flags & IPCMBOX_MSG_LEFT) {
		port->token = 0;
		return FALSE;
	}
	/* The cookie has it for a request that cannot be read. */
	port->xid = port->len < 4 ? (uint32_t)port->delivery.cookie :
				    word(port, 0);
	xdrmem_create(&port->args, port->request,
		      port->len < 0 ? 0 : (u_int)port->len, XDR_DECODE);
	if (!xdr_callmsg(&port->args, msg)) {
		reject(port);
		return FALSE;
	}
	if (!rpc_cred_stamp(port, msg)) {
		svcerr_auth(xprt, AUTH_REJECTEDCRED);
		return FALSE;
	}
	port->busy = true;
	return TRUE;
}

static bool encode(struct rpc_port *port, struct rpc_msg *msg)
{
	XDR xdrs;
	bool done;

	xdrmem_create(&xdrs, port->answer, (u_int)port->answer_room,
		      XDR_ENCODE);
	done = xdr_replymsg(&xdrs, msg);
	port->piece.iov_base = port->answer;
	port->piece.iov_len = XDR_GETPOS(&xdrs);
	XDR_DESTROY(&xdrs);
	return done;
}

/* Makes room for the results; false if that does not help. */
static bool grow(struct rpc_port *port, const struct rpc_msg *msg)
{
	size_t len;
	char *answer;

	if (msg->rm_reply.rp_stat != MSG_ACCEPTED ||
	    msg->acpted_rply.ar_stat != SUCCESS)
		return false;
	len = xdr_sizeof(msg->acpted_rply.ar_results.proc,
			 msg->acpted_rply.ar_results.where);
	if (!len || len > IPCMBOX_RPC_MESSAGE_MAX - RPC_HEADER_MAX)
		return false;
	len += RPC_HEADER_MAX;
	if (len <= port->answer_room)
		return false;
	answer = realloc(port->answer, len);
	if (!answer)
		return false;
	port->answer = answer;
	port->answer_room = len;
	return true;
}

bool_t rpc_port_reply(SVCXPRT *xprt, struct rpc_msg *msg)
{
	struct rpc_port *port = rpc_port_of(xprt);

	/* Nobody waits for it, or not any more. */
	if (!port->token)
		return TRUE;
	msg->rm_xid = port->xid;
	if (!encode(port, msg) && !(grow(port, msg) && encode(port, msg)))
		return FALSE;
	port->response = (struct ipcmbox_response){
		.token = port->token,
		.iov = &port->piece,
		.iovcnt = 1,
	};
	port->token = 0;
	return port->running || rpc_port_flush(port);
}

/* Answers, and says whether that came to an end: also if nobody waits any more. */
static bool answer(struct rpc_port *port)
{
	return !ipcmbox_reply(port->xprt.xp_fd, &port->response,
			      sizeof(port->response)) ||
	       errno == ESTALE;
}

/* Gives the answer in a file. */
static bool answer_in_file(struct rpc_port *port)
{
	int file = rpc_file_put(port->piece.iov_base, port->piece.iov_len);
	bool done;

	if (file < 0)
		return false;
	port->response.iovcnt = 0;
	port->response.fds = &file;
	port->response.nr_fds = 1;
	done = answer(port);
	port->response.fds = NULL;
	port->response.nr_fds = 0;
	port->response.iovcnt = 1;
	close(file);
	return done;
}

/* Says that there is an answer that cannot be given. */
static bool answer_error(struct rpc_port *port)
{
	struct rpc_msg msg = {
		.rm_xid = port->xid,
		.rm_direction = REPLY,
		.rm_reply.rp_stat = MSG_ACCEPTED,
		.acpted_rply.ar_stat = SYSTEM_ERR,
	};

	if (encode(port, &msg) && answer(port))
		return true;
	/* Not even for that: who asks so does not use this library. */
	port->response.iovcnt = 0;
	return answer(port);
}

bool rpc_port_flush(struct rpc_port *port)
{
	bool done;

	if (!port->response.token)
		return true;
	done = answer(port);
	if (!done && errno == EMSGSIZE)
		done = answer_in_file(port) || answer_error(port);
	port->response.token = 0;
	return done;
}
