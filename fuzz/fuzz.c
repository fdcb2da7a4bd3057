// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fuzzer of the ABI: runs programs drawn from its description, keeps those that
 * reach new code of the module, and changes these. It finds a line in the kernel log
 * that should not be there, a mailbox whose counters do not add up, a process that
 * cannot be killed and a module that stays in use. vm/fuzz runs it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"
#include "log.h"

#define BEAT_SECONDS 10
#define YOUNG 200 /* a corpus: much is new that is drawn from the description */
/* Places in the module that any run reaches; a good one reaches 600. */
#define PLACES_MIN 250U

struct options options = { .seconds = 60, .seed = 1 };
struct batch *batch;

static double seconds_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

/* Runs what the batch has; false if it found something. */
static bool step(bool keep)
{
	unsigned int i;

	if (!try_and_report())
		return false;
	for (i = 0; i < batch->count; i++)
		if (batch->news[i])
			corpus_add(&batch->programs[i], keep);
	batch->count = 0;
	return true;
}

static bool add(const struct program *program, bool keep)
{
	batch->programs[batch->count++] = *program;
	return batch->count < BATCH_MAX || step(keep);
}

static bool read_corpus(void)
{
	struct dirent **entries;
	struct program program;
	char path[512];
	int i, count;

	count = scandir(options.corpus, &entries, NULL, alphasort);
	if (count < 0) {
		fprintf(stderr, "fuzz: %s: %s\n", options.corpus,
			strerror(errno));
		return false;
	}
	for (i = 0; i < count; i++) {
		if (!strstr(entries[i]->d_name, ".prog"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", options.corpus,
			 entries[i]->d_name);
		/* Of an older description of the ABI, for example. */
		if (!load(&program, path)) {
			fprintf(stderr, "fuzz: %s: left out\n", path);
			continue;
		}
		if (!add(&program, false))
			return false;
	}
	return !batch->count || step(false);
}

static void print_state(double start)
{
	printf("%5.0f s: %" PRIu64 " programs, %" PRIu64
	       " calls, corpus %u, places %u\n",
	       seconds_now() - start, nr_programs, nr_calls, nr_corpus,
	       cover_places());
}

/* A fuzzer that reaches nothing finds nothing. */
static bool was_of_use(void)
{
	if (!batch->created)
		printf("FOUND: no CREATE ever succeeded\n");
	if (cover_places() < PLACES_MIN)
		printf("FOUND: %u places reached, of at least %u\n",
		       cover_places(), PLACES_MIN);
	return batch->created && cover_places() >= PLACES_MIN;
}

static bool explore(void)
{
	double start = seconds_now(), beat = start;
	struct program program;
	bool fine = true;

	if (options.corpus)
		fine = read_corpus();
	while (fine && seconds_now() - start < options.seconds) {
		if (!nr_corpus || !random_below(nr_corpus < YOUNG ? 3 : 10)) {
			program_generate(&program);
		} else {
			program = *corpus[random_below(nr_corpus)];
			program_mutate(&program,
				       corpus[random_below(nr_corpus)]);
		}
		fine = add(&program, true);
		if (seconds_now() - beat > BEAT_SECONDS) {
			beat = seconds_now();
			print_state(start);
		}
	}
	print_state(start);
	return fine && was_of_use();
}

static void bad_usage(void)
{
	fputs("usage: fuzz [--seconds N] [--seed N] [--corpus FOLDER] [--output FOLDER]\n"
	      "            [--plant | --plant-wait | --plant-choice]\n"
	      "       fuzz --replay FILE | --minimise FILE [--output FOLDER] [--plant]\n",
	      stderr);
	exit(2);
}

static void parse(int argc, char **argv)
{
	static const struct option names[] = {
		{ "seconds", required_argument, NULL, 's' },
		{ "seed", required_argument, NULL, 'r' },
		{ "corpus", required_argument, NULL, 'c' },
		{ "output", required_argument, NULL, 'o' },
		{ "replay", required_argument, NULL, 'p' },
		{ "minimise", required_argument, NULL, 'm' },
		{ "plant", no_argument, NULL, 'x' },
		{ "plant-wait", no_argument, NULL, 'w' },
		{ "plant-choice", no_argument, NULL, 'n' },
		{},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", names, NULL)) >= 0) {
		switch (c) {
		case 's':
			options.seconds = strtoul(optarg, NULL, 0);
			break;
		case 'r':
			options.seed = strtoull(optarg, NULL, 0);
			break;
		case 'c':
			options.corpus = optarg;
			break;
		case 'o':
			options.output = optarg;
			break;
		case 'p':
			options.replay = optarg;
			break;
		case 'm':
			options.minimise = optarg;
			break;
		case 'x':
			options.plant = PLANT_LOG;
			break;
		case 'w':
			options.plant = PLANT_WAIT;
			break;
		case 'n':
			options.plant = PLANT_CHOICE;
			break;
		default:
			bad_usage();
		}
	}
	if (optind < argc || !options.seconds)
		bad_usage();
}

int main(int argc, char **argv)
{
	unsigned int scale;

	setvbuf(stdout, NULL, _IOLBF, 0);
	parse(argc, argv);
	if (!log_open()) {
		perror("fuzz: /dev/kmsg");
		return 1;
	}
	batch = batch_new();
	if (!batch) {
		perror("fuzz");
		return 1;
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	random_seed(options.seed);
	scale = batch_calibrate(batch);
	if (!scale) {
		fprintf(stderr, "fuzz: a program of one call cannot be run\n");
		return 1;
	}
	if (scale > 1)
		printf("fuzz: a slow machine: time limits are multiplied by %u\n",
		       scale);
	if (options.replay)
		return replay();
	if (options.minimise)
		return minimise_file();
	printf("fuzz: seed %" PRIu64 "\n", options.seed);
	if (!cover_open()) {
		perror("fuzz: no KCOV: it cannot tell what is new");
		return 1;
	}
	return !explore();
}
