// SPDX-License-Identifier: GPL-2.0-only
/*
 * Between a pipe and a mailbox: a program that knows nothing of messages reads and writes
 * as little or as much at once as it likes. What it writes at once is a message, of at
 * most so many bytes; where messages begin is not seen by who reads.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cli.h"

#define PIECE		65536
/* So often, so long after one another, what is refused is tried again while there is room. */
#define AGAIN_MOST	100
#define AGAIN_NS	10000000

/* A send that lacks these does not wait for them. */
static bool lacks_room(int error)
{
	return error == ENOBUFS || error == EXFULL || error == EDQUOT;
}

/*
 * As at a pipe, who writes waits. POLLOUT comes when this user has room again, but it does
 * not know each quota: then there is room, and the send is refused all the same.
 */
static int send_piece(int port, const char *data, size_t len)
{
	struct pollfd room = { .fd = port, .events = POLLOUT };
	int error, again = 0;

	while (ipcmbox_send(port, data, len)) {
		error = errno;
		if (error == EINTR)
			continue;
		if (lacks_room(error) && !poll(&room, 1, 0)) {
			poll(&room, 1, -1);
			again = 0;
		} else if (lacks_room(error) && again++ < AGAIN_MOST) {
			stop_sleep(AGAIN_NS);
		} else {
			errno = error;
			return -1;
		}
	}
	return 0;
}

/* Until the program has closed its output, or nobody receives any more. */
static int pump_to_port(int pipe, int port)
{
	struct ipcmbox_info info;
	size_t room = PIECE;
	ssize_t done;
	char *buffer;

	if (ipcmbox_info(port, IPCMBOX_TX, &info, sizeof(info)))
		return -1;
	if (room > info.max_message)
		room = info.max_message;
	buffer = need(malloc(room));
	for (;;) {
		done = read(pipe, buffer, room);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return (int)done;
		if (send_piece(port, buffer, (size_t)done))
			return errno == EPIPE ? 0 : -1;
	}
}

/* Until the other side sends no more, or the program has closed its input. */
static int pump_to_pipe(int port, int pipe)
{
	char *buffer = need(malloc(PIECE));
	ssize_t done;

	for (;;) {
		done = ipcmbox_recv(port, buffer, PIECE);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0 || write_all(pipe, buffer, (size_t)done))
			return errno == EPIPE ? 0 : -1;
	}
}

/* Nothing but what it needs is open, so that each side sees that the other has ended. */
static int pump(int end, int pipe, bool to_pipe)
{
	int port = ipcmbox_reopen(end, 0, to_pipe ? O_RDONLY : O_WRONLY);

	if (port < 0)
		return -1;
	if (dup2(pipe, STDIN_FILENO) < 0 || dup2(port, STDOUT_FILENO) < 0)
		return -1;
	close_range(STDERR_FILENO + 1, UINT_MAX, 0);
	if (to_pipe)
		return pump_to_pipe(STDOUT_FILENO, STDIN_FILENO);
	return pump_to_port(STDIN_FILENO, STDOUT_FILENO);
}

pid_t pump_start(int end, int pipe, bool to_pipe)
{
	pid_t parent = getpid(), child = fork();

	if (child)
		return child;
	/* A terminal's signals are for the programs, which may have more to say. */
	stop_ignore();
	stop_forget();
	signal(SIGTERM, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(STATUS_ERROR);
	if (pump(end, pipe, to_pipe))
		_exit(fail("between a pipe and the mailbox"));
	_exit(STATUS_OK);
}
