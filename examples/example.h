/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the examples share: saying what happens as it happens, and giving up
 * when something does not hold.
 */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static inline double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* When the program began; inherited over fork. */
static double start;

/* A line with the seconds since the start and who says it. */
__attribute__((format(printf, 2, 3))) static inline void
say(const char *who, const char *format, ...)
{
	char line[256];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	printf("%6.2f s  %-9s %s\n", now() - start, who, line);
	fflush(stdout);
}

/* The program holds what it promises only if its children do. */
static inline void wait_for(pid_t child, const char *who)
{
	int status;

	if (waitpid(child, &status, 0) < 0)
		err(1, "waitpid");
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		errx(1, "the %s failed", who);
}

static inline pid_t start_child(void)
{
	pid_t child = fork();

	if (child < 0)
		err(1, "fork");
	return child;
}

#endif /* EXAMPLE_H */
