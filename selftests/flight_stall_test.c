// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files in flight, and somebody who stops in the middle of a copy, for as long as he
 * likes: others do not pay for him.
 */
#include <sys/eventfd.h>
#include <sys/resource.h>

#include "kselftest_harness.h"
#include "call.h"
#include "flight.h"
#include "stall.h"

#define HONEST 65532
/* Files of an answer: two of them leave no room for a third. */
#define ROOM 24

static bool limit_files(void)
{
	const struct rlimit limit = { LIMIT, LIMIT };

	return !setrlimit(RLIMIT_NOFILE, &limit);
}

static int answer_with(int fd, uint64_t token, int file)
{
	int files[ROOM], i;
	struct ipcmbox_reply reply = {
		.size = sizeof(reply),
		.token = token,
		.data = (uintptr_t)&file,
		.len = sizeof(file),
		.fds = (uintptr_t)files,
		.nr_fds = ROOM,
	};

	for (i = 0; i < ROOM; i++)
		files[i] = file;
	return mbox_ioctl(fd, IPCMBOX_IOC_REPLY, &reply);
}

static bool close_all(const int *files)
{
	int i, ret = 0;

	for (i = 0; i < ROOM; i++)
		ret |= close(files[i]);
	return !ret;
}

/* Callers that do not take their answers keep no server from answering another. */
TEST(callers)
{
	struct caller *callers = calloc(4, sizeof(*callers));
	const uid_t users[] = { OTHER, OTHER, HONEST };
	int fd = mbox_create(IPCMBOX_UNBOUNDED, O_RDWR);
	int event = eventfd(0, 0), i;
	int back[4][ROOM];
	struct stall stall;

	ASSERT_NE(NULL, callers);
	ASSERT_LE(0, fd);
	ASSERT_LE(0, event);
	ASSERT_TRUE(stall_init(&stall, fd));
	ASSERT_TRUE(limit_files());
	for (i = 0; i < 4; i++) {
		callers[i].arg.answer_fds = (uintptr_t)back[i];
		callers[i].arg.nr_answer_fds = ROOM;
	}
	callers[0].arg.answer = (uintptr_t)stall.page;
	callers[1].arg.answer = (uintptr_t)stall.page;
	for (i = 0; i < 3; i++) {
		ASSERT_TRUE(flight_act_as(users[i]));
		ASSERT_TRUE(caller_start(&callers[i], fd, i));
		ASSERT_TRUE(flight_act_as(SENDER));
		EXPECT_EQ(0, answer_with(fd, serve_take(fd, i), event));
	}
	EXPECT_EQ(0, caller_join(&callers[2]));
	EXPECT_TRUE(close_all(back[2]));
	EXPECT_FALSE(callers[0].done || callers[1].done);
	/* They pay themselves, and the server does not. */
	EXPECT_EQ(LIMIT, flight_room(event));
	ASSERT_TRUE(flight_act_as(OTHER));
	EXPECT_EQ(LIMIT - 2 * ROOM, flight_room(event));
	callers[3].arg.flags = IPCMBOX_DONTWAIT;
	caller_run(&callers[3], fd, 3);
	EXPECT_EQ(-ETOOMANYREFS, callers[3].ret);
	EXPECT_EQ(IPCMBOX_NOT_SENT, callers[3].arg.disposition);

	EXPECT_EQ(0, stall_end(&stall));
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(0, caller_join(&callers[i]));
		EXPECT_TRUE(close_all(back[i]));
	}
	EXPECT_EQ(LIMIT, flight_room(event));
	stall_exit(&stall);
	close(event);
	close(fd);
	free(callers);
}

FIXTURE(stalled)
{
	int fd;
	int event;
	struct stall stall;
	struct ipcmbox_send send;
};

FIXTURE_SETUP(stalled)
{
	memset(self, 0, sizeof(*self));
	self->fd = mbox_create(IPCMBOX_UNBOUNDED, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->event = eventfd(0, 0);
	ASSERT_LE(0, self->event);
	ASSERT_TRUE(stall_init(&self->stall, self->fd));
	ASSERT_TRUE(limit_files());
	ASSERT_TRUE(flight_become(SENDER));
}

FIXTURE_TEARDOWN(stalled)
{
	/* Who goes on to wait has this one. */
	EXPECT_EQ(0, mbox_send_num(self->fd, 1, 0));
	EXPECT_EQ(0, stall_end(&self->stall));
	EXPECT_EQ(0, mbox_op_join(&self->stall.op));
	EXPECT_EQ(LIMIT, flight_room(self->event));
	stall_exit(&self->stall);
	close(self->event);
	close(self->fd);
}

/* Sends files to somebody who stops in the copy. */
static bool stop(struct stall *stall, int kind, int event,
		 struct ipcmbox_send *send)
{
	stall->op.kind = kind;
	return !flight_post(stall->op.fd, event, IPCMBOX_FDS_MAX, 0, send) &&
	       !mbox_op_start(&stall->op) && stall_wait(stall);
}

static int cancel_sent(int fd, uint64_t id)
{
	struct ipcmbox_cancel cancel = { .size = sizeof(cancel), .id = id };

	return mbox_ioctl(fd, IPCMBOX_IOC_CANCEL, &cancel) ?:
							     (int)cancel.result;
}

TEST_F(stalled, receiver)
{
	ASSERT_TRUE(stop(&self->stall, OP_RECV, self->event, &self->send));
	EXPECT_EQ(LIMIT - IPCMBOX_FDS_MAX, flight_room(self->event));
	EXPECT_EQ(IPCMBOX_CANCEL_DONE, cancel_sent(self->fd, self->send.id));
	EXPECT_EQ(LIMIT, flight_room(self->event));
}

TEST_F(stalled, peek)
{
	ASSERT_TRUE(stop(&self->stall, OP_PEEK, self->event, &self->send));
	EXPECT_EQ(LIMIT - IPCMBOX_FDS_MAX, flight_room(self->event));
	EXPECT_EQ(IPCMBOX_CANCEL_DONE, cancel_sent(self->fd, self->send.id));
	EXPECT_EQ(LIMIT, flight_room(self->event));
}

/* Another has received it. */
TEST_F(stalled, peek_of_received)
{
	ASSERT_TRUE(stop(&self->stall, OP_PEEK, self->event, &self->send));
	EXPECT_EQ(IPCMBOX_FDS_MAX, flight_fetch(self->fd, 0));
	EXPECT_EQ(LIMIT, flight_room(self->event));
}

TEST_HARNESS_MAIN
