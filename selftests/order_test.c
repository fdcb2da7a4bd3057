// SPDX-License-Identifier: GPL-2.0-only
/*
 * The order of a mailbox: which message is received first, of those stored and those
 * whose senders wait alike, whatever fails or comes in between.
 */
#include "kselftest_harness.h"
#include "reference.h"
#include "stall.h"

/* More than the largest bounded capacity here. */
#define COUNT		110
#define WAITING		8

FIXTURE(order)
{
	int fd;
	unsigned int slots;
	unsigned int count;
	struct reference reference;
	struct mbox_op op[COUNT];
	struct stall stall;
};

MBOX_ORDERS(order);

FIXTURE_SETUP(order)
{
	static const uint32_t priorities[] = {
		5, 0, 32767, 64, 5, 63, 0, 128, 127, 32767, 1, 4096, 5,
	};
	unsigned int i;

	memset(self, 0, sizeof(*self));
	self->fd = mbox_create_by(variant->capacity, variant->order,
				  IPCMBOX_LONGEST, 0);
	ASSERT_LE(0, self->fd);
	self->reference.order = variant->order;
	self->slots = mbox_slots(variant->capacity, 20);
	/* An unbounded one lets nobody wait. */
	self->count = self->slots;
	if (variant->capacity != IPCMBOX_UNBOUNDED)
		self->count += WAITING;
	for (i = 0; i < COUNT; i++)
		self->op[i] = (struct mbox_op){
			.fd = self->fd,
			.num = i,
			.priority = priorities[i % ARRAY_SIZE(priorities)],
		};
}

FIXTURE_TEARDOWN(order)
{
	EXPECT_TRUE(mbox_is_calm(self->fd));
	EXPECT_EQ(0, close(self->fd));
}

TEST_F(order, is_kept)
{
	struct ipcmbox_info info;

	ASSERT_TRUE(reference_offer(&self->reference, self->op, self->count));
	info = mbox_info(self->fd);
	EXPECT_EQ(variant->order, info.order);
	EXPECT_EQ(self->slots, info.queued);
	EXPECT_EQ(self->count - self->slots, info.senders_waiting);
	EXPECT_TRUE(reference_empty(&self->reference, self->fd));
}

/* Also while messages come and go. */
TEST_F(order, is_kept_in_motion)
{
	struct mbox_op recv = { .fd = self->fd, .kind = OP_RECV };
	unsigned int i, before = self->count / 2;

	ASSERT_TRUE(reference_offer(&self->reference, self->op, before));
	for (i = before; i < self->count; i++) {
		struct mbox_op *msg =
			reference_match(&self->reference, IPCMBOX_MATCH_ANY, 0);

		ASSERT_EQ(0, mbox_op_run(&recv));
		ASSERT_TRUE(reference_agrees(&recv, msg));
		EXPECT_EQ(0, mbox_op_join(msg));
		reference_remove(&self->reference, msg);
		ASSERT_TRUE(reference_offer(&self->reference, &self->op[i], 1));
	}
	EXPECT_TRUE(reference_empty(&self->reference, self->fd));
}

TEST_F(order, free_slot_goes_to_the_first)
{
	struct reference line = { .order = variant->order };
	unsigned int i;

	if (!variant->capacity || variant->capacity == IPCMBOX_UNBOUNDED)
		return;
	ASSERT_TRUE(reference_offer(&self->reference, self->op, self->count));
	for (i = self->slots; i < self->count; i++)
		reference_add(&line, &self->op[i]);
	for (i = 1; i <= WAITING; i++) {
		struct mbox_op *msg =
			reference_match(&line, IPCMBOX_MATCH_ANY, 0);

		ASSERT_EQ(0, mbox_set(self->fd, IPCMBOX_SET_CAPACITY,
				      self->slots + i));
		EXPECT_EQ(0, mbox_op_join(msg));
		EXPECT_EQ(IPCMBOX_QUEUED, msg->disposition);
		EXPECT_EQ(WAITING - i, mbox_info(self->fd).senders_waiting);
		reference_remove(&line, msg);
	}
	EXPECT_TRUE(reference_empty(&self->reference, self->fd));
}

