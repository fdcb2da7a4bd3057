// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each tracepoint fires when its thing happens, with the number of the mailbox.
 */
#include <sys/mount.h>
#include <sys/stat.h>

#include "kselftest_harness.h"
#include "call.h"
#include "cast.h"
#include "ipcmbox_util.h"
#include "select.h"

#define TRACEFS "/sys/kernel/tracing"
#define EVENTS TRACEFS "/events/ipcmbox"

static const char *const names[] = {
	"ipcmbox_create", "ipcmbox_send",   "ipcmbox_receive", "ipcmbox_park",
	"ipcmbox_wake",	  "ipcmbox_cancel", "ipcmbox_destroy", "ipcmbox_call",
	"ipcmbox_reply",  "ipcmbox_select", "ipcmbox_refuse",
};

static char *read_trace(void)
{
	static char text[1 << 20];
	int fd = open(TRACEFS "/trace", O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t done;

	if (fd < 0)
		return NULL;
	while ((done = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += done;
	text[len] = 0;
	close(fd);
	return text;
}

static void call_and_reply(struct __test_metadata *_metadata, int fd)
{
	struct caller caller = {};
	uint64_t token;

	ASSERT_TRUE(caller_start(&caller, fd, 3));
	token = serve_take(fd, 3);
	EXPECT_NE(0, token);
	EXPECT_EQ(0, serve_reply(fd, token, 4));
	EXPECT_EQ(0, caller_join(&caller));
}

static void select_one(struct __test_metadata *_metadata, int fd)
{
	struct selector *selector = calloc(1, sizeof(*selector));
	struct mbox_op send = { .fd = fd, .num = 5 };

	ASSERT_TRUE(mbox_op_park(&send));
	select_recv(selector, fd);
	EXPECT_EQ(0, select_run(selector));
	EXPECT_EQ(5, selector->num[0]);
	EXPECT_EQ(0, mbox_op_join(&send));
	free(selector);
}

/* Something of everything; the number of the mailbox. */
static uint64_t perform(struct __test_metadata *_metadata)
{
	struct mbox_op recv = { .kind = OP_RECV };
	struct mbox_op late = { .num = 2 };
	uint64_t mailbox;
	int fd;

	fd = mbox_create(IPCMBOX_RENDEZVOUS, O_RDWR);
	ASSERT_LE(0, fd);
	mailbox = mbox_info(fd).mailbox;
	recv.fd = fd;
	ASSERT_TRUE(mbox_op_park(&recv));
	EXPECT_EQ(0, mbox_send_num(fd, 1, 0));
	EXPECT_EQ(0, mbox_op_join(&recv));
	late.fd = fd;
	late.deadline = mbox_deadline(10);
	EXPECT_EQ(-ETIMEDOUT, mbox_op_run(&late));
	EXPECT_EQ(-EAGAIN, mbox_send_num(fd, 3, IPCMBOX_DONTWAIT));
	call_and_reply(_metadata, fd);
	select_one(_metadata, fd);
	EXPECT_EQ(0, mbox_destroy(fd));
	close(fd);
	return mailbox;
}

FIXTURE(trace)
{
	bool mounted;
};

FIXTURE_SETUP(trace)
{
	self->mounted = access(EVENTS, F_OK);
	if (self->mounted)
		ASSERT_EQ(0, mount("none", TRACEFS, "tracefs", 0, NULL));
}

FIXTURE_TEARDOWN(trace)
{
	mbox_write_number(EVENTS "/enable", 0);
	if (self->mounted)
		EXPECT_EQ(0, umount(TRACEFS));
}

TEST_F(trace, each_fires)
{
	char wanted[128], *trace;
	uint64_t mailbox;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(wanted, sizeof(wanted), EVENTS "/%s/enable", names[i]);
		ASSERT_EQ(0, mbox_write_number(wanted, 1));
	}
	mailbox = perform(_metadata);
	ASSERT_EQ(0, mbox_write_number(EVENTS "/enable", 0));
	trace = read_trace();
	ASSERT_NE(NULL, trace);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(names[i], "ipcmbox_wake"))
			snprintf(wanted, sizeof(wanted), "%s: pid=", names[i]);
		else
			snprintf(wanted, sizeof(wanted), "%s: mailbox=%llu",
				 names[i], (unsigned long long)mailbox);
		EXPECT_NE(NULL, strstr(trace, wanted))
		{
			TH_LOG("no \"%s\" in the trace", wanted);
		}
	}
}

TEST_F(trace, subscriptions)
{
	char wanted[128], *trace;
	int hub, fd;

	ASSERT_EQ(0, mbox_write_number(EVENTS "/ipcmbox_subscribe/enable", 1));
	hub = cast_hub();
	ASSERT_LE(0, hub);
	fd = cast_subscribe(hub, 1, IPCMBOX_SLOW_BLOCK);
	ASSERT_LE(0, fd);
	snprintf(wanted, sizeof(wanted),
		 "ipcmbox_subscribe: mailbox=%llu subscription=%llu\n",
		 mbox_info(hub).mailbox, mbox_info(fd).mailbox);
	trace = read_trace();
	ASSERT_NE(NULL, trace);
	EXPECT_NE(NULL, strstr(trace, wanted));
	close(fd);
	close(hub);
}

/* Which quota, of whom, and how much of it. */
TEST_F(trace, limits)
{
	const char *limit = MBOX_PARAMETERS "user_bytes";
	int64_t before = mbox_read_number(limit);
	int fd = mbox_create(1, O_RDWR);
	static char message[10000];
	char *trace;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, mbox_write_number(EVENTS "/ipcmbox_limit/enable", 1));
	ASSERT_EQ(0, mbox_write_number(limit, 9000));
	EXPECT_EQ(-EDQUOT, mbox_send(fd, message, sizeof(message), 0));
	ASSERT_EQ(0, mbox_write_number(limit, before));
	trace = read_trace();
	ASSERT_NE(NULL, trace);
	EXPECT_NE(NULL,
		  strstr(trace,
			 "ipcmbox_limit: kind=bytes uid=0 instance=0 used="));
	EXPECT_NE(NULL, strstr(trace, " limit=9000\n"));
	close(fd);
}

TEST_HARNESS_MAIN
