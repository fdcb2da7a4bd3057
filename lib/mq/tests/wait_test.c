// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls that wait: for a message or for room, until an instant of CLOCK_REALTIME, a signal,
 * or the cancellation of the thread.
 */
#include "mq_test.h"

FIXTURE(wait)
{
	mqd_t mqdes;
};

FIXTURE_SETUP(wait)
{
	mq_unlink(QUEUE);
	self->mqdes = make_queue(QUEUE, O_RDWR, 1);
	ASSERT_LE(0, self->mqdes);
}

FIXTURE_TEARDOWN(wait)
{
	mq_close(self->mqdes);
	mq_unlink(QUEUE);
}

/**
 * struct waiter - a call that a thread is in
 * @mqdes: the queue
 * @sends: whether it sends the text "w", or receives one
 * @until: until when, or NULL
 * @thread: the thread
 * @tid: its number
 * @error: 0, or its errno
 * @ms: how long it took
 */
struct waiter {
	mqd_t mqdes;
	bool sends;
	const struct timespec *until;
	pthread_t thread;
	volatile pid_t tid;
	int error;
	int64_t ms;
};

static ssize_t call_with(struct waiter *waiter)
{
	char buffer[MSGSIZE];

	if (waiter->sends)
		return waiter->until ? mq_timedsend(waiter->mqdes, "w", 1, 3,
						    waiter->until) :
				       mq_send(waiter->mqdes, "w", 1, 3);
	return waiter->until ? mq_timedreceive(waiter->mqdes, buffer, MSGSIZE,
					       NULL, waiter->until) :
			       mq_receive(waiter->mqdes, buffer, MSGSIZE, NULL);
}

static void *run_waiter(void *arg)
{
	struct waiter *waiter = arg;
	int64_t begin = monotonic_ms();

	waiter->tid = gettid();
	waiter->error = call_with(waiter) < 0 ? errno : 0;
	waiter->ms = monotonic_ms() - begin;
	return NULL;
}

static void start(struct waiter *waiter)
{
	waiter->error = -1;
	waiter->tid = 0;
	pthread_create(&waiter->thread, NULL, run_waiter, waiter);
	while (!waiter->tid)
		sched_yield();
	sleeps(waiter->tid);
}

static int end(struct waiter *waiter)
{
	pthread_join(waiter->thread, NULL);
	return waiter->error;
}

TEST_F(wait, receiver_for_a_message)
{
	struct waiter waiter = { .mqdes = self->mqdes };

	start(&waiter);
	EXPECT_EQ(-1, waiter.error);
	EXPECT_EQ(0, send_text(self->mqdes, "x", 0));
	EXPECT_EQ(0, end(&waiter));
	EXPECT_EQ(0, queued(self->mqdes));
}

TEST_F(wait, sender_for_room)
{
	struct waiter waiter = { .mqdes = self->mqdes, .sends = true };

	EXPECT_EQ(0, send_text(self->mqdes, "x", 3));
	start(&waiter);
	EXPECT_EQ(-1, waiter.error);
	EXPECT_EQ(1, queued(self->mqdes));
	EXPECT_EQ(3, receive_text(self->mqdes, "x"));
	EXPECT_EQ(0, end(&waiter));
	EXPECT_EQ(1, queued(self->mqdes));
	EXPECT_EQ(3, receive_text(self->mqdes, "w"));
}

TEST_F(wait, longest_waiting_first)
{
	struct waiter waiters[3];
	int i;

	for (i = 0; i < 3; i++) {
		waiters[i] = (struct waiter){ .mqdes = self->mqdes };
		start(&waiters[i]);
	}
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(-1, waiters[i].error);
		EXPECT_EQ(0, send_text(self->mqdes, "x", 0));
		EXPECT_EQ(0, end(&waiters[i]));
	}
}

TEST_F(wait, until_an_instant)
{
	int64_t begin = monotonic_ms();
	struct timespec until = from_now(300);
	struct waiter waiter = { .mqdes = self->mqdes, .until = &until };

	start(&waiter);
	EXPECT_EQ(ETIMEDOUT, end(&waiter));
	EXPECT_LE(280, monotonic_ms() - begin);
	EXPECT_EQ(0, send_text(self->mqdes, "x", 0));
	begin = monotonic_ms();
	until = from_now(1700);
	waiter.sends = true;
	start(&waiter);
	EXPECT_EQ(ETIMEDOUT, end(&waiter));
	EXPECT_LE(1680, monotonic_ms() - begin);
	/* It left nothing. */
	EXPECT_EQ(1, queued(self->mqdes));
	EXPECT_EQ(0, receive_text(self->mqdes, "x"));
	EXPECT_EQ(0, queued(self->mqdes));
}