TEST_F(order, failed_receive)
{
	unsigned int i;
	uint32_t num;

	ASSERT_TRUE(reference_offer(&self->reference, self->op, self->count));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(-EFAULT, mbox_recv(self->fd, NULL, sizeof(num), 0));
		EXPECT_EQ(-EMSGSIZE, mbox_recv(self->fd, &num, 1, 0));
		EXPECT_EQ(-EFAULT, mbox_peek(self->fd, NULL, sizeof(num), 0));
	}
	EXPECT_TRUE(reference_empty(&self->reference, self->fd));
}

/* It was handed to a receiver that waited. */
TEST_F(order, failed_receiver_that_waited)
{
	struct mbox_op recv = { .fd = self->fd, .kind = OP_RECV };
	struct mbox_op *first = &self->op[0];
	unsigned int i;

	recv.data = &recv.num;
	for (i = 0; i < 2; i++) {
		recv.len = i ? 1 : sizeof(recv.num);
		if (!i)
			recv.data = mbox_cliff();
		ASSERT_TRUE(mbox_op_park(&recv));
		first->sender.pid = getpid();
		ASSERT_EQ(0, mbox_op_start(first));
		EXPECT_EQ(i ? -EMSGSIZE : -EFAULT, mbox_op_join(&recv));
		EXPECT_EQ(variant->capacity ? 1 : 0,
			  mbox_info(self->fd).queued);
		recv.data = &recv.num;
		reference_add(&self->reference, first);
		ASSERT_TRUE(reference_offer(&self->reference, first + 1,
					    self->count - 1));
		ASSERT_TRUE(reference_empty(&self->reference, self->fd));
	}
}

/* What came while it was copied does not change where it stood. */
TEST_F(order, failed_while_others_came)
{
	unsigned int before = self->count / 2;

	if (!stall_init(&self->stall, self->fd))
		SKIP(return, "no userfaultfd: %s", strerror(errno));
	ASSERT_TRUE(reference_offer(&self->reference, self->op, before));
	ASSERT_EQ(0, mbox_op_start(&self->stall.op));
	ASSERT_TRUE(mbox_wait_transfer(self->fd, 1));
	ASSERT_TRUE(reference_offer(&self->reference, self->op + before,
				    self->count - before));
	ASSERT_EQ(0, stall_fail(&self->stall));
	EXPECT_EQ(-EFAULT, mbox_op_join(&self->stall.op));
	EXPECT_TRUE(reference_empty(&self->reference, self->fd));
	stall_exit(&self->stall);
}

/* One that could still be received meanwhile, and one that is there alone. */
TEST_F(order, copied_one_is_not_in_the_way)
{
	struct mbox_op *msg;

	if (!stall_init(&self->stall, self->fd))
		SKIP(return, "no userfaultfd: %s", strerror(errno));
	ASSERT_TRUE(reference_offer(&self->reference, self->op, self->count));
	msg = reference_match(&self->reference, IPCMBOX_MATCH_ANY, 0);
	ASSERT_EQ(0, mbox_op_start(&self->stall.op));
	ASSERT_TRUE(mbox_wait_transfer(self->fd, 1));
	reference_remove(&self->reference, msg);
	EXPECT_TRUE(reference_empty(&self->reference, self->fd));
	ASSERT_EQ(0, stall_end(&self->stall));
	EXPECT_EQ(0, mbox_op_join(&self->stall.op));
	EXPECT_EQ(msg->num, *(uint32_t *)self->stall.page);
	EXPECT_EQ(0, mbox_op_join(msg));
	stall_exit(&self->stall);
}

