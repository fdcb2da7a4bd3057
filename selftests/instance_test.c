// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instances: worlds of their own, with limits, for containers; and how each ends.
 */
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

#include "kselftest_harness.h"
#include "name.h"

#define ROOT "/tmp/ipcmbox-instances"
#define NOBODY 65534

/* Mounts one, and opens its control file. */
static int instance(const char *folder, const char *options)
{
	char path[64];

	snprintf(path, sizeof(path), ROOT "/%s", folder);
	if ((mkdir(ROOT, 0755) && errno != EEXIST) ||
	    (mkdir(path, 0755) && errno != EEXIST) ||
	    mount("none", path, "ipcmboxfs", 0, options))
		return -errno;
	strcat(path, "/control");
	return open(path, O_RDWR | O_CLOEXEC);
}

static int anonymous(int ctl, uint64_t region_size)
{
	struct ipcmbox_create create = {
		.size = sizeof(create),
		.open_flags = O_RDWR,
		.capacity = 1000,
		.region_size = region_size,
	};
	int ret = mbox_ioctl(ctl, IPCMBOX_IOC_CREATE, &create);

	return ret ?: create.fd;
}

FIXTURE(instance)
{
	int ctl[2];
};

FIXTURE_SETUP(instance)
{
	self->ctl[0] = instance("a", "newinstance,max=4,bytes=1000000");
	ASSERT_LE(0, self->ctl[0]);
	self->ctl[1] = instance("b", "newinstance");
	ASSERT_LE(0, self->ctl[1]);
}

FIXTURE_TEARDOWN(instance)
{
	close(self->ctl[0]);
	close(self->ctl[1]);
	EXPECT_TRUE(!umount(ROOT "/a") || errno == EINVAL);
	EXPECT_EQ(0, umount(ROOT "/b"));
}

TEST_F(instance, names_are_its_own)
{
	int a, b, fd;

	a = name_create_at(self->ctl[0], "box", 1, IPCMBOX_EXCL, O_RDWR, 0600);
	ASSERT_LE(0, a);
	EXPECT_EQ(-ENOENT, name_open_at(self->ctl[1], "box", O_RDWR, 0));
	EXPECT_EQ(-ENOENT, name_open("box", O_RDWR));
	EXPECT_EQ(-ENOENT, name_unlink_at(self->ctl[1], "box"));
	b = name_create_at(self->ctl[1], "box", 1, IPCMBOX_EXCL, O_RDWR, 0600);
	ASSERT_LE(0, b);
	EXPECT_NE(mbox_info(a).mailbox, mbox_info(b).mailbox);
	EXPECT_EQ(0, access(ROOT "/a/box", F_OK));
	fd = open(ROOT "/a/box", O_RDWR);
	EXPECT_EQ(mbox_info(a).mailbox, mbox_info(fd).mailbox);
	close(fd);
	EXPECT_EQ(0, mbox_destroy(a));
	EXPECT_EQ(-1, access(ROOT "/a/box", F_OK));
	EXPECT_EQ(0, access(ROOT "/b/box", F_OK));
	close(a);
	close(b);
}

TEST_F(instance, control_stays)
{
	struct stat st;

	ASSERT_EQ(0, stat(ROOT "/a/control", &st));
	EXPECT_EQ(S_IFREG | 0666, st.st_mode);
	EXPECT_EQ(-1, unlink(ROOT "/a/control"));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(-EPERM, name_unlink_at(self->ctl[0], "control"));
	EXPECT_EQ(-EINVAL, name_open_at(self->ctl[0], "control", O_RDWR, 0));
	EXPECT_EQ(-EEXIST,
		  name_create_at(self->ctl[0], "control", 1, 0, O_RDWR, 0600));
	EXPECT_EQ(-ENOTTY, mbox_ioctl(self->ctl[0], IPCMBOX_IOC_INFO, &st));
}

TEST_F(instance, limits)
{
	int fds[5], i;

	for (i = 0; i < 4; i++) {
		fds[i] = anonymous(self->ctl[0], 0);
		ASSERT_LE(0, fds[i]);
	}
	EXPECT_EQ(-EDQUOT, anonymous(self->ctl[0], 0));
	EXPECT_EQ(-EDQUOT,
		  name_create_at(self->ctl[0], "box", 1, 0, O_RDWR, 0600));
	/* Others have theirs. */
	fds[4] = anonymous(self->ctl[1], 0);
	EXPECT_LE(0, fds[4]);
	close(fds[4]);
	close(fds[3]);
	EXPECT_EQ(-EDQUOT, anonymous(self->ctl[0], 1 << 20));
	fds[3] = anonymous(self->ctl[0], 0);
	EXPECT_LE(0, fds[3]);

	/* Bytes of all its mailboxes together. */
	for (i = 0; mbox_send(fds[i % 4], ROOT, 1, IPCMBOX_DONTWAIT) == 0; i++)
		;
	EXPECT_EQ(-EDQUOT, mbox_send(fds[i % 4], ROOT, 1, IPCMBOX_DONTWAIT));
	EXPECT_LT(500, i);
	EXPECT_GT(4000, i);

	/* They can be changed. */
	ASSERT_EQ(0, mount(NULL, ROOT "/a", NULL, MS_REMOUNT,
			   "max=5,bytes=2000000"));
	fds[4] = anonymous(self->ctl[0], 0);
	EXPECT_LE(0, fds[4]);
	EXPECT_EQ(0, mbox_send(fds[4], ROOT, 1, IPCMBOX_DONTWAIT));
	EXPECT_EQ(0, name_shell("grep -q max=5,bytes=2000000 /proc/mounts"));
	for (i = 0; i < 5; i++)
		close(fds[i]);
}

