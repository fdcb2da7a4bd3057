/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_ACCOUNT_H
#define _IMB_ACCOUNT_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/uidgid.h>
#include <linux/workqueue.h>

struct imb_stock;
struct user_namespace;

/**
 * DOC: Accounts
 *
 * Each user of each user namespace has an account, which is charged for what the user
 * makes the kernel hold, beside the memory cgroup, which every allocation is charged to
 * as well. What is charged to it is charged to the account of the user who made the
 * namespace, too, and so on up to the first namespace, as the kernel's own ucounts do: who
 * makes namespaces gets no more by it. The limits are the same for all accounts of users, and
 * for root too, so that they can be relied on.
 *
 * An instance of ipcmboxfs has an account, too, with limits of its own. What a user has in an
 * instance is charged to a third account, of this user in this instance, and with it to that
 * of the instance and to that of the user. So each has one account that he charges, and all that
 * there is to know of others is which are charged together with it: imb_account_above().
 *
 * The limits are module parameters, which /sys/module/ipcmbox/parameters shows and sets
 * at run time: one name for each, whether it is given to modprobe, on the kernel's command
 * line, or later; a sysctl would be a second.
 *
 * Bytes are memory of messages, their bookkeeping included. A mailbox draws them in
 * chunks into a purse of its own, under its own lock; and of what is charged and given back
 * with each call, each CPU keeps a little in stock. So on the common path CPUs share no
 * cache line, whether they use different mailboxes of a user or different users use one. But
 * once more than a part of a limit is in use (IMB_PLENTY), mailboxes put nothing aside any
 * more: then they share that line, and what is of use to nobody is never more than that part.
 * Sockets do the like with sk_forward_alloc. Who is short of something collects the stocks of
 * the account that is, before he fails.
 *
 * Users in other user namespaces than the first, and in instances with limits, have no
 * stocks: their CPUs share the lines of all that is charged together. As anybody makes
 * any number of these, what they had in stock could be all there is, and who is short would have
 * to go through all of them.
 *
 * Files are those in flight: sent, and neither received nor dropped yet. They are counted
 * for who sends them, whosever mailbox it is; instead of those of an answer, what the caller
 * has room for is counted for the caller. For the user himself, in all his namespaces, their
 * limit is RLIMIT_NOFILE of who sends or calls once more: else messages could keep any number
 * of files open, beyond it. Who may exceed resource limits is exempt, as with sockets of
 * AF_UNIX, and from the module's parameter, too, at his own account, where that of others counts
 * whose user namespaces are his. For those above the parameter is the limit in any case.
 */

/**
 * enum imb_charge - what an account counts
 * @IMB_CHARGE_MAILBOXES: mailboxes
 * @IMB_CHARGE_BYTES: bytes of messages; and of regions, of instances, which limit both together
 * @IMB_CHARGE_REGION_BYTES: bytes of regions
 * @IMB_CHARGE_WAITERS: calls that wait, cases of those that select, and eventfds that
 *	are told of events
 * @IMB_CHARGE_NAMES: names of mailboxes
 * @IMB_CHARGE_FILES: files in flight
 * @IMB_CHARGE_OWN_FILES: of these, those of the same user, of whatever namespace; only for users
 * @IMB_CHARGES: how many kinds there are
 */
enum imb_charge {
	IMB_CHARGE_MAILBOXES,
	IMB_CHARGE_BYTES,
	IMB_CHARGE_REGION_BYTES,
	IMB_CHARGE_WAITERS,
	IMB_CHARGE_NAMES,
	IMB_CHARGE_FILES,
	IMB_CHARGE_OWN_FILES,
	IMB_CHARGES,
};

/**
 * struct imb_account - what one user holds, perhaps in one instance, or an instance
 * @id: number, constant, as are the next ones
 * @ns: the user namespace, a reference; NULL of an account of an instance
 * @uid: the user, or who made the instance
 * @instance: account of the instance that it is about, a reference, or NULL
 * @parent: of a user in an instance, the account of the user; else that of who made the
 *	namespace, NULL of the first one and of instances; a reference
 * @stocks: what each CPU has in stock of what was charged
 * @own: limits of an instance
 * @refs: mailboxes, ports, files in flight and so on that charge it, calls that just look,
 *	and accounts below
 * @node: place among the accounts of users, under imb_accounts_lock, as is the next
 * @by_id: place among all accounts
 * @lock: protects what is about purses, but for reading of @need
 * @pinched: purses of mailboxes for which there was not enough here, by what they need
 * @need: the least that one of them needs, U64_MAX if there is none
 * @ease: tells them when there is
 * @charged: how much of each kind is in use or in stock
 */
struct imb_account {
	u64 id;
	struct user_namespace *ns;
	kuid_t uid;
	struct imb_account *instance;
	struct imb_account *parent;
	struct imb_stock __percpu *stocks;
	unsigned long own[IMB_CHARGES];
	refcount_t refs;
	struct rb_node node;
	struct rb_node by_id;
	spinlock_t lock; /* of @pinched */
	struct rb_root_cached pinched;
	u64 need;
	struct work_struct ease;
	atomic64_t charged[IMB_CHARGES] ____cacheline_aligned_in_smp;
};

