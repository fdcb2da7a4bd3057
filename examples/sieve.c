// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sieve of primes as a chain of processes, each with a rendezvous to the next. The
 * first number that a process gets is its prime; of the others it hands on those that
 * the prime does not divide. The end of the numbers is the end of file.
 */
#include <errno.h>
#include <ipcmbox.h>

#include "example.h"

#define LAST	200
#define PRIMES	46 /* up to there */

/* The next number, or 0 at the end. */
static int next(int from)
{
	int number;

	if (ipcmbox_recv(from, &number, sizeof(number)) >= 0)
		return number;
	if (errno != EPIPE)
		err(1, "ipcmbox_recv");
	return 0;
}

static void hand_on(int to, int number)
{
	if (ipcmbox_send(to, &number, sizeof(number)))
		err(1, "ipcmbox_send");
}

static void make_pair(int fds[2])
{
	if (ipcmbox_pair(fds, IPCMBOX_RENDEZVOUS))
		err(1, "ipcmbox_pair");
}

/* A process of the chain, and all after it. */
static void filter(int from, int primes)
{
	int prime, number, fds[2];
	pid_t child;

	do {
		prime = next(from);
		if (!prime)
			_exit(0);
		hand_on(primes, prime);
		make_pair(fds);
		child = start_child();
		/* The child is the next one. */
		if (!child) {
			close(from);
			close(fds[1]);
			from = fds[0];
		}
	} while (!child);
	/* Who has the primes' end open keeps the host waiting. */
	close(primes);
	close(fds[0]);
	while ((number = next(from)))
		if (number % prime)
			hand_on(fds[1], number);
	close(fds[1]);
	wait_for(child, "next of the chain");
	_exit(0);
}

static void count_to_last(int primes)
{
	int fds[2], number;
	pid_t child;

	make_pair(fds);
	child = start_child();
	if (!child) {
		close(fds[1]);
		filter(fds[0], primes);
	}
	close(primes);
	close(fds[0]);
	for (number = 2; number <= LAST; number++)
		hand_on(fds[1], number);
	close(fds[1]);
	wait_for(child, "chain");
	_exit(0);
}

int main(void)
{
	int fds[2], prime, last = 0, count = 0;
	pid_t child;

	start = now();
	make_pair(fds);
	child = start_child();
	if (!child) {
		close(fds[0]);
		count_to_last(fds[1]);
	}
	close(fds[1]);
	while ((prime = next(fds[0]))) {
		count++;
		last = prime;
	}
	wait_for(child, "chain");
	say("host", "%d primes up to %d, the last is %d, each by a process",
	    count, LAST, last);
	return count != PRIMES || last != 199;
}
