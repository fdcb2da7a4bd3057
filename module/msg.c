// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages: how a payload comes from the user, lives in the kernel and goes to
 * the user again. See msg.h.
 */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/math.h>
#include <linux/overflow.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "account.h"
#include "fds.h"
#include "msg.h"
#include "share.h"

/**
 * struct imb_segment - a piece of a payload
 * @next: the next piece, or NULL
 * @bytes: IMB_SEGMENT_LEN of them, the rest in the last piece
 */
struct imb_segment {
	struct imb_segment *next;
	u8 bytes[];
};

#define IMB_SEGMENT_LEN (IMB_SEGMENT_SIZE - sizeof(struct imb_segment))

static struct kmem_cache *imb_msg_cache;

/**
 * imb_msg_init() - create the cache of messages
 *
 * Return: 0 or -ENOMEM.
 */
int imb_msg_init(void)
{
	imb_msg_cache = kmem_cache_create_usercopy(
		"ipcmbox_msg", sizeof(struct imb_msg), 0,
		SLAB_ACCOUNT | SLAB_HWCACHE_ALIGN,
		offsetof(struct imb_msg, inline_payload), IMB_MSG_INLINE, NULL);
	return imb_msg_cache ? 0 : -ENOMEM;
}

/**
 * imb_msg_exit() - destroy the cache; no message may exist
 */
void imb_msg_exit(void)
{
	kmem_cache_destroy(imb_msg_cache);
}

/* Of shared payloads, one level deep. */
static void imb_msg_free(struct imb_msg *msg)
{
	struct imb_segment *segment, *next;

	for (segment = msg->segments; segment; segment = next) {
		next = segment->next;
		kfree(segment);
		cond_resched();
	}
	imb_fds_free(msg->fds);
	imb_share_free(msg->share);
	put_pid(msg->process);
	put_pid(msg->thread);
	if (msg->body)
		imb_msg_put(msg->body);
	imb_msg_unpay(msg);
	imb_account_put(msg->payer_ref);
	kmem_cache_free(imb_msg_cache, msg);
}

/* How much of the payload from @done on lies in one segment. */
static size_t imb_segment_len(const struct imb_msg *msg, size_t done)
{
	return min_t(size_t, msg->len - done, IMB_SEGMENT_LEN);
}

/*
 * A payload that memory can't hold should fail rather than get somebody killed; and
 * who is being killed for memory must not go on taking it, from the reserves.
 */
static bool imb_msg_alloc_segments(struct imb_msg *msg)
{
	const gfp_t gfp = GFP_KERNEL_ACCOUNT | __GFP_NOWARN |
			  __GFP_RETRY_MAYFAIL;
	struct imb_segment **link = &msg->segments, *segment;
	size_t done;

	for (done = 0; done < msg->len; done += IMB_SEGMENT_LEN) {
		segment = kmalloc(struct_size(segment, bytes,
					      imb_segment_len(msg, done)),
				  gfp);
		if (!segment)
			return false;
		segment->next = NULL;
		*link = segment;
		link = &segment->next;
		if (fatal_signal_pending(current))
			return false;
		cond_resched();
	}
	return true;
}

static bool imb_msg_copy_in(struct imb_msg *msg, struct iov_iter *from)
{
	struct imb_segment *segment;
	size_t done = 0, n;

	if (!msg->segments)
		return copy_from_iter_full(msg->inline_payload, msg->len, from);
	for (segment = msg->segments; segment; segment = segment->next) {
		n = imb_segment_len(msg, done);
		if (!copy_from_iter_full(segment->bytes, n, from))
			return false;
		done += n;
		cond_resched();
	}
	return true;
}

static bool imb_msg_copy_out(const struct imb_msg *msg, size_t len,
			     struct iov_iter *to)
{
	const struct imb_segment *segment = msg->segments;
	size_t done, n;

	if (!segment)
		return copy_to_iter(msg->inline_payload, len, to) == len;
	for (done = 0; done < len; done += n) {
		n = min(len - done, imb_segment_len(msg, done));
		if (copy_to_iter(segment->bytes, n, to) != n)
			return false;
		segment = segment->next;
		cond_resched();
	}
	return true;
}

/* Note who sends it: the calling task. */
static void imb_msg_stamp(struct imb_msg *msg)
{
	msg->process = get_task_pid(current, PIDTYPE_TGID);
	msg->thread = get_task_pid(current, PIDTYPE_PID);
	msg->uid = current_euid();
	msg->gid = current_egid();
}

