// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which messages recv, peek and serve want.
 */
#include "cli.h"

bool match_single(const struct settings *set)
{
	return set->given[OPT_MATCH_TYPE] + set->given[OPT_MATCH_TYPE_MAX] +
		       set->given[OPT_MATCH_TYPE_NOT] +
		       set->given[OPT_MATCH_FROM] <
	       2;
}

struct ipcmbox_recv_options match_options(const struct settings *set)
{
	struct ipcmbox_recv_options options = {
		.flags = set->dontwait ? IPCMBOX_DONTWAIT : 0,
		.match_value = set->match_value,
	};

	if (set->given[OPT_MATCH_TYPE])
		options.match = IPCMBOX_MATCH_TYPE;
	else if (set->given[OPT_MATCH_TYPE_MAX])
		options.match = IPCMBOX_MATCH_TYPE_MAX;
	else if (set->given[OPT_MATCH_TYPE_NOT])
		options.match = IPCMBOX_MATCH_TYPE_NOT;
	else if (set->given[OPT_MATCH_FROM])
		options.match = IPCMBOX_MATCH_SENDER;
	return options;
}
