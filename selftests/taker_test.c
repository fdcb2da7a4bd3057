// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who stops in the middle of a copy, for as long as he likes, pays for what is taken back
 * meanwhile: neither the owner of the mailbox nor the other side does, unless he has no quota.
 */
#include <sys/mount.h>
#include <sys/stat.h>

#include "kselftest_harness.h"
#include "accounts.h"
#include "call.h"
#include "select.h"
#include "stall.h"

#define OWNER 65520
#define SENDER 65521
#define TAKER 65522
#define LONG 60000
#define MORE (LONG + 20000)
#define BYTES MBOX_PARAMETERS "user_bytes"
#define FOLDER "/tmp/ipcmbox-taker"

FIXTURE(taker)
{
	int64_t bytes;
	struct stall stall;
	struct mbox_op send;
	char message[LONG];
	int fd;
};

FIXTURE_VARIANT(taker)
{
	uint64_t capacity;
	unsigned int flags;
	bool selects;
};

FIXTURE_VARIANT_ADD(taker, rendezvous) { .capacity = IPCMBOX_RENDEZVOUS };
FIXTURE_VARIANT_ADD(taker, stored) { .capacity = 1, .flags = IPCMBOX_UNTIL_TAKEN };
FIXTURE_VARIANT_ADD(taker, selection) { .capacity = IPCMBOX_RENDEZVOUS, .selects = true };

static int64_t run_as(uid_t uid, int (*run)(void *arg), void *arg)
{
	int ret = accounts_become(uid);

	ret = ret ?: run(arg);
	return accounts_become(0) ?: ret;
}

static int start(void *op)
{
	return mbox_op_start(op);
}

FIXTURE_SETUP(taker)
{
	if (getuid())
		SKIP(return, "needs root, to see accounts");
	self->stall.uffd = -1;
	self->bytes = mbox_read_number(BYTES);
	ASSERT_LT(0, self->bytes);
	self->fd = accounts_create(OWNER, variant->capacity);
	ASSERT_LE(0, self->fd);
	ASSERT_TRUE(stall_init(&self->stall, self->fd));
	self->stall.op.flags = IPCMBOX_TRUNCATE;
	self->send = (struct mbox_op){
		.kind = OP_SEND,
		.fd = self->fd,
		.data = self->message,
		.len = LONG,
		.flags = variant->flags,
		.deadline = mbox_deadline(3000),
	};
}

FIXTURE_TEARDOWN(taker)
{
	mbox_write_number(BYTES, self->bytes);
	stall_exit(&self->stall);
	close(self->fd);
	EXPECT_TRUE(accounts_gone("uid=6552"));
}

/* Meets the receiver, who stops. */
static bool meet(struct mbox_op *send, struct stall *stall,
		 struct selector *selector)
{
	if (run_as(TAKER, start, &stall->op) ||
	    !mbox_wait_receivers(send->fd, 1))
		return false;
	if (!selector)
		return !run_as(SENDER, start, send) &&
		       mbox_wait_transfer(send->fd, 1);
	select_send(selector, send->fd, 1);
	selector->send[0].data = (uintptr_t)send->data;
	selector->send[0].len = send->len;
	selector->arg.deadline = send->deadline;
	return !run_as(SENDER, (int (*)(void *))select_start, selector) &&
	       mbox_wait_transfer(send->fd, 1);
}

static bool goes_back_to_wait(struct stall *stall)
{
	return !stall_end(stall) && !mbox_destroy(stall->op.fd) &&
	       mbox_op_join(&stall->op) == -EIDRM;
}

static void expect_taker_pays(struct __test_metadata *_metadata,
			      FIXTURE_DATA(taker) * self, bool selects)
{
	struct selector *selector = calloc(1, sizeof(*selector));

	ASSERT_TRUE(meet(&self->send, &self->stall, selects ? selector : NULL));
	EXPECT_EQ(-ETIMEDOUT,
		  selects ? select_join(selector) : mbox_op_join(&self->send));
	EXPECT_TRUE(accounts_wait(TAKER, "bytes", LONG, MORE));
	EXPECT_TRUE(accounts_wait(SENDER, "bytes", 0, 0));
	EXPECT_TRUE(accounts_wait(OWNER, "bytes", 0, LONG / 2));
	EXPECT_TRUE(goes_back_to_wait(&self->stall));
	EXPECT_TRUE(accounts_wait(TAKER, "bytes", 0, 0));
	free(selector);
}

TEST_F(taker, pays)
{
	expect_taker_pays(_metadata, self, variant->selects);
}

