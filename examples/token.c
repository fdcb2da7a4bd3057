// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mutual exclusion by a message: a mailbox holds one token. Who receives it may enter, and
 * sends it back when he leaves; everybody else waits in line for it. No shared variable
 * says who is inside.
 */
#include <fcntl.h>
#include <ipcmbox.h>
#include <sys/mman.h>

#include "example.h"

#define PROCESSES 4
#define ROUNDS 500

/* One more, in three steps, so that two at once lose counts. */
static void count(volatile long *counter)
{
	long value = *counter;

	if (value % 8 == 0)
		usleep(1);
	*counter = value + 1;
}

static long run(int token)
{
	volatile long *counter = mmap(NULL, sizeof(*counter),
				      PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t children[PROCESSES];

	if (counter == MAP_FAILED)
		err(1, "mmap");
	for (int i = 0; i < PROCESSES; i++) {
		children[i] = start_child();
		if (children[i])
			continue;
		for (int round = 0; round < ROUNDS; round++) {
			if (token >= 0 && ipcmbox_recv(token, NULL, 0) < 0)
				err(1, "ipcmbox_recv");
			count(counter);
			if (token >= 0 && ipcmbox_send(token, NULL, 0))
				err(1, "ipcmbox_send");
		}
		_exit(0);
	}
	for (int i = 0; i < PROCESSES; i++)
		wait_for(children[i], "process");
	return *counter;
}

int main(void)
{
	int token = ipcmbox_create(1, O_RDWR);
	long with, without;

	if (token < 0)
		err(1, "ipcmbox_create");
	/* The token: an empty message. */
	if (ipcmbox_send(token, NULL, 0))
		err(1, "ipcmbox_send");
	start = now();
	without = run(-1);
	say("without", "%d processes counted to %ld of %d: updates were lost",
	    PROCESSES, without, PROCESSES * ROUNDS);
	with = run(token);
	say("with", "the token they counted to %ld", with);
	if (without >= PROCESSES * ROUNDS)
		errx(1,
		     "nothing was lost without the token, which shows nothing");
	return with != PROCESSES * ROUNDS;
}
