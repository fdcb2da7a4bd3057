// SPDX-License-Identifier: GPL-2.0-only
/*
 * mq_notify(): one process is told once that a message has come to an empty queue.
 */
#include <semaphore.h>

#include "notify_util.h"

FIXTURE(notify)
{
	mqd_t mqdes;
	sigset_t set;
};

FIXTURE_SETUP(notify)
{
	mq_unlink(QUEUE);
	self->mqdes = make_queue(QUEUE, O_RDWR | O_NONBLOCK, 4);
	ASSERT_LE(0, self->mqdes);
	sigemptyset(&self->set);
	sigaddset(&self->set, SIGNO);
	sigprocmask(SIG_BLOCK, &self->set, NULL);
}

FIXTURE_TEARDOWN(notify)
{
	mq_close(self->mqdes);
	mq_unlink(QUEUE);
}

TEST_F(notify, signal_once)
{
	siginfo_t info;

	EXPECT_EQ(0, ask_by_signal(self->mqdes, 17));
	EXPECT_EQ(-1, signal_within(&self->set, 0, NULL));
	EXPECT_EQ(0, send_text(self->mqdes, "x", 0));
	/* Here it is pending already. */
	EXPECT_EQ(17, signal_within(&self->set, 0, &info));
	EXPECT_EQ(SIGNO, info.si_signo);
	EXPECT_EQ(SI_MESGQ, info.si_code);
	EXPECT_EQ(getpid(), info.si_pid);
	EXPECT_EQ(getuid(), info.si_uid);
	EXPECT_EQ(0, receive_text(self->mqdes, "x"));
	EXPECT_EQ(0, send_text(self->mqdes, "y", 0));
	EXPECT_EQ(-1, signal_within(&self->set, NEVER, NULL));
	EXPECT_EQ(0, receive_text(self->mqdes, "y"));
	EXPECT_EQ(0, ask_by_signal(self->mqdes, 18));
	EXPECT_EQ(0, send_text(self->mqdes, "z", 0));
	EXPECT_EQ(18, signal_within(&self->set, 0, NULL));
}

TEST_F(notify, signal_from_another_process)
{
	siginfo_t info;
	pid_t pid;

	EXPECT_EQ(0, ask_by_signal(self->mqdes, 5));
	pid = fork();
	if (!pid)
		_exit(setgid(1000) || setuid(1000) ||
		      send_text(self->mqdes, "x", 0));
	EXPECT_EQ(5, signal_within(&self->set, SOON, &info));
	EXPECT_EQ(SI_MESGQ, info.si_code);
	EXPECT_EQ(pid, info.si_pid);
	EXPECT_EQ(1000, info.si_uid);
	EXPECT_EQ(0, exit_of(pid));
}

TEST_F(notify, only_of_an_empty_queue)
{
	EXPECT_EQ(0, send_text(self->mqdes, "1", 0));
	EXPECT_EQ(0, ask_by_signal(self->mqdes, 1));
	EXPECT_EQ(0, send_text(self->mqdes, "2", 0));
	EXPECT_EQ(-1, signal_within(&self->set, NEVER, NULL));
	EXPECT_EQ(0, receive_text(self->mqdes, "1"));
	EXPECT_EQ(0, send_text(self->mqdes, "3", 0));
	EXPECT_EQ(0, receive_text(self->mqdes, "2"));
	EXPECT_EQ(-1, signal_within(&self->set, NEVER, NULL));
	EXPECT_EQ(0, receive_text(self->mqdes, "3"));
	EXPECT_EQ(-1, signal_within(&self->set, NEVER, NULL));
	EXPECT_EQ(0, send_text(self->mqdes, "4", 0));
	EXPECT_EQ(1, signal_within(&self->set, SOON, NULL));
}

