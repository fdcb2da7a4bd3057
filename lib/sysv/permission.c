// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The permissions of a queue are those of the file that its name is. Who has no mount of
 * ipcmboxfs at hand cannot change a file there, so one is looked for, or made.
 */
#include <linux/capability.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

/*
 * Who this is for the kernel. Programs like fakeroot have functions of their own that say
 * something else, and that talk by queues; so here the kernel is asked.
 */
uid_t sysv_euid(void)
{
	return (uid_t)syscall(SYS_geteuid);
}

gid_t sysv_egid(void)
{
	return (gid_t)syscall(SYS_getegid);
}

static bool is_in_group(gid_t gid)
{
	gid_t *groups;
	bool found = sysv_egid() == gid;
	long count, i;

	count = found ? 0 : syscall(SYS_getgroups, 0, NULL);
	if (count <= 0)
		return found;
	groups = calloc((size_t)count, sizeof(*groups));
	if (!groups)
		return false;
	count = syscall(SYS_getgroups, count, groups);
	for (i = 0; i < count && !found; i++)
		found = groups[i] == gid;
	free(groups);
	return found;
}

/* May this process have the rights that msgget(2) names? 0, or -1 with EACCES. */
int sysv_check_access(const struct ipcmbox_entry *entry, uid_t creator,
		      int flags)
{
	unsigned int wanted = (unsigned int)(flags >> 6 | flags >> 3 | flags) &
			      7;
	unsigned int granted = entry->mode;
	uid_t uid = sysv_euid();

	if (uid == entry->uid || uid == creator)
		granted >>= 6;
	else if (is_in_group(entry->gid))
		granted >>= 3;
	if (!(wanted & ~granted) || sysv_capable(CAP_IPC_OWNER))
		return 0;
	return sysv_fail(EACCES);
}

/* A mount that nobody else sees, for those who may make one. */
static int mount_apart(void)
{
	int context, mount = -1;

	context = (int)syscall(SYS_fsopen, "ipcmboxfs", FSOPEN_CLOEXEC);
	if (context < 0)
		return -1;
	if (!syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		mount = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
	sysv_close(context);
	return mount;
}

/* Undo how /proc writes spaces and the like, in place. */
static void unescape(char *text)
{
	char *from = text;

	while (*from) {
		if (from[0] == '\\' && from[1] && from[2] && from[3]) {
			*text++ =
				(char)((from[1] - '0') << 6 |
				       (from[2] - '0') << 3 | (from[3] - '0'));
			from += 4;
		} else {
			*text++ = *from++;
		}
	}
	*text = 0;
}

/* The directory of a line of mountinfo, if it is that of the names of /dev/ipcmbox. */
static char *names_of(char *line)
{
	char *fields[6], *rest, *save = NULL, *field;
	int i;

	rest = strstr(line, " - ");
	if (!rest || strncmp(rest, " - ipcmboxfs ", 13) ||
	    strstr(rest, "newinstance"))
		return NULL;
	*rest = 0;
	field = strtok_r(line, " ", &save);
	for (i = 0; i < 6; i++) {
		if (!field)
			return NULL;
		fields[i] = field;
		field = strtok_r(NULL, " ", &save);
	}
	if (strcmp(fields[3], "/"))
		return NULL;
	unescape(fields[4]);
	return fields[4];
}

static int mount_found(void)
{
	FILE *file = fopen("/proc/thread-self/mountinfo", "re");
	char *line = NULL, *place;
	size_t size = 0;
	int mount = -1;

	if (!file)
		return -1;
	while (mount < 0 && getline(&line, &size, file) > 0) {
		place = names_of(line);
		if (place)
			mount = open(place, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	free(line);
	fclose(file);
	return mount;
}

/*
 * Change owner, group and permissions, here too by the kernel. EPERM; EOPNOTSUPP if there is no
 * mount.
 */
int sysv_change_file(const struct ipcmbox_entry *entry, uid_t uid, gid_t gid,
		     mode_t mode)
{
	bool moves = uid != entry->uid || gid != entry->gid;
	int mount, error = 0;

	if (!moves && mode == (entry->mode & 0777))
		return 0;
	mount = mount_apart();
	if (mount < 0)
		mount = mount_found();
	if (mount < 0)
		return sysv_fail(EOPNOTSUPP);
	if (moves && syscall(SYS_fchownat, mount, entry->name, uid, gid, 0))
		error = errno;
	if (!error && syscall(SYS_fchmodat, mount, entry->name, mode)) {
		error = errno;
		if (moves)
			syscall(SYS_fchownat, mount, entry->name, entry->uid,
				entry->gid, 0);
	}
	sysv_close(mount);
	return error ? sysv_fail(error) : 0;
}
