// SPDX-License-Identifier: GPL-2.0-only
/*
 * Broadcast: what becomes of subscribers that are slow, and of messages that do not fit.
 */
#include <sys/eventfd.h>

#include "kselftest_harness.h"
#include "cast.h"

FIXTURE(slow)
{
	int hub;
	int quick;
	int slow[4];
};

FIXTURE_VARIANT(slow)
{
	unsigned int capacity;
};

FIXTURE_VARIANT_ADD(slow, one) { .capacity = 1 };
FIXTURE_VARIANT_ADD(slow, two) { .capacity = 2 };
FIXTURE_VARIANT_ADD(slow, seven) { .capacity = 7 };
FIXTURE_VARIANT_ADD(slow, hundred) { .capacity = 100 };

FIXTURE_SETUP(slow)
{
	uint32_t slow;

	self->hub = cast_hub();
	self->quick = cast_subscribe(self->hub, 1000, IPCMBOX_SLOW_BLOCK);
	ASSERT_LE(0, self->quick);
	self->slow[IPCMBOX_SLOW_BLOCK] = -1;
	for (slow = 1; slow < ARRAY_SIZE(self->slow); slow++) {
		self->slow[slow] =
			cast_subscribe(self->hub, variant->capacity, slow);
		ASSERT_LE(0, self->slow[slow]);
	}
}

FIXTURE_TEARDOWN(slow)
{
	unsigned int i;

	for (i = 1; i < ARRAY_SIZE(self->slow); i++) {
		EXPECT_TRUE(mbox_is_calm(self->slow[i]));
		close(self->slow[i]);
	}
	EXPECT_TRUE(mbox_is_calm(self->quick));
	close(self->quick);
	close(self->hub);
}

TEST_F(slow, each_loses_what_it_chose)
{
	unsigned int slots = variant->capacity, i;
	int oldest = self->slow[IPCMBOX_SLOW_DROP_OLDEST];
	int newest = self->slow[IPCMBOX_SLOW_DROP_NEWEST];
	int gone = self->slow[IPCMBOX_SLOW_DISCONNECT];
	uint64_t lag;

	for (i = 0; i < slots; i++)
		ASSERT_EQ(4, cast_post(self->hub, i, 0, 0));
	/* To all or to none: none. */
	EXPECT_EQ(-EAGAIN,
		  cast_post(self->hub, 99, IPCMBOX_DONTWAIT | IPCMBOX_ALL, 0));
	EXPECT_EQ(2, cast_post(self->hub, slots, 0, 0));
	EXPECT_EQ(2, cast_post(self->hub, slots + 1, 0, 0));
	/* The first two are lost to the one, the last two to the other. */
	for (i = 0; i < slots; i++) {
		EXPECT_EQ(i + 2, cast_get(oldest, &lag));
		EXPECT_EQ(i ? 0 : 2, lag);
		EXPECT_EQ(i, cast_get(newest, &lag));
		EXPECT_EQ(0, lag);
		EXPECT_EQ(i, cast_get(gone, &lag));
	}
	EXPECT_EQ(-EPIPE, cast_get(gone, &lag));
	EXPECT_EQ(3, cast_post(self->hub, 77, 0, 0));
	EXPECT_EQ(77, cast_get(newest, &lag));
	EXPECT_EQ(2, lag);
	EXPECT_EQ(77, cast_get(oldest, &lag));
	EXPECT_EQ(0, lag);
	EXPECT_EQ(2, mbox_info(oldest).dropped);
	for (i = 0; i < slots + 2; i++) {
		EXPECT_EQ(i, cast_get(self->quick, &lag));
		EXPECT_EQ(0, lag);
	}
}

