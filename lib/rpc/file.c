// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Messages that are too long for their mailbox, or for the room that a caller keeps: they
 * go in a file that belongs to no file system. Neither side trusts the other: a file is
 * taken only if it is of memory and sealed, so that to read it neither waits nor changes.
 * Others come as well, and even to close them may wait.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL	0x0008U
#endif

#define SEALS	(F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

/* So many files may be in the course of being closed at a time. */
#define CLOSING_MAX	16

#define CLOSER_STACK	(256 << 10)

static atomic_uint nr_closing;

static int file_new(void)
{
	const unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = memfd_create("ipcmbox-rpc", flags | MFD_NOEXEC_SEAL);

	/* Kernels before 6.3 do not know that it is not to be executed. */
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("ipcmbox-rpc", flags);
	return fd;
}

static bool file_fill(int fd, const char *data, size_t len)
{
	size_t done = 0;
	ssize_t ret;

	while (done < len) {
		ret = write(fd, data + done, len - done);
		if (ret > 0)
			done += (size_t)ret;
		else if (!ret || errno != EINTR)
			return false;
	}
	return !fcntl(fd, F_ADD_SEALS, SEALS);
}

int rpc_file_put(const void *data, size_t len)
{
	int fd = file_new(), error;

	if (fd < 0 || file_fill(fd, data, len))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

ssize_t rpc_file_len(int fd)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;

	if (seals < 0 || (seals & SEALS) != SEALS || fstat(fd, &st) ||
	    st.st_size < 0 || st.st_size > IPCMBOX_RPC_MESSAGE_MAX)
		return -1;
	return (ssize_t)st.st_size;
}

bool rpc_file_get(int fd, void *data, size_t len)
{
	char *to = data;
	size_t done = 0;
	ssize_t ret;

	while (done < len) {
		ret = pread(fd, to + done, len - done, (off_t)done);
		if (ret > 0)
			done += (size_t)ret;
		else if (!ret || errno != EINTR)
			return false;
	}
	return true;
}

bool rpc_file_may_come(void)
{
	return nr_closing < CLOSING_MAX;
}

static void *close_slowly(void *fd)
{
	close((int)(intptr_t)fd);
	nr_closing--;
	return NULL;
}

static void start_closer(int fd)
{
	pthread_attr_t attr;
	sigset_t all, mask;
	pthread_t thread;

	if (pthread_attr_init(&attr))
		return;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, CLOSER_STACK);
	/* Handlers of the program are for threads of the program. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &mask);
	pthread_create(&thread, &attr, close_slowly, (void *)(intptr_t)fd);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	pthread_attr_destroy(&attr);
}

/*
 * The file system of a file is asked when it is closed, and if that is a process it may answer
 * when it likes: not even SIGKILL ends the wait. So this is for a thread of its own. If there can
 * be none the file stays open and is counted, which is better than to wait.
 */
void rpc_file_close(int fd)
{
	if (rpc_file_len(fd) >= 0) {
		close(fd);
		return;
	}
	nr_closing++;
	start_closer(fd);
}

/* The threads are not in a child; what they were to close is as good as lost there. */
static void forget_closers(void)
{
	nr_closing = 0;
}

__attribute__((constructor)) static void prepare_forks(void)
{
	pthread_atfork(NULL, NULL, forget_closers);
}