/* By the calls that do not tell the kernel's log of an error. */
static int configured(const char *option, const char *value, bool fresh)
{
	int fd = fsopen("ipcmboxfs", FSOPEN_CLOEXEC), ret = 0;

	if (fresh)
		ret = fsconfig(fd, FSCONFIG_SET_FLAG, "newinstance", NULL, 0);
	if (!ret)
		ret = fsconfig(fd, FSCONFIG_SET_STRING, option, value, 0);
	if (!ret)
		ret = fsconfig(fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (ret)
		ret = -errno;
	close(fd);
	return ret;
}

TEST_F(instance, options)
{
	int fd;

	EXPECT_EQ(0, configured("max", "3", true));
	EXPECT_EQ(-EINVAL, configured("max", "3", false));
	EXPECT_EQ(-EINVAL, configured("bytes", "3", false));
	EXPECT_EQ(-EINVAL, configured("max", "x", true));
	EXPECT_EQ(-EINVAL, configured("more", "3", true));
	ASSERT_EQ(0, name_mount());
	EXPECT_EQ(-1, access(NAME_MOUNT "/control", F_OK));
	fd = fspick(AT_FDCWD, NAME_MOUNT, FSPICK_CLOEXEC);
	EXPECT_EQ(0, fsconfig(fd, FSCONFIG_SET_STRING, "max", "3", 0));
	EXPECT_EQ(-1, fsconfig(fd, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0));
	EXPECT_EQ(EINVAL, errno);
	close(fd);
	EXPECT_EQ(0, name_umount());
}

TEST_F(instance, inbox_is_found_there_alone)
{
	struct ipcmbox_inbox inbox = { .size = sizeof(inbox), .capacity = 1 };
	struct ipcmbox_open_pid open_pid = { .size = sizeof(open_pid),
					     .pid = getpid() };

	ASSERT_EQ(0, mbox_ioctl(self->ctl[0], IPCMBOX_IOC_INBOX, &inbox));
	EXPECT_EQ(-ENOENT,
		  mbox_ioctl(self->ctl[1], IPCMBOX_IOC_OPEN_PID, &open_pid));
	EXPECT_EQ(-ENOENT, mbox_device_ioctl(IPCMBOX_IOC_OPEN_PID, &open_pid));
	EXPECT_EQ(0, mbox_ioctl(self->ctl[0], IPCMBOX_IOC_OPEN_PID, &open_pid));
	close(open_pid.fd);
	close(inbox.fd);
}

/* It would keep what keeps it. */
TEST_F(instance, its_files_do_not_go_with_messages)
{
	int fds[] = { self->ctl[0], open(ROOT "/a", O_RDONLY | O_DIRECTORY) };
	int box = anonymous(self->ctl[0], 0);
	struct ipcmbox_send send = { .size = sizeof(send), .nr_fds = 1 };
	unsigned int i;

	ASSERT_LE(0, box);
	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		send.fds = (uintptr_t)&fds[i];
		EXPECT_EQ(-ELOOP, mbox_ioctl(box, IPCMBOX_IOC_SEND, &send));
	}
	close(fds[1]);
	close(box);
}

/* Whether a descriptor, which is closed then, goes with a message to a mailbox. */
static int goes_to(int box, int fd)
{
	struct ipcmbox_send send = { .size = sizeof(send),
				     .fds = (uintptr_t)&fd,
				     .nr_fds = 1 };
	int ret = fd < 0 ? -errno : mbox_ioctl(box, IPCMBOX_IOC_SEND, &send);

	close(fd);
	return ret;
}

static int one_of_pipe(void)
{
	int ends[2];

	if (pipe(ends))
		return -1;
	close(ends[0]);
	return ends[1];
}

/* A pidfd is of another kind of file on each of the kernels. */
TEST_F(instance, what_keeps_no_mount_goes_to_a_name)
{
	int box = name_create_at(self->ctl[1], "box", 100, 0, O_RDWR, 0600);
	sigset_t none;

	ASSERT_LE(0, box);
	sigemptyset(&none);
	EXPECT_EQ(0, goes_to(box, one_of_pipe()));
	EXPECT_EQ(0, goes_to(box, eventfd(0, 0)));
	EXPECT_EQ(0, goes_to(box, timerfd_create(CLOCK_MONOTONIC, 0)));
	EXPECT_EQ(0, goes_to(box, signalfd(-1, &none, 0)));
	EXPECT_EQ(0, goes_to(box, memfd_create("x", 0)));
	EXPECT_EQ(0, goes_to(box, syscall(SYS_pidfd_open, getpid(), 0)));
	EXPECT_EQ(0, goes_to(box, socket(AF_NETLINK, SOCK_RAW, 0)));
	EXPECT_EQ(7, mbox_drain(box));
	close(box);
}

