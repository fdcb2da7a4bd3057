// SPDX-License-Identifier: GPL-2.0-only
/*
 * What looks at a mailbox and changes it: PEEK, DRAIN, INFO, SET, REOPEN and its
 * rights.
 */
#include "kselftest_harness.h"
#include "ipcmbox_util.h"

MBOX_FIXTURE(state);

/* One message, stored or offered by a sender that waits. */
static bool offer(struct mbox_op *op, int fd, uint64_t capacity, uint32_t num)
{
	*op = (struct mbox_op){ .fd = fd, .num = num };
	if (!capacity)
		return mbox_op_park(op);
	return !mbox_op_start(op) && !mbox_op_join(op);
}

TEST_F(state, peek)
{
	char small[2];
	uint32_t num;
	unsigned int i;

	EXPECT_EQ(-EAGAIN, mbox_peek(self->fd, &num, sizeof(num), 0));
	ASSERT_TRUE(offer(&self->op[0], self->fd, variant->capacity, 81));
	for (i = 0; i < 3; i++) {
		num = 0;
		EXPECT_EQ(sizeof(num),
			  mbox_peek(self->fd, &num, sizeof(num), 0));
		EXPECT_EQ(81, num);
	}
	EXPECT_EQ(-EMSGSIZE, mbox_peek(self->fd, small, sizeof(small), 0));
	EXPECT_EQ(sizeof(num),
		  mbox_peek(self->fd, small, sizeof(small), IPCMBOX_TRUNCATE));
	EXPECT_EQ(-EFAULT, mbox_peek(self->fd, NULL, sizeof(num), 0));
	EXPECT_EQ(0, mbox_info(self->fd).received);
	EXPECT_EQ(81, mbox_recv_num(self->fd, 0));
	EXPECT_EQ(-EAGAIN, mbox_peek(self->fd, &num, sizeof(num), 0));
	if (!variant->capacity)
		EXPECT_EQ(0, mbox_op_join(&self->op[0]));
}

TEST_F(state, peek_has_no_deadline)
{
	struct ipcmbox_recv recv = { .size = sizeof(recv), .deadline = 1 };

	EXPECT_EQ(-EINVAL, mbox_ioctl(self->fd, IPCMBOX_IOC_PEEK, &recv));
}

TEST_F(state, drain)
{
	unsigned int slots = mbox_slots(variant->capacity, 100);
	struct ipcmbox_drain drain = { .size = sizeof(drain) };
	struct ipcmbox_info info;
	unsigned int i;

	EXPECT_EQ(0, mbox_drain(self->fd));
	for (i = 0; i < slots; i++)
		ASSERT_EQ(0, mbox_send_num(self->fd, i, 0));
	/* Two who wait for room get it. */
	for (i = 0; i < 2 && variant->capacity != IPCMBOX_UNBOUNDED; i++) {
		self->op[i] = (struct mbox_op){ .fd = self->fd, .num = 50 + i };
		ASSERT_TRUE(mbox_op_park(&self->op[i]));
	}
	ASSERT_EQ(0, mbox_ioctl(self->fd, IPCMBOX_IOC_DRAIN, &drain));
	EXPECT_EQ(slots, drain.messages);
	EXPECT_EQ(slots * sizeof(uint32_t), drain.bytes);
	info = mbox_info(self->fd);
	EXPECT_EQ(slots, info.dropped);
	EXPECT_TRUE(mbox_conserves(self->fd));
	if (variant->capacity == IPCMBOX_UNBOUNDED)
		return;
	for (i = 0; i < 2; i++)
		EXPECT_EQ(50 + i, mbox_recv_num(self->fd, 0));
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, mbox_op_join(&self->op[i]));
}

TEST_F(state, drain_until_taken)
{
	if (!variant->capacity)
		return;
	self->op[0] = (struct mbox_op){
		.fd = self->fd,
		.flags = IPCMBOX_UNTIL_TAKEN,
	};
	ASSERT_EQ(0, mbox_op_start(&self->op[0]));
	while (!mbox_info(self->fd).queued)
		mbox_nap();
	EXPECT_EQ(1, mbox_drain(self->fd));
	EXPECT_EQ(-ECANCELED, mbox_op_join(&self->op[0]));
	EXPECT_EQ(1, mbox_info(self->fd).dropped);
}