/* Who has paid so far pays on. */
TEST_F(taker, has_no_quota)
{
	struct selector *selector = calloc(1, sizeof(*selector));
	uid_t payer = variant->flags ? OWNER : SENDER;

	ASSERT_TRUE(meet(&self->send, &self->stall,
			 variant->selects ? selector : NULL));
	ASSERT_EQ(0, mbox_write_number(BYTES, LONG / 2));
	EXPECT_EQ(-ETIMEDOUT, variant->selects ? select_join(selector) :
						 mbox_op_join(&self->send));
	EXPECT_TRUE(accounts_wait(TAKER, "bytes", 0, LONG / 2));
	EXPECT_TRUE(accounts_wait(payer, "bytes", LONG, MORE));
	EXPECT_TRUE(
		accounts_wait(OWNER ^ SENDER ^ payer, "bytes", 0, LONG / 2));
	/* Nothing is left of it. */
	EXPECT_TRUE(goes_back_to_wait(&self->stall));
	EXPECT_TRUE(accounts_wait(payer, "bytes", 0, LONG / 2));
	free(selector);
}

/* One that nobody pays for in line: there is nobody to go on. */
TEST_F(taker, of_a_short_message)
{
	struct selector *selector = calloc(1, sizeof(*selector));

	self->send.len = 8;
	ASSERT_TRUE(meet(&self->send, &self->stall,
			 variant->selects ? selector : NULL));
	ASSERT_EQ(0, mbox_write_number(BYTES, 1));
	EXPECT_EQ(-ETIMEDOUT, variant->selects ? select_join(selector) :
						 mbox_op_join(&self->send));
	EXPECT_TRUE(accounts_wait(SENDER, "bytes", 0, 0));
	EXPECT_TRUE(accounts_wait(TAKER, "bytes", 0, 0));
	EXPECT_TRUE(goes_back_to_wait(&self->stall));
	EXPECT_TRUE(accounts_wait(OWNER, "bytes", 0, LONG / 2));
	free(selector);
}

/* The same mailbox in an instance that allows little. */
static int create_inside(uint64_t capacity)
{
	struct ipcmbox_create arg = {
		.size = sizeof(arg),
		.open_flags = O_RDWR,
		.capacity = capacity,
	};
	int ctl, ret;

	if ((mkdir(FOLDER, 0755) && errno != EEXIST) ||
	    mount("none", FOLDER, "ipcmboxfs", 0, "newinstance,bytes=100000"))
		return -errno;
	ctl = open(FOLDER "/control", O_RDWR | O_CLOEXEC);
	ret = accounts_become(OWNER);
	ret = ret ?: mbox_ioctl(ctl, IPCMBOX_IOC_CREATE, &arg);
	close(ctl);
	return accounts_become(0) ?: ret ?: arg.fd;
}

/* Who made the instance could be the one who stops. */
TEST_F(taker, pays_himself_in_an_instance)
{
	int fd = create_inside(variant->capacity);

	ASSERT_LE(0, fd);
	self->stall.op.fd = fd;
	self->send.fd = fd;
	expect_taker_pays(_metadata, self, variant->selects);
	close(fd);
	EXPECT_EQ(0, umount(FOLDER));
}

struct answer {
	int fd;
	uint64_t token;
	const void *data;
	int ret;
	pthread_t thread;
};

static void *answer_run(void *arg)
{
	struct answer *answer = arg;
	struct ipcmbox_reply reply = {
		.size = sizeof(reply),
		.token = answer->token,
		.data = (uintptr_t)answer->data,
		.len = 8,
	};

	answer->ret = mbox_ioctl(answer->fd, IPCMBOX_IOC_REPLY, &reply);
	return NULL;
}

static int answer_start(void *arg)
{
	struct answer *answer = arg;

	return -pthread_create(&answer->thread, NULL, answer_run, answer);
}

static int call_start(void *arg)
{
	struct caller *caller = arg;

	return caller_start(caller, caller->fd, 1) ? 0 : -EBADMSG;
}

