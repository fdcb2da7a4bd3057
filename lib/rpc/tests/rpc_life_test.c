// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clients and servers from their creation to their end: what they refuse, what they are set
 * to, how a server stops, several servers of one mailbox; and that nothing is left behind.
 */
#include <sys/stat.h>

#include "kselftest_harness.h"
#include "rpc_util.h"

#define NAME	"rpc-life-test"

TEST(client_is_refused)
{
	int box = ipcmbox_create(4, O_RDWR), null = open("/dev/null", O_RDWR);
	int receiver = ipcmbox_reopen(box, 0, O_RDONLY);
	struct ipcmbox_attr *attr = ipcmbox_attr_new();
	int cast;

	ASSERT_LE(0, box);
	ASSERT_LE(0, receiver);
	ipcmbox_attr_set_broadcast(attr, true);
	cast = ipcmbox_create_attr(attr, O_RDWR);
	ASSERT_LE(0, cast);
	EXPECT_REFUSED(EBADF, clnt_ipcmbox_create(-1, ECHO, 1, 0));
	EXPECT_EQ(RPC_SYSTEMERROR, rpc_createerr.cf_stat);
	EXPECT_EQ(EBADF, rpc_createerr.cf_error.re_errno);
	EXPECT_REFUSED(ENOTTY, clnt_ipcmbox_create(null, ECHO, 1, 0));
	EXPECT_REFUSED(EBADF, clnt_ipcmbox_create(receiver, ECHO, 1, 0));
	EXPECT_REFUSED(EINVAL, clnt_ipcmbox_create(cast, ECHO, 1, 0));
	EXPECT_REFUSED(EINVAL,
		       clnt_ipcmbox_create(box, ECHO, 1,
					   IPCMBOX_RPC_MESSAGE_MAX + 1));
	EXPECT_REFUSED(ENOENT, clnt_ipcmbox_create_named(NAME, ECHO, 1));
	EXPECT_EQ(ENOENT, rpc_createerr.cf_error.re_errno);
	ipcmbox_attr_free(attr);
	close(cast);
	close(receiver);
	close(null);
	close(box);
}

TEST(server_is_refused)
{
	int box = ipcmbox_create(4, O_RDWR), null = open("/dev/null", O_RDWR);
	int sender = ipcmbox_reopen(box, 0, O_WRONLY), other;
	struct ipcmbox_attr *attr = ipcmbox_attr_new();
	char name[IPCMBOX_NAME_MAX + 2] = { 0 };

	ASSERT_LE(0, box);
	ASSERT_LE(0, sender);
	EXPECT_REFUSED(EBADF, svc_ipcmbox_create(-1, 0));
	EXPECT_REFUSED(ENOTTY, svc_ipcmbox_create(null, 0));
	EXPECT_REFUSED(EBADF, svc_ipcmbox_create(sender, 0));
	EXPECT_REFUSED(EINVAL, svc_ipcmbox_create(box, 2));
	memset(name, 'x', sizeof(name) - 1);
	EXPECT_REFUSED(ENAMETOOLONG, svc_ipcmbox_create_named(name, 0600, 0));
	/* A name that is there, but not like that. */
	other = ipcmbox_create_named(NAME, attr, O_RDWR, 0600);
	ipcmbox_attr_free(attr);
	ASSERT_LE(0, other);
	EXPECT_REFUSED(EEXIST, svc_ipcmbox_create_named(NAME, 0600, 0));
	EXPECT_EQ(0, ipcmbox_unlink(NAME));
	close(other);
	close(sender);
	close(null);
	close(box);
}

