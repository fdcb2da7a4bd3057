// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mailbox that is owned by a process ends with it, whoever else has it open: those who
 * wait get EIDRM, and its name is gone. One that is owned by the system stays, and what is
 * in it too.
 */
#include <errno.h>
#include <fcntl.h>
#include <ipcmbox.h>
#include <signal.h>
#include <string.h>

#include "example.h"

static void make(const char *name, bool owned)
{
	struct ipcmbox_attr *attr = ipcmbox_attr_new();
	int box;

	if (!attr)
		err(1, "ipcmbox_attr_new");
	ipcmbox_attr_set_capacity(attr, 1);
	ipcmbox_attr_set_owned(attr, owned);
	box = ipcmbox_create_named(name, attr, O_RDWR | O_EXCL, 0600);
	ipcmbox_attr_free(attr);
	if (box < 0)
		err(1, "ipcmbox_create_named");
	if (!owned && ipcmbox_send(box, "a will", 7))
		err(1, "ipcmbox_send");
}

int main(void)
{
	char text[16] = "";
	int ready[2], box;
	pid_t owner;

	start = now();
	if (pipe(ready))
		err(1, "pipe");
	owner = start_child();
	if (!owner) {
		make("owned", true);
		make("kept", false);
		if (write(ready[1], "", 1) != 1)
			err(1, "write");
		for (;;)
			pause();
	}
	if (read(ready[0], text, 1) != 1)
		errx(1, "the owner failed");
	box = ipcmbox_open_named("owned", O_RDWR);
	if (box < 0)
		err(1, "ipcmbox_open_named");

	say("heir", "the owner of two mailboxes is killed");
	if (kill(owner, SIGKILL))
		err(1, "kill");
	/* Waits for a message, and is told that there will be none. */
	if (ipcmbox_recv(box, text, sizeof(text)) >= 0 || errno != EIDRM)
		errx(1, "the mailbox outlived its owner");
	say("heir", "the owned one: %s", strerror(EIDRM));
	waitpid(owner, NULL, 0);
	if (ipcmbox_open_named("owned", O_RDWR) >= 0 || errno != ENOENT)
		errx(1, "its name outlived it");
	say("heir", "and its name: %s", strerror(ENOENT));
	close(box);

	box = ipcmbox_open_named("kept", O_RDONLY);
	if (box < 0 || ipcmbox_recv(box, text, sizeof(text)) < 0)
		err(1, "the mailbox of the system");
	say("heir", "the one of the system still has \"%s\"", text);
	if (ipcmbox_unlink("kept"))
		err(1, "ipcmbox_unlink");
	return 0;
}
