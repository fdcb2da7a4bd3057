// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What stands in the region of a queue: who has sent and received last, and what else a
 * mailbox does not know of itself. Whoever may both send and receive can write anything there.
 * So it is told, but nothing is done because of it alone; and what nobody can have written
 * honestly does not stay.
 */
#include <unistd.h>

#include "internal.h"

#define PID_MASK ((1U << SYSV_PID_BITS) - 1)

struct sysv_facts *sysv_map(int fd, int protection)
{
	void *facts;

	facts = mmap(NULL, SYSV_REGION_SIZE, protection, MAP_SHARED, fd, 0);
	return facts == MAP_FAILED ? NULL : facts;
}

/* Keeps errno. */
void sysv_unmap(struct sysv_facts *facts)
{
	int error = errno;

	if (facts)
		munmap(facts, SYSV_REGION_SIZE);
	errno = error;
}

/* Which of two messages is the later one, each with its sender. */
static bool is_later(uint64_t a, uint64_t b)
{
	return (int64_t)(a - b) > 0;
}

/* There was no such message yet. */
static bool is_forged(const struct sysv_queue *queue, uint64_t noted)
{
	struct ipcmbox_info info;

	return !ipcmbox_info(queue->fd, 0, &info, sizeof(info)) &&
	       is_later(noted, info.sent << SYSV_PID_BITS | PID_MASK);
}

/* Note who sent a message, unless a later one is noted; the receiver of one does so too. */
void sysv_note_sender(struct sysv_queue *queue, uint64_t message, pid_t pid)
{
	uint64_t mine = message << SYSV_PID_BITS | (uint64_t)pid, last;

	if (!queue->facts || !queue->writable || !queue->readable || pid <= 0)
		return;
	last = atomic_load(&queue->facts->sender);
	while (!last || is_later(mine, last) ||
	       (last != mine && is_forged(queue, last)))
		if (atomic_compare_exchange_weak(&queue->facts->sender, &last,
						 mine))
			break;
}

void sysv_note_receipt(struct sysv_queue *queue,
		       const struct ipcmbox_delivery *delivery)
{
	if (!queue->facts || !queue->writable)
		return;
	sysv_note_sender(queue, delivery->id, delivery->pid);
	atomic_store(&queue->facts->receiver, (uint32_t)getpid());
}

void sysv_tell_facts(const struct sysv_facts *facts, struct msqid_ds *ds)
{
	uint64_t group = atomic_load(&facts->creator_group);
	int64_t changed = atomic_load(&facts->changed);

	if (group)
		ds->msg_perm.cgid = (gid_t)(group - 1);
	if (changed)
		ds->msg_ctime = changed;
	ds->msg_lspid = (pid_t)(atomic_load(&facts->sender) & PID_MASK);
	ds->msg_lrpid = (pid_t)atomic_load(&facts->receiver);
}
