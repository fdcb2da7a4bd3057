// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files in flight: a user without rights can have no more of them on their way than a
 * process may have open, whatever they go by; and what arrives, or is dropped, makes room
 * for as many.
 */
#include <sys/eventfd.h>
#include <sys/resource.h>

#include "kselftest_harness.h"
#include "call.h"
#include "cast.h"
#include "flight.h"

FIXTURE(flight)
{
	int fd;
	int event;
};

FIXTURE_SETUP(flight)
{
	const struct rlimit limit = { LIMIT, LIMIT };

	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	ASSERT_TRUE(flight_become(SENDER));
	self->fd = mbox_create(IPCMBOX_UNBOUNDED, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->event = eventfd(0, 0);
	ASSERT_LE(0, self->event);
}

FIXTURE_TEARDOWN(flight)
{
	EXPECT_EQ(0, close(self->fd));
	EXPECT_EQ(0, close(self->event));
}

TEST_F(flight, bound)
{
	struct ipcmbox_send send;

	EXPECT_EQ(LIMIT, flight_fill(self->fd, self->event));
	EXPECT_EQ(LIMIT, mbox_info(self->fd).sent);
	EXPECT_EQ(-ETOOMANYREFS,
		  flight_post(self->fd, self->event, 1, 0, &send));
	EXPECT_EQ(IPCMBOX_NOT_SENT, send.disposition);
	/* Files that cannot go are told first; who sends none does not mind. */
	EXPECT_EQ(-ELOOP, flight_post(self->fd, self->fd, 1, 0, &send));
	EXPECT_EQ(0, mbox_send_num(self->fd, 1, 0));
	EXPECT_EQ(LIMIT + 1, mbox_info(self->fd).sent);
	/* All of a message or none. */
	EXPECT_EQ(1, flight_fetch(self->fd, 1));
	EXPECT_EQ(-ETOOMANYREFS,
		  flight_post(self->fd, self->event, 2, 0, &send));
	EXPECT_EQ(0, flight_post(self->fd, self->event, 1, 0, &send));
	/* Who wants no files receives them none the less: they are dropped. */
	EXPECT_EQ(1, flight_fetch(self->fd, 0));
	EXPECT_EQ(1, flight_fetch(self->fd, 0));
	EXPECT_EQ(0, flight_post(self->fd, self->event, 2, 0, &send));
	EXPECT_EQ(0, flight_room(self->event));
	while (flight_fetch(self->fd, 2) >= 0)
		;
	EXPECT_EQ(LIMIT, flight_room(self->event));
}

/* What is received is open, and counts no more, also of one who peeked before. */
TEST_F(flight, peek)
{
	struct ipcmbox_recv peek = { .size = sizeof(peek) };
	int there, num;

	ASSERT_EQ(0, flight_post_one(self->fd, self->event));
	peek.data = (uintptr_t)&num;
	peek.len = sizeof(num);
	peek.fds = (uintptr_t)&there;
	peek.nr_fds = 1;
	ASSERT_EQ(0, mbox_ioctl(self->fd, IPCMBOX_IOC_PEEK, &peek));
	EXPECT_EQ(LIMIT - 1, flight_room(self->event));
	EXPECT_EQ(1, flight_fetch(self->fd, 1));
	EXPECT_EQ(LIMIT, flight_room(self->event));
	close(there);
}

TEST_F(flight, withdrawn)
{
	int fd = mbox_create(IPCMBOX_RENDEZVOUS, O_RDWR);
	struct ipcmbox_cancel cancel = { .size = sizeof(cancel) };
	struct ipcmbox_send send;
	int i;

	ASSERT_LE(0, fd);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(-ETIMEDOUT,
			  flight_post(fd, self->event, IPCMBOX_FDS_MAX,
				      mbox_now(), &send));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, flight_post(self->fd, self->event, IPCMBOX_FDS_MAX,
					 0, &send));
		cancel.id = send.id;
		EXPECT_EQ(0, mbox_ioctl(self->fd, IPCMBOX_IOC_CANCEL, &cancel));
		EXPECT_EQ(IPCMBOX_CANCEL_DONE, cancel.result);
	}
	close(fd);
	EXPECT_EQ(LIMIT, flight_room(self->event));
}

