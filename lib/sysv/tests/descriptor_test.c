// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors that libipcmbox-sysv has and the program knows nothing of: that they are not in
 * its way, that it may close them, and that they do not stay.
 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "sysv_util.h"

static int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	if (!dir)
		return -1;
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

/* Signals whose action is not the default, or which are blocked, as a sum of their numbers. */
static int sum_signals(void)
{
	struct sigaction action;
	sigset_t mask;
	int number, sum = 0;

	sigprocmask(SIG_SETMASK, NULL, &mask);
	for (number = 1; number < NSIG; number++)
		if (sigismember(&mask, number) == 1 ||
		    (!sigaction(number, NULL, &action) &&
		     action.sa_handler != SIG_DFL))
			sum += number;
	return sum;
}

/* Nor is anything printed. */
TEST(nothing_is_left_behind)
{
	int fds = count_fds(), signals = sum_signals(), i, id;
	int out = dup(1), err = dup(2), paper = memfd_create("paper", 0);
	struct msqid_ds ds;
	struct stat stat;

	ASSERT_LE(0, paper);
	dup2(paper, 1);
	dup2(paper, 2);
	for (i = 0; i < 200; i++) {
		id = msgget(i % 2 ? IPC_PRIVATE : new_key(), IPC_CREAT | 0666);
		ASSERT_LE(0, id);
		ASSERT_EQ(0, send_text(id, 1, "x", 0));
		ASSERT_EQ(0, msgctl(id, IPC_STAT, &ds));
		ASSERT_STREQ("x", receive_text(id, 0, 0));
		ASSERT_STREQ("ENOMSG", receive_text(id, 0, IPC_NOWAIT));
		ASSERT_EQ(0, msgctl(id, IPC_RMID, NULL));
		EXPECT_EQ(-1, msgget(new_key(), 0));
	}
	dup2(out, 1);
	dup2(err, 2);
	EXPECT_EQ(0, fstat(paper, &stat));
	EXPECT_EQ(0, stat.st_size);
	close(out);
	close(err);
	close(paper);
	EXPECT_EQ(fds, count_fds());
	EXPECT_EQ(signals, sum_signals());
}

/* Queues that others remove do not pile up where they were used, and never used again. */
TEST(removed_queues_are_closed)
{
	int before = count_fds(), i, id;
	pid_t pid;

	for (i = 0; i < 150; i++) {
		id = new_queue();
		ASSERT_LE(0, id);
		ASSERT_EQ(0, send_text(id, 1, "x", 0));
		pid = fork_child();
		if (!pid)
			_exit(error_of(msgctl(id, IPC_RMID, NULL)));
		ASSERT_EQ(0, child_status(pid));
		EXPECT_GE(before + 40, count_fds());
	}
}

TEST(descriptors_are_out_of_the_way)
{
	int before = dup(0), after, id;

	close(before);
	id = new_queue();
	ASSERT_LE(0, id);
	ASSERT_EQ(0, send_text(id, 1, "x", 0));
	after = dup(0);
	close(after);
	EXPECT_EQ(before, after);
	EXPECT_EQ(0, msgctl(id, IPC_RMID, NULL));
}

/* A program that becomes a daemon closes all that it does not know. */
TEST(closed_descriptors_are_opened_again)
{
	int ids[3], round, i;

	for (i = 0; i < 3; i++) {
		ids[i] = new_queue();
		ASSERT_LE(0, ids[i]);
	}
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 3; i++)
			ASSERT_EQ(0, send_text(ids[i], ids[i], "x", 0));
		ASSERT_EQ(0, close_range(3, ~0U, 0));
		/* Whichever is opened again first, none is taken for another. */
		for (i = 2; i >= 0; i--) {
			ASSERT_EQ(0, send_text(ids[i], ids[i], "y", 0));
			ASSERT_STREQ("x",
				     receive_text(ids[i], ids[i], IPC_NOWAIT));
			ASSERT_STREQ("y",
				     receive_text(ids[i], ids[i], IPC_NOWAIT));
		}
	}
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, msgctl(ids[i], IPC_RMID, NULL));
}

static bool holds_only(int id, const char *text)
{
	return !strcmp(text, receive_text(id, 0, IPC_NOWAIT)) &&
	       !strcmp("ENOMSG", receive_text(id, 0, IPC_NOWAIT));
}

/* The numbers are those of other queues then, which had none before. */
TEST(closed_descriptors_go_to_other_queues)
{
	int old[3], new[3], round, i;

	for (i = 0; i < 3; i++) {
		old[i] = new_queue();
		new[i] = new_queue();
		ASSERT_LE(0, old[i]);
		ASSERT_LE(0, new[i]);
	}
	for (round = 0; round < 3; round++) {
		for (i = 0; i <= round; i++)
			ASSERT_EQ(0, send_text(old[i], 1, "x", 0));
		for (i = 0; i <= round; i++)
			ASSERT_STREQ("x", receive_text(old[i], 0, IPC_NOWAIT));
		ASSERT_EQ(0, close_range(3, ~0U, 0));
		ASSERT_EQ(0, send_text(new[round], 1, "new", 0));
		ASSERT_EQ(0, send_text(old[round], 1, "old", 0));
		EXPECT_TRUE(holds_only(new[round], "new"));
		EXPECT_TRUE(holds_only(old[round], "old"));
		ASSERT_EQ(0, close_range(3, ~0U, 0));
	}
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0, msgctl(old[i], IPC_RMID, NULL));
		EXPECT_EQ(0, msgctl(new[i], IPC_RMID, NULL));
	}
}

