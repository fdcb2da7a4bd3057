// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a call does before and after it works on what is shared in the process.
 */
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

void sysv_guard_enter(struct sysv_guard *guard)
{
	sigset_t all;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &guard->cancel);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &guard->signals);
}

/* Keeps errno. */
void sysv_guard_leave(const struct sysv_guard *guard)
{
	int error = errno;

	pthread_sigmask(SIG_SETMASK, &guard->signals, NULL);
	pthread_setcancelstate(guard->cancel, NULL);
	errno = error;
}

/* Not close(3), in which a thread can be cancelled. Keeps errno. */
void sysv_close(int fd)
{
	int error = errno;

	syscall(SYS_close, fd);
	errno = error;
}

/* Without the module it is as on a kernel that was built without queues. */
int sysv_open_device(void)
{
	int ctl = ipcmbox_open();

	if (ctl >= 0)
		return ctl;
	switch (errno) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return sysv_fail(ENOSYS);
	case EMFILE:
	case ENFILE:
		return sysv_fail(ENOMEM);
	default:
		return -1;
	}
}
