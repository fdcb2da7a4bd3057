// SPDX-License-Identifier: GPL-2.0-only
/*
 * A user without rights takes all that there is to be had: mailboxes, messages, regions.
 * The quota stops it, others do not notice, and when it is killed all is free again.
 */
#include "kselftest_harness.h"
#include "attack.h"

#define MAILBOXES 64
#define BYTES (1 << 20)

struct spoils {
	atomic_ullong count;
	atomic_bool done;
};

FIXTURE(quota)
{
	int64_t mailboxes;
	int64_t bytes;
	int64_t region_bytes;
	struct spoils *spoils;
};

FIXTURE_SETUP(quota)
{
	self->mailboxes = mbox_read_number(MBOX_PARAMETERS "user_mailboxes");
	self->bytes = mbox_read_number(MBOX_PARAMETERS "user_bytes");
	self->region_bytes =
		mbox_read_number(MBOX_PARAMETERS "user_region_bytes");
	ASSERT_LT(0, self->mailboxes);
	ASSERT_LT(0, self->bytes);
	ASSERT_LT(0, self->region_bytes);
	ASSERT_EQ(0, mbox_write_number(MBOX_PARAMETERS "user_mailboxes",
				       MAILBOXES));
	ASSERT_EQ(0, mbox_write_number(MBOX_PARAMETERS "user_bytes", BYTES));
	ASSERT_EQ(0, mbox_write_number(MBOX_PARAMETERS "user_region_bytes",
				       BYTES));
	self->spoils = attack_share(sizeof(*self->spoils));
}

FIXTURE_TEARDOWN(quota)
{
	EXPECT_TRUE(attack_is_over());
	mbox_write_number(MBOX_PARAMETERS "user_mailboxes", self->mailboxes);
	mbox_write_number(MBOX_PARAMETERS "user_bytes", self->bytes);
	mbox_write_number(MBOX_PARAMETERS "user_region_bytes",
			  self->region_bytes);
}

static void keep(struct spoils *spoils, int error, int expected)
{
	errno = -error;
	EXPECT_THAT(error == expected);
	spoils->done = true;
	pause();
}

static void take_mailboxes(void *arg)
{
	struct spoils *spoils = arg;
	int fd;

	while ((fd = mbox_create(1, O_RDWR)) >= 0)
		spoils->count++;
	keep(spoils, fd, -EDQUOT);
}

static void take_bytes(void *arg)
{
	struct spoils *spoils = arg;
	int fd = mbox_create(IPCMBOX_UNBOUNDED, O_RDWR);
	char message[1000] = {};
	int ret;

	EXPECT_THAT(fd >= 0);
	while (!(ret = mbox_send(fd, message, sizeof(message), 0)))
		spoils->count += sizeof(message);
	keep(spoils, ret, -EDQUOT);
}

/* The smallest messages: what they cost is mostly bookkeeping. */
static void take_empty_messages(void *arg)
{
	struct spoils *spoils = arg;
	int fd = mbox_create(IPCMBOX_UNBOUNDED, O_RDWR);
	int ret;

	EXPECT_THAT(fd >= 0);
	while (!(ret = mbox_send(fd, NULL, 0, 0)))
		spoils->count++;
	keep(spoils, ret, -EDQUOT);
}

static void take_regions(void *arg)
{
	struct ipcmbox_create create = {
		.open_flags = O_RDWR,
		.region_size = 65536,
	};
	struct spoils *spoils = arg;
	int fd;

	while ((fd = mbox_create_as(&create)) >= 0)
		spoils->count += create.region_size;
	keep(spoils, fd, -EDQUOT);
}

static atomic_int refused;

/* Senders that wait in line hold their messages too. */
static void *send_one(void *fd)
{
	char message[10000] = {};

	refused = mbox_send(*(int *)fd, message, sizeof(message), 0);
	return NULL;
}

static void take_in_line(void *arg)
{
	struct spoils *spoils = arg;
	int fd = mbox_create(0, O_RDWR);
	pthread_t thread;
	unsigned int i;

	EXPECT_THAT(fd >= 0);
	for (i = 1; !refused; i++) {
		EXPECT_THAT(!pthread_create(&thread, NULL, send_one, &fd));
		while (!refused && mbox_info(fd).senders_waiting < i)
			mbox_nap();
	}
	spoils->count = mbox_info(fd).senders_waiting * 10000;
	keep(spoils, refused, -EDQUOT);
}

static bool attack(struct spoils *spoils, void (*run)(void *arg))
{
	uint64_t end = mbox_deadline(MBOX_WATCHDOG_MS);
	pid_t pid = attack_start(ATTACKER, run, spoils);
	bool fine;

	while (!spoils->done && mbox_now() < end)
		mbox_nap();
	fine = spoils->done && attack_others_go_on();
	return attack_stop(pid) && fine;
}

TEST_F(quota, mailboxes)
{
	EXPECT_TRUE(attack(self->spoils, take_mailboxes));
	EXPECT_EQ(MAILBOXES, self->spoils->count);
}

TEST_F(quota, bytes)
{
	EXPECT_TRUE(attack(self->spoils, take_bytes));
	EXPECT_LT(BYTES / 2, self->spoils->count);
	EXPECT_GE(BYTES, self->spoils->count);
}

TEST_F(quota, empty_messages)
{
	EXPECT_TRUE(attack(self->spoils, take_empty_messages));
	EXPECT_LT(BYTES / 1000, self->spoils->count);
	EXPECT_GE(BYTES / 100, self->spoils->count);
}

TEST_F(quota, regions)
{
	EXPECT_TRUE(attack(self->spoils, take_regions));
	EXPECT_LT(BYTES / 2, self->spoils->count);
	EXPECT_GE(BYTES, self->spoils->count);
}

TEST_F(quota, messages_in_line)
{
	EXPECT_TRUE(attack(self->spoils, take_in_line));
	EXPECT_LT(BYTES / 2, self->spoils->count);
	EXPECT_GE(BYTES, self->spoils->count);
}

TEST_HARNESS_MAIN
