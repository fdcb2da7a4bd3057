/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_COPY_H
#define _IMB_COPY_H

#include <linux/ipcmbox.h>
#include <linux/types.h>

struct imb_after;
struct imb_mbox;
struct imb_msg;
struct imb_patience;

/**
 * struct imb_copy - a message for one subscriber
 * @mbox: the subscription, a reference
 * @msg: the message, or NULL if it was delivered
 * @reserved: a slot is kept for it
 */
struct imb_copy {
	struct imb_mbox *mbox;
	struct imb_msg *msg;
	bool reserved;
};

/**
 * struct imb_copies - a message for all subscribers of a moment
 * @count: how many
 * @copies: one for each
 */
struct imb_copies {
	u32 count;
	struct imb_copy copies[IPCMBOX_SUBSCRIBERS_MAX];
};

struct imb_copies *imb_copies_new(struct imb_mbox *hub);
bool imb_copies_share(struct imb_copies *copies, struct imb_msg *msg);
int imb_copies_reserve(struct imb_copies *copies,
		       const struct imb_patience *patience, bool all);
u32 imb_copies_deliver(struct imb_copies *copies, u64 id);
void imb_copies_end(struct imb_copies *copies);
bool imb_copies_settle_one_locked(struct imb_mbox *mbox,
				  struct imb_after *after);

#endif /* _IMB_COPY_H */
