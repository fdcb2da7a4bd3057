// SPDX-License-Identifier: GPL-2.0-only
/*
 * Purses: what a mailbox has drawn from its owner's account. See account.h.
 */
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/lockdep.h>
#include <linux/math.h>
#include <linux/sched.h>

#include "account.h"
#include "ipcmbox.h"

static struct workqueue_struct *imb_purses_queue;

/**
 * imb_purses_init() - make ready for purses that are pinched
 *
 * Return: 0 or -ENOMEM.
 */
int imb_purses_init(void)
{
	imb_purses_queue = alloc_workqueue("ipcmbox", WQ_UNBOUND, 0);
	return imb_purses_queue ? 0 : -ENOMEM;
}

/**
 * imb_purses_flush() - wait until those are told who are about to be
 *
 * May sleep.
 */
void imb_purses_flush(void)
{
	flush_workqueue(imb_purses_queue);
}

/**
 * imb_purses_exit() - wait until nobody is told any more
 */
void imb_purses_exit(void)
{
	destroy_workqueue(imb_purses_queue);
}

static struct imb_purse *imb_purse_of(struct rb_node *node)
{
	return node ? rb_entry(node, struct imb_purse, node) : NULL;
}

static bool imb_purse_needs_less(struct rb_node *a, const struct rb_node *b)
{
	return imb_purse_of(a)->need <
	       rb_entry(b, struct imb_purse, node)->need;
}

/* Who needs least, of these who came first. */
static struct imb_purse *imb_account_first_locked(struct imb_account *acct)
{
	struct imb_purse *purse;

	lockdep_assert_held(&acct->lock);
	purse = imb_purse_of(rb_first_cached(&acct->pinched));
	WRITE_ONCE(acct->need, purse ? purse->need : U64_MAX);
	return purse;
}

/* One that needs more than it is worth waiting for: the limit was higher when it came. */
static struct imb_purse *imb_account_hopeless_locked(struct imb_account *acct)
{
	struct imb_purse *purse = imb_purse_of(rb_last(&acct->pinched.rb_root));

	if (!purse || purse->need <= imb_account_most(acct))
		return NULL;
	return purse;
}

static void imb_purse_link_locked(struct imb_purse *purse, u64 need)
{
	struct imb_account *acct = purse->short_of;

	purse->need = need;
	rb_add_cached(&purse->node, &acct->pinched, imb_purse_needs_less);
	(void)imb_account_first_locked(acct);
}

static void imb_purse_unlink_locked(struct imb_purse *purse)
{
	struct imb_account *acct = purse->short_of;

	rb_erase_cached(&purse->node, &acct->pinched);
	RB_CLEAR_NODE(&purse->node);
	(void)imb_account_first_locked(acct);
}

/* Is it worth trying? Also if the limit was lowered, and it is not worth waiting any more. */
static bool imb_account_may_have(const struct imb_account *acct, u64 need)
{
	u64 limit = imb_account_limit(acct, IMB_CHARGE_BYTES);

	/* The limit may change between the two looks at it. */
	return need > imb_account_most(acct) || need > limit ||
	       atomic64_read(&acct->charged[IMB_CHARGE_BYTES]) <= limit - need;
}

/*
 * Those who need more than there may ever be any more are told so, whoever else there is. And all
 * are told who might have what they need, those who need least first: else one that needs
 * much would keep others waiting. What they need is not kept for them, and who tries in vain
 * is pinched again.
 */
static void imb_account_ease_all(struct work_struct *work)
{
	struct imb_account *acct = container_of(work, struct imb_account, ease);
	struct imb_purse *purse;
	bool lives;

	for (;;) {
		spin_lock(&acct->lock);
		purse = imb_account_hopeless_locked(acct) ?:
				imb_account_first_locked(acct);
		if (!purse || !imb_account_may_have(acct, purse->need))
			break;
		imb_purse_unlink_locked(purse);
		lives = purse->get(purse);
		spin_unlock(&acct->lock);
		if (lives)
			purse->ease(purse);
		cond_resched();
	}
	spin_unlock(&acct->lock);
	imb_account_put(acct);
}

/**
 * imb_account_init_purses() - of a new account no purse is pinched
 * @acct: the account
 */
void imb_account_init_purses(struct imb_account *acct)
{
	spin_lock_init(&acct->lock);
	acct->pinched = RB_ROOT_CACHED;
	acct->need = U64_MAX;
	INIT_WORK(&acct->ease, imb_account_ease_all);
}

