// SPDX-License-Identifier: GPL-2.0-only
/*
 * The corpus, and programs in files. A file of the corpus is named by what is in it, so
 * that corpora can be merged and nothing is kept twice; what is new goes to the folder
 * "corpus" of the output.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define CORPUS_MAX 20000
#define HISTORY 4

struct program *corpus[CORPUS_MAX];
unsigned int nr_corpus;

static FILE *create(const char *name)
{
	char path[512];

	if (!options.output)
		return NULL;
	snprintf(path, sizeof(path), "%s/%s", options.output, name);
	return fopen(path, "we");
}

/* Whole, or not at all: the machine may stop at any time. */
void save(const struct program *program, const char *name)
{
	char half[512], whole[512];
	FILE *file = create("half");

	if (!file)
		return;
	program_print(program, file);
	snprintf(half, sizeof(half), "%s/half", options.output);
	snprintf(whole, sizeof(whole), "%s/%s", options.output, name);
	if (fclose(file) || rename(half, whole))
		perror("fuzz: --output");
}

/* Programs one after the other, a blank line in between. */
void save_batch(const struct batch *what, const char *name)
{
	FILE *file = create(name);
	unsigned int i;

	for (i = 0; file && i < what->count; i++) {
		program_print(&what->programs[i], file);
		fputc('\n', file);
	}
	if (file)
		fclose(file);
}

/* What ran before, as a report may come late, and the machine end with it. */
void save_current(void)
{
	char name[HISTORY + 1][512];
	unsigned int i;

	if (!options.output)
		return;
	snprintf(name[0], sizeof(name[0]), "%s/current", options.output);
	for (i = 1; i <= HISTORY; i++)
		snprintf(name[i], sizeof(name[i]), "%s/before-%u.prog",
			 options.output, i);
	while (--i)
		rename(name[i - 1], name[i]);
	save_batch(batch, "current");
}

static FILE *open_programs(const char *path)
{
	FILE *file = fopen(path, "re");

	if (!file)
		fprintf(stderr, "fuzz: %s: %s\n", path, strerror(errno));
	return file;
}

bool load(struct program *program, const char *path)
{
	FILE *file = open_programs(path);
	bool fine = file && program_parse(program, file);

	if (file)
		fclose(file);
	return fine;
}

bool load_batch(const char *path)
{
	FILE *file = open_programs(path);
	bool fine;

	batch->count = 0;
	while (file && batch->count < BATCH_MAX &&
	       program_parse(&batch->programs[batch->count], file))
		batch->count++;
	fine = file && fgetc(file) == EOF && batch->count;
	if (file)
		fclose(file);
	if (file && !fine)
		fprintf(stderr, "fuzz: %s: not programs, or too many\n", path);
	return fine;
}

static uint64_t hash(const struct program *program)
{
	uint64_t value = 0xcbf29ce484222325ULL;
	char *text = NULL;
	size_t size, i;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		return 0;
	program_print(program, file);
	fclose(file);
	for (i = 0; i < size; i++)
		value = (value ^ (unsigned char)text[i]) * 0x100000001b3ULL;
	free(text);
	return value;
}

void corpus_add(const struct program *program, bool keep)
{
	char name[64];

	if (nr_corpus == CORPUS_MAX)
		return;
	corpus[nr_corpus] = malloc(sizeof(*program));
	if (!corpus[nr_corpus])
		return;
	*corpus[nr_corpus++] = *program;
	snprintf(name, sizeof(name), "corpus/%016" PRIx64 ".prog",
		 hash(program));
	if (keep)
		save(program, name);
}
