// SPDX-License-Identifier: GPL-2.0-only
/*
 * mq_send(), mq_receive() and attributes of an open queue: order, priorities, lengths, and
 * what a full or an empty queue does.
 */
#include "mq_test.h"

FIXTURE(message)
{
	mqd_t mqdes;
};

FIXTURE_SETUP(message)
{
	mq_unlink(QUEUE);
	self->mqdes = make_queue(QUEUE, O_RDWR, 8);
	ASSERT_LE(0, self->mqdes);
}

FIXTURE_TEARDOWN(message)
{
	mq_close(self->mqdes);
	mq_unlink(QUEUE);
}

static void set_nonblock(mqd_t mqdes, long flags)
{
	mq_setattr(mqdes, &(struct mq_attr){ .mq_flags = flags }, NULL);
}

TEST_F(message, highest_priority_and_then_oldest)
{
	EXPECT_EQ(0, send_text(self->mqdes, "a", 1));
	EXPECT_EQ(0, send_text(self->mqdes, "b", 2));
	EXPECT_EQ(0, send_text(self->mqdes, "c", 0));
	EXPECT_EQ(0, send_text(self->mqdes, "d", 2));
	EXPECT_EQ(0, send_text(self->mqdes, "e", 32767));
	EXPECT_EQ(0, send_text(self->mqdes, "f", 1));
	EXPECT_EQ(6, queued(self->mqdes));
	EXPECT_EQ(32767, receive_text(self->mqdes, "e"));
	EXPECT_EQ(2, receive_text(self->mqdes, "b"));
	EXPECT_EQ(2, receive_text(self->mqdes, "d"));
	EXPECT_EQ(1, receive_text(self->mqdes, "a"));
	EXPECT_EQ(1, receive_text(self->mqdes, "f"));
	EXPECT_EQ(0, receive_text(self->mqdes, "c"));
	EXPECT_EQ(0, queued(self->mqdes));
}

TEST_F(message, priorities_end_at_prio_max)
{
	const struct timespec until = from_now(1000);

	EXPECT_EQ(32768, sysconf(_SC_MQ_PRIO_MAX));
	EXPECT_ERRNO(EINVAL, send_text(self->mqdes, "x", 32768));
	EXPECT_ERRNO(EINVAL, send_text(self->mqdes, "x", UINT_MAX));
	EXPECT_ERRNO(EINVAL, mq_timedsend(self->mqdes, "x", 1, 32768, &until));
	EXPECT_EQ(0, queued(self->mqdes));
}

TEST_F(message, lengths)
{
	char out[MSGSIZE + 1], in[MSGSIZE + 1];

	memset(out, 'o', sizeof(out));
	EXPECT_ERRNO(EMSGSIZE, mq_send(self->mqdes, out, MSGSIZE + 1, 0));
	EXPECT_EQ(0, mq_send(self->mqdes, out, MSGSIZE, 0));
	EXPECT_EQ(0, mq_send(self->mqdes, out, 0, 0));
	EXPECT_EQ(0, mq_send(self->mqdes, out, 1, 0));
	EXPECT_EQ(3, queued(self->mqdes));
	EXPECT_EQ(MSGSIZE, mq_receive(self->mqdes, in, sizeof(in), NULL));
	EXPECT_EQ(0, memcmp(in, out, MSGSIZE));
	EXPECT_EQ(0, mq_receive(self->mqdes, in, sizeof(in), NULL));
	EXPECT_EQ(1, mq_receive(self->mqdes, in, MSGSIZE, NULL));
}

/* It is the longest message there could be that counts, not the one that is there. */
TEST_F(message, buffer_shorter_than_msgsize)
{
	char in[MSGSIZE];

	EXPECT_ERRNO(EMSGSIZE, mq_receive(self->mqdes, in, MSGSIZE - 1, NULL));
	EXPECT_EQ(0, send_text(self->mqdes, "x", 4));
	EXPECT_ERRNO(EMSGSIZE, mq_receive(self->mqdes, in, MSGSIZE - 1, NULL));
	EXPECT_ERRNO(EMSGSIZE, mq_receive(self->mqdes, in, 0, NULL));
	EXPECT_EQ(4, receive_text(self->mqdes, "x"));
}

TEST_F(message, a_bad_address_loses_nothing)
{
	void *bad = (void *)8;

	EXPECT_ERRNO(EFAULT, mq_send(self->mqdes, bad, 5, 0));
	EXPECT_EQ(0, queued(self->mqdes));
}

