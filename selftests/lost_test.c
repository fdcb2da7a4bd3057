// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands that were lost: tasks that select in two mailboxes are served in one, and do not
 * get the CPU to leave the other. Who comes there has to pass all of them, in several turns,
 * and finds what is behind.
 */
#include "kselftest_harness.h"
#include "call.h"
#include "cast.h"
#include "select.h"

/* Far more stands than are taken away in one turn. */
#define SELECTORS 6
#define STANDS 50

FIXTURE(lost)
{
	int fd;
	int other;
	struct selector *selectors;
	struct mbox_op op;
	pthread_t hog;
	atomic_bool hogs;
};

FIXTURE_VARIANT(lost)
{
	uint64_t capacity;
};

FIXTURE_VARIANT_ADD(lost, rendezvous) { .capacity = IPCMBOX_RENDEZVOUS };
FIXTURE_VARIANT_ADD(lost, unbounded) { .capacity = IPCMBOX_UNBOUNDED };

FIXTURE_SETUP(lost)
{
	memset(self, 0, sizeof(*self));
	self->fd = mbox_create_by(variant->capacity, IPCMBOX_FIFO,
				  IPCMBOX_LONGEST, 0);
	ASSERT_LE(0, self->fd);
	self->other = mbox_create(IPCMBOX_RENDEZVOUS, O_RDWR);
	ASSERT_LE(0, self->other);
	self->selectors = calloc(SELECTORS, sizeof(*self->selectors));
	ASSERT_NE(NULL, self->selectors);
}

FIXTURE_TEARDOWN(lost)
{
	EXPECT_TRUE(mbox_is_calm(self->fd));
	free(self->selectors);
	close(self->fd);
	close(self->other);
}

static int run_on(int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	return sched_setaffinity(0, sizeof(cpus), &cpus) ? -errno : 0;
}

/* Selects on the second CPU; what does so from here on does too. */
static bool park_selectors(FIXTURE_DATA(lost) * self, int fd, bool send)
{
	unsigned int i, j;

	if (run_on(1))
		return false;
	for (i = 0; i < SELECTORS; i++) {
		struct selector *selector = &self->selectors[i];

		for (j = 0; j < STANDS && send; j++)
			select_send(selector, fd, j);
		for (j = 0; j < STANDS && !send; j++) {
			select_recv(selector, fd);
			selector->recv[j].flags = IPCMBOX_NOTICES;
		}
		select_recv(selector, self->other);
		if (select_start(selector))
			return false;
	}
	return !run_on(0) && mbox_wait_receivers(self->other, SELECTORS);
}

static void *hog(void *hogs)
{
	const struct sched_param param = { .sched_priority = 1 };

	if (run_on(1) || sched_setscheduler(0, SCHED_FIFO, &param))
		return NULL;
	*(atomic_bool *)hogs = true;
	while (*(atomic_bool *)hogs)
		;
	return NULL;
}

/* Has all stands be lost, and nobody take his away. */
static bool lose(FIXTURE_DATA(lost) * self)
{
	uint64_t end = mbox_deadline(MBOX_WATCHDOG_MS);

	if (pthread_create(&self->hog, NULL, hog, &self->hogs))
		return false;
	while (!self->hogs && mbox_now() < end)
		;
	return self->hogs && !mbox_destroy(self->other);
}

/* All have lost to the end of the other mailbox. */
static bool join(FIXTURE_DATA(lost) * self)
{
	unsigned int i;
	bool fine = true;

	self->hogs = false;
	pthread_join(self->hog, NULL);
	for (i = 0; i < SELECTORS; i++)
		fine &= select_join(&self->selectors[i]) == -EIDRM;
	return fine;
}

TEST_F(lost, receivers_before_a_receiver)
{
	ASSERT_TRUE(park_selectors(self, self->fd, false));
	self->op = (struct mbox_op){ .fd = self->fd, .kind = OP_RECV };
	ASSERT_TRUE(mbox_op_park(&self->op));
	ASSERT_TRUE(lose(self));
	EXPECT_EQ(0, mbox_send_num(self->fd, 7, IPCMBOX_DONTWAIT));
	EXPECT_TRUE(join(self));
	EXPECT_EQ(0, mbox_op_join(&self->op));
	EXPECT_EQ(7, self->op.num);
}

TEST_F(lost, receivers_before_nobody)
{
	ASSERT_TRUE(park_selectors(self, self->fd, false));
	ASSERT_TRUE(lose(self));
	if (!variant->capacity) {
		EXPECT_EQ(-EAGAIN,
			  mbox_send_num(self->fd, 7, IPCMBOX_DONTWAIT));
	} else {
		EXPECT_EQ(0, mbox_send_num(self->fd, 7, IPCMBOX_DONTWAIT));
		EXPECT_EQ(7, mbox_recv_num(self->fd, IPCMBOX_DONTWAIT));
	}
	EXPECT_TRUE(join(self));
}

TEST_F(lost, receivers_before_a_call)
{
	struct caller *caller = calloc(1, sizeof(*caller));
	uint64_t token;

	ASSERT_NE(NULL, caller);
	ASSERT_TRUE(park_selectors(self, self->fd, false));
	ASSERT_TRUE(lose(self));
	ASSERT_TRUE(caller_start(caller, self->fd, 3));
	token = serve_take(self->fd, 3);
	EXPECT_NE(0, token);
	EXPECT_EQ(0, serve_reply(self->fd, token, 4));
	EXPECT_TRUE(join(self));
	EXPECT_EQ(0, caller_join(caller));
	free(caller);
}

