// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who calls: a service learns it from the kernel, whatever the client claims.
 */
#include <grp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "kselftest_harness.h"
#include "rpc_util.h"

#define UID	1234
#define GID	567

FIXTURE(rpc_cred)
{
	int box;
	pid_t server;
};

FIXTURE_VARIANT(rpc_cred)
{
	unsigned int flags;
	enum run run;
};

FIXTURE_VARIANT_ADD(rpc_cred, kernel)
{
	.flags = 0,
	.run = RUN_SVC,
};

FIXTURE_VARIANT_ADD(rpc_cred, sys)
{
	.flags = SVC_IPCMBOX_AUTH_SYS,
	.run = RUN_IPCMBOX,
};

FIXTURE_SETUP(rpc_cred)
{
	self->box = ipcmbox_create(4, O_RDWR);
	ASSERT_LE(0, self->box);
	self->server = start_server(self->box, variant->flags, variant->run);
	ASSERT_LT(0, self->server);
}

FIXTURE_TEARDOWN(rpc_cred)
{
	EXPECT_TRUE(stop_server(self->server));
	EXPECT_EQ(0, close(self->box));
}

enum claim { CLAIM_NONE, CLAIM_SYS, CLAIM_IPCMBOX, CLAIMS };

static AUTH *claim(enum claim claim)
{
	char host[] = "elsewhere";
	gid_t groups[3] = { 0, 4, 27 };

	switch (claim) {
	case CLAIM_SYS:
		return authunix_create(host, 0, 0, 3, groups);
	case CLAIM_IPCMBOX:
		return authipcmbox_create();
	default:
		return authnone_create();
	}
}

/* Whether the server knows the caller, whatever that says it is. */
static bool is_known(int box, enum claim by, unsigned int flags, uid_t uid,
		     gid_t gid)
{
	const int flavor = flags & SVC_IPCMBOX_AUTH_SYS ? AUTH_SYS :
							  AUTH_IPCMBOX;
	CLIENT *client = new_client(box);
	who known = { 0 };
	bool right;

	client->cl_auth = claim(by);
	right = who_1(NULL, &known, client) == RPC_SUCCESS &&
		known.flavor == flavor && known.pid == getpid() &&
		known.tid == gettid() && known.uid == uid && known.gid == gid;
	if (flavor == AUTH_SYS)
		right = right && known.sys_uid == uid && known.sys_gid == gid &&
			!known.groups;
	auth_destroy(client->cl_auth);
	clnt_destroy(client);
	return right;
}

TEST_F(rpc_cred, root)
{
	enum claim by;

	for (by = 0; by < CLAIMS; by++)
		EXPECT_EQ(by, is_known(self->box, by, variant->flags, 0, 0) ?
				      by :
				      CLAIMS);
}

TEST_F(rpc_cred, cannot_be_forged)
{
	enum claim by;
	pid_t pid = fork();

	if (!pid) {
		if (setgroups(0, NULL) || setresgid(GID, GID, GID) ||
		    setresuid(UID, UID, UID))
			_exit(10);
		for (by = 0; by < CLAIMS; by++)
			if (!is_known(self->box, by, variant->flags, UID, GID))
				_exit(20 + (int)by);
		_exit(0);
	}
	EXPECT_EQ(0, reap(pid));
	/* The next request is another's. */
	EXPECT_TRUE(is_known(self->box, CLAIM_SYS, variant->flags, 0, 0));
}

