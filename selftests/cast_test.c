// SPDX-License-Identifier: GPL-2.0-only
/*
 * Broadcast: all subscribers see all that is sent from then on, in one order.
 */
#include "kselftest_harness.h"
#include "cast.h"

#define SUBSCRIBERS 3

FIXTURE(cast)
{
	int hub;
	int fds[SUBSCRIBERS];
	struct mbox_op op[2];
};

FIXTURE_VARIANT(cast)
{
	uint64_t capacity;
};

FIXTURE_VARIANT_ADD(cast, one) { .capacity = 1 };
FIXTURE_VARIANT_ADD(cast, two) { .capacity = 2 };
FIXTURE_VARIANT_ADD(cast, seven) { .capacity = 7 };
FIXTURE_VARIANT_ADD(cast, hundred) { .capacity = 100 };
FIXTURE_VARIANT_ADD(cast, unbounded) { .capacity = IPCMBOX_UNBOUNDED };

FIXTURE_SETUP(cast)
{
	unsigned int i;

	memset(self, 0, sizeof(*self));
	self->hub = cast_hub();
	ASSERT_LE(0, self->hub);
	for (i = 0; i < SUBSCRIBERS; i++) {
		self->fds[i] = cast_subscribe(self->hub, variant->capacity,
					      IPCMBOX_SLOW_BLOCK);
		ASSERT_LE(0, self->fds[i]);
	}
}

FIXTURE_TEARDOWN(cast)
{
	unsigned int i;

	for (i = 0; i < SUBSCRIBERS; i++) {
		EXPECT_TRUE(mbox_is_calm(self->fds[i]));
		close(self->fds[i]);
	}
	EXPECT_TRUE(mbox_is_calm(self->hub));
	close(self->hub);
}

TEST_F(cast, reaches_all)
{
	unsigned int slots = mbox_slots(variant->capacity, 20), i, j;
	uint64_t lag;

	for (i = 0; i < slots; i++)
		ASSERT_EQ(SUBSCRIBERS, cast_post(self->hub, i, 0, 0));
	for (j = 0; j < SUBSCRIBERS; j++) {
		for (i = 0; i < slots; i++) {
			ASSERT_EQ(i, cast_get(self->fds[j], &lag));
			EXPECT_EQ(0, lag);
		}
		EXPECT_EQ(-EAGAIN, cast_get(self->fds[j], &lag));
	}
	EXPECT_EQ(slots, mbox_info(self->hub).sent);
}

TEST_F(cast, wakes_all_who_wait)
{
	struct mbox_op ops[SUBSCRIBERS] = {};
	unsigned int i;

	for (i = 0; i < SUBSCRIBERS; i++) {
		ops[i] =
			(struct mbox_op){ .fd = self->fds[i], .kind = OP_RECV };
		ASSERT_TRUE(mbox_op_park(&ops[i]));
	}
	EXPECT_EQ(SUBSCRIBERS, cast_post(self->hub, 7, 0, 0));
	for (i = 0; i < SUBSCRIBERS; i++) {
		EXPECT_EQ(0, mbox_op_join(&ops[i]));
		EXPECT_EQ(7, ops[i].num);
		EXPECT_EQ(ops[0].id, ops[i].id);
	}
}

TEST_F(cast, late_one_sees_what_comes_after)
{
	uint64_t lag;
	int fd;

	ASSERT_EQ(SUBSCRIBERS, cast_post(self->hub, 1, 0, 0));
	fd = cast_subscribe(self->hub, 5, IPCMBOX_SLOW_BLOCK);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EAGAIN, cast_get(fd, &lag));
	if (variant->capacity > 1) {
		EXPECT_EQ(SUBSCRIBERS + 1, cast_post(self->hub, 2, 0, 0));
		EXPECT_EQ(2, cast_get(fd, &lag));
	}
	close(fd);
}

TEST_F(cast, waits_for_the_slowest)
{
	unsigned int slots = mbox_slots(variant->capacity, 0), i;
	struct mbox_op *send = &self->op[0];
	uint64_t lag;

	if (!slots)
		return;
	for (i = 0; i < slots; i++)
		ASSERT_EQ(SUBSCRIBERS, cast_post(self->hub, i, 0, 0));
	EXPECT_EQ(-EAGAIN, cast_post(self->hub, 99, IPCMBOX_DONTWAIT, 0));
	EXPECT_EQ(-ETIMEDOUT, cast_post(self->hub, 99, 0, mbox_deadline(20)));
	/* Nobody has seen it, not even those who have room. */
	for (i = 0; i < slots; i++)
		EXPECT_EQ(i, cast_get(self->fds[0], &lag));
	EXPECT_EQ(-ETIMEDOUT, cast_post(self->hub, 99, 0, mbox_deadline(20)));
	EXPECT_EQ(-EAGAIN, cast_get(self->fds[0], &lag));
	*send = (struct mbox_op){ .fd = self->hub, .num = slots };
	ASSERT_EQ(0, mbox_op_start(send));
	EXPECT_EQ(0, cast_get(self->fds[1], &lag));
	mbox_nap();
	EXPECT_FALSE(send->done);
	EXPECT_EQ(0, cast_get(self->fds[2], &lag));
	EXPECT_EQ(0, mbox_op_join(send));
	EXPECT_EQ(slots, cast_get(self->fds[0], &lag));
}

