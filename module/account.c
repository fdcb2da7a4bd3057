// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accounts: how much of the kernel one user may hold through mailboxes. See
 * account.h.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/hashtable.h>
#include <linux/kernel.h>
#include <linux/moduleparam.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "account.h"
#include "ipcmbox.h"

/**
 * struct imb_account - what one user, or the mailboxes of an instance, hold
 * @uid: the user, constant
 * @refs: mailboxes, files in flight and callers that charge it, and calls that just look
 * @limits: of each kind: those of users, or @own
 * @own: limits of an instance
 * @charged: how much of each kind is in use
 * @node: place in the table of accounts, under imb_accounts_lock
 */
struct imb_account {
	kuid_t uid;
	refcount_t refs;
	const unsigned long *limits;
	unsigned long own[IMB_CHARGES];
	atomic64_t charged[IMB_CHARGES];
	struct hlist_node node;
};

static DEFINE_HASHTABLE(imb_accounts, 6);
static DEFINE_SPINLOCK(imb_accounts_lock);

/* But of files, whose limit is that of who sends or calls. */
static unsigned long imb_limits[IMB_CHARGES] = {
	[IMB_CHARGE_MAILBOXES] = 16384,
	[IMB_CHARGE_BYTES] = 256UL << 20,
	[IMB_CHARGE_NAMES] = 4096,
};

module_param_named(user_mailboxes, imb_limits[IMB_CHARGE_MAILBOXES], ulong,
		   0644);
MODULE_PARM_DESC(user_mailboxes, "Mailboxes that one user may have");
module_param_named(user_bytes, imb_limits[IMB_CHARGE_BYTES], ulong, 0644);
MODULE_PARM_DESC(user_bytes, "Bytes of messages and regions of one user");
module_param_named(user_names, imb_limits[IMB_CHARGE_NAMES], ulong, 0644);
MODULE_PARM_DESC(user_names, "Names of mailboxes that one user created");

static struct imb_account *imb_account_find_locked(kuid_t uid)
{
	struct imb_account *acct;

	lockdep_assert_held(&imb_accounts_lock);
	hash_for_each_possible(imb_accounts, acct, node, __kuid_val(uid)) {
		if (uid_eq(acct->uid, uid)) {
			refcount_inc(&acct->refs);
			return acct;
		}
	}
	return NULL;
}

/**
 * imb_account_get_current() - get the account of the calling user
 *
 * Return: the account, to be returned by imb_account_put(), or an ERR_PTR.
 */
struct imb_account *imb_account_get_current(void)
{
	struct imb_account *acct, *fresh;
	kuid_t uid = current_euid();

	spin_lock(&imb_accounts_lock);
	acct = imb_account_find_locked(uid);
	spin_unlock(&imb_accounts_lock);
	if (acct)
		return acct;
	fresh = kzalloc(sizeof(*fresh), GFP_KERNEL_ACCOUNT);
	if (!fresh)
		return ERR_PTR(-ENOMEM);
	fresh->uid = uid;
	fresh->limits = imb_limits;
	refcount_set(&fresh->refs, 1);

	spin_lock(&imb_accounts_lock);
	acct = imb_account_find_locked(uid);
	if (!acct) {
		hash_add(imb_accounts, &fresh->node, __kuid_val(uid));
		swap(acct, fresh);
	}
	spin_unlock(&imb_accounts_lock);

	kfree(fresh);
	return acct;
}

/**
 * imb_account_new_limited() - make an account that is no user's
 * @mailboxes: its limit of mailboxes
 * @bytes: its limit of bytes
 *
 * Return: the account, to be returned by imb_account_put(), or NULL.
 */
struct imb_account *imb_account_new_limited(unsigned long mailboxes,
					    unsigned long bytes)
{
	struct imb_account *acct = kzalloc(sizeof(*acct), GFP_KERNEL_ACCOUNT);

	if (!acct)
		return NULL;
	refcount_set(&acct->refs, 1);
	acct->limits = acct->own;
	acct->own[IMB_CHARGE_MAILBOXES] = mailboxes;
	acct->own[IMB_CHARGE_BYTES] = bytes;
	return acct;
}

/**
 * imb_account_limit() - change a limit of an account that is no user's
 * @acct: the account
 * @what: which
 * @limit: the new one; what is charged above it stays so
 */
void imb_account_limit(struct imb_account *acct, enum imb_charge what,
		       unsigned long limit)
{
	WRITE_ONCE(acct->own[what], limit);
}

/**
 * imb_account_limit_of() - tell a limit
 * @acct: the account
 * @what: which
 *
 * Return: the limit.
 */
unsigned long imb_account_limit_of(const struct imb_account *acct,
				   enum imb_charge what)
{
	return READ_ONCE(acct->limits[what]);
}

/**
 * imb_account_put() - return an account
 * @acct: the account
 *
 * The last one to return it frees it; nothing may be charged then.
 */
void imb_account_put(struct imb_account *acct)
{
	int i;

	if (!refcount_dec_and_lock(&acct->refs, &imb_accounts_lock))
		return;
	/* For sparse, which thinks that it is released. */
	__acquire(&imb_accounts_lock);
	hash_del(&acct->node);
	spin_unlock(&imb_accounts_lock);

	for (i = 0; i < IMB_CHARGES; i++)
		WARN_ON_ONCE(atomic64_read(&acct->charged[i]));
	kfree(acct);
}

