/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who makes the calls of a program: threads that are given one after the other, and
 * processes that are forked for one call.
 */
#ifndef FUZZ_TASKS_H
#define FUZZ_TASKS_H

#include <sys/types.h>

#include "execute.h"

/* Starts the threads: each gives @make_call what it was given. */
void tasks_start(unsigned int time_scale, int (*fd_of)(unsigned int order),
		 void (*make_call)(unsigned int task, unsigned int order,
				   int fd));
/* CLOCK_MONOTONIC in ns. */
uint64_t now(void);
/* A time that is so far away, and the same for a limit: farther on a slow machine. */
uint64_t after_ms(unsigned int ms);
uint64_t limit_ms(unsigned int ms);

/* Gives a thread a call; an order is not 0. */
void worker_give(unsigned int task, unsigned int order);
/* Waits until a thread is free; false if it is not until then. */
bool worker_await(unsigned int task, uint64_t end);
/* A free thread other than @other, the wanted one if it can be; or THREADS. */
unsigned int worker_find(unsigned int wanted, unsigned int other);
void worker_signal(unsigned int task, int number);
/* Waits until each has begun what it was given; false if one does not. */
bool workers_begin(void);
/* Whether all threads whose descriptor is @such are free in time. */
bool workers_end(bool (*such)(int fd));
/* Signals those whose descriptor is not @such until they end; false if they do not. */
bool workers_interrupt(bool (*such)(int fd));
bool workers_are_free(void);

/* Remembers a process, and the descriptor that its call is about. */
void fork_add(pid_t pid, int fd);
bool fork_is_possible(void);
/* The last one; 0 for none. */
pid_t fork_last(void);
/* Sends a signal to one of the processes, or to all where @which is -1. */
void fork_signal(int which, int number);
/* Ends them: those whose descriptor is @such by waiting, others by SIGKILL. */
enum outcome forks_end(bool (*such)(int fd));

#endif /* FUZZ_TASKS_H */