/* A caller leaves, and all that want the notice are lost. */
TEST_F(lost, receivers_before_a_notice)
{
	struct caller *caller = calloc(1, sizeof(*caller));
	struct ipcmbox_recv recv = {
		.size = sizeof(recv),
		.flags = IPCMBOX_DONTWAIT | IPCMBOX_NOTICES,
	};
	struct ipcmbox_cancel cancel = { .size = sizeof(cancel) };

	ASSERT_NE(NULL, caller);
	ASSERT_TRUE(caller_start(caller, self->fd, 3));
	cancel.id = serve_take(self->fd, 3);
	ASSERT_NE(0, cancel.id);
	ASSERT_TRUE(park_selectors(self, self->fd, false));
	ASSERT_TRUE(lose(self));
	EXPECT_EQ(0, mbox_ioctl(self->fd, IPCMBOX_IOC_CANCEL, &cancel));
	EXPECT_EQ(IPCMBOX_CANCEL_TOO_LATE, cancel.result);
	EXPECT_EQ(0, mbox_ioctl(self->fd, IPCMBOX_IOC_RECV, &recv));
	EXPECT_EQ(IPCMBOX_MSG_LEFT, recv.msg_flags);
	EXPECT_TRUE(join(self));
	EXPECT_EQ(-ECANCELED, caller_join(caller));
	free(caller);
}

TEST_F(lost, receivers_before_a_selector)
{
	struct selector *selector = calloc(1, sizeof(*selector));

	ASSERT_NE(NULL, selector);
	ASSERT_TRUE(park_selectors(self, self->fd, false));
	self->op = (struct mbox_op){ .fd = self->fd, .kind = OP_RECV };
	ASSERT_TRUE(mbox_op_park(&self->op));
	ASSERT_TRUE(lose(self));
	select_send(selector, self->fd, 9);
	selector->arg.flags = IPCMBOX_DONTWAIT;
	EXPECT_EQ(0, select_run(selector));
	EXPECT_TRUE(join(self));
	EXPECT_EQ(0, mbox_op_join(&self->op));
	EXPECT_EQ(9, self->op.num);
	free(selector);
}

/* The copy fails, and the message goes to the one behind. */
TEST_F(lost, receivers_before_the_next)
{
	struct mbox_op bad = {
		.fd = self->fd,
		.kind = OP_RECV,
		.data = mbox_cliff(),
		.len = 4,
	};

	/* It waits, and is served, first. */
	ASSERT_TRUE(mbox_op_park(&bad));
	ASSERT_TRUE(park_selectors(self, self->fd, false));
	self->op = (struct mbox_op){ .fd = self->fd, .kind = OP_RECV };
	ASSERT_TRUE(mbox_op_park(&self->op));
	ASSERT_TRUE(lose(self));
	EXPECT_EQ(0, mbox_send_num(self->fd, 7, 0));
	EXPECT_EQ(-EFAULT, mbox_op_join(&bad));
	EXPECT_TRUE(join(self));
	EXPECT_EQ(0, mbox_op_join(&self->op));
	EXPECT_EQ(7, self->op.num);
}

TEST_F(lost, receivers_of_a_broadcast)
{
	int hub = cast_hub(), sub;
	uint64_t lag;

	ASSERT_LE(0, hub);
	sub = cast_subscribe(hub, 4, IPCMBOX_SLOW_DROP_OLDEST);
	ASSERT_LE(0, sub);
	ASSERT_TRUE(park_selectors(self, sub, false));
	ASSERT_TRUE(lose(self));
	EXPECT_EQ(1, cast_post(hub, 5, 0, 0));
	EXPECT_EQ(5, cast_get(sub, &lag));
	EXPECT_EQ(-EAGAIN, cast_get(sub, &lag));
	EXPECT_TRUE(join(self));
	close(sub);
	close(hub);
}

/* Those that stand in line; an unbounded mailbox has none. */
TEST_F(lost, senders)
{
	struct selector *selector = calloc(1, sizeof(*selector));
	uint32_t num;

	ASSERT_NE(NULL, selector);
	if (variant->capacity)
		return;
	ASSERT_TRUE(park_selectors(self, self->fd, true));
	self->op = (struct mbox_op){ .fd = self->fd, .num = 77 };
	ASSERT_TRUE(mbox_op_park(&self->op));
	ASSERT_TRUE(lose(self));
	EXPECT_EQ(sizeof(num), mbox_peek(self->fd, &num, sizeof(num), 0));
	EXPECT_EQ(77, num);
	select_recv(selector, self->fd);
	EXPECT_EQ(0, select_run(selector));
	EXPECT_EQ(77, selector->num[0]);
	EXPECT_EQ(-EAGAIN, mbox_recv_num(self->fd, IPCMBOX_DONTWAIT));
	EXPECT_TRUE(join(self));
	EXPECT_EQ(0, mbox_op_join(&self->op));
	free(selector);
}

TEST_HARNESS_MAIN
