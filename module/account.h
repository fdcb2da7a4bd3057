/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_ACCOUNT_H
#define _IMB_ACCOUNT_H

#include <linux/atomic.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/uidgid.h>

/**
 * DOC: Accounts
 *
 * Each user has one account, which all mailboxes created under that effective
 * uid charge. It limits what a user can make the kernel hold, beside the memory
 * cgroup, which every allocation is charged to as well. The limits are module
 * parameters and apply to root too, so that they can be relied on.
 *
 * An account counts mailboxes, bytes, files and names. Bytes are those of regions, and the
 * memory of stored and waiting messages, their bookkeeping included. A mailbox
 * draws message bytes in chunks into a purse of its own, under its own lock, so
 * that CPUs which use different mailboxes of a user don't share a cache line.
 * Sockets do the same with sk_forward_alloc.
 *
 * An instance of ipcmboxfs may have an account of its own, with limits of its own, that its
 * mailboxes charge beside that of the user.
 *
 * Files are those in flight: sent, and neither received nor dropped yet. They are counted
 * for who sends them, whosever mailbox it is; instead of those of an answer, what the caller
 * has room for is counted for the caller. Their limit is RLIMIT_NOFILE of who
 * sends or calls once more: else messages could keep any number of files open, beyond it. Who
 * may exceed resource limits is exempt, as with sockets of AF_UNIX.
 */

/**
 * enum imb_charge - what an account counts
 * @IMB_CHARGE_MAILBOXES: mailboxes
 * @IMB_CHARGE_BYTES: bytes of messages and regions
 * @IMB_CHARGE_FILES: files in flight
 * @IMB_CHARGE_NAMES: names of mailboxes, for who created them
 * @IMB_CHARGES: how many kinds there are
 */
enum imb_charge {
	IMB_CHARGE_MAILBOXES,
	IMB_CHARGE_BYTES,
	IMB_CHARGE_FILES,
	IMB_CHARGE_NAMES,
	IMB_CHARGES,
};

struct imb_account;

struct imb_account *imb_account_get_current(void);
struct imb_account *imb_account_new_limited(unsigned long mailboxes,
					    unsigned long bytes);
void imb_account_limit(struct imb_account *acct, enum imb_charge what,
		       unsigned long limit);
unsigned long imb_account_limit_of(const struct imb_account *acct,
				   enum imb_charge what);
void imb_account_put(struct imb_account *acct);
int imb_account_charge(struct imb_account *acct, enum imb_charge what, u64 n);
int imb_account_charge_files(struct imb_account *acct, u64 n);
void imb_account_uncharge(struct imb_account *acct, enum imb_charge what,
			  u64 n);
int imb_account_charge_both(struct imb_account *acct, struct imb_account *also,
			    enum imb_charge what, u64 n);
void imb_account_uncharge_both(struct imb_account *acct,
			       struct imb_account *also, enum imb_charge what,
			       u64 n);

/**
 * struct imb_purse - what one mailbox has drawn from its user's account
 * @acct: the account, constant
 * @also: the account of an instance, charged the same, or NULL; constant
 * @drawn: bytes charged to the account
 * @used: of these, bytes in use
 *
 * Protected by the lock of the mailbox.
 */
struct imb_purse {
	struct imb_account *acct;
	struct imb_account *also;
	u64 drawn;
	u64 used;
};

int imb_purse_take(struct imb_purse *purse, u64 n);
void imb_purse_give(struct imb_purse *purse, u64 n);
void imb_purse_empty(struct imb_purse *purse);

#endif /* _IMB_ACCOUNT_H */
