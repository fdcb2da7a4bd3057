// SPDX-License-Identifier: GPL-2.0-only
/*
 * ipcmbox: mailboxes from the shell. This file has the table of its commands and picks
 * one of them.
 */
#include <limits.h>
#include <locale.h>
#include <signal.h>
#include <string.h>

#include "cli.h"

/* Options that several commands have. */
#define WHICH		OPT_ESCAPED, OPT_FD
#define WAIT		OPT_TIMEOUT, OPT_DONTWAIT
#define TABLE		OPT_OUTPUT, OPT_JSON, OPT_RAW, OPT_NOHEADINGS
#define FORMS		OPT_LINES, OPT_ZERO, OPT_FRAMED, OPT_MESSAGE_RAW
#define MATCH								\
	OPT_MATCH_TYPE, OPT_MATCH_TYPE_MAX, OPT_MATCH_TYPE_NOT,		\
	OPT_MATCH_FROM
#define MESSAGE		OPT_TYPE, OPT_PRIORITY, OPT_COOKIE
#define PAIR_ATTRIBUTES							\
	OPT_CAPACITY, OPT_MAX_BYTES, OPT_MAX_MESSAGE, OPT_ORDER,	\
	OPT_POLICY, OPT_SELECTIVE, OPT_FAIR_SHARE, OPT_HANGUP,		\
	OPT_REGION
#define ATTRIBUTES	PAIR_ATTRIBUTES, OPT_BROADCAST, OPT_SLOW_ALLOWED

static const enum option_id create_options[] = {
	OPT_ESCAPED, ATTRIBUTES, OPT_OWNED, OPT_MODE, OPT_EXCL, OPT_END,
};

static const enum option_id send_options[] = {
	WHICH,	    OPT_PID,	 WAIT,	    OPT_LINES, OPT_ZERO,
	OPT_FRAMED, OPT_FILE,	 OPT_CHUNK, MESSAGE,   OPT_UNTIL_TAKEN,
	OPT_ALL,    OPT_VERBOSE, OPT_END,
};

static const enum option_id recv_options[] = {
	WHICH, WAIT,	  OPT_COUNT,	OPT_FOLLOW, FORMS,   OPT_MESSAGE_JSON,
	MATCH, OPT_INBOX, OPT_CAPACITY, OPT_SLOW,   OPT_END,
};

static const enum option_id peek_options[] = {
	WHICH, FORMS, OPT_MESSAGE_JSON, MATCH, OPT_END,
};

static const enum option_id call_options[] = {
	WHICH,	   OPT_PID,	WAIT,		OPT_TAKEN_TIMEOUT,
	OPT_FILE,  MESSAGE,	OPT_MAX_ANSWER, FORMS,
	OPT_CHECK, OPT_VERBOSE, OPT_END,
};

static const enum option_id serve_options[] = {
	WHICH,	    WAIT,	OPT_COUNT, OPT_VERBOSE, MATCH,
	OPT_CREATE, ATTRIBUTES, OPT_MODE,  OPT_END,
};

static const enum option_id pair_options[] = {
	OPT_STDIO, OPT_SEPARATOR, OPT_TIMEOUT, PAIR_ATTRIBUTES, OPT_END,
};

static const enum option_id ls_options[] = { OPT_ESCAPED, TABLE, OPT_END };
static const enum option_id stat_options[] = { WHICH, TABLE, OPT_END };
static const enum option_id drain_options[] = { WHICH, OPT_END };
static const enum option_id no_options[] = { OPT_END };

static const enum option_id watch_options[] = {
	OPT_ESCAPED, OPT_INTERVAL, OPT_COUNT, OPT_TIMEOUT, OPT_END,
};

static const enum option_id top_options[] = {
	OPT_INTERVAL,
	OPT_COUNT,
	OPT_END,
};

static const enum option_id rm_options[] = {
	OPT_ESCAPED,
	OPT_DESTROY,
	OPT_FORCE,
	OPT_END,
};

static const enum option_id trace_options[] = {
	OPT_ESCAPED,
	OPT_COUNT,
	OPT_TIMEOUT,
	OPT_END,
};

