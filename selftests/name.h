/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of mailboxes: the ioctls, ipcmboxfs mounted, and what another user gets.
 */
#ifndef IPCMBOX_NAME_H
#define IPCMBOX_NAME_H

#include "ipcmbox_util.h"

#define NAME_MOUNT "/tmp/ipcmbox-names"

/* On a control file. Each gives a descriptor, or 0, or -errno. */
int name_create_at(int ctl, const char *name, uint64_t capacity,
		   unsigned int flags, int open_flags, unsigned int mode);
int name_open_at(int ctl, const char *name, int open_flags, unsigned int flags);
int name_unlink_at(int ctl, const char *name);

/* The same on /dev/ipcmbox. */
int name_create(const char *name, uint64_t capacity, unsigned int flags,
		int open_flags, unsigned int mode);
int name_open(const char *name, int open_flags);
int name_unlink(const char *name);

/* Mounts the names of /dev/ipcmbox at NAME_MOUNT, or takes the mount away; 0 or -errno. */
int name_mount(void);
int name_umount(void);

/* What a function gives in a child that is of another user; 1 if there is no child. */
int name_as(uid_t uid, gid_t gid, int (*run)(const void *arg), const void *arg);
/* Runs a command of the shell; its exit status, -1 if there is none. */
int name_shell(const char *command);

#endif /* IPCMBOX_NAME_H */
