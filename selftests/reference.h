/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the order of a mailbox and the choice of its receivers mean, written down as
 * plainly as can be: a list of messages that is searched from end to end.
 */
#ifndef REFERENCE_H
#define REFERENCE_H

#include "ipcmbox_util.h"

#define REFERENCE_MAX	512

/**
 * struct reference - a mailbox as it should be
 * @order: its order
 * @count: how many messages there are
 * @msgs: the messages, oldest first, as sends that were made: num, type, priority and
 *	sender.pid count
 */
struct reference {
	enum ipcmbox_order order;
	unsigned int count;
	struct mbox_op *msgs[REFERENCE_MAX];
};

void reference_add(struct reference *reference, struct mbox_op *msg);
void reference_remove(struct reference *reference, const struct mbox_op *msg);
/* The message that a receiver gets, or NULL; it stays. */
struct mbox_op *reference_match(const struct reference *reference,
				uint32_t match, uint64_t value);
/* Whether a receive got this message. */
bool reference_agrees(const struct mbox_op *recv, const struct mbox_op *msg);
/* Offers messages, and remembers them as sent by the caller. */
bool reference_offer(struct reference *reference, struct mbox_op *ops,
		     unsigned int count);
/* Looks at and receives all there are, by ANY, as they should come. */
bool reference_empty(struct reference *reference, int fd);

#endif /* REFERENCE_H */
