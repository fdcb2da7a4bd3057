// SPDX-License-Identifier: GPL-2.0-only
/*
 * SENDV and RECVV: each message is an event, which spans the whole call. What became of
 * the first that was not done they do not tell, unless it is the first of all.
 */
#include <errno.h>
#include <sys/ioctl.h>
#include <linux/ipcmbox.h>

#include "storm.h"

static struct ipcmbox_batch batch_of(struct caller *caller, void *msgs,
				     size_t stride)
{
	struct ipcmbox_batch batch = {
		.size = sizeof(batch),
		.msgs = (uintptr_t)msgs,
		.count = 1 + dice_draw(&caller->dice, STORM_CASES),
		.stride = stride,
	};

	if (caller_chance(caller, 40))
		batch.flags |= IPCMBOX_DONTWAIT;
	batch.deadline = caller_deadline(caller);
	return batch;
}

/* What is to be noted of the message @i. */
static int batch_result(const struct ipcmbox_batch *batch, unsigned int i,
			int ret)
{
	if (i < batch->done && !ret)
		return 0;
	return ret && !i ? ret : -ENOENT;
}

static void batch_tally(struct caller *caller,
			const struct ipcmbox_batch *batch, int ret,
			enum tally some)
{
	if (ret)
		return;
	caller_tally(caller, some);
	if (batch->done < batch->count)
		caller_tally(caller, TALLY_BATCH_PART);
}

void call_sendv(struct caller *caller, unsigned int box)
{
	struct sending sendings[STORM_CASES];
	struct event *events[STORM_CASES];
	struct ipcmbox_batch batch;
	unsigned int i;
	int ret;

	if (caller->tx[box] < 0)
		return;
	batch = batch_of(caller, &sendings[0].arg, sizeof(sendings[0]));
	for (i = 0; i < batch.count; i++) {
		sending_init(caller, &sendings[i], i);
		events[i] =
			sending_begin(caller, &sendings[i], box, EVENT_CASE);
	}
	ret = caller_result(ioctl(caller->tx[box], IPCMBOX_IOC_SENDV, &batch));
	for (i = 0; i < batch.count; i++) {
		int one = batch_result(&batch, i, ret);

		if (one != -ENOENT)
			sending_told(caller, &sendings[i], events[i], one);
		caller_end(caller, events[i], one);
	}
	batch_tally(caller, &batch, ret, TALLY_BATCH_SENT);
}

void call_recvv(struct caller *caller, unsigned int box)
{
	struct receiving receivings[STORM_CASES];
	struct event *events[STORM_CASES];
	struct ipcmbox_batch batch;
	unsigned int i;
	int ret;

	if (caller->rx[box] < 0)
		return;
	batch = batch_of(caller, &receivings[0].arg, sizeof(receivings[0]));
	for (i = 0; i < batch.count; i++) {
		receiving_init(caller, &receivings[i], box, i);
		if (i)
			receiving_move(caller, &receivings[i], i);
		events[i] = receiving_begin(caller, &receivings[i], box,
					    EVENT_RECV, EVENT_CASE);
	}
	ret = caller_result(ioctl(caller->rx[box], IPCMBOX_IOC_RECVV, &batch));
	for (i = 0; i < batch.count; i++) {
		int one = batch_result(&batch, i, ret);

		/* The first that was not done may have had a message. */
		events[i]->count = batch.done && i == batch.done;
		if (one != -ENOENT)
			one = receiving_told(caller, &receivings[i], events[i],
					     one);
		caller_end(caller, events[i], one);
	}
	batch_tally(caller, &batch, ret, TALLY_BATCH_RECEIVED);
	for (i = 0; i < batch.count; i++)
		receiving_done(caller, &receivings[i], events[i]);
}
