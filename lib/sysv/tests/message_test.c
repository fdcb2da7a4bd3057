// SPDX-License-Identifier: GPL-2.0-only
/*
 * msgsnd(2) and msgrcv(2), where nobody waits: which message is received, and what fails.
 */
#include <sys/mman.h>

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
	EXPECT_EQ(0, msgctl(self->id, IPC_RMID, NULL));
}

TEST_F(queue, message_arrives_as_it_was)
{
	struct message message = { .type = 42, .text = "hello" };
	struct message got = { 0 };

	ASSERT_EQ(0, msgsnd(self->id, &message, 6, 0));
	EXPECT_EQ(6, msgrcv(self->id, &got, sizeof(got.text), 0, 0));
	EXPECT_EQ(42, got.type);
	EXPECT_STREQ("hello", got.text);
}

TEST_F(queue, empty_message)
{
	struct message message = { .type = LONG_MAX };

	ASSERT_EQ(0, msgsnd(self->id, &message, 0, 0));
	message.type = 0;
	EXPECT_EQ(0, msgrcv(self->id, &message, 0, 0, 0));
	EXPECT_EQ(LONG_MAX, message.type);
}

TEST_F(queue, longest_message)
{
	size_t longest = limit_of("/proc/sys/kernel/msgmax");
	struct message *message = malloc(sizeof(long) + longest + 1);
	size_t i;

	ASSERT_NE(NULL, message);
	ASSERT_LT(0, longest);
	message->type = 1;
	for (i = 0; i < longest; i++)
		message->text[i] = (char)(i * 7);
	EXPECT_EQ(-1, msgsnd(self->id, message, longest + 1, IPC_NOWAIT));
	EXPECT_EQ(EINVAL, errno);
	ASSERT_EQ(0, msgsnd(self->id, message, longest, 0));
	memset(message->text, 0, longest);
	ASSERT_EQ(longest, msgrcv(self->id, message, longest, 0, 0));
	for (i = 0; i < longest; i++)
		if (message->text[i] != (char)(i * 7))
			break;
	EXPECT_EQ(longest, i);
	free(message);
}

TEST_F(queue, type_0_takes_the_first)
{
	ASSERT_EQ(0, send_text(self->id, 3, "a", 0));
	ASSERT_EQ(0, send_text(self->id, 1, "b", 0));
	ASSERT_EQ(0, send_text(self->id, 2, "c", 0));
	EXPECT_STREQ("a", receive_text(self->id, 0, 0));
	EXPECT_STREQ("b", receive_text(self->id, 0, 0));
	EXPECT_STREQ("c", receive_text(self->id, 0, 0));
	EXPECT_STREQ("ENOMSG", receive_text(self->id, 0, IPC_NOWAIT));
}

TEST_F(queue, positive_type_takes_the_first_of_it)
{
	ASSERT_EQ(0, send_text(self->id, 3, "a", 0));
	ASSERT_EQ(0, send_text(self->id, 1, "b", 0));
	ASSERT_EQ(0, send_text(self->id, 3, "c", 0));
	EXPECT_STREQ("b", receive_text(self->id, 1, 0));
	EXPECT_STREQ("ENOMSG", receive_text(self->id, 1, IPC_NOWAIT));
	EXPECT_STREQ("a", receive_text(self->id, 3, 0));
	EXPECT_STREQ("c", receive_text(self->id, 3, 0));
}

TEST_F(queue, negative_type_takes_the_first_of_the_least)
{
	ASSERT_EQ(0, send_text(self->id, 4, "a", 0));
	ASSERT_EQ(0, send_text(self->id, 3, "b", 0));
	ASSERT_EQ(0, send_text(self->id, 2, "c", 0));
	ASSERT_EQ(0, send_text(self->id, 2, "d", 0));
	ASSERT_EQ(0, send_text(self->id, 5, "e", 0));
	EXPECT_STREQ("ENOMSG", receive_text(self->id, -1, IPC_NOWAIT));
	EXPECT_STREQ("c", receive_text(self->id, -4, 0));
	EXPECT_STREQ("d", receive_text(self->id, -2, 0));
	EXPECT_STREQ("b", receive_text(self->id, -4, 0));
	EXPECT_STREQ("a", receive_text(self->id, -4, 0));
	EXPECT_STREQ("ENOMSG", receive_text(self->id, -4, IPC_NOWAIT));
	EXPECT_STREQ("e", receive_text(self->id, LONG_MIN, 0));
}

