// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who subscribes and never reads, who is told of events and cannot take them, who dies
 * while it sends to very many: each harms others as far as it was allowed to, and not
 * further.
 */
#include <sys/eventfd.h>

#include "kselftest_harness.h"
#include "attack.h"

#define MESSAGES 20
#define ROOM 2
#define KILLS 10

static int create_hub(void)
{
	struct ipcmbox_create create = {
		.flags = IPCMBOX_BROADCAST,
		.open_flags = O_RDWR,
	};

	return mbox_create_as(&create);
}

static int subscribe(int hub, uint64_t capacity, enum ipcmbox_slow slow)
{
	struct ipcmbox_subscribe arg = {
		.size = sizeof(arg),
		.capacity = capacity,
		.slow = slow,
	};

	return mbox_ioctl(hub, IPCMBOX_IOC_SUBSCRIBE, &arg) ?: arg.fd;
}

/* How many it reached, or -errno. */
static int post(int hub, uint32_t num, uint32_t flags)
{
	struct ipcmbox_send send = {
		.size = sizeof(send),
		.flags = flags,
		.data = (uintptr_t)&num,
		.len = sizeof(num),
	};

	return mbox_ioctl(hub, IPCMBOX_IOC_SEND, &send) ?: (int)send.reached;
}

/* What the attacker tells: that it is there, and does what it shall. */
struct attack {
	int fd;
	enum ipcmbox_slow slow;
	atomic_bool ready;
};

FIXTURE(cast)
{
	int hub;
	int mine;
	struct attack *attack;
	struct mbox_op op;
};

FIXTURE_VARIANT(cast)
{
	enum ipcmbox_slow slow;
	int reached; /* where the attacker has no room */
};

FIXTURE_VARIANT_ADD(cast, block)
{
	.slow = IPCMBOX_SLOW_BLOCK,
	.reached = -EAGAIN,
};

FIXTURE_VARIANT_ADD(cast, drop_oldest)
{
	.slow = IPCMBOX_SLOW_DROP_OLDEST,
	.reached = 2,
};

FIXTURE_VARIANT_ADD(cast, drop_newest)
{
	.slow = IPCMBOX_SLOW_DROP_NEWEST,
	.reached = 1,
};

FIXTURE_VARIANT_ADD(cast, disconnect)
{
	.slow = IPCMBOX_SLOW_DISCONNECT,
	.reached = 1,
};

FIXTURE_SETUP(cast)
{
	memset(self, 0, sizeof(*self));
	self->attack = attack_share(sizeof(*self->attack));
	self->hub = create_hub();
	ASSERT_LE(0, self->hub);
	self->mine = subscribe(self->hub, ROOM, IPCMBOX_SLOW_BLOCK);
	ASSERT_LE(0, self->mine);
	self->attack->fd = self->hub;
	self->attack->slow = variant->slow;
}

FIXTURE_TEARDOWN(cast)
{
	EXPECT_TRUE(mbox_is_calm(self->mine));
	EXPECT_TRUE(mbox_is_calm(self->hub));
	close(self->mine);
	close(self->hub);
	munmap(self->attack, sizeof(*self->attack));
	EXPECT_TRUE(attack_is_over());
}

static void never_read(void *arg)
{
	struct attack *attack = arg;

	EXPECT_THAT(subscribe(attack->fd, ROOM, attack->slow) >= 0);
	attack->ready = true;
	pause();
}

static bool is_ready(struct attack *attack)
{
	uint64_t end = mbox_deadline(MBOX_WATCHDOG_MS);

	while (!attack->ready && mbox_now() < end)
		mbox_nap();
	return attack->ready;
}

