// SPDX-License-Identifier: GPL-2.0-only
/*
 * An attacker whose memory is a FUSE file of its own stops in the middle of a call, for
 * as long as it likes, and not even SIGKILL ends that. Nobody else may wait for it, in
 * the same mailbox or elsewhere, and what it held comes back when it is gone.
 */
#include "kselftest_harness.h"
#include "attack.h"
#include "fuse_page.h"

#define PAGE 4096

FIXTURE(stall)
{
	int fd;
	pid_t attacker;
	struct fuse_page page;
	struct mbox_op op;
};

MBOX_CAPACITIES(stall);

FIXTURE_SETUP(stall)
{
	struct ipcmbox_create create = {
		.open_flags = O_RDWR,
		.capacity = variant->capacity,
	};
	int ret;

	memset(self, 0, sizeof(*self));
	self->fd = attack_mailbox(&create);
	ASSERT_LE(0, self->fd);
	ret = fuse_page_open(&self->page);
	if (ret == -ENODEV)
		SKIP(return, "no /dev/fuse");
	ASSERT_EQ(0, ret);
}

/* The attacker is killed, and goes as soon as its memory lets it. */
FIXTURE_TEARDOWN(stall)
{
	int status;

	fuse_page_release(&self->page);
	if (self->attacker > 0)
		EXPECT_EQ(self->attacker, waitpid(self->attacker, &status, 0));
	fuse_page_close(&self->page);
	EXPECT_TRUE(mbox_is_calm(self->fd));
	EXPECT_EQ(0, close(self->fd));
	EXPECT_TRUE(attack_is_over());
}

struct orders {
	int fd;
	int file;
	int device;
	enum { ATTACK_SEND, ATTACK_RECEIVE, ATTACK_ARGUMENT } how;
};

static void attack(void *arg)
{
	const struct orders *orders = arg;
	char *page;

	/* Or the filesystem would live as long as this. */
	close(orders->device);
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE,
		    orders->file, 0);

	EXPECT_THAT(page != MAP_FAILED);
	if (orders->how == ATTACK_SEND)
		mbox_send(orders->fd, page, 64, 0);
	else if (orders->how == ATTACK_RECEIVE)
		mbox_recv(orders->fd, page, PAGE, 0);
	else
		ioctl(orders->fd, IPCMBOX_IOC_SEND, page);
}

static bool killed_but_there(pid_t pid)
{
	int status;

	if (kill(pid, SIGKILL))
		return false;
	usleep(50000);
	return !waitpid(pid, &status, WNOHANG);
}

#define START_ATTACK(which)                                                \
	do {                                                               \
		struct orders _orders = {                                  \
			.fd = self->fd,                                    \
			.file = self->page.file,                           \
			.device = self->page.device,                       \
			.how = (which),                                    \
		};                                                         \
		self->attacker = attack_start(ATTACKER, attack, &_orders); \
		ASSERT_LT(0, self->attacker);                              \
	} while (0)

/* A message goes through; both sides are here. */
static bool passes(struct mbox_op *op, int fd, uint32_t num)
{
	*op = (struct mbox_op){ .fd = fd, .kind = OP_SEND, .num = num };
	return !mbox_op_start(op) && mbox_recv_num(fd, 0) == num &&
	       !mbox_op_join(op);
}

/* Its message never gets to have a place. */
TEST_F(stall, sender)
{
	uint64_t sent = mbox_info(self->fd).sent;

	START_ATTACK(ATTACK_SEND);
	ASSERT_TRUE(fuse_page_wait(&self->page));
	EXPECT_TRUE(passes(&self->op, self->fd, 5));
	EXPECT_TRUE(killed_but_there(self->attacker));
	EXPECT_TRUE(passes(&self->op, self->fd, 6));
	EXPECT_TRUE(attack_others_go_on());
	EXPECT_EQ(sent + 2, mbox_info(self->fd).sent);
}

TEST_F(stall, argument)
{
	struct ipcmbox_info before = mbox_info(self->fd), after;

	START_ATTACK(ATTACK_ARGUMENT);
	ASSERT_TRUE(fuse_page_wait(&self->page));
	EXPECT_TRUE(killed_but_there(self->attacker));
	after = mbox_info(self->fd);
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(after)));
	EXPECT_TRUE(passes(&self->op, self->fd, 5));
	EXPECT_TRUE(attack_others_go_on());
}

/* The message that it holds is the sender's to take back, or comes back. */
TEST_F(stall, receiver)
{
	bool waits = !variant->capacity;
	int64_t ret;

	self->op = (struct mbox_op){
		.fd = self->fd,
		.kind = OP_SEND,
		.num = 1,
	};
	START_ATTACK(ATTACK_RECEIVE);
	ASSERT_TRUE(mbox_wait_receivers(self->fd, 1));
	self->op.deadline = mbox_deadline(500);
	ASSERT_EQ(0, mbox_op_start(&self->op));
	ASSERT_TRUE(fuse_page_wait(&self->page));
	ret = mbox_op_join(&self->op);
	EXPECT_EQ(waits ? -ETIMEDOUT : 0, ret);
	EXPECT_TRUE(killed_but_there(self->attacker));
	if (variant->capacity != 1)
		EXPECT_TRUE(passes(&self->op, self->fd, 2));
	EXPECT_TRUE(attack_others_go_on());
	fuse_page_release(&self->page);
	if (!waits)
		EXPECT_EQ(1, mbox_recv_num(self->fd, 0));
	EXPECT_EQ(-EAGAIN, mbox_recv_num(self->fd, IPCMBOX_DONTWAIT));
}

TEST_F(stall, receiver_of_a_destroyed_one)
{
	int64_t ret;

	self->op = (struct mbox_op){
		.fd = self->fd,
		.kind = OP_SEND,
		.num = 1,
		.flags = IPCMBOX_UNTIL_TAKEN,
	};
	START_ATTACK(ATTACK_RECEIVE);
	ASSERT_EQ(0, mbox_op_start(&self->op));
	ASSERT_TRUE(fuse_page_wait(&self->page));
	EXPECT_TRUE(killed_but_there(self->attacker));
	EXPECT_EQ(0, mbox_destroy(self->fd));
	ret = mbox_op_join(&self->op);
	EXPECT_EQ(-EIDRM, ret);
	EXPECT_TRUE(attack_others_go_on());
}

TEST_HARNESS_MAIN
