/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PID 1 of the test VM
 *
 * The guest does what /etc/jobs says, reports facts about it to the host over
 * the second serial port, and powers off. What the facts mean is judged by the
 * host (vm/report), so a guest that stops half-way can never pass.
 *
 * Jobs: one per line, "KIND SECONDS NAME COMMAND...", run in this order. COMMAND
 * is for sh -c, SECONDS 0 stands for no limit. KIND is one of
 *
 *   tap   prints KTAP, as kselftests do; each result counts
 *   exit  counts as one result, its exit status
 *   tty   the same with the console as its controlling terminal
 *
 * Records to the host, one per line, and the last one last of all:
 *
 *   guest RELEASE            the kernel runs, the module is loaded
 *   begin NAME               a job starts
 *   bad NAME REASON...       something about this job is wrong; any number
 *   end NAME STATUS PLANNED PASSED FAILED SKIPPED MILLISECONDS
 *                            a job is over; PLANNED is -1 without a plan
 *   verdict JOBS             so many jobs were run; all is unloaded and checked
 *
 * "bad" with the names "load", "leaks" and "unload" is about the module itself.
 */
#ifndef INIT_H
#define INIT_H

#include <stdbool.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

struct job {
	enum { JOB_TAP, JOB_EXIT, JOB_TTY } kind;
	unsigned int seconds;
	char *name;
	char *command;
};

/* job.c: runs one job and reports its begin and end. */
void job_run(const struct job *job);

/* ktap.c: counts results while a test prints them. */
struct ktap {
	const char *name;
	int planned;
	int passed;
	int failed;
	int skipped;
	char line[1024];
	unsigned int length;
};

void ktap_start(struct ktap *ktap, const char *name);
void ktap_feed(struct ktap *ktap, const char *data, unsigned int length);
void ktap_finish(struct ktap *ktap);

/* klog.c: looks for what should not be in the kernel log. */
void klog_open(void);
/* Reports, as of the job @name, what is bad in the log since the last call. */
void klog_scan(const char *name, bool loading);
/* At the end of all: reports what was cut off. */
void klog_finish(const char *name);

/* module.c: the module under test, and what it must not leave behind. */
bool module_load(const char *path, const char *name);
bool module_is_loaded(void);
void module_check_idle(const char *name);
void module_unload(void);

/* detect.c: what the debug kernels do not do by themselves. */
void detect_start(void);
/* Reports what memory nothing points to any more. */
void detect_leaks(const char *name);

/* main.c */
long long now_ms(void);
void nap_ms(unsigned int ms);
void report(const char *format, ...) __attribute__((format(printf, 1, 2)));
void report_bad(const char *name, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#define MODULE "ipcmbox"
#define MODULE_PATH "/lib/" MODULE ".ko"

#endif /* INIT_H */