/* Those whose arguments could be in another form, and those that nobody knows. */
TEST_F(rpc_cred, other_flavours)
{
	static const int flavors[] = { AUTH_DES, AUTH_KERB, RPCSEC_GSS,
				       5,	 999,	    -1 };
	CLIENT *client = new_client(self->box);
	AUTH *auth = authipcmbox_create();
	pair args = { 1, 2 };
	int result, i;

	ASSERT_NE(NULL, client);
	ASSERT_NE(NULL, auth);
	client->cl_auth = auth;
	for (i = 0; i < ARRAY_SIZE(flavors); i++) {
		auth->ah_cred.oa_flavor = flavors[i];
		EXPECT_EQ(RPC_AUTHERROR, add_1(&args, &result, client));
		EXPECT_EQ(AUTH_REJECTEDCRED, error_of(client).re_why);
	}
	auth->ah_cred.oa_flavor = AUTH_SHORT;
	EXPECT_EQ(RPC_SUCCESS, add_1(&args, &result, client));
	auth_destroy(auth);
	clnt_destroy(client);
}

/* Credentials of the greatest length that there is, for both. */
TEST_F(rpc_cred, long_credentials)
{
	char body[MAX_AUTH_BYTES + 1] = { 0 };
	CLIENT *client = new_client(self->box);
	AUTH *auth = authipcmbox_create();
	blob args = { .blob_len = 5000 }, result = { 0 };

	ASSERT_NE(NULL, client);
	ASSERT_NE(NULL, auth);
	args.blob_val = calloc(1, args.blob_len);
	client->cl_auth = auth;
	auth->ah_cred.oa_flavor = AUTH_SYS;
	auth->ah_cred.oa_base = body;
	auth->ah_cred.oa_length = MAX_AUTH_BYTES;
	auth->ah_verf = auth->ah_cred;
	EXPECT_EQ(RPC_SUCCESS, repeat_1(&args, &result, client));
	EXPECT_EQ(5000, result.blob_len);
	xdr_free((xdrproc_t)xdr_blob, &result);
	/* That is more than the protocol has. */
	auth->ah_cred.oa_length++;
	EXPECT_EQ(RPC_CANTENCODEARGS, repeat_1(&args, &result, client));
	free(args.blob_val);
	auth_destroy(auth);
	clnt_destroy(client);
}

/*
 * A process that serves both takes the flavour from this transport alone: nobody vouches
 * for it on others.
 */
TEST(another_transport)
{
	const struct timeval time = { .tv_sec = 20 };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct netbuf netbuf = {
		.buf = &address,
		.len = sizeof(address),
		.maxlen = sizeof(address),
	};
	int fds[2], box = ipcmbox_create(4, O_RDWR), result = 0;
	pair args = { 1, 2 };
	CLIENT *client;
	pid_t pid;

	ASSERT_LE(0, box);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	pid = fork();
	if (!pid) {
		if (!svc_fd_create(fds[1], 0, 0))
			_exit(1);
		_exit(serve(box, 0, RUN_SVC));
	}
	client = clnt_vc_create(fds[0], &netbuf, ECHO, ECHO_1, 0, 0);
	ASSERT_NE(NULL, client);
	clnt_control(client, CLSET_TIMEOUT, (char *)&time);
	EXPECT_EQ(RPC_SUCCESS, add_1(&args, &result, client));
	EXPECT_EQ(3, result);
	client->cl_auth = authipcmbox_create();
	EXPECT_EQ(RPC_AUTHERROR, add_1(&args, &result, client));
	EXPECT_EQ(AUTH_REJECTEDCRED, error_of(client).re_why);
	auth_destroy(client->cl_auth);
	clnt_destroy(client);
	/* And the other one goes on. */
	EXPECT_TRUE(is_known(box, CLAIM_NONE, 0, 0, 0));
	EXPECT_TRUE(stop_server(pid));
	close(fds[0]);
	close(fds[1]);
	close(box);
}

TEST(getcred_of_nobody)
{
	SVCXPRT other = { 0 };
	const struct svc_req rqst = { .rq_xprt = &other };
	struct ipcmbox_rpc_cred cred;

	EXPECT_ERRNO(EINVAL, svc_ipcmbox_getcred(&rqst, &cred, sizeof(cred)));
	EXPECT_ERRNO(EINVAL, svc_ipcmbox_run(&other));
	svc_ipcmbox_exit(&other);
}

TEST_HARNESS_MAIN