/* The same without a pause. */
TEST_F(notify, only_of_an_empty_queue_at_once)
{
	int i;

	for (i = 0; i < 200; i++) {
		EXPECT_EQ(0, send_text(self->mqdes, "1", 0));
		EXPECT_EQ(0, ask_by_signal(self->mqdes, i));
		EXPECT_EQ(0, send_text(self->mqdes, "2", 0));
		EXPECT_EQ(0, receive_text(self->mqdes, "1"));
		EXPECT_EQ(0, send_text(self->mqdes, "3", 0));
		EXPECT_EQ(0, receive_text(self->mqdes, "2"));
		EXPECT_EQ(0, receive_text(self->mqdes, "3"));
		EXPECT_EQ(-1, signal_within(&self->set, 0, NULL));
		EXPECT_EQ(0, send_text(self->mqdes, "4", 0));
		EXPECT_EQ(i, signal_within(&self->set, 0, NULL));
		EXPECT_EQ(0, receive_text(self->mqdes, "4"));
	}
}

TEST_F(notify, a_receiver_that_waits_comes_first)
{
	pid_t pid;

	mq_setattr(self->mqdes, &(struct mq_attr){ 0 }, NULL);
	pid = fork();
	if (!pid)
		_exit(receive_text(self->mqdes, "x") != 2);
	sleep_ms(500);
	EXPECT_EQ(0, ask_by_signal(self->mqdes, 3));
	EXPECT_EQ(0, send_text(self->mqdes, "x", 2));
	EXPECT_EQ(0, exit_of(pid));
	EXPECT_EQ(-1, signal_within(&self->set, NEVER, NULL));
	/* And it still stands. */
	EXPECT_EQ(0, send_text(self->mqdes, "y", 2));
	EXPECT_EQ(3, signal_within(&self->set, SOON, NULL));
}

TEST_F(notify, none_takes_the_place)
{
	EXPECT_EQ(0, ask_for_nothing(self->mqdes));
	EXPECT_ERRNO(EBUSY, ask_for_nothing(self->mqdes));
	EXPECT_EQ(0, send_text(self->mqdes, "x", 0));
	EXPECT_EQ(0, ask_for_nothing(self->mqdes));
	EXPECT_EQ(0, mq_notify(self->mqdes, NULL));
	EXPECT_EQ(0, mq_notify(self->mqdes, NULL));
}

static int errno_in_child(mqd_t mqdes)
{
	pid_t pid = fork();

	if (!pid)
		_exit(ask_for_nothing(mqdes) ? errno : 0);
	return exit_of(pid);
}

TEST_F(notify, one_process_at_a_time)
{
	mqd_t other = mq_open(QUEUE, O_RDWR);

	EXPECT_EQ(0, ask_by_signal(self->mqdes, 1));
	EXPECT_ERRNO(EBUSY, ask_by_signal(self->mqdes, 1));
	EXPECT_ERRNO(EBUSY, ask_by_signal(other, 1));
	EXPECT_EQ(EBUSY, errno_in_child(self->mqdes));
	EXPECT_EQ(EBUSY, errno_in_child(other));
	EXPECT_EQ(0, mq_notify(self->mqdes, NULL));
	EXPECT_EQ(0, send_text(self->mqdes, "x", 0));
	EXPECT_EQ(-1, signal_within(&self->set, NEVER, NULL));
	/* It goes with the process. */
	EXPECT_EQ(0, errno_in_child(self->mqdes));
	EXPECT_EQ(0, errno_in_child(other));
	EXPECT_EQ(0, ask_by_signal(other, 1));
	mq_close(other);
}

TEST_F(notify, others_cannot_take_it_away)
{
	pid_t pid;

	EXPECT_EQ(0, ask_by_signal(self->mqdes, 1));
	pid = fork();
	if (!pid)
		_exit(mq_notify(self->mqdes, NULL) || mq_close(self->mqdes));
	EXPECT_EQ(0, exit_of(pid));
	EXPECT_EQ(EBUSY, errno_in_child(self->mqdes));
	EXPECT_EQ(0, send_text(self->mqdes, "x", 0));
	EXPECT_EQ(1, signal_within(&self->set, SOON, NULL));
}

