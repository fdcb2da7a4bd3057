// SPDX-License-Identifier: GPL-2.0-only
/*
 * ipcmbox watch: what becomes of names, as JSON Lines.
 *
 * The names are listed again and again. The numbers of mailboxes, by which the list is
 * sorted, tell a new one from an old one of the same name.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"

struct watch {
	const struct settings *set;
	const struct operands *op;
	int ctl;
	uint64_t lines;
};

static bool wanted(const struct watch *watch, const char *name)
{
	int i;

	for (i = 0; i < watch->op->count; i++)
		if (!strcmp(watch->op->word[i], name))
			return true;
	return !watch->op->count;
}

static bool enough(const struct watch *watch)
{
	return watch->set->given[OPT_COUNT] &&
	       watch->lines >= watch->set->count;
}

static void print_time(const char *key, uint64_t ns)
{
	printf(",\"%s\":%llu.%09llu", key, (unsigned long long)ns / 1000000000,
	       (unsigned long long)ns % 1000000000);
}

static void print_event(struct watch *watch, const char *event,
			const struct ipcmbox_entry *entry)
{
	struct timespec now;

	if (enough(watch) || !wanted(watch, entry->name))
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	printf("{\"event\":\"%s\",\"name\":", event);
	json_name(stdout, entry->name);
	print_time("time",
		   (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
	printf(",\"mailbox\":%llu,\"mode\":\"%04o\",\"uid\":%u,\"gid\":%u,\"bytes\":%llu",
	       (unsigned long long)entry->mailbox, entry->mode & 0777,
	       entry->uid, entry->gid, (unsigned long long)entry->bytes);
	print_time("sent", entry->sent);
	print_time("received", entry->received);
	if (entry->flags & IPCMBOX_ENTRY_READABLE)
		printf(",\"queued\":%llu,\"receivers\":%u,\"senders\":%u",
		       (unsigned long long)entry->queued, entry->receivers,
		       entry->senders);
	puts("}");
	watch->lines++;
}

struct names {
	struct ipcmbox_entry *entries;
	size_t count;
};

static void print_changes(struct watch *watch, const struct names *before,
			  const struct names *now)
{
	size_t i = 0, j = 0;

	while (i < before->count || j < now->count) {
		const struct ipcmbox_entry *old = &before->entries[i];
		const struct ipcmbox_entry *new = &now->entries[j];

		if (j == now->count ||
		    (i < before->count && old->mailbox < new->mailbox)) {
			print_event(watch, "disappeared", old);
			i++;
		} else if (i == before->count || new->mailbox < old->mailbox) {
			print_event(watch, "appeared", new);
			j++;
		} else {
			if (memcmp(old, new, sizeof(*old)))
				print_event(watch, "changed", new);
			i++;
			j++;
		}
	}
}

static int keep_watching(struct watch *watch, struct names *before)
{
	uint64_t interval = watch->set->given[OPT_INTERVAL] ?
				    watch->set->interval :
				    1000000000;
	uint64_t deadline = deadline_of(watch->set), lines = watch->lines;
	struct names now;

	while (!enough(watch)) {
		uint64_t pause = interval, instant = ipcmbox_deadline(0);

		if (fflush(stdout) || output_check())
			return fail("standard output");
		if (deadline && instant >= deadline) {
			errno = ETIMEDOUT;
			return fail("nothing has changed");
		}
		if (deadline && deadline - instant < pause)
			pause = deadline - instant;
		if (!stop_sleep(pause))
			break;
		now.entries = names_list(watch->ctl, &now.count);
		if (!now.entries)
			return fail("names");
		print_changes(watch, before, &now);
		free(before->entries);
		*before = now;
		if (watch->lines != lines)
			deadline = deadline_of(watch->set);
		lines = watch->lines;
	}
	return STATUS_OK;
}

int run_watch(const struct settings *set, struct operands *op)
{
	struct watch watch = { .set = set, .op = op };
	struct names names;
	int status, i;
	size_t j;

	for (i = 0; i < op->count; i++)
		if (!name_operand(set, op->word[i]))
			return STATUS_USAGE;
	watch.ctl = control_open(set);
	if (watch.ctl < 0)
		return STATUS_ERROR;
	stop_catch();
	names.entries = names_list(watch.ctl, &names.count);
	if (!names.entries)
		return fail("names");
	for (j = 0; j < names.count; j++)
		print_event(&watch, "present", &names.entries[j]);
	status = keep_watching(&watch, &names);
	free(names.entries);
	close(watch.ctl);
	return status;
}
