// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receivers that choose: each kind of choice in each order, and what is no choice.
 */
#include "kselftest_harness.h"
#include "reference.h"

/* More than the largest bounded capacity here. */
#define COUNT		110
#define WAITING		10

FIXTURE(match)
{
	int fd;
	unsigned int slots;
	unsigned int count;
	struct reference reference;
	struct mbox_op op[COUNT];
};

MBOX_ORDERS(match);

FIXTURE_SETUP(match)
{
	static const uint64_t types[] = {
		5, 3, 5, 0, ~0ULL, 1ULL << 63, 3, 4, ~0ULL, 7, 0,
	};
	static const uint32_t priorities[] = { 7, 0, 32767, 7, 9, 200, 1 };
	unsigned int i;

	memset(self, 0, sizeof(*self));
	self->fd = mbox_create_by(variant->capacity, variant->order,
				  IPCMBOX_LONGEST, IPCMBOX_SELECTIVE);
	ASSERT_LE(0, self->fd);
	self->reference.order = variant->order;
	self->slots = mbox_slots(variant->capacity, 20);
	self->count = self->slots;
	if (variant->capacity != IPCMBOX_UNBOUNDED)
		self->count += WAITING;
	for (i = 0; i < COUNT; i++)
		self->op[i] = (struct mbox_op){
			.fd = self->fd,
			.num = i,
			.type = types[i % ARRAY_SIZE(types)],
			.priority = priorities[i % ARRAY_SIZE(priorities)],
		};
}

FIXTURE_TEARDOWN(match)
{
	EXPECT_TRUE(mbox_is_calm(self->fd));
	EXPECT_EQ(0, close(self->fd));
}

/* Looks at and receives one; 1, or 0 if there is none, or -1 if it is wrong. */
static int take(FIXTURE_DATA(match) * self, uint32_t match, uint64_t value)
{
	struct mbox_op recv = {
		.fd = self->fd,
		.kind = OP_PEEK,
		.match = match,
		.match_value = value,
	};
	struct mbox_op *msg = reference_match(&self->reference, match, value);

	if (!msg) {
		recv.flags = IPCMBOX_DONTWAIT;
		recv.kind = OP_RECV;
		return mbox_op_run(&recv) == -EAGAIN ? 0 : -1;
	}
	mbox_op_run(&recv);
	if (!reference_agrees(&recv, msg))
		return -1;
	recv.kind = OP_RECV;
	mbox_op_run(&recv);
	if (!reference_agrees(&recv, msg) || mbox_op_join(msg))
		return -1;
	reference_remove(&self->reference, msg);
	return 1;
}

/* All that are wanted, and then all that are left. */
static bool take_all(FIXTURE_DATA(match) * self, uint32_t match, uint64_t value)
{
	int ret;

	if (!reference_offer(&self->reference, self->op, self->count))
		return false;
	do
		ret = take(self, match, value);
	while (ret > 0);
	return !ret && mbox_peek_match(self->fd, match, value) == -EAGAIN &&
	       reference_empty(&self->reference, self->fd);
}

TEST_F(match, any)
{
	EXPECT_TRUE(take_all(self, IPCMBOX_MATCH_ANY, 0));
}

TEST_F(match, type)
{
	EXPECT_TRUE(take_all(self, IPCMBOX_MATCH_TYPE, 5));
	EXPECT_TRUE(take_all(self, IPCMBOX_MATCH_TYPE, 0));
	EXPECT_TRUE(take_all(self, IPCMBOX_MATCH_TYPE, ~0ULL));
	EXPECT_TRUE(take_all(self, IPCMBOX_MATCH_TYPE, 6));
}

/* The least type first, whatever the order; the order decides among equals. */
TEST_F(match, type_max)
{
	EXPECT_TRUE(take_all(self, IPCMBOX_MATCH_TYPE_MAX, 5));
	EXPECT_TRUE(take_all(self, IPCMBOX_MATCH_TYPE_MAX, 0));
	EXPECT_TRUE(take_all(self, IPCMBOX_MATCH_TYPE_MAX, 2));
	EXPECT_TRUE(take_all(self, IPCMBOX_MATCH_TYPE_MAX, ~0ULL));
}

TEST_F(match, type_not)
{
	EXPECT_TRUE(take_all(self, IPCMBOX_MATCH_TYPE_NOT, 5));
	EXPECT_TRUE(take_all(self, IPCMBOX_MATCH_TYPE_NOT, 0));
	EXPECT_TRUE(take_all(self, IPCMBOX_MATCH_TYPE_NOT, ~0ULL));
	EXPECT_TRUE(take_all(self, IPCMBOX_MATCH_TYPE_NOT, 6));
}

TEST_F(match, sender_is_the_only_one)
{
	EXPECT_TRUE(take_all(self, IPCMBOX_MATCH_SENDER, getpid()));
	EXPECT_TRUE(take_all(self, IPCMBOX_MATCH_SENDER, getppid()));
}