TEST_F(flight, ended)
{
	int fd = mbox_create(IPCMBOX_UNBOUNDED, O_RDWR);
	struct ipcmbox_send send;

	ASSERT_LE(0, fd);
	EXPECT_EQ(LIMIT, flight_fill(fd, self->event));
	EXPECT_EQ(LIMIT, mbox_drain(fd));
	EXPECT_EQ(LIMIT, flight_fill(fd, self->event));
	EXPECT_EQ(0, mbox_destroy(fd));
	EXPECT_EQ(-EIDRM, flight_post(fd, self->event, 1, 0, &send));
	EXPECT_EQ(LIMIT, flight_fill(self->fd, self->event));
	close(fd);
	/* With the last port; room() sees to it twice. */
	EXPECT_EQ(LIMIT, mbox_drain(self->fd));
	EXPECT_EQ(LIMIT, flight_room(self->event));
	EXPECT_EQ(LIMIT, flight_room(self->event));
}

TEST_F(flight, faults)
{
	int files[] = { self->event, 1000 };
	struct ipcmbox_send send = {
		.size = sizeof(send),
		.fds = (uintptr_t)files,
		.nr_fds = 2,
	};
	struct ipcmbox_recv recv = {
		.size = sizeof(recv),
		.fds = (uintptr_t)files,
		.nr_fds = 1,
	};
	int fd, i;

	EXPECT_EQ(-EBADF, mbox_ioctl(self->fd, IPCMBOX_IOC_SEND, &send));
	files[1] = self->fd;
	EXPECT_EQ(-ELOOP, mbox_ioctl(self->fd, IPCMBOX_IOC_SEND, &send));
	send.fds = (uintptr_t)(mbox_cliff() - sizeof(int));
	*(int *)(uintptr_t)send.fds = self->event;
	EXPECT_EQ(-EFAULT, mbox_ioctl(self->fd, IPCMBOX_IOC_SEND, &send));
	EXPECT_EQ(LIMIT, flight_room(self->event));
	/* The receiver's: the message stays, and its files are on their way. */
	ASSERT_EQ(0, flight_post_one(self->fd, self->event));
	recv.len = 1;
	EXPECT_EQ(-EMSGSIZE, mbox_ioctl(self->fd, IPCMBOX_IOC_RECV, &recv));
	recv.len = sizeof(int);
	EXPECT_EQ(-EFAULT, mbox_ioctl(self->fd, IPCMBOX_IOC_RECV, &recv));
	recv.data = (uintptr_t)&i;
	recv.fds = (uintptr_t)mbox_cliff();
	EXPECT_EQ(-EFAULT, mbox_ioctl(self->fd, IPCMBOX_IOC_RECV, &recv));
	EXPECT_EQ(LIMIT - 1, flight_room(self->event));
	while ((fd = dup(self->event)) >= 0)
		;
	EXPECT_EQ(-EMFILE, flight_fetch(self->fd, 1));
	for (fd = self->event + 1; fd < LIMIT; fd++)
		if (fd != self->fd)
			close(fd);
	EXPECT_EQ(LIMIT - 1, flight_room(self->event));
	EXPECT_EQ(1, flight_fetch(self->fd, 1));
	EXPECT_EQ(LIMIT, flight_room(self->event));
}

TEST_F(flight, answers)
{
	struct caller *caller = calloc(1, sizeof(*caller));
	struct ipcmbox_reply reply = { .size = sizeof(reply) };
	int fd = mbox_create(IPCMBOX_UNBOUNDED, O_RDWR);
	int back = -1;

	ASSERT_NE(NULL, caller);
	ASSERT_LE(0, fd);
	caller->arg.fds = (uintptr_t)&self->event;
	caller->arg.nr_fds = 1;
	caller->arg.answer_fds = (uintptr_t)&back;
	caller->arg.nr_answer_fds = 1;
	ASSERT_TRUE(caller_start(caller, self->fd, 1));
	/* What it sends, and what it has room for. */
	EXPECT_EQ(LIMIT - 2, flight_room(self->event));
	reply.token = serve_take(self->fd, 1);
	ASSERT_NE(0, reply.token);
	EXPECT_EQ(LIMIT - 1, flight_fill(fd, self->event));
	/* It has paid for the answer. */
	reply.fds = (uintptr_t)&self->event;
	reply.nr_fds = 1;
	EXPECT_EQ(0, mbox_ioctl(self->fd, IPCMBOX_IOC_REPLY, &reply));
	EXPECT_EQ(0, caller_join(caller));
	EXPECT_LE(0, back);
	close(back);
	EXPECT_EQ(1, flight_fill(fd, self->event));
	/* An answer to nobody. */
	EXPECT_EQ(-ESTALE, mbox_ioctl(self->fd, IPCMBOX_IOC_REPLY, &reply));
	/* There is no room for one more answer, but for a call without files. */
	caller->arg.flags = IPCMBOX_DONTWAIT;
	caller->arg.nr_fds = 0;
	caller_run(caller, self->fd, 2);
	EXPECT_EQ(-ETOOMANYREFS, caller->ret);
	EXPECT_EQ(IPCMBOX_NOT_SENT, caller->arg.disposition);
	caller->arg.nr_answer_fds = 0;
	caller_run(caller, self->fd, 2);
	EXPECT_EQ(-EAGAIN, caller->ret);
	close(fd);
	EXPECT_EQ(LIMIT, flight_room(self->event));
	free(caller);
}

