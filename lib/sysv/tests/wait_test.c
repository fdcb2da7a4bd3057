// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting in msgsnd(2) and msgrcv(2), and what ends it: the other side, a signal, the end of
 * the queue, a cancellation.
 */
#include <pthread.h>
#include <setjmp.h>
#include <sys/time.h>

#include "sysv_util.h"

FIXTURE(queue)
{
	int id;
};

FIXTURE_SETUP(queue)
{
	self->id = new_queue();
	ASSERT_LE(0, self->id);
}

FIXTURE_TEARDOWN(queue)
{
	msgctl(self->id, IPC_RMID, NULL);
}

/* A child that receives; it exits with 0 if it gets the text, else with an errno. */
static pid_t start_receiver(int id, long type, const char *text)
{
	const char *got;
	pid_t pid = fork_child();

	if (pid) {
		usleep(A_WHILE_US);
		return pid;
	}
	got = receive_text(id, type, 0);
	_exit(strcmp(text, got) ? errno : 0);
}

static pid_t start_sender(int id, const char *text)
{
	pid_t pid = fork_child();

	if (pid) {
		usleep(A_WHILE_US);
		return pid;
	}
	_exit(error_of(send_text(id, 1, text, 0)));
}

static bool is_running(pid_t pid)
{
	return waitpid(pid, NULL, WNOHANG) == 0;
}

TEST_F(queue, receiver_waits_for_a_message)
{
	pid_t pid = start_receiver(self->id, 0, "come");

	EXPECT_TRUE(is_running(pid));
	ASSERT_EQ(0, send_text(self->id, 1, "come", 0));
	EXPECT_EQ(0, child_status(pid));
}

TEST_F(queue, receiver_waits_for_its_type)
{
	pid_t five = start_receiver(self->id, 5, "five");
	pid_t low = start_receiver(self->id, -2, "two");

	ASSERT_EQ(0, send_text(self->id, 3, "three", 0));
	usleep(A_WHILE_US);
	EXPECT_TRUE(is_running(five));
	EXPECT_TRUE(is_running(low));
	ASSERT_EQ(0, send_text(self->id, 2, "two", 0));
	EXPECT_EQ(0, child_status(low));
	ASSERT_EQ(0, send_text(self->id, 5, "five", 0));
	EXPECT_EQ(0, child_status(five));
	EXPECT_STREQ("three", receive_text(self->id, 0, IPC_NOWAIT));
}

TEST_F(queue, sender_waits_for_room)
{
	pid_t pid;

	ASSERT_EQ(0, fill_queue(self->id, 20));
	pid = start_sender(self->id, "abcdefgh");
	EXPECT_TRUE(is_running(pid));
	EXPECT_STREQ("12345678", receive_text(self->id, 0, 0));
	EXPECT_EQ(0, child_status(pid));
	EXPECT_STREQ("12345678", receive_text(self->id, 0, 0));
	EXPECT_STREQ("abcdefgh", receive_text(self->id, 0, IPC_NOWAIT));
}

TEST_F(queue, sender_goes_on_in_a_larger_queue)
{
	struct msqid_ds ds;
	pid_t pid;

	ASSERT_EQ(0, fill_queue(self->id, 8));
	pid = start_sender(self->id, "longer than the queue");
	EXPECT_TRUE(is_running(pid));
	ASSERT_EQ(0, msgctl(self->id, IPC_STAT, &ds));
	ds.msg_qbytes = 100;
	ASSERT_EQ(0, msgctl(self->id, IPC_SET, &ds));
	EXPECT_EQ(0, child_status(pid));
}

TEST_F(queue, end_of_the_queue_ends_a_receive)
{
	pid_t pid = start_receiver(self->id, 0, "");

	EXPECT_TRUE(is_running(pid));
	ASSERT_EQ(0, msgctl(self->id, IPC_RMID, NULL));
	EXPECT_EQ(EIDRM, child_status(pid));
}

TEST_F(queue, end_of_the_queue_ends_a_send)
{
	pid_t pid;

	ASSERT_EQ(0, fill_queue(self->id, 20));
	pid = start_sender(self->id, "abcdefgh");
	EXPECT_TRUE(is_running(pid));
	ASSERT_EQ(0, msgctl(self->id, IPC_RMID, NULL));
	EXPECT_EQ(EIDRM, child_status(pid));
}

TEST_F(queue, killed_receiver_takes_nothing)
{
	pid_t pid = start_receiver(self->id, 0, "");

	kill(pid, SIGKILL);
	EXPECT_EQ(-1, child_status(pid));
	ASSERT_EQ(0, send_text(self->id, 1, "kept", 0));
	EXPECT_STREQ("kept", receive_text(self->id, 0, IPC_NOWAIT));
}

