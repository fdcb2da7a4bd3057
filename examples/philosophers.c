// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dining philosophers. A fork is a mailbox of capacity 1: the message in it is the
 * fork. Each philosopher waits for either of his forks by one SELECT, and where the other
 * does not come soon he puts the first back, so that nobody starves holding one.
 */
#include <errno.h>
#include <fcntl.h>
#include <ipcmbox.h>
#include <stdbool.h>

#include "example.h"

#define PHILOSOPHERS	5
#define MEALS		20
#define MSEC		1000000ULL

static int ctl, forks[PHILOSOPHERS], meals;

/* Takes one of two forks, the first that is free; 0 or 1. */
static int take_either(const int *mine)
{
	const struct ipcmbox_select_case cases[2] = {
		{ .fd = mine[0], .kind = IPCMBOX_CASE_RECV },
		{ .fd = mine[1], .kind = IPCMBOX_CASE_RECV },
	};
	int taken = ipcmbox_select(ctl, cases, 2, NULL, 0, NULL, 0);

	if (taken < 0)
		err(1, "ipcmbox_select");
	return taken;
}

/* Takes a fork, if it is free soon. */
static bool take_soon(int fork)
{
	if (!ipcmbox_recvv(fork, NULL, 0, 0, ipcmbox_deadline(MSEC), NULL, 0))
		return true;
	if (errno != ETIMEDOUT)
		err(1, "ipcmbox_recvv");
	return false;
}

static void put(int fork)
{
	if (ipcmbox_send(fork, NULL, 0))
		err(1, "ipcmbox_send");
}

static void dine(int number)
{
	const int mine[2] = { forks[number],
			      forks[(number + 1) % PHILOSOPHERS] };
	int eaten = 0, put_back = 0, first;
	char name[16];

	snprintf(name, sizeof(name), "guest %d", number);
	while (eaten < MEALS) {
		first = take_either(mine);
		if (take_soon(mine[!first])) {
			eaten++;
			usleep(500);
			put(mine[!first]);
		} else {
			put_back++;
		}
		put(mine[first]);
	}
	say(name, "ate %d times, put a fork back %d times", eaten, put_back);
	if (ipcmbox_send(meals, &eaten, sizeof(eaten)))
		err(1, "ipcmbox_send");
	_exit(0);
}

int main(void)
{
	pid_t guests[PHILOSOPHERS];
	int i, eaten, sum = 0;

	ctl = ipcmbox_open();
	meals = ipcmbox_create(PHILOSOPHERS, O_RDWR);
	if (ctl < 0 || meals < 0)
		err(1, "ipcmbox_create");
	start = now();
	for (i = 0; i < PHILOSOPHERS; i++) {
		forks[i] = ipcmbox_create(1, O_RDWR);
		if (forks[i] < 0)
			err(1, "ipcmbox_create");
		put(forks[i]);
	}
	for (i = 0; i < PHILOSOPHERS; i++) {
		guests[i] = start_child();
		if (!guests[i])
			dine(i);
	}
	for (i = 0; i < PHILOSOPHERS; i++) {
		wait_for(guests[i], "philosopher");
		if (ipcmbox_recv(meals, &eaten, sizeof(eaten)) < 0)
			err(1, "ipcmbox_recv");
		sum += eaten;
	}
	/* Each fork is on the table again. */
	for (i = 0; i < PHILOSOPHERS; i++)
		if (!take_soon(forks[i]))
			errx(1, "fork %d is missing", i);
	say("host", "%d meals, and all forks are back", sum);
	return sum != PHILOSOPHERS * MEALS;
}
