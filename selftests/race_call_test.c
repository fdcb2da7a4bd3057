// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls that meet what ends them, selections that meet each other, and senders that meet
 * who asks to be told. IPCMBOX_RACES= sets how often.
 */
#include "kselftest_harness.h"
#include "meet.h"

#define SECONDS 7200 /* of 100,000 rounds; a check ends a test sooner */

static void call(struct meeting *meeting)
{
	meeting->caller = (struct caller){};
	caller_run(&meeting->caller, meeting->fd, meeting->round);
	meeting->op.ret = meeting->caller.ret;
	meeting->op.disposition = meeting->caller.arg.disposition;
}

static void call_for_a_while(struct meeting *meeting)
{
	meeting->caller = (struct caller){
		/* It takes longer than to send. */
		.arg.deadline = meet_soon(meeting) + meeting->round % 100000,
	};
	caller_run(&meeting->caller, meeting->fd, meeting->round);
	meeting->op.ret = meeting->caller.ret;
	meeting->op.disposition = meeting->caller.arg.disposition;
}

/* The call, if it comes before the caller gives up. */
static uint64_t take_call(struct meeting *meeting)
{
	uint32_t num = 0;
	struct ipcmbox_recv recv = {
		.size = sizeof(recv),
		.flags = IPCMBOX_DONTWAIT,
		.data = (uintptr_t)&num,
		.len = sizeof(num),
	};

	while (mbox_ioctl(meeting->fd, IPCMBOX_IOC_RECV, &recv))
		if (meet_is_over(meeting))
			return 0;
	return num == meeting->round ? recv.token : 0;
}

static void answer(struct meeting *meeting)
{
	meeting->result = take_call(meeting);
	if (meeting->result)
		meeting->other.ret = serve_reply(meeting->fd, meeting->result,
						 meeting->round + 1);
}

static void interrupt_and_answer(struct meeting *meeting)
{
	bool later = meeting->round / 2 % 2;

	meeting->result = take_call(meeting);
	/* The last round's signal came late, and ended this call. */
	if (!meeting->result)
		return;
	if (!later)
		pthread_kill(meeting->left, SIGUSR1);
	meeting->other.ret =
		serve_reply(meeting->fd, meeting->result, meeting->round + 1);
	if (later)
		pthread_kill(meeting->left, SIGUSR1);
}

static int cancel_call(struct meeting *meeting)
{
	struct ipcmbox_cancel arg = {
		.size = sizeof(arg),
		.id = meeting->result,
	};
	int ret = mbox_ioctl(meeting->fd, IPCMBOX_IOC_CANCEL, &arg);

	return ret ?: (int)arg.result;
}

static void *answer_it(void *arg)
{
	struct meeting *meeting = arg;

	meeting->other.ret =
		serve_reply(meeting->fd, meeting->result, meeting->round + 1);
	return NULL;
}

/* The caller's other thread takes it back, while it is answered. */
static void cancel_and_answer(struct meeting *meeting)
{
	pthread_t thread;
	int found;

	meeting->result = take_call(meeting);
	if (pthread_create(&thread, NULL, answer_it, meeting))
		return;
	found = cancel_call(meeting);
	pthread_join(thread, NULL);
	meeting->result = found;
}

/* Who answered was told so if and only if the caller has the answer. */
static bool answered_or_told(struct meeting *meeting)
{
	const struct caller *caller = &meeting->caller;
	uint32_t disposition = caller->arg.disposition;

	if (mbox_info(meeting->fd).calls || meet_empty(meeting->fd))
		return false;
	if (!caller->ret)
		return !meeting->other.ret && disposition == IPCMBOX_REPLIED &&
		       caller->answer == meeting->round + 1;
	if (caller->ret != -EINTR && caller->ret != -ETIMEDOUT &&
	    caller->ret != -ECANCELED)
		return false;
	/* Nobody received it, or he answered in vain. */
	if (disposition == IPCMBOX_WITHDRAWN)
		return meeting->other.ret == -EALREADY && !meeting->result;
	return disposition == IPCMBOX_TAKEN && meeting->other.ret == -ESTALE;
}

static bool cancelled_or_answered(struct meeting *meeting)
{
	int found = meeting->result;

	/* An answer that was just being written stood in nobody's way. */
	if (!meeting->caller.ret && found != IPCMBOX_CANCEL_REPLIED &&
	    found != IPCMBOX_CANCEL_TOO_LATE)
		return false;
	if (meeting->caller.ret && found != IPCMBOX_CANCEL_TOO_LATE)
		return false;
	return answered_or_told(meeting);
}

