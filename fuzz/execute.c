// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs programs in a process of their own, which has no rights, and looks at what may
 * not be left behind by it.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "execute.h"
#include "files.h"
#include "log.h"
#include "play.h"
#include "tasks.h"

#define NOBODY 65534
#define TIME_LIMIT_MS 60000 /* of a batch */
#define IDLE_LIMIT_MS 5000
#define KILL_LIMIT_MS 20000
#define NORMAL_MS 100 /* of a batch of one program */
/* Exit status of a process that found something: this plus the outcome. */
#define STATUS_FOUND 64

static unsigned int scale; /* 0 until it is known */

static void become_nobody(void)
{
	if (setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY))
		_exit(1);
}

static bool become_tenant(void)
{
	bool fine = files_prepare();

	become_nobody();
	return fine && files_enter();
}

static unsigned int time_scale(void)
{
	return scale ?: 1;
}

static void child_run(struct batch *batch, enum plant plant)
{
	unsigned int i, before = batch->created;
	enum outcome outcome;
	int plant_log = -1;

	/* The log is for root to open. */
	if (plant == PLANT_LOG)
		plant_log = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	if (setsid() < 0 || !log_open())
		_exit(1);
	/* Mounts take their time, which is not that of programs. */
	if (!scale) {
		become_nobody();
	} else if (!become_tenant()) {
		perror("fuzz: ipcmboxfs");
		_exit(1);
	}
	play_start(time_scale(), plant, plant_log);
	for (i = 0; i < batch->count; i++) {
		batch->at = i;
		cover_reset();
		outcome = play(&batch->programs[i]);
		batch->created = before + play_created();
		if (!outcome && log_is_bad(NULL))
			outcome = OUTCOME_LOG;
		if (outcome)
			_exit(STATUS_FOUND + outcome);
		batch->news[i] = cover_news();
	}
	_exit(0);
}

static bool reap(pid_t pid, unsigned int ms, int *status)
{
	uint64_t end = now() + ms * 1000000ULL * time_scale();

	while (now() < end) {
		if (waitpid(pid, status, WNOHANG) == pid)
			return true;
		usleep(2000);
	}
	return false;
}

/* Whether nobody uses the module any more; closing may take a moment. */
static bool module_is_idle(void)
{
	uint64_t end = now() + IDLE_LIMIT_MS * 1000000ULL * time_scale();
	char text[16] = "";
	int fd;

	do {
		fd = open("/sys/module/ipcmbox/refcnt", O_RDONLY | O_CLOEXEC);
		if (read(fd, text, sizeof(text) - 1) < 1)
			text[0] = '?';
		close(fd);
		if (text[0] == '0')
			return true;
		usleep(200);
	} while (now() < end);
	return false;
}

struct batch *batch_new(void)
{
	struct batch *batch = mmap(NULL, sizeof(*batch), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return batch == MAP_FAILED ? NULL : batch;
}

unsigned int batch_calibrate(struct batch *batch)
{
	uint64_t start = now();

	batch->programs[0] = (struct program){ .count = 1 };
	batch->count = 1;
	if (batch_run(batch, PLANT_NOTHING) != OUTCOME_FINE)
		return 0;
	batch->count = 0;
	scale = 1 + (now() - start) / 1000000 / NORMAL_MS;
	return scale;
}

enum outcome batch_run(struct batch *batch, enum plant plant)
{
	int status = 0;
	pid_t pid;

	memset(batch->news, 0, sizeof(batch->news));
	batch->at = 0;
	pid = fork();
	if (pid < 0)
		return OUTCOME_LAME;
	if (!pid)
		child_run(batch, plant);
	if (!reap(pid, TIME_LIMIT_MS, &status)) {
		kill(-pid, SIGKILL);
		return reap(pid, KILL_LIMIT_MS, &status) ? OUTCOME_HANG :
							   OUTCOME_IMMORTAL;
	}
	/* Processes of a program may have been left to this one. */
	kill(-pid, SIGKILL);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	if (WIFSIGNALED(status))
		return OUTCOME_KILLED;
	status = WEXITSTATUS(status);
	if (status > STATUS_FOUND && status < STATUS_FOUND + OUTCOMES)
		return status - STATUS_FOUND;
	if (status)
		return OUTCOME_LAME;
	return module_is_idle() ? OUTCOME_FINE : OUTCOME_BUSY;
}
