// SPDX-License-Identifier: GPL-2.0-only
/*
 * What /proc/PID/fdinfo tells of a mailbox: the keys that the manual names, and no others.
 */
#include "kselftest_harness.h"
#include "name.h"

#define BOX "a b\\c"
#define BOX_SHOWN "a\\040b\\134c"

/* The value of a key, or false if it is not there just once. */
static bool get(int fd, const char *key, char *value, size_t size)
{
	size_t length = strlen(key);
	char path[64], line[512];
	unsigned int found = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, key, length) ||
		    strncmp(line + length, ":\t", 2))
			continue;
		line[strcspn(line, "\n")] = 0;
		snprintf(value, size, "%s", line + length + 2);
		found++;
	}
	if (file)
		fclose(file);
	return found == 1;
}

static bool has(int fd, const char *key, const char *wanted)
{
	char value[512];

	return get(fd, key, value, sizeof(value)) && !strcmp(value, wanted);
}

static bool has_number(int fd, const char *key, uint64_t wanted)
{
	char number[32];

	snprintf(number, sizeof(number), "%llu", (unsigned long long)wanted);
	return has(fd, key, number);
}

/* How many keys of ours there are. */
static unsigned int count_keys(int fd)
{
	char path[64], line[512];
	unsigned int count = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		count += !strncmp(line, "ipcmbox-", 8);
	if (file)
		fclose(file);
	return count;
}

FIXTURE(fdinfo)
{
	int fd;
	struct mbox_op op;
};

MBOX_CAPACITIES(fdinfo);

