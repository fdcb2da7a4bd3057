/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_PORT_H
#define _IMB_PORT_H

#include <linux/fs.h>
#include <linux/types.h>

#include "call.h"

struct dentry;
struct imb_account;
struct imb_inbox;
struct imb_mbox;
struct imb_payer;
struct imb_ucmd;
struct imb_watch;
struct path;

/**
 * DOC: Ports
 *
 * A port is one open file of a mailbox. It receives from @rx if it was opened
 * for reading and sends to @tx if it was opened for writing. The two are the
 * same mailbox, except for the ends of a duplex pair.
 */

/**
 * struct imb_port - an open file of a mailbox; constant, but for the last four
 * @rx: the mailbox that it receives from
 * @tx: the mailbox that it sends to
 * @admin: it may set and destroy
 * @inbox: the inbox that belongs to it, or NULL
 * @left: a bit for each table of descriptors from which the last of it was closed while
 *	threads may have been in a call; several may have one bit, which stays set
 * @watches: what it asks for, or NULL: of @rx and, if that is another, of @tx, each
 *	protected by the lock of that one's notifier
 * @holder: the calls that were taken by it
 * @acct: account of who called on it first, a reference, or NULL; set once
 */
struct imb_port {
	struct imb_mbox *rx;
	struct imb_mbox *tx;
	bool admin;
	struct imb_inbox *inbox;
	unsigned long left;
	struct imb_watch *watches[2];
	struct imb_holder holder;
	struct imb_account *acct;
};

extern const struct file_operations imb_port_fops;

bool imb_port_is(const struct file *file);
int imb_port_pay(struct imb_port *port, struct imb_payer *payer);
void imb_port_end_receive(struct file *file);
int imb_port_watch(struct imb_port *port, struct imb_watch **watches);

/* open.c */
struct file *imb_port_open(struct imb_mbox *rx, struct imb_mbox *tx,
			   u32 open_flags, bool admin);
int imb_port_open_name(struct inode *inode, struct file *file);
struct file *imb_port_open_at(const struct path *root, struct dentry *dentry,
			      u32 open_flags, bool admin);
void imb_port_own_inbox(struct file *file, struct imb_inbox *inbox);
int imb_port_reserve(struct imb_ucmd *ucmd, s32 *fd);
int imb_port_publish(struct imb_ucmd *ucmd, struct file **files, s32 *fds,
		     unsigned int count);
int imb_open_flags_check(u32 open_flags, u32 known);

#endif /* _IMB_PORT_H */
