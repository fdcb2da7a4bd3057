// SPDX-License-Identifier: GPL-2.0-only
/*
 * What holds for every mailbox, whatever its capacity, order and policy: each property
 * is tried with all of them.
 */
#include "kselftest_harness.h"
#include "call.h"
#include "reference.h"
#include "select.h"

#define WAITING 4 /* messages in line */
#define STORED 20 /* messages of an unbounded mailbox */
#define COUNT (100 + WAITING)
#define EACH 40 /* messages of a sender among several */
#define SENDERS 2
#define BATCH 5

/**
 * struct box - a mailbox, and who uses it
 * @fd: the mailbox
 * @capacity: its attribute
 * @order: likewise
 * @policy: likewise
 * @slots: how many messages are stored
 * @count: how many messages there are, with those in line
 * @reference: what should be there
 * @ops: messages, of various priorities
 */
struct box {
	int fd;
	uint64_t capacity;
	enum ipcmbox_order order;
	enum ipcmbox_policy policy;
	unsigned int slots;
	unsigned int count;
	struct reference reference;
	struct mbox_op ops[COUNT];
};

FIXTURE(matrix)
{
	int unused;
};

MBOX_MATRIX(matrix);

FIXTURE_SETUP(matrix)
{
}

FIXTURE_TEARDOWN(matrix)
{
}

static bool open_box(struct box *box)
{
	unsigned int i;

	box->slots = mbox_slots(box->capacity, STORED);
	/* An unbounded one lets nobody wait. */
	box->count = box->slots;
	if (box->capacity != IPCMBOX_UNBOUNDED)
		box->count += WAITING;
	box->reference.order = box->order;
	box->fd = mbox_create_by(box->capacity, box->order, box->policy, 0);
	for (i = 0; i < COUNT; i++)
		box->ops[i] = (struct mbox_op){
			.fd = box->fd,
			.num = i,
			.priority = i * 7 % 5,
		};
	return box->fd >= 0;
}

/* All messages that it can have. */
static bool offer_all(struct box *box)
{
	return reference_offer(&box->reference, box->ops, box->count);
}

/* They come as they should, and then none. */
static bool all_come(struct box *box)
{
	return reference_empty(&box->reference, box->fd);
}

static bool order_is_kept(struct box *box)
{
	return offer_all(box) && mbox_info(box->fd).queued == box->slots &&
	       all_come(box);
}

struct sender {
	int fd;
	uint32_t first;
	int ret;
	pthread_t thread;
};

static void *send_each(void *arg)
{
	struct sender *sender = arg;
	uint32_t i;

	for (i = 0; !sender->ret && i < EACH; i++)
		sender->ret = mbox_send_num(sender->fd, sender->first + i,
					    i % 3 ? 0 : IPCMBOX_UNTIL_TAKEN);
	return NULL;
}

static bool each_message_comes_once(struct box *box)
{
	struct sender senders[SENDERS] = {};
	unsigned int seen[SENDERS * EACH] = {};
	unsigned int i;
	bool fine = true;
	int64_t num;

	for (i = 0; i < SENDERS; i++) {
		senders[i].fd = box->fd;
		senders[i].first = i * EACH;
		if (pthread_create(&senders[i].thread, NULL, send_each,
				   &senders[i]))
			return false;
	}
	for (i = 0; i < SENDERS * EACH; i++) {
		num = mbox_recv_num(box->fd, 0);
		if (num < 0 || num >= SENDERS * EACH)
			return false;
		seen[num]++;
	}
	for (i = 0; i < SENDERS; i++)
		fine &= !pthread_join(senders[i].thread, NULL) &&
			!senders[i].ret;
	for (i = 0; i < SENDERS * EACH; i++)
		fine &= seen[i] == 1;
	return fine && mbox_recv_num(box->fd, IPCMBOX_DONTWAIT) == -EAGAIN;
}

static bool receiver_is_released(struct box *box)
{
	struct mbox_op *recv = &box->ops[0];

	recv->kind = OP_RECV;
	return mbox_op_park(recv) && !mbox_send_num(box->fd, 7, 0) &&
	       !mbox_op_join(recv) && recv->num == 7;
}

