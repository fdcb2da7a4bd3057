// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library's batches: more messages than go in one entry, how far they came, and what
 * ends them.
 */
#include "lib_util.h"

/* The library enters the kernel several times for these. */
#define MESSAGES 200

FIXTURE(lib_batch)
{
	int fd;
	uint32_t num[MESSAGES];
	struct iovec piece[MESSAGES];
	struct ipcmbox_receipt receipt[MESSAGES];
	struct ipcmbox_delivery delivery[MESSAGES];
	struct ipcmbox_batch_message out[MESSAGES];
	struct ipcmbox_batch_message in[MESSAGES];
};

MBOX_CAPACITIES(lib_batch);

FIXTURE_SETUP(lib_batch)
{
	unsigned int i;

	memset(self, 0, sizeof(*self));
	memset(self->receipt, 0xff, sizeof(self->receipt));
	memset(self->delivery, 0xff, sizeof(self->delivery));
	self->fd = mbox_create(variant->capacity, O_RDWR);
	ASSERT_LE(0, self->fd);
	for (i = 0; i < MESSAGES; i++) {
		self->num[i] = i;
		self->piece[i].iov_base = &self->num[i];
		self->piece[i].iov_len = sizeof(self->num[i]);
		self->out[i] = (struct ipcmbox_batch_message){
			.iov = &self->piece[i],
			.iovcnt = 1,
			.result = &self->receipt[i],
			.result_size = sizeof(self->receipt[i]),
		};
		self->in[i] = (struct ipcmbox_batch_message){
			.iov = &self->piece[i],
			.iovcnt = 1,
			.result = &self->delivery[i],
			.result_size = sizeof(self->delivery[i]),
		};
	}
}

FIXTURE_TEARDOWN(lib_batch)
{
	EXPECT_TRUE(mbox_is_calm(self->fd));
	close(self->fd);
}

TEST_F(lib_batch, as_many_as_fit)
{
	const struct ipcmbox_batch_options now = { .flags = IPCMBOX_DONTWAIT };
	unsigned int slots = mbox_slots(variant->capacity, MESSAGES), i;
	int ret = ipcmbox_send_batch(self->fd, self->out, MESSAGES, &now,
				     sizeof(now));

	EXPECT_EQ(slots ? (int)slots : -1, ret);
	for (i = 0; i < slots; i++) {
		EXPECT_NE(0, self->receipt[i].id);
		EXPECT_EQ(IPCMBOX_QUEUED, self->receipt[i].disposition);
	}
	/* The one that it ended with is told, the next is as it was. */
	if (slots < MESSAGES) {
		EXPECT_EQ(0, self->receipt[slots].id);
		EXPECT_EQ(IPCMBOX_NOT_SENT, self->receipt[slots].disposition);
		EXPECT_EQ(~0ULL, self->receipt[slots + 1].id);
	}
	memset(self->num, 0xff, sizeof(self->num));
	ret = ipcmbox_recv_batch(self->fd, self->in, MESSAGES, &now,
				 sizeof(now));
	EXPECT_EQ(slots ? (int)slots : -1, ret);
	for (i = 0; i < slots; i++) {
		EXPECT_EQ(i, self->num[i]);
		EXPECT_EQ(self->receipt[i].id, self->delivery[i].id);
		EXPECT_EQ(sizeof(self->num[i]), self->delivery[i].len);
		EXPECT_EQ(getpid(), self->delivery[i].pid);
	}
	EXPECT_ERRNO(EAGAIN, ipcmbox_recv_batch(self->fd, self->in, MESSAGES,
						&now, sizeof(now)));
	EXPECT_EQ(0, self->delivery[0].len);
}

struct drainer {
	int fd;
	unsigned int got;
	bool wrong;
	pthread_t thread;
};

/* Receives all in batches, which each wait for their first message only. */
static void *drain(void *arg)
{
	struct drainer *drainer = arg;
	uint32_t num[7];
	struct iovec piece[7];
	struct ipcmbox_batch_message in[7] = {};
	int ret, i;

	for (i = 0; i < 7; i++) {
		piece[i] = (struct iovec){ &num[i], sizeof(num[i]) };
		in[i].iov = &piece[i];
		in[i].iovcnt = 1;
	}
	while (drainer->got < MESSAGES) {
		ret = ipcmbox_recv_batch(drainer->fd, in, 7, NULL, 0);
		if (ret < 1)
			return NULL;
		for (i = 0; i < ret; i++)
			drainer->wrong |= num[i] != drainer->got++;
	}
	return NULL;
}

