// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names and messages are bytes of others. On a terminal they must not move the cursor, or
 * pass for something else; in JSON they must be UTF-8.
 *
 * A byte that is not shown as it is becomes \xHH. So that this can be undone, a backslash
 * before an x becomes \x5c. It is what libsmartcols does, with more that it hides.
 */
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

/*
 * The character at @data: how many bytes, and its number in @code; 0 bytes if there is
 * none: overlong forms, surrogates and what is beyond Unicode are not UTF-8.
 */
static size_t decode(const unsigned char *data, size_t len, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t bytes, i;

	if (data[0] < 0x80) {
		*code = data[0];
		return 1;
	}
	if (data[0] >= 0xc0 && data[0] < 0xe0)
		bytes = 2;
	else if (data[0] >= 0xe0 && data[0] < 0xf0)
		bytes = 3;
	else if (data[0] >= 0xf0 && data[0] < 0xf8)
		bytes = 4;
	else
		return 0;
	if (bytes > len)
		return 0;
	*code = data[0] & (0x7fU >> bytes);
	for (i = 1; i < bytes; i++) {
		if ((data[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (data[i] & 0x3f);
	}
	if (*code < least[bytes] || *code > 0x10ffff ||
	    (*code >= 0xd800 && *code < 0xe000))
		return 0;
	return bytes;
}

/* What controls a terminal, is not seen, or changes the direction of what is. */
static bool harmful(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0xad ||
	       code == 0x61c || (code >= 0x200b && code <= 0x200f) ||
	       (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2060 && code <= 0x206f) || code == 0xfeff ||
	       (code >= 0xfff0 && code <= 0xfffb) ||
	       (code >= 0xe0000 && code < 0xe1000);
}

static bool shown(uint32_t code, enum escape_form form)
{
	if (form == ESCAPE_UTF8)
		return true;
	if (form == ESCAPE_TEXT && (code == '\n' || code == '\t'))
		return true;
	if (code >= 0x80 && strcmp(nl_langinfo(CODESET), "UTF-8"))
		return false;
	return !harmful(code);
}

char *escape(const char *data, size_t len, enum escape_form form)
{
	const unsigned char *from = (const unsigned char *)data;
	char *text = need(malloc(4 * len + 1)), *to = text;
	size_t i, bytes, done;
	uint32_t code;

	for (i = 0; i < len; i += done) {
		bytes = decode(from + i, len - i, &code);
		done = bytes ? bytes : 1;
		if (bytes && shown(code, form) &&
		    !(code == '\\' && i + 1 < len && from[i + 1] == 'x')) {
			memcpy(to, from + i, bytes);
			to += bytes;
			continue;
		}
		for (bytes = 0; bytes < done; bytes++)
			to += sprintf(to, "\\x%02x", from[i + bytes]);
	}
	*to = 0;
	return text;
}

static int digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = c ? strchr(digits, c | 0x20) : NULL;

	return found ? (int)(found - digits) : -1;
}

bool unescape(char *name)
{
	char *from = name, *to = name;

	while (*from) {
		if (from[0] != '\\' || from[1] != 'x') {
			*to++ = *from++;
			continue;
		}
		if (digit(from[2]) < 0 || digit(from[3]) < 0)
			return false;
		*to = (char)(digit(from[2]) << 4 | digit(from[3]));
		if (!*to++)
			return false;
		from += 4;
	}
	*to = 0;
	return true;
}

bool is_utf8(const char *data, size_t len)
{
	size_t i, bytes;
	uint32_t code;

	for (i = 0; i < len; i += bytes) {
		bytes = decode((const unsigned char *)data + i, len - i, &code);
		if (!bytes)
			return false;
	}
	return true;
}

/* As JSON has it: beyond 16 bits it is two halves. */
static void json_number(FILE *out, uint32_t code)
{
	if (code < 0x10000)
		fprintf(out, "\\u%04x", code);
	else
		fprintf(out, "\\u%04x\\u%04x", 0xd7c0 + (code >> 10),
			0xdc00 + (code & 0x3ff));
}

void json_string(FILE *out, const char *data, size_t len)
{
	size_t i, bytes;
	uint32_t code;

	putc('"', out);
	for (i = 0; i < len; i += bytes) {
		bytes = decode((const unsigned char *)data + i, len - i, &code);
		if (!bytes)
			break;
		if (code == '"' || code == '\\')
			fprintf(out, "\\%c", (char)code);
		else if (shown(code, ESCAPE_NAME))
			fwrite(data + i, 1, bytes, out);
		else
			json_number(out, code);
	}
	putc('"', out);
}

void json_name(FILE *out, const char *name)
{
	char *text = escape(name, strlen(name), ESCAPE_UTF8);

	json_string(out, text, strlen(text));
	free(text);
}

void json_base64(FILE *out, const char *data, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *from = (const unsigned char *)data;
	size_t i, j;

	putc('"', out);
	for (i = 0; i < len; i += 3) {
		uint32_t bits = 0;

		for (j = 0; j < 3; j++)
			bits = bits << 8 | (i + j < len ? from[i + j] : 0);
		for (j = 0; j < 4; j++)
			putc(i + j > len ? '=' :
					   digits[bits >> (18 - 6 * j) & 63],
			     out);
	}
	putc('"', out);
}
