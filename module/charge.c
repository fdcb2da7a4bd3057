// SPDX-License-Identifier: GPL-2.0-only
/*
 * Charges: limits, what is in use, and what CPUs have in stock. See account.h.
 */
#include <linux/capability.h>
#include <linux/kernel.h>
#include <linux/kstrtox.h>
#include <linux/moduleparam.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/smp.h>

#include "account.h"
#include "ipcmbox.h"
#include "trace.h"

static unsigned long imb_limits[IMB_CHARGES] = {
	[IMB_CHARGE_MAILBOXES] = 16384,
	[IMB_CHARGE_BYTES] = 256UL << 20,
	[IMB_CHARGE_REGION_BYTES] = 256UL << 20,
	[IMB_CHARGE_WAITERS] = 65536,
	[IMB_CHARGE_NAMES] = 4096,
	[IMB_CHARGE_FILES] = ULONG_MAX, /* that of who sends or calls counts */
};

static void imb_limit_change(unsigned long *limit, enum imb_charge what,
			     unsigned long value)
{
	/* Others read it meanwhile. */
	WRITE_ONCE(*limit, value);
	/* What is in stock was drawn under another one. */
	imb_stocks_collect_all(what);
}

static int imb_limit_set(const char *text, const struct kernel_param *param)
{
	unsigned long *limit = param->arg, value;
	int ret = kstrtoul(text, 0, &value);

	if (!ret)
		imb_limit_change(limit, limit - imb_limits, value);
	return ret;
}

/* A type of parameters, for module_param_named(). */
static const struct kernel_param_ops param_ops_imb_limit = {
	.set = imb_limit_set,
	.get = param_get_ulong,
};

#define param_check_imb_limit(name, p) param_check_ulong(name, p)

module_param_named(user_mailboxes, imb_limits[IMB_CHARGE_MAILBOXES], imb_limit,
		   0644);
MODULE_PARM_DESC(user_mailboxes, "Mailboxes that one user may have");
module_param_named(user_bytes, imb_limits[IMB_CHARGE_BYTES], imb_limit, 0644);
MODULE_PARM_DESC(user_bytes, "Bytes of messages of one user");
module_param_named(user_region_bytes, imb_limits[IMB_CHARGE_REGION_BYTES],
		   imb_limit, 0644);
MODULE_PARM_DESC(user_region_bytes, "Bytes of regions of one user");
module_param_named(user_waiters, imb_limits[IMB_CHARGE_WAITERS], imb_limit,
		   0644);
MODULE_PARM_DESC(user_waiters,
		 "Waiting calls, selected cases and eventfds of one user");
module_param_named(user_names, imb_limits[IMB_CHARGE_NAMES], imb_limit, 0644);
MODULE_PARM_DESC(user_names, "Names of mailboxes of one user");

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

/* As what something is counted: an instance has one limit for all bytes. */
static enum imb_charge imb_account_kind(const struct imb_account *acct,
					enum imb_charge what)
{
	return !acct->ns && what == IMB_CHARGE_REGION_BYTES ? IMB_CHARGE_BYTES :
							      what;
}

static atomic64_t *imb_account_gauge(struct imb_account *acct,
				     enum imb_charge what)
{
	return &acct->charged[imb_account_kind(acct, what)];
}

/**
 * imb_account_limit() - how much of a kind there may be
 * @acct: the account
 * @what: the kind
 *
 * Return: how much; ULONG_MAX where nothing limits it, or something else.
 */
u64 imb_account_limit(const struct imb_account *acct, enum imb_charge what)
{
	const unsigned long *limits = acct->ns ? imb_limits : acct->own;

	return READ_ONCE(limits[imb_account_kind(acct, what)]);
}

/**
 * imb_account_set_limit() - change a limit of an instance
 * @acct: its account
 * @what: which
 * @limit: the new one; what is charged above it stays so
 *
 * May sleep.
 */
