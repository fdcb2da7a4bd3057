// SPDX-License-Identifier: GPL-2.0-only
/*
 * ipcmbox stat: attributes and counters of mailboxes.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

enum {
	NAME,
	MAILBOX,
	MODE,
	USER,
	GROUP,
	CREATOR,
	CAPACITY,
	MAX_BYTES,
	MAX_MESSAGE,
	REGION,
	ORDER,
	POLICY,
	SELECTIVE,
	BROADCAST,
	SLOW_ALLOWED,
	OWNED,
	OWNER_PID,
	FAIR_SHARE,
	HANGUP,
	DESTROYED,
	RECEIVERS,
	SENDERS,
	RECEIVERS_WAITING,
	SENDERS_WAITING,
	QUEUED,
	QUEUED_BYTES,
	IN_TRANSFER,
	CALLS,
	SENT,
	RECEIVED,
	WITHDRAWN,
	EXPIRED,
	DROPPED,
};

static const struct column columns[] = {
	[NAME] = { "NAME", "name", COLUMN_TEXT, true },
	[MAILBOX] = { "MAILBOX", "number of the mailbox", COLUMN_NUMBER, true },
	[MODE] = { "MODE", "permissions", COLUMN_TEXT, true },
	[USER] = { "USER", "owner of the name", COLUMN_TEXT, true },
	[GROUP] = { "GROUP", "its group", COLUMN_TEXT, true },
	[CREATOR] = { "CREATOR", "who made it", COLUMN_TEXT, true },
	[CAPACITY] = { "CAPACITY", "messages it stores; in JSON -1: unbounded",
		       COLUMN_NUMBER, true },
	[MAX_BYTES] = { "MAX_BYTES", "bytes it stores, 0: no limit",
			COLUMN_NUMBER, true },
	[MAX_MESSAGE] = { "MAX_MESSAGE", "bytes of the longest message",
			  COLUMN_NUMBER, true },
	[REGION] = { "REGION", "bytes of shared memory", COLUMN_NUMBER, true },
	[ORDER] = { "ORDER", "which message is received first", COLUMN_TEXT,
		    true },
	[POLICY] = { "POLICY", "which receiver is served", COLUMN_TEXT, true },
	[SELECTIVE] = { "SELECTIVE", "receivers may choose", COLUMN_BOOL,
			true },
	[BROADCAST] = { "BROADCAST", "all who subscribe get each message",
			COLUMN_BOOL, true },
	[SLOW_ALLOWED] = { "SLOW_ALLOWED", "what slow subscribers may say",
			   COLUMN_TEXT, true },
	[OWNED] = { "OWNED", "it ends with a process", COLUMN_BOOL, true },
	[OWNER_PID] = { "OWNER_PID", "with which, 0: with none", COLUMN_NUMBER,
			true },
	[FAIR_SHARE] = { "FAIR_SHARE", "users share the room", COLUMN_BOOL,
			 true },
	[HANGUP] = { "HANGUP", "who waits is told that all peers are gone",
		     COLUMN_BOOL, true },
	[DESTROYED] = { "DESTROYED", "it was destroyed", COLUMN_BOOL, true },
	[RECEIVERS] = { "RECEIVERS", "descriptors that can receive",
			COLUMN_NUMBER, true },
	[SENDERS] = { "SENDERS", "descriptors that can send", COLUMN_NUMBER,
		      true },
	[RECEIVERS_WAITING] = { "RECEIVERS_WAITING", "receivers that wait",
				COLUMN_NUMBER, true },
	[SENDERS_WAITING] = { "SENDERS_WAITING", "messages that wait in line",
			      COLUMN_NUMBER, true },
	[QUEUED] = { "QUEUED", "messages stored", COLUMN_NUMBER, true },
	[QUEUED_BYTES] = { "QUEUED_BYTES", "bytes that take up room",
			   COLUMN_NUMBER, true },
	[IN_TRANSFER] = { "IN_TRANSFER", "messages that are just copied",
			  COLUMN_NUMBER, true },
	[CALLS] = { "CALLS", "calls that are not answered yet", COLUMN_NUMBER,
		    true },
	[SENT] = { "SENT", "messages that ever had a place", COLUMN_NUMBER,
		   true },
	[RECEIVED] = { "RECEIVED", "of these, received", COLUMN_NUMBER, true },
	[WITHDRAWN] = { "WITHDRAWN", "taken back", COLUMN_NUMBER, true },
	[EXPIRED] = { "EXPIRED", "taken back as their time was over",
		      COLUMN_NUMBER, true },
	[DROPPED] = { "DROPPED", "discarded", COLUMN_NUMBER, true },
};

static void add_slow(struct table *table, uint32_t mask)
{
	char *text = need(strdup("")), *longer;
	const char *word;
	uint64_t i;

	for (i = 0; (word = value_word_at(SLOW_WORDS, i)); i++) {
		if (!(mask & 1U << i))
			continue;
		if (asprintf(&longer, "%s%s%s", text, *text ? "," : "", word) <
		    0)
			need(NULL);
		free(text);
		text = longer;
	}
	table_give(table, SLOW_ALLOWED, text);
}

static void add_attributes(const struct settings *set, struct table *table,
			   const struct ipcmbox_info *info)
{
	table_number(table, MAILBOX, info->mailbox);
	table_give(table, CREATOR, user_text(info->owner_uid));
	if (set->json && info->capacity == IPCMBOX_UNBOUNDED)
		table_text(table, CAPACITY, "-1");
	else
		table_give(table, CAPACITY, capacity_text(info->capacity));
	table_number(table, MAX_BYTES, info->max_bytes);
	table_number(table, MAX_MESSAGE, info->max_message);
	table_number(table, REGION, info->region_size);
	table_text(table, ORDER, value_word_at(ORDER_WORDS, info->order));
	table_text(table, POLICY, value_word_at(POLICY_WORDS, info->policy));
	table_bool(table, SELECTIVE, info->attributes & IPCMBOX_SELECTIVE);
	table_bool(table, BROADCAST, info->attributes & IPCMBOX_BROADCAST);
	add_slow(table, info->slow_mask);
	table_bool(table, OWNED, info->attributes & IPCMBOX_OWNED);
	table_number(table, OWNER_PID, (uint64_t)info->owner_pid);
	table_bool(table, FAIR_SHARE, info->attributes & IPCMBOX_FAIR_SHARE);
	table_bool(table, HANGUP, !(info->attributes & IPCMBOX_NO_HANGUP));
	table_bool(table, DESTROYED, info->state & IPCMBOX_STATE_DESTROYED);
}

static void add_counters(struct table *table, const struct ipcmbox_info *info)
{
	table_number(table, RECEIVERS_WAITING, info->receivers_waiting);
	table_number(table, SENDERS_WAITING, info->senders_waiting);
	table_number(table, QUEUED, info->queued);
	table_number(table, QUEUED_BYTES, info->queued_bytes);
	table_number(table, IN_TRANSFER, info->in_transfer);
	table_number(table, CALLS, info->calls);
	table_number(table, SENT, info->sent);
	table_number(table, RECEIVED, info->received);
	table_number(table, WITHDRAWN, info->withdrawn);
	table_number(table, EXPIRED, info->expired);
	table_number(table, DROPPED, info->dropped);
}

static void add(const struct settings *set, struct table *table,
		const struct ipcmbox_info *info,
		const struct ipcmbox_entry *entry)
{
	table_line(table);
	if (entry) {
		table_text(table, NAME, entry->name);
		table_give(table, MODE, mode_text(entry->mode));
		table_give(table, USER, user_text(entry->uid));
		table_give(table, GROUP, group_text(entry->gid));
	}
	add_attributes(set, table, info);
	table_number(table, RECEIVERS, info->receivers);
	table_number(table, SENDERS, info->senders);
	add_counters(table, info);
}

/* The port that was opened to look does not count. */
static int look(int ctl, const struct ipcmbox_entry *entry,
		struct ipcmbox_info *info)
{
	int port = port_look(ctl, entry), ret = -1;

