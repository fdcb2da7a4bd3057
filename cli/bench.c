// SPDX-License-Identifier: GPL-2.0-only
/*
 * ipcmbox bench: how long messages take here, between two processes. Each number is the
 * median of some rounds, each round the mean of some operations.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"

#define OPERATIONS	512U
#define BATCH		32U
#define CAPACITY	64

struct bench {
	size_t size;
	uint64_t rounds;
	int there[2], back[2]; /* [0] receives, [1] sends */
	char *buffer;
};

static struct iovec iovec_of(const struct bench *bench)
{
	return (struct iovec){ .iov_base = bench->buffer,
			       .iov_len = bench->size };
}

/*
 * What the one who measures does, and its peer, for a round. 0, or -1 with errno. The peer
 * of a one-way round says when it has all.
 */
static int call_round(const struct bench *bench)
{
	struct iovec iov = iovec_of(bench);
	unsigned int i;

	for (i = 0; i < OPERATIONS; i++)
		if (ipcmbox_call(bench->there[1], &iov, 1, &iov, 1, NULL, 0,
				 NULL, 0) < 0)
			return -1;
	return 0;
}

static int call_peer(const struct bench *bench)
{
	struct iovec iov = iovec_of(bench);
	struct ipcmbox_response response = { .iov = &iov, .iovcnt = 1 };
	struct ipcmbox_response *last = NULL;
	struct ipcmbox_delivery call;
	unsigned int i;

	for (i = 0; i < OPERATIONS; i++) {
		if (ipcmbox_reply_recv(bench->there[0], last, sizeof(response),
				       &iov, 1, NULL, 0, &call,
				       sizeof(call)) < 0)
			return -1;
		response.token = call.token;
		last = &response;
	}
	return ipcmbox_reply(bench->there[0], &response, sizeof(response));
}

static int send_round(const struct bench *bench)
{
	unsigned int i;

	for (i = 0; i < OPERATIONS; i++)
		if (ipcmbox_send(bench->there[1], bench->buffer, bench->size))
			return -1;
	return ipcmbox_recv(bench->back[0], bench->buffer, 1) < 0 ? -1 : 0;
}

static int send_peer(const struct bench *bench)
{
	unsigned int i;

	for (i = 0; i < OPERATIONS; i++)
		if (ipcmbox_recv(bench->there[0], bench->buffer, bench->size) <
		    0)
			return -1;
	return ipcmbox_send(bench->back[1], "", 1);
}

static void fill_batch(const struct iovec *iov,
		       struct ipcmbox_batch_message batch[BATCH])
{
	unsigned int i;

	for (i = 0; i < BATCH; i++)
		batch[i] = (struct ipcmbox_batch_message){ .iov = iov,
							   .iovcnt = 1 };
}

static int batch_round(const struct bench *bench)
{
	struct ipcmbox_batch_message batch[BATCH];
	struct iovec iov = iovec_of(bench);
	unsigned int done;
	int sent;

	fill_batch(&iov, batch);
	for (done = 0; done < OPERATIONS; done += (unsigned int)sent) {
		unsigned int left = OPERATIONS - done;

		sent = ipcmbox_send_batch(bench->there[1], batch,
					  left < BATCH ? left : BATCH, NULL, 0);
		if (sent < 0)
			return -1;
	}
	return ipcmbox_recv(bench->back[0], bench->buffer, 1) < 0 ? -1 : 0;
}

static int batch_peer(const struct bench *bench)
{
	struct ipcmbox_batch_message batch[BATCH];
	struct iovec iov = iovec_of(bench);
	unsigned int done;
	int received;

	fill_batch(&iov, batch);
	for (done = 0; done < OPERATIONS; done += (unsigned int)received) {
		received = ipcmbox_recv_batch(bench->there[0], batch, BATCH,
					      NULL, 0);
		if (received < 0)
			return -1;
	}
	return ipcmbox_send(bench->back[1], "", 1);
}

static const struct kind {
	const char *name;
	const char *what;
	uint64_t capacity;
	int (*round)(const struct bench *bench);
	int (*peer)(const struct bench *bench);
} kinds[] = {
	{ "call", "a call and its answer", 1, call_round, call_peer },
	{ "rendezvous", "a message, at capacity 0", 0, send_round, send_peer },
	{ "send", "a message, at capacity 64", CAPACITY, send_round,
	  send_peer },
	{ "batch", "a message of a batch of 32, at capacity 64", CAPACITY,
	  batch_round, batch_peer },
};

enum {
	BENCH,
	WHAT,
	MEDIAN_NS,
	LEAST_NS,
	MOST_NS,
	ROUNDS,
	OPERATION_COUNT,
	SIZE,
};