/* One after the other, each of another kind. */
TEST_F(match, mixed)
{
	unsigned int i;

	ASSERT_TRUE(reference_offer(&self->reference, self->op, self->count));
	for (i = 0; i < self->count; i++) {
		EXPECT_LE(0, take(self, IPCMBOX_MATCH_TYPE, i % 8));
		EXPECT_LE(0, take(self, IPCMBOX_MATCH_TYPE_MAX, i % 8));
		EXPECT_LE(0, take(self, IPCMBOX_MATCH_TYPE_NOT, i % 8));
	}
	EXPECT_TRUE(reference_empty(&self->reference, self->fd));
}

/* It stays where it is, for whoever wants it. */
TEST_F(match, failed_receive)
{
	struct mbox_op bad = {
		.fd = self->fd,
		.kind = OP_RECV,
		.len = sizeof(uint32_t),
		.match_value = 5,
	};
	char byte;

	ASSERT_TRUE(reference_offer(&self->reference, self->op, self->count));
	for (bad.match = IPCMBOX_MATCH_TYPE;
	     bad.match <= IPCMBOX_MATCH_TYPE_NOT; bad.match++) {
		bad.data = NULL;
		bad.len = sizeof(uint32_t);
		EXPECT_EQ(-EFAULT, mbox_op_run(&bad));
		bad.data = &byte;
		bad.len = 1;
		EXPECT_EQ(-EMSGSIZE, mbox_op_run(&bad));
		EXPECT_EQ(sizeof(uint32_t), bad.msg_len);
	}
	EXPECT_TRUE(reference_empty(&self->reference, self->fd));
}

/* A process that offers three messages from @first on and stays; its pid, or 0. */
static pid_t spawn_sender(FIXTURE_DATA(match) * self, unsigned int first)
{
	uint64_t sent = mbox_info(self->fd).sent;
	unsigned int i;
	pid_t pid = fork();

	if (!pid) {
		for (i = first; i < first + 3; i++)
			if (!mbox_op_offer(&self->op[i]))
				_exit(1);
		pause();
	}
	if (pid < 0 || !mbox_wait_sent(self->fd, sent + 3))
		return 0;
	for (i = first; i < first + 3; i++) {
		self->op[i].sender.pid = pid;
		/* The child's own waits for it. */
		self->op[i].done = true;
		self->op[i].id = 0;
		reference_add(&self->reference, &self->op[i]);
	}
	return pid;
}

/* Receives one of a sender, as the reference says; its number is not known. */
static bool take_of(FIXTURE_DATA(match) * self, uint32_t match, pid_t pid)
{
	struct mbox_op *msg = reference_match(&self->reference, match, pid);
	struct mbox_op recv = {
		.fd = self->fd,
		.kind = OP_RECV,
		.flags = IPCMBOX_DONTWAIT,
		.match = match,
		.match_value = pid,
	};

	if (!msg)
		return mbox_op_run(&recv) == -EAGAIN;
	if (mbox_peek_match(self->fd, match, pid) != msg->num)
		return false;
	mbox_op_run(&recv);
	msg->id = recv.id;
	reference_remove(&self->reference, msg);
	return reference_agrees(&recv, msg);
}

TEST_F(match, senders)
{
	pid_t first = spawn_sender(self, 0), second = spawn_sender(self, 3);
	unsigned int i;

	ASSERT_LT(0, first);
	ASSERT_LT(0, second);
	EXPECT_TRUE(take_of(self, IPCMBOX_MATCH_SENDER, getpid()));
	EXPECT_TRUE(take_of(self, IPCMBOX_MATCH_SENDER, second));
	EXPECT_TRUE(take_of(self, IPCMBOX_MATCH_SENDER, first));
	EXPECT_TRUE(take_of(self, IPCMBOX_MATCH_ANY, 0));
	for (i = 0; i < 3; i++)
		EXPECT_TRUE(take_of(self, IPCMBOX_MATCH_SENDER, second));
	for (i = 0; i < 3; i++)
		EXPECT_TRUE(take_of(self, IPCMBOX_MATCH_SENDER, first));
	EXPECT_EQ(0, self->reference.count);
	EXPECT_EQ(-EAGAIN, mbox_recv_num(self->fd, IPCMBOX_DONTWAIT));
	kill(first, SIGKILL);
	kill(second, SIGKILL);
	EXPECT_TRUE(WIFSIGNALED(mbox_reap(first)));
	EXPECT_TRUE(WIFSIGNALED(mbox_reap(second)));
}

/* Its messages are there, but not to be had by its number. */
TEST_F(match, sender_has_ended)
{
	unsigned int stored = self->slots < 3 ? self->slots : 3;
	pid_t pid = spawn_sender(self, 0);
	unsigned int i;

	ASSERT_LT(0, pid);
	kill(pid, SIGKILL);
	mbox_reap(pid);
	EXPECT_EQ(-ESRCH, mbox_peek_match(self->fd, IPCMBOX_MATCH_SENDER, pid));
	EXPECT_EQ(-ESRCH, mbox_recv_match(self->fd, IPCMBOX_MATCH_SENDER, pid,
					  IPCMBOX_DONTWAIT));
	EXPECT_EQ(stored, mbox_info(self->fd).queued);
	EXPECT_EQ(3 - stored, mbox_info(self->fd).withdrawn);
	for (i = stored; i < 3; i++)
		reference_remove(&self->reference, &self->op[i]);
	for (i = 0; i < stored; i++)
		EXPECT_TRUE(take_of(self, IPCMBOX_MATCH_ANY, 0));
}