	if (port < 0)
		return -1;
	ret = ipcmbox_info(port, 0, info, sizeof(*info));
	if (!ret && (fcntl(port, F_GETFL) & O_ACCMODE) == O_RDONLY)
		info->receivers--;
	else if (!ret)
		info->senders--;
	close(port);
	return ret;
}

static int stat_named(const struct settings *set, struct table *table, int ctl,
		      const char *name)
{
	struct ipcmbox_entry entry;
	struct ipcmbox_info info;

	if (!names_find(ctl, name, &entry) || look(ctl, &entry, &info))
		return fail("%s", name);
	add(set, table, &info, &entry);
	return STATUS_OK;
}

static int stat_fd(const struct settings *set, struct table *table)
{
	struct ipcmbox_info info;

	if (ipcmbox_info((int)set->fd, 0, &info, sizeof(info)))
		return fail("descriptor %d", (int)set->fd);
	add(set, table, &info, NULL);
	/* The other direction of a duplex port. */
	if (info.attributes & IPCMBOX_DUPLEX &&
	    !ipcmbox_info((int)set->fd, IPCMBOX_TX, &info, sizeof(info)))
		add(set, table, &info, NULL);
	return STATUS_OK;
}

static int stat_all(const struct settings *set, struct table *table,
		    const struct operands *op)
{
	int ctl = control_open(set), status = STATUS_OK, i;

	if (ctl < 0)
		return STATUS_ERROR;
	for (i = 0; i < op->count; i++) {
		const char *name = name_operand(set, op->word[i]);

		if (!name || stat_named(set, table, ctl, name))
			status = STATUS_ERROR;
	}
	close(ctl);
	return status;
}

int run_stat(const struct settings *set, struct operands *op)
{
	struct table *table;
	int status;

	table = table_new(set, "mailboxes", columns, ARRAY_SIZE(columns), true,
			  &status);
	if (!table)
		return status;
	if (!op->count == !set->given[OPT_FD])
		status = usage_error(
			op->count ? "only one of NAME and --fd is possible" :
				    "a NAME is missing");
	else if (set->given[OPT_FD])
		status = stat_fd(set, table);
	else
		status = stat_all(set, table, op);
	if (status != STATUS_USAGE)
		table_print(table);
	table_free(table);
	return status;
}
