// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the bench fails: one line that says what was being measured.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

static struct {
	const char *cell, *peer;
	unsigned long point;
} now;

void failing(const char *cell, const char *peer, unsigned long point)
{
	now.cell = cell;
	now.peer = peer;
	now.point = point;
}

void die(const char *format, ...)
{
	int error = errno;
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (now.cell)
		dprintf(STDERR_FILENO, "ipcmbox-bench: %s, %s, %lu: %s%s%s\n",
			now.cell, now.peer, now.point, text, error ? ": " : "",
			error ? strerror(error) : "");
	else
		dprintf(STDERR_FILENO, "ipcmbox-bench: %s%s%s\n", text,
			error ? ": " : "", error ? strerror(error) : "");
	sysv_clean_up();
	_exit(1);
}

void *must_alloc(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory)
		die("no memory");
	return memory;
}

long must(long result, const char *what)
{
	if (result < 0)
		die("%s", what);
	return result;
}

void must_move(long moved, size_t len, const char *what)
{
	must(moved, what);
	errno = 0;
	if ((size_t)moved != len)
		die("%s moved %ld bytes of %zu", what, moved, len);
}
