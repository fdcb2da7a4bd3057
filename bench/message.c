// SPDX-License-Identifier: GPL-2.0-only
/*
 * What messages are made of: a pattern, with a number at both ends that differs from message
 * to message. Numbers are checked of each message, the whole pattern of some, outside of what
 * is timed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

/* A page, so that messages of whole pages begin at one. */
#define HEADROOM 4096

void *message_alloc(size_t len)
{
	void *memory;

	errno = posix_memalign(&memory, HEADROOM, HEADROOM + len);
	if (errno)
		die("no memory");
	memset(memory, 0, HEADROOM + len);
	return (char *)memory + HEADROOM;
}

void message_free(void *data)
{
	free((char *)data - HEADROOM);
}

static unsigned char pattern(size_t at, uint64_t number)
{
	return (unsigned char)(at * 7 + number);
}

void message_stamp(void *data, size_t len, uint64_t number)
{
	size_t width = len < sizeof(number) ? len : sizeof(number);

	memcpy(data, &number, width);
	if (len >= 2 * sizeof(number))
		memcpy((char *)data + len - sizeof(number), &number,
		       sizeof(number));
}

void message_fill(void *data, size_t len, uint64_t number)
{
	unsigned char *byte = data;

	for (size_t i = 0; i < len; i++)
		byte[i] = pattern(i, number);
	message_stamp(data, len, number);
}

uint64_t message_number(const void *data, size_t len)
{
	uint64_t number = 0;

	memcpy(&number, data, len < sizeof(number) ? len : sizeof(number));
	return number;
}

void message_check(const void *data, size_t len, uint64_t number)
{
	uint64_t last;

	if (len < sizeof(number))
		number &= (1ULL << (8 * len)) - 1;
	last = number;
	if (len >= 2 * sizeof(number))
		memcpy(&last, (const char *)data + len - sizeof(number),
		       sizeof(number));
	if (message_number(data, len) == number && last == number)
		return;
	errno = 0;
	die("message %#llx came as %#llx, and ends as %#llx",
	    (unsigned long long)number,
	    (unsigned long long)message_number(data, len),
	    (unsigned long long)last);
}

void message_check_all(const void *data, size_t len, uint64_t number)
{
	const unsigned char *byte = data;

	message_check(data, len, number);
	for (size_t i = sizeof(number); i + sizeof(number) < len; i++) {
		if (byte[i] == pattern(i, number))
			continue;
		errno = 0;
		die("byte %zu of message %llu is wrong", i,
		    (unsigned long long)number);
	}
}
