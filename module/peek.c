// SPDX-License-Identifier: GPL-2.0-only
/*
 * Peeking: a look at the message that would be received next. See xfer.h.
 */
#include "account.h"
#include "msg.h"
#include "xfer.h"

/**
 * imb_xfer_peek() - copy the first message and leave it
 * @mbox: the mailbox
 * @rx: how, and what is to be known of the message; it never waits
 *
 * The caller pays for the message meanwhile: it may be received and be over for all others.
 *
 * Return: as imb_xfer_receive(); -EAGAIN where there is no message; -EDQUOT.
 */
int imb_xfer_peek(struct imb_mbox *mbox, struct imb_reception *rx)
{
	struct imb_account *acct = rx->patience.acct;
	struct imb_after after;
	struct imb_msg *msg;
	u64 cost = 0;
	int ret;

	imb_after_init(&after);
	do {
		spin_lock(&mbox->lock);
		ret = imb_xfer_choose_locked(mbox, rx, &after, &msg);
		if (!ret) {
			cost = imb_msg_truesize(msg);
			ret = imb_account_charge(acct, IMB_CHARGE_BYTES, cost);
		}
		if (!ret) {
			rx->lag = msg->notice_of ? 0 : msg->lag + mbox->overrun;
			imb_msg_get(msg);
		}
		imb_mbox_settle(mbox, &after);
	} while (imb_xfer_begins_anew(&ret));
	if (ret)
		return ret;
	ret = imb_xfer_export(rx, msg);
	imb_xfer_end_fds(rx, msg, ret);
	imb_msg_put(msg);
	imb_account_uncharge(acct, IMB_CHARGE_BYTES, cost);
	return ret;
}