/* By poll(2) until a receiver knows, by an eventfd once for each. */
TEST_F(slow, loss_is_an_event)
{
	unsigned int slots = variant->capacity, i, kind;
	uint64_t lag, count;

	for (kind = 1; kind < ARRAY_SIZE(self->slow); kind++) {
		bool gone = kind == IPCMBOX_SLOW_DISCONNECT;
		struct ipcmbox_notify notify = {
			.size = sizeof(notify),
			.eventfd = eventfd(0, EFD_NONBLOCK),
			.events = IPCMBOX_EVENT_LAG,
		};
		struct pollfd poll_fd = { .events = POLLPRI };
		int hub = cast_hub();

		poll_fd.fd = cast_subscribe(hub, slots, kind);
		ASSERT_LE(0, poll_fd.fd);
		ASSERT_EQ(0,
			  mbox_ioctl(poll_fd.fd, IPCMBOX_IOC_NOTIFY, &notify));
		for (i = 0; i < slots; i++)
			ASSERT_EQ(1, cast_post(hub, i, 0, 0));
		EXPECT_EQ(0, poll(&poll_fd, 1, 0));
		EXPECT_EQ(-1, read(notify.eventfd, &count, sizeof(count)));
		for (i = 0; i < 3; i++)
			ASSERT_LE(0, cast_post(hub, 99, 0, 0));
		EXPECT_EQ(sizeof(count),
			  read(notify.eventfd, &count, sizeof(count)));
		EXPECT_EQ(gone ? 1 : 3, count);
		EXPECT_EQ(1, poll(&poll_fd, 1, 0));
		EXPECT_TRUE(poll_fd.revents & POLLPRI);
		/* What DRAIN discards had losses to tell of too. */
		mbox_drain(poll_fd.fd);
		EXPECT_EQ(1, poll(&poll_fd, 1, 0));
		cast_post(hub, 7, 0, 0);
		EXPECT_EQ(gone ? -EPIPE : 7, cast_get(poll_fd.fd, &lag));
		if (!gone) {
			EXPECT_EQ(3, lag);
			EXPECT_EQ(0, poll(&poll_fd, 1, 0));
		}
		close(notify.eventfd);
		close(poll_fd.fd);
		close(hub);
	}
}

/* A subscription of bytes; the hub's messages have up to as many. */
static int subscribe_bytes(int hub, uint64_t bytes, uint32_t slow)
{
	struct ipcmbox_set set = {
		.size = sizeof(set),
		.flags = IPCMBOX_SET_MAX_MESSAGE,
		.max_message = bytes,
	};
	struct ipcmbox_subscribe arg = {
		.size = sizeof(arg),
		.capacity = 1000,
		.max_bytes = bytes,
		.slow = slow,
	};

	return mbox_ioctl(hub, IPCMBOX_IOC_SET, &set)		    ?:
		       mbox_ioctl(hub, IPCMBOX_IOC_SUBSCRIBE, &arg) ?:
								      arg.fd;
}

TEST(one_displaces_many)
{
	static char bytes[4000];
	struct ipcmbox_recv recv = {
		.size = sizeof(recv),
		.flags = IPCMBOX_DONTWAIT,
		.data = (uintptr_t)bytes,
		.len = sizeof(bytes),
	};
	int hub = cast_hub(), fd, i;

	fd = subscribe_bytes(hub, sizeof(bytes), IPCMBOX_SLOW_DROP_OLDEST);
	ASSERT_LE(0, fd);
	for (i = 0; i < 100; i++)
		ASSERT_EQ(0, mbox_send(hub, bytes, 40, 0));
	EXPECT_EQ(0, mbox_send(hub, bytes, sizeof(bytes), 0));
	EXPECT_EQ(1, mbox_info(fd).queued);
	EXPECT_EQ(0, mbox_ioctl(fd, IPCMBOX_IOC_RECV, &recv));
	EXPECT_EQ(sizeof(bytes), recv.msg_len);
	EXPECT_EQ(100, recv.lag);
	EXPECT_TRUE(mbox_is_calm(fd));
	close(fd);
	close(hub);
}

TEST(what_fits_nowhere_fails)
{
	static char bytes[4000];
	int hub = cast_hub(), fd, other;

	fd = subscribe_bytes(hub, 1000, IPCMBOX_SLOW_BLOCK);
	other = subscribe_bytes(hub, sizeof(bytes), IPCMBOX_SLOW_DROP_OLDEST);
	ASSERT_LE(0, fd);
	ASSERT_LE(0, other);
	EXPECT_EQ(-EMSGSIZE, mbox_send(hub, bytes, sizeof(bytes), 0));
	EXPECT_EQ(0, mbox_info(other).queued);
	close(fd);
	EXPECT_EQ(0, mbox_send(hub, bytes, sizeof(bytes), 0));
	EXPECT_EQ(1, mbox_info(other).queued);
	close(other);
	close(hub);
}

/* Room that nobody's receive would make is not waited for. */
TEST(quota_is_not_waited_for)
{
	const char *limit = MBOX_PARAMETERS "user_bytes";
	static char bytes[60000];
	int64_t before = mbox_read_number(limit);
	int hub = cast_hub(), fd;

	fd = cast_subscribe(hub, 3, IPCMBOX_SLOW_BLOCK);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, mbox_write_number(limit, 20000));
	EXPECT_EQ(-EDQUOT, mbox_send(hub, bytes, sizeof(bytes), 0));
	ASSERT_EQ(0, mbox_write_number(limit, before));
	EXPECT_EQ(0, mbox_info(fd).queued);
	EXPECT_EQ(0, mbox_send(hub, bytes, sizeof(bytes), 0));
	EXPECT_EQ(1, mbox_info(fd).queued);
	close(fd);
	close(hub);
}