TEST_F(state, info)
{
	struct ipcmbox_info info = mbox_info(self->fd);

	EXPECT_LT(0, info.mailbox);
	EXPECT_EQ(variant->capacity, info.capacity);
	EXPECT_EQ(IPCMBOX_MESSAGE_DEFAULT, info.max_message);
	EXPECT_EQ(IPCMBOX_ADMIN, info.attributes);
	EXPECT_EQ(0, info.state);
	EXPECT_EQ(1, info.receivers);
	EXPECT_EQ(1, info.senders);
	ASSERT_TRUE(offer(&self->op[0], self->fd, variant->capacity, 1));
	info = mbox_info(self->fd);
	EXPECT_EQ(1, info.sent);
	EXPECT_EQ(variant->capacity ? 1 : 0, info.queued);
	EXPECT_EQ(variant->capacity ? 4 : 0, info.queued_bytes);
	EXPECT_EQ(variant->capacity ? 0 : 1, info.senders_waiting);
	EXPECT_EQ(1, mbox_recv_num(self->fd, 0));
	info = mbox_info(self->fd);
	EXPECT_EQ(1, info.received);
	EXPECT_EQ(0, info.queued_bytes);
	if (!variant->capacity)
		EXPECT_EQ(0, mbox_op_join(&self->op[0]));
}

TEST_F(state, set_capacity)
{
	uint64_t max = IPCMBOX_CAPACITY_MAX;
	unsigned int i;

	if (!variant->capacity || variant->capacity == IPCMBOX_UNBOUNDED) {
		EXPECT_EQ(-EINVAL, mbox_set(self->fd, IPCMBOX_SET_CAPACITY, 3));
		return;
	}
	EXPECT_EQ(-EINVAL, mbox_set(self->fd, IPCMBOX_SET_CAPACITY, 0));
	EXPECT_EQ(-EINVAL, mbox_set(self->fd, IPCMBOX_SET_CAPACITY, max + 1));
	EXPECT_EQ(-EINVAL,
		  mbox_set(self->fd, IPCMBOX_SET_CAPACITY, IPCMBOX_UNBOUNDED));
	ASSERT_LE(0, mbox_fill(self->fd, variant->capacity, 0));
	for (i = 0; i < 3; i++) {
		self->op[i] = (struct mbox_op){
			.fd = self->fd,
			.num = variant->capacity + i,
		};
		ASSERT_TRUE(mbox_op_park(&self->op[i]));
	}
	/* Who waits goes on at once; what is stored stays. */
	ASSERT_EQ(0, mbox_set(self->fd, IPCMBOX_SET_CAPACITY,
			      variant->capacity + 2));
	EXPECT_EQ(0, mbox_op_join(&self->op[0]));
	EXPECT_EQ(0, mbox_op_join(&self->op[1]));
	EXPECT_EQ(1, mbox_info(self->fd).senders_waiting);
	ASSERT_EQ(0, mbox_set(self->fd, IPCMBOX_SET_CAPACITY, 1));
	EXPECT_EQ(variant->capacity + 2, mbox_info(self->fd).queued);
	for (i = 0; i < variant->capacity + 1; i++)
		EXPECT_EQ(i, mbox_recv_num(self->fd, 0));
	EXPECT_FALSE(self->op[2].done);
	EXPECT_EQ(i++, mbox_recv_num(self->fd, 0));
	EXPECT_EQ(0, mbox_op_join(&self->op[2]));
	EXPECT_EQ(i, mbox_recv_num(self->fd, 0));
}

