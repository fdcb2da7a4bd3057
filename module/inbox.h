/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_INBOX_H
#define _IMB_INBOX_H

#include <linux/types.h>

struct imb_inbox;
struct imb_instance;
struct imb_mbox;

/**
 * DOC: Inboxes
 *
 * A process can have one mailbox to which others send by its number rather than by a
 * descriptor that they were given. It belongs to the port by which it was claimed, and
 * ends with it or with the process. Processes are told apart by their struct pid, of
 * which the inbox holds a reference: a number that is used again leads elsewhere.
 */

struct imb_inbox *imb_inbox_claim(struct imb_mbox *mbox, u32 access, u32 gid);
bool imb_inbox_end(struct imb_inbox *inbox);
void imb_inbox_free(struct imb_inbox *inbox);
bool imb_inbox_is_of(const struct imb_inbox *inbox, const void *files);
struct imb_mbox *imb_inbox_find(s32 pid, const struct imb_instance *instance);

#endif /* _IMB_INBOX_H */
