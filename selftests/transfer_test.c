// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens to a message while a receiver copies it: the receiver fails or dies,
 * the mailbox is destroyed or loses its last sender.
 */
#include "kselftest_harness.h"
#include "stall.h"

FIXTURE(transfer)
{
	int fd;
	struct mbox_op op[3];
	struct stall stall;
};

MBOX_CAPACITIES(transfer);

FIXTURE_SETUP(transfer)
{
	memset(self, 0, sizeof(*self));
	self->fd = mbox_create(variant->capacity, O_RDWR);
	ASSERT_LE(0, self->fd);
	if (!stall_init(&self->stall, self->fd))
		SKIP(return, "no userfaultfd: %s", strerror(errno));
}

FIXTURE_TEARDOWN(transfer)
{
	EXPECT_TRUE(mbox_is_calm(self->fd));
	close(self->fd);
	stall_exit(&self->stall);
}

/* Two receivers fail, the one with the older message last. */
TEST_F(transfer, two_come_back_in_order)
{
	struct stall second;

	ASSERT_TRUE(stall_init(&second, self->fd));
	self->op[0].fd = self->fd;
	self->op[1] = (struct mbox_op){ .fd = self->fd, .num = 2 };
	ASSERT_TRUE(stall_begin(&self->stall, &self->op[0], 1));
	ASSERT_TRUE(mbox_op_park(&second.op));
	ASSERT_EQ(0, mbox_op_start(&self->op[1]));
	ASSERT_TRUE(mbox_wait_transfer(self->fd, 2));

	ASSERT_EQ(0, stall_fail(&second));
	EXPECT_EQ(-EFAULT, mbox_op_join(&second.op));
	ASSERT_EQ(0, stall_fail(&self->stall));
	EXPECT_EQ(-EFAULT, mbox_op_join(&self->stall.op));
	EXPECT_TRUE(mbox_conserves(self->fd));
	EXPECT_EQ(1, mbox_recv_num(self->fd, 0));
	EXPECT_EQ(2, mbox_recv_num(self->fd, 0));
	EXPECT_EQ(0, mbox_op_join(&self->op[0]));
	EXPECT_EQ(0, mbox_op_join(&self->op[1]));
	stall_exit(&second);
}

/* A plain sender is done where there is room, else it waits for the copy. */
TEST_F(transfer, until_when_the_sender_waits)
{
	struct mbox_op *send = &self->op[0];

	*send = (struct mbox_op){ .fd = self->fd };
	ASSERT_TRUE(stall_begin(&self->stall, send, 13));
	if (variant->capacity)
		EXPECT_EQ(0, mbox_op_join(send));
	EXPECT_EQ(variant->capacity != 0, send->done);
	ASSERT_EQ(0, stall_end(&self->stall));
	EXPECT_EQ(0, mbox_op_join(&self->stall.op));
	if (!variant->capacity)
		EXPECT_EQ(0, mbox_op_join(send));
	EXPECT_EQ(13, *(uint32_t *)self->stall.page);
}

/* What is copied still takes up its room. */
TEST_F(transfer, fills_its_slot)
{
	unsigned int slots = mbox_slots(variant->capacity, 3);
	unsigned int i;

	if (!slots)
		return;
	self->op[0] = (struct mbox_op){ .fd = self->fd };
	ASSERT_TRUE(stall_begin(&self->stall, &self->op[0], 0));
	ASSERT_EQ(0, mbox_op_join(&self->op[0]));
	for (i = 1; i < slots; i++)
		EXPECT_EQ(0, mbox_send_num(self->fd, i, IPCMBOX_DONTWAIT));
	EXPECT_EQ(slots - 1, mbox_info(self->fd).queued);
	EXPECT_EQ(slots * sizeof(uint32_t), mbox_info(self->fd).queued_bytes);
	if (variant->capacity != IPCMBOX_UNBOUNDED)
		EXPECT_EQ(-EAGAIN,
			  mbox_send_num(self->fd, i, IPCMBOX_DONTWAIT));
	ASSERT_EQ(0, stall_end(&self->stall));
	EXPECT_EQ(0, mbox_op_join(&self->stall.op));
	EXPECT_EQ(0, mbox_send_num(self->fd, i, IPCMBOX_DONTWAIT));
}

