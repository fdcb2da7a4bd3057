// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mailbox with a name: the sender and the receiver are not related and never alive at the
 * same time. What is sent waits there, and a shell reads it as it reads a named pipe.
 */
#include <errno.h>
#include <fcntl.h>
#include <ipcmbox.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "example.h"

#define NAME "mailroom"
#define FOLDER "/tmp/mailroom"

static int sender(void)
{
	struct ipcmbox_attr *attr = ipcmbox_attr_new();
	int fd;

	if (!attr)
		err(1, "ipcmbox_attr_new");
	ipcmbox_attr_set_capacity(attr, 10);
	ipcmbox_attr_set_hangup(attr, true); /* so that cat ends */
	fd = ipcmbox_create_named(NAME, attr, O_WRONLY | O_EXCL, 0644);
	if (fd < 0)
		err(1, "ipcmbox_create_named");
	if (ipcmbox_send(fd, "first\n", 6) || ipcmbox_send(fd, "second\n", 7))
		err(1, "ipcmbox_send");
	say("sender", "leaves two letters");
	ipcmbox_attr_free(attr);
	return 0;
}

static int receiver(void)
{
	char text[64];
	ssize_t len;
	int fd;

	fd = ipcmbox_open_named(NAME, O_RDONLY);
	if (fd < 0)
		err(1, "ipcmbox_open_named");
	len = ipcmbox_recv(fd, text, sizeof(text));
	if (len != 6 || memcmp(text, "first\n", 6))
		errx(1, "expected the first letter");
	say("receiver", "takes the first");
	return 0;
}

/* As a file: ls shows it, and cat takes the rest. */
static void shell(void)
{
	if (mkdir(FOLDER, 0755) && errno != EEXIST)
		err(1, "%s", FOLDER);
	if (mount("none", FOLDER, "ipcmboxfs", 0, NULL))
		err(1, "mount");
	if (system("ls -l " FOLDER "; test \"$(cat " FOLDER "/" NAME
		   ")\" = second"))
		errx(1, "cat did not get the second letter");
	say("shell", "takes the second");
	if (umount(FOLDER))
		err(1, "umount");
}

int main(void)
{
	pid_t child;

	start = now();
	child = start_child();
	if (!child)
		return sender();
	wait_for(child, "sender");
	child = start_child();
	if (!child)
		return receiver();
	wait_for(child, "receiver");
	shell();
	if (ipcmbox_unlink(NAME))
		err(1, "ipcmbox_unlink");
	say("all", "the name is gone, and the mailbox with it");
	return 0;
}
