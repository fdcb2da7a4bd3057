/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the examples of event loops share: a sender who takes his time, and the receiver's
 * side. A descriptor that is ready may be so no more when one receives, so a loop never
 * waits in a receive.
 */
#ifndef LOOP_H
#define LOOP_H

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <ipcmbox.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define LETTERS 3

/* The receiving end, which does not block; the other is a child's, and ends with it. */
static inline int loop_start_sender(void)
{
	struct ipcmbox_attr *attr = ipcmbox_attr_new();
	int ctl = ipcmbox_open(), fds[2];
	pid_t child;

	if (!attr || ctl < 0 || ipcmbox_pair_at(ctl, attr, 0, O_NONBLOCK, fds))
		err(1, "ipcmbox_pair_at");
	ipcmbox_attr_free(attr);
	close(ctl);
	child = fork();
	if (child < 0)
		err(1, "fork");
	if (!child) {
		close(fds[0]);
		if (fcntl(fds[1], F_SETFL, 0))
			err(1, "fcntl");
		for (char letter = 'a'; letter < 'a' + LETTERS; letter++) {
			usleep(20000);
			if (ipcmbox_send(fds[1], &letter, 1))
				err(1, "ipcmbox_send");
		}
		_exit(0);
	}
	close(fds[1]);
	return fds[0];
}

static int loop_letters;

/* Takes what there is; false at the end. */
static inline bool loop_receive(int box)
{
	char letter;

	while (ipcmbox_recv(box, &letter, 1) == 1) {
		printf("got %c\n", letter);
		loop_letters++;
	}
	if (errno == EAGAIN)
		return true;
	if (errno != EPIPE)
		err(1, "ipcmbox_recv");
	puts("the sender has gone");
	return false;
}

static inline int loop_end(int box)
{
	int status;

	close(box);
	if (wait(&status) < 0 || status)
		errx(1, "the sender failed");
	return loop_letters != LETTERS;
}

#endif /* LOOP_H */
