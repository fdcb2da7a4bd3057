// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The server's side of credentials: what the client claims is replaced by what the kernel
 * has put down when the request was sent, before libtirpc or the service look at it.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "internal.h"

static struct ipcmbox_rpc_cred cred_of(const struct rpc_port *port)
{
	return (struct ipcmbox_rpc_cred){
		.pid = port->delivery.pid,
		.tid = port->delivery.tid,
		.uid = port->delivery.uid,
		.gid = port->delivery.gid,
	};
}

/* A request of another transport that claims this flavour has nobody's word for it. */
static enum auth_stat cred_cook(struct svc_req *rqst, struct rpc_msg *msg)
{
	const struct rpc_port *port = rpc_port_of(rqst->rq_xprt);

	(void)msg;
	if (!port)
		return AUTH_REJECTEDCRED;
	*(struct ipcmbox_rpc_cred *)rqst->rq_clntcred = cred_of(port);
	return AUTH_OK;
}

bool rpc_cred_register(void)
{
	return svc_auth_reg(AUTH_IPCMBOX, cred_cook) >= 0;
}

/* The groups beside the first are not known. */
static bool cred_stamp_sys(const struct rpc_port *port,
			   struct opaque_auth *cred)
{
	char host[] = "localhost";
	struct authunix_parms parms = {
		.aup_time = (u_long)time(NULL),
		.aup_machname = host,
		.aup_uid = port->delivery.uid,
		.aup_gid = port->delivery.gid,
	};
	XDR xdrs;
	bool done;

	xdrmem_create(&xdrs, cred->oa_base, MAX_AUTH_BYTES, XDR_ENCODE);
	done = xdr_authunix_parms(&xdrs, &parms);
	cred->oa_flavor = AUTH_SYS;
	cred->oa_length = XDR_GETPOS(&xdrs);
	XDR_DESTROY(&xdrs);
	return done;
}

bool rpc_cred_stamp(const struct rpc_port *port, struct rpc_msg *msg)
{
	struct opaque_auth *cred = &msg->rm_call.cb_cred;

	switch (cred->oa_flavor) {
	case AUTH_NONE:
	case AUTH_SYS:
	case AUTH_SHORT:
	case AUTH_IPCMBOX:
		break;
	default:
		/* Arguments of other flavours may be in a form that only these can read. */
		return false;
	}
	msg->rm_call.cb_verf.oa_flavor = AUTH_NONE;
	msg->rm_call.cb_verf.oa_length = 0;
	if (port->flags & SVC_IPCMBOX_AUTH_SYS)
		return cred_stamp_sys(port, cred);
	cred->oa_flavor = AUTH_IPCMBOX;
	cred->oa_length = 0;
	return true;
}

RPC_PUBLIC int svc_ipcmbox_getcred(const struct svc_req *rqst,
				   struct ipcmbox_rpc_cred *cred,
				   size_t cred_size)
{
	const struct rpc_port *port = rpc_port_of(rqst->rq_xprt);
	struct ipcmbox_rpc_cred known;
	const size_t size = cred_size < sizeof(known) ? cred_size :
							sizeof(known);

	if (!port)
		return -1;
	known = cred_of(port);
	memset(cred, 0, cred_size);
	memcpy(cred, &known, size);
	return 0;
}
