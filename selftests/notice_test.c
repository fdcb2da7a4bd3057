// SPDX-License-Identifier: GPL-2.0-only
/*
 * Notices: a server learns that a caller has left, once, if it wants to.
 */
#include <sys/eventfd.h>

#include "kselftest_harness.h"
#include "call.h"
#include "stall.h"

FIXTURE(notice)
{
	int fd;
	struct caller caller[2];
};

MBOX_CAPACITIES(notice);

static void on_signal(int signo)
{
}

FIXTURE_SETUP(notice)
{
	const struct sigaction action = { .sa_handler = on_signal };

	memset(self, 0, sizeof(*self));
	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	self->fd = mbox_create(variant->capacity, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(notice)
{
	EXPECT_TRUE(mbox_is_calm(self->fd));
	EXPECT_EQ(0, mbox_info(self->fd).calls);
	EXPECT_EQ(0, close(self->fd));
}

static int receive(int fd, struct ipcmbox_recv *recv, uint32_t flags)
{
	static uint32_t num;

	*recv = (struct ipcmbox_recv){
		.size = sizeof(*recv),
		.flags = flags,
		.data = (uintptr_t)&num,
		.len = sizeof(num),
	};
	return mbox_ioctl(fd, IPCMBOX_IOC_RECV, recv);
}

/* Calls, has it taken, and leaves; the token. */
static uint64_t leave(struct caller *caller, int fd)
{
	uint64_t token;

	if (!caller_start(caller, fd, 7))
		return 0;
	token = serve_take(fd, 7);
	pthread_kill(caller->thread, SIGUSR1);
	return caller_join(caller) == -EINTR ? token : 0;
}

TEST_F(notice, comes_once)
{
	struct pollfd poll_fd = { .fd = self->fd, .events = POLLIN | POLLPRI };
	uint64_t token = leave(&self->caller[0], self->fd);
	struct ipcmbox_recv recv;

	ASSERT_NE(0, token);
	EXPECT_EQ(1, mbox_info(self->fd).calls);
	EXPECT_EQ(1, poll(&poll_fd, 1, 0));
	EXPECT_EQ(POLLPRI, poll_fd.revents);
	/* Not for those who do not ask. */
	EXPECT_EQ(-EAGAIN, receive(self->fd, &recv, IPCMBOX_DONTWAIT));
	EXPECT_EQ(0,
		  receive(self->fd, &recv, IPCMBOX_DONTWAIT | IPCMBOX_NOTICES));
	EXPECT_EQ(IPCMBOX_MSG_LEFT, recv.msg_flags);
	EXPECT_EQ(token, recv.token);
	EXPECT_EQ(0, recv.msg_len);
	EXPECT_EQ(getpid(), recv.pid);
	EXPECT_EQ(-EAGAIN,
		  receive(self->fd, &recv, IPCMBOX_DONTWAIT | IPCMBOX_NOTICES));
	EXPECT_EQ(0, poll(&poll_fd, 1, 0));
	EXPECT_EQ(-ESTALE, serve_reply(self->fd, token, 1));
}

TEST_F(notice, goes_with_a_refused_reply)
{
	uint64_t token = leave(&self->caller[0], self->fd);
	struct ipcmbox_recv recv;

	EXPECT_EQ(-ESTALE, serve_reply(self->fd, token, 1));
	EXPECT_EQ(-EAGAIN,
		  receive(self->fd, &recv, IPCMBOX_DONTWAIT | IPCMBOX_NOTICES));
}

struct waiting {
	int fd;
	struct ipcmbox_recv recv;
	int ret;
	pthread_t thread;
};

static void *wait_for_notice(void *arg)
{
	struct waiting *waiting = arg;

	waiting->ret = receive(waiting->fd, &waiting->recv, IPCMBOX_NOTICES);
	return NULL;
}

/* Who waits is woken by it; who does not want it is not. */
TEST_F(notice, wakes_who_wants_it)
{
	struct caller *caller = &self->caller[0];
	struct waiting waiting = { .fd = self->fd };
	struct mbox_op plain = { .fd = self->fd, .kind = OP_RECV };
	uint64_t token;

	ASSERT_TRUE(caller_start(caller, self->fd, 7));
	token = serve_take(self->fd, 7);
	ASSERT_TRUE(mbox_op_park(&plain));
	ASSERT_EQ(0, pthread_create(&waiting.thread, NULL, wait_for_notice,
				    &waiting));
	ASSERT_TRUE(mbox_wait_receivers(self->fd, 2));
	ASSERT_EQ(0, pthread_kill(caller->thread, SIGUSR1));
	EXPECT_EQ(-EINTR, caller_join(caller));
	pthread_join(waiting.thread, NULL);
	EXPECT_EQ(0, waiting.ret);
	EXPECT_EQ(token, waiting.recv.token);
	EXPECT_EQ(IPCMBOX_MSG_LEFT, waiting.recv.msg_flags);
	EXPECT_FALSE(plain.done);
	EXPECT_EQ(0, mbox_send_num(self->fd, 5, 0));
	EXPECT_EQ(0, mbox_op_join(&plain));
}

/* Before messages; and it stays if it cannot be told. */
TEST_F(notice, is_a_transaction)
{
	uint64_t token = leave(&self->caller[0], self->fd);
	struct ipcmbox_recv recv, *cliff;
	struct mbox_op send = { .fd = self->fd, .num = 5 };

	ASSERT_EQ(0, mbox_op_start(&send));
	EXPECT_TRUE(variant->capacity ? !mbox_op_join(&send) :
					mbox_wait_senders(self->fd, 1));
	cliff = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	*cliff = (struct ipcmbox_recv){
		.size = sizeof(*cliff),
		.flags = IPCMBOX_NOTICES,
	};
	mprotect(cliff, 4096, PROT_READ);
	EXPECT_EQ(-EFAULT, mbox_ioctl(self->fd, IPCMBOX_IOC_RECV, cliff));
	munmap(cliff, 4096);
	EXPECT_EQ(0, receive(self->fd, &recv, IPCMBOX_NOTICES));
	EXPECT_EQ(token, recv.token);
	EXPECT_EQ(0, receive(self->fd, &recv, IPCMBOX_NOTICES));
	EXPECT_EQ(0, recv.msg_flags);
	EXPECT_EQ(sizeof(uint32_t), recv.msg_len);
	if (!variant->capacity)
		EXPECT_EQ(0, mbox_op_join(&send));
}

TEST_F(notice, caller_dies)
{
	struct ipcmbox_recv recv;
	uint64_t token;
	pid_t pid;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		caller_run(&self->caller[0], self->fd, 7);
		_exit(0);
	}
	token = serve_take(self->fd, 7);
	kill(pid, SIGKILL);
	EXPECT_EQ(0, receive(self->fd, &recv, IPCMBOX_NOTICES));
	EXPECT_EQ(token, recv.token);
	EXPECT_EQ(IPCMBOX_MSG_LEFT, recv.msg_flags);
	EXPECT_EQ(pid, recv.pid);
	mbox_reap(pid);
}

TEST_F(notice, ends_with_the_mailbox)
{
	uint64_t token = leave(&self->caller[0], self->fd);
	struct ipcmbox_recv recv;

	EXPECT_NE(0, token);
	EXPECT_EQ(0, mbox_destroy(self->fd));
	EXPECT_EQ(-EIDRM, receive(self->fd, &recv, IPCMBOX_NOTICES));
}

/* A port that took calls, and closes: there is nobody to be told. */
TEST_F(notice, ends_with_the_server)
{
	int fd = mbox_reopen(self->fd, O_RDONLY, 0);

	ASSERT_LE(0, fd);
	ASSERT_TRUE(caller_start(&self->caller[0], self->fd, 7));
	EXPECT_NE(0, serve_take(fd, 7));
	pthread_kill(self->caller[0].thread, SIGUSR1);
	EXPECT_EQ(-EINTR, caller_join(&self->caller[0]));
	EXPECT_EQ(1, mbox_info(self->fd).calls);
	close(fd);
	EXPECT_EQ(0, mbox_info(self->fd).calls);
}

TEST_F(notice, is_an_event)
{
	struct ipcmbox_notify notify = {
		.size = sizeof(notify),
		.eventfd = eventfd(0, EFD_NONBLOCK),
		.events = IPCMBOX_EVENT_NOTICE,
	};
	struct ipcmbox_recv recv;
	uint64_t count, token;

	ASSERT_EQ(0, mbox_ioctl(self->fd, IPCMBOX_IOC_NOTIFY, &notify));
	token = leave(&self->caller[0], self->fd);
	ASSERT_NE(0, token);
	EXPECT_EQ(sizeof(count), read(notify.eventfd, &count, sizeof(count)));
	EXPECT_EQ(1, count);
	EXPECT_EQ(0, receive(self->fd, &recv, IPCMBOX_NOTICES));
	EXPECT_EQ(token, recv.token);
	EXPECT_EQ(-1, read(notify.eventfd, &count, sizeof(count)));
	close(notify.eventfd);
}

/* A reply is refused while a notice of the same call is told, to who waits at @stall. */
static void refuse_beside(struct __test_metadata *_metadata,
			  FIXTURE_DATA(notice) * self, struct stall *stall)
{
	struct waiting *waiting = (struct waiting *)stall->page;
	struct caller *caller = &self->caller[0];
	uint64_t token;

	waiting->fd = self->fd;
	ASSERT_TRUE(caller_start(caller, self->fd, 7));
	token = serve_take(self->fd, 7);
	ASSERT_EQ(0, pthread_create(&waiting->thread, NULL, wait_for_notice,
				    waiting));
	ASSERT_TRUE(mbox_wait_receivers(self->fd, 1));
	ASSERT_EQ(0, stall_protect(stall, true));
	ASSERT_EQ(0, pthread_kill(caller->thread, SIGUSR1));
	EXPECT_EQ(-EINTR, caller_join(caller));
	ASSERT_TRUE(mbox_wait_receivers(self->fd, 0));
	EXPECT_EQ(-ESTALE, serve_reply(self->fd, token, 1));
}

/* Who replied knows, and who was about to be told waits on. */
TEST_F(notice, is_not_told_beside_a_refused_reply)
{
	struct waiting *waiting;
	struct stall stall;

	if (!stall_init_to_write(&stall, self->fd))
		SKIP(return, "no userfaultfd for writes: %s", strerror(errno));
	waiting = (struct waiting *)stall.page;
	refuse_beside(_metadata, self, &stall);
	ASSERT_EQ(0, stall_protect(&stall, false));
	EXPECT_TRUE(mbox_wait_receivers(self->fd, 1));
	EXPECT_EQ(0, mbox_send_num(self->fd, 5, IPCMBOX_DONTWAIT));
	pthread_join(waiting->thread, NULL);
	EXPECT_EQ(0, waiting->ret);
	EXPECT_EQ(0, waiting->recv.msg_flags);
	EXPECT_EQ(sizeof(uint32_t), waiting->recv.msg_len);
	stall_exit(&stall);
}

/* Unless a signal has come: then it does so even where there is a message, which stays. */
TEST_F(notice, is_not_told_and_a_signal_comes)
{
	struct mbox_op send = { .fd = self->fd, .num = 5 };
	struct waiting *waiting;
	struct stall stall;

	if (!stall_init_to_write(&stall, self->fd))
		SKIP(return, "no userfaultfd for writes: %s", strerror(errno));
	waiting = (struct waiting *)stall.page;
	refuse_beside(_metadata, self, &stall);
	ASSERT_TRUE(mbox_op_offer(&send));
	ASSERT_EQ(0, pthread_kill(waiting->thread, SIGUSR1));
	ASSERT_EQ(0, stall_protect(&stall, false));
	pthread_join(waiting->thread, NULL);
	EXPECT_EQ(-EINTR, waiting->ret);
	EXPECT_EQ(5, mbox_recv_num(self->fd, IPCMBOX_DONTWAIT));
	EXPECT_EQ(0, mbox_op_join(&send));
	stall_exit(&stall);
}

TEST_HARNESS_MAIN
