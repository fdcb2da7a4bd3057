/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_ROSTER_H
#define _IMB_ROSTER_H

#include <linux/types.h>

struct imb_mbox;

/**
 * DOC: The roster
 *
 * All mailboxes, by number, for root to look at. No message passes here: the lock is taken when
 * a mailbox comes or goes, and by who looks, for one at a time.
 */

void imb_roster_add(struct imb_mbox *mbox);
void imb_roster_remove(struct imb_mbox *mbox);
struct imb_mbox *imb_roster_next(u64 id);

#endif /* _IMB_ROSTER_H */
