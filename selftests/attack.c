// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the attacks share. See attack.h.
 */
#include <sys/prctl.h>

#include "attack.h"

void *attack_share(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		perror("mmap");
		abort();
	}
	return memory;
}

void attack_expect(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "# uid %u expects: %s (%s)\n", getuid(), what,
		strerror(errno));
	_exit(1);
}

pid_t attack_start(uid_t uid, void (*run)(void *arg), void *arg)
{
	pid_t parent = getpid();
	pid_t pid = fork();

	if (pid)
		return pid;
	EXPECT_THAT(!setresgid(uid, uid, uid));
	EXPECT_THAT(!setresuid(uid, uid, uid));
	/* Which a change of the user would undo. */
	EXPECT_THAT(!prctl(PR_SET_PDEATHSIG, SIGKILL));
	EXPECT_THAT(getppid() == parent);
	run(arg);
	_exit(0);
}

bool attack_stop(pid_t pid)
{
	siginfo_t info = {};
	int status;
	bool lived;

	/* To kill -1 would be to kill everybody. */
	if (pid <= 0)
		return false;
	lived = !waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) &&
		!info.si_pid;
	kill(pid, SIGKILL);
	return waitpid(pid, &status, 0) == pid && lived &&
	       WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

int attack_mailbox(struct ipcmbox_create *create)
{
	int fd;

	/* It is the effective user who pays. */
	if (setresuid(0, ATTACKER, 0))
		return -errno;
	fd = mbox_create_as(create);
	return setresuid(0, 0, 0) ? -errno : fd;
}

bool attack_run(uid_t uid, void (*run)(void *arg), void *arg)
{
	pid_t pid = attack_start(uid, run, arg);
	int status;

	return pid > 0 && waitpid(pid, &status, 0) == pid &&
	       WIFEXITED(status) && !WEXITSTATUS(status);
}

static void go_on(void *unused)
{
	int fd = mbox_create(4, O_RDWR);
	uint32_t i;

	EXPECT_THAT(fd >= 0);
	for (i = 0; i < 100; i++) {
		EXPECT_THAT(!mbox_send_num(fd, i, 0));
		EXPECT_THAT(mbox_recv_num(fd, 0) == i);
	}
	EXPECT_THAT(mbox_is_calm(fd));
}

bool attack_others_go_on(void)
{
	return attack_run(BYSTANDER, go_on, NULL);
}

/* Whether root sees that a user is charged for something. */
static bool is_charged(uid_t uid)
{
	FILE *file = fopen("/sys/kernel/debug/ipcmbox/accounts", "re");
	char start[32], line[512];
	bool found = false;

	if (!file)
		return true;
	snprintf(start, sizeof(start), "uid=%u ", uid);
	while (!found && fgets(line, sizeof(line), file))
		found = !strncmp(line, start, strlen(start));
	fclose(file);
	return found;
}

/* Who was killed may take a moment to be gone. */
bool attack_is_over(void)
{
	uint64_t end = mbox_deadline(MBOX_WATCHDOG_MS);

	do {
		if (!is_charged(ATTACKER))
			return true;
		mbox_nap();
	} while (mbox_now() < end);
	return false;
}
