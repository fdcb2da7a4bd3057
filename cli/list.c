// SPDX-License-Identifier: GPL-2.0-only
/*
 * ipcmbox ls: which names there are.
 */
#include <string.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli.h"

enum {
	NAME,
	MODE,
	USER,
	GROUP,
	QUEUED,
	BYTES,
	RECEIVERS,
	SENDERS,
	SENT,
	RECEIVED,
	CHANGED,
	MAILBOX,
};

static const struct column columns[] = {
	[NAME] = { "NAME", "name", COLUMN_TEXT, true },
	[MODE] = { "MODE", "permissions", COLUMN_TEXT, true },
	[USER] = { "USER", "owner of the name", COLUMN_TEXT, true },
	[GROUP] = { "GROUP", "its group", COLUMN_TEXT, true },
	[QUEUED] = { "QUEUED", "messages stored", COLUMN_NUMBER, true },
	[BYTES] = { "BYTES", "their bytes", COLUMN_NUMBER, true },
	[RECEIVERS] = { "RECEIVERS", "descriptors that can receive",
			COLUMN_NUMBER, true },
	[SENDERS] = { "SENDERS", "descriptors that can send", COLUMN_NUMBER,
		      true },
	[SENT] = { "SENT", "when a message was last sent", COLUMN_TEXT, true },
	[RECEIVED] = { "RECEIVED", "when one was last received", COLUMN_TEXT,
		       false },
	[CHANGED] = { "CHANGED", "when the attributes were last changed",
		      COLUMN_TEXT, false },
	[MAILBOX] = { "MAILBOX", "number of the mailbox", COLUMN_NUMBER,
		      false },
};

static void add(struct table *table, const struct ipcmbox_entry *entry)
{
	table_line(table);
	table_text(table, NAME, entry->name);
	table_give(table, MODE, mode_text(entry->mode));
	table_give(table, USER, user_text(entry->uid));
	table_give(table, GROUP, group_text(entry->gid));
	table_number(table, BYTES, entry->bytes);
	table_give(table, SENT, time_text(entry->sent));
	table_give(table, RECEIVED, time_text(entry->received));
	table_give(table, CHANGED, time_text(entry->changed));
	table_number(table, MAILBOX, entry->mailbox);
	/* Of others these are not told. */
	if (!(entry->flags & IPCMBOX_ENTRY_READABLE))
		return;
	table_number(table, QUEUED, entry->queued);
	table_number(table, RECEIVERS, entry->receivers);
	table_number(table, SENDERS, entry->senders);
}

static int add_named(const struct settings *set, struct table *table,
		     const struct ipcmbox_entry *entries, size_t count,
		     char *word)
{
	const char *name = name_operand(set, word);
	size_t i;

	if (!name)
		return STATUS_USAGE;
	for (i = 0; i < count; i++) {
		if (!strcmp(entries[i].name, name)) {
			add(table, &entries[i]);
			return STATUS_OK;
		}
	}
	say("%s: there is no such name", name);
	return STATUS_ERROR;
}

int run_ls(const struct settings *set, struct operands *op)
{
	struct ipcmbox_entry *entries;
	int status, failed, ctl, i;
	struct table *table;
	size_t count, j;

	table = table_new(set, "mailboxes", columns, ARRAY_SIZE(columns), false,
			  &status);
	if (!table)
		return status;
	ctl = control_open(set);
	if (ctl < 0) {
		table_free(table);
		return STATUS_ERROR;
	}
	entries = names_list(ctl, &count);
	close(ctl);
	if (!entries) {
		table_free(table);
		return fail("names");
	}
	for (i = 0; i < op->count; i++) {
		failed = add_named(set, table, entries, count, op->word[i]);
		status = failed ? failed : status;
	}
	for (j = 0; !op->count && j < count; j++)
		add(table, &entries[j]);
	table_print(table);
	table_free(table);
	free(entries);
	return status;
}
