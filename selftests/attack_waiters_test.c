// SPDX-License-Identifier: GPL-2.0-only
/*
 * A user parks ten thousand waiters, receivers or senders, on one mailbox and on many,
 * and never reads what it is sent. DESTROY and SIGKILL end them all; others do not
 * notice.
 */
#include <sys/resource.h>

#include "kselftest_harness.h"
#include "attack.h"

#define WAITERS 10000
#define WAITERS_SLOW 1000 /* where IPCMBOX_FEW is set */
#define MAILBOXES 100
#define STACK (32 * 1024)
#define ALL_MS 100000 /* until all of them wait, or are gone */

struct crowd {
	atomic_uint waiters;
	atomic_uint removed;
	unsigned int count;
	unsigned int mailboxes; /* in use */
	bool send;
	int fds[MAILBOXES];
};

FIXTURE(crowd)
{
	struct crowd *crowd;
};

FIXTURE_VARIANT(crowd)
{
	bool send;
};

FIXTURE_VARIANT_ADD(crowd, receivers) { .send = false };
FIXTURE_VARIANT_ADD(crowd, senders) { .send = true };

FIXTURE_SETUP(crowd)
{
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };

	self->crowd = attack_share(sizeof(*self->crowd));
	self->crowd->send = variant->send;
	self->crowd->count = getenv("IPCMBOX_FEW") ? WAITERS_SLOW : WAITERS;
	mbox_write_number("/proc/sys/kernel/threads-max", 50000);
	ASSERT_EQ(0, setrlimit(RLIMIT_NPROC, &none));
}

FIXTURE_TEARDOWN(crowd)
{
	while (self->crowd->mailboxes)
		close(self->crowd->fds[--self->crowd->mailboxes]);
	munmap(self->crowd, sizeof(*self->crowd));
	EXPECT_TRUE(attack_is_over());
}

static struct crowd *the_crowd;

static void *wait_in(void *fd)
{
	int64_t ret;

	the_crowd->waiters++;
	ret = the_crowd->send ? mbox_send_num((intptr_t)fd, 1, 0) :
				mbox_recv_num((intptr_t)fd, 0);
	if (ret == -EIDRM)
		the_crowd->removed++;
	return NULL;
}

static struct ipcmbox_create rendezvous = { .open_flags = O_RDWR };

/* So many in each. */
static bool wait_until_parked(struct crowd *crowd, uint64_t count)
{
	unsigned int i;
	bool fine = true;

	for (i = 0; fine && i < crowd->mailboxes; i++)
		fine = crowd->send ? mbox_wait_senders(crowd->fds[i], count) :
				     mbox_wait_receivers(crowd->fds[i], count);
	return fine;
}

static void park_all(void *arg)
{
	struct crowd *crowd = arg;
	pthread_attr_t attr;
	pthread_t thread;
	unsigned int i;

	the_crowd = crowd;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	for (i = 0; i < crowd->count; i++) {
		intptr_t fd = crowd->fds[i % crowd->mailboxes];

		EXPECT_THAT(
			!pthread_create(&thread, &attr, wait_in, (void *)fd));
	}
	pause();
}

static bool wait_for_crowd(struct crowd *crowd, atomic_uint *number)
{
	uint64_t end = mbox_deadline(ALL_MS);

	while (*number < crowd->count && mbox_now() < end)
		mbox_nap();
	return *number == crowd->count;
}

/* The attacker, with all of its threads in as many mailboxes; its pid, or -1. */
static pid_t gather(struct crowd *crowd, unsigned int mailboxes)
{
	pid_t pid;

	for (; crowd->mailboxes < mailboxes; crowd->mailboxes++) {
		int fd = attack_mailbox(&rendezvous);

		if (fd < 0)
			return -1;
		crowd->fds[crowd->mailboxes] = fd;
	}
	pid = attack_start(ATTACKER, park_all, crowd);
	if (!wait_for_crowd(crowd, &crowd->waiters) ||
	    !wait_until_parked(crowd, crowd->count / mailboxes)) {
		attack_stop(pid);
		return -1;
	}
	return pid;
}

TEST_F_TIMEOUT(crowd, destroyed, 300)
{
	pid_t pid = gather(self->crowd, 1);
	uint64_t start;

	ASSERT_LT(0, pid);
	EXPECT_TRUE(attack_others_go_on());

	start = mbox_now();
	EXPECT_EQ(0, mbox_destroy(self->crowd->fds[0]));
	EXPECT_TRUE(wait_for_crowd(self->crowd, &self->crowd->removed));
	TH_LOG("%u waiters removed in %llu ms", self->crowd->count,
	       (unsigned long long)(mbox_now() - start) / 1000000);
	EXPECT_TRUE(attack_stop(pid));
}

static bool go_when_killed(struct crowd *crowd, unsigned int mailboxes)
{
	pid_t pid = gather(crowd, mailboxes);

	return pid > 0 && attack_others_go_on() && attack_stop(pid) &&
	       wait_until_parked(crowd, 0);
}

TEST_F_TIMEOUT(crowd, killed, 300)
{
	EXPECT_TRUE(go_when_killed(self->crowd, 1));
	EXPECT_TRUE(mbox_is_calm(self->crowd->fds[0]));
}

TEST_F_TIMEOUT(crowd, killed_on_many_mailboxes, 300)
{
	EXPECT_TRUE(go_when_killed(self->crowd, MAILBOXES));
}

static void sleep_on(void *fd)
{
	pause();
}

/* Who is never read from waits no longer than it wants to, and only there. */
TEST(never_reads)
{
	static const uint64_t capacities[] = { 0, 1, 7 };
	struct mbox_op send = {};
	int fds[2], other;
	unsigned int i;
	pid_t pid;

	for (i = 0; i < ARRAY_SIZE(capacities); i++) {
		ASSERT_EQ(0, mbox_pair(capacities[i], 0, fds));
		pid = attack_start(ATTACKER, sleep_on, NULL);
		close(fds[0]);
		ASSERT_EQ(capacities[i], mbox_fill(fds[1], capacities[i], 0));
		EXPECT_EQ(-EAGAIN, mbox_send_num(fds[1], 9, IPCMBOX_DONTWAIT));
		send = (struct mbox_op){
			.fd = fds[1],
			.deadline = mbox_deadline(50),
		};
		EXPECT_EQ(-ETIMEDOUT, mbox_op_run(&send));
		other = mbox_create(1, O_RDWR);
		EXPECT_EQ(0, mbox_send_num(other, 1, 0));
		EXPECT_EQ(1, mbox_recv_num(other, 0));
		close(other);
		EXPECT_TRUE(attack_stop(pid));
		/* With it the last receiver has gone. */
		EXPECT_EQ(-EPIPE, mbox_send_num(fds[1], 9, 0));
		close(fds[1]);
	}
}

TEST_HARNESS_MAIN
