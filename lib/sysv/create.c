// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How a queue is made. Its permissions are those of the call: umask(2), which the names of
 * mailboxes obey as other files do, means nothing to a queue.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

/**
 * struct birth - a queue that is to be made
 * @ctl: descriptor of /dev/ipcmbox
 * @name: its name
 * @attr: its attributes
 * @mode: its permissions
 * @fd: set to its descriptor, or -1
 * @error: set to why there is none
 */
struct birth {
	int ctl;
	const char *name;
	const struct ipcmbox_attr *attr;
	mode_t mode;
	int fd;
	int error;
};

static void make(struct birth *birth)
{
	birth->fd = ipcmbox_create_named_at(birth->ctl, birth->name,
					    birth->attr, O_RDWR | O_EXCL,
					    birth->mode);
	birth->error = errno;
}

/* In a thread with a umask of its own: that of the process is for all of its threads. */
static void *make_apart(void *arg)
{
	struct birth *birth = arg;

	if (unshare(CLONE_FS)) {
		birth->fd = -1;
		birth->error = errno;
		return NULL;
	}
	umask(0);
	make(birth);
	return NULL;
}

/* The permissions that umask(2) takes away; all where that is not known. */
static mode_t masked(void)
{
	static const char label[] = "\nUmask:";
	char text[1024], *found;

	if (sysv_read_file("/proc/thread-self/status", text, sizeof(text)) < 0)
		return 0777;
	found = strstr(text, label);
	if (!found)
		return 0777;
	return (mode_t)strtoul(found + sizeof(label) - 1, NULL, 8);
}

static struct ipcmbox_attr *attributes(void)
{
	struct ipcmbox_attr *attr = ipcmbox_attr_new();
	unsigned long room = sysv_msgmnb(), longest = sysv_msgmax();

	if (!attr)
		return NULL;
	if (room < 1)
		room = 1;
	if (room > IPCMBOX_CAPACITY_MAX)
		room = IPCMBOX_CAPACITY_MAX;
	if (longest > room)
		longest = room;
	if (longest > IPCMBOX_MESSAGE_MAX)
		longest = IPCMBOX_MESSAGE_MAX;
	/* A queue holds no more messages, of no length, than bytes. */
	ipcmbox_attr_set_capacity(attr, room);
	ipcmbox_attr_set_max_bytes(attr, room);
	ipcmbox_attr_set_max_message(attr, longest ? longest : 1);
	ipcmbox_attr_set_selective(attr, true);
	ipcmbox_attr_set_region_size(attr, SYSV_REGION_SIZE);
	return attr;
}

static void note_birth(int fd)
{
	struct sysv_facts *facts = sysv_map(fd, PROT_READ | PROT_WRITE);

	/* Nothing depends on it but what msgctl() tells. */
	if (!facts)
		return;
	facts->creator_group = (uint64_t)sysv_egid() + 1;
	facts->changed = time(NULL);
	sysv_unmap(facts);
}

static int make_named(int ctl, const char *name, mode_t mode)
{
	struct birth birth = { .ctl = ctl, .name = name, .mode = mode };
	struct ipcmbox_attr *attr = attributes();
	pthread_t thread;

	if (!attr)
		return -1;
	birth.attr = attr;
	if (!(masked() & mode)) {
		make(&birth);
	} else if (!pthread_create(&thread, NULL, make_apart, &birth)) {
		pthread_join(thread, NULL);
	} else {
		birth.fd = -1;
		birth.error = ENOMEM;
	}
	ipcmbox_attr_free(attr);
	errno = birth.error;
	return birth.fd;
}

/*
 * Make a queue that is not there. Returns its identifier; -1 with EEXIST, or an errno of
 * msgget(2).
 */
int sysv_create(int ctl, const char *name, mode_t mode)
{
	struct ipcmbox_info info;
	int fd, twin;

	do {
		fd = make_named(ctl, name, mode);
		if (fd < 0 && (errno == EDQUOT || errno == EUSERS))
			return sysv_fail(ENOSPC);
		if (fd < 0 && (errno == EMFILE || errno == ENFILE))
			return sysv_fail(ENOMEM);
		if (fd < 0)
			return -1;
		twin = ipcmbox_info(fd, 0, &info, sizeof(info)) ?
			       -1 :
			       sysv_find_twin(ctl, info.mailbox);
		if (!twin)
			note_birth(fd);
		else
			ipcmbox_destroy(fd);
		sysv_close(fd);
	} while (twin > 0);
	return twin ? -1 : sysv_id_of(info.mailbox);
}
