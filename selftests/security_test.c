// SPDX-License-Identifier: GPL-2.0-only
/*
 * Security modules: who is kept by Landlock from files below a directory can do no more
 * with names there by an ioctl than by a system call.
 */
#include <dirent.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <linux/landlock.h>

#include "kselftest_harness.h"
#include "name.h"

#define FOLDER "/tmp/ipcmbox-security"
#define READ LANDLOCK_ACCESS_FS_READ_FILE
#define WRITE LANDLOCK_ACCESS_FS_WRITE_FILE
#define MAKE LANDLOCK_ACCESS_FS_MAKE_FIFO
#define REMOVE LANDLOCK_ACCESS_FS_REMOVE_FILE
#define LOOK LANDLOCK_ACCESS_FS_READ_DIR
#define ALL (READ | WRITE | MAKE | REMOVE | LOOK)

FIXTURE(security)
{
	int ctl;
	int box;
};

FIXTURE_SETUP(security)
{
	if (syscall(SYS_landlock_create_ruleset, NULL, 0,
		    LANDLOCK_CREATE_RULESET_VERSION) < 0)
		SKIP(return, "the kernel has no Landlock");
	ASSERT_TRUE(!mkdir(FOLDER, 0755) || errno == EEXIST);
	ASSERT_EQ(0, mount("none", FOLDER, "ipcmboxfs", 0, "newinstance"));
	self->ctl = open(FOLDER "/control", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->ctl);
	self->box =
		name_create_at(self->ctl, "box", 1, IPCMBOX_EXCL, O_RDWR, 0666);
	ASSERT_LE(0, self->box);
	ASSERT_EQ(0, mbox_send_num(self->box, 7, 0));
}

FIXTURE_TEARDOWN(security)
{
	close(self->ctl);
	close(self->box);
	EXPECT_EQ(0, umount(FOLDER));
}

/* From now on, and for ever; 0 or -errno. */
static int keep_from_all_but(uint64_t allowed)
{
	const struct landlock_ruleset_attr attr = { .handled_access_fs = ALL };
	struct landlock_path_beneath_attr rule = { .allowed_access = allowed };
	int rules, ret = -1;

	rules = syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (rules < 0)
		return -errno;
	rule.parent_fd = open(FOLDER, O_PATH | O_CLOEXEC);
	if (!allowed || !syscall(SYS_landlock_add_rule, rules,
				 LANDLOCK_RULE_PATH_BENEATH, &rule, 0))
		ret = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ?:
			      syscall(SYS_landlock_restrict_self, rules, 0);
	ret = ret ? -errno : 0;
	close(rule.parent_fd);
	close(rules);
	return ret;
}

static int closed(int fd)
{
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int by_open(int flags)
{
	int fd = open(FOLDER "/box", flags | O_CLOEXEC);

	return closed(fd < 0 ? -errno : fd);
}

static int make(int ctl)
{
	return closed(
		name_create_at(ctl, "new", 0, IPCMBOX_EXCL, O_RDWR, 0666));
}

static int read_name(int ctl)
{
	return closed(name_open_at(ctl, "box", O_RDONLY, 0));
}

static int read_file(int ctl)
{
	return by_open(O_RDONLY);
}

static int write_name(int ctl)
{
	return closed(name_open_at(ctl, "box", O_WRONLY, 0));
}

static int write_file(int ctl)
{
	return by_open(O_WRONLY);
}

static int remove_name(int ctl)
{
	return name_unlink_at(ctl, "box");
}

static int remove_file(int ctl)
{
	return unlink(FOLDER "/box") ? -errno : 0;
}

static int list_names(int ctl)
{
	struct ipcmbox_entry entry;
	struct ipcmbox_list list = {
		.size = sizeof(list),
		.entries = (uintptr_t)&entry,
		.count = 1,
		.stride = sizeof(entry),
	};

	return mbox_ioctl(ctl, IPCMBOX_IOC_LIST, &list);
}

static int list_files(int ctl)
{
	DIR *dir = opendir(FOLDER);

	if (!dir)
		return -errno;
	closedir(dir);
	return 0;
}

static const struct way {
	const char *name;
	uint64_t needs;
	int (*go)(int ctl);
} ways[] = {
	{ "CREATE", MAKE, make },
	{ "OPEN to read", READ, read_name },
	{ "open(2) to read", READ, read_file },
	{ "OPEN to write", WRITE, write_name },
	{ "open(2) to write", WRITE, write_file },
	{ "LIST", LOOK, list_names },
	{ "opendir(3)", LOOK, list_files },
	{ "UNLINK", REMOVE, remove_name },
	{ "unlink(2)", REMOVE, remove_file },
};

/* What comes of it in a process that may do only what is allowed; 1 if there is none. */
static int go_where(uint64_t allowed, const struct way *way, int ctl)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		if (keep_from_all_but(allowed))
			_exit(255);
		_exit(-way->go(ctl));
	}
	status = mbox_reap(pid);
	if (pid < 0 || !WIFEXITED(status) || WEXITSTATUS(status) == 255)
		return 1;
	return -WEXITSTATUS(status);
}

/* Each needs what it is for, and nothing else; and what is refused changes nothing. */
TEST_F(security, as_for_other_files)
{
	const struct way *way;

	for (way = ways; way < ways + ARRAY_SIZE(ways); way++) {
		TH_LOG("%s", way->name);
		EXPECT_EQ(-EACCES, go_where(ALL & ~way->needs, way, self->ctl));
		EXPECT_EQ(0, access(FOLDER "/box", F_OK));
		EXPECT_NE(0, access(FOLDER "/new", F_OK));
		EXPECT_EQ(1, mbox_info(self->box).queued);
	}
	for (way = ways; way < ways + ARRAY_SIZE(ways); way++) {
		TH_LOG("%s", way->name);
		EXPECT_EQ(0, go_where(way->needs, way, self->ctl));
		if (access(FOLDER "/box", F_OK)) {
			/* It was to remove that. */
			EXPECT_EQ(REMOVE, way->needs);
			close(self->box);
			self->box = name_create_at(self->ctl, "box", 1,
						   IPCMBOX_EXCL, O_RDWR, 0666);
			ASSERT_LE(0, self->box);
		}
	}
}

TEST_HARNESS_MAIN
