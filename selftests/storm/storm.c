// SPDX-License-Identifier: GPL-2.0-only
/*
 * The storm: rounds until the time is up or enough was done, then what was done. See
 * storm.h.
 */
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "storm.h"

/* So many operations let everything happen that can. */
#define LONG_RUN 1000000
#define BEAT_SECONDS 60

static const char *const tally_names[TALLIES] = {
	[TALLY_QUEUED] = "sent, queued",
	[TALLY_TAKEN] = "sent, taken",
	[TALLY_RECEIVED] = "received",
	[TALLY_PEEKED] = "peeked",
	[TALLY_EMPTY] = "nothing there",
	[TALLY_FULL] = "no room",
	[TALLY_EXPIRED] = "deadline",
	[TALLY_INTERRUPTED] = "interrupted",
	[TALLY_FAULT] = "bad pointer",
	[TALLY_TOO_SMALL] = "buffer too small",
	[TALLY_TRUNCATED] = "truncated",
	[TALLY_END_OF_FILE] = "end of file",
	[TALLY_BROKEN_PIPE] = "no receiver left",
	[TALLY_REMOVED] = "mailbox gone",
	[TALLY_DRAINED] = "drained",
	[TALLY_DESTROYED] = "destroyed",
	[TALLY_SET] = "capacity set",
	[TALLY_POLLED] = "polled",
	[TALLY_REOPENED] = "reopened",
	[TALLY_DUPLICATED] = "duplicated",
	[TALLY_MAPPED] = "mapped",
	[TALLY_FORKED] = "forked",
	[TALLY_KILLED] = "killed",
	[TALLY_CHOSEN] = "received by choice",
	[TALLY_BUSY] = "busy",
	[TALLY_NO_QUOTA] = "no quota",
	[TALLY_NO_PROCESS] = "no such process",
	[TALLY_SELECTED_SEND] = "selected a send",
	[TALLY_SELECTED_RECV] = "selected a receive",
	[TALLY_SELECTED_NONE] = "nothing to select",
	[TALLY_BATCH_SENT] = "sent a batch",
	[TALLY_BATCH_RECEIVED] = "received a batch",
	[TALLY_BATCH_PART] = "did part of a batch",
	[TALLY_BROADCAST] = "broadcast",
	[TALLY_LAGGED] = "told of a lag",
	[TALLY_DISCONNECTED] = "disconnected",
	[TALLY_CALLED] = "called",
	[TALLY_CALL_RECEIVED] = "received a call",
	[TALLY_CALL_LEFT] = "left a call",
	[TALLY_SERVER_GONE] = "server gone",
	[TALLY_REPLIED] = "replied",
	[TALLY_STALE] = "replied too late",
	[TALLY_SERVED] = "replied, received",
	[TALLY_NOTICED] = "noticed who left",
	[TALLY_CANCELLED] = "cancelled",
	[TALLY_CANCEL_TOO_LATE] = "cancelled too late",
	[TALLY_CANCEL_REPLIED] = "cancelled, replied",
	[TALLY_CANCEL_UNKNOWN] = "cancelled, unknown",
	[TALLY_NAMED] = "made a name",
	[TALLY_FOUND] = "opened a name",
	[TALLY_UNLINKED] = "took a name away",
	[TALLY_LISTED] = "listed names",
};

static const char usage[] =
	"usage: storm [--seconds N | --operations N] [--seed N] [--first ROUND]\n"
	"             [--processes N] [--threads N] [--length N] [--calm]\n"
	"             [--plant WHAT] [--verbose]\n"
	"\n"
	"Does everything at once to shared mailboxes and checks their histories.\n"
	"--seed      replays the choices of a run, round by round\n"
	"--first     begins with this round\n"
	"--length    choices that each worker makes in a round\n"
	"--calm      no kills, and signals only to end a wait\n"
	"--plant     falsifies the histories, which must be found out: duplicate, loss,\n"
	"            overtaking, disorder, unwanted, case, answer, notice, cancel, lag,\n"
	"            name, stale\n";

static void bad_usage(const char *what)
{
	fprintf(stderr, "storm: %s\n%s", what, usage);
	exit(2);
}

static uint64_t number(const char *text, uint64_t least, uint64_t most)
{
	char *end;
	uint64_t value = strtoull(text, &end, 0);

	if (*end || end == text || value < least || value > most)
		bad_usage("a number is out of range");
	return value;
}