FIXTURE_SETUP(fdinfo)
{
	memset(self, 0, sizeof(*self));
	self->fd = mbox_create(variant->capacity, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(fdinfo)
{
	EXPECT_EQ(0, close(self->fd));
}

TEST_F(fdinfo, numbers)
{
	int fd = mbox_reopen(self->fd, O_RDONLY, 0);
	char value[32];

	ASSERT_LE(0, fd);
	self->op = (struct mbox_op){ .fd = self->fd, .num = 9 };
	ASSERT_TRUE(mbox_op_offer(&self->op));
	snprintf(value, sizeof(value), "%llu",
		 (unsigned long long)mbox_info(self->fd).mailbox);
	EXPECT_TRUE(has(fd, "ipcmbox-mailbox", value));
	snprintf(value, sizeof(value),
		 variant->capacity == IPCMBOX_UNBOUNDED ? "unbounded" : "%u",
		 (unsigned int)variant->capacity);
	EXPECT_TRUE(has(fd, "ipcmbox-capacity", value));
	EXPECT_TRUE(has(fd, "ipcmbox-order", "fifo"));
	EXPECT_TRUE(has(fd, "ipcmbox-policy", "longest"));
	EXPECT_TRUE(has(fd, "ipcmbox-access", "r"));
	EXPECT_TRUE(has(self->fd, "ipcmbox-access", "rwa"));
	EXPECT_TRUE(has(fd, "ipcmbox-sent", "1"));
	EXPECT_TRUE(has(fd, "ipcmbox-queued", variant->capacity ? "1" : "0"));
	EXPECT_TRUE(has(fd, "ipcmbox-senders-waiting",
			variant->capacity ? "0" : "1"));
	EXPECT_EQ(9, mbox_recv_num(self->fd, 0));
	if (!variant->capacity)
		EXPECT_EQ(0, mbox_op_join(&self->op));
	close(fd);
}

TEST_F(fdinfo, attributes)
{
	static const char *const orders[] = { "fifo", "lifo", "priority" };
	static const char *const policies[] = {
		"longest",	"recent",    "task-priority",
		"one-receiver", "exclusive",
	};
	unsigned int order, policy;
	int fd;

	for (policy = 0; policy < ARRAY_SIZE(policies); policy++) {
		order = policy % ARRAY_SIZE(orders);
		fd = mbox_create_by(variant->capacity, order, policy, 0);
		ASSERT_LE(0, fd);
		EXPECT_TRUE(has(fd, "ipcmbox-order", orders[order]));
		EXPECT_TRUE(has(fd, "ipcmbox-policy", policies[policy]));
		close(fd);
	}
}

/* Each end of a duplex pair tells of both directions. */
TEST_F(fdinfo, duplex)
{
	char value[32];
	int fds[2];

	ASSERT_EQ(0, mbox_pair(variant->capacity, IPCMBOX_DUPLEX, fds));
	self->op = (struct mbox_op){ .fd = fds[0], .num = 9 };
	ASSERT_EQ(0, mbox_op_start(&self->op));
	if (variant->capacity)
		mbox_op_join(&self->op);
	else
		mbox_wait_senders(fds[1], 1);
	snprintf(value, sizeof(value), "%llu",
		 (unsigned long long)mbox_info_of(fds[0], IPCMBOX_TX).mailbox);
	EXPECT_TRUE(has(fds[0], "ipcmbox-tx-mailbox", value));
	EXPECT_TRUE(has(fds[0], "ipcmbox-tx-sent", "1"));
	EXPECT_TRUE(has(fds[0], "ipcmbox-sent", "0"));
	EXPECT_TRUE(has(fds[1], "ipcmbox-mailbox", value));
	EXPECT_EQ(9, mbox_recv_num(fds[1], 0));
	if (!variant->capacity)
		EXPECT_EQ(0, mbox_op_join(&self->op));
	close(fds[0]);
	close(fds[1]);
}

/* Those that each mailbox has, with what is told of one that is new; how many. */
static unsigned int check_keys(struct __test_metadata *_metadata, int fd)
{
	struct ipcmbox_info info = mbox_info(fd);

	EXPECT_TRUE(has(fd, "ipcmbox-access", "rwa"));
	EXPECT_TRUE(has_number(fd, "ipcmbox-owner", info.owner_pid));
	EXPECT_TRUE(has_number(fd, "ipcmbox-uid", info.owner_uid));
	EXPECT_TRUE(has_number(fd, "ipcmbox-mailbox", info.mailbox));
	EXPECT_TRUE(has_number(fd, "ipcmbox-capacity", info.capacity));
	EXPECT_TRUE(has(fd, "ipcmbox-order", "fifo"));
	EXPECT_TRUE(has(fd, "ipcmbox-policy", "longest"));
	EXPECT_TRUE(has_number(fd, "ipcmbox-queued", info.queued));
	EXPECT_TRUE(has_number(fd, "ipcmbox-queued-bytes", info.queued_bytes));
	EXPECT_TRUE(has(fd, "ipcmbox-senders-waiting", "0"));
	EXPECT_TRUE(has(fd, "ipcmbox-receivers-waiting", "0"));
	EXPECT_TRUE(has(fd, "ipcmbox-calls", "0"));
	EXPECT_TRUE(has_number(fd, "ipcmbox-destroyed", info.state));
	EXPECT_TRUE(has_number(fd, "ipcmbox-sent", info.sent));
	EXPECT_TRUE(has_number(fd, "ipcmbox-received", info.received));
	EXPECT_TRUE(has_number(fd, "ipcmbox-region", info.region_size));
	return 16;
}

TEST(anonymous)
{
	int fd = mbox_create(3, O_RDWR);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, mbox_send_num(fd, 1, 0));
	EXPECT_EQ(count_keys(fd), check_keys(_metadata, fd));
	EXPECT_TRUE(has(fd, "ipcmbox-owner", "0"));
	EXPECT_EQ(0, mbox_destroy(fd));
	EXPECT_TRUE(has(fd, "ipcmbox-destroyed", "1"));
	close(fd);
}

TEST(owned)
{
	struct ipcmbox_create create = {
		.size = sizeof(create),
		.flags = IPCMBOX_OWNED,
		.open_flags = O_RDWR,
		.capacity = 3,
		.region_size = 1,
	};
	int fd = mbox_create_as(&create);

	ASSERT_LE(0, fd);
	EXPECT_EQ(count_keys(fd), check_keys(_metadata, fd));
	EXPECT_TRUE(has_number(fd, "ipcmbox-owner", getpid()));
	close(fd);
}

TEST(named)
{
	int fd = name_create(BOX, 3, IPCMBOX_EXCL, O_RDWR, 0600);

	ASSERT_LE(0, fd);
	EXPECT_EQ(count_keys(fd), check_keys(_metadata, fd) + 1);
	EXPECT_TRUE(has(fd, "ipcmbox-name", BOX_SHOWN));
	EXPECT_EQ(0, name_unlink(BOX));
	EXPECT_EQ(count_keys(fd), check_keys(_metadata, fd));
	close(fd);
}

TEST_HARNESS_MAIN
