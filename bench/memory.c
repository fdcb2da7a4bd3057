// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that processes share, and how much the machine has left.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>

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

static uint64_t sample(void)
{
	unsigned long kilobytes = 0;
	char line[128];
	FILE *file = fopen("/proc/meminfo", "re");

	if (!file)
		die("/proc/meminfo");
	while (fgets(line, sizeof(line), file) &&
	       sscanf(line, "MemFree: %lu kB", &kilobytes) != 1)
		;
	fclose(file);
	errno = 0;
	if (!kilobytes)
		die("/proc/meminfo does not say what is free");
	return (uint64_t)kilobytes << 10;
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