/* What was sent after a message that comes back stays behind it. */
TEST_F(transfer, comes_back_to_its_place)
{
	unsigned int i;

	self->op[0] = (struct mbox_op){ .fd = self->fd };
	ASSERT_TRUE(stall_begin(&self->stall, &self->op[0], 1));
	for (i = 1; i < 3; i++) {
		self->op[i] = (struct mbox_op){ .fd = self->fd, .num = i + 1 };
		ASSERT_EQ(0, mbox_op_start(&self->op[i]));
		while (mbox_info(self->fd).sent == i)
			mbox_nap();
	}
	ASSERT_EQ(0, stall_fail(&self->stall));
	EXPECT_EQ(-EFAULT, mbox_op_join(&self->stall.op));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(i + 1, mbox_recv_num(self->fd, 0));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, mbox_op_join(&self->op[i]));
}

TEST_F(transfer, comes_back_from_the_dead)
{
	pid_t pid;

	self->op[0] = (struct mbox_op){ .fd = self->fd, .num = 21 };
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		/* The registration of the parent does not hold here. */
		_exit(!stall_init(&self->stall, self->fd) ||
		      mbox_op_run(&self->stall.op));
	}
	ASSERT_TRUE(mbox_wait_receivers(self->fd, 1));
	ASSERT_EQ(0, mbox_op_start(&self->op[0]));
	ASSERT_TRUE(mbox_wait_transfer(self->fd, 1));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	mbox_reap(pid);
	EXPECT_EQ(0, mbox_info(self->fd).in_transfer);
	EXPECT_EQ(21, mbox_recv_num(self->fd, IPCMBOX_DONTWAIT));
	EXPECT_EQ(0, mbox_op_join(&self->op[0]));
}

/* Both sides must tell the same, whatever that is. */
TEST_F(transfer, mailbox_is_destroyed)
{
	struct mbox_op *send = &self->op[0];
	struct ipcmbox_info info;

	*send = (struct mbox_op){
		.fd = self->fd,
		.flags = IPCMBOX_UNTIL_TAKEN,
	};
	ASSERT_TRUE(stall_begin(&self->stall, send, 13));
	EXPECT_EQ(0, mbox_destroy(self->fd));
	/* The receiver holds nobody up. */
	EXPECT_EQ(-EIDRM, mbox_op_join(send));
	EXPECT_TRUE(mbox_conserves(self->fd));
	ASSERT_EQ(0, stall_end(&self->stall));
	EXPECT_EQ(-EIDRM, mbox_op_join(&self->stall.op));
	info = mbox_info(self->fd);
	EXPECT_EQ(0, info.received);
	EXPECT_EQ(1, info.dropped + info.withdrawn);
}

/*
 * A full mailbox of one, and both messages in transfer: the one that is stored,
 * and the next, whose sender waits. Then the first is received.
 */
static bool free_the_slot(struct stall *first, struct stall *second,
			  struct mbox_op *stored, struct mbox_op *waits)
{
	return stall_begin(first, stored, 1) && !mbox_op_join(stored) &&
	       mbox_op_park(&second->op) && !mbox_op_start(waits) &&
	       mbox_wait_transfer(waits->fd, 2) && !stall_end(first) &&
	       !mbox_op_join(&first->op);
}

TEST_F(transfer, what_comes_back_is_the_oldest)
{
	struct mbox_op *stored = &self->op[0], *waits = &self->op[1];
	struct stall second;

	if (variant->capacity != 1)
		return;
	ASSERT_TRUE(stall_init(&second, self->fd));
	*stored = (struct mbox_op){ .fd = self->fd };
	*waits = (struct mbox_op){ .fd = self->fd, .num = 2 };
	ASSERT_TRUE(free_the_slot(&self->stall, &second, stored, waits));
	EXPECT_EQ(0, mbox_send_num(self->fd, 3, 0));
	ASSERT_EQ(0, stall_fail(&second));
	EXPECT_EQ(-EFAULT, mbox_op_join(&second.op));
	EXPECT_TRUE(mbox_wait_senders(self->fd, 1));
	EXPECT_EQ(2, mbox_recv_num(self->fd, 0));
	EXPECT_EQ(3, mbox_recv_num(self->fd, 0));
	EXPECT_EQ(0, mbox_op_join(waits));
	stall_exit(&second);
}

