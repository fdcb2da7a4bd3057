// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Messages that are too long for their mailbox, or for the room that a caller keeps: they
 * go in a file that belongs to no file system. Neither side trusts the other: a file is
 * taken only if it is of memory and sealed, so that to read it neither waits nor changes.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL	0x0008U
#endif

#define SEALS	(F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

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
