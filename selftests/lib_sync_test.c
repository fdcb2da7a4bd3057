// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library's regions, and its mutex, condition and semaphore between
 * processes that share one.
 */
#include "lib_util.h"

struct shared {
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	sem_t sem;
	atomic_int stage;
};

FIXTURE(sync)
{
	int fd;
	struct ipcmbox_region *region;
	struct shared *shared;
};

FIXTURE_SETUP(sync)
{
	struct ipcmbox_attr *attr = ipcmbox_attr_new();

	ASSERT_NE(NULL, attr);
	ipcmbox_attr_set_region_size(attr, sizeof(struct shared));
	self->fd = ipcmbox_create_attr(attr, O_RDWR);
	ipcmbox_attr_free(attr);
	ASSERT_LE(0, self->fd);
	self->region = ipcmbox_region_map(self->fd);
	ASSERT_NE(NULL, self->region);
	self->shared = ipcmbox_region_addr(self->region);
	ASSERT_EQ(0, ipcmbox_mutex_init(&self->shared->mutex));
	ASSERT_EQ(0, ipcmbox_cond_init(&self->shared->cond));
	ASSERT_EQ(0, ipcmbox_sem_init(&self->shared->sem, 1));
}

FIXTURE_TEARDOWN(sync)
{
	EXPECT_EQ(0, ipcmbox_sem_destroy(&self->shared->sem));
	EXPECT_EQ(0, ipcmbox_cond_destroy(&self->shared->cond));
	EXPECT_EQ(0, ipcmbox_mutex_destroy(&self->shared->mutex));
	ipcmbox_region_unmap(self->region);
	close(self->fd);
}

TEST_F(sync, region)
{
	int reader = ipcmbox_reopen(self->fd, 0, O_RDONLY);
	int writer = ipcmbox_reopen(self->fd, 0, O_WRONLY);
	int none = ipcmbox_create(1, O_RDWR);
	struct ipcmbox_region *read_only;

	EXPECT_EQ(4096, ipcmbox_region_size(self->region));
	read_only = ipcmbox_region_map(reader);
	ASSERT_NE(NULL, read_only);
	self->shared->stage = 7;
	EXPECT_EQ(7, ((struct shared *)ipcmbox_region_addr(read_only))->stage);
	ipcmbox_region_unmap(read_only);
	errno = 0;
	EXPECT_EQ(NULL, ipcmbox_region_map(writer));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(NULL, ipcmbox_region_map(none));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(NULL, ipcmbox_region_map(-1));
	EXPECT_EQ(EBADF, errno);
	ipcmbox_region_unmap(NULL);
	close(reader);
	close(writer);
	close(none);
}

TEST_F(sync, mutex)
{
	pthread_mutex_t *mutex = &self->shared->mutex;
	pid_t child;

	EXPECT_ERRNO(EPERM, ipcmbox_mutex_unlock(mutex));
	EXPECT_EQ(0, ipcmbox_mutex_lock(mutex, 0));
	EXPECT_ERRNO(EDEADLK, ipcmbox_mutex_lock(mutex, 0));
	EXPECT_ERRNO(EINVAL, ipcmbox_mutex_consistent(mutex));
	child = fork();
	if (!child) {
		if (!ipcmbox_mutex_trylock(mutex) || errno != EBUSY)
			_exit(1);
		if (!ipcmbox_mutex_lock(mutex, ipcmbox_deadline(20 * MSEC)) ||
		    errno != ETIMEDOUT)
			_exit(2);
		_exit(0);
	}
	EXPECT_EQ(0, mbox_reap(child));
	EXPECT_EQ(0, ipcmbox_mutex_unlock(mutex));
	EXPECT_EQ(0, ipcmbox_mutex_trylock(mutex));
	EXPECT_EQ(0, ipcmbox_mutex_unlock(mutex));
}

/* A process that locks and is killed while it has the mutex. */
static bool kill_owner(struct shared *shared)
{
	pid_t child = fork();

	if (!child) {
		ipcmbox_mutex_lock(&shared->mutex, 0);
		shared->stage = 1;
		for (;;)
			pause();
	}
	while (!shared->stage)
		mbox_nap();
	shared->stage = 0;
	return !kill(child, SIGKILL) && mbox_reap(child) == SIGKILL;
}

TEST_F(sync, owner_is_killed)
{
	pthread_mutex_t *mutex = &self->shared->mutex;

	ASSERT_TRUE(kill_owner(self->shared));
	EXPECT_ERRNO(EOWNERDEAD, ipcmbox_mutex_lock(mutex, 0));
	EXPECT_EQ(0, ipcmbox_mutex_consistent(mutex));
	EXPECT_EQ(0, ipcmbox_mutex_unlock(mutex));
	ASSERT_TRUE(kill_owner(self->shared));
	EXPECT_ERRNO(EOWNERDEAD, ipcmbox_mutex_trylock(mutex));
	EXPECT_EQ(0, ipcmbox_mutex_unlock(mutex));
	EXPECT_ERRNO(ENOTRECOVERABLE, ipcmbox_mutex_lock(mutex, 0));
}

TEST_F(sync, condition)
{
	struct shared *shared = self->shared;
	pid_t child;

	ASSERT_EQ(0, ipcmbox_mutex_lock(&shared->mutex, 0));
	EXPECT_ERRNO(ETIMEDOUT, ipcmbox_cond_wait(&shared->cond, &shared->mutex,
						  ipcmbox_deadline(MSEC)));
	child = fork();
	if (!child) {
		if (ipcmbox_mutex_lock(&shared->mutex, 0))
			_exit(1);
		shared->stage = 1;
		if (ipcmbox_cond_signal(&shared->cond) ||
		    ipcmbox_cond_broadcast(&shared->cond))
			_exit(2);
		_exit(ipcmbox_mutex_unlock(&shared->mutex));
	}
	while (!shared->stage)
		ASSERT_EQ(0,
			  ipcmbox_cond_wait(&shared->cond, &shared->mutex, 0));
	EXPECT_EQ(0, ipcmbox_mutex_unlock(&shared->mutex));
	EXPECT_EQ(0, mbox_reap(child));
}

TEST_F(sync, semaphore)
{
	sem_t *sem = &self->shared->sem;
	pid_t child;

	EXPECT_EQ(0, ipcmbox_sem_wait(sem, 0));
	EXPECT_ERRNO(ETIMEDOUT, ipcmbox_sem_wait(sem, ipcmbox_deadline(MSEC)));
	child = fork();
	if (!child)
		_exit(ipcmbox_sem_post(sem));
	EXPECT_EQ(0, ipcmbox_sem_wait(sem, 0));
	EXPECT_EQ(0, mbox_reap(child));
	EXPECT_ERRNO(EINVAL, ipcmbox_sem_init(sem, ~0U));
}

TEST_HARNESS_MAIN
