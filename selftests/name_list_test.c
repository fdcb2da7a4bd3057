// SPDX-License-Identifier: GPL-2.0-only
/*
 * What LIST tells of names, and whom.
 */
#include <signal.h>
#include <sys/stat.h>

#include "kselftest_harness.h"
#include "name.h"

#define BOX	"box"
#define BOX_FILE NAME_MOUNT "/" BOX
#define NOBODY	65534
#define STAYING	5
#define NSEC_PER_SEC 1000000000ULL

FIXTURE(name_list)
{
	int mounted;
};

FIXTURE_SETUP(name_list)
{
	self->mounted = name_mount();
	ASSERT_EQ(0, self->mounted);
}

FIXTURE_TEARDOWN(name_list)
{
	name_unlink(BOX);
	EXPECT_EQ(0, name_umount());
}

static int list_one(struct ipcmbox_entry *entry)
{
	struct ipcmbox_list list = {
		.size = sizeof(list),
		.entries = (uintptr_t)entry,
		.count = 1,
		.stride = sizeof(*entry),
	};
	int ret = mbox_device_ioctl(IPCMBOX_IOC_LIST, &list);

	return ret ?: (int)list.done;
}

static int list_as_other(const void *readable)
{
	struct ipcmbox_entry entry;
	int ret = list_one(&entry);

	if (ret != 1)
		return ret < 0 ? ret : -ENOENT;
	if (!(entry.flags & IPCMBOX_ENTRY_READABLE) != !readable ||
	    entry.queued != (readable ? 2 : 0) || entry.bytes != 8)
		return -EBADMSG;
	return 0;
}

TEST_F(name_list, listed)
{
	int fd = name_create(BOX, 10, 0, O_RDWR, 0600);
	struct ipcmbox_entry entry;
	struct stat st;

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, mbox_send_num(fd, 1, 0));
	EXPECT_EQ(0, mbox_send_num(fd, 2, 0));
	ASSERT_EQ(0, chown(BOX_FILE, 0, 7));
	ASSERT_EQ(0, stat(BOX_FILE, &st));
	ASSERT_EQ(1, list_one(&entry));
	EXPECT_STREQ(BOX, entry.name);
	EXPECT_EQ(mbox_info(fd).mailbox, entry.mailbox);
	EXPECT_EQ(0600, entry.mode);
	EXPECT_EQ(0, entry.uid);
	EXPECT_EQ(7, entry.gid);
	EXPECT_EQ(8, entry.bytes);
	EXPECT_EQ(2, entry.queued);
	EXPECT_EQ(1, entry.receivers);
	EXPECT_EQ(1, entry.senders);
	EXPECT_EQ(st.st_mtime, entry.sent / NSEC_PER_SEC);
	EXPECT_EQ(st.st_atime, entry.received / NSEC_PER_SEC);
	EXPECT_EQ(st.st_ctime, entry.changed / NSEC_PER_SEC);

	/* The counters are for who may read. */
	EXPECT_EQ(0, name_as(NOBODY, NOBODY, list_as_other, NULL));
	EXPECT_EQ(0, name_as(NOBODY, 7, list_as_other, NULL));
	ASSERT_EQ(0, chmod(BOX_FILE, 0640));
	EXPECT_EQ(0, name_as(NOBODY, NOBODY, list_as_other, NULL));
	EXPECT_EQ(0, name_as(NOBODY, 7, list_as_other, "readable"));
	/* As with ls. */
	ASSERT_EQ(0, chmod(NAME_MOUNT, 01733));
	EXPECT_EQ(-EACCES, name_as(NOBODY, 7, list_as_other, NULL));
	ASSERT_EQ(0, chmod(NAME_MOUNT, 01777));
	close(fd);
	EXPECT_EQ(0, name_unlink(BOX));
	EXPECT_EQ(0, list_one(&entry));
}

TEST_F(name_list, list_arguments)
{
	struct ipcmbox_list list = { .size = sizeof(list) };
	struct {
		struct ipcmbox_entry entry;
		char more[8];
	} longer;

	list.entries = (uintptr_t)&longer;
	list.stride = sizeof(longer);
	EXPECT_EQ(-EINVAL, mbox_device_ioctl(IPCMBOX_IOC_LIST, &list));
	list.count = IPCMBOX_LIST_MAX + 1;
	EXPECT_EQ(-EINVAL, mbox_device_ioctl(IPCMBOX_IOC_LIST, &list));
	list.count = 1;
	list.stride = sizeof(longer) - 4;
	EXPECT_EQ(-EINVAL, mbox_device_ioctl(IPCMBOX_IOC_LIST, &list));
	list.stride = sizeof(longer.entry) - 8;
	EXPECT_EQ(-EINVAL, mbox_device_ioctl(IPCMBOX_IOC_LIST, &list));
	list.stride = sizeof(longer);
	list.cursor = UINT64_MAX;
	EXPECT_EQ(0, mbox_device_ioctl(IPCMBOX_IOC_LIST, &list));
	EXPECT_EQ(0, list.done);

	close(name_create(BOX, 1, 0, O_RDWR, 0600));
	list.cursor = 0;
	memset(&longer, 0xff, sizeof(longer));
	EXPECT_EQ(0, mbox_device_ioctl(IPCMBOX_IOC_LIST, &list));
	EXPECT_EQ(1, list.done);
	EXPECT_EQ(0, longer.more[7]);
	EXPECT_EQ(longer.entry.mailbox, list.cursor);
	list.cursor = 0;
	list.entries = 8;
	EXPECT_EQ(-EFAULT, mbox_device_ioctl(IPCMBOX_IOC_LIST, &list));
}

static pid_t come_and_go(int ctl)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	for (;;) {
		close(name_create_at(ctl, BOX, 1, 0, O_RDWR, 0600));
		name_unlink_at(ctl, BOX);
	}
}

/* How many are listed of those that stay, by pages of two; or -errno. */
static int count_staying(int ctl)
{
	static struct ipcmbox_entry entries[2];
	struct ipcmbox_list list = {
		.size = sizeof(list),
		.entries = (uintptr_t)entries,
		.count = 2,
		.stride = sizeof(entries[0]),
	};
	int found = 0, ret;
	unsigned int i;

	do {
		ret = mbox_ioctl(ctl, IPCMBOX_IOC_LIST, &list);
		if (ret)
			return ret;
		for (i = 0; i < list.done; i++)
			found += !strncmp(entries[i].name, "stays-", 6);
	} while (list.done == list.count);
	return found;
}

/* While others come and go, those that stay are told, each once. */
TEST_F(name_list, listed_while_names_come_and_go)
{
	unsigned int rounds = mbox_rounds(5000), i, wrong = 0;
	int ctl = open(MBOX_DEVICE, O_RDWR | O_CLOEXEC);
	char name[16];
	pid_t pid;

	for (i = 0; i < STAYING; i++) {
		snprintf(name, sizeof(name), "stays-%u", i);
		close(name_create(name, 1, 0, O_RDWR, 0600));
	}
	pid = come_and_go(ctl);
	for (i = 0; i < rounds; i++)
		wrong += count_staying(ctl) != STAYING;
	EXPECT_EQ(0, wrong);
	kill(pid, SIGKILL);
	mbox_reap(pid);
	for (i = 0; i < STAYING; i++) {
		snprintf(name, sizeof(name), "stays-%u", i);
		EXPECT_EQ(0, name_unlink(name));
	}
	close(ctl);
}

TEST_HARNESS_MAIN