static bool imb_account_take(struct imb_account *acct, enum imb_charge what,
			     u64 n, u64 limit)
{
	s64 old = atomic64_read(&acct->charged[what]);

	do {
		if (n > limit || old > limit - n)
			return false;
	} while (!atomic64_try_cmpxchg(&acct->charged[what], &old, old + n));
	return true;
}

/**
 * imb_account_charge() - take from a user's quota
 * @acct: the user's account
 * @what: which quota
 * @n: how much
 *
 * Return: 0, or -EDQUOT if the limit would be exceeded; nothing is charged
 * then.
 */
int imb_account_charge(struct imb_account *acct, enum imb_charge what, u64 n)
{
	return imb_account_take(acct, what, n, READ_ONCE(acct->limits[what])) ?
		       0 :
		       -EDQUOT;
}

/**
 * imb_account_charge_files() - let files be in flight
 * @acct: account of the calling user
 * @n: how many
 *
 * Return: 0, or -ETOOMANYREFS if there would be more than the calling process may have
 * open; nothing is charged then.
 */
int imb_account_charge_files(struct imb_account *acct, u64 n)
{
	if (imb_account_take(acct, IMB_CHARGE_FILES, n, rlimit(RLIMIT_NOFILE)))
		return 0;
	if (!capable(CAP_SYS_RESOURCE) && !capable(CAP_SYS_ADMIN))
		return -ETOOMANYREFS;
	return imb_account_take(acct, IMB_CHARGE_FILES, n, S64_MAX) ?
		       0 :
		       -ETOOMANYREFS;
}

/**
 * imb_account_uncharge() - give back to a user's quota
 * @acct: the user's account
 * @what: which quota
 * @n: how much, of what was charged before
 */
void imb_account_uncharge(struct imb_account *acct, enum imb_charge what, u64 n)
{
	WARN_ON_ONCE(atomic64_sub_return(n, &acct->charged[what]) < 0);
}

/**
 * imb_account_charge_both() - take from the quotas of a user and of an instance
 * @acct: the user's account
 * @also: the instance's, or NULL
 * @what: which quota
 * @n: how much
 *
 * Return: 0, or -EDQUOT; nothing is charged then.
 */
int imb_account_charge_both(struct imb_account *acct, struct imb_account *also,
			    enum imb_charge what, u64 n)
{
	int ret = imb_account_charge(acct, what, n);

	if (ret || !also)
		return ret;
	ret = imb_account_charge(also, what, n);
	if (ret)
		imb_account_uncharge(acct, what, n);
	return ret;
}

/**
 * imb_account_uncharge_both() - give back to the quotas of a user and of an instance
 * @acct: the user's account
 * @also: the instance's, or NULL
 * @what: which quota
 * @n: how much, of what was charged before
 */
void imb_account_uncharge_both(struct imb_account *acct,
			       struct imb_account *also, enum imb_charge what,
			       u64 n)
{
	imb_account_uncharge(acct, what, n);
	if (also)
		imb_account_uncharge(also, what, n);
}

static int imb_purse_draw(struct imb_purse *purse, u64 n)
{
	return imb_account_charge_both(purse->acct, purse->also,
				       IMB_CHARGE_BYTES, n);
}

static void imb_purse_return(struct imb_purse *purse, u64 n)
{
	imb_account_uncharge_both(purse->acct, purse->also, IMB_CHARGE_BYTES,
				  n);
}

/**
 * imb_purse_take() - use bytes of a purse, drawing on the account as needed
 * @purse: the purse, whose mailbox is locked
 * @n: bytes
 *
 * Return: 0, or -EDQUOT.
 */
int imb_purse_take(struct imb_purse *purse, u64 n)
{
	u64 missing, chunk;

	if (purse->used + n > purse->drawn) {
		missing = purse->used + n - purse->drawn;
		chunk = round_up(missing, IMB_PURSE_CHUNK);
		if (imb_purse_draw(purse, chunk)) {
			chunk = missing;
			if (imb_purse_draw(purse, chunk))
				return -EDQUOT;
		}
		purse->drawn += chunk;
	}
	purse->used += n;
	return 0;
}

/**
 * imb_purse_give() - put bytes back into a purse
 * @purse: the purse, whose mailbox is locked
 * @n: bytes, of what was taken before
 *
 * Keeps up to two chunks for the next message and returns the rest.
 */
void imb_purse_give(struct imb_purse *purse, u64 n)
{
	u64 spare;

	purse->used -= n;
	spare = purse->drawn - purse->used;
	if (spare > 2 * IMB_PURSE_CHUNK) {
		spare -= IMB_PURSE_CHUNK;
		imb_purse_return(purse, spare);
		purse->drawn -= spare;
	}
}

/**
 * imb_purse_empty() - return all that was drawn
 * @purse: the purse, of which nothing is in use any more
 */
void imb_purse_empty(struct imb_purse *purse)
{
	WARN_ON_ONCE(purse->used);
	imb_purse_return(purse, purse->drawn);
	purse->drawn = 0;
}
