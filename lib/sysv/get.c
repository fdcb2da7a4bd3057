// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * msgget(2).
 */

#include "internal.h"

static int make_private(int ctl, mode_t mode)
{
	char name[SYSV_NAME_SIZE];
	int id;

	do {
		if (sysv_name_private(name))
			return -1;
		id = sysv_create(ctl, name, mode);
	} while (id < 0 && errno == EEXIST);
	return id;
}

/* The entry of a name that is there; ENOENT, or EACCES if it is that of something else. */
static int look_up(int ctl, const char *name, struct ipcmbox_entry *entry,
		   uid_t *creator)
{
	struct ipcmbox_info info;
	uint64_t cursor;
	int fd, rights, ret;

	fd = sysv_open_rights(ctl, name, &rights);
	if (fd < 0 && errno == EACCES) {
		if (sysv_find_name(ctl, name, entry))
			return -1;
		*creator = entry->uid;
		return 0;
	}
	if (fd < 0)
		return errno == EIDRM ? sysv_fail(ENOENT) : -1;
	ret = ipcmbox_info(fd, 0, &info, sizeof(info));
	sysv_close(fd);
	if (ret || !sysv_is_queue(&info))
		return sysv_fail(ret ? ENOENT : EACCES);
	*creator = info.owner_uid;
	cursor = info.mailbox - 1;
	if (ipcmbox_list_at(ctl, &cursor, entry, 1, sizeof(*entry)) < 0)
		return -1;
	return cursor == info.mailbox ? 0 : sysv_fail(ENOENT);
}

static int find(int ctl, const char *name, int flags)
{
	struct ipcmbox_entry entry;
	uid_t creator;

	if (look_up(ctl, name, &entry, &creator))
		return -1;
	if (flags & IPC_CREAT && flags & IPC_EXCL)
		return sysv_fail(EEXIST);
	if (sysv_check_access(&entry, creator, flags))
		return -1;
	return sysv_id_of(entry.mailbox);
}

static int get(int ctl, key_t key, int flags)
{
	char name[SYSV_NAME_SIZE];
	mode_t mode = flags & 0777;
	int id;

	if (key == IPC_PRIVATE)
		return make_private(ctl, mode);
	sysv_name_of_key(key, name);
	do {
		id = find(ctl, name, flags);
		if (id >= 0 || errno != ENOENT || !(flags & IPC_CREAT))
			return id;
		id = sysv_create(ctl, name, mode);
	} while (id < 0 && errno == EEXIST);
	return id;
}

SYSV_PUBLIC int msgget(key_t key, int flags)
{
	struct sysv_guard guard;
	int before = errno;
	int ctl, id = -1;

	sysv_guard_enter(&guard);
	ctl = sysv_open_device();
	if (ctl >= 0) {
		id = get(ctl, key, flags);
		if (id < 0 && (errno == EMFILE || errno == ENFILE))
			errno = ENOMEM;
		sysv_close(ctl);
	}
	sysv_guard_leave(&guard);
	if (id >= 0)
		errno = before;
	return id;
}
