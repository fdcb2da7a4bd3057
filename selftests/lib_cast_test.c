// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library's broadcasts: who gets a message, and what becomes of those who are slow.
 */
#include "lib_util.h"

FIXTURE(lib_cast)
{
	int hub;
	struct ipcmbox_attr *attr;
};

FIXTURE_VARIANT(lib_cast)
{
	uint64_t capacity;
};

FIXTURE_VARIANT_ADD(lib_cast, one) { .capacity = 1 };
FIXTURE_VARIANT_ADD(lib_cast, two) { .capacity = 2 };
FIXTURE_VARIANT_ADD(lib_cast, seven) { .capacity = 7 };
FIXTURE_VARIANT_ADD(lib_cast, hundred) { .capacity = 100 };
FIXTURE_VARIANT_ADD(lib_cast, unbounded) { .capacity = IPCMBOX_UNBOUNDED };

FIXTURE_SETUP(lib_cast)
{
	struct ipcmbox_attr *hub = ipcmbox_attr_new();

	ASSERT_NE(NULL, hub);
	ipcmbox_attr_set_broadcast(hub, true);
	self->hub = ipcmbox_create_attr(hub, O_RDWR);
	ASSERT_LE(0, self->hub);
	ipcmbox_attr_free(hub);
	self->attr = ipcmbox_attr_new();
	ASSERT_NE(NULL, self->attr);
	ipcmbox_attr_set_capacity(self->attr, variant->capacity);
}

FIXTURE_TEARDOWN(lib_cast)
{
	EXPECT_TRUE(mbox_is_calm(self->hub));
	ipcmbox_attr_free(self->attr);
	close(self->hub);
}

/* How many have it, or -errno. */
static int post(int hub, uint32_t num, unsigned int flags)
{
	struct iovec piece = { &num, sizeof(num) };
	struct ipcmbox_receipt receipt;

	memset(&receipt, 0xff, sizeof(receipt));
	if (ipcmbox_sendv(hub, &piece, 1, flags, 0, &receipt, sizeof(receipt)))
		return -errno;
	return (int)receipt.reached;
}

/* The next number, or -errno; so many were lost before. */
static int64_t get(int fd, uint64_t *lag)
{
	uint32_t num;
	struct iovec piece = { &num, sizeof(num) };
	struct ipcmbox_delivery delivery;
	ssize_t ret = ipcmbox_recvv(fd, &piece, 1, IPCMBOX_DONTWAIT, 0,
				    &delivery, sizeof(delivery));

	*lag = delivery.lag;
	return ret < 0 ? -errno : (int64_t)num;
}

TEST_F(lib_cast, reaches_all)
{
	unsigned int slots = mbox_slots(variant->capacity, 20), i, j;
	uint64_t lag;
	int fds[3];

	EXPECT_EQ(0, post(self->hub, 99, 0));
	for (j = 0; j < 3; j++) {
		fds[j] = ipcmbox_subscribe(self->hub, self->attr, 0);
		ASSERT_LE(0, fds[j]);
	}
	for (i = 0; i < slots; i++)
		ASSERT_EQ(3, post(self->hub, i, 0));
	if (variant->capacity != IPCMBOX_UNBOUNDED)
		EXPECT_EQ(-EAGAIN, post(self->hub, 99, IPCMBOX_DONTWAIT));
	for (j = 0; j < 3; j++) {
		for (i = 0; i < slots; i++) {
			EXPECT_EQ(i, get(fds[j], &lag));
			EXPECT_EQ(0, lag);
		}
		EXPECT_EQ(-EAGAIN, get(fds[j], &lag));
		EXPECT_EQ(0, lag);
		EXPECT_TRUE(mbox_is_calm(fds[j]));
		close(fds[j]);
	}
}

