// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measures a cell: at each point, all subjects in turn, round after round.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "mark.h"

/* Of a round, however quick they are. */
#define MOST_OPERATIONS (1UL << 22)
/* Memory differs little from round to round. */
#define MOST_ROUNDS_OF_BYTES 3
/* Operations with whole messages, at least, before others are timed. */
#define WHOLE 2
/* By how much more operations to come near to the time of a round, at most. */
#define MOST_TIMES 16

unsigned int cell_rounds(const struct cell *cell)
{
	return cell->bytes && options.rounds > MOST_ROUNDS_OF_BYTES ?
		       MOST_ROUNDS_OF_BYTES :
		       options.rounds;
}

static double run_job(const struct subject *subject, unsigned int number,
		      unsigned long count, bool whole)
{
	/* For the kernel's own threads, whom this program keeps from running. */
	const struct timespec rest = { .tv_nsec = 1000000 };
	const struct cell *cell = subject->cell;
	double taken, span;

	failing(cell->name, subject->peer->name, subject->point);
	alarm(options.stop_seconds);
	if (options.instructions)
		nanosleep(&rest, NULL);
	message_whole(whole);
	crew_post(number, count, whole);
	taken = cell->lead ? cell->lead(subject->session, count) : 0;
	span = crew_wait();
	alarm(0);
	if (!cell->lead)
		taken = span;
	errno = 0;
	/* Of memory, nothing is a measure too. */
	if (taken <= 0 && !cell->bytes)
		die("nothing was measured");
	return taken;
}

static double run_once(const struct subject *subject, unsigned int number,
		       unsigned long count)
{
	return run_job(subject, number, count, false);
}

/* The quicker one of two if it is long enough, as one may have been disturbed. */
static double try_round(const struct subject *subject, unsigned int number,
			unsigned long count, double enough)
{
	double first = run_once(subject, number, count), second;

	if (first < enough)
		return first;
	second = run_once(subject, number, count);
	return first < second ? first : second;
}

/*
 * Has whole messages checked; what only the first round allocates is no part of the measure.
 * Then finds so many operations that a round takes as long as it should, or half of that at
 * least: not more than were tried, of which the first take memory that the next find.
 */
static unsigned long calibrate(const struct subject *subject,
			       unsigned int number)
{
	unsigned long quantum = subject->cell->quantum, count = quantum;
	double target = options.target, taken, times;

	if (subject->cell->count) {
		run_job(subject, number, subject->cell->count, true);
		return subject->cell->count;
	}
	run_job(subject, number, (WHOLE - 1) / quantum * quantum + quantum,
		true);
	if (options.instructions && subject->cell->longer)
		target *= subject->cell->longer;
	taken = try_round(subject, number, count, target / 2);
	while (taken < target / 2 && count < MOST_OPERATIONS) {
		/* The first of few take longer than others. */
		times = target / taken;
		count *= times < MOST_TIMES ? (unsigned long)times : MOST_TIMES;
		taken = try_round(subject, number, count, target / 2);
	}
	if (taken > target)
		count = (unsigned long)((double)count * target / taken);
	count -= count % quantum;
	return count ? count : quantum;
}

static struct result *add_result(struct results *results)
{
	if (results->count == results->room) {
		results->room = results->room ? 2 * results->room : 64;
		results->result =
			realloc(results->result,
				results->room * sizeof(*results->result));
		if (!results->result)
			die("no memory");
	}
	return memset(&results->result[results->count++], 0,
		      sizeof(*results->result));
}

static const char *lacking(const struct cell *cell, const struct peer *peer,
			   unsigned long point)
{
	const char *why = cell->lacks(peer, point);

	return !why && peer->lacks ? peer->lacks() : why;
}

/* The subjects of a point, open; a line of the results for each, and each that cannot be. */
static unsigned int open_subjects(const struct cell *cell, unsigned long point,
				  struct subject *subjects,
				  struct results *results)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < nr_peers; i++) {
		const char *why = lacking(cell, &peers[i], point);
		struct result *result;

		if (options.peers && !is_named(options.peers, peers[i].name))
			continue;
		if (why && !*why)
			continue;
		result = add_result(results);
		result->cell = cell;
		result->peer = &peers[i];
		result->point = point;
		result->lacking = why;
		if (why)
			continue;
		result->rounds =
			must_alloc(cell_rounds(cell) * sizeof(*result->rounds));
		failing(cell->name, peers[i].name, point);
		subjects[count++] = (struct subject){
			.cell = cell,
			.peer = &peers[i],
			.point = point,
			.session = cell->open(&peers[i], point),
		};
	}
	return count;
}

static void close_subject(const struct subject *subject, struct result *result)
{
	const struct cell *cell = subject->cell;
	size_t size = NR_BUCKETS * sizeof(*result->histogram);

	if (cell->histogram) {
		result->histogram = must_alloc(size);
		memcpy(result->histogram, cell->histogram(subject->session),
		       size);
	}
	cell->close(subject->session);
}

static void measure_point(const struct cell *cell, unsigned long point,
			  struct results *results)
{
	struct subject *subjects = must_alloc(nr_peers * sizeof(*subjects));
	unsigned int first = results->count;
	unsigned int count = open_subjects(cell, point, subjects, results);
	struct result **result = must_alloc((nr_peers + 1) * sizeof(*result));

	for (unsigned int i = first, n = 0; i < results->count; i++)
		if (!results->result[i].lacking)
			result[n++] = &results->result[i];
	failing(cell->name, "all", point);
	errno = 0;
	if (!count)
		die("nothing can be measured");
	crew_start(subjects, cell->members ? cell->members(point) : 0);
	for (unsigned int i = 0; i < count; i++) {
		result[i]->operations = calibrate(&subjects[i], i);
		if (cell->reset)
			cell->reset(subjects[i].session);
	}
	if (options.marks)
		mark_begin();
	for (unsigned int round = 0; round < cell_rounds(cell); round++)
		for (unsigned int i = 0; i < count; i++)
			result[i]->rounds[round] =
				run_once(&subjects[i], i,
					 result[i]->operations) /
				(double)result[i]->operations;
	if (options.marks)
		mark_end();
	crew_end();
	for (unsigned int i = 0; i < count; i++)
		close_subject(&subjects[i], result[i]);
	table_print(&results->result[first], results->count - first);
	free(result);
	free(subjects);
}

void measure_cell(const struct cell *cell, struct results *results)
{
	for (const unsigned long *point = cell->points; *point; point++)
		if ((!options.most || *point <= options.most) &&
		    (!options.point || *point == options.point))
			measure_point(cell, *point, results);
}
