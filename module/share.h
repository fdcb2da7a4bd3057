/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_SHARE_H
#define _IMB_SHARE_H

#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/types.h>
#include <linux/uidgid.h>

/**
 * DOC: Fair shares
 *
 * In a mailbox of IPCMBOX_FAIR_SHARE a user has at most half of the room that the
 * others leave, and always one message. So however many come, each still finds room: the
 * second has a quarter, the third an eighth, and who has just one message need not care
 * how many the others have. The rule is that of the quotas of bus1.
 *
 * Each message there brings a share of its own, that lives as long as the message. Of
 * those of one user, one stands for all in a tree by user and has the sum; when it leaves,
 * another takes its place. So nothing has to be allocated or freed under the lock, which
 * is left to the owner, and each operation costs O(log n) for n users.
 */

/**
 * struct imb_share - what one message has of the room of a mailbox
 * @uid: who sent it, constant
 * @len: its bytes, constant
 * @peers: the shares of this user; empty if it has not joined
 * @node: place in the tree, of the one that stands for all
 * @stands: it is that one
 * @messages: their number, of that one
 * @bytes: their bytes, likewise
 */
struct imb_share {
	kuid_t uid;
	u64 len;
	struct list_head peers;
	struct rb_node node;
	bool stands;
	u64 messages;
	u64 bytes;
};

/**
 * struct imb_shares - who has how much of a mailbox
 * @root: one share of each user
 * @messages: number of all that have joined
 * @bytes: their bytes
 * @eased: one has left, or there is more room, since somebody looked
 */
struct imb_shares {
	struct rb_root root;
	u64 messages;
	u64 bytes;
	bool eased;
};

/**
 * struct imb_room - how much a mailbox takes
 * @messages: their number, U64_MAX for any
 * @bytes: their bytes, 0 for any
 */
struct imb_room {
	u64 messages;
	u64 bytes;
};

struct imb_share *imb_share_new(kuid_t uid, u64 len);
void imb_share_free(struct imb_share *share);

void imb_shares_init(struct imb_shares *shares);
bool imb_shares_admit(const struct imb_shares *shares,
		      const struct imb_room *room, kuid_t uid, u64 len);
void imb_shares_join(struct imb_shares *shares, struct imb_share *share);
void imb_shares_ease(struct imb_shares *shares);
bool imb_shares_have_eased(struct imb_shares *shares);
void imb_shares_leave(struct imb_shares *shares, struct imb_share *share);

#endif /* _IMB_SHARE_H */
