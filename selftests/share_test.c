// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fair shares: a user has at most half of the room of a mailbox that the others leave,
 * and is refused at once what goes beyond it.
 */
#include <sys/epoll.h>
#include <sys/syscall.h>

#include "kselftest_harness.h"
#include "ipcmbox_util.h"
#include "select.h"

#define UNTIL 250000 /* ns: none of these waits */

enum user {
	ROOT = 0,
	FIRST = 2001,
	SECOND,
	THIRD,
	USERS = 40,
};

/* The calling thread, and those that it makes, act for this user. */
static void become(uid_t uid)
{
	/* With those of glibc all threads would. Only the first user may become another. */
	if (syscall(SYS_setresuid, -1, ROOT, -1) ||
	    syscall(SYS_setresuid, -1, uid, -1))
		abort();
}

static int send_as(uid_t uid, int fd, uint32_t num, unsigned int flags)
{
	int ret;

	become(uid);
	ret = mbox_send_num(fd, num, flags);
	become(ROOT);
	return ret;
}

static short poll_as(uid_t uid, int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLOUT };
	int ret;

	become(uid);
	ret = poll(&pollfd, 1, 0);
	become(ROOT);
	return ret < 0 ? -1 : pollfd.revents;
}

/* Sends until the user is refused; how many there were, or -errno of another error. */
static int fill_as(uid_t uid, int fd)
{
	int ret, count = 0;

	while (!(ret = send_as(uid, fd, uid, count % 2 ? IPCMBOX_DONTWAIT : 0)))
		count++;
	return ret == -EXFULL ? count : ret;
}

static unsigned int half(unsigned int room)
{
	return (room + 1) / 2;
}

FIXTURE(share)
{
	int fd;
	unsigned int slots;
};

FIXTURE_VARIANT(share)
{
	uint64_t capacity;
	enum ipcmbox_order order;
};

FIXTURE_VARIANT_ADD(share, one)
{
	.capacity = 1,
};

FIXTURE_VARIANT_ADD(share, two)
{
	.capacity = 2,
};

FIXTURE_VARIANT_ADD(share, seven)
{
	.capacity = 7,
	.order = IPCMBOX_LIFO,
};

FIXTURE_VARIANT_ADD(share, hundred)
{
	.capacity = 100,
	.order = IPCMBOX_PRIORITY,
};

FIXTURE_SETUP(share)
{
	self->slots = variant->capacity;
	self->fd = mbox_create_by(variant->capacity, variant->order,
				  IPCMBOX_LONGEST, IPCMBOX_FAIR_SHARE);
	ASSERT_LE(0, self->fd);
	ASSERT_TRUE(mbox_info(self->fd).attributes & IPCMBOX_FAIR_SHARE);
}

FIXTURE_TEARDOWN(share)
{
	become(ROOT);
	EXPECT_TRUE(mbox_is_calm(self->fd));
	close(self->fd);
}

TEST_F(share, half_of_what_the_others_leave)
{
	unsigned int rest = self->slots;
	uid_t uid;

	for (uid = FIRST; rest; uid++) {
		ASSERT_EQ(half(rest), fill_as(uid, self->fd));
		rest -= half(rest);
	}
	EXPECT_EQ(self->slots, mbox_info(self->fd).queued);
	EXPECT_EQ(self->slots, mbox_info(self->fd).sent);
}

TEST_F(share, who_is_refused_has_changed_nothing)
{
	struct mbox_op op = {
		.fd = self->fd,
		.num = 7,
		.disposition = IPCMBOX_QUEUED,
	};
	struct ipcmbox_info before;

	ASSERT_EQ(half(self->slots), fill_as(FIRST, self->fd));
	before = mbox_info(self->fd);
	become(FIRST);
	EXPECT_EQ(-EXFULL, mbox_op_run(&op));
	op.flags = IPCMBOX_UNTIL_TAKEN;
	EXPECT_EQ(-EXFULL, mbox_op_run(&op));
	EXPECT_EQ(IPCMBOX_NOT_SENT, op.disposition);
	become(ROOT);
	EXPECT_EQ(before.sent, mbox_info(self->fd).sent);
	EXPECT_EQ(before.queued, mbox_info(self->fd).queued);
	EXPECT_EQ(before.senders_waiting, mbox_info(self->fd).senders_waiting);
}