struct imb_account *imb_account_get_current(struct imb_account *instance);
struct imb_account *imb_account_new_instance(void);
struct imb_account *imb_account_next(u64 id);
void imb_account_put(struct imb_account *acct);
struct imb_account *imb_account_above(const struct imb_account *acct,
				      const struct imb_account *level);
struct imb_account *imb_account_user(struct imb_account *acct);
struct imb_account *imb_account_common(struct imb_account *acct,
				       const struct imb_account *other);
bool imb_account_counts_for(const struct imb_account *acct,
			    const struct imb_account *other);

/**
 * struct imb_payer - the account of the calling user, as long as a call lasts
 * @acct: the account, or NULL if that was not needed yet
 * @owned: it is a reference; else it belongs to the file that was called on
 */
struct imb_payer {
	struct imb_account *acct;
	bool owned;
};

int imb_payer_get(struct imb_payer *payer, struct imb_account **cache,
		  struct imb_account *instance);
void imb_payer_put(struct imb_payer *payer);

/* limit.c */
enum imb_charge imb_account_kind(const struct imb_account *acct,
				 enum imb_charge what);
u64 imb_account_limit(const struct imb_account *acct, enum imb_charge what);
bool imb_account_has_plenty(struct imb_account *acct, u64 n);
void imb_account_set_limit(struct imb_account *acct, enum imb_charge what,
			   unsigned long limit);
u64 imb_account_most(const struct imb_account *acct);
bool imb_account_could_have(const struct imb_account *acct, u64 n);

/* charge.c */
struct imb_stock __percpu *imb_stocks_new(void);
void imb_stocks_collect(struct imb_account *acct, enum imb_charge what);
void imb_stocks_collect_all(enum imb_charge what);
u64 imb_account_used(const struct imb_account *acct, enum imb_charge what);
bool imb_account_try(struct imb_account *acct, enum imb_charge what, u64 n);
struct imb_account *imb_account_draw(struct imb_account *acct,
				     enum imb_charge what, u64 n);
struct imb_account *imb_account_share(struct imb_account *acct,
				      const struct imb_account *payer,
				      enum imb_charge what, u64 n);
void imb_account_unshare(struct imb_account *acct,
			 const struct imb_account *payer, enum imb_charge what,
			 u64 n);
void imb_account_return(struct imb_account *acct, enum imb_charge what, u64 n);
int imb_account_charge(struct imb_account *acct, enum imb_charge what, u64 n);
int imb_account_charge_files(struct imb_account *acct, u64 n);
void imb_account_uncharge_files(struct imb_account *acct, u64 n);
void imb_account_uncharge(struct imb_account *acct, enum imb_charge what,
			  u64 n);

/* purse.c */
/**
 * struct imb_purse - what one mailbox has drawn from its user's account
 * @acct: the account, constant
 * @get: take a reference to the mailbox, if it has one still; constant
 * @ease: there may be enough now; puts that reference, may sleep; constant
 * @drawn: bytes charged to the account
 * @used: of these, bytes in use
 * @met: whose limit was met last, kept by @acct
 * @pinched: there was not enough, and @ease is going to be called
 * @waits: it is for the first message in line
 * @short_of: where it is among the pinched ones
 * @need: how much was missing, under the lock of @short_of, as is the next
 * @node: place among the pinched ones, or empty
 *
 * Protected by the lock of the mailbox, where nothing else is said.
 */
struct imb_purse {
	struct imb_account *acct;
	bool (*get)(struct imb_purse *purse);
	void (*ease)(struct imb_purse *purse);
	u64 drawn;
	u64 used;
	struct imb_account *met;
	bool pinched;
	bool waits;
	struct imb_account *short_of;
	u64 need;
	struct rb_node node;
};

/**
 * enum imb_pinch - for whom there was not enough
 * @IMB_PINCH_FIRST: the first message in line, which waits on
 * @IMB_PINCH_BEHIND: somebody who gives up, while there is a line
 * @IMB_PINCH_ALONE: somebody who gives up, and there is none
 */
enum imb_pinch {
	IMB_PINCH_FIRST,
	IMB_PINCH_BEHIND,
	IMB_PINCH_ALONE,
};

int imb_purses_init(void);
void imb_purses_flush(void);
void imb_purses_exit(void);
void imb_account_init_purses(struct imb_account *acct);
void imb_account_ease(struct imb_account *acct);
void imb_account_ease_any(struct imb_account *acct);
void imb_purse_init(struct imb_purse *purse, struct imb_account *acct,
		    bool (*get)(struct imb_purse *purse),
		    void (*ease)(struct imb_purse *purse));

int imb_purse_take(struct imb_purse *purse, u64 n);
int imb_purse_take_over(struct imb_purse *purse, u64 n,
			const struct imb_account *payer, u64 paid);
void imb_purse_hand_back(struct imb_purse *purse, u64 n,
			 const struct imb_account *payer, u64 paid);
bool imb_purse_pinch(struct imb_purse *purse, u64 need, enum imb_pinch pinch);
bool imb_purse_forget_first(struct imb_purse *purse);
void imb_purse_pinch_if_short(struct imb_purse *purse, u64 need,
			      enum imb_pinch pinch);
void imb_purse_give(struct imb_purse *purse, u64 n);
void imb_purse_empty(struct imb_purse *purse);

#endif /* _IMB_ACCOUNT_H */