TEST_F(queue, killed_sender_sends_nothing)
{
	pid_t pid;

	ASSERT_EQ(0, fill_queue(self->id, 20));
	pid = start_sender(self->id, "abcdefgh");
	kill(pid, SIGKILL);
	EXPECT_EQ(-1, child_status(pid));
	EXPECT_STREQ("12345678", receive_text(self->id, 0, 0));
	EXPECT_STREQ("12345678", receive_text(self->id, 0, 0));
	EXPECT_STREQ("ENOMSG", receive_text(self->id, 0, IPC_NOWAIT));
}

static volatile sig_atomic_t handled;

static void handle(int number)
{
	handled++;
}

static void catch_alarm(int flags)
{
	struct sigaction action = { .sa_handler = handle, .sa_flags = flags };

	sigaction(SIGALRM, &action, NULL);
}

static void alarm_after_us(long us)
{
	struct itimerval timer = { .it_value.tv_usec = us };

	setitimer(ITIMER_REAL, &timer, NULL);
}

/* It is never restarted, with SA_RESTART neither. */
TEST_F(queue, signal_ends_a_receive)
{
	static const int flags[] = { 0, SA_RESTART };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		catch_alarm(flags[i]);
		handled = 0;
		alarm_after_us(A_WHILE_US);
		EXPECT_STREQ("EINTR", receive_text(self->id, 0, 0));
		EXPECT_EQ(1, handled);
	}
	ASSERT_EQ(0, send_text(self->id, 1, "after", 0));
	EXPECT_STREQ("after", receive_text(self->id, 0, 0));
}

TEST_F(queue, signal_ends_a_send)
{
	static const int flags[] = { 0, SA_RESTART };
	struct msqid_ds ds;
	size_t i;

	ASSERT_EQ(0, fill_queue(self->id, 20));
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		catch_alarm(flags[i]);
		handled = 0;
		alarm_after_us(A_WHILE_US);
		EXPECT_EQ(-1, send_text(self->id, 1, "abcdefgh", 0));
		EXPECT_EQ(EINTR, errno);
		EXPECT_EQ(1, handled);
	}
	ASSERT_EQ(0, msgctl(self->id, IPC_STAT, &ds));
	EXPECT_EQ(2, ds.msg_qnum);
}

static char state_of(pid_t pid)
{
	char path[32], state = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file || fscanf(file, "%*d %*s %c", &state) != 1)
		state = 0;
	if (file)
		fclose(file);
	return state;
}

enum { SIGNALS = 200 };

/* Tell each time before it waits; an errno that is not right, or 0. */
static int be_interrupted(int id, int told)
{
	int i;

	catch_alarm(SA_RESTART);
	for (i = 0; i < SIGNALS; i++) {
		if (write(told, "", 1) != 1)
			return 255;
		if (i % 2 && send_text(id, 1, "abcdefgh", 0) == 0)
			return 254;
		if (i % 2 == 0 && strcmp("EINTR", receive_text(id, 9, 0)))
			return 253;
		if (errno != EINTR || handled != i + 1)
			return errno;
	}
	return 0;
}

/* Whenever it comes once the call waits, it is not missed: or this would hang. */
TEST_F_TIMEOUT(queue, no_signal_is_missed, 120)
{
	int told[2], i;
	pid_t pid;
	char byte;

	ASSERT_EQ(0, fill_queue(self->id, 20));
	ASSERT_EQ(0, pipe(told));
	pid = fork_child();
	if (!pid)
		_exit(be_interrupted(self->id, told[1]));
	close(told[1]);
	for (i = 0; i < SIGNALS; i++) {
		ASSERT_EQ(1, read(told[0], &byte, 1));
		while (state_of(pid) != 'S')
			usleep(200);
		/* A sender looks again at times: it is to be met there, too. */
		usleep(i % 50 * 131);
		ASSERT_EQ(0, kill(pid, SIGALRM));
	}
	EXPECT_EQ(0, child_status(pid));
}

/* One that is ignored ends nothing. */
TEST_F(queue, ignored_signal_is_nothing)
{
	pid_t pid;

	signal(SIGUSR1, SIG_IGN);
	pid = start_receiver(self->id, 0, "come");
	kill(pid, SIGUSR1);
	usleep(A_WHILE_US);
	EXPECT_TRUE(is_running(pid));
	ASSERT_EQ(0, send_text(self->id, 1, "come", 0));
	EXPECT_EQ(0, child_status(pid));
}

static sigjmp_buf place;

static void jump(int number)
{
	siglongjmp(place, 1);
}