/* What is written counts for who has opened the port, as it is stamped with him. */
TEST_F(share, writing_is_up_to_who_opened_the_port)
{
	unsigned int i;
	int fd;

	become(FIRST);
	fd = mbox_reopen(self->fd, O_WRONLY, 0);
	become(ROOT);
	ASSERT_LE(0, fd);
	for (i = 0; i < half(self->slots); i++)
		ASSERT_EQ(1, write(fd, "x", 1));
	EXPECT_EQ(-1, write(fd, "x", 1));
	EXPECT_EQ(EXFULL, errno);
	EXPECT_EQ(-EXFULL, send_as(FIRST, self->fd, 1, 0));
	/* So is what poll(2) says, whoever asks. */
	EXPECT_EQ(0, poll_as(SECOND, fd));
	EXPECT_LE(0, mbox_recv_num(self->fd, 0));
	EXPECT_EQ(POLLOUT, poll_as(SECOND, fd));
	close(fd);
}

TEST_F(share, who_has_one_received_may_send_one)
{
	unsigned int i;

	ASSERT_EQ(half(self->slots), fill_as(FIRST, self->fd));
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(FIRST, mbox_recv_num(self->fd, IPCMBOX_DONTWAIT));
		ASSERT_EQ(0, send_as(FIRST, self->fd, FIRST, 0));
		ASSERT_EQ(-EXFULL, send_as(FIRST, self->fd, FIRST, 0));
	}
}

TEST_F(share, peeking_gives_nothing_back)
{
	char byte[8];

	ASSERT_EQ(half(self->slots), fill_as(FIRST, self->fd));
	EXPECT_LE(0, mbox_peek(self->fd, byte, sizeof(byte), 0));
	EXPECT_EQ(-EFAULT, mbox_recv(self->fd, mbox_cliff(), 4, 0));
	EXPECT_EQ(-EMSGSIZE, mbox_recv(self->fd, byte, 0, 0));
	EXPECT_EQ(-EXFULL, send_as(FIRST, self->fd, 1, 0));
}

TEST_F(share, draining_gives_all_back)
{
	ASSERT_EQ(half(self->slots), fill_as(FIRST, self->fd));
	EXPECT_EQ(half(self->slots), mbox_drain(self->fd));
	EXPECT_EQ(half(self->slots), fill_as(FIRST, self->fd));
}

/* Whoever has none there waits as ever, and only once for each user. */
TEST_F(share, one_message_of_each_may_wait)
{
	struct mbox_op op = { .fd = self->fd, .num = 1 };
	unsigned int rest = self->slots;
	uid_t uid;

	for (uid = FIRST; rest; uid++) {
		ASSERT_EQ(half(rest), fill_as(uid, self->fd));
		rest -= half(rest);
	}
	ASSERT_EQ(-EAGAIN, send_as(uid, self->fd, 1, IPCMBOX_DONTWAIT));
	become(uid);
	ASSERT_TRUE(mbox_op_park(&op));
	become(ROOT);
	EXPECT_EQ(-EXFULL, send_as(uid, self->fd, 2, 0));
	EXPECT_EQ(-EXFULL, send_as(uid, self->fd, 2, IPCMBOX_DONTWAIT));
	EXPECT_LE(0, mbox_recv_num(self->fd, 0));
	EXPECT_EQ(0, mbox_op_join(&op));
	/* The youngest was received, and that was this one. */
	EXPECT_EQ(variant->order == IPCMBOX_LIFO ? -EAGAIN : -EXFULL,
		  send_as(uid, self->fd, 2, IPCMBOX_DONTWAIT));
}

TEST_F(share, who_gives_up_has_it_back)
{
	struct mbox_op op = {
		.fd = self->fd,
		.flags = IPCMBOX_UNTIL_TAKEN,
		.deadline = mbox_now() + UNTIL,
	};

	become(FIRST);
	EXPECT_EQ(-ETIMEDOUT, mbox_op_run(&op));
	become(ROOT);
	EXPECT_EQ(half(self->slots), fill_as(FIRST, self->fd));
}

