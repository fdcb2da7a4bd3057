// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations of the table of semantics: those that send or receive a message, by each
 * way to do so; what they need, how they are done, and what they wait for. See stage.h.
 */
#include "select.h"
#include "stage.h"

#define WANTED 5 /* the type that a receiver by type wants */

/* What those who send need: room or, with nothing to store it in, a receiver. */
bool stage_ready_to_send(struct stage *stage)
{
	return stage->capacity || stage_park_receiver(stage);
}

static bool ready_to_send_two(struct stage *stage)
{
	return stage->capacity > 1 ||
	       (stage_park_receiver(stage) && stage_park_receiver(stage));
}

static bool room_for_one(struct stage *stage)
{
	return stage_ready_to_send(stage) && stage_fill(stage, 1);
}

bool stage_full(struct stage *stage)
{
	return stage_fill(stage, 0);
}

/* One message is received. If it is the one whose sender waits, he waited for that. */
const char *stage_receive_one(struct stage *stage)
{
	struct mbox_op recv = {
		.fd = stage->peer,
		.kind = OP_RECV,
		.deadline = mbox_deadline(MBOX_WATCHDOG_MS),
	};

	if (mbox_op_run(&recv))
		return NULL;
	return recv.num == STAGE_NUMBER + stage->subject->earlier ?
		       "a receiver" :
		       "room";
}

bool stage_offer_one(struct stage *stage)
{
	return stage_offer(stage, stage->peer, STAGE_NUMBER, WANTED);
}

/* Both wait for the first one's room; the second one finds its own. */
static const char *receive_two(struct stage *stage)
{
	const char *word = stage_receive_one(stage);
	struct mbox_op recv = { .fd = stage->peer, .kind = OP_RECV };

	return mbox_op_run(&recv) ? NULL : word;
}

static bool offer_two(struct stage *stage)
{
	return stage_offer_one(stage) &&
	       stage_offer(stage, stage->peer, STAGE_NUMBER + 1, WANTED);
}

/* At capacity 0 it would be its sender's wait that keeps the peer. */
static bool offer_unwanted(struct stage *stage)
{
	return !stage->capacity ||
	       stage_offer(stage, stage->peer, 1, WANTED - 1);
}

static bool offer_wanted_last(struct stage *stage)
{
	return stage_offer(stage, stage->peer, 1, WANTED - 1) &&
	       stage_offer_one(stage);
}

const char *stage_send_one(struct stage *stage)
{
	return stage_offer_one(stage) ? "a message" : NULL;
}

void stage_run_send(struct stage *stage)
{
	struct mbox_op op = {
		.fd = stage->fd,
		.flags = stage->subject->flags,
		.num = STAGE_NUMBER,
		.deadline = stage->deadline,
	};

	if (stage->dontwait)
		op.flags |= IPCMBOX_DONTWAIT;
	mbox_op_run(&op);
	stage_tell(stage, op.ret, stage_disposition(op.disposition));
}

/* The match is what is in the flags. */
static void run_recv(struct stage *stage)
{
	struct mbox_op op = {
		.fd = stage->fd,
		.kind = OP_RECV,
		.flags = stage->dontwait ? IPCMBOX_DONTWAIT : 0,
		.match = stage->subject->flags,
		.match_value = stage->subject->flags ? WANTED : 0,
		.deadline = stage->deadline,
	};

	if (!mbox_op_run(&op) && op.num != STAGE_NUMBER)
		op.ret = -EBADMSG;
	stage_tell(stage, op.ret, "");
}

static void run_peek(struct stage *stage)
{
	int64_t ret = mbox_peek_match(stage->fd, IPCMBOX_MATCH_ANY, 0);

	stage_tell(stage, ret < 0 ? ret : 0, "");
}

static void run_file(struct stage *stage)
{
	struct mbox_op op = {
		.fd = stage->fd,
		.kind = stage->subject->sends ? OP_WRITE : OP_READ,
		.num = STAGE_NUMBER,
	};

	if (stage->dontwait)
		fcntl(stage->fd, F_SETFL, O_NONBLOCK);
	mbox_op_run(&op);
	if (op.ret > 0)
		strcpy(stage->outcome, "bytes");
	else
		stage_tell(stage, op.ret, "");
}

static void run_poll(struct stage *stage)
{
	struct pollfd pollfd = {
		.fd = stage->fd,
		.events = stage->subject->sends ? POLLOUT : POLLIN,
	};
	int64_t left = stage->deadline - mbox_now();
	int ret, timeout = -1;

	if (stage->deadline)
		timeout = left > 0 ? left / NSEC_PER_MSEC : 0;
	if (stage->dontwait)
		timeout = 0;
	ret = poll(&pollfd, 1, timeout);
	if (ret <= 0) {
		stage_tell(stage, ret < 0 ? -errno : 0, "");
		return;
	}
	snprintf(stage->outcome, sizeof(stage->outcome), "%s%s%s%s",
		 pollfd.revents & POLLIN ? " POLLIN" : "",
		 pollfd.revents & POLLOUT ? " POLLOUT" : "",
		 pollfd.revents & POLLERR ? " POLLERR" : "",
		 pollfd.revents & POLLHUP ? " POLLHUP" : "");
	memmove(stage->outcome, stage->outcome + 1, strlen(stage->outcome));
}