static void imb_account_queue(struct imb_account *acct)
{
	refcount_inc(&acct->refs);
	if (!queue_work(imb_purses_queue, &acct->ease))
		refcount_dec(&acct->refs);
}

/**
 * imb_account_ease() - tell those who were short, if there is enough
 * @acct: the account, of which something was given back; the caller has a reference
 *
 * Also under a spinlock. It is done by a worker, as other mailboxes have to be locked.
 */
void imb_account_ease(struct imb_account *acct)
{
	u64 need = READ_ONCE(acct->need);

	if (need != U64_MAX && imb_account_may_have(acct, need))
		imb_account_queue(acct);
}

/**
 * imb_account_ease_any() - the same, after the limit was changed
 * @acct: the account, which has the new one; the caller has a reference
 */
void imb_account_ease_any(struct imb_account *acct)
{
	if (READ_ONCE(acct->need) != U64_MAX)
		imb_account_queue(acct);
}

/**
 * imb_purse_init() - make the purse of a mailbox
 * @purse: the purse
 * @acct: the account; a reference, for as long as the purse is there
 * @get: see struct imb_purse
 * @ease: likewise
 */
void imb_purse_init(struct imb_purse *purse, struct imb_account *acct,
		    bool (*get)(struct imb_purse *purse),
		    void (*ease)(struct imb_purse *purse))
{
	purse->acct = acct;
	purse->get = get;
	purse->ease = ease;
	RB_CLEAR_NODE(&purse->node);
}

/* Return what is not in use, but for @spare. */
static void imb_purse_shrink(struct imb_purse *purse, u64 spare)
{
	u64 n = purse->drawn - purse->used - spare;

	purse->drawn -= n;
	imb_account_return(purse->acct, IMB_CHARGE_BYTES, n);
}

/* It stands there from now on; the purse was not pinched, or stands nowhere. */
static void imb_purse_stand(struct imb_purse *purse, u64 need)
{
	struct imb_account *acct = purse->met;

	purse->short_of = acct;
	spin_lock(&acct->lock);
	imb_purse_link_locked(purse, need);
	spin_unlock(&acct->lock);
	/*
	 * Either who gives back sees that somebody is pinched, or this sees what he gave, or
	 * put in stock.
	 */
	smp_mb();
	imb_stocks_collect(acct, IMB_CHARGE_BYTES);
}

/*
 * What the first in line needs, and of which account, counts as long as it is there: nobody else
 * has room before it. Among others the least does.
 */
static void imb_purse_pinch_again(struct imb_purse *purse, u64 need,
				  enum imb_pinch pinch)
{
	struct imb_account *acct = purse->short_of;
	bool replaces, leaves;

	if (pinch == IMB_PINCH_BEHIND && purse->waits)
		return;
	replaces = pinch == IMB_PINCH_FIRST || purse->waits;
	purse->waits = pinch == IMB_PINCH_FIRST;
	spin_lock(&acct->lock);
	/* Else it is being told. */
	leaves = !RB_EMPTY_NODE(&purse->node) &&
		 (need < purse->need ||
		  (replaces && (need > purse->need || purse->met != acct)));
	if (leaves)
		imb_purse_unlink_locked(purse);
	spin_unlock(&acct->lock);
	if (leaves)
		imb_purse_stand(purse, need);
}

/**
 * imb_purse_pinch() - ask to be told when there is more
 * @purse: the purse, whose mailbox is locked; something has just been asked of it in vain
 * @need: how much has to be free where too little is, that it goes well
 * @pinch: for whom
 *
 * Return: false if a limit is too low for that, and nobody is told.
 */
bool imb_purse_pinch(struct imb_purse *purse, u64 need, enum imb_pinch pinch)
{
	if (!imb_account_could_have(purse->acct, need))
		return false;
	if (purse->pinched) {
		imb_purse_pinch_again(purse, need, pinch);
		return true;
	}
	purse->pinched = true;
	purse->waits = pinch == IMB_PINCH_FIRST;
	imb_purse_shrink(purse, 0);
	imb_purse_stand(purse, need);
	return true;
}

/**
 * imb_purse_forget_first() - there is no line any more
 * @purse: the purse, whose mailbox is locked
 *
 * Return: whether others, who were short too, are to try again.
 */
bool imb_purse_forget_first(struct imb_purse *purse)
{
	struct imb_account *acct = purse->short_of;
	bool leaves;

	purse->waits = false;
	spin_lock(&acct->lock);
	/* Else it is being told. */
	leaves = !RB_EMPTY_NODE(&purse->node);
	if (leaves)
		imb_purse_unlink_locked(purse);
	spin_unlock(&acct->lock);
	purse->pinched = !leaves;
	return leaves;
}

