// SPDX-License-Identifier: GPL-2.0-only
/*
 * The calls that programs are made of: the ioctls of abi.def, and the system calls
 * that a mailbox knows.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/uio.h>
#include <unistd.h>
#include <linux/ipcmbox.h>

#include "files.h"
#include "memory.h"
#include "program.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define STRUCT(_struct) static const struct field _struct##_fields[] = {
#define FIELD(_struct, _member, _kind)                                         \
	{ #_member, KIND_##_kind, offsetof(struct ipcmbox_##_struct, _member), \
	  sizeof(((struct ipcmbox_##_struct *)0)->_member) },
#define END(_struct)                                          \
	}                                                     \
	;                                                     \
	_Static_assert(COUNT(_struct##_fields) <= FIELDS_MAX, \
		       "FIELDS_MAX is too small for " #_struct);
#define IOCTL(_name, _on, _struct, _flags)
#include "abi.def"
#undef STRUCT
#undef FIELD
#undef END
#undef IOCTL

static int64_t run_read(int fd, unsigned int task, const uint64_t *values)
{
	return read(fd, pointer_address(values[0]), values[1]);
}

static int64_t run_write(int fd, unsigned int task, const uint64_t *values)
{
	return write(fd, pointer_address(values[0]), values[1]);
}

static int64_t run_readv(int fd, unsigned int task, const uint64_t *values)
{
	return readv(fd, pointer_address(values[0]), values[1]);
}

static int64_t run_writev(int fd, unsigned int task, const uint64_t *values)
{
	return writev(fd, pointer_address(values[0]), values[1]);
}

/* At an offset, which is -1 for none. */
static int64_t run_preadv2(int fd, unsigned int task, const uint64_t *values)
{
	return preadv2(fd, pointer_address(values[0]), values[1],
		       (off_t)values[2] - 1, values[3]);
}

static int64_t run_pwritev2(int fd, unsigned int task, const uint64_t *values)
{
	return pwritev2(fd, pointer_address(values[0]), values[1],
			(off_t)values[2] - 1, values[3]);
}

static int64_t run_poll(int fd, unsigned int task, const uint64_t *values)
{
	struct pollfd *poll_fd = memory_scratch(task);

	*poll_fd = (struct pollfd){ .fd = fd, .events = values[0] };
	return poll(poll_fd, 1, values[1] % 8);
}

static int64_t run_epoll(int fd, unsigned int task, const uint64_t *values)
{
	struct epoll_event *event = memory_scratch(task);
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	int64_t ret;

	if (epoll < 0)
		return -1;
	*event = (struct epoll_event){ .events = values[0] };
	ret = epoll_ctl(epoll, EPOLL_CTL_ADD, fd, event);
	if (!ret)
		ret = epoll_wait(epoll, event, 1, values[1] % 8);
	close(epoll);
	return ret;
}

/* Has the kernel write to the first byte where the length is odd: a fault is an errno. */
static int64_t run_mmap(int fd, unsigned int task, const uint64_t *values)
{
	static const int protections[] = {
		PROT_NONE, PROT_READ, PROT_WRITE, PROT_READ | PROT_WRITE,
		PROT_EXEC,
	};
	int prot = protections[values[0] % COUNT(protections)];
	size_t length = values[1] % (1 << 22);
	void *site = memory_site(length);
	int64_t ret;
	char *addr;

	if (!site)
		return -1;
	addr = mmap(site, length, prot,
		    MAP_FIXED | (values[2] % 2 ? MAP_PRIVATE : MAP_SHARED), fd,
		    values[2] / 2 * PAGE);
	if (addr == MAP_FAILED)
		return -1;
	ret = length & 1 ? getrandom(addr, 1, GRND_NONBLOCK) : 0;
	if (values[2] & 4)
		munmap(addr, length);
	return ret;
}

