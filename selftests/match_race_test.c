// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many senders, and receivers of which each wants something else, all at once: each
 * message goes once, to one that wants it, and in order; also where receives fail.
 */
#include "kselftest_harness.h"
#include "ipcmbox_util.h"

#define SENDERS		4
#define TYPES		4
#define MESSAGES	12000	/* or as many as IPCMBOX_RACES= says */

/**
 * struct racer - a thread
 * @thread: the thread
 * @fd: the mailbox
 * @index: which sender, or which type a receiver wants
 * @match: how it says so
 * @each: how many there are of each type, from each sender
 * @ordered: what one sends is received as it was sent
 * @ok: out, whether all was as it should be
 */
struct racer {
	pthread_t thread;
	int fd;
	unsigned int index;
	uint32_t match;
	unsigned int each;
	bool ordered;
	bool ok;
};

FIXTURE(match_race)
{
	int fd;
	struct racer senders[SENDERS];
	struct racer receivers[TYPES];
};

MBOX_ORDERS(match_race);

FIXTURE_SETUP(match_race)
{
	memset(self, 0, sizeof(*self));
	self->fd = mbox_create_by(variant->capacity, variant->order,
				  IPCMBOX_LONGEST, IPCMBOX_SELECTIVE);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(match_race)
{
	EXPECT_TRUE(mbox_is_calm(self->fd));
	close(self->fd);
}

static void *send_all(void *arg)
{
	struct racer *racer = arg;
	unsigned int i;

	racer->ok = true;
	for (i = 0; racer->ok && i < racer->each * TYPES; i++) {
		struct mbox_op send = {
			.fd = racer->fd,
			.num = i,
			.type = i % TYPES,
			.cookie = racer->index,
			.flags = i % 5 ? 0 : IPCMBOX_UNTIL_TAKEN,
		};

		racer->ok = !mbox_op_run(&send);
	}
	return NULL;
}

/* The next that is wanted; now and then it fails at first. */
static bool receive(struct racer *racer, struct mbox_op *recv, unsigned int i)
{
	*recv = (struct mbox_op){
		.fd = racer->fd,
		.kind = OP_RECV,
		.match = racer->match,
		.match_value = racer->index,
		.len = sizeof(recv->num),
	};
	if (i % 7 == 0 && mbox_op_run(recv) != -EFAULT)
		return false;
	recv->data = &recv->num;
	return !mbox_op_run(recv) && recv->type == racer->index &&
	       recv->num % TYPES == racer->index && recv->cookie < SENDERS;
}

static void *receive_all(void *arg)
{
	unsigned int count[SENDERS] = {};
	struct racer *racer = arg;
	struct mbox_op recv;
	unsigned int i;

	racer->ok = true;
	for (i = 0; racer->ok && i < racer->each * SENDERS; i++) {
		racer->ok = receive(racer, &recv, i);
		if (racer->ok && racer->ordered)
			racer->ok = recv.num / TYPES == count[recv.cookie];
		if (racer->ok)
			count[recv.cookie]++;
	}
	for (i = 0; i < SENDERS; i++)
		racer->ok = racer->ok && count[i] == racer->each;
	return NULL;
}

static int start(struct racer *racer, int fd, unsigned int index,
		 void *(*run)(void *))
{
	racer->fd = fd;
	racer->index = index;
	racer->each = mbox_rounds(MESSAGES) / TYPES / SENDERS;
	return pthread_create(&racer->thread, NULL, run, racer);
}

TEST_F_TIMEOUT(match_race, all_at_once, 300)
{
	unsigned int i;

	for (i = 0; i < TYPES; i++) {
		struct racer *racer = &self->receivers[i];

		/* Up to type 0 is type 0. */
		racer->match = i ? IPCMBOX_MATCH_TYPE : IPCMBOX_MATCH_TYPE_MAX;
		racer->ordered = variant->order != IPCMBOX_LIFO;
		ASSERT_EQ(0, start(racer, self->fd, i, receive_all));
	}
	for (i = 0; i < SENDERS; i++)
		ASSERT_EQ(0, start(&self->senders[i], self->fd, i, send_all));
	for (i = 0; i < SENDERS; i++) {
		ASSERT_EQ(0, pthread_join(self->senders[i].thread, NULL));
		EXPECT_TRUE(self->senders[i].ok);
	}
	for (i = 0; i < TYPES; i++) {
		ASSERT_EQ(0, pthread_join(self->receivers[i].thread, NULL));
		EXPECT_TRUE(self->receivers[i].ok);
	}
	EXPECT_EQ(self->senders[0].each * TYPES * SENDERS,
		  mbox_info(self->fd).received);
	EXPECT_EQ(0, mbox_info(self->fd).queued);
}

TEST_HARNESS_MAIN
