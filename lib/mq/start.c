// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The thread of SIGEV_THREAD: its attributes are the program's to change or destroy once
 * mq_notify() has returned, so they are copied.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>

#include "internal.h"

static int copy_affinity(pthread_attr_t *to, const pthread_attr_t *from)
{
	size_t size = CPU_ALLOC_SIZE(CPU_SETSIZE);
	cpu_set_t *set;
	int error;

	/* For more CPUs than one can think of there is EINVAL. */
	for (;; size *= 2) {
		set = calloc(1, size);
		if (!set)
			return errno;
		error = pthread_attr_getaffinity_np(from, size, set);
		if (error != EINVAL)
			break;
		free(set);
	}
	/* All of them is what there is without. */
	if (!error && CPU_COUNT_S(size, set) < (int)(size * 8))
		error = pthread_attr_setaffinity_np(to, size, set);
	free(set);
	return error;
}

static int copy_stack(pthread_attr_t *to, const pthread_attr_t *from)
{
	size_t size, guard, length;
	void *stack;

	pthread_attr_getguardsize(from, &guard);
	pthread_attr_setguardsize(to, guard);
	/* Where there is none it is said to end at NULL. */
	if (!pthread_attr_getstack(from, &stack, &length) &&
	    (uintptr_t)stack + length)
		return pthread_attr_setstack(to, stack, length);
	pthread_attr_getstacksize(from, &size);
	return pthread_attr_setstacksize(to, size);
}

static int copy_scheduling(pthread_attr_t *to, const pthread_attr_t *from)
{
	struct sched_param param;
	int value, error;

	pthread_attr_getinheritsched(from, &value);
	pthread_attr_setinheritsched(to, value);
	pthread_attr_getscope(from, &value);
	pthread_attr_setscope(to, value);
	pthread_attr_getschedpolicy(from, &value);
	error = pthread_attr_setschedpolicy(to, value);
	if (error)
		return error;
	pthread_attr_getschedparam(from, &param);
	return pthread_attr_setschedparam(to, &param);
}

static int copy_attr(pthread_attr_t *to, const pthread_attr_t *from)
{
	int error;

	error = copy_scheduling(to, from);
	if (!error)
		error = copy_stack(to, from);
	if (!error)
		error = copy_affinity(to, from);
	return error;
}

int queue_start_init(struct queue_start *start, const struct sigevent *event)
{
	int error;

	start->function = event->sigev_notify_function;
	start->value = event->sigev_value;
	error = pthread_attr_init(&start->attr);
	if (error)
		return error;
	if (event->sigev_notify_attributes)
		error = copy_attr(&start->attr, event->sigev_notify_attributes);
	/* Nobody knows the thread, so nobody can join it. */
	if (!error)
		error = pthread_attr_setdetachstate(&start->attr,
						    PTHREAD_CREATE_DETACHED);
	if (error)
		pthread_attr_destroy(&start->attr);
	return error;
}

void queue_start_destroy(struct queue_start *start)
{
	pthread_attr_destroy(&start->attr);
}

static void *run(void *arg)
{
	struct queue_start start = *(struct queue_start *)arg;

	free(arg);
	start.function(start.value);
	return NULL;
}

void queue_start_run(const struct queue_start *start)
{
	struct queue_start *copy = malloc(sizeof(*copy));
	pthread_t thread;

	if (!copy)
		return;
	*copy = *start;
	if (pthread_create(&thread, &start->attr, run, copy))
		free(copy);
}
