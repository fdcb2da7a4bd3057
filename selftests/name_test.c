// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mailboxes with a name: CREATE, OPEN and UNLINK, and the files of ipcmboxfs.
 */
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "kselftest_harness.h"
#include "name.h"

#define BOX "box"
#define BOX_FILE NAME_MOUNT "/" BOX
#define NOBODY 65534
#define NSEC_PER_SEC 1000000000ULL
#define EXPECT_NEAR_NOW(t) EXPECT_GE(5, time(NULL) - (t))

FIXTURE(name)
{
	mode_t umask;
};

FIXTURE_SETUP(name)
{
	ASSERT_EQ(0, name_mount());
	self->umask = umask(022);
}

FIXTURE_TEARDOWN(name)
{
	name_unlink(BOX);
	umask(self->umask);
	EXPECT_EQ(0, name_umount());
}

TEST_F(name, is_opened_and_outlives_its_ports)
{
	int fd = name_create(BOX, 3, 0, O_RDWR, 0600), other;
	uint64_t number;

	ASSERT_LE(0, fd);
	EXPECT_EQ(IPCMBOX_ADMIN | IPCMBOX_NO_HANGUP, mbox_info(fd).attributes);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	number = mbox_info(fd).mailbox;
	EXPECT_EQ(0, mbox_send_num(fd, 7, 0));
	close(fd);

	fd = name_open(BOX, O_RDONLY | O_NONBLOCK);
	ASSERT_LE(0, fd);
	other = open(BOX_FILE, O_WRONLY);
	ASSERT_LE(0, other);
	EXPECT_EQ(number, mbox_info(fd).mailbox);
	EXPECT_EQ(number, mbox_info(other).mailbox);
	EXPECT_EQ(1, mbox_info(fd).receivers);
	EXPECT_EQ(1, mbox_info(fd).senders);
	EXPECT_EQ(IPCMBOX_NO_HANGUP, mbox_info(fd).attributes);
	EXPECT_EQ(O_NONBLOCK, fcntl(fd, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_EQ(7, mbox_recv_num(fd, 0));
	EXPECT_EQ(-EAGAIN, mbox_recv_num(fd, 0));
	EXPECT_EQ(-EBADF, mbox_send_num(fd, 1, 0));
	EXPECT_EQ(-EBADF, mbox_recv_num(other, 0));
	EXPECT_EQ(0, mbox_send_num(other, 8, 0));
	EXPECT_EQ(8, mbox_recv_num(fd, 0));
	EXPECT_TRUE(mbox_is_calm(fd));
	close(other);
	close(fd);
}

TEST_F(name, create_opens_what_is_there)
{
	int fd = name_create(BOX, 3, 0, O_RDWR, 0600), other;

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EEXIST, name_create(BOX, 3, IPCMBOX_EXCL, O_RDWR, 0600));
	other = name_create(BOX, 3, 0, O_WRONLY, 0666);
	ASSERT_LE(0, other);
	EXPECT_EQ(mbox_info(fd).mailbox, mbox_info(other).mailbox);
	/* The file is the caller's. */
	EXPECT_EQ(IPCMBOX_ADMIN | IPCMBOX_NO_HANGUP,
		  mbox_info(other).attributes);
	close(other);

	/* Other attributes. */
	EXPECT_EQ(-EEXIST, name_create(BOX, 4, 0, O_RDWR, 0600));
	EXPECT_EQ(-EEXIST, name_create(BOX, 3, IPCMBOX_HANGUP, O_RDWR, 0600));
	EXPECT_EQ(-EEXIST,
		  name_create(BOX, 3, IPCMBOX_SELECTIVE, O_RDWR, 0600));
	EXPECT_EQ(-EEXIST,
		  name_create(BOX, 0, IPCMBOX_BROADCAST, O_RDWR, 0600));
	EXPECT_EQ(1, mbox_info(fd).senders);
	close(fd);
}

static int make_other(const void *name)
{
	return name_create(name, 4, 0, O_RDWR, 0600);
}

static int make_same(const void *name)
{
	return name_create(name, 3, 0, O_RDWR, 0600);
}

/* Who may not open it is not told what it is like. */
TEST_F(name, attributes_are_private)
{
	int fd = name_create(BOX, 3, 0, O_RDWR, 0600);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EACCES, name_as(NOBODY, NOBODY, make_same, BOX));
	EXPECT_EQ(-EACCES, name_as(NOBODY, NOBODY, make_other, BOX));
	close(fd);
}

