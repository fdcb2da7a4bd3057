// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages that are no requests, and replies that are none: who gets them goes on, loses
 * nothing and keeps nothing; who called so gets an answer.
 */
#include <arpa/inet.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "kselftest_harness.h"
#include "rpc_util.h"

#define SEALS	(F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

FIXTURE(rpc_hostile)
{
	int box;
	pid_t server;
	CLIENT *client;
	int files;
};

FIXTURE_VARIANT(rpc_hostile)
{
	enum run run;
};

FIXTURE_VARIANT_ADD(rpc_hostile, svc_run)
{
	.run = RUN_SVC,
};

FIXTURE_VARIANT_ADD(rpc_hostile, own_run)
{
	.run = RUN_IPCMBOX,
};

/* Memory that a server may map: not all that an argument says it needs. */
#define MEMORY	(128U << 20)

FIXTURE_SETUP(rpc_hostile)
{
	const struct rlimit limit = { .rlim_cur = MEMORY, .rlim_max = MEMORY };

	self->box = ipcmbox_create(16, O_RDWR);
	ASSERT_LE(0, self->box);
	ASSERT_EQ(0, ipcmbox_set_max_message(self->box, 8 << 20));
	self->server = start_server(self->box, 0, variant->run);
	ASSERT_LT(0, self->server);
	ASSERT_EQ(0, prlimit(self->server, RLIMIT_AS, &limit, NULL));
	self->client = new_client(self->box);
	ASSERT_NE(NULL, self->client);
	ASSERT_EQ(RPC_SUCCESS, files_1(NULL, &self->files, self->client));
}

/* The server serves, and has kept no descriptor. */
FIXTURE_TEARDOWN(rpc_hostile)
{
	EXPECT_TRUE(wait_server_files(self->client, self->files));
	clnt_destroy(self->client);
	EXPECT_TRUE(stop_server(self->server));
	EXPECT_EQ(0, close(self->box));
}

/* What is sent, both ways, with these descriptors; bytes of the answer, or -errno. */
static ssize_t offer(int box, const void *data, size_t len, const int *fds,
		     size_t nr_fds, uint32_t *answer, size_t room)
{
	const struct iovec piece = { (void *)data, len };
	struct iovec into = { answer, room };
	const struct ipcmbox_send_options one_way = {
		.fds = fds,
		.nr_fds = nr_fds,
	};
	const struct ipcmbox_call_options two_way = {
		.fds = fds,
		.nr_fds = nr_fds,
		.deadline = ipcmbox_deadline(20 * SEC),
	};
	ssize_t ret;

	if (ipcmbox_send_with(box, &piece, 1, &one_way, sizeof(one_way), NULL,
			      0))
		return -errno;
	ret = ipcmbox_call(box, &piece, 1, &into, 1, &two_way, sizeof(two_way),
			   NULL, 0);
	return ret < 0 ? -errno : ret;
}

/* The words of a request that is right, a call of COUNT. */
static const uint32_t count_request[] = { 77,	 CALL, 2, ECHO, 1,
					  COUNT, 0,    0, 0,	0 };

struct request {
	uint32_t words[16];
};

static struct request request(void)
{
	struct request request = { 0 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(count_request); i++)
		request.words[i] = htonl(count_request[i]);
	return request;
}

#define REQUEST_LEN	sizeof(count_request)

TEST_F(rpc_hostile, request_is_right)
{
	struct request good = request();
	uint32_t answer[16];

	ASSERT_EQ(28, offer(self->box, &good, REQUEST_LEN, NULL, 0, answer,
			    sizeof(answer)));
	EXPECT_EQ(77, ntohl(answer[0]));
	EXPECT_EQ(REPLY, ntohl(answer[1]));
	EXPECT_EQ(SUCCESS, ntohl(answer[5]));
}

TEST_F(rpc_hostile, request_is_cut)
{
	struct request good = request();
	uint32_t answer[16];
	size_t len;

	for (len = 0; len < REQUEST_LEN; len++) {
		ASSERT_EQ(24, offer(self->box, &good, len, NULL, 0, answer,
				    sizeof(answer)));
		EXPECT_EQ(len < 4 ? 0 : 77, ntohl(answer[0]));
		EXPECT_EQ(MSG_ACCEPTED, ntohl(answer[2]));
		EXPECT_EQ(GARBAGE_ARGS, ntohl(answer[5]));
	}
}

