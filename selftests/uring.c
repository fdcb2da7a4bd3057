// SPDX-License-Identifier: GPL-2.0-only
/*
 * io_uring by its system calls. See uring.h; the layout of the rings is that of
 * io_uring_setup(2).
 */
#include <sys/syscall.h>

#include "ipcmbox_util.h"
#include "uring.h"

#define ENTRIES 8

static uint32_t *ring_word(const struct uring *uring, uint32_t offset)
{
	return (uint32_t *)(uring->ring + offset);
}

static size_t ring_size(const struct uring *uring)
{
	size_t sq = uring->params.sq_off.array +
		    uring->params.sq_entries * sizeof(uint32_t);
	size_t cq = uring->params.cq_off.cqes +
		    uring->params.cq_entries * sizeof(struct io_uring_cqe);

	return sq > cq ? sq : cq;
}

bool uring_init(struct uring *uring)
{
	memset(uring, 0, sizeof(*uring));
	uring->fd = syscall(SYS_io_uring_setup, ENTRIES, &uring->params);
	if (uring->fd < 0)
		return false;
	uring->ring = mmap(NULL, ring_size(uring), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_POPULATE, uring->fd,
			   IORING_OFF_SQ_RING);
	uring->sqes = mmap(NULL, ENTRIES * sizeof(*uring->sqes),
			   PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
			   uring->fd, IORING_OFF_SQES);
	return uring->ring != MAP_FAILED && uring->sqes != MAP_FAILED;
}

void uring_exit(struct uring *uring)
{
	munmap(uring->ring, ring_size(uring));
	munmap(uring->sqes, ENTRIES * sizeof(*uring->sqes));
	close(uring->fd);
}

int uring_submit(struct uring *uring, const struct io_uring_sqe *sqe)
{
	uint32_t *tail = ring_word(uring, uring->params.sq_off.tail);
	uint32_t mask = *ring_word(uring, uring->params.sq_off.ring_mask);
	uint32_t *array = ring_word(uring, uring->params.sq_off.array);
	uint32_t index = *tail & mask;
	int ret;

	uring->sqes[index] = *sqe;
	array[index] = index;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	ret = syscall(SYS_io_uring_enter, uring->fd, 1, 0, 0, NULL, 0);
	return ret == 1 ? 0 : ret < 0 ? -errno : -EIO;
}

int uring_peek(struct uring *uring, uint64_t user_data)
{
	uint32_t *head = ring_word(uring, uring->params.cq_off.head);
	uint32_t *tail = ring_word(uring, uring->params.cq_off.tail);
	uint32_t mask = *ring_word(uring, uring->params.cq_off.ring_mask);
	struct io_uring_cqe *cqes =
		(void *)(uring->ring + uring->params.cq_off.cqes);
	int ret = -EAGAIN;

	/* Have it run what is pending for this task. */
	syscall(SYS_io_uring_enter, uring->fd, 0, 0, IORING_ENTER_GETEVENTS,
		NULL, 0);
	if (*head == __atomic_load_n(tail, __ATOMIC_ACQUIRE))
		return -EAGAIN;
	if (cqes[*head & mask].user_data == user_data)
		ret = cqes[*head & mask].res;
	else
		ret = -EIO;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return ret;
}

int uring_wait(struct uring *uring, uint64_t user_data)
{
	uint64_t end = mbox_deadline(MBOX_WATCHDOG_MS);
	int ret;

	/* A read that finds nothing is retried, and never says EAGAIN. */
	while ((ret = uring_peek(uring, user_data)) == -EAGAIN) {
		if (mbox_now() > end)
			return -ETIME;
		mbox_nap();
	}
	return ret;
}
