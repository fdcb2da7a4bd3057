// SPDX-License-Identifier: GPL-2.0-only
/*
 * Options are parsed, and explained, by their table.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

const enum option_id common_options[] = { OPT_CONTROL, OPT_HELP, OPT_VERSION,
					  OPT_END };

const struct option_spec *option_spec(enum option_id id)
{
	return &option_entries[id].spec;
}

static void help_options(const enum option_id *ids)
{
	char text[64];

	for (; *ids != OPT_END; ids++) {
		const struct option_spec *spec = option_spec(*ids);

		snprintf(text, sizeof(text), "%c%c%c --%s%s%s",
			 spec->letter ? '-' : ' ',
			 spec->letter ? spec->letter : ' ',
			 spec->letter ? ',' : ' ', spec->name,
			 spec->arg ? " " : "", spec->arg ? spec->arg : "");
		printf("  %-28s %s\n", text, spec->help);
		if (spec->words)
			printf("  %-28s   %s\n", "", spec->words);
	}
}

static void help(const struct command *command)
{
	printf("usage: ipcmbox %s [OPTION...]%s%s\n\n%s\n\noptions:\n",
	       command->name, *command->args ? " " : "", command->args,
	       command->summary);
	help_options(command->options);
	help_options(common_options);
	if (command->run == run_ls || command->run == run_stat)
		printf("\ncolumns: ipcmbox %s --output help\n", command->name);
}

static bool set_value(const struct option_entry *entry, struct settings *set,
		      const char *arg)
{
	void *member = (char *)set + entry->offset;
	uint64_t *number = member;

	switch (entry->kind) {
	case FLAG:
		*(bool *)member = true;
		return true;
	case TEXT:
		*(const char **)member = arg;
		return true;
	case WORD:
		return value_word(arg, entry->spec.words, number);
	case CAPACITY:
		return value_capacity(arg, number);
	case MODE:
		return value_mode(arg, number);
	case NUMBER:
		if (!value_number(arg, number))
			return false;
		break;
	case BYTES:
		if (!value_bytes(arg, number))
			return false;
		break;
	case SECONDS:
		if (!value_seconds(arg, number))
			return false;
		break;
	}
	return *number >= entry->least &&
	       (!entry->most || *number <= entry->most);
}

/* What getopt_long() wants to know. */
struct parser {
	struct option longs[OPTIONS];
	enum option_id ids[OPTIONS];
	char letters[2 * OPTIONS + 2];
	int count;
};

static void parser_add(struct parser *parser, const enum option_id *ids)
{
	char *letters = parser->letters + strlen(parser->letters);

	for (; *ids != OPT_END; ids++) {
		const struct option_spec *spec = option_spec(*ids);

		/* Numbers that are no letters. */
		parser->longs[parser->count] = (struct option){
			.name = spec->name,
			.has_arg = spec->arg ? required_argument : no_argument,
			.val = 256 + (int)*ids,
		};
		parser->ids[parser->count++] = *ids;
		if (!spec->letter)
			continue;
		*letters++ = spec->letter;
		if (spec->arg)
			*letters++ = ':';
	}
	*letters = 0;
}

static enum option_id parser_find(const struct parser *parser, int found)
{
	int i;

	if (found >= 256)
		return (enum option_id)(found - 256);
	for (i = 0; i < parser->count; i++)
		if (option_spec(parser->ids[i])->letter == found)
			return parser->ids[i];
	return OPT_END;
}

static int wrong_option(int found, char **argv)
{
	if (found == ':')
		return usage_error("%s: what it takes is missing",
				   argv[optind - 1]);
	if (optopt > 0 && optopt < 256)
		return usage_error("there is no option -%c", optopt);
	return usage_error("%s: there is no such option, or it is used wrongly",
			   argv[optind - 1]);
}

/* Where the command to execute begins: after the first "--". */
static int before_command(const struct command *command, int argc, char **argv)
{
	int i;

	for (i = 1; command->executes && i < argc; i++)
		if (!strcmp(argv[i], "--"))
			return i;
	return argc;
}

static int take_operands(const struct command *command, int argc, char **argv,
			 struct operands *op)
{
	op->count = argc - optind;
	/* A copy, which who takes an operand may change. */
	op->word = need(calloc((size_t)op->count + 1, sizeof(*op->word)));
	memcpy(op->word, argv + optind, (size_t)op->count * sizeof(*op->word));
	if (op->count < command->least)
		return usage_error("%s is missing", command->args);
	if (op->count > command->most)
		return usage_error("'%s' is too much", op->word[command->most]);
	return -1;
}

int options_parse(const struct command *command, int argc, char **argv,
		  struct settings *set, struct operands *op)
{
	struct parser parser = { .letters = ":" };
	int before = before_command(command, argc, argv), found;

	parser_add(&parser, command->options);
	parser_add(&parser, common_options);
	opterr = 0;
	while ((found = getopt_long(before, argv, parser.letters, parser.longs,
				    NULL)) != -1) {
		enum option_id id;

		if (found == '?' || found == ':')
			return wrong_option(found, argv);
		id = parser_find(&parser, found);
		if (id == OPT_HELP) {
			help(command);
			return STATUS_OK;
		}
		if (id == OPT_VERSION) {
			puts("ipcmbox " VERSION);
			return STATUS_OK;
		}
		if (!set_value(&option_entries[id], set, optarg))
			return usage_error("--%s does not take '%s'",
					   option_spec(id)->name, optarg);
		set->given[id] = true;
	}
	if (before < argc)
		op->command = argv + before + 1;
	return take_operands(command, before, argv, op);
}
