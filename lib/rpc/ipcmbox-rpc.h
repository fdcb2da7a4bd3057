/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libipcmbox-rpc - remote procedure calls of libtirpc over mailboxes
 *
 * A transport for what rpcgen generates: a request is one CALL to a mailbox, its reply one
 * REPLY. Programs are compiled as they are, but for the creation of their CLIENT and
 * SVCXPRT by the functions below; libipcmbox-rpc(3) tells what these do where they differ from
 * the transports of libtirpc.
 *
 * Any number of clients, in any number of processes, call one mailbox, and any number of
 * servers take requests from it. Who calls is told by the kernel and not by the client.
 */
#ifndef IPCMBOX_RPC_H
#define IPCMBOX_RPC_H

#include <rpc/rpc.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The longest request and reply: 1 MiB of arguments or results, and what the protocol puts
 * before them. What the mailbox is too small for, or the client has no room for, goes in a
 * sealed memfd_create(2) file with the message.
 */
#define IPCMBOX_RPC_MESSAGE_MAX	((1U << 20) + 4096)

/*
 * The flavour of credentials that come from the kernel. There is no range of numbers for
 * private use; those that are registered go up from 400000 one by one.
 */
#define AUTH_IPCMBOX		0x69706362

/* Flags of svc_ipcmbox_create(). */
#define SVC_IPCMBOX_AUTH_SYS	(1U << 0) /* show the kernel's word as AUTH_SYS */

/**
 * struct ipcmbox_rpc_cred - who has made a request, as the kernel knows it
 * @pid: the process, as the server sees it; 0 if it does not
 * @tid: its thread
 * @uid: its effective user id when it called, as the server sees it
 * @gid: its effective group id, likewise
 *
 * The library is told the size, so that the struct can grow at its end.
 */
struct ipcmbox_rpc_cred {
	pid_t pid;
	pid_t tid;
	uid_t uid;
	gid_t gid;
};

/**
 * clnt_ipcmbox_create() - make a client of a mailbox
 * @fd: the mailbox, with the right to send; stays the caller's unless CLSET_FD_CLOSE says
 *	otherwise
 * @prog: number of the program
 * @vers: number of its version
 * @recvsz: bytes of a reply that each call keeps room for in the kernel, at most
 *	IPCMBOX_RPC_MESSAGE_MAX; 0 for 8192. Longer replies come too, but slower
 *
 * The CLIENT may be used by any number of threads at once, each of which gets the error of
 * its own last call by clnt_geterr(). Its credentials are those of authnone_create() until
 * the caller sets others.
 *
 * Return: a client, to be freed by clnt_destroy(); NULL with rpc_createerr, whose cf_stat
 * is RPC_SYSTEMERROR, and errno: EBADF (not open, or without the right to send), ENOTTY
 * (not a mailbox), EINVAL (it broadcasts, or @recvsz), ENOMEM.
 */
CLIENT *clnt_ipcmbox_create(int fd, rpcprog_t prog, rpcvers_t vers,
			    u_int recvsz);

/**
 * clnt_ipcmbox_create_named() - make a client of a mailbox with a name
 * @name: the name
 * @prog: number of the program
 * @vers: number of its version
 *
 * Return: as clnt_ipcmbox_create(), and errno as ipcmbox_open_named().
 */
CLIENT *clnt_ipcmbox_create_named(const char *name, rpcprog_t prog,
				  rpcvers_t vers);

/**
 * authipcmbox_create() - make credentials that say: ask the kernel
 *
 * They are empty. A server of this library does the same with other ones; one of another
 * transport refuses these.
 *
 * Return: credentials, to be freed by auth_destroy(); NULL with errno ENOMEM.
 */
AUTH *authipcmbox_create(void);

/**
 * svc_ipcmbox_create() - make a server of a mailbox
 * @fd: the mailbox, with the right to receive; it is closed by svc_destroy()
 * @flags: SVC_IPCMBOX_AUTH_SYS or 0
 *
 * The SVCXPRT is registered with libtirpc, so that svc_run() serves it, with others of any
 * kind; svc_ipcmbox_run() serves it alone. Programs are registered by svc_reg(), without a
 * struct netconfig. An SVCXPRT belongs to one thread: others make their own, on a descriptor
 * of ipcmbox_reopen().
 *
 * Return: a server, to be freed by svc_destroy(); NULL with errno: EBADF (not open, or
 * without the right to receive), ENOTTY (not a mailbox), EINVAL (it broadcasts, or @flags),
 * EMFILE (libtirpc serves no descriptor of that number), ENOMEM. @fd stays open then.
 */
SVCXPRT *svc_ipcmbox_create(int fd, unsigned int flags);

/**
 * svc_ipcmbox_create_named() - make a server of a mailbox with a name
 * @name: the name; it is made if it is not there, and stays when the server ends
 * @mode: permissions of its file, of which umask(2) takes away; clients need to write
 * @flags: as for svc_ipcmbox_create()
 *
 * Requests to a name wait until a server comes.
 *
 * Return: as svc_ipcmbox_create(), and errno as ipcmbox_create_named(): EEXIST if there is
 * such a name of a mailbox that was made in another way, EACCES also if another user has made
 * it, who could receive the requests himself.
 */
SVCXPRT *svc_ipcmbox_create_named(const char *name, mode_t mode,
				  unsigned int flags);

/**
 * svc_ipcmbox_run() - serve one mailbox
 * @xprt: of svc_ipcmbox_create()
 *
 * As svc_run(), with one system call for the reply to a request and the wait for the next.
 * So a reply is given only when the function that serves the request has returned.
 *
 * Return: 0 after svc_ipcmbox_exit() or svc_destroy(), and when no client is left, of a
 * mailbox that hangs up; -1 with errno: EINVAL (@xprt is of another kind), EBADF (it is not
 * registered), EIDRM (the mailbox was destroyed), EBUSY (others receive); ENOMEM and EDQUOT,
 * after which it may be called again, and nothing is lost.
 */
int svc_ipcmbox_run(SVCXPRT *xprt);

/**
 * svc_ipcmbox_exit() - end svc_ipcmbox_run()
 * @xprt: its argument
 *
 * From within a request, it ends after it. A signal handler may call this as well, in the
 * thread that runs: if it waits, the signal has ended the wait. From elsewhere it has effect
 * with the next request.
 */
void svc_ipcmbox_exit(SVCXPRT *xprt);

/**
 * svc_ipcmbox_getcred() - ask who makes a request
 * @rqst: the request that is being served
 * @cred: filled in
 * @cred_size: sizeof(*cred)
 *
 * It is the kernel's word, put down when the request was sent, whatever credentials the
 * client claims.
 *
 * Return: 0; -1 with errno EINVAL: the request came in another way.
 */
int svc_ipcmbox_getcred(const struct svc_req *rqst,
			struct ipcmbox_rpc_cred *cred, size_t cred_size);

#ifdef __cplusplus
}
#endif

#endif /* IPCMBOX_RPC_H */
