// SPDX-License-Identifier: GPL-2.0-only
/*
 * msgctl(2): what it tells, what it changes, and the end.
 */
#include "sysv_util.h"

FIXTURE(queue)
{
	int id;
};

FIXTURE_SETUP(queue)
{
	self->id = new_queue();
	ASSERT_LE(0, self->id);
}

FIXTURE_TEARDOWN(queue)
{
	msgctl(self->id, IPC_RMID, NULL);
}

TEST_F(queue, counts_times_and_processes)
{
	time_t before = time(NULL);
	struct msqid_ds ds;
	pid_t pid;

	ASSERT_EQ(0, send_text(self->id, 1, "one", 0));
	ASSERT_EQ(0, send_text(self->id, 1, "three", 0));
	ASSERT_EQ(0, msgctl(self->id, IPC_STAT, &ds));
	EXPECT_EQ(2, ds.msg_qnum);
	EXPECT_EQ(8, ds.__msg_cbytes);
	EXPECT_EQ(getpid(), ds.msg_lspid);
	EXPECT_EQ(0, ds.msg_lrpid);
	EXPECT_LE(before, ds.msg_stime);
	EXPECT_GE(time(NULL), ds.msg_stime);
	EXPECT_EQ(0, ds.msg_rtime);

	pid = fork_child();
	if (!pid)
		_exit(strcmp("one", receive_text(self->id, 0, 0)));
	EXPECT_EQ(0, child_status(pid));
	ASSERT_EQ(0, msgctl(self->id, IPC_STAT, &ds));
	EXPECT_EQ(1, ds.msg_qnum);
	EXPECT_EQ(5, ds.__msg_cbytes);
	EXPECT_EQ(getpid(), ds.msg_lspid);
	EXPECT_EQ(pid, ds.msg_lrpid);
	EXPECT_LE(before, ds.msg_rtime);
	EXPECT_GE(time(NULL), ds.msg_rtime);
}

/* Who has received a message knows from msgctl(2) who has sent it. */
TEST_F(queue, sender_is_told_with_the_message)
{
	struct msqid_ds ds;
	pid_t pid;
	int i;

	for (i = 0; i < 100; i++) {
		pid = fork_child();
		if (!pid)
			_exit(send_text(self->id, 1, "x", 0));
		ASSERT_STREQ("x", receive_text(self->id, 0, 0));
		ASSERT_EQ(0, msgctl(self->id, IPC_STAT, &ds));
		EXPECT_EQ(pid, ds.msg_lspid);
		EXPECT_EQ(0, child_status(pid));
	}
}

/* What fails is nobody's last call. */
TEST_F(queue, failure_is_not_counted)
{
	struct msqid_ds ds;

	EXPECT_STREQ("ENOMSG", receive_text(self->id, 0, IPC_NOWAIT));
	EXPECT_EQ(-1, send_text(self->id, 0, "", 0));
	ASSERT_EQ(0, msgctl(self->id, IPC_STAT, &ds));
	EXPECT_EQ(0, ds.msg_lspid);
	EXPECT_EQ(0, ds.msg_lrpid);
	EXPECT_EQ(0, ds.msg_stime);
	EXPECT_EQ(0, ds.msg_rtime);
}

TEST_F(queue, size_is_set)
{
	struct msqid_ds ds, now;

	ASSERT_EQ(0, msgctl(self->id, IPC_STAT, &ds));
	ds.msg_qbytes = 100;
	ASSERT_EQ(0, msgctl(self->id, IPC_SET, &ds));
	ASSERT_EQ(0, msgctl(self->id, IPC_STAT, &now));
	EXPECT_EQ(100, now.msg_qbytes);
	EXPECT_EQ(0600, now.msg_perm.mode & 0777);
	ds.msg_qbytes = 12000;
	ASSERT_EQ(0, msgctl(self->id, IPC_SET, &ds));
	ASSERT_EQ(0, msgctl(self->id, IPC_STAT, &now));
	EXPECT_EQ(12000, now.msg_qbytes);
}

TEST_F(queue, only_privileged_exceed_the_limit)
{
	unsigned long limit = limit_of("/proc/sys/kernel/msgmnb");
	struct msqid_ds ds;
	pid_t pid;
	int id;

	if (geteuid())
		SKIP(return, "both kinds of users are to be had by root only");
	ASSERT_EQ(0, msgctl(self->id, IPC_STAT, &ds));
	ds.msg_qbytes = 2 * limit;
	EXPECT_EQ(0, msgctl(self->id, IPC_SET, &ds));
	pid = fork_child();
	if (!pid) {
		if (setgid(NOBODY) || setuid(NOBODY))
			_exit(255);
		id = new_queue();
		if (id < 0 || msgctl(id, IPC_STAT, &ds))
			_exit(254);
		ds.msg_qbytes = limit + 1;
		if (!msgctl(id, IPC_SET, &ds) || errno != EPERM)
			_exit(253);
		ds.msg_qbytes = limit - 1;
		if (msgctl(id, IPC_SET, &ds))
			_exit(252);
		_exit(error_of(msgctl(id, IPC_RMID, NULL)));
	}
	EXPECT_EQ(0, child_status(pid));
}

