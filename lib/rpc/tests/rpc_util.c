// SPDX-License-Identifier: GPL-2.0-only
/*
 * The service of echo.x, and the process that it runs in. See rpc_util.h.
 */
#include <dirent.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>

#include "rpc_util.h"

static atomic_int notes;

bool_t add_1_svc(pair *args, int *result, struct svc_req *rqst)
{
	*result = (int)((unsigned int)args->a + (unsigned int)args->b);
	return TRUE;
}

bool_t sub_2_svc(pair *args, int *result, struct svc_req *rqst)
{
	*result = (int)((unsigned int)args->a - (unsigned int)args->b);
	return TRUE;
}

bool_t repeat_1_svc(blob *args, blob *result, struct svc_req *rqst)
{
	result->blob_len = args->blob_len;
	result->blob_val = malloc(args->blob_len + 1);
	if (!result->blob_val)
		return FALSE;
	if (args->blob_len)
		memcpy(result->blob_val, args->blob_val, args->blob_len);
	return TRUE;
}

bool_t note_1_svc(int *args, void *result, struct svc_req *rqst)
{
	notes += *args;
	return TRUE;
}

bool_t count_1_svc(void *args, int *result, struct svc_req *rqst)
{
	*result = notes;
	return TRUE;
}

bool_t nap_1_svc(int *args, int *result, struct svc_req *rqst)
{
	nap(*args);
	*result = *args;
	return TRUE;
}

bool_t die_1_svc(void *args, int *result, struct svc_req *rqst)
{
	kill(getpid(), SIGKILL);
	return FALSE;
}

bool_t make_1_svc(int *args, blob *result, struct svc_req *rqst)
{
	result->blob_len = (u_int)*args;
	result->blob_val = malloc((size_t)*args + 1);
	if (!result->blob_val)
		return FALSE;
	fill(result->blob_val, (size_t)*args, 7);
	return TRUE;
}

bool_t who_1_svc(void *args, who *result, struct svc_req *rqst)
{
	const struct authunix_parms *sys = rqst->rq_clntcred;
	const struct ipcmbox_rpc_cred *shown = rqst->rq_clntcred;
	struct ipcmbox_rpc_cred cred;

	memset(result, 0, sizeof(*result));
	if (svc_ipcmbox_getcred(rqst, &cred, sizeof(cred)))
		return FALSE;
	result->pid = cred.pid;
	result->tid = cred.tid;
	result->uid = cred.uid;
	result->gid = cred.gid;
	result->flavor = rqst->rq_cred.oa_flavor;
	if (rqst->rq_cred.oa_flavor == AUTH_SYS) {
		result->sys_uid = sys->aup_uid;
		result->sys_gid = sys->aup_gid;
		result->groups = (int)sys->aup_len;
	} else if (memcmp(shown, &cred, sizeof(cred))) {
		result->flavor = -1;
	}
	return TRUE;
}

bool_t silent_1_svc(void *args, int *result, struct svc_req *rqst)
{
	return FALSE;
}

bool_t files_1_svc(void *args, int *result, struct svc_req *rqst)
{
	*result = count_files();
	return TRUE;
}

bool_t leave_1_svc(int *args, int *result, struct svc_req *rqst)
{
	*result = 1;
	if (*args)
		svc_destroy(rqst->rq_xprt);
	else
		svc_ipcmbox_exit(rqst->rq_xprt);
	return TRUE;
}

bool_t server_1_svc(void *args, int *result, struct svc_req *rqst)
{
	*result = (int)syscall(SYS_gettid);
	return TRUE;
}

bool_t sum_1_svc(pairs *args, int *result, struct svc_req *rqst)
{
	unsigned int sum = 0;
	u_int i;

	for (i = 0; i < args->pairs_len; i++)
		sum += (unsigned int)args->pairs_val[i].a +
		       (unsigned int)args->pairs_val[i].b;
	*result = (int)sum;
	return TRUE;
}

int echo_1_freeresult(SVCXPRT *xprt, xdrproc_t proc, caddr_t result)
{
	xdr_free(proc, result);
	return 1;
}

int echo_2_freeresult(SVCXPRT *xprt, xdrproc_t proc, caddr_t result)
{
	xdr_free(proc, result);
	return 1;
}

int serve(int box, unsigned int flags, enum run run)
{
	SVCXPRT *xprt = svc_ipcmbox_create(box, flags);

	if (!xprt || !svc_reg(xprt, ECHO, ECHO_1, echo_1, NULL) ||
	    !svc_reg(xprt, ECHO, ECHO_2, echo_2, NULL))
		return 100;
	if (run == RUN_SVC) {
		svc_run();
		return 101;
	}
	return svc_ipcmbox_run(xprt) ? errno : 0;
}

pid_t start_server(int box, unsigned int flags, enum run run)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	_exit(serve(box, flags, run));
}

int reap(pid_t pid)
{
	int i, status;

	for (i = 0; i < 2000; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) :
						   128 + WTERMSIG(status);
		nap(10);
	}
	return -1;
}

bool stop_server(pid_t pid)
{
	kill(pid, SIGKILL);
	return reap(pid) == 128 + SIGKILL;
}

CLIENT *new_client(int box)
{
	return clnt_ipcmbox_create(box, ECHO, ECHO_1, 0);
}

void set_timeout(CLIENT *client, long ms)
{
	struct timeval time = {
		.tv_sec = ms / 1000,
		.tv_usec = ms % 1000 * 1000,
	};

	clnt_control(client, CLSET_TIMEOUT, (char *)&time);
}

struct rpc_err error_of(CLIENT *client)
{
	struct rpc_err error;

	memset(&error, 0xff, sizeof(error));
	clnt_geterr(client, &error);
	return error;
}

int count_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = -3; /* itself, and two that are no descriptors */

	if (!dir)
		return -1;
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

bool wait_files(int count)
{
	int i;

	for (i = 0; i < 1000 && count_files() != count; i++)
		nap(10);
	return count_files() == count;
}

bool wait_server_files(CLIENT *client, int count)
{
	int i, files = -1;

	for (i = 0; i < 1000 && files != count; i++) {
		if (i)
			nap(10);
		if (files_1(NULL, &files, client) != RPC_SUCCESS)
			return false;
	}
	return files == count;
}

void nap(long ms)
{
	const struct timespec time = {
		.tv_sec = ms / 1000,
		.tv_nsec = ms % 1000 * 1000000,
	};

	nanosleep(&time, NULL);
}

long cpu_time(pid_t pid)
{
	struct timespec time;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &time))
		return -1;
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

bool wait_calls(int box, uint64_t count)
{
	struct ipcmbox_info info;
	int i;

	for (i = 0; i < 2000; i++) {
		if (ipcmbox_info(box, 0, &info, sizeof(info)))
			return false;
		if (info.calls == count)
			return true;
		nap(5);
	}
	return false;
}

void fill(char *data, size_t len, unsigned int seed)
{
	size_t i;

	for (i = 0; i < len; i++)
		data[i] = (char)((i + seed) * 2654435761U >> 24);
}

bool is_filled(const char *data, size_t len, unsigned int seed)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (data[i] != (char)((i + seed) * 2654435761U >> 24))
			return false;
	return true;
}
