// SPDX-License-Identifier: GPL-2.0-only
/*
 * Senders and receivers that meet what ends their wait: a peer, a signal, the deadline,
 * CANCEL, the end of the other side, DESTROY. IPCMBOX_RACES= sets how often.
 */
#include "kselftest_harness.h"
#include "meet.h"

#define SECONDS 7200 /* of 100,000 rounds; a check ends a test sooner */

static void send_until_taken(struct meeting *meeting)
{
	meeting->op = (struct mbox_op){
		.fd = meeting->race->anew ? meeting->tx : meeting->fd,
		.flags = IPCMBOX_UNTIL_TAKEN,
		.num = meeting->round,
	};
	mbox_op_run(&meeting->op);
}

static void send_for_a_while(struct meeting *meeting)
{
	meeting->op = (struct mbox_op){
		.fd = meeting->fd,
		.flags = IPCMBOX_UNTIL_TAKEN,
		.num = meeting->round,
		.deadline = meet_soon(meeting),
	};
	mbox_op_run(&meeting->op);
}

static void receive(struct meeting *meeting)
{
	meeting->op = (struct mbox_op){
		.fd = meeting->race->anew ? meeting->rx : meeting->fd,
		.kind = OP_RECV,
	};
	mbox_op_run(&meeting->op);
}

static void receive_for_a_while(struct meeting *meeting)
{
	meeting->op = (struct mbox_op){
		.fd = meeting->fd,
		.kind = OP_RECV,
		.deadline = meet_soon(meeting),
	};
	mbox_op_run(&meeting->op);
}

static void receive_now(struct meeting *meeting)
{
	meeting->op = (struct mbox_op){
		.fd = meeting->fd,
		.kind = OP_RECV,
		.flags = IPCMBOX_DONTWAIT,
	};
	mbox_op_run(&meeting->op);
}

static bool try_to(struct meeting *meeting, int kind, int fd)
{
	meeting->other = (struct mbox_op){
		.fd = fd,
		.kind = kind,
		.flags = IPCMBOX_DONTWAIT,
		.num = kind == OP_SEND ? meeting->round : 0,
	};
	return !mbox_op_run(&meeting->other);
}

/* Until it is there, or its sender has given up. */
static void take(struct meeting *meeting)
{
	while (!try_to(meeting, OP_RECV, meeting->fd) && !meet_is_over(meeting))
		;
}

static void interrupt_and_take(struct meeting *meeting)
{
	do {
		pthread_kill(meeting->left, SIGUSR1);
	} while (!try_to(meeting, OP_RECV, meeting->fd) &&
		 !meet_is_over(meeting));
}

static void give(struct meeting *meeting)
{
	try_to(meeting, OP_SEND, meeting->fd);
}

static void interrupt_and_give(struct meeting *meeting)
{
	bool given = false;

	do {
		pthread_kill(meeting->left, SIGUSR1);
		if (!given)
			given = try_to(meeting, OP_SEND, meeting->fd);
	} while (!meet_is_over(meeting));
}

/* Either it was sent and received, or neither. */
static bool both_or_none(struct meeting *meeting)
{
	struct mbox_op *send = &meeting->op, *recv = &meeting->other;

	if (!send->ret)
		return send->disposition == IPCMBOX_TAKEN && !recv->ret &&
		       recv->num == send->num && !meet_empty(meeting->fd);
	return (send->ret == -EINTR || send->ret == -ETIMEDOUT) &&
	       send->disposition == IPCMBOX_WITHDRAWN && recv->ret == -EAGAIN &&
	       !meet_empty(meeting->fd);
}

/* What was sent was received, or is still there. */
static bool received_or_there(struct meeting *meeting)
{
	struct mbox_op *recv = &meeting->op, *send = &meeting->other;
	unsigned int left = meet_empty(meeting->fd);

	if (!recv->ret)
		return !send->ret && recv->num == meeting->round && !left;
	return (recv->ret == -EINTR || recv->ret == -ETIMEDOUT) &&
	       left == !send->ret;
}

static bool store_one(struct meeting *meeting)
{
	struct mbox_op send = { .fd = meeting->fd, .num = meeting->round };
	bool fine = !mbox_op_run(&send);

	meeting->other.id = send.id;
	return fine;
}

static void cancel(struct meeting *meeting)
{
	struct ipcmbox_cancel arg = {
		.size = sizeof(arg),
		.id = meeting->other.id,
	};

	meeting->other.ret = mbox_ioctl(meeting->fd, IPCMBOX_IOC_CANCEL, &arg);
	meeting->result = arg.result;
}

