// SPDX-License-Identifier: GPL-2.0-only
/* What tests of broadcasts share. See cast.h. */
#include "cast.h"

int cast_hub_with(uint32_t flags)
{
	struct ipcmbox_create create = {
		.size = sizeof(create),
		.flags = IPCMBOX_BROADCAST | flags,
		.open_flags = O_RDWR,
	};

	return mbox_create_as(&create);
}

int cast_hub(void)
{
	return cast_hub_with(0);
}

int cast_subscribe(int hub, uint64_t capacity, uint32_t slow)
{
	struct ipcmbox_subscribe arg = {
		.size = sizeof(arg),
		.capacity = capacity,
		.slow = slow,
	};

	return mbox_ioctl(hub, IPCMBOX_IOC_SUBSCRIBE, &arg) ?: arg.fd;
}

int cast_post(int hub, uint32_t num, uint32_t flags, uint64_t deadline)
{
	struct ipcmbox_send send = {
		.size = sizeof(send),
		.flags = flags,
		.data = (uintptr_t)&num,
		.len = sizeof(num),
		.deadline = deadline,
	};

	return mbox_ioctl(hub, IPCMBOX_IOC_SEND, &send) ?: (int)send.reached;
}

int64_t cast_get(int fd, uint64_t *lag)
{
	uint32_t num = 0;
	struct ipcmbox_recv recv = {
		.size = sizeof(recv),
		.flags = IPCMBOX_DONTWAIT,
		.data = (uintptr_t)&num,
		.len = sizeof(num),
	};
	int ret = mbox_ioctl(fd, IPCMBOX_IOC_RECV, &recv);

	*lag = recv.lag;
	return ret ?: (int64_t)num;
}