TEST_F(wait, an_instant_that_has_passed)
{
	const struct timespec past = { 0 }, before = from_now(-1);
	char buffer[MSGSIZE];

	EXPECT_ERRNO(ETIMEDOUT, mq_timedreceive(self->mqdes, buffer, MSGSIZE,
						NULL, &past));
	EXPECT_ERRNO(ETIMEDOUT, mq_timedreceive(self->mqdes, buffer, MSGSIZE,
						NULL, &before));
	/* What need not wait is done all the same. */
	EXPECT_EQ(0, mq_timedsend(self->mqdes, "x", 1, 0, &past));
	EXPECT_ERRNO(ETIMEDOUT, mq_timedsend(self->mqdes, "x", 1, 0, &past));
	EXPECT_ERRNO(ETIMEDOUT, mq_timedsend(self->mqdes, "x", 1, 0, &before));
	EXPECT_EQ(1,
		  mq_timedreceive(self->mqdes, buffer, MSGSIZE, NULL, &past));
}

TEST_F(wait, no_instant_at_all)
{
	static const struct timespec bad[] = {
		{ .tv_sec = 0, .tv_nsec = 1000000000 },
		{ .tv_sec = 0, .tv_nsec = -1 },
		{ .tv_sec = 4000000000, .tv_nsec = 1000000000 },
	};
	char buffer[MSGSIZE];
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		EXPECT_ERRNO(EINVAL, mq_timedreceive(self->mqdes, buffer,
						     MSGSIZE, NULL, &bad[i]));
	EXPECT_EQ(0, send_text(self->mqdes, "x", 0));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		EXPECT_ERRNO(EINVAL,
			     mq_timedsend(self->mqdes, "x", 1, 0, &bad[i]));
}

/* As far ahead as there is. */
TEST_F(wait, the_last_instant)
{
	const struct timespec last = { .tv_sec = INT64_MAX,
				       .tv_nsec = 999999999 };
	struct waiter waiter = { .mqdes = self->mqdes, .until = &last };

	start(&waiter);
	EXPECT_EQ(-1, waiter.error);
	EXPECT_EQ(0, send_text(self->mqdes, "x", 0));
	EXPECT_EQ(0, end(&waiter));
}

static void move_clock(long seconds)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	now.tv_sec += seconds;
	clock_settime(CLOCK_REALTIME, &now);
}

/* The instant is of CLOCK_REALTIME also if that is set while the call waits. */
TEST_F(wait, the_clock_is_set)
{
	struct timespec until = from_now(1800000);
	struct waiter waiter = { .mqdes = self->mqdes, .until = &until };

	start(&waiter);
	move_clock(3600);
	EXPECT_EQ(ETIMEDOUT, end(&waiter));
	EXPECT_GT(15000, waiter.ms);
	move_clock(-3600);

	until = from_now(800);
	start(&waiter);
	move_clock(-3600);
	sleep_ms(2500);
	EXPECT_EQ(-1, waiter.error);
	move_clock(3600);
	EXPECT_EQ(ETIMEDOUT, end(&waiter));
}

static volatile sig_atomic_t handled;

static void on_signal(int signo)
{
	handled = signo;
}

static void handle(int flags)
{
	struct sigaction action = { .sa_handler = on_signal,
				    .sa_flags = flags };

	sigaction(SIGUSR1, &action, NULL);
	handled = 0;
}

static void interrupt(struct waiter *waiter)
{
	pthread_kill(waiter->thread, SIGUSR1);
	while (!handled)
		sched_yield();
}

