// SPDX-License-Identifier: GPL-2.0-only
/*
 * CALL and its answers. Who receives a call answers it at once, or keeps its token for
 * later, in any order, or leaves it to whoever comes, or forgets it. An answer tells its
 * caller the token as its cookie, and who gave it by its bytes, which no other has.
 */
#include <errno.h>
#include <sys/ioctl.h>
#include <linux/ipcmbox.h>

#include "storm.h"

/* A token and its mailbox in one word, for the pool that all share. */
static uint64_t pack(uint64_t token, unsigned int box)
{
	return token << 8 | box;
}

/* What becomes of a call; drawn before it is known whether it is one. */
void calls_draw_fate(struct caller *caller, struct receiving *receiving)
{
	uint32_t drawn = dice_draw(&caller->dice, 100);

	receiving->place = dice_draw(&caller->dice, STORM_TOKENS);
	if (drawn < 10)
		receiving->fate = FATE_FORGOTTEN;
	else if (drawn < 50)
		receiving->fate = FATE_ANSWERED;
	else
		receiving->fate = drawn < 75 ? FATE_KEPT : FATE_SHARED;
}

static _Atomic uint64_t *token_place(struct caller *caller, bool shared,
				     unsigned int place)
{
	return shared ? &caller->round->tokens[place] : &caller->tokens[place];
}

/* One that was received before, by anybody, or 0; rarely it stays for another. */
static uint64_t draw_token(struct caller *caller)
{
	bool shared = caller_chance(caller, 50);
	unsigned int first = dice_draw(&caller->dice, STORM_TOKENS), i;
	bool stays = caller_chance(caller, 10);

	for (i = 0; i < STORM_TOKENS; i++) {
		_Atomic uint64_t *place =
			token_place(caller, shared, (first + i) % STORM_TOKENS);
		uint64_t token = stays ? atomic_load(place) :
					 atomic_exchange(place, 0);

		/* One of another mailbox may be of one that it cannot use. */
		if (token && caller->rx[token & 0xff] >= 0)
			return token;
	}
	return 0;
}

static struct event *reply_begin(struct caller *caller, unsigned int box,
				 struct ipcmbox_reply *reply, uint64_t token)
{
	uint64_t value = caller_value(caller);
	size_t length = payload_length(value);
	char *bytes = caller_place(caller, STORM_CASES);
	struct event *event;

	payload_fill(bytes, value, length);
	*reply = (struct ipcmbox_reply){
		.size = sizeof(*reply),
		.token = token,
		.data = (uintptr_t)bytes,
		.len = length,
		.cookie = token,
	};
	event = caller_begin(caller, box, EVENT_REPLY, value, 0);
	event->id = token;
	return event;
}

static void reply_end(struct caller *caller, struct event *event, int ret)
{
	caller_end(caller, event, ret);
	if (!ret)
		caller_tally(caller, TALLY_REPLIED);
	if (ret == -ESTALE)
		caller_tally(caller, TALLY_STALE);
}

static void call_reply_to(struct caller *caller, unsigned int box,
			  uint64_t token)
{
	struct ipcmbox_reply reply;
	struct event *event = reply_begin(caller, box, &reply, token);

	reply_end(caller, event,
		  caller_result(
			  ioctl(caller->rx[box], IPCMBOX_IOC_REPLY, &reply)));
}

void calls_received(struct caller *caller, unsigned int box,
		    const struct receiving *receiving)
{
	uint64_t token = receiving->arg.token;

	caller_tally(caller, TALLY_CALL_RECEIVED);
	if (receiving->fate == FATE_ANSWERED)
		call_reply_to(caller, box, token);
	else if (receiving->fate != FATE_FORGOTTEN)
		atomic_store(token_place(caller, receiving->fate == FATE_SHARED,
					 receiving->place),
			     pack(token, box));
}

void call_reply(struct caller *caller)
{
	uint64_t token = draw_token(caller);

	if (token)
		call_reply_to(caller, token & 0xff, token >> 8);
}

