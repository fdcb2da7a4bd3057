// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How a queue is found: by its key, which is its name, by its identifier, which is the number
 * of its mailbox, and by its place among all queues.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "internal.h"

#define PRIVATE SYSV_NAME_PREFIX "private."
#define ENTRIES 16

int sysv_id_of(uint64_t mailbox)
{
	return (int)(mailbox & SYSV_ID_MASK);
}

void sysv_name_of_key(key_t key, char name[SYSV_NAME_SIZE])
{
	snprintf(name, SYSV_NAME_SIZE, SYSV_NAME_PREFIX "%08x",
		 (unsigned int)key);
}

/* A name that nobody else has, most likely. */
int sysv_name_private(char name[SYSV_NAME_SIZE])
{
	uint64_t number;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return -1;
	snprintf(name, SYSV_NAME_SIZE, PRIVATE "%016llx",
		 (unsigned long long)number);
	return 0;
}

/* Is it the name of a queue, and of which key? */
bool sysv_name_parse(const char *name, key_t *key)
{
	size_t prefix = strlen(SYSV_NAME_PREFIX);
	char right[SYSV_NAME_SIZE];

	*key = IPC_PRIVATE;
	if (strncmp(name, SYSV_NAME_PREFIX, prefix))
		return false;
	if (!strncmp(name, PRIVATE, strlen(PRIVATE)))
		return true;
	*key = (key_t)strtoul(name + prefix, NULL, 16);
	sysv_name_of_key(*key, right);
	return *key != IPC_PRIVATE && !strcmp(name, right);
}

/*
 * Go through the queues after a number of a mailbox; ends with the first that the caller
 * wants, and gives it. ENOENT if there is none.
 */
static int walk(int ctl, uint64_t cursor,
		bool (*wants)(const struct ipcmbox_entry *entry, void *arg),
		void *arg, struct ipcmbox_entry *found)
{
	struct ipcmbox_entry entries[ENTRIES];
	ssize_t count, i;
	key_t key;

	do {
		count = ipcmbox_list_at(ctl, &cursor, entries, ENTRIES,
					sizeof(entries[0]));
		for (i = 0; i < count; i++) {
			if (!sysv_name_parse(entries[i].name, &key) ||
			    !wants(&entries[i], arg))
				continue;
			*found = entries[i];
			return 0;
		}
	} while (count == ENTRIES);
	return count < 0 ? -1 : sysv_fail(ENOENT);
}

static bool has_id(const struct ipcmbox_entry *entry, void *arg)
{
	return sysv_id_of(entry->mailbox) == *(int *)arg;
}

/* Find a queue by its identifier, or fail with EINVAL. */
int sysv_find_id(int ctl, int id, struct ipcmbox_entry *entry)
{
	uint64_t cursor;
	key_t key;

	if (id < 0)
		return sysv_fail(EINVAL);
	/* Nearly always it is the number itself. */
	cursor = (uint64_t)id - 1;
	if (id && ipcmbox_list_at(ctl, &cursor, entry, 1, sizeof(*entry)) < 0)
		return -1;
	if (id && cursor == (uint64_t)id && sysv_name_parse(entry->name, &key))
		return 0;
	if (!walk(ctl, SYSV_ID_MASK, has_id, &id, entry))
		return 0;
	return errno == ENOENT ? sysv_fail(EINVAL) : -1;
}

static bool has_name(const struct ipcmbox_entry *entry, void *arg)
{
	return !strcmp(entry->name, arg);
}

/* Find a queue by its name, or fail with ENOENT. */
int sysv_find_name(int ctl, const char *name, struct ipcmbox_entry *entry)
{
	return walk(ctl, 0, has_name, (void *)(uintptr_t)name, entry);
}

static bool is_next(const struct ipcmbox_entry *entry, void *arg)
{
	int *left = arg;

	(void)entry;
	return !(*left)--;
}

/* Find a queue by its place among all, from 0, or fail with EINVAL. */
int sysv_find_index(int ctl, int index, struct ipcmbox_entry *entry)
{
	if (index < 0)
		return sysv_fail(EINVAL);
	if (!walk(ctl, 0, is_next, &index, entry))
		return 0;
	return errno == ENOENT ? sysv_fail(EINVAL) : -1;
}

static bool is_twin(const struct ipcmbox_entry *entry, void *arg)
{
	const uint64_t *mailbox = arg;

	return entry->mailbox != *mailbox &&
	       sysv_id_of(entry->mailbox) == sysv_id_of(*mailbox);
}

/* Has another queue the same identifier? 1 or 0; -1 with errno. */
int sysv_find_twin(int ctl, uint64_t mailbox)
{
	struct ipcmbox_entry entry;

	if (mailbox <= SYSV_ID_MASK)
		return 0;
	if (!walk(ctl, 0, is_twin, &mailbox, &entry))
		return 1;
	return errno == ENOENT ? 0 : -1;
}

static bool add(const struct ipcmbox_entry *entry, void *arg)
{
	struct msginfo *info = arg;

	info->msgpool++;
	info->msgmap += (int)entry->queued;
	info->msgtql += (int)entry->bytes;
	return false;
}

/* Count queues, messages and bytes into what MSG_INFO has them in. */
int sysv_sum(int ctl, struct msginfo *info)
{
	struct ipcmbox_entry entry;

	info->msgpool = 0;
	info->msgmap = 0;
	info->msgtql = 0;
	if (!walk(ctl, 0, add, info, &entry) || errno == ENOENT)
		return 0;
	return -1;
}
