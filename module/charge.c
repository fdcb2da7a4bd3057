// SPDX-License-Identifier: GPL-2.0-only
/*
 * Charges: what is in use, and what CPUs have in stock. See account.h.
 */
#include <linux/capability.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/smp.h>

#include "account.h"
#include "ipcmbox.h"
#include "trace.h"

/* What is charged and given back with each call, and so much of it at a time. */
static const u64 imb_chunks[IMB_CHARGES] = {
	[IMB_CHARGE_BYTES] = IMB_BYTES_STOCK,
	[IMB_CHARGE_WAITERS] = IMB_WAITERS_STOCK,
};

/**
 * struct imb_stock - what a CPU has of an account, charged and not in use
 * @left: how much of each kind
 *
 * Mostly used by its own CPU, but atomic, as a task may move to another one, and who is
 * short takes it from there.
 */
struct imb_stock {
	atomic64_t left[IMB_CHARGES];
};

/**
 * imb_stocks_new() - make stocks, which are empty
 *
 * Return: one for each CPU, or NULL.
 */
struct imb_stock __percpu *imb_stocks_new(void)
{
	return alloc_percpu_gfp(struct imb_stock, GFP_KERNEL_ACCOUNT);
}

static atomic64_t *imb_account_gauge(struct imb_account *acct,
				     enum imb_charge what)
{
	return &acct->charged[imb_account_kind(acct, what)];
}

/**
 * imb_account_used() - how much of a kind is in use
 * @acct: the account
 * @what: the kind
 *
 * Return: how much, of some instant for each CPU.
 */
u64 imb_account_used(const struct imb_account *acct, enum imb_charge what)
{
	s64 used = atomic64_read(&acct->charged[what]);
	int cpu;

	for_each_possible_cpu(cpu)
		used -= atomic64_read(
			&per_cpu_ptr(acct->stocks, cpu)->left[what]);
	return max_t(s64, used, 0);
}

/* Whether it is charged to @level, too, when it is charged to @acct. */
static bool imb_account_concerns(const struct imb_account *acct,
				 const struct imb_account *level,
				 enum imb_charge what)
{
	return what != IMB_CHARGE_OWN_FILES ||
	       (level->ns && uid_eq(level->uid, acct->uid));
}

static bool imb_gauge_add(atomic64_t *gauge, u64 n, u64 limit)
{
	s64 old = atomic64_read(gauge);

	do {
		if (n > limit || old > limit - n)
			return false;
	} while (!atomic64_try_cmpxchg(gauge, &old, old + n));
	return true;
}

/* Give back, from @acct up to, but not to, @end; nothing where it counts for @payer. */
static void imb_account_lower(struct imb_account *acct,
			      const struct imb_account *end,
			      const struct imb_account *payer,
			      enum imb_charge what, u64 n)
{
	struct imb_account *level;

	for (level = acct; level != end;
	     level = imb_account_above(acct, level)) {
		if (!imb_account_concerns(acct, level, what) ||
		    imb_account_counts_for(payer, level))
			continue;
		WARN_ON_ONCE(atomic64_sub_return(
				     n, imb_account_gauge(level, what)) < 0);
		/* Those who are pinched have looked after they told so. */
		if (imb_account_kind(level, what) == IMB_CHARGE_BYTES)
			imb_account_ease(level);
	}
}

/* Take from one; false if its limit, or @cap, is met. */
static bool imb_account_raise_one(struct imb_account *level,
				  enum imb_charge what, u64 n, u64 cap)
{
	u64 limit = min(cap, imb_account_limit(level, what));

	return imb_gauge_add(imb_account_gauge(level, what), n, limit);
}

/*
 * Take from an account and those above, but not where it counts for @payer; NULL, or the one
 * whose limit was met.
 */
static struct imb_account *imb_account_raise(struct imb_account *acct,
					     const struct imb_account *payer,
					     enum imb_charge what, u64 n)
{
	struct imb_account *level;

	for (level = acct; level; level = imb_account_above(acct, level)) {
		if (imb_account_counts_for(payer, level))
			continue;
		if (!imb_account_raise_one(level, what, n, U64_MAX)) {
			imb_account_lower(acct, level, payer, what, n);
			break;
		}
	}
	return level;
}

