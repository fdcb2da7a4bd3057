/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A child that is made to do something step by step, to be killed, or overtaken, where it
 * matters to those who share a ring with it.
 */
#ifndef RING_STEP_H
#define RING_STEP_H

#include <sys/auxv.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>

#include "ring.h"

/* More than any operation has, and more than change the ring. */
#define STEPS_MAX 5000
#define POINTS_MAX 200

/*
 * In place of the C library's: the one in the vDSO begins anew whenever the clock is updated,
 * and step by step that is before it ends.
 */
int clock_gettime(clockid_t clock, struct timespec *time)
{
	return syscall(SYS_clock_gettime, clock, time);
}

static inline bool stopped(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFSTOPPED(status);
}

static inline bool stopped_itself(pid_t pid)
{
	siginfo_t info;

	return !ptrace(PTRACE_GETSIGINFO, pid, NULL, &info) &&
	       info.si_signo == SIGSTOP;
}

/* What the child attaches with. */
static inline struct ipcmbox_ring *step_attach(struct ring_place *place,
					       enum ipcmbox_ring_role role)
{
	struct ipcmbox_ring *ring =
		ipcmbox_ring_attach(place->memory, place->size, role, -1);

	if (!ring)
		_exit(1);
	return ring;
}

/* A child that does this, at its first stop. */
static inline pid_t step_begin(struct ring_place *place,
			       void (*act)(struct ring_place *place))
{
	pid_t pid = fork();

	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		act(place);
		for (;;)
			pause();
	}
	if (!stopped(pid) || !stopped_itself(pid))
		return -1;
	/* If the test fails it does not stay behind. */
	if (ptrace(PTRACE_SETOPTIONS, pid, NULL,
		   PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD))
		return -1;
	return pid;
}

/* Have it go on to its next stop. */
static inline bool step_on(pid_t pid)
{
	return !ptrace(PTRACE_CONT, pid, NULL, NULL) && stopped(pid) &&
	       stopped_itself(pid);
}

static inline bool step_end(pid_t pid)
{
	return !kill(pid, SIGKILL) && waitpid(pid, NULL, 0) == pid;
}

/* Have it go on to where it first asks whether somebody lives. */
static inline bool step_to_kill(pid_t pid)
{
	struct __ptrace_syscall_info info = { 0 };

	while (info.op != PTRACE_SYSCALL_INFO_ENTRY ||
	       info.entry.nr != SYS_kill) {
		if (ptrace(PTRACE_SYSCALL, pid, NULL, NULL) || !stopped(pid) ||
		    stopped_itself(pid))
			return false;
		ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info);
	}
	return true;
}

/* Have it make so many steps; false if something is wrong. */
static inline bool step(pid_t pid, int steps)
{
	while (steps-- > 0)
		if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) || !stopped(pid))
			return false;
	return true;
}

/*
 * After which steps the ring is another than before, until it stops itself again; how many
 * these are, which are at points[1] and so on. The first one is none.
 */
static inline int see_changes(struct ring_place *place, pid_t pid,
			      int points[POINTS_MAX])
{
	static char before[16384];
	size_t size = place->size;
	int steps, count = 1;

	points[0] = 0;
	memcpy(before, place->memory, size);
	for (steps = 1; steps < STEPS_MAX && count < POINTS_MAX; steps++) {
		if (!step(pid, 1))
			return -1;
		if (steps > 1 && stopped_itself(pid))
			return count;
		if (!memcmp(before, place->memory, size))
			continue;
		memcpy(before, place->memory, size);
		points[count++] = steps;
	}
	return -1;
}

/*
 * An exclusive load and store of arm64, unlike an atomic instruction, never get done step by
 * step.
 */
static inline bool can_step(void)
{
#ifdef __aarch64__
	return getauxval(AT_HWCAP) & (1 << 8); /* HWCAP_ATOMICS */
#else
	return true;
#endif
}

#endif /* RING_STEP_H */
