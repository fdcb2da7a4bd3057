// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the tests of names share. See name.h.
 */
#include <grp.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "name.h"

int name_create_at(int ctl, const char *name, uint64_t capacity,
		   unsigned int flags, int open_flags, unsigned int mode)
{
	struct ipcmbox_create create = {
		.size = sizeof(create),
		.flags = flags,
		.open_flags = open_flags,
		.capacity = capacity,
		.name = (uintptr_t)name,
		.mode = mode,
	};
	int ret = mbox_ioctl(ctl, IPCMBOX_IOC_CREATE, &create);

	return ret ?: create.fd;
}

int name_open_at(int ctl, const char *name, int open_flags, unsigned int flags)
{
	struct ipcmbox_open arg = {
		.size = sizeof(arg),
		.flags = flags,
		.name = (uintptr_t)name,
		.open_flags = open_flags,
	};
	int ret = mbox_ioctl(ctl, IPCMBOX_IOC_OPEN, &arg);

	return ret ?: arg.fd;
}

int name_unlink_at(int ctl, const char *name)
{
	struct ipcmbox_unlink arg = {
		.size = sizeof(arg),
		.name = (uintptr_t)name,
	};

	return mbox_ioctl(ctl, IPCMBOX_IOC_UNLINK, &arg);
}

static int device(void)
{
	return open(MBOX_DEVICE, O_RDWR | O_CLOEXEC);
}

int name_create(const char *name, uint64_t capacity, unsigned int flags,
		int open_flags, unsigned int mode)
{
	int ctl = device();
	int ret = name_create_at(ctl, name, capacity, flags, open_flags, mode);

	close(ctl);
	return ret;
}

int name_open(const char *name, int open_flags)
{
	int ctl = device();
	int ret = name_open_at(ctl, name, open_flags, 0);

	close(ctl);
	return ret;
}

int name_unlink(const char *name)
{
	int ctl = device();
	int ret = name_unlink_at(ctl, name);

	close(ctl);
	return ret;
}

int name_mount(void)
{
	if (mkdir(NAME_MOUNT, 0755) && errno != EEXIST)
		return -errno;
	return mount("none", NAME_MOUNT, "ipcmboxfs", 0, NULL) ? -errno : 0;
}

int name_umount(void)
{
	return umount(NAME_MOUNT) ? -errno : 0;
}

int name_as(uid_t uid, gid_t gid, int (*run)(const void *arg), const void *arg)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		if (setgroups(0, NULL) || setresgid(gid, gid, gid) ||
		    setresuid(uid, uid, uid))
			_exit(255);
		/* An errno, or 0 for anything that went well. */
		status = run(arg);
		_exit(status < 0 ? -status : 0);
	}
	status = mbox_reap(pid);
	if (pid < 0 || !WIFEXITED(status) || WEXITSTATUS(status) == 255)
		return 1;
	return -WEXITSTATUS(status);
}

int name_shell(const char *command)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	status = mbox_reap(pid);
	return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
