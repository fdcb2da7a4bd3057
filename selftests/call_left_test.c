// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls that nobody waits for any more, and servers that end without the port.
 */
#include <sys/stat.h>
#include <sys/syscall.h>

#include "kselftest_harness.h"
#include "call.h"

#define ROOM (1 << 20)

/* The process that has the message ends, but has closed its descriptor before. */
TEST(server_closes_and_ends)
{
	struct caller caller = {};
	int fd = mbox_create(1, O_RDWR);
	pid_t pid;

	ASSERT_LE(0, fd);
	ASSERT_TRUE(caller_start(&caller, fd, 7));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		bool taken = serve_take(fd, 7);

		close(fd);
		_exit(!taken);
	}
	EXPECT_EQ(0, mbox_reap(pid));
	EXPECT_EQ(-EOWNERDEAD, caller_join(&caller));
	close(fd);
}

/* One of two descriptors of the port is not all of them. */
TEST(server_closes_one_of_two)
{
	struct caller caller = {};
	int fd = mbox_create(1, O_RDWR), other = dup(fd);
	uint64_t token;

	ASSERT_LE(0, other);
	ASSERT_TRUE(caller_start(&caller, fd, 7));
	token = serve_take(fd, 7);
	close(other);
	EXPECT_FALSE(caller.done);
	EXPECT_EQ(0, serve_reply(fd, token, 70));
	EXPECT_EQ(0, caller_join(&caller));
	close(fd);
}

static void *take_thread(void *arg)
{
	return (void *)(uintptr_t)serve_take(*(int *)arg, 7);
}

/*
 * A thread waits to receive while another closes the descriptor of this process. The call
 * that it receives then, no end of the process will bring to light.
 */
TEST(server_closes_while_it_receives)
{
	struct caller caller = {};
	int fd = mbox_create(1, O_RDWR), number = fd;
	int closed[2];
	pthread_t thread;
	void *token;
	pid_t pid;
	char end;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, pipe(closed));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (pthread_create(&thread, NULL, take_thread, &number) ||
		    !mbox_wait_receivers(fd, 1))
			_exit(1);
		close(fd);
		close(closed[1]);
		pthread_join(thread, &token);
		_exit(!token);
	}
	close(closed[1]);
	ASSERT_EQ(0, read(closed[0], &end, 1));
	ASSERT_EQ(1, mbox_info(fd).receivers_waiting);
	ASSERT_TRUE(caller_start(&caller, fd, 7));
	EXPECT_EQ(0, mbox_reap(pid));
	EXPECT_EQ(-EOWNERDEAD, caller_join(&caller));
	close(closed[0]);
	close(fd);
}

static void *close_under_receiver(void *fd)
{
	if (!mbox_wait_receivers(*(int *)fd, 1))
		_exit(1);
	close(*(int *)fd);
	return NULL;
}

static bool has_one_thread(pid_t pid)
{
	uint64_t end = mbox_deadline(MBOX_WATCHDOG_MS);
	struct stat task;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	while (mbox_now() < end) {
		if (!stat(path, &task) && task.st_nlink == 3)
			return true;
		mbox_nap();
	}
	return false;
}

/* The same, but who closed it has ended, and the receiver lives on alone. */
TEST(closer_ends_while_it_receives)
{
	struct caller caller = {};
	int fd = mbox_create(1, O_RDWR), number = fd;
	pthread_t thread;
	pid_t pid;

	ASSERT_LE(0, fd);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (pthread_create(&thread, NULL, close_under_receiver,
				   &number) ||
		    !serve_take(fd, 7))
			_exit(1);
		_exit(pause());
	}
	ASSERT_TRUE(mbox_wait_receivers(fd, 1));
	ASSERT_TRUE(has_one_thread(pid));
	ASSERT_TRUE(caller_start(&caller, fd, 7));
	EXPECT_EQ(-EOWNERDEAD, caller_join(&caller));
	EXPECT_EQ(0, kill(pid, SIGKILL));
	EXPECT_EQ(SIGKILL, mbox_reap(pid));
	close(fd);
}

/* Closes a descriptor in a table of its own. */
static void *close_elsewhere(void *fd)
{
	return (void *)(long)(unshare(CLONE_FILES) || close(*(int *)fd));
}

TEST(thread_with_other_descriptors_closes)
{
	int fd = mbox_create(1, O_RDWR), port = mbox_reopen(fd, O_RDONLY, 0);
	struct caller caller = {};
	uint64_t token;
	pthread_t thread;
	void *failed;

	ASSERT_LE(0, port);
	ASSERT_TRUE(caller_start(&caller, fd, 7));
	token = serve_take(port, 7);
	ASSERT_EQ(0, pthread_create(&thread, NULL, close_elsewhere, &port));
	ASSERT_EQ(0, pthread_join(thread, &failed));
	EXPECT_EQ(NULL, failed);
	EXPECT_EQ(0, serve_reply(port, token, 70));
	EXPECT_EQ(0, caller_join(&caller));
	close(port);
	close(fd);
}