TEST_F(rpc_hostile, request_is_wrong)
{
	/* Which word, what it is, and the answer. */
	static const struct {
		int word;
		uint32_t value;
		ssize_t len;
		int at;
		uint32_t answer;
	} cases[] = {
		{ 1, REPLY, 24, 5, GARBAGE_ARGS },
		{ 1, 0xffffffff, 24, 5, GARBAGE_ARGS },
		{ 2, 1, 24, 3, RPC_MISMATCH },
		{ 2, 0xffffffff, 24, 5, 2 },
		{ 3, 0, 24, 5, PROG_UNAVAIL },
		{ 4, 5, 32, 5, PROG_MISMATCH },
		{ 5, 0xffffffff, 24, 5, PROC_UNAVAIL },
		{ 6, 6, 20, 4, AUTH_REJECTEDCRED },
		{ 6, 0xffffffff, 20, 4, AUTH_REJECTEDCRED },
		{ 7, 8, 24, 5, GARBAGE_ARGS },
		{ 7, MAX_AUTH_BYTES + 1, 24, 5, GARBAGE_ARGS },
		{ 7, 0xffffffff, 24, 5, GARBAGE_ARGS },
		{ 9, 0xfffffffd, 24, 5, GARBAGE_ARGS },
	};
	struct request bad;
	uint32_t answer[16];
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		bad = request();
		bad.words[cases[i].word] = htonl(cases[i].value);
		EXPECT_EQ(cases[i].len, offer(self->box, &bad, REQUEST_LEN,
					      NULL, 0, answer, sizeof(answer)));
		EXPECT_EQ(cases[i].answer, ntohl(answer[cases[i].at]));
	}
}

/* Arguments that say they are longer than they are. */
TEST_F(rpc_hostile, length_is_wrong)
{
	static const uint32_t lengths[] = {
		5, 8, 1 << 20, 0x7fffffff, 0xfffffffc, 0xffffffff
	};
	struct request bad;
	uint32_t answer[16];
	int i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		bad = request();
		bad.words[5] = htonl(REPEAT);
		bad.words[10] = htonl(lengths[i]);
		ASSERT_EQ(24, offer(self->box, &bad, REQUEST_LEN + 8, NULL, 0,
				    answer, sizeof(answer)));
		EXPECT_EQ(GARBAGE_ARGS, ntohl(answer[5]));
	}
}

/* Lists that are decoded in part before they turn out to be cut: nothing of them is kept. */
TEST_F(rpc_hostile, list_is_cut)
{
	struct request bad = request();
	blob args = { .blob_len = 1 << 20 }, result = { 0 };
	uint32_t answer[16];
	unsigned int i;

	bad.words[5] = htonl(SUM);
	bad.words[10] = htonl((1 << 20) / sizeof(pair));
	/* All of them together would be more than the server may map. */
	for (i = 0; i < MEMORY >> 20; i++) {
		ASSERT_EQ(24, offer(self->box, &bad, sizeof(bad), NULL, 0,
				    answer, sizeof(answer)));
		ASSERT_EQ(GARBAGE_ARGS, ntohl(answer[5]));
	}
	args.blob_val = calloc(1, args.blob_len);
	ASSERT_NE(NULL, args.blob_val);
	EXPECT_EQ(RPC_SUCCESS, repeat_1(&args, &result, self->client));
	EXPECT_EQ(args.blob_len, result.blob_len);
	free(args.blob_val);
	xdr_free((xdrproc_t)xdr_blob, &result);
}

TEST_F(rpc_hostile, request_is_too_long)
{
	size_t len = 4 << 20;
	struct request good = request();
	uint32_t answer[16];
	char *data = calloc(1, len);

	ASSERT_NE(NULL, data);
	memcpy(data, &good, sizeof(good));
	ASSERT_EQ(24,
		  offer(self->box, data, len, NULL, 0, answer, sizeof(answer)));
	EXPECT_EQ(SYSTEM_ERR, ntohl(answer[5]));
	/* The longest that is not. */
	ASSERT_EQ(28, offer(self->box, data, IPCMBOX_RPC_MESSAGE_MAX, NULL, 0,
			    answer, sizeof(answer)));
	EXPECT_EQ(SUCCESS, ntohl(answer[5]));
	free(data);
}

static int file_of(const void *data, size_t len, unsigned int seals)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (write(fd, data, len) != (ssize_t)len ||
	    fcntl(fd, F_ADD_SEALS, seals))
		return -1;
	return fd;
}

