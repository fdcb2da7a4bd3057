/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_DEV_H
#define _IMB_DEV_H

int imb_dev_init(void);
void imb_dev_exit(void);

#endif /* _IMB_DEV_H */
