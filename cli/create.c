// SPDX-License-Identifier: GPL-2.0-only
/*
 * ipcmbox create: a mailbox with a name, or one that a command gets.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli.h"

#define MODE_USUAL	0600

/* Unless it is kept, those who have it open already are not to notice. */
static int create_named(const struct settings *set, int ctl, const char *name,
			const struct ipcmbox_attr *attr, bool keep)
{
	mode_t mode = set->given[OPT_MODE] ? (mode_t)set->mode : MODE_USUAL;
	int excl = set->excl ? O_EXCL : 0, side = O_RDWR, fd;
	struct ipcmbox_entry entry = { 0 };

	if (!keep && !names_find(ctl, name, &entry) && errno != ENOENT)
		return -1;
	if (!keep)
		side = port_side(&entry);
	fd = ipcmbox_create_named_at(ctl, name, attr, side | excl, mode);
	if (fd < 0 && errno == EACCES && !keep)
		fd = ipcmbox_create_named_at(ctl, name, attr,
					     OTHER_SIDE(side) | excl, mode);
	return fd;
}

/* @keep: a command gets it, and may send and receive. */
static int create(const struct settings *set, const char *name,
		  const struct ipcmbox_attr *attr, bool keep)
{
	int ctl = control_open(set), fd;

	if (ctl < 0)
		return -1;
	if (name) {
		fd = create_named(set, ctl, name, attr, keep);
		if (fd < 0 && errno == EEXIST)
			say(set->excl ? "%s: there is one of that name" :
					"%s: there is one of other attributes",
			    name);
		else if (fd < 0)
			fail("%s", name);
	} else {
		fd = ipcmbox_create_at(ctl, attr, O_RDWR);
		if (fd < 0)
			fail("a mailbox without a name");
	}
	close(ctl);
	return fd;
}

/* The command has the mailbox open, and owns it if it is --owned, as its pid is ours. */
static int execute(int fd, char **command)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", fd);
	if (fcntl(fd, F_SETFD, 0) || setenv("IPCMBOX_FD", number, 1))
		return fail("descriptor %d", fd);
	child_execute(command);
}

int run_create(const struct settings *set, struct operands *op)
{
	bool executes = op->command && *op->command;
	const char *name = NULL;
	struct ipcmbox_attr *attr;
	int status, fd;

	if (!op->count && !executes)
		return usage_error("a NAME or a COMMAND is missing");
	if (op->command && !executes)
		return usage_error("after -- a COMMAND is missing");
	if (set->owned && !executes)
		return usage_error(
			"--owned: by which COMMAND? It ends with it");
	if (!op->count && (set->excl || set->given[OPT_MODE]))
		return usage_error("--mode and --excl are about a NAME");
	if (op->count) {
		name = name_operand(set, op->word[0]);
		if (!name)
			return STATUS_USAGE;
	}
	attr = attr_of(set, &status);
	if (!attr)
		return status;
	fd = create(set, name, attr, executes);
	ipcmbox_attr_free(attr);
	if (fd < 0)
		return STATUS_ERROR;
	if (executes)
		return execute(fd, op->command);
	close(fd);
	return STATUS_OK;
}