TEST(client_is_set)
{
	int box = ipcmbox_create(4, O_RDWR), fd = -1;
	struct timeval time = { 0 }, bad = { .tv_sec = -1 };
	uint32_t number = 0;
	CLIENT *client;

	ASSERT_LE(0, box);
	client = clnt_ipcmbox_create(box, ECHO, ECHO_2, 100);
	ASSERT_NE(NULL, client);
	EXPECT_TRUE(clnt_control(client, CLGET_FD, (char *)&fd));
	EXPECT_EQ(box, fd);
	EXPECT_TRUE(clnt_control(client, CLGET_PROG, (char *)&number));
	EXPECT_EQ(ECHO, number);
	EXPECT_TRUE(clnt_control(client, CLGET_VERS, (char *)&number));
	EXPECT_EQ(ECHO_2, number);
	number = 99;
	EXPECT_TRUE(clnt_control(client, CLSET_VERS, (char *)&number));
	number = 0;
	EXPECT_TRUE(clnt_control(client, CLGET_VERS, (char *)&number));
	EXPECT_EQ(99, number);
	EXPECT_TRUE(clnt_control(client, CLGET_TIMEOUT, (char *)&time));
	EXPECT_EQ(25, time.tv_sec);
	time.tv_usec = 5;
	EXPECT_TRUE(clnt_control(client, CLSET_TIMEOUT, (char *)&time));
	time.tv_usec = 0;
	EXPECT_TRUE(clnt_control(client, CLGET_TIMEOUT, (char *)&time));
	EXPECT_EQ(5, time.tv_usec);
	EXPECT_FALSE(clnt_control(client, CLSET_TIMEOUT, (char *)&bad));
	bad.tv_sec = 0;
	bad.tv_usec = 1000000;
	EXPECT_FALSE(clnt_control(client, CLSET_TIMEOUT, (char *)&bad));
	EXPECT_FALSE(clnt_control(client, CLSET_TIMEOUT, NULL));
	EXPECT_FALSE(clnt_control(client, CLGET_SVC_ADDR, (char *)&time));
	EXPECT_FALSE(clnt_control(client, 12345, (char *)&time));
	EXPECT_STREQ("ipcmbox", client->cl_netid);
	clnt_abort(client);
	/* The descriptor is the caller's, unless that says otherwise. */
	clnt_destroy(client);
	EXPECT_LE(0, fcntl(box, F_GETFD));
	client = new_client(box);
	ASSERT_NE(NULL, client);
	EXPECT_TRUE(clnt_control(client, CLSET_FD_CLOSE, NULL));
	clnt_destroy(client);
	EXPECT_ERRNO(EBADF, fcntl(box, F_GETFD));
}

/* A call with no server waits, and is taken back; of one that does not wait, EAGAIN. */
TEST(no_server)
{
	int box = ipcmbox_create(1, O_RDWR), result, one = 1;
	struct ipcmbox_info info;
	CLIENT *client;

	ASSERT_LE(0, box);
	client = new_client(box);
	ASSERT_NE(NULL, client);
	set_timeout(client, 50);
	EXPECT_EQ(RPC_TIMEDOUT, count_1(NULL, &result, client));
	EXPECT_EQ(0, ipcmbox_info(box, 0, &info, sizeof(info)));
	EXPECT_EQ(0, info.queued);
	EXPECT_EQ(1, info.expired);
	ASSERT_EQ(0, fcntl(box, F_SETFL, O_NONBLOCK));
	set_timeout(client, 0);
	EXPECT_EQ(RPC_TIMEDOUT, note_1(&one, NULL, client));
	EXPECT_EQ(RPC_CANTSEND, note_1(&one, NULL, client));
	EXPECT_EQ(EAGAIN, error_of(client).re_errno);
	clnt_destroy(client);
	close(box);
}

/* Stops it by procedure LEAVE; the exit status of the server. */
static int leave(struct __test_metadata *_metadata, enum run run, int how)
{
	int fds[2], box, result = 0, status;
	CLIENT *client;
	pid_t pid;

	ASSERT_EQ(0, ipcmbox_pair(fds, 4));
	pid = fork();
	if (!pid) {
		close(fds[1]);
		_exit(serve(fds[0], 0, run));
	}
	box = fds[1];
	close(fds[0]);
	client = new_client(box);
	ASSERT_NE(NULL, client);
	/* The answer comes, though the server is about to end. */
	EXPECT_EQ(RPC_SUCCESS, leave_1(&how, &result, client));
	EXPECT_EQ(1, result);
	if (run == RUN_SVC && how) {
		/* Nothing is left to be served: there is no receiver any more. */
		EXPECT_EQ(RPC_CANTSEND, leave_1(&how, &result, client));
		EXPECT_EQ(EPIPE, error_of(client).re_errno);
		EXPECT_TRUE(stop_server(pid));
		status = 0;
	} else {
		status = reap(pid);
	}
	clnt_destroy(client);
	close(box);
	return status;
}

TEST(server_stops)
{
	EXPECT_EQ(0, leave(_metadata, RUN_IPCMBOX, 0));
	EXPECT_EQ(0, leave(_metadata, RUN_IPCMBOX, 1));
	EXPECT_EQ(0, leave(_metadata, RUN_SVC, 1));
}

TEST(clients_go)
{
	int fds[2], count;
	CLIENT *client;
	pid_t pid;

	ASSERT_EQ(0, ipcmbox_pair(fds, 4));
	pid = fork();
	if (!pid) {
		close(fds[1]);
		_exit(serve(fds[0], 0, RUN_IPCMBOX));
	}
	client = new_client(fds[1]);
	EXPECT_EQ(RPC_SUCCESS, count_1(NULL, &count, client));
	clnt_destroy(client);
	close(fds[1]);
	/* The other descriptor is that of the server and of this process. */
	EXPECT_EQ(0, reap(pid));
	close(fds[0]);
}