/* The room for an answer comes back, whatever becomes of the call. */
TEST_F(flight, unanswered)
{
	struct ipcmbox_call call = {
		.size = sizeof(call),
		.flags = IPCMBOX_DONTWAIT,
		.nr_answer_fds = IPCMBOX_FDS_MAX,
	};

	EXPECT_EQ(-EAGAIN, mbox_ioctl(self->fd, IPCMBOX_IOC_CALL, &call));
	call.flags = 0;
	call.deadline = mbox_now();
	EXPECT_EQ(-ETIMEDOUT, mbox_ioctl(self->fd, IPCMBOX_IOC_CALL, &call));
	call.len = 1;
	call.data = (uintptr_t)mbox_cliff();
	EXPECT_EQ(-EFAULT, mbox_ioctl(self->fd, IPCMBOX_IOC_CALL, &call));
	call.len = 0;
	ASSERT_EQ(0, mbox_destroy(self->fd));
	EXPECT_EQ(-EIDRM, mbox_ioctl(self->fd, IPCMBOX_IOC_CALL, &call));
	EXPECT_EQ(LIMIT, flight_room(self->event));
}

TEST_F(flight, broadcast_counts_once)
{
	int hub = cast_hub(), subs[3], i;

	ASSERT_LE(0, hub);
	for (i = 0; i < 3; i++) {
		subs[i] = cast_subscribe(hub, IPCMBOX_UNBOUNDED,
					 IPCMBOX_SLOW_BLOCK);
		ASSERT_LE(0, subs[i]);
	}
	EXPECT_EQ(LIMIT, flight_fill(hub, self->event));
	for (i = 0; i < 2; i++)
		while (flight_fetch(subs[i], 1) >= 0)
			;
	EXPECT_EQ(0, flight_room(self->event));
	EXPECT_EQ(1, flight_fetch(subs[2], 1));
	EXPECT_EQ(1, flight_room(self->event));
	close(subs[2]);
	EXPECT_EQ(LIMIT, flight_room(self->event));
	close(subs[0]);
	close(subs[1]);
	close(hub);
}

/* Whether a process of a user can send a file. */
static bool sends_as(uid_t uid, int fd, int file)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit((uid != getuid() && !flight_become(uid)) ||
		      flight_post_one(fd, file));
	status = mbox_reap(pid);
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

TEST_F(flight, bound_of_all_processes)
{
	EXPECT_TRUE(sends_as(SENDER, self->fd, self->event));
	/* It is gone, and its message is not. */
	EXPECT_EQ(LIMIT - 1, flight_fill(self->fd, self->event));
	EXPECT_FALSE(sends_as(SENDER, self->fd, self->event));
}

/* With rights: the limit is for others, and what it sends is not theirs. */
TEST(exempt)
{
	const struct rlimit limit = { LIMIT, LIMIT };
	int fd = mbox_create(IPCMBOX_UNBOUNDED, O_RDWR);
	int event = eventfd(0, 0), i;

	ASSERT_LE(0, fd);
	ASSERT_LE(0, event);
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	for (i = 0; i < 2 * LIMIT; i++)
		ASSERT_EQ(0, flight_post_one(fd, event));
	EXPECT_TRUE(sends_as(SENDER, fd, event));
	EXPECT_TRUE(sends_as(OTHER, fd, event));
	ASSERT_TRUE(flight_become(SENDER));
	EXPECT_EQ(LIMIT - 1, flight_fill(fd, event));
	EXPECT_FALSE(sends_as(SENDER, fd, event));
	close(fd);
	EXPECT_EQ(LIMIT, flight_room(event));
	close(event);
}

TEST_HARNESS_MAIN
