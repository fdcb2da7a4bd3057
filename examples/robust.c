// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two processes count in the region of a mailbox under a robust mutex. One is
 * killed while it holds the mutex, with its count half done; the other is told,
 * repairs it and goes on.
 */
#include <errno.h>
#include <fcntl.h>
#include <ipcmbox.h>
#include <signal.h>
#include <stdlib.h>

#include "example.h"

#define ROUNDS	20000UL

/**
 * struct counter - what lies in the region
 * @mutex: protects the rest
 * @count: how often somebody counted
 * @copy: must be equal to @count whenever the mutex is free
 */
struct counter {
	pthread_mutex_t mutex;
	unsigned long count;
	unsigned long copy;
};

/* Lock; repair what a dead owner left. Says whether there was one. */
static int lock(struct counter *counter)
{
	if (!ipcmbox_mutex_lock(&counter->mutex, 0))
		return 0;
	if (errno != EOWNERDEAD)
		err(1, "ipcmbox_mutex_lock");
	say("survivor", "EOWNERDEAD: count %lu, copy %lu; repairs",
	    counter->count, counter->copy);
	counter->copy = counter->count;
	if (ipcmbox_mutex_consistent(&counter->mutex))
		err(1, "ipcmbox_mutex_consistent");
	return 1;
}

static void count_once(struct counter *counter)
{
	if (counter->count != counter->copy)
		errx(1, "somebody saw a count that is half done");
	counter->count++;
	counter->copy++;
}

/* Count, then die inside: after count, before copy. */
static void victim(int box, struct counter *counter)
{
	unsigned long i;

	for (i = 0; i < ROUNDS; i++) {
		lock(counter);
		count_once(counter);
		ipcmbox_mutex_unlock(&counter->mutex);
	}
	if (ipcmbox_recv(box, NULL, 0) < 0) /* the survivor is done too */
		err(1, "ipcmbox_recv");
	lock(counter);
	counter->count++;
	say("victim", "holds the mutex, count %lu, copy %lu", counter->count,
	    counter->copy);
	if (ipcmbox_send(box, NULL, 0))
		err(1, "ipcmbox_send");
	for (;;)
		pause();
}

static struct counter *map_counter(int *box)
{
	struct ipcmbox_region *region;
	struct ipcmbox_attr *attr;
	struct counter *counter;

	attr = ipcmbox_attr_new();
	if (!attr)
		err(1, "ipcmbox_attr_new");
	ipcmbox_attr_set_region_size(attr, sizeof(*counter));
	*box = ipcmbox_create_attr(attr, O_RDWR);
	ipcmbox_attr_free(attr);
	if (*box < 0)
		err(1, "ipcmbox_create_attr");
	region = ipcmbox_region_map(*box);
	if (!region)
		err(1, "ipcmbox_region_map");
	counter = ipcmbox_region_addr(region);
	if (ipcmbox_mutex_init(&counter->mutex))
		err(1, "ipcmbox_mutex_init");
	return counter;
}

int main(void)
{
	struct counter *counter;
	unsigned long i;
	int box, dead;
	pid_t child;

	start = now();
	counter = map_counter(&box);
	child = start_child();
	if (!child)
		victim(box, counter);

	for (i = 0; i < ROUNDS; i++) {
		lock(counter);
		count_once(counter);
		ipcmbox_mutex_unlock(&counter->mutex);
	}
	say("survivor", "counted %lu times beside the victim", ROUNDS);
	if (ipcmbox_send(box, NULL, 0))
		err(1, "ipcmbox_send");
	if (ipcmbox_recv(box, NULL, 0) < 0) /* the victim has the mutex */
		err(1, "ipcmbox_recv");
	say("survivor", "kills the victim, and wants the mutex");
	kill(child, SIGKILL);
	dead = lock(counter);
	count_once(counter);
	ipcmbox_mutex_unlock(&counter->mutex);
	waitpid(child, NULL, 0);

	say("survivor", "the count is %lu, it should be %lu", counter->count,
	    2 * ROUNDS + 2);
	if (!dead)
		errx(1, "nobody was told of the dead owner");
	return counter->count != 2 * ROUNDS + 2;
}