/* Bytes of segments for a payload. */
static u64 imb_segments_size(size_t len)
{
	if (len <= IMB_MSG_INLINE)
		return 0;
	return len +
	       DIV_ROUND_UP(len, IMB_SEGMENT_LEN) * sizeof(struct imb_segment);
}

static int imb_msg_pay(struct imb_msg *msg, struct imb_account *payer)
{
	u64 n = imb_segments_size(msg->len);
	int ret;

	if (!payer || !n)
		return 0;
	ret = imb_account_charge(payer, IMB_CHARGE_BYTES, n);
	if (ret)
		return ret;
	msg->payer = payer;
	msg->paid = n;
	return 0;
}

/**
 * imb_msg_new() - make a message without content
 * @len: bytes of the payload that it has room for
 * @payer: account that is charged for segments, or NULL for none
 *
 * May sleep. The calling task is noted as its sender.
 *
 * Return: the message, with one reference, or an ERR_PTR: -ENOMEM, -EDQUOT.
 */
struct imb_msg *imb_msg_new(size_t len, struct imb_account *payer)
{
	struct imb_msg *msg;
	int ret;

	msg = kmem_cache_alloc(imb_msg_cache, GFP_KERNEL);
	if (!msg)
		return ERR_PTR(-ENOMEM);
	memset(msg, 0, offsetof(struct imb_msg, inline_payload));
	refcount_set(&msg->refs, 1);
	msg->len = len;
	imb_msg_stamp(msg);
	ret = imb_msg_pay(msg, payer);
	if (!ret && len > IMB_MSG_INLINE && !imb_msg_alloc_segments(msg))
		ret = -ENOMEM;
	if (ret) {
		imb_msg_free(msg);
		return ERR_PTR(ret);
	}
	return msg;
}

/**
 * imb_msg_clone() - make another message of the same content
 * @msg: the message, which stays as it is
 *
 * May sleep. Both have one payload.
 *
 * Return: the message, with one reference, or NULL.
 */
struct imb_msg *imb_msg_clone(struct imb_msg *msg)
{
	struct imb_msg *copy;

	copy = kmem_cache_alloc(imb_msg_cache, GFP_KERNEL);
	if (!copy)
		return NULL;
	memset(copy, 0, offsetof(struct imb_msg, inline_payload));
	refcount_set(&copy->refs, 1);
	copy->len = msg->len;
	copy->body = imb_msg_get(msg->body ?: msg);
	copy->type = msg->type;
	copy->cookie = msg->cookie;
	copy->priority = msg->priority;
	copy->process = get_pid(msg->process);
	copy->thread = get_pid(msg->thread);
	copy->uid = msg->uid;
	copy->gid = msg->gid;
	return copy;
}

/**
 * imb_msg_fill() - give a message its content
 * @msg: a message that nobody else knows
 * @from: source, consumed whole; not longer than @msg has room for
 *
 * May sleep.
 *
 * Return: 0 or -EFAULT.
 */
int imb_msg_fill(struct imb_msg *msg, struct iov_iter *from)
{
	msg->len = iov_iter_count(from);
	return imb_msg_copy_in(msg, from) ? 0 : -EFAULT;
}

/**
 * imb_msg_import() - make a message of what the user has
 * @from: source, consumed whole
 * @payer: account of the caller
 *
 * May sleep. The length is the caller's to check, type, cookie and priority are the
 * caller's to set.
 *
 * Return: the message, with one reference, or an ERR_PTR: -ENOMEM, -EFAULT, -EDQUOT.
 */
struct imb_msg *imb_msg_import(struct iov_iter *from, struct imb_account *payer)
{
	struct imb_msg *msg = imb_msg_new(iov_iter_count(from), payer);
	int ret;

	if (IS_ERR(msg))
		return msg;
	ret = imb_msg_fill(msg, from);
	if (ret) {
		imb_msg_free(msg);
		return ERR_PTR(ret);
	}
	return msg;
}

/**
 * imb_msg_export() - copy a message, or its beginning, to the user
 * @msg: the message
 * @to: destination; what does not fit is left out
 *
 * May sleep.
 *
 * Return: 0 or -EFAULT; the destination may then hold a part of the message.
 */
int imb_msg_export(const struct imb_msg *msg, struct iov_iter *to)
{
	size_t n = min(msg->len, iov_iter_count(to));

	return imb_msg_copy_out(msg->body ?: msg, n, to) ? 0 : -EFAULT;
}

