// SPDX-License-Identifier: GPL-2.0-only
/*
 * Medians and spreads, and the buckets of a histogram, of which each power of two has 16.
 */
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define PER_OCTAVE 16

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* What a part of the values lies below. */
static double quantile(const double *sorted, unsigned int count, double part)
{
	double at = part * (count - 1);
	unsigned int below = (unsigned int)at;
	unsigned int above = below + 1 < count ? below + 1 : below;

	return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

struct spread spread_of(const double *values, unsigned int count)
{
	double *sorted = must_alloc(count * sizeof(*sorted));
	struct spread spread;

	memcpy(sorted, values, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), compare);
	spread = (struct spread){
		.median = quantile(sorted, count, 0.5),
		.low = sorted[0],
		.high = sorted[count - 1],
		.lower = quantile(sorted, count, 0.25),
		.upper = quantile(sorted, count, 0.75),
	};
	free(sorted);
	return spread;
}

unsigned int bucket_of(uint64_t ns)
{
	unsigned int octave;

	if (ns < PER_OCTAVE)
		return (unsigned int)ns;
	octave = 63 - (unsigned int)__builtin_clzll(ns);
	return (octave - 3) * PER_OCTAVE +
	       (unsigned int)(ns >> (octave - 4) & (PER_OCTAVE - 1));
}

uint64_t bucket_floor(unsigned int bucket)
{
	unsigned int octave = bucket / PER_OCTAVE + 3;

	if (bucket < PER_OCTAVE)
		return bucket;
	return (uint64_t)(PER_OCTAVE + bucket % PER_OCTAVE) << (octave - 4);
}