static const struct column columns[] = {
	[BENCH] = { "BENCH", "what was measured", COLUMN_TEXT, true },
	[WHAT] = { "WHAT", "of which an operation is", COLUMN_TEXT, true },
	[MEDIAN_NS] = { "MEDIAN_NS", "of the rounds, ns for an operation",
			COLUMN_NUMBER, true },
	[LEAST_NS] = { "LEAST_NS", "the fastest round", COLUMN_NUMBER, true },
	[MOST_NS] = { "MOST_NS", "the slowest round", COLUMN_NUMBER, true },
	[ROUNDS] = { "ROUNDS", "how many", COLUMN_NUMBER, true },
	[OPERATION_COUNT] = { "OPERATIONS", "of a round", COLUMN_NUMBER, true },
	[SIZE] = { "SIZE", "bytes of a message", COLUMN_NUMBER, true },
};

static void be_peer(struct bench *bench, const struct kind *kind, pid_t parent)
{
	uint64_t i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	/* So that each side learns when the other is gone. */
	close(bench->there[1]);
	close(bench->back[0]);
	for (i = 0; i <= bench->rounds; i++)
		if (kind->peer(bench))
			_exit(1);
	_exit(0);
}

static int measure_rounds(const struct bench *bench, const struct kind *kind,
			  uint64_t *ns)
{
	uint64_t i, start;

	/* The first is not counted: it finds cold caches. */
	for (i = 0; i <= bench->rounds; i++) {
		start = ipcmbox_deadline(0);
		if (kind->round(bench))
			return -1;
		if (i)
			ns[i - 1] = (ipcmbox_deadline(0) - start) / OPERATIONS;
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void add(struct table *table, const struct bench *bench,
		const struct kind *kind, uint64_t *ns)
{
	uint64_t count = bench->rounds;

	qsort(ns, count, sizeof(*ns), compare);
	table_line(table);
	table_text(table, BENCH, kind->name);
	table_text(table, WHAT, kind->what);
	table_number(table, MEDIAN_NS,
		     (ns[(count - 1) / 2] + ns[count / 2]) / 2);
	table_number(table, LEAST_NS, ns[0]);
	table_number(table, MOST_NS, ns[count - 1]);
	table_number(table, ROUNDS, count);
	table_number(table, OPERATION_COUNT, OPERATIONS);
	table_number(table, SIZE, bench->size);
}

static int pairs_open(struct bench *bench, int ctl, uint64_t capacity)
{
	struct ipcmbox_attr *attr = need(ipcmbox_attr_new());
	int ret;

	ipcmbox_attr_set_capacity(attr, capacity);
	ret = ipcmbox_pair_at(ctl, attr, 0, 0, bench->there);
	if (!ret && ipcmbox_pair_at(ctl, attr, 0, 0, bench->back)) {
		ret = -1;
		close(bench->there[0]);
		close(bench->there[1]);
	}
	ipcmbox_attr_free(attr);
	return ret;
}

static int measure(struct bench *bench, const struct kind *kind, int ctl,
		   struct table *table)
{
	uint64_t *ns = need(calloc(bench->rounds, sizeof(*ns)));
	pid_t parent = getpid(), child;
	int status = STATUS_OK;

	if (pairs_open(bench, ctl, kind->capacity)) {
		free(ns);
		return fail("%s", kind->name);
	}
	child = fork();
	if (!child)
		be_peer(bench, kind, parent);
	close(bench->there[0]);
	close(bench->back[1]);
	if (child < 0 || measure_rounds(bench, kind, ns))
		status = fail("%s", kind->name);
	close(bench->there[1]);
	close(bench->back[0]);
	if (child > 0 && status)
		kill(child, SIGKILL);
	if (child > 0)
		waitpid(child, NULL, 0);
	if (!status)
		add(table, bench, kind, ns);
	free(ns);
	return status;
}

int run_bench(const struct settings *set, struct operands *op)
{
	struct bench bench = {
		.size = set->given[OPT_SIZE] ? set->size : 64,
		.rounds = set->given[OPT_ROUNDS] ? set->rounds : 21,
	};
	int status, ctl;
	struct table *table;
	size_t i;

	(void)op;
	table = table_new(set, "bench", columns, ARRAY_SIZE(columns), false,
			  &status);
	if (!table)
		return status;
	ctl = control_open(set);
	if (ctl < 0) {
		table_free(table);
		return STATUS_ERROR;
	}
	bench.buffer = need(calloc(1, bench.size + 1));
	for (i = 0; !status && i < ARRAY_SIZE(kinds); i++)
		status = measure(&bench, &kinds[i], ctl, table);
	if (!status)
		table_print(table);
	free(bench.buffer);
	table_free(table);
	close(ctl);
	return status;
}
