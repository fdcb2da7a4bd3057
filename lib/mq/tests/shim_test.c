// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is true of the queues of libipcmbox-mq alone: that they are mailboxes, and where they
 * differ from the kernel's. Linked with the library, before libc.
 */
#include <ipcmbox.h>
#include <sys/syscall.h>

#include "notify_util.h"

#define BOX "mq.mq-test"

FIXTURE(shim)
{
	mqd_t mqdes;
};

FIXTURE_SETUP(shim)
{
	mq_unlink(QUEUE);
	self->mqdes = make_queue(QUEUE, O_RDWR | O_NONBLOCK, 2);
	ASSERT_LE(0, self->mqdes);
}

FIXTURE_TEARDOWN(shim)
{
	mq_close(self->mqdes);
	ipcmbox_unlink(BOX);
}

TEST_F(shim, a_queue_is_a_mailbox)
{
	struct ipcmbox_info info;
	int box = ipcmbox_open_named(BOX, O_RDONLY);
	char text[8];

	ASSERT_LE(0, box);
	ASSERT_EQ(0, ipcmbox_info(box, 0, &info, sizeof(info)));
	EXPECT_EQ(IPCMBOX_PRIORITY, info.order);
	EXPECT_EQ(IPCMBOX_TASK_PRIORITY, info.policy);
	EXPECT_EQ(2, info.capacity);
	EXPECT_EQ(MSGSIZE, info.max_message);
	EXPECT_EQ(0, send_text(self->mqdes, "seven", 7));
	EXPECT_EQ(5, ipcmbox_recv(box, text, sizeof(text)));
	close(box);
}

TEST_F(shim, names_are_shorter)
{
	char name[NAME_MAX + 1] = "/";
	mqd_t mqdes;

	memset(name + 1, 'n', 252);
	mqdes = make_queue(name, O_RDWR, 1);
	EXPECT_LE(0, mqdes);
	mq_close(mqdes);
	EXPECT_EQ(0, mq_unlink(name));
	name[253] = 'n';
	EXPECT_ERRNO(ENAMETOOLONG, make_queue(name, O_RDWR, 1));
}

TEST_F(shim, a_mailbox_that_is_no_queue)
{
	struct ipcmbox_attr *attr = ipcmbox_attr_new();
	int box;

	mq_unlink(QUEUE);
	ipcmbox_attr_set_capacity(attr, 2);
	box = ipcmbox_create_named(BOX, attr, O_RDWR, 0600);
	EXPECT_LE(0, box);
	EXPECT_ERRNO(EINVAL, mq_open(QUEUE, O_RDWR));
	EXPECT_ERRNO(EINVAL, mq_open(QUEUE, O_RDWR | O_CREAT, 0600, NULL));
	EXPECT_EQ(0, ipcmbox_unlink(BOX));
	close(box);
	ipcmbox_attr_free(attr);
}

TEST_F(shim, destroyed)
{
	int ctl = ipcmbox_open();
	int box = ipcmbox_open_named_at(ctl, BOX, IPCMBOX_ADMIN, O_RDWR);

	ASSERT_LE(0, box);
	EXPECT_EQ(0, ipcmbox_destroy(box));
	close(box);
	close(ctl);
	EXPECT_ERRNO(EBADF, send_text(self->mqdes, "x", 0));
	EXPECT_ERRNO(EBADF, receive_text(self->mqdes, "x"));
	EXPECT_ERRNO(EBADF, ask_for_nothing(self->mqdes));
	EXPECT_ERRNO(ENOENT, mq_open(QUEUE, O_RDWR));
}

/* The kernel sees close(2) itself; here it is seen when it matters next. */
TEST_F(shim, closed_by_close)
{
	mqd_t other = mq_open(QUEUE, O_RDWR);
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
				  .sigev_signo = SIGKILL };

	EXPECT_EQ(0, mq_notify(other, &event));
	EXPECT_EQ(0, close(other));
	EXPECT_EQ(0, send_text(self->mqdes, "x", 0));
	EXPECT_EQ(0, ask_for_nothing(self->mqdes));
	EXPECT_EQ(0, mq_notify(self->mqdes, NULL));
	other = mq_open(QUEUE, O_RDWR);
	EXPECT_EQ(0, ask_for_nothing(other));
	EXPECT_EQ(0, close(other));
	EXPECT_EQ(0, ask_for_nothing(self->mqdes));
}

