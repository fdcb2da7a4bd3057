// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library where messages are taken back: by who has sent them, also while he waits;
 * and how a server learns that a caller has left.
 */
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "lib_util.h"

FIXTURE(lib_cancel)
{
	int fd;
	struct ipcmbox_ticket *ticket;
};

MBOX_CAPACITIES(lib_cancel);

FIXTURE_SETUP(lib_cancel)
{
	self->fd = mbox_create(variant->capacity, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->ticket = ipcmbox_ticket_new();
	ASSERT_NE(NULL, self->ticket);
}

FIXTURE_TEARDOWN(lib_cancel)
{
	EXPECT_TRUE(mbox_is_calm(self->fd));
	EXPECT_EQ(0, mbox_info(self->fd).calls);
	ipcmbox_ticket_free(self->ticket);
	close(self->fd);
}

/**
 * struct work - a send or a call in a thread
 * @fd: the mailbox
 * @send: options of a send
 * @call: options of a call
 * @calls: which of them it is
 * @receipt: out, of a send
 * @answer: out, of a call
 * @ret: out, what it returned
 * @error: out, its errno
 * @thread: the thread
 */
struct work {
	int fd;
	struct ipcmbox_send_options send;
	struct ipcmbox_call_options call;
	bool calls;
	struct ipcmbox_receipt receipt;
	struct ipcmbox_answer answer;
	ssize_t ret;
	int error;
	pthread_t thread;
};

static void *run(void *arg)
{
	const struct iovec piece = PIECE("ask");
	struct work *work = arg;

	if (work->calls)
		work->ret = ipcmbox_call(work->fd, &piece, 1, NULL, 0,
					 &work->call, sizeof(work->call),
					 &work->answer, sizeof(work->answer));
	else
		work->ret = ipcmbox_send_with(work->fd, &piece, 1, &work->send,
					      sizeof(work->send),
					      &work->receipt,
					      sizeof(work->receipt));
	work->error = work->ret < 0 ? errno : 0;
	return NULL;
}

/* The number of a message that is being sent, as soon as it has one. */
static uint64_t await_id(const struct ipcmbox_ticket *ticket)
{
	uint64_t end = mbox_deadline(MBOX_WATCHDOG_MS), id;

	while (!(id = ipcmbox_ticket_id(ticket)) && mbox_now() < end)
		mbox_nap();
	return id;
}

TEST_F(lib_cancel, stored)
{
	const struct iovec piece = PIECE("text");
	const struct ipcmbox_send_options options = { .ticket = self->ticket };
	struct ipcmbox_receipt receipt;
	int other;

	if (!variant->capacity)
		return;
	EXPECT_EQ(0, ipcmbox_ticket_id(self->ticket));
	ASSERT_EQ(0, ipcmbox_send_with(self->fd, &piece, 1, &options,
				       sizeof(options), &receipt,
				       sizeof(receipt)));
	EXPECT_EQ(IPCMBOX_QUEUED, receipt.disposition);
	EXPECT_EQ(0, receipt.reached);
	EXPECT_EQ(receipt.id, ipcmbox_ticket_id(self->ticket));
	/* By another port than that by which it was sent. */
	other = ipcmbox_reopen(self->fd, 0, O_WRONLY);
	ASSERT_LE(0, other);
	EXPECT_EQ(IPCMBOX_CANCEL_DONE, ipcmbox_cancel(other, receipt.id));
	close(other);
	EXPECT_EQ(IPCMBOX_CANCEL_TOO_LATE,
		  ipcmbox_cancel(self->fd, receipt.id));
	EXPECT_EQ(IPCMBOX_CANCEL_UNKNOWN,
		  ipcmbox_cancel(self->fd, receipt.id + 1));
	EXPECT_EQ(0, mbox_info(self->fd).queued);
	EXPECT_EQ(1, mbox_info(self->fd).withdrawn);
}

/* The ticket tells the number while the sender waits. */
TEST_F(lib_cancel, waiting_sender)
{
	struct work work = {
		.fd = self->fd,
		.send = { .flags = IPCMBOX_UNTIL_TAKEN,
			  .ticket = self->ticket },
	};
	uint64_t id;

	ASSERT_EQ(0, pthread_create(&work.thread, NULL, run, &work));
	id = await_id(self->ticket);
	ASSERT_NE(0, id);
	EXPECT_EQ(IPCMBOX_CANCEL_DONE, ipcmbox_cancel(self->fd, id));
	ASSERT_EQ(0, pthread_join(work.thread, NULL));
	EXPECT_EQ(ECANCELED, work.error);
	EXPECT_EQ(id, work.receipt.id);
	EXPECT_EQ(IPCMBOX_WITHDRAWN, work.receipt.disposition);
}

TEST_F(lib_cancel, call_nobody_has)
{
	struct work work = {
		.fd = self->fd,
		.calls = true,
		.call = { .ticket = self->ticket },
	};
	uint64_t id;

	ASSERT_EQ(0, pthread_create(&work.thread, NULL, run, &work));
	id = await_id(self->ticket);
	ASSERT_NE(0, id);
	EXPECT_EQ(IPCMBOX_CANCEL_DONE, ipcmbox_cancel(self->fd, id));
	ASSERT_EQ(0, pthread_join(work.thread, NULL));
	EXPECT_EQ(ECANCELED, work.error);
	EXPECT_EQ(id, work.answer.id);
	EXPECT_EQ(IPCMBOX_WITHDRAWN, work.answer.disposition);
}

/* Of a call that somebody has, the server gets a notice, before other messages. */
TEST_F(lib_cancel, taken_call)
{
	char text[8] = "";
	struct iovec into = { text, sizeof(text) };
	struct work work = {
		.fd = self->fd,
		.calls = true,
		.call = { .ticket = self->ticket },
	};
	struct work other = { .fd = self->fd };
	struct ipcmbox_response response = {};
	struct ipcmbox_delivery delivery;

	ASSERT_EQ(0, pthread_create(&work.thread, NULL, run, &work));
	ASSERT_EQ(3, ipcmbox_recvv(self->fd, &into, 1, 0, 0, &delivery,
				   sizeof(delivery)));
	response.token = delivery.token;
	EXPECT_EQ(delivery.token, await_id(self->ticket));
	EXPECT_EQ(IPCMBOX_CANCEL_TOO_LATE,
		  ipcmbox_cancel(self->fd, delivery.token));
	ASSERT_EQ(0, pthread_join(work.thread, NULL));
	EXPECT_EQ(ECANCELED, work.error);
	EXPECT_EQ(IPCMBOX_TAKEN, work.answer.disposition);

	ASSERT_EQ(0, pthread_create(&other.thread, NULL, run, &other));
	ASSERT_TRUE(mbox_wait_sent(self->fd, 2));
	memset(&delivery, 0xff, sizeof(delivery));
	EXPECT_EQ(0, ipcmbox_recvv(self->fd, &into, 1, IPCMBOX_NOTICES, 0,
				   &delivery, sizeof(delivery)));
	EXPECT_EQ(IPCMBOX_MSG_LEFT, delivery.flags);
	EXPECT_EQ(response.token, delivery.token);
	EXPECT_EQ(0, delivery.len);
	EXPECT_EQ(3, ipcmbox_recvv(self->fd, &into, 1, IPCMBOX_NOTICES, 0,
				   &delivery, sizeof(delivery)));
	EXPECT_EQ(0, delivery.flags);
	EXPECT_EQ(0, delivery.token);
	ASSERT_EQ(0, pthread_join(other.thread, NULL));
	EXPECT_EQ(0, other.ret);
	EXPECT_ERRNO(ESTALE,
		     ipcmbox_reply(self->fd, &response, sizeof(response)));
}

/* A ticket is good for one message after the other. */
TEST_F(lib_cancel, ticket_again)
{
	struct work work = {
		.fd = self->fd,
		.send = { .ticket = self->ticket },
	};
	uint64_t last = 0;
	char text[8];
	int i;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, pthread_create(&work.thread, NULL, run, &work));
		EXPECT_EQ(3, ipcmbox_recv(self->fd, text, sizeof(text)));
		ASSERT_EQ(0, pthread_join(work.thread, NULL));
		EXPECT_EQ(0, work.ret);
		EXPECT_LT(last, work.receipt.id);
		EXPECT_EQ(work.receipt.id, ipcmbox_ticket_id(self->ticket));
		last = work.receipt.id;
	}
	/* What was not sent has no number. */
	work.send.flags = 1U << 31;
	run(&work);
	EXPECT_EQ(EOPNOTSUPP, work.error);
	EXPECT_EQ(0, ipcmbox_ticket_id(self->ticket));
}

