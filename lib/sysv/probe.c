// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Bad addresses. The kernel's queues answer them with EFAULT; a library that touched them
 * would be killed by SIGSEGV. So the kernel is asked first, by calls that change nothing.
 */
#include <linux/futex.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "internal.h"

/* Set a mask of signals in an impossible way: it is read first, and then refused. */
int sysv_probe_read(const void *address)
{
	/* There it stands for "no mask". */
	if (!address)
		return sysv_fail(EFAULT);
	if (!syscall(SYS_rt_sigprocmask, ~0, address, NULL, sizeof(long)))
		return 0;
	return errno == EFAULT ? -1 : 0;
}

/* Have 0 added to it by an operation of futexes that wakes nobody. */
int sysv_probe_write(void *address)
{
	uint32_t nobody = 0;

	/* The kernel has futexes at no others. */
	if ((uintptr_t)address % sizeof(uint32_t))
		return 0;
	if (syscall(SYS_futex, &nobody, FUTEX_WAKE_OP_PRIVATE, 0, NULL, address,
		    FUTEX_OP(FUTEX_OP_ADD, 0, FUTEX_OP_CMP_EQ, 0)) >= 0)
		return 0;
	return errno == EFAULT ? -1 : 0;
}

int sysv_copy_in(void *to, const void *from, size_t size)
{
	struct iovec here = { to, size },
		     there = { (void *)(uintptr_t)from, size };
	ssize_t done = process_vm_readv(getpid(), &here, 1, &there, 1, 0);

	if (done == (ssize_t)size)
		return 0;
	if (done >= 0 || errno == EFAULT)
		return sysv_fail(EFAULT);
	/* A kernel, or a filter, that does not know this call. */
	memcpy(to, from, size);
	return 0;
}

int sysv_copy_out(void *to, const void *from, size_t size)
{
	struct iovec here = { (void *)(uintptr_t)from, size },
		     there = { to, size };
	ssize_t done = process_vm_writev(getpid(), &here, 1, &there, 1, 0);

	if (done == (ssize_t)size)
		return 0;
	if (done >= 0 || errno == EFAULT)
		return sysv_fail(EFAULT);
	memcpy(to, from, size);
	return 0;
}
