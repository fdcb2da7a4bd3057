// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of semantics: each of its cells is brought about, and must come to what
 * Documentation/semantics.rst says; semantics_table.h is made of that.
 */
#include <sys/mount.h>

#include "kselftest_harness.h"
#include "stage.h"
#include "semantics_table.h"

#define NEVER "never" /* what cannot come about */

FIXTURE(semantics)
{
	unsigned int column;
};

MBOX_CAPACITIES(semantics);

static void on_signal(int signo)
{
}

FIXTURE_SETUP(semantics)
{
	const struct sigaction action = { .sa_handler = on_signal };

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	ASSERT_NE(SIG_ERR, signal(SIGPIPE, SIG_IGN));
	self->column = !variant->capacity		      ? 0 :
		       variant->capacity != IPCMBOX_UNBOUNDED ? 1 :
								2;
}

FIXTURE_TEARDOWN(semantics)
{
}

/* Begins it where what it needs is missing. */
static bool start_blocked(struct stage *stage)
{
	const struct subject *subject = stage->subject;

	return (!subject->block || subject->block(stage)) && stage_start(stage);
}

static bool cell_ready(struct stage *stage)
{
	const struct subject *subject = stage->subject;

	return (!subject->ready || subject->ready(stage)) &&
	       stage_start(stage) && stage_join(stage);
}

/* Lets it go on, and says what it has waited for. */
static bool release(struct stage *stage, char *what, size_t size)
{
	const char *word = stage->subject->release(stage);

	snprintf(what, size, "waits for %s", word ?: "nothing");
	return word && stage_join(stage);
}

static bool cell_blocked(struct stage *stage)
{
	char what[sizeof(stage->outcome)];

	if (!start_blocked(stage))
		return false;
	if (!stage_waits(stage))
		return stage_join(stage);
	if (!release(stage, what, sizeof(what)))
		return false;
	strcpy(stage->outcome, what);
	return true;
}

static bool cell_unblocked(struct stage *stage)
{
	char what[sizeof(stage->outcome)];

	return start_blocked(stage) && stage_waits(stage) &&
	       release(stage, what, sizeof(what));
}

/* It may wait nevertheless. */
static bool cell_dontwait(struct stage *stage)
{
	stage->dontwait = true;
	return cell_blocked(stage);
}

static bool cell_signal(struct stage *stage)
{
	return start_blocked(stage) && stage_waits(stage) &&
	       !pthread_kill(stage->thread, SIGUSR1) && stage_join(stage);
}

/* Something has to be received before the wait that is meant. */
static bool waits_late(const struct subject *subject)
{
	return subject->earlier || subject->place == PLACE_CALL;
}

static bool cell_deadline(struct stage *stage)
{
	if (stage->subject->no_deadline) {
		strcpy(stage->outcome, NEVER);
		return true;
	}
	stage->deadline = mbox_deadline(waits_late(stage->subject) ? 1000 : 30);
	return start_blocked(stage) && stage_join(stage);
}

static bool cell_peer_goes(struct stage *stage)
{
	return start_blocked(stage) && stage_waits(stage) &&
	       stage_close_peer(stage) && stage_join(stage);
}

static bool cell_destroy(struct stage *stage)
{
	return start_blocked(stage) && stage_waits(stage) &&
	       stage_destroy(stage) && stage_join(stage);
}

static bool cell_umount(struct stage *stage)
{
	return start_blocked(stage) && stage_waits(stage) &&
	       !umount(STAGE_FOLDER) && stage_join(stage);
}

static bool cell_orphaned(struct stage *stage)
{
	return start_blocked(stage) && stage_waits(stage) &&
	       stage_orphan(stage) && stage_join(stage);
}

/* It goes on waiting. */
static bool cell_unlink(struct stage *stage)
{
	char what[sizeof(stage->outcome)];

	if (!start_blocked(stage) || !stage_waits(stage) ||
	    name_unlink(STAGE_NAME) || !stage_waits(stage) ||
	    !release(stage, what, sizeof(what)))
		return false;
	strcpy(stage->outcome, what);
	return true;
}

/* What begins only with a peer never sees it gone before. */
static bool cell_no_peer(struct stage *stage)
{
	const struct subject *subject = stage->subject;

	if (subject->only_with_peer) {
		strcpy(stage->outcome, NEVER);
		return true;
	}
	return (subject->part ? subject->part(stage) :
				stage_close_peer(stage)) &&
	       stage_start(stage) && stage_join(stage);
}

static bool cell_destroyed(struct stage *stage)
{
	if (stage->subject->only_with_peer) {
		strcpy(stage->outcome, NEVER);
		return true;
	}
	return stage_destroy(stage) && stage_start(stage) && stage_join(stage);
}

/**
 * struct situation - a row of the tables
 * @name: as the tables have it
 * @waits: it comes about only while the operation waits
 * @bring_about: brings it about, so that stage->outcome is what came of it; false if
 *	that is impossible, or hangs
 * @where: the mailbox that it needs
 */
struct situation {
	const char *name;
	bool waits;
	bool (*bring_about)(struct stage *stage);
	enum stage_where where;
};

