// SPDX-License-Identifier: GPL-2.0-only
/*
 * A slice of the storm, with fixed seeds; that a seed replays the choices; and that the
 * storm finds what is wrong with a history in which something was falsified. More of
 * it: ipcmbox_storm --seconds N.
 */
#include "kselftest_harness.h"
#include "ipcmbox_util.h"

/* Where IPCMBOX_FEW is set, a fifth: there the storm itself follows. */
#define SLICE(of) (getenv("IPCMBOX_FEW") ? (of) / 5 : (of))
/* And each round is short; the last of these options counts. */
#define FEW_LENGTH " --length 300"

/* Only a fixture has tests with a time limit of their own. */
FIXTURE(storm)
{
	char line[1024];
};

FIXTURE_SETUP(storm)
{
}

FIXTURE_TEARDOWN(storm)
{
}

/* The program lies beside this one. */
static const char *storm_path(void)
{
	static char path[4096];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 32);

	if (length < 0)
		return NULL;
	path[length] = '\0';
	strcpy(strrchr(path, '/'), "/ipcmbox_storm");
	return path;
}

/* Runs it; its exit status, or -1. The line with @word in its output goes to @line. */
static int run(const char *arguments, const char *word, char *line, size_t size)
{
	char command[5000], text[1024];
	FILE *output;
	int status;

	snprintf(command, sizeof(command), "%s %s", storm_path(), arguments);
	output = popen(command, "r");
	if (!output)
		return -1;
	*line = '\0';
	while (fgets(text, sizeof(text), output)) {
		printf("# %s", text);
		if (strstr(text, word) && !*line)
			snprintf(line, size, "%s", strstr(text, word));
	}
	status = pclose(output);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The same, with so many operations. */
static int run_slice(const char *arguments, unsigned int operations,
		     const char *word, char *line, size_t size)
{
	char text[256];

	snprintf(text, sizeof(text), "%s --operations %u%s", arguments,
		 SLICE(operations), getenv("IPCMBOX_FEW") ? FEW_LENGTH : "");
	return run(text, word, line, size);
}

TEST_F_TIMEOUT(storm, slice, 600)
{
	EXPECT_EQ(0, run_slice("--seed 1", 100000, "linearizable", self->line,
			       sizeof(self->line)));
	EXPECT_STREQ("linearizable\n", self->line);
}

/* Few and short rounds of many processes: mostly begin and end. */
TEST_F_TIMEOUT(storm, short_rounds, 600)
{
	EXPECT_EQ(0, run_slice("--seed 2 --length 50 --processes 8 --threads 4",
			       20000, "linearizable", self->line,
			       sizeof(self->line)));
}

/* One user has what messages need, and another sends them too. */
TEST_F_TIMEOUT(storm, scarce, 600)
{
	EXPECT_EQ(0, run_slice("--seed 6 --first 1 --length 1000", 50000,
			       "no quota", self->line, sizeof(self->line)));
	ASSERT_NE(0, strlen(self->line));
	EXPECT_LT(100, strtoul(self->line + strlen("no quota"), NULL, 10));
}

TEST_F_TIMEOUT(storm, replays, 600)
{
	const char *arguments =
		"--seed 3 --calm --length 300 --operations 5000";
	char first[1024], second[1024];

	ASSERT_EQ(0, run(arguments, "choices ", first, sizeof(first)));
	ASSERT_EQ(0, run(arguments, "choices ", second, sizeof(second)));
	EXPECT_NE(0, strlen(first));
	EXPECT_STREQ(first, second);
	ASSERT_EQ(0, run("--seed 4 --calm --length 300 --operations 5000",
			 "choices ", second, sizeof(second)));
	EXPECT_STRNE(first, second);
}

/*
 * As what it is found hangs on what else was done with the message, by chance: a peek at
 * what was moved behind its receive, say. linear_plant_test knows what else there is.
 */
TEST_F_TIMEOUT(storm, finds_what_was_planted, 600)
{
	static const char *const plants[] = {
		"duplicate", "loss", "overtaking", "disorder",
		"unwanted",  "case", "answer",	   "notice",
		"cancel",    "lag",  "name",	   "stale",
	};
	char arguments[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(plants); i++) {
		snprintf(arguments, sizeof(arguments),
			 "--seed 5 --length 200 --operations 200000 --plant %s",
			 plants[i]);
		EXPECT_EQ(1, run(arguments, "seed 5, round ", self->line,
				 sizeof(self->line)));
		EXPECT_NE(0, strlen(self->line));
		EXPECT_EQ(NULL, strstr(self->line, "stuck"));
	}
}

TEST_F(storm, bad_usage)
{
	EXPECT_EQ(2, run("--seconds 0 2>&1", "storm: ", self->line,
			 sizeof(self->line)));
	EXPECT_EQ(2, run("--plant nothing 2>&1", "storm: ", self->line,
			 sizeof(self->line)));
	EXPECT_EQ(2,
		  run("rain 2>&1", "storm: ", self->line, sizeof(self->line)));
	EXPECT_STREQ("storm: it takes options only\n", self->line);
}

TEST_HARNESS_MAIN
