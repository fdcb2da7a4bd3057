// SPDX-License-Identifier: GPL-2.0-only
/*
 * mq_open(), mq_close(), mq_unlink(): names, flags, permissions, attributes and limits, and
 * what fork() and exec leave of a descriptor.
 */
#include <sys/resource.h>

#include "mq_test.h"

#define NOBODY 65534

FIXTURE(open)
{
	int unused;
};

FIXTURE_SETUP(open)
{
	umask(022);
	mq_unlink(QUEUE);
}

FIXTURE_TEARDOWN(open)
{
	mq_unlink(QUEUE);
}

TEST_F(open, makes_a_queue)
{
	struct mq_attr attr = { .mq_maxmsg = 3, .mq_msgsize = 17 };
	mqd_t mqdes;

	/* Flags and messages of the attributes are not looked at. */
	attr.mq_flags = O_NONBLOCK;
	attr.mq_curmsgs = 2;
	mqdes = mq_open(QUEUE, O_CREAT | O_RDWR, 0600, &attr);
	ASSERT_LE(0, mqdes);
	memset(&attr, 0xff, sizeof(attr));
	ASSERT_EQ(0, mq_getattr(mqdes, &attr));
	EXPECT_EQ(0, attr.mq_flags);
	EXPECT_EQ(3, attr.mq_maxmsg);
	EXPECT_EQ(17, attr.mq_msgsize);
	EXPECT_EQ(0, attr.mq_curmsgs);
	EXPECT_EQ(0, mq_close(mqdes));
}

TEST_F(open, default_attributes)
{
	mqd_t mqdes = mq_open(QUEUE, O_CREAT | O_RDWR, 0600, NULL);
	struct mq_attr attr;

	ASSERT_LE(0, mqdes);
	ASSERT_EQ(0, mq_getattr(mqdes, &attr));
	EXPECT_EQ(10, attr.mq_maxmsg);
	EXPECT_EQ(8192, attr.mq_msgsize);
	EXPECT_EQ(0, mq_close(mqdes));
}

TEST_F(open, excl_and_creat)
{
	mqd_t first, second;

	EXPECT_ERRNO(ENOENT, mq_open(QUEUE, O_RDWR));
	EXPECT_ERRNO(ENOENT, mq_open(QUEUE, O_RDONLY | O_EXCL));
	first = make_queue(QUEUE, O_RDWR, 4);
	ASSERT_LE(0, first);
	EXPECT_ERRNO(EEXIST, make_queue(QUEUE, O_RDWR, 4));
	/* What is there has its attributes, whatever the call says. */
	EXPECT_ERRNO(EEXIST, make_queue(QUEUE, O_RDWR, -1));
	second = mq_open(QUEUE, O_CREAT | O_RDWR, 0600,
			 &(struct mq_attr){ .mq_maxmsg = -1 });
	ASSERT_LE(0, second);
	EXPECT_NE(first, second);
	EXPECT_EQ(0, send_text(first, "one", 5));
	EXPECT_EQ(5, receive_text(second, "one"));
	mq_close(first);
	mq_close(second);
}

TEST_F(open, names)
{
	char name[NAME_MAX + 3] = "/";
	char path[PATH_MAX + 2] = "/";

	EXPECT_ERRNO(EINVAL, make_queue("mq-test", O_RDWR, 1));
	EXPECT_ERRNO(EINVAL, make_queue("", O_RDWR, 1));
	EXPECT_ERRNO(ENOENT, make_queue("/", O_RDWR, 1));
	EXPECT_ERRNO(EACCES, make_queue("/mq/test", O_RDWR, 1));
	EXPECT_ERRNO(EACCES, make_queue("//mq-test", O_RDWR, 1));
	EXPECT_ERRNO(EACCES, make_queue("/.", O_RDWR, 1));
	EXPECT_ERRNO(EACCES, make_queue("/..", O_RDWR, 1));
	memset(name + 1, 'n', NAME_MAX + 1);
	EXPECT_ERRNO(ENAMETOOLONG, make_queue(name, O_RDWR, 1));
	EXPECT_ERRNO(ENAMETOOLONG, mq_open(name, O_RDWR));
	EXPECT_ERRNO(ENAMETOOLONG, mq_unlink(name));
	memset(path + 1, 'n', PATH_MAX);
	EXPECT_ERRNO(ENAMETOOLONG, make_queue(path, O_RDWR, 1));
	EXPECT_ERRNO(EINVAL, mq_unlink("mq-test"));
	EXPECT_ERRNO(ENOENT, mq_unlink("/"));
	EXPECT_ERRNO(EACCES, mq_unlink("/mq/test"));
	EXPECT_ERRNO(ENOENT, mq_unlink(QUEUE));
}

