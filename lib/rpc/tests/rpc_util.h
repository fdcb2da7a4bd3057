/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of libipcmbox-rpc share: a server of echo.x in a process of its own.
 */
#ifndef RPC_UTIL_H
#define RPC_UTIL_H

#include <errno.h>
#include <fcntl.h>
#include <ipcmbox-rpc.h>
#include <ipcmbox.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "echo.h"

#define MSEC	1000000ULL
#define SEC	(1000 * MSEC)

/* The call fails with this errno. */
#define EXPECT_ERRNO(error, call)		\
	do {					\
		errno = 0;			\
		EXPECT_EQ(-1, (call));		\
		EXPECT_EQ(error, errno);	\
	} while (0)

/* The creation fails with this errno. */
#define EXPECT_REFUSED(error, call)		\
	do {					\
		errno = 0;			\
		EXPECT_EQ(NULL, (call));	\
		EXPECT_EQ(error, errno);	\
	} while (0)

/* How a server waits for requests. */
enum run { RUN_SVC, RUN_IPCMBOX };

/* Serves both versions of echo.x, in the caller, until that ends; an exit status. */
int serve(int box, unsigned int flags, enum run run);
/* The same in a child, that dies with the caller. */
pid_t start_server(int box, unsigned int flags, enum run run);
/* Ends it; whether it was still there. */
bool stop_server(pid_t pid);
/* The exit status of a child, or 128 and the signal; -1 if it does not end. */
int reap(pid_t pid);

/* The two programs, as rpcgen makes them. */
void echo_1(struct svc_req *rqstp, SVCXPRT *transp);
void echo_2(struct svc_req *rqstp, SVCXPRT *transp);

CLIENT *new_client(int box);
/* Sets the time that calls wait. */
void set_timeout(CLIENT *client, long ms);
/* The error of the last call. */
struct rpc_err error_of(CLIENT *client);
/* How many descriptors this process has open. */
int count_files(void);
/* Polls until it has so many, but not for ever: some are closed by other threads. */
bool wait_files(int count);
/* The same of the server of a client. */
bool wait_server_files(CLIENT *client, int count);
void nap(long ms);
/* CPU time of a process in ms. */
long cpu_time(pid_t pid);
/* Polls for it, but not for ever. */
bool wait_calls(int box, uint64_t count);

/* Bytes that tell where they stand. */
void fill(char *data, size_t len, unsigned int seed);
bool is_filled(const char *data, size_t len, unsigned int seed);

#endif /* RPC_UTIL_H */
