// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the calls of <mqueue.h> must leave alone: descriptors, dispositions of signals and
 * the mask, standard output and error, and errno where they succeed.
 */
#include <semaphore.h>

#include "mq_test.h"

static sem_t told;

static void on_message(union sigval value)
{
	(void)value;
	sem_post(&told);
}

static int ask(mqd_t mqdes, int how)
{
	struct sigevent event = { .sigev_notify = how, .sigev_signo = SIGUSR1 };

	/* The number of a signal lies elsewhere than the function. */
	if (how == SIGEV_THREAD)
		event.sigev_notify_function = on_message;
	return mq_notify(mqdes, &event);
}

/* Everything once, and some of it in vain. */
static int use_all(void)
{
	static const int how[] = { SIGEV_NONE, SIGEV_SIGNAL, SIGEV_THREAD };
	const struct timespec past = { 0 };
	struct mq_attr attr;
	char buffer[MSGSIZE];
	mqd_t mqdes, other;
	int i, bad = 0;

	mqdes = make_queue(QUEUE, O_RDWR | O_NONBLOCK, 1);
	if (mqdes < 0)
		return -1;
	bad += make_queue(QUEUE, O_RDWR, 1) != -1;
	bad += mq_open(QUEUE, O_RDWR | O_WRONLY) != -1;
	bad += mq_open("no-slash", O_RDWR) != -1;
	bad += mq_open(QUEUE "-none", O_RDWR) != -1;
	bad += mq_open(QUEUE "-none", O_RDWR | O_CREAT, 0600,
		       &(struct mq_attr){ .mq_maxmsg = -1 }) != -1;
	other = mq_open(QUEUE, O_WRONLY);
	for (i = 0; i < 3; i++) {
		bad += ask(mqdes, how[i]) != 0;
		bad += ask(other, how[i]) != -1;
		bad += send_text(other, "x", 0) != 0;
		bad += mq_timedsend(mqdes, "x", 1, 0, &past) != -1;
		bad += mq_receive(mqdes, buffer, sizeof(buffer), NULL) != 1;
		bad += mq_timedreceive(mqdes, buffer, sizeof(buffer), NULL,
				       &past) != -1;
		if (how[i] == SIGEV_THREAD)
			sem_wait(&told);
		bad += ask(mqdes, how[i]) != 0;
		bad += mq_notify(mqdes, NULL) != 0;
		bad += ask(other, how[i]) != 0;
		bad += mq_close(other) != 0;
		other = mq_open(QUEUE, O_RDWR);
	}
	bad += mq_getattr(mqdes, &attr) != 0;
	bad += mq_setattr(mqdes, &attr, NULL) != 0;
	/* One that is left to mq_close(). */
	bad += ask(mqdes, SIGEV_THREAD) != 0;
	bad += mq_close(other) != 0;
	bad += mq_close(mqdes) != 0;
	bad += mq_unlink(QUEUE) != 0;
	bad += mq_unlink(QUEUE) != -1;
	return bad;
}

FIXTURE(conduct)
{
	int unused;
};

FIXTURE_SETUP(conduct)
{
	mq_unlink(QUEUE);
	sem_init(&told, 0, 0);
	signal(SIGUSR1, SIG_IGN);
}

FIXTURE_TEARDOWN(conduct)
{
	mq_unlink(QUEUE);
}

/* What the first use of SIGEV_THREAD leaves open for good, as glibc's does, is no leak. */
TEST_F(conduct, no_descriptor_is_left)
{
	int before, i;

	EXPECT_EQ(0, use_all());
	before = nr_descriptors();
	for (i = 0; i < 20; i++)
		EXPECT_EQ(0, use_all());
	EXPECT_EQ(before, nr_descriptors());
}

TEST_F(conduct, signals_stay_as_they_were)
{
	struct sigaction before[NSIG] = { 0 }, after;
	sigset_t mask, old;
	int signo;

	sigemptyset(&mask);
	sigaddset(&mask, SIGHUP);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	for (signo = 1; signo < NSIG; signo++)
		sigaction(signo, NULL, &before[signo]);
	EXPECT_EQ(0, use_all());
	for (signo = 1; signo < NSIG; signo++) {
		if (sigaction(signo, NULL, &after))
			continue;
		EXPECT_EQ(before[signo].sa_handler, after.sa_handler);
		EXPECT_EQ(before[signo].sa_flags, after.sa_flags);
	}
	sigprocmask(SIG_SETMASK, NULL, &old);
	for (signo = 1; signo < NSIG; signo++)
		EXPECT_EQ(sigismember(&mask, signo), sigismember(&old, signo));
}

TEST_F(conduct, nothing_is_printed)
{
	int out[2], saved[2], i;
	char c;

	ASSERT_EQ(0, pipe2(out, O_NONBLOCK));
	fflush(NULL);
	for (i = 0; i < 2; i++) {
		saved[i] = dup(i + 1);
		dup2(out[1], i + 1);
	}
	i = use_all();
	fflush(NULL);
	dup2(saved[0], 1);
	dup2(saved[1], 2);
	EXPECT_EQ(0, i);
	EXPECT_EQ(-1, read(out[0], &c, 1));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F(conduct, errno_is_left_alone_by_success)
{
	struct mq_attr attr;
	mqd_t mqdes;

	errno = ENOTUNIQ;
	mqdes = make_queue(QUEUE, O_RDWR, 1);
	EXPECT_EQ(0, mq_getattr(mqdes, &attr));
	EXPECT_EQ(0, ask(mqdes, SIGEV_NONE));
	EXPECT_EQ(0, send_text(mqdes, "x", 0));
	EXPECT_EQ(0, receive_text(mqdes, "x"));
	EXPECT_EQ(0, mq_close(mqdes));
	EXPECT_EQ(ENOTUNIQ, errno);
}

TEST_HARNESS_MAIN
