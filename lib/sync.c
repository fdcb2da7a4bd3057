// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Synchronisation in a region, with objects of pthreads and semaphore.h.
 */
#include <errno.h>
#include <time.h>

#include "internal.h"

#define NSEC_PER_SEC 1000000000ULL

int ipcmbox_result(int error)
{
	if (!error)
		return 0;
	errno = error;
	return -1;
}

static struct timespec instant(uint64_t deadline)
{
	return (struct timespec){
		.tv_sec = (time_t)(deadline / NSEC_PER_SEC),
		.tv_nsec = (long)(deadline % NSEC_PER_SEC),
	};
}

IPCMBOX_PUBLIC int ipcmbox_mutex_init(pthread_mutex_t *mutex)
{
	pthread_mutexattr_t attr;
	int error;

	error = pthread_mutexattr_init(&attr);
	if (error)
		return ipcmbox_result(error);
	error = pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	if (!error)
		error = pthread_mutexattr_setrobust(&attr,
						    PTHREAD_MUTEX_ROBUST);
	if (!error)
		error = pthread_mutexattr_settype(&attr,
						  PTHREAD_MUTEX_ERRORCHECK);
	if (!error)
		error = pthread_mutex_init(mutex, &attr);
	pthread_mutexattr_destroy(&attr);
	return ipcmbox_result(error);
}

IPCMBOX_PUBLIC int ipcmbox_mutex_destroy(pthread_mutex_t *mutex)
{
	return ipcmbox_result(pthread_mutex_destroy(mutex));
}

IPCMBOX_PUBLIC int ipcmbox_mutex_lock(pthread_mutex_t *mutex, uint64_t deadline)
{
	struct timespec until = instant(deadline);

	if (!deadline)
		return ipcmbox_result(pthread_mutex_lock(mutex));
	return ipcmbox_result(
		pthread_mutex_clocklock(mutex, CLOCK_MONOTONIC, &until));
}

IPCMBOX_PUBLIC int ipcmbox_mutex_trylock(pthread_mutex_t *mutex)
{
	return ipcmbox_result(pthread_mutex_trylock(mutex));
}

IPCMBOX_PUBLIC int ipcmbox_mutex_consistent(pthread_mutex_t *mutex)
{
	return ipcmbox_result(pthread_mutex_consistent(mutex));
}

IPCMBOX_PUBLIC int ipcmbox_mutex_unlock(pthread_mutex_t *mutex)
{
	return ipcmbox_result(pthread_mutex_unlock(mutex));
}

IPCMBOX_PUBLIC int ipcmbox_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;
	int error;

	error = pthread_condattr_init(&attr);
	if (error)
		return ipcmbox_result(error);
	error = pthread_condattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	if (!error)
		error = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	if (!error)
		error = pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
	return ipcmbox_result(error);
}

IPCMBOX_PUBLIC int ipcmbox_cond_destroy(pthread_cond_t *cond)
{
	return ipcmbox_result(pthread_cond_destroy(cond));
}

IPCMBOX_PUBLIC int ipcmbox_cond_wait(pthread_cond_t *cond,
				     pthread_mutex_t *mutex, uint64_t deadline)
{
	struct timespec until = instant(deadline);

	if (!deadline)
		return ipcmbox_result(pthread_cond_wait(cond, mutex));
	return ipcmbox_result(pthread_cond_timedwait(cond, mutex, &until));
}

IPCMBOX_PUBLIC int ipcmbox_cond_signal(pthread_cond_t *cond)
{
	return ipcmbox_result(pthread_cond_signal(cond));
}

IPCMBOX_PUBLIC int ipcmbox_cond_broadcast(pthread_cond_t *cond)
{
	return ipcmbox_result(pthread_cond_broadcast(cond));
}

IPCMBOX_PUBLIC int ipcmbox_sem_init(sem_t *sem, unsigned int value)
{
	return sem_init(sem, 1, value);
}

IPCMBOX_PUBLIC int ipcmbox_sem_destroy(sem_t *sem)
{
	return sem_destroy(sem);
}

IPCMBOX_PUBLIC int ipcmbox_sem_wait(sem_t *sem, uint64_t deadline)
{
	struct timespec until = instant(deadline);

	if (!deadline)
		return sem_wait(sem);
	return sem_clockwait(sem, CLOCK_MONOTONIC, &until);
}

IPCMBOX_PUBLIC int ipcmbox_sem_post(sem_t *sem)
{
	return sem_post(sem);
}
