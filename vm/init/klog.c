// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looks for what should not be in the kernel log, as klog_judge.h has it. Nothing that
 * a test does may cause such a line.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "init.h"
#include "klog_judge.h"

/* What loading any unsigned module from outside of the kernel tree says. */
static const char *const loading_words[] = {
	"loading out-of-tree module taints kernel",
	"module verification failed: signature and/or required key missing",
};

/* What begins a report of KCSAN, and a line that ends it. */
#define KCSAN_HEAD "BUG: KCSAN: "
#define KCSAN_RULE "=================="

/* Of the line over the functions of an access: "write to 0x... of 8 bytes by ...:". */
#define KCSAN_ACCESS " bytes by "
/* In that line, where the access is known to race, as that of an atomic is. */
#define KCSAN_MARKED " (marked) "

/*
 * A report of KCSAN that is being read. The kernel has races of its own, also below the
 * module, as that of a sleeper with its timer: only those are the module's in which it
 * makes an access itself or calls the function that does. Of a function that marks its access
 * the caller need not know: so a work queue looks at what has just been queued.
 */
static struct {
	bool open;
	bool ours;
	unsigned int functions;		/* that follow, from the access up */
	char head[512];
} race;

static int klog = -1;

static bool is_bad(int level, const char *text, bool loading)
{
	if (loading &&
	    klog_has_word(text, loading_words, ARRAY_SIZE(loading_words)))
		return false;
	return klog_is_bad(level, text);
}

/* A function or an object of the module; a test program may have its name as well. */
static bool speaks_of_us(const char *text)
{
	return strstr(text, "[" MODULE "]") || strstr(text, "imb_");
}

/* Another report may come in between, from the other CPU. */
static bool begins_other_report(const char *text)
{
	static const char *const heads[] = {
		"BUG: ", "WARNING: ", "INFO: ", "Oops", "UBSAN: ", "ODEBUG: ",
	};

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		if (!strncmp(text, heads[i], strlen(heads[i])))
			return strncmp(text, KCSAN_HEAD, strlen(KCSAN_HEAD));
	return false;
}

/*
 * Takes the lines of KCSAN's reports out of the log; at the end of one that is ours
 * *@text becomes its head. Returns whether the line is dealt with.
 */
static bool swallow_race(const char **text)
{
	const char *line = *text;

	if (!strncmp(line, KCSAN_HEAD, strlen(KCSAN_HEAD))) {
		race.open = true;
		race.ours = speaks_of_us(line);
		race.functions = 0;
		snprintf(race.head, sizeof(race.head), "%s", line);
	}
	if (!race.open)
		return !strncmp(line, KCSAN_RULE, strlen(KCSAN_RULE));
	if (begins_other_report(line))
		return false;
	if (strstr(line, KCSAN_ACCESS)) {
		race.functions = strstr(line, KCSAN_MARKED) ? 1 : 2;
	} else if (race.functions) {
		race.functions--;
		race.ours |= speaks_of_us(line);
	}
	if (strncmp(line, KCSAN_RULE, strlen(KCSAN_RULE)))
		return true;
	race.open = false;
	*text = race.head;
	return !race.ours;
}

/* Lines from before the first scan are the kernel's own affair. */
void klog_open(void)
{
	klog = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (klog < 0 || lseek(klog, 0, SEEK_END) < 0)
		report_bad("load", "/dev/kmsg: %s", strerror(errno));
}

/* Reads one line of the log into @record; NULL at its end. */
static char *next_line(const char *name, char *record, size_t size)
{
	for (;;) {
		ssize_t length = read(klog, record, size - 1);

		if (length < 0 && errno == EPIPE) {
			report_bad(name, "the kernel log overran");
			continue;
		}
		if (length < 0 && errno != EAGAIN)
			report_bad(name, "/dev/kmsg: %s", strerror(errno));
		if (length <= 0)
			return NULL;
		/* "priority,number,time,flags;text\n key=value\n..." */
		record[length] = '\0';
		record[strcspn(record, "\n")] = '\0';
		return record;
	}
}

/* One splat has many lines: all go to the console, the most telling counts. */
void klog_scan(const char *name, bool loading)
{
	char record[8192], telling[512] = "";
	unsigned int count = 0;
	bool told = false;

	while (next_line(name, record, sizeof(record))) {
		const char *text = strchr(record, ';');

		if (!text)
			continue;
		text++;
		if (swallow_race(&text) ||
		    !is_bad(atoi(record) & 7, text, loading))
			continue;
		dprintf(STDERR_FILENO, "vm: %s: kernel log: %s\n", name, text);
		if (!count++ || (!told && klog_has_bad_word(text))) {
			told = klog_has_bad_word(text);
			snprintf(telling, sizeof(telling), "%s", text);
		}
	}
	if (count)
		report_bad(name, "kernel log: %s (%u lines)", telling, count);
}

void klog_finish(const char *name)
{
	if (race.open)
		report_bad(name, "kernel log: cut off: %s", race.head);
}
