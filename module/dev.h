/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_DEV_H
#define _IMB_DEV_H

#include <linux/fs.h>

/* Of the control file of an instance. */
extern const struct file_operations imb_control_fops;

int imb_dev_init(void);
void imb_dev_exit(void);

#endif /* _IMB_DEV_H */
