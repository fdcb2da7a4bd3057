// SPDX-License-Identifier: GPL-2.0-only
/*
 * CALL, REPLY and REPLY_RECV: who gets which answer, and what either side learns when
 * the other leaves, dies or has no room.
 */
#include "kselftest_harness.h"
#include "call.h"

FIXTURE(call)
{
	int fd;
	struct caller caller[3];
};

MBOX_CAPACITIES(call);

FIXTURE_SETUP(call)
{
	memset(self->caller, 0, sizeof(self->caller));
	self->fd = mbox_create(variant->capacity, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(call)
{
	EXPECT_TRUE(mbox_is_calm(self->fd));
	EXPECT_EQ(0, mbox_info(self->fd).calls);
	EXPECT_EQ(0, close(self->fd));
}

TEST_F(call, is_answered)
{
	struct caller *caller = &self->caller[0];
	uint64_t token;

	ASSERT_TRUE(caller_start(caller, self->fd, 7));
	token = serve_take(self->fd, 7);
	ASSERT_NE(0, token);
	EXPECT_EQ(1, mbox_info(self->fd).calls);
	EXPECT_FALSE(caller->done);
	EXPECT_EQ(0, serve_reply(self->fd, token, 70));
	EXPECT_EQ(0, caller_join(caller));
	EXPECT_EQ(70, caller->answer);
	EXPECT_EQ(sizeof(uint32_t), caller->arg.msg_len);
	EXPECT_EQ(token, caller->arg.id);
	EXPECT_EQ(IPCMBOX_REPLIED, caller->arg.disposition);
	EXPECT_EQ(70 + 1, caller->arg.answer_cookie);
	EXPECT_EQ(-ESTALE, serve_reply(self->fd, token, 71));
}

TEST_F(call, answers_come_in_any_order)
{
	uint64_t tokens[ARRAY_SIZE(self->caller)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tokens); i++) {
		ASSERT_TRUE(caller_start(&self->caller[i], self->fd, i));
		tokens[i] = serve_take(self->fd, i);
		ASSERT_NE(0, tokens[i]);
	}
	EXPECT_EQ(ARRAY_SIZE(tokens), mbox_info(self->fd).calls);
	for (i = ARRAY_SIZE(tokens); i--;) {
		EXPECT_EQ(0, serve_reply(self->fd, tokens[i], 10 * i));
		EXPECT_EQ(0, caller_join(&self->caller[i]));
		EXPECT_EQ(10 * i, self->caller[i].answer);
	}
}

/* The worker has another port, and is another process. */
TEST_F(call, worker_answers)
{
	struct caller *caller = &self->caller[0];
	uint64_t token;
	pid_t pid;
	int fd;

	ASSERT_TRUE(caller_start(caller, self->fd, 7));
	token = serve_take(self->fd, 7);
	fd = mbox_reopen(self->fd, O_RDONLY, 0);
	ASSERT_LE(0, fd);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		close(self->fd);
		_exit(serve_reply(fd, token, 70));
	}
	EXPECT_EQ(0, mbox_reap(pid));
	EXPECT_EQ(0, caller_join(caller));
	EXPECT_EQ(70, caller->answer);
	close(fd);
}

TEST_F(call, not_taken_in_time)
{
	struct caller *caller = &self->caller[0];

	caller->arg.taken_deadline = mbox_deadline(50);
	ASSERT_TRUE(caller_start(caller, self->fd, 7));
	EXPECT_EQ(-ETIMEDOUT, caller_join(caller));
	EXPECT_EQ(IPCMBOX_WITHDRAWN, caller->arg.disposition);
	EXPECT_EQ(1, mbox_info(self->fd).expired);
	EXPECT_EQ(-EAGAIN, mbox_recv_num(self->fd, IPCMBOX_DONTWAIT));
}

TEST_F(call, not_answered_in_time)
{
	struct caller *caller = &self->caller[0];
	uint64_t token;

	/* Taken in time, so that the first deadline does not matter. */
	caller->arg.taken_deadline = mbox_deadline(2000);
	caller->arg.deadline = mbox_deadline(2200);
	ASSERT_TRUE(caller_start(caller, self->fd, 7));
	token = serve_take(self->fd, 7);
	EXPECT_EQ(-ETIMEDOUT, caller_join(caller));
	EXPECT_LE(caller->arg.deadline, mbox_now());
	EXPECT_EQ(IPCMBOX_TAKEN, caller->arg.disposition);
	EXPECT_EQ(-ESTALE, serve_reply(self->fd, token, 70));
}

TEST_F(call, answered_after_the_first_deadline)
{
	struct caller *caller = &self->caller[0];
	uint64_t token;

	caller->arg.taken_deadline = mbox_deadline(500);
	ASSERT_TRUE(caller_start(caller, self->fd, 7));
	token = serve_take(self->fd, 7);
	while (mbox_now() <= caller->arg.taken_deadline)
		mbox_nap();
	mbox_nap();
	EXPECT_FALSE(caller->done);
	EXPECT_EQ(0, serve_reply(self->fd, token, 70));
	EXPECT_EQ(0, caller_join(caller));
}