/* It would receive a message of any other mailbox. */
TEST_F(shim, read_takes_nothing)
{
	char text[MSGSIZE];
	mqd_t other = mq_open(QUEUE, O_RDWR);
	volatile size_t size = sizeof(text);
	int fds[2];

	EXPECT_EQ(0, send_text(self->mqdes, "x", 0));
	EXPECT_EQ(0, read(self->mqdes, text, sizeof(text)));
	EXPECT_EQ(0, read(self->mqdes, text, size));
	EXPECT_EQ(1, queued(self->mqdes));
	EXPECT_EQ(0, receive_text(self->mqdes, "x"));
	EXPECT_EQ(0, read(self->mqdes, text, sizeof(text)));
	/* Others are read as ever, also in the place of a queue. */
	ASSERT_EQ(0, pipe(fds));
	EXPECT_EQ(other, dup2(fds[0], other));
	EXPECT_EQ(5, write(fds[1], "plain", 5));
	EXPECT_EQ(3, read(other, text, 3));
	EXPECT_EQ(2, read(other, text, size));
	EXPECT_ERRNO(EBADF, read(-1, text, size));
	EXPECT_ERRNO(EBADF, read(70000, text, size));
	close(other);
	close(fds[0]);
	close(fds[1]);
}

/* A mailbox that comes to where a queue was closed by close(2) is read as ever. */
TEST_F(shim, mailbox_is_read_in_the_place_of_a_queue)
{
	volatile size_t size = 8;
	mqd_t other = mq_open(QUEUE, O_RDWR);
	char text[8];
	int box;

	EXPECT_EQ(0, close(other));
	box = ipcmbox_create(2, O_RDWR);
	ASSERT_EQ(other, box);
	EXPECT_EQ(0, ipcmbox_send(box, "one", 3));
	EXPECT_EQ(0, ipcmbox_send(box, "two", 3));
	EXPECT_EQ(3, read(box, text, sizeof(text)));
	EXPECT_EQ(3, read(box, text, size));
	close(box);
}

/* A child that no handler of pthread_atfork(3) knows of has copies of all descriptors. */
TEST_F(shim, asked_again_while_a_child_has_copies)
{
	long pid;

	EXPECT_EQ(0, ask_for_nothing(self->mqdes));
	pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	if (!pid)
		for (;;)
			pause();
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, mq_notify(self->mqdes, NULL));
	EXPECT_EQ(0, ask_for_nothing(self->mqdes));
	EXPECT_EQ(0, send_text(self->mqdes, "x", 0));
	EXPECT_EQ(0, receive_text(self->mqdes, "x"));
	EXPECT_EQ(0, ask_for_nothing(self->mqdes));
	kill(pid, SIGKILL);
	EXPECT_EQ(-1, exit_of(pid));
}

static int64_t cpu_ms(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return used.tv_sec * 1000LL + used.tv_nsec / 1000000;
}

/* Long enough for the library to see that its descriptors are gone. */
#define A_WHILE_MS 2500

/*
 * A program that becomes a daemon closes all that it does not know. With that requests end,
 * and the numbers are the program's.
 */
TEST_F(shim, hidden_descriptors_are_closed)
{
	int64_t before;
	int pipes[2], number;
	char text[64];

	EXPECT_EQ(0, ask_for_nothing(self->mqdes));
	ASSERT_EQ(0, close_range(3, ~0U, 0));
	ASSERT_EQ(0, pipe(pipes));
	ASSERT_EQ(16, write(pipes[1], "sixteen bytes...", 16));
	for (number = 5; number < 700; number++)
		ASSERT_EQ(number, dup2(pipes[0], number));
	before = cpu_ms();
	sleep_ms(A_WHILE_MS);
	EXPECT_GT(500, cpu_ms() - before);
	for (number = 5; number < 700; number++)
		EXPECT_LE(0, fcntl(number, F_GETFD));
	EXPECT_EQ(16, read(pipes[0], text, sizeof(text)));
	self->mqdes = mq_open(QUEUE, O_RDWR);
	ASSERT_LE(0, self->mqdes);
	EXPECT_EQ(0, ask_for_nothing(self->mqdes));
	EXPECT_EQ(0, send_text(self->mqdes, "x", 0));
	EXPECT_EQ(0, ask_for_nothing(self->mqdes));
}