TEST_F(queue, except_takes_the_first_of_others)
{
	ASSERT_EQ(0, send_text(self->id, 1, "a", 0));
	ASSERT_EQ(0, send_text(self->id, 2, "b", 0));
	ASSERT_EQ(0, send_text(self->id, 3, "c", 0));
	EXPECT_STREQ("b", receive_text(self->id, 1, MSG_EXCEPT));
	EXPECT_STREQ("a", receive_text(self->id, 2, MSG_EXCEPT));
	EXPECT_STREQ("ENOMSG",
		     receive_text(self->id, 3, MSG_EXCEPT | IPC_NOWAIT));
	/* It is for types above 0 only. */
	EXPECT_STREQ("c", receive_text(self->id, -3, MSG_EXCEPT));
}

TEST_F(queue, too_long_stays)
{
	struct message message;

	ASSERT_EQ(0, send_text(self->id, 1, "hello", 0));
	EXPECT_EQ(-1, msgrcv(self->id, &message, 4, 0, 0));
	EXPECT_EQ(E2BIG, errno);
	EXPECT_STREQ("hello", receive_text(self->id, 0, IPC_NOWAIT));
}

TEST_F(queue, too_long_is_cut_with_noerror)
{
	struct message message = { 0 };

	ASSERT_EQ(0, send_text(self->id, 9, "hello", 0));
	EXPECT_EQ(4, msgrcv(self->id, &message, 4, 0, MSG_NOERROR));
	EXPECT_EQ(9, message.type);
	EXPECT_STREQ("hell", message.text);
	EXPECT_STREQ("ENOMSG", receive_text(self->id, 0, IPC_NOWAIT));
}

