// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A call of a client: the request is encoded, sent by CALL, and the reply decoded, all on
 * the stack and in memory of the calling thread, so that threads do not wait for each other.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"

/**
 * struct exchange - a call under way
 * @self: the client
 * @msg: header of the request
 * @proc: number of the procedure
 * @xargs: its arguments
 * @args: likewise
 * @xres: its results
 * @res: likewise
 * @deadline: when to stop waiting for the reply
 * @oneway: nobody waits for the reply
 * @request: the request, in @small or allocated
 * @answer: the reply, with the room for it; in @small_answer or allocated
 * @reply: header of the reply
 * @error: what became of it
 * @small: what is enough for most requests
 * @small_answer: what is enough for the usual room
 */
struct exchange {
	struct rpc_client *self;
	struct rpc_msg msg;
	rpcproc_t proc;
	xdrproc_t xargs;
	void *args;
	xdrproc_t xres;
	void *res;
	uint64_t deadline;
	bool oneway;
	struct iovec request;
	struct iovec answer;
	struct rpc_msg reply;
	struct rpc_err error;
	char small[RPC_SMALL];
	char small_answer[2 * RPC_SMALL];
};

/* The error of the last call of this thread, and of which client it was. */
static _Thread_local struct {
	uint64_t serial;
	struct rpc_err error;
} last;

void rpc_client_geterr(CLIENT *client, struct rpc_err *error)
{
	struct rpc_client *self = rpc_client_of(client);

	if (last.serial == self->serial) {
		*error = last.error;
		return;
	}
	pthread_mutex_lock(&self->lock);
	*error = self->error;
	pthread_mutex_unlock(&self->lock);
}

static bool_t no_results(XDR *xdrs, ...)
{
	(void)xdrs;
	return TRUE;
}

static void fail(struct exchange *ex, enum clnt_stat status, int error)
{
	ex->error.re_status = status;
	ex->error.re_errno = error;
}

static bool encode(struct exchange *ex, char *buffer, size_t size)
{
	AUTH *auth = ex->self->client.cl_auth;
	XDR xdrs;
	bool done;

	xdrmem_create(&xdrs, buffer, (u_int)size, XDR_ENCODE);
	done = xdr_callhdr(&xdrs, &ex->msg) && xdr_uint32_t(&xdrs, &ex->proc);
	pthread_mutex_lock(&ex->self->lock);
	done = done && AUTH_MARSHALL(auth, &xdrs);
	pthread_mutex_unlock(&ex->self->lock);
	done = done && AUTH_WRAP(auth, &xdrs, ex->xargs, ex->args);
	ex->request.iov_base = buffer;
	ex->request.iov_len = XDR_GETPOS(&xdrs);
	XDR_DESTROY(&xdrs);
	return done;
}

/* Only a request that does not fit is measured: that takes as long as to encode it. */
static bool encode_long(struct exchange *ex)
{
	size_t len = xdr_sizeof(ex->xargs, ex->args);
	char *buffer;

	if (!len) {
		fail(ex, RPC_CANTENCODEARGS, 0);
		return false;
	}
	if (len > IPCMBOX_RPC_MESSAGE_MAX - RPC_HEADER_MAX) {
		fail(ex, RPC_CANTSEND, EMSGSIZE);
		return false;
	}
	buffer = malloc(len + RPC_HEADER_MAX);
	if (!buffer) {
		fail(ex, RPC_SYSTEMERROR, ENOMEM);
		return false;
	}
	if (encode(ex, buffer, len + RPC_HEADER_MAX))
		return true;
	fail(ex, RPC_CANTENCODEARGS, 0);
	free(buffer);
	return false;
}

/* A request that nobody has received could not be sent; else it is the reply that is lost. */
static void fail_call(struct exchange *ex, int error, uint32_t disposition)
{
	if (error == ETIMEDOUT)
		fail(ex, RPC_TIMEDOUT, error);
	else if (error == EINTR)
		fail(ex, RPC_INTR, error);
	else if (disposition == IPCMBOX_NOT_SENT ||
		 disposition == IPCMBOX_WITHDRAWN)
		fail(ex, RPC_CANTSEND, error);
	else
		fail(ex, RPC_CANTRECV, error);
}

