// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of ipcmboxfs. See files.h.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/ipcmbox.h>

#include "files.h"
#include "memory.h"
#include "program.h"
#include "slots.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PATH_SIZE 512

static const char *const worlds[] = { "/tmp/fuzz-names", "/tmp/fuzz-instance" };

#define INSTANCE worlds[1]

static bool make_folder(const char *path)
{
	return !mkdir(path, 0755) || errno == EEXIST;
}

bool files_prepare(void)
{
	return make_folder(worlds[0]) && make_folder(worlds[1]) &&
	       !unshare(CLONE_NEWNS) &&
	       !mount("none", worlds[0], "ipcmboxfs", 0, NULL);
}

static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool fine = write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	close(fd);
	return fine;
}

/* Users and groups have the same numbers inside: tests of rights go on as they were. */
bool files_enter(void)
{
	char map[64];

	snprintf(map, sizeof(map), "%u %u 1", getuid(), getuid());
	/* Who was root may write to no file of itself in /proc, unless it says so. */
	return !prctl(PR_SET_DUMPABLE, 1) &&
	       !unshare(CLONE_NEWUSER | CLONE_NEWNS) &&
	       write_text("/proc/self/uid_map", map) &&
	       write_text("/proc/self/setgroups", "deny") &&
	       write_text("/proc/self/gid_map", map) &&
	       !mount("none", INSTANCE, "ipcmboxfs", 0, "newinstance");
}

/* The path of a name; one that is bad, or none, is the directory or nothing at all. */
static const char *path_of(char path[PATH_SIZE], const uint64_t *values)
{
	const char *name = slots_name(values[1]);

	if (values[1] == NAME_NOWHERE)
		return name;
	snprintf(path, PATH_SIZE, "%s/%s", worlds[values[0] % COUNT(worlds)],
		 name ?: "");
	return path;
}

/* Without a wait, and the directory as well. */
int files_open(const uint64_t *values)
{
	char path[PATH_SIZE];

	return open(path_of(path, values), values[2] | O_CLOEXEC);
}

int files_open_control(const uint64_t *values)
{
	char path[PATH_SIZE] = "/dev/ipcmbox";

	if (values[0] % 4)
		snprintf(path, PATH_SIZE, "%s/control", INSTANCE);
	return open(path, O_RDWR | O_CLOEXEC);
}

int64_t files_stat(int fd, unsigned int task, const uint64_t *values)
{
	char path[PATH_SIZE];
	struct stat stat;

	return lstat(path_of(path, values), &stat);
}

int64_t files_unlink(int fd, unsigned int task, const uint64_t *values)
{
	char path[PATH_SIZE];

	return unlink(path_of(path, values));
}

int64_t files_chmod(int fd, unsigned int task, const uint64_t *values)
{
	char path[PATH_SIZE];

	return chmod(path_of(path, values), values[2] & 07777);
}

int64_t files_utimes(int fd, unsigned int task, const uint64_t *values)
{
	const struct timespec times[] = {
		{ .tv_nsec = values[2] & 1 ? UTIME_OMIT : UTIME_NOW },
		{ .tv_nsec = values[2] & 2 ? UTIME_OMIT : 1 },
	};
	char path[PATH_SIZE];

	return utimensat(AT_FDCWD, path_of(path, values), times, 0);
}

/* What ipcmboxfs does not know. */
int64_t files_rename(int fd, unsigned int task, const uint64_t *values)
{
	char path[PATH_SIZE], other[PATH_SIZE];
	const uint64_t to[] = { values[0], NAME_GOOD };

	path_of(path, values);
	path_of(other, to);
	switch (values[2] % 4) {
	case 0:
		return rename(path, other);
	case 1:
		return link(path, other);
	case 2:
		return mkdir(path, 0700);
	default:
		return mkfifo(path, 0600);
	}
}

int64_t files_readdir(int fd, unsigned int task, const uint64_t *values)
{
	DIR *folder = opendir(worlds[values[0] % COUNT(worlds)]);
	int64_t count = 0;

	if (!folder)
		return -1;
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

/*
 * Another instance in place of the one that is there, or other limits for that. Of a value
 * that is no number the kernel itself writes a line to its log, for every file system.
 */
int64_t files_mount(int fd, unsigned int task, const uint64_t *values)
{
	static const char *const options[] = {
		"newinstance",
		"newinstance,max=3",
		"newinstance,bytes=100000",
		"newinstance,max=0",
		"newinstance,max=5,bytes=1",
		"",
		"max=1",
	};
	const char *option = options[values[0] % COUNT(options)];

	if (values[2] % 4)
		return mount("none", INSTANCE, "ipcmboxfs", MS_REMOUNT, option);
	umount2(INSTANCE, MNT_DETACH);
	return mount("none", INSTANCE, "ipcmboxfs", 0, option);
}

/* What is over has a successor, or what follows would have no instance. */
int64_t files_umount(int fd, unsigned int task, const uint64_t *values)
{
	static const int flags[] = { MNT_FORCE, MNT_FORCE, 0, MNT_DETACH };

	if (umount2(INSTANCE, flags[values[0] % COUNT(flags)]))
		return -1;
	return mount("none", INSTANCE, "ipcmboxfs", 0, "newinstance");
}

void files_forget(void)
{
	uint64_t values[2];
	char path[PATH_SIZE];

	for (values[0] = 0; values[0] < COUNT(worlds); values[0]++)
		for (values[1] = NAME_GOOD; values[1] < NAME_BAD; values[1]++)
			unlink(path_of(path, values));
}