TEST_F(lib_cast, slow_ones)
{
	unsigned int slots = mbox_slots(variant->capacity, 0), i;
	int oldest, newest, gone;
	uint64_t lag;

	if (!slots)
		return;
	ipcmbox_attr_set_slow(self->attr, IPCMBOX_SLOW_DROP_OLDEST);
	oldest = ipcmbox_subscribe(self->hub, self->attr, O_NONBLOCK);
	ipcmbox_attr_set_slow(self->attr, IPCMBOX_SLOW_DROP_NEWEST);
	newest = ipcmbox_subscribe(self->hub, self->attr, 0);
	ipcmbox_attr_set_slow(self->attr, IPCMBOX_SLOW_DISCONNECT);
	gone = ipcmbox_subscribe(self->hub, self->attr, 0);
	for (i = 0; i < slots; i++)
		ASSERT_EQ(3, post(self->hub, i, IPCMBOX_ALL));
	EXPECT_EQ(-EAGAIN, post(self->hub, 99, IPCMBOX_ALL | IPCMBOX_DONTWAIT));
	EXPECT_EQ(1, post(self->hub, slots, 0));
	EXPECT_EQ(1, get(oldest, &lag));
	EXPECT_EQ(1, lag);
	EXPECT_EQ(0, get(newest, &lag));
	EXPECT_EQ(0, lag);
	for (i = 0; i < slots; i++)
		EXPECT_EQ(i, get(gone, &lag));
	EXPECT_EQ(-EPIPE, get(gone, &lag));
	EXPECT_EQ(2, post(self->hub, slots + 1, 0));
	for (i = 1; i < slots; i++)
		EXPECT_EQ(i, get(newest, &lag));
	EXPECT_EQ(slots + 1, get(newest, &lag));
	EXPECT_EQ(1, lag);
	close(oldest);
	close(newest);
	close(gone);
}

/* A subscription is a mailbox: who receives may choose. */
TEST_F(lib_cast, chooses)
{
	const struct ipcmbox_recv_options five = {
		.flags = IPCMBOX_DONTWAIT,
		.match = IPCMBOX_MATCH_TYPE,
		.match_value = 5,
	};
	struct ipcmbox_send_options options = { .type = 4 };
	uint64_t lag;
	int fd, port;

	ipcmbox_attr_set_selective(self->attr, true);
	ipcmbox_attr_set_policy(self->attr, IPCMBOX_RECENT);
	fd = ipcmbox_subscribe(self->hub, self->attr, 0);
	ASSERT_LE(0, fd);
	EXPECT_EQ(IPCMBOX_RECENT, mbox_info(fd).policy);
	EXPECT_EQ(IPCMBOX_SELECTIVE, mbox_info(fd).attributes);
	EXPECT_EQ(0, ipcmbox_send_with(self->hub, NULL, 0, &options,
				       sizeof(options), NULL, 0));
	EXPECT_ERRNO(EAGAIN, ipcmbox_recv_with(fd, NULL, 0, &five, sizeof(five),
					       NULL, 0));
	if (variant->capacity > 1) {
		options.type = 5;
		EXPECT_EQ(0, ipcmbox_send_with(self->hub, NULL, 0, &options,
					       sizeof(options), NULL, 0));
		EXPECT_EQ(0, ipcmbox_recv_with(fd, NULL, 0, &five, sizeof(five),
					       NULL, 0));
	}
	EXPECT_EQ(0, ipcmbox_recv(fd, NULL, 0));
	EXPECT_EQ(-EAGAIN, get(fd, &lag));
	/* Nobody sends to it but the hub. */
	EXPECT_ERRNO(EBADF, ipcmbox_send(fd, "x", 1));
	port = ipcmbox_reopen(fd, 0, O_RDONLY);
	EXPECT_LE(0, port);
	close(port);
	close(fd);
}

