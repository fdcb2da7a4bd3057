// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests of who pays. See accounts.h.
 */
#include <sys/syscall.h>

#include "accounts.h"

const char *accounts_line(const char *path, const char *start)
{
	static char line[1024];
	FILE *file = fopen(path, "re");

	if (!file)
		return "no file";
	while (fgets(line, sizeof(line), file)) {
		if (!strncmp(line, start, strlen(start))) {
			fclose(file);
			return line;
		}
	}
	fclose(file);
	return "";
}

int64_t accounts_value(const char *line, const char *key)
{
	char wanted[64];
	const char *found;

	snprintf(wanted, sizeof(wanted), " %s=", key);
	found = strstr(line, wanted);
	return found ? atoll(found + strlen(wanted)) : -1;
}

/* He may have accounts in other namespaces: what these have counts for the first as well. */
int64_t accounts_used(uid_t uid, const char *key)
{
	FILE *file = fopen(ACCOUNTS_FILES "accounts", "re");
	char start[32], line[1024];
	int64_t most = 0;

	if (!file)
		return -1;
	snprintf(start, sizeof(start), "uid=%u ", uid);
	while (fgets(line, sizeof(line), file)) {
		int64_t used = accounts_value(line, key);

		if (!strncmp(line, start, strlen(start)) && used > most)
			most = used;
	}
	fclose(file);
	return most;
}

bool accounts_wait(uid_t uid, const char *key, int64_t low, int64_t high)
{
	uint64_t end = mbox_deadline(MBOX_WATCHDOG_MS);
	int64_t used;

	do {
		used = accounts_used(uid, key);
		if (used >= low && used <= high)
			return true;
		mbox_nap();
	} while (mbox_now() < end);
	fprintf(stderr, "# uid %u has %s=%lld, expected %lld to %lld\n", uid,
		key, (long long)used, (long long)low, (long long)high);
	return false;
}

/* A worker may have one for a moment. */
bool accounts_gone(const char *start)
{
	uint64_t end = mbox_deadline(MBOX_WATCHDOG_MS / 2);
	const char *line;

	while (*(line = accounts_line(ACCOUNTS_FILES "accounts", start))) {
		if (mbox_now() > end) {
			fprintf(stderr, "# is left: %s", line);
			return false;
		}
		mbox_nap();
	}
	return true;
}

/* The library's setresuid() would change all threads. */
int accounts_become(uid_t uid)
{
	return syscall(SYS_setresuid, -1, uid, -1) ? -errno : 0;
}

int accounts_create(uid_t uid, uint64_t capacity)
{
	int fd, ret = accounts_become(uid);

	if (ret)
		return ret;
	fd = mbox_create(capacity, O_RDWR);
	return accounts_become(0) ?: fd;
}

int accounts_send(uid_t uid, int fd, const void *data, size_t len)
{
	int ret = accounts_become(uid);

	ret = ret ?: mbox_send(fd, data, len, IPCMBOX_DONTWAIT);
	return accounts_become(0) ?: ret;
}

bool accounts_start(uid_t uid, struct mbox_op *op)
{
	bool fine = !accounts_become(uid) && !mbox_op_start(op);

	return !accounts_become(0) && fine;
}

bool accounts_can_send(int fd, int timeout)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLOUT };

	return poll(&poll_fd, 1, timeout) == 1 && poll_fd.revents == POLLOUT;
}
