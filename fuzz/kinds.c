// SPDX-License-Identifier: GPL-2.0-only
/*
 * The calls that programs are made of: the ioctls of abi.def, and the system calls
 * that a mailbox knows.
 */
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/uio.h>
#include <unistd.h>
#include <linux/ipcmbox.h>

#include "execute.h"
#include "program.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define STRUCT(_struct) static const struct field _struct##_fields[] = {
#define FIELD(_struct, _member, _kind)                                         \
	{ #_member, KIND_##_kind, offsetof(struct ipcmbox_##_struct, _member), \
	  sizeof(((struct ipcmbox_##_struct *)0)->_member) },
#define END(_struct) \
	}            \
	;
#define IOCTL(_name, _on, _struct, _flags)
#include "abi.def"
#undef STRUCT
#undef FIELD
#undef END
#undef IOCTL

static int64_t run_read(int fd, const uint64_t *values)
{
	return read(fd, pointer_address(values[0]), values[1]);
}

static int64_t run_write(int fd, const uint64_t *values)
{
	return write(fd, pointer_address(values[0]), values[1]);
}

static int64_t run_readv(int fd, const uint64_t *values)
{
	return readv(fd, pointer_address(values[0]), values[1]);
}

static int64_t run_writev(int fd, const uint64_t *values)
{
	return writev(fd, pointer_address(values[0]), values[1]);
}

static int64_t run_poll(int fd, const uint64_t *values)
{
	struct pollfd poll_fd = { .fd = fd, .events = values[0] };

	return poll(&poll_fd, 1, values[1] % 8);
}

static int64_t run_epoll(int fd, const uint64_t *values)
{
	struct epoll_event event = { .events = values[0] };
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	int64_t ret;

	if (epoll < 0)
		return -1;
	ret = epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
	if (!ret)
		ret = epoll_wait(epoll, &event, 1, values[1] % 8);
	close(epoll);
	return ret;
}

/* Has the kernel write to the first byte where the length is odd: a fault is an errno. */
static int64_t run_mmap(int fd, const uint64_t *values)
{
	static const int protections[] = {
		PROT_NONE, PROT_READ, PROT_WRITE, PROT_READ | PROT_WRITE,
		PROT_EXEC,
	};
	int prot = protections[values[0] % COUNT(protections)];
	size_t length = values[1] % (1 << 22);
	int64_t ret;
	char *addr = mmap(NULL, length, prot,
			  values[2] % 2 ? MAP_PRIVATE : MAP_SHARED, fd,
			  values[2] / 2 * 4096);

	if (addr == MAP_FAILED)
		return -1;
	ret = length & 1 ? getrandom(addr, 1, GRND_NONBLOCK) : 0;
	if (values[2] & 4)
		munmap(addr, length);
	return ret;
}

static int64_t run_fcntl(int fd, const uint64_t *values)
{
	static const int flags[] = { 0, O_NONBLOCK, O_APPEND, O_ASYNC };

	return fcntl(fd, F_SETFL, flags[values[0] % COUNT(flags)]);
}

static int64_t run_lseek(int fd, const uint64_t *values)
{
	return lseek(fd, values[0], values[1] % 5);
}

static int64_t run_truncate(int fd, const uint64_t *values)
{
	return ftruncate(fd, values[0]);
}

/* fdinfo, which is read as text. */
static int64_t run_fdinfo(int fd, const uint64_t *values)
{
	char path[64];
	int info;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = open(path, O_RDONLY);
	if (info < 0)
		return -1;
	while (read(info, path, sizeof(path)) > 0)
		;
	return close(info);
}

static const struct field pointer_fields[] = {
	{ "data", KIND_POINTER },
	{ "len", KIND_LENGTH },
};

static const struct field poll_fields[] = {
	{ "events", KIND_SMALL },
	{ "ms", KIND_SMALL },
};

static const struct field number_fields[] = {
	{ "a", KIND_SMALL },
	{ "b", KIND_BYTES },
	{ "c", KIND_SMALL },
};

static const struct field slot_fields[] = {
	{ "to", KIND_SLOT },
};

#define SYSCALL(_name, _fields, _run)                      \
	{                                                  \
		.name = (_name), .fields = (_fields),      \
		.nr_fields = COUNT(_fields), .run = (_run) \
	}

const struct call_kind call_kinds[] = {
#define STRUCT(_struct)
#define FIELD(_struct, _member, _kind)
#define END(_struct)
#define ON_CONTROL true
#define ON_MAILBOX false
#define IOCTL(_name, _on, _struct, _flags)          \
	{ .name = #_name,                           \
	  .control = ON_##_on,                      \
	  .command = IPCMBOX_IOC_##_name,           \
	  .size = sizeof(struct ipcmbox_##_struct), \
	  .flags = (_flags),                        \
	  .fields = _struct##_fields,               \
	  .nr_fields = COUNT(_struct##_fields) },
#include "abi.def"
	SYSCALL("read", pointer_fields, run_read),
	SYSCALL("write", pointer_fields, run_write),
	SYSCALL("readv", pointer_fields, run_readv),
	SYSCALL("writev", pointer_fields, run_writev),
	SYSCALL("poll", poll_fields, run_poll),
	SYSCALL("epoll", poll_fields, run_epoll),
	SYSCALL("mmap", number_fields, run_mmap),
	SYSCALL("fcntl", number_fields, run_fcntl),
	SYSCALL("lseek", number_fields, run_lseek),
	SYSCALL("ftruncate", number_fields, run_truncate),
	SYSCALL("fdinfo", number_fields, run_fdinfo),
	/* These are about the slots, and execute.c does them. */
	SYSCALL("dup", slot_fields, NULL),
	SYSCALL("close", number_fields, NULL),
	SYSCALL("open", number_fields, NULL),
	SYSCALL("fork", number_fields, NULL),
	SYSCALL("kill", number_fields, NULL),
	SYSCALL("nap", number_fields, NULL),
};

const unsigned int nr_call_kinds = COUNT(call_kinds);
