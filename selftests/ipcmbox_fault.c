// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults on demand. See ipcmbox_fault.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ipcmbox_fault.h"

#define FAIL_NTH	"/proc/thread-self/fail-nth"
#define DEBUGFS		"/sys/kernel/debug/"

static __thread int fail_nth = -1;

static bool fault_set(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool set = fd >= 0 && write(fd, value, strlen(value)) > 0;

	if (fd >= 0)
		close(fd);
	return set;
}

bool fault_init(void)
{
	/* A fault that is asked for is no news, and one that may sleep counts. */
	static const char *const settings[][2] = {
		{ DEBUGFS "failslab/verbose", "0" },
		{ DEBUGFS "failslab/ignore-gfp-wait", "N" },
		{ DEBUGFS "fail_page_alloc/verbose", "0" },
		{ DEBUGFS "fail_page_alloc/ignore-gfp-wait", "N" },
		{ DEBUGFS "fail_page_alloc/ignore-gfp-highmem", "N" },
		{ DEBUGFS "fail_page_alloc/min-order", "0" },
		{ DEBUGFS "fail_usercopy/verbose", "0" },
	};
	size_t i;

	if (access(FAIL_NTH, F_OK))
		return false;
	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		if (!fault_set(settings[i][0], settings[i][1])) {
			fprintf(stderr, "%s: %s\n", settings[i][0],
				strerror(errno));
			return false;
		}
	}
	return true;
}

/* A thread that cannot be armed would pass whatever happens. */
static void fault_need(bool condition)
{
	if (condition)
		return;
	fprintf(stderr, FAIL_NTH ": %s\n", strerror(errno));
	abort();
}

void fault_arm(unsigned int nth)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%u", nth);

	if (fail_nth < 0) {
		fail_nth = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
		fault_need(fail_nth >= 0);
	}
	fault_need(pwrite(fail_nth, text, length, 0) == length);
}

bool fault_disarm(void)
{
	char text[16] = "";
	ssize_t length = pread(fail_nth, text, sizeof(text) - 1, 0);

	if (length > 0 && !atoi(text))
		return true;
	/* Reading and writing copy user memory too, and may be what fails. */
	fault_need(length > 0 || errno == EFAULT);
	fault_need(pwrite(fail_nth, "0", 1, 0) == 1 || errno == EFAULT);
	return false;
}