TEST_F(open, long_and_odd_names)
{
	static const char *const odd[] = { "/ ", "/...", "/-n", "/a\nb",
					   "/\xff\xfe" };
	char name[200] = "/";
	mqd_t mqdes;
	size_t i;

	memset(name + 1, 'n', sizeof(name) - 2);
	mqdes = make_queue(name, O_RDWR, 1);
	EXPECT_LE(0, mqdes);
	mq_close(mqdes);
	EXPECT_EQ(0, mq_unlink(name));
	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		mqdes = make_queue(odd[i], O_RDWR, 1);
		EXPECT_LE(0, mqdes);
		mq_close(mqdes);
		EXPECT_EQ(0, mq_unlink(odd[i]));
	}
}

TEST_F(open, access_modes)
{
	mqd_t both = make_queue(QUEUE, O_RDWR | O_NONBLOCK, 2);
	mqd_t in = mq_open(QUEUE, O_RDONLY), out = mq_open(QUEUE, O_WRONLY);
	char buffer[MSGSIZE];

	ASSERT_LE(0, both);
	ASSERT_LE(0, in);
	ASSERT_LE(0, out);
	EXPECT_ERRNO(EBADF, send_text(in, "x", 0));
	EXPECT_ERRNO(EBADF, mq_receive(out, buffer, sizeof(buffer), NULL));
	EXPECT_ERRNO(EBADF, mq_receive(out, buffer, 1, NULL));
	EXPECT_EQ(0, send_text(out, "x", 1));
	EXPECT_EQ(1, receive_text(in, "x"));
	EXPECT_EQ(0, send_text(both, "y", 2));
	EXPECT_EQ(2, receive_text(both, "y"));
	EXPECT_ERRNO(EINVAL, mq_open(QUEUE, O_RDWR | O_WRONLY));
	mq_close(both);
	mq_close(in);
	mq_close(out);
}

static int open_as_nobody(int oflag)
{
	pid_t pid = fork();
	mqd_t mqdes;

	if (pid)
		return exit_of(pid);
	if (setgid(NOBODY) || setuid(NOBODY))
		_exit(255);
	mqdes = mq_open(QUEUE, oflag);
	_exit(mqdes < 0 ? errno : 0);
}

static int errno_of_open(mode_t mode, mode_t mask, int oflag)
{
	mqd_t mqdes;
	int ret;

	umask(mask);
	mqdes = mq_open(QUEUE, O_CREAT | O_EXCL | O_RDWR, mode, NULL);
	if (mqdes < 0)
		return -1;
	ret = open_as_nobody(oflag);
	mq_close(mqdes);
	mq_unlink(QUEUE);
	return ret;
}

TEST_F(open, permissions_and_umask)
{
	EXPECT_EQ(EACCES, errno_of_open(0600, 0, O_RDONLY));
	EXPECT_EQ(EACCES, errno_of_open(0600, 0, O_WRONLY));
	EXPECT_EQ(0, errno_of_open(0604, 0, O_RDONLY));
	EXPECT_EQ(EACCES, errno_of_open(0604, 0, O_WRONLY));
	EXPECT_EQ(EACCES, errno_of_open(0604, 0, O_RDWR));
	EXPECT_EQ(0, errno_of_open(0602, 0, O_WRONLY));
	EXPECT_EQ(EACCES, errno_of_open(0602, 0, O_RDONLY));
	EXPECT_EQ(0, errno_of_open(0666, 0, O_RDWR));
	EXPECT_EQ(EACCES, errno_of_open(0666, 002, O_RDWR));
	EXPECT_EQ(0, errno_of_open(0666, 002, O_RDONLY));
	EXPECT_EQ(EACCES, errno_of_open(0666, 077, O_RDONLY));
}

