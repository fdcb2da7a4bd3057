// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who has an account, which, and for how long. See account.h.
 */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/percpu.h>
#include <linux/rbtree.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/user_namespace.h>

#include "account.h"

/* Those of users, by user, then by namespace and instance; and all, by number. */
static struct rb_root imb_accounts = RB_ROOT;
static struct rb_root imb_accounts_by_id = RB_ROOT;
static u64 imb_accounts_last_id;
static DEFINE_SPINLOCK(imb_accounts_lock); /* of these */

/**
 * struct imb_whose - whose account it is
 * @ns: see struct imb_account, as for the next ones
 * @uid: the user
 * @instance: account of the instance
 */
struct imb_whose {
	struct user_namespace *ns;
	kuid_t uid;
	struct imb_account *instance;
};

static struct imb_account *imb_account_of(struct rb_node *node)
{
	return node ? rb_entry(node, struct imb_account, node) : NULL;
}

static struct imb_account *imb_account_of_id(struct rb_node *node)
{
	return node ? rb_entry(node, struct imb_account, by_id) : NULL;
}

static int imb_pointers_compare(const void *a, const void *b)
{
	return a < b ? -1 : a > b;
}

/* Whether an account comes before, as -1, or after what is looked for, or is it. */
static int imb_account_compare(const struct imb_account *acct,
			       const struct imb_whose *whose)
{
	if (!uid_eq(acct->uid, whose->uid))
		return uid_lt(acct->uid, whose->uid) ? -1 : 1;
	return imb_pointers_compare(acct->ns, whose->ns) ?:
		       imb_pointers_compare(acct->instance, whose->instance);
}

static bool imb_account_less(struct rb_node *a, const struct rb_node *b)
{
	const struct imb_account *other = rb_entry(b, struct imb_account, node);
	const struct imb_whose whose = {
		.ns = other->ns,
		.uid = other->uid,
		.instance = other->instance,
	};

	return imb_account_compare(imb_account_of(a), &whose) < 0;
}

static bool imb_account_less_id(struct rb_node *a, const struct rb_node *b)
{
	return imb_account_of_id(a)->id <
	       rb_entry(b, struct imb_account, by_id)->id;
}

static struct imb_account *
imb_account_find_locked(const struct imb_whose *whose)
{
	struct rb_node *node = imb_accounts.rb_node;
	struct imb_account *acct;
	int order;

	lockdep_assert_held(&imb_accounts_lock);
	while ((acct = imb_account_of(node))) {
		order = imb_account_compare(acct, whose);
		if (!order) {
			refcount_inc(&acct->refs);
			return acct;
		}
		node = order > 0 ? node->rb_left : node->rb_right;
	}
	return NULL;
}

/* Have others know a new account. */
static void imb_account_enter_locked(struct imb_account *acct)
{
	lockdep_assert_held(&imb_accounts_lock);
	acct->id = ++imb_accounts_last_id;
	rb_add(&acct->by_id, &imb_accounts_by_id, imb_account_less_id);
	if (acct->ns)
		rb_add(&acct->node, &imb_accounts, imb_account_less);
}

static struct imb_account *imb_account_find(const struct imb_whose *whose)
{
	struct imb_account *acct;

	spin_lock(&imb_accounts_lock);
	acct = imb_account_find_locked(whose);
	spin_unlock(&imb_accounts_lock);
	return acct;
}

static void imb_account_free(struct imb_account *acct)
{
	imb_account_put(acct->instance);
	free_percpu(acct->stocks);
	put_user_ns(acct->ns);
	kfree(acct);
}

/* One that nobody else knows yet; not with a parent. */
static struct imb_account *imb_account_new(const struct imb_whose *whose)
{
	struct imb_account *acct;

	acct = kzalloc(sizeof(*acct), GFP_KERNEL_ACCOUNT);
	if (!acct)
		return NULL;
	acct->stocks = imb_stocks_new();
	if (!acct->stocks) {
		kfree(acct);
		return NULL;
	}
	/* Of none, get_user_ns() makes the first one where there are no others. */
	acct->ns = whose->ns ? get_user_ns(whose->ns) : NULL;
	acct->uid = whose->uid;
	if (whose->instance) {
		refcount_inc(&whose->instance->refs);
		acct->instance = whose->instance;
	}
	refcount_set(&acct->refs, 1);
	imb_account_init_purses(acct);
	return acct;
}

/* Whose account is charged as well, beside that of the instance: false if nobody's. */
static bool imb_whose_parent(const struct imb_whose *whose,
			     struct imb_whose *parent)
{
	*parent = *whose;
	parent->instance = NULL;
	if (whose->instance)
		return true;
	parent->ns = whose->ns->parent;
	parent->uid = whose->ns->owner;
	return parent->ns;
}

/* Calls itself for those above: one, and the namespaces, of which there are at most 33. */
static struct imb_account *imb_account_get(const struct imb_whose *whose)
{
	struct imb_account *acct, *fresh;
	struct imb_whose parent;

	acct = imb_account_find(whose);
	if (acct)
		return acct;
	fresh = imb_account_new(whose);
	if (!fresh)
		return ERR_PTR(-ENOMEM);
	if (imb_whose_parent(whose, &parent)) {
		acct = imb_account_get(&parent);
		if (IS_ERR(acct)) {
			imb_account_free(fresh);
			return acct;
		}
		fresh->parent = acct;
	}

	spin_lock(&imb_accounts_lock);
	acct = imb_account_find_locked(whose);
	if (!acct)
		imb_account_enter_locked(fresh);
	spin_unlock(&imb_accounts_lock);
	if (!acct)
		return fresh;

	/* Another was faster. */
	imb_account_put(fresh->parent);
	imb_account_free(fresh);
	return acct;
}