/* The two parts of REPLY_RECV are an event each. */
static void serve(struct caller *caller, unsigned int box, uint64_t token,
		  struct receiving *receiving)
{
	struct ipcmbox_reply reply;
	struct ipcmbox_reply_recv both = {
		.size = sizeof(both),
		.reply = (uintptr_t)&reply,
		.recv = (uintptr_t)&receiving->arg,
	};
	struct event *answer = reply_begin(caller, box, &reply, token);
	struct event *event =
		receiving_begin(caller, receiving, box, EVENT_RECV, EVENT_CASE);
	int ret = caller_result(
		ioctl(caller->rx[box], IPCMBOX_IOC_REPLY_RECV, &both));

	if (ret && !both.replied && !both.stale) {
		/* What failed is the answer, or the whole before it. */
		reply_end(caller, answer, ret);
		caller_end(caller, event, -ENOENT);
		return;
	}
	reply_end(caller, answer, both.stale ? -ESTALE : 0);
	ret = receiving_told(caller, receiving, event, ret);
	caller_end(caller, event, ret);
	receiving_done(caller, receiving, event);
	caller_tally(caller, TALLY_SERVED);
}

void call_serve(struct caller *caller)
{
	uint64_t token = draw_token(caller);
	unsigned int box = token & 0xff;
	struct receiving receiving;

	/* The same is drawn whether there is a token or not. */
	receiving_init(caller, &receiving, box, 0);
	if (caller_chance(caller, 40))
		receiving.arg.flags |= IPCMBOX_DONTWAIT;
	receiving.arg.deadline = caller_deadline(caller);
	if (token)
		serve(caller, box, token >> 8, &receiving);
}

/* What of it is a message that was sent; the rest is about the answer. */
static int result_as_send(const struct ipcmbox_call *call, int ret)
{
	switch (call->disposition) {
	case IPCMBOX_TAKEN:
	case IPCMBOX_REPLIED:
	case IPCMBOX_PEER_DIED:
		return 0;
	default:
		return ret;
	}
}

static uint64_t judge_answer(const struct ipcmbox_call *call, const char *bytes)
{
	uint64_t value = payload_value(bytes, call->msg_len, true);

	/* It must be to this call. */
	return call->answer_cookie == call->id && value ? value : UINT64_MAX;
}

static void call_tally(struct caller *caller, int ret, uint32_t disposition)
{
	if (!ret)
		caller_tally(caller, TALLY_CALLED);
	else if (ret == -EOWNERDEAD)
		caller_tally(caller, TALLY_SERVER_GONE);
	else if (disposition == IPCMBOX_TAKEN)
		caller_tally(caller, TALLY_CALL_LEFT);
}

void call_call(struct caller *caller, unsigned int box)
{
	char *answer = caller_place(caller, 1);
	struct sending sending;
	struct ipcmbox_call call;
	struct event *event;
	int ret;

	if (caller->tx[box] < 0 || box == STORM_HUB)
		return;
	sending_init(caller, &sending, 0);
	call = (struct ipcmbox_call){
		.size = sizeof(call),
		.flags = sending.arg.flags & IPCMBOX_IOVEC,
		.data = sending.arg.data,
		.len = sending.arg.len,
		.type = sending.arg.type,
		.priority = sending.arg.priority,
		.cookie = sending.arg.cookie,
		.answer = (uintptr_t)answer,
		.answer_len = caller_chance(caller, 15) ? 40 : STORM_PAYLOAD,
		.deadline = caller_patience(caller),
	};
	if (caller_chance(caller, 40))
		call.taken_deadline = caller_deadline(caller);
	if (caller_chance(caller, 15))
		call.flags |= IPCMBOX_DONTWAIT;
	/* An answer that cannot be written. */
	if (caller_chance(caller, 3))
		call.answer = (uintptr_t)caller->cliff;
	sending.arg.flags |= IPCMBOX_UNTIL_TAKEN;
	event = sending_begin(caller, &sending, box, EVENT_CALL);
	ret = cancel_call(caller, box, &call);
	event->id = call.id;
	event->said = 1 + call.disposition;
	event->outcome = ret;
	cancel_remember(caller, box, call.id);
	if (!ret)
		event->answer = judge_answer(&call, answer);
	caller_end(caller, event, result_as_send(&call, ret));
	call_tally(caller, ret, call.disposition);
}
