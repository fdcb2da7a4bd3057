// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is so of the queues of libipcmbox-sysv only: that they are mailboxes, and that the
 * program notices nothing of it. It has libipcmbox in it, to look from the other side.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "../internal.h"
#include "sysv_util.h"

static void name_of(key_t key, char name[32])
{
	snprintf(name, 32, "sysv.%08x", (unsigned int)key);
}

TEST(queue_is_a_named_mailbox)
{
	struct ipcmbox_info info;
	key_t key = new_key();
	char name[32], text[8];
	int id, fd;

	id = msgget(key, IPC_CREAT | 0600);
	ASSERT_LE(0, id);
	name_of(key, name);
	fd = ipcmbox_open_named(name, O_RDWR);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ipcmbox_info(fd, 0, &info, sizeof(info)));
	EXPECT_EQ(id, info.mailbox);
	ASSERT_EQ(0, send_text(id, 3, "seen", 0));
	EXPECT_EQ(4, ipcmbox_recv(fd, text, sizeof(text)));
	EXPECT_EQ(0, ipcmbox_send_with(
			     fd, &(struct iovec){ "back", 4 }, 1,
			     &(struct ipcmbox_send_options){ .type = 7 },
			     sizeof(struct ipcmbox_send_options), NULL, 0));
	EXPECT_STREQ("back", receive_text(id, 7, IPC_NOWAIT));
	EXPECT_EQ(0, msgctl(id, IPC_RMID, NULL));
	EXPECT_EQ(-1, ipcmbox_open_named(name, O_RDWR));
	EXPECT_EQ(ENOENT, errno);
	close(fd);
}

/* A mailbox of that name that is no queue is none. */
TEST(other_mailbox_is_no_queue)
{
	struct ipcmbox_attr *attr = ipcmbox_attr_new();
	key_t key = new_key();
	char name[32];
	int fd;

	ASSERT_NE(NULL, attr);
	name_of(key, name);
	fd = ipcmbox_create_named(name, attr, O_RDWR, 0600);
	ipcmbox_attr_free(attr);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, msgget(key, 0));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(0, ipcmbox_destroy(fd));
	close(fd);
}

