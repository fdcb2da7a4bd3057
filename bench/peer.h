/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The operations of the peers, each described in the file that has it.
 */
#ifndef PEER_H
#define PEER_H

#include "bench.h"

extern const struct channel_ops ipcmbox_channel, ipcmbox_select_channel;
extern const struct rpc_ops ipcmbox_calls;
extern const struct cast_ops ipcmbox_cast;
extern const struct store_ops ipcmbox_priority, ipcmbox_typed;

extern const struct channel_ops ipcmbox_ring_channel, ipcmbox_ring_mpsc_channel;
extern const struct channel_ops bare_ring_channel;

extern const struct channel_ops pipe_channel, fifo_channel;
extern const struct channel_ops unix_stream_channel, unix_dgram_channel;
extern const struct channel_ops unix_seqpacket_channel;

extern const struct channel_ops mq_channel;
extern const struct store_ops mq_priority;

extern const struct channel_ops sysv_channel;
extern const struct store_ops sysv_typed;

extern const struct channel_ops futex_channel, eventfd_channel;
extern const struct channel_ops futex_in_place_channel;
extern const struct cast_ops futex_cast;

extern const struct rpc_ops binder_rpc;
const char *binder_lacks(void);

extern const struct channel_ops uring_channel;
extern const struct rpc_ops uring_rpc;
const char *uring_lacks(void);

extern const struct rpc_ops vm_readv_rpc;

extern const struct rpc_ops memcpy_rpc;

#endif /* PEER_H */
