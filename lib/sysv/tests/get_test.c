// SPDX-License-Identifier: GPL-2.0-only
/*
 * msgget(2): keys, flags and permissions.
 */
#include <sys/stat.h>

#include "sysv_util.h"

TEST(private_queues_differ)
{
	int a = msgget(IPC_PRIVATE, 0600), b = msgget(IPC_PRIVATE, 0600);

	ASSERT_LE(0, a);
	ASSERT_LE(0, b);
	EXPECT_NE(a, b);
	EXPECT_EQ(0, msgctl(a, IPC_RMID, NULL));
	EXPECT_EQ(0, msgctl(b, IPC_RMID, NULL));
}

/* IPC_CREAT and IPC_EXCL mean nothing to it. */
TEST(private_queue_is_always_new)
{
	int id = msgget(IPC_PRIVATE, IPC_CREAT | IPC_EXCL | 0600);

	ASSERT_LE(0, id);
	EXPECT_EQ(0, msgctl(id, IPC_RMID, NULL));
}

TEST(key_without_queue)
{
	EXPECT_EQ(-1, msgget(new_key(), 0600));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(-1, msgget(new_key(), IPC_EXCL | 0600));
	EXPECT_EQ(ENOENT, errno);
}

TEST(key_names_one_queue)
{
	key_t key = new_key();
	int id = msgget(key, IPC_CREAT | 0600);

	ASSERT_LE(0, id);
	EXPECT_EQ(id, msgget(key, 0));
	EXPECT_EQ(id, msgget(key, 0600));
	EXPECT_EQ(id, msgget(key, IPC_CREAT | 0600));
	EXPECT_EQ(-1, msgget(key, IPC_CREAT | IPC_EXCL | 0600));
	EXPECT_EQ(EEXIST, errno);
	EXPECT_EQ(0, msgctl(id, IPC_RMID, NULL));
	EXPECT_EQ(-1, msgget(key, 0));
	EXPECT_EQ(ENOENT, errno);
}

/* Negative ones are keys too. */
TEST(any_key_but_private)
{
	int id = msgget((key_t)-7, IPC_CREAT | IPC_EXCL | 0600);

	ASSERT_LE(0, id);
	EXPECT_EQ(id, msgget((key_t)-7, 0));
	EXPECT_EQ(0, msgctl(id, IPC_RMID, NULL));
}

