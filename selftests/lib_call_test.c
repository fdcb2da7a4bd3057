// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library's calls, answers and selections: each where it works, and with the errno
 * that it promises where it does not.
 */
#include "lib_util.h"

FIXTURE(lib_call)
{
	int fd;
	int ctl;
};

FIXTURE_SETUP(lib_call)
{
	self->fd = ipcmbox_create(4, O_RDWR);
	self->ctl = ipcmbox_open();
	ASSERT_LE(0, self->fd);
	ASSERT_LE(0, self->ctl);
}

FIXTURE_TEARDOWN(lib_call)
{
	EXPECT_TRUE(mbox_is_calm(self->fd));
	close(self->fd);
	close(self->ctl);
}

/**
 * struct caller - an ipcmbox_call() in a thread
 * @fd: the mailbox
 * @options: its options
 * @answer: out, what became of it
 * @text: out, the answer
 * @ret: out, what it returned
 * @error: out, its errno
 * @thread: the thread
 */
struct caller {
	int fd;
	struct ipcmbox_call_options options;
	struct ipcmbox_answer answer;
	char text[8];
	ssize_t ret;
	int error;
	pthread_t thread;
};

static void *call(void *arg)
{
	const struct iovec ask[2] = { PIECE("wh"), PIECE("at") };
	struct caller *caller = arg;
	struct iovec into[2] = { { caller->text, 4 }, { caller->text + 4, 4 } };

	memset(&caller->answer, 0xff, sizeof(caller->answer));
	caller->ret = ipcmbox_call(caller->fd, ask, 2, into, 2,
				   &caller->options, sizeof(caller->options),
				   &caller->answer, sizeof(caller->answer));
	caller->error = caller->ret < 0 ? errno : 0;
	return NULL;
}

/* Begins a call, and receives it. */
static bool take(struct caller *caller, struct ipcmbox_delivery *delivery)
{
	char text[8];
	struct iovec into = { text, sizeof(text) };

	return !pthread_create(&caller->thread, NULL, call, caller) &&
	       ipcmbox_recvv(caller->fd, &into, 1, 0, 0, delivery,
			     sizeof(*delivery)) == 4 &&
	       !memcmp(text, "what", 4);
}

TEST_F(lib_call, is_answered)
{
	const struct iovec pieces[2] = { PIECE("the "), PIECE("end") };
	struct caller caller = {
		.fd = self->fd,
		.options = { .type = 5, .cookie = 6, .priority = 7 },
	};
	struct ipcmbox_response response = { .iov = pieces,
					     .iovcnt = 2,
					     .cookie = 8 };
	struct ipcmbox_delivery delivery;

	ASSERT_TRUE(take(&caller, &delivery));
	EXPECT_EQ(delivery.id, delivery.token);
	EXPECT_EQ(5, delivery.type);
	EXPECT_EQ(6, delivery.cookie);
	EXPECT_EQ(7, delivery.priority);
	response.token = delivery.token;
	EXPECT_EQ(0, ipcmbox_reply(self->fd, &response, sizeof(response)));
	EXPECT_EQ(IPCMBOX_ANSWERED, response.outcome);
	ASSERT_EQ(0, pthread_join(caller.thread, NULL));
	EXPECT_EQ(7, caller.ret);
	EXPECT_EQ(0, memcmp(caller.text, "the end", 7));
	EXPECT_EQ(7, caller.answer.len);
	EXPECT_EQ(8, caller.answer.cookie);
	EXPECT_EQ(0, caller.answer.nr_fds);
	EXPECT_EQ(delivery.id, caller.answer.id);
	EXPECT_EQ(IPCMBOX_REPLIED, caller.answer.disposition);
	EXPECT_ERRNO(ESTALE,
		     ipcmbox_reply(self->fd, &response, sizeof(response)));
	EXPECT_EQ(IPCMBOX_STALE, response.outcome);
}

