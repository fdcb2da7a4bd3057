// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls: two-way and one-way, of all lengths, from many clients at once; and what becomes
 * of them when time runs out, a signal comes or the server dies. Whichever way the server
 * runs, and whatever the mailbox stores.
 */
#include "kselftest_harness.h"
#include "rpc_util.h"

#define MIB	(1U << 20)

FIXTURE(rpc_call)
{
	int box;
	pid_t server;
	CLIENT *client;
};

FIXTURE_VARIANT(rpc_call)
{
	uint64_t capacity;
	enum run run;
};

FIXTURE_VARIANT_ADD(rpc_call, svc_run_rendezvous)
{
	.capacity = IPCMBOX_RENDEZVOUS,
	.run = RUN_SVC,
};

FIXTURE_VARIANT_ADD(rpc_call, svc_run_bounded)
{
	.capacity = 4,
	.run = RUN_SVC,
};

FIXTURE_VARIANT_ADD(rpc_call, own_run_rendezvous)
{
	.capacity = IPCMBOX_RENDEZVOUS,
	.run = RUN_IPCMBOX,
};

FIXTURE_VARIANT_ADD(rpc_call, own_run_unbounded)
{
	.capacity = IPCMBOX_UNBOUNDED,
	.run = RUN_IPCMBOX,
};

FIXTURE_SETUP(rpc_call)
{
	self->box = ipcmbox_create(variant->capacity, O_RDWR);
	ASSERT_LE(0, self->box);
	self->server = start_server(self->box, 0, variant->run);
	ASSERT_LT(0, self->server);
	self->client = new_client(self->box);
	ASSERT_NE(NULL, self->client);
}

FIXTURE_TEARDOWN(rpc_call)
{
	auth_destroy(self->client->cl_auth);
	clnt_destroy(self->client);
	if (self->server)
		EXPECT_TRUE(stop_server(self->server));
	EXPECT_TRUE(wait_calls(self->box, 0));
	EXPECT_EQ(0, close(self->box));
}

TEST_F(rpc_call, two_way)
{
	pair args = { .a = 40, .b = 2 };
	int result = 0;

	for (args.a = -100; args.a < 100; args.a++) {
		ASSERT_EQ(RPC_SUCCESS, add_1(&args, &result, self->client));
		ASSERT_EQ(args.a + 2, result);
	}
	EXPECT_EQ(RPC_SUCCESS, error_of(self->client).re_status);
}

TEST_F(rpc_call, one_way)
{
	int one = 1, count = 0, i;

	for (i = 0; i < 10; i++) {
		set_timeout(self->client, 0);
		/* The stub expects an (empty) result, and does not wait for it. */
		EXPECT_EQ(RPC_TIMEDOUT, note_1(&one, NULL, self->client));
		EXPECT_EQ(RPC_SUCCESS,
			  clnt_call(self->client, NOTE, (xdrproc_t)xdr_int,
				    (caddr_t)&one, NULL, NULL,
				    (struct timeval){ 0 }));
		/* In order with two-way calls. */
		set_timeout(self->client, 20000);
		EXPECT_EQ(RPC_SUCCESS, count_1(NULL, &count, self->client));
		EXPECT_EQ(2 * (i + 1), count);
	}
}

static bool repeats(CLIENT *client, size_t len)
{
	blob args = { .blob_len = (u_int)len, .blob_val = malloc(len + 1) };
	blob result = { 0 };
	bool right;

	fill(args.blob_val, len, (unsigned int)len);
	right = repeat_1(&args, &result, client) == RPC_SUCCESS &&
		result.blob_len == len &&
		is_filled(result.blob_val, len, (unsigned int)len);
	clnt_freeres(client, (xdrproc_t)xdr_blob, (caddr_t)&result);
	free(args.blob_val);
	return right;
}

TEST_F(rpc_call, any_length)
{
	static const size_t lengths[] = {
		0,    1,     2,	     3,		4,	  4000,	   4048, 4052,
		4056, 4060,  4096,   8000,	8160,	  8164,	   8168, 8172,
		8192, 65536, 500001, MIB - 100, MIB - 40, MIB - 1, MIB,
	};
	size_t i;

	for (i = 0;
	     i < ARRAY_SIZE(lengths) && repeats(self->client, lengths[i]); i++)
		;
	/* The number of the length that did not come back. */
	EXPECT_EQ(ARRAY_SIZE(lengths), i);
}

/* As before, with room for the whole reply in the kernel, and for requests there. */
TEST_F(rpc_call, any_length_in_messages)
{
	CLIENT *client = clnt_ipcmbox_create(self->box, ECHO, ECHO_1,
					     IPCMBOX_RPC_MESSAGE_MAX);

	ASSERT_NE(NULL, client);
	ASSERT_EQ(0,
		  ipcmbox_set_max_message(self->box, IPCMBOX_RPC_MESSAGE_MAX));
	EXPECT_TRUE(repeats(client, 0));
	EXPECT_TRUE(repeats(client, 9999));
	EXPECT_TRUE(repeats(client, MIB));
	clnt_destroy(client);
	/* A mailbox whose messages are shorter than any request. */
	ASSERT_EQ(0, ipcmbox_set_max_message(self->box, 8));
	EXPECT_TRUE(repeats(self->client, 10));
	EXPECT_TRUE(repeats(self->client, MIB));
}

