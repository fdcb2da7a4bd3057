// SPDX-License-Identifier: GPL-2.0-only
/*
 * Direct naming: send(P, m) and receive(Q, m) say who is meant, and the link is there by
 * itself. Indirect naming: a mailbox stands between, and any number of processes may
 * send to it and receive from it.
 */
#include <fcntl.h>
#include <ipcmbox.h>
#include <string.h>

#include "example.h"

#define WORKERS 3

/* P and Q have an inbox each, and know each other's number. */
static void direct(void)
{
	char text[32] = "";
	int inbox, to, ready[2];
	pid_t p = getpid(), q;

	if (pipe(ready))
		err(1, "pipe");
	inbox = ipcmbox_inbox(1);
	if (inbox < 0)
		err(1, "ipcmbox_inbox");
	q = start_child();
	if (!q) {
		int mine = ipcmbox_inbox(1);

		if (mine < 0 || write(ready[1], "", 1) != 1)
			err(1, "ipcmbox_inbox");
		if (ipcmbox_recv(mine, text, sizeof(text)) < 0)
			err(1, "ipcmbox_recv");
		to = ipcmbox_open_pid(p);
		if (to < 0 || ipcmbox_send(to, "yes, P", 7))
			err(1, "ipcmbox_open_pid");
		_exit(0);
	}
	if (read(ready[0], text, 1) != 1)
		errx(1, "Q did not begin");
	to = ipcmbox_open_pid(q);
	if (to < 0 || ipcmbox_send(to, "are you there, Q?", 18))
		err(1, "ipcmbox_open_pid");
	if (ipcmbox_recv(inbox, text, sizeof(text)) < 0)
		err(1, "ipcmbox_recv");
	wait_for(q, "process Q");
	say("direct", "P named Q and Q named P: \"%s\"", text);
	if (strcmp(text, "yes, P"))
		errx(1, "that is not what Q said");
	close(inbox);
	close(to);
}

/* Whichever worker is free takes a job; the sender names none of them. */
static void indirect(void)
{
	int jobs = ipcmbox_create(IPCMBOX_RENDEZVOUS, O_RDWR), taken = 0, i;
	pid_t workers[WORKERS];

	if (jobs < 0)
		err(1, "ipcmbox_create");
	for (i = 0; i < WORKERS; i++) {
		workers[i] = start_child();
		if (workers[i])
			continue;
		/* One job for each: who has one asks for no other. */
		if (ipcmbox_recv(jobs, &taken, sizeof(taken)) < 0)
			err(1, "ipcmbox_recv");
		_exit(taken);
	}
	for (i = 1; i <= WORKERS; i++)
		if (ipcmbox_send(jobs, &i, sizeof(i)))
			err(1, "ipcmbox_send");
	for (i = 0; i < WORKERS; i++) {
		int status;

		if (waitpid(workers[i], &status, 0) < 0 || !WIFEXITED(status))
			err(1, "waitpid");
		say("indirect", "worker %d got job %d", i, WEXITSTATUS(status));
		taken |= 1 << WEXITSTATUS(status);
	}
	if (taken != 0xe)
		errx(1, "a job was lost or done twice");
	close(jobs);
}

int main(void)
{
	start = now();
	direct();
	indirect();
	return 0;
}
