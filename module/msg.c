// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages: how a payload comes from the user, lives in the kernel and goes to
 * the user again. See msg.h.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/vmalloc.h>

#include "msg.h"

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

static void imb_msg_free(struct imb_msg *msg)
{
	if (msg->payload != msg->inline_payload)
		kvfree(msg->payload);
	kmem_cache_free(imb_msg_cache, msg);
}

/* A long copy lets others run now and then. */
static bool imb_msg_copy_in(void *payload, size_t len, struct iov_iter *from)
{
	size_t done, n;

	for (done = 0; done < len; done += n) {
		if (done)
			cond_resched();
		n = min_t(size_t, len - done, IMB_COPY_CHUNK);
		if (!copy_from_iter_full(payload + done, n, from))
			return false;
	}
	return true;
}

static bool imb_msg_copy_out(const void *payload, size_t len,
			     struct iov_iter *to)
{
	size_t done, n;

	for (done = 0; done < len; done += n) {
		if (done)
			cond_resched();
		n = min_t(size_t, len - done, IMB_COPY_CHUNK);
		if (copy_to_iter(payload + done, n, to) != n)
			return false;
	}
	return true;
}

/*
 * A payload of its own memory. One that memory can't hold should fail rather
 * than get somebody killed. A long one takes single pages where no long range
 * is free: kvmalloc() would first reclaim and compact memory to get such a
 * range, as it takes __GFP_RETRY_MAYFAIL for a wish for it.
 */
static void *imb_payload_new(size_t len)
{
	const gfp_t gfp = GFP_KERNEL_ACCOUNT | __GFP_NOWARN;
	void *payload;

	if (len <= PAGE_SIZE)
		return kmalloc(len, gfp | __GFP_RETRY_MAYFAIL);
	payload = kmalloc(len, (gfp & ~__GFP_DIRECT_RECLAIM) | __GFP_NORETRY);
	return payload ?: __vmalloc(len, gfp | __GFP_RETRY_MAYFAIL);
}

/**
 * imb_msg_import() - make a message of what the user has
 * @from: source, consumed whole
 *
 * May sleep. The length is the caller's to check.
 *
 * Return: the message, with one reference, or an ERR_PTR: -ENOMEM, -EFAULT.
 */
struct imb_msg *imb_msg_import(struct iov_iter *from)
{
	size_t len = iov_iter_count(from);
	struct imb_msg *msg;

	msg = kmem_cache_alloc(imb_msg_cache, GFP_KERNEL);
	if (!msg)
		return ERR_PTR(-ENOMEM);
	refcount_set(&msg->refs, 1);
	msg->len = len;
	msg->payload = msg->inline_payload;
	msg->id = 0;
	msg->stored = false;
	msg->in_transfer = false;
	msg->withdrawn = false;
	msg->returned = false;
	msg->sender = NULL;

	if (len > IMB_MSG_INLINE) {
		msg->payload = imb_payload_new(len);
		if (!msg->payload) {
			imb_msg_free(msg);
			return ERR_PTR(-ENOMEM);
		}
	}
	if (!imb_msg_copy_in(msg->payload, len, from)) {
		imb_msg_free(msg);
		return ERR_PTR(-EFAULT);
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

	return imb_msg_copy_out(msg->payload, n, to) ? 0 : -EFAULT;
}

/**
 * imb_msg_truesize() - what a message costs
 * @msg: the message
 *
 * Return: bytes of kernel memory, bookkeeping included.
 */
u64 imb_msg_truesize(const struct imb_msg *msg)
{
	return sizeof(*msg) + (msg->len > IMB_MSG_INLINE ? msg->len : 0);
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
