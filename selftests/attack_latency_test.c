// SPDX-License-Identifier: GPL-2.0-only
/*
 * The latency of a bystander: two processes of another user exchange messages, while an
 * attacker does what costs the kernel most, on the same CPU or on another. Its round
 * trips may take no longer than twice what they take beside somebody who keeps that CPU
 * as busy with system calls of another kind, and sleeps if the attacker does: so the
 * ratio is what the module adds to what the scheduler and, in a VM, the host do with such
 * neighbours. Both are measured in turns, in one run.
 */
#include <sched.h>
#include <sys/eventfd.h>

#include "kselftest_harness.h"
#include "attack.h"

#define TURNS 5
#define TRIES 8 /* a busy host may disturb them */
#define TRIPS 150
#define ATTACKERS 2

struct result {
	uint64_t median;
	uint64_t sum;
};

struct board {
	struct result results[2][TURNS];
	struct result *current;
	unsigned int attacker_cpu; /* the bystander's is 0 */
	atomic_uint successes; /* of the attacker */
};

static struct board *board;

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void use_cpu(unsigned int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	EXPECT_THAT(!sched_setaffinity(0, sizeof(cpus), &cpus));
}

/* The partner sends back what it gets, until the pair ends. */
static void echo(int fd)
{
	char bytes[64];
	int length;

	while ((length = mbox_recv(fd, bytes, sizeof(bytes), 0)) >= 0)
		mbox_send(fd, bytes, length, 0);
	_exit(0);
}

static uint64_t sleep_until(uint64_t ns)
{
	const struct timespec time = { ns / 1000000000, ns % 1000000000 };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
	return ns;
}

static void measure(void *unused)
{
	uint64_t times[TRIPS] = {};
	char bytes[64] = {};
	unsigned int i;
	int fds[2];

	use_cpu(0);
	EXPECT_THAT(!mbox_pair(1, IPCMBOX_DUPLEX, fds));
	if (!fork()) {
		close(fds[0]);
		echo(fds[1]);
	}
	close(fds[1]);
	for (i = 0; i < TRIPS; i++) {
		uint64_t start = mbox_now();

		/* Who slept must get the CPU back first. */
		if (!board->attacker_cpu)
			start = sleep_until(start + 500000);
		EXPECT_THAT(!mbox_send(fds[0], bytes, sizeof(bytes), 0));
		EXPECT_THAT(mbox_recv(fds[0], bytes, sizeof(bytes), 0) ==
			    sizeof(bytes));
		times[i] = mbox_now() - start;
		board->current->sum += times[i];
	}
	qsort(times, TRIPS, sizeof(times[0]), compare);
	board->current->median = times[TRIPS / 2];
	close(fds[0]);
	wait(NULL);
}

/* The attacks: what each of the attacker's threads does, over and over. */

static void succeed(bool fine)
{
	board->successes += fine;
}

/* Which of the attacker's threads this is, once it has asked. */
static __thread unsigned int me = ATTACKERS;

/* No attacks, but the system calls of somebody else: who computes, */
static void read_zeros(unsigned int unused)
{
	static char bytes[1 << 20];
	static int fd = -1;

	if (fd < 0)
		fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	succeed(read(fd, bytes, sizeof(bytes)) == sizeof(bytes));
}

/* and who waits for another of his threads, or for a short time. */
static void wait_for_another(unsigned int i)
{
	const struct timespec time = { .tv_nsec = 50000 };
	static int fds[ATTACKERS];
	static atomic_uint threads;
	struct pollfd event = { .events = POLLIN };
	uint64_t value = 1;

	if (me == ATTACKERS) {
		me = threads++;
		fds[me] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	}
	if (i % 2) {
		event.fd = fds[me];
		ppoll(&event, 1, &time, NULL);
		succeed(read(fds[me], &value, sizeof(value)) > 0 ||
			errno == EAGAIN);
	} else {
		event.fd = fds[(me + 1) % ATTACKERS];
		succeed(!event.fd ||
			write(event.fd, &value, sizeof(value)) > 0);
	}
}

static void fill_and_free(unsigned int i)
{
	int fd = mbox_create(IPCMBOX_UNBOUNDED, O_RDWR);
	char message[1000] = {};

	for (i = 0; i < 2000; i++)
		succeed(!mbox_send(fd, message, i % sizeof(message), 0));
	close(fd);
}

static void park_and_leave(unsigned int i)
{
	static int fd = -1;
	struct mbox_op op = { .kind = i % 2 ? OP_RECV : OP_SEND };

	if (fd < 0)
		fd = mbox_create(0, O_RDWR);
	op.fd = fd;
	op.deadline = mbox_now() + 50000;
	/* One of the other kind may meet it. */
	mbox_op_run(&op);
	succeed(!op.ret || op.ret == -ETIMEDOUT);
}

static void poll_all(unsigned int unused)
{
	static struct pollfd fds[200];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		if (!fds[i].fd)
			fds[i].fd = mbox_create(1, O_RDWR);
		fds[i].events = POLLIN;
		if (fds[i].fd < 0)
			return;
	}
	succeed(!poll(fds, ARRAY_SIZE(fds), 0));
}

