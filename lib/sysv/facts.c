// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What stands in the region of a queue: who has sent and received last, and what else a
 * mailbox does not know of itself.
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

/* Note who sent a message, unless a later one is noted; the receiver of one does so too. */
void sysv_note_sender(struct sysv_queue *queue, uint64_t message, pid_t pid)
{
	uint64_t mine = message << SYSV_PID_BITS | (uint64_t)pid, last;

	if (!queue->facts || !queue->writable || !queue->readable || pid <= 0)
		return;
	last = atomic_load(&queue->facts->sender);
	while (!last || (int64_t)(mine - last) > 0)
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