/**
 * struct asker - a process in this one's memory that is stopped while it asks a ticket
 * @ticket: the ticket
 * @asks: it does
 * @id: out, what it was told
 * @stack: its stack
 */
struct asker {
	const struct ipcmbox_ticket *ticket;
	volatile int asks;
	uint64_t id;
	char stack[65536] __attribute__((aligned(16)));
};

static int ask(void *arg)
{
	struct asker *asker = arg;

	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	/* What raise(3) knows of the process is that of the parent. */
	syscall(SYS_kill, syscall(SYS_getpid), SIGSTOP);
	asker->asks = 1;
	asker->id = ipcmbox_ticket_id(asker->ticket);
	asker->asks = 0;
	return 0;
}

static bool has_stopped(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFSTOPPED(status);
}

/* One instruction. */
static bool step(pid_t pid)
{
	return !ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) && has_stopped(pid);
}

/* Returns once it is stopped in the first instruction after @asks was set. */
static pid_t start_asker(struct asker *asker)
{
	pid_t pid = clone(ask, asker->stack + sizeof(asker->stack),
			  CLONE_VM | SIGCHLD, asker);

	if (pid < 0 || !has_stopped(pid))
		return -1;
	while (!asker->asks) {
		if (!step(pid))
			return -1;
	}
	return pid;
}

