/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_MSG_H
#define _IMB_MSG_H

#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include "index.h"
#include "ipcmbox.h"

struct imb_account;
struct imb_call;
struct imb_fds;
struct imb_segment;
struct imb_share;
struct imb_stand;
struct iov_iter;
struct pid;

/**
 * DOC: Messages
 *
 * A message is one object from a cache of the module's own. A payload of up to
 * IMB_MSG_INLINE bytes lies in the object, a longer one in a list of segments of
 * IMB_SEGMENT_SIZE bytes, as messages of System V and POSIX have it: that needs
 * neither large contiguous memory nor a mapping, and between two segments others
 * may run. Both are charged to the memory cgroup of the sender. Segments are charged to the
 * account of the sender, too, before there are any, until the message has a slot in the store
 * of a mailbox, whose owner pays for it then, or has ended. What is not in segments is
 * bounded by the number of calls, see IMB_CHARGE_WAITERS. The links by which
 * a mailbox orders its messages are part of the object too, so that nothing has
 * to be allocated once the mailbox is locked.
 */

/**
 * struct imb_msg - a message
 * @refs: the mailbox or the receiver that has it in transfer, and peeking calls
 * @len: bytes of the payload, constant
 * @segments: the pieces of a payload that is not inline, constant
 * @body: the message that has the payload, a reference, or NULL for itself; constant
 * @type: what the sender calls it, constant
 * @cookie: the sender's own, constant
 * @priority: of the message, constant
 * @is_call: its sender waits for an answer, constant
 * @notice_of: the call whose caller has left, of which it is the notice, else NULL;
 *	constant
 * @fds: the files that it carries, or NULL, constant
 * @share: its share of the room of a mailbox that has such, or NULL; constant once that
 *	knows it
 * @process: the process that sent it, a reference, constant
 * @thread: the thread that sent it, a reference, constant
 * @payer: account that @paid is charged to, or NULL; the sender's call keeps it, see
 *	imb_msg_leave()
 * @paid: bytes of segments; constant, as is the next
 * @payer_ref: a reference to it that outlives the sender's call, or NULL; put with the message
 * @uid: effective uid of the sender, constant
 * @gid: effective gid of the sender, constant
 * @id: number within the mailbox, constant once the message has a place there;
 *	the order of arrival
 * @lag: messages that were lost to its receiver before it
 * @stored: it fills a slot of the store
 * @billed: the mailbox's purse pays for it
 * @heir: that purse's account, if it shares what is charged to @payer
 * @in_transfer: a receiver copies it
 * @taker: account of that receiver, who keeps it, or NULL
 * @withdrawn: its sender took it back during the transfer
 * @sender: where the sender stands if it waits for this message, else NULL
 * @link: place in a list of messages to free
 * @node: place in its row of a queue
 * @by_type: place among the messages of a queue by type, if receivers may choose
 * @by_sender: the same by sender
 * @inline_payload: where a short payload lies
 *
 * From @id on, members are protected by the lock of the mailbox.
 */
struct imb_msg {
	refcount_t refs;
	size_t len;
	struct imb_segment *segments;
	struct imb_msg *body;
	u64 type;
	u64 cookie;
	u32 priority;
	bool is_call;
	struct imb_call *notice_of;
	struct imb_fds *fds;
	struct imb_share *share;
	struct pid *process;
	struct pid *thread;
	struct imb_account *payer;
	u64 paid;
	struct imb_account *payer_ref;
	kuid_t uid;
	kgid_t gid;

	u64 id;
	u64 lag;
	bool stored;
	bool billed;
	struct imb_account *heir;
	bool in_transfer;
	bool withdrawn;
	struct imb_account *taker;
	struct imb_stand *sender;
	union {
		struct list_head link;
		struct rb_node node;
	};
	struct imb_node by_type;
	struct imb_node by_sender;

	u8 inline_payload[IMB_MSG_INLINE];
};

/**
 * imb_sender_key() - what stands for a process in indexes
 * @process: the process; who keeps the key keeps a reference
 *
 * Return: a number that no other process has as long as somebody has a reference.
 */
static inline u64 imb_sender_key(const struct pid *process)
{
	return (uintptr_t)process;
}

/**
 * imb_sender_of_key() - the process that a key stands for
 * @key: the key, by imb_sender_key()
 *
 * Return: the process.
 */
static inline struct pid *imb_sender_of_key(u64 key)
{
	return (struct pid *)(uintptr_t)key;
}

int imb_msg_init(void);
void imb_msg_exit(void);

struct imb_msg *imb_msg_new(size_t len, struct imb_account *payer);
struct imb_msg *imb_msg_clone(struct imb_msg *msg);
int imb_msg_fill(struct imb_msg *msg, struct iov_iter *from);
struct imb_msg *imb_msg_import(struct iov_iter *from,
			       struct imb_account *payer);
void imb_msg_unpay(struct imb_msg *msg);
void imb_msg_keep_payer(struct imb_msg *msg);
bool imb_msg_pass_bill(struct imb_msg *msg, struct imb_account *acct);
void imb_msg_leave(struct imb_msg *msg);
int imb_msg_export(const struct imb_msg *msg, struct iov_iter *to);
const struct imb_fds *imb_msg_fds(const struct imb_msg *msg);
void imb_msg_land(const struct imb_msg *msg);
u64 imb_msg_truesize_of(size_t len);
u64 imb_msg_truesize(const struct imb_msg *msg);
struct imb_msg *imb_msg_get(struct imb_msg *msg);
struct imb_msg *imb_msg_put(struct imb_msg *msg);

#endif /* _IMB_MSG_H */