TEST_F(wait, signal_without_restart)
{
	struct timespec until = from_now(60000);
	struct waiter waiter = { .mqdes = self->mqdes };
	int i;

	handle(0);
	for (i = 0; i < 4; i++) {
		waiter.sends = i & 1;
		waiter.until = i & 2 ? &until : NULL;
		if (i == 1)
			EXPECT_EQ(0, send_text(self->mqdes, "x", 0));
		if (i == 2)
			EXPECT_EQ(0, receive_text(self->mqdes, "x"));
		if (i == 3)
			EXPECT_EQ(0, send_text(self->mqdes, "x", 0));
		start(&waiter);
		interrupt(&waiter);
		EXPECT_EQ(EINTR, end(&waiter));
	}
	EXPECT_EQ(1, queued(self->mqdes));
}

TEST_F(wait, signal_with_restart)
{
	struct waiter waiter = { .mqdes = self->mqdes };

	handle(SA_RESTART);
	start(&waiter);
	interrupt(&waiter);
	EXPECT_EQ(true, sleeps(waiter.tid));
	EXPECT_EQ(-1, waiter.error);
	EXPECT_EQ(0, send_text(self->mqdes, "x", 0));
	EXPECT_EQ(0, end(&waiter));
	EXPECT_EQ(0, send_text(self->mqdes, "x", 3));
	waiter.sends = true;
	start(&waiter);
	interrupt(&waiter);
	EXPECT_EQ(true, sleeps(waiter.tid));
	EXPECT_EQ(-1, waiter.error);
	EXPECT_EQ(3, receive_text(self->mqdes, "x"));
	EXPECT_EQ(0, end(&waiter));
	EXPECT_EQ(3, receive_text(self->mqdes, "w"));
}

/* All four are cancellation points, while they wait and when they need not. */
TEST_F(wait, cancellation)
{
	struct timespec until = from_now(60000);
	struct waiter waiter = { .mqdes = self->mqdes };
	void *result;
	int i;

	for (i = 0; i < 4; i++) {
		waiter.sends = i & 1;
		waiter.until = i & 2 ? &until : NULL;
		if (i & 1)
			EXPECT_EQ(0, send_text(self->mqdes, "x", 0));
		start(&waiter);
		EXPECT_EQ(0, pthread_cancel(waiter.thread));
		pthread_join(waiter.thread, &result);
		EXPECT_EQ(PTHREAD_CANCELED, result);
		EXPECT_EQ(-1, waiter.error);
		EXPECT_EQ(i & 1, queued(self->mqdes));
		if (i & 1)
			EXPECT_EQ(0, receive_text(self->mqdes, "x"));
	}
}

static void *send_when_cancelled(void *arg)
{
	mqd_t mqdes = *(mqd_t *)arg;

	pthread_cancel(pthread_self());
	send_text(mqdes, "x", 0);
	return NULL;
}

TEST_F(wait, cancelled_before)
{
	pthread_t thread;
	void *result;

	pthread_create(&thread, NULL, send_when_cancelled, &self->mqdes);
	pthread_join(thread, &result);
	EXPECT_EQ(PTHREAD_CANCELED, result);
	EXPECT_EQ(0, queued(self->mqdes));
}

TEST_F(wait, poll_tells)
{
	struct pollfd event = { .fd = self->mqdes, .events = POLLIN | POLLOUT };

	EXPECT_EQ(1, poll(&event, 1, 0));
	EXPECT_EQ(POLLOUT, event.revents);
	EXPECT_EQ(0, send_text(self->mqdes, "x", 0));
	EXPECT_EQ(1, poll(&event, 1, 0));
	EXPECT_EQ(POLLIN, event.revents);
}

/* A process that is killed while it waits takes nothing, and leaves nothing. */
TEST_F(wait, killed)
{
	pid_t pid = fork();

	if (!pid) {
		receive_text(self->mqdes, "x");
		_exit(0);
	}
	sleep_ms(300);
	kill(pid, SIGKILL);
	EXPECT_EQ(-1, exit_of(pid));
	EXPECT_EQ(0, send_text(self->mqdes, "x", 0));
	EXPECT_EQ(1, queued(self->mqdes));
	pid = fork();
	if (!pid) {
		send_text(self->mqdes, "y", 0);
		_exit(0);
	}
	sleep_ms(300);
	kill(pid, SIGKILL);
	EXPECT_EQ(-1, exit_of(pid));
	EXPECT_EQ(0, receive_text(self->mqdes, "x"));
	EXPECT_EQ(0, queued(self->mqdes));
}

TEST_HARNESS_MAIN