TEST_F(rpc_call, too_long)
{
	blob data = { .blob_len = IPCMBOX_RPC_MESSAGE_MAX };
	blob result = { 0 };
	int len = IPCMBOX_RPC_MESSAGE_MAX, sum;
	pair args = { 1, 2 };

	data.blob_val = calloc(1, data.blob_len);
	ASSERT_NE(NULL, data.blob_val);
	EXPECT_EQ(RPC_CANTSEND, repeat_1(&data, &result, self->client));
	EXPECT_EQ(EMSGSIZE, error_of(self->client).re_errno);
	free(data.blob_val);
	EXPECT_EQ(RPC_SYSTEMERROR, make_1(&len, &result, self->client));
	EXPECT_EQ(NULL, result.blob_val);
	EXPECT_EQ(RPC_SUCCESS, add_1(&args, &sum, self->client));
}

TEST_F(rpc_call, time_runs_out)
{
	int ms = 300, result = 0, i;
	pair args = { .a = 1, .b = 1 };

	for (i = 0; i < 3; i++) {
		set_timeout(self->client, 50);
		EXPECT_EQ(RPC_TIMEDOUT, nap_1(&ms, &result, self->client));
		EXPECT_EQ(0, result);
		/* The reply that comes too late is not taken for this one. */
		set_timeout(self->client, 20000);
		args.a = i;
		EXPECT_EQ(RPC_SUCCESS, add_1(&args, &result, self->client));
		EXPECT_EQ(i + 1, result);
		result = 0;
	}
}

TEST_F(rpc_call, is_not_answered)
{
	long before;
	int result;

	set_timeout(self->client, 100);
	EXPECT_EQ(RPC_TIMEDOUT, silent_1(NULL, &result, self->client));
	/* The server comes to rest, though nobody answers that call. */
	nap(100);
	before = cpu_time(self->server);
	EXPECT_LE(0, before);
	nap(1000);
	EXPECT_GT(before + 200, cpu_time(self->server));
	set_timeout(self->client, 20000);
	EXPECT_EQ(RPC_SUCCESS, count_1(NULL, &result, self->client));
	/* It stays open as long as who has it. */
	EXPECT_TRUE(stop_server(self->server));
	self->server = 0;
}

static void ignore(int signal)
{
}

static void *interrupt(void *arg)
{
	const pthread_t *thread = arg;

	nap(150);
	pthread_kill(*thread, SIGUSR1);
	return NULL;
}

TEST_F(rpc_call, signal_comes)
{
	const struct sigaction action = { .sa_handler = ignore };
	pthread_t self_thread = pthread_self(), thread;
	int ms = 600, result;

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	ASSERT_EQ(0, pthread_create(&thread, NULL, interrupt, &self_thread));
	EXPECT_EQ(RPC_INTR, nap_1(&ms, &result, self->client));
	EXPECT_EQ(EINTR, error_of(self->client).re_errno);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(RPC_SUCCESS, count_1(NULL, &result, self->client));
}

TEST_F(rpc_call, server_dies)
{
	int result = 0, ms = 20000, i;
	struct rpc_err error;

	for (i = 0; i < 2; i++) {
		/* It dies of the call, or during it. */
		if (!i) {
			EXPECT_EQ(RPC_CANTRECV,
				  die_1(NULL, &result, self->client));
		} else {
			pid_t killer = fork();

			if (!killer) {
				nap(200);
				kill(self->server, SIGKILL);
				_exit(0);
			}
			EXPECT_EQ(RPC_CANTRECV,
				  nap_1(&ms, &result, self->client));
			EXPECT_EQ(0, reap(killer));
		}
		error = error_of(self->client);
		EXPECT_EQ(RPC_CANTRECV, error.re_status);
		EXPECT_EQ(EOWNERDEAD, error.re_errno);
		EXPECT_EQ(128 + SIGKILL, reap(self->server));
		/* The next one serves the same client. */
		self->server = start_server(self->box, 0, variant->run);
		ASSERT_LT(0, self->server);
		EXPECT_EQ(RPC_SUCCESS, count_1(NULL, &result, self->client));
	}
}

TEST_F(rpc_call, mailbox_goes)
{
	int ms = 20000, result;
	pid_t killer = fork();

	if (!killer) {
		nap(200);
		_exit(ipcmbox_destroy(self->box) ? 1 : 0);
	}
	EXPECT_EQ(RPC_CANTRECV, nap_1(&ms, &result, self->client));
	EXPECT_EQ(EIDRM, error_of(self->client).re_errno);
	EXPECT_EQ(0, reap(killer));
	EXPECT_EQ(RPC_CANTSEND, nap_1(&ms, &result, self->client));
	EXPECT_EQ(EIDRM, error_of(self->client).re_errno);
}

