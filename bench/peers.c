// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of peers.
 */
#include "bench.h"
#include "peer.h"

const struct peer peers[] = {
	{
		.name = "ipcmbox-call",
		.kind = OWN,
		.rpc = &ipcmbox_calls,
	},
	{
		.name = "ipcmbox",
		.kind = OWN,
		.channel = &ipcmbox_channel,
		.use = EVERYWHERE,
		.cast = &ipcmbox_cast,
		.priority = &ipcmbox_priority,
		.typed = &ipcmbox_typed,
	},
	{
		.name = "ipcmbox-select",
		.kind = OWN,
		.channel = &ipcmbox_select_channel,
		.use = ROUND_TRIPS,
	},
	{
		.name = "ipcmbox-ring",
		.kind = OWN,
		.channel = &ipcmbox_ring_channel,
		.use = ROUND_TRIPS | ONE_TO_ONE,
	},
	{
		.name = "ipcmbox-ring-mpsc",
		.kind = OWN,
		.channel = &ipcmbox_ring_mpsc_channel,
		.use = ONE_TO_ONE | MANY_TO_ONE,
	},
	{
		.name = "pipe",
		.kind = KERNEL,
		.channel = &pipe_channel,
		.use = EVERYWHERE,
	},
	{
		.name = "fifo",
		.kind = KERNEL,
		.channel = &fifo_channel,
		.use = NOT_MANY,
	},
	{
		.name = "unix-stream",
		.kind = KERNEL,
		.channel = &unix_stream_channel,
		.use = NOT_MANY,
	},
	{
		.name = "unix-dgram",
		.kind = KERNEL,
		.channel = &unix_dgram_channel,
		.use = EVERYWHERE,
	},
	{
		.name = "unix-seqpacket",
		.kind = KERNEL,
		.channel = &unix_seqpacket_channel,
		.use = NOT_MANY,
	},
	{
		.name = "posix-mq",
		.kind = KERNEL,
		.channel = &mq_channel,
		.use = EVERYWHERE,
		.priority = &mq_priority,
		.most_by_priority = 65536,
	},
	{
		.name = "sysv-msg",
		.kind = KERNEL,
		.channel = &sysv_channel,
		.use = EVERYWHERE,
		.typed = &sysv_typed,
	},
	{
		.name = "binder",
		.kind = KERNEL,
		.rpc = &binder_rpc,
		.lacks = binder_lacks,
	},
	{
		.name = "io_uring-pipe",
		.kind = KERNEL,
		.channel = &uring_channel,
		.use = NOT_MANY,
		.rpc = &uring_rpc,
		.lacks = uring_lacks,
	},
	{
		.name = "process_vm_readv",
		.kind = KERNEL,
		.shortest = 4096,
		.rpc = &vm_readv_rpc,
	},
	{
		.name = "eventfd+shm",
		.kind = SHARED,
		.channel = &eventfd_channel,
		.use = EVERYWHERE,
		.wakes_all = true,
	},
	{
		.name = "futex+shm",
		.kind = SHARED,
		.channel = &futex_channel,
		.use = EVERYWHERE,
		.cast = &futex_cast,
	},
	{
		.name = "futex+shm-in-place",
		.kind = IN_PLACE,
		.shortest = 4096,
		.channel = &futex_in_place_channel,
		.use = ROUND_TRIPS,
	},
	{
		.name = "bare-ring",
		.kind = REFERENCE,
		.channel = &bare_ring_channel,
		.use = ONE_TO_ONE,
	},
	{
		.name = "memcpy",
		.kind = REFERENCE,
		.shortest = 4096,
		.rpc = &memcpy_rpc,
	},
};

const unsigned int nr_peers = ARRAY_SIZE(peers);