static bool sender_is_released(struct box *box)
{
	struct mbox_op *send = &box->ops[0];

	if (box->capacity == IPCMBOX_UNBOUNDED)
		return true;
	return mbox_fill(box->fd, box->capacity, 0) == box->slots &&
	       mbox_op_park(send) && mbox_recv_num(box->fd, 0) >= 0 &&
	       !mbox_op_join(send) && mbox_drain(box->fd) == box->slots;
}

static bool dontwait_changes_nothing(struct box *box)
{
	struct mbox_op *send = &box->ops[0];

	send->flags = IPCMBOX_DONTWAIT;
	if (mbox_recv_num(box->fd, IPCMBOX_DONTWAIT) != -EAGAIN ||
	    mbox_peek_match(box->fd, IPCMBOX_MATCH_ANY, 0) != -EAGAIN)
		return false;
	if (box->capacity == IPCMBOX_UNBOUNDED)
		return true;
	return mbox_fill(box->fd, box->capacity, 0) == box->slots &&
	       mbox_op_run(send) == -EAGAIN && !send->id &&
	       send->disposition == IPCMBOX_NOT_SENT &&
	       mbox_info(box->fd).sent == box->slots &&
	       mbox_drain(box->fd) == box->slots;
}

static bool deadline_leaves_nothing(struct box *box)
{
	struct mbox_op *send = &box->ops[0], *recv = &box->ops[1];

	send->flags = IPCMBOX_UNTIL_TAKEN;
	send->deadline = mbox_deadline(2);
	recv->kind = OP_RECV;
	recv->deadline = mbox_deadline(2);
	return mbox_op_run(send) == -ETIMEDOUT &&
	       send->disposition == IPCMBOX_WITHDRAWN &&
	       mbox_op_run(recv) == -ETIMEDOUT &&
	       mbox_info(box->fd).expired == 1 &&
	       mbox_recv_num(box->fd, IPCMBOX_DONTWAIT) == -EAGAIN;
}

static bool peek_changes_nothing(struct box *box)
{
	struct ipcmbox_info before, after;
	int64_t first, again;

	if (!offer_all(box))
		return false;
	before = mbox_info(box->fd);
	first = mbox_peek_match(box->fd, IPCMBOX_MATCH_ANY, 0);
	again = mbox_peek_match(box->fd, IPCMBOX_MATCH_ANY, 0);
	after = mbox_info(box->fd);
	return first >= 0 && first == again &&
	       !memcmp(&before, &after, sizeof(before)) && all_come(box);
}

/* Whatever is done, the counters add up after each step. */
static bool counters_conserve(struct box *box)
{
	unsigned int i, seed = 1 + box->slots, queued = 0;
	struct ipcmbox_info info;
	int64_t ret;

	for (i = 0; i < 60; i++) {
		switch (rand_r(&seed) % 8) {
		case 0:
			ret = mbox_drain(box->fd);
			queued = 0;
			break;
		case 1:
			ret = mbox_recv(box->fd, NULL, 4, IPCMBOX_DONTWAIT);
			break;
		case 2:
		case 3:
			ret = mbox_recv_num(box->fd, IPCMBOX_DONTWAIT);
			queued -= ret >= 0;
			break;
		default:
			ret = mbox_send_num(box->fd, i, IPCMBOX_DONTWAIT);
			queued += !ret;
		}
		info = mbox_info(box->fd);
		if (!mbox_is_calm(box->fd) || info.queued != queued ||
		    info.queued_bytes != queued * sizeof(uint32_t) ||
		    (ret < 0 && ret != -EAGAIN && ret != -EFAULT))
			return false;
	}
	return true;
}

