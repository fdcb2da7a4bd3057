// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library where messages and answers carry descriptors.
 */
#include <sys/stat.h>

#include "lib_util.h"

FIXTURE(lib_fds)
{
	int fd;
};

FIXTURE_SETUP(lib_fds)
{
	self->fd = ipcmbox_create(4, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(lib_fds)
{
	EXPECT_TRUE(mbox_is_calm(self->fd));
	close(self->fd);
}

/* Whether two descriptors are of one file. */
static bool same_file(int a, int b)
{
	struct stat x, y;

	return !fstat(a, &x) && !fstat(b, &y) && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

TEST_F(lib_fds, arrive)
{
	int given[3], got[3] = { -1, -1, -1 };
	const struct ipcmbox_send_options with = { .fds = given, .nr_fds = 2 };
	struct ipcmbox_recv_options into = { .fds = got, .nr_fds = 1 };
	struct ipcmbox_delivery delivery;

	ASSERT_EQ(0, pipe2(given, O_CLOEXEC));
	given[2] = self->fd;
	EXPECT_EQ(0, ipcmbox_send_with(self->fd, NULL, 0, &with, sizeof(with),
				       NULL, 0));
	EXPECT_ERRNO(EMSGSIZE,
		     ipcmbox_recv_with(self->fd, NULL, 0, &into, sizeof(into),
				       &delivery, sizeof(delivery)));
	EXPECT_EQ(2, delivery.nr_fds);
	into.nr_fds = 3;
	EXPECT_EQ(0, ipcmbox_recv_with(self->fd, NULL, 0, &into, sizeof(into),
				       &delivery, sizeof(delivery)));
	EXPECT_EQ(2, delivery.nr_fds);
	EXPECT_TRUE(same_file(given[0], got[0]));
	EXPECT_TRUE(same_file(given[1], got[1]));
	EXPECT_EQ(FD_CLOEXEC, fcntl(got[0], F_GETFD));
	EXPECT_EQ(-1, got[2]);
	close(got[0]);
	close(got[1]);
	/* The first of them. */
	EXPECT_EQ(0, ipcmbox_send_with(self->fd, NULL, 0, &with, sizeof(with),
				       NULL, 0));
	into.nr_fds = 1;
	into.flags = IPCMBOX_TRUNCATE;
	EXPECT_EQ(0, ipcmbox_recv_with(self->fd, NULL, 0, &into, sizeof(into),
				       &delivery, sizeof(delivery)));
	EXPECT_EQ(2, delivery.nr_fds);
	EXPECT_TRUE(same_file(given[0], got[0]));
	close(got[0]);
	close(given[0]);
	close(given[1]);
}

TEST_F(lib_fds, that_cannot_go)
{
	const int none = -1;
	struct ipcmbox_send_options with = { .fds = &self->fd, .nr_fds = 1 };
	struct ipcmbox_response response = { .fds = &self->fd, .nr_fds = 1 };
	struct ipcmbox_receipt receipt;

	EXPECT_ERRNO(ELOOP,
		     ipcmbox_send_with(self->fd, NULL, 0, &with, sizeof(with),
				       &receipt, sizeof(receipt)));
	EXPECT_EQ(IPCMBOX_NOT_SENT, receipt.disposition);
	EXPECT_ERRNO(ELOOP,
		     ipcmbox_reply(self->fd, &response, sizeof(response)));
	with.fds = &none;
	EXPECT_ERRNO(EBADF,
		     ipcmbox_send_with(self->fd, NULL, 0, &with, sizeof(with),
				       &receipt, sizeof(receipt)));
	with.nr_fds = IPCMBOX_FDS_MAX + 1;
	EXPECT_ERRNO(EINVAL,
		     ipcmbox_send_with(self->fd, NULL, 0, &with, sizeof(with),
				       &receipt, sizeof(receipt)));
	with.nr_fds = (size_t)1 << 32;
	EXPECT_ERRNO(EINVAL,
		     ipcmbox_send_with(self->fd, NULL, 0, &with, sizeof(with),
				       &receipt, sizeof(receipt)));
}

/**
 * struct caller - an ipcmbox_call() in a thread
 * @fd: the mailbox
 * @options: its options
 * @answer: out, what became of it
 * @ret: out, what it returned
 * @thread: the thread
 */
struct caller {
	int fd;
	struct ipcmbox_call_options options;
	struct ipcmbox_answer answer;
	ssize_t ret;
	pthread_t thread;
};

static void *call(void *arg)
{
	struct caller *caller = arg;

	caller->ret = ipcmbox_call(caller->fd, NULL, 0, NULL, 0,
				   &caller->options, sizeof(caller->options),
				   &caller->answer, sizeof(caller->answer));
	return NULL;
}

TEST_F(lib_fds, of_a_call)
{
	int pipe_fds[2], got[2] = { -1, -1 }, asked = -1;
	struct caller caller = {
		.fd = self->fd,
		.options = { .fds = pipe_fds,
			     .nr_fds = 1,
			     .answer_fds = got,
			     .nr_answer_fds = 1 },
	};
	struct ipcmbox_recv_options into = { .fds = &asked, .nr_fds = 1 };
	struct ipcmbox_response response = { .fds = pipe_fds, .nr_fds = 2 };
	struct ipcmbox_delivery delivery;

	ASSERT_EQ(0, pipe2(pipe_fds, O_CLOEXEC));
	ASSERT_EQ(0, pthread_create(&caller.thread, NULL, call, &caller));
	EXPECT_EQ(0, ipcmbox_recv_with(self->fd, NULL, 0, &into, sizeof(into),
				       &delivery, sizeof(delivery)));
	EXPECT_EQ(1, delivery.nr_fds);
	EXPECT_TRUE(same_file(pipe_fds[0], asked));
	response.token = delivery.token;
	EXPECT_ERRNO(EMSGSIZE,
		     ipcmbox_reply(self->fd, &response, sizeof(response)));
	EXPECT_EQ(1, response.room_fds);
	response.nr_fds = 1;
	EXPECT_EQ(0, ipcmbox_reply(self->fd, &response, sizeof(response)));
	ASSERT_EQ(0, pthread_join(caller.thread, NULL));
	EXPECT_EQ(0, caller.ret);
	EXPECT_EQ(1, caller.answer.nr_fds);
	EXPECT_TRUE(same_file(pipe_fds[0], got[0]));
	close(asked);
	close(got[0]);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

TEST_HARNESS_MAIN