/* Only one who blocks keeps a sender waiting, and no longer than the sender likes. */
TEST_F(cast, never_reads)
{
	pid_t pid = attack_start(ATTACKER, never_read, self->attack);
	int64_t got;
	uint32_t i;
	int ret;

	ASSERT_TRUE(is_ready(self->attack));
	for (i = 0; i < MESSAGES; i++) {
		ret = post(self->hub, i, IPCMBOX_DONTWAIT);
		EXPECT_EQ(i < ROOM ? 2 : variant->reached, ret);
		got = mbox_recv_num(self->mine, IPCMBOX_DONTWAIT);
		EXPECT_EQ(ret < 0 ? -EAGAIN : (int64_t)i, got);
	}
	self->op = (struct mbox_op){
		.fd = self->hub,
		.num = i,
		.deadline = mbox_deadline(30),
	};
	EXPECT_EQ(variant->reached < 0 ? -ETIMEDOUT : 0,
		  mbox_op_run(&self->op));
	EXPECT_EQ(variant->reached < 0 ? -EAGAIN : (int64_t)i,
		  mbox_recv_num(self->mine, IPCMBOX_DONTWAIT));
	EXPECT_TRUE(attack_others_go_on());
	EXPECT_TRUE(attack_stop(pid));
	EXPECT_EQ(1, post(self->hub, i, IPCMBOX_DONTWAIT));
	EXPECT_EQ(i, mbox_recv_num(self->mine, 0));
}

/* To IPCMBOX_ALL every policy gives the same answer: not now. */
TEST_F(cast, all_or_none)
{
	pid_t pid = attack_start(ATTACKER, never_read, self->attack);
	uint32_t i;

	ASSERT_TRUE(is_ready(self->attack));
	for (i = 0; i < ROOM; i++) {
		EXPECT_EQ(2,
			  post(self->hub, i, IPCMBOX_DONTWAIT | IPCMBOX_ALL));
		EXPECT_EQ(i, mbox_recv_num(self->mine, 0));
	}
	EXPECT_EQ(-EAGAIN, post(self->hub, i, IPCMBOX_DONTWAIT | IPCMBOX_ALL));
	EXPECT_EQ(-EAGAIN, mbox_recv_num(self->mine, IPCMBOX_DONTWAIT));
	/* A sender that waits goes on when the attacker is killed. */
	self->op = (struct mbox_op){
		.fd = self->hub,
		.num = 7,
		.flags = IPCMBOX_ALL,
	};
	ASSERT_EQ(0, mbox_op_start(&self->op));
	mbox_nap();
	EXPECT_FALSE(self->op.done);
	EXPECT_TRUE(attack_others_go_on());
	EXPECT_TRUE(attack_stop(pid));
	EXPECT_EQ(0, mbox_op_join(&self->op));
	EXPECT_EQ(7, mbox_recv_num(self->mine, 0));
}

static void cannot_be_told(void *arg)
{
	static const uint64_t full = UINT64_MAX - 1;
	struct attack *attack = arg;
	int port = mbox_reopen(attack->fd, O_RDONLY, 0);
	struct ipcmbox_notify notify = {
		.size = sizeof(notify),
		.eventfd = eventfd(0, 0),
		.events = IPCMBOX_EVENT_MESSAGE,
	};

	EXPECT_THAT(port >= 0);
	EXPECT_THAT(write(notify.eventfd, &full, sizeof(full)) == sizeof(full));
	EXPECT_THAT(!mbox_ioctl(port, IPCMBOX_IOC_NOTIFY, &notify));
	attack->ready = true;
	pause();
}

/* An eventfd that is full keeps nobody from sending, nor others from being told. */
TEST(full_eventfd)
{
	struct attack *attack = attack_share(sizeof(*attack));
	int fd = mbox_create(IPCMBOX_UNBOUNDED, O_RDWR);
	struct ipcmbox_notify notify = {
		.size = sizeof(notify),
		.eventfd = eventfd(0, EFD_NONBLOCK),
		.events = IPCMBOX_EVENT_MESSAGE,
	};
	uint64_t told = 0;
	uint32_t i;
	pid_t pid;

	ASSERT_LE(0, fd);
	ASSERT_LE(0, notify.eventfd);
	attack->fd = fd;
	pid = attack_start(ATTACKER, cannot_be_told, attack);
	ASSERT_TRUE(is_ready(attack));
	ASSERT_EQ(0, mbox_ioctl(fd, IPCMBOX_IOC_NOTIFY, &notify));
	for (i = 0; i < MESSAGES; i++)
		EXPECT_EQ(0, mbox_send_num(fd, i, IPCMBOX_DONTWAIT));
	ASSERT_EQ(sizeof(told), read(notify.eventfd, &told, sizeof(told)));
	EXPECT_EQ(MESSAGES, told);
	EXPECT_TRUE(attack_others_go_on());
	EXPECT_TRUE(attack_stop(pid));
	for (i = 0; i < MESSAGES; i++)
		EXPECT_EQ(i, mbox_recv_num(fd, 0));
	EXPECT_TRUE(mbox_is_calm(fd));
	close(notify.eventfd);
	close(fd);
	munmap(attack, sizeof(*attack));
	EXPECT_TRUE(attack_is_over());
}