TEST_F(state, set_bytes)
{
	bool unbounded = variant->capacity == IPCMBOX_UNBOUNDED;
	unsigned int bytes = IPCMBOX_SET_MAX_BYTES;
	unsigned int message = IPCMBOX_SET_MAX_MESSAGE;
	char data[101];

	EXPECT_EQ(-EINVAL, mbox_set(self->fd, 0, 1));
	EXPECT_EQ(-EINVAL, mbox_set(self->fd, message, 0));
	EXPECT_EQ(-EINVAL,
		  mbox_set(self->fd, message, IPCMBOX_MESSAGE_MAX + 1));
	EXPECT_EQ(0, mbox_set(self->fd, message, 100));
	EXPECT_EQ(-EMSGSIZE, mbox_send(self->fd, data, 101, IPCMBOX_DONTWAIT));
	if (!variant->capacity) {
		EXPECT_EQ(-EINVAL, mbox_set(self->fd, bytes, 100));
		return;
	}
	EXPECT_EQ(-EINVAL, mbox_set(self->fd, bytes, 99));
	EXPECT_EQ(-EINVAL, mbox_set(self->fd, bytes, IPCMBOX_BYTES_MAX + 1));
	EXPECT_EQ(0, mbox_set(self->fd, bytes, 100));
	EXPECT_EQ(100, mbox_info(self->fd).max_bytes);
	EXPECT_EQ(-EINVAL, mbox_set(self->fd, message, 101));
	EXPECT_EQ(0, mbox_set(self->fd, bytes | message, 101));
	EXPECT_EQ(0, mbox_send(self->fd, data, 101, IPCMBOX_DONTWAIT));
	EXPECT_EQ(unbounded ? -ENOBUFS : -EAGAIN,
		  mbox_send(self->fd, data, 1, IPCMBOX_DONTWAIT));
	EXPECT_EQ(unbounded ? -EINVAL : 0, mbox_set(self->fd, bytes, 0));
}

TEST_F(state, rights_only_shrink)
{
	static const int modes[] = { O_RDONLY, O_WRONLY, O_RDWR };
	const unsigned int flag = IPCMBOX_SET_MAX_MESSAGE;
	unsigned int i, k, admin;
	int fd, again;

	for (i = 0; i < 3; i++) {
		for (admin = 0; admin < 2; admin++) {
			fd = mbox_reopen(self->fd, modes[i],
					 admin ? IPCMBOX_ADMIN : 0);
			ASSERT_LE(0, fd);
			EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
			EXPECT_EQ(admin ? IPCMBOX_ADMIN : 0,
				  mbox_info(fd).attributes);
			EXPECT_EQ(mbox_info(self->fd).mailbox,
				  mbox_info(fd).mailbox);
			for (k = 0; k < 3; k++) {
				again = mbox_reopen(fd, modes[k], 0);
				EXPECT_EQ(i == 2 || i == k, again >= 0);
				if (again >= 0) {
					close(again);
					continue;
				}
				EXPECT_EQ(-EACCES, again);
			}
			again = mbox_reopen(fd, modes[i], IPCMBOX_ADMIN);
			EXPECT_EQ(admin, again >= 0);
			if (again >= 0)
				close(again);
			EXPECT_EQ(admin ? 0 : -EBADF, mbox_set(fd, flag, 1000));
			if (modes[i] == O_RDONLY)
				EXPECT_EQ(-EBADF, mbox_send_num(fd, 1, 0));
			if (modes[i] == O_WRONLY) {
				EXPECT_EQ(-EBADF, mbox_recv_num(fd, 0));
				EXPECT_EQ(-EBADF, mbox_peek(fd, NULL, 0, 0));
				EXPECT_EQ(-EBADF, mbox_drain(fd));
			}
			close(fd);
		}
	}
	EXPECT_EQ(-EINVAL, mbox_reopen(self->fd, O_ACCMODE, 0));
	EXPECT_EQ(-EINVAL, mbox_reopen(self->fd, O_APPEND, 0));
}

TEST_F(state, duplex_sides)
{
	struct ipcmbox_info rx, tx;
	int fds[2];

	ASSERT_EQ(0, mbox_pair(variant->capacity, IPCMBOX_DUPLEX, fds));
	rx = mbox_info(fds[0]);
	tx = mbox_info_of(fds[0], IPCMBOX_TX);
	EXPECT_NE(rx.mailbox, tx.mailbox);
	EXPECT_EQ(IPCMBOX_DUPLEX, rx.attributes);
	EXPECT_EQ(tx.mailbox, mbox_info(fds[1]).mailbox);
	EXPECT_EQ(rx.mailbox, mbox_info_of(fds[1], IPCMBOX_TX).mailbox);
	if (variant->capacity) {
		ASSERT_EQ(0, mbox_send_num(fds[0], 5, 0));
		EXPECT_EQ(1, mbox_info_of(fds[0], IPCMBOX_TX).queued);
		EXPECT_EQ(0, mbox_info(fds[0]).queued);
		EXPECT_EQ(-EAGAIN, mbox_recv_num(fds[0], IPCMBOX_DONTWAIT));
		EXPECT_EQ(5, mbox_recv_num(fds[1], 0));
	}
	close(fds[0]);
	close(fds[1]);
}

TEST_HARNESS_MAIN
