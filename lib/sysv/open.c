// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How a queue is opened that the process has not open, and what its descriptor is. The program
 * knows nothing of that, so it has a high number, out of the way; and it may have been that
 * of another queue, if the program has closed it.
 */
#include <sys/resource.h>
#include <unistd.h>

#include "internal.h"

/* Descriptors begin here, or at three quarters of what the process may have. */
#define HIGH_FD 960

/* Is it a mailbox as sysv_create() makes one? */
bool sysv_is_queue(const struct ipcmbox_info *info)
{
	return info->attributes & IPCMBOX_SELECTIVE &&
	       info->order == IPCMBOX_FIFO && info->capacity &&
	       info->capacity != IPCMBOX_UNBOUNDED && info->max_bytes &&
	       info->region_size >= SYSV_REGION_SIZE;
}

/* As long as a call may come that is meant for another queue it comes to /dev/ipcmbox. */
static int take_number(int ctl, int from)
{
	int fd;

	while ((fd = fcntl(ctl, F_DUPFD_CLOEXEC, from)) >= 0 &&
	       !sysv_queues_vacate(fd)) {
		from = fd + 1;
		sysv_close(fd);
	}
	return fd;
}

/* Out of the way of those that the program opens, if there is room. */
static int move_high(int ctl, int fd)
{
	struct rlimit limit;
	int high, from = HIGH_FD;

	if (!getrlimit(RLIMIT_NOFILE, &limit) &&
	    limit.rlim_cur / 4 * 3 < HIGH_FD)
		from = (int)(limit.rlim_cur / 4 * 3);
	high = take_number(ctl, from);
	if (high < 0) {
		sysv_queues_vacate(fd);
		return fd;
	}
	dup3(fd, high, O_CLOEXEC);
	sysv_close(fd);
	return high;
}

/* Open a queue by its name with what rights there are; EACCES if there are none. */
int sysv_open_rights(int ctl, const char *name, int *rights)
{
	static const int kinds[] = { O_RDWR, O_RDONLY, O_WRONLY };
	size_t i;
	int fd = -1;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		*rights = kinds[i];
		fd = ipcmbox_open_named_at(ctl, name, 0, kinds[i]);
		if (fd >= 0 || errno != EACCES)
			break;
	}
	return fd;
}

/* Open what was found by an identifier, which may be gone by now: EINVAL. */
static int open_found(int ctl, const struct ipcmbox_entry *entry,
		      struct sysv_queue *queue)
{
	struct ipcmbox_info info;
	int fd, rights;

	fd = sysv_open_rights(ctl, entry->name, &rights);
	if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
		sysv_queues_sweep(true);
		fd = sysv_open_rights(ctl, entry->name, &rights);
	}
	if (fd < 0 && (errno == ENOENT || errno == EIDRM))
		return sysv_fail(EINVAL);
	if (fd < 0)
		return errno == EACCES ? -1 : sysv_fail(ENOMEM);
	if (ipcmbox_info(fd, 0, &info, sizeof(info)) ||
	    info.mailbox != entry->mailbox || !sysv_is_queue(&info)) {
		sysv_close(fd);
		return sysv_fail(EINVAL);
	}
	queue->fd = move_high(ctl, fd);
	queue->mailbox = info.mailbox;
	queue->uid = sysv_euid();
	queue->gid = sysv_egid();
	queue->readable = rights != O_WRONLY;
	queue->writable = rights != O_RDONLY;
	queue->facts = NULL;
	if (queue->readable)
		queue->facts = sysv_map(
			queue->fd,
			PROT_READ | (queue->writable ? PROT_WRITE : 0));
	return 0;
}

static struct sysv_queue *open_locked(int id)
{
	struct sysv_queue *queue = sysv_queue_find(id);
	struct ipcmbox_entry entry;
	int ctl;

	if (queue)
		return queue;
	sysv_queues_sweep_sometimes();
	ctl = sysv_open_device();
	if (ctl < 0)
		return NULL;
	queue = sysv_queue_claim();
	if (!queue)
		goto out;
	if (sysv_find_id(ctl, id, &entry) || open_found(ctl, &entry, queue)) {
		sysv_queue_give_back(queue);
		queue = NULL;
		goto out;
	}
	sysv_queue_publish(queue, id);
out:
	sysv_close(ctl);
	return queue;
}

static struct sysv_queue *open_queue(int id)
{
	struct sysv_queue *queue;
	struct sysv_guard guard;

	sysv_queues_lock(&guard);
	queue = open_locked(id);
	sysv_queues_unlock(&guard);
	return queue;
}

static bool permits(const struct sysv_queue *queue, int rights)
{
	return rights == O_RDONLY ? queue->readable : queue->writable;
}

/* Others may write what stands in the region, so it is a hint. */
static bool is_removed(const struct sysv_queue *queue)
{
	uint32_t state;

	return queue->facts && atomic_load(&queue->facts->removed) &&
	       (!sysv_queue_is_ours(queue, &state) ||
		state & IPCMBOX_STATE_DESTROYED);
}

/*
 * Can what is open not be used? It is removed, or its rights are those of another user; and
 * permissions that were not there before may be now.
 */
static bool is_outdated(const struct sysv_queue *queue, int rights)
{
	return is_removed(queue) || !permits(queue, rights) ||
	       queue->uid != sysv_euid() || queue->gid != sysv_egid();
}

/*
 * Get the queue of an identifier, for O_RDONLY or O_WRONLY, to be put. NULL with EINVAL if
 * there is none, EACCES, ENOMEM, ENOSYS.
 */
struct sysv_queue *sysv_queue_get(int id, int rights)
{
	struct sysv_queue *queue;

	if (id < 0) {
		errno = EINVAL;
		return NULL;
	}
	queue = sysv_queue_find(id);
	if (queue && is_outdated(queue, rights)) {
		sysv_queue_drop(queue);
		queue = NULL;
	}
	if (!queue)
		queue = open_queue(id);
	if (queue && !permits(queue, rights)) {
		sysv_queue_put(queue);
		errno = EACCES;
		queue = NULL;
	}
	return queue;
}
