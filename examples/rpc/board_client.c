// SPDX-License-Identifier: GPL-2.0-only
/*
 * A client of the notice board: it calls what rpcgen makes of board.x.
 */
#include <err.h>
#include <ipcmbox-rpc.h>
#include <stdio.h>
#include <string.h>

#include "board.h"

static int usage(void)
{
	fprintf(stderr, "usage: board_client NAME pin TEXT|read|wipe\n");
	return 2;
}

static int fail(CLIENT *client, const char *what)
{
	clnt_perror(client, what);
	return 1;
}

static int pin(CLIENT *client, char *text)
{
	const int *count = pin_1(&text, client);

	if (!count)
		return fail(client, "pin");
	if (*count < 0)
		errx(1, "pin: the server has no memory");
	printf("notes: %d\n", *count);
	return 0;
}

static int read_all(CLIENT *client)
{
	notes *all = read_1(NULL, client);
	unsigned int i;

	if (!all)
		return fail(client, "read");
	for (i = 0; i < all->notes_len; i++)
		printf("user %u, process %d: %s\n", all->notes_val[i].uid,
		       all->notes_val[i].pid, all->notes_val[i].text);
	clnt_freeres(client, (xdrproc_t)xdr_notes, (caddr_t)all);
	return 0;
}

/* One way: it is sent, and nobody waits for a reply. */
static int wipe(CLIENT *client)
{
	struct timeval none = { 0 };
	struct rpc_err error;

	clnt_control(client, CLSET_TIMEOUT, (char *)&none);
	wipe_1(NULL, client);
	clnt_geterr(client, &error);
	return error.re_status == RPC_TIMEDOUT ? 0 : fail(client, "wipe");
}

int main(int argc, char **argv)
{
	CLIENT *client;
	int ret;

	if (argc < 3)
		return usage();
	client = clnt_ipcmbox_create_named(argv[1], BOARD, BOARD_1);
	if (!client) {
		clnt_pcreateerror(argv[1]);
		return 1;
	}
	if (argc == 4 && !strcmp(argv[2], "pin"))
		ret = pin(client, argv[3]);
	else if (argc == 3 && !strcmp(argv[2], "read"))
		ret = read_all(client);
	else if (argc == 3 && !strcmp(argv[2], "wipe"))
		ret = wipe(client);
	else
		ret = usage();
	clnt_destroy(client);
	return ret;
}
