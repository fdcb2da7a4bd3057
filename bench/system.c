// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the bench needs of the machine: limits that lie above what the cells ask for, so that
 * no peer is measured at a limit which an administrator would raise; processors; the clock.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define NR_FILES 262144

/* Of which a value that is higher already stays. */
static const struct {
	const char *path;
	unsigned long long least;
} limits[] = {
	{ "/proc/sys/fs/pipe-max-size", 1 << 20 },
	{ "/proc/sys/net/unix/max_dgram_qlen", 1024 },
	{ "/proc/sys/net/core/wmem_max", 8 << 20 },
	{ "/proc/sys/net/core/rmem_max", 8 << 20 },
	{ "/proc/sys/fs/mqueue/msg_max", 65536 },
	{ "/proc/sys/fs/mqueue/msgsize_max", 1 << 20 },
	{ "/proc/sys/fs/mqueue/queues_max", 65536 },
	{ "/proc/sys/kernel/msgmax", 1 << 20 },
	{ "/proc/sys/kernel/msgmnb", 1ULL << 30 },
	{ "/proc/sys/kernel/msgmni", 4096 },
	{ "/sys/module/ipcmbox/parameters/user_bytes", 4ULL << 30 },
	{ "/sys/module/ipcmbox/parameters/user_mailboxes", 65536 },
};

static void raise_limit(const char *path, unsigned long long least)
{
	unsigned long long value;
	FILE *file = fopen(path, "re");

	if (!file || fscanf(file, "%llu", &value) != 1)
		die("%s", path);
	fclose(file);
	if (value >= least)
		return;
	file = fopen(path, "we");
	if (!file || fprintf(file, "%llu\n", least) < 0 || fclose(file))
		die("%s: %llu is needed", path, least);
}

static void raise_resource(int resource, rlim_t least)
{
	struct rlimit limit;

	must(getrlimit(resource, &limit), "getrlimit");
	if (limit.rlim_cur >= least)
		return;
	limit.rlim_cur = least;
	if (limit.rlim_max < least)
		limit.rlim_max = least;
	must(setrlimit(resource, &limit), "setrlimit");
}

void system_prepare(void)
{
	if (access("/dev/ipcmbox", R_OK | W_OK))
		die("/dev/ipcmbox");
	if (geteuid()) {
		errno = 0;
		die("run it as root: it raises limits of the peers");
	}
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		raise_limit(limits[i].path, limits[i].least);
	raise_resource(RLIMIT_NOFILE, NR_FILES);
	raise_resource(RLIMIT_MSGQUEUE, RLIM_INFINITY);
	raise_resource(RLIMIT_NPROC, RLIM_INFINITY);
}

/*
 * Whose turn it is must not be a matter of the clock, where instructions are counted: who can
 * run does until he waits. Nobody else has a claim to any part of the time.
 */
void system_make_steady(void)
{
	const struct sched_param param = { .sched_priority = 1 };
	FILE *file = fopen("/proc/sys/kernel/sched_rt_runtime_us", "we");

	if (!file || fputs("-1\n", file) < 0 || fclose(file))
		die("/proc/sys/kernel/sched_rt_runtime_us");
	must(sched_setscheduler(0, SCHED_FIFO, &param), "sched_setscheduler");
}

/* Asked for before anything is pinned. */
unsigned int system_cpus(void)
{
	static unsigned int cpus;
	cpu_set_t set;

	if (!cpus) {
		must(sched_getaffinity(0, sizeof(set), &set),
		     "sched_getaffinity");
		cpus = (unsigned int)CPU_COUNT(&set);
	}
	return cpus;
}

const char *system_cpu_model(void)
{
	static char model[128] = "unknown";
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[256];

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "model name : %127[^\n]", model) == 1)
			break;
	}
	if (file)
		fclose(file);
	return model;
}

double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}
