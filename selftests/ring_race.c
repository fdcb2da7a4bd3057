// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: ring_race [MESSAGES]
 *
 * Threads that send and receive by the library's rings, in memory of their own: for
 * ThreadSanitizer, which sees a race in that data was not handed over by the words, and for
 * an emulated processor. tools/ring-race builds and runs it. Needs no module.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ipcmbox-ring.h>

#define CAPACITY 1024
#define PRODUCERS 4
#define LEN_MAX 300
/* A message that is longer in coming is lost. Of several producers one may be out of luck. */
#define DEADLINE (600ULL * 1000000000)

static unsigned char *memory;
static size_t size;
static uint32_t messages = 20000;

/* The first bytes; the others are the low byte of the number. */
struct message {
	uint32_t who;
	uint32_t number;
};

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

static struct ipcmbox_ring *attach(enum ipcmbox_ring_role role)
{
	struct ipcmbox_ring *ring = ipcmbox_ring_attach(memory, size, role, -1);

	if (!ring)
		die("ipcmbox_ring_attach");
	return ring;
}

static bool put(struct ipcmbox_ring *ring, struct message message, size_t len,
		unsigned int flags)
{
	unsigned char *data = ipcmbox_ring_reserve(ring, len, flags,
						   ipcmbox_deadline(DEADLINE));

	if (!data)
		return false;
	memcpy(data, &message, sizeof(message));
	memset(data + sizeof(message), (int)(message.number & 0xff),
	       len - sizeof(message));
	return true;
}

static void *produce(void *arg)
{
	struct ipcmbox_ring *ring = attach(IPCMBOX_RING_PRODUCER);
	struct message message = { .who = (uint32_t)(uintptr_t)arg };
	unsigned int seed = message.who;

	while (message.number < messages) {
		unsigned int i, batch = 1 + rand_r(&seed) % 4;

		for (i = 0; i < batch && message.number < messages; i++) {
			size_t len =
				sizeof(message) +
				rand_r(&seed) % (LEN_MAX - sizeof(message));

			if (!put(ring, message, len,
				 i ? IPCMBOX_DONTWAIT : 0)) {
				if (!i)
					die("ipcmbox_ring_reserve");
				break;
			}
			message.number++;
		}
		if (ipcmbox_ring_commit(ring))
			die("ipcmbox_ring_commit");
		if (rand_r(&seed) % 32 == 0 && put(ring, message, 99, 0))
			ipcmbox_ring_abort(ring);
	}
	ipcmbox_ring_detach(ring);
	return NULL;
}

static bool is_whole(const unsigned char *data, size_t len, uint32_t number)
{
	size_t i;

	for (i = sizeof(struct message); i < len; i++)
		if (data[i] != (number & 0xff))
			return false;
	return len >= sizeof(struct message);
}

static void consume(uint32_t producers)
{
	struct ipcmbox_ring *ring = attach(IPCMBOX_RING_CONSUMER);
	uint32_t next[PRODUCERS] = { 0 };
	uint32_t left = producers * messages;

	for (; left; left--) {
		struct message message;
		const unsigned char *data;
		size_t len;

		data = ipcmbox_ring_peek(ring, &len, 0,
					 ipcmbox_deadline(DEADLINE));
		if (!data)
			die("ipcmbox_ring_peek");
		memcpy(&message, data, sizeof(message));
		if (message.who >= producers ||
		    message.number != next[message.who]++ ||
		    !is_whole(data, len, message.number)) {
			fprintf(stderr,
				"ring_race: message %u of %u is wrong\n",
				message.number, message.who);
			exit(1);
		}
		if (left % 3 == 0)
			ipcmbox_ring_consume(ring);
		/* It would wait for what cannot come. */
		else if (len > LEN_MAX / 2)
			ipcmbox_ring_consume(ring);
	}
	ipcmbox_ring_consume(ring);
	ipcmbox_ring_detach(ring);
}

static void run(unsigned int flags, uint32_t producers)
{
	pthread_t thread[PRODUCERS];
	uint32_t i;

	if (ipcmbox_ring_init(memory, size, flags))
		die("ipcmbox_ring_init");
	for (i = 0; i < producers; i++)
		if (pthread_create(&thread[i], NULL, produce,
				   (void *)(uintptr_t)i))
			die("pthread_create");
	consume(producers);
	for (i = 0; i < producers; i++)
		pthread_join(thread[i], NULL);
	printf("ok    %u producers, %s: %u messages\n", producers,
	       flags & IPCMBOX_RING_FENCES ? "fences" : "membarrier",
	       producers * messages);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		messages = (uint32_t)strtoul(argv[1], NULL, 0);
	size = ipcmbox_ring_size(CAPACITY);
	memory = aligned_alloc(4096, (size + 4095) / 4096 * 4096);
	if (!memory || argc > 2 || !messages) {
		fprintf(stderr, "usage: ring_race [MESSAGES]\n");
		return 1;
	}
	run(0, 1);
	run(IPCMBOX_RING_FENCES, 1);
	run(IPCMBOX_RING_MPSC, PRODUCERS);
	run(IPCMBOX_RING_MPSC | IPCMBOX_RING_FENCES, PRODUCERS);
	free(memory);
	return 0;
}
