/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What rpcgen makes of board.x, but does not declare.
 */
#ifndef BOARD_SERVER_H
#define BOARD_SERVER_H

#include <rpc/rpc.h>

/* Serves a request: it calls the function of the procedure. */
void board_1(struct svc_req *rqstp, struct __rpc_svcxprt *transp);

#endif /* BOARD_SERVER_H */