static atomic_bool answers, go;

/* Takes a call with a table of its own, and then answers it, or else closes the port. */
static void *take_elsewhere(void *port)
{
	int fd = *(int *)port;
	uint64_t token = unshare(CLONE_FILES) ? 0 : serve_take(fd, 7);

	while (!go)
		mbox_nap();
	return (void *)(long)(answers ? serve_reply(fd, token, 70) : close(fd));
}

/* The call is with the descriptors of the thread, not with those of its process. */
TEST(thread_with_other_descriptors_takes)
{
	int fd = mbox_create(1, O_RDWR), port, i;
	pthread_t thread;
	void *failed;

	ASSERT_LE(0, fd);
	for (i = 0; i < 2; i++) {
		struct caller caller = {};

		answers = i;
		go = false;
		port = mbox_reopen(fd, O_RDONLY, 0);
		ASSERT_LE(0, port);
		ASSERT_TRUE(caller_start(&caller, fd, 7));
		ASSERT_EQ(0,
			  pthread_create(&thread, NULL, take_elsewhere, &port));
		while (!mbox_info(fd).calls)
			mbox_nap();
		if (answers)
			close(port);
		EXPECT_FALSE(caller.done);
		go = true;
		pthread_join(thread, &failed);
		EXPECT_EQ(NULL, failed);
		EXPECT_EQ(answers ? 0 : -EOWNERDEAD, caller_join(&caller));
		if (!answers)
			close(port);
	}
	close(fd);
}

/* What a process has that shares its descriptors: its end closes none. */
TEST(process_with_the_same_descriptors_ends)
{
	struct caller caller = {};
	int fd = mbox_create(1, O_RDWR), ended[2], go[2], status;
	pid_t pid;
	char c;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, pipe(ended));
	ASSERT_EQ(0, pipe(go));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
		if (!pid)
			_exit(!serve_take(fd, 7));
		status = mbox_reap(pid);
		if (write(ended[1], "x", 1) != 1 || read(go[0], &c, 1) != 1)
			_exit(1);
		close(fd);
		_exit(status || pause());
	}
	ASSERT_TRUE(caller_start(&caller, fd, 7));
	ASSERT_EQ(1, read(ended[0], &c, 1));
	EXPECT_FALSE(caller.done);
	EXPECT_EQ(1, mbox_info(fd).calls);
	ASSERT_EQ(1, write(go[1], "x", 1));
	EXPECT_EQ(-EOWNERDEAD, caller_join(&caller));
	EXPECT_EQ(0, kill(pid, SIGKILL));
	EXPECT_EQ(SIGKILL, mbox_reap(pid));
	close(fd);
}

/* Calls once, and is killed when that is taken; what the call returned, or 0. */
static int call_and_leave(int fd)
{
	struct ipcmbox_recv recv = {
		.size = sizeof(recv),
		.flags = IPCMBOX_DONTWAIT,
	};
	pid_t pid = fork();
	int status;

	if (!pid) {
		static char room[ROOM];
		struct ipcmbox_call call = {
			.size = sizeof(call),
			.answer = (uintptr_t)room,
			.answer_len = sizeof(room),
		};

		_exit(-mbox_ioctl(fd, IPCMBOX_IOC_CALL, &call));
	}
	while (mbox_ioctl(fd, IPCMBOX_IOC_RECV, &recv))
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WEXITSTATUS(status);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return 0;
}

/* Room for answers that nobody waits for is there no more, though the server was not told. */
TEST(left_calls_cost_little)
{
	const char *path = MBOX_PARAMETERS "user_bytes";
	int64_t limit = mbox_read_number(path);
	int fd = mbox_create(1, O_RDWR), ret = 0;
	unsigned int i;

	if (getuid())
		SKIP(return, "needs root, to set the quota");
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, mbox_write_number(path, 2 * ROOM));
	for (i = 0; i < 20 && !ret; i++)
		ret = call_and_leave(fd);
	EXPECT_EQ(0, mbox_write_number(path, limit));
	EXPECT_EQ(0, ret);
	EXPECT_EQ(20, mbox_info(fd).calls);
	close(fd);
}

TEST(file_named_as_a_ring)
{
	int box = mbox_create(1, O_RDWR);
	int file = open("/tmp/[io_uring]", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct ipcmbox_send send = {
		.size = sizeof(send),
		.fds = (uintptr_t)&file,
		.nr_fds = 1,
	};

	ASSERT_LE(0, box);
	ASSERT_LE(0, file);
	EXPECT_EQ(0, mbox_ioctl(box, IPCMBOX_IOC_SEND, &send));
	unlink("/tmp/[io_uring]");
	close(file);
	close(box);
}

TEST_HARNESS_MAIN
