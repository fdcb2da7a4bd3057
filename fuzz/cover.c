// SPDX-License-Identifier: GPL-2.0-only
/*
 * Coverage: KCOV tells the places in the module that a task came by; the module alone
 * is built for that. New steps from one place to the next make a program interesting.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/kcov.h>

#include "execute.h"

#define PLACES_MAX (64 << 10)
#define HASH_SIZE (1 << 20)
#define TRACES (TASK_FORKED + 1)

/*
 * One for each thread of a program, and one for its processes; the first number is how
 * many follow.
 */
static struct {
	int fd;
	uint64_t *area;
} traces[TRACES];

/* What was ever seen, shared by the processes that run programs. */
struct sightings {
	unsigned char steps[HASH_SIZE];
	uint64_t places[HASH_SIZE];
	unsigned int nr_places;
};

static struct sightings *seen;

bool cover_open(void)
{
	unsigned int i;

	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (seen == MAP_FAILED)
		return false;
	for (i = 0; i < TRACES; i++) {
		traces[i].fd =
			open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);
		if (traces[i].fd < 0 ||
		    ioctl(traces[i].fd, KCOV_INIT_TRACE, PLACES_MAX))
			return false;
		traces[i].area = mmap(NULL, PLACES_MAX * sizeof(uint64_t),
				      PROT_READ | PROT_WRITE, MAP_SHARED,
				      traces[i].fd, 0);
		if (traces[i].area == MAP_FAILED)
			return false;
	}
	return true;
}

void cover_begin(unsigned int task)
{
	if (traces[task].area)
		ioctl(traces[task].fd, KCOV_ENABLE, KCOV_TRACE_PC);
}

void cover_end(unsigned int task)
{
	if (traces[task].area)
		ioctl(traces[task].fd, KCOV_DISABLE, 0);
}

void cover_reset(void)
{
	unsigned int i;

	for (i = 0; i < TRACES; i++)
		if (traces[i].area)
			traces[i].area[0] = 0;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	return (a * 0x9e3779b97f4a7c15ULL ^ b * 0xff51afd7ed558ccdULL) >> 40;
}

static void see_place(uint64_t place)
{
	size_t i = mix(place, 1) % HASH_SIZE;

	while (seen->places[i] && seen->places[i] != place)
		i = (i + 1) % HASH_SIZE;
	if (!seen->places[i]) {
		seen->places[i] = place;
		seen->nr_places++;
	}
}

unsigned int cover_news(void)
{
	unsigned int i, news = 0;
	uint64_t n, last, count;

	for (i = 0; i < TRACES; i++) {
		last = 0;
		count = traces[i].area ? traces[i].area[0] : 0;
		for (n = 1; n <= count; n++) {
			uint64_t place = traces[i].area[n];
			size_t step = mix(last, place) % HASH_SIZE;

			news += !seen->steps[step];
			seen->steps[step] = 1;
			see_place(place);
			last = place;
		}
	}
	return news;
}

unsigned int cover_places(void)
{
	return seen->nr_places;
}
