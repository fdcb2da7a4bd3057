// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors in messages: they arrive, to those who ask, and none is left behind,
 * whatever fails.
 */
#include <dirent.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "kselftest_harness.h"
#include "call.h"

FIXTURE(fds)
{
	int fd;
	int count;
	struct mbox_op op;
};

MBOX_CAPACITIES(fds);

/* How many descriptors the process has. */
static int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (dir && readdir(dir))
		count++;
	if (dir)
		closedir(dir);
	return count;
}

FIXTURE_SETUP(fds)
{
	memset(self, 0, sizeof(*self));
	self->fd = mbox_create(variant->capacity, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->count = count_fds();
}

FIXTURE_TEARDOWN(fds)
{
	EXPECT_EQ(self->count, count_fds());
	EXPECT_TRUE(mbox_is_calm(self->fd));
	EXPECT_EQ(0, close(self->fd));
}

struct sending {
	int fd;
	struct ipcmbox_send arg;
	int fds[IPCMBOX_FDS_MAX];
	int ret;
	pthread_t thread;
};

static void *send_thread(void *arg)
{
	struct sending *sending = arg;

	sending->arg.size = sizeof(sending->arg);
	sending->arg.fds = (uintptr_t)sending->fds;
	sending->ret = mbox_ioctl(sending->fd, IPCMBOX_IOC_SEND, &sending->arg);
	return NULL;
}

static int send_run(struct sending *sending)
{
	send_thread(sending);
	return sending->ret;
}

static int receive(int fd, struct ipcmbox_recv *recv, int *fds, uint32_t room)
{
	*recv = (struct ipcmbox_recv){
		.size = sizeof(*recv),
		.flags = recv->flags,
		.fds = (uintptr_t)fds,
		.nr_fds = room,
	};
	return mbox_ioctl(fd, IPCMBOX_IOC_RECV, recv);
}

TEST_F(fds, arrive)
{
	struct sending sending = { .fd = self->fd, .arg.nr_fds = 2 };
	struct ipcmbox_recv recv = {};
	int fds[2], ends[2], i;
	char c = 0;

	ASSERT_EQ(0, pipe(ends));
	sending.fds[0] = ends[0];
	sending.fds[1] = ends[1];
	ASSERT_EQ(0,
		  pthread_create(&sending.thread, NULL, send_thread, &sending));
	EXPECT_EQ(0, receive(self->fd, &recv, fds, 2));
	pthread_join(sending.thread, NULL);
	EXPECT_EQ(0, sending.ret);
	EXPECT_EQ(2, recv.msg_fds);
	close(ends[0]);
	close(ends[1]);
	EXPECT_EQ(1, write(fds[1], "x", 1));
	EXPECT_EQ(1, read(fds[0], &c, 1));
	EXPECT_EQ('x', c);
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(FD_CLOEXEC, fcntl(fds[i], F_GETFD));
		close(fds[i]);
	}
}

TEST_F(fds, not_to_those_who_do_not_ask)
{
	struct sending sending = { .fd = self->fd, .arg.nr_fds = 1 };
	struct ipcmbox_recv recv = {};
	int ends[2];
	char c;

	ASSERT_EQ(0, pipe(ends));
	sending.fds[0] = ends[1];
	ASSERT_EQ(0,
		  pthread_create(&sending.thread, NULL, send_thread, &sending));
	EXPECT_EQ(0, receive(self->fd, &recv, NULL, 0));
	pthread_join(sending.thread, NULL);
	EXPECT_EQ(1, recv.msg_fds);
	EXPECT_EQ(0, recv.msg_flags);
	/* It is closed with the message. */
	close(ends[1]);
	EXPECT_EQ(0, read(ends[0], &c, 1));
	close(ends[0]);
}

TEST_F(fds, too_many_for_the_receiver)
{
	struct sending sending = { .fd = self->fd, .arg.nr_fds = 3 };
	struct ipcmbox_recv recv = {};
	int fds[3];

	sending.fds[0] = 0;
	sending.fds[1] = 1;
	sending.fds[2] = 2;
	ASSERT_EQ(0,
		  pthread_create(&sending.thread, NULL, send_thread, &sending));
	while (receive(self->fd, &recv, fds, 2) != -EMSGSIZE)
		;
	EXPECT_EQ(3, recv.msg_fds);
	EXPECT_EQ(self->count, count_fds());
	recv.flags = IPCMBOX_TRUNCATE;
	EXPECT_EQ(0, receive(self->fd, &recv, fds, 2));
	EXPECT_EQ(IPCMBOX_MSG_TRUNCATED, recv.msg_flags);
	EXPECT_EQ(self->count + 2, count_fds());
	close(fds[0]);
	close(fds[1]);
	pthread_join(sending.thread, NULL);
	EXPECT_EQ(0, sending.ret);
}