TEST_F(share, a_receiver_that_waits_takes_none)
{
	unsigned int i;

	for (i = 0; i < 2 * self->slots; i++) {
		struct mbox_op op = { .fd = self->fd, .kind = OP_RECV };

		ASSERT_TRUE(mbox_op_park(&op));
		ASSERT_EQ(0, send_as(FIRST, self->fd, i, 0));
		ASSERT_EQ(0, mbox_op_join(&op));
		ASSERT_EQ(i, op.num);
	}
}

TEST_F(share, poll_tells_each_user_what_is_true_of_him)
{
	unsigned int rest = self->slots - half(self->slots);

	EXPECT_EQ(POLLOUT, poll_as(FIRST, self->fd));
	ASSERT_EQ(half(self->slots), fill_as(FIRST, self->fd));
	EXPECT_EQ(0, poll_as(FIRST, self->fd));
	EXPECT_EQ(rest ? POLLOUT : 0, poll_as(SECOND, self->fd));
	ASSERT_EQ(FIRST, mbox_recv_num(self->fd, 0));
	EXPECT_EQ(POLLOUT, poll_as(FIRST, self->fd));
}

/* Nobody is asleep for ever who has room, though the mailbox never was full. */
TEST_F(share, poll_wakes_who_has_room_again)
{
	struct mbox_op op = { .fd = self->fd, .kind = OP_RECV };
	struct epoll_event event = { .events = EPOLLOUT | EPOLLET };
	int epoll = epoll_create1(0);

	ASSERT_EQ(half(self->slots), fill_as(FIRST, self->fd));
	become(FIRST);
	ASSERT_EQ(0, epoll_ctl(epoll, EPOLL_CTL_ADD, self->fd, &event));
	EXPECT_EQ(0, epoll_wait(epoll, &event, 1, 20));
	ASSERT_EQ(0, mbox_op_start(&op));
	EXPECT_EQ(1, epoll_wait(epoll, &event, 1, MBOX_WATCHDOG_MS));
	EXPECT_EQ(EPOLLOUT, event.events);
	become(ROOT);
	EXPECT_EQ(0, mbox_op_join(&op));
	close(epoll);
}

TEST_F(share, a_selected_send_is_refused_likewise)
{
	struct selector selector = {};

	select_send(&selector, self->fd, 1);
	ASSERT_EQ(half(self->slots), fill_as(FIRST, self->fd));
	become(FIRST);
	EXPECT_EQ(-EXFULL, select_run(&selector));
	EXPECT_EQ(0, selector.arg.index);
	selector.arg.flags = IPCMBOX_DONTWAIT;
	EXPECT_EQ(-EXFULL, select_run(&selector));
	become(ROOT);
}

/* Of these each that stands is stored. */
TEST_F(share, a_selection_of_many_is_refused)
{
	struct selector selector = { .arg.deadline = mbox_deadline(50) };
	unsigned int i;

	for (i = 0; i < 8; i++) {
		select_send(&selector, self->fd, 1);
		selector.send[i].flags = IPCMBOX_UNTIL_TAKEN;
	}
	become(FIRST);
	EXPECT_EQ(half(self->slots) < 8 ? -EXFULL : -ETIMEDOUT,
		  select_run(&selector));
	become(ROOT);
	EXPECT_EQ(0, mbox_info(self->fd).queued);
	EXPECT_EQ(half(self->slots), fill_as(FIRST, self->fd));
}

TEST_F(share, a_batch_ends_where_the_share_does)
{
	uint32_t nums[100] = {};
	struct ipcmbox_send msgs[100];
	unsigned int i;

	for (i = 0; i < 100; i++)
		msgs[i] = (struct ipcmbox_send){
			.size = sizeof(msgs[i]),
			.data = (uintptr_t)&nums[i],
			.len = sizeof(nums[i]),
		};
	become(FIRST);
	EXPECT_EQ(half(self->slots),
		  mbox_batch(self->fd, IPCMBOX_IOC_SENDV, msgs, 100, 0, 0));
	EXPECT_EQ(-EXFULL,
		  mbox_batch(self->fd, IPCMBOX_IOC_SENDV, msgs, 100, 0, 0));
	become(ROOT);
}