/**
 * imb_purse_pinch_if_short() - the same, if there is too little for a message
 * @purse: the purse, whose mailbox is locked
 * @need: bytes of it
 * @pinch: for whom
 */
void imb_purse_pinch_if_short(struct imb_purse *purse, u64 need,
			      enum imb_pinch pinch)
{
	struct imb_account *level;

	for (level = purse->acct; level;
	     level = imb_account_above(purse->acct, level)) {
		if (imb_account_may_have(level, need))
			continue;
		purse->met = level;
		imb_purse_pinch(purse, need, pinch);
		return;
	}
}

/*
 * What a purse keeps, nobody else has, and there may be any number of mailboxes that are not in
 * use any more. So they keep something only of what is plentiful.
 */
static bool imb_purse_may_spare(const struct imb_purse *purse)
{
	struct imb_account *level;

	for (level = purse->acct; level;
	     level = imb_account_above(purse->acct, level))
		if (atomic64_read(&level->charged[IMB_CHARGE_BYTES]) >
		    imb_account_limit(level, IMB_CHARGE_BYTES) / IMB_PLENTY)
			return false;
	return true;
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
		if (!imb_purse_may_spare(purse) ||
		    !imb_account_try(purse->acct, IMB_CHARGE_BYTES, chunk)) {
			chunk = missing;
			purse->met = imb_account_draw(purse->acct,
						      IMB_CHARGE_BYTES, chunk);
			if (purse->met)
				return -EDQUOT;
		}
		purse->drawn += chunk;
	}
	purse->used += n;
	return 0;
}

/**
 * imb_purse_take_over() - use bytes, of which a part is charged to somebody already
 * @purse: the purse, whose mailbox is locked
 * @n: bytes
 * @payer: account of who pays
 * @paid: how much
 *
 * What counts for both need not be there twice. Next, either imb_account_unshare() ends what
 * @payer pays, or imb_purse_hand_back().
 *
 * Return: 0, or -EDQUOT; nothing has changed then.
 */
int imb_purse_take_over(struct imb_purse *purse, u64 n,
			const struct imb_account *payer, u64 paid)
{
	int ret;

	purse->met =
		imb_account_share(purse->acct, payer, IMB_CHARGE_BYTES, paid);
	if (purse->met)
		return -EDQUOT;
	purse->drawn += paid;
	ret = imb_purse_take(purse, n);
	if (ret) {
		purse->drawn -= paid;
		imb_account_unshare(purse->acct, payer, IMB_CHARGE_BYTES, paid);
	}
	return ret;
}

/**
 * imb_purse_hand_back() - undo imb_purse_take_over()
 * @purse: the purse, whose mailbox was locked all the time
 * @n: bytes
 * @payer: account of who goes on to pay
 * @paid: how much of it
 */
void imb_purse_hand_back(struct imb_purse *purse, u64 n,
			 const struct imb_account *payer, u64 paid)
{
	purse->used -= n;
	purse->drawn -= paid;
	imb_account_unshare(purse->acct, payer, IMB_CHARGE_BYTES, paid);
}

/**
 * imb_purse_give() - put bytes back into a purse
 * @purse: the purse, whose mailbox is locked
 * @n: bytes, of what was taken before
 *
 * Keeps up to two chunks for the next message and returns the rest; or nothing, if that is not
 * plentiful.
 */
void imb_purse_give(struct imb_purse *purse, u64 n)
{
	purse->used -= n;
	if (purse->pinched || !imb_purse_may_spare(purse))
		imb_purse_shrink(purse, 0);
	else if (purse->drawn - purse->used > 2 * IMB_PURSE_CHUNK)
		imb_purse_shrink(purse, IMB_PURSE_CHUNK);
}

/**
 * imb_purse_empty() - return all that was drawn
 * @purse: the purse, of which nothing is in use any more; @purse->get fails already
 */
void imb_purse_empty(struct imb_purse *purse)
{
	struct imb_account *acct = purse->short_of;

	if (acct) {
		spin_lock(&acct->lock);
		if (!RB_EMPTY_NODE(&purse->node))
			imb_purse_unlink_locked(purse);
		spin_unlock(&acct->lock);
	}
	WARN_ON_ONCE(purse->used);
	imb_account_return(purse->acct, IMB_CHARGE_BYTES, purse->drawn);
	purse->drawn = 0;
}