void imb_account_set_limit(struct imb_account *acct, enum imb_charge what,
			   unsigned long limit)
{
	imb_limit_change(&acct->own[what], what, limit);
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

static bool imb_gauge_add(atomic64_t *gauge, u64 n, u64 limit)
{
	s64 old = atomic64_read(gauge);

	do {
		if (n > limit || old > limit - n)
			return false;
	} while (!atomic64_try_cmpxchg(gauge, &old, old + n));
	return true;
}

/* Give back, from @acct up to, but not to, @end. */
static void imb_account_lower(struct imb_account *acct,
			      const struct imb_account *end,
			      enum imb_charge what, u64 n)
{
	struct imb_account *level;

	for (level = acct; level != end; level = imb_account_above(acct, level))
		WARN_ON_ONCE(atomic64_sub_return(
				     n, imb_account_gauge(level, what)) < 0);
}

/* Take from an account and those above; NULL, or the one whose limit, or @cap, was met. */
static struct imb_account *imb_account_raise(struct imb_account *acct,
					     enum imb_charge what, u64 n,
					     u64 cap)
{
	struct imb_account *level;
	u64 limit;

	for (level = acct; level; level = imb_account_above(acct, level)) {
		limit = min(cap, imb_account_limit(level, what));
		if (!imb_gauge_add(imb_account_gauge(level, what), n, limit)) {
			imb_account_lower(acct, level, what, n);
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
	imb_account_lower(acct, NULL, what, n);
}

/**
 * imb_stocks_collect_all() - the same for all accounts
 * @what: of which kind
 *
 * May sleep.
 */
void imb_stocks_collect_all(enum imb_charge what)
{
	struct imb_account *acct = imb_account_next(0), *last;

	while (acct) {
		imb_stocks_collect(acct, what);
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
	return !imb_account_raise(acct, what, n, U64_MAX);
}

/**
 * imb_account_draw() - take from a user's quota, past the stocks
 * @acct: the user's account
 * @what: which quota
 * @n: how much
 *
 * Return: 0, or -EDQUOT if the limit would be exceeded; nothing is charged
 * then.
 */
int imb_account_draw(struct imb_account *acct, enum imb_charge what, u64 n)
{
	struct imb_account *level;

	level = imb_account_raise(acct, what, n, U64_MAX);
	if (level && imb_chunks[what]) {
		imb_stocks_collect(acct, what);
		imb_stocks_collect(level, what);
		level = imb_account_raise(acct, what, n, U64_MAX);
	}
	if (!level)
		return 0;
	imb_account_trace(level, what, imb_account_limit(level, what));
	return -EDQUOT;
}

static atomic64_t *imb_stock_left(struct imb_account *acct,
				  enum imb_charge what)
{
	return &raw_cpu_ptr(acct->stocks)->left[what];
}

/* How much to draw at a time; 0 where that would be much of what there may be. */
static u64 imb_stock_chunk(const struct imb_account *acct, enum imb_charge what)
{
	u64 chunk = imb_chunks[what];

	if (acct->instance &&
	    imb_account_limit(acct->instance, what) / 64 < chunk * nr_cpu_ids)
		return 0;
	return chunk;
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
	if (n >= chunk)
		return imb_account_draw(acct, what, n);
	if (imb_stock_take(imb_stock_left(acct, what), n))
		return 0;
	if (imb_account_try(acct, what, chunk)) {
		atomic64_add(chunk - n, imb_stock_left(acct, what));
		return 0;
	}
	return imb_account_draw(acct, what, n);
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
	u64 limit = rlimit(RLIMIT_NOFILE);
	struct imb_account *level;

	level = imb_account_raise(acct, IMB_CHARGE_FILES, n, limit);
	if (level && (capable(CAP_SYS_RESOURCE) || capable(CAP_SYS_ADMIN)))
		return imb_account_raise(acct, IMB_CHARGE_FILES, n, S64_MAX) ?
			       -ETOOMANYREFS :
			       0;
	if (!level)
		return 0;
	imb_account_trace(level, IMB_CHARGE_FILES, limit);
	return -ETOOMANYREFS;
}

/**
 * imb_account_return() - give back to a user's quota, past the stocks
 * @acct: the user's account
 * @what: which quota
 * @n: how much, of what was charged before
 */
void imb_account_return(struct imb_account *acct, enum imb_charge what, u64 n)
{
	imb_account_lower(acct, NULL, what, n);
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
	atomic64_t *left;

	if (n >= chunk) {
		imb_account_return(acct, what, n);
		return;
	}
	left = imb_stock_left(acct, what);
	if (atomic64_add_return(n, left) > 2 * chunk &&
	    imb_stock_take(left, chunk))
		imb_account_return(acct, what, chunk);
}