/* A receiver that waits is enough; else there must be room for the longest message. */
static const char *make_ready_to_send(struct stage *stage)
{
	const char *word = NULL;
	unsigned int i;

	if (!stage->capacity)
		return stage_park_receiver(stage) ? "a receiver" : NULL;
	if (stage->capacity != IPCMBOX_UNBOUNDED)
		return stage_receive_one(stage);
	for (i = 0; i < STAGE_MESSAGE / sizeof(uint32_t); i++)
		word = stage_receive_one(stage);
	return word;
}

static void run_select(struct stage *stage)
{
	struct selector *selector = calloc(1, sizeof(*selector));
	const char *word = "";

	if (stage->subject->sends)
		select_send(selector, stage->fd, STAGE_NUMBER);
	else
		select_recv(selector, stage->fd);
	select_recv(selector, stage->idle);
	selector->send[0].disposition = ~0U;
	selector->arg.flags = stage->dontwait ? IPCMBOX_DONTWAIT : 0;
	selector->arg.deadline = stage->deadline;
	select_run(selector);
	if (!selector->ret && selector->arg.index)
		word = "of another";
	else if (!selector->ret && stage->subject->sends)
		word = stage_disposition(selector->send[0].disposition);
	stage_tell(stage, selector->ret, word);
	free(selector);
}

static void run_batch(struct stage *stage)
{
	struct ipcmbox_send send[STAGE_BATCH];
	struct ipcmbox_recv recv[STAGE_BATCH];
	uint32_t num[STAGE_BATCH];
	bool sends = stage->subject->sends;
	char word[20] = "";
	unsigned int i;
	int ret;

	for (i = 0; i < STAGE_BATCH; i++) {
		num[i] = STAGE_NUMBER + i;
		send[i] = (struct ipcmbox_send){
			.size = sizeof(send[i]),
			.data = (uintptr_t)&num[i],
			.len = sizeof(num[i]),
		};
		recv[i] = (struct ipcmbox_recv){
			.size = sizeof(recv[i]),
			.data = (uintptr_t)&num[i],
			.len = sizeof(num[i]),
		};
	}
	ret = mbox_batch(stage->fd,
			 sends ? IPCMBOX_IOC_SENDV : IPCMBOX_IOC_RECVV,
			 sends ? (void *)send : (void *)recv, STAGE_BATCH,
			 stage->dontwait ? IPCMBOX_DONTWAIT : 0,
			 stage->deadline);
	if (ret >= 0)
		snprintf(word, sizeof(word), "done %d", ret);
	stage_tell(stage, ret, word);
}

const struct subject subjects_of_messages[] = {
	{
		.name = "SEND",
		.sends = true,
		.place = PLACE_LINE,
		.ready = stage_ready_to_send,
		.block = stage_full,
		.run = stage_run_send,
		.release = stage_receive_one,
	},
	{
		.name = "SEND with UNTIL_TAKEN",
		.sends = true,
		.place = PLACE_LINE,
		.flags = IPCMBOX_UNTIL_TAKEN,
		.ready = stage_park_receiver,
		.run = stage_run_send,
		.release = stage_receive_one,
	},
	{
		.name = "RECV",
		.place = PLACE_CROWD,
		.ready = stage_offer_one,
		.run = run_recv,
		.release = stage_send_one,
	},
	{
		.name = "RECV by type",
		.place = PLACE_CROWD,
		.flags = IPCMBOX_MATCH_TYPE,
		.ready = offer_wanted_last,
		.block = offer_unwanted,
		.run = run_recv,
		.release = stage_send_one,
	},
	{
		.name = "PEEK",
		.ready = stage_offer_one,
		.run = run_peek,
	},
	{
		.name = "SELECT with a case of SEND",
		.sends = true,
		.place = PLACE_LINE,
		.ready = stage_ready_to_send,
		.block = stage_full,
		.run = run_select,
		.release = stage_receive_one,
	},
	{
		.name = "SELECT with a case of RECV",
		.place = PLACE_CROWD,
		.ready = stage_offer_one,
		.run = run_select,
		.release = stage_send_one,
	},
	{
		.name = "SENDV, none sent yet",
		.sends = true,
		.place = PLACE_LINE,
		.ready = ready_to_send_two,
		.block = stage_full,
		.run = run_batch,
		.release = receive_two,
	},
	{
		.name = "SENDV, one of two sent",
		.sends = true,
		.place = PLACE_LINE,
		.earlier = 1,
		.ready = ready_to_send_two,
		.block = room_for_one,
		.run = run_batch,
		.release = stage_receive_one,
	},
	{
		.name = "RECVV, none received yet",
		.place = PLACE_CROWD,
		.ready = offer_two,
		.run = run_batch,
		.release = stage_send_one,
	},
	{
		.name = "RECVV, one of two there",
		.ready = offer_two,
		.block = stage_offer_one,
		.run = run_batch,
	},
	{
		.name = "write(2)",
		.sends = true,
		.no_deadline = true,
		.place = PLACE_LINE,
		.ready = stage_ready_to_send,
		.block = stage_full,
		.run = run_file,
		.release = stage_receive_one,
	},
	{
		.name = "read(2)",
		.no_deadline = true,
		.place = PLACE_CROWD,
		.ready = stage_offer_one,
		.run = run_file,
		.release = stage_send_one,
	},
	{
		.name = "poll(2) to send",
		.sends = true,
		.ready = stage_ready_to_send,
		.block = stage_full,
		.run = run_poll,
		.release = make_ready_to_send,
	},
	{
		.name = "poll(2) to receive",
		.ready = stage_offer_one,
		.run = run_poll,
		.release = stage_send_one,
	},
	{}
};
