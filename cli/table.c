// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables, printed by libsmartcols for people, in its raw form or as JSON.
 */
#include <inttypes.h>
#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli.h"

struct table {
	struct libscols_table *scols;
	struct libscols_line *line;
	const struct settings *set;
	const struct column *columns;
	size_t count;
	struct libscols_column *shown[64]; /* NULL: not */
	struct libscols_column *field, *value; /* of a list */
};

static void add_column(struct table *table, size_t i)
{
	const struct column *column = &table->columns[i];

	if (table->shown[i])
		return;
	if (table->value) {
		table->shown[i] = table->value;
		return;
	}
	table->shown[i] = need(scols_table_new_column(
		table->scols, column->name, 0,
		column->kind == COLUMN_NUMBER ? SCOLS_FL_RIGHT : 0));
	/* Of a text too: it is a string of JSON when libsmartcols gets it. */
	scols_column_set_json_type(table->shown[i],
				   column->kind == COLUMN_BOOL ?
					   SCOLS_JSON_BOOLEAN :
					   SCOLS_JSON_NUMBER);
}

static void add_list(struct table *table)
{
	table->field =
		need(scols_table_new_column(table->scols, "FIELD", 0, 0));
	table->value =
		need(scols_table_new_column(table->scols, "VALUE", 0, 0));
	scols_table_enable_noheadings(table->scols, 1);
}

static void add_usual(struct table *table)
{
	size_t i;

	for (i = 0; i < table->count; i++)
		if (table->columns[i].usual)
			add_column(table, i);
}

static void help_columns(const struct column *columns, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		printf("%-18s %s%s\n", columns[i].name, columns[i].help,
		       columns[i].usual ? " (usual)" : "");
}

/* A word of -o; false if there is no such column. */
static bool add_named(struct table *table, const char *name)
{
	size_t i;

	for (i = 0; i < table->count; i++) {
		if (strcasecmp(name, table->columns[i].name))
			continue;
		add_column(table, i);
		return true;
	}
	return false;
}

static int choose_columns(struct table *table, const char *output)
{
	char *list, *rest, *word;
	int status = STATUS_OK;

	if (!output || *output == '+')
		add_usual(table);
	if (!output)
		return status;
	list = need(strdup(output + (*output == '+')));
	rest = list;
	while (!status && (word = strsep(&rest, ",")))
		if (!add_named(table, word))
			status = usage_error("there is no column '%s'", word);
	free(list);
	return status;
}

struct table *table_new(const struct settings *set, const char *name,
			const struct column *columns, size_t count, bool list,
			int *status)
{
	struct table *table;

	if (set->output && !strcmp(set->output, "help")) {
		help_columns(columns, count);
		*status = STATUS_OK;
		return NULL;
	}
	if (set->json && set->raw) {
		*status =
			usage_error("only one of --json and --raw is possible");
		return NULL;
	}
	table = need(calloc(1, sizeof(*table)));
	table->set = set;
	table->columns = columns;
	table->count = count;
	table->scols = need(scols_new_table());
	scols_table_set_name(table->scols, name);
	scols_table_enable_json(table->scols, set->json);
	scols_table_enable_raw(table->scols, set->raw);
	scols_table_enable_noheadings(table->scols, set->noheadings);
	/* What must be escaped is. */
	scols_table_enable_noencoding(table->scols, 1);
	if (list && !set->output && !set->json && !set->raw)
		add_list(table);
	*status = choose_columns(table, set->output);
	if (!*status)
		return table;
	table_free(table);
	return NULL;
}

static void set_cell(struct table *table, struct libscols_column *column,
		     char *text)
{
	if (scols_line_refer_column_data(table->line, column, text))
		need(NULL);
}

void table_line(struct table *table)
{
	size_t i;

	/* Lists have an empty line between them. */
	if (table->value && !table->line)
		return;
	table->line = need(scols_table_new_line(table->scols, NULL));
	/* In the raw form nothing but a word shows where a column is. */
	for (i = 0; table->set->raw && i < table->count; i++)
		if (table->shown[i])
			set_cell(table, table->shown[i], need(strdup("-")));
}

/* With its quotes; in strings of libsmartcols more would be left as it is. */
static char *json_text(const char *text)
{
	char *json = NULL;
	size_t len;
	FILE *out = need(open_memstream(&json, &len));

	json_name(out, text);
	if (fclose(out))
		need(NULL);
	return json;
}

void table_text(struct table *table, size_t column, const char *text)
{
	const struct settings *set = table->set;
	struct libscols_column *shown = table->shown[column];
	char *safe;

	if (!shown || !text || (!*text && (set->raw || set->json)))
		return;
	/* The raw form is escaped by libsmartcols, in which a blank is \x20. */
	if (set->raw)
		safe = need(strdup(text));
	else if (set->json && table->columns[column].kind == COLUMN_TEXT)
		safe = json_text(text);
	else
		safe = escape(text, strlen(text), ESCAPE_NAME);
	if (table->value) {
		table->line = need(scols_table_new_line(table->scols, NULL));
		set_cell(table, table->field,
			 need(strdup(table->columns[column].name)));
	}
	set_cell(table, shown, safe);
}

void table_give(struct table *table, size_t column, char *text)
{
	table_text(table, column, text);
	free(text);
}

void table_number(struct table *table, size_t column, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	table_text(table, column, text);
}

void table_bool(struct table *table, size_t column, bool value)
{
	table_text(table, column, value ? "yes" : "no");
}

void table_print(struct table *table)
{
	/* An empty table is still an array. */
	if (scols_table_is_empty(table->scols) && table->set->json)
		printf("{\n   \"%s\": []\n}\n",
		       scols_table_get_name(table->scols));
	else
		scols_print_table(table->scols);
}

void table_free(struct table *table)
{
	scols_unref_table(table->scols);
	free(table);
}
