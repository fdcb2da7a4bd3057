// SPDX-License-Identifier: GPL-2.0-only
/*
 * Without the library: <linux/ipcmbox.h> and ioctl(2) alone. A child calls, with a
 * descriptor in the message, and the parent answers through it and by the call.
 */
#include <fcntl.h>
#include <linux/ipcmbox.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

#include "example.h"

static int create(void)
{
	struct ipcmbox_create create = {
		.size = sizeof(create),
		.open_flags = O_RDWR,
		.capacity = 1,
	};
	int ctl = open("/dev/ipcmbox", O_RDWR | O_CLOEXEC);

	if (ctl < 0)
		err(1, "/dev/ipcmbox");
	if (ioctl(ctl, IPCMBOX_IOC_CREATE, &create))
		err(1, "IPCMBOX_IOC_CREATE");
	close(ctl);
	return create.fd;
}

static void be_client(int box)
{
	static const char question[] = "what is in the pipe?";
	char answer[16] = "", piped[16] = "";
	struct ipcmbox_call call = {
		.size = sizeof(call),
		.data = (uintptr_t)question,
		.len = sizeof(question),
		.answer = (uintptr_t)answer,
		.answer_len = sizeof(answer),
		.nr_fds = 1,
	};
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		err(1, "pipe2");
	call.fds = (uintptr_t)&fds[1];
	say("client", "asks \"%s\", and gives the end to write to", question);
	if (ioctl(box, IPCMBOX_IOC_CALL, &call))
		err(1, "IPCMBOX_IOC_CALL");
	close(fds[1]);
	if (read(fds[0], piped, sizeof(piped) - 1) < 0)
		err(1, "read");
	say("client", "is told \"%s\" and reads \"%s\"", answer, piped);
	_exit(call.disposition != IPCMBOX_REPLIED || strcmp(answer, piped));
}

int main(void)
{
	static const char answer[] = "a word";
	char question[64] = "";
	int end = -1, box;
	struct ipcmbox_recv recv = {
		.size = sizeof(recv),
		.data = (uintptr_t)question,
		.len = sizeof(question),
		.fds = (uintptr_t)&end,
		.nr_fds = 1,
	};
	struct ipcmbox_reply reply = {
		.size = sizeof(reply),
		.data = (uintptr_t)answer,
		.len = sizeof(answer),
	};
	pid_t child;

	start = now();
	box = create();
	child = start_child();
	if (!child)
		be_client(box);
	if (ioctl(box, IPCMBOX_IOC_RECV, &recv))
		err(1, "IPCMBOX_IOC_RECV");
	if (recv.msg_fds != 1 || recv.pid != child || !recv.token)
		errx(1, "it is not the call of the child");
	say("server", "is asked \"%s\" by process %d", question, (int)recv.pid);
	if (write(end, answer, strlen(answer)) < 0)
		err(1, "write");
	close(end);
	reply.token = recv.token;
	if (ioctl(box, IPCMBOX_IOC_REPLY, &reply))
		err(1, "IPCMBOX_IOC_REPLY");
	wait_for(child, "client");
	return 0;
}