/* The mode is for those who come later; who makes it has what he asks for. */
TEST_F(open, maker_has_all_rights)
{
	pid_t pid = fork();
	mqd_t mqdes;

	if (!pid) {
		if (setgid(NOBODY) || setuid(NOBODY))
			_exit(1);
		mqdes = mq_open(QUEUE, O_CREAT | O_EXCL | O_RDWR, 0, NULL);
		if (mqdes < 0 || send_text(mqdes, "x", 0))
			_exit(2);
		if (mq_open(QUEUE, O_RDONLY) != -1 || errno != EACCES)
			_exit(3);
		if (mq_open(QUEUE, O_CREAT | O_EXCL | O_RDWR, 0, NULL) != -1 ||
		    errno != EEXIST)
			_exit(4);
		_exit(mq_unlink(QUEUE) ? 5 : 0);
	}
	EXPECT_EQ(0, exit_of(pid));
}

TEST_F(open, unlink_is_for_the_owner)
{
	mqd_t mqdes = mq_open(QUEUE, O_CREAT | O_RDWR, 0666, NULL);
	pid_t pid;

	ASSERT_LE(0, mqdes);
	pid = fork();
	if (!pid) {
		if (setgid(NOBODY) || setuid(NOBODY))
			_exit(255);
		_exit(mq_unlink(QUEUE) ? errno : 0);
	}
	EXPECT_EQ(EACCES, exit_of(pid));
	mq_close(mqdes);
}

TEST_F(open, unlinked_lives_on)
{
	mqd_t old = make_queue(QUEUE, O_RDWR, 2), new;

	ASSERT_LE(0, old);
	EXPECT_EQ(0, send_text(old, "old", 1));
	EXPECT_EQ(0, mq_unlink(QUEUE));
	EXPECT_ERRNO(ENOENT, mq_open(QUEUE, O_RDWR));
	new = make_queue(QUEUE, O_RDWR | O_NONBLOCK, 2);
	ASSERT_LE(0, new);
	EXPECT_EQ(0, queued(new));
	EXPECT_EQ(1, receive_text(old, "old"));
	EXPECT_EQ(0, send_text(old, "more", 2));
	EXPECT_EQ(0, queued(new));
	mq_close(old);
	mq_close(new);
}

TEST_F(open, messages_stay_when_nobody_has_it_open)
{
	mqd_t mqdes = make_queue(QUEUE, O_WRONLY, 2);

	ASSERT_LE(0, mqdes);
	EXPECT_EQ(0, send_text(mqdes, "stays", 7));
	EXPECT_EQ(0, mq_close(mqdes));
	mqdes = mq_open(QUEUE, O_RDONLY);
	ASSERT_LE(0, mqdes);
	EXPECT_EQ(1, queued(mqdes));
	EXPECT_EQ(7, receive_text(mqdes, "stays"));
	mq_close(mqdes);
}

TEST_F(open, closed_and_foreign_descriptors)
{
	mqd_t mqdes = make_queue(QUEUE, O_RDWR, 1);
	struct mq_attr attr = { 0 };
	int fds[3], i;

	ASSERT_LE(0, mqdes);
	ASSERT_EQ(0, mq_close(mqdes));
	fds[0] = mqdes;
	fds[1] = -1;
	fds[2] = open("/dev/null", O_RDWR);
	/* The first is closed, and may be the last again. */
	for (i = 0; i < 3; i++) {
		EXPECT_ERRNO(EBADF, send_text(fds[i], "x", 0));
		EXPECT_ERRNO(EBADF, receive_text(fds[i], "x"));
		EXPECT_ERRNO(EBADF, mq_getattr(fds[i], &attr));
		EXPECT_ERRNO(EBADF, mq_setattr(fds[i], &attr, NULL));
		EXPECT_ERRNO(EBADF, mq_notify(fds[i], NULL));
	}
	close(fds[2]);
	EXPECT_ERRNO(EBADF, mq_close(mqdes));
	EXPECT_ERRNO(EBADF, mq_close(-1));
}

static int errno_of_attr(long maxmsg, long msgsize)
{
	struct mq_attr attr = { .mq_maxmsg = maxmsg, .mq_msgsize = msgsize };
	mqd_t mqdes = mq_open(QUEUE, O_CREAT | O_EXCL | O_RDWR, 0600, &attr);

	if (mqdes < 0)
		return errno;
	mq_close(mqdes);
	mq_unlink(QUEUE);
	return 0;
}

