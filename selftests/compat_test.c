// SPDX-License-Identifier: GPL-2.0-only
/*
 * A 32-bit program uses the same ABI: the same numbers, layout and operations.
 * Built with -m32; the layout is checked while it is compiled.
 */
#include "kselftest_harness.h"
#include "ipcmbox_layout.h"
#include "ipcmbox_util.h"

static_assert(sizeof(void *) == 4, "this is to be a 32-bit program");

MBOX_FIXTURE(compat);

TEST_F(compat, send_and_receive)
{
	struct mbox_op recv = { .fd = self->fd, .kind = OP_RECV };

	ASSERT_TRUE(mbox_op_park(&recv));
	ASSERT_EQ(0, mbox_send_num(self->fd, 77, 0));
	EXPECT_EQ(0, mbox_op_join(&recv));
	EXPECT_EQ(77, recv.num);
	EXPECT_EQ(4, recv.msg_len);
	EXPECT_EQ(1, recv.id);
}

TEST_F(compat, vectors)
{
	char in[3][3] = { "abc", "def", "ghi" }, out[2][5] = {};
	struct ipcmbox_iovec from[3], to[2];
	struct mbox_op *send = &self->op[0];
	struct ipcmbox_recv recv = {
		.size = sizeof(recv),
		.flags = IPCMBOX_IOVEC,
		.data = (uintptr_t)to,
		.len = 2,
	};
	unsigned int i;

	for (i = 0; i < 3; i++) {
		from[i].base = (uintptr_t)in[i];
		from[i].len = 3;
	}
	for (i = 0; i < 2; i++) {
		to[i].base = (uintptr_t)out[i];
		to[i].len = 5;
	}
	*send = (struct mbox_op){
		.fd = self->fd,
		.flags = IPCMBOX_IOVEC,
		.data = from,
		.len = 3,
	};
	ASSERT_EQ(0, mbox_op_start(send));
	ASSERT_EQ(0, mbox_ioctl(self->fd, IPCMBOX_IOC_RECV, &recv));
	EXPECT_EQ(0, mbox_op_join(send));
	EXPECT_EQ(9, recv.msg_len);
	EXPECT_EQ(0, memcmp(out[0], "abcde", 5));
	EXPECT_EQ(0, memcmp(out[1], "fghi", 4));
}

TEST_F(compat, read_write_and_poll)
{
	struct pollfd poll_fd = { .fd = self->fd, .events = POLLIN };
	struct mbox_op write = { .fd = self->fd, .kind = OP_WRITE, .num = 5 };
	uint32_t num;

	EXPECT_EQ(0, poll(&poll_fd, 1, 0));
	ASSERT_EQ(0, mbox_op_start(&write));
	EXPECT_EQ(1, poll(&poll_fd, 1, MBOX_WATCHDOG_MS));
	EXPECT_EQ(sizeof(num), read(self->fd, &num, sizeof(num)));
	EXPECT_EQ(5, num);
	EXPECT_EQ(sizeof(num), mbox_op_join(&write));
}

TEST(ioctls)
{
	struct ipcmbox_create create = {
		.open_flags = O_RDWR,
		.capacity = 1,
		.region_size = 4096,
	};
	struct ipcmbox_drain drain = { .size = sizeof(drain) };
	int fd = mbox_create_as(&create);
	int reader, fds[2];
	char *region;

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, mbox_set(fd, IPCMBOX_SET_CAPACITY, 3));
	EXPECT_EQ(3, mbox_info(fd).capacity);
	region = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, region);
	region[4095] = 1;
	munmap(region, 4096);
	EXPECT_EQ(0, mbox_send_num(fd, 1, 0));
	EXPECT_EQ(0, mbox_ioctl(fd, IPCMBOX_IOC_DRAIN, &drain));
	EXPECT_EQ(1, drain.messages);
	EXPECT_EQ(4, drain.bytes);
	reader = mbox_reopen(fd, O_RDONLY, 0);
	EXPECT_EQ(-EBADF, mbox_send_num(reader, 1, 0));
	EXPECT_EQ(0, mbox_destroy(fd));
	EXPECT_EQ(-EIDRM, mbox_send_num(fd, 1, 0));
	close(reader);
	close(fd);
	ASSERT_EQ(0, mbox_pair(1, IPCMBOX_DUPLEX, fds));
	EXPECT_EQ(0, mbox_send_num(fds[0], 9, 0));
	EXPECT_EQ(9, mbox_recv_num(fds[1], 0));
	close(fds[0]);
	close(fds[1]);
}

TEST_HARNESS_MAIN
