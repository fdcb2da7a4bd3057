// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a program: in a process of its own without rights, with up to two more threads
 * that can be caught waiting, memory good and bad, and a signal every few milliseconds,
 * so that no call waits for ever. What it may not leave behind is looked at after it.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/ipcmbox.h>

#include "execute.h"

#define NOBODY 65534
#define PAGE 4096
#define BUFFER_SIZE (1 << 17)
#define VECTOR_PIECES 16
#define TIME_LIMIT_MS 20000 /* of a batch */
#define IDLE_LIMIT_MS 3000
#define THREAD_LIMIT_MS 30
#define BREACH_STATUS 99
#define HANG_STATUS 98
#define HANG_LIMIT_MS 5000

static struct {
	char *buffer;
	char *cliff; /* the first byte that faults */
	char *read_only;
	struct iovec vector[VECTOR_PIECES];
	struct iovec bad_vector[VECTOR_PIECES];
} memory;

static const struct program *_Atomic running;
static bool planting;
static int plant_log = -1;
static atomic_int slots[SLOTS];
static atomic_uint next_slot;
static atomic_int forked;
/* Which call each thread is to do next, as an index plus 1. */
static atomic_uint orders[THREADS];
static pthread_t threads[THREADS];

void *pointer_address(uint64_t pointer)
{
	switch (pointer) {
	case POINTER_NULL:
		return NULL;
	case POINTER_BUFFER:
		return memory.buffer;
	case POINTER_CLIFF:
		return memory.cliff - 16;
	case POINTER_NOWHERE:
		return memory.cliff;
	case POINTER_KERNEL:
		return (void *)0xffff888000000000UL;
	case POINTER_VECTOR:
		return memory.vector;
	case POINTER_READ_ONLY:
		return memory.read_only;
	case POINTER_BAD_VECTOR:
		return memory.bad_vector;
	default:
		return (void *)(uintptr_t)pointer;
	}
}