/* It may be in what it keeps, or below it. */
TEST_F(instance, what_may_keep_a_mount_does_not)
{
	const char *const paths[] = { "/proc/self/ns/mnt",
				      "/proc/self/mounts",
				      "/proc/self/mountinfo",
				      ROOT,
				      "/dev/null",
				      "/proc/self/exe" };
	int named = name_create_at(self->ctl[1], "box", 100, 0, O_RDWR, 0600);
	int other = anonymous(self->ctl[1], 0);
	int hub = name_create_at(self->ctl[1], "hub", 0, IPCMBOX_BROADCAST,
				 O_RDWR, 0600);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(paths); i++) {
		EXPECT_EQ(-ELOOP, goes_to(named, open(paths[i], O_RDONLY)));
		EXPECT_EQ(0, goes_to(other, open(paths[i], O_RDONLY)));
		EXPECT_EQ(0, goes_to(hub, open(paths[i], O_RDONLY)));
	}
	EXPECT_EQ(-ELOOP, goes_to(named, fsopen("ipcmboxfs", FSOPEN_CLOEXEC)));
	EXPECT_EQ(-ELOOP, goes_to(named, fspick(AT_FDCWD, ROOT "/b", 0)));
	/* No file, but a path: those do not go anywhere. */
	EXPECT_EQ(-EBADF, goes_to(other, open_tree(AT_FDCWD, ROOT "/b",
						   OPEN_TREE_CLONE)));
	EXPECT_EQ(-EBADF, goes_to(other, open(ROOT "/b", O_PATH)));
	/* Nor if it has lost the name since, which may be a matter of order. */
	EXPECT_EQ(0, name_unlink_at(self->ctl[1], "box"));
	EXPECT_EQ(-ELOOP, goes_to(named, open(ROOT, O_RDONLY)));
	/* Names of the device can be taken away by who put it there. */
	close(named);
	named = name_create("box", 100, 0, O_RDWR, 0600);
	EXPECT_EQ(0, goes_to(named, open("/proc/self/ns/mnt", O_RDONLY)));
	EXPECT_EQ(0, name_unlink("box"));
	close(named);
	close(other);
	close(hub);
}

static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	bool fine = write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	close(fd);
	return fine;
}

/* What a user makes of it who has no rights outside a user namespace of his own. */
static int contain(const void *name)
{
	struct ipcmbox_list list = { .size = sizeof(list), .count = 2 };
	static struct ipcmbox_entry entries[2];
	struct stat st;
	int ctl, fd;

	/* It has changed its user, and could not write to its own /proc. */
	prctl(PR_SET_DUMPABLE, 1);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return -errno;
	if (!write_text("/proc/self/setgroups", "deny") ||
	    !write_text("/proc/self/uid_map", "0 65534 1") ||
	    !write_text("/proc/self/gid_map", "0 65534 1"))
		return -EBADMSG;
	/* That of all others is not theirs to mount. */
	if (!mount("none", ROOT, "ipcmboxfs", 0, NULL) || errno != EPERM)
		return -EISCONN;
	if (mount("none", ROOT, "ipcmboxfs", 0, "newinstance,max=2"))
		return -errno;
	ctl = open(ROOT "/control", O_RDWR);
	fd = name_create_at(ctl, name, 1, IPCMBOX_EXCL, O_RDWR, 0640);
	if (fd < 0)
		return fd;
	list.entries = (uintptr_t)entries;
	list.stride = sizeof(entries[0]);
	if (mbox_ioctl(ctl, IPCMBOX_IOC_LIST, &list) || list.done != 1 ||
	    strcmp(entries[0].name, name) || entries[0].uid || chdir(ROOT) ||
	    stat(name, &st) || st.st_uid || st.st_gid)
		return -ENOTUNIQ;
	/* The other container has its own two. */
	if (anonymous(ctl, 0) < 0 || anonymous(ctl, 0) != -EDQUOT)
		return -EDQUOT;
	usleep(100000);
	return 0;
}

TEST_F(instance, containers)
{
	pid_t pid;
	int ret;

	ret = name_as(NOBODY, NOBODY, contain, "box");
	if (ret == -EINVAL || ret == -ENOSYS)
		SKIP(return, "this kernel has no user namespaces");
	EXPECT_EQ(0, ret);
	/* Two at a time. */
	pid = fork();
	if (!pid)
		_exit(!!name_as(NOBODY, NOBODY, contain, "box"));
	EXPECT_EQ(0, name_as(NOBODY, NOBODY, contain, "box"));
	EXPECT_EQ(0, mbox_reap(pid));
	EXPECT_EQ(-ENOENT, name_open("box", O_RDWR));
}

TEST_HARNESS_MAIN
