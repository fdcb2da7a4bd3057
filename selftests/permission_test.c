// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may do what with a name: the same as with a file of tmpfs, whatever the permissions
 * of file and directory, and whether it is asked for by an ioctl or by a system call of
 * files. And who may send to an inbox: the same as who may write to a file.
 */
#include <grp.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "kselftest_harness.h"
#include "name.h"

#define TMPFS "/tmp/ipcmbox-tmpfs"
#define OWNER 1001
#define GROUP 2001
#define DIR_OWNER 1003
#define STEP_SLOW 8 /* where IPCMBOX_FEW is set */

/* As whom, beside root. */
static const struct role {
	const char *name;
	uid_t uid;
	gid_t gid;
} roles[] = {
	{ "owner", OWNER, 3001 },
	{ "group", 1002, GROUP },
	{ "owner of the directory", DIR_OWNER, 3003 },
	{ "other", 1004, 3004 },
	{ "root", 0, 0 },
};

static const mode_t dir_modes[] = { 0777, 01777, 0755, 0711, 0733, 0700 };

FIXTURE(permission)
{
	mode_t umask;
};

FIXTURE_SETUP(permission)
{
	self->umask = umask(0);
	ASSERT_EQ(0, name_mount());
	ASSERT_TRUE(!mkdir(TMPFS, 0755) || errno == EEXIST);
	ASSERT_EQ(0, mount("none", TMPFS, "tmpfs", 0, NULL));
	ASSERT_EQ(0, chown(TMPFS, DIR_OWNER, 0));
	ASSERT_EQ(0, chown(NAME_MOUNT, DIR_OWNER, 0));
}

FIXTURE_TEARDOWN(permission)
{
	umask(self->umask);
	EXPECT_EQ(0, chown(NAME_MOUNT, 0, 0));
	EXPECT_EQ(0, chmod(NAME_MOUNT, 01777));
	EXPECT_EQ(0, name_umount());
	EXPECT_EQ(0, umount(TMPFS));
}

/* Two files, so that there are two ways to take one away. */
static bool set_up(mode_t dir_mode, mode_t mode)
{
	static const char *const boxes[] = { "box", "box2" };
	static const char *const files[] = { TMPFS "/box", TMPFS "/box2",
					     NAME_MOUNT "/box",
					     NAME_MOUNT "/box2" };
	bool fine = true;
	unsigned int i;
	int fd;

	for (i = 0; i < 2; i++) {
		name_unlink(boxes[i]);
		unlink(files[i]);
		fd = name_create(boxes[i], 4, IPCMBOX_EXCL, O_RDWR, mode);
		fine &= fd >= 0;
		close(fd);
		fd = open(files[i], O_CREAT | O_EXCL | O_RDWR, mode);
		fine &= fd >= 0;
		close(fd);
	}
	for (i = 0; i < 4; i++)
		fine &= !chown(files[i], OWNER, GROUP) &&
			!chmod(files[i], mode);
	return fine && !chmod(TMPFS, dir_mode) && !chmod(NAME_MOUNT, dir_mode);
}

/* 0 or -errno. */
static int result(int ret)
{
	int error = -errno;

	if (ret > 0)
		close(ret);
	return ret < 0 ? error : 0;
}

/* The same of an ioctl, which gives the error. */
static int closed(int ret)
{
	if (ret > 0)
		close(ret);
	return ret < 0 ? ret : 0;
}

static bool same(const char *step, int file, int mine)
{
	if (file == mine)
		return true;
	printf("# %s: %d, but of a file %d\n", step, mine, file);
	fflush(stdout);
	return false;
}

static bool opens_alike(int flags)
{
	int file = result(open(TMPFS "/box", flags));

	return same("OPEN", file, closed(name_open("box", flags))) &&
	       same("open(2)", file, result(open(NAME_MOUNT "/box", flags))) &&
	       same("CREATE of what is there",
		    result(open(TMPFS "/box", flags | O_CREAT, 0600)),
		    closed(name_create("box", 4, 0, flags, 0600)));
}