static struct imb_whose imb_whose_current(struct imb_account *instance)
{
	return (struct imb_whose){
		.ns = current_user_ns(),
		.uid = current_euid(),
		.instance = instance,
	};
}

/**
 * imb_account_get_current() - get the account of the calling user
 * @instance: account of the instance that it is about, or NULL
 *
 * May sleep.
 *
 * Return: the account, to be returned by imb_account_put(), or an ERR_PTR.
 */
struct imb_account *imb_account_get_current(struct imb_account *instance)
{
	const struct imb_whose whose = imb_whose_current(instance);

	return imb_account_get(&whose);
}

/**
 * imb_account_new_instance() - make the account of an instance, without limits
 *
 * May sleep.
 *
 * Return: the account, to be returned by imb_account_put(), or NULL.
 */
struct imb_account *imb_account_new_instance(void)
{
	const struct imb_whose whose = { .uid = current_euid() };
	struct imb_account *acct = imb_account_new(&whose);
	int i;

	if (!acct)
		return NULL;
	for (i = 0; i < IMB_CHARGES; i++)
		acct->own[i] = ULONG_MAX;
	spin_lock(&imb_accounts_lock);
	imb_account_enter_locked(acct);
	spin_unlock(&imb_accounts_lock);
	return acct;
}

/**
 * imb_account_above() - go through all that is charged together with an account
 * @acct: the account
 * @level: the last one, at first @acct itself
 *
 * Return: the next one, or NULL.
 */
struct imb_account *imb_account_above(const struct imb_account *acct,
				      const struct imb_account *level)
{
	if (level == acct && acct->instance)
		return acct->instance;
	return level == acct->instance ? acct->parent : level->parent;
}

/**
 * imb_account_counts_for() - is what is charged to an account charged to another, too?
 * @acct: the account, or NULL
 * @other: the other
 *
 * Return: whether it is, also if they are the same.
 */
bool imb_account_counts_for(const struct imb_account *acct,
			    const struct imb_account *other)
{
	while (acct && acct != other)
		acct = acct->instance == other ? other : acct->parent;
	return acct;
}

/**
 * imb_account_next() - go through all accounts
 * @id: number of the last one, or 0 to begin
 *
 * Return: the next account, to be returned by imb_account_put(), or NULL.
 */
struct imb_account *imb_account_next(u64 id)
{
	struct imb_account *acct, *next = NULL;
	struct rb_node *node;

	spin_lock(&imb_accounts_lock);
	node = imb_accounts_by_id.rb_node;
	while ((acct = imb_account_of_id(node))) {
		if (acct->id > id) {
			next = acct;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	if (next)
		refcount_inc(&next->refs);
	spin_unlock(&imb_accounts_lock);
	return next;
}

/**
 * imb_account_put() - return an account
 * @acct: the account, or NULL
 *
 * The last one to return it frees it; nothing may be charged then.
 */
void imb_account_put(struct imb_account *acct)
{
	struct imb_account *parent;
	int i;

	while (acct && refcount_dec_and_lock(&acct->refs, &imb_accounts_lock)) {
		/* For sparse, which thinks that it is released. */
		__acquire(&imb_accounts_lock);
		rb_erase(&acct->by_id, &imb_accounts_by_id);
		if (acct->ns)
			rb_erase(&acct->node, &imb_accounts);
		spin_unlock(&imb_accounts_lock);

		for (i = 0; i < IMB_CHARGES; i++) {
			imb_stocks_collect(acct, i);
			WARN_ON_ONCE(atomic64_read(&acct->charged[i]));
		}
		parent = acct->parent;
		imb_account_free(acct);
		acct = parent;
	}
}

/**
 * imb_account_user() - the account of the user himself
 * @acct: his, or that of what he has in an instance
 *
 * Return: it, without a reference.
 */
struct imb_account *imb_account_user(struct imb_account *acct)
{
	return acct->instance ? acct->parent : acct;
}

/**
 * imb_account_common() - the first user for whom two count
 * @acct: the account of a user, or NULL
 * @other: that of another
 *
 * Return: his account, without a reference; or NULL.
 */
struct imb_account *imb_account_common(struct imb_account *acct,
				       const struct imb_account *other)
{
	while (acct && !imb_account_counts_for(other, acct))
		acct = acct->parent;
	return acct;
}

/* Those of the file's instance only are looked at. */
static bool imb_account_is_current(const struct imb_account *acct)
{
	return acct->ns == current_user_ns() &&
	       uid_eq(acct->uid, current_euid());
}

/**
 * imb_payer_get() - find out who pays for a call
 * @payer: to be given to imb_payer_put() at its end; filled in if it is not yet
 * @cache: of the file that was called on, which is there until then: an account, a
 *	reference, or NULL
 * @instance: account of the instance that the file is of, always the same, or NULL
 *
 * A file remembers who calls first. Others take a reference each time, and so write
 * to a cache line of theirs.
 *
 * Return: 0 or -ENOMEM.
 */
int imb_payer_get(struct imb_payer *payer, struct imb_account **cache,
		  struct imb_account *instance)
{
	struct imb_account *acct;

	if (payer->acct)
		return 0;
	/* Pairs with cmpxchg() below: what the account is, was written before. */
	acct = smp_load_acquire(cache);
	if (acct && imb_account_is_current(acct)) {
		payer->acct = acct;
		return 0;
	}
	acct = imb_account_get_current(instance);
	if (IS_ERR(acct))
		return PTR_ERR(acct);
	payer->acct = acct;
	payer->owned = cmpxchg(cache, NULL, acct);
	return 0;
}

/**
 * imb_payer_put() - the call ends
 * @payer: who paid
 */
void imb_payer_put(struct imb_payer *payer)
{
	if (payer->owned)
		imb_account_put(payer->acct);
}