static void memory_init(void)
{
	char *area = mmap(NULL, BUFFER_SIZE + 3 * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int i;

	if (area == MAP_FAILED)
		_exit(1);
	memory.buffer = area;
	memory.cliff = area + BUFFER_SIZE + PAGE;
	memory.read_only = memory.cliff + PAGE;
	mprotect(memory.cliff, PAGE, PROT_NONE);
	mprotect(memory.read_only, PAGE, PROT_READ);
	for (i = 0; i < VECTOR_PIECES; i++) {
		memory.vector[i].iov_base = area + 512 * i;
		memory.vector[i].iov_len = i * 31 % 512;
		memory.bad_vector[i].iov_base = i % 3 ? area : memory.cliff - 8;
		memory.bad_vector[i].iov_len = i % 5 ? 16 : SIZE_MAX >> i;
	}
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

/* A descriptor that a call returned takes the place of an older one. */
static void keep(int fd)
{
	unsigned int slot = 1 + atomic_fetch_add(&next_slot, 1) % (SLOTS - 1);
	int old = atomic_exchange(&slots[slot], fd);

	if (old >= 0)
		close(old);
}

static void keep_results(const struct call_kind *kind, const void *argument)
{
	switch (kind->command) {
	case IPCMBOX_IOC_CREATE:
		keep(((const struct ipcmbox_create *)argument)->fd);
		break;
	case IPCMBOX_IOC_PAIR:
		keep(((const struct ipcmbox_pair *)argument)->fds[0]);
		keep(((const struct ipcmbox_pair *)argument)->fds[1]);
		break;
	case IPCMBOX_IOC_REOPEN:
		keep(((const struct ipcmbox_reopen *)argument)->fd);
		break;
	}
}

/* Something to be found, for the check of the fuzzer itself: a SET that works. */
static void plant(const struct call_kind *kind)
{
	static const char line[] = "<4>ipcmbox: planted\n";

	if (kind->command == IPCMBOX_IOC_SET &&
	    write(plant_log, line, strlen(line)) < 0)
		perror("/dev/kmsg");
}

/* The argument ends where memory does, so that what lies behind it faults. */
static void do_ioctl(const struct call_kind *kind, const struct call *call,
		     unsigned int thread)
{
	static char *places[THREADS];
	uint64_t value;
	unsigned int i;
	char *argument;

	if (!places[thread]) {
		places[thread] = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
				      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		mprotect(places[thread] + PAGE, PAGE, PROT_NONE);
	}
	argument = places[thread] + PAGE - kind->size;
	memset(argument, 0, kind->size);
	for (i = 0; i < kind->nr_fields; i++) {
		const struct field *field = &kind->fields[i];

		value = call->values[i];
		if (field->kind == KIND_POINTER)
			value = (uintptr_t)pointer_address(value);
		if (field->kind == KIND_DEADLINE && value && value < 1000000)
			value = now() + value * 1000;
		memcpy(argument + field->offset, &value,
		       field->size < sizeof(value) ? field->size :
						     sizeof(value));
	}
	cover_begin(thread);
	i = ioctl(slots[call->slot], kind->command, argument);
	cover_end(thread);
	if (i)
		return;
	keep_results(kind, argument);
	if (planting)
		plant(kind);
}

/* A process that waits on the mailbox, until it is killed or the program ends. */
static void do_fork(const struct call *call)
{
	char byte;
	pid_t pid = fork();

	if (!pid) {
		setitimer(ITIMER_REAL, &(struct itimerval){}, NULL);
		alarm(1);
		while (read(slots[call->slot], &byte, 1) > 0)
			;
		_exit(0);
	}
	atomic_store(&forked, pid);
}

static void do_call(const struct call *call, unsigned int thread)
{
	const struct call_kind *kind = &call_kinds[call->kind];
	int fd = slots[call->slot];

	if (kind->command) {
		do_ioctl(kind, call, thread);
	} else if (kind->run) {
		cover_begin(thread);
		kind->run(fd, call->values);
		cover_end(thread);
	} else if (!strcmp(kind->name, "dup")) {
		dup2(fd, slots[call->values[0] % SLOTS]);
	} else if (!strcmp(kind->name, "close")) {
		fd = atomic_exchange(&slots[call->slot], -1);
		if (fd >= 0)
			close(fd);
	} else if (!strcmp(kind->name, "open")) {
		keep(open("/dev/ipcmbox", O_RDWR | O_CLOEXEC));
	} else if (!strcmp(kind->name, "fork")) {
		do_fork(call);
	} else if (!strcmp(kind->name, "kill") && forked > 0) {
		kill(forked, SIGKILL);
	} else if (!strcmp(kind->name, "nap")) {
		usleep(call->values[0] % 64 * 50);
	}
}

static void *thread_run(void *arg)
{
	unsigned int thread = (uintptr_t)arg;
	const struct timespec nap = { .tv_nsec = 20000 };
	unsigned int order;

	for (;;) {
		order = atomic_load(&orders[thread]);
		if (!order) {
			nanosleep(&nap, NULL);
			continue;
		}
		do_call(&running->calls[order - 1], thread);
		atomic_store(&orders[thread], 0);
	}
	return NULL;
}

/* Waits a little until a thread has done what it was to do. */
static void await_thread(unsigned int thread, unsigned int ms)
{
	uint64_t end = now() + ms * 1000000ULL;
	const struct timespec nap = { .tv_nsec = 20000 };

	while (atomic_load(&orders[thread]) && now() < end)
		nanosleep(&nap, NULL);
}

static bool adds_up(int fd, uint32_t flags)
{
	struct ipcmbox_info info = { .size = sizeof(info), .flags = flags };

	if (ioctl(fd, IPCMBOX_IOC_INFO, &info))
		return true;
	return info.sent == info.received + info.queued + info.senders_waiting +
				    info.in_transfer + info.withdrawn +
				    info.expired + info.dropped;
}

static void on_alarm(int number)
{
}

/* Does the calls, each in its thread; a thread that still waits misses its next. */
static void do_calls(const struct program *program)
{
	unsigned int i;

	for (i = 0; i < program->count; i++) {
		unsigned int thread = program->calls[i].thread;

		if (!thread) {
			do_call(&program->calls[i], 0);
			continue;
		}
		await_thread(thread, THREAD_LIMIT_MS);
		if (!atomic_load(&orders[thread]))
			atomic_store(&orders[thread], i + 1);
	}
}

/* Signals end every wait; false if one goes on. */
static bool end_waits(void)
{
	uint64_t end = now() + HANG_LIMIT_MS * 1000000ULL;
	unsigned int i;

	for (i = 1; i < THREADS; i++) {
		while (atomic_load(&orders[i])) {
			if (now() > end)
				return false;
			pthread_kill(threads[i], SIGALRM);
			await_thread(i, 1);
		}
	}
	return true;
}

/* What one program leaves must not help the next; false if counters are wrong. */
static bool clear_up(void)
{
	bool fine = true;
	unsigned int i;

	for (i = 1; i < SLOTS; i++) {
		int fd = slots[i];

		fine = fine && adds_up(fd, 0) && adds_up(fd, IPCMBOX_TX);
		slots[i] = -1;
		/* Who still waits in it gets EIDRM. */
		if (fd >= 0)
			ioctl(fd, IPCMBOX_IOC_DESTROY,
			      &(struct ipcmbox_destroy){ .size = 8 });
		if (fd >= 0)
			close(fd);
	}
	if (forked > 0)
		kill(forked, SIGKILL);
	for (i = 1; i < THREADS; i++)
		await_thread(i, THREAD_LIMIT_MS);
	if (!end_waits())
		_exit(HANG_STATUS);
	forked = 0;
	next_slot = 0;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	return fine;
}

static void become_nobody(void)
{
	if (setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY))
		_exit(1);
}

static void child_run(struct batch *batch)
{
	const struct sigaction action = { .sa_handler = on_alarm };
	const struct itimerval beat = { { 0, 3000 }, { 0, 3000 } };
	unsigned int i;

	/* The log is for root to open. */
	if (planting)
		plant_log = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	become_nobody();
	memory_init();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGIO, SIG_IGN);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &beat, NULL);
	for (i = 0; i < SLOTS; i++)
		slots[i] = -1;
	for (i = 1; i < THREADS; i++)
		pthread_create(&threads[i], NULL, thread_run,
			       (void *)(uintptr_t)i);
	for (i = 0; i < batch->count; i++) {
		running = &batch->programs[i];
		if (slots[0] < 0)
			slots[0] = open("/dev/ipcmbox", O_RDWR | O_CLOEXEC);
		cover_reset();
		do_calls(running);
		if (!clear_up())
			_exit(BREACH_STATUS);
		batch->news[i] = cover_news();
	}
	_exit(0);
}

