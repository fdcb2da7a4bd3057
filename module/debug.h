/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMB_DEBUG_H
#define _IMB_DEBUG_H

void imb_debug_init(void);
void imb_debug_exit(void);

#endif /* _IMB_DEBUG_H */
