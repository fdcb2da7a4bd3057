/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints, /sys/kernel/tracing/events/ipcmbox/. They show numbers that INFO
 * and SEND report to user space as well; never an address or a payload.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ipcmbox

#if !defined(_IMB_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _IMB_TRACE_H

#include <linux/tracepoint.h>

TRACE_EVENT(ipcmbox_create,
	TP_PROTO(u64 mailbox, u64 capacity),
	TP_ARGS(mailbox, capacity),
	TP_STRUCT__entry(
		__field(u64, mailbox)
		__field(u64, capacity)
	),
	TP_fast_assign(
		__entry->mailbox = mailbox;
		__entry->capacity = capacity;
	),
	TP_printk("mailbox=%llu capacity=%lld", __entry->mailbox,
		  (s64)__entry->capacity)
);

DECLARE_EVENT_CLASS(ipcmbox_mailbox,
	TP_PROTO(u64 mailbox),
	TP_ARGS(mailbox),
	TP_STRUCT__entry(
		__field(u64, mailbox)
	),
	TP_fast_assign(
		__entry->mailbox = mailbox;
	),
	TP_printk("mailbox=%llu", __entry->mailbox)
);

/* The mailbox ended, by DESTROY or with its last port. */
DEFINE_EVENT(ipcmbox_mailbox, ipcmbox_destroy,
	TP_PROTO(u64 mailbox),
	TP_ARGS(mailbox));

DECLARE_EVENT_CLASS(ipcmbox_message,
	TP_PROTO(u64 mailbox, u64 id, size_t len),
	TP_ARGS(mailbox, id, len),
	TP_STRUCT__entry(
		__field(u64, mailbox)
		__field(u64, id)
		__field(size_t, len)
	),
	TP_fast_assign(
		__entry->mailbox = mailbox;
		__entry->id = id;
		__entry->len = len;
	),
	TP_printk("mailbox=%llu id=%llu len=%zu", __entry->mailbox,
		  __entry->id, __entry->len)
);

/* A message got its place in the mailbox. */
DEFINE_EVENT(ipcmbox_message, ipcmbox_send,
	TP_PROTO(u64 mailbox, u64 id, size_t len),
	TP_ARGS(mailbox, id, len));

/* A receiver has the message. */
DEFINE_EVENT(ipcmbox_message, ipcmbox_receive,
	TP_PROTO(u64 mailbox, u64 id, size_t len),
	TP_ARGS(mailbox, id, len));

/* The message was that of a call, whose caller starts to wait for the answer. */
DEFINE_EVENT(ipcmbox_message, ipcmbox_call,
	TP_PROTO(u64 mailbox, u64 id, size_t len),
	TP_ARGS(mailbox, id, len));

/* A call was answered, by a reply of len bytes. */
DEFINE_EVENT(ipcmbox_message, ipcmbox_reply,
	TP_PROTO(u64 mailbox, u64 id, size_t len),
	TP_ARGS(mailbox, id, len));

/* A message of the calling task got no place: no room, a limit, or no receiver is left. */
TRACE_EVENT(ipcmbox_refuse,
	TP_PROTO(u64 mailbox, int error),
	TP_ARGS(mailbox, error),
	TP_STRUCT__entry(
		__field(u64, mailbox)
		__field(int, error)
	),
	TP_fast_assign(
		__entry->mailbox = mailbox;
		__entry->error = error;
	),
	TP_printk("mailbox=%llu error=%d", __entry->mailbox, __entry->error)
);

DECLARE_EVENT_CLASS(ipcmbox_waiter,
	TP_PROTO(u64 mailbox, u64 id, int error),
	TP_ARGS(mailbox, id, error),
	TP_STRUCT__entry(
		__field(u64, mailbox)
		__field(u64, id)
		__field(int, error)
	),
	TP_fast_assign(
		__entry->mailbox = mailbox;
		__entry->id = id;
		__entry->error = error;
	),
	TP_printk("mailbox=%llu id=%llu error=%d", __entry->mailbox,
		  __entry->id, __entry->error)
);

/* The calling task starts to wait: a sender for message id, a receiver has 0. */
DEFINE_EVENT(ipcmbox_waiter, ipcmbox_park,
	TP_PROTO(u64 mailbox, u64 id, int error),
	TP_ARGS(mailbox, id, error));

/* It gave up, because of a signal or the deadline, and took its message back. */
DEFINE_EVENT(ipcmbox_waiter, ipcmbox_cancel,
	TP_PROTO(u64 mailbox, u64 id, int error),
	TP_ARGS(mailbox, id, error));

/* Somebody finished the wait of task pid. */
TRACE_EVENT(ipcmbox_wake,
	TP_PROTO(pid_t pid),
	TP_ARGS(pid),
	TP_STRUCT__entry(
		__field(pid_t, pid)
	),
	TP_fast_assign(
		__entry->pid = pid;
	),
	TP_printk("pid=%d", __entry->pid)
);

/* Somebody subscribed to a mailbox that broadcasts: what is sent there goes to a new one. */
TRACE_EVENT(ipcmbox_subscribe,
	TP_PROTO(u64 mailbox, u64 subscription),
	TP_ARGS(mailbox, subscription),
	TP_STRUCT__entry(
		__field(u64, mailbox)
		__field(u64, subscription)
	),
	TP_fast_assign(
		__entry->mailbox = mailbox;
		__entry->subscription = subscription;
	),
	TP_printk("mailbox=%llu subscription=%llu", __entry->mailbox,
		  __entry->subscription)
);

/* A selection among so many cases is over: which was done, or failed, in which mailbox. */
TRACE_EVENT(ipcmbox_select,
	TP_PROTO(u64 mailbox, u32 cases, int index, int error),
	TP_ARGS(mailbox, cases, index, error),
	TP_STRUCT__entry(
		__field(u64, mailbox)
		__field(u32, cases)
		__field(int, index)
		__field(int, error)
	),
	TP_fast_assign(
		__entry->mailbox = mailbox;
		__entry->cases = cases;
		__entry->index = index;
		__entry->error = error;
	),
	TP_printk("mailbox=%llu cases=%u index=%d error=%d", __entry->mailbox,
		  __entry->cases, __entry->index, __entry->error)
);

/*
 * A quota is used up: what (enum imb_charge) of user uid, who may be the one who made the
 * caller's user namespace; or of an instance, whose account has that number, and which uid made.
 */
TRACE_EVENT(ipcmbox_limit,
	TP_PROTO(u32 kind, uid_t uid, u64 instance, u64 used, u64 limit),
	TP_ARGS(kind, uid, instance, used, limit),
	TP_STRUCT__entry(
		__field(u32, kind)
		__field(uid_t, uid)
		__field(u64, instance)
		__field(u64, used)
		__field(u64, limit)
	),
	TP_fast_assign(
		__entry->kind = kind;
		__entry->uid = uid;
		__entry->instance = instance;
		__entry->used = used;
		__entry->limit = limit;
	),
	TP_printk("kind=%s uid=%u instance=%llu used=%llu limit=%llu",
		  __print_symbolic(__entry->kind,
				   { 0, "mailboxes" },
				   { 1, "bytes" },
				   { 2, "region-bytes" },
				   { 3, "waiters" },
				   { 4, "names" },
				   { 5, "files" },
				   { 6, "own-files" }),
		  __entry->uid, __entry->instance, __entry->used,
		  __entry->limit)
);

#endif /* _IMB_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