TEST_F(cast, does_not_wait_for_who_has_gone)
{
	unsigned int slots = mbox_slots(variant->capacity, 0), i;
	struct mbox_op *send = &self->op[0];
	int fd;

	if (!slots)
		return;
	fd = cast_subscribe(self->hub, slots, IPCMBOX_SLOW_BLOCK);
	ASSERT_LE(0, fd);
	for (i = 0; i < slots; i++)
		ASSERT_EQ(SUBSCRIBERS + 1, cast_post(self->hub, i, 0, 0));
	for (i = 0; i < SUBSCRIBERS; i++)
		EXPECT_EQ(0, mbox_recv_num(self->fds[i], 0));
	*send = (struct mbox_op){ .fd = self->hub, .num = 7 };
	ASSERT_EQ(0, mbox_op_start(send));
	mbox_nap();
	EXPECT_FALSE(send->done);
	close(fd);
	EXPECT_EQ(0, mbox_op_join(send));
}

TEST_F(cast, ends)
{
	uint64_t lag;
	int hub = cast_hub(), sender, fd;

	ASSERT_LE(0, hub);
	fd = cast_subscribe(hub, 3, IPCMBOX_SLOW_BLOCK);
	sender = mbox_reopen(hub, O_WRONLY, 0);
	close(hub);
	EXPECT_EQ(1, cast_post(sender, 7, 0, 0));
	close(sender);
	/* The last sender has gone. */
	EXPECT_EQ(7, cast_get(fd, &lag));
	EXPECT_EQ(-EPIPE, cast_get(fd, &lag));
	close(fd);
	hub = cast_hub();
	fd = cast_subscribe(hub, 3, IPCMBOX_SLOW_BLOCK);
	EXPECT_EQ(0, mbox_destroy(hub));
	EXPECT_EQ(-EIDRM, cast_get(fd, &lag));
	EXPECT_EQ(-EIDRM, cast_post(hub, 7, 0, 0));
	EXPECT_EQ(-EIDRM, cast_subscribe(hub, 3, 0));
	close(fd);
	close(hub);
}

TEST_F(cast, end_is_told_to_who_waits)
{
	unsigned int slots = mbox_slots(variant->capacity, 0), i;
	struct mbox_op *sends = self->op;

	if (!slots)
		return;
	for (i = 0; i < slots; i++)
		ASSERT_EQ(SUBSCRIBERS, cast_post(self->hub, i, 0, 0));
	/* One waits for room, one for his turn. */
	for (i = 0; i < 2; i++) {
		sends[i] = (struct mbox_op){ .fd = self->hub, .num = 99 };
		ASSERT_EQ(0, mbox_op_start(&sends[i]));
		mbox_nap();
		EXPECT_FALSE(sends[i].done);
	}
	EXPECT_EQ(0, mbox_destroy(self->hub));
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(-EIDRM, mbox_op_join(&sends[i]));
		EXPECT_EQ(IPCMBOX_NOT_SENT, sends[i].disposition);
	}
}

TEST_F(cast, bad_arguments)
{
	struct ipcmbox_create create = {
		.size = sizeof(create),
		.flags = IPCMBOX_BROADCAST,
		.open_flags = O_RDWR,
		.capacity = 1,
	};
	int fd = mbox_create(1, O_RDWR);
	uint64_t lag;

	EXPECT_EQ(-EINVAL, mbox_create_as(&create));
	EXPECT_EQ(-EINVAL, cast_subscribe(fd, 1, 0));
	EXPECT_EQ(-EINVAL, cast_subscribe(self->hub, 0, 0));
	EXPECT_EQ(-EINVAL, cast_subscribe(self->hub, 1, 4));
	EXPECT_EQ(-EINVAL, cast_get(self->hub, &lag));
	EXPECT_EQ(-EINVAL, cast_post(self->hub, 1, IPCMBOX_UNTIL_TAKEN, 0));
	EXPECT_EQ(-EINVAL, cast_post(fd, 1, IPCMBOX_ALL, 0));
	EXPECT_EQ(-EBADF, cast_post(self->fds[0], 1, 0, 0));
	close(fd);
}

