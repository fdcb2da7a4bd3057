// SPDX-License-Identifier: GPL-2.0-only
/*
 * Direct naming: each process has an inbox, and whoever knows its pid sends there; no
 * descriptor was handed over. The receiver learns from the kernel who it was, may take the
 * messages of one process alone, and its inbox ends with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <ipcmbox.h>
#include <signal.h>
#include <string.h>

#include "example.h"

static int claim(void)
{
	int fd = ipcmbox_inbox(4);

	if (fd < 0)
		err(1, "ipcmbox_inbox");
	return fd;
}

static void send_to(pid_t pid, const char *text)
{
	int fd = ipcmbox_open_pid(pid);

	if (fd < 0)
		err(1, "ipcmbox_open_pid");
	if (ipcmbox_send(fd, text, strlen(text)))
		err(1, "ipcmbox_send");
	close(fd);
}

/* From one process, or from any if @sender is 0; returns who it was. */
static pid_t receive(int inbox, pid_t sender, const char *name,
		     const char *expected)
{
	const struct ipcmbox_recv_options options = {
		.match = sender ? IPCMBOX_MATCH_SENDER : IPCMBOX_MATCH_ANY,
		.match_value = (uint64_t)sender,
	};
	struct ipcmbox_delivery delivery;
	char text[64];
	struct iovec piece = { .iov_base = text, .iov_len = sizeof(text) - 1 };
	ssize_t len;

	len = ipcmbox_recv_with(inbox, &piece, 1, &options, sizeof(options),
				&delivery, sizeof(delivery));
	if (len < 0)
		err(1, "ipcmbox_recv_with");
	text[len] = 0;
	say(name, "gets \"%s\" from process %d", text, (int)delivery.pid);
	if (strcmp(text, expected))
		errx(1, "expected \"%s\"", expected);
	return delivery.pid;
}

/* What the parent says comes first to it, though another has written before. */
static int asker(void)
{
	int inbox = claim();

	send_to(getppid(), "what is it?");
	receive(inbox, getppid(), "asker", "a mailbox");
	receive(inbox, 0, "asker", "buy something!");
	return 0;
}

static void talk(int inbox)
{
	pid_t child = start_child(), who, stranger;

	if (!child)
		_exit(asker());
	who = receive(inbox, 0, "parent", "what is it?");
	stranger = start_child();
	if (!stranger) {
		say("stranger", "writes to process %d", (int)who);
		send_to(who, "buy something!");
		_exit(0);
	}
	wait_for(stranger, "stranger");
	send_to(who, "a mailbox");
	wait_for(child, "asker");
}

/* A port of an inbox does not lead to who has the number next. */
static void outlive(void)
{
	pid_t child;
	int fds[2], fd;
	char byte;

	if (pipe(fds))
		err(1, "pipe");
	child = start_child();
	if (!child) {
		claim();
		_exit(write(fds[1], "x", 1) != 1 || pause());
	}
	if (read(fds[0], &byte, 1) != 1)
		err(1, "read");
	fd = ipcmbox_open_pid(child);
	if (fd < 0)
		err(1, "ipcmbox_open_pid");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	if (!ipcmbox_send(fd, "x", 1) || errno != EIDRM)
		errx(1, "a dead process got a message");
	say("parent", "its inbox died with process %d", (int)child);
}

int main(void)
{
	start = now();
	talk(claim());
	outlive();
	return 0;
}
