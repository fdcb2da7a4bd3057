// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The queues that this process has open: found by any thread without a lock, opened and
 * closed under one.
 *
 * The program knows nothing of their descriptors. They have high numbers, out of its way; and
 * it may close them, as one does that becomes a daemon. So whenever a call says that a
 * descriptor is not what it was, all are looked at again, and those that are lost are opened
 * anew.
 */
#include <pthread.h>
#include <sys/resource.h>

#include "internal.h"

#define SYSV_VACANT (-1)
#define SYSV_BUSY (-2)

#define QUEUES 255
#define HINTS 64

/* Of more open queues than that, those are looked for that somebody has removed. */
#define SWEEP_AT 32

/* Descriptors begin here, or at three quarters of what the process may have. */
#define HIGH_FD 960

/**
 * struct chunk - room for queues, never given back
 * @next: more of it, or NULL
 * @queues: the queues
 */
struct chunk {
	struct chunk *_Atomic next;
	struct sysv_queue queues[QUEUES];
};

static struct chunk *_Atomic chunks;
/* Where the queue of an identifier was last; it may be another one by now. */
static struct sysv_queue *_Atomic hints[HINTS];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* Under the lock: how many were opened since the last sweep or left by it; when to sweep. */
static unsigned int nr_open, sweep_at = SWEEP_AT;

static void lock_before_fork(void)
{
	pthread_mutex_lock(&lock);
}

static void unlock_after_fork(void)
{
	pthread_mutex_unlock(&lock);
}

__attribute__((constructor)) static void prepare_forks(void)
{
	pthread_atfork(lock_before_fork, unlock_after_fork, unlock_after_fork);
}

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

/* Is it a mailbox as sysv_create() makes one? */
bool sysv_is_queue(const struct ipcmbox_info *info)
{
	return info->attributes & IPCMBOX_SELECTIVE &&
	       info->order == IPCMBOX_FIFO && info->capacity &&
	       info->capacity != IPCMBOX_UNBOUNDED && info->max_bytes &&
	       info->region_size >= SYSV_REGION_SIZE;
}

static bool is_ours(const struct sysv_queue *queue, uint32_t *state)
{
	struct ipcmbox_info info;

	if (ipcmbox_info(queue->fd, 0, &info, sizeof(info)) ||
	    info.mailbox != queue->mailbox)
		return false;
	*state = info.state;
	return true;
}

static bool hold(struct sysv_queue *queue)
{
	int users = atomic_load(&queue->users);

	while (users >= 0)
		if (atomic_compare_exchange_weak(&queue->users, &users,
						 users + 1))
			return true;
	return false;
}

/* Close one that nobody uses; with the lock held, or where it does not matter. */
static void close_queue(struct sysv_queue *queue)
{
	int nobody = 0, error = errno;
	uint32_t state;

	if (!atomic_compare_exchange_strong(&queue->users, &nobody, SYSV_BUSY))
		return;
	/* The program may have closed it and use the number for something else. */
	if (is_ours(queue, &state))
		sysv_close(queue->fd);
	sysv_unmap(queue->facts);
	atomic_store(&queue->users, SYSV_VACANT);
	errno = error;
}

/* Keeps errno. */
void sysv_queue_put(struct sysv_queue *queue)
{
	if (atomic_fetch_sub(&queue->users, 1) == 1 &&
	    atomic_load(&queue->stale))
		close_queue(queue);
}

/* Put a queue that must not be found again. */
void sysv_queue_drop(struct sysv_queue *queue)
{
	atomic_store(&queue->stale, true);
	sysv_queue_put(queue);
}

static void look_again(struct sysv_queue *queue, bool close_idle)
{
	uint32_t state = 0;

	if (!hold(queue))
		return;
	if (close_idle || !is_ours(queue, &state) ||
	    state & IPCMBOX_STATE_DESTROYED)
		atomic_store(&queue->stale, true);
	else
		nr_open++;
	sysv_queue_put(queue);
}

/* Forget those that are closed, or removed; or all that nobody is just using. */
static void sweep(bool close_idle)
{
	struct chunk *chunk;
	int i;

	nr_open = 0;
	for (chunk = atomic_load(&chunks); chunk;
	     chunk = atomic_load(&chunk->next))
		for (i = 0; i < QUEUES; i++)
			look_again(&chunk->queues[i], close_idle);
	sweep_at = nr_open < SWEEP_AT / 2 ? SWEEP_AT : 2 * nr_open;
}

