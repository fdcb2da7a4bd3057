// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits: of users, which are parameters of the module, and of instances. See account.h.
 */
#include <linux/kernel.h>
#include <linux/kstrtox.h>
#include <linux/moduleparam.h>

#include "account.h"
#include "ipcmbox.h"

static unsigned long imb_limits[IMB_CHARGES] = {
	[IMB_CHARGE_MAILBOXES] = 16384,
	[IMB_CHARGE_BYTES] = 256UL << 20,
	[IMB_CHARGE_REGION_BYTES] = 256UL << 20,
	[IMB_CHARGE_WAITERS] = 65536,
	[IMB_CHARGE_NAMES] = 4096,
	[IMB_CHARGE_FILES] = 65536,
	[IMB_CHARGE_OWN_FILES] =
		ULONG_MAX, /* that of who sends or calls counts */
};

static int imb_limit_set(const char *text, const struct kernel_param *param)
{
	unsigned long *limit = param->arg, value;
	int ret = kstrtoul(text, 0, &value);

	if (ret)
		return ret;
	/* Others read it meanwhile. */
	WRITE_ONCE(*limit, value);
	/* What is in stock was drawn under another one; who waits for more may have it now. */
	imb_stocks_collect_all(limit - imb_limits);
	return 0;
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
module_param_named(user_files, imb_limits[IMB_CHARGE_FILES], imb_limit, 0644);
MODULE_PARM_DESC(user_files, "Files in flight of one user");

/**
 * imb_account_kind() - as what something is counted
 * @acct: the account
 * @what: what it is
 *
 * Return: the same; but an instance has one limit for all bytes.
 */
enum imb_charge imb_account_kind(const struct imb_account *acct,
				 enum imb_charge what)
{
	return !acct->ns && what == IMB_CHARGE_REGION_BYTES ? IMB_CHARGE_BYTES :
							      what;
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
	WRITE_ONCE(acct->own[what], limit);
	/* As imb_purse_pinch(). */
	smp_mb();
	imb_account_ease_any(acct);
}

/**
 * imb_account_most() - how many bytes it is worth waiting for
 * @acct: the account
 *
 * Return: how many there will be once nobody has anything. What idle mailboxes keep is not
 * counted on.
 */
u64 imb_account_most(const struct imb_account *acct)
{
	u64 limit = imb_account_limit(acct, IMB_CHARGE_BYTES);

	return limit - limit / IMB_PLENTY;
}

/**
 * imb_account_could_have() - is it worth waiting for bytes?
 * @acct: the account
 * @n: how many
 *
 * Return: whether it is, of all accounts that are charged together.
 */
bool imb_account_could_have(const struct imb_account *acct, u64 n)
{
	const struct imb_account *level;

	for (level = acct; level; level = imb_account_above(acct, level))
		if (n > imb_account_most(level))
			return false;
	return true;
}

/**
 * imb_account_has_plenty() - would it leave half of the quota?
 * @acct: the user's account
 * @n: bytes that he might be charged for on behalf of others
 *
 * Return: whether half of each limit would still be free.
 */
bool imb_account_has_plenty(struct imb_account *acct, u64 n)
{
	struct imb_account *level;
	u64 limit;

	for (level = acct; level; level = imb_account_above(acct, level)) {
		limit = imb_account_limit(level, IMB_CHARGE_BYTES) / 2;
		if (n > limit ||
		    atomic64_read(&level->charged[IMB_CHARGE_BYTES]) >
			    limit - n)
			return false;
	}
	return true;
}
