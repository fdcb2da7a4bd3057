// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations of the table of semantics: calls, broadcasts, inboxes, and what never waits.
 * See stage.h.
 */
#include "stage.h"

#define NO_TOKEN 12345

static bool server_that_answers(struct stage *stage)
{
	return stage_start_server(stage, true);
}

static bool server_that_keeps_it(struct stage *stage)
{
	return stage_start_server(stage, false);
}

static void run_call(struct stage *stage)
{
	struct caller caller = {
		.arg.flags = stage->dontwait ? IPCMBOX_DONTWAIT : 0,
		.arg.deadline = stage->deadline,
	};

	caller_run(&caller, stage->fd, STAGE_NUMBER);
	stage_tell(stage, caller.ret,
		   stage_disposition(caller.arg.disposition));
}

static const char *take_and_answer(struct stage *stage)
{
	uint64_t token = serve_take(stage->peer, STAGE_NUMBER);

	return serve_reply(stage->peer, token, 1) ? NULL : "a receiver";
}

static const char *answer(struct stage *stage)
{
	stage_join_server(stage);
	return serve_reply(stage->peer, stage->token, 1) ? NULL : "the answer";
}

/* The caller is interrupted, and closes its port. */
static bool caller_leaves(struct stage *stage)
{
	return stage_take_call(stage) &&
	       !pthread_kill(stage->caller.thread, SIGUSR1) &&
	       stage_join_caller(stage) == -EINTR && stage_close_peer(stage);
}

static bool call_and_message(struct stage *stage)
{
	return stage_take_call(stage) && stage_offer_one(stage);
}

static void run_reply(struct stage *stage)
{
	stage_tell(stage, serve_reply(stage->fd, stage->token ?: NO_TOKEN, 1),
		   "");
}

static void run_reply_recv(struct stage *stage)
{
	uint32_t num = 1;
	struct ipcmbox_reply reply = {
		.size = sizeof(reply),
		.token = stage->token ?: NO_TOKEN,
		.data = (uintptr_t)&num,
		.len = sizeof(num),
	};
	struct ipcmbox_recv recv = {
		.size = sizeof(recv),
		.flags = stage->dontwait ? IPCMBOX_DONTWAIT : 0,
		.data = (uintptr_t)&num,
		.len = sizeof(num),
		.deadline = stage->deadline,
	};
	struct ipcmbox_reply_recv arg = {
		.size = sizeof(arg),
		.reply = (uintptr_t)&reply,
		.recv = (uintptr_t)&recv,
	};
	int ret = mbox_ioctl(stage->fd, IPCMBOX_IOC_REPLY_RECV, &arg);

	stage_tell(stage, ret,
		   arg.replied ? "replied" :
		   arg.stale   ? "stale" :
				 "");
}

static bool message_of_mine(struct stage *stage)
{
	if (!stage_offer(stage, stage->fd, STAGE_NUMBER, 0))
		return false;
	/* One that waits does not know its number yet. */
	stage->cancel_id = stage->helpers[0].id ?: 1;
	return true;
}

static bool message_left_behind(struct stage *stage)
{
	return message_of_mine(stage) && stage_close_peer(stage) &&
	       stage_join_helpers(stage);
}

static void run_cancel(struct stage *stage)
{
	static const char *const words[] = {
		[IPCMBOX_CANCEL_DONE] = "DONE",
		[IPCMBOX_CANCEL_TOO_LATE] = "TOO_LATE",
		[IPCMBOX_CANCEL_REPLIED] = "REPLIED",
		[IPCMBOX_CANCEL_UNKNOWN] = "UNKNOWN",
	};
	struct ipcmbox_cancel arg = {
		.size = sizeof(arg),
		.id = stage->cancel_id,
	};
	int ret = mbox_ioctl(stage->fd, IPCMBOX_IOC_CANCEL, &arg);

	stage_tell(stage, ret, ret ? "" : words[arg.result]);
}

static void run_drain(struct stage *stage)
{
	int ret = mbox_drain(stage->fd);

	stage_tell(stage, ret, ret > 0 ? "some" : "");
}

static void run_set(struct stage *stage)
{
	stage_tell(stage, mbox_set(stage->fd, IPCMBOX_SET_CAPACITY, 8), "");
}

static void run_info(struct stage *stage)
{
	struct ipcmbox_info info = { .size = sizeof(info) };

	stage_tell(stage, mbox_ioctl(stage->fd, IPCMBOX_IOC_INFO, &info), "");
}