/* The same of files; of those of the user himself @cap is a limit too, or there is none. */
static struct imb_account *imb_account_raise_files(struct imb_account *acct,
						   enum imb_charge what, u64 n,
						   u64 cap, bool exempt)
{
	struct imb_account *level;

	for (level = acct; level; level = imb_account_above(acct, level)) {
		bool own =
			imb_account_concerns(acct, level, IMB_CHARGE_OWN_FILES);

		if (!imb_account_concerns(acct, level, what))
			continue;
		if (own && exempt) {
			atomic64_add(n, imb_account_gauge(level, what));
		} else if (!imb_account_raise_one(level, what, n, cap)) {
			imb_account_lower(acct, level, NULL, what, n);
			break;
		}
	}
	return level;
}

static void imb_account_trace(struct imb_account *acct, enum imb_charge what,
			      u64 limit)
{
	trace_ipcmbox_limit(what, __kuid_val(acct->uid),
			    acct->ns ? 0 : acct->id,
			    atomic64_read(imb_account_gauge(acct, what)),
			    limit);
}

/**
 * imb_stocks_collect() - give back what CPUs have in stock
 * @acct: the account
 * @what: of which kind
 */
void imb_stocks_collect(struct imb_account *acct, enum imb_charge what)
{
	u64 n = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		n += atomic64_xchg(&per_cpu_ptr(acct->stocks, cpu)->left[what],
				   0);
	imb_account_lower(acct, NULL, NULL, what, n);
}

/**
 * imb_stocks_collect_all() - the same for all accounts, and tell who waits for it
 * @what: of which kind
 *
 * May sleep.
 */
void imb_stocks_collect_all(enum imb_charge what)
{
	struct imb_account *acct = imb_account_next(0), *last;

	while (acct) {
		imb_stocks_collect(acct, what);
		imb_account_ease_any(acct);
		last = acct;
		acct = imb_account_next(last->id);
		imb_account_put(last);
		cond_resched();
	}
}

/**
 * imb_account_try() - take from a user's quota, if it is there
 * @acct: the user's account
 * @what: which quota
 * @n: how much
 *
 * Return: false if the limit would be exceeded, perhaps only because of stocks; nothing is
 * charged then.
 */
bool imb_account_try(struct imb_account *acct, enum imb_charge what, u64 n)
{
	return !imb_account_raise(acct, NULL, what, n);
}

/**
 * imb_account_draw() - take from a user's quota, past the stocks
 * @acct: the user's account
 * @what: which quota
 * @n: how much
 *
 * Return: NULL, or the account, of those that are charged together, whose limit would be
 * exceeded; nothing is charged then.
 */
struct imb_account *imb_account_draw(struct imb_account *acct,
				     enum imb_charge what, u64 n)
{
	struct imb_account *level;

	level = imb_account_raise(acct, NULL, what, n);
	/* Of those that are charged together only the last one has stocks. */
	if (level && imb_chunks[what]) {
		imb_stocks_collect(level, what);
		level = imb_account_raise(acct, NULL, what, n);
	}
	if (level)
		imb_account_trace(level, what, imb_account_limit(level, what));
	return level;
}

/**
 * imb_account_share() - take from a user's quota what another is charged for already
 * @acct: the user's account
 * @payer: that of the other
 * @what: which quota
 * @n: how much
 *
 * Of accounts that are charged together with both, nothing is taken. Then one of the two
 * gives it back, by imb_account_unshare() with the other as @payer.
 *
 * Return: as imb_account_draw().
 */
struct imb_account *imb_account_share(struct imb_account *acct,
				      const struct imb_account *payer,
				      enum imb_charge what, u64 n)
{
	return imb_account_raise(acct, payer, what, n);
}

/**
 * imb_account_unshare() - give back what another stays charged for
 * @acct: the user's account
 * @payer: that of the other
 * @what: which quota
 * @n: how much
 */
void imb_account_unshare(struct imb_account *acct,
			 const struct imb_account *payer, enum imb_charge what,
			 u64 n)
{
	imb_account_lower(acct, NULL, payer, what, n);
}

static atomic64_t *imb_stock_left(struct imb_account *acct,
				  enum imb_charge what)
{
	return &raw_cpu_ptr(acct->stocks)->left[what];
}

/*
 * Nothing is kept in stock while somebody is short of it. This reads @need after it put
 * something there, and imb_purse_pinch() collects after it set @need: one sees the other. The
 * stocks of other CPUs are matters of who put something there.
 */
static s64 imb_stock_put(struct imb_account *acct, enum imb_charge what, u64 n)
{
	atomic64_t *stock = imb_stock_left(acct, what);
	s64 left = atomic64_add_return(n, stock);

	if (what != IMB_CHARGE_BYTES || READ_ONCE(acct->need) == U64_MAX)
		return left;
	imb_account_lower(acct, NULL, NULL, what, atomic64_xchg(stock, 0));
	return 0;
}