static bool changes_alike(void)
{
	return same("chmod", result(chmod(TMPFS "/box", 0640)),
		    result(chmod(NAME_MOUNT "/box", 0640))) &&
	       same("chown", result(chown(TMPFS "/box", -1, 3004)),
		    result(chown(NAME_MOUNT "/box", -1, 3004)));
}

static bool creates_alike(void)
{
	int flags = O_CREAT | O_EXCL | O_RDWR;

	return same("CREATE", result(open(TMPFS "/fresh", flags, 0)),
		    closed(name_create("fresh", 4, IPCMBOX_EXCL, O_RDWR, 0))) &&
	       same("UNLINK of one's own", result(unlink(TMPFS "/fresh")),
		    name_unlink("fresh"));
}

static bool unlinks_alike(void)
{
	int file = result(unlink(TMPFS "/box"));

	return same("UNLINK", file, name_unlink("box")) &&
	       same("unlink(2)", file, result(unlink(NAME_MOUNT "/box2"))) &&
	       same("OPEN of nothing", result(open(TMPFS "/nothing", O_RDWR)),
		    name_open("nothing", O_RDWR));
}

static bool all_alike(void)
{
	return opens_alike(O_RDONLY) && opens_alike(O_WRONLY) &&
	       opens_alike(O_RDWR) && changes_alike() && creates_alike() &&
	       unlinks_alike();
}

/* There are too many combinations for a process each. */
static int compare_as(const struct role *role)
{
	bool alike;

	if (setgroups(0, NULL) || setegid(role->gid) || seteuid(role->uid))
		return -errno;
	alike = all_alike();
	if (seteuid(0) || setegid(0))
		return -errno;
	return alike ? 0 : -EBADMSG;
}

/* Each class may read and write, or not; to execute is nothing here. */
static mode_t file_mode(unsigned int mode)
{
	return (mode & 060) << 3 | (mode & 014) << 2 | (mode & 3) << 1;
}

TEST_F_TIMEOUT(permission, as_of_files, 240)
{
	unsigned int step = getenv("IPCMBOX_FEW") ? STEP_SLOW : 1;
	unsigned int i, dir = 0, role = 0, mode = 0;
	int ret = 0;

	/* Each time others, and with all roles, as their number is prime to the step. */
	i = step > 1 ? mbox_now() % step : 0;
	for (; i < ARRAY_SIZE(dir_modes) * 64 * ARRAY_SIZE(roles) && !ret;
	     i += step) {
		role = i % ARRAY_SIZE(roles);
		mode = file_mode(i / ARRAY_SIZE(roles) % 64);
		dir = dir_modes[i / ARRAY_SIZE(roles) / 64];
		ASSERT_TRUE(set_up(dir, mode));
		ret = compare_as(&roles[role]);
	}
	EXPECT_EQ(0, ret);
	if (ret)
		TH_LOG("%s, directory %o, file %o", roles[role].name, dir,
		       mode);
	name_unlink("box");
	name_unlink("box2");
}

static int admin(const void *unused)
{
	int ctl = open(MBOX_DEVICE, O_RDWR);

	return closed(name_open_at(ctl, "box", O_RDWR, IPCMBOX_ADMIN));
}

static int create_there(const void *unused)
{
	int fd = name_create("box", 4, 0, O_RDWR, 0600);

	if (fd < 0)
		return fd;
	return mbox_info(fd).attributes & IPCMBOX_ADMIN ? -EISCONN : 0;
}