static bool cancelled_or_received(struct meeting *meeting)
{
	if (meeting->other.ret || meet_empty(meeting->fd))
		return false;
	if (meeting->result == IPCMBOX_CANCEL_DONE)
		return meeting->op.ret == -EAGAIN;
	return meeting->result == IPCMBOX_CANCEL_TOO_LATE && !meeting->op.ret &&
	       meeting->op.num == meeting->round;
}

static void close_receiver(struct meeting *meeting)
{
	close(meeting->rx);
	meeting->rx = -1;
}

static bool is_withdrawn(struct meeting *meeting, int64_t ret)
{
	struct ipcmbox_info info = mbox_info(meeting->tx);

	return meeting->op.ret == ret &&
	       info.sent == info.withdrawn + info.dropped &&
	       meeting->op.disposition ==
		       (info.sent ? IPCMBOX_WITHDRAWN : IPCMBOX_NOT_SENT);
}

static bool sender_sees_the_end(struct meeting *meeting)
{
	return is_withdrawn(meeting, -EPIPE);
}

/* What was sent is received before the end. */
static void give_and_close(struct meeting *meeting)
{
	try_to(meeting, OP_SEND, meeting->tx);
	close(meeting->tx);
	meeting->tx = -1;
}

static bool receiver_sees_all(struct meeting *meeting)
{
	struct mbox_op *send = &meeting->other;

	if (!send->ret)
		return !meeting->op.ret && meeting->op.num == meeting->round;
	return send->ret == -EAGAIN && meeting->op.ret == -EPIPE;
}

/* The ends of a pair have no right to destroy. */
static bool renew(struct meeting *meeting)
{
	close(meeting->rx);
	close(meeting->tx);
	meeting->tx = mbox_create(meeting->capacity, O_RDWR);
	meeting->rx = mbox_reopen(meeting->tx, O_RDONLY, 0);
	return meeting->tx >= 0 && meeting->rx >= 0;
}

static void destroy(struct meeting *meeting)
{
	meeting->result = mbox_destroy(meeting->tx);
}

static bool sender_sees_the_destruction(struct meeting *meeting)
{
	return !meeting->result && is_withdrawn(meeting, -EIDRM);
}

static bool receiver_sees_the_destruction(struct meeting *meeting)
{
	return !meeting->result && meeting->op.ret == -EIDRM &&
	       mbox_is_calm(meeting->tx);
}

FIXTURE(race_send)
{
	int unused;
};

FIXTURE_SETUP(race_send)
{
}

FIXTURE_TEARDOWN(race_send)
{
}

static const struct race send_against_signal = {
	.left = send_until_taken,
	.right = interrupt_and_take,
	.judge = both_or_none,
};

static const struct race send_against_deadline = {
	.left = send_for_a_while,
	.right = take,
	.judge = both_or_none,
};

static const struct race receive_against_signal = {
	.left = receive,
	.right = interrupt_and_give,
	.judge = received_or_there,
};

static const struct race receive_against_deadline = {
	.left = receive_for_a_while,
	.right = give,
	.judge = received_or_there,
};

static const struct race receive_against_cancel = {
	.bounded_only = true,
	.prepare = store_one,
	.left = receive_now,
	.right = cancel,
	.judge = cancelled_or_received,
};

static const struct race send_against_close = {
	.anew = true,
	.left = send_until_taken,
	.right = close_receiver,
	.judge = sender_sees_the_end,
};

static const struct race receive_against_close = {
	.anew = true,
	.left = receive,
	.right = give_and_close,
	.judge = receiver_sees_all,
};

static const struct race send_against_destroy = {
	.anew = true,
	.prepare = renew,
	.left = send_until_taken,
	.right = destroy,
	.judge = sender_sees_the_destruction,
};

static const struct race receive_against_destroy = {
	.anew = true,
	.prepare = renew,
	.left = receive,
	.right = destroy,
	.judge = receiver_sees_the_destruction,
};

#define RACE(name)							\
	TEST_F_TIMEOUT(race_send, name, SECONDS)			\
	{								\
		EXPECT_TRUE(meet(&name));				\
	}

RACE(send_against_signal);
RACE(send_against_deadline);
RACE(receive_against_signal);
RACE(receive_against_deadline);
RACE(receive_against_cancel);
RACE(send_against_close);
RACE(receive_against_close);
RACE(send_against_destroy);
RACE(receive_against_destroy);

TEST_HARNESS_MAIN
