// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that processes share, and how much the machine has left.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

/* What the kernel frees after a grace period of RCU is free a little later. */
#define SETTLE_NS 20000000L
#define SETTLED_BYTES (64 << 10)
#define MOST_SAMPLES 20

void *shared_alloc(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (memory == MAP_FAILED)
		die("mmap of %zu bytes", size);
	return memory;
}

void shared_free(void *memory, size_t size)
{
	must(munmap(memory, size), "munmap");
}

/* Has the kernel add up what each processor has counted for itself. */
static void refresh(void)
{
	FILE *file = fopen("/proc/sys/vm/stat_refresh", "we");

	if (!file || fputs("1\n", file) < 0 || fclose(file))
		die("/proc/sys/vm/stat_refresh");
}

/* Free pages of all zones, and those that processors keep for themselves. */
static uint64_t sample(void)
{
	unsigned long long pages = 0, number;
	char line[128];
	FILE *file;

	refresh();
	file = fopen("/proc/zoneinfo", "re");
	if (!file)
		die("/proc/zoneinfo");
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, " nr_free_pages %llu", &number) == 1 ||
		    sscanf(line, " count: %llu", &number) == 1)
			pages += number;
	fclose(file);
	errno = 0;
	if (!pages)
		die("/proc/zoneinfo does not say what is free");
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t memory_free(void)
{
	const struct timespec settle = { .tv_nsec = SETTLE_NS };
	uint64_t last = sample(), now;

	for (int i = 0; i < MOST_SAMPLES; i++) {
		nanosleep(&settle, NULL);
		now = sample();
		if (now <= last + SETTLED_BYTES && last <= now + SETTLED_BYTES)
			break;
		last = now;
	}
	return last;
}