TEST_F(name, region_of_what_is_there)
{
	struct ipcmbox_create arg = {
		.size = sizeof(arg),
		.open_flags = O_RDWR,
		.capacity = 1,
		.name = (uintptr_t)BOX,
		.mode = 0600,
	};

	ASSERT_EQ(0, mbox_device_ioctl(IPCMBOX_IOC_CREATE, &arg));
	close(arg.fd);
	arg.region_size = UINT64_MAX;
	EXPECT_EQ(-EINVAL, mbox_device_ioctl(IPCMBOX_IOC_CREATE, &arg));
	arg.region_size = 1;
	EXPECT_EQ(-EEXIST, mbox_device_ioctl(IPCMBOX_IOC_CREATE, &arg));
}

TEST_F(name, unlinked_while_open)
{
	int fd = name_create(BOX, 1, 0, O_RDWR, 0600), other, fresh;
	struct mbox_op op = { .kind = OP_RECV };
	struct stat st;

	ASSERT_LE(0, fd);
	other = open(BOX_FILE, O_WRONLY);
	ASSERT_LE(0, other);
	op.fd = fd;
	ASSERT_TRUE(mbox_op_park(&op));
	EXPECT_EQ(0, name_unlink(BOX));
	EXPECT_EQ(-ENOENT, name_unlink(BOX));
	EXPECT_EQ(-ENOENT, name_open(BOX, O_RDONLY));
	EXPECT_EQ(-1, stat(BOX_FILE, &st));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(0, fstat(other, &st));
	EXPECT_EQ(0, st.st_nlink);

	/* Another of that name. */
	fresh = name_create(BOX, 1, IPCMBOX_EXCL, O_RDWR, 0600);
	ASSERT_LE(0, fresh);
	EXPECT_NE(mbox_info(fd).mailbox, mbox_info(fresh).mailbox);
	EXPECT_EQ(0, mbox_send_num(fresh, 5, 0));
	EXPECT_EQ(0, mbox_send_num(other, 6, 0));
	EXPECT_EQ(0, mbox_op_join(&op));
	EXPECT_EQ(6, op.num);
	close(other);
	EXPECT_EQ(0, mbox_send_num(fd, 9, 0));
	EXPECT_EQ(9, mbox_recv_num(fd, 0));
	close(fd);
	close(fresh);
}