/* Numbers that the program uses for files of its own are left alone. */
TEST(used_numbers_are_the_programs)
{
	int id = new_queue(), fds[2], number;
	char text[4];

	ASSERT_LE(0, id);
	ASSERT_EQ(0, send_text(id, 1, "x", 0));
	ASSERT_EQ(0, pipe(fds));
	for (number = 900; number < 1024; number++)
		dup2(fds[0], number);
	ASSERT_STREQ("x", receive_text(id, 0, IPC_NOWAIT));
	ASSERT_EQ(0, msgctl(id, IPC_RMID, NULL));
	EXPECT_EQ(-1, send_text(id, 1, "x", 0));
	ASSERT_EQ(3, write(fds[1], "abc", 3));
	for (number = 900; number < 1024; number++)
		ASSERT_LE(0, fcntl(number, F_GETFD));
	EXPECT_EQ(3, read(960, text, sizeof(text)));
}

static void *wait_in_vain(void *id)
{
	receive_text(*(int *)id, 0, 0);
	return NULL;
}

/* A call that another thread is in when this one forks never ends in the child. */
TEST(forked_while_a_thread_waits)
{
	int fds = count_fds(), id = new_queue();
	pthread_t thread;
	pid_t pid;

	ASSERT_LE(0, id);
	ASSERT_EQ(0, pthread_create(&thread, NULL, wait_in_vain, &id));
	usleep(A_WHILE_US);
	pid = fork_child();
	if (!pid)
		_exit(msgctl(id, IPC_RMID, NULL) ? 255 : count_fds() - fds);
	EXPECT_EQ(0, child_status(pid));
	ASSERT_EQ(0, pthread_join(thread, NULL));
}

static int fork_id, fork_status = -1;

static void fork_and_use(int signal)
{
	pid_t pid = fork_child();

	(void)signal;
	if (pid)
		fork_status = child_status(pid);
	else if (send_text(fork_id, 2, "in child", 0))
		_exit(255);
}

/* The call that the handler interrupts goes on in the child as well, and ends as it should. */
TEST(forked_in_a_handler)
{
	const struct sigaction action = { .sa_handler = fork_and_use };
	int fds = count_fds();
	pid_t parent = getpid();

	fork_id = new_queue();
	ASSERT_LE(0, fork_id);
	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	alarm(1);
	EXPECT_STREQ("EINTR", receive_text(fork_id, 1, 0));
	if (getpid() != parent)
		_exit(strcmp("in child", receive_text(fork_id, 2, 0)) ||
				      msgctl(fork_id, IPC_RMID, NULL) ?
			      254 :
			      count_fds() - fds);
	EXPECT_EQ(0, fork_status);
	EXPECT_EQ(-1, send_text(fork_id, 1, "x", 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(fds, count_fds());
}

#define OPENED 60

static int opened_ids[OPENED];
static volatile sig_atomic_t nr_opened, nr_failed;

static void open_one(int signal)
{
	(void)signal;
	if (nr_opened == OPENED)
		return;
	if (send_text(opened_ids[nr_opened], 1, "x", 0))
		nr_failed++;
	nr_opened++;
}

/* A handler opens a queue at any moment of a fork. */
TEST(forked_while_a_handler_runs)
{
	const struct sigaction action = { .sa_handler = open_one,
					  .sa_flags = SA_RESTART };
	const struct itimerval often = { { 0, 2000 }, { 0, 2000 } };
	const struct itimerval never = { 0 };
	pid_t pid;
	int i;

	for (i = 0; i < OPENED; i++) {
		opened_ids[i] = new_queue();
		ASSERT_LE(0, opened_ids[i]);
	}
	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &often, NULL));
	while (nr_opened < OPENED) {
		pid = fork_child();
		if (!pid)
			_exit(0);
		ASSERT_EQ(0, child_status(pid));
	}
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &never, NULL));
	EXPECT_EQ(0, nr_failed);
	for (i = 0; i < OPENED; i++)
		EXPECT_EQ(0, msgctl(opened_ids[i], IPC_RMID, NULL));
}

/* The descriptor that another thread waits by is not closed under it. */
TEST(removed_while_a_thread_waits)
{
	int fds = count_fds(), id = new_queue();
	pthread_t thread;

	ASSERT_LE(0, id);
	ASSERT_EQ(0, pthread_create(&thread, NULL, wait_in_vain, &id));
	usleep(A_WHILE_US);
	ASSERT_EQ(0, msgctl(id, IPC_RMID, NULL));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(fds, count_fds());
}

TEST_HARNESS_MAIN
