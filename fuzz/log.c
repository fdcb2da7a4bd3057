// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel log. See log.h; vm/init/klog_judge.h says what is bad.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../vm/init/klog_judge.h"
#include "log.h"

static int klog = -1;
static unsigned long long taint;

static unsigned long long read_taint(void)
{
	FILE *file = fopen("/proc/sys/kernel/tainted", "re");
	unsigned long long bits = 0;

	if (file && fscanf(file, "%llu", &bits) != 1)
		bits = 0;
	if (file)
		fclose(file);
	return bits;
}

bool log_open(void)
{
	taint = read_taint();
	klog = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return klog >= 0 && lseek(klog, 0, SEEK_END) >= 0;
}

/* Words with a digit differ from time to time. */
static void sign(char *signature, const char *text)
{
	size_t length = 0, start = 0;
	bool number = false;

	for (; *text && length < SIGNATURE_MAX - 1; text++) {
		if (!isalnum(*text))
			start = length + 1;
		else
			number = isdigit(*text) || (length > start && number);
		if (number && isalnum(*text)) {
			length = start;
			signature[length++] = '#';
			continue;
		}
		signature[length++] = *text;
	}
	signature[length] = '\0';
}

/* The next line's text; NULL at the end. */
static char *next_line(char *record, size_t size, int *level)
{
	ssize_t length;
	char *text;

	for (;;) {
		length = read(klog, record, size - 1);
		if (length < 0 && errno == EPIPE)
			continue;
		if (length <= 0)
			return NULL;
		/* "priority,number,time,flags;text\n key=value\n..." */
		record[length] = '\0';
		record[strcspn(record, "\n")] = '\0';
		text = strchr(record, ';');
		if (!text)
			continue;
		*level = atoi(record) & 7;
		return text + 1;
	}
}

bool log_is_bad(char *signature)
{
	unsigned long long bits = signature ? read_taint() : taint;
	bool bad = bits != taint, told = false, first = true;
	char record[8192], *text;
	int level;

	if (bad)
		snprintf(signature, SIGNATURE_MAX, "the kernel is tainted");
	while ((text = next_line(record, sizeof(record), &level))) {
		if (!klog_is_bad(level, text))
			continue;
		bad = true;
		if (!signature)
			continue;
		printf("log: %s\n", text);
		if (first || (!told && klog_has_bad_word(text))) {
			sign(signature, text);
			told = klog_has_bad_word(text);
			first = false;
		}
	}
	taint = bits;
	return bad;
}

void log_forget(void)
{
	int fd =
		open("/sys/kernel/debug/clear_warn_once", O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, "1", 1) < 0)
		perror("fuzz: clear_warn_once");
	if (fd >= 0)
		close(fd);
}