TEST_F(name, bad_names)
{
	char name[IPCMBOX_NAME_MAX + 2];
	struct stat st;
	int fd;

	memset(name, 'x', sizeof(name));
	name[IPCMBOX_NAME_MAX + 1] = 0;
	EXPECT_EQ(-ENAMETOOLONG, name_create(name, 1, 0, O_RDWR, 0600));
	EXPECT_EQ(-ENAMETOOLONG, name_open(name, O_RDWR));
	EXPECT_EQ(-ENAMETOOLONG, name_unlink(name));
	name[IPCMBOX_NAME_MAX] = 0;
	fd = name_create(name, 1, 0, O_RDWR, 0600);
	EXPECT_LE(0, fd);
	close(fd);
	fd = name_open(name, O_RDWR);
	EXPECT_LE(0, fd);
	close(fd);
	EXPECT_EQ(0, name_unlink(name));

	EXPECT_EQ(-EINVAL, name_create("", 1, 0, O_RDWR, 0600));
	EXPECT_EQ(-EINVAL, name_create(".", 1, 0, O_RDWR, 0600));
	EXPECT_EQ(-EINVAL, name_create("..", 1, 0, O_RDWR, 0600));
	EXPECT_EQ(-EINVAL, name_create("a/b", 1, 0, O_RDWR, 0600));
	EXPECT_EQ(-EINVAL, name_open("/", O_RDWR));
	EXPECT_EQ(-EINVAL, name_unlink("../x"));
	EXPECT_EQ(-EFAULT, name_create((char *)8, 1, 0, O_RDWR, 0600));
	EXPECT_EQ(-EFAULT, name_open(NULL, O_RDWR));
	EXPECT_EQ(-EFAULT, name_unlink((char *)8));
	/* What only goes with a name, and what goes with nothing. */
	EXPECT_EQ(-EINVAL, name_create(NULL, 1, 0, O_RDWR, 0600));
	EXPECT_EQ(-EINVAL, name_create(NULL, 1, IPCMBOX_EXCL, O_RDWR, 0));
	EXPECT_EQ(-EINVAL, name_create(BOX, 1, 0, O_RDWR, 01600));
	EXPECT_EQ(-EINVAL, name_create(BOX, 1, 0, O_RDWR | O_CREAT, 0600));
	EXPECT_EQ(-EINVAL,
		  name_create(BOX, 1, IPCMBOX_HANGUP | IPCMBOX_NO_HANGUP,
			      O_RDWR, 0600));
	EXPECT_EQ(-EOPNOTSUPP, name_create(BOX, 1, 1 << 20, O_RDWR, 0600));
	EXPECT_EQ(-1, stat(BOX_FILE, &st));
	/* Without a name HANGUP says what is so by default. */
	fd = name_create(NULL, 1, IPCMBOX_HANGUP, O_RDWR, 0);
	EXPECT_EQ(IPCMBOX_ADMIN, mbox_info(fd).attributes);
	close(fd);
}

TEST_F(name, file_shows_what_is_queued)
{
	int fd = name_create(BOX, 10, 0, O_RDWR, 0666);
	const struct timespec past[2] = { { .tv_sec = 1 }, { .tv_sec = 2 } };
	struct stat st;
	char text[9];

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, stat(BOX_FILE, &st));
	EXPECT_EQ(S_IFIFO | 0644, st.st_mode);
	EXPECT_EQ(0, st.st_uid);
	EXPECT_EQ(0, st.st_size);
	EXPECT_EQ(1, st.st_nlink);

	ASSERT_EQ(0, utimensat(AT_FDCWD, BOX_FILE, past, 0));
	EXPECT_EQ(0, mbox_send(fd, "hello", 5, 0));
	EXPECT_EQ(0, mbox_send(fd, "you", 3, 0));
	ASSERT_EQ(0, stat(BOX_FILE, &st));
	EXPECT_EQ(8, st.st_size);
	EXPECT_EQ(1, st.st_atime);
	EXPECT_NEAR_NOW(st.st_mtime);
	EXPECT_NEAR_NOW(st.st_ctime);
	ASSERT_EQ(0, utimensat(AT_FDCWD, BOX_FILE, past, 0));
	EXPECT_EQ(0, stat(BOX_FILE, &st));
	EXPECT_EQ(2, st.st_mtime);

	EXPECT_EQ(5, mbox_recv(fd, text, sizeof(text), 0));
	ASSERT_EQ(0, stat(BOX_FILE, &st));
	EXPECT_EQ(3, st.st_size);
	EXPECT_NEAR_NOW(st.st_atime);
	EXPECT_EQ(2, st.st_mtime);

	EXPECT_EQ(0, chmod(BOX_FILE, 0600));
	EXPECT_EQ(0, chown(BOX_FILE, NOBODY, 3));
	ASSERT_EQ(0, stat(BOX_FILE, &st));
	EXPECT_EQ(S_IFIFO | 0600, st.st_mode);
	EXPECT_EQ(NOBODY, st.st_uid);
	EXPECT_EQ(3, st.st_gid);
	close(fd);
}