TEST_F(cast, poll_tells_of_room)
{
	struct pollfd poll_fd = { .fd = self->hub, .events = POLLOUT };
	unsigned int slots = mbox_slots(variant->capacity, 0), i;

	if (!slots)
		return;
	EXPECT_EQ(1, poll(&poll_fd, 1, 0));
	for (i = 0; i < slots; i++)
		ASSERT_EQ(SUBSCRIBERS, cast_post(self->hub, i, 0, 0));
	EXPECT_EQ(0, poll(&poll_fd, 1, 0));
	for (i = 0; i < SUBSCRIBERS; i++) {
		EXPECT_EQ(0, poll(&poll_fd, 1, 0));
		EXPECT_EQ(0, mbox_recv_num(self->fds[i], 0));
	}
	EXPECT_EQ(1, poll(&poll_fd, 1, 0));
}

/* Several senders at once: one order. */
struct poster {
	int hub;
	uint32_t first;
	pthread_t thread;
};

static void *post_all(void *arg)
{
	struct poster *poster = arg;
	uint32_t i;

	for (i = 0; i < 500; i++)
		if (cast_post(poster->hub, poster->first + i, 0, 0) < 0)
			return (void *)1L;
	return NULL;
}

struct reader {
	int fd;
	uint32_t seen[1500];
	pthread_t thread;
};

static void *read_all(void *arg)
{
	struct reader *reader = arg;
	unsigned int i;

	for (i = 0; i < 1500; i++)
		reader->seen[i] = mbox_recv_num(reader->fd, 0);
	return NULL;
}

TEST_F_TIMEOUT(cast, one_order, 120)
{
	static struct reader readers[SUBSCRIBERS];
	struct poster posters[3];
	unsigned int i;
	void *wrong;

	for (i = 0; i < SUBSCRIBERS; i++) {
		readers[i].fd = self->fds[i];
		ASSERT_EQ(0, pthread_create(&readers[i].thread, NULL, read_all,
					    &readers[i]));
	}
	for (i = 0; i < 3; i++) {
		posters[i] = (struct poster){ self->hub, 1000 * i, 0 };
		ASSERT_EQ(0, pthread_create(&posters[i].thread, NULL, post_all,
					    &posters[i]));
	}
	for (i = 0; i < 3; i++) {
		pthread_join(posters[i].thread, &wrong);
		EXPECT_EQ(NULL, wrong);
	}
	for (i = 0; i < SUBSCRIBERS; i++) {
		pthread_join(readers[i].thread, NULL);
		EXPECT_EQ(0, memcmp(readers[0].seen, readers[i].seen,
				    sizeof(readers[0].seen)));
	}
}

/* Nor where mailboxes do not hang up. */
TEST(does_not_wait_for_who_has_gone_without_hangup)
{
	int hub = cast_hub_with(IPCMBOX_NO_HANGUP);
	int stays = cast_subscribe(hub, 5, IPCMBOX_SLOW_BLOCK);
	int goes = cast_subscribe(hub, 1, IPCMBOX_SLOW_BLOCK);
	struct mbox_op send = { .fd = hub, .num = 7 };
	uint64_t lag;

	ASSERT_LE(0, goes);
	ASSERT_EQ(2, cast_post(hub, 6, 0, 0));
	EXPECT_EQ(-EAGAIN, cast_post(hub, 7, IPCMBOX_DONTWAIT, 0));
	ASSERT_EQ(0, mbox_op_start(&send));
	mbox_nap();
	EXPECT_FALSE(send.done);
	close(goes);
	EXPECT_EQ(0, mbox_op_join(&send));
	EXPECT_EQ(6, cast_get(stays, &lag));
	EXPECT_EQ(7, cast_get(stays, &lag));
	close(stays);
	close(hub);
}

/* What an earlier call left in the argument is not how many this one reached. */
TEST(reaches_nobody)
{
	struct ipcmbox_send send = { .size = sizeof(send), .reached = 77 };
	int hub = cast_hub();

	ASSERT_LE(0, hub);
	EXPECT_EQ(0, mbox_ioctl(hub, IPCMBOX_IOC_SEND, &send));
	EXPECT_EQ(0, send.reached);
	send.reached = 77;
	send.flags = IPCMBOX_UNTIL_TAKEN;
	send.disposition = IPCMBOX_TAKEN;
	EXPECT_EQ(-EINVAL, mbox_ioctl(hub, IPCMBOX_IOC_SEND, &send));
	EXPECT_EQ(0, send.reached);
	EXPECT_EQ(IPCMBOX_NOT_SENT, send.disposition);
	close(hub);
}

TEST_HARNESS_MAIN