/* What is filled is the subscription. */
static bool open_cast(struct stage *stage)
{
	struct ipcmbox_create create = {
		.flags = IPCMBOX_BROADCAST,
		.open_flags = O_RDWR,
		.max_message = STAGE_MESSAGE,
	};
	struct ipcmbox_subscribe arg = {
		.size = sizeof(arg),
		.capacity = stage->capacity,
		.slow = stage->subject->slow,
	};
	int ret;

	if (stage->capacity == IPCMBOX_UNBOUNDED)
		arg.max_bytes = STAGE_UNBOUNDED * sizeof(uint32_t);
	stage->hub = stage_create(stage, &create);
	ret = mbox_ioctl(stage->hub, IPCMBOX_IOC_SUBSCRIBE, &arg);
	stage->impossible = ret == -EINVAL && !stage->capacity;
	if (stage->impossible)
		return true;
	stage->peer = arg.fd;
	stage->fd = mbox_reopen(stage->hub, O_WRONLY, IPCMBOX_ADMIN);
	return !ret && stage->fd >= 0;
}

static void run_cast(struct stage *stage)
{
	uint32_t num = STAGE_NUMBER;
	struct ipcmbox_send send = {
		.size = sizeof(send),
		.flags = stage->dontwait ? IPCMBOX_DONTWAIT : 0,
		.data = (uintptr_t)&num,
		.len = sizeof(num),
		.deadline = stage->deadline,
	};
	int ret = mbox_ioctl(stage->fd, IPCMBOX_IOC_SEND, &send);
	char word[32];

	snprintf(word, sizeof(word), ret ? "%s" : "%s to %u",
		 stage_disposition(send.disposition), send.reached);
	stage_tell(stage, ret, word);
}

static bool open_inbox(struct stage *stage)
{
	struct ipcmbox_inbox inbox = {
		.size = sizeof(inbox),
		.capacity = stage->capacity,
		.max_message = STAGE_MESSAGE,
	};
	struct ipcmbox_open_pid open_pid = {
		.size = sizeof(open_pid),
		.pid = getpid(),
	};

	/* It has no name, and is of the process that claims it. */
	stage->impossible = stage->where == STAGE_NAMED ||
			    stage->where == STAGE_OWNED;
	if (stage->impossible)
		return true;
	if (stage->capacity == IPCMBOX_UNBOUNDED)
		inbox.max_bytes = STAGE_UNBOUNDED * sizeof(uint32_t);
	if (mbox_device_ioctl(IPCMBOX_IOC_INBOX, &inbox) ||
	    mbox_device_ioctl(IPCMBOX_IOC_OPEN_PID, &open_pid))
		return false;
	stage->peer = inbox.fd;
	stage->fd = open_pid.fd;
	return true;
}

const struct subject subjects_of_the_rest[] = {
	{
		.name = "CALL, not yet taken",
		.sends = true,
		.place = PLACE_LINE,
		.ready = server_that_answers,
		.run = run_call,
		.release = take_and_answer,
	},
	{
		.name = "CALL, taken",
		.sends = true,
		.only_with_peer = true,
		.place = PLACE_CALL,
		.ready = server_that_answers,
		.block = server_that_keeps_it,
		.run = run_call,
		.release = answer,
	},
	{
		.name = "REPLY",
		.ready = stage_take_call,
		.part = caller_leaves,
		.run = run_reply,
	},
	{
		.name = "REPLY_RECV",
		.place = PLACE_CROWD,
		.ready = call_and_message,
		.block = stage_take_call,
		.part = caller_leaves,
		.run = run_reply_recv,
		.release = stage_send_one,
	},
	{
		.name = "CANCEL",
		.sends = true,
		.ready = message_of_mine,
		.part = message_left_behind,
		.run = run_cancel,
	},
	{
		.name = "SEND to a subscriber that blocks",
		.sends = true,
		.slow = IPCMBOX_SLOW_BLOCK,
		.open = open_cast,
		.block = stage_full,
		.run = run_cast,
		.release = stage_receive_one,
	},
	{
		.name = "SEND to a subscriber that loses the oldest",
		.sends = true,
		.slow = IPCMBOX_SLOW_DROP_OLDEST,
		.open = open_cast,
		.block = stage_full,
		.run = run_cast,
		.release = stage_receive_one,
	},
	{
		.name = "SEND to a subscriber that loses the newest",
		.sends = true,
		.slow = IPCMBOX_SLOW_DROP_NEWEST,
		.open = open_cast,
		.block = stage_full,
		.run = run_cast,
		.release = stage_receive_one,
	},
	{
		.name = "SEND to a subscriber that is disconnected",
		.sends = true,
		.slow = IPCMBOX_SLOW_DISCONNECT,
		.open = open_cast,
		.block = stage_full,
		.run = run_cast,
		.release = stage_receive_one,
	},
	{
		.name = "SEND to an inbox",
		.sends = true,
		.place = PLACE_LINE,
		.open = open_inbox,
		.ready = stage_ready_to_send,
		.block = stage_full,
		.run = stage_run_send,
		.release = stage_receive_one,
	},
	{
		.name = "DRAIN",
		.ready = stage_offer_one,
		.run = run_drain,
	},
	{
		.name = "SET of the capacity",
		.block = stage_full,
		.run = run_set,
	},
	{
		.name = "INFO",
		.block = stage_full,
		.run = run_info,
	},
	{}
};
