// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library as its users see it: each function once where it works, and with
 * the errno that it promises where it does not.
 */
#include "lib_util.h"

FIXTURE(lib)
{
	int fd;
};

FIXTURE_SETUP(lib)
{
	self->fd = ipcmbox_create(2, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(lib)
{
	close(self->fd);
}

TEST_F(lib, version)
{
	uint64_t features = 0;
	uint32_t version = 0;
	int ctl = ipcmbox_open();

	ASSERT_LE(0, ctl);
	EXPECT_EQ(0, ipcmbox_version(ctl, &version, &features));
	EXPECT_EQ(IPCMBOX_ABI_VERSION, version);
	EXPECT_EQ(MBOX_FEATURES, features);
	EXPECT_EQ(0, ipcmbox_version(ctl, NULL, NULL));
	EXPECT_ERRNO(ENOTTY, ipcmbox_version(self->fd, NULL, NULL));
	close(ctl);
	EXPECT_ERRNO(EBADF, ipcmbox_version(ctl, NULL, NULL));
}

TEST_F(lib, attributes)
{
	struct ipcmbox_attr *attr = ipcmbox_attr_new();
	struct ipcmbox_info info;
	int fd, ctl, fds[2];

	ASSERT_NE(NULL, attr);
	ipcmbox_attr_set_capacity(attr, 5);
	ipcmbox_attr_set_max_bytes(attr, 4000);
	ipcmbox_attr_set_max_message(attr, 300);
	ipcmbox_attr_set_region_size(attr, 8192);
	ipcmbox_attr_set_hangup(attr, false);
	fd = ipcmbox_create_attr(attr, O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ipcmbox_info(fd, 0, &info, sizeof(info)));
	EXPECT_EQ(5, info.capacity);
	EXPECT_EQ(4000, info.max_bytes);
	EXPECT_EQ(300, info.max_message);
	EXPECT_EQ(8192, info.region_size);
	EXPECT_EQ(IPCMBOX_NO_HANGUP | IPCMBOX_ADMIN, info.attributes);
	EXPECT_EQ(O_NONBLOCK, fcntl(fd, F_GETFL) & O_NONBLOCK);
	close(fd);

	ipcmbox_attr_set_hangup(attr, true);
	ctl = ipcmbox_open();
	ASSERT_EQ(0, ipcmbox_pair_at(ctl, attr, IPCMBOX_DUPLEX, 0, fds));
	ASSERT_EQ(0, ipcmbox_info(fds[1], IPCMBOX_TX, &info, sizeof(info)));
	EXPECT_EQ(IPCMBOX_DUPLEX, info.attributes);
	close(fds[0]);
	close(fds[1]);
	fd = ipcmbox_create_at(ctl, attr, O_RDONLY);
	EXPECT_LE(0, fd);
	close(fd);
	ipcmbox_attr_set_max_message(attr, 4001);
	EXPECT_ERRNO(EINVAL, ipcmbox_create_at(ctl, attr, O_RDWR));
	close(ctl);
	ipcmbox_attr_free(attr);
	ipcmbox_attr_free(NULL);
}

TEST_F(lib, pairs)
{
	char byte;
	int fds[2];

	ASSERT_EQ(0, ipcmbox_pair(fds, 1));
	EXPECT_EQ(0, ipcmbox_send(fds[1], "a", 1));
	EXPECT_EQ(1, ipcmbox_recv(fds[0], &byte, 1));
	EXPECT_ERRNO(EBADF, ipcmbox_send(fds[0], "a", 1));
	EXPECT_ERRNO(EBADF, ipcmbox_recv(fds[1], &byte, 1));
	close(fds[1]);
	EXPECT_ERRNO(EPIPE, ipcmbox_recv(fds[0], &byte, 1));
	close(fds[0]);
	ASSERT_EQ(0, ipcmbox_duplex(fds, 1));
	EXPECT_EQ(0, ipcmbox_send(fds[1], "b", 1));
	EXPECT_EQ(0, ipcmbox_send(fds[0], "c", 1));
	EXPECT_EQ(1, ipcmbox_recv(fds[0], &byte, 1));
	EXPECT_EQ('b', byte);
	EXPECT_EQ(1, ipcmbox_recv(fds[1], &byte, 1));
	EXPECT_EQ('c', byte);
	close(fds[0]);
	close(fds[1]);
	EXPECT_ERRNO(EINVAL, ipcmbox_pair(fds, IPCMBOX_CAPACITY_MAX + 1));
}

TEST_F(lib, reopen)
{
	int reader = ipcmbox_reopen(self->fd, 0, O_RDONLY);
	int admin = ipcmbox_reopen(self->fd, IPCMBOX_ADMIN, O_RDWR);

	ASSERT_LE(0, reader);
	ASSERT_LE(0, admin);
	EXPECT_ERRNO(EBADF, ipcmbox_send(reader, "a", 1));
	EXPECT_ERRNO(EACCES, ipcmbox_reopen(reader, 0, O_RDWR));
	EXPECT_ERRNO(EACCES, ipcmbox_reopen(reader, IPCMBOX_ADMIN, O_RDONLY));
	EXPECT_ERRNO(EBADF, ipcmbox_destroy(reader));
	EXPECT_EQ(0, ipcmbox_destroy(admin));
	EXPECT_ERRNO(EIDRM, ipcmbox_send(self->fd, "a", 1));
	close(reader);
	close(admin);
}

TEST_F(lib, vectors)
{
	struct iovec from[2] = { { "abc", 3 }, { "defg", 4 } };
	char first[2], rest[9];
	struct iovec to[2] = { { first, 2 }, { rest, 9 } };
	struct ipcmbox_delivery delivery;
	struct ipcmbox_receipt receipt;

	EXPECT_EQ(0, ipcmbox_sendv(self->fd, from, 2, 0, 0, &receipt,
				   sizeof(receipt)));
	EXPECT_EQ(1, receipt.id);
	EXPECT_EQ(IPCMBOX_QUEUED, receipt.disposition);
	EXPECT_EQ(7, ipcmbox_recvv(self->fd, to, 2, 0, 0, &delivery,
				   sizeof(delivery)));
	EXPECT_EQ(0, memcmp(first, "ab", 2));
	EXPECT_EQ(0, memcmp(rest, "cdefg", 5));
	EXPECT_EQ(1, delivery.id);
	EXPECT_EQ(7, delivery.len);
	EXPECT_EQ(0, delivery.flags);
	EXPECT_ERRNO(EINVAL, ipcmbox_sendv(self->fd, from, -1, 0, 0, NULL, 0));
	EXPECT_ERRNO(EINVAL, ipcmbox_recvv(self->fd, to, IPCMBOX_IOV_MAX + 1, 0,
					   0, NULL, 0));
	EXPECT_ERRNO(EOPNOTSUPP,
		     ipcmbox_sendv(self->fd, from, 2, 1U << 20, 0, NULL, 0));
}

TEST_F(lib, too_long)
{
	struct ipcmbox_delivery delivery;
	char text[4];
	struct iovec to = { text, 4 };

	ASSERT_EQ(0, ipcmbox_send(self->fd, "123456", 6));
	EXPECT_ERRNO(EMSGSIZE, ipcmbox_recv(self->fd, text, 4));
	EXPECT_ERRNO(EMSGSIZE, ipcmbox_peek(self->fd, text, 4, 0, &delivery,
					    sizeof(delivery)));
	EXPECT_EQ(6, delivery.len);
	EXPECT_EQ(4,
		  ipcmbox_peek(self->fd, text, 4, IPCMBOX_TRUNCATE, NULL, 0));
	EXPECT_ERRNO(EOPNOTSUPP,
		     ipcmbox_peek(self->fd, text, 4, IPCMBOX_IOVEC, NULL, 0));
	EXPECT_EQ(4, ipcmbox_recvv(self->fd, &to, 1, IPCMBOX_TRUNCATE, 0,
				   &delivery, sizeof(delivery)));
	EXPECT_EQ(6, delivery.len);
	EXPECT_EQ(IPCMBOX_MSG_TRUNCATED, delivery.flags);
	EXPECT_ERRNO(EAGAIN, ipcmbox_peek(self->fd, text, 4, 0, NULL, 0));
}

/* A caller that knows a shorter or longer struct than the library. */
TEST_F(lib, struct_sizes)
{
	struct {
		struct ipcmbox_info info;
		char newer[16];
	} grown;
	struct ipcmbox_receipt receipt = { .disposition = 99 };
	struct iovec from = { "a", 1 };

	memset(&grown, 0xff, sizeof(grown));
	EXPECT_EQ(0, ipcmbox_info(self->fd, 0, &grown.info, sizeof(grown)));
	EXPECT_EQ(2, grown.info.capacity);
	EXPECT_EQ(0, grown.newer[0]);
	EXPECT_EQ(0, grown.newer[15]);
	EXPECT_EQ(0, ipcmbox_sendv(self->fd, &from, 1, 0, 0, &receipt,
				   sizeof(receipt.id)));
	EXPECT_EQ(1, receipt.id);
	EXPECT_EQ(99, receipt.disposition);
}

TEST_F(lib, deadlines)
{
	uint64_t before = mbox_now(), deadline = ipcmbox_deadline(50 * MSEC);
	struct ipcmbox_receipt receipt;
	struct iovec piece = { "a", 1 };

	EXPECT_LE(before + 50 * MSEC, deadline);
	EXPECT_EQ(UINT64_MAX, ipcmbox_deadline(UINT64_MAX));
	EXPECT_ERRNO(ETIMEDOUT,
		     ipcmbox_recvv(self->fd, &piece, 1, 0, deadline, NULL, 0));
	EXPECT_LE(deadline, mbox_now());
	EXPECT_ERRNO(ETIMEDOUT,
		     ipcmbox_sendv(self->fd, &piece, 1, IPCMBOX_UNTIL_TAKEN,
				   ipcmbox_deadline(10 * MSEC), &receipt,
				   sizeof(receipt)));
	EXPECT_EQ(IPCMBOX_WITHDRAWN, receipt.disposition);
	EXPECT_ERRNO(EAGAIN, ipcmbox_recvv(self->fd, &piece, 1,
					   IPCMBOX_DONTWAIT, 0, NULL, 0));
}

TEST_F(lib, state)
{
	uint64_t messages = 0, bytes = 0;
	struct ipcmbox_info info;

	EXPECT_EQ(0, ipcmbox_set_capacity(self->fd, 3));
	EXPECT_EQ(0, ipcmbox_set_max_message(self->fd, 10));
	EXPECT_EQ(0, ipcmbox_set_max_bytes(self->fd, 20));
	EXPECT_ERRNO(EINVAL, ipcmbox_set_max_message(self->fd, 21));
	EXPECT_ERRNO(EMSGSIZE, ipcmbox_send(self->fd, "12345678901", 11));
	EXPECT_EQ(0, ipcmbox_send(self->fd, "1234567890", 10));
	EXPECT_EQ(0, ipcmbox_send(self->fd, "123", 3));
	ASSERT_EQ(0, ipcmbox_info(self->fd, 0, &info, sizeof(info)));
	EXPECT_EQ(2, info.queued);
	EXPECT_EQ(13, info.queued_bytes);
	EXPECT_EQ(0, ipcmbox_drain(self->fd, &messages, &bytes));
	EXPECT_EQ(2, messages);
	EXPECT_EQ(13, bytes);
	EXPECT_EQ(0, ipcmbox_drain(self->fd, NULL, NULL));
}

TEST_HARNESS_MAIN