TEST_F(lib_call, answer_is_too_long)
{
	const struct iovec piece = PIECE("nine char");
	struct ipcmbox_response response = { .iov = &piece, .iovcnt = 1 };
	struct caller caller = { .fd = self->fd };
	struct ipcmbox_delivery delivery;

	ASSERT_TRUE(take(&caller, &delivery));
	response.token = delivery.token;
	EXPECT_ERRNO(EMSGSIZE,
		     ipcmbox_reply(self->fd, &response, sizeof(response)));
	EXPECT_EQ(8, response.room);
	EXPECT_EQ(0, response.room_fds);
	EXPECT_EQ(IPCMBOX_UNANSWERED, response.outcome);
	/* The same in one call: nothing is received. */
	memset(&delivery, 0xff, sizeof(delivery));
	EXPECT_ERRNO(EMSGSIZE,
		     ipcmbox_reply_recv(self->fd, &response, sizeof(response),
					NULL, 0, NULL, 0, &delivery,
					sizeof(delivery)));
	EXPECT_EQ(0, delivery.len);
	EXPECT_EQ(IPCMBOX_UNANSWERED, response.outcome);
	response.iovcnt = 0;
	EXPECT_EQ(0, ipcmbox_reply(self->fd, &response, sizeof(response)));
	ASSERT_EQ(0, pthread_join(caller.thread, NULL));
	EXPECT_EQ(0, caller.ret);
}

TEST_F(lib_call, not_answered)
{
	const struct iovec piece = PIECE("a");
	struct caller caller = { .fd = self->fd };
	struct ipcmbox_delivery delivery;
	int port = ipcmbox_reopen(self->fd, 0, O_RDONLY);
	char byte;

	ASSERT_LE(0, port);
	caller.options.flags = IPCMBOX_DONTWAIT;
	call(&caller);
	EXPECT_EQ(EAGAIN, caller.error);
	EXPECT_EQ(IPCMBOX_NOT_SENT, caller.answer.disposition);
	caller.options.flags = 0;
	caller.options.taken_deadline = ipcmbox_deadline(10 * MSEC);
	call(&caller);
	EXPECT_EQ(ETIMEDOUT, caller.error);
	EXPECT_EQ(IPCMBOX_WITHDRAWN, caller.answer.disposition);
	caller.options.taken_deadline = 0;
	caller.options.deadline = ipcmbox_deadline(300 * MSEC);
	ASSERT_TRUE(take(&caller, &delivery));
	ASSERT_EQ(0, pthread_join(caller.thread, NULL));
	EXPECT_EQ(ETIMEDOUT, caller.error);
	EXPECT_EQ(IPCMBOX_TAKEN, caller.answer.disposition);
	EXPECT_EQ(delivery.id, caller.answer.id);
	caller.options.deadline = 0;
	ASSERT_EQ(0, pthread_create(&caller.thread, NULL, call, &caller));
	EXPECT_ERRNO(EMSGSIZE, ipcmbox_recv(port, &byte, 1));
	EXPECT_EQ(0, ipcmbox_destroy(self->fd));
	ASSERT_EQ(0, pthread_join(caller.thread, NULL));
	EXPECT_EQ(EIDRM, caller.error);
	EXPECT_ERRNO(EIDRM, ipcmbox_call(self->fd, &piece, 1, NULL, 0, NULL, 0,
					 NULL, 0));
	EXPECT_ERRNO(EBADF,
		     ipcmbox_call(port, &piece, 1, NULL, 0, NULL, 0, NULL, 0));
	close(port);
}

TEST_F(lib_call, receiver_cannot_answer)
{
	struct caller caller = { .fd = self->fd };
	char text[8];

	ASSERT_EQ(0, pthread_create(&caller.thread, NULL, call, &caller));
	EXPECT_EQ(4, read(self->fd, text, sizeof(text)));
	ASSERT_EQ(0, pthread_join(caller.thread, NULL));
	EXPECT_EQ(EOWNERDEAD, caller.error);
	EXPECT_EQ(IPCMBOX_PEER_DIED, caller.answer.disposition);
}

/* A server that answers with what it was asked, until a message is no call. */
static void *serve(void *arg)
{
	const int *fd = arg;
	struct ipcmbox_delivery delivery;
	char text[8];
	struct iovec piece = { text, sizeof(text) }, answer = { text, 0 };
	struct ipcmbox_response response = { .iov = &answer, .iovcnt = 1 };
	ssize_t len;

	len = ipcmbox_reply_recv(*fd, NULL, 0, &piece, 1, NULL, 0, &delivery,
				 sizeof(delivery));
	while (len >= 0 && delivery.token) {
		response.token = delivery.token;
		answer.iov_len = (size_t)len;
		len = ipcmbox_reply_recv(*fd, &response, sizeof(response),
					 &piece, 1, NULL, 0, &delivery,
					 sizeof(delivery));
		if (response.outcome != IPCMBOX_ANSWERED)
			return "not answered";
	}
	return len < 0 ? "not received" : NULL;
}