FIXTURE(many)
{
	int hub;
	int fds[IPCMBOX_SUBSCRIBERS_MAX];
	struct attack *attack;
};

FIXTURE_SETUP(many)
{
	unsigned int i;

	self->hub = create_hub();
	ASSERT_LE(0, self->hub);
	for (i = 0; i < ARRAY_SIZE(self->fds); i++) {
		self->fds[i] = subscribe(self->hub, IPCMBOX_UNBOUNDED,
					 IPCMBOX_SLOW_BLOCK);
		ASSERT_LE(0, self->fds[i]);
	}
	self->attack = attack_share(sizeof(*self->attack));
	self->attack->fd = self->hub;
}

FIXTURE_TEARDOWN(many)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(self->fds); i++)
		close(self->fds[i]);
	EXPECT_TRUE(mbox_is_calm(self->hub));
	close(self->hub);
	munmap(self->attack, sizeof(*self->attack));
	EXPECT_TRUE(attack_is_over());
}

static void post_for_ever(void *arg)
{
	struct attack *attack = arg;
	uint32_t i;

	for (i = 0;; i++) {
		EXPECT_THAT(post(attack->fd, i, 0) == IPCMBOX_SUBSCRIBERS_MAX);
		attack->ready = true;
	}
}

/* Receives all; how many, if they are the numbers from 0 on, or -EBADMSG. */
static int64_t drain_numbers(int fd)
{
	uint32_t count = 0;
	int64_t ret;

	while ((ret = mbox_recv_num(fd, IPCMBOX_DONTWAIT)) == count)
		count++;
	return ret == -EAGAIN ? count : -EBADMSG;
}

/* It is killed in the midst of it: each message has got to all of them, or to none. */
TEST_F_TIMEOUT(many, sender_dies, 300)
{
	unsigned int i, kills;
	int64_t count;
	pid_t pid;

	EXPECT_EQ(-EUSERS, subscribe(self->hub, 1, IPCMBOX_SLOW_BLOCK));
	for (kills = 0; kills < KILLS; kills++) {
		self->attack->ready = false;
		pid = attack_start(ATTACKER, post_for_ever, self->attack);
		ASSERT_TRUE(is_ready(self->attack));
		usleep(kills * 1000);
		EXPECT_TRUE(attack_stop(pid));
		count = drain_numbers(self->fds[0]);
		EXPECT_LT(0, count);
		for (i = 1; i < ARRAY_SIZE(self->fds); i++)
			EXPECT_EQ(count, drain_numbers(self->fds[i]));
	}
	EXPECT_TRUE(attack_others_go_on());
}

/* While it waits for one that is full, nobody has the message. */
TEST_F(many, sender_dies_waiting)
{
	struct attack *attack = self->attack;
	unsigned int last = ARRAY_SIZE(self->fds) - 1, i;
	pid_t pid;

	close(self->fds[last]);
	self->fds[last] = subscribe(self->hub, 1, IPCMBOX_SLOW_BLOCK);
	ASSERT_LE(0, self->fds[last]);
	pid = attack_start(ATTACKER, post_for_ever, attack);
	ASSERT_TRUE(is_ready(attack));
	mbox_nap();
	EXPECT_EQ(1, mbox_info(self->hub).sent);
	EXPECT_EQ(-EAGAIN, post(self->hub, 1, IPCMBOX_DONTWAIT));
	EXPECT_TRUE(attack_stop(pid));
	for (i = 0; i <= last; i++)
		EXPECT_EQ(1, drain_numbers(self->fds[i]));
	/* And others have their turn. */
	EXPECT_EQ(IPCMBOX_SUBSCRIBERS_MAX, post(self->hub, 0, 0));
	for (i = 0; i <= last; i++)
		EXPECT_EQ(1, drain_numbers(self->fds[i]));
}

TEST_HARNESS_MAIN
