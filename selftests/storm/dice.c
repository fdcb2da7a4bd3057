// SPDX-License-Identifier: GPL-2.0-only
/*
 * Choices: a generator (xorshift64*, Vigna, ACM TOMS 2016) that keeps a hash of all
 * that was drawn from it, so that two runs can be compared.
 */
#include "storm.h"

static uint64_t mix(uint64_t number)
{
	number ^= number >> 33;
	number *= 0xff51afd7ed558ccdULL;
	number ^= number >> 33;
	return number;
}

void dice_init(struct dice *dice, uint64_t seed, uint64_t round, uint64_t slot)
{
	dice->state = mix(mix(mix(seed + 1) + round + 1) + slot + 1) | 1;
	dice->hash = 0;
}

/* A number below @limit. */
uint32_t dice_draw(struct dice *dice, uint32_t limit)
{
	uint32_t drawn;

	dice->state ^= dice->state >> 12;
	dice->state ^= dice->state << 25;
	dice->state ^= dice->state >> 27;
	drawn = (dice->state * 0x2545f4914f6cdd1dULL >> 32) % limit;
	dice->hash = dice->hash * 31 + drawn;
	return drawn;
}