/* After a call that a descriptor is not for: is it another one by now? */
bool sysv_queue_is_lost(struct sysv_queue *queue)
{
	struct sysv_guard guard;
	int error = errno;
	uint32_t state;

	if (is_ours(queue, &state)) {
		errno = error;
		return false;
	}
	sysv_guard_enter(&guard);
	pthread_mutex_lock(&lock);
	atomic_store(&queue->stale, true);
	sweep(false);
	pthread_mutex_unlock(&lock);
	sysv_guard_leave(&guard);
	errno = error;
	return true;
}

static struct sysv_queue *hold_if(struct sysv_queue *queue, int id)
{
	if (!queue || atomic_load(&queue->id) != id || !hold(queue))
		return NULL;
	if (atomic_load(&queue->id) == id && !atomic_load(&queue->stale))
		return queue;
	sysv_queue_put(queue);
	return NULL;
}

static struct sysv_queue *find(int id)
{
	struct sysv_queue *queue;
	struct chunk *chunk;
	int i;

	queue = hold_if(atomic_load(&hints[id % HINTS]), id);
	if (queue)
		return queue;
	for (chunk = atomic_load(&chunks); chunk;
	     chunk = atomic_load(&chunk->next)) {
		for (i = 0; i < QUEUES; i++) {
			queue = hold_if(&chunk->queues[i], id);
			if (!queue)
				continue;
			atomic_store(&hints[id % HINTS], queue);
			return queue;
		}
	}
	return NULL;
}

/* A place for a queue, claimed; the lock is held. */
static struct sysv_queue *claim(void)
{
	struct chunk *chunk, *last = NULL;
	int i, vacant;

	for (chunk = atomic_load(&chunks); chunk;
	     chunk = atomic_load(&chunk->next)) {
		for (i = 0; i < QUEUES; i++) {
			vacant = SYSV_VACANT;
			if (atomic_compare_exchange_strong(
				    &chunk->queues[i].users, &vacant,
				    SYSV_BUSY))
				return &chunk->queues[i];
		}
		last = chunk;
	}
	chunk = mmap(NULL, sizeof(*chunk), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (chunk == MAP_FAILED)
		return NULL;
	for (i = 0; i < QUEUES; i++)
		chunk->queues[i].users = i ? SYSV_VACANT : SYSV_BUSY;
	atomic_store(last ? &last->next : &chunks, chunk);
	return &chunk->queues[0];
}

/* Out of the way of those that the program opens, if there is room. */
static int move_high(int fd)
{
	struct rlimit limit;
	int high, from = HIGH_FD;

	if (!getrlimit(RLIMIT_NOFILE, &limit) &&
	    limit.rlim_cur / 4 * 3 < HIGH_FD)
		from = (int)(limit.rlim_cur / 4 * 3);
	high = fcntl(fd, F_DUPFD_CLOEXEC, from);
	if (high < 0)
		return fd;
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
		sweep(true);
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
	queue->fd = move_high(fd);
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
	struct sysv_queue *queue = find(id);
	struct ipcmbox_entry entry;
	int ctl;

	if (queue)
		return queue;
	if (nr_open >= sweep_at)
		sweep(false);
	ctl = sysv_open_device();
	if (ctl < 0)
		return NULL;
	queue = claim();
	if (!queue)
		goto out;
	if (sysv_find_id(ctl, id, &entry) || open_found(ctl, &entry, queue)) {
		atomic_store(&queue->users, SYSV_VACANT);
		queue = NULL;
		goto out;
	}
	nr_open++;
	atomic_store(&queue->id, id);
	atomic_store(&queue->stale, false);
	atomic_store(&queue->users, 1);
	atomic_store(&hints[id % HINTS], queue);
out:
	sysv_close(ctl);
	return queue;
}

static struct sysv_queue *open_queue(int id)
{
	struct sysv_queue *queue;
	struct sysv_guard guard;

	sysv_guard_enter(&guard);
	pthread_mutex_lock(&lock);
	queue = open_locked(id);
	pthread_mutex_unlock(&lock);
	sysv_guard_leave(&guard);
	return queue;
}

static bool permits(const struct sysv_queue *queue, int rights)
{
	return rights == O_RDONLY ? queue->readable : queue->writable;
}

/*
 * Can what is open not be used? It is removed, or its rights are those of another user; and
 * permissions that were not there before may be now.
 */
static bool is_outdated(const struct sysv_queue *queue, int rights)
{
	return (queue->facts && atomic_load(&queue->facts->removed)) ||
	       !permits(queue, rights) || queue->uid != sysv_euid() ||
	       queue->gid != sysv_egid();
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
	queue = find(id);
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
