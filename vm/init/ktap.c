// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts the results of a test while it prints them, as KTAP has them: a plan
 * "1..N", then "ok N" or "not ok N" in order, with "# SKIP reason" where a case
 * did not run. Lines that begin with a blank belong to subtests, whose outcome
 * the line of their parent repeats.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "init.h"

void ktap_start(struct ktap *ktap, const char *name)
{
	memset(ktap, 0, sizeof(*ktap));
	ktap->name = name;
	ktap->planned = -1;
}

static void count_plan(struct ktap *ktap, const char *text)
{
	if (ktap->planned >= 0)
		report_bad(ktap->name, "a second plan: 1..%s", text);
	else
		ktap->planned = atoi(text);
}

/* After the word SKIP stands the reason; the harness has a word for "none". */
static bool has_reason(const char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	return *text && strcmp(text, "unknown");
}

static void count_result(struct ktap *ktap, bool ok, const char *text)
{
	int number = atoi(text);
	const char *skip = strcasestr(text, "# SKIP");

	if (number != ktap->passed + ktap->failed + ktap->skipped + 1)
		report_bad(ktap->name, "result out of order: %s", text);
	if (!ok) {
		ktap->failed++;
		report_bad(ktap->name, "not ok %s", text);
	} else if (skip) {
		ktap->skipped++;
		if (!has_reason(skip + strlen("# SKIP")))
			report_bad(ktap->name, "skipped without a reason: %s",
				   text);
	} else {
		ktap->passed++;
	}
}

static void count_line(struct ktap *ktap)
{
	const char *line = ktap->line;

	if (!strncmp(line, "1..", 3))
		count_plan(ktap, line + 3);
	else if (!strncmp(line, "ok ", 3))
		count_result(ktap, true, line + 3);
	else if (!strncmp(line, "not ok ", 7))
		count_result(ktap, false, line + 7);
}

void ktap_finish(struct ktap *ktap)
{
	ktap->line[ktap->length] = '\0';
	count_line(ktap);
	ktap->length = 0;
}

void ktap_feed(struct ktap *ktap, const char *data, unsigned int length)
{
	for (; length; length--, data++) {
		if (*data == '\n')
			ktap_finish(ktap);
		else if (ktap->length < sizeof(ktap->line) - 1)
			ktap->line[ktap->length++] = *data;
	}
}
