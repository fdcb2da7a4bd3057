// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of names and instances, while tasks wait in their mailboxes: nobody hangs.
 */
#include <signal.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "kselftest_harness.h"
#include "name.h"

#define FOLDER "/tmp/ipcmbox-teardown"

/* The waiters: in a mailbox with a name, one that has lost it, and one without. */
enum { NAMED, UNLINKED, ANONYMOUS, SUBSCRIBED, BOXES };

FIXTURE(teardown)
{
	int ctl;
	int fds[BOXES];
	int hub;
	struct mbox_op ops[BOXES];
	bool mounted;
};

FIXTURE_SETUP(teardown)
{
	struct ipcmbox_subscribe subscribe = { .size = sizeof(subscribe),
					       .capacity = 1 };
	int i;

	ASSERT_TRUE(!mkdir(FOLDER, 0755) || errno == EEXIST);
	ASSERT_EQ(0, mount("none", FOLDER, "ipcmboxfs", 0, "newinstance"));
	self->mounted = true;
	self->ctl = open(FOLDER "/control", O_RDWR);
	ASSERT_LE(0, self->ctl);
	self->fds[NAMED] =
		name_create_at(self->ctl, "named", 1, 0, O_RDWR, 0600);
	self->fds[UNLINKED] =
		name_create_at(self->ctl, "unlinked", 1, 0, O_RDWR, 0600);
	self->fds[ANONYMOUS] = name_create_at(self->ctl, NULL, 1, 0, O_RDWR, 0);
	self->hub = name_create_at(self->ctl, "hub", 0, IPCMBOX_BROADCAST,
				   O_RDWR, 0600);
	ASSERT_EQ(0, mbox_ioctl(self->hub, IPCMBOX_IOC_SUBSCRIBE, &subscribe));
	self->fds[SUBSCRIBED] = subscribe.fd;
	for (i = 0; i < BOXES; i++) {
		ASSERT_LE(0, self->fds[i]);
		self->ops[i] =
			(struct mbox_op){ .fd = self->fds[i], .kind = OP_RECV };
		ASSERT_TRUE(mbox_op_park(&self->ops[i]));
	}
	ASSERT_EQ(0, name_unlink_at(self->ctl, "unlinked"));
}

FIXTURE_TEARDOWN(teardown)
{
	int i;

	for (i = 0; i < BOXES; i++) {
		EXPECT_EQ(-EIDRM, mbox_op_join(&self->ops[i]));
		EXPECT_EQ(-EIDRM, mbox_recv_num(self->fds[i], 0));
		close(self->fds[i]);
	}
	close(self->hub);
	if (self->mounted)
		EXPECT_EQ(0, umount(FOLDER));
	EXPECT_EQ(-1, umount(FOLDER));
}

/* Ports do not keep it in use; what was opened as a file does. */
TEST_F(teardown, umount)
{
	int file = open(FOLDER "/named", O_RDWR);

	ASSERT_LE(0, file);
	EXPECT_EQ(-1, umount(FOLDER));
	EXPECT_EQ(EBUSY, errno);
	close(file);
	EXPECT_EQ(-1, umount(FOLDER));
	close(self->ctl);
	EXPECT_EQ(0, umount(FOLDER));
	self->mounted = false;
}

/* It goes on as long as a file of it is open. */
TEST_F(teardown, lazy)
{
	int fd;

	EXPECT_EQ(0, umount2(FOLDER, MNT_DETACH));
	self->mounted = false;
	EXPECT_EQ(0, mbox_info(self->fds[NAMED]).state);
	fd = name_open_at(self->ctl, "named", O_RDWR, 0);
	EXPECT_LE(0, fd);
	close(fd);
	close(self->ctl);
}

