// SPDX-License-Identifier: GPL-2.0-only
/*
 * The results as JSON: the machine, and each subject with the values of all its rounds, of
 * which everything else is calculated.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "bench.h"

static void string(FILE *file, const char *text)
{
	putc('"', file);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fprintf(file, "\\%c", *text);
		else if ((unsigned char)*text < ' ')
			fprintf(file, "\\u%04x", (unsigned char)*text);
		else
			putc(*text, file);
	}
	putc('"', file);
}

static void member(FILE *file, const char *name, const char *text)
{
	fprintf(file, "\"%s\": ", name);
	string(file, text);
	fputs(", ", file);
}

static void histogram(FILE *file, const uint64_t *buckets)
{
	const char *comma = "";

	fputs(", \"histogram\": [", file);
	for (unsigned int i = 0; i < NR_BUCKETS; i++) {
		if (!buckets[i])
			continue;
		fprintf(file, "%s[%llu, %llu]", comma,
			(unsigned long long)bucket_floor(i),
			(unsigned long long)buckets[i]);
		comma = ", ";
	}
	putc(']', file);
}

static void rounds(FILE *file, const struct result *result)
{
	unsigned int count = cell_rounds(result->cell);
	struct spread spread = spread_of(result->rounds, count);

	fprintf(file,
		"\"operations\": %lu, \"median\": %.3f, \"low\": %.3f, \"high\": %.3f, ",
		result->operations, spread.median, spread.low, spread.high);
	fprintf(file, "\"quartiles\": [%.3f, %.3f], \"rounds\": [",
		spread.lower, spread.upper);
	for (unsigned int i = 0; i < count; i++)
		fprintf(file, "%s%.3f", i ? ", " : "", result->rounds[i]);
	putc(']', file);
	if (result->histogram)
		histogram(file, result->histogram);
}

static void one(FILE *file, const struct result *result)
{
	fputs("{", file);
	member(file, "cell", result->cell->name);
	member(file, "about", result->cell->about);
	member(file, "axis", result->cell->axis);
	fprintf(file, "\"point\": %lu, ", result->point);
	member(file, "peer", result->peer->name);
	member(file, "kind", kind_names[result->peer->kind]);
	if (result->lacking) {
		fputs("\"lacking\": ", file);
		string(file, result->lacking);
	} else {
		member(file, "unit",
		       result->cell->bytes  ? "bytes" :
		       options.instructions ? "instructions" :
					      "ns");
		rounds(file, result);
	}
	putc('}', file);
}

void json_write(const char *path, const struct results *results)
{
	char *fresh = must_alloc(strlen(path) + sizeof(".new"));
	struct utsname name;
	FILE *file;

	sprintf(fresh, "%s.new", path);
	file = fopen(fresh, "we");
	if (!file)
		die("%s", fresh);
	must(uname(&name), "uname");
	fputs("{\"machine\": {", file);
	member(file, "kernel", name.release);
	member(file, "processor", system_cpu_model());
	member(file, "accelerator", options.accelerator);
	member(file, "pin", pin_names[options.pin]);
	member(file, "unit", options.instructions ? "instructions" : "ns");
	fprintf(file, "\"cpus\": %u, \"rounds\": %u},\n\"results\": [\n",
		system_cpus(), options.rounds);
	for (unsigned int i = 0; i < results->count; i++) {
		if (i)
			fputs(",\n", file);
		one(file, &results->result[i]);
	}
	fputs("\n]}\n", file);
	errno = 0;
	if (ferror(file) | fclose(file))
		die("%s cannot be written", fresh);
	must(rename(fresh, path), path);
	free(fresh);
}