/* A key that is used again names another queue, with another identifier. */
TEST(identifier_is_not_soon_used_again)
{
	key_t key = new_key();
	int first = msgget(key, IPC_CREAT | 0600), second;

	ASSERT_LE(0, first);
	ASSERT_EQ(0, send_text(first, 1, "old", 0));
	ASSERT_EQ(0, msgctl(first, IPC_RMID, NULL));
	second = msgget(key, IPC_CREAT | 0600);
	ASSERT_LE(0, second);
	EXPECT_NE(first, second);
	EXPECT_EQ(-1, send_text(first, 1, "late", 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_STREQ("ENOMSG", receive_text(second, 0, IPC_NOWAIT));
	EXPECT_EQ(0, msgctl(second, IPC_RMID, NULL));
}

TEST(new_queue_is_described)
{
	key_t key = new_key();
	time_t before = time(NULL);
	struct msqid_ds ds;
	int id = msgget(key, IPC_CREAT | 0640);

	ASSERT_LE(0, id);
	memset(&ds, 0xff, sizeof(ds));
	ASSERT_EQ(0, msgctl(id, IPC_STAT, &ds));
	EXPECT_EQ(key, ds.msg_perm.__key);
	EXPECT_EQ(geteuid(), ds.msg_perm.uid);
	EXPECT_EQ(geteuid(), ds.msg_perm.cuid);
	EXPECT_EQ(getegid(), ds.msg_perm.gid);
	EXPECT_EQ(getegid(), ds.msg_perm.cgid);
	EXPECT_EQ(0640, ds.msg_perm.mode & 0777);
	EXPECT_EQ(0, ds.msg_qnum);
	EXPECT_EQ(0, ds.msg_lspid);
	EXPECT_EQ(0, ds.msg_lrpid);
	EXPECT_EQ(0, ds.msg_stime);
	EXPECT_EQ(0, ds.msg_rtime);
	EXPECT_LE(before, ds.msg_ctime);
	EXPECT_GE(time(NULL), ds.msg_ctime);
	EXPECT_EQ(limit_of("/proc/sys/kernel/msgmnb"), ds.msg_qbytes);
	EXPECT_EQ(0, msgctl(id, IPC_RMID, NULL));
}

TEST(umask_means_nothing)
{
	mode_t old = umask(077);
	struct msqid_ds ds;
	int id = msgget(IPC_PRIVATE, 0666);

	ASSERT_LE(0, id);
	ASSERT_EQ(0, msgctl(id, IPC_STAT, &ds));
	EXPECT_EQ(0666, ds.msg_perm.mode & 0777);
	EXPECT_EQ(077, umask(old));
	EXPECT_EQ(0, msgctl(id, IPC_RMID, NULL));
}

/* Other users: what is done there, as an errno. */
static int as_nobody(int (*act)(int id, key_t key), int id, key_t key)
{
	pid_t pid = fork_child();

	if (!pid) {
		if (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY))
			_exit(255);
		_exit(act(id, key));
	}
	return child_status(pid);
}

static int get_to_read(int id, key_t key)
{
	return error_of(msgget(key, 0400));
}

static int get_to_write(int id, key_t key)
{
	return error_of(msgget(key, 0200));
}

static int get_for_nothing(int id, key_t key)
{
	return error_of(msgget(key, 0));
}

static int get_exclusively(int id, key_t key)
{
	return error_of(msgget(key, IPC_CREAT | IPC_EXCL | 0666));
}

static int send_one(int id, key_t key)
{
	return error_of(send_text(id, 1, "x", IPC_NOWAIT));
}

static int receive_one(int id, key_t key)
{
	struct message message;

	return error_of(
		msgrcv(id, &message, sizeof(message.text), 0, IPC_NOWAIT));
}

static int look_at(int id, key_t key)
{
	struct msqid_ds ds;

	return error_of(msgctl(id, IPC_STAT, &ds));
}

static int change(int id, key_t key)
{
	struct msqid_ds ds = { .msg_qbytes = 100 };

	return error_of(msgctl(id, IPC_SET, &ds));
}

static int end(int id, key_t key)
{
	return error_of(msgctl(id, IPC_RMID, NULL));
}

TEST(others_need_permission)
{
	static const mode_t modes[] = { 0600, 0602, 0604, 0606 };
	size_t i;

	if (geteuid())
		SKIP(return, "other users are to be had by root only");
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		int unread = modes[i] & 04 ? 0 : EACCES;
		int unwritten = modes[i] & 02 ? 0 : EACCES;
		key_t key = new_key();
		int id = msgget(key, IPC_CREAT | modes[i]);

		ASSERT_LE(0, id);
		EXPECT_EQ(unread, as_nobody(get_to_read, id, key));
		EXPECT_EQ(unwritten, as_nobody(get_to_write, id, key));
		EXPECT_EQ(0, as_nobody(get_for_nothing, id, key));
		EXPECT_EQ(EEXIST, as_nobody(get_exclusively, id, key));
		EXPECT_EQ(unwritten, as_nobody(send_one, id, key));
		EXPECT_EQ(0, send_text(id, 1, "mine", 0));
		EXPECT_EQ(unread, as_nobody(receive_one, id, key));
		EXPECT_EQ(unread, as_nobody(look_at, id, key));
		EXPECT_EQ(EPERM, as_nobody(change, id, key));
		EXPECT_EQ(EPERM, as_nobody(end, id, key));
		EXPECT_EQ(0, msgctl(id, IPC_RMID, NULL));
	}
}

/* What a queue forbids its owner it forbids him. */
static int own_queue_obeys_its_mode(int unused, key_t key)
{
	int id = msgget(key, IPC_CREAT | 0400);

	if (id < 0 || send_one(id, key) != EACCES ||
	    receive_one(id, key) != ENOMSG || get_to_write(id, key) != EACCES)
		return 1;
	return end(id, key);
}

static int own_queue_without_any_mode(int unused, key_t key)
{
	int id = msgget(key, IPC_CREAT);

	if (id < 0 || send_one(id, key) != EACCES || look_at(id, key) != EACCES)
		return 1;
	if (end(id, key) || get_for_nothing(id, key) != ENOENT)
		return 2;
	return 0;
}

TEST(owners_need_permission)
{
	if (geteuid())
		SKIP(return,
			   "root has all permissions; others are to be had by root only");
	EXPECT_EQ(0, as_nobody(own_queue_obeys_its_mode, 0, new_key()));
	EXPECT_EQ(0, as_nobody(own_queue_without_any_mode, 0, new_key()));
}

FIXTURE(many)
{
	key_t key;
};

FIXTURE_SETUP(many)
{
	self->key = new_key();
}

FIXTURE_TEARDOWN(many)
{
}

/* All that begin at once get the same queue, and one of them has made it. */
TEST_F_TIMEOUT(many, creators_race, 120)
{
	enum { CREATORS = 8, ROUNDS = 20 };
	int round, i;

	for (round = 0; round < ROUNDS; round++) {
		key_t key = self->key;
		pid_t pids[CREATORS];
		int made = 0, id;

		for (i = 0; i < CREATORS; i++) {
			pids[i] = fork_child();
			if (pids[i])
				continue;
			id = msgget(key, IPC_CREAT | IPC_EXCL | 0600);
			if (id < 0 && errno != EEXIST)
				_exit(2);
			_exit(id >= 0);
		}
		for (i = 0; i < CREATORS; i++) {
			int status = child_status(pids[i]);

			EXPECT_NE(2, status);
			made += status == 1;
		}
		EXPECT_EQ(1, made);
		id = msgget(key, 0);
		ASSERT_LE(0, id);
		ASSERT_EQ(0, msgctl(id, IPC_RMID, NULL));
	}
}

TEST_HARNESS_MAIN