TEST_F(lib_call, server)
{
	struct caller caller = { .fd = self->fd };
	struct ipcmbox_response stale = { .token = 12345 };
	struct ipcmbox_delivery delivery;
	unsigned int i;
	pthread_t thread;
	void *failed;
	char byte;
	struct iovec piece = { &byte, 1 };

	ASSERT_EQ(0, pthread_create(&thread, NULL, serve, &self->fd));
	for (i = 0; i < 100; i++) {
		call(&caller);
		EXPECT_EQ(4, caller.ret);
		EXPECT_EQ(0, memcmp(caller.text, "what", 4));
	}
	EXPECT_EQ(0, ipcmbox_send(self->fd, "", 0));
	ASSERT_EQ(0, pthread_join(thread, &failed));
	EXPECT_EQ(NULL, failed);
	/* An answer that is too late does not keep it from receiving. */
	EXPECT_EQ(0, ipcmbox_send(self->fd, "x", 1));
	EXPECT_EQ(1,
		  ipcmbox_reply_recv(self->fd, &stale, sizeof(stale), &piece, 1,
				     NULL, 0, &delivery, sizeof(delivery)));
	EXPECT_EQ(IPCMBOX_STALE, stale.outcome);
	EXPECT_EQ(0, delivery.token);
}

TEST_F(lib_call, option_sizes)
{
	struct {
		struct ipcmbox_call_options options;
		char newer[8];
	} options = { .newer = { 1 } };
	struct {
		struct ipcmbox_response response;
		char newer[8];
	} response = { .newer = { 1 } };
	struct ipcmbox_answer answer;
	struct ipcmbox_delivery delivery;

	memset(&answer, 0xff, sizeof(answer));
	EXPECT_ERRNO(E2BIG,
		     ipcmbox_call(self->fd, NULL, 0, NULL, 0, &options.options,
				  sizeof(options), &answer, sizeof(answer)));
	EXPECT_EQ(0, answer.id);
	EXPECT_EQ(IPCMBOX_NOT_SENT, answer.disposition);
	EXPECT_ERRNO(E2BIG, ipcmbox_reply(self->fd, &response.response,
					  sizeof(response)));
	memset(&delivery, 0xff, sizeof(delivery));
	EXPECT_ERRNO(E2BIG, ipcmbox_reply_recv(self->fd, &response.response,
					       sizeof(response), NULL, 0, NULL,
					       0, &delivery, sizeof(delivery)));
	EXPECT_EQ(0, delivery.len);
	/* A caller that knows the token only. */
	response.response.outcome = 77;
	EXPECT_ERRNO(ESTALE, ipcmbox_reply(self->fd, &response.response,
					   sizeof(uint64_t)));
	EXPECT_EQ(77, response.response.outcome);
}

TEST_F(lib_call, select)
{
	int other = ipcmbox_create(1, O_RDWR);
	char a[4] = "", b[4] = "";
	struct iovec in[2] = { { a, 2 }, { b, 2 } };
	const struct iovec out = PIECE("out");
	const struct ipcmbox_send_options cookie = { .cookie = 7 };
	struct ipcmbox_delivery delivery;
	struct ipcmbox_receipt receipt;
	const struct ipcmbox_select_case cases[2] = {
		{ .fd = self->fd,
		  .kind = IPCMBOX_CASE_RECV,
		  .iov = in,
		  .iovcnt = 2,
		  .result = &delivery,
		  .result_size = sizeof(delivery) },
		{ .fd = other,
		  .kind = IPCMBOX_CASE_SEND,
		  .iov = &out,
		  .iovcnt = 1,
		  .options = &cookie,
		  .options_size = sizeof(cookie),
		  .result = &receipt,
		  .result_size = sizeof(receipt) },
	};
	struct ipcmbox_select_options options = { .flags = IPCMBOX_ORDERED };
	struct ipcmbox_selected selected;

	ASSERT_LE(0, other);
	EXPECT_EQ(1, ipcmbox_select(self->ctl, cases, 2, NULL, 0, &selected,
				    sizeof(selected)));
	EXPECT_EQ(1, selected.index);
	EXPECT_EQ(0, selected.len);
	EXPECT_NE(0, receipt.id);
	EXPECT_EQ(IPCMBOX_QUEUED, receipt.disposition);
	EXPECT_EQ(0, ipcmbox_send(self->fd, "abc", 3));
	EXPECT_EQ(0,
		  ipcmbox_select(self->ctl, cases, 2, &options, sizeof(options),
				 &selected, sizeof(selected)));
	EXPECT_EQ(0, selected.index);
	EXPECT_EQ(3, selected.len);
	EXPECT_EQ(3, delivery.len);
	EXPECT_EQ(0, memcmp(a, "ab", 2));
	EXPECT_EQ('c', b[0]);
	/* Neither is ready now. */
	options.flags = IPCMBOX_DONTWAIT;
	EXPECT_ERRNO(EAGAIN, ipcmbox_select(self->ctl, cases, 2, &options,
					    sizeof(options), &selected,
					    sizeof(selected)));
	EXPECT_EQ(-1, selected.index);
	options.flags = 0;
	options.deadline = ipcmbox_deadline(10 * MSEC);
	EXPECT_ERRNO(ETIMEDOUT, ipcmbox_select(self->ctl, cases, 2, &options,
					       sizeof(options), NULL, 0));
	/* A case that can only fail. */
	EXPECT_EQ(0, ipcmbox_send(self->fd, "abcde", 5));
	EXPECT_ERRNO(EMSGSIZE, ipcmbox_select(self->ctl, cases, 2, NULL, 0,
					      &selected, sizeof(selected)));
	EXPECT_EQ(0, selected.index);
	EXPECT_EQ(5, delivery.len);
	close(other);
}