TEST_F(name, shell_reads_and_writes)
{
	int fd = name_create(BOX, 10, 0, O_RDWR, 0600);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, name_shell("echo hi >" BOX_FILE));
	EXPECT_EQ(0, name_shell("echo there >>" BOX_FILE));
	EXPECT_EQ(0, name_shell("[ \"$(head -n 1 <" BOX_FILE ")\" = hi ]"));
	EXPECT_EQ(1, mbox_info(fd).queued);
	EXPECT_EQ(0, name_shell("[ \"$(ls " NAME_MOUNT ")\" = " BOX " ]"));
	EXPECT_EQ(0, name_shell("[ -p " BOX_FILE " ]"));
	EXPECT_EQ(0, name_shell("rm " BOX_FILE));
	EXPECT_EQ(-ENOENT, name_open(BOX, O_RDWR));
	/* Only CREATE makes one, and nothing else is made here. */
	EXPECT_NE(0, name_shell("echo hi 2>/dev/null >" BOX_FILE));
	EXPECT_NE(0, name_shell("mkdir " NAME_MOUNT "/folder 2>/dev/null"));
	close(fd);
}

/* As a named pipe: cat ends with the last writer, whichever came first. */
TEST_F(name, hangup_ends_cat)
{
	int fd = name_create(BOX, 10, IPCMBOX_HANGUP, O_RDWR, 0600);
	unsigned int i;

	ASSERT_LE(0, fd);
	close(fd);
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0, name_shell("echo hi >" BOX_FILE));
		EXPECT_EQ(0, name_shell("[ \"$(cat " BOX_FILE ")\" = hi ]"));
		EXPECT_EQ(0,
			  name_shell("(sleep 0.2; echo ho >" BOX_FILE
				     ") & [ \"$(cat " BOX_FILE ")\" = ho ]"));
	}
}

TEST_F(name, hangup_tells_who_stays)
{
	int fd = name_create(BOX, 10, IPCMBOX_HANGUP, O_WRONLY, 0600);
	int reader;

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, mbox_send_num(fd, 1, 0));
	reader = name_open(BOX, O_RDONLY);
	ASSERT_LE(0, reader);
	close(reader);
	EXPECT_EQ(-EPIPE, mbox_send_num(fd, 2, 0));
	reader = name_open(BOX, O_RDONLY);
	EXPECT_EQ(1, mbox_recv_num(reader, 0));
	close(fd);
	EXPECT_EQ(-EPIPE, mbox_recv_num(reader, 0));
	close(reader);
	/* All have gone, and nothing is left: who comes now waits. */
	fd = name_open(BOX, O_RDWR);
	EXPECT_EQ(0, mbox_send_num(fd, 3, 0));
	EXPECT_EQ(3, mbox_recv_num(fd, 0));
	EXPECT_EQ(-EAGAIN, mbox_recv_num(fd, IPCMBOX_DONTWAIT));
	close(fd);
}

static int next_event(int fd, const char *name)
{
	char buffer[sizeof(struct inotify_event) + 256]
		__attribute__((aligned(8)));
	const struct inotify_event *event = (void *)buffer;
	ssize_t len = read(fd, buffer, sizeof(buffer));

	if (len < 0)
		return -errno;
	return strcmp(event->name, name) ? -EBADMSG : event->mask;
}

TEST_F(name, inotify_tells_of_names)
{
	int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC), fd, round;

	if (watch < 0 && errno == ENOSYS)
		SKIP(return, "this kernel has no inotify");
	ASSERT_LE(0, watch);
	ASSERT_LE(0,
		  inotify_add_watch(watch, NAME_MOUNT, IN_CREATE | IN_DELETE));
	for (round = 0; round < 3; round++) {
		fd = name_create(BOX, 1, 0, O_RDWR, 0600);
		ASSERT_LE(0, fd);
		EXPECT_EQ(IN_CREATE, next_event(watch, BOX));
		EXPECT_EQ(-EAGAIN, next_event(watch, BOX));
		EXPECT_EQ(0, round == 0 ? name_unlink(BOX) :
			     round == 1 ? unlink(BOX_FILE) :
					  mbox_destroy(fd));
		EXPECT_EQ(IN_DELETE, next_event(watch, BOX));
		EXPECT_EQ(-EAGAIN, next_event(watch, BOX));
		close(fd);
	}
	close(watch);
}