TEST(mailbox_is_destroyed)
{
	int box = ipcmbox_create(4, O_RDWR), count;
	CLIENT *client = new_client(box);
	pid_t pid;

	ASSERT_NE(NULL, client);
	pid = start_server(box, 0, RUN_IPCMBOX);
	EXPECT_EQ(RPC_SUCCESS, count_1(NULL, &count, client));
	EXPECT_EQ(0, ipcmbox_destroy(box));
	EXPECT_EQ(EIDRM, reap(pid));
	clnt_destroy(client);
	close(box);
}

/* One that is not, or no more, registered with libtirpc cannot be run. */
TEST(server_is_not_registered)
{
	int box = ipcmbox_create(4, O_RDWR);
	SVCXPRT *xprt = svc_ipcmbox_create(box, 0);

	ASSERT_NE(NULL, xprt);
	xprt_unregister(xprt);
	EXPECT_EQ(0, ipcmbox_send(box, "", 0));
	EXPECT_ERRNO(EBADF, svc_ipcmbox_run(xprt));
	svc_destroy(xprt);
	EXPECT_ERRNO(EBADF, fcntl(box, F_GETFD));
}

static SVCXPRT *transport;

static void stop(int signal)
{
	svc_ipcmbox_exit(transport);
}

TEST(signal_stops_server)
{
	const struct sigaction action = { .sa_handler = stop };
	int box = ipcmbox_create(4, O_RDWR | O_NONBLOCK), i;
	struct ipcmbox_info info;
	pid_t pid;

	for (i = 0; i < 2; i++) {
		pid = fork();
		if (!pid) {
			/* The second waits in the mailbox, the first in poll(2). */
			transport = svc_ipcmbox_create(box, 0);
			if (!transport || sigaction(SIGTERM, &action, NULL))
				_exit(1);
			_exit(svc_ipcmbox_run(transport) ? 2 : 0);
		}
		nap(300);
		EXPECT_EQ(0, ipcmbox_info(box, 0, &info, sizeof(info)));
		EXPECT_EQ(i, info.receivers_waiting);
		EXPECT_EQ(0, kill(pid, SIGTERM));
		EXPECT_EQ(0, reap(pid));
		EXPECT_EQ(0, fcntl(box, F_SETFL, 0));
	}
	close(box);
}

static void *serve_in_thread(void *arg)
{
	SVCXPRT *xprt = svc_ipcmbox_create(*(int *)arg, 0);

	if (!xprt || !svc_reg(xprt, ECHO, ECHO_1, echo_1, NULL) ||
	    svc_ipcmbox_run(xprt))
		return arg;
	svc_destroy(xprt);
	return NULL;
}

/* Servers of one mailbox, in threads of a process or in processes, that all get work. */
TEST(several_servers)
{
	int fds[2], ports[3], i, server, ms = 50;
	int seen[3] = { 0 };
	pthread_t threads[3];
	pid_t callers[6], pids[4];
	CLIENT *client;
	void *ret;

	ASSERT_EQ(0, ipcmbox_pair(fds, 4));
	for (i = 0; i < 3; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			close(fds[1]);
			_exit(serve(fds[0], 0, RUN_IPCMBOX));
		}
	}
	pids[3] = fork();
	if (!pids[3]) {
		close(fds[1]);
		for (i = 0; i < 3; i++) {
			ports[i] = ipcmbox_reopen(fds[0], 0, O_RDONLY);
			if (pthread_create(&threads[i], NULL, serve_in_thread,
					   &ports[i]))
				_exit(1);
		}
		for (i = 0; i < 3; i++)
			if (pthread_join(threads[i], &ret) || ret)
				_exit(2);
		_exit(0);
	}
	close(fds[0]);
	client = new_client(fds[1]);
	ASSERT_NE(NULL, client);
	/* Six servers: as many long calls take no longer than one. */
	for (i = 0; i < 6; i++) {
		callers[i] = fork();
		if (!callers[i]) {
			pair args = { .a = i };
			int n;

			for (n = 0; n < 40; n++) {
				args.b = n;
				if (add_1(&args, &server, client) !=
					    RPC_SUCCESS ||
				    server != i + n)
					_exit(1);
			}
			_exit(nap_1(&ms, &server, client));
		}
	}
	for (i = 0; i < 6; i++)
		EXPECT_EQ(0, reap(callers[i]));
	for (i = 0; i < 12; i++) {
		ASSERT_EQ(RPC_SUCCESS, server_1(NULL, &server, client));
		for (ms = 0; ms < 3 && seen[ms] && seen[ms] != server; ms++)
			;
		if (ms < 3)
			seen[ms] = server;
	}
	/* Those who have waited longest are served: they take turns. */
	EXPECT_NE(0, seen[2]);
	clnt_destroy(client);
	close(fds[1]);
	for (i = 0; i < 4; i++)
		EXPECT_EQ(0, reap(pids[i]));
}

