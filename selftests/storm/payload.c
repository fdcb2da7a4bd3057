// SPDX-License-Identifier: GPL-2.0-only
/*
 * What messages are made of: a number that no other has, and bytes that follow from it,
 * so that one that was mixed or cut is known as such.
 */
#include <string.h>

#include "storm.h"

size_t payload_length(uint64_t value)
{
	uint64_t hash = value * 0x9e3779b97f4a7c15ULL >> 40;

	switch (hash % 10) {
	case 0:
		return sizeof(value) + hash % (STORM_PAYLOAD - sizeof(value));
	case 1:
	case 2:
	case 3:
		return sizeof(value) + hash % 600;
	default:
		return sizeof(value) + hash % 56;
	}
}

static unsigned int payload_hash(uint64_t value, unsigned int salt)
{
	return (value + salt) * 0x9e3779b97f4a7c15ULL >> 40;
}

unsigned int payload_type(uint64_t value)
{
	return 1 + payload_hash(value, 1) % STORM_TYPES;
}

/* Few levels, which lie together and far apart. */
unsigned int payload_priority(uint64_t value)
{
	static const unsigned int levels[] = { 0, 1, 63, 64, 32767 };

	return levels[payload_hash(value, 2) % 5];
}

static char payload_byte(uint64_t value, size_t i)
{
	return value * 31 + i * 7 + (i >> 8);
}

void payload_fill(char *bytes, uint64_t value, size_t length)
{
	size_t i;

	memcpy(bytes, &value, sizeof(value));
	for (i = sizeof(value); i < length; i++)
		bytes[i] = payload_byte(value, i);
}

uint64_t payload_value(const char *bytes, size_t length, bool whole)
{
	uint64_t value;
	size_t i;

	if (length < sizeof(value))
		return 0;
	memcpy(&value, bytes, sizeof(value));
	if (whole && length != payload_length(value))
		return 0;
	for (i = sizeof(value); i < length; i++)
		if (bytes[i] != payload_byte(value, i))
			return 0;
	return value;
}