/* A receiver that fails, whether the message was there or came while it waited. */
static bool failed_receive_puts_back(struct box *box)
{
	struct mbox_op recv = { .fd = box->fd, .kind = OP_RECV, .len = 4 };
	struct mbox_op *first = &box->ops[0];
	uint32_t num;

	first->sender.pid = getpid();
	if (!mbox_op_park(&recv) || mbox_op_start(first) ||
	    mbox_op_join(&recv) != -EFAULT)
		return false;
	reference_add(&box->reference, first);
	return reference_offer(&box->reference, box->ops + 1, box->count - 1) &&
	       mbox_recv(box->fd, NULL, sizeof(num), 0) == -EFAULT &&
	       mbox_recv(box->fd, &num, 1, 0) == -EMSGSIZE &&
	       mbox_peek(box->fd, NULL, sizeof(num), 0) == -EFAULT &&
	       all_come(box);
}

static bool too_long_is_told_or_cut(struct box *box)
{
	struct mbox_op *send = &box->ops[0];
	char data[] = "12345678", got[8] = "";
	struct mbox_op recv = {
		.fd = box->fd,
		.kind = OP_RECV,
		.data = got,
		.len = 3,
	};

	send->data = data;
	send->len = 8;
	if (!mbox_op_offer(send) || mbox_op_run(&recv) != -EMSGSIZE ||
	    recv.msg_len != 8)
		return false;
	recv.flags = IPCMBOX_TRUNCATE;
	return !mbox_op_run(&recv) && recv.msg_len == 8 &&
	       recv.msg_flags == IPCMBOX_MSG_TRUNCATED && !got[3] &&
	       !memcmp(got, data, 3) && !mbox_op_join(send) &&
	       mbox_recv_num(box->fd, IPCMBOX_DONTWAIT) == -EAGAIN;
}

static bool hangup_releases_all(struct box *box)
{
	struct mbox_op *recv = &box->ops[0], *send = &box->ops[1];
	int rx = mbox_reopen(box->fd, O_RDONLY, 0);
	int tx = mbox_reopen(box->fd, O_WRONLY, 0);
	bool fine;

	close(box->fd);
	box->fd = rx;
	recv->fd = rx;
	recv->kind = OP_RECV;
	fine = mbox_op_park(recv) && !close(tx) &&
	       mbox_op_join(recv) == -EPIPE && close(rx) == 0;
	box->fd = mbox_create_by(box->capacity, box->order, box->policy, 0);
	tx = mbox_reopen(box->fd, O_WRONLY, 0);
	fine = fine && mbox_fill(tx, box->capacity, 0) >= 0;
	send->fd = tx;
	send->flags = IPCMBOX_UNTIL_TAKEN;
	if (!fine || mbox_op_start(send) ||
	    !mbox_wait_sent(tx, 1 + mbox_slots(box->capacity, 0)))
		return false;
	close(box->fd);
	box->fd = tx;
	return mbox_op_join(send) == -EPIPE &&
	       send->disposition == IPCMBOX_WITHDRAWN &&
	       mbox_send_num(tx, 1, 0) == -EPIPE;
}

static bool destroy_releases_all(struct box *box)
{
	struct mbox_op *recv = &box->ops[0];
	unsigned int i;

	recv->kind = OP_RECV;
	if (!mbox_op_park(recv) || mbox_destroy(box->fd) ||
	    mbox_op_join(recv) != -EIDRM)
		return false;
	close(box->fd);
	if (!open_box(box) || !offer_all(box) || mbox_destroy(box->fd))
		return false;
	for (i = 0; i < box->count; i++)
		if (mbox_op_join(&box->ops[i]) != (i < box->slots ? 0 : -EIDRM))
			return false;
	return mbox_info(box->fd).dropped == box->slots &&
	       mbox_info(box->fd).withdrawn == box->count - box->slots;
}

