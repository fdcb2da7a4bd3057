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

#include "execute.h"

#define CORPUS_MAX 20000
#define BEAT_SECONDS 10
#define REPLAY_TIMES 20

static struct {
	uint64_t seed;
	unsigned int seconds;
	const char *corpus; /* folder to read */
	const char *output; /* folder to write */
	const char *replay;
	const char *minimise;
	bool plant;
} options = { .seconds = 60, .seed = 1 };

static struct batch *batch;
static struct program *corpus[CORPUS_MAX];
static unsigned int nr_corpus;
static uint64_t nr_programs, nr_calls;
static int kernel_log = -1;

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static bool is_bad(const char *record)
{
	static const char *const words[] = {
		"ipcmbox",  "imb_",	"BUG",	   "WARNING",	 "Oops",
		"KASAN",    "UBSAN",	"ODEBUG",  "refcount_t", "INFO: task",
		"list_add", "list_del", "locking", "suspicious",
	};
	const char *text = strchr(record, ';');
	size_t i;

	for (i = 0; text && i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(text, words[i]))
			return true;
	return false;
}

/* Whether the log has a bad line since the last call; it goes to stdout. */
static bool log_is_bad(void)
{
	char record[8192];
	bool bad = false;
	ssize_t length;

	while ((length = read(kernel_log, record, sizeof(record) - 1)) > 0 ||
	       errno == EPIPE) {
		if (length <= 0)
			continue;
		record[length] = '\0';
		record[strcspn(record, "\n")] = '\0';
		if (is_bad(record)) {
			printf("log: %s\n", strchr(record, ';') + 1);
			bad = true;
		}
	}
	return bad;
}

/* Runs the batch; what is wrong in words, or NULL. */
static const char *try_batch(void)
{
	static const char *const outcomes[] = {
		[OUTCOME_FINE] = NULL,
		[OUTCOME_BREACH] = "the counters do not add up",
		[OUTCOME_IMMORTAL] = "a process cannot be killed",
		[OUTCOME_BUSY] = "the module still has users",
		[OUTCOME_HANG] = "a call did not end",
		[OUTCOME_KILLED] = "a signal ended the process",
		[OUTCOME_LAME] = "the programs could not be run",
	};
	enum outcome outcome = batch_run(batch, options.plant);
	unsigned int i;

	nr_programs += batch->count;
	for (i = 0; i < batch->count; i++)
		nr_calls += batch->programs[i].count;
	if (log_is_bad())
		return "the kernel log";
	return outcomes[outcome];
}

/* The same for a full batch of one program. */
static const char *try_often(const struct program *program)
{
	unsigned int i;

	for (i = 0; i < BATCH_MAX; i++)
		batch->programs[i] = *program;
	batch->count = BATCH_MAX;
	return try_batch();
}

static void save(const struct program *program, const char *name)
{
	char path[512];
	FILE *file;

	if (!options.output)
		return;
	snprintf(path, sizeof(path), "%s/%s", options.output, name);
	file = fopen(path, "we");
	if (!file)
		return;
	program_print(program, file);
	fclose(file);
}

/* Programs one after the other, a blank line in between. */
static void save_batch(const char *name)
{
	char path[512];
	unsigned int i;
	FILE *file;

	if (!options.output)
		return;
	snprintf(path, sizeof(path), "%s/%s", options.output, name);
	file = fopen(path, "we");
	for (i = 0; file && i < batch->count; i++) {
		program_print(&batch->programs[i], file);
		fputc('\n', file);
	}
	if (file)
		fclose(file);
}

static FILE *open_programs(const char *path)
{
	FILE *file = fopen(path, "re");

	if (!file)
		fprintf(stderr, "fuzz: %s: %s\n", path, strerror(errno));
	return file;
}

static bool load(struct program *program, const char *path)
{
	FILE *file = open_programs(path);
	bool fine = file && program_parse(program, file);

	if (file)
		fclose(file);
	return fine;
}

/* Leaves out call after call, as long as it still goes wrong. */
static void minimise(struct program *program)
{
	unsigned int at = program->count;

	while (at--) {
		struct program shorter = *program;

		if (program->count == 1)
			break;
		shorter.count--;
		memmove(&shorter.calls[at], &shorter.calls[at + 1],
			(shorter.count - at) * sizeof(struct call));
		if (try_often(&shorter))
			*program = shorter;
	}
	printf("minimised to %u calls:\n", program->count);
	program_print(program, stdout);
	save(program, "minimised.prog");
}