static void on_signal(int signo)
{
}

TEST_F(call, caller_is_interrupted)
{
	const struct sigaction action = {
		.sa_handler = on_signal,
		.sa_flags = SA_RESTART,
	};
	struct caller *caller = &self->caller[0];
	uint64_t token;

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	ASSERT_TRUE(caller_start(caller, self->fd, 7));
	token = serve_take(self->fd, 7);
	ASSERT_EQ(0, pthread_kill(caller->thread, SIGUSR1));
	/* It is not restarted: somebody has the message. */
	EXPECT_EQ(-EINTR, caller_join(caller));
	EXPECT_EQ(IPCMBOX_TAKEN, caller->arg.disposition);
	EXPECT_EQ(token, caller->arg.id);
	EXPECT_EQ(-ESTALE, serve_reply(self->fd, token, 70));
}

TEST_F(call, answer_is_too_long)
{
	struct caller *caller = &self->caller[0];
	struct ipcmbox_reply reply = { .size = sizeof(reply) };
	char data[100] = "";

	ASSERT_TRUE(caller_start(caller, self->fd, 7));
	reply.token = serve_take(self->fd, 7);
	reply.data = (uintptr_t)data;
	reply.len = sizeof(data);
	EXPECT_EQ(-EMSGSIZE, mbox_ioctl(self->fd, IPCMBOX_IOC_REPLY, &reply));
	EXPECT_EQ(sizeof(uint32_t), reply.room);
	EXPECT_FALSE(caller->done);
	reply.len = 2;
	EXPECT_EQ(0, mbox_ioctl(self->fd, IPCMBOX_IOC_REPLY, &reply));
	EXPECT_EQ(0, caller_join(caller));
	EXPECT_EQ(2, caller->arg.msg_len);
}

TEST_F(call, answer_cannot_be_read)
{
	struct caller *caller = &self->caller[0];
	struct ipcmbox_reply reply = { .size = sizeof(reply), .len = 4 };

	ASSERT_TRUE(caller_start(caller, self->fd, 7));
	reply.token = serve_take(self->fd, 7);
	reply.data = (uintptr_t)mbox_cliff() - 2;
	EXPECT_EQ(-EFAULT, mbox_ioctl(self->fd, IPCMBOX_IOC_REPLY, &reply));
	EXPECT_FALSE(caller->done);
	EXPECT_EQ(0, serve_reply(self->fd, reply.token, 70));
	EXPECT_EQ(0, caller_join(caller));
	EXPECT_EQ(70, caller->answer);
}

TEST_F(call, buffer_cannot_be_written)
{
	struct caller *caller = &self->caller[0];

	caller->arg.answer = (uintptr_t)mbox_cliff() - 2;
	ASSERT_TRUE(caller_start(caller, self->fd, 7));
	EXPECT_EQ(0, serve_reply(self->fd, serve_take(self->fd, 7), 70));
	EXPECT_EQ(-EFAULT, caller_join(caller));
	EXPECT_EQ(IPCMBOX_REPLIED, caller->arg.disposition);
}

/* A server that takes the message and then does this. */
static pid_t serve_then(int fd, uint32_t num, int what)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	if (!serve_take(fd, num))
		_exit(1);
	if (what == SIGKILL)
		raise(SIGKILL);
	_exit(0);
}

TEST_F(call, server_dies)
{
	struct caller *caller = &self->caller[0];
	unsigned int i;
	pid_t pid;

	for (i = 0; i < 2; i++) {
		memset(caller, 0, sizeof(*caller));
		ASSERT_TRUE(caller_start(caller, self->fd, 7));
		pid = serve_then(self->fd, 7, i ? SIGKILL : 0);
		/* The port is ours as well, and stays open. */
		EXPECT_EQ(-EOWNERDEAD, caller_join(caller));
		EXPECT_EQ(IPCMBOX_PEER_DIED, caller->arg.disposition);
		mbox_reap(pid);
	}
}

TEST_F(call, server_closes)
{
	struct caller *caller = &self->caller[0];
	int fd = mbox_reopen(self->fd, O_RDONLY, 0);

	ASSERT_LE(0, fd);
	ASSERT_TRUE(caller_start(caller, self->fd, 7));
	EXPECT_NE(0, serve_take(fd, 7));
	EXPECT_EQ(0, close(fd));
	EXPECT_EQ(-EOWNERDEAD, caller_join(caller));
	EXPECT_EQ(IPCMBOX_PEER_DIED, caller->arg.disposition);
}