/* Sends the request, or the file that it is in; an errno. */
static int post(struct exchange *ex, const int *file)
{
	const struct ipcmbox_send_options options = {
		.cookie = ex->msg.rm_xid,
		.fds = file,
		.nr_fds = file ? 1 : 0,
	};

	if (!ipcmbox_send_with(ex->self->fd, &ex->request, file ? 0 : 1,
			       &options, sizeof(options), NULL, 0))
		return 0;
	fail_call(ex, errno, IPCMBOX_NOT_SENT);
	return ex->error.re_errno;
}

/* Takes a reply out of its file. */
static void unpack(struct exchange *ex, int file)
{
	ssize_t len = rpc_file_len(file);
	char *buffer;

	if (len < 0) {
		fail(ex, RPC_CANTDECODERES, 0);
		return;
	}
	buffer = malloc((size_t)len + 1);
	if (!buffer) {
		fail(ex, RPC_CANTRECV, ENOMEM);
		return;
	}
	if (!rpc_file_get(file, buffer, (size_t)len)) {
		free(buffer);
		fail(ex, RPC_CANTRECV, EIO);
		return;
	}
	if (ex->answer.iov_base != ex->small_answer)
		free(ex->answer.iov_base);
	ex->answer.iov_base = buffer;
	ex->answer.iov_len = (size_t)len;
}

/* Makes the call, of the request or of the file that it is in; an errno. */
static int ask(struct exchange *ex, const int *file, bool takes_file)
{
	int answer_file = -1;
	const struct ipcmbox_call_options options = {
		.deadline = ex->deadline,
		.cookie = ex->msg.rm_xid,
		.fds = file,
		.nr_fds = file ? 1 : 0,
		.answer_fds = &answer_file,
		.nr_answer_fds = takes_file ? 1 : 0,
	};
	struct ipcmbox_answer answer;
	ssize_t len = ipcmbox_call(ex->self->fd, &ex->request, file ? 0 : 1,
				   &ex->answer, 1, &options, sizeof(options),
				   &answer, sizeof(answer));

	if (len < 0) {
		fail_call(ex, errno, answer.disposition);
		return ex->error.re_errno;
	}
	ex->answer.iov_len = (size_t)len;
	if (answer.nr_fds) {
		unpack(ex, answer_file);
		if (answer_file >= 0)
			rpc_file_close(answer_file);
	}
	return 0;
}

static int submit(struct exchange *ex, const int *file)
{
	int error;

	if (ex->oneway)
		return post(ex, file);
	error = ask(ex, file, rpc_file_may_come());
	/* So many calls wait that no more may expect a descriptor: do without. */
	if (error == ETOOMANYREFS && !file) {
		ex->error = (struct rpc_err){ .re_status = RPC_SUCCESS };
		error = ask(ex, file, false);
	}
	return error;
}

/* Sends the request, in a file if it is longer than a message of the mailbox. */
static void transmit(struct exchange *ex)
{
	int file;

	if (submit(ex, NULL) != EMSGSIZE)
		return;
	ex->error = (struct rpc_err){ .re_status = RPC_SUCCESS };
	file = rpc_file_put(ex->request.iov_base, ex->request.iov_len);
	if (file < 0) {
		fail(ex, RPC_CANTSEND, errno);
		return;
	}
	submit(ex, &file);
	close(file);
}

/* What the header of the reply says. */
static void judge(struct exchange *ex)
{
	AUTH *auth = ex->self->client.cl_auth;
	bool valid;

	_seterr_reply(&ex->reply, &ex->error);
	if (ex->error.re_status != RPC_SUCCESS)
		return;
	pthread_mutex_lock(&ex->self->lock);
	valid = AUTH_VALIDATE(auth, &ex->reply.acpted_rply.ar_verf);
	pthread_mutex_unlock(&ex->self->lock);
	if (!valid) {
		ex->error.re_status = RPC_AUTHERROR;
		ex->error.re_why = AUTH_INVALIDRESP;
	}
}

