// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests of files in flight. See flight.h.
 */
#include <sys/syscall.h>

#include "flight.h"

bool flight_become(uid_t uid)
{
	return !setresgid(uid, uid, uid) && !setresuid(uid, uid, uid);
}

bool flight_act_as(uid_t uid)
{
	return !syscall(SYS_setresuid, -1, 0, -1) &&
	       !syscall(SYS_setresuid, -1, uid, -1);
}

int flight_post(int fd, int file, uint32_t count, uint64_t deadline,
		struct ipcmbox_send *send)
{
	int files[IPCMBOX_FDS_MAX];
	uint32_t i;

	for (i = 0; i < count; i++)
		files[i] = file;
	*send = (struct ipcmbox_send){
		.size = sizeof(*send),
		.data = (uintptr_t)&file,
		.len = sizeof(file),
		.deadline = deadline,
		.fds = (uintptr_t)files,
		.nr_fds = count,
	};
	return mbox_ioctl(fd, IPCMBOX_IOC_SEND, send);
}

int flight_post_one(int fd, int file)
{
	struct ipcmbox_send send;

	return flight_post(fd, file, 1, 0, &send);
}

int flight_fetch(int fd, uint32_t room)
{
	int files[IPCMBOX_FDS_MAX], num;
	struct ipcmbox_recv recv = {
		.size = sizeof(recv),
		.flags = IPCMBOX_DONTWAIT,
		.data = (uintptr_t)&num,
		.len = sizeof(num),
		.fds = (uintptr_t)files,
		.nr_fds = room,
	};
	int ret = mbox_ioctl(fd, IPCMBOX_IOC_RECV, &recv);
	uint32_t i;

	for (i = 0; !ret && i < room && i < recv.msg_fds; i++)
		close(files[i]);
	return ret ?: (int)recv.msg_fds;
}

int flight_fill(int fd, int file)
{
	int count = 0, ret;

	while (!(ret = flight_post_one(fd, file)))
		count++;
	return ret == -ETOOMANYREFS ? count : ret;
}

int flight_room(int file)
{
	int fd = mbox_create(IPCMBOX_UNBOUNDED, O_RDWR);
	int count = fd < 0 ? fd : flight_fill(fd, file);

	close(fd);
	return count;
}