static void make_and_break(unsigned int unused)
{
	int i, fds[2];

	for (i = 0; i < 50; i++) {
		if (mbox_pair(1, IPCMBOX_DUPLEX, fds))
			continue;
		succeed(!mbox_send_num(fds[0], i, 0));
		close(fds[0]);
		close(fds[1]);
	}
}

static void large_messages(unsigned int unused)
{
	static char bytes[1 << 20];
	int fd = mbox_create(2, O_RDWR);

	mbox_send(fd, bytes, sizeof(bytes), 0);
	succeed(mbox_recv(fd, bytes, sizeof(bytes), 0) == sizeof(bytes));
	close(fd);
}

static void (*the_attack)(unsigned int i);

static void *attack_thread(void *unused)
{
	unsigned int i;

	for (i = 0;; i++)
		the_attack(i);
	return NULL;
}

static void attack_run_threads(void *attack)
{
	pthread_t thread;
	unsigned int i;

	the_attack = attack;
	use_cpu(board->attacker_cpu);
	for (i = 1; i < ATTACKERS; i++)
		EXPECT_THAT(
			!pthread_create(&thread, NULL, attack_thread, NULL));
	attack_thread(NULL);
}

static bool measure_beside(void (*attack)(unsigned int i),
			   struct result *result)
{
	uint64_t end = mbox_deadline(MBOX_WATCHDOG_MS);
	unsigned int before;
	bool fine;
	pid_t pid;

	board->current = result;
	result->sum = 0;
	board->successes = 0;
	pid = attack_start(ATTACKER, attack_run_threads, attack);
	/* It is under way before, and goes on meanwhile. */
	while (!board->successes && mbox_now() < end)
		mbox_nap();
	before = board->successes;
	fine = attack_run(BYSTANDER, measure, NULL);
	while (board->successes == before && mbox_now() < end)
		mbox_nap();
	return attack_stop(pid) && fine && before && board->successes != before;
}

/* The least of all turns: the host disturbs some, the attack disturbs each. */
static uint64_t least_median(const struct result *results)
{
	uint64_t least = UINT64_MAX;
	unsigned int i;

	for (i = 0; i < TURNS; i++)
		if (results[i].median < least)
			least = results[i].median;
	return least;
}

/* In the mean of all turns a rare but long wait counts too. */
static uint64_t mean(const struct result *results)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < TURNS; i++)
		sum += results[i].sum;
	return sum / (TURNS * TRIPS);
}

static bool measure_both(void (*neighbour)(unsigned int i),
			 void (*attack)(unsigned int i))
{
	unsigned int turn;

	for (turn = 0; turn < TURNS; turn++)
		if (!measure_beside(neighbour, &board->results[0][turn]) ||
		    !measure_beside(attack, &board->results[1][turn]))
			return false;
	return true;
}

/* Whether the times beside the attack are at most twice those without. */
static bool others_go_on(struct __test_metadata *_metadata,
			 void (*neighbour)(unsigned int i),
			 void (*attack)(unsigned int i))
{
	const struct result *without = board->results[0];
	const struct result *beside = board->results[1];
	unsigned int try, by_median, by_mean;

	for (try = 0; try < TRIES; try++) {
		if (!measure_both(neighbour, attack))
			return false;
		by_median = least_median(beside) * 100 / least_median(without);
		by_mean = mean(beside) * 100 / mean(without);
		TH_LOG("median %u %%, mean %u %% of %llu us", by_median,
		       by_mean, (unsigned long long)mean(without) / 1000);
		if (by_median <= 200 && by_mean <= 200)
			return true;
	}
	return false;
}

FIXTURE(latency)
{
	struct board *board;
};

FIXTURE_VARIANT(latency)
{
	void (*neighbour)(unsigned int i);
	void (*attack)(unsigned int i);
};

FIXTURE_VARIANT_ADD(latency, fill_and_free)
{
	.neighbour = read_zeros,
	.attack = fill_and_free,
};

FIXTURE_VARIANT_ADD(latency, park_and_leave)
{
	.neighbour = wait_for_another,
	.attack = park_and_leave,
};

FIXTURE_VARIANT_ADD(latency, poll_all)
{
	.neighbour = read_zeros,
	.attack = poll_all,
};

FIXTURE_VARIANT_ADD(latency, make_and_break)
{
	.neighbour = read_zeros,
	.attack = make_and_break,
};

FIXTURE_VARIANT_ADD(latency, large_messages)
{
	.neighbour = read_zeros,
	.attack = large_messages,
};

FIXTURE_SETUP(latency)
{
	board = attack_share(sizeof(*board));
	self->board = board;
}

FIXTURE_TEARDOWN(latency)
{
	munmap(self->board, sizeof(*board));
	EXPECT_TRUE(attack_is_over());
}

TEST_F_TIMEOUT(latency, on_a_shared_cpu, 300)
{
	EXPECT_TRUE(
		others_go_on(_metadata, variant->neighbour, variant->attack));
}

TEST_F_TIMEOUT(latency, on_another_cpu, 300)
{
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "there is only one CPU");
	board->attacker_cpu = 1;
	EXPECT_TRUE(
		others_go_on(_metadata, variant->neighbour, variant->attack));
}

TEST_HARNESS_MAIN
