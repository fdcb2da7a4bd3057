// SPDX-License-Identifier: GPL-2.0-only
/*
 * A server that takes thousands of calls and answers none; callers who call and leave,
 * again and again. Each of the others gets away when it wants to, or when the attacker
 * is gone, and the mailbox has nothing left of it.
 */
#include <sys/resource.h>

#include "kselftest_harness.h"
#include "attack.h"
#include "call.h"

#define CALLERS 10000
#define CALLERS_SLOW 1000 /* where IPCMBOX_FEW is set */
#define LEAVERS 1000
#define STACK (32 * 1024)
#define GONE_MS 60000
#define NUM 7

/**
 * struct hoard - what a server keeps
 * @fd: the mailbox
 * @count: calls that it is to take
 * @tokens: calls that it has taken
 * @dead: callers that were told that it is dead
 * @others: callers that were told something else
 */
struct hoard {
	int fd;
	unsigned int count;
	atomic_uint tokens;
	atomic_uint dead;
	atomic_uint others;
};

FIXTURE(hoard)
{
	struct hoard *hoard;
	struct caller caller;
};

FIXTURE_VARIANT(hoard)
{
	uint64_t capacity;
};

FIXTURE_VARIANT_ADD(hoard, rendezvous) { .capacity = IPCMBOX_RENDEZVOUS };
FIXTURE_VARIANT_ADD(hoard, unbounded) { .capacity = IPCMBOX_UNBOUNDED };

FIXTURE_SETUP(hoard)
{
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };

	memset(self, 0, sizeof(*self));
	mbox_write_number("/proc/sys/kernel/threads-max", 50000);
	ASSERT_EQ(0, setrlimit(RLIMIT_NPROC, &none));
	self->hoard = attack_share(sizeof(*self->hoard));
	self->hoard->fd = mbox_create(variant->capacity, O_RDWR);
	ASSERT_LE(0, self->hoard->fd);
	self->hoard->count = getenv("IPCMBOX_FEW") ? CALLERS_SLOW : CALLERS;
}

FIXTURE_TEARDOWN(hoard)
{
	EXPECT_TRUE(mbox_is_calm(self->hoard->fd));
	EXPECT_EQ(0, mbox_info(self->hoard->fd).calls);
	close(self->hoard->fd);
	munmap(self->hoard, sizeof(*self->hoard));
	EXPECT_TRUE(attack_is_over());
}

static void take_and_keep(void *arg)
{
	struct hoard *hoard = arg;

	while (hoard->tokens < hoard->count) {
		EXPECT_THAT(serve_take(hoard->fd, NUM));
		hoard->tokens++;
	}
	pause();
}

static void *call_once(void *arg)
{
	struct hoard *hoard = arg;
	struct caller caller = {};

	caller_run(&caller, hoard->fd, NUM);
	if (caller.ret == -EOWNERDEAD &&
	    caller.arg.disposition == IPCMBOX_PEER_DIED)
		hoard->dead++;
	else
		hoard->others++;
	return NULL;
}

static bool wait_for(struct hoard *hoard, atomic_uint *number)
{
	uint64_t end = mbox_deadline(GONE_MS);

	while (*number < hoard->count && !hoard->others && mbox_now() < end)
		mbox_nap();
	return *number == hoard->count;
}

static bool call_all(struct hoard *hoard)
{
	pthread_attr_t attr;
	pthread_t thread;
	unsigned int i;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	for (i = 0; i < hoard->count; i++)
		if (pthread_create(&thread, &attr, call_once, hoard))
			return false;
	return true;
}

TEST_F_TIMEOUT(hoard, never_answers, 300)
{
	struct hoard *hoard = self->hoard;
	struct caller *caller = &self->caller;
	pid_t pid = attack_start(ATTACKER, take_and_keep, hoard);
	uint64_t token;

	ASSERT_TRUE(call_all(hoard));
	ASSERT_TRUE(wait_for(hoard, &hoard->tokens));
	EXPECT_EQ(hoard->count, mbox_info(hoard->fd).calls);
	EXPECT_TRUE(attack_others_go_on());

	/* Who has a deadline is not kept. */
	caller->arg.deadline = mbox_deadline(30);
	caller_run(caller, hoard->fd, NUM);
	EXPECT_EQ(-ETIMEDOUT, caller->ret);
	/* And beside it another server answers, as quickly as ever. */
	*caller = (struct caller){};
	ASSERT_TRUE(caller_start(caller, hoard->fd, NUM));
	token = serve_take(hoard->fd, NUM);
	ASSERT_NE(0, token);
	EXPECT_EQ(0, serve_reply(hoard->fd, token, 1));
	EXPECT_EQ(0, caller_join(caller));

	EXPECT_TRUE(attack_stop(pid));
	EXPECT_TRUE(wait_for(hoard, &hoard->dead));
	EXPECT_EQ(0, hoard->others);
}

static void call_and_leave(void *arg)
{
	struct hoard *hoard = arg;
	struct caller caller;
	unsigned int i;

	for (i = 0; i < LEAVERS; i++) {
		caller = (struct caller){};
		caller.arg.deadline = mbox_now() + i % 64 * 20000;
		caller_run(&caller, hoard->fd, NUM);
		EXPECT_THAT(caller.ret == -ETIMEDOUT || !caller.ret);
		if (!caller.ret)
			hoard->others++;
	}
	hoard->dead = 1;
	pause();
}

/* The server answers those who are there; the others cost it an ESTALE each. */
TEST_F_TIMEOUT(hoard, callers_leave, 120)
{
	struct hoard *hoard = self->hoard;
	pid_t pid = attack_start(ATTACKER, call_and_leave, hoard);
	uint64_t end = mbox_deadline(GONE_MS);
	struct ipcmbox_recv recv;
	unsigned int answered = 0;
	uint32_t num;
	int ret;

	do {
		recv = (struct ipcmbox_recv){
			.size = sizeof(recv),
			.flags = IPCMBOX_DONTWAIT,
			.data = (uintptr_t)&num,
			.len = sizeof(num),
		};
		ret = mbox_ioctl(hoard->fd, IPCMBOX_IOC_RECV, &recv);
		if (!ret) {
			ret = serve_reply(hoard->fd, recv.token, NUM);
			answered += !ret;
			ASSERT_TRUE(!ret || ret == -ESTALE);
		} else {
			ASSERT_EQ(-EAGAIN, ret);
		}
	} while (!hoard->dead && mbox_now() < end);
	EXPECT_EQ(1, hoard->dead);
	EXPECT_EQ(answered, hoard->others);
	EXPECT_TRUE(attack_others_go_on());
	EXPECT_TRUE(attack_stop(pid));
	EXPECT_EQ(0, mbox_drain(hoard->fd));
	EXPECT_EQ(0, mbox_info(hoard->fd).calls);
}

TEST_HARNESS_MAIN