TEST_F(share, a_larger_capacity_gives_more)
{
	unsigned int more = 2 * self->slots + 10;

	ASSERT_EQ(half(self->slots), fill_as(FIRST, self->fd));
	ASSERT_EQ(0, mbox_set(self->fd, IPCMBOX_SET_CAPACITY, more));
	EXPECT_EQ(half(more) - half(self->slots), fill_as(FIRST, self->fd));
	/* Who has more than his share now keeps it. */
	ASSERT_EQ(0, mbox_set(self->fd, IPCMBOX_SET_CAPACITY, 1));
	EXPECT_EQ(half(more), mbox_info(self->fd).queued);
	EXPECT_EQ(-EXFULL, send_as(FIRST, self->fd, 1, 0));
	EXPECT_EQ(-EAGAIN, send_as(SECOND, self->fd, 1, IPCMBOX_DONTWAIT));
}

/* Threads of many users at once: nobody has more than half of what there is. */
TEST_F(share, users_at_once)
{
	struct mbox_op op[USERS] = {};
	unsigned int i, sent;

	for (i = 0; i < USERS; i++) {
		op[i] = (struct mbox_op){
			.fd = self->fd,
			.num = FIRST + i % 4,
			.deadline = mbox_deadline(200),
		};
		become(op[i].num);
		ASSERT_EQ(0, mbox_op_start(&op[i]));
	}
	become(ROOT);
	for (i = 0, sent = 0; i < USERS; i++) {
		mbox_op_join(&op[i]);
		if (op[i].num == FIRST && !op[i].ret)
			sent++;
		EXPECT_TRUE(!op[i].ret || op[i].ret == -EXFULL ||
			    op[i].ret == -ETIMEDOUT);
	}
	EXPECT_GE(half(self->slots), sent);
	EXPECT_GE(self->slots, mbox_info(self->fd).queued);
	ASSERT_LT(0, mbox_drain(self->fd));
	EXPECT_EQ(half(self->slots), fill_as(THIRD, self->fd));
}

static int create_fair(uint64_t capacity, uint64_t max_bytes,
		       uint64_t max_message)
{
	struct ipcmbox_create create = {
		.size = sizeof(create),
		.flags = IPCMBOX_FAIR_SHARE,
		.open_flags = O_RDWR,
		.capacity = capacity,
		.max_bytes = max_bytes,
		.max_message = max_message,
	};

	return mbox_create_as(&create);
}

static int send_bytes(uid_t uid, int fd, size_t len)
{
	static char bytes[1000];
	int ret;

	become(uid);
	ret = mbox_send(fd, bytes, len, 0);
	become(ROOT);
	return ret;
}

TEST(bytes_are_shared_too)
{
	int fd = create_fair(IPCMBOX_UNBOUNDED, 1000, 1000);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, send_bytes(FIRST, fd, 300));
	EXPECT_EQ(-EXFULL, send_bytes(FIRST, fd, 201));
	EXPECT_EQ(0, send_bytes(FIRST, fd, 200));
	EXPECT_EQ(-EXFULL, send_bytes(FIRST, fd, 1));
	/* Messages without a byte are shared by nothing but their number. */
	EXPECT_EQ(0, send_bytes(FIRST, fd, 0));
	EXPECT_EQ(0, send_bytes(SECOND, fd, 250));
	EXPECT_EQ(-EXFULL, send_bytes(SECOND, fd, 1));
	/* A first one may have more than half: whether there is room decides. */
	EXPECT_EQ(0, send_bytes(THIRD, fd, 200));
	EXPECT_EQ(-ENOBUFS, send_bytes(USERS, fd, 51));
	EXPECT_EQ(0, send_bytes(USERS, fd, 50));
	EXPECT_EQ(0, poll_as(SECOND, fd));
	close(fd);
	/* Who has one that is so long has no other. */
	fd = create_fair(10, 1000, 1000);
	EXPECT_EQ(0, send_bytes(FIRST, fd, 1000));
	EXPECT_EQ(-EXFULL, send_bytes(FIRST, fd, 0));
	close(fd);
}

TEST(where_there_is_nothing_to_share)
{
	struct ipcmbox_create create = {
		.size = sizeof(create),
		.flags = IPCMBOX_FAIR_SHARE | IPCMBOX_BROADCAST,
		.open_flags = O_RDWR,
	};

	EXPECT_EQ(-EINVAL, create_fair(IPCMBOX_RENDEZVOUS, 0, 0));
	EXPECT_EQ(-EINVAL, mbox_create_as(&create));
}

TEST_HARNESS_MAIN
