/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_PORT_H
#define _IMB_PORT_H

#include <linux/types.h>


struct file;
struct imb_mbox;
struct imb_ucmd;

/**
 * DOC: Ports
 *
 * A port is one open file of a mailbox. It receives from @rx if it was opened
 * for reading and sends to @tx if it was opened for writing. The two are the
 * same mailbox, except for the ends of a duplex pair.
 */

/**
 * struct imb_port - an open file of a mailbox; constant
 * @rx: the mailbox that it receives from
 * @tx: the mailbox that it sends to
 * @admin: it may set and destroy
 */
struct imb_port {
	struct imb_mbox *rx;
	struct imb_mbox *tx;
	bool admin;
};

struct file *imb_port_open(struct imb_mbox *rx, struct imb_mbox *tx,
			   u32 open_flags, bool admin);
int imb_port_publish(struct imb_ucmd *ucmd, struct file **files, s32 *fds,
		     unsigned int count);
int imb_open_flags_check(u32 open_flags, u32 known);

#endif /* _IMB_PORT_H */