static void parse(int argc, char **argv, struct options *options)
{
	static const struct option names[] = {
		{ "seconds", required_argument, NULL, 's' },
		{ "operations", required_argument, NULL, 'o' },
		{ "seed", required_argument, NULL, 'r' },
		{ "first", required_argument, NULL, 'f' },
		{ "processes", required_argument, NULL, 'p' },
		{ "threads", required_argument, NULL, 't' },
		{ "length", required_argument, NULL, 'l' },
		{ "calm", no_argument, NULL, 'c' },
		{ "plant", required_argument, NULL, 'x' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", names, NULL)) >= 0) {
		switch (c) {
		case 's':
			options->seconds = number(optarg, 1, 1000000);
			break;
		case 'o':
			options->operations = number(optarg, 1, UINT64_MAX);
			break;
		case 'r':
			options->seed = number(optarg, 0, UINT64_MAX);
			break;
		case 'f':
			options->first = number(optarg, 0, UINT64_MAX);
			break;
		case 'p':
			options->processes = number(optarg, 1, 8);
			break;
		case 't':
			options->threads = number(optarg, 1, 4);
			break;
		case 'l':
			options->length = number(optarg, 10, 100000);
			break;
		case 'c':
			options->calm = true;
			break;
		case 'x':
			options->plant = optarg;
			break;
		case 'v':
			options->verbose = true;
			break;
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			bad_usage("there is no such option");
		}
	}
	if (optind < argc)
		bad_usage("it takes options only");
	if (options->plant && !plant_is_known(options->plant))
		bad_usage("it cannot plant that");
	if (!options->seconds && !options->operations)
		options->operations = 100000;
}

_Thread_local volatile sig_atomic_t storm_signals;

static void on_signal(int number)
{
	storm_signals++;
}

/* One signal interrupts a call, the other has it restarted. */
static void catch_signals(void)
{
	const struct sigaction interrupt = { .sa_handler = on_signal };
	const struct sigaction restart = {
		.sa_handler = on_signal,
		.sa_flags = SA_RESTART,
	};

	sigaction(SIGUSR1, &interrupt, NULL);
	sigaction(SIGUSR2, &restart, NULL);
	/* A broken pipe is an errno here. */
	signal(SIGPIPE, SIG_IGN);
}

static void *shared(size_t size)
{
	void *area = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (area == MAP_FAILED) {
		perror("storm: mmap");
		exit(1);
	}
	return area;
}

/* Everything of a round but the memory of the events. */
static void round_init(struct round *round, const struct options *options,
		       uint64_t number, struct event *events)
{
	/* The judge's own slot is the last in memory: it may have many. */
	size_t length = STORM_EVENTS(options->length);
	unsigned int slot;

	memset(round, 0, sizeof(*round));
	round->number = number;
	round->length = options->length;
	round->clock = 1;
	round->slots = 1;
	for (slot = 1; slot < STORM_WORKERS; slot++)
		round->workers[slot].events = &events[(slot - 1) * length];
	round->workers[0].events = &events[STORM_WORKERS * length];
}

struct totals {
	uint64_t operations;
	uint64_t rounds;
	uint64_t choices;
	uint64_t tallies[TALLIES];
};

static void add_up(struct totals *totals, const struct round *round)
{
	unsigned int slot, i;

	totals->rounds++;
	totals->operations += round_events(round);
	for (slot = 0; slot < STORM_WORKERS; slot++) {
		totals->choices += round->workers[slot].choices;
		for (i = 0; i < TALLIES; i++)
			totals->tallies[i] += round->workers[slot].tallies[i];
	}
}

/*
 * Prints what was done; false if a long run left something out. A call that is answered
 * and has not returned is rarely met.
 */
static bool print_totals(const struct totals *totals,
			 const struct options *options, double seconds)
{
	bool fine = true;
	unsigned int i;

	printf("%" PRIu64 " operations in %" PRIu64
	       " rounds, %.0f s, %.0f a second; choices %016" PRIx64 "\n",
	       totals->operations, totals->rounds, seconds,
	       totals->operations / seconds, totals->choices);
	for (i = 0; i < TALLIES; i++) {
		printf("  %-20s %" PRIu64 "\n", tally_names[i],
		       totals->tallies[i]);
		if (!totals->tallies[i] && !options->calm &&
		    i != TALLY_CANCEL_REPLIED &&
		    totals->operations > LONG_RUN) {
			printf("  which should have happened\n");
			fine = false;
		}
	}
	return fine;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static bool run_round(struct round *round, const struct options *options)
{
	struct dice dice;
	bool fine;

	round->scarce = round->number % 2;
	/* The parent draws from the slot that is the judge's. */
	dice_init(&dice, options->seed, round->number, STORM_WORKERS);
	fine = boxes_open(round, &dice);
	if (!fine)
		perror("storm: cannot make mailboxes");
	fine = fine && round_run(round, options, &dice) &&
	       judge_round(round, options);
	if (fine)
		boxes_close(round);
	return fine;
}

int main(int argc, char **argv)
{
	struct options options = {
		.seed = time(NULL),
		.processes = 4,
		.threads = 2,
		.length = 2000,
	};
	struct totals totals = {};
	struct round *round;
	struct event *events;
	double start = now(), beat = start;
	bool fine = true;
	uint64_t number;

	setvbuf(stdout, NULL, _IOLBF, 0);
	parse(argc, argv, &options);
	printf("storm: seed %" PRIu64 "\n", options.seed);
	catch_signals();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (!names_open()) {
		perror("storm: cannot mount ipcmboxfs");
		return 1;
	}
	round = shared(sizeof(*round));
	/* As many again for the judge, who may find all that was sent. */
	events = shared(2 * STORM_WORKERS * STORM_EVENTS(options.length) *
			sizeof(*events));
	for (number = options.first; fine; number++) {
		round_init(round, &options, number, events);
		fine = run_round(round, &options);
		add_up(&totals, round);
		if (options.verbose)
			printf("round %" PRIu64 ": %" PRIu64 " operations\n",
			       number, round_events(round));
		if (now() - beat >= BEAT_SECONDS) {
			beat = now();
			printf("%.0f s: %" PRIu64 " operations\n", beat - start,
			       totals.operations);
		}
		if (options.seconds ? now() - start >= options.seconds :
				      totals.operations >= options.operations)
			break;
	}
	names_close();
	fine = print_totals(&totals, &options, now() - start) && fine;
	printf("storm: %s\n",
	       fine ? "every history is linearizable" : "FAILED");
	return !fine;
}