/* Another process that has the port, and ends, is not the server. */
TEST_F(call, bystander_dies)
{
	struct caller *caller = &self->caller[0];
	uint64_t token;
	pid_t pid;

	ASSERT_TRUE(caller_start(caller, self->fd, 7));
	token = serve_take(self->fd, 7);
	pid = fork();
	if (!pid)
		_exit(0);
	EXPECT_EQ(0, mbox_reap(pid));
	EXPECT_FALSE(caller->done);
	EXPECT_EQ(0, serve_reply(self->fd, token, 70));
	EXPECT_EQ(0, caller_join(caller));
}

TEST_F(call, caller_dies)
{
	struct caller *caller = &self->caller[0];
	uint64_t token;
	pid_t pid;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		caller_start(caller, self->fd, 7);
		pause();
	}
	token = serve_take(self->fd, 7);
	EXPECT_NE(0, token);
	kill(pid, SIGKILL);
	mbox_reap(pid);
	EXPECT_EQ(-ESTALE, serve_reply(self->fd, token, 70));
}

TEST_F(call, mailbox_is_destroyed)
{
	uint64_t token;

	ASSERT_TRUE(caller_start(&self->caller[0], self->fd, 7));
	token = serve_take(self->fd, 7);
	ASSERT_TRUE(caller_start(&self->caller[1], self->fd, 8));
	EXPECT_EQ(0, mbox_destroy(self->fd));
	EXPECT_EQ(-EIDRM, caller_join(&self->caller[0]));
	EXPECT_EQ(IPCMBOX_TAKEN, self->caller[0].arg.disposition);
	EXPECT_EQ(-EIDRM, caller_join(&self->caller[1]));
	EXPECT_EQ(IPCMBOX_WITHDRAWN, self->caller[1].arg.disposition);
	EXPECT_EQ(-EIDRM, serve_reply(self->fd, token, 70));
}

TEST_F(call, receiver_that_cannot_answer)
{
	struct ipcmbox_recv old = {
		.size = offsetof(struct ipcmbox_recv, match),
	};
	uint32_t num;

	ASSERT_TRUE(caller_start(&self->caller[0], self->fd, 7));
	EXPECT_EQ(sizeof(num), read(self->fd, &num, sizeof(num)));
	EXPECT_EQ(-EOWNERDEAD, caller_join(&self->caller[0]));
	EXPECT_EQ(IPCMBOX_PEER_DIED, self->caller[0].arg.disposition);
	old.data = (uintptr_t)&num;
	old.len = sizeof(num);
	ASSERT_TRUE(caller_start(&self->caller[1], self->fd, 7));
	EXPECT_EQ(0, mbox_ioctl(self->fd, IPCMBOX_IOC_RECV, &old));
	EXPECT_EQ(-EOWNERDEAD, caller_join(&self->caller[1]));
}

TEST_F(call, does_not_wait_for_a_receiver)
{
	struct caller *caller = &self->caller[0];

	caller->arg.flags = IPCMBOX_DONTWAIT;
	ASSERT_TRUE(caller_run(caller, self->fd, 7));
	EXPECT_EQ(-EAGAIN, caller->ret);
	EXPECT_EQ(IPCMBOX_NOT_SENT, caller->arg.disposition);
	EXPECT_EQ(0, mbox_info(self->fd).sent);
}

TEST_F(call, bad_arguments)
{
	struct ipcmbox_call call = { .size = sizeof(call) };
	struct ipcmbox_reply reply = { .size = sizeof(reply) };
	int fds[2];

	call.priority = IPCMBOX_PRIORITY_MAX + 1;
	call.disposition = IPCMBOX_TAKEN;
	call.id = 77;
	EXPECT_EQ(-EINVAL, mbox_ioctl(self->fd, IPCMBOX_IOC_CALL, &call));
	EXPECT_EQ(IPCMBOX_NOT_SENT, call.disposition);
	EXPECT_EQ(0, call.id);
	call.priority = 0;
	call.answer_len = IPCMBOX_MESSAGE_MAX + 1;
	EXPECT_EQ(-EINVAL, mbox_ioctl(self->fd, IPCMBOX_IOC_CALL, &call));
	EXPECT_EQ(-ESTALE, mbox_ioctl(self->fd, IPCMBOX_IOC_REPLY, &reply));
	ASSERT_EQ(0, mbox_pair(variant->capacity, 0, fds));
	call.answer_len = 0;
	EXPECT_EQ(-EBADF, mbox_ioctl(fds[0], IPCMBOX_IOC_CALL, &call));
	EXPECT_EQ(-EBADF, mbox_ioctl(fds[1], IPCMBOX_IOC_REPLY, &reply));
	close(fds[0]);
	EXPECT_EQ(-EPIPE, mbox_ioctl(fds[1], IPCMBOX_IOC_CALL, &call));
	close(fds[1]);
}

TEST_HARNESS_MAIN
