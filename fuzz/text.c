// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs as text. See program.h.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

void program_print(const struct program *program, FILE *file)
{
	unsigned int i, j;

	for (i = 0; i < program->count; i++) {
		const struct call *call = &program->calls[i];
		const struct call_kind *kind = &call_kinds[call->kind];

		fprintf(file, "%s slot=%u thread=%u", kind->name, call->slot,
			call->thread);
		if (call->place)
			fprintf(file, " place=%u", call->place);
		if (call->collide)
			fprintf(file, " collide=%u", call->collide);
		for (j = 0; j < kind->nr_fields; j++)
			fprintf(file, " %s=0x%" PRIx64, kind->fields[j].name,
				call->values[j]);
		fputc('\n', file);
	}
}

static bool set_value(struct call *call, const char *name, uint64_t value)
{
	const struct call_kind *kind = &call_kinds[call->kind];
	unsigned int i;

	if (!strcmp(name, "slot") && value < SLOTS) {
		call->slot = value;
		return true;
	}
	if (!strcmp(name, "thread") && value < THREADS) {
		call->thread = value;
		return true;
	}
	if (!strcmp(name, "place") && value < PLACES) {
		call->place = value;
		return true;
	}
	if (!strcmp(name, "collide") && value < 2) {
		call->collide = value;
		return true;
	}
	for (i = 0; i < kind->nr_fields; i++) {
		if (!strcmp(kind->fields[i].name, name)) {
			call->values[i] = value;
			return true;
		}
	}
	return false;
}

static bool parse_call(struct call *call, char *line)
{
	char *word = strtok(line, " "), *value, *end;

	for (call->kind = 0; call->kind < nr_call_kinds; call->kind++)
		if (word && !strcmp(call_kinds[call->kind].name, word))
			break;
	if (call->kind == nr_call_kinds)
		return false;
	while ((word = strtok(NULL, " "))) {
		value = strchr(word, '=');
		if (!value)
			return false;
		*value++ = '\0';
		if (!set_value(call, word, strtoull(value, &end, 0)) || *end)
			return false;
	}
	return true;
}

bool program_parse(struct program *program, FILE *file)
{
	char line[1024], copy[1024];

	memset(program, 0, sizeof(*program));
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (!*line && program->count)
			break;
		if (!*line || *line == '#')
			continue;
		strcpy(copy, line);
		if (program->count == CALLS_MAX ||
		    !parse_call(&program->calls[program->count++], line)) {
			fprintf(stderr, "fuzz: not a call: %s\n", copy);
			return false;
		}
	}
	return program->count;
}