/* Each of so many calls must get its own answer. */
static bool adds(CLIENT *client, int first, int count)
{
	pair args = { .b = 5 };
	int result;

	for (args.a = first; args.a < first + count; args.a++) {
		result = -1;
		if (add_1(&args, &result, client) != RPC_SUCCESS ||
		    result != args.a + 5)
			return false;
	}
	return true;
}

TEST_F(rpc_call, several_clients)
{
	pid_t pids[4];
	int i;

	for (i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = fork();
		if (!pids[i])
			_exit(adds(new_client(self->box), i * 1000, 200) &&
					      repeats(self->client, 100000) ?
				      0 :
				      1);
	}
	for (i = 0; i < ARRAY_SIZE(pids); i++)
		EXPECT_EQ(0, reap(pids[i]));
}

/**
 * struct thread - a thread that calls
 * @client: by which all of them do
 * @first: its first number
 * @right: out, whether the answers were right
 * @thread: the thread
 */
struct thread {
	CLIENT *client;
	int first;
	bool right;
	pthread_t thread;
};

static void *call_often(void *arg)
{
	struct thread *thread = arg;
	enum clnt_stat wanted = thread->first ? RPC_SUCCESS : RPC_CANTSEND;
	blob args = { .blob_len = IPCMBOX_RPC_MESSAGE_MAX }, result = { 0 };
	int i, zero = 0;

	args.blob_val = calloc(1, args.blob_len);
	thread->right = args.blob_val;
	for (i = 0; i < 50 && thread->right; i++) {
		thread->right = adds(thread->client, thread->first, 4);
		if (thread->first)
			thread->right &= make_1(&zero, &result,
						thread->client) == wanted;
		else
			thread->right &= repeat_1(&args, &result,
						  thread->client) == wanted;
		/* The error of the own call, not of that of another thread. */
		thread->right &= error_of(thread->client).re_status == wanted;
		free(result.blob_val);
		result.blob_val = NULL;
	}
	free(args.blob_val);
	return NULL;
}

TEST_F(rpc_call, several_threads)
{
	struct thread threads[4];
	int i;

	for (i = 0; i < ARRAY_SIZE(threads); i++) {
		threads[i] = (struct thread){
			.client = self->client,
			.first = i * 100000,
		};
		ASSERT_EQ(0, pthread_create(&threads[i].thread, NULL,
					    call_often, &threads[i]));
	}
	for (i = 0; i < ARRAY_SIZE(threads); i++) {
		ASSERT_EQ(0, pthread_join(threads[i].thread, NULL));
		EXPECT_TRUE(threads[i].right);
	}
}

static bool_t nothing(XDR *xdrs, ...)
{
	return TRUE;
}

TEST_F(rpc_call, no_such_thing)
{
	const struct timeval time = { .tv_sec = 20 };
	uint32_t version = 2, program = ECHO + 1;
	pair args = { .a = 5, .b = 3 };
	struct rpc_err error;
	int result;

	/* The other version. */
	EXPECT_TRUE(clnt_control(self->client, CLSET_VERS, (char *)&version));
	EXPECT_EQ(RPC_SUCCESS, sub_2(&args, &result, self->client));
	EXPECT_EQ(2, result);
	version = 9;
	EXPECT_TRUE(clnt_control(self->client, CLSET_VERS, (char *)&version));
	EXPECT_EQ(RPC_PROGVERSMISMATCH, add_1(&args, &result, self->client));
	error = error_of(self->client);
	EXPECT_EQ(1, error.re_vers.low);
	EXPECT_EQ(2, error.re_vers.high);
	EXPECT_TRUE(clnt_control(self->client, CLSET_PROG, (char *)&program));
	EXPECT_EQ(RPC_PROGUNAVAIL, add_1(&args, &result, self->client));
	program = ECHO;
	version = 1;
	EXPECT_TRUE(clnt_control(self->client, CLSET_PROG, (char *)&program));
	EXPECT_TRUE(clnt_control(self->client, CLSET_VERS, (char *)&version));
	EXPECT_EQ(RPC_PROCUNAVAIL,
		  clnt_call(self->client, 77, (xdrproc_t)xdr_int,
			    (caddr_t)&result, (xdrproc_t)xdr_int,
			    (caddr_t)&result, time));
	/* Too few arguments, and too few results. */
	EXPECT_EQ(RPC_CANTDECODEARGS,
		  clnt_call(self->client, ADD, (xdrproc_t)xdr_int,
			    (caddr_t)&result, (xdrproc_t)xdr_int,
			    (caddr_t)&result, time));
	EXPECT_EQ(RPC_CANTDECODERES,
		  clnt_call(self->client, ADD, (xdrproc_t)xdr_pair,
			    (caddr_t)&args, (xdrproc_t)xdr_pair, (caddr_t)&args,
			    time));
	/* The procedure that every program has. */
	EXPECT_EQ(RPC_SUCCESS, clnt_call(self->client, NULLPROC, nothing, NULL,
					 nothing, NULL, time));
}

TEST_HARNESS_MAIN
