// SPDX-License-Identifier: GPL-2.0-only
/*
 * ipcmbox - mailboxes between local processes
 *
 * Init and exit of the module. The overview is in ipcmbox.h, the ABI in
 * uapi/linux/ipcmbox.h.
 */
#include <linux/module.h>

#include "account.h"
#include "debug.h"
#include "dev.h"
#include "fs.h"
#include "msg.h"
#include "name.h"
#include "owner.h"
#include "port.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

static void imb_end(struct imb_mbox *mbox)
{
	imb_name_end(mbox);
}

static int __init imb_init(void)
{
	int ret;

	ret = imb_msg_init();
	if (ret)
		return ret;
	ret = imb_purses_init();
	if (ret)
		goto err_msg;
	ret = imb_owner_init(imb_end);
	if (ret)
		goto err_purses;
	imb_name_set_fops(&imb_port_fops, &imb_control_fops);
	ret = imb_fs_init();
	if (ret)
		goto err_owner;
	ret = imb_dev_init();
	if (ret)
		goto err_fs;
	imb_debug_init();
	return 0;

err_fs:
	imb_fs_exit();
err_owner:
	imb_owner_exit();
err_purses:
	imb_purses_exit();
err_msg:
	imb_msg_exit();
	return ret;
}

static void __exit imb_exit(void)
{
	imb_debug_exit();
	imb_dev_exit();
	/* Who tells mailboxes of quota may have the last reference of one that has an owner. */
	imb_purses_flush();
	/* It may still be about to free what ended last. */
	imb_owner_exit();
	imb_fs_exit();
	/* Who tells mailboxes of quota may have messages of theirs to put. */
	imb_purses_exit();
	imb_msg_exit();
}

module_init(imb_init);
module_exit(imb_exit);

MODULE_DESCRIPTION("Mailboxes between local processes");
MODULE_AUTHOR("The ipcmbox developers");
MODULE_LICENSE("GPL");