/* After it is given away, it is another's, who may do with it what he wants. */
TEST_F(queue, owner_and_mode_are_set)
{
	struct msqid_ds ds, now;
	pid_t pid;

	if (geteuid())
		SKIP(return, "only root may give a file away");
	ASSERT_EQ(0, send_text(self->id, 1, "gift", 0));
	ASSERT_EQ(0, msgctl(self->id, IPC_STAT, &ds));
	ds.msg_perm.uid = NOBODY;
	ds.msg_perm.gid = NOBODY;
	ds.msg_perm.mode = 0440;
	ASSERT_EQ(0, msgctl(self->id, IPC_SET, &ds));
	ASSERT_EQ(0, msgctl(self->id, IPC_STAT, &now));
	EXPECT_EQ(NOBODY, now.msg_perm.uid);
	EXPECT_EQ(NOBODY, now.msg_perm.gid);
	EXPECT_EQ(0, now.msg_perm.cuid);
	EXPECT_EQ(0, now.msg_perm.cgid);
	EXPECT_EQ(0440, now.msg_perm.mode & 0777);
	EXPECT_LE(ds.msg_ctime, now.msg_ctime);
	pid = fork_child();
	if (!pid) {
		if (setgid(NOBODY) || setuid(NOBODY))
			_exit(255);
		if (strcmp("gift", receive_text(self->id, 0, IPC_NOWAIT)))
			_exit(254);
		if (!send_text(self->id, 1, "x", 0) || errno != EACCES)
			_exit(253);
		_exit(error_of(msgctl(self->id, IPC_RMID, NULL)));
	}
	EXPECT_EQ(0, child_status(pid));
	EXPECT_EQ(-1, send_text(self->id, 1, "x", 0));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(queue, removed_queue_is_unknown)
{
	struct message message = { .type = 1 };
	struct msqid_ds ds;

	ASSERT_EQ(0, msgsnd(self->id, &message, 1, 0));
	ASSERT_EQ(0, msgctl(self->id, IPC_RMID, NULL));
	EXPECT_EQ(-1, msgsnd(self->id, &message, 1, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, msgrcv(self->id, &message, 1, 0, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, msgctl(self->id, IPC_STAT, &ds));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, msgctl(self->id, IPC_SET, &ds));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, msgctl(self->id, IPC_RMID, NULL));
	EXPECT_EQ(EINVAL, errno);
}

/* Also to who has it open, and did not remove it. */
TEST_F(queue, removed_by_another_is_unknown)
{
	struct message message = { .type = 1 };
	pid_t pid;

	ASSERT_EQ(0, msgsnd(self->id, &message, 1, 0));
	pid = fork_child();
	if (!pid)
		_exit(error_of(msgctl(self->id, IPC_RMID, NULL)));
	ASSERT_EQ(0, child_status(pid));
	EXPECT_EQ(-1, msgsnd(self->id, &message, 1, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, msgrcv(self->id, &message, 1, 0, 0));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(queue, bad_arguments)
{
	struct msqid_ds ds;

	EXPECT_EQ(-1, msgctl(self->id, 12345, &ds));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, msgctl(self->id, -1, &ds));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, msgctl(-1, IPC_STAT, &ds));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, msgctl(self->id, IPC_STAT, NULL));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, msgctl(self->id, IPC_STAT, (void *)-1));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, msgctl(self->id, IPC_SET, (void *)-1));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, msgctl(self->id, IPC_INFO, (void *)-1));
	EXPECT_EQ(EFAULT, errno);
}

TEST_F(queue, limits_and_sums)
{
	struct msginfo info;
	int last;

	ASSERT_EQ(0, send_text(self->id, 1, "12345", 0));
	last = msgctl(self->id, IPC_INFO, (struct msqid_ds *)&info);
	ASSERT_LE(0, last);
	EXPECT_EQ(limit_of("/proc/sys/kernel/msgmax"), info.msgmax);
	EXPECT_EQ(limit_of("/proc/sys/kernel/msgmnb"), info.msgmnb);
	EXPECT_EQ(limit_of("/proc/sys/kernel/msgmni"), info.msgmni);
	EXPECT_LE(0, msgctl(self->id, MSG_INFO, (struct msqid_ds *)&info));
	EXPECT_EQ(1, info.msgpool);
	EXPECT_EQ(1, info.msgmap);
	EXPECT_EQ(5, info.msgtql);
}

/* As ipcs(1) goes through all queues where there is no /proc. */
TEST_F(queue, all_are_found_by_their_places)
{
	int other = new_queue(), last, i, found = 0;
	struct msginfo info;
	struct msqid_ds ds;

	ASSERT_LE(0, other);
	ASSERT_EQ(0, send_text(other, 1, "123", 0));
	last = msgctl(0, MSG_INFO, (struct msqid_ds *)&info);
	ASSERT_LE(1, last);
	for (i = 0; i <= last; i++) {
		int id = msgctl(i, MSG_STAT, &ds);

		if (id == self->id && ds.msg_qnum == 0)
			found |= 1;
		if (id == other && ds.msg_qnum == 1 && ds.__msg_cbytes == 3)
			found |= 2;
		EXPECT_EQ(id, msgctl(i, MSG_STAT_ANY, &ds));
	}
	EXPECT_EQ(3, found);
	EXPECT_EQ(-1, msgctl(last + 1, MSG_STAT, &ds));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, msgctl(other, IPC_RMID, NULL));
}

TEST_HARNESS_MAIN
