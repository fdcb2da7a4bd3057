// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The client's side of AUTH_IPCMBOX: credentials that are empty, for the kernel tells the
 * server who calls.
 */
#include <errno.h>
#include <stdlib.h>

#include "internal.h"

static void stamp_nextverf(AUTH *auth)
{
	(void)auth;
}

static int stamp_marshal(AUTH *auth, XDR *xdrs)
{
	return xdr_opaque_auth(xdrs, &auth->ah_cred) &&
	       xdr_opaque_auth(xdrs, &auth->ah_verf);
}

static int stamp_validate(AUTH *auth, struct opaque_auth *verf)
{
	(void)auth;
	(void)verf;
	return TRUE;
}

/* There is nothing that could be renewed. */
static int stamp_refresh(AUTH *auth, void *msg)
{
	(void)auth;
	(void)msg;
	return FALSE;
}

static void stamp_free(AUTH *auth)
{
	free(auth);
}

static int stamp_pass(AUTH *auth, XDR *xdrs, xdrproc_t proc, caddr_t where)
{
	(void)auth;
	return proc(xdrs, where);
}

static struct auth_ops stamp_ops = {
	.ah_nextverf = stamp_nextverf,
	.ah_marshal = stamp_marshal,
	.ah_validate = stamp_validate,
	.ah_refresh = stamp_refresh,
	.ah_destroy = stamp_free,
	.ah_wrap = stamp_pass,
	.ah_unwrap = stamp_pass,
};

RPC_PUBLIC AUTH *authipcmbox_create(void)
{
	AUTH *auth = calloc(1, sizeof(*auth));

	if (!auth)
		return NULL;
	auth->ah_cred.oa_flavor = AUTH_IPCMBOX;
	auth->ah_verf.oa_flavor = AUTH_NONE;
	auth->ah_ops = &stamp_ops;
	return auth;
}