/* As with chmod(2): for the owner. */
TEST_F(permission, admin_is_for_the_owner)
{
	ASSERT_TRUE(set_up(01777, 0666));
	EXPECT_EQ(0, name_as(OWNER, 1, admin, NULL));
	EXPECT_EQ(-EPERM, name_as(1004, 1, admin, NULL));
	EXPECT_EQ(0, name_as(0, 0, admin, NULL));
	EXPECT_EQ(-EISCONN, name_as(OWNER, 1, create_there, NULL));
	EXPECT_EQ(0, name_as(1004, 1, create_there, NULL));
	name_unlink("box");
	name_unlink("box2");
}

/* The rights are the descriptor's, and looked at in each operation. */
TEST_F(permission, rights_are_of_the_descriptor)
{
	int reader, writer;

	ASSERT_TRUE(set_up(01777, 0666));
	reader = open(NAME_MOUNT "/box", O_RDONLY);
	writer = open(NAME_MOUNT "/box", O_WRONLY);
	ASSERT_LE(0, writer);
	ASSERT_EQ(0, chmod(NAME_MOUNT "/box", 0));
	EXPECT_EQ(-EBADF, mbox_send_num(reader, 1, 0));
	EXPECT_EQ(-1, write(reader, "x", 1));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(0, mbox_send_num(writer, 1, 0));
	EXPECT_EQ(-EBADF, mbox_recv_num(writer, 0));
	EXPECT_EQ(1, mbox_recv_num(reader, 0));
	EXPECT_EQ(-EACCES, mbox_reopen(reader, O_RDWR, 0));
	EXPECT_EQ(-EACCES, mbox_reopen(reader, O_RDONLY, IPCMBOX_ADMIN));
	close(reader);
	close(writer);
	name_unlink("box");
	name_unlink("box2");
}

static int send_to(const void *arg)
{
	struct ipcmbox_open_pid open_pid = {
		.size = sizeof(open_pid),
		.pid = *(const pid_t *)arg,
	};

	return mbox_device_ioctl(IPCMBOX_IOC_OPEN_PID, &open_pid);
}

static int write_file(const void *unused)
{
	return result(open(TMPFS "/box", O_WRONLY));
}

/* Of one who is in the group. */
static int claim(enum ipcmbox_access access)
{
	struct ipcmbox_inbox inbox = {
		.size = sizeof(inbox),
		.access = access,
		.gid = access == IPCMBOX_ACCESS_GROUP ? GROUP : 0,
		.capacity = 1,
	};
	const gid_t group = GROUP;

	if (setgroups(1, &group) || setresgid(1, 1, 1) ||
	    setresuid(OWNER, OWNER, OWNER))
		return -errno;
	return mbox_device_ioctl(IPCMBOX_IOC_INBOX, &inbox);
}

TEST_F(permission, inbox_as_of_a_file)
{
	static const mode_t modes[] = {
		[IPCMBOX_ACCESS_USER] = 0200,
		[IPCMBOX_ACCESS_GROUP] = 0220,
		[IPCMBOX_ACCESS_ANYONE] = 0222,
	};
	unsigned int access, role;
	int ready[2];
	char byte;

	for (access = 0; access < ARRAY_SIZE(modes); access++) {
		pid_t pid;

		ASSERT_TRUE(set_up(01777, modes[access]));
		ASSERT_EQ(0, pipe(ready));
		pid = fork();
		if (!pid) {
			byte = claim(access) < 0;
			if (write(ready[1], &byte, 1) == 1)
				pause();
			_exit(0);
		}
		ASSERT_EQ(1, read(ready[0], &byte, 1));
		ASSERT_EQ(0, byte);
		/* Root is no exception where there is no file. */
		for (role = 0; role < ARRAY_SIZE(roles) - 1; role++)
			EXPECT_EQ(name_as(roles[role].uid, roles[role].gid,
					  write_file, NULL),
				  name_as(roles[role].uid, roles[role].gid,
					  send_to, &pid));
		kill(pid, SIGKILL);
		mbox_reap(pid);
		close(ready[0]);
		close(ready[1]);
	}
	name_unlink("box");
	name_unlink("box2");
}

TEST_HARNESS_MAIN
