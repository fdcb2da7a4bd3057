// SPDX-License-Identifier: GPL-2.0-only
/*
 * What messages are made of: a number at both ends, which differs from message to message and
 * is checked of each, and between them, in a job that is not timed, words made of it, which are
 * checked as well.
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

static bool whole;

void message_whole(bool all)
{
	whole = all;
}

static uint64_t word(size_t at, uint64_t number)
{
	return (number << 32 ^ at) * 0x9e3779b97f4a7c15ULL;
}

static void fill(void *data, size_t len, uint64_t number)
{
	uint64_t value;

	for (size_t at = 0; at + sizeof(value) <= len; at += sizeof(value)) {
		value = word(at, number);
		memcpy((char *)data + at, &value, sizeof(value));
	}
}

void message_stamp(void *data, size_t len, uint64_t number)
{
	size_t width = len < sizeof(number) ? len : sizeof(number);

	if (whole)
		fill(data, len, number);
	memcpy(data, &number, width);
	if (len >= 2 * sizeof(number))
		memcpy((char *)data + len - sizeof(number), &number,
		       sizeof(number));
}

uint64_t message_number(const void *data, size_t len)
{
	uint64_t number = 0;

	memcpy(&number, data, len < sizeof(number) ? len : sizeof(number));
	return number;
}

/* What lies between the numbers. */
static void check_words(const void *data, size_t len, uint64_t number)
{
	uint64_t value;

	for (size_t at = sizeof(value); at + 2 * sizeof(value) <= len;
	     at += sizeof(value)) {
		memcpy(&value, (const char *)data + at, sizeof(value));
		if (value == word(at, number))
			continue;
		errno = 0;
		die("what is at %zu of message %#llx is wrong", at,
		    (unsigned long long)number);
	}
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
	if (message_number(data, len) != number || last != number) {
		errno = 0;
		die("message %#llx came as %#llx, and ends as %#llx",
		    (unsigned long long)number,
		    (unsigned long long)message_number(data, len),
		    (unsigned long long)last);
	}
	if (whole)
		check_words(data, len, number);
}
