// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module under test: loaded before each job, idle after each, unloaded at
 * the end without a trace.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "init.h"

/* For how long the kernel may still be closing files of a dead process. */
#define SETTLE_MS 2000

#define DEBUG_FILES "/sys/kernel/debug/" MODULE "/"

bool module_load(const char *path, const char *name)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool loaded = fd >= 0 && !syscall(SYS_finit_module, fd, "", 0);

	if (!loaded)
		report_bad(name, "cannot load %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return loaded;
}

bool module_is_loaded(void)
{
	return !access("/sys/module/" MODULE "/refcnt", F_OK);
}

static int module_users(void)
{
	FILE *file = fopen("/sys/module/" MODULE "/refcnt", "re");
	int users = -1;

	if (!file)
		return -1;
	if (fscanf(file, "%d", &users) != 1)
		users = -1;
	fclose(file);
	return users;
}

/* Who keeps what the kernel keeps for somebody; no line if nothing is kept. */
static bool read_line(const char *path, char *line, int size)
{
	FILE *file = fopen(path, "re");

	snprintf(line, size, "cannot be read");
	if (!file)
		return true;
	if (!fgets(line, size, file))
		*line = '\0';
	fclose(file);
	line[strcspn(line, "\n")] = '\0';
	return *line;
}

static void check_empty(const char *name, const char *path, long long deadline)
{
	char line[512];

	while (read_line(path, line, sizeof(line))) {
		if (now_ms() >= deadline) {
			report_bad(name, "%s: %s", path, line);
			return;
		}
		nap_ms(10);
	}
}

/*
 * All processes of the job are dead, so nothing may use the module, and nobody may be
 * charged for anything.
 */
void module_check_idle(const char *name)
{
	long long deadline = now_ms() + SETTLE_MS;
	int users = module_users();

	while (users > 0 && now_ms() < deadline) {
		nap_ms(10);
		users = module_users();
	}
	if (users)
		report_bad(name, "the module still has %d users", users);
	check_empty(name, DEBUG_FILES "mailboxes", deadline);
	check_empty(name, DEBUG_FILES "accounts", deadline);
}

static void check_directory(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;

	if (!directory) {
		report_bad("unload", "%s: %s", path, strerror(errno));
		return;
	}
	while ((entry = readdir(directory)))
		if (strstr(entry->d_name, MODULE))
			report_bad("unload", "left behind: %s/%s", path,
				   entry->d_name);
	closedir(directory);
}

static void check_file(const char *path)
{
	FILE *file = fopen(path, "re");
	char line[512];

	if (!file) {
		report_bad("unload", "%s: %s", path, strerror(errno));
		return;
	}
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (strstr(line, MODULE))
			report_bad("unload", "left behind in %s: %s", path,
				   line);
	}
	fclose(file);
}

void module_unload(void)
{
	if (syscall(SYS_delete_module, MODULE, O_NONBLOCK))
		report_bad("unload", "cannot unload: %s", strerror(errno));
	klog_scan("unload", false);
	check_directory("/dev");
	check_directory("/sys/module");
	check_directory("/sys/kernel/slab");
	check_directory("/sys/class/misc");
	check_directory("/sys/kernel/debug");
	check_directory("/sys/kernel/debug/tracing/events");
	check_file("/proc/modules");
	check_file("/proc/misc");
	check_file("/proc/slabinfo");
}