TEST_F(message, nonblock)
{
	const struct timespec past = { 0 };
	char in[MSGSIZE];
	int i;

	set_nonblock(self->mqdes, O_NONBLOCK);
	EXPECT_ERRNO(EAGAIN, receive_text(self->mqdes, "x"));
	EXPECT_ERRNO(EAGAIN,
		     mq_timedreceive(self->mqdes, in, sizeof(in), NULL, &past));
	for (i = 0; i < 8; i++)
		EXPECT_EQ(0, send_text(self->mqdes, "x", 0));
	EXPECT_EQ(8, queued(self->mqdes));
	EXPECT_ERRNO(EAGAIN, send_text(self->mqdes, "x", 0));
	EXPECT_ERRNO(EAGAIN, mq_timedsend(self->mqdes, "x", 1, 0, &past));
	EXPECT_EQ(0, receive_text(self->mqdes, "x"));
	EXPECT_EQ(0, send_text(self->mqdes, "x", 0));
}

TEST_F(message, setattr_changes_nonblock_alone)
{
	struct mq_attr attr = { .mq_flags = O_NONBLOCK,
				.mq_maxmsg = 99,
				.mq_msgsize = 99,
				.mq_curmsgs = 99 };
	struct mq_attr old;

	EXPECT_EQ(0, send_text(self->mqdes, "x", 0));
	ASSERT_EQ(0, mq_setattr(self->mqdes, &attr, &old));
	EXPECT_EQ(0, old.mq_flags);
	EXPECT_EQ(8, old.mq_maxmsg);
	EXPECT_EQ(MSGSIZE, old.mq_msgsize);
	EXPECT_EQ(1, old.mq_curmsgs);
	ASSERT_EQ(0, mq_getattr(self->mqdes, &attr));
	EXPECT_EQ(O_NONBLOCK, attr.mq_flags);
	EXPECT_EQ(8, attr.mq_maxmsg);
	EXPECT_EQ(MSGSIZE, attr.mq_msgsize);
	EXPECT_EQ(1, attr.mq_curmsgs);
	attr.mq_flags = O_NONBLOCK | O_APPEND;
	EXPECT_ERRNO(EINVAL, mq_setattr(self->mqdes, &attr, &old));
	attr.mq_flags = 0;
	ASSERT_EQ(0, mq_setattr(self->mqdes, &attr, &old));
	EXPECT_EQ(O_NONBLOCK, old.mq_flags);
	ASSERT_EQ(0, mq_setattr(self->mqdes, &attr, NULL));
}

TEST_F(message, nonblock_is_of_the_open_description)
{
	mqd_t other = mq_open(QUEUE, O_RDWR);
	int same = dup(self->mqdes);
	struct mq_attr attr;

	ASSERT_LE(0, other);
	ASSERT_LE(0, same);
	set_nonblock(self->mqdes, O_NONBLOCK);
	EXPECT_EQ(0, mq_getattr(other, &attr));
	EXPECT_EQ(0, attr.mq_flags);
	EXPECT_EQ(0, mq_getattr(same, &attr));
	EXPECT_EQ(O_NONBLOCK, attr.mq_flags);
	close(same);
	mq_close(other);
	other = mq_open(QUEUE, O_RDONLY | O_NONBLOCK);
	EXPECT_ERRNO(EAGAIN, receive_text(other, "x"));
	mq_close(other);
}

/* What many threads send is received once, and of each in its order. */
#define SENDERS	4
#define EACH	200

static void *send_many(void *arg)
{
	unsigned int who = (unsigned int)(uintptr_t)arg, number[2] = { who, 0 };
	mqd_t mqdes = mq_open(QUEUE, O_WRONLY);

	for (; number[1] < EACH; number[1]++)
		if (mq_send(mqdes, (char *)number, sizeof(number), who % 2))
			break;
	mq_close(mqdes);
	return (void *)(uintptr_t)number[1];
}

TEST_F(message, many_senders)
{
	unsigned int next[SENDERS] = { 0 }, number[2], i, wrong = 0;
	pthread_t threads[SENDERS];
	char buffer[MSGSIZE];
	ssize_t len;
	void *sent;

	for (i = 0; i < SENDERS; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, send_many,
					    (void *)(uintptr_t)i));
	for (i = 0; i < SENDERS * EACH; i++) {
		len = mq_receive(self->mqdes, buffer, sizeof(buffer), NULL);
		ASSERT_EQ((ssize_t)sizeof(number), len);
		memcpy(number, buffer, sizeof(number));
		ASSERT_GT(SENDERS, number[0]);
		wrong += number[1] != next[number[0]]++;
	}
	EXPECT_EQ(0, wrong);
	for (i = 0; i < SENDERS; i++) {
		pthread_join(threads[i], &sent);
		EXPECT_EQ(EACH, (uintptr_t)sent);
	}
	EXPECT_EQ(0, queued(self->mqdes));
}

TEST_HARNESS_MAIN