TEST_F(lib_batch, sender_waits_for_room)
{
	struct drainer drainer = { .fd = self->fd };
	unsigned int i;

	ASSERT_EQ(0, pthread_create(&drainer.thread, NULL, drain, &drainer));
	EXPECT_EQ(MESSAGES,
		  ipcmbox_send_batch(self->fd, self->out, MESSAGES, NULL, 0));
	ASSERT_EQ(0, pthread_join(drainer.thread, NULL));
	EXPECT_EQ(MESSAGES, drainer.got);
	EXPECT_FALSE(drainer.wrong);
	for (i = 1; i < MESSAGES; i++)
		EXPECT_LT(self->receipt[i - 1].id, self->receipt[i].id);
}

TEST_F(lib_batch, deadline)
{
	struct ipcmbox_batch_options soon = {
		.deadline = ipcmbox_deadline(20 * MSEC),
	};
	unsigned int slots = mbox_slots(variant->capacity, MESSAGES);
	int ret;

	EXPECT_ERRNO(ETIMEDOUT, ipcmbox_recv_batch(self->fd, self->in, MESSAGES,
						   &soon, sizeof(soon)));
	soon.deadline = ipcmbox_deadline(20 * MSEC);
	ret = ipcmbox_send_batch(self->fd, self->out, MESSAGES, &soon,
				 sizeof(soon));
	EXPECT_EQ(slots ? (int)slots : -1, ret);
	/* It had a place, and was taken back. */
	if (slots < MESSAGES) {
		EXPECT_NE(0, self->receipt[slots].id);
		EXPECT_EQ(IPCMBOX_WITHDRAWN, self->receipt[slots].disposition);
	}
	EXPECT_EQ(0, ipcmbox_drain(self->fd, NULL, NULL));
}

/* Each message has options of its own. */
TEST_F(lib_batch, options)
{
	const struct ipcmbox_send_options options = { .type = 5, .cookie = 6 };
	uint32_t num;
	struct iovec halves[2] = { { &num, 2 }, { (char *)&num + 2, 2 } };
	struct ipcmbox_recv_options cut = { .flags = IPCMBOX_TRUNCATE };

	if (variant->capacity < 7)
		return;
	self->out[1].options = &options;
	self->out[1].options_size = sizeof(options);
	EXPECT_EQ(3, ipcmbox_send_batch(self->fd, self->out, 3, NULL, 0));
	self->in[1].iov = halves;
	self->in[1].iovcnt = 2;
	self->in[2].options = &cut;
	self->in[2].options_size = sizeof(cut);
	self->piece[2].iov_len = 1;
	self->num[2] = 0;
	EXPECT_EQ(3, ipcmbox_recv_batch(self->fd, self->in, 3, NULL, 0));
	EXPECT_EQ(0, self->delivery[0].type);
	EXPECT_EQ(1, num);
	EXPECT_EQ(5, self->delivery[1].type);
	EXPECT_EQ(6, self->delivery[1].cookie);
	EXPECT_EQ(sizeof(num), self->delivery[2].len);
	EXPECT_EQ(IPCMBOX_MSG_TRUNCATED, self->delivery[2].flags);
}

/* What is wrong with a message ends the batch before it, also in a later entry. */
TEST_F(lib_batch, ends_before_what_is_wrong)
{
	const struct ipcmbox_send_options late = { .deadline = 1 };
	struct {
		struct ipcmbox_send_options options;
		char newer[8];
	} newer = { .newer = { 1 } };

	if (variant->capacity != IPCMBOX_UNBOUNDED)
		return;
	self->out[130].options = &newer;
	self->out[130].options_size = sizeof(newer);
	EXPECT_EQ(130,
		  ipcmbox_send_batch(self->fd, self->out, MESSAGES, NULL, 0));
	EXPECT_ERRNO(E2BIG,
		     ipcmbox_send_batch(self->fd, &self->out[130], 2, NULL, 0));
	self->out[130].options = &late;
	self->out[130].options_size = sizeof(late);
	EXPECT_ERRNO(EINVAL,
		     ipcmbox_send_batch(self->fd, &self->out[130], 2, NULL, 0));
	self->piece[128].iov_len = 1;
	EXPECT_EQ(128,
		  ipcmbox_recv_batch(self->fd, self->in, MESSAGES, NULL, 0));
	EXPECT_ERRNO(EMSGSIZE,
		     ipcmbox_recv_batch(self->fd, &self->in[128], 2, NULL, 0));
	EXPECT_EQ(sizeof(uint32_t), self->delivery[128].len);
	EXPECT_EQ(2, mbox_info(self->fd).queued);
}