/* The same where the library looks before time tells it to. */
TEST_F(shim, hidden_descriptors_are_closed_and_it_is_used)
{
	int pipes[2], number;
	char text[64];

	EXPECT_EQ(0, ask_for_nothing(self->mqdes));
	ASSERT_EQ(0, close_range(3, ~0U, 0));
	self->mqdes = mq_open(QUEUE, O_RDWR);
	ASSERT_EQ(0, pipe(pipes));
	ASSERT_EQ(16, write(pipes[1], "sixteen bytes...", 16));
	for (number = 6; number < 700; number++)
		ASSERT_EQ(number, dup2(pipes[0], number));
	EXPECT_EQ(0, send_text(self->mqdes, "x", 0));
	EXPECT_EQ(0, receive_text(self->mqdes, "x"));
	EXPECT_EQ(0, mq_notify(self->mqdes, NULL));
	EXPECT_EQ(0, ask_for_nothing(self->mqdes));
	EXPECT_EQ(0, mq_notify(self->mqdes, NULL));
	for (number = 6; number < 700; number++)
		EXPECT_LE(0, fcntl(number, F_GETFD));
	EXPECT_EQ(16, read(pipes[0], text, sizeof(text)));
}

/* A request is over soon after close(2), also for other processes. */
TEST_F(shim, closed_by_close_is_seen)
{
	mqd_t other = mq_open(QUEUE, O_RDWR);
	int result = EBUSY, i;
	pid_t pid;

	EXPECT_EQ(0, ask_for_nothing(other));
	EXPECT_EQ(0, close(other));
	for (i = 0; i < 20 && result == EBUSY; i++) {
		sleep_ms(250);
		pid = fork();
		if (!pid)
			_exit(ask_for_nothing(self->mqdes) ? errno : 0);
		result = exit_of(pid);
	}
	EXPECT_EQ(0, result);
}

TEST_F(shim, hidden_descriptors_are_out_of_the_way)
{
	int before = dup(0), after;

	close(before);
	EXPECT_EQ(0, ask_for_nothing(self->mqdes));
	after = dup(0);
	close(after);
	EXPECT_EQ(before, after);
}

/* A request belongs to the descriptor that made it, as POSIX has it. */
TEST_F(shim, another_descriptor_is_closed)
{
	mqd_t other = mq_open(QUEUE, O_RDWR);

	EXPECT_EQ(0, ask_for_nothing(self->mqdes));
	EXPECT_EQ(0, mq_close(other));
	EXPECT_ERRNO(EBUSY, ask_for_nothing(self->mqdes));
}

/* Who may only send is told if he may read the queue by its name. */
TEST_F(shim, asked_by_one_that_only_sends)
{
	mqd_t out = mq_open(QUEUE, O_WRONLY);

	EXPECT_EQ(0, ask_for_nothing(out));
	EXPECT_EQ(0, mq_notify(out, NULL));
	EXPECT_EQ(0, mq_unlink(QUEUE));
	EXPECT_ERRNO(EACCES, ask_for_nothing(out));
	EXPECT_EQ(0, ask_for_nothing(self->mqdes));
	mq_close(out);
}

/* The order is that of all messages, those whose senders wait for room among them. */
TEST_F(shim, who_waits_for_room_may_come_first)
{
	const struct timespec until = from_now(20000);
	pid_t pid;

	mq_setattr(self->mqdes, &(struct mq_attr){ 0 }, NULL);
	EXPECT_EQ(0, send_text(self->mqdes, "1", 1));
	EXPECT_EQ(0, send_text(self->mqdes, "2", 1));
	pid = fork();
	if (!pid)
		_exit(mq_timedsend(self->mqdes, "9", 1, 9, &until));
	sleep_ms(500);
	EXPECT_EQ(9, receive_text(self->mqdes, "9"));
	EXPECT_EQ(0, exit_of(pid));
	EXPECT_EQ(1, receive_text(self->mqdes, "1"));
	EXPECT_EQ(1, receive_text(self->mqdes, "2"));
}

/* Many requests at a time, and none of them a descriptor in the end. */
TEST_F(shim, many_requests)
{
	mqd_t queues[40];
	int before = nr_descriptors(), i;
	char name[32];

	for (i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), QUEUE "-%d", i);
		queues[i] = make_queue(name, O_RDWR, 1);
		EXPECT_LE(0, queues[i]);
		EXPECT_EQ(0, mq_unlink(name));
		EXPECT_EQ(0, ask_for_nothing(queues[i]));
	}
	for (i = 0; i < 40; i += 2)
		EXPECT_EQ(0, send_text(queues[i], "x", 0));
	for (i = 0; i < 40; i++) {
		if (i % 2)
			EXPECT_ERRNO(EBUSY, ask_for_nothing(queues[i]));
		else
			EXPECT_EQ(0, ask_for_nothing(queues[i]));
	}
	for (i = 0; i < 40; i++)
		EXPECT_EQ(0, mq_close(queues[i]));
	EXPECT_EQ(before, nr_descriptors());
}

TEST_HARNESS_MAIN