static bool prepare_selections(struct meeting *meeting)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		struct selector *selector = &meeting->selectors[i];

		memset(&selector->arg, 0, sizeof(selector->arg));
		select_send(selector, i ? meeting->tx : meeting->fd,
			    2 * meeting->round + i);
		select_recv(selector, i ? meeting->fd : meeting->tx);
		selector->arg.flags = meeting->round / 2 % 2 ? IPCMBOX_ORDERED :
							       0;
	}
	return true;
}

static bool open_second(struct meeting *meeting)
{
	/* Of the pair one end is not needed. */
	close(meeting->tx);
	meeting->tx = mbox_create(meeting->capacity, O_RDWR);
	return meeting->tx >= 0 && prepare_selections(meeting);
}

static void select_left(struct meeting *meeting)
{
	select_run(&meeting->selectors[0]);
}

static void select_right(struct meeting *meeting)
{
	select_run(&meeting->selectors[1]);
}

/* With nothing to store it in they have met each other. */
static bool have_met(struct meeting *meeting)
{
	struct selector *a = &meeting->selectors[0];
	struct selector *b = &meeting->selectors[1];
	unsigned int sent = !a->arg.index + !b->arg.index;
	unsigned int stored;

	if (a->ret || b->ret)
		return false;
	stored = meet_empty(meeting->fd) + meet_empty(meeting->tx);
	if (stored != sent - (2 - sent))
		return false;
	if (sent == 2)
		return meeting->capacity;
	return a->num[a->arg.index] == b->num[b->arg.index] &&
	       a->arg.index + b->arg.index == 1;
}

static uint64_t events(struct meeting *meeting)
{
	uint64_t count = 0;

	return read(meeting->event, &count, sizeof(count)) < 0 ? 0 : count;
}

static bool ask_once(struct meeting *meeting)
{
	struct ipcmbox_notify notify = {
		.size = sizeof(notify),
		.flags = IPCMBOX_ONESHOT,
		.eventfd = meeting->event,
		.events = IPCMBOX_EVENT_MESSAGE,
	};

	meeting->result = mbox_ioctl(meeting->fd, IPCMBOX_IOC_NOTIFY, &notify);
	return !meeting->result;
}

static void ask(struct meeting *meeting)
{
	ask_once(meeting);
}

/* It may have to wait for room. */
static void send_left(struct meeting *meeting)
{
	meeting->op.ret = mbox_send_num(meeting->fd, 1, 0);
}

static void send_right(struct meeting *meeting)
{
	meeting->other.ret = mbox_send_num(meeting->fd, 2, IPCMBOX_DONTWAIT);
}

static void send_and_make_room(struct meeting *meeting)
{
	send_right(meeting);
	while (!meet_is_over(meeting))
		meet_empty(meeting->fd);
}

static bool told_once(struct meeting *meeting)
{
	meet_empty(meeting->fd);
	return !meeting->op.ret && events(meeting) == 1;
}

/* Whoever was first: of two messages, one of them afterwards, one is told. */
static bool told_of_the_next(struct meeting *meeting)
{
	uint64_t before = events(meeting);

	if (meeting->result || meeting->other.ret)
		return false;
	meet_empty(meeting->fd);
	if (mbox_send_num(meeting->fd, 3, 0))
		return false;
	meet_empty(meeting->fd);
	return before + events(meeting) == 1;
}

FIXTURE(race_call)
{
	int unused;
};

FIXTURE_SETUP(race_call)
{
}

FIXTURE_TEARDOWN(race_call)
{
}

static const struct race answer_against_signal = {
	.left = call,
	.right = interrupt_and_answer,
	.judge = answered_or_told,
};

static const struct race answer_against_deadline = {
	.left = call_for_a_while,
	.right = answer,
	.judge = answered_or_told,
};

static const struct race answer_against_cancel = {
	.left = call,
	.right = cancel_and_answer,
	.judge = cancelled_or_answered,
};

static const struct race select_against_select = {
	.anew = true,
	.prepare = open_second,
	.left = select_left,
	.right = select_right,
	.judge = have_met,
};

static const struct race one_shot_against_two_senders = {
	.bounded_only = true,
	.prepare = ask_once,
	.left = send_left,
	.right = send_and_make_room,
	.judge = told_once,
};

static const struct race one_shot_against_a_sender = {
	.bounded_only = true,
	.left = ask,
	.right = send_right,
	.judge = told_of_the_next,
};

#define RACE(name)							\
	TEST_F_TIMEOUT(race_call, name, SECONDS)			\
	{								\
		EXPECT_TRUE(meet(&name));				\
	}

RACE(answer_against_signal);
RACE(answer_against_deadline);
RACE(answer_against_cancel);
RACE(select_against_select);
RACE(one_shot_against_two_senders);
RACE(one_shot_against_a_sender);

TEST_HARNESS_MAIN