/*
 * How much to draw at a time. Who is charged together with others has no stocks: these could
 * be many, idle, and have all that there is, and who is short would have to ask each of them.
 */
static u64 imb_stock_chunk(const struct imb_account *acct, enum imb_charge what)
{
	return imb_account_above(acct, acct) ? 0 : imb_chunks[what];
}

static bool imb_stock_take(atomic64_t *left, u64 n)
{
	s64 old = atomic64_read(left);

	do {
		if (old < n)
			return false;
	} while (!atomic64_try_cmpxchg(left, &old, old - n));
	return true;
}

/**
 * imb_account_charge() - take from a user's quota
 * @acct: the user's account
 * @what: which quota
 * @n: how much
 *
 * Also under a spinlock.
 *
 * Return: 0, or -EDQUOT if the limit would be exceeded; nothing is charged
 * then.
 */
int imb_account_charge(struct imb_account *acct, enum imb_charge what, u64 n)
{
	u64 chunk = imb_stock_chunk(acct, what);

	/* To copy as much as that costs more than to share a cache line. */
	if (n < chunk) {
		if (imb_stock_take(imb_stock_left(acct, what), n))
			return 0;
		if (imb_account_try(acct, what, chunk)) {
			imb_stock_put(acct, what, chunk - n);
			return 0;
		}
	}
	return imb_account_draw(acct, what, n) ? -EDQUOT : 0;
}

/**
 * imb_account_charge_files() - let files be in flight
 * @acct: account of the calling user
 * @n: how many
 *
 * Return: 0, or -ETOOMANYREFS if there would be more than the calling process may have
 * open, or than the limit says; nothing is charged then.
 */
int imb_account_charge_files(struct imb_account *acct, u64 n)
{
	static const enum imb_charge kinds[] = { IMB_CHARGE_FILES,
						 IMB_CHARGE_OWN_FILES };
	const u64 caps[] = { U64_MAX, rlimit(RLIMIT_NOFILE) };
	struct imb_account *level;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		level = imb_account_raise_files(acct, kinds[i], n, caps[i],
						false);
		/* Who is exempt is only asked where that matters. */
		if (level &&
		    (capable(CAP_SYS_RESOURCE) || capable(CAP_SYS_ADMIN)))
			level = imb_account_raise_files(acct, kinds[i], n,
							caps[i], true);
		if (!level)
			continue;
		if (i)
			imb_account_lower(acct, NULL, NULL, kinds[0], n);
		imb_account_trace(level, kinds[i],
				  min(caps[i],
				      imb_account_limit(level, kinds[i])));
		return -ETOOMANYREFS;
	}
	return 0;
}

/**
 * imb_account_uncharge_files() - files are not in flight any more
 * @acct: account of who was charged for them
 * @n: how many
 *
 * Also under a spinlock.
 */
void imb_account_uncharge_files(struct imb_account *acct, u64 n)
{
	imb_account_lower(acct, NULL, NULL, IMB_CHARGE_FILES, n);
	imb_account_lower(acct, NULL, NULL, IMB_CHARGE_OWN_FILES, n);
}

/**
 * imb_account_return() - give back to a user's quota, past the stocks
 * @acct: the user's account
 * @what: which quota
 * @n: how much, of what was charged before
 */
void imb_account_return(struct imb_account *acct, enum imb_charge what, u64 n)
{
	imb_account_lower(acct, NULL, NULL, what, n);
}

static bool imb_account_is_over(struct imb_account *acct, enum imb_charge what)
{
	struct imb_account *level;

	for (level = acct; level; level = imb_account_above(acct, level))
		if (atomic64_read(imb_account_gauge(level, what)) >
		    imb_account_limit(level, what))
			return true;
	return false;
}

/**
 * imb_account_uncharge() - give back to a user's quota
 * @acct: the user's account
 * @what: which quota
 * @n: how much, of what was charged before
 *
 * Also under a spinlock.
 */
void imb_account_uncharge(struct imb_account *acct, enum imb_charge what, u64 n)
{
	u64 chunk = imb_stock_chunk(acct, what);

	/* Where the limit was lowered nothing is kept in stock either. */
	if (n >= chunk || imb_account_is_over(acct, what)) {
		imb_account_return(acct, what, n);
		return;
	}
	if (imb_stock_put(acct, what, n) > 2 * chunk &&
	    imb_stock_take(imb_stock_left(acct, what), chunk))
		imb_account_return(acct, what, chunk);
}