/* More pieces than one entry takes. */
TEST_F(lib_batch, many_pieces)
{
	struct iovec pieces[IPCMBOX_IOV_MAX] = {};
	uint32_t num = 77;
	unsigned int i;

	if (variant->capacity < 7)
		return;
	pieces[IPCMBOX_IOV_MAX - 1] = (struct iovec){ &num, sizeof(num) };
	for (i = 0; i < 3; i++) {
		self->out[i].iov = pieces;
		self->out[i].iovcnt = IPCMBOX_IOV_MAX;
	}
	EXPECT_EQ(3, ipcmbox_send_batch(self->fd, self->out, 3, NULL, 0));
	EXPECT_EQ(3, ipcmbox_recv_batch(self->fd, self->in, MESSAGES, NULL, 0));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(77, self->num[i]);
	self->out[0].iovcnt++;
	EXPECT_ERRNO(EINVAL,
		     ipcmbox_send_batch(self->fd, self->out, 1, NULL, 0));
	self->out[0].iovcnt = -1;
	EXPECT_ERRNO(EINVAL,
		     ipcmbox_send_batch(self->fd, self->out, 1, NULL, 0));
}

TEST_F(lib_batch, bad_arguments)
{
	struct {
		struct ipcmbox_batch_options options;
		char newer[8];
	} options = { .newer = { 1 } };
	struct ipcmbox_ticket *ticket = ipcmbox_ticket_new();
	const struct ipcmbox_send_options with = { .ticket = ticket };
	int fds[2];

	ASSERT_NE(NULL, ticket);
	EXPECT_ERRNO(EINVAL,
		     ipcmbox_send_batch(self->fd, self->out, 0, NULL, 0));
	EXPECT_ERRNO(EINVAL,
		     ipcmbox_recv_batch(self->fd, self->in, 0, NULL, 0));
	EXPECT_ERRNO(EINVAL,
		     ipcmbox_recv_batch(self->fd, self->in, 1U << 31, NULL, 0));
	EXPECT_ERRNO(E2BIG,
		     ipcmbox_send_batch(self->fd, self->out, 1,
					&options.options, sizeof(options)));
	options.options.reserved = 1;
	EXPECT_ERRNO(EINVAL, ipcmbox_send_batch(self->fd, self->out, 1,
						&options.options,
						sizeof(options.options)));
	options.options = (struct ipcmbox_batch_options){ .flags = 1U << 31 };
	EXPECT_ERRNO(EOPNOTSUPP,
		     ipcmbox_recv_batch(self->fd, self->in, 1, &options.options,
					sizeof(options.options)));
	self->out[0].options = &with;
	self->out[0].options_size = sizeof(with);
	EXPECT_ERRNO(EINVAL,
		     ipcmbox_send_batch(self->fd, self->out, 1, NULL, 0));
	self->out[1].reserved = 1;
	EXPECT_ERRNO(EINVAL,
		     ipcmbox_send_batch(self->fd, &self->out[1], 1, NULL, 0));
	ASSERT_EQ(0, mbox_pair(variant->capacity, 0, fds));
	EXPECT_ERRNO(EBADF,
		     ipcmbox_send_batch(fds[0], &self->out[2], 1, NULL, 0));
	EXPECT_ERRNO(EBADF,
		     ipcmbox_recv_batch(fds[1], &self->in[2], 1, NULL, 0));
	close(fds[0]);
	EXPECT_ERRNO(EPIPE,
		     ipcmbox_send_batch(fds[1], &self->out[2], 1, NULL, 0));
	close(fds[1]);
	ipcmbox_ticket_free(ticket);
}

TEST_HARNESS_MAIN
