// SPDX-License-Identifier: GPL-2.0-only
/*
 * What root can see of all mailboxes and accounts: the files of ipcmbox in debugfs, with a line
 * for each. A line is made of one instant; between two of them, others come and go. Each
 * step looks for what comes after the last one by its number, so it costs the
 * same wherever it is.
 */
#include <linux/debugfs.h>
#include <linux/ipcmbox.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>

#include "account.h"
#include "debug.h"
#include "mbox.h"
#include "roster.h"

/**
 * struct imb_cursor - what was shown last
 * @id: number of a mailbox, or of an account
 */
struct imb_cursor {
	u64 id;
};

/* An account of an instance has no user; who pays in an instance has both. */
static void imb_debug_show_account(struct seq_file *m,
				   const struct imb_account *acct)
{
	const struct imb_account *instance = acct->ns ? acct->instance : acct;

	if (acct->ns)
		seq_printf(m, "uid=%u userns=%u", __kuid_val(acct->uid),
			   acct->ns->ns.inum);
	if (acct->ns && instance)
		seq_putc(m, ' ');
	if (instance)
		seq_printf(m, "instance=%llu", instance->id);
}

static void *imb_mailboxes_start(struct seq_file *m, loff_t *pos)
{
	struct imb_cursor *cursor = m->private;

	if (!*pos)
		cursor->id = 0;
	return imb_roster_next(cursor->id);
}

static void *imb_mailboxes_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct imb_cursor *cursor = m->private;
	struct imb_mbox *mbox = v;

	++*pos;
	cursor->id = mbox->id;
	imb_mbox_put(mbox);
	return imb_roster_next(cursor->id);
}

static void imb_mailboxes_stop(struct seq_file *m, void *v)
{
	if (v)
		imb_mbox_put(v);
}

static int imb_mailboxes_show(struct seq_file *m, void *v)
{
	struct ipcmbox_info info = {};
	struct imb_mbox *mbox = v;
	u64 charged;

	imb_mbox_info(mbox, &info);
	spin_lock(&mbox->lock);
	charged = mbox->purse.used;
	spin_unlock(&mbox->lock);
	seq_printf(m, "mailbox=%llu ", info.mailbox);
	imb_debug_show_account(m, mbox->purse.acct);
	seq_printf(m, " capacity=%lld max-bytes=%llu max-message=%llu",
		   (s64)info.capacity, info.max_bytes, info.max_message);
	seq_printf(m, " attributes=%#x state=%#x order=%u policy=%u",
		   info.attributes, info.state, info.order, info.policy);
	seq_printf(m, " receivers=%u senders=%u", info.receivers, info.senders);
	seq_printf(m, " receivers-waiting=%llu senders-waiting=%llu",
		   info.receivers_waiting, info.senders_waiting);
	seq_printf(m, " queued=%llu queued-bytes=%llu in-transfer=%llu",
		   info.queued, info.queued_bytes, info.in_transfer);
	seq_printf(m, " calls=%llu sent=%llu received=%llu withdrawn=%llu",
		   info.calls, info.sent, info.received, info.withdrawn);
	seq_printf(m, " expired=%llu dropped=%llu charged=%llu region=%llu\n",
		   info.expired, info.dropped, charged, info.region_size);
	return 0;
}

static const struct seq_operations imb_mailboxes_ops = {
	.start = imb_mailboxes_start,
	.next = imb_mailboxes_next,
	.stop = imb_mailboxes_stop,
	.show = imb_mailboxes_show,
};

static void *imb_accounts_start(struct seq_file *m, loff_t *pos)
{
	struct imb_cursor *cursor = m->private;

	if (!*pos)
		cursor->id = 0;
	return imb_account_next(cursor->id);
}

static void *imb_accounts_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct imb_cursor *cursor = m->private;
	struct imb_account *acct = v;

	++*pos;
	cursor->id = acct->id;
	imb_account_put(acct);
	return imb_account_next(cursor->id);
}

static void imb_accounts_stop(struct seq_file *m, void *v)
{
	imb_account_put(v);
}

static int imb_accounts_show(struct seq_file *m, void *v)
{
	static const char *const kinds[IMB_CHARGES] = {
		[IMB_CHARGE_MAILBOXES] = "mailboxes",
		[IMB_CHARGE_BYTES] = "bytes",
		[IMB_CHARGE_REGION_BYTES] = "region-bytes",
		[IMB_CHARGE_WAITERS] = "waiters",
		[IMB_CHARGE_NAMES] = "names",
		[IMB_CHARGE_FILES] = "files",
		[IMB_CHARGE_OWN_FILES] = "own-files",
	};
	const struct imb_account *acct = v;
	int i;

	imb_debug_show_account(m, acct);
	for (i = 0; i < IMB_CHARGES; i++)
		seq_printf(m, " %s=%llu", kinds[i], imb_account_used(acct, i));
	seq_putc(m, '\n');
	return 0;
}

static const struct seq_operations imb_accounts_ops = {
	.start = imb_accounts_start,
	.next = imb_accounts_next,
	.stop = imb_accounts_stop,
	.show = imb_accounts_show,
};

static int imb_mailboxes_open(struct inode *inode, struct file *file)
{
	return seq_open_private(file, &imb_mailboxes_ops,
				sizeof(struct imb_cursor));
}

static int imb_accounts_open(struct inode *inode, struct file *file)
{
	return seq_open_private(file, &imb_accounts_ops,
				sizeof(struct imb_cursor));
}

static const struct file_operations imb_mailboxes_fops = {
	.owner = THIS_MODULE,
	.open = imb_mailboxes_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = seq_release_private,
};

static const struct file_operations imb_accounts_fops = {
	.owner = THIS_MODULE,
	.open = imb_accounts_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = seq_release_private,
};

static struct dentry *imb_debug;

/**
 * imb_debug_init() - make the files
 *
 * If that fails they are not there, and everything else is.
 */
void imb_debug_init(void)
{
	imb_debug = debugfs_create_dir("ipcmbox", NULL);
	debugfs_create_file("mailboxes", 0400, imb_debug, NULL,
			    &imb_mailboxes_fops);
	debugfs_create_file("accounts", 0400, imb_debug, NULL,
			    &imb_accounts_fops);
}

/**
 * imb_debug_exit() - remove them
 */
void imb_debug_exit(void)
{
	debugfs_remove(imb_debug);
}
