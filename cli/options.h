/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of options, as those who parse and explain them see it.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "cli.h"

enum option_kind {
	FLAG,
	NUMBER,
	BYTES,
	SECONDS,
	CAPACITY,
	MODE,
	WORD,
	TEXT,
};

/**
 * struct option_entry - an option
 * @spec: what is shown of it
 * @kind: what it takes
 * @offset: where that goes, in struct settings
 * @least: of a number
 * @most: of a number, 0 for any
 */
struct option_entry {
	struct option_spec spec;
	enum option_kind kind;
	size_t offset;
	uint64_t least, most;
};

extern const struct option_entry option_entries[OPTIONS];

#endif /* OPTIONS_H */
