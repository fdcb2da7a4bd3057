// SPDX-License-Identifier: GPL-2.0-only
/*
 * How ls, stat and top show what is no plain number. Each text is to be freed.
 */
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"

static char *number_text(uint64_t number)
{
	char *text;

	if (asprintf(&text, "%" PRIu64, number) < 0)
		need(NULL);
	return text;
}

char *mode_text(uint32_t mode)
{
	char *text = need(strdup("prwxrwxrwx"));
	int i;

	for (i = 0; i < 9; i++)
		if (!(mode & 0400U >> i))
			text[1 + i] = '-';
	return text;
}

char *user_text(uint32_t uid)
{
	const struct passwd *user = getpwuid(uid);

	return user ? need(strdup(user->pw_name)) : number_text(uid);
}

char *group_text(uint32_t gid)
{
	const struct group *group = getgrgid(gid);

	return group ? need(strdup(group->gr_name)) : number_text(gid);
}

char *time_text(uint64_t ns)
{
	time_t seconds = (time_t)(ns / 1000000000);
	char text[64] = "-";
	struct tm tm;

	if (ns && localtime_r(&seconds, &tm))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S%z", &tm);
	return need(strdup(text));
}

char *capacity_text(uint64_t capacity)
{
	if (capacity == IPCMBOX_UNBOUNDED)
		return need(strdup("unbounded"));
	return number_text(capacity);
}
