// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which mailbox is meant: a name, a descriptor or the inbox of a process; and with which
 * attributes one is made.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define LIST_STEP	256
/* A mailbox that is made here stores some messages: who sends need not wait at once. */
#define CAPACITY_USUAL	64

int control_open(const struct settings *set)
{
	int ctl = set->control ? open(set->control, O_RDWR | O_CLOEXEC) :
				 ipcmbox_open();

	if (ctl < 0) {
		fail("%s", set->control ? set->control : "/dev/ipcmbox");
		say("'ipcmbox doctor' tells what to do");
		return -1;
	}
	if (ipcmbox_version(ctl, NULL, NULL)) {
		fail("%s", set->control ? set->control : "/dev/ipcmbox");
		close(ctl);
		return -1;
	}
	return ctl;
}

int names_wanted(const struct settings *set)
{
	return !set->given[OPT_FD] && !set->given[OPT_PID] && !set->inbox;
}

int wrong_operands(const struct settings *set, const struct operands *op,
		   int more)
{
	int names = names_wanted(set);

	if (set->given[OPT_FD] && set->given[OPT_PID])
		return usage_error("only one of --fd and --pid is possible");
	if (op->count < names)
		return usage_error("a NAME is missing");
	if (op->count > names + more)
		return usage_error("'%s' is too much", op->word[names + more]);
	return STATUS_OK;
}

const char *name_operand(const struct settings *set, char *word)
{
	if (set->escaped && !unescape(word)) {
		say("%s: no name is written so", word);
		return NULL;
	}
	return word;
}

static int port_inherit(const struct settings *set)
{
	struct ipcmbox_info info;
	int fd = (int)set->fd;

	if (ipcmbox_info(fd, 0, &info, sizeof(info))) {
		fail("descriptor %d", fd);
		return -1;
	}
	/* A command that is run gets it only where that is meant. */
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

static int port_find(const struct settings *set, struct operands *op,
		     int open_flags)
{
	const char *name = NULL;
	int ctl, fd;

	if (!set->given[OPT_PID]) {
		name = name_operand(set, *op->word++);
		op->count--;
		if (!name)
			return -1;
	}
	ctl = control_open(set);
	if (ctl < 0)
		return -1;
	if (name) {
		fd = ipcmbox_open_named_at(ctl, name, 0, open_flags);
		if (fd < 0)
			fail("%s", name);
	} else {
		fd = ipcmbox_open_pid_at(ctl, (pid_t)set->pid, 0);
		if (fd < 0 && errno == ENOENT)
			say("process %d has no inbox", (int)set->pid);
		else if (fd < 0)
			fail("inbox of process %d", (int)set->pid);
	}
	close(ctl);
	return fd;
}

int port_open(const struct settings *set, struct operands *op, int open_flags)
{
	if (set->given[OPT_FD])
		return port_inherit(set);
	return port_find(set, op, open_flags);
}

int port_side(const struct ipcmbox_entry *entry)
{
	bool readable = entry->flags & IPCMBOX_ENTRY_READABLE;
	bool alone = entry->senders && !entry->receivers;

	/*
	 * A port counts as a peer. On the side where there is one already, those of the
	 * other side learn nothing new when it comes and goes.
	 */
	return readable && !alone ? O_RDONLY : O_WRONLY;
}

int port_look(int ctl, const struct ipcmbox_entry *entry)
{
	int side = port_side(entry), fd;

	fd = ipcmbox_open_named_at(ctl, entry->name, 0, side);
	if (fd < 0 && errno == EACCES)
		fd = ipcmbox_open_named_at(ctl, entry->name, 0,
					   OTHER_SIDE(side));
	return fd;
}

struct ipcmbox_entry *names_list(int ctl, size_t *count)
{
	struct ipcmbox_entry *entries = NULL;
	uint64_t cursor = 0;
	ssize_t done;

	*count = 0;
	do {
		entries = need(reallocarray(entries, *count + LIST_STEP,
					    sizeof(*entries)));
		done = ipcmbox_list_at(ctl, &cursor, entries + *count,
				       LIST_STEP, sizeof(*entries));
		if (done < 0) {
			free(entries);
			return NULL;
		}
		*count += (size_t)done;
	} while (done == LIST_STEP);
	return entries;
}

bool names_find(int ctl, const char *name, struct ipcmbox_entry *entry)
{
	struct ipcmbox_entry *entries;
	size_t count, i;

	entries = names_list(ctl, &count);
	if (!entries)
		return false;
	for (i = 0; i < count; i++)
		if (!strcmp(entries[i].name, name))
			break;
	if (i < count)
		*entry = entries[i];
	free(entries);
	errno = ENOENT;
	return i < count;
}

static bool slow_mask(const char *words, uint32_t *mask)
{
	char *list = need(strdup(words)), *rest = list, *word;
	bool right = true;
	uint64_t index;

	*mask = 0;
	while (right && (word = strsep(&rest, ","))) {
		right = value_word(word, SLOW_WORDS, &index);
		*mask |= right ? 1U << index : 0;
	}
	free(list);
	return right;
}

struct ipcmbox_attr *attr_of(const struct settings *set, int *status)
{
	struct ipcmbox_attr *attr = need(ipcmbox_attr_new());
	uint64_t usual = set->broadcast ? 0 : CAPACITY_USUAL;
	uint32_t mask = 0;

	if (set->slow_allowed && !slow_mask(set->slow_allowed, &mask)) {
		ipcmbox_attr_free(attr);
		*status = usage_error("--slow-allowed does not take '%s'",
				      set->slow_allowed);
		return NULL;
	}
	ipcmbox_attr_set_capacity(
		attr, set->given[OPT_CAPACITY] ? set->capacity : usual);
	ipcmbox_attr_set_max_bytes(attr, set->max_bytes);
	ipcmbox_attr_set_max_message(attr, set->max_message);
	ipcmbox_attr_set_region_size(attr, set->region);
	ipcmbox_attr_set_order(attr, (enum ipcmbox_order)set->order);
	ipcmbox_attr_set_policy(attr, (enum ipcmbox_policy)set->policy);
	ipcmbox_attr_set_selective(attr, set->selective);
	ipcmbox_attr_set_broadcast(attr, set->broadcast);
	ipcmbox_attr_set_slow_mask(attr, mask);
	ipcmbox_attr_set_owned(attr, set->owned);
	ipcmbox_attr_set_fair_share(attr, set->fair_share);
	/* Without it the module says what is usual of a name and of a pair. */
	if (set->given[OPT_HANGUP])
		ipcmbox_attr_set_hangup(attr, set->hangup);
	return attr;
}

uint64_t deadline_of(const struct settings *set)
{
	return set->given[OPT_TIMEOUT] ? ipcmbox_deadline(set->timeout) : 0;
}