TEST(by_name)
{
	struct rpc_err error;
	pair args = { 2, 3 };
	CLIENT *client;
	int result = 0, fd = -1;
	pid_t pid;
	SVCXPRT *xprt = svc_ipcmbox_create_named(NAME, 0600, 0);

	ASSERT_NE(NULL, xprt);
	svc_destroy(xprt);
	/* The name is there, the server comes later. */
	client = clnt_ipcmbox_create_named(NAME, ECHO, ECHO_1);
	ASSERT_NE(NULL, client);
	pid = fork();
	if (!pid) {
		nap(200);
		xprt = svc_ipcmbox_create_named(NAME, 0600, 0);
		if (!xprt || !svc_reg(xprt, ECHO, ECHO_1, echo_1, NULL))
			_exit(1);
		_exit(svc_ipcmbox_run(xprt));
	}
	EXPECT_EQ(RPC_SUCCESS, add_1(&args, &result, client));
	EXPECT_EQ(5, result);
	/* It may write, and no more. */
	EXPECT_TRUE(clnt_control(client, CLGET_FD, (char *)&fd));
	EXPECT_ERRNO(EBADF, ipcmbox_recv(fd, &result, sizeof(result)));
	EXPECT_TRUE(stop_server(pid));
	set_timeout(client, 50);
	EXPECT_EQ(RPC_TIMEDOUT, add_1(&args, &result, client));
	clnt_geterr(client, &error);
	EXPECT_EQ(ETIMEDOUT, error.re_errno);
	clnt_destroy(client);
	EXPECT_EQ(0, ipcmbox_unlink(NAME));
}

/* A mailbox that another user has made is his: he could receive the requests. */
TEST(name_of_another_user)
{
	SVCXPRT *xprt;
	pid_t pid;

	if (geteuid())
		SKIP(return, "there is no other user for who is not root");
	pid = fork();
	if (!pid)
		_exit(setgid(65534) || setuid(65534) ||
		      !svc_ipcmbox_create_named(NAME, 0666, 0));
	ASSERT_EQ(0, reap(pid));
	EXPECT_REFUSED(EACCES, svc_ipcmbox_create_named(NAME, 0666, 0));
	EXPECT_EQ(0, ipcmbox_unlink(NAME));
	/* The same by its own. */
	xprt = svc_ipcmbox_create_named(NAME, 0666, 0);
	ASSERT_NE(NULL, xprt);
	svc_destroy(xprt);
	xprt = svc_ipcmbox_create_named(NAME, 0666, 0);
	ASSERT_NE(NULL, xprt);
	svc_destroy(xprt);
	EXPECT_EQ(0, ipcmbox_unlink(NAME));
}

static bool has_default_signals(void)
{
	struct sigaction action;
	int i;

	for (i = 1; i < NSIG; i++)
		if (!sigaction(i, NULL, &action) &&
		    action.sa_handler != SIG_DFL)
			return false;
	return true;
}

/* Clients and servers that come and go leave no descriptor, and no signal as it was not. */
TEST(nothing_is_left)
{
	int box = ipcmbox_create(4, O_RDWR), i, files, port;
	const bool defaults = has_default_signals();
	CLIENT *client;
	SVCXPRT *xprt;

	ASSERT_LE(0, box);
	files = count_files();
	for (i = 0; i < 50; i++) {
		client = new_client(box);
		ASSERT_NE(NULL, client);
		port = ipcmbox_reopen(box, 0, O_RDONLY);
		xprt = svc_ipcmbox_create(port, 0);
		ASSERT_NE(NULL, xprt);
		ASSERT_TRUE(svc_reg(xprt, ECHO, ECHO_1, echo_1, NULL));
		set_timeout(client, 0);
		EXPECT_EQ(RPC_TIMEDOUT, note_1(&i, NULL, client));
		svc_getreq_common(port);
		svc_destroy(xprt);
		clnt_destroy(client);
	}
	EXPECT_EQ(files, count_files());
	EXPECT_EQ(defaults, has_default_signals());
	close(box);
}

TEST_HARNESS_MAIN