TEST_F(notify, close_ends_it)
{
	mqd_t other = mq_open(QUEUE, O_RDWR);

	EXPECT_EQ(0, ask_by_signal(other, 1));
	EXPECT_EQ(0, mq_close(other));
	EXPECT_EQ(0, errno_in_child(self->mqdes));
	EXPECT_EQ(0, send_text(self->mqdes, "x", 0));
	EXPECT_EQ(-1, signal_within(&self->set, NEVER, NULL));
	EXPECT_EQ(0, receive_text(self->mqdes, "x"));
	EXPECT_EQ(0, ask_by_signal(self->mqdes, 2));
	EXPECT_EQ(0, send_text(self->mqdes, "x", 0));
	EXPECT_EQ(2, signal_within(&self->set, SOON, NULL));
}

TEST_F(notify, exec_ends_it)
{
	int ready[2], go[2];
	pid_t pid;
	char c;

	ASSERT_EQ(0, pipe(ready));
	ASSERT_EQ(0, pipe(go));
	pid = fork();
	if (!pid) {
		if (ask_for_nothing(self->mqdes))
			_exit(1);
		dup2(go[0], STDIN_FILENO);
		dup2(ready[1], STDOUT_FILENO);
		close(go[1]);
		execl("/bin/sh", "sh", "-c", "echo; read x", NULL);
		_exit(127);
	}
	ASSERT_EQ(1, read(ready[0], &c, 1));
	EXPECT_EQ(0, errno_in_child(self->mqdes));
	EXPECT_EQ(1, write(go[1], "\n", 1));
	EXPECT_EQ(0, exit_of(pid));
}

TEST_F(notify, queues_are_apart)
{
	mqd_t other = make_queue(QUEUE "-2", O_RDWR, 4);

	ASSERT_LE(0, other);
	EXPECT_EQ(0, mq_unlink(QUEUE "-2"));
	EXPECT_EQ(0, ask_by_signal(self->mqdes, 1));
	EXPECT_EQ(0, ask_by_signal(other, 2));
	EXPECT_EQ(0, send_text(other, "x", 0));
	EXPECT_EQ(2, signal_within(&self->set, SOON, NULL));
	EXPECT_ERRNO(EBUSY, ask_by_signal(self->mqdes, 1));
	EXPECT_EQ(0, send_text(self->mqdes, "x", 0));
	EXPECT_EQ(1, signal_within(&self->set, SOON, NULL));
	mq_close(other);
}

TEST_F(notify, one_that_only_sends)
{
	mqd_t out = mq_open(QUEUE, O_WRONLY);

	ASSERT_LE(0, out);
	EXPECT_EQ(0, ask_by_signal(out, 4));
	EXPECT_EQ(0, send_text(out, "x", 0));
	EXPECT_EQ(4, signal_within(&self->set, SOON, NULL));
	mq_close(out);
}

TEST_F(notify, bad_events)
{
	struct sigevent event = { .sigev_notify = 99 };

	EXPECT_ERRNO(EINVAL, mq_notify(self->mqdes, &event));
	event.sigev_notify = SIGEV_SIGNAL;
	event.sigev_signo = -1;
	EXPECT_ERRNO(EINVAL, mq_notify(self->mqdes, &event));
	event.sigev_signo = 65;
	EXPECT_ERRNO(EINVAL, mq_notify(self->mqdes, &event));
	EXPECT_EQ(0, ask_for_nothing(self->mqdes));
}

/* Larger than those that there may be from threads before. */
#define BIG_STACK	((size_t)32 << 20)

static sem_t told;
static union sigval told_value;
static size_t told_stack;
static pthread_t told_thread;

static void on_message(union sigval value)
{
	pthread_attr_t attr;

	told_value = value;
	told_thread = pthread_self();
	pthread_getattr_np(pthread_self(), &attr);
	pthread_attr_getstacksize(&attr, &told_stack);
	pthread_attr_destroy(&attr);
	sem_post(&told);
}