/* What waits in an open file is sent off, too. */
TEST_F(teardown, force)
{
	struct mbox_op op = { .kind = OP_READ, .len = 4 };
	char buffer[4];

	op.data = buffer;
	op.fd = open(FOLDER "/named", O_RDWR);
	ASSERT_LE(0, op.fd);
	ASSERT_TRUE(mbox_op_park(&op));
	EXPECT_EQ(-1, umount2(FOLDER, MNT_FORCE));
	EXPECT_EQ(EBUSY, errno);
	EXPECT_EQ(-EIDRM, mbox_op_join(&op));
	EXPECT_EQ(-1, access(FOLDER "/named", F_OK));
	close(op.fd);
	close(self->ctl);
	EXPECT_EQ(0, umount2(FOLDER, MNT_FORCE));
	self->mounted = false;
}

TEST_F(teardown, force_and_lazy)
{
	EXPECT_EQ(0, umount2(FOLDER, MNT_FORCE | MNT_DETACH));
	self->mounted = false;
	EXPECT_EQ(-ENOENT, name_open_at(self->ctl, "named", O_RDWR, 0));
	close(self->ctl);
}

/* What is made at the time is destroyed with its name, or not at all. */
TEST_F(teardown, force_while_names_are_made)
{
	unsigned int rounds = mbox_rounds(3000), i, busy = 0;
	pid_t pid = fork();
	int fd;

	while (!pid)
		close(name_create_at(self->ctl, "new", 1, 0, O_RDWR, 0600));
	for (i = 0; i < rounds; i++)
		busy += umount2(FOLDER, MNT_FORCE) && errno == EBUSY;
	EXPECT_EQ(rounds, busy);
	kill(pid, SIGKILL);
	mbox_reap(pid);
	/* A name that was left would be that of a mailbox that is none any more. */
	fd = name_open_at(self->ctl, "new", O_RDWR, 0);
	EXPECT_TRUE(fd >= 0 || fd == -ENOENT);
	close(fd);
	close(self->ctl);
}

/* With the last process that has the folder. */
TEST_F(teardown, with_the_mount_namespace)
{
	pid_t pid;

	ASSERT_EQ(0, umount2(FOLDER, MNT_FORCE | MNT_DETACH));
	self->mounted = false;
	close(self->ctl);
	pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWNS) ||
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		    mount("none", FOLDER, "ipcmboxfs", 0, "newinstance"))
			_exit(1);
		_exit(name_create_at(open(FOLDER "/control", O_RDWR), "x", 1, 0,
				     O_RDWR, 0600) < 0);
	}
	EXPECT_EQ(0, mbox_reap(pid));
}

#define USERS "/sys/module/ipcmbox/refcnt"

/* An instance of a mount namespace of its own, and files that may lead to it in a message. */
static int tie_knot(const char *path)
{
	struct ipcmbox_send send = { .size = sizeof(send), .nr_fds = 1 };
	int box, fd;

	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", FOLDER, "tmpfs", 0, NULL) ||
	    mkdir(FOLDER "/below", 0700) ||
	    mount("none", FOLDER "/below", "ipcmboxfs", 0, "newinstance"))
		return 1;
	box = name_create_at(open(FOLDER "/below/control", O_RDWR), "x", 1, 0,
			     O_RDWR, 0600);
	/* Another namespace, where mounts stay below the one that they are on. */
	if (box < 0 || unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return 2;
	fd = open(path, O_RDONLY);
	send.fds = (uintptr_t)&fd;
	if (fd < 0)
		return 3;
	mbox_ioctl(box, IPCMBOX_IOC_SEND, &send);
	return 0;
}

/* Whether all there was is gone when nobody is left. */
static bool unties(const char *path)
{
	int64_t before = mbox_read_number(USERS);
	int status, tries;
	pid_t pid = fork();

	if (!pid)
		_exit(tie_knot(path));
	status = mbox_reap(pid);
	for (tries = 0; mbox_read_number(USERS) != before; tries++) {
		if (tries == 100)
			return false;
		usleep(20000);
	}
	return !status;
}

/* Nothing is left behind that no process could ever get at. */
TEST(keeps_itself_by_nothing)
{
	ASSERT_TRUE(!mkdir(FOLDER, 0755) || errno == EEXIST);
	if (access("/proc/self/ns/user", F_OK))
		SKIP(return, "this kernel has no user namespaces");
	EXPECT_TRUE(unties("/proc/self/ns/mnt"));
	EXPECT_TRUE(unties("/proc/self/mounts"));
	EXPECT_TRUE(unties(FOLDER));
}