/* Who broadcasts says what subscribers may do to the senders. */
TEST(choice_is_limited)
{
	struct ipcmbox_create create = {
		.flags = IPCMBOX_BROADCAST,
		.open_flags = O_RDWR,
	};
	int hub, fd;
	uint32_t mask, slow;

	for (mask = 0; mask < 16; mask++) {
		create.slow_mask = mask;
		hub = mbox_create_as(&create);
		ASSERT_LE(0, hub);
		EXPECT_EQ(mask ?: 15, mbox_info(hub).slow_mask);
		for (slow = 0; slow < 4; slow++) {
			fd = cast_subscribe(hub, 1, slow);
			if (mask && !(mask & 1U << slow)) {
				EXPECT_EQ(-EACCES, fd);
				continue;
			}
			EXPECT_LE(0, fd);
			EXPECT_EQ(0, mbox_info(fd).slow_mask);
			close(fd);
		}
		EXPECT_EQ(1, mbox_info(hub).receivers);
		close(hub);
	}
	create.slow_mask = 16;
	EXPECT_EQ(-EINVAL, mbox_create_as(&create));
	create.slow_mask = 1;
	create.flags = 0;
	EXPECT_EQ(-EINVAL, mbox_create_as(&create));
}

/* Who was too slow is at the end, also where others would wait for a sender to come. */
TEST(disconnected_without_hangup)
{
	int hub = cast_hub_with(IPCMBOX_NO_HANGUP), fd;
	struct pollfd poll_fd = { .events = POLLIN };
	uint64_t lag;

	ASSERT_LE(0, hub);
	fd = cast_subscribe(hub, 1, IPCMBOX_SLOW_DISCONNECT);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1, cast_post(hub, 7, 0, 0));
	EXPECT_EQ(0, cast_post(hub, 8, 0, 0));
	EXPECT_EQ(7, cast_get(fd, &lag));
	EXPECT_EQ(-EPIPE, cast_get(fd, &lag));
	poll_fd.fd = fd;
	EXPECT_EQ(1, poll(&poll_fd, 1, 0));
	EXPECT_EQ(POLLHUP, poll_fd.revents);
	close(fd);
	close(hub);
}

/* A subscription of one message, which has lost two. */
static int subscribe_and_lose(int hub)
{
	int fd = cast_subscribe(hub, 1, IPCMBOX_SLOW_DROP_OLDEST), i;

	for (i = 1; i <= 3; i++)
		if (cast_post(hub, i, 0, 0) != 1)
			return -1;
	return fd;
}

/* Once, by a message that a receiver has waited for too. */
TEST(loss_is_told_by_what_is_handed_over)
{
	struct pollfd poll_fd = { .events = POLLPRI };
	struct mbox_op recv = { .kind = OP_RECV };
	int hub = cast_hub();
	uint64_t lag;

	recv.fd = subscribe_and_lose(hub);
	ASSERT_LE(0, recv.fd);
	ASSERT_EQ(1, mbox_drain(recv.fd));
	ASSERT_TRUE(mbox_op_park(&recv));
	EXPECT_EQ(1, cast_post(hub, 4, 0, 0));
	EXPECT_EQ(0, mbox_op_join(&recv));
	EXPECT_EQ(4, recv.num);
	EXPECT_EQ(2, recv.lag);
	poll_fd.fd = recv.fd;
	EXPECT_EQ(0, poll(&poll_fd, 1, 0));
	EXPECT_EQ(1, cast_post(hub, 5, 0, 0));
	EXPECT_EQ(5, cast_get(recv.fd, &lag));
	EXPECT_EQ(0, lag);
	close(recv.fd);
	close(hub);
}

/* PEEK tells of it as RECV will, and leaves that to it. */
TEST(loss_is_seen_by_peek)
{
	struct mbox_op peek = { .kind = OP_PEEK };
	int hub = cast_hub(), i;
	uint64_t lag;

	peek.fd = subscribe_and_lose(hub);
	ASSERT_LE(0, peek.fd);
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(0, mbox_op_run(&peek));
		EXPECT_EQ(3, peek.num);
		EXPECT_EQ(2, peek.lag);
	}
	EXPECT_EQ(3, cast_get(peek.fd, &lag));
	EXPECT_EQ(2, lag);
	close(peek.fd);
	close(hub);
}

TEST_HARNESS_MAIN