TEST_F(rpc_hostile, file)
{
	struct request good = request();
	uint32_t answer[16];
	int fds[3], pipes[2], sparse;

	/* This is how it should be. */
	fds[0] = file_of(&good, REQUEST_LEN, SEALS);
	ASSERT_LE(0, fds[0]);
	ASSERT_EQ(28,
		  offer(self->box, NULL, 0, fds, 1, answer, sizeof(answer)));
	EXPECT_EQ(SUCCESS, ntohl(answer[5]));
	/* With bytes, or another. */
	EXPECT_EQ(24, offer(self->box, &good, REQUEST_LEN, fds, 1, answer,
			    sizeof(answer)));
	EXPECT_EQ(SYSTEM_ERR, ntohl(answer[5]));
	fds[1] = fds[0];
	fds[2] = fds[0];
	EXPECT_EQ(24,
		  offer(self->box, &good, 3, fds, 3, answer, sizeof(answer)));
	close(fds[0]);
	/* Not sealed, so that it could change. */
	fds[0] = file_of(&good, REQUEST_LEN, SEALS & ~F_SEAL_WRITE);
	ASSERT_LE(0, fds[0]);
	EXPECT_EQ(24,
		  offer(self->box, NULL, 0, fds, 1, answer, sizeof(answer)));
	EXPECT_EQ(SYSTEM_ERR, ntohl(answer[5]));
	close(fds[0]);
	/* Something else, on which a read would wait. */
	ASSERT_EQ(0, pipe2(pipes, O_CLOEXEC));
	EXPECT_EQ(24,
		  offer(self->box, NULL, 0, pipes, 1, answer, sizeof(answer)));
	EXPECT_EQ(SYSTEM_ERR, ntohl(answer[5]));
	close(pipes[0]);
	close(pipes[1]);
	/* Too long, and empty. */
	sparse = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	ASSERT_EQ(0, ftruncate(sparse, 1LL << 40));
	ASSERT_EQ(0, fcntl(sparse, F_ADD_SEALS, SEALS));
	EXPECT_EQ(24, offer(self->box, NULL, 0, &sparse, 1, answer,
			    sizeof(answer)));
	EXPECT_EQ(SYSTEM_ERR, ntohl(answer[5]));
	close(sparse);
	sparse = file_of("", 0, SEALS);
	EXPECT_EQ(24, offer(self->box, NULL, 0, &sparse, 1, answer,
			    sizeof(answer)));
	EXPECT_EQ(GARBAGE_ARGS, ntohl(answer[5]));
	close(sparse);
}

/* A caller that has no room, not even to be told so. */
TEST_F(rpc_hostile, no_room_for_answer)
{
	struct request good = request();
	uint32_t answer[16];

	EXPECT_EQ(24,
		  offer(self->box, &good, REQUEST_LEN, NULL, 0, answer, 24));
	EXPECT_EQ(SYSTEM_ERR, ntohl(answer[5]));
	EXPECT_EQ(0, offer(self->box, &good, REQUEST_LEN, NULL, 0, answer, 20));
	EXPECT_EQ(0, offer(self->box, &good, REQUEST_LEN, NULL, 0, answer, 0));
}

/* Requests that are wrong in many places; each caller gets an answer. */
TEST_F(rpc_hostile, anything)
{
	struct request bad;
	uint32_t answer[256];
	size_t len;
	int i, j;

	srand(7);
	for (i = 0; i < 1500; i++) {
		bad = request();
		/* Procedures that take long, die or leave are none of this. */
		bad.words[5] = htonl((uint32_t)(rand() % 5));
		for (j = rand() % 4; j >= 0; j--)
			((uint8_t *)&bad)[rand() % sizeof(bad)] ^=
				(uint8_t)(1 << rand() % 8);
		len = (size_t)rand() % (sizeof(bad) + 1);
		if (ntohl(bad.words[5]) < 5 || ntohl(bad.words[5]) > SERVER)
			ASSERT_LE(0, offer(self->box, &bad, len, NULL, 0,
					   answer, sizeof(answer)));
	}
}