TEST_F(name, destroyed)
{
	int fd = name_create(BOX, 1, 0, O_RDWR, 0600), other, file, ctl;

	ASSERT_LE(0, fd);
	ctl = open(MBOX_DEVICE, O_RDWR | O_CLOEXEC);
	file = open(BOX_FILE, O_RDWR);
	other = name_open_at(ctl, BOX, O_RDWR, IPCMBOX_ADMIN);
	close(ctl);
	ASSERT_LE(0, other);
	EXPECT_EQ(-EBADF, mbox_destroy(file));
	EXPECT_EQ(0, mbox_destroy(other));
	EXPECT_EQ(-ENOENT, name_open(BOX, O_RDWR));
	EXPECT_EQ(-ENOENT, name_unlink(BOX));
	EXPECT_EQ(-EIDRM, mbox_send_num(file, 1, 0));
	EXPECT_EQ(-EIDRM, mbox_send_num(fd, 1, 0));
	/* By what the kernel knows of the file, whose name has gone. */
	EXPECT_EQ(-1, open("/proc/self/fd/99", O_RDWR));
	ASSERT_EQ(99, dup2(file, 99));
	EXPECT_EQ(-1, open("/proc/self/fd/99", O_RDWR));
	EXPECT_EQ(EIDRM, errno);
	close(99);
	close(file);
	close(other);
	close(fd);
}

/* Not of what is mounted read-only, but that is no matter of other mounts. */
TEST_F(name, read_only_mount)
{
	int fd = name_create(BOX, 1, 0, O_RDWR, 0600);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, mount("none", NAME_MOUNT, NULL,
			   MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	EXPECT_EQ(-1, unlink(BOX_FILE));
	EXPECT_EQ(EROFS, errno);
	EXPECT_EQ(0, name_unlink(BOX));
	close(fd);
}

/* Nor is it if the file system itself is meant. */
TEST_F(name, read_only_file_system)
{
	int fd;

	ASSERT_EQ(0, mount("none", NAME_MOUNT, NULL, MS_REMOUNT | MS_RDONLY,
			   NULL));
	fd = name_create(BOX, 1, 0, O_RDWR, 0600);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, unlink(BOX_FILE));
	EXPECT_EQ(EROFS, errno);
	EXPECT_EQ(0, name_unlink(BOX));
	close(fd);
}

static const char limit[] = MBOX_PARAMETERS "user_names";

static int create_four(const void *arg)
{
	static const char *const names[] = { "one", "two", "three", "four" };
	unsigned int i;
	int ret = 0, fd;

	for (i = 0; i < 3; i++) {
		fd = name_create(names[i], 1, 0, O_RDWR, 0600);
		if (fd < 0)
			return fd;
		close(fd);
	}
	fd = name_create(names[3], 1, 0, O_RDWR, 0600);
	if (fd != -EDQUOT)
		ret = -EBADMSG;
	if (name_unlink(names[0]))
		ret = -EBADMSG;
	fd = name_create(names[3], 1, 0, O_RDWR, 0600);
	if (fd < 0)
		ret = fd;
	for (i = 1; i < 4; i++)
		if (name_unlink(names[i]))
			ret = -EBADMSG;
	return ret;
}

TEST_F(name, quota)
{
	int64_t before = mbox_read_number(limit);

	ASSERT_EQ(0, mbox_write_number(limit, 3));
	EXPECT_EQ(0, name_as(NOBODY, NOBODY, create_four, NULL));
	ASSERT_EQ(0, mbox_write_number(limit, before));
}

TEST_HARNESS_MAIN