/* How programs had a timeout before there were better ways. */
TEST_F(queue, handler_may_jump_out)
{
	struct sigaction action = { .sa_handler = jump };
	volatile int jumps = 0;

	sigaction(SIGALRM, &action, NULL);
	ASSERT_EQ(0, fill_queue(self->id, 20));
	if (sigsetjmp(place, 1))
		jumps++;
	if (jumps < 3) {
		alarm_after_us(20000);
		receive_text(self->id, 9, 0);
	} else if (jumps < 6) {
		alarm_after_us(20000);
		send_text(self->id, 1, "abcdefgh", 0);
	}
	EXPECT_EQ(6, jumps);
	EXPECT_STREQ("12345678", receive_text(self->id, 0, 0));
	EXPECT_STREQ("12345678", receive_text(self->id, 0, 0));
	EXPECT_STREQ("ENOMSG", receive_text(self->id, 0, IPC_NOWAIT));
}

static void *receive_in_thread(void *id)
{
	struct message message;

	msgrcv(*(int *)id, &message, sizeof(message.text), 9, 0);
	return NULL;
}

static void *send_in_thread(void *id)
{
	send_text(*(int *)id, 1, "abcdefgh", 0);
	return NULL;
}

/* Both are points where a thread can be cancelled. */
TEST_F(queue, thread_is_cancelled)
{
	pthread_t receiver, sender;
	void *result;

	ASSERT_EQ(0, fill_queue(self->id, 20));
	ASSERT_EQ(0, pthread_create(&receiver, NULL, receive_in_thread,
				    &self->id));
	ASSERT_EQ(0, pthread_create(&sender, NULL, send_in_thread, &self->id));
	usleep(A_WHILE_US);
	EXPECT_EQ(0, pthread_cancel(receiver));
	EXPECT_EQ(0, pthread_cancel(sender));
	EXPECT_EQ(0, pthread_join(receiver, &result));
	EXPECT_EQ(PTHREAD_CANCELED, result);
	EXPECT_EQ(0, pthread_join(sender, &result));
	EXPECT_EQ(PTHREAD_CANCELED, result);
	EXPECT_STREQ("12345678", receive_text(self->id, 0, 0));
	EXPECT_STREQ("12345678", receive_text(self->id, 0, 0));
	EXPECT_STREQ("ENOMSG", receive_text(self->id, 0, IPC_NOWAIT));
}

/* The mask of the thread is that of the caller, whatever comes of a send. */
TEST_F(queue, mask_stays)
{
	sigset_t mask, before, after;

	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR2);
	ASSERT_EQ(0, sigprocmask(SIG_SETMASK, &mask, &before));
	ASSERT_EQ(0, fill_queue(self->id, 20));
	catch_alarm(SA_RESTART);
	alarm_after_us(A_WHILE_US);
	EXPECT_EQ(-1, send_text(self->id, 1, "abcdefgh", 0));
	ASSERT_EQ(0, sigprocmask(SIG_SETMASK, &before, &after));
	EXPECT_TRUE(sigismember(&after, SIGUSR2));
	EXPECT_FALSE(sigismember(&after, SIGALRM));
}

enum { PAIRS = 4, EACH = 500 };

static int send_many(int id, int pair)
{
	struct message message = { .type = pair + 1 };
	int i;

	for (i = 0; i < EACH; i++) {
		memcpy(message.text, &i, sizeof(i));
		if (msgsnd(id, &message, sizeof(i), 0))
			return 1;
	}
	return 0;
}

static int receive_many(int id, int pair)
{
	struct message message;
	int i;

	for (i = 0; i < EACH; i++)
		if (msgrcv(id, &message, sizeof(message.text), pair + 1, 0) !=
			    sizeof(i) ||
		    memcmp(message.text, &i, sizeof(i)))
			return 1;
	return 0;
}

/* Many at once, each with a type of their own, through a queue that is often full. */
TEST_F_TIMEOUT(queue, none_is_lost_or_doubled, 120)
{
	pid_t pids[2 * PAIRS];
	struct msqid_ds ds;
	int i;

	ASSERT_EQ(0, msgctl(self->id, IPC_STAT, &ds));
	ds.msg_qbytes = 64;
	ASSERT_EQ(0, msgctl(self->id, IPC_SET, &ds));
	for (i = 0; i < 2 * PAIRS; i++) {
		pids[i] = fork_child();
		if (!pids[i])
			_exit(i < PAIRS ? receive_many(self->id, i) :
					  send_many(self->id, i - PAIRS));
	}
	for (i = 0; i < 2 * PAIRS; i++)
		EXPECT_EQ(0, child_status(pids[i]));
	EXPECT_STREQ("ENOMSG", receive_text(self->id, 0, IPC_NOWAIT));
}

TEST_HARNESS_MAIN