TEST_F(order, sender_meets_its_deadline)
{
	unsigned int late = self->slots + WAITING / 2;
	struct mbox_op *msg;

	if (variant->capacity == IPCMBOX_UNBOUNDED)
		late = self->slots / 2;
	msg = &self->op[late];
	/* Else it would be stored and done where there is no bound. */
	if (variant->capacity == IPCMBOX_UNBOUNDED)
		msg->flags = IPCMBOX_UNTIL_TAKEN;
	ASSERT_TRUE(reference_offer(&self->reference, self->op, late));
	msg->deadline = mbox_deadline(500);
	ASSERT_TRUE(reference_offer(&self->reference, msg, self->count - late));
	EXPECT_EQ(-ETIMEDOUT, mbox_op_join(msg));
	EXPECT_EQ(IPCMBOX_WITHDRAWN, msg->disposition);
	EXPECT_EQ(1, mbox_info(self->fd).expired);
	reference_remove(&self->reference, msg);
	EXPECT_TRUE(reference_empty(&self->reference, self->fd));
}

TEST_F(order, hand_over)
{
	struct mbox_op recv[4];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(recv); i++) {
		recv[i] = (struct mbox_op){ .fd = self->fd, .kind = OP_RECV };
		ASSERT_TRUE(mbox_op_park(&recv[i]));
	}
	for (i = 0; i < ARRAY_SIZE(recv); i++) {
		self->op[i].sender.pid = getpid();
		ASSERT_TRUE(mbox_op_offer(&self->op[i]));
	}
	for (i = 0; i < ARRAY_SIZE(recv); i++) {
		EXPECT_EQ(0, mbox_op_join(&recv[i]));
		EXPECT_TRUE(reference_agrees(&recv[i], &self->op[i]));
	}
}

TEST_F(order, drain)
{
	struct ipcmbox_drain drain = { .size = sizeof(drain) };
	unsigned int i;

	ASSERT_TRUE(reference_offer(&self->reference, self->op, self->count));
	EXPECT_EQ(0, mbox_ioctl(self->fd, IPCMBOX_IOC_DRAIN, &drain));
	EXPECT_EQ(self->slots, drain.messages);
	EXPECT_EQ(self->slots * sizeof(uint32_t), drain.bytes);
	EXPECT_EQ(self->slots, mbox_info(self->fd).dropped);
	for (i = 0; i < self->slots; i++)
		reference_remove(&self->reference, &self->op[i]);
	EXPECT_TRUE(reference_empty(&self->reference, self->fd));
}

TEST_F(order, drain_tells_who_waits)
{
	unsigned int i, count = mbox_slots(variant->capacity, 20);

	for (i = 0; i < count; i++) {
		self->op[i].flags = IPCMBOX_UNTIL_TAKEN;
		ASSERT_TRUE(mbox_op_offer(&self->op[i]));
	}
	EXPECT_EQ(count, mbox_drain(self->fd));
	for (i = 0; i < count; i++) {
		EXPECT_EQ(-ECANCELED, mbox_op_join(&self->op[i]));
		EXPECT_EQ(IPCMBOX_WITHDRAWN, self->op[i].disposition);
	}
}

TEST_F(order, destroy)
{
	struct ipcmbox_info info;
	unsigned int i;

	ASSERT_TRUE(reference_offer(&self->reference, self->op, self->count));
	EXPECT_EQ(0, mbox_destroy(self->fd));
	for (i = 0; i < self->count; i++)
		EXPECT_EQ(i < self->slots ? 0 : -EIDRM,
			  mbox_op_join(&self->op[i]));
	info = mbox_info(self->fd);
	EXPECT_EQ(self->slots, info.dropped);
	EXPECT_EQ(self->count - self->slots, info.withdrawn);
	EXPECT_EQ(0, info.queued_bytes);
}

TEST(priority_too_high)
{
	struct mbox_op send = { .flags = IPCMBOX_DONTWAIT };
	enum ipcmbox_order order;

	for (order = IPCMBOX_FIFO; order <= IPCMBOX_PRIORITY; order++) {
		send.fd = mbox_create_by(2, order, IPCMBOX_LONGEST, 0);
		ASSERT_LE(0, send.fd);
		send.priority = IPCMBOX_PRIORITY_MAX;
		EXPECT_EQ(0, mbox_op_run(&send));
		send.priority = IPCMBOX_PRIORITY_MAX + 1;
		EXPECT_EQ(-EINVAL, mbox_op_run(&send));
		send.priority = ~0U;
		EXPECT_EQ(-EINVAL, mbox_op_run(&send));
		EXPECT_EQ(1, mbox_info(send.fd).sent);
		close(send.fd);
	}
}

