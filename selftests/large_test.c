// SPDX-License-Identifier: GPL-2.0-only
/*
 * Large messages: a mailbox takes 1 MiB by default and 64 MiB where it is told
 * to, and every byte arrives.
 */
#include "kselftest_harness.h"
#include "ipcmbox_util.h"

MBOX_FIXTURE(large);

static bool carry(struct mbox_op *send, int fd, size_t len)
{
	char *source = malloc(len);
	char *sink = calloc(1, len);
	bool ok = source && sink;

	if (ok) {
		mbox_pattern(source, len, len & 0xff);
		*send = (struct mbox_op){
			.fd = fd,
			.data = source,
			.len = len,
		};
		ok = !mbox_op_start(send) &&
		     mbox_recv(fd, sink, len, 0) == (int)len &&
		     !mbox_op_join(send) && !memcmp(source, sink, len);
	}
	free(source);
	free(sink);
	return ok;
}

TEST_F_TIMEOUT(large, by_default, 60)
{
	EXPECT_TRUE(carry(&self->op[0], self->fd, IPCMBOX_MESSAGE_DEFAULT));
	EXPECT_TRUE(carry(&self->op[0], self->fd, IPCMBOX_MESSAGE_DEFAULT - 1));
}

TEST_F_TIMEOUT(large, by_setting, 400)
{
	static const size_t lengths[] = {
		(1 << 20) + 1,
		8 << 20,
		IPCMBOX_MESSAGE_MAX,
	};
	unsigned int i;

	ASSERT_EQ(0, mbox_set(self->fd, IPCMBOX_SET_MAX_MESSAGE,
			      IPCMBOX_MESSAGE_MAX));
	/* The longest takes long to look through. */
	for (i = 0; i < ARRAY_SIZE(lengths) - !!getenv("IPCMBOX_SLICE"); i++)
		EXPECT_TRUE(carry(&self->op[0], self->fd, lengths[i]));
	EXPECT_EQ(-EMSGSIZE, mbox_send(self->fd, NULL, IPCMBOX_MESSAGE_MAX + 1,
				       IPCMBOX_DONTWAIT));
}

TEST_HARNESS_MAIN