/* A server with no place for a file cannot read the request, but says so, and goes on. */
TEST_F(rpc_hostile, no_place_for_file)
{
	struct rlimit limit, before;
	struct request good = request();
	uint32_t answer[16];
	int file = file_of(&good, REQUEST_LEN, SEALS);

	ASSERT_LE(0, file);
	ASSERT_EQ(0, prlimit(self->server, RLIMIT_NOFILE, NULL, &before));
	limit = before;
	/* No more than standard input and output, which are open. */
	limit.rlim_cur = 3;
	ASSERT_EQ(0, prlimit(self->server, RLIMIT_NOFILE, &limit, NULL));
	EXPECT_EQ(24,
		  offer(self->box, NULL, 0, &file, 1, answer, sizeof(answer)));
	EXPECT_EQ(SYSTEM_ERR, ntohl(answer[5]));
	ASSERT_EQ(0, prlimit(self->server, RLIMIT_NOFILE, &before, NULL));
	close(file);
}

/* Replies that are none: an answer of these bytes, or in this file, to one call. */
static enum clnt_stat reply_with(const void *data, size_t len, int file)
{
	int box = ipcmbox_create(4, O_RDWR), result;
	pid_t pid = fork();
	enum clnt_stat stat;
	CLIENT *client;

	if (!pid) {
		char request[256];
		const struct iovec piece = { (void *)data, len };
		struct iovec into = { request, sizeof(request) };
		struct ipcmbox_response response = {
			.iov = &piece,
			.iovcnt = 1,
			.fds = &file,
			.nr_fds = file < 0 ? 0 : 1,
		};
		struct ipcmbox_delivery delivery;

		if (ipcmbox_recvv(box, &into, 1, 0, 0, &delivery,
				  sizeof(delivery)) < 0)
			_exit(1);
		response.token = delivery.token;
		/* The client keeps room for one descriptor. */
		_exit(ipcmbox_reply(box, &response, sizeof(response)) ? 2 : 0);
	}
	client = new_client(box);
	result = 77;
	clnt_control(client, CLSET_XID, (char *)&result);
	stat = count_1(NULL, &result, client);
	if (reap(pid))
		stat = RPC_FAILED;
	clnt_destroy(client);
	close(box);
	return stat;
}

TEST(reply_is_wrong)
{
	/* xid, direction, stat, verifier of no length, stat, result */
	static const uint32_t right[] = { 77,	   REPLY, MSG_ACCEPTED, 0, 0,
					  SUCCESS, 1 };
	uint32_t good[7], bad[7];
	int i, files = count_files(), fds[2];

	for (i = 0; i < 7; i++)
		good[i] = htonl(right[i]);
	EXPECT_EQ(RPC_SUCCESS, reply_with(good, sizeof(good), -1));
	for (i = 0; i < 7; i++)
		EXPECT_EQ(RPC_CANTDECODERES,
			  reply_with(good, (size_t)i * 4, -1));
	memcpy(bad, good, sizeof(bad));
	bad[0] = htonl(78);
	EXPECT_EQ(RPC_CANTDECODERES, reply_with(bad, sizeof(bad), -1));
	memcpy(bad, good, sizeof(bad));
	bad[4] = htonl(0xffffffff);
	EXPECT_EQ(RPC_CANTDECODERES, reply_with(bad, sizeof(bad), -1));
	bad[4] = htonl(100);
	EXPECT_EQ(RPC_CANTDECODERES, reply_with(bad, sizeof(bad), -1));
	memcpy(bad, good, sizeof(bad));
	bad[5] = htonl(99);
	EXPECT_NE(RPC_SUCCESS, reply_with(bad, sizeof(bad), -1));
	/* Files. */
	fds[0] = file_of(good, sizeof(good), SEALS);
	EXPECT_EQ(RPC_SUCCESS, reply_with(NULL, 0, fds[0]));
	close(fds[0]);
	fds[0] = file_of(good, sizeof(good), 0);
	EXPECT_EQ(RPC_CANTDECODERES, reply_with(good, sizeof(good), fds[0]));
	close(fds[0]);
	fds[0] = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	ASSERT_EQ(0, ftruncate(fds[0], 1LL << 40));
	ASSERT_EQ(0, fcntl(fds[0], F_ADD_SEALS, SEALS));
	EXPECT_EQ(RPC_CANTDECODERES, reply_with(NULL, 0, fds[0]));
	close(fds[0]);
	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	EXPECT_EQ(RPC_CANTDECODERES, reply_with(NULL, 0, fds[0]));
	close(fds[0]);
	close(fds[1]);
	EXPECT_TRUE(wait_files(files));
}

TEST_HARNESS_MAIN