static int ask_by_thread(mqd_t mqdes, void *value, pthread_attr_t *attr)
{
	struct sigevent event = { .sigev_notify = SIGEV_THREAD };

	event.sigev_notify_function = on_message;
	event.sigev_notify_attributes = attr;
	event.sigev_value.sival_ptr = value;
	return mq_notify(mqdes, &event);
}

static bool is_told(long ms)
{
	struct timespec until = from_now(ms);

	return !sem_timedwait(&told, &until);
}

TEST_F(notify, thread)
{
	pthread_attr_t attr;
	int value;

	sem_init(&told, 0, 0);
	EXPECT_EQ(0, ask_by_thread(self->mqdes, &value, NULL));
	EXPECT_EQ(EBUSY, errno_in_child(self->mqdes));
	EXPECT_EQ(false, is_told(NEVER));
	EXPECT_EQ(0, send_text(self->mqdes, "x", 0));
	EXPECT_EQ(true, is_told(SOON));
	EXPECT_EQ(&value, told_value.sival_ptr);
	EXPECT_FALSE(pthread_equal(pthread_self(), told_thread));
	EXPECT_EQ(0, receive_text(self->mqdes, "x"));
	EXPECT_EQ(0, send_text(self->mqdes, "x", 0));
	EXPECT_EQ(false, is_told(NEVER));
	EXPECT_EQ(0, receive_text(self->mqdes, "x"));
	/* The attributes count as they are now. */
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, BIG_STACK);
	EXPECT_EQ(0, ask_by_thread(self->mqdes, NULL, &attr));
	pthread_attr_destroy(&attr);
	memset(&attr, 0xff, sizeof(attr));
	EXPECT_EQ(0, send_text(self->mqdes, "x", 0));
	EXPECT_EQ(true, is_told(SOON));
	EXPECT_EQ(NULL, told_value.sival_ptr);
	EXPECT_LE(BIG_STACK, told_stack);
}

TEST_F(notify, thread_removed)
{
	sem_init(&told, 0, 0);
	EXPECT_EQ(0, ask_by_thread(self->mqdes, NULL, NULL));
	EXPECT_EQ(0, mq_notify(self->mqdes, NULL));
	EXPECT_EQ(0, send_text(self->mqdes, "x", 0));
	EXPECT_EQ(false, is_told(NEVER));
}

static mqd_t handler_mqdes;
static volatile sig_atomic_t handler_received, handler_failed;

/* As programs do: ask again, then receive all there is. */
static void on_notice(int signo)
{
	char buffer[MSGSIZE];

	if (ask_by_signal(handler_mqdes, signo))
		handler_failed = errno;
	while (mq_receive(handler_mqdes, buffer, MSGSIZE, NULL) >= 0)
		handler_received++;
}

#define MANY	500

TEST_F(notify, asked_again_in_the_handler)
{
	struct sigaction action = { .sa_handler = on_notice,
				    .sa_flags = SA_RESTART };
	mqd_t out;
	pid_t pid;
	int i;

	handler_mqdes = self->mqdes;
	EXPECT_EQ(0, ask_by_signal(self->mqdes, 0));
	pid = fork();
	if (!pid) {
		out = mq_open(QUEUE, O_WRONLY);
		for (i = 0; i < MANY; i++)
			if (send_text(out, "x", 0))
				_exit(1);
		_exit(0);
	}
	sigaction(SIGNO, &action, NULL);
	sigprocmask(SIG_UNBLOCK, &self->set, NULL);
	EXPECT_EQ(0, exit_of(pid));
	for (i = 0; i < 200 && handler_received < MANY; i++)
		sleep_ms(50);
	EXPECT_EQ(MANY, handler_received);
	EXPECT_EQ(0, handler_failed);
	EXPECT_EQ(0, mq_notify(self->mqdes, NULL));
}

TEST_HARNESS_MAIN
