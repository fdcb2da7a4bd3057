// SPDX-License-Identifier: GPL-2.0-only
/*
 * What goes wrong, in one line on the standard error, and with what status the program
 * then exits.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

static const char *said_by;

void say_command(const char *name)
{
	said_by = name;
}

void *need(void *memory)
{
	if (memory)
		return memory;
	fputs("ipcmbox: there is no memory left\n", stderr);
	exit(STATUS_ERROR);
}

static void say_line(const char *format, va_list args, const char *reason)
{
	char *text, *line;

	if (vasprintf(&text, format, args) < 0)
		need(NULL);
	line = escape(text, strlen(text), ESCAPE_NAME);
	fprintf(stderr, "ipcmbox%s%s: %s%s%s\n", said_by ? " " : "",
		said_by ? said_by : "", line, reason ? ": " : "",
		reason ? reason : "");
	free(line);
	free(text);
}

void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_line(format, args, NULL);
	va_end(args);
}

const char *describe(int error)
{
	switch (error) {
	case EAGAIN:
		return "it would have to wait";
	case ETIMEDOUT:
		return "the time is over";
	case EIDRM:
		return "the mailbox was destroyed";
	case EPIPE:
		return "nobody is at the other side any more";
	case EXFULL:
		return "this user has his fair share of the room already";
	case EDQUOT:
		return "a quota is used up (/sys/module/ipcmbox/parameters)";
	case ENOBUFS:
		return "the mailbox holds as many bytes as it may";
	case EOWNERDEAD:
		return "who received the call has ended without an answer";
	case ECANCELED:
		return "the message was discarded";
	case EBUSY:
		return "the mailbox is for another process";
	case ENOTTY:
		return "this is nothing of ipcmbox";
	default:
		return strerror(error);
	}
}

int status_of(int error)
{
	switch (error) {
	case EAGAIN:
		return STATUS_WOULD_BLOCK;
	case ETIMEDOUT:
		return STATUS_TIMED_OUT;
	default:
		return STATUS_ERROR;
	}
}

int fail(const char *format, ...)
{
	int error = errno;
	va_list args;

	va_start(args, format);
	say_line(format, args, describe(error));
	va_end(args);
	return status_of(error);
}

int usage_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_line(format, args, NULL);
	va_end(args);
	fprintf(stderr, "Try 'ipcmbox%s%s --help'.\n", said_by ? " " : "",
		said_by ? said_by : "");
	return STATUS_USAGE;
}

bool colours(FILE *stream)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	return !(no_color && *no_color) && isatty(fileno(stream)) && term &&
	       strcmp(term, "dumb");
}
