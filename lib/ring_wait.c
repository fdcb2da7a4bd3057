// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Rings: what takes a system call. Sleeping and waking, the barrier of who is about to
 * sleep, and telling whether a process lives.
 */
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "ring.h"

#define NSEC_PER_SEC 1000000000ULL

static int membarrier(int command)
{
	return (int)syscall(SYS_membarrier, command, 0, 0);
}

bool ipcmbox_ring_membarrier(bool join)
{
	const int needed = MEMBARRIER_CMD_GLOBAL_EXPEDITED |
			   MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED;
	int known = membarrier(MEMBARRIER_CMD_QUERY);

	if (known < 0 || (known & needed) != needed)
		return false;
	return !join || !membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED);
}

int ipcmbox_ring_barrier_heavy(const struct ipcmbox_ring *ring)
{
	if (!(ring->features & IPCMBOX_RING_FENCES))
		return membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED);
	atomic_thread_fence(memory_order_seq_cst);
	return 0;
}

uint64_t ipcmbox_ring_now(void)
{
	return ipcmbox_deadline(0);
}

bool ipcmbox_ring_is_time(struct ipcmbox_ring *ring, uint64_t position)
{
	uint64_t now = ipcmbox_ring_now();
	bool same = ring->lacks == position;
	bool time = same && now - ring->lacks_since >= IPCMBOX_RING_CHECK;

	ring->lacks = position;
	if (time || !same)
		ring->lacks_since = now;
	return time;
}

void ipcmbox_ring_relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

int ipcmbox_ring_sleep(_Atomic uint32_t *word, uint32_t value, uint64_t since,
		       uint64_t deadline)
{
	uint64_t until = since + IPCMBOX_RING_CHECK;
	struct timespec instant;

	if (deadline && deadline < until)
		until = deadline;
	instant.tv_sec = (time_t)(until / NSEC_PER_SEC);
	instant.tv_nsec = (long)(until % NSEC_PER_SEC);
	/* Not FUTEX_PRIVATE: other processes wake it. */
	if (syscall(SYS_futex, word, FUTEX_WAIT_BITSET, value, &instant, NULL,
		    FUTEX_BITSET_MATCH_ANY) &&
	    errno == EINTR)
		return -1;
	return 0;
}

void ipcmbox_ring_wake(_Atomic uint32_t *word, int count)
{
	int error = errno;

	syscall(SYS_futex, word, FUTEX_WAKE, count, NULL, NULL, 0);
	errno = error;
}

/**
 * struct process - what /proc tells of one
 * @state: a letter
 * @threads: that have not ended
 * @start: ticks since the system started
 */
struct process {
	char state;
	long threads;
	unsigned long long start;
};

/* False if /proc does not tell. */
static bool read_process(const char *name, pid_t pid, struct process *process)
{
	char path[32], text[512];
	const char *rest;
	size_t length;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/stat", name);
	file = fopen(path, "re");
	if (!file)
		return false;
	length = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[length] = '\0';
	/* The second field is a name, in parentheses, and may have any character. */
	rest = strrchr(text, ')');
	return rest && atoi(text) == pid &&
	       sscanf(rest + 1,
		      " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %ld %*s %llu",
		      &process->state, &process->threads, &process->start) == 3;
}

/*
 * A process in one piece: its pid, when it began, and its namespaces of pids and of time, by
 * which both are counted; of the last two what there is room for, and 0 where /proc is missing
 * or is that of another namespace.
 */
#define START_BITS	26
#define NAMESPACE_BITS	16

static uint64_t start_of(const struct process *process)
{
	return process->start & ((1 << START_BITS) - 1);
}

static uint64_t namespace_of(uint64_t process)
{
	return process & ((1 << NAMESPACE_BITS) - 1);
}

/* A number of those who are in the same namespaces; 0 if /proc does not tell. */
static uint64_t read_namespace(void)
{
	struct stat pids, time;

	if (stat("/proc/self/ns/pid", &pids))
		return 0;
	/* A kernel without time namespaces has one. */
	if (stat("/proc/self/ns/time", &time))
		time.st_ino = 0;
	/* Numbers that were given one after another, so that few of them meet. */
	return (pids.st_ino * 40501 + time.st_ino) %
		       ((1 << NAMESPACE_BITS) - 1) +
	       1;
}

uint64_t ipcmbox_ring_self(void)
{
	struct process process;
	pid_t pid = getpid();
	uint64_t namespace = 0;
	uint64_t start = 0;

	if (read_process("self", pid, &process)) {
		namespace = read_namespace();
		start = start_of(&process);
	}
	return (uint64_t)pid << (START_BITS + NAMESPACE_BITS) |
	       start << NAMESPACE_BITS | namespace;
}

bool ipcmbox_ring_is_dead(uint64_t self, uint64_t process)
{
	uint64_t start = process >> NAMESPACE_BITS & ((1 << START_BITS) - 1);
	pid_t pid = (pid_t)(process >> (START_BITS + NAMESPACE_BITS));
	int error = errno;
	struct process found;
	bool dead = false;
	char name[16];

	/* Numbers of other namespaces mean nothing here; without /proc each may be another. */
	if (process == self || !namespace_of(self) ||
	    namespace_of(process) != namespace_of(self))
		return false;
	/* What somebody has made up: 0 would be the caller's group. */
	if (!pid)
		return true;
	snprintf(name, sizeof(name), "%d", (int)pid);
	if (kill(pid, 0) && errno == ESRCH)
		dead = true;
	else if (start && read_process(name, pid, &found))
		/* The first thread is a zombie, too, until the others have ended. */
		dead = start_of(&found) != start || found.state == 'X' ||
		       (found.state == 'Z' && found.threads <= 1);
	errno = error;
	return dead;
}
