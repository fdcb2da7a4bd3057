// SPDX-License-Identifier: GPL-2.0-only
/*
 * The service of the notice board: what rpcgen makes of board.x calls these functions. It
 * ends when it is sent a signal, and its name with it.
 */
#include <err.h>
#include <ipcmbox-rpc.h>
#include <ipcmbox.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "board.h"
#include "board_server.h"

static note board[NOTES_MAX];
static unsigned int count;
static SVCXPRT *transport;

/* Of a full board the oldest note falls off. */
static void make_place(void)
{
	if (count < NOTES_MAX)
		return;
	free(board[0].text);
	memmove(board, board + 1, sizeof(board) - sizeof(board[0]));
	count--;
}

int *pin_1_svc(char **text, struct svc_req *rqst)
{
	static int result;
	struct ipcmbox_rpc_cred cred;
	char *copy = strdup(*text);

	result = -1;
	if (copy && !svc_ipcmbox_getcred(rqst, &cred, sizeof(cred))) {
		make_place();
		board[count++] = (struct note){
			.uid = cred.uid,
			.pid = cred.pid,
			.text = copy,
		};
		result = (int)count;
	}
	return &result;
}

notes *read_1_svc(void *none, struct svc_req *rqst)
{
	static notes result;

	(void)none;
	(void)rqst;
	result.notes_val = board;
	result.notes_len = count;
	return &result;
}

void *wipe_1_svc(void *none, struct svc_req *rqst)
{
	static char done;

	(void)none;
	(void)rqst;
	while (count)
		free(board[--count].text);
	return &done;
}

static void stop(int signal)
{
	(void)signal;
	svc_ipcmbox_exit(transport);
}

int main(int argc, char **argv)
{
	const struct sigaction action = { .sa_handler = stop };

	if (argc != 2) {
		fprintf(stderr, "usage: board_server NAME\n");
		return 2;
	}
	/* Anybody may write to it, and only this process reads. */
	umask(0);
	transport = svc_ipcmbox_create_named(argv[1], 0622, 0);
	if (!transport)
		err(1, "svc_ipcmbox_create_named: %s", argv[1]);
	if (!svc_reg(transport, BOARD, BOARD_1, board_1, NULL))
		errx(1, "svc_reg: the program cannot be registered");
	if (sigaction(SIGTERM, &action, NULL) ||
	    sigaction(SIGINT, &action, NULL))
		err(1, "sigaction");
	if (svc_ipcmbox_run(transport))
		err(1, "svc_ipcmbox_run");
	svc_destroy(transport);
	/* Requests are not to wait for the next service. */
	if (ipcmbox_unlink(argv[1]))
		err(1, "ipcmbox_unlink: %s", argv[1]);
	return 0;
}