/* It is not among the faults that leave the disposition as it was. */
TEST(priority_too_high_was_not_sent)
{
	struct mbox_op send = { .priority = IPCMBOX_PRIORITY_MAX + 1 };

	send.fd = mbox_create(1, O_RDWR);
	ASSERT_LE(0, send.fd);
	EXPECT_EQ(-EINVAL, mbox_op_run(&send));
	EXPECT_EQ(IPCMBOX_NOT_SENT, send.disposition);
	close(send.fd);
}

/* Where there is room for who is the first, he need not wait for those in line. */
TEST(first_in_line_need_not_wait)
{
	static char data[1000];
	struct ipcmbox_create create = {
		.open_flags = O_RDWR,
		.capacity = 7,
		.max_bytes = sizeof(data),
	};
	struct mbox_op big, small;

	for (create.order = IPCMBOX_FIFO; create.order <= IPCMBOX_PRIORITY;
	     create.order++) {
		bool first = create.order != IPCMBOX_FIFO;
		int fd = mbox_create_as(&create);

		ASSERT_LE(0, fd);
		ASSERT_EQ(0, mbox_send(fd, data, 600, 0));
		big = (struct mbox_op){ .fd = fd, .data = data, .len = 500 };
		ASSERT_TRUE(mbox_op_park(&big));
		small = (struct mbox_op){ .fd = fd, .priority = 1 };
		small.deadline = 1;
		EXPECT_EQ(first ? 0 : -ETIMEDOUT, mbox_op_run(&small));
		small.deadline = 0;
		small.flags = IPCMBOX_DONTWAIT;
		EXPECT_EQ(first ? 0 : -EAGAIN, mbox_op_run(&small));
		EXPECT_EQ(0, mbox_destroy(fd));
		EXPECT_EQ(-EIDRM, mbox_op_join(&big));
		close(fd);
	}
}

TEST(no_such_order)
{
	struct ipcmbox_pair pair = { .size = sizeof(pair) };
	int fds[2];

	EXPECT_EQ(-EINVAL, mbox_create_by(1, IPCMBOX_PRIORITY + 1, 0, 0));
	EXPECT_EQ(-EINVAL, mbox_create_by(1, ~0U, 0, 0));
	pair.order = IPCMBOX_PRIORITY + 1;
	EXPECT_EQ(-EINVAL, mbox_device_ioctl(IPCMBOX_IOC_PAIR, &pair));
	ASSERT_EQ(0, mbox_pair(1, 0, fds));
	EXPECT_EQ(IPCMBOX_FIFO, mbox_info(fds[0]).order);
	close(fds[0]);
	close(fds[1]);
}

/* Each direction has the order, and messages of its own. */
TEST(duplex)
{
	struct ipcmbox_pair pair = {
		.size = sizeof(pair),
		.flags = IPCMBOX_DUPLEX,
		.capacity = 3,
		.order = IPCMBOX_LIFO,
	};
	unsigned int i, end;

	ASSERT_EQ(0, mbox_device_ioctl(IPCMBOX_IOC_PAIR, &pair));
	for (i = 0; i < 6; i++)
		ASSERT_EQ(0, mbox_send_num(pair.fds[i % 2], i, 0));
	for (end = 0; end < 2; end++) {
		EXPECT_EQ(IPCMBOX_LIFO, mbox_info(pair.fds[end]).order);
		for (i = 0; i < 3; i++)
			EXPECT_EQ(5 - end - 2 * i,
				  mbox_recv_num(pair.fds[end], 0));
		close(pair.fds[end]);
	}
}

TEST_HARNESS_MAIN
