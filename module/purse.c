// SPDX-License-Identifier: GPL-2.0-only
/*
 * Purses: what a mailbox has drawn from its owner's account. See account.h.
 */
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/math.h>

#include "account.h"
#include "ipcmbox.h"

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
		if (!imb_account_try(purse->acct, IMB_CHARGE_BYTES, chunk)) {
			chunk = missing;
			if (imb_account_draw(purse->acct, IMB_CHARGE_BYTES,
					     chunk))
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
		imb_account_return(purse->acct, IMB_CHARGE_BYTES, spare);
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
	imb_account_return(purse->acct, IMB_CHARGE_BYTES, purse->drawn);
	purse->drawn = 0;
}