/**
 * imb_msg_fds() - the files that a message carries
 * @msg: the message
 *
 * Return: the files, as long as @msg is there, or NULL.
 */
const struct imb_fds *imb_msg_fds(const struct imb_msg *msg)
{
	return (msg->body ?: msg)->fds;
}

/**
 * imb_msg_land() - the sender of a message pays for its files no more
 * @msg: the message, which has left its mailbox; somebody may still copy it
 *
 * Unless other messages have the same files, each of which may come here too.
 */
void imb_msg_land(const struct imb_msg *msg)
{
	const struct imb_msg *body = msg->body ?: msg;

	if (body->fds && (body == msg || refcount_read(&body->refs) == 1))
		imb_flight_land(&body->fds->flight);
}

/**
 * imb_msg_unpay() - the sender of a message pays for it no more
 * @msg: the message, which the owner of the mailbox was billed for, or which ends. If it
 *	shares the payload of another, that is that one's matter
 */
void imb_msg_unpay(struct imb_msg *msg)
{
	if (msg->payer && msg->heir)
		imb_account_unshare(msg->payer, msg->heir, IMB_CHARGE_BYTES,
				    msg->paid);
	else if (msg->payer)
		imb_account_uncharge(msg->payer, IMB_CHARGE_BYTES, msg->paid);
	msg->payer = NULL;
	msg->heir = NULL;
}

/**
 * imb_msg_keep_payer() - the sender of a message pays on, though its call ends
 * @msg: the message, which somebody else has
 */
void imb_msg_keep_payer(struct imb_msg *msg)
{
	if (msg->payer && !msg->payer_ref) {
		refcount_inc(&msg->payer->refs);
		msg->payer_ref = msg->payer;
	}
}

/**
 * imb_msg_pass_bill() - have another user pay for a message instead of its sender
 * @msg: the message; if nobody pays for its payload, he pays for all of it
 * @acct: his account
 *
 * Return: whether he has quota enough; else nothing has changed.
 */
bool imb_msg_pass_bill(struct imb_msg *msg, struct imb_account *acct)
{
	struct imb_account *payer = msg->payer;
	u64 n = imb_msg_truesize(msg);

	if (msg->payer_ref || !imb_account_has_plenty(acct, n))
		return false;
	if (payer) {
		if (imb_account_share(acct, payer, IMB_CHARGE_BYTES, msg->paid))
			return false;
		imb_account_unshare(payer, acct, IMB_CHARGE_BYTES, msg->paid);
	} else {
		if (imb_account_charge(acct, IMB_CHARGE_BYTES, n))
			return false;
		msg->paid = n;
	}
	msg->payer = acct;
	imb_msg_keep_payer(msg);
	return true;
}

/**
 * imb_msg_leave() - the sender of a message ends its call, and puts its reference next
 * @msg: the message
 */
void imb_msg_leave(struct imb_msg *msg)
{
	if (refcount_read(&msg->refs) > 1)
		imb_msg_keep_payer(msg);
}

/**
 * imb_msg_truesize_of() - what a message without files costs
 * @len: bytes of the payload
 *
 * Return: bytes of kernel memory, bookkeeping included.
 */
u64 imb_msg_truesize_of(size_t len)
{
	return sizeof(struct imb_msg) + imb_segments_size(len);
}

/**
 * imb_msg_truesize() - what a message costs
 * @msg: the message
 *
 * Return: bytes of kernel memory, bookkeeping included.
 */
u64 imb_msg_truesize(const struct imb_msg *msg)
{
	u64 share = msg->share ? sizeof(*msg->share) : 0;

	return imb_msg_truesize_of(msg->len) + share +
	       imb_fds_truesize(imb_msg_fds(msg));
}

/**
 * imb_msg_get() - take a reference
 * @msg: the message
 *
 * Return: @msg.
 */
struct imb_msg *imb_msg_get(struct imb_msg *msg)
{
	refcount_inc(&msg->refs);
	return msg;
}

/**
 * imb_msg_put() - return a reference; the last one frees the message
 * @msg: the message
 *
 * May sleep, as freeing a long payload may.
 *
 * Return: NULL.
 */
struct imb_msg *imb_msg_put(struct imb_msg *msg)
{
	if (refcount_dec_and_test(&msg->refs))
		imb_msg_free(msg);
	return NULL;
}
