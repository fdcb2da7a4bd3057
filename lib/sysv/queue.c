// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The queues that this process has open: found by any thread without a lock, opened and
 * closed under one.
 *
 * The program knows nothing of their descriptors, see open.c, and may close them, as one does
 * that becomes a daemon. So whenever a call says that a descriptor is not what it was, all are
 * looked at again, and those that are lost are opened anew.
 */
#include <pthread.h>

#include "internal.h"

#define SYSV_VACANT (-1)
#define SYSV_BUSY (-2)

#define QUEUES 255
#define HINTS 64

/* Of more open queues than that, those are looked for that somebody has removed. */
#define SWEEP_AT 32

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

/* How many uses this thread is in: it may fork in a handler that interrupts one. */
static _Thread_local volatile unsigned int nr_mine;

void sysv_queues_lock(struct sysv_guard *guard)
{
	sysv_guard_enter(guard);
	pthread_mutex_lock(&lock);
}

/* Keeps errno. */
void sysv_queues_unlock(const struct sysv_guard *guard)
{
	pthread_mutex_unlock(&lock);
	sysv_guard_leave(guard);
}

/* Is its descriptor still that of its mailbox, and in which state is that? */
bool sysv_queue_is_ours(const struct sysv_queue *queue, uint32_t *state)
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

	nr_mine++;
	while (users >= 0)
		if (atomic_compare_exchange_weak(&queue->users, &users,
						 users + 1))
			return true;
	nr_mine--;
	return false;
}

/* Close one that nobody uses; with the lock held, or where it does not matter. */
static void close_queue(struct sysv_queue *queue)
{
	int nobody = 0, error = errno;
	struct sysv_facts *facts;
	uint32_t state;

	if (!atomic_compare_exchange_strong(&queue->users, &nobody, SYSV_BUSY))
		return;
	/* The program may have closed it and use the number for something else. */
	if (!atomic_load(&queue->lost) && sysv_queue_is_ours(queue, &state))
		sysv_close(queue->fd);
	/* A child that is forked meanwhile does so once more. */
	facts = queue->facts;
	queue->facts = NULL;
	sysv_unmap(facts);
	atomic_store(&queue->users, SYSV_VACANT);
	errno = error;
}

/* Keeps errno. */
void sysv_queue_put(struct sysv_queue *queue)
{
	if (atomic_fetch_sub(&queue->users, 1) == 1 &&
	    atomic_load(&queue->stale))
		close_queue(queue);
	nr_mine--;
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
	if (close_idle || !sysv_queue_is_ours(queue, &state) ||
	    state & IPCMBOX_STATE_DESTROYED)
		atomic_store(&queue->stale, true);
	else
		nr_open++;
	sysv_queue_put(queue);
}

/* Forget those that are closed, or removed; or all that nobody is just using. */
void sysv_queues_sweep(bool close_idle)
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

/* Now and then, to keep those from piling up that others have removed. */
void sysv_queues_sweep_sometimes(void)
{
	if (nr_open >= sweep_at)
		sysv_queues_sweep(false);
}

/* After a call that a descriptor is not for: is it another one by now? */
bool sysv_queue_is_lost(struct sysv_queue *queue)
{
	struct sysv_guard guard;
	int error = errno;
	uint32_t state;

	if (sysv_queue_is_ours(queue, &state)) {
		errno = error;
		return false;
	}
	sysv_queues_lock(&guard);
	atomic_store(&queue->stale, true);
	sysv_queues_sweep(false);
	sysv_queues_unlock(&guard);
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

/* Get one that is open, to be put; or NULL. */
struct sysv_queue *sysv_queue_find(int id)
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

/* This process has removed it. */
void sysv_queue_forget(int id)
{
	struct sysv_queue *queue = sysv_queue_find(id);

	if (queue)
		sysv_queue_drop(queue);
}

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

/* A place for a queue, to be published or given back; NULL with ENOMEM. */
struct sysv_queue *sysv_queue_claim(void)
{
	struct sysv_queue *queue = claim();

	if (queue)
		queue->fd = -1;
	return queue;
}

void sysv_queue_give_back(struct sysv_queue *queue)
{
	atomic_store(&queue->users, SYSV_VACANT);
}

/* The caller is its first user. */
void sysv_queue_publish(struct sysv_queue *queue, int id)
{
	nr_open++;
	nr_mine++;
	atomic_store(&queue->id, id);
	atomic_store(&queue->lost, false);
	atomic_store(&queue->stale, false);
	atomic_store(&queue->users, 1);
	atomic_store(&hints[id % HINTS], queue);
}

/* Leave a queue that has this number, or is said to have it. False if a call still uses it. */
static bool leave(struct sysv_queue *queue, int fd)
{
	int users;

	if (atomic_load(&queue->users) == SYSV_VACANT || queue->fd != fd)
		return true;
	atomic_store(&queue->lost, true);
	atomic_store(&queue->stale, true);
	users = atomic_load(&queue->users);
	if (!users)
		close_queue(queue);
	return !users || users == SYSV_VACANT;
}

/*
 * A number is about to become that of another queue. Those that have it have lost it: the
 * program has closed their descriptors. False if a call on one of them may still come.
 */
bool sysv_queues_vacate(int fd)
{
	struct chunk *chunk;
	bool vacant = true;
	int i;

	for (chunk = atomic_load(&chunks); chunk;
	     chunk = atomic_load(&chunk->next))
		for (i = 0; i < QUEUES; i++)
			vacant = leave(&chunk->queues[i], fd) && vacant;
	return vacant;
}

static struct sysv_guard guard_for_fork;

static void lock_before_fork(void)
{
	struct sysv_guard guard;

	sysv_queues_lock(&guard);
	guard_for_fork = guard;
}

static void unlock_after_fork(void)
{
	const struct sysv_guard guard = guard_for_fork;

	sysv_queues_unlock(&guard);
}

/* Those who were using queues, or just closing one, are not here. */
static void free_uses(void)
{
	struct sysv_queue *queue;
	struct chunk *chunk;
	int i;

	for (chunk = atomic_load(&chunks); chunk;
	     chunk = atomic_load(&chunk->next)) {
		for (i = 0; i < QUEUES; i++) {
			queue = &chunk->queues[i];
			if (atomic_load(&queue->users) == SYSV_VACANT)
				continue;
			atomic_store(&queue->users, 0);
			if (atomic_load(&queue->stale))
				close_queue(queue);
		}
	}
}

static void unlock_in_child(void)
{
	if (!nr_mine)
		free_uses();
	unlock_after_fork();
}

__attribute__((constructor)) static void prepare_forks(void)
{
	pthread_atfork(lock_before_fork, unlock_after_fork, unlock_in_child);
}
