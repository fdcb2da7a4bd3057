// SPDX-License-Identifier: GPL-2.0-only
/*
 * Readers and writers by messages. Each asks a controller by a call, answered when it may
 * begin: many readers, or one writer, who keeps later readers out. Neither side starves.
 */
#include <fcntl.h>
#include <ipcmbox.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "example.h"

enum { READERS = 4, WRITERS = 2, ROUNDS = 50 };
enum request { READ, WRITE, END_READ, END_WRITE };

/* In memory that all see; only the controller keeps it in order. */
struct memory {
	atomic_int inside, most;
	int first, second; /* always equal, but to a writer */
};

static struct memory *shared;

static void answer(int box, uint64_t token)
{
	struct ipcmbox_response response = { .token = token };

	if (ipcmbox_reply(box, &response, sizeof(response)))
		err(1, "ipcmbox_reply");
}

/* A request that must wait is not received: it stays in line. */
static void control(int box)
{
	struct ipcmbox_recv_options want = { .match = IPCMBOX_MATCH_ANY };
	struct ipcmbox_delivery got;
	int readers = 0, ends = 0;
	uint64_t writer = 0;

	while (ends < (READERS + WRITERS) * ROUNDS) {
		if (ipcmbox_recv_with(box, NULL, 0, &want, sizeof(want), &got,
				      sizeof(got)) < 0)
			err(1, "ipcmbox_recv_with");
		readers += (got.type == READ) - (got.type == END_READ);
		ends += got.type == END_READ || got.type == END_WRITE;
		if (got.type == WRITE)
			writer = got.token;
		else
			answer(box, got.token);
		/* A writer waits for the readers that are there, and then is alone. */
		want.match = writer ? IPCMBOX_MATCH_TYPE : IPCMBOX_MATCH_ANY;
		want.match_value = writer ? END_READ : 0;
		if (writer && !readers) {
			answer(box, writer);
			writer = 0;
			want.match = IPCMBOX_MATCH_TYPE;
			want.match_value = END_WRITE;
		}
	}
	_exit(0);
}

static void ask(int box, enum request request)
{
	struct ipcmbox_call_options how = { .type = request };

	if (ipcmbox_call(box, NULL, 0, NULL, 0, &how, sizeof(how), NULL, 0) < 0)
		err(1, "ipcmbox_call");
}

static void read_and_write(int box, bool writes)
{
	int inside;

	for (int i = 0; i < ROUNDS; i++) {
		ask(box, writes ? WRITE : READ);
		inside = atomic_fetch_add(&shared->inside, 1) + 1;
		if (writes && inside > 1)
			errx(1, "a writer is not alone");
		if (inside > shared->most)
			shared->most = inside;
		shared->first += writes;
		usleep(100);
		shared->second += writes;
		if (shared->first != shared->second)
			errx(1, "a reader saw something half done");
		atomic_fetch_sub(&shared->inside, 1);
		ask(box, writes ? END_WRITE : END_READ);
	}
	_exit(0);
}

int main(void)
{
	struct ipcmbox_attr *attr = ipcmbox_attr_new();
	pid_t children[1 + READERS + WRITERS];
	int box;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || !attr)
		err(1, "no memory");
	ipcmbox_attr_set_selective(attr, true);
	box = ipcmbox_create_attr(attr, O_RDWR);
	if (box < 0)
		err(1, "ipcmbox_create_attr");
	start = now();
	for (int i = 0; i < 1 + READERS + WRITERS; i++) {
		children[i] = start_child();
		if (!children[i] && !i)
			control(box);
		if (!children[i])
			read_and_write(box, i <= WRITERS);
	}
	for (int i = 0; i < 1 + READERS + WRITERS; i++)
		wait_for(children[i], "reader or writer");
	say("all", "%d writes, none seen half done; up to %d readers at once",
	    shared->second, shared->most);
	return shared->second != WRITERS * ROUNDS || shared->most < 2;
}
