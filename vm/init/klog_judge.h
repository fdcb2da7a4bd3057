/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which lines of the kernel log are bad: for PID 1 of the test VM and for the fuzzer.
 * A line is bad if its level is warning or worse, if it speaks of the module, or if it
 * has a word that the kernel's checkers use at lower levels.
 */
#ifndef KLOG_JUDGE_H
#define KLOG_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define LEVEL_WARNING 4

static inline bool klog_has_word(const char *text, const char *const *words,
				 size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strstr(text, words[i]))
			return true;
	return false;
}

static inline bool klog_has_bad_word(const char *text)
{
	static const char *const words[] = {
		"ipcmbox",    "imb_",	     "BUG",
		"WARNING",    "Oops",	     "Objects remaining",
		"INFO: task", "INFO: rcu",   "locking dependency",
		"lock state", "lock held",   "suspicious",
		"refcount_t", "memory leak", "KASAN",
		"KCSAN",      "UBSAN",	     "DEBUG_LOCKS",
		"list_add",   "list_del",    "ODEBUG",
		"usercopy",   "soft lockup", "sleeping function called",
	};

	return klog_has_word(text, words, sizeof(words) / sizeof(words[0]));
}

static inline bool klog_is_bad(int level, const char *text)
{
	/* Slow emulation, seen on an idle guest too. */
	static const char *const clock_words[] = {
		"hrtimer: interrupt took",
		"clocksource: ",
	};

	if (klog_has_bad_word(text))
		return true;
	return level <= LEVEL_WARNING &&
	       !klog_has_word(text, clock_words,
			      sizeof(clock_words) / sizeof(clock_words[0]));
}

#endif /* KLOG_JUDGE_H */
