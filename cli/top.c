// SPDX-License-Identifier: GPL-2.0-only
/*
 * ipcmbox top: the busiest mailboxes, on a terminal.
 */
#include <errno.h>
#include <ncurses.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"

/* A mailbox, as it was at two instants. */
struct row {
	struct ipcmbox_entry entry;
	struct ipcmbox_info info;
	bool known; /* info is */
	double sent, received; /* in a second */
};

struct rows {
	struct row *row;
	size_t count;
	uint64_t instant;
};

static bool look(int ctl, struct rows *rows)
{
	struct ipcmbox_entry *entries;
	size_t i;
	int port;

	rows->instant = ipcmbox_deadline(0);
	entries = names_list(ctl, &rows->count);
	if (!entries)
		return false;
	rows->row = need(calloc(rows->count + 1, sizeof(*rows->row)));
	for (i = 0; i < rows->count; i++) {
		struct row *row = &rows->row[i];

		row->entry = entries[i];
		/* It may be gone meanwhile, or not be for us. */
		port = port_look(ctl, &row->entry);
		if (port < 0)
			continue;
		row->known =
			!ipcmbox_info(port, 0, &row->info, sizeof(row->info));
		close(port);
	}
	free(entries);
	return true;
}

static const struct row *find(const struct rows *rows, uint64_t mailbox)
{
	size_t i;

	for (i = 0; i < rows->count; i++)
		if (rows->row[i].known && rows->row[i].entry.mailbox == mailbox)
			return &rows->row[i];
	return NULL;
}

static void compare(const struct rows *before, struct rows *now)
{
	double seconds = (double)(now->instant - before->instant) / 1e9;
	size_t i;

	for (i = 0; i < now->count && seconds > 0; i++) {
		struct row *row = &now->row[i];
		const struct row *old = find(before, row->entry.mailbox);

		if (!old || !row->known)
			continue;
		row->sent = (double)(row->info.sent - old->info.sent) / seconds;
		row->received =
			(double)(row->info.received - old->info.received) /
			seconds;
	}
}

/* The busiest first, then those in which most is stored. */
static int order(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	double dx = x->sent + x->received, dy = y->sent + y->received;

	if (dx != dy)
		return dx < dy ? 1 : -1;
	if (x->entry.queued != y->entry.queued)
		return x->entry.queued < y->entry.queued ? 1 : -1;
	return strcmp(x->entry.name, y->entry.name);
}

/*
 * The name comes last: where it is too long it runs into the next line, which is written
 * over it.
 */
static void draw_row(int line, const struct row *row, bool coloured)
{
	char *name =
		escape(row->entry.name, strlen(row->entry.name), ESCAPE_NAME);
	bool waits = row->known && row->info.senders_waiting;

	move(line, 0);
	if (waits)
		attron(coloured ? (chtype)COLOR_PAIR(1) : A_BOLD);
	if (row->known)
		printw("%9.1f %9.1f %8llu %10llu %8llu %8llu %5u %5u  ",
		       row->sent, row->received,
		       (unsigned long long)row->info.queued,
		       (unsigned long long)row->info.queued_bytes,
		       (unsigned long long)row->info.senders_waiting,
		       (unsigned long long)row->info.receivers_waiting,
		       row->entry.senders, row->entry.receivers);
	else
		printw("%9s %9s %8s %10llu %8s %8s %5s %5s  ", "-", "-", "-",
		       (unsigned long long)row->entry.bytes, "-", "-", "-",
		       "-");
	addstr(name);
	if (waits)
		attroff(coloured ? (chtype)COLOR_PAIR(1) : A_BOLD);
	clrtoeol();
	free(name);
}

static void draw(const struct rows *rows, bool coloured)
{
	unsigned long long stored = 0;
	char text[32] = "";
	time_t now = time(NULL);
	struct tm tm;
	size_t i;

	for (i = 0; i < rows->count; i++)
		stored += rows->row[i].entry.queued;
	if (localtime_r(&now, &tm))
		strftime(text, sizeof(text), "%H:%M:%S", &tm);
	mvprintw(0, 0,
		 "ipcmbox top  %s  %zu names  %llu messages stored  (q ends)",
		 text, rows->count, stored);
	clrtoeol();
	attron(A_REVERSE);
	mvprintw(1, 0, "%9s %9s %8s %10s %8s %8s %5s %5s  %s", "SENT/S",
		 "RECV/S", "QUEUED", "BYTES", "SENDING", "RECVING", "SEND",
		 "RECV", "NAME");
	attroff(A_REVERSE);
	clrtoeol();
	for (i = 0; i < rows->count && (int)i + 3 < LINES; i++)
		draw_row((int)i + 2, &rows->row[i], coloured);
	move((int)i + 2, 0);
	clrtobot();
	refresh();
}

/* False if it is to end. */
static bool pause_for_key(uint64_t interval)
{
	uint64_t until = ipcmbox_deadline(interval), now;

	while (!stop_signal()) {
		now = ipcmbox_deadline(0);
		if (now >= until)
			return true;
		timeout((int)((until - now) / 1000000) + 1);
		switch (getch()) {
		case 'q':
		case 'Q':
			return false;
		case ' ':
		case KEY_RESIZE:
			return true;
		}
	}
	return false;
}

static int show(const struct settings *set, int ctl)
{
	uint64_t interval = set->given[OPT_INTERVAL] ? set->interval :
						       1000000000;
	bool coloured = colours(stdout) && has_colors();
	struct rows before = { 0 }, now;
	uint64_t times = 0;
	int error = 0;

	if (coloured) {
		start_color();
		use_default_colors();
		init_pair(1, COLOR_YELLOW, -1);
	}
	do {
		if (!look(ctl, &now)) {
			error = errno;
			break;
		}
		if (before.row)
			compare(&before, &now);
		free(before.row);
		before = now;
		/* The order of the list is not needed to compare. */
		qsort(now.row, now.count, sizeof(*now.row), order);
		draw(&now, coloured);
		times++;
	} while ((!set->given[OPT_COUNT] || times < set->count) &&
		 pause_for_key(interval));
	free(before.row);
	return error;
}

int run_top(const struct settings *set, struct operands *op)
{
	SCREEN *screen;
	int ctl, error;

	(void)op;
	if (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO)) {
		say("this needs a terminal; 'ipcmbox watch' and 'ipcmbox ls' do not");
		return STATUS_ERROR;
	}
	ctl = control_open(set);
	if (ctl < 0)
		return STATUS_ERROR;
	stop_catch();
	screen = newterm(NULL, stdout, stdin);
	if (!screen) {
		say("terminals of the kind TERM=%s are not known",
		    getenv("TERM") ? getenv("TERM") : "");
		return STATUS_ERROR;
	}
	noecho();
	cbreak();
	curs_set(0);
	keypad(stdscr, TRUE);
	error = show(set, ctl);
	endwin();
	delscreen(screen);
	close(ctl);
	errno = error;
	return error ? fail("names") : STATUS_OK;
}