/* As many as fit go, and come in the order of the mailbox, as one by one. */
static bool batch_is_one_after_the_other(struct box *box)
{
	unsigned int i, fit = box->slots < BATCH ? box->slots : BATCH;
	struct ipcmbox_send send[BATCH] = {};
	struct ipcmbox_recv recv[BATCH] = {};
	uint32_t num[BATCH];
	int none = fit ? (int)fit : -EAGAIN;

	for (i = 0; i < BATCH; i++) {
		send[i].size = sizeof(send[i]);
		send[i].data = (uintptr_t)&box->ops[i].num;
		send[i].len = sizeof(num[i]);
		send[i].priority = box->ops[i].priority;
		recv[i].size = sizeof(recv[i]);
		recv[i].data = (uintptr_t)&num[i];
		recv[i].len = sizeof(num[i]);
	}
	if (mbox_batch(box->fd, IPCMBOX_IOC_SENDV, send, BATCH,
		       IPCMBOX_DONTWAIT, 0) != none)
		return false;
	for (i = 0; i < fit; i++)
		reference_add(&box->reference, &box->ops[i]);
	if (mbox_batch(box->fd, IPCMBOX_IOC_RECVV, recv, BATCH,
		       IPCMBOX_DONTWAIT, 0) != none)
		return false;
	for (i = 0; i < fit; i++) {
		struct mbox_op *msg =
			reference_match(&box->reference, IPCMBOX_MATCH_ANY, 0);

		if (num[i] != msg->num || recv[i].id != send[msg->num].id)
			return false;
		reference_remove(&box->reference, msg);
	}
	return true;
}

static bool selection_of_one_is_that_one(struct box *box)
{
	struct selector *send = calloc(1, sizeof(*send));
	struct selector *recv = calloc(1, sizeof(*recv));
	struct mbox_op *msg;
	bool fine;

	if (!send || !recv)
		abort();
	select_send(send, box->fd, 7);
	select_recv(recv, box->fd);
	fine = select_park(recv) && !select_run(send) && !select_join(recv) &&
	       recv->num[0] == 7 && offer_all(box);
	while (fine && box->reference.count) {
		msg = reference_match(&box->reference, IPCMBOX_MATCH_ANY, 0);
		fine = !select_run(recv) && recv->num[0] == msg->num &&
		       !mbox_op_join(msg);
		reference_remove(&box->reference, msg);
	}
	recv->arg.flags = IPCMBOX_DONTWAIT;
	fine = fine && select_run(recv) == -EAGAIN;
	free(send);
	free(recv);
	return fine;
}

static bool call_is_answered(struct box *box)
{
	struct caller caller = {};
	uint64_t token;

	if (!caller_start(&caller, box->fd, 7))
		return false;
	token = serve_take(box->fd, 7);
	return token && !serve_reply(box->fd, token, 70) &&
	       !caller_join(&caller) && caller.answer == 70 &&
	       serve_reply(box->fd, token, 70) == -ESTALE;
}

static const struct property {
	const char *name;
	bool (*holds)(struct box *box);
} properties[] = {
	{ "the order is kept", order_is_kept },
	{ "each message comes once", each_message_comes_once },
	{ "a receiver is released by a sender", receiver_is_released },
	{ "a sender is released by a receiver", sender_is_released },
	{ "DONTWAIT changes nothing", dontwait_changes_nothing },
	{ "a deadline leaves nothing", deadline_leaves_nothing },
	{ "PEEK changes nothing", peek_changes_nothing },
	{ "the counters conserve", counters_conserve },
	{ "a failed receive puts back", failed_receive_puts_back },
	{ "what is too long is told or cut", too_long_is_told_or_cut },
	{ "the end of a peer releases all", hangup_releases_all },
	{ "DESTROY releases all", destroy_releases_all },
	{ "a batch is one after the other", batch_is_one_after_the_other },
	{ "a selection of one is that one", selection_of_one_is_that_one },
	{ "a call is answered", call_is_answered },
};

TEST_F_TIMEOUT(matrix, holds, 300)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(properties); i++) {
		struct box *box = calloc(1, sizeof(*box));

		ASSERT_NE(NULL, box);
		box->capacity = variant->capacity;
		box->order = variant->order;
		box->policy = variant->policy;
		ASSERT_TRUE(open_box(box));
		/* A thread may hang in what does not hold: it is left to it. */
		ASSERT_TRUE(properties[i].holds(box) && mbox_is_calm(box->fd))
		{
			TH_LOG("does not hold: %s", properties[i].name);
		}
		close(box->fd);
		free(box);
	}
}

TEST_HARNESS_MAIN
