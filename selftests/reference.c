// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mailbox as it should be. See reference.h.
 */
#include "reference.h"

void reference_add(struct reference *reference, struct mbox_op *msg)
{
	if (reference->count == REFERENCE_MAX)
		abort();
	reference->msgs[reference->count++] = msg;
}

void reference_remove(struct reference *reference, const struct mbox_op *msg)
{
	struct mbox_op **msgs = reference->msgs;
	unsigned int i = 0;

	while (msgs[i] != msg)
		i++;
	reference->count--;
	memmove(&msgs[i], &msgs[i + 1],
		(reference->count - i) * sizeof(msgs[0]));
}

static bool is_wanted(const struct mbox_op *msg, uint32_t match, uint64_t value)
{
	switch (match) {
	case IPCMBOX_MATCH_TYPE:
		return msg->type == value;
	case IPCMBOX_MATCH_TYPE_MAX:
		return msg->type <= value;
	case IPCMBOX_MATCH_TYPE_NOT:
		return msg->type != value;
	case IPCMBOX_MATCH_SENDER:
		return msg->sender.pid == value;
	default:
		return true;
	}
}

/* Whether the younger of two messages comes first. */
static bool overtakes(enum ipcmbox_order order, uint32_t match,
		      const struct mbox_op *young, const struct mbox_op *old)
{
	if (match == IPCMBOX_MATCH_TYPE_MAX && young->type != old->type)
		return young->type < old->type;
	return order == IPCMBOX_LIFO ||
	       (order == IPCMBOX_PRIORITY && young->priority > old->priority);
}

struct mbox_op *reference_match(const struct reference *reference,
				uint32_t match, uint64_t value)
{
	struct mbox_op *first = NULL;
	unsigned int i;

	for (i = 0; i < reference->count; i++) {
		struct mbox_op *msg = reference->msgs[i];

		if (!is_wanted(msg, match, value))
			continue;
		if (!first || overtakes(reference->order, match, msg, first))
			first = msg;
	}
	return first;
}

bool reference_agrees(const struct mbox_op *recv, const struct mbox_op *msg)
{
	/* One that waits does not know its number yet. */
	if (!recv->ret && recv->num == msg->num && recv->type == msg->type &&
	    recv->cookie == msg->cookie && recv->priority == msg->priority &&
	    recv->sender.pid == msg->sender.pid &&
	    (!msg->done || recv->id == msg->id))
		return true;
	fprintf(stderr,
		"got %lld: %u of type %llu, priority %u; not %u of %llu, %u\n",
		(long long)recv->ret, recv->num, (unsigned long long)recv->type,
		recv->priority, msg->num, (unsigned long long)msg->type,
		msg->priority);
	return false;
}

bool reference_offer(struct reference *reference, struct mbox_op *ops,
		     unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		ops[i].sender.pid = getpid();
		if (!mbox_op_offer(&ops[i]))
			return false;
		reference_add(reference, &ops[i]);
	}
	return true;
}

bool reference_empty(struct reference *reference, int fd)
{
	struct mbox_op recv = { .fd = fd, .flags = IPCMBOX_DONTWAIT };
	struct mbox_op peek = { .fd = fd, .kind = OP_PEEK };

	recv.kind = OP_RECV;
	while (reference->count) {
		struct mbox_op *msg =
			reference_match(reference, IPCMBOX_MATCH_ANY, 0);

		mbox_op_run(&peek);
		mbox_op_run(&recv);
		if (!reference_agrees(&peek, msg) ||
		    !reference_agrees(&recv, msg) || mbox_op_join(msg))
			return false;
		reference_remove(reference, msg);
	}
	return mbox_op_run(&recv) == -EAGAIN && mbox_op_run(&peek) == -EAGAIN;
}