static int64_t run_fcntl(int fd, unsigned int task, const uint64_t *values)
{
	static const int flags[] = { 0, O_NONBLOCK, O_APPEND, O_ASYNC };

	switch (values[0] % 8) {
	case 4:
		return fcntl(fd, F_SETOWN, getpid());
	case 5:
		return fcntl(fd, F_SETSIG, values[2] % 2 ? SIGIO : 0);
	case 6:
		return fcntl(fd, F_GETFL);
	case 7:
		return fcntl(fd, F_SETFD, values[2] % 2);
	default:
		return fcntl(fd, F_SETFL, flags[values[0] % 4]);
	}
}

static int64_t run_lseek(int fd, unsigned int task, const uint64_t *values)
{
	return lseek(fd, values[0], values[1] % 5);
}

static int64_t run_truncate(int fd, unsigned int task, const uint64_t *values)
{
	return ftruncate(fd, values[0]);
}

/* fdinfo, which is read as text. */
static int64_t run_fdinfo(int fd, unsigned int task, const uint64_t *values)
{
	char path[64];
	int info;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = open(path, O_RDONLY | O_CLOEXEC);
	if (info < 0)
		return -1;
	while (read(info, memory_scratch(task), PAGE) > 0)
		;
	return close(info);
}

/* An ioctl of any number, but none of those that the table has. */
static int64_t run_raw(int fd, unsigned int task, const uint64_t *values)
{
	unsigned long command = _IOC(values[2] % 4, values[0] % 256,
				     values[1] % 256, values[3] % (1 << 14));
	unsigned int i;

	for (i = 0; i < nr_call_kinds; i++)
		if (call_kinds[i].command == command)
			command = _IOC(_IOC_WRITE, IPCMBOX_IOC_MAGIC,
				       values[1] % 256, 0);
	return ioctl(fd, command, pointer_address(values[4]));
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

static const struct field at_fields[] = {
	{ "data", KIND_POINTER },
	{ "len", KIND_LENGTH },
	{ "at", KIND_OUT },
	{ "rwf", KIND_RWF },
};

static const struct field raw_fields[] = {
	{ "type", KIND_MAGIC },	  { "nr", KIND_NUMBER },    { "dir", KIND_OUT },
	{ "bytes", KIND_LENGTH }, { "data", KIND_POINTER },
};

static const struct field file_fields[] = {
	{ "world", KIND_SMALL },
	{ "name", KIND_NAME },
	{ "flags", KIND_OPEN_FLAGS },
};

static const struct field mode_fields[] = {
	{ "world", KIND_SMALL },
	{ "name", KIND_NAME },
	{ "mode", KIND_MODE },
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
	SYSCALL("preadv2", at_fields, run_preadv2),
	SYSCALL("pwritev2", at_fields, run_pwritev2),
	SYSCALL("poll", poll_fields, run_poll),
	SYSCALL("epoll", poll_fields, run_epoll),
	SYSCALL("mmap", number_fields, run_mmap),
	SYSCALL("fcntl", number_fields, run_fcntl),
	SYSCALL("lseek", number_fields, run_lseek),
	SYSCALL("ftruncate", number_fields, run_truncate),
	SYSCALL("fdinfo", number_fields, run_fdinfo),
	SYSCALL("raw", raw_fields, run_raw),
	/* Of files, whatever the descriptor. */
	SYSCALL("stat", mode_fields, files_stat),
	SYSCALL("unlink", mode_fields, files_unlink),
	SYSCALL("chmod", mode_fields, files_chmod),
	SYSCALL("utimes", mode_fields, files_utimes),
	SYSCALL("rename", mode_fields, files_rename),
	SYSCALL("readdir", number_fields, files_readdir),
	SYSCALL("mount", number_fields, files_mount),
	SYSCALL("umount", number_fields, files_umount),
	/* These are about the slots, and slots.c does them. */
	SYSCALL("dup", slot_fields, NULL),
	SYSCALL("close", number_fields, NULL),
	SYSCALL("open", number_fields, NULL),
	SYSCALL("file", file_fields, NULL),
	SYSCALL("world", number_fields, NULL),
	/* And these are about tasks, and play.c does them. */
	SYSCALL("fork", number_fields, NULL),
	SYSCALL("kill", number_fields, NULL),
	SYSCALL("signal", number_fields, NULL),
	SYSCALL("nap", number_fields, NULL),
};

const unsigned int nr_call_kinds = COUNT(call_kinds);
