// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The limits of the system: those that root has set for the kernel's own queues.
 */
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

/* Without stdio, which would allocate. Returns how many bytes; the text ends with a 0. */
ssize_t sysv_read_file(const char *path, char *buffer, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t got = 0;

	if (fd < 0)
		return -1;
	while (len < size - 1) {
		got = read(fd, buffer + len, size - 1 - len);
		if (got <= 0)
			break;
		len += (size_t)got;
	}
	sysv_close(fd);
	buffer[len] = 0;
	return got < 0 ? -1 : (ssize_t)len;
}

static unsigned long limit(const char *path, unsigned long otherwise)
{
	struct sysv_guard guard;
	char text[32];
	ssize_t len;

	sysv_guard_enter(&guard);
	len = sysv_read_file(path, text, sizeof(text));
	sysv_guard_leave(&guard);
	return len > 0 ? strtoul(text, NULL, 10) : otherwise;
}

unsigned long sysv_msgmax(void)
{
	return limit("/proc/sys/kernel/msgmax", 8192);
}

/* Is a message not too long? Asks anew only if it would be, so a lower limit is seen late. */
bool sysv_fits_msgmax(size_t size)
{
	static _Atomic unsigned long known;

	if (size > atomic_load_explicit(&known, memory_order_relaxed))
		atomic_store_explicit(&known, sysv_msgmax(),
				      memory_order_relaxed);
	return size <= atomic_load_explicit(&known, memory_order_relaxed);
}

unsigned long sysv_msgmnb(void)
{
	return limit("/proc/sys/kernel/msgmnb", 16384);
}

unsigned long sysv_msgmni(void)
{
	return limit("/proc/sys/kernel/msgmni", 32000);
}

bool sysv_capable(unsigned int capability)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data))
		return false;
	return data[CAP_TO_INDEX(capability)].effective &
	       CAP_TO_MASK(capability);
}