TEST_F(lib_cast, bad_arguments)
{
	struct ipcmbox_attr *attr = ipcmbox_attr_new();
	int fds[2], fd = ipcmbox_create(1, O_RDWR);
	int ctl = ipcmbox_open();

	ASSERT_NE(NULL, attr);
	EXPECT_ERRNO(EINVAL, ipcmbox_subscribe(fd, self->attr, 0));
	EXPECT_ERRNO(ENOTTY, ipcmbox_subscribe(ctl, self->attr, 0));
	EXPECT_ERRNO(EINVAL, ipcmbox_subscribe(self->hub, attr, 0));
	EXPECT_ERRNO(EINVAL,
		     ipcmbox_subscribe(self->hub, self->attr, O_APPEND));
	ipcmbox_attr_set_capacity(attr, 1);
	ipcmbox_attr_set_max_message(attr, 1);
	EXPECT_ERRNO(EINVAL, ipcmbox_subscribe(self->hub, attr, 0));
	ipcmbox_attr_set_max_message(attr, 0);
	ipcmbox_attr_set_region_size(attr, 1);
	EXPECT_ERRNO(EINVAL, ipcmbox_subscribe(self->hub, attr, 0));
	ipcmbox_attr_set_region_size(attr, 0);
	ipcmbox_attr_set_order(attr, IPCMBOX_LIFO);
	EXPECT_ERRNO(EINVAL, ipcmbox_subscribe(self->hub, attr, 0));
	ipcmbox_attr_set_order(attr, IPCMBOX_FIFO);
	ipcmbox_attr_set_hangup(attr, false);
	EXPECT_ERRNO(EOPNOTSUPP, ipcmbox_subscribe(self->hub, attr, 0));
	ipcmbox_attr_set_hangup(attr, true);
	ipcmbox_attr_set_slow(attr, IPCMBOX_SLOW_DISCONNECT + 1);
	EXPECT_ERRNO(EINVAL, ipcmbox_subscribe(self->hub, attr, 0));
	/* What is slow is a subscription, not a mailbox. */
	EXPECT_ERRNO(EINVAL, ipcmbox_create_attr(attr, O_RDWR));
	EXPECT_ERRNO(EINVAL, ipcmbox_pair_at(ctl, attr, 0, 0, fds));
	ipcmbox_attr_set_slow(attr, IPCMBOX_SLOW_BLOCK);
	ipcmbox_attr_set_slow_mask(attr, 1U << IPCMBOX_SLOW_BLOCK);
	EXPECT_ERRNO(EINVAL, ipcmbox_subscribe(self->hub, attr, 0));
	EXPECT_ERRNO(EINVAL, ipcmbox_create_attr(attr, O_RDWR));
	EXPECT_ERRNO(EINVAL, ipcmbox_pair_at(ctl, attr, 0, 0, fds));
	EXPECT_ERRNO(EINVAL,
		     ipcmbox_inbox_at(ctl, attr, IPCMBOX_ACCESS_USER, 0, 0));
	ipcmbox_attr_set_slow_mask(attr, 0);
	ipcmbox_attr_set_broadcast(attr, true);
	EXPECT_ERRNO(EINVAL, ipcmbox_create_attr(attr, O_RDWR));
	EXPECT_EQ(-EINVAL, post(self->hub, 1, IPCMBOX_UNTIL_TAKEN));
	EXPECT_EQ(-EINVAL, post(fd, 1, IPCMBOX_ALL));
	ipcmbox_attr_free(attr);
	close(fd);
	close(ctl);
}

TEST(lib_cast_slow_mask)
{
	struct ipcmbox_attr *attr = ipcmbox_attr_new();
	struct ipcmbox_attr *sub = ipcmbox_attr_new();
	int hub, fd;

	ASSERT_NE(NULL, attr);
	ASSERT_NE(NULL, sub);
	ipcmbox_attr_set_broadcast(attr, true);
	ipcmbox_attr_set_slow_mask(attr, 1U << IPCMBOX_SLOW_DROP_OLDEST);
	hub = ipcmbox_create_attr(attr, O_RDWR);
	ASSERT_LE(0, hub);
	ipcmbox_attr_set_capacity(sub, 1);
	EXPECT_ERRNO(EACCES, ipcmbox_subscribe(hub, sub, 0));
	ipcmbox_attr_set_slow(sub, IPCMBOX_SLOW_DROP_OLDEST);
	fd = ipcmbox_subscribe(hub, sub, 0);
	EXPECT_LE(0, fd);
	close(fd);
	close(hub);
	ipcmbox_attr_free(attr);
	ipcmbox_attr_free(sub);
}

TEST_HARNESS_MAIN