static const enum option_id bench_options[] = {
	OPT_ROUNDS,
	OPT_SIZE,
	TABLE,
	OPT_END,
};

const struct command commands[] = {
	{ "create", "[NAME] [-- COMMAND...]", "make a mailbox", 0, 1, true, 0,
	  create_options, run_create },
	{ "send", "NAME [MESSAGE]", "send messages", 0, 2, false, 'n',
	  send_options, run_send },
	{ "recv", "NAME", "receive messages", 0, 1, false, 'n', recv_options,
	  run_recv },
	{ "peek", "NAME", "show the next message and leave it", 0, 1, false,
	  'n', peek_options, run_peek },
	{ "call", "NAME [MESSAGE]", "send a message and print its answer", 0, 2,
	  false, 'n', call_options, run_call },
	{ "serve", "NAME -- COMMAND...",
	  "answer each call with what a command prints", 0, 1, true, 'n',
	  serve_options, run_serve },
	{ "pair-run", "-- COMMAND1... -- COMMAND2...",
	  "join two commands by a pair of mailboxes", 0, 0, true, 0,
	  pair_options, run_pair },
	{ "ls", "[NAME...]", "list names", 0, INT_MAX, false, 'n', ls_options,
	  run_ls },
	{ "stat", "NAME...", "show attributes and counters", 0, INT_MAX, false,
	  'n', stat_options, run_stat },
	{ "watch", "[NAME...]", "print changes of names as JSON Lines", 0,
	  INT_MAX, false, 'n', watch_options, run_watch },
	{ "top", "", "show the busiest mailboxes, again and again", 0, 0, false,
	  0, top_options, run_top },
	{ "rm", "NAME...", "take names away", 1, INT_MAX, false, 'n',
	  rm_options, run_rm },
	{ "drain", "NAME...", "discard what is stored", 0, INT_MAX, false, 'n',
	  drain_options, run_drain },
	{ "trace", "[NAME...]", "print what happens in mailboxes", 0, INT_MAX,
	  false, 'n', trace_options, run_trace },
	{ "bench", "", "measure how fast mailboxes are here", 0, 0, false, 0,
	  bench_options, run_bench },
	{ "doctor", "", "find out why ipcmbox does not work", 0, 0, false, 0,
	  no_options, run_doctor },
	{ "completion", "bash", "print a script that completes command lines",
	  1, 1, false, 0, no_options, run_completion },
};

const size_t command_count = ARRAY_SIZE(commands);

static void help(void)
{
	size_t i;

	printf("usage: ipcmbox COMMAND [OPTION...] [ARGUMENT...]\n"
	       "\n"
	       "Mailboxes between local processes, from the shell.\n"
	       "\n"
	       "commands:\n");
	for (i = 0; i < command_count; i++)
		printf("  %-11s %s\n", commands[i].name, commands[i].summary);
	printf("\n"
	       "ipcmbox COMMAND --help tells more of each; ipcmbox --version tells\n"
	       "which this is. Exit status: 0, 1 after an error, 2 after wrong usage,\n"
	       "75 where it would have to wait, 124 when the time is over.\n");
}

static const struct command *find(const char *name)
{
	size_t i;

	for (i = 0; i < command_count; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

int main(int argc, char **argv)
{
	struct settings set = { 0 };
	struct operands op = { 0 };
	const struct command *command;
	int status;

	output_start();
	setlocale(LC_ALL, "");
	/* Who reads our output may go; write(2) then tells it by EPIPE. */
	signal(SIGPIPE, SIG_IGN);
	/* If who started us ignores it, children would end without a status. */
	signal(SIGCHLD, SIG_DFL);
	if (argc < 2)
		return usage_error("a command is missing");
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		help();
		return output_finish(STATUS_OK);
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		puts("ipcmbox " VERSION);
		return output_finish(STATUS_OK);
	}
	command = find(argv[1]);
	if (!command)
		return usage_error("there is no command '%s'", argv[1]);
	say_command(command->name);
	status = options_parse(command, argc - 1, argv + 1, &set, &op);
	if (status < 0)
		status = command->run(&set, &op);
	return stop_finish(output_finish(status));
}
