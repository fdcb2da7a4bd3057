// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bench: options, and one cell after the other.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

const char *const pin_names[] = {
	[PIN_NONE] = "none",
	[PIN_SAME] = "same",
	[PIN_APART] = "apart",
};

const char *const kind_names[] = {
	[OWN] = "ipcmbox",	 [KERNEL] = "kernel",	    [SHARED] = "shared",
	[IN_PLACE] = "in-place", [REFERENCE] = "reference",
};

struct options options = {
	.rounds = 9,
	.target = 25e6,
	.stop_seconds = 120,
	.accelerator = "none",
};

static void usage(FILE *file)
{
	fprintf(file,
		"usage: ipcmbox-bench [OPTION...]\n"
		"  --only CELL,...       these cells only; --list names them\n"
		"  --most N              leave out points above N\n"
		"  --point N             this point only\n"
		"  --peers PEER,...      these peers only\n"
		"  --marks               mark what is measured, for vm/bench --profile\n"
		"  --list                list cells with their points and peers, and peers\n"
		"  --rounds N            rounds of each subject, odd (%u)\n"
		"  --time MS             how long a round of a subject takes (%g)\n"
		"  --pin none|same|apart who runs on which processor (none)\n"
		"  --json FILE           write all results there\n"
		"  --instructions        the clock counts instructions, as under QEMU's\n"
		"                        -icount shift=0: a nanosecond is an instruction\n"
		"  --accelerator NAME    what runs this machine, for the record\n",
		options.rounds, options.target / 1e6);
}

static void refuse(const char *what, const char *argument)
{
	fprintf(stderr, "ipcmbox-bench: %s '%s'\n", what, argument);
	exit(2);
}

static unsigned long number(const char *text, unsigned long least,
			    unsigned long most)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || *end || end == text || value < least || value > most)
		refuse("not a number that can be", text);
	return value;
}

static enum pin parse_pin(const char *text)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(pin_names); i++)
		if (!strcmp(text, pin_names[i]))
			return (enum pin)i;
	refuse("--pin: not none, same or apart:", text);
	return PIN_NONE;
}

/* Whether a name stands in a list of names, separated by commas. */
bool is_named(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = list; (at = strstr(at, name)); at += length)
		if ((at == list || at[-1] == ',') &&
		    (!at[length] || at[length] == ','))
			return true;
	return false;
}

static bool is_cell(const char *name)
{
	for (unsigned int i = 0; i < nr_cells; i++)
		if (!strcmp(cells[i]->name, name))
			return true;
	return false;
}

static bool is_peer(const char *name)
{
	for (unsigned int i = 0; i < nr_peers; i++)
		if (!strcmp(peers[i].name, name))
			return true;
	return false;
}

static void check_names(const char *list, const char *none,
			bool (*exists)(const char *name))
{
	char *copy = strdup(list), *rest = copy, *name;

	while (copy && (name = strsep(&rest, ",")))
		if (!exists(name))
			refuse(none, name);
	free(copy);
}

/* Whether a peer has any point of a cell, if not on this machine. */
static bool has_point(const struct cell *cell, const struct peer *peer)
{
	for (const unsigned long *point = cell->points; *point; point++)
		if (!cell->lacks(peer, *point))
			return true;
	return false;
}

static void list(void)
{
	printf("cells:\n");
	for (unsigned int i = 0; i < nr_cells; i++) {
		const struct cell *cell = cells[i];

		printf("  %-18s %s\n    %s:", cell->name, cell->about,
		       cell->axis);
		for (const unsigned long *point = cell->points; *point; point++)
			printf(" %lu", *point);
		printf("\n    peers:");
		for (unsigned int k = 0; k < nr_peers; k++)
			if (has_point(cell, &peers[k]))
				printf(" %s", peers[k].name);
		printf("\n");
	}
	printf("peers:\n");
	for (unsigned int i = 0; i < nr_peers; i++)
		printf("  %-18s %s\n", peers[i].name,
		       kind_names[peers[i].kind]);
}

static void parse(int argc, char **argv)
{
	static const struct option known[] = {
		{ "only", required_argument, NULL, 'o' },
		{ "most", required_argument, NULL, 'm' },
		{ "point", required_argument, NULL, 'n' },
		{ "peers", required_argument, NULL, 'e' },
		{ "marks", no_argument, NULL, 'k' },
		{ "list", no_argument, NULL, 'l' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "time", required_argument, NULL, 't' },
		{ "pin", required_argument, NULL, 'p' },
		{ "json", required_argument, NULL, 'j' },
		{ "instructions", no_argument, NULL, 'i' },
		{ "accelerator", required_argument, NULL, 'a' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (option) {
		case 'o':
			check_names(optarg, "there is no cell", is_cell);
			options.only = optarg;
			break;
		case 'm':
			options.most = number(optarg, 1, ULONG_MAX);
			break;
		case 'n':
			options.point = number(optarg, 1, ULONG_MAX);
			break;
		case 'e':
			check_names(optarg, "there is no peer", is_peer);
			options.peers = optarg;
			break;
		case 'k':
			options.marks = true;
			break;
		case 'l':
			list();
			exit(0);
		case 'r':
			options.rounds = (unsigned int)number(optarg, 1, 1000);
			break;
		case 't':
			options.target = 1e6 * (double)number(optarg, 1, 10000);
			break;
		case 'p':
			options.pin = parse_pin(optarg);
			break;
		case 'j':
			options.json = optarg;
			break;
		case 'i':
			options.instructions = true;
			break;
		case 'a':
			options.accelerator = optarg;
			break;
		case 'h':
			usage(stdout);
			exit(0);
		default:
			usage(stderr);
			exit(2);
		}
	}
	if (optind != argc)
		refuse("not an option:", argv[optind]);
}

static void on_alarm(int signal)
{
	(void)signal;
	errno = 0;
	die("not done after %u s", options.stop_seconds);
}

/* Processes that take part end with the first one. */
static void on_stop(int signal)
{
	sysv_clean_up();
	_exit(128 + signal);
}

int main(int argc, char **argv)
{
	struct results results = { 0 };

	parse(argc, argv);
	signal(SIGALRM, on_alarm);
	signal(SIGINT, on_stop);
	signal(SIGTERM, on_stop);
	/* A peer that is gone is an error of write(2), and has its line. */
	signal(SIGPIPE, SIG_IGN);
	system_prepare();
	printf("ipcmbox-bench: %u processors, pinned: %s; accelerator: %s; %u rounds\n",
	       system_cpus(), pin_names[options.pin], options.accelerator,
	       options.rounds);
	crew_pin();
	if (options.instructions)
		system_make_steady();
	for (unsigned int i = 0; i < nr_cells; i++) {
		if (options.only && !is_named(options.only, cells[i]->name))
			continue;
		if (options.instructions && cells[i]->bytes)
			continue;
		measure_cell(cells[i], &results);
		/* What is measured stays, should another cell fail. */
		if (options.json)
			json_write(options.json, &results);
	}
	failing(NULL, NULL, 0);
	errno = 0;
	if (!results.count)
		die("no cell was measured");
	return 0;
}