static const struct situation situations[] = {
	{ "ready", false, cell_ready },
	{ "blocked", false, cell_blocked },
	{ "unblocked", true, cell_unblocked },
	{ "DONTWAIT", true, cell_dontwait },
	{ "signal", true, cell_signal },
	{ "deadline", true, cell_deadline },
	{ "peer goes", true, cell_peer_goes },
	{ "DESTROY", true, cell_destroy },
	{ "umount", true, cell_umount, STAGE_INSTANCE },
	{ "orphaned", true, cell_orphaned, STAGE_OWNED },
	{ "UNLINK", true, cell_unlink, STAGE_NAMED },
	{ "no peer", false, cell_no_peer },
	{ "destroyed", false, cell_destroyed },
};

/* The cells of a situation, or NULL. */
static const struct row *find_row(const char *subject, const char *situation)
{
	const struct row *row, *found = NULL;

	for (row = rows; row < rows + ARRAY_SIZE(rows); row++) {
		if (strcmp(row->subject, subject) ||
		    strcmp(row->situation, situation))
			continue;
		if (found)
			return NULL;
		found = row;
	}
	return found;
}

/* Runs a situation on a stage of its own; false if it went wrong. */
static bool play(const struct subject *subject, uint64_t capacity,
		 const struct situation *situation, char *outcome, size_t size)
{
	struct stage *stage = stage_new(subject, capacity, situation->where);
	bool fine;

	if (!stage)
		return false;
	fine = stage->impossible || situation->bring_about(stage);
	snprintf(outcome, size, "%s",
		 stage->impossible ? NEVER : stage->outcome);
	/* What hangs is still on its stage. */
	return fine && stage_free(stage);
}

/* Whether it waits at all where what it needs is missing. */
static bool may_wait(const struct subject *subject, uint64_t capacity)
{
	char outcome[64] = "";

	if (!play(subject, capacity, &situations[1], outcome, sizeof(outcome)))
		fprintf(stderr, "%s: cannot be blocked\n", subject->name);
	return !strncmp(outcome, "waits for ", 10);
}

/* Whether the cell says what comes about. */
static bool agrees(const struct subject *subject, uint64_t capacity,
		   const struct situation *situation, unsigned int column)
{
	const struct row *row = find_row(subject->name, situation->name);
	char outcome[64] = "";

	if (!row) {
		fprintf(stderr, "%s, %s: not in the table\n", subject->name,
			situation->name);
		return false;
	}
	if (situation->waits && !may_wait(subject, capacity))
		strcpy(outcome, NEVER);
	else if (!play(subject, capacity, situation, outcome, sizeof(outcome)))
		strcpy(outcome, "something else");
	if (!strcmp(row->cells[column], outcome))
		return true;
	fprintf(stderr,
		"%s, capacity %lld, %s: the table says \"%s\", it is \"%s\"\n",
		subject->name, (long long)capacity, situation->name,
		row->cells[column], outcome);
	return false;
}

static const struct situation *find_situation(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(situations); i++)
		if (!strcmp(situations[i].name, name))
			return &situations[i];
	return NULL;
}

static unsigned int count_wrong_of(const struct subject *subject,
				   const struct situation *situation,
				   uint64_t capacity, unsigned int column)
{
	unsigned int wrong = 0;

	for (; subject->name; subject++)
		wrong += !agrees(subject, capacity, situation, column);
	return wrong;
}

/* Tries a situation with each operation; how many cells say something else. */
static unsigned int count_wrong(const char *name, uint64_t capacity,
				unsigned int column)
{
	const struct situation *situation = find_situation(name);

	return count_wrong_of(subjects_of_messages, situation, capacity,
			      column) +
	       count_wrong_of(subjects_of_the_rest, situation, capacity,
			      column);
}

#define SITUATION(test, name)						\
	TEST_F_TIMEOUT(semantics, test, 300)				\
	{								\
		EXPECT_EQ(0, count_wrong(name, variant->capacity,	\
					 self->column));		\
	}

SITUATION(ready, "ready");
SITUATION(blocked, "blocked");
SITUATION(unblocked, "unblocked");
SITUATION(dontwait, "DONTWAIT");
SITUATION(interrupted, "signal");
SITUATION(deadline, "deadline");
SITUATION(peer_goes, "peer goes");
SITUATION(destroy, "DESTROY");
SITUATION(umount, "umount");
SITUATION(orphaned, "orphaned");
SITUATION(unlink, "UNLINK");
SITUATION(no_peer, "no peer");
SITUATION(destroyed, "destroyed");

static bool has_runner(const struct subject *subject, const struct row *row)
{
	for (; subject->name; subject++)
		if (!strcmp(subject->name, row->subject))
			return find_situation(row->situation);
	return false;
}

/* Each row of the table is one of those above. */
TEST(each_row_is_run)
{
	unsigned int i;

	EXPECT_LT(100, ARRAY_SIZE(rows));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (has_runner(subjects_of_messages, &rows[i]) ||
		    has_runner(subjects_of_the_rest, &rows[i]))
			continue;
		TH_LOG("nothing runs %s, %s", rows[i].subject,
		       rows[i].situation);
		EXPECT_TRUE(false);
	}
}

TEST_HARNESS_MAIN
