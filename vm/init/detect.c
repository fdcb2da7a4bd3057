// SPDX-License-Identifier: GPL-2.0-only
/*
 * Detectors of the debug kernels that have to be asked: KCSAN, which is off while
 * the kernel boots, and kmemleak, which looks for leaks when it is told to. On
 * other kernels there is nothing to do.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "init.h"

#define KCSAN	 "/sys/kernel/debug/kcsan"
#define KMEMLEAK "/sys/kernel/debug/kmemleak"

/* Kmemleak calls nothing a leak that is younger than 5 s. */
#define LEAK_AGE_MS 6000

static bool tell(const char *path, const char *word)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool told;

	if (fd < 0 && errno == ENOENT)
		return false;
	told = fd >= 0 && write(fd, word, strlen(word)) > 0;
	if (!told)
		report_bad("load", "%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return told;
}

/* What leaked while the kernel booted is not the module's. */
void detect_start(void)
{
	tell(KCSAN, "on");
	if (!tell(KMEMLEAK, "scan"))
		return;
	nap_ms(LEAK_AGE_MS);
	tell(KMEMLEAK, "scan");
	tell(KMEMLEAK, "clear");
}

void detect_leaks(const char *name)
{
	char line[256];
	FILE *file;

	if (access(KMEMLEAK, F_OK))
		return;
	nap_ms(LEAK_AGE_MS);
	/* A pointer that moved during the first scan is found by the second. */
	if (!tell(KMEMLEAK, "scan") || !tell(KMEMLEAK, "scan"))
		return;
	file = fopen(KMEMLEAK, "re");
	if (!file) {
		report_bad(name, "%s: %s", KMEMLEAK, strerror(errno));
		return;
	}
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		dprintf(STDERR_FILENO, "vm: %s: kmemleak: %s\n", name, line);
		if (!strncmp(line, "unreferenced", strlen("unreferenced")))
			report_bad(name, "kmemleak: %s", line);
	}
	fclose(file);
	/* Kmemleak has told the log too, and each leak is reported once. */
	tell(KMEMLEAK, "clear");
}