static bool reap(pid_t pid, unsigned int ms, int *status)
{
	uint64_t end = now() + ms * 1000000ULL;

	while (now() < end) {
		if (waitpid(pid, status, WNOHANG) == pid)
			return true;
		usleep(100);
	}
	return false;
}

/* Whether nobody uses the module any more; closing may take a moment. */
static bool module_is_idle(void)
{
	uint64_t end = now() + IDLE_LIMIT_MS * 1000000ULL;
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

enum outcome batch_run(struct batch *batch, bool plant)
{
	int status = 0;
	pid_t pid;

	memset(batch->news, 0, sizeof(batch->news));
	planting = plant;
	pid = fork();
	if (!pid)
		child_run(batch);
	if (!reap(pid, TIME_LIMIT_MS, &status)) {
		kill(pid, SIGKILL);
		return reap(pid, TIME_LIMIT_MS, &status) ? OUTCOME_HANG :
							   OUTCOME_IMMORTAL;
	}
	/* A process of a program may have been left to this one. */
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	if (WIFSIGNALED(status))
		return OUTCOME_KILLED;
	if (WIFEXITED(status) && WEXITSTATUS(status) == BREACH_STATUS)
		return OUTCOME_BREACH;
	if (WIFEXITED(status) && WEXITSTATUS(status) == HANG_STATUS)
		return OUTCOME_HANG;
	if (status)
		return OUTCOME_LAME;
	return module_is_idle() ? OUTCOME_FINE : OUTCOME_BUSY;
}
