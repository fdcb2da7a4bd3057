// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table on the terminal: a block per point of a cell.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

/* In each round, the best peer of those that the kernel moves bytes for. */
static double *best_rounds(const struct result *results, unsigned int count)
{
	unsigned int rounds = cell_rounds(results->cell);
	double *best = NULL;

	for (unsigned int i = 0; i < count; i++) {
		if (results[i].peer->kind != KERNEL || results[i].lacking ||
		    results[i].cell->bytes)
			continue;
		if (!best)
			best = must_alloc(rounds * sizeof(*best));
		for (unsigned int round = 0; round < rounds; round++)
			if (best[round] <= 0 ||
			    results[i].rounds[round] < best[round])
				best[round] = results[i].rounds[round];
	}
	return best;
}

static const char *unit_of(const struct cell *cell)
{
	if (cell->bytes)
		return "bytes";
	return options.instructions ? "instructions" : "ns";
}

void table_print(const struct result *results, unsigned int count)
{
	unsigned int rounds = cell_rounds(results->cell);
	double *best = best_rounds(results, count);
	double *ratio = must_alloc(rounds * sizeof(*ratio));

	printf("\n%s, %s %lu: %s\n", results->cell->name, results->cell->axis,
	       results->point, results->cell->about);
	printf("  %-18s %12s %12s %12s  %s\n", "", unit_of(results->cell),
	       "lowest", "highest", best ? "of the best peer" : "");
	for (unsigned int i = 0; i < count; i++) {
		const struct result *result = &results[i];
		struct spread spread;

		if (result->lacking) {
			printf("  %-18s not measured: %s\n", result->peer->name,
			       result->lacking);
			continue;
		}
		spread = spread_of(result->rounds, rounds);
		printf("  %-18s %12.1f %12.1f %12.1f", result->peer->name,
		       spread.median, spread.low, spread.high);
		for (unsigned int round = 0; best && round < rounds; round++)
			ratio[round] = result->rounds[round] / best[round];
		if (best)
			printf("  %6.2f", spread_of(ratio, rounds).median);
		printf("\n");
	}
	fflush(stdout);
	free(ratio);
	free(best);
}
