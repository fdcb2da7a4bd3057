// SPDX-License-Identifier: GPL-2.0-only
/*
 * A receiver that stops in its copy. See stall.h.
 */
#include <linux/userfaultfd.h>
#include <sys/syscall.h>

#include "stall.h"

#define PAGE 4096

static bool stall_init_by(struct stall *stall, int fd, uint64_t features,
			  uint64_t mode)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	struct uffdio_register reg = { .range.len = PAGE, .mode = mode };

	stall->page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	stall->op = (struct mbox_op){
		.fd = fd,
		.kind = OP_RECV,
		.data = stall->page,
		.len = PAGE,
	};
	reg.range.start = (uintptr_t)stall->page;
	stall->uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	return stall->page != MAP_FAILED && stall->uffd >= 0 &&
	       !ioctl(stall->uffd, UFFDIO_API, &api) &&
	       !ioctl(stall->uffd, UFFDIO_REGISTER, &reg);
}

bool stall_init(struct stall *stall, int fd)
{
	return stall_init_by(stall, fd, 0, UFFDIO_REGISTER_MODE_MISSING);
}

bool stall_init_to_write(struct stall *stall, int fd)
{
	return stall_init_by(stall, fd, UFFD_FEATURE_PAGEFAULT_FLAG_WP,
			     UFFDIO_REGISTER_MODE_WP);
}

int stall_protect(struct stall *stall, bool on)
{
	struct uffdio_writeprotect protect = {
		.range = { (uintptr_t)stall->page, PAGE },
		.mode = on ? UFFDIO_WRITEPROTECT_MODE_WP : 0,
	};

	return ioctl(stall->uffd, UFFDIO_WRITEPROTECT, &protect);
}

bool stall_wait(const struct stall *stall)
{
	struct pollfd poll_fd = { .fd = stall->uffd, .events = POLLIN };

	return poll(&poll_fd, 1, MBOX_WATCHDOG_MS) == 1 &&
	       poll_fd.revents == POLLIN;
}

void stall_exit(struct stall *stall)
{
	if (stall->page)
		munmap(stall->page, PAGE);
	if (stall->uffd >= 0)
		close(stall->uffd);
}

int stall_end(struct stall *stall)
{
	struct uffdio_zeropage zero = {
		.range = { (uintptr_t)stall->page, PAGE },
	};

	return ioctl(stall->uffd, UFFDIO_ZEROPAGE, &zero);
}

int stall_fail(struct stall *stall)
{
	struct uffdio_range range = { (uintptr_t)stall->page, PAGE };

	if (mprotect(stall->page, PAGE, PROT_NONE))
		return -1;
	return ioctl(stall->uffd, UFFDIO_WAKE, &range);
}

bool stall_begin(struct stall *stall, struct mbox_op *send, uint32_t num)
{
	send->num = num;
	return mbox_op_park(&stall->op) && !mbox_op_start(send) &&
	       mbox_wait_transfer(stall->op.fd, 1);
}
