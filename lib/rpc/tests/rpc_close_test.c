// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that come with a message and take for ever to close, for the process that serves
 * their file system does not answer. Who gets them goes on.
 *
 * That process is the test. It must not end before it has answered, as it closes such a file
 * then and waits for itself; so there is no ASSERT once there is one.
 */
#include <dirent.h>
#include <poll.h>
#include <sys/prctl.h>

#include "fuse_page.h"
#include "kselftest_harness.h"
#include "rpc_util.h"

/* So many of them are taken at a time. */
#define CLOSING_MAX	16

FIXTURE(rpc_close)
{
	struct fuse_page page;
	int hostile;
	int box;
	pid_t server;
	CLIENT *client;
};

FIXTURE_VARIANT(rpc_close)
{
	enum run run;
};

FIXTURE_VARIANT_ADD(rpc_close, svc_run)
{
	.run = RUN_SVC,
};

FIXTURE_VARIANT_ADD(rpc_close, own_run)
{
	.run = RUN_IPCMBOX,
};

/* A file that it takes for ever to close, or -errno. */
static int open_hostile(struct fuse_page *page)
{
	int ret = fuse_page_open(page);

	if (ret)
		return ret;
	page->slow_close = true;
	return fuse_page_reopen(page);
}

static void close_hostile(struct fuse_page *page, int hostile)
{
	fuse_page_release(page);
	close(hostile);
	fuse_page_close(page);
}

/* The server is there first, so that it has none of these files but what it is sent. */
FIXTURE_SETUP(rpc_close)
{
	self->box = ipcmbox_create(64, O_RDWR);
	ASSERT_LE(0, self->box);
	self->server = start_server(self->box, 0, variant->run);
	ASSERT_LT(0, self->server);
	self->client = new_client(self->box);
	ASSERT_NE(NULL, self->client);
	/* A server that hangs is to be noticed before this test is killed. */
	set_timeout(self->client, 8000);
	self->hostile = open_hostile(&self->page);
	if (self->hostile == -ENODEV)
		SKIP(return, "no /dev/fuse");
	ASSERT_LE(0, self->hostile);
}

FIXTURE_TEARDOWN(rpc_close)
{
	fuse_page_release(&self->page);
	clnt_destroy(self->client);
	EXPECT_TRUE(stop_server(self->server));
	EXPECT_EQ(0, close(self->box));
	close_hostile(&self->page, self->hostile);
}

static int send_file(int box, int fd)
{
	const struct ipcmbox_send_options options = { .fds = &fd, .nr_fds = 1 };

	return ipcmbox_send_with(box, NULL, 0, &options, sizeof(options), NULL,
				 0);
}

static int count_threads(pid_t pid)
{
	char path[32];
	int count = -2;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	if (!dir)
		return -1;
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

/* Polls for it, but not for ever. */
static bool wait_threads(pid_t pid, int count)
{
	int i;

	for (i = 0; i < 1000 && count_threads(pid) != count; i++)
		nap(10);
	return count_threads(pid) == count;
}

/* The status of a call whose arguments go in a file. */
static enum clnt_stat call_by_file(CLIENT *client)
{
	blob args = { .blob_len = 1 << 20 }, result = { 0 };
	enum clnt_stat stat;

	args.blob_val = calloc(1, args.blob_len);
	if (!args.blob_val)
		return RPC_FAILED;
	stat = repeat_1(&args, &result, client);
	free(args.blob_val);
	xdr_free((xdrproc_t)xdr_blob, &result);
	return stat;
}

TEST_F(rpc_close, server_goes_on)
{
	int result, i;

	EXPECT_EQ(RPC_SUCCESS, call_by_file(self->client));
	EXPECT_EQ(0, send_file(self->box, self->hostile));
	EXPECT_EQ(RPC_SUCCESS, count_1(NULL, &result, self->client)) return;
	/* It has not left the file open: nobody else closes it. */
	EXPECT_TRUE(fuse_page_wait(&self->page)) return;
	EXPECT_EQ(2, count_threads(self->server));
	EXPECT_EQ(RPC_SUCCESS, call_by_file(self->client));
	/* However many come, it does not drown in threads, and goes on with what has no file. */
	for (i = 0; i < 2 * CLOSING_MAX; i++)
		EXPECT_EQ(0, send_file(self->box, self->hostile));
	EXPECT_EQ(RPC_SUCCESS, count_1(NULL, &result, self->client));
	EXPECT_EQ(1 + CLOSING_MAX, count_threads(self->server));
	EXPECT_EQ(RPC_SYSTEMERROR, call_by_file(self->client));
	fuse_page_release(&self->page);
	EXPECT_TRUE(wait_threads(self->server, 1));
	/* The server waits for its next request, and has said that it takes no file. */
	EXPECT_EQ(RPC_SUCCESS, count_1(NULL, &result, self->client));
	EXPECT_EQ(RPC_SUCCESS, call_by_file(self->client));
}

/* Makes a call, says how it has ended, and ends as soon as it can. */
static pid_t start_client(int box, int told)
{
	pid_t pid = fork();
	CLIENT *client;
	int stat, result;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	client = new_client(box);
	if (!client)
		_exit(1);
	stat = (int)count_1(NULL, &result, client);
	_exit(write(told, &stat, sizeof(stat)) == sizeof(stat) ? 0 : 2);
}

static int answer_by_file(int box, int file)
{
	struct ipcmbox_response response = { .fds = &file, .nr_fds = 1 };
	struct ipcmbox_delivery delivery;
	char request[256];
	struct iovec into = { request, sizeof(request) };

	if (ipcmbox_recvv(box, &into, 1, 0, 0, &delivery, sizeof(delivery)) < 0)
		return -1;
	response.token = delivery.token;
	return ipcmbox_reply(box, &response, sizeof(response));
}

/* As with servers, the client is there first. */
TEST(client_goes_on)
{
	int box = ipcmbox_create(4, O_RDWR), told[2], stat = -1, hostile;
	struct fuse_page page;
	struct pollfd news;
	pid_t pid;

	ASSERT_LE(0, box);
	ASSERT_EQ(0, pipe(told));
	pid = start_client(box, told[1]);
	ASSERT_LT(0, pid);
	hostile = open_hostile(&page);
	if (hostile == -ENODEV) {
		kill(pid, SIGKILL);
		SKIP(return, "no /dev/fuse");
	}
	ASSERT_LE(0, hostile);
	EXPECT_EQ(0, answer_by_file(box, hostile));
	news = (struct pollfd){ .fd = told[0], .events = POLLIN };
	EXPECT_EQ(1, poll(&news, 1, 10000)) goto out;
	EXPECT_EQ(sizeof(stat), read(told[0], &stat, sizeof(stat)));
	EXPECT_EQ(RPC_CANTDECODERES, stat);
	EXPECT_TRUE(fuse_page_wait(&page));
out:
	fuse_page_release(&page);
	EXPECT_EQ(0, reap(pid));
	close_hostile(&page, hostile);
	close(box);
	close(told[0]);
	close(told[1]);
}

TEST_HARNESS_MAIN
