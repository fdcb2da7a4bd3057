// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How large a queue may be: by the same settings as the kernel's own queues, where the
 * kernel has these.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

/* What CAP_SYS_RESOURCE does not exceed, as ipc_namespaces(7) and mq_overview(7) have it. */
#define HARD_MAXMSG	65536
#define HARD_MSGSIZE	(16 << 20)

/* What a message, and a priority in use, cost beside the bytes, by getrlimit(2). */
#define MESSAGE_COST	48
#define PRIORITY_COST	48
#define PRIORITIES	32768

static long read_setting(const char *path, long otherwise)
{
	char text[32];
	ssize_t len;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return otherwise;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0)
		return otherwise;
	text[len] = 0;
	return strtol(text, NULL, 10);
}

#define SETTING(name, otherwise) \
	read_setting("/proc/sys/fs/mqueue/" name, otherwise)

static long lesser(long a, long b)
{
	return a < b ? a : b;
}

static bool may_exceed(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data))
		return false;
	return data[CAP_TO_INDEX(CAP_SYS_RESOURCE)].effective &
	       CAP_TO_MASK(CAP_SYS_RESOURCE);
}

/* Of this queue alone: nobody counts those of a user together. */
static int check_rlimit(uint64_t maxmsg, uint64_t msgsize)
{
	uint64_t levels = maxmsg < PRIORITIES ? maxmsg : PRIORITIES;
	uint64_t cost =
		maxmsg * (msgsize + MESSAGE_COST) + levels * PRIORITY_COST;
	struct rlimit limit;

	if (!getrlimit(RLIMIT_MSGQUEUE, &limit) && cost > limit.rlim_cur)
		return queue_fail(EMFILE);
	return 0;
}

int queue_limit(const struct mq_attr *attr, struct mq_attr *allowed)
{
	long maxmsg = SETTING("msg_max", 10);
	long msgsize = SETTING("msgsize_max", 8192);

	if (attr) {
		*allowed = *attr;
	} else {
		allowed->mq_maxmsg = lesser(SETTING("msg_default", 10), maxmsg);
		allowed->mq_msgsize =
			lesser(SETTING("msgsize_default", 8192), msgsize);
	}
	if (may_exceed()) {
		maxmsg = HARD_MAXMSG;
		msgsize = HARD_MSGSIZE;
	}
	if (allowed->mq_maxmsg <= 0 || allowed->mq_maxmsg > maxmsg ||
	    allowed->mq_msgsize <= 0 || allowed->mq_msgsize > msgsize)
		return queue_fail(EINVAL);
	return check_rlimit((uint64_t)allowed->mq_maxmsg,
			    (uint64_t)allowed->mq_msgsize);
}