TEST_F(lib_call, select_is_wrong)
{
	const struct ipcmbox_send_options late = { .deadline = 1 };
	struct {
		struct ipcmbox_send_options options;
		char newer[8];
	} newer = { .newer = { 1 } };
	struct iovec vector[IPCMBOX_IOV_MAX] = {};
	struct ipcmbox_select_case cases[IPCMBOX_SELECT_MAX + 1] = {};
	struct ipcmbox_select_options options = { .flags = 1U << 31 };
	struct ipcmbox_selected selected;
	unsigned int i;

	for (i = 0; i < IPCMBOX_SELECT_MAX + 1; i++)
		cases[i].fd = self->fd;
	EXPECT_ERRNO(EINVAL,
		     ipcmbox_select(self->ctl, cases, 0, NULL, 0, NULL, 0));
	EXPECT_ERRNO(EINVAL,
		     ipcmbox_select(self->ctl, cases, IPCMBOX_SELECT_MAX + 1,
				    NULL, 0, &selected, sizeof(selected)));
	EXPECT_EQ(-1, selected.index);
	EXPECT_ERRNO(EOPNOTSUPP, ipcmbox_select(self->ctl, cases, 2, &options,
						sizeof(options), NULL, 0));
	EXPECT_ERRNO(ENOTTY,
		     ipcmbox_select(self->fd, cases, 2, NULL, 0, NULL, 0));
	cases[1].options = &late;
	cases[1].options_size = sizeof(late);
	EXPECT_ERRNO(EINVAL, ipcmbox_select(self->ctl, cases, 2, NULL, 0,
					    &selected, sizeof(selected)));
	EXPECT_EQ(1, selected.index);
	cases[1].options = &newer;
	cases[1].options_size = sizeof(newer);
	EXPECT_ERRNO(E2BIG, ipcmbox_select(self->ctl, cases, 2, NULL, 0,
					   &selected, sizeof(selected)));
	EXPECT_EQ(1, selected.index);
	cases[1].options = NULL;
	cases[1].kind = IPCMBOX_CASE_RECV + 1;
	EXPECT_ERRNO(EINVAL, ipcmbox_select(self->ctl, cases, 2, NULL, 0,
					    &selected, sizeof(selected)));
	EXPECT_EQ(1, selected.index);
	cases[1].kind = IPCMBOX_CASE_SEND;
	cases[1].fd = self->ctl;
	EXPECT_ERRNO(EINVAL, ipcmbox_select(self->ctl, cases, 2, NULL, 0,
					    &selected, sizeof(selected)));
	EXPECT_EQ(1, selected.index);
	cases[1].fd = self->fd;
	cases[0].iov = vector;
	cases[0].iovcnt = IPCMBOX_IOV_MAX;
	EXPECT_LE(0, ipcmbox_select(self->ctl, cases, 2, NULL, 0, NULL, 0));
	cases[1].iov = vector;
	cases[1].iovcnt = 1;
	EXPECT_ERRNO(EINVAL, ipcmbox_select(self->ctl, cases, 2, NULL, 0,
					    &selected, sizeof(selected)));
	EXPECT_EQ(1, selected.index);
}

TEST_HARNESS_MAIN