static void add_to_corpus(const struct program *program)
{
	char name[64];

	if (nr_corpus == CORPUS_MAX)
		return;
	corpus[nr_corpus] = malloc(sizeof(*program));
	if (!corpus[nr_corpus])
		return;
	*corpus[nr_corpus] = *program;
	snprintf(name, sizeof(name), "%05u.prog", nr_corpus++);
	save(program, name);
}

/* Which program of the batch it was. */
static bool report(const char *wrong)
{
	struct batch found = *batch;
	unsigned int i;

	printf("FOUND: %s\n", wrong);
	for (i = 0; i < found.count; i++) {
		if (!try_often(&found.programs[i]))
			continue;
		printf("by this program:\n");
		program_print(&found.programs[i], stdout);
		save(&found.programs[i], "found.prog");
		minimise(&found.programs[i]);
		return false;
	}
	*batch = found;
	save_batch("found.prog");
	printf("by none of these alone:\n");
	for (i = 0; i < found.count; i++) {
		program_print(&found.programs[i], stdout);
		printf("\n");
	}
	return false;
}

/* Runs what the batch has; false if it found something. */
static bool step(void)
{
	const char *wrong;
	unsigned int i;

	/* The host has it even if it is the last. */
	save_batch("current");
	wrong = try_batch();
	if (wrong)
		return report(wrong);
	for (i = 0; i < batch->count; i++)
		if (batch->news[i])
			add_to_corpus(&batch->programs[i]);
	batch->count = 0;
	return true;
}

static bool add(const struct program *program)
{
	batch->programs[batch->count++] = *program;
	return batch->count < BATCH_MAX || step();
}

static bool read_corpus(void)
{
	struct dirent **entries;
	struct program program;
	char path[512];
	int i, count;

	count = scandir(options.corpus, &entries, NULL, alphasort);
	for (i = 0; i < count; i++) {
		if (!strstr(entries[i]->d_name, ".prog"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", options.corpus,
			 entries[i]->d_name);
		if (!load(&program, path) || !add(&program))
			return false;
	}
	return !batch->count || step();
}

static void print_state(double start)
{
	printf("%5.0f s: %" PRIu64 " programs, %" PRIu64
	       " calls, corpus %u, places %u\n",
	       now() - start, nr_programs, nr_calls, nr_corpus, cover_places());
}

static bool explore(void)
{
	double start = now(), beat = start;
	struct program program;
	bool fine = true;

	if (options.corpus)
		fine = read_corpus();
	while (fine && now() - start < options.seconds) {
		if (!nr_corpus || !random_below(10)) {
			program_generate(&program);
		} else {
			program = *corpus[random_below(nr_corpus)];
			program_mutate(&program,
				       corpus[random_below(nr_corpus)]);
		}
		fine = add(&program);
		if (now() - beat > BEAT_SECONDS) {
			beat = now();
			print_state(start);
		}
	}
	print_state(start);
	return fine;
}

static void bad_usage(void)
{
	fputs("usage: fuzz [--seconds N] [--seed N] [--corpus FOLDER] [--output FOLDER]\n"
	      "            [--plant]\n"
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
			options.plant = true;
			break;
		default:
			bad_usage();
		}
	}
	if (optind < argc || !options.seconds)
		bad_usage();
}

/* All programs of a file, in one process, as they were found. */
static int replay(void)
{
	FILE *file = open_programs(options.replay);
	const char *wrong = NULL;
	unsigned int i;

	if (!file)
		return 2;
	while (batch->count < BATCH_MAX &&
	       program_parse(&batch->programs[batch->count], file))
		batch->count++;
	i = fgetc(file) != EOF || !batch->count;
	fclose(file);
	if (i) {
		fprintf(stderr, "fuzz: %s: not programs, or too many\n",
			options.replay);
		return 2;
	}
	for (i = 0; i < REPLAY_TIMES && !wrong; i++)
		wrong = try_batch();
	printf("%s\n", wrong ? wrong : "nothing is wrong");
	return !!wrong;
}

int main(int argc, char **argv)
{
	struct program program;
	const char *wrong;

	setvbuf(stdout, NULL, _IOLBF, 0);
	parse(argc, argv);
	kernel_log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (kernel_log < 0 || lseek(kernel_log, 0, SEEK_END) < 0) {
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
	if (options.replay)
		return replay();
	if (options.minimise) {
		if (!load(&program, options.minimise))
			return 2;
		wrong = try_often(&program);
		printf("%s\n", wrong ? wrong : "nothing is wrong");
		if (wrong)
			minimise(&program);
		return !!wrong;
	}
	printf("fuzz: seed %" PRIu64 "\n", options.seed);
	if (!cover_open())
		printf("fuzz: no KCOV here: it cannot tell what is new\n");
	return !explore();
}