TEST_F(queue, bad_arguments)
{
	struct message message = { .type = 0 };

	EXPECT_EQ(-1, msgsnd(self->id, &message, 1, 0));
	EXPECT_EQ(EINVAL, errno);
	message.type = -1;
	EXPECT_EQ(-1, msgsnd(self->id, &message, 1, 0));
	EXPECT_EQ(EINVAL, errno);
	message.type = 1;
	EXPECT_EQ(-1, msgsnd(self->id, &message, (size_t)-1, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, msgrcv(self->id, &message, (size_t)-1, 0, IPC_NOWAIT));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, msgsnd(-1, &message, 1, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, msgrcv(-1, &message, 1, 0, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_STREQ("ENOMSG", receive_text(self->id, 0, IPC_NOWAIT));
}

TEST_F(queue, bad_addresses)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *none = mmap(NULL, 2 * page, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct message *edge = (void *)(none + page - sizeof(long));

	ASSERT_NE(MAP_FAILED, none);
	EXPECT_EQ(-1, msgsnd(self->id, NULL, 1, 0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, msgsnd(self->id, none, 1, 0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, msgsnd(self->id, (void *)-1, 1, 0));
	EXPECT_EQ(EFAULT, errno);

	/* Whether the message is lost then differs. */
	ASSERT_EQ(0, send_text(self->id, 1, "x", 0));
	EXPECT_EQ(-1, msgrcv(self->id, none, 10, 0, 0));
	EXPECT_EQ(EFAULT, errno);

	/* A type, and no text. */
	ASSERT_EQ(0, mprotect(none, page, PROT_READ | PROT_WRITE));
	edge->type = 1;
	EXPECT_EQ(-1, msgsnd(self->id, edge, 10, 0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0, msgsnd(self->id, edge, 0, 0));
	EXPECT_EQ(0, munmap(none, 2 * page));
}

TEST_F(queue, error_leaves_the_type)
{
	struct message message = { .type = 77 };

	EXPECT_EQ(-1, msgrcv(self->id, &message, 10, 5, IPC_NOWAIT));
	EXPECT_EQ(ENOMSG, errno);
	EXPECT_EQ(77, message.type);
}

TEST_F(queue, success_leaves_errno)
{
	struct message message = { .type = 1 };
	struct msqid_ds ds;

	errno = 123;
	EXPECT_EQ(0, msgsnd(self->id, &message, 1, 0));
	EXPECT_EQ(1, msgrcv(self->id, &message, 1, 0, 0));
	EXPECT_EQ(0, msgctl(self->id, IPC_STAT, &ds));
	EXPECT_EQ(123, errno);
}

TEST_F(queue, message_in_read_only_memory)
{
	static const struct message message = { .type = 5, .text = "const" };

	ASSERT_EQ(0, msgsnd(self->id, &message, 5, 0));
	EXPECT_STREQ("const", receive_text(self->id, 5, 0));
}

TEST_F(queue, copy_leaves_the_message)
{
	struct message message = { 0 };
	struct msqid_ds ds;

	ASSERT_EQ(0, send_text(self->id, 4, "first", 0));
	ASSERT_EQ(0, send_text(self->id, 3, "second", 0));
	EXPECT_EQ(5, msgrcv(self->id, &message, sizeof(message.text), 0,
			    MSG_COPY | IPC_NOWAIT));
	EXPECT_EQ(4, message.type);
	EXPECT_STREQ("first", message.text);
	ASSERT_EQ(0, msgctl(self->id, IPC_STAT, &ds));
	EXPECT_EQ(2, ds.msg_qnum);
	EXPECT_EQ(0, ds.msg_lrpid);
	EXPECT_EQ(-1, msgrcv(self->id, &message, sizeof(message.text), 2,
			     MSG_COPY | IPC_NOWAIT));
	EXPECT_EQ(ENOMSG, errno);
	EXPECT_EQ(-1, msgrcv(self->id, &message, sizeof(message.text), 0,
			     MSG_COPY));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, msgrcv(self->id, &message, sizeof(message.text), 0,
			     MSG_COPY | MSG_EXCEPT | IPC_NOWAIT));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, msgrcv(self->id, &message, 3, 0, MSG_COPY | IPC_NOWAIT));
	EXPECT_EQ(E2BIG, errno);
}

/* A queue is full of bytes, or of as many messages without any. */
TEST_F(queue, full_queue)
{
	struct msqid_ds ds;
	int i;

	ASSERT_EQ(0, fill_queue(self->id, 20));
	ASSERT_EQ(0, msgctl(self->id, IPC_STAT, &ds));
	EXPECT_EQ(2, ds.msg_qnum);
	EXPECT_EQ(16, ds.__msg_cbytes);
	EXPECT_EQ(20, ds.msg_qbytes);
	EXPECT_EQ(0, send_text(self->id, 1, "1234", IPC_NOWAIT));
	EXPECT_EQ(-1, send_text(self->id, 1, "1", IPC_NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
	for (i = 3; i < 20; i++)
		EXPECT_EQ(0, send_text(self->id, 1, "", IPC_NOWAIT));
	EXPECT_EQ(-1, send_text(self->id, 1, "", IPC_NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_STREQ("12345678", receive_text(self->id, 0, 0));
	EXPECT_EQ(0, send_text(self->id, 1, "12345678", IPC_NOWAIT));
}

/* One that is longer than the whole queue has to wait until that is larger. */
TEST_F(queue, longer_than_the_queue)
{
	ASSERT_EQ(0, fill_queue(self->id, 8));
	EXPECT_STREQ("12345678", receive_text(self->id, 0, 0));
	EXPECT_EQ(-1, send_text(self->id, 1, "123456789", IPC_NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
}

/* An identifier is known everywhere, not only where msgget(2) was called. */
TEST_F(queue, identifier_is_enough)
{
	char id[16], *const args[] = { "/proc/self/exe", "--send", id, NULL };
	pid_t pid = fork_child();

	if (!pid) {
		snprintf(id, sizeof(id), "%d", self->id);
		execv(args[0], args);
		_exit(127);
	}
	EXPECT_EQ(0, child_status(pid));
	EXPECT_STREQ("from afar", receive_text(self->id, 6, IPC_NOWAIT));
}

static void __attribute__((constructor)) be_the_other(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--send"))
		_exit(error_of(send_text(atoi(argv[2]), 6, "from afar", 0)));
}

TEST_HARNESS_MAIN
