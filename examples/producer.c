// SPDX-License-Identifier: GPL-2.0-only
/*
 * Producer and consumer, over each kind of capacity. The producer is quick, the consumer
 * slow. At capacity 0 they go in step; with 4 the producer runs ahead by 4 and then waits;
 * without a bound it never waits, and what it made piles up.
 */
#include <fcntl.h>
#include <ipcmbox.h>

#include "example.h"

#define ITEMS 12
#define NAP_US 20000

/* How far the producer has run ahead at the worst, as it sees it itself. */
static int produce(int box)
{
	struct ipcmbox_info info;
	int ahead = 0, item;

	for (item = 0; item < ITEMS; item++) {
		if (ipcmbox_send(box, &item, sizeof(item)))
			err(1, "ipcmbox_send");
		if (ipcmbox_info(box, 0, &info, sizeof(info)))
			err(1, "ipcmbox_info");
		if ((int)info.queued > ahead)
			ahead = (int)info.queued;
	}
	return ahead;
}

static void consume(int box)
{
	int expected, item;

	for (expected = 0; expected < ITEMS; expected++) {
		if (ipcmbox_recv(box, &item, sizeof(item)) != sizeof(item))
			err(1, "ipcmbox_recv");
		if (item != expected)
			errx(1, "item %d came where %d should", item, expected);
		usleep(NAP_US);
	}
	_exit(0);
}

static void run(const char *kind, uint64_t capacity, int least, int most)
{
	int box = ipcmbox_create(capacity, O_RDWR), ahead;
	double begin = now();
	pid_t child;

	if (box < 0)
		err(1, "ipcmbox_create");
	child = start_child();
	if (!child)
		consume(box);
	ahead = produce(box);
	say("producer", "%s: made %d items in %.0f ms, was ahead by %d", kind,
	    ITEMS, (now() - begin) * 1000, ahead);
	wait_for(child, "consumer");
	say("consumer", "%s: has them all, in order", kind);
	close(box);
	if (ahead < least || ahead > most)
		errx(1, "the producer should have been ahead by %d to %d",
		     least, most);
}

int main(void)
{
	start = now();
	run("rendezvous", IPCMBOX_RENDEZVOUS, 0, 0);
	run("bounded, 4", 4, 4, 4);
	run("unbounded", IPCMBOX_UNBOUNDED, 5, ITEMS);
	return 0;
}
