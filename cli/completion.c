// SPDX-License-Identifier: GPL-2.0-only
/*
 * ipcmbox completion: a script for bash, made of the tables of commands and options.
 */
#include <string.h>

#include "cli.h"

/* What a shell would take for something else is not offered; -e takes it as ls shows it. */
static const char head[] =
	"# Completion of ipcmbox for bash, made by 'ipcmbox completion bash'.\n"
	"\n"
	"_ipcmbox_names() {\n"
	"\tlocal name\n"
	"\tipcmbox ls --raw --noheadings --output NAME 2>/dev/null |\n"
	"\twhile IFS= read -r name; do\n"
	"\t\tcase $name in\n"
	"\t\t-* | *[!A-Za-z0-9._+@%=:,-]*) ;;\n"
	"\t\t*) printf '%s\\n' \"$name\" ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"}\n"
	"\n"
	"_ipcmbox() {\n"
	"\tlocal current=${COMP_WORDS[COMP_CWORD]} previous=\"\"\n"
	"\tlocal command=\"\" options=\"\" names=\"\"\n"
	"\tCOMPREPLY=()\n"
	"\tif [ \"$COMP_CWORD\" -gt 1 ]; then\n"
	"\t\tcommand=${COMP_WORDS[1]}\n"
	"\t\tprevious=${COMP_WORDS[COMP_CWORD - 1]}\n"
	"\tfi\n";

static const char tail[] =
	"\tif [ -z \"$command\" ]; then\n"
	"\t\tmapfile -t COMPREPLY < <(compgen -W \"$commands\" -- \"$current\")\n"
	"\t\treturn\n"
	"\tfi\n"
	"\tcase $current in\n"
	"\t-*) mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$current\") ;;\n"
	"\t*)\n"
	"\t\t[ -z \"$names\" ] || names=$(_ipcmbox_names)\n"
	"\t\t[ \"$command\" != completion ] || names=bash\n"
	"\t\tmapfile -t COMPREPLY < <(compgen -W \"$names\" -- \"$current\")\n"
	"\t\t;;\n"
	"\tesac\n"
	"}\n"
	"\n"
	"complete -F _ipcmbox ipcmbox\n";

static void print_options(const enum option_id *ids)
{
	for (; *ids != OPT_END; ids++)
		printf(" --%s", option_spec(*ids)->name);
}

/* What compgen(1) of bash is to offer. */
static void print_offer(const char *kind, const char *words)
{
	printf("\t\t\tmapfile -t COMPREPLY < <(compgen %s%s%s%s -- \"$current\")\n",
	       kind, words ? "\"" : "", words ? words : "", words ? "\"" : "");
}

/* What options take: words, files, or something that cannot be known. */
static void print_arguments(const enum option_id *ids)
{
	for (; *ids != OPT_END; ids++) {
		const struct option_spec *spec = option_spec(*ids);

		if (!spec->arg)
			continue;
		printf("\t\t--%s", spec->name);
		if (spec->letter)
			printf(" | -%c", spec->letter);
		printf(")\n");
		if (spec->words)
			print_offer("-W ", spec->words);
		else if (!strcmp(spec->arg, "FILE"))
			print_offer("-f", NULL);
		printf("\t\t\treturn\n\t\t\t;;\n");
	}
}

int run_completion(const struct settings *set, struct operands *op)
{
	size_t i;

	(void)set;
	if (strcmp(op->word[0], "bash"))
		return usage_error(
			"there is a completion for bash, not for '%s'",
			op->word[0]);
	fputs(head, stdout);
	printf("\tlocal commands=\"");
	for (i = 0; i < command_count; i++)
		printf("%s%s", i ? " " : "", commands[i].name);
	printf("\"\n\tcase $command in\n");
	for (i = 0; i < command_count; i++) {
		printf("\t%s)\n\t\toptions=\"", commands[i].name);
		print_options(commands[i].options);
		print_options(common_options);
		printf("\"\n");
		if (commands[i].completes == 'n')
			printf("\t\tnames=1\n");
		printf("\t\tcase $previous in\n");
		print_arguments(commands[i].options);
		print_arguments(common_options);
		printf("\t\tesac\n\t\t;;\n");
	}
	printf("\tesac\n");
	fputs(tail, stdout);
	return STATUS_OK;
}
