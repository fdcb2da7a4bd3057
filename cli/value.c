// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers and words as people write them on a command line.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

/* Digits, of which @end is set to what follows. */
static bool parse(const char *text, int base, uint64_t *value, char **end)
{
	/* strtoull() takes signs and spaces, too. */
	if (!isxdigit((unsigned char)*text))
		return false;
	errno = 0;
	*value = strtoull(text, end, base);
	return !errno && *end != text;
}

bool value_number(const char *text, uint64_t *value)
{
	char *end;

	return parse(text, 0, value, &end) && !*end;
}

bool value_mode(const char *text, uint64_t *value)
{
	char *end;

	return parse(text, 8, value, &end) && !*end && *value <= 0777;
}

bool value_bytes(const char *text, uint64_t *value)
{
	static const char units[] = "KMGT";
	const char *unit;
	char *end;

	if (!parse(text, 0, value, &end))
		return false;
	if (!*end)
		return true;
	unit = strchr(units, toupper((unsigned char)*end));
	if (!unit || (end[1] && strcmp(end + 1, "iB")))
		return false;
	return !__builtin_mul_overflow(*value, 1ULL << 10 * (unit - units + 1),
				       value);
}

bool value_seconds(const char *text, uint64_t *ns)
{
	uint64_t part = 0, unit = 100000000;
	char *end = (char *)text;

	*ns = 0;
	if (*text != '.' && !parse(text, 10, ns, &end))
		return false;
	if (__builtin_mul_overflow(*ns, 1000000000ULL, ns))
		return false;
	if (*end == '.') {
		if (!isdigit((unsigned char)*++end))
			return false;
		for (; isdigit((unsigned char)*end); end++, unit /= 10)
			part += unit * (uint64_t)(*end - '0');
	}
	return !*end && !__builtin_add_overflow(*ns, part, ns);
}

bool value_capacity(const char *text, uint64_t *value)
{
	if (!strcmp(text, "unbounded"))
		*value = IPCMBOX_UNBOUNDED;
	else if (!strcmp(text, "rendezvous"))
		*value = IPCMBOX_RENDEZVOUS;
	else
		return value_number(text, value) &&
		       *value <= IPCMBOX_CAPACITY_MAX;
	return true;
}

bool value_word(const char *text, const char *words, uint64_t *index)
{
	size_t len = strlen(text), word;

	for (*index = 0; *words; ++*index) {
		word = strcspn(words, " ");
		if (word == len && !memcmp(words, text, len))
			return true;
		words += word;
		words += strspn(words, " ");
	}
	return false;
}

const char *value_word_at(const char *words, uint64_t index)
{
	static char word[32];

	for (; *words; index--) {
		size_t len = strcspn(words, " ");

		if (!index && len < sizeof(word)) {
			memcpy(word, words, len);
			word[len] = 0;
			return word;
		}
		words += len;
		words += strspn(words, " ");
	}
	return NULL;
}