/*
 * Who asks a ticket that is used again gets no number that is not of a message, at
 * whichever instruction that happens.
 */
TEST_F(lib_cancel, used_again_while_asked)
{
	const struct ipcmbox_send_options first = { .ticket = self->ticket };
	const struct ipcmbox_call_options then = {
		.flags = 1U << 31,
		.ticket = self->ticket,
	};
	const struct iovec piece = PIECE("ask"), room[IPCMBOX_IOV_MAX] = {};
	struct asker asker = { .ticket = self->ticket, .asks = 1 };
	struct ipcmbox_receipt receipt;
	int steps, i;
	pid_t pid;

	if (!variant->capacity)
		return;
	for (steps = 0; asker.asks; steps++) {
		ASSERT_EQ(0, ipcmbox_send_with(self->fd, &piece, 1, &first,
					       sizeof(first), &receipt,
					       sizeof(receipt)));
		ASSERT_GT(IPCMBOX_IOV_MAX, receipt.id);
		asker.asks = 0;
		pid = start_asker(&asker);
		ASSERT_LT(0, pid);
		for (i = 0; i < steps && asker.asks; i++)
			ASSERT_TRUE(step(pid));
		EXPECT_ERRNO(EOPNOTSUPP, ipcmbox_call(self->fd, &piece, 1, room,
						      IPCMBOX_IOV_MAX, &then,
						      sizeof(then), NULL, 0));
		EXPECT_EQ(0, ipcmbox_ticket_id(self->ticket));
		i = asker.asks;
		ASSERT_EQ(0, ptrace(PTRACE_DETACH, pid, NULL, NULL));
		EXPECT_EQ(0, mbox_reap(pid));
		if (asker.id)
			EXPECT_EQ(receipt.id, asker.id);
		/* The last one had its answer before. */
		asker.asks = i;
		EXPECT_EQ(IPCMBOX_CANCEL_DONE,
			  ipcmbox_cancel(self->fd, receipt.id));
	}
	EXPECT_LT(3, steps);
	EXPECT_EQ(receipt.id, asker.id);
}

TEST_F(lib_cancel, bad_arguments)
{
	const struct ipcmbox_send_options with = { .ticket = self->ticket };
	const struct ipcmbox_select_case kase = {
		.fd = self->fd,
		.kind = IPCMBOX_CASE_SEND,
		.options = &with,
		.options_size = sizeof(with),
	};
	int fds[2], ctl = ipcmbox_open();

	/* Of a selection nobody knows which message it will be. */
	EXPECT_ERRNO(EINVAL, ipcmbox_select(ctl, &kase, 1, NULL, 0, NULL, 0));
	close(ctl);
	EXPECT_EQ(IPCMBOX_CANCEL_UNKNOWN, ipcmbox_cancel(self->fd, 0));
	EXPECT_EQ(IPCMBOX_CANCEL_UNKNOWN, ipcmbox_cancel(self->fd, ~0ULL));
	ASSERT_EQ(0, mbox_pair(variant->capacity, 0, fds));
	EXPECT_ERRNO(EBADF, ipcmbox_cancel(fds[0], 1));
	close(fds[0]);
	EXPECT_ERRNO(EBADF, ipcmbox_cancel(fds[0], 1));
	close(fds[1]);
	EXPECT_ERRNO(ENOTTY, ipcmbox_cancel(0, 1));
	EXPECT_EQ(0, ipcmbox_destroy(self->fd));
	EXPECT_ERRNO(EIDRM, ipcmbox_cancel(self->fd, 1));
	ipcmbox_ticket_free(NULL);
}

TEST_HARNESS_MAIN