static void decode(struct exchange *ex)
{
	struct opaque_auth *verf = &ex->reply.acpted_rply.ar_verf;
	XDR xdrs;

	memset(&ex->reply, 0, sizeof(ex->reply));
	ex->reply.acpted_rply.ar_results.proc = no_results;
	xdrmem_create(&xdrs, ex->answer.iov_base, (u_int)ex->answer.iov_len,
		      XDR_DECODE);
	if (!xdr_replymsg(&xdrs, &ex->reply) ||
	    ex->reply.rm_xid != ex->msg.rm_xid)
		fail(ex, RPC_CANTDECODERES, 0);
	else
		judge(ex);
	if (ex->error.re_status == RPC_SUCCESS &&
	    !AUTH_UNWRAP(ex->self->client.cl_auth, &xdrs, ex->xres, ex->res))
		fail(ex, RPC_CANTDECODERES, 0);
	if (ex->reply.rm_reply.rp_stat == MSG_ACCEPTED && verf->oa_base)
		xdr_free((xdrproc_t)xdr_opaque_auth, (char *)verf);
	XDR_DESTROY(&xdrs);
}

/* One call, from its arguments to its results. */
static void attempt(struct exchange *ex)
{
	ex->error = (struct rpc_err){ .re_status = RPC_SUCCESS };
	ex->answer.iov_base = ex->small_answer;
	ex->answer.iov_len = ex->self->room;
	if (!encode(ex, ex->small, sizeof(ex->small)) && !encode_long(ex))
		return;
	if (!ex->oneway && ex->self->room > sizeof(ex->small_answer)) {
		ex->answer.iov_base = malloc(ex->self->room);
		if (!ex->answer.iov_base)
			fail(ex, RPC_SYSTEMERROR, ENOMEM);
	}
	if (ex->error.re_status == RPC_SUCCESS)
		transmit(ex);
	if (ex->error.re_status == RPC_SUCCESS && !ex->oneway)
		decode(ex);
	if (ex->answer.iov_base != ex->small_answer)
		free(ex->answer.iov_base);
	if (ex->request.iov_base != ex->small)
		free(ex->request.iov_base);
}

/* Credentials may be such that they can be renewed when they are refused. */
static bool refresh(struct exchange *ex)
{
	bool done;

	if (ex->error.re_status != RPC_AUTHERROR || ex->oneway)
		return false;
	pthread_mutex_lock(&ex->self->lock);
	done = AUTH_REFRESH(ex->self->client.cl_auth, &ex->reply);
	pthread_mutex_unlock(&ex->self->lock);
	return done;
}

/* Takes what counts for this call from the settings of the client. */
static void begin(struct exchange *ex, struct timeval timeout)
{
	struct rpc_client *self = ex->self;

	ex->msg.rm_direction = CALL;
	ex->msg.rm_call.cb_rpcvers = RPC_MSG_VERSION;
	pthread_mutex_lock(&self->lock);
	ex->msg.rm_xid = ++self->xid;
	ex->msg.rm_call.cb_prog = self->prog;
	ex->msg.rm_call.cb_vers = self->vers;
	if (!self->wait_set && rpc_time_is_ok(&timeout))
		self->wait = timeout;
	timeout = self->wait;
	pthread_mutex_unlock(&self->lock);
	ex->oneway = !timeout.tv_sec && !timeout.tv_usec;
	if (!ex->oneway)
		ex->deadline = ipcmbox_deadline(
			(uint64_t)timeout.tv_sec * 1000000000U +
			(uint64_t)timeout.tv_usec * 1000U);
}

enum clnt_stat rpc_client_call(CLIENT *client, rpcproc_t proc, xdrproc_t xargs,
			       void *args, xdrproc_t xres, void *res,
			       struct timeval timeout)
{
	struct rpc_client *self = rpc_client_of(client);
	struct exchange ex;
	int refreshes = 2;

	/* Not the buffers. */
	memset(&ex, 0, offsetof(struct exchange, small));
	ex.self = self;
	ex.proc = proc;
	ex.xargs = xargs;
	ex.args = args;
	ex.xres = xres ? xres : no_results;
	ex.res = res;
	begin(&ex, timeout);
	do
		attempt(&ex);
	while (refreshes-- && refresh(&ex));
	/* As in libtirpc: who expects results of a one-way call has waited too shortly. */
	if (ex.oneway && xres && ex.error.re_status == RPC_SUCCESS)
		ex.error.re_status = RPC_TIMEDOUT;
	last.serial = self->serial;
	last.error = ex.error;
	pthread_mutex_lock(&self->lock);
	self->error = ex.error;
	pthread_mutex_unlock(&self->lock);
	return ex.error.re_status;
}
