// SPDX-License-Identifier: GPL-2.0-only
/*
 * A number that changes at stamps. Its extremes over any interval are found in O(1),
 * from a table of the extremes of all intervals whose length is a power of two.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"

#define LEVELS 40

struct sums {
	const uint64_t *stamps;
	size_t count;
	int64_t *at;
	int64_t *min[LEVELS];
	int64_t *max[LEVELS];
};

struct sums *sums_new(const struct check *check)
{
	struct sums *sums = check_alloc(1, sizeof(*sums));

	sums->stamps = check->stamps;
	sums->count = check->nr_stamps;
	sums->at = check_alloc(sums->count + 1, sizeof(*sums->at));
	return sums;
}

/* The first stamp that is not before @stamp. */
static size_t sums_index(const struct sums *sums, uint64_t stamp)
{
	size_t low = 0, high = sums->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (sums->stamps[middle] < stamp)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Adds to what the number is between two stamps. */
void sums_add(struct sums *sums, uint64_t from, uint64_t to, int64_t amount)
{
	if (from >= to)
		return;
	sums->at[sums_index(sums, from)] += amount;
	sums->at[sums_index(sums, to)] -= amount;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

void sums_finish(struct sums *sums)
{
	size_t level, i, half;

	for (i = 1; i < sums->count; i++)
		sums->at[i] += sums->at[i - 1];
	sums->min[0] = sums->at;
	sums->max[0] = sums->at;
	for (level = 1; (1ULL << level) <= sums->count; level++) {
		int64_t *min = check_alloc(sums->count, sizeof(*min));
		int64_t *max = check_alloc(sums->count, sizeof(*max));

		half = 1ULL << (level - 1);
		for (i = 0; i + 2 * half <= sums->count; i++) {
			min[i] = least(sums->min[level - 1][i],
				       sums->min[level - 1][i + half]);
			max[i] = most(sums->max[level - 1][i],
				      sums->max[level - 1][i + half]);
		}
		sums->min[level] = min;
		sums->max[level] = max;
	}
}

/* The stretches of time between two stamps, and two powers that cover them. */
static size_t sums_cover(const struct sums *sums, uint64_t from, uint64_t to,
			 size_t *first, size_t *second)
{
	size_t level = 0, last;

	*first = sums_index(sums, from);
	last = sums_index(sums, to);
	while ((2ULL << level) <= last - *first)
		level++;
	*second = last - (1ULL << level);
	return level;
}

int64_t sums_min(const struct sums *sums, uint64_t from, uint64_t to)
{
	size_t a, b, level = sums_cover(sums, from, to, &a, &b);

	return least(sums->min[level][a], sums->min[level][b]);
}

int64_t sums_max(const struct sums *sums, uint64_t from, uint64_t to)
{
	size_t a, b, level = sums_cover(sums, from, to, &a, &b);

	return most(sums->max[level][a], sums->max[level][b]);
}

void sums_free(struct sums *sums)
{
	size_t level;

	for (level = 1; level < LEVELS; level++) {
		free(sums->min[level]);
		free(sums->max[level]);
	}
	free(sums->at);
	free(sums);
}
