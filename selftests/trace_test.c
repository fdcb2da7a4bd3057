// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each tracepoint fires when its thing happens, with the number of the mailbox.
 */
#include <sys/mount.h>
#include <sys/stat.h>

#include "kselftest_harness.h"
#include "ipcmbox_util.h"

#define TRACEFS	"/sys/kernel/tracing"
#define EVENTS	TRACEFS "/events/ipcmbox"

static const char *const names[] = {
	"ipcmbox_create", "ipcmbox_send",   "ipcmbox_receive", "ipcmbox_park",
	"ipcmbox_wake",	  "ipcmbox_cancel", "ipcmbox_destroy",
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
	EXPECT_EQ(0, mbox_destroy(fd));
	close(fd);
	return mailbox;
}

TEST(each_fires)
{
	char wanted[128], *trace;
	uint64_t mailbox;
	unsigned int i;

	if (access(EVENTS, F_OK))
		ASSERT_EQ(0, mount("none", TRACEFS, "tracefs", 0, NULL));
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

TEST_HARNESS_MAIN
