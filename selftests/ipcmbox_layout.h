/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The layout of the ABI, in numbers: what was once released never moves, and a
 * 32-bit program sees the same. Included to be compiled, for 64 and 32 bits.
 */
#ifndef IPCMBOX_LAYOUT_H
#define IPCMBOX_LAYOUT_H

#include <assert.h>
#include <stddef.h>
#include <linux/ipcmbox.h>

#define ASSERT_SIZE(type, size) \
	static_assert(sizeof(struct type) == (size), #type)
#define ASSERT_AT(type, member, offset) \
	static_assert(offsetof(struct type, member) == (offset), #type)

ASSERT_SIZE(ipcmbox_version, 24);
ASSERT_AT(ipcmbox_version, features, 16);
ASSERT_SIZE(ipcmbox_create, 80);
ASSERT_SIZE(ipcmbox_open, 24);
ASSERT_SIZE(ipcmbox_unlink, 16);
ASSERT_SIZE(ipcmbox_list, 40);
ASSERT_SIZE(ipcmbox_entry, 328);
ASSERT_AT(ipcmbox_entry, name, 72);
ASSERT_AT(ipcmbox_create, fd, 12);
ASSERT_AT(ipcmbox_create, capacity, 16);
ASSERT_AT(ipcmbox_create, region_size, 40);
ASSERT_AT(ipcmbox_create, policy, 52);
ASSERT_AT(ipcmbox_create, slow_mask, 56);
ASSERT_SIZE(ipcmbox_pair, 64);
ASSERT_AT(ipcmbox_pair, fds, 16);
ASSERT_AT(ipcmbox_pair, region_size, 48);
ASSERT_SIZE(ipcmbox_iovec, 16);
ASSERT_SIZE(ipcmbox_send, 88);
ASSERT_AT(ipcmbox_send, data, 8);
ASSERT_AT(ipcmbox_send, disposition, 40);
ASSERT_AT(ipcmbox_send, type, 48);
ASSERT_AT(ipcmbox_send, priority, 64);
ASSERT_SIZE(ipcmbox_recv, 136);
ASSERT_AT(ipcmbox_recv, msg_len, 40);
ASSERT_AT(ipcmbox_recv, msg_flags, 48);
ASSERT_AT(ipcmbox_recv, match, 56);
ASSERT_AT(ipcmbox_recv, match_value, 64);
ASSERT_AT(ipcmbox_recv, pid, 88);
ASSERT_SIZE(ipcmbox_info, 176);
ASSERT_AT(ipcmbox_info, attributes, 48);
ASSERT_AT(ipcmbox_info, receivers_waiting, 64);
ASSERT_AT(ipcmbox_info, dropped, 136);
ASSERT_AT(ipcmbox_info, policy, 148);
ASSERT_AT(ipcmbox_info, slow_mask, 160);
ASSERT_AT(ipcmbox_info, owner_uid, 168);
ASSERT_SIZE(ipcmbox_call, 136);
ASSERT_SIZE(ipcmbox_reply, 64);
ASSERT_SIZE(ipcmbox_reply_recv, 32);
ASSERT_SIZE(ipcmbox_cancel, 24);
ASSERT_SIZE(ipcmbox_batch, 40);
ASSERT_SIZE(ipcmbox_select, 40);
ASSERT_AT(ipcmbox_select, deadline, 24);
ASSERT_SIZE(ipcmbox_inbox, 56);
ASSERT_SIZE(ipcmbox_open_pid, 24);
ASSERT_SIZE(ipcmbox_notify, 16);
ASSERT_SIZE(ipcmbox_subscribe, 40);
ASSERT_SIZE(ipcmbox_case, 24);
ASSERT_AT(ipcmbox_case, flags, 16);
ASSERT_SIZE(ipcmbox_set, 32);
ASSERT_SIZE(ipcmbox_drain, 24);
ASSERT_SIZE(ipcmbox_destroy, 8);
ASSERT_SIZE(ipcmbox_reopen, 16);

#endif /* IPCMBOX_LAYOUT_H */
