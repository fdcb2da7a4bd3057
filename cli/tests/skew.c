// SPDX-License-Identifier: GPL-2.0-only
/*
 * To be preloaded: a module of another version, for the tests of doctor.
 */
#include <ipcmbox.h>
#include <stdlib.h>

static uint64_t number(const char *name)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : 0;
}

int ipcmbox_version(int ctl, uint32_t *version, uint64_t *features)
{
	(void)ctl;
	if (version)
		*version = (uint32_t)number("SKEW_VERSION");
	if (features)
		*features = ~number("SKEW_LACKS");
	return 0;
}