/* Who answers, and stops; what he has of the caller's room is his matter then. */
static void answer(struct __test_metadata *_metadata, int fd,
		   struct stall *stall, int64_t limit, uid_t payer,
		   bool destroyed)
{
	struct caller caller = {
		.fd = fd,
		.arg = { .answer = 8, .answer_len = LONG },
	};
	struct answer answer = { .fd = fd, .data = stall->page };

	caller.arg.deadline = mbox_deadline(3000);
	ASSERT_EQ(0, run_as(SENDER, call_start, &caller));
	answer.token = serve_take(fd, 1);
	ASSERT_NE(0, answer.token);
	ASSERT_EQ(0, run_as(TAKER, answer_start, &answer));
	EXPECT_TRUE(stall_wait(stall));
	if (limit)
		EXPECT_EQ(0, mbox_write_number(BYTES, limit));
	if (destroyed)
		EXPECT_EQ(0, mbox_destroy(fd));
	EXPECT_EQ(destroyed ? -EIDRM : -ETIMEDOUT, caller_join(&caller));
	EXPECT_TRUE(accounts_wait(payer, "bytes", LONG, MORE));
	EXPECT_TRUE(accounts_wait(TAKER ^ SENDER ^ payer, "bytes", 0, 2000));
	EXPECT_TRUE(accounts_wait(OWNER, "bytes", 0, LONG / 2));
	EXPECT_EQ(0, stall_end(stall));
	pthread_join(answer.thread, NULL);
	EXPECT_EQ(destroyed ? -EIDRM : -ESTALE, answer.ret);
	EXPECT_TRUE(accounts_wait(payer, "bytes", 0, 0));
}

TEST_F(taker, answers)
{
	answer(_metadata, self->fd, &self->stall, 0, TAKER, false);
}

TEST_F(taker, answers_where_nobody_is_left)
{
	answer(_metadata, self->fd, &self->stall, 0, TAKER, true);
}

TEST_F(taker, answers_without_quota)
{
	answer(_metadata, self->fd, &self->stall, LONG / 2, SENDER, false);
}

struct choice {
	struct ipcmbox_case one;
	struct ipcmbox_select arg;
	int ctl;
	int ret;
	pthread_t thread;
};

static void *choice_run(void *arg)
{
	struct choice *choice = arg;

	choice->ret = mbox_ioctl(choice->ctl, IPCMBOX_IOC_SELECT, &choice->arg);
	return NULL;
}

static int choice_start(void *arg)
{
	struct choice *choice = arg;

	return -pthread_create(&choice->thread, NULL, choice_run, choice);
}

/*
 * A selection has stored its message, and stops before it returns, while another thread takes
 * the message back, of which a receiver has a part already.
 */
TEST_F(taker, of_what_was_selected)
{
	struct stall data = { .uffd = -1 }, out = { .uffd = -1 };
	struct ipcmbox_cancel cancel = { .size = sizeof(cancel), .id = 1 };
	struct ipcmbox_send *send;
	struct choice choice = {
		.one = { .fd = self->fd, .kind = IPCMBOX_CASE_SEND },
		.arg = { .size = sizeof(choice.arg),
			 .count = 1,
			 .stride = sizeof(choice.one) },
		.ctl = open(MBOX_DEVICE, O_RDWR | O_CLOEXEC),
	};

	if (!variant->flags)
		SKIP(return, "it is about what is stored");
	ASSERT_TRUE(stall_init(&data, self->fd));
	ASSERT_TRUE(stall_init_to_write(&out, self->fd));
	send = (struct ipcmbox_send *)out.page;
	*send = (struct ipcmbox_send){
		.size = sizeof(*send),
		.data = (uintptr_t)data.page,
		.len = 4096,
	};
	choice.one.arg = (uintptr_t)send;
	choice.arg.cases = (uintptr_t)&choice.one;
	ASSERT_EQ(0, run_as(SENDER, choice_start, &choice));
	ASSERT_TRUE(stall_wait(&data));
	ASSERT_EQ(0, stall_protect(&out, true));
	ASSERT_EQ(0, stall_end(&data));
	ASSERT_TRUE(stall_wait(&out));
	EXPECT_EQ(1, mbox_info(self->fd).queued);

	ASSERT_EQ(0, run_as(TAKER, start, &self->stall.op));
	ASSERT_TRUE(mbox_wait_transfer(self->fd, 1));
	EXPECT_EQ(0, mbox_ioctl(self->fd, IPCMBOX_IOC_CANCEL, &cancel));
	EXPECT_EQ(IPCMBOX_CANCEL_DONE, cancel.result);
	ASSERT_EQ(0, stall_protect(&out, false));
	pthread_join(choice.thread, NULL);
	EXPECT_EQ(0, choice.ret);
	EXPECT_TRUE(accounts_wait(TAKER, "bytes", 4096, MORE));
	EXPECT_TRUE(accounts_wait(SENDER, "bytes", 0, 0));
	EXPECT_TRUE(goes_back_to_wait(&self->stall));
	EXPECT_TRUE(accounts_wait(TAKER, "bytes", 0, 0));
	stall_exit(&data);
	stall_exit(&out);
	close(choice.ctl);
}

TEST_HARNESS_MAIN