/* Of /dev/ipcmbox nothing ends by unmounting; by unlinking with the last port. */
TEST(names_of_the_device)
{
	struct mbox_op op = { .kind = OP_RECV };
	struct stat st;
	int fd;

	ASSERT_EQ(0, name_mount());
	op.fd = name_create("waited-for", 1, 0, O_RDWR, 0600);
	ASSERT_LE(0, op.fd);
	ASSERT_TRUE(mbox_op_park(&op));
	EXPECT_EQ(0, umount2(NAME_MOUNT, MNT_FORCE));
	/* Neither with the module, which a name keeps. */
	close(open(MBOX_DEVICE, O_RDWR));
	EXPECT_EQ(-1, syscall(SYS_delete_module, "ipcmbox", O_NONBLOCK));
	fd = name_open("waited-for", O_WRONLY);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, name_unlink("waited-for"));
	EXPECT_EQ(0, mbox_info(fd).state);
	EXPECT_EQ(0, mbox_send_num(fd, 4, 0));
	EXPECT_EQ(0, mbox_op_join(&op));
	EXPECT_EQ(4, op.num);
	close(fd);
	close(op.fd);

	/* With nobody who has it open, but a name. */
	close(name_create("waited-for", 1, 0, O_RDWR, 0600));
	EXPECT_EQ(-1, syscall(SYS_delete_module, "ipcmbox", O_NONBLOCK));
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_EQ(0, name_mount());
	EXPECT_EQ(0, stat(NAME_MOUNT "/waited-for", &st));
	EXPECT_EQ(0, umount2(NAME_MOUNT, MNT_DETACH));
	EXPECT_EQ(0, name_unlink("waited-for"));
}

#define WATCHED 3000

struct looker {
	int watch;
	int fd;
	bool told; /* of the end of an inode */
	bool named; /* the mailbox, after that */
};

/* Waits for the first inode to go, and looks for the name of a mailbox. */
static void *look(void *arg)
{
	struct looker *looker = arg;
	char text[4096], path[64];
	ssize_t length = 0;
	int fd;

	looker->told = read(looker->watch, text, sizeof(text)) > 0;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", looker->fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[length > 0 ? length : 0] = '\0';
	looker->named = strstr(text, "ipcmbox-name");
	return NULL;
}

/*
 * Inotify keeps inodes while their directory entries are gone already: of these nobody may
 * get hold by the mailbox. The oldest inode goes last.
 */
TEST(names_that_are_watched)
{
	struct looker looker = { .watch = inotify_init1(IN_CLOEXEC) };
	char name[64];
	pthread_t thread;
	int ctl, fd, i;

	if (looker.watch < 0 && errno == ENOSYS)
		SKIP(return, "the kernel has no inotify");
	ASSERT_LE(0, looker.watch);
	ASSERT_TRUE(!mkdir(FOLDER, 0755) || errno == EEXIST);
	ASSERT_EQ(0, mount("none", FOLDER, "ipcmboxfs", 0, "newinstance"));
	ctl = open(FOLDER "/control", O_RDWR | O_CLOEXEC);
	for (i = 0; i < WATCHED; i++) {
		snprintf(name, sizeof(name), FOLDER "/%040d", i);
		fd = name_create_at(ctl, strrchr(name, '/') + 1, 1, 0, O_RDWR,
				    0600);
		ASSERT_LE(0, fd);
		ASSERT_LE(0, inotify_add_watch(looker.watch, name,
					       IN_DELETE_SELF));
		if (i)
			close(fd);
		else
			looker.fd = fd;
	}
	close(ctl);
	ASSERT_EQ(0, pthread_create(&thread, NULL, look, &looker));
	EXPECT_EQ(0, umount(FOLDER));
	pthread_join(thread, NULL);
	EXPECT_TRUE(looker.told);
	EXPECT_FALSE(looker.named);
	EXPECT_EQ(-EIDRM, mbox_send_num(looker.fd, 1, 0));
	close(looker.fd);
	close(looker.watch);
}

TEST_HARNESS_MAIN