/* Where they cannot be told, or there is no room, the message stays. */
TEST_F(fds, receive_fails)
{
	struct sending sending = { .fd = self->fd, .arg.nr_fds = 2 };
	struct rlimit limit, old;
	struct ipcmbox_recv recv = {};
	int fds[2] = { -1, -1 }, ret;

	sending.fds[1] = 1;
	ASSERT_EQ(0,
		  pthread_create(&sending.thread, NULL, send_thread, &sending));
	do {
		ret = receive(self->fd, &recv, (int *)mbox_cliff() - 1, 2);
	} while (!ret);
	EXPECT_EQ(-EFAULT, ret);
	EXPECT_EQ(self->count, count_fds());
	getrlimit(RLIMIT_NOFILE, &old);
	limit = old;
	/* There is room for one: of the lowest free number. */
	fds[0] = dup(0);
	close(fds[0]);
	limit.rlim_cur = fds[0] + 1;
	setrlimit(RLIMIT_NOFILE, &limit);
	EXPECT_EQ(-EMFILE, receive(self->fd, &recv, fds, 2));
	setrlimit(RLIMIT_NOFILE, &old);
	EXPECT_EQ(self->count, count_fds());
	EXPECT_EQ(0, receive(self->fd, &recv, fds, 2));
	close(fds[0]);
	close(fds[1]);
	pthread_join(sending.thread, NULL);
	EXPECT_EQ(0, sending.ret);
}

TEST_F(fds, withdrawn_and_dropped)
{
	struct sending sending = { .fd = self->fd, .arg.nr_fds = 1 };
	int ends[2];
	char c;

	ASSERT_EQ(0, pipe(ends));
	sending.fds[0] = ends[1];
	sending.arg.flags = IPCMBOX_UNTIL_TAKEN;
	sending.arg.deadline = mbox_deadline(20);
	EXPECT_EQ(-ETIMEDOUT, send_run(&sending));
	if (variant->capacity) {
		sending.arg.flags = 0;
		EXPECT_EQ(0, send_run(&sending));
		EXPECT_EQ(1, mbox_drain(self->fd));
	}
	close(ends[1]);
	EXPECT_EQ(0, read(ends[0], &c, 1));
	close(ends[0]);
}

TEST_F(fds, those_that_cannot_go)
{
	struct sending sending = { .fd = self->fd, .arg.nr_fds = 2 };
	int device = open(MBOX_DEVICE, O_RDWR), sockets[2], ring;
	char parameters[256] = "";

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	sending.fds[1] = self->fd;
	EXPECT_EQ(-ELOOP, send_run(&sending));
	sending.fds[1] = device;
	EXPECT_EQ(-ELOOP, send_run(&sending));
	sending.fds[1] = sockets[0];
	EXPECT_EQ(-ELOOP, send_run(&sending));
	ring = syscall(SYS_io_uring_setup, 1, parameters);
	sending.fds[1] = ring;
	if (ring >= 0)
		EXPECT_EQ(-ELOOP, send_run(&sending));
	sending.fds[1] = 1000;
	EXPECT_EQ(-EBADF, send_run(&sending));
	sending.arg.nr_fds = IPCMBOX_FDS_MAX + 1;
	EXPECT_EQ(-EINVAL, send_run(&sending));
	close(ring);
	close(device);
	close(sockets[0]);
	close(sockets[1]);
	EXPECT_EQ(0, mbox_info(self->fd).sent);
}

TEST_F(fds, go_with_calls_and_answers)
{
	struct caller *caller = calloc(1, sizeof(*caller));
	struct ipcmbox_recv recv = { .size = sizeof(recv) };
	struct ipcmbox_reply reply = { .size = sizeof(reply) };
	int there, back[2] = { -1, -1 }, event = eventfd(7, 0);
	uint64_t value = 0;
	uint32_t num;

	ASSERT_NE(NULL, caller);
	caller->arg.fds = (uintptr_t)&event;
	caller->arg.nr_fds = 1;
	caller->arg.answer_fds = (uintptr_t)back;
	caller->arg.nr_answer_fds = 1;
	ASSERT_TRUE(caller_start(caller, self->fd, 1));
	recv.data = (uintptr_t)&num;
	recv.len = sizeof(num);
	recv.fds = (uintptr_t)&there;
	recv.nr_fds = 1;
	ASSERT_EQ(0, mbox_ioctl(self->fd, IPCMBOX_IOC_RECV, &recv));
	reply.token = recv.token;
	reply.fds = (uintptr_t)(int[]){ there, there };
	reply.nr_fds = 2;
	EXPECT_EQ(-EMSGSIZE, mbox_ioctl(self->fd, IPCMBOX_IOC_REPLY, &reply));
	EXPECT_EQ(1, reply.room_fds);
	reply.nr_fds = 1;
	EXPECT_EQ(0, mbox_ioctl(self->fd, IPCMBOX_IOC_REPLY, &reply));
	EXPECT_EQ(0, caller_join(caller));
	EXPECT_EQ(1, caller->arg.msg_fds);
	EXPECT_EQ(sizeof(value), read(back[0], &value, sizeof(value)));
	EXPECT_EQ(7, value);
	close(back[0]);
	close(there);
	close(event);
	free(caller);
}

TEST_HARNESS_MAIN