/* The message stays where it cannot be received. */
TEST(bad_address_takes_nothing)
{
	int id = new_queue();

	ASSERT_LE(0, id);
	ASSERT_EQ(0, send_text(id, 1, "kept", 0));
	EXPECT_EQ(-1, msgrcv(id, NULL, 10, 0, 0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_STREQ("kept", receive_text(id, 0, IPC_NOWAIT));
	EXPECT_EQ(0, msgctl(id, IPC_RMID, NULL));
}

/* What a mailbox cannot do. */
TEST(limits_that_are_documented)
{
	struct message message;
	struct msqid_ds ds;
	int id = new_queue();

	ASSERT_LE(0, id);
	ASSERT_EQ(0, send_text(id, 1, "first", 0));
	ASSERT_EQ(0, send_text(id, 1, "second", 0));
	EXPECT_EQ(-1, msgrcv(id, &message, sizeof(message.text), 1,
			     MSG_COPY | IPC_NOWAIT));
	EXPECT_EQ(ENOSYS, errno);
	ASSERT_EQ(0, msgctl(id, IPC_STAT, &ds));
	ds.msg_qbytes = 0;
	EXPECT_EQ(-1, msgctl(id, IPC_SET, &ds));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, msgctl(id, IPC_RMID, NULL));
}

static void *make_and_end(void *unused)
{
	int i, id;

	for (i = 0; i < 100; i++) {
		id = new_queue();
		if (id < 0 || send_text(id, id, "x", 0) ||
		    strcmp("x", receive_text(id, id, IPC_NOWAIT)) ||
		    msgctl(id, IPC_RMID, NULL))
			return "failed";
	}
	return NULL;
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

TEST_F_TIMEOUT(many, threads_fork_meanwhile, 120)
{
	pthread_t thread;
	void *result;
	pid_t pid;
	int i;

	ASSERT_EQ(0, pthread_create(&thread, NULL, make_and_end, NULL));
	for (i = 0; i < 50; i++) {
		pid = fork_child();
		if (!pid) {
			int id = new_queue();

			if (id < 0 || send_text(id, 1, "x", 0))
				_exit(1);
			_exit(error_of(msgctl(id, IPC_RMID, NULL)));
		}
		EXPECT_EQ(0, child_status(pid));
	}
	ASSERT_EQ(0, pthread_join(thread, &result));
	EXPECT_EQ(NULL, result);
}

/*
 * Whenever a process is killed that makes, uses and removes queues, those that are left are
 * whole: a key leads to a queue that works, or to none.
 */
TEST_F_TIMEOUT(many, killed_processes_leave_no_wreck, 120)
{
	key_t key = self->key;
	struct msqid_ds ds;
	int round, id;
	pid_t pid;

	for (round = 0; round < 150; round++) {
		pid = fork_child();
		while (!pid) {
			id = msgget(key, IPC_CREAT | 0600);
			if (id >= 0) {
				send_text(id, 1, "x", IPC_NOWAIT);
				msgctl(id, IPC_STAT, &ds);
				receive_text(id, 0, IPC_NOWAIT);
				msgctl(id, IPC_RMID, NULL);
			}
		}
		usleep(3000 + 211 * (round % 50));
		kill(pid, SIGKILL);
		ASSERT_EQ(-1, child_status(pid));
		id = msgget(key, IPC_CREAT | 0600);
		ASSERT_LE(0, id);
		while (strcmp("ENOMSG", receive_text(id, 0, IPC_NOWAIT)))
			;
		ASSERT_EQ(0, send_text(id, 2, "whole", 0));
		ASSERT_EQ(0, msgctl(id, IPC_STAT, &ds));
		EXPECT_EQ(1, ds.msg_qnum);
		EXPECT_EQ(getpid(), ds.msg_lspid);
		EXPECT_EQ(key, ds.msg_perm.__key);
		EXPECT_STREQ("whole", receive_text(id, 0, IPC_NOWAIT));
		ASSERT_EQ(0, msgctl(id, IPC_RMID, NULL));
	}
}

/* Of those who may only send one is told all but who they were. */
TEST(one_sided_rights)
{
	struct msqid_ds ds;
	int id, status;
	pid_t pid;

	id = msgget(IPC_PRIVATE, 0622);
	ASSERT_LE(0, id);
	pid = fork_child();
	if (!pid) {
		if (setgid(NOBODY) || setuid(NOBODY))
			_exit(255);
		_exit(error_of(send_text(id, 1, "x", 0)));
	}
	status = child_status(pid);
	EXPECT_EQ(0, status);
	ASSERT_STREQ("x", receive_text(id, 0, 0));
	ASSERT_EQ(0, msgctl(id, IPC_STAT, &ds));
	EXPECT_EQ(pid, ds.msg_lspid);
	EXPECT_EQ(0, msgctl(id, IPC_RMID, NULL));
}

/* Have an ordinary user change a mode; an errno, or what else went wrong, from 250 on. */
static int change_mode_as_nobody(void)
{
	struct msqid_ds ds;
	msglen_t before;
	int id, error;
	pid_t pid;

	pid = fork_child();
	if (pid)
		return child_status(pid);
	if (setgid(NOBODY) || setuid(NOBODY))
		_exit(250);
	id = new_queue();
	if (id < 0 || msgctl(id, IPC_STAT, &ds))
		_exit(251);
	before = ds.msg_qbytes;
	ds.msg_perm.mode = 0660;
	ds.msg_qbytes = 7;
	error = error_of(msgctl(id, IPC_SET, &ds));
	/* All of it is done, or nothing. */
	if (msgctl(id, IPC_STAT, &ds) ||
	    ds.msg_qbytes != (error ? before : 7) ||
	    (ds.msg_perm.mode & 0777) != (error ? 0600 : 0660))
		_exit(252);
	_exit(msgctl(id, IPC_RMID, NULL) ? 253 : error);
}

TEST(mode_needs_a_mount)
{
	char place[] = "/tmp/a place.XXXXXX";

	EXPECT_EQ(EOPNOTSUPP, change_mode_as_nobody());
	ASSERT_NE(NULL, mkdtemp(place));
	ASSERT_EQ(0, mount("none", place, "ipcmboxfs", 0, "newinstance"));
	EXPECT_EQ(EOPNOTSUPP, change_mode_as_nobody());
	ASSERT_EQ(0, umount(place));
	ASSERT_EQ(0, chmod(place, 0755));
	ASSERT_EQ(0, mount("none", place, "ipcmboxfs", 0, NULL));
	EXPECT_EQ(0, change_mode_as_nobody());
	EXPECT_EQ(0, umount(place));
	EXPECT_EQ(0, rmdir(place));
}

/* What whoever may both send and receive can write to, of a queue with this key. */
static struct sysv_facts *facts_of(key_t key)
{
	struct ipcmbox_region *region;
	char name[32];
	int fd;

	name_of(key, name);
	fd = ipcmbox_open_named(name, O_RDWR);
	region = ipcmbox_region_map(fd);
	close(fd);
	return region ? ipcmbox_region_addr(region) : NULL;
}

/* A message of which there will be none for long, sent by process 1. */
#define FORGED_SENDER ((1ULL << 60) + 1)

TEST(forged_processes_do_not_stay)
{
	key_t key = new_key();
	int id = msgget(key, IPC_CREAT | 0600);
	struct sysv_facts *facts;
	struct msqid_ds ds;

	ASSERT_LE(0, id);
	facts = facts_of(key);
	ASSERT_NE(NULL, facts);
	ASSERT_EQ(0, send_text(id, 1, "x", 0));
	facts->sender = FORGED_SENDER;
	facts->receiver = 1;
	ASSERT_EQ(0, msgctl(id, IPC_STAT, &ds));
	EXPECT_EQ(1, ds.msg_lspid);
	ASSERT_STREQ("x", receive_text(id, 0, IPC_NOWAIT));
	ASSERT_EQ(0, msgctl(id, IPC_STAT, &ds));
	EXPECT_EQ(getpid(), ds.msg_lspid);
	EXPECT_EQ(getpid(), ds.msg_lrpid);
	facts->sender = FORGED_SENDER;
	ASSERT_EQ(0, send_text(id, 1, "x", 0));
	ASSERT_EQ(0, msgctl(id, IPC_STAT, &ds));
	EXPECT_EQ(getpid(), ds.msg_lspid);
	EXPECT_EQ(0, msgctl(id, IPC_RMID, NULL));
}

/* Who has used a queue keeps it, though somebody writes there that it was removed. */
TEST(forged_removal_removes_nothing)
{
	key_t key = new_key();
	int id = msgget(key, IPC_CREAT | 0666);
	struct sysv_facts *facts;
	struct msqid_ds ds;
	pid_t pid;

	if (geteuid())
		SKIP(return, "another user is to be had by root only");
	ASSERT_LE(0, id);
	pid = fork_child();
	if (!pid) {
		if (setgid(NOBODY) || setuid(NOBODY) ||
		    send_text(id, 1, "before", 0))
			_exit(255);
		raise(SIGSTOP);
		_exit(error_of(send_text(id, 1, "after", 0)));
	}
	ASSERT_EQ(pid, waitpid(pid, NULL, WUNTRACED));
	ASSERT_EQ(0, msgctl(id, IPC_STAT, &ds));
	ds.msg_perm.mode = 0600;
	ASSERT_EQ(0, msgctl(id, IPC_SET, &ds));
	facts = facts_of(key);
	ASSERT_NE(NULL, facts);
	facts->removed = 1;
	ASSERT_EQ(0, kill(pid, SIGCONT));
	EXPECT_EQ(0, child_status(pid));
	EXPECT_STREQ("before", receive_text(id, 0, IPC_NOWAIT));
	EXPECT_STREQ("after", receive_text(id, 0, IPC_NOWAIT));
	EXPECT_EQ(0, msgctl(id, IPC_RMID, NULL));
}

static void stop_and_go_on(pid_t pid)
{
	usleep(A_WHILE_US);
	kill(pid, SIGSTOP);
	usleep(A_WHILE_US);
	kill(pid, SIGCONT);
	usleep(A_WHILE_US);
}

TEST(stopped_process)
{
	int id = new_queue();
	pid_t pid;

	ASSERT_LE(0, id);
	pid = fork_child();
	if (!pid)
		_exit(strcmp("EINTR", receive_text(id, 0, 0)));
	stop_and_go_on(pid);
	EXPECT_EQ(0, child_status(pid));

	ASSERT_EQ(0, fill_queue(id, 20));
	pid = fork_child();
	if (!pid)
		_exit(error_of(send_text(id, 1, "abcdefgh", 0)));
	stop_and_go_on(pid);
	EXPECT_EQ(0, waitpid(pid, NULL, WNOHANG));
	EXPECT_STREQ("12345678", receive_text(id, 0, 0));
	EXPECT_EQ(0, child_status(pid));
	EXPECT_EQ(0, msgctl(id, IPC_RMID, NULL));
}

TEST_HARNESS_MAIN