TEST_F(open, limits)
{
	pid_t pid = fork();

	if (!pid) {
		if (setgid(NOBODY) || setuid(NOBODY))
			_exit(1);
		_exit(errno_of_attr(10, 8192) != 0	? 2 :
		      errno_of_attr(11, 8192) != EINVAL ? 3 :
		      errno_of_attr(10, 8193) != EINVAL ? 4 :
							  0);
	}
	EXPECT_EQ(0, exit_of(pid));
	EXPECT_EQ(EINVAL, errno_of_attr(0, 1));
	EXPECT_EQ(EINVAL, errno_of_attr(1, 0));
	EXPECT_EQ(EINVAL, errno_of_attr(-1, 1));
	EXPECT_EQ(EINVAL, errno_of_attr(1, -1));
	EXPECT_EQ(EINVAL, errno_of_attr(LONG_MAX, LONG_MAX));
	/* CAP_SYS_RESOURCE goes further. */
	EXPECT_EQ(0, errno_of_attr(11, 1));
	EXPECT_EQ(0, errno_of_attr(1, 8193));
	EXPECT_EQ(EINVAL, errno_of_attr(65537, 1));
	EXPECT_EQ(EINVAL, errno_of_attr(1, (16 << 20) + 1));
}

TEST_F(open, rlimit)
{
	struct rlimit limit = { .rlim_cur = 100000, .rlim_max = 100000 };

	ASSERT_EQ(0, setrlimit(RLIMIT_MSGQUEUE, &limit));
	EXPECT_EQ(0, errno_of_attr(10, 8192));
	EXPECT_EQ(EMFILE, errno_of_attr(13, 8192));
	EXPECT_EQ(EMFILE, errno_of_attr(65536, 16 << 20));
	/* Exactly so much. */
	EXPECT_EQ(0, errno_of_attr(10, (100000 - 960) / 10));
	EXPECT_EQ(EMFILE, errno_of_attr(10, (100000 - 960) / 10 + 1));
}

TEST_F(open, descriptors_run_out)
{
	struct rlimit limit;

	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = 3;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_ERRNO(EMFILE, make_queue(QUEUE, O_RDWR, 1));
	EXPECT_ERRNO(EMFILE, mq_open(QUEUE, O_RDWR));
}

TEST_F(open, child_has_the_same_open_queue)
{
	mqd_t mqdes = make_queue(QUEUE, O_RDWR, 2);
	struct mq_attr attr = { .mq_flags = O_NONBLOCK };
	pid_t pid;

	ASSERT_LE(0, mqdes);
	pid = fork();
	if (!pid)
		_exit(send_text(mqdes, "child", 3) ||
		      mq_setattr(mqdes, &attr, NULL));
	EXPECT_EQ(0, exit_of(pid));
	EXPECT_EQ(3, receive_text(mqdes, "child"));
	/* The open description is one. */
	EXPECT_ERRNO(EAGAIN, receive_text(mqdes, "child"));
	mq_close(mqdes);
}

TEST_F(open, exec_closes)
{
	mqd_t mqdes = make_queue(QUEUE, O_RDWR, 2);
	char command[64];
	pid_t pid;

	ASSERT_LE(0, mqdes);
	EXPECT_EQ(FD_CLOEXEC, fcntl(mqdes, F_GETFD));
	snprintf(command, sizeof(command), "test ! -e /proc/self/fd/%d", mqdes);
	pid = fork();
	if (!pid) {
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	EXPECT_EQ(0, exit_of(pid));
	mq_close(mqdes);
}

/* Non-constant flags go another way in a fortified program. */
TEST_F(open, flags_that_the_compiler_does_not_know)
{
	volatile int oflag = O_RDWR;
	mqd_t mqdes;

	EXPECT_ERRNO(ENOENT, mq_open(QUEUE, oflag));
	mqdes = make_queue(QUEUE, O_RDWR, 1);
	EXPECT_EQ(0, mq_close(mqdes));
	mqdes = mq_open(QUEUE, oflag);
	EXPECT_LE(0, mqdes);
	mq_close(mqdes);
}

TEST_HARNESS_MAIN