TEST_F(transfer, what_comes_back_finds_room)
{
	struct mbox_op *stored = &self->op[0], *waits = &self->op[1];
	struct stall second;

	if (variant->capacity != 1)
		return;
	ASSERT_TRUE(stall_init(&second, self->fd));
	*stored = (struct mbox_op){ .fd = self->fd };
	*waits = (struct mbox_op){
		.fd = self->fd,
		.num = 2,
		.flags = IPCMBOX_DONTWAIT,
	};
	ASSERT_TRUE(free_the_slot(&self->stall, &second, stored, waits));
	ASSERT_EQ(0, stall_fail(&second));
	EXPECT_EQ(-EFAULT, mbox_op_join(&second.op));
	EXPECT_EQ(0, mbox_op_join(waits));
	EXPECT_EQ(IPCMBOX_QUEUED, waits->disposition);
	EXPECT_EQ(2, mbox_recv_num(self->fd, 0));
	stall_exit(&second);
}

/* Nobody is left who could take back what comes back. */
TEST_F(transfer, fails_after_destruction)
{
	struct mbox_op *send = &self->op[0];
	struct ipcmbox_info info;

	*send = (struct mbox_op){
		.fd = self->fd,
		.flags = IPCMBOX_UNTIL_TAKEN,
	};
	ASSERT_TRUE(stall_begin(&self->stall, send, 13));
	EXPECT_EQ(0, mbox_destroy(self->fd));
	ASSERT_EQ(0, stall_fail(&self->stall));
	EXPECT_GT(0, mbox_op_join(&self->stall.op));
	EXPECT_EQ(-EIDRM, mbox_op_join(send));
	info = mbox_info(self->fd);
	EXPECT_EQ(0, info.received);
	EXPECT_EQ(1, info.dropped + info.withdrawn);
}

/* It is no end of file as long as the last message may come back. */
TEST_F(transfer, last_sender_is_gone)
{
	struct mbox_op *other = &self->op[1];
	int fds[2];

	if (!variant->capacity)
		return;
	ASSERT_EQ(0, mbox_pair(variant->capacity, 0, fds));
	self->stall.op.fd = fds[0];
	self->op[0] = (struct mbox_op){ .fd = fds[1] };
	ASSERT_TRUE(stall_begin(&self->stall, &self->op[0], 33));
	ASSERT_EQ(0, mbox_op_join(&self->op[0]));
	close(fds[1]);
	*other = (struct mbox_op){ .fd = fds[0], .kind = OP_RECV };
	ASSERT_TRUE(mbox_op_park(other));
	ASSERT_EQ(0, stall_fail(&self->stall));
	EXPECT_EQ(-EFAULT, mbox_op_join(&self->stall.op));
	EXPECT_EQ(0, mbox_op_join(other));
	EXPECT_EQ(33, other->num);
	EXPECT_EQ(-EPIPE, mbox_recv_num(fds[0], 0));
	EXPECT_TRUE(mbox_is_calm(fds[0]));
	close(fds[0]);
}

/* When it is received, those who wait for another learn of the end. */
TEST_F(transfer, last_message_is_received)
{
	struct mbox_op *other = &self->op[1];
	int fds[2];

	if (!variant->capacity)
		return;
	ASSERT_EQ(0, mbox_pair(variant->capacity, 0, fds));
	self->stall.op.fd = fds[0];
	self->op[0] = (struct mbox_op){ .fd = fds[1] };
	ASSERT_TRUE(stall_begin(&self->stall, &self->op[0], 33));
	ASSERT_EQ(0, mbox_op_join(&self->op[0]));
	close(fds[1]);
	*other = (struct mbox_op){ .fd = fds[0], .kind = OP_RECV };
	ASSERT_TRUE(mbox_op_park(other));
	ASSERT_EQ(0, stall_end(&self->stall));
	EXPECT_EQ(0, mbox_op_join(&self->stall.op));
	EXPECT_EQ(-EPIPE, mbox_op_join(other));
	close(fds[0]);
}

TEST_HARNESS_MAIN
