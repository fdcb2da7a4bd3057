// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names. Some mailboxes of a round have one, which stays, and are opened anew by it. Other
 * names come and go, each with a history of its own (names.c): half of them of /dev/ipcmbox
 * and half of an instance, by the ioctls or by the files of a mount.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/ipcmbox.h>

#include "storm.h"

#define WORLDS 2
#define LISTED 16 /* names that LIST tells at a time; there are fewer */
#define IN_A_ROW 3 /* calls about a name, so that others meet them */

static char mounts[WORLDS][32];
static int controls[WORLDS];
static pid_t owner; /* other storms have other names and mounts */

/* In a mount namespace, with which the mounts end. */
bool names_open(void)
{
	static const char *const options[WORLDS] = { NULL, "newinstance" };
	char path[sizeof(mounts) + sizeof("/control")];
	int i;

	owner = getpid();
	if (unshare(CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return false;
	for (i = 0; i < WORLDS; i++) {
		snprintf(mounts[i], sizeof(mounts[i]), "/tmp/storm-%d-%d",
			 owner, i);
		if ((mkdir(mounts[i], 0755) && errno != EEXIST) ||
		    mount("none", mounts[i], "ipcmboxfs", 0, options[i]))
			return false;
		snprintf(path, sizeof(path), "%s/control", mounts[i]);
		controls[i] = open(options[i] ? path : "/dev/ipcmbox",
				   O_RDWR | O_CLOEXEC);
		if (controls[i] < 0)
			return false;
	}
	return true;
}

int names_control(unsigned int number)
{
	return controls[number % WORLDS];
}

int names_device(void)
{
	return fcntl(controls[1], F_DUPFD_CLOEXEC, 0);
}

bool names_limit(uint64_t bytes)
{
	char options[32];

	snprintf(options, sizeof(options), "bytes=%llu",
		 (unsigned long long)bytes);
	return !mount(NULL, mounts[1], NULL, MS_REMOUNT, options);
}

/* Of a mailbox of the round, or, after those, one that comes and goes. */
const char *names_of(char text[STORM_NAME], unsigned int number)
{
	snprintf(text, STORM_NAME, "storm-%d-%u", owner, number);
	return text;
}

static int do_unlink(unsigned int number)
{
	char text[STORM_NAME];
	struct ipcmbox_unlink arg = {
		.size = sizeof(arg),
		.name = (uintptr_t)names_of(text, number),
	};

	return ioctl(names_control(number), IPCMBOX_IOC_UNLINK, &arg);
}

void names_forget(void)
{
	unsigned int number;

	for (number = 0; number < STORM_BOXES + STORM_NAMES; number++)
		(void)do_unlink(number);
}

/* Also of a round that failed: names would outlive this program. */
void names_close(void)
{
	int i;

	names_forget();
	for (i = 0; i < WORLDS; i++) {
		close(controls[i]);
		umount2(mounts[i], MNT_DETACH);
		rmdir(mounts[i]);
	}
}

/* By the ioctl, which may give the admin right, or as a file; a descriptor or -1. */
static int do_open(unsigned int number, int open_flags, bool by_file)
{
	char text[STORM_NAME], path[64];
	struct ipcmbox_open arg = {
		.size = sizeof(arg),
		.flags = IPCMBOX_ADMIN,
		.name = (uintptr_t)names_of(text, number),
		.open_flags = open_flags,
	};

	if (by_file) {
		snprintf(path, sizeof(path), "%s/%s", mounts[number % WORLDS],
			 text);
		return open(path, open_flags | O_CLOEXEC);
	}
	if (ioctl(names_control(number), IPCMBOX_IOC_OPEN, &arg))
		return -1;
	return arg.fd;
}

static uint64_t number_of(int fd)
{
	struct ipcmbox_info info = { .size = sizeof(info) };

	return ioctl(fd, IPCMBOX_IOC_INFO, &info) ? 0 : info.mailbox;
}

static void say_wrong(struct caller *caller, const char *what)
{
	printf("round %llu: %s\n", (unsigned long long)caller->round->number,
	       what);
	caller->round->wrong = true;
}

/* Instead of by REOPEN. It has its name as long as the round is under way. */
int names_reopen(struct caller *caller, unsigned int box)
{
	int fd = do_open(box, O_RDONLY, caller_chance(caller, 50));

	if (fd < 0 || number_of(fd) != caller->round->boxes[box].number)
		say_wrong(caller, "a mailbox is not found by its name");
	return fd;
}

/* All who opened this mailbox send its number, so nothing else comes out of it. */
static void try_port(struct caller *caller, int fd, uint64_t mailbox)
{
	uint64_t value = mailbox;

	if (write(fd, &value, sizeof(value)) < 0 && errno != EAGAIN)
		return;
	if (read(fd, &value, sizeof(value)) == sizeof(value) &&
	    value != mailbox)
		say_wrong(caller, "a message came to another mailbox");
}

static void call_name_destroy(struct caller *caller, unsigned int number,
			      int fd, uint64_t mailbox)
{
	struct ipcmbox_destroy arg = { .size = sizeof(arg) };
	struct event *event =
		caller_begin(caller, number, EVENT_DESTROY, mailbox, 0);

	caller_end(caller, event,
		   caller_result(ioctl(fd, IPCMBOX_IOC_DESTROY, &arg)));
}

/* What was opened, or made: which mailbox it is, and then it is used. */
static void use_port(struct caller *caller, struct event *event, int fd,
		     bool destroys)
{
	int ret = caller_result(fd);

	if (!ret)
		event->value = number_of(fd);
	caller_end(caller, event, ret);
	if (ret)
		return;
	caller_tally(caller,
		     event->kind == EVENT_CREATE ? TALLY_NAMED : TALLY_FOUND);
	try_port(caller, fd, event->value);
	if (destroys)
		call_name_destroy(caller, event->box, fd, event->value);
	close(fd);
}

static void call_name_create(struct caller *caller, unsigned int number)
{
	bool exclusive = caller_chance(caller, 60);
	bool destroys = caller_chance(caller, 10);
	char text[STORM_NAME];
	struct ipcmbox_create arg = {
		.size = sizeof(arg),
		.flags = exclusive ? IPCMBOX_EXCL : 0,
		.open_flags = O_RDWR | O_NONBLOCK,
		.capacity = 1,
		.name = (uintptr_t)names_of(text, number),
		.mode = 0600,
	};
	struct event *event = caller_begin(caller, number, EVENT_CREATE, 0,
					   exclusive ? EVENT_EXCLUSIVE : 0);
	int ret = ioctl(names_control(number), IPCMBOX_IOC_CREATE, &arg);

	use_port(caller, event, ret ? -1 : arg.fd, destroys);
}

static void call_name_open(struct caller *caller, unsigned int number)
{
	bool by_file = caller_chance(caller, 50);
	bool destroys = caller_chance(caller, 10);
	struct event *event = caller_begin(caller, number, EVENT_OPEN, 0,
					   by_file ? EVENT_BY_FILE : 0);

	use_port(caller, event, do_open(number, O_RDWR | O_NONBLOCK, by_file),
		 destroys && !by_file);
}

static void call_name_unlink(struct caller *caller, unsigned int number)
{
	bool by_file = caller_chance(caller, 50);
	struct event *event = caller_begin(caller, number, EVENT_UNLINK, 0, 0);
	char text[STORM_NAME], path[64];
	int ret;

	snprintf(path, sizeof(path), "%s/%s", mounts[number % WORLDS],
		 names_of(text, number));
	ret = caller_result(by_file ? unlink(path) : do_unlink(number));
	caller_end(caller, event, ret);
	if (!ret)
		caller_tally(caller, TALLY_UNLINKED);
}

static void told_of(struct event *event, const struct ipcmbox_entry *entries,
		    uint32_t count)
{
	char text[STORM_NAME];
	uint32_t i;

	names_of(text, event->box);
	for (i = 0; i < count; i++)
		if (!strcmp(entries[i].name, text))
			event->value = entries[i].mailbox;
}

/* About all names of a world at once; and in pages, so that names come and go between. */
static void call_name_list(struct caller *caller, unsigned int number)
{
	struct ipcmbox_entry entries[LISTED];
	struct ipcmbox_list arg = {
		.size = sizeof(arg),
		.entries = (uintptr_t)entries,
		.count = 1 + dice_draw(&caller->dice, 3),
		.stride = sizeof(entries[0]),
	};
	struct event *events[STORM_NAMES / WORLDS] = {};
	unsigned int i, count = 0;
	int ret;

	for (i = STORM_BOXES; i < STORM_BOXES + STORM_NAMES; i++)
		if (i % WORLDS == number % WORLDS)
			events[count++] =
				caller_begin(caller, i, EVENT_LISTED, 0, 0);
	do {
		ret = caller_result(
			ioctl(names_control(number), IPCMBOX_IOC_LIST, &arg));
		for (i = 0; !ret && i < count; i++)
			told_of(events[i], entries, arg.done);
	} while (!ret && arg.done == arg.count);
	for (i = 0; i < count; i++)
		caller_end(caller, events[i],
			   ret			    ?:
				   events[i]->value ? 0 :
						      -ENOENT);
	caller_tally(caller, TALLY_LISTED);
}

void call_name(struct caller *caller)
{
	unsigned int number =
		STORM_BOXES + dice_draw(&caller->dice, STORM_NAMES);
	unsigned int i;

	for (i = 0; i < IN_A_ROW; i++) {
		uint32_t what = dice_draw(&caller->dice, 100);

		if (what < 35)
			call_name_create(caller, number);
		else if (what < 65)
			call_name_open(caller, number);
		else if (what < 95)
			call_name_unlink(caller, number);
		else
			call_name_list(caller, number);
	}
}