TEST_F(match, no_such_match)
{
	static const struct {
		uint32_t match;
		uint64_t value;
	} bad[] = {
		{ IPCMBOX_MATCH_ANY, 1 },
		{ IPCMBOX_MATCH_SENDER, 0 },
		{ IPCMBOX_MATCH_SENDER, 1ULL << 31 },
		{ IPCMBOX_MATCH_SENDER, (1ULL << 32) + 1 },
		{ IPCMBOX_MATCH_SENDER, ~0ULL },
		{ IPCMBOX_MATCH_SENDER + 1, 1 },
		{ ~0U, 1 },
	};
	unsigned int i;

	ASSERT_TRUE(reference_offer(&self->reference, self->op, 1));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, mbox_recv_match(self->fd, bad[i].match,
						   bad[i].value, 0));
		EXPECT_EQ(-EINVAL, mbox_peek_match(self->fd, bad[i].match,
						   bad[i].value));
	}
	EXPECT_TRUE(reference_empty(&self->reference, self->fd));
}

/* Until its number is free, its messages can be had by it; then nothing is to come. */
TEST(sender_is_a_zombie)
{
	int fd = mbox_create_by(1, 0, 0, IPCMBOX_SELECTIVE);
	siginfo_t info;
	pid_t pid;

	ASSERT_LE(0, fd);
	pid = fork();
	if (!pid)
		_exit(mbox_send_num(fd, 7, 0) != 0);
	ASSERT_EQ(0, waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	EXPECT_EQ(7, mbox_peek_match(fd, IPCMBOX_MATCH_SENDER, pid));
	EXPECT_EQ(7, mbox_recv_match(fd, IPCMBOX_MATCH_SENDER, pid, 0));
	EXPECT_EQ(-ESRCH, mbox_recv_match(fd, IPCMBOX_MATCH_SENDER, pid, 0));
	EXPECT_EQ(0, mbox_reap(pid));
	EXPECT_EQ(-ESRCH, mbox_recv_match(fd, IPCMBOX_MATCH_SENDER, pid, 0));
	close(fd);
}

/* The number of a thread is that of no process. */
TEST(sender_is_a_thread)
{
	int fd = mbox_create_by(1, 0, 0, IPCMBOX_SELECTIVE);
	struct mbox_op thread = { .fd = fd, .kind = OP_RECV };

	ASSERT_LE(0, fd);
	ASSERT_TRUE(mbox_op_park(&thread));
	EXPECT_EQ(-ESRCH, mbox_recv_match(fd, IPCMBOX_MATCH_SENDER, thread.tid,
					  IPCMBOX_DONTWAIT));
	EXPECT_EQ(0, mbox_send_num(fd, 1, 0));
	EXPECT_EQ(0, mbox_op_join(&thread));
	close(fd);
}

static pid_t spawn_idle(pid_t group)
{
	pid_t pid = fork();

	if (!pid) {
		pause();
		_exit(0);
	}
	return setpgid(pid, group) ? -1 : pid;
}

/* Nor is that of a process group whose leader has ended. */
TEST(sender_is_a_process_group)
{
	int fd = mbox_create_by(1, 0, 0, IPCMBOX_SELECTIVE);
	pid_t leader = spawn_idle(0);
	pid_t member = spawn_idle(leader);

	ASSERT_LE(0, fd);
	ASSERT_LT(0, leader);
	ASSERT_LT(0, member);
	kill(leader, SIGKILL);
	mbox_reap(leader);
	EXPECT_EQ(-ESRCH, mbox_recv_match(fd, IPCMBOX_MATCH_SENDER, leader,
					  IPCMBOX_DONTWAIT));
	kill(member, SIGKILL);
	mbox_reap(member);
	close(fd);
}

TEST(mailbox_without_choice)
{
	uint32_t match;
	int fd = mbox_create(1, O_RDWR);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, mbox_send_num(fd, 1, 0));
	EXPECT_EQ(0, mbox_info(fd).attributes & IPCMBOX_SELECTIVE);
	for (match = IPCMBOX_MATCH_TYPE; match <= IPCMBOX_MATCH_SENDER;
	     match++) {
		EXPECT_EQ(-EINVAL, mbox_recv_match(fd, match, getpid(), 0));
		EXPECT_EQ(-EINVAL, mbox_peek_match(fd, match, getpid()));
	}
	EXPECT_EQ(1, mbox_recv_match(fd, IPCMBOX_MATCH_ANY, 0, 0));
	close(fd);
	fd = mbox_create_by(1, 0, 0, IPCMBOX_SELECTIVE);
	EXPECT_EQ(IPCMBOX_SELECTIVE,
		  mbox_info(fd).attributes & IPCMBOX_SELECTIVE);
	close(fd);
}

TEST_HARNESS_MAIN
