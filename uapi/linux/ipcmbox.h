/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * ipcmbox - mailboxes between local processes
 *
 * This header is the whole text of the ABI of /dev/ipcmbox. The meaning of
 * each operation in every state is in Documentation/ipcmbox.rst.
 */
#ifndef _UAPI_LINUX_IPCMBOX_H
#define _UAPI_LINUX_IPCMBOX_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * DOC: Objects
 *
 * A *mailbox* is an object in the kernel that carries messages from senders to
 * receivers. It hangs on file descriptors: each open file of a mailbox is a
 * *port* with rights of its own. O_RDONLY receives, O_WRONLY sends, O_RDWR
 * does both; the admin right sets and destroys. The rights belong to the open
 * file, so a descriptor that was inherited, duplicated or passed over a socket
 * has the same ones. A mailbox ends with its last port.
 *
 * Descriptors that these ioctls return are always close-on-exec; fcntl(2)
 * with F_SETFD clears that.
 *
 * A *process* is a group of threads, as getpid(2) numbers them. But where it matters
 * whether it still has a port open, to answer calls or to keep its inbox, all tasks that
 * share a table of descriptors (CLONE_FILES) count as one, even when the one that took the
 * call has ended; and a thread that has a table of its own (unshare(2)) counts by itself.
 */

/**
 * DOC: Instances
 *
 * What is said of /dev/ipcmbox is true of the file "control" in each ipcmboxfs that was
 * mounted with -o newinstance as well. It acts in a world of its own: names and inboxes are
 * known there only, mailboxes are limited by the options max= (how many) and bytes= (of
 * their messages and regions), and are destroyed when it ends, by umount(2): EIDRM.
 */

/**
 * DOC: Form of every ioctl
 *
 * The argument of each ioctl points to a struct whose first member, @size, is
 * the size of that struct as the caller knows it. A kernel that knows a longer
 * struct takes the missing tail as zero; one that knows a shorter struct
 * demands that the tail it does not know is zero. Members named __reserved
 * must be zero. Members marked "out" are ignored on input.
 *
 * The struct is read once, on entry. Its layout is the same for 32-bit and
 * 64-bit programs; a pointer travels as a __u64.
 *
 * These errors have the same meaning in each ioctl, and each leaves everything
 * as it was, but for what the ioctl returns in members and buffers, and unless
 * it says otherwise (CALL, REPLY_RECV):
 *
 *  - ENOTTY: this kind of file does not know the ioctl.
 *  - E2BIG: the struct is longer than this kernel knows, and its tail is not 0;
 *    or it is longer than IPCMBOX_ARG_MAX.
 *  - EINVAL: the struct is too short, or a member has an impossible value.
 *  - EOPNOTSUPP: @flags has a bit that this kernel does not know.
 *  - EFAULT: the struct, or memory that it names, cannot be read or written.
 *  - EBADF: the descriptor lacks the right that the operation needs.
 *  - ENOMEM: the kernel, or the memory cgroup of the caller, has no memory.
 *
 * Operations on a mailbox add:
 *
 *  - EIDRM: the mailbox was destroyed, before the call or while it waited.
 *
 * Operations that can wait add:
 *
 *  - EAGAIN: it would have to wait, and IPCMBOX_DONTWAIT, O_NONBLOCK or
 *    RWF_NOWAIT is set.
 *  - ETIMEDOUT: the deadline passed first.
 *  - EINTR: a signal came first. Under SA_RESTART the kernel restarts the call
 *    by itself; the deadline is absolute and stays what it was.
 *
 * An operation that the other side has completed returns success, also if a
 * signal came or the deadline passed at the same time.
 */

/**
 * DOC: read(2) and write(2)
 *
 * They move one message each, as SEND and RECV without flags do, with the same
 * errors; and as on a pipe, write(2) raises SIGPIPE beside EPIPE, and read(2)
 * returns 0 at the end of file. It also returns 0 for an empty message, which only
 * SEND can send: where those are used, receive by RECV. A count of 0 does nothing. The
 * user and group of what write(2) sends are those who opened the port.
 */

#define IPCMBOX_IOC_MAGIC	0xB9

/* ioctls of /dev/ipcmbox */
#define IPCMBOX_IOC_VERSION	_IO(IPCMBOX_IOC_MAGIC, 0x00)
#define IPCMBOX_IOC_CREATE	_IO(IPCMBOX_IOC_MAGIC, 0x01)
#define IPCMBOX_IOC_PAIR	_IO(IPCMBOX_IOC_MAGIC, 0x02)
#define IPCMBOX_IOC_SELECT	_IO(IPCMBOX_IOC_MAGIC, 0x03)
#define IPCMBOX_IOC_INBOX	_IO(IPCMBOX_IOC_MAGIC, 0x04)
#define IPCMBOX_IOC_OPEN_PID	_IO(IPCMBOX_IOC_MAGIC, 0x05)
#define IPCMBOX_IOC_OPEN	_IO(IPCMBOX_IOC_MAGIC, 0x06)
#define IPCMBOX_IOC_UNLINK	_IO(IPCMBOX_IOC_MAGIC, 0x07)
#define IPCMBOX_IOC_LIST	_IO(IPCMBOX_IOC_MAGIC, 0x08)

/* ioctls of a mailbox */
#define IPCMBOX_IOC_SEND	_IO(IPCMBOX_IOC_MAGIC, 0x20)
#define IPCMBOX_IOC_RECV	_IO(IPCMBOX_IOC_MAGIC, 0x21)
#define IPCMBOX_IOC_PEEK	_IO(IPCMBOX_IOC_MAGIC, 0x22)
#define IPCMBOX_IOC_INFO	_IO(IPCMBOX_IOC_MAGIC, 0x23)
#define IPCMBOX_IOC_SET		_IO(IPCMBOX_IOC_MAGIC, 0x24)
#define IPCMBOX_IOC_DRAIN	_IO(IPCMBOX_IOC_MAGIC, 0x25)
#define IPCMBOX_IOC_DESTROY	_IO(IPCMBOX_IOC_MAGIC, 0x26)
#define IPCMBOX_IOC_REOPEN	_IO(IPCMBOX_IOC_MAGIC, 0x27)
#define IPCMBOX_IOC_CALL	_IO(IPCMBOX_IOC_MAGIC, 0x28)
#define IPCMBOX_IOC_REPLY	_IO(IPCMBOX_IOC_MAGIC, 0x29)
#define IPCMBOX_IOC_REPLY_RECV	_IO(IPCMBOX_IOC_MAGIC, 0x2a)
#define IPCMBOX_IOC_CANCEL	_IO(IPCMBOX_IOC_MAGIC, 0x2b)
#define IPCMBOX_IOC_SENDV	_IO(IPCMBOX_IOC_MAGIC, 0x2c)
#define IPCMBOX_IOC_RECVV	_IO(IPCMBOX_IOC_MAGIC, 0x2d)
#define IPCMBOX_IOC_NOTIFY	_IO(IPCMBOX_IOC_MAGIC, 0x2e)
#define IPCMBOX_IOC_SUBSCRIBE	_IO(IPCMBOX_IOC_MAGIC, 0x2f)

/* The version of the ABI that this header describes; only ever extended. */
#define IPCMBOX_ABI_VERSION	1

/* struct ipcmbox_version.features */
#define IPCMBOX_FEATURE_MAILBOX	(1ULL << 0) /* CREATE and the mailbox's ioctls */
#define IPCMBOX_FEATURE_PAIR	(1ULL << 1) /* PAIR, one-way and duplex */
#define IPCMBOX_FEATURE_REGION	(1ULL << 2) /* region_size and mmap(2) */
#define IPCMBOX_FEATURE_ORDER	(1ULL << 3) /* order, policy, and receivers choose */
#define IPCMBOX_FEATURE_CALL	(1ULL << 4) /* CALL, REPLY and REPLY_RECV */
#define IPCMBOX_FEATURE_SELECT	(1ULL << 5) /* SELECT */
#define IPCMBOX_FEATURE_FDS	(1ULL << 6) /* messages carry descriptors */
#define IPCMBOX_FEATURE_CANCEL	(1ULL << 7) /* CANCEL, and notices of it */
#define IPCMBOX_FEATURE_BATCH	(1ULL << 8) /* SENDV and RECVV */
#define IPCMBOX_FEATURE_NOTIFY	(1ULL << 9) /* NOTIFY, and O_ASYNC */
#define IPCMBOX_FEATURE_BROADCAST (1ULL << 10) /* IPCMBOX_BROADCAST and SUBSCRIBE */
#define IPCMBOX_FEATURE_INBOX	(1ULL << 11) /* INBOX and OPEN_PID */
#define IPCMBOX_FEATURE_NAME	(1ULL << 12) /* names: CREATE, OPEN, UNLINK, LIST, ipcmboxfs */
#define IPCMBOX_FEATURE_INSTANCE (1ULL << 13) /* ipcmboxfs -o newinstance */
#define IPCMBOX_FEATURE_OWNED	(1ULL << 14) /* IPCMBOX_OWNED */
#define IPCMBOX_FEATURE_SHARE	(1ULL << 15) /* IPCMBOX_FAIR_SHARE */

/* Values of capacity, a number of messages. */
#define IPCMBOX_RENDEZVOUS	0ULL	/* nothing is stored: both sides meet */
#define IPCMBOX_UNBOUNDED	(~0ULL)	/* a sender never waits for room */

/* Limits and defaults, in bytes unless they say otherwise. */
#define IPCMBOX_CAPACITY_MAX	0x7fffffffULL	/* messages, of a bounded mailbox */
#define IPCMBOX_MESSAGE_MAX	(64ULL << 20)	/* largest max_message */
#define IPCMBOX_MESSAGE_DEFAULT	(1ULL << 20)	/* max_message where 0 is given */
#define IPCMBOX_BYTES_MAX	(1ULL << 40)	/* largest max_bytes; quotas are lower */
#define IPCMBOX_BYTES_DEFAULT	(64ULL << 20)	/* max_bytes of an unbounded one */
#define IPCMBOX_REGION_MAX	(1ULL << 40)	/* largest region_size, likewise */
#define IPCMBOX_IOV_MAX		1024		/* elements of a vector */
#define IPCMBOX_FDS_MAX		64		/* descriptors of a message */
#define IPCMBOX_BATCH_MAX	1024		/* messages of SENDV and RECVV */
#define IPCMBOX_SUBSCRIBERS_MAX	256		/* subscriptions of a mailbox */
#define IPCMBOX_WATCHES_MAX	1024		/* ports of a kind with a NOTIFY, of a mailbox */
#define IPCMBOX_SELECT_MAX	64		/* cases of a SELECT */
#define IPCMBOX_PRIORITY_MAX	32767		/* highest priority, as POSIX has it */
#define IPCMBOX_ARG_MAX		4096		/* the argument of an ioctl */
#define IPCMBOX_NAME_MAX	255		/* a name, without its final 0 */
#define IPCMBOX_LIST_MAX	1024		/* entries of LIST */

/**
 * struct ipcmbox_version - ioctl(IPCMBOX_IOC_VERSION)
 * @size: sizeof(struct ipcmbox_version)
 * @flags: must be 0
 * @version: out, IPCMBOX_ABI_VERSION of the module
 * @__reserved: must be 0
 * @features: out, what this module can do, IPCMBOX_FEATURE_*
 *
 * On /dev/ipcmbox. Never waits.
 */
struct ipcmbox_version {
	__u32 size;
	__u32 flags;
	__u32 version;
	__u32 __reserved;
	__u64 features;
};

/*
 * Attributes of a mailbox: flags of CREATE and PAIR, and what INFO reports.
 *
 * By default a mailbox hangs up, as a pipe does: when the last port that can
 * receive is gone, senders get EPIPE; when the last port that can send is gone
 * and all messages are received, receivers get the end of file. Before the
 * first peer came, the other side waits. With IPCMBOX_NO_HANGUP both sides
 * always wait for a peer to come.
 */
#define IPCMBOX_NO_HANGUP	(1U << 0)

/* The port may SET and DESTROY. A flag of REOPEN; reported by INFO. */
#define IPCMBOX_ADMIN		(1U << 1)

/* A flag of PAIR: two mailboxes, one for each direction. */
#define IPCMBOX_DUPLEX		(1U << 2)

/*
 * An attribute: receivers may choose by type or by sender (enum ipcmbox_match).
 * Each message then costs time that grows with the logarithm of how many are there.
 */
#define IPCMBOX_SELECTIVE	(1U << 3)

/*
 * An attribute: what is sent goes to all who SUBSCRIBE, and is stored with them, not
 * here. Order and policy must be the default ones, capacity and max_bytes 0, and
 * IPCMBOX_SELECTIVE is for the subscriptions. Who may receive may subscribe; a message
 * that nobody subscribes to reaches nobody.
 */
#define IPCMBOX_BROADCAST	(1U << 4)

/*
 * A flag of CREATE, and an attribute: the mailbox is destroyed, as by DESTROY, when the process
 * that made it ends, whoever has ports of it, and its name goes with it. That is the group of
 * threads: the end of one, also of the first, is not its end. A child of fork(2) is another
 * process; after execve(2) it is still the same, as its number is. To close a port is no end.
 * An inbox has this attribute too.
 */
#define IPCMBOX_OWNED		(1U << 5)

/*
 * A flag of CREATE: hang up, as one without a name does by default. One with a name does
 * so only by this flag, as a named pipe whose opens do not wait: a side that has gone counts
 * as not yet come once all ports are gone, unless it has left messages there.
 */
#define IPCMBOX_HANGUP		(1U << 6)

/* A flag of CREATE with a name: make it, or fail if there is one of that name. */
#define IPCMBOX_EXCL		(1U << 7)

/*
 * An attribute: no user takes more than half of the room, of messages and of max_bytes, that
 * the messages of others leave, rounded up; one message each may have. Those in line for room
 * count, too. Who would have more gets EXFULL at once, and POLLOUT when that is over: it tells
 * each user (effective user id) what is true of him and of who opened the port. A SELECT may
 * wait with several cases here, as only one of them comes to be stored; but each of those with
 * IPCMBOX_UNTIL_TAKEN takes room while it waits, so they must fit into the share together. Needs
 * a capacity, and no IPCMBOX_BROADCAST.
 */
#define IPCMBOX_FAIR_SHARE	(1U << 8)

/**
 * enum ipcmbox_order - which message of a mailbox is received first
 * @IPCMBOX_FIFO: the oldest. One that waits is overtaken by none
 * @IPCMBOX_LIFO: the youngest; the oldest may wait for ever
 * @IPCMBOX_PRIORITY: one of the highest priority, of these the oldest, as POSIX
 *	message queues have it; one of a low priority may wait for ever. Costs the same
 *	time however many priorities and messages there are
 *
 * The order is that of all messages there are, stored ones and those whose senders
 * wait for room alike; a free slot goes to the first in this order too. Age is
 * counted from the time a message had its place in the mailbox.
 */
enum ipcmbox_order {
	IPCMBOX_FIFO		= 0,
	IPCMBOX_LIFO		= 1,
	IPCMBOX_PRIORITY	= 2,
};

/**
 * enum ipcmbox_policy - which of several receivers is served
 * @IPCMBOX_LONGEST: of those that wait and want the message, the one that has waited
 *	longest: it sees at most as many served before as had come before it
 * @IPCMBOX_RECENT: the one that came last, whose memory is likeliest still in the
 *	CPU's caches; who came first may wait for ever
 * @IPCMBOX_TASK_PRIORITY: the one whose task had the highest scheduling priority
 *	when it began to wait, of these the one that has waited longest; tasks of
 *	lower priority may wait for ever
 * @IPCMBOX_ONE_RECEIVER: there is one receiver at a time; from when a call waits or
 *	copies its message until it returns, those of other threads get EBUSY
 * @IPCMBOX_EXCLUSIVE: the mailbox belongs to one sending and one receiving process,
 *	those that sent and received a message first; others get EBUSY as long as these
 *	live. A call that waits or copies has it for its process meanwhile; if it fails,
 *	and none of that process succeeded before, it is free again. The two may be
 *	the same
 *
 * A message goes to a receiver that waits before anybody who comes later can take it.
 */
enum ipcmbox_policy {
	IPCMBOX_LONGEST		= 0,
	IPCMBOX_RECENT		= 1,
	IPCMBOX_TASK_PRIORITY	= 2,
	IPCMBOX_ONE_RECEIVER	= 3,
	IPCMBOX_EXCLUSIVE	= 4,
};

/**
 * struct ipcmbox_create - ioctl(IPCMBOX_IOC_CREATE)
 * @size: sizeof(struct ipcmbox_create)
 * @flags: attributes: IPCMBOX_NO_HANGUP, IPCMBOX_SELECTIVE, IPCMBOX_BROADCAST,
 *	IPCMBOX_OWNED, IPCMBOX_FAIR_SHARE; and IPCMBOX_HANGUP, or with a name IPCMBOX_EXCL
 * @open_flags: rights of the new port, O_RDONLY, O_WRONLY or O_RDWR of
 *	<fcntl.h>, and O_NONBLOCK where wanted; O_CLOEXEC is accepted and
 *	always in force. Without a name all further ports come from this one by REOPEN,
 *	which adds no rights: only O_RDWR gives a mailbox with two sides
 * @fd: out, descriptor of the new port; it has the admin right, if the mailbox was made by
 *	this call, or its file belongs to the caller
 * @capacity: how many messages the mailbox stores: IPCMBOX_RENDEZVOUS,
 *	1 to IPCMBOX_CAPACITY_MAX, or IPCMBOX_UNBOUNDED
 * @max_bytes: how many bytes of messages it stores, at least @max_message and
 *	at most IPCMBOX_BYTES_MAX; 0 for the default: no bound of its own if it
 *	is bounded, IPCMBOX_BYTES_DEFAULT or @max_message, whichever is more, if
 *	it is unbounded. Must be 0 for a rendezvous
 * @max_message: bytes of the longest message, 1 to IPCMBOX_MESSAGE_MAX; 0 for
 *	the default, IPCMBOX_MESSAGE_DEFAULT or @max_bytes, whichever is less
 * @region_size: bytes of the shared-memory region that mmap(2) of the port
 *	exports, rounded up to whole pages, at most IPCMBOX_REGION_MAX; 0 for
 *	none
 * @order: enum ipcmbox_order
 * @policy: enum ipcmbox_policy
 * @slow_mask: of one that broadcasts, which of enum ipcmbox_slow subscribers may choose, as
 *	bits 1 << IPCMBOX_SLOW_BLOCK and so on; 0 for all. Without IPCMBOX_SLOW_BLOCK none
 *	can stop the senders, but for files: who attaches them to a broadcast pays until the
 *	last subscription has let go of them, see ETOOMANYREFS of SEND. Of others 0
 * @__reserved: must be 0
 * @name: address of its name, which ends with a 0; 0 for none
 * @mode: with a name, permissions of its file, at most 0777, from which umask(2) takes away;
 *	else 0
 * @__reserved2: must be 0
 *
 * On /dev/ipcmbox. Never waits.
 *
 * A mailbox without a name ends with its last port. One with a name is a file of ipcmboxfs and
 * lives until it is unlinked, whoever has it open, or with IPCMBOX_OWNED until its owner
 * ends, if that comes first; messages wait there for a receiver to come: it has
 * IPCMBOX_NO_HANGUP, unless IPCMBOX_HANGUP is given. If there is one of that name already,
 * and IPCMBOX_EXCL is not set, it is opened, as by OPEN; its attributes must be those that
 * are asked for. Its owner stays who made it.
 *
 * A name is 1 to IPCMBOX_NAME_MAX bytes without a slash, not "." and not "..".
 *
 * Errors beside the common ones: EDQUOT, the user's quota of mailboxes, names or region
 * bytes is used up; EMFILE and ENFILE, no free descriptor or file. With a name: EEXIST,
 * there is one, and it must not be, or has other attributes; EACCES, the file's permissions,
 * or those of the directory; ENAMETOOLONG; EROFS, ipcmboxfs is mounted read-only; EOVERFLOW,
 * its user namespace has no number for the caller.
 */
struct ipcmbox_create {
	__u32 size;
	__u32 flags;
	__u32 open_flags;
	__s32 fd;
	__u64 capacity;
	__u64 max_bytes;
	__u64 max_message;
	__u64 region_size;
	__u32 order;
	__u32 policy;
	__u32 slow_mask;
	__u32 __reserved;
	__aligned_u64 name;
	__u32 mode;
	__u32 __reserved2;
};

/**
 * struct ipcmbox_open - ioctl(IPCMBOX_IOC_OPEN)
 * @size: sizeof(struct ipcmbox_open)
 * @flags: IPCMBOX_ADMIN to get the admin right, which is for the owner of the file, or 0
 * @name: address of the name, as in struct ipcmbox_create
 * @open_flags: rights of the new port, as in struct ipcmbox_create
 * @fd: out, descriptor of the new port
 *
 * On /dev/ipcmbox. Opens the mailbox of a name: O_RDONLY needs the permission to read its
 * file, O_WRONLY to write it, O_RDWR both; and all need the permission to search the
 * directory. Never waits. The permissions are looked at now, and not again: the rights are
 * the port's, as with all files.
 *
 * open(2) of the file in a mounted ipcmboxfs gives a port too, without the admin right; and
 * may, as on all file systems, until the call returns that takes the name away. CREATE, OPEN,
 * LIST and UNLINK see a name come and go at one instant.
 *
 * Errors beside the common ones: ENOENT; EACCES, the file's permissions, or those of the
 * directory; EPERM, IPCMBOX_ADMIN is not for the caller; EINVAL, also if that file is no
 * mailbox; ENAMETOOLONG; EMFILE and ENFILE. Of one that is being destroyed: ENOENT, and
 * open(2) of its file EIDRM.
 */
struct ipcmbox_open {
	__u32 size;
	__u32 flags;
	__aligned_u64 name;
	__u32 open_flags;
	__s32 fd;
};

/**
 * struct ipcmbox_unlink - ioctl(IPCMBOX_IOC_UNLINK)
 * @size: sizeof(struct ipcmbox_unlink)
 * @flags: must be 0
 * @name: address of the name, as in struct ipcmbox_create
 *
 * On /dev/ipcmbox. Removes a name, as unlink(2) does in a mounted ipcmboxfs, with the same
 * errors: who may write to the directory may do so, and where it is sticky, as that of
 * /dev/ipcmbox is, only the owner of the file. The mailbox lives on until its last
 * port is closed; nobody who waits is told. DESTROY takes the name away as well.
 */
struct ipcmbox_unlink {
	__u32 size;
	__u32 flags;
	__aligned_u64 name;
};

/* struct ipcmbox_entry.flags: the caller may read the file. */
#define IPCMBOX_ENTRY_READABLE	(1U << 0)

/**
 * struct ipcmbox_entry - a name, as LIST tells of it
 * @mailbox: number of the mailbox, as INFO has it
 * @bytes: what is queued, the size of the file
 * @received: when a message was last received, in ns of CLOCK_REALTIME; the time of access of
 *	the file. Before the first it is that when the name was made; utimensat(2) changes it,
 *	until the next
 * @sent: when one was last sent, likewise; the time of modification
 * @changed: when its attributes were last changed or a message was last sent, whichever is
 *	later
 * @queued: messages stored; 0 without IPCMBOX_ENTRY_READABLE, as are the next two
 * @receivers: ports that can receive
 * @senders: ports that can send
 * @mode: permissions of the file
 * @uid: its owner, in the user namespace of the caller; the overflow id if it has none there
 * @gid: its group, likewise
 * @flags: IPCMBOX_ENTRY_READABLE
 * @name: the name, and 0 to the end
 */
struct ipcmbox_entry {
	__u64 mailbox;
	__u64 bytes;
	__u64 received;
	__u64 sent;
	__u64 changed;
	__u64 queued;
	__u32 receivers;
	__u32 senders;
	__u32 mode;
	__u32 uid;
	__u32 gid;
	__u32 flags;
	char name[256];
};

/**
 * struct ipcmbox_list - ioctl(IPCMBOX_IOC_LIST)
 * @size: sizeof(struct ipcmbox_list)
 * @flags: must be 0
 * @cursor: after which number of a mailbox to begin, 0 for the first; set to that of the last
 *	one that was told
 * @entries: address of an array of struct ipcmbox_entry
 * @count: how many there is room for, 1 to IPCMBOX_LIST_MAX
 * @stride: bytes from one to the next, a multiple of 8, at least the size of one as this
 *	header has it, and at most IPCMBOX_ARG_MAX; what the kernel does not know of it is set to 0
 * @done: out, how many were told; fewer than @count at the end only
 * @__reserved: must be 0
 *
 * On /dev/ipcmbox. Tells of names, in the order in which their mailboxes were made, what
 * ls -l shows, and more of those that the caller may read. Calls that go on where the last
 * ended, by @cursor, tell of each name that is there all the time once, whatever comes and
 * goes. Needs the permission to read and search the directory. Never waits.
 *
 * Errors beside the common ones: EACCES; ENFILE, as of opening the directory; EINTR, the
 * caller is being killed.
 */
struct ipcmbox_list {
	__u32 size;
	__u32 flags;
	__u64 cursor;
	__aligned_u64 entries;
	__u32 count;
	__u32 stride;
	__u32 done;
	__u32 __reserved;
};

/**
 * struct ipcmbox_pair - ioctl(IPCMBOX_IOC_PAIR)
 * @size: sizeof(struct ipcmbox_pair)
 * @flags: attributes: IPCMBOX_NO_HANGUP, IPCMBOX_SELECTIVE, IPCMBOX_FAIR_SHARE; and
 *	IPCMBOX_DUPLEX
 * @open_flags: O_NONBLOCK or 0, for both ports; O_CLOEXEC is accepted and
 *	always in force
 * @__reserved: must be 0
 * @fds: out, two descriptors. One-way: fds[0] receives what fds[1] sends, as
 *	pipe(2) has it. Duplex: what is sent to either is received from the
 *	other, as socketpair(2) has it; each direction is a mailbox with these
 *	attributes
 * @capacity: as in struct ipcmbox_create
 * @max_bytes: as in struct ipcmbox_create
 * @max_message: as in struct ipcmbox_create
 * @region_size: as in struct ipcmbox_create; both ends of a duplex pair map the
 *	same region. On a one-way pair mmap(2) works for fds[0] only, and only
 *	for reading, since it follows the open mode of the descriptor
 * @order: enum ipcmbox_order
 * @policy: enum ipcmbox_policy
 *
 * On /dev/ipcmbox. Never waits. Neither port has the admin right. Errors as
 * IPCMBOX_IOC_CREATE has them.
 */
struct ipcmbox_pair {
	__u32 size;
	__u32 flags;
	__u32 open_flags;
	__u32 __reserved;
	__s32 fds[2];
	__u64 capacity;
	__u64 max_bytes;
	__u64 max_message;
	__u64 region_size;
	__u32 order;
	__u32 policy;
};

/**
 * enum ipcmbox_access - who may send to an inbox
 * @IPCMBOX_ACCESS_USER: processes of the effective user that the owner had when it
 *	claimed it
 * @IPCMBOX_ACCESS_GROUP: those, and processes that are in a group
 * @IPCMBOX_ACCESS_ANYONE: all
 */
enum ipcmbox_access {
	IPCMBOX_ACCESS_USER	= 0,
	IPCMBOX_ACCESS_GROUP	= 1,
	IPCMBOX_ACCESS_ANYONE	= 2,
};

/**
 * struct ipcmbox_inbox - ioctl(IPCMBOX_IOC_INBOX)
 * @size: sizeof(struct ipcmbox_inbox)
 * @flags: IPCMBOX_FAIR_SHARE or 0
 * @open_flags: O_NONBLOCK or 0; O_CLOEXEC is accepted and always in force
 * @fd: out, descriptor of a port that receives; it has the admin right
 * @access: enum ipcmbox_access
 * @gid: the group of IPCMBOX_ACCESS_GROUP, one that the caller is in; else 0
 * @capacity: as in struct ipcmbox_create, like the following
 * @max_bytes: bytes
 * @max_message: bytes
 * @order: enum ipcmbox_order
 * @__reserved: must be 0
 *
 * On /dev/ipcmbox. Claims the inbox of the calling process: a mailbox, with
 * IPCMBOX_SELECTIVE and IPCMBOX_NO_HANGUP, to which others send by OPEN_PID, without a
 * descriptor that they were given. It is destroyed when the process ends, or has no
 * descriptor of this port any more, whoever else has one; where others share its table of
 * descriptors, with the last of them, but nobody finds it once the process has ended.
 *
 * Errors beside those of CREATE: EBUSY, the process has one; EPERM, it is not in @gid.
 */
struct ipcmbox_inbox {
	__u32 size;
	__u32 flags;
	__u32 open_flags;
	__s32 fd;
	__u32 access;
	__u32 gid;
	__u64 capacity;
	__u64 max_bytes;
	__u64 max_message;
	__u32 order;
	__u32 __reserved;
};

/**
 * struct ipcmbox_open_pid - ioctl(IPCMBOX_IOC_OPEN_PID)
 * @size: sizeof(struct ipcmbox_open_pid)
 * @flags: must be 0
 * @pid: the process, in the pid namespace of the caller
 * @open_flags: O_NONBLOCK or 0; O_CLOEXEC is accepted and always in force
 * @fd: out, descriptor of a port that sends
 * @__reserved: must be 0
 *
 * On /dev/ipcmbox. Opens the inbox of a process. The port stays with that process: once
 * it has ended, SEND gets EIDRM, whoever has its number then.
 *
 * To open the inbox of a pidfd, take the number in the line "Pid" of
 * /proc/thread-self/fdinfo/FD, where /proc is of the caller's own pid namespace, and
 * /proc/self would have the descriptors of the first thread; open by that; then see by
 * poll(2) of the pidfd, and again if a signal interrupts it, that its process has not
 * ended. As long as it lives the number is nobody else's.
 *
 * Errors beside the common ones: ESRCH, there is no such process, or it has ended and is
 * but waited for by its parent; ENOENT, it has no inbox;
 * EACCES, the caller may not send to it; EMFILE and ENFILE. So anybody learns whether a
 * process has an inbox, but who may not send to it learns nothing else of it.
 */
struct ipcmbox_open_pid {
	__u32 size;
	__u32 flags;
	__s32 pid;
	__u32 open_flags;
	__s32 fd;
	__u32 __reserved;
};

/**
 * struct ipcmbox_iovec - one piece of a message
 * @base: address of the piece
 * @len: its length in bytes
 */
struct ipcmbox_iovec {
	__aligned_u64 base;
	__u64 len;
};

/* Flags of SEND and RECV, and of others as they say. */
#define IPCMBOX_DONTWAIT	(1U << 0) /* EAGAIN instead of waiting */
#define IPCMBOX_IOVEC		(1U << 1) /* data is an array of struct ipcmbox_iovec */
/* Flag of SEND: return when the message was received, not when it is stored. */
#define IPCMBOX_UNTIL_TAKEN	(1U << 2)
/* Flag of RECV and PEEK: a message longer than the buffer is cut. */
#define IPCMBOX_TRUNCATE	(1U << 3)
/* Flag of SELECT: of several cases that are ready the first, not any. */
#define IPCMBOX_ORDERED		(1U << 5)
/* Flag of RECV: tell of calls, too, whose callers have left before the answer. */
#define IPCMBOX_NOTICES		(1U << 6)
/* Flag of SEND, of a broadcast: to all subscribers or to none. */
#define IPCMBOX_ALL		(1U << 7)
/* Flag of CALL: answer is an array of struct ipcmbox_iovec. */
#define IPCMBOX_ANSWER_IOVEC	(1U << 4)

/**
 * enum ipcmbox_disposition - what became of a message
 * @IPCMBOX_NOT_SENT: nobody but the sender ever knew of it
 * @IPCMBOX_WITHDRAWN: it had a place in the mailbox and was taken back; nobody
 *	received it and nobody will
 * @IPCMBOX_QUEUED: it is stored in the mailbox, which now answers for it
 * @IPCMBOX_TAKEN: a receiver has it
 * @IPCMBOX_REPLIED: a receiver has it and has answered; only of CALL, as is
 * @IPCMBOX_PEER_DIED: a receiver had it and is gone, or cannot answer
 */
enum ipcmbox_disposition {
	IPCMBOX_NOT_SENT	= 0,
	IPCMBOX_WITHDRAWN	= 1,
	IPCMBOX_QUEUED		= 2,
	IPCMBOX_TAKEN		= 3,
	IPCMBOX_REPLIED		= 4,
	IPCMBOX_PEER_DIED	= 5,
};

/**
 * struct ipcmbox_send - ioctl(IPCMBOX_IOC_SEND)
 * @size: sizeof(struct ipcmbox_send)
 * @flags: IPCMBOX_DONTWAIT, IPCMBOX_IOVEC, IPCMBOX_UNTIL_TAKEN, which is not for a mailbox
 *	that broadcasts, and IPCMBOX_ALL, which is for no other
 * @data: address of the message, or of its vector with IPCMBOX_IOVEC
 * @len: bytes of the message, or elements of the vector, at most
 *	IPCMBOX_IOV_MAX; 0 sends an empty message
 * @deadline: CLOCK_MONOTONIC in ns at which to stop waiting; 0 for never. One
 *	that has passed still lets through what need not wait
 * @id: out, number of the message, unique and rising within the mailbox, or 0
 *	if it never had a place there. Written before the call waits, so that another
 *	thread can CANCEL it; not of a broadcast, which has no place until all is done
 * @disposition: out, enum ipcmbox_disposition; set also when the call fails,
 *	unless this struct itself cannot be read or written, or is of another form
 *	(ENOTTY, E2BIG, EFAULT, EOPNOTSUPP, EINVAL of @size) or the right to send is
 *	missing (EBADF)
 * @__reserved: must be 0
 * @type: of the message, for receivers that choose; any number
 * @cookie: for the receiver; the kernel only passes it on
 * @priority: 0 to IPCMBOX_PRIORITY_MAX, the highest; where the order of the mailbox is
 *	another it is only passed on
 * @nr_fds: descriptors that go with it, at most IPCMBOX_FDS_MAX
 * @fds: address of as many __s32: open files of any kind but mailboxes, /dev/ipcmbox,
 *	what is in ipcmboxfs, sockets of AF_UNIX and rings of io_uring. If the mailbox was
 *	made with a name in a mounted instance, and does not broadcast, only pipes of
 *	pipe(2), other sockets, and files of memfd_create(2), eventfd(2),
 *	timerfd_create(2), signalfd(2) and pidfd_open(2): others might keep the mount
 * @reached: out, of a broadcast: how many subscribers have it or will
 * @__reserved2: must be 0
 *
 * Needs the right to send. Waits while the mailbox has no room, or, at
 * capacity 0 and with IPCMBOX_UNTIL_TAKEN, until a receiver has the message.
 * With IPCMBOX_DONTWAIT, a message for which a receiver already waits is handed
 * to it, and the call waits for that receiver's copy alone. IPCMBOX_DONTWAIT
 * with IPCMBOX_UNTIL_TAKEN is handed over at once or fails with EAGAIN, at
 * every capacity, or with ENOBUFS at max_bytes of an unbounded mailbox; poll(2)
 * does not tell when that would work.
 *
 * If the call fails, nobody has received the message and nobody will. A failure
 * to write @id and @disposition after the message was sent is not reported.
 *
 * Errors beside the common ones: EMSGSIZE, longer than max_message; EPIPE, no receiver is left
 * (no SIGPIPE is sent); EINVAL, also if a flag is not for such a mailbox; EBUSY, the mailbox
 * is IPCMBOX_EXCLUSIVE and belongs to others; EBADF, also if one of @fds is not open; ELOOP,
 * @fds has one of those that cannot go; ETOOMANYREFS, the user has sent more descriptors that
 * nobody has received yet than RLIMIT_NOFILE lets the process have open, or than his quota,
 * which CAP_SYS_RESOURCE and CAP_SYS_ADMIN exempt from; ENOBUFS, an unbounded mailbox is at
 * its max_bytes; EXFULL, the user has his share of an IPCMBOX_FAIR_SHARE mailbox already;
 * EDQUOT, the quota of bytes of the mailbox's owner is used up, or that of the calling user
 * for what has no slot yet, or his quota of waiting calls; ECANCELED, the message was taken
 * back by CANCEL, or IPCMBOX_UNTIL_TAKEN is set and DRAIN discarded it. A broadcast knows
 * neither ENOBUFS nor ECANCELED; EMSGSIZE and EDQUOT it may get of a subscription that it
 * would wait for.
 */
struct ipcmbox_send {
	__u32 size;
	__u32 flags;
	__aligned_u64 data;
	__u64 len;
	__u64 deadline;
	__u64 id;
	__u32 disposition;
	__u32 __reserved;
	__u64 type;
	__u64 cookie;
	__u32 priority;
	__u32 nr_fds;
	__aligned_u64 fds;
	__u32 reached;
	__u32 __reserved2;
};

/**
 * enum ipcmbox_match - which messages a receiver wants
 * @IPCMBOX_MATCH_ANY: all
 * @IPCMBOX_MATCH_TYPE: those of the type match_value
 * @IPCMBOX_MATCH_TYPE_MAX: those of a type up to match_value, of the least type first,
 *	as msgrcv(2) has it for a negative type
 * @IPCMBOX_MATCH_TYPE_NOT: those of another type than match_value
 * @IPCMBOX_MATCH_SENDER: those that were sent by the process whose pid, in the pid
 *	namespace of the receiver, is match_value, and which has not ended
 *
 * Of these it gets the first in the order of the mailbox. All but the first need
 * IPCMBOX_SELECTIVE. A receiver that waits is not woken by messages that it does not
 * want.
 */
enum ipcmbox_match {
	IPCMBOX_MATCH_ANY	= 0,
	IPCMBOX_MATCH_TYPE	= 1,
	IPCMBOX_MATCH_TYPE_MAX	= 2,
	IPCMBOX_MATCH_TYPE_NOT	= 3,
	IPCMBOX_MATCH_SENDER	= 4,
};

/* struct ipcmbox_recv.msg_flags */
#define IPCMBOX_MSG_TRUNCATED	(1U << 0) /* bytes or descriptors were cut off */
#define IPCMBOX_MSG_LEFT	(1U << 1) /* no message: the caller of token has left */

/**
 * struct ipcmbox_recv - ioctl(IPCMBOX_IOC_RECV), ioctl(IPCMBOX_IOC_PEEK)
 * @size: sizeof(struct ipcmbox_recv)
 * @flags: IPCMBOX_DONTWAIT, IPCMBOX_IOVEC, IPCMBOX_TRUNCATE, IPCMBOX_NOTICES; PEEK
 *	takes all but the first and the last
 * @data: address of the buffer, or of its vector with IPCMBOX_IOVEC
 * @len: bytes of the buffer, or elements of the vector, at most
 *	IPCMBOX_IOV_MAX
 * @deadline: as in struct ipcmbox_send; must be 0 for PEEK
 * @id: out, number of the message, as its sender learnt it
 * @msg_len: out, bytes of the whole message, also if it was truncated and if
 *	the call fails with EMSGSIZE
 * @msg_flags: out, IPCMBOX_MSG_*
 * @__reserved: must be 0
 * @match: enum ipcmbox_match
 * @priority: out, of the message
 * @match_value: in, what @match says; must be 0 for IPCMBOX_MATCH_ANY
 * @type: out, of the message
 * @cookie: out, the sender's
 * @pid: out, the process that sent it, in the pid namespace of the receiver; 0 if it
 *	is not seen there. The kernel puts it down when the message is sent, as it does
 *	@tid, @uid and @gid
 * @tid: out, its thread
 * @uid: out, its effective user id, of write(2) that of who opened the port, in the user
 *	namespace of the receiver; the overflow id if it has none there
 * @gid: out, its effective group id, likewise
 * @token: out, what to REPLY to, if the message is a CALL; with IPCMBOX_MSG_LEFT, the
 *	call that waits for its answer no more; else 0
 * @fds: address of __s32, which get the descriptors that came, close-on-exec; -1 in place
 *	of one that is lost, as the message was received and then a security module did not
 *	let the process have it, or another thread, or prlimit(2), took the place for it.
 *	What it holds after a failure stands for nothing
 * @nr_fds: how many there is room for. At 0 those that came are closed with the message.
 *	Where there is room for some, but not for all, it fails with EMSGSIZE, or with
 *	IPCMBOX_TRUNCATE the first ones come
 * @msg_fds: out, how many the message carries, also if the call fails with EMSGSIZE
 * @lag: out, of a subscription: how many messages it lost before this one
 *
 * RECV needs the right to receive and takes the first message in the order of the
 * mailbox, of those that it wants. It waits until there is one. PEEK needs the same right,
 * copies the message that RECV would take and leaves it; it never waits and fails with
 * EAGAIN where there is none.
 *
 * With IPCMBOX_NOTICES, and whatever @match says, it gives notice, before any message,
 * of calls that were received from the mailbox and whose callers have since left: by a
 * signal, a deadline, CANCEL, or because they died. Such a notice is received once; it
 * has no bytes, and poll(2) tells of it by POLLPRI. Whoever takes none learns it by
 * the ESTALE of REPLY.
 *
 * If the call fails, the message is where it was; what the buffer and the out
 * members then hold is undefined, but for @msg_len and @msg_fds with EMSGSIZE. ETIMEDOUT and
 * EAGAIN say that no message was there; EINTR does not: a signal also ends a
 * call whose message was withdrawn while it was copied.
 *
 * Errors beside the common ones: EMSGSIZE, the message is longer than the
 * buffer, or has more descriptors than there is room for, and IPCMBOX_TRUNCATE is not
 * set; EMFILE, the process has no room for descriptors; EPIPE, the end of file: no sender
 * is left and every message that it wants was received; EBUSY, the policy of the mailbox
 * lets others receive; ESRCH, there is no such process, or it has ended and nothing of it
 * is there; EDQUOT, the user has too many waiting calls or, of PEEK, which charges him
 * for the message meanwhile, bytes; EINVAL, also if the mailbox broadcasts.
 */
struct ipcmbox_recv {
	__u32 size;
	__u32 flags;
	__aligned_u64 data;
	__u64 len;
	__u64 deadline;
	__u64 id;
	__u64 msg_len;
	__u32 msg_flags;
	__u32 __reserved;
	__u32 match;
	__u32 priority;
	__u64 match_value;
	__u64 type;
	__u64 cookie;
	__s32 pid;
	__s32 tid;
	__u32 uid;
	__u32 gid;
	__u64 token;
	__aligned_u64 fds;
	__u32 nr_fds;
	__u32 msg_fds;
	__u64 lag;
};

/**
 * struct ipcmbox_call - ioctl(IPCMBOX_IOC_CALL)
 * @size: sizeof(struct ipcmbox_call)
 * @flags: IPCMBOX_DONTWAIT, IPCMBOX_IOVEC, IPCMBOX_ANSWER_IOVEC
 * @data: address of the message, or of its vector with IPCMBOX_IOVEC
 * @len: bytes of the message, or elements of the vector
 * @answer: address of the buffer for the answer, or of its vector with
 *	IPCMBOX_ANSWER_IOVEC
 * @answer_len: bytes of the buffer, or elements of its vector; the buffer is at most
 *	IPCMBOX_MESSAGE_MAX bytes long
 * @deadline: CLOCK_MONOTONIC in ns at which to stop waiting for the answer; 0 for never
 * @taken_deadline: the same for a receiver that has the message; 0 for @deadline
 * @type: of the message, as in struct ipcmbox_send
 * @cookie: for the receiver, likewise
 * @priority: of the message, likewise
 * @disposition: out, enum ipcmbox_disposition; set also when the call fails, as in
 *	struct ipcmbox_send
 * @id: out, number of the message, likewise
 * @msg_len: out, bytes of the answer
 * @answer_cookie: out, the replier's
 * @fds: descriptors that go with the message, as in struct ipcmbox_send
 * @answer_fds: descriptors that came with the answer, as in struct ipcmbox_recv
 * @nr_fds: of @fds
 * @nr_answer_fds: how many @answer_fds has room for; an answer with more is refused. They
 *	count as descriptors that the caller has sent, until the call returns
 * @msg_fds: out, how many came with the answer
 * @__reserved: must be 0
 *
 * Needs the right to send. Sends a message, waits until a receiver has it, whatever the
 * capacity, and until somebody who received from the mailbox has answered by REPLY.
 * The kernel has room for the answer from the beginning, and the caller is charged for it,
 * so that who replies never waits.
 *
 * With IPCMBOX_DONTWAIT it fails with EAGAIN unless a receiver waits; for the answer
 * it waits nevertheless.
 *
 * If the call fails and the disposition is NOT_SENT or WITHDRAWN, nobody has received
 * the message and nobody will. If it is TAKEN or PEER_DIED a receiver had it, and
 * what became of it is not known; a later answer is refused with ESTALE. EINTR after
 * the message was taken is never followed by a restart. If it is REPLIED the answer is
 * lost: EFAULT, a buffer cannot be written; EMFILE, its descriptors have no place.
 *
 * Errors beside those of SEND, of which ETOOMANYREFS is of @nr_fds and @nr_answer_fds
 * together: EOWNERDEAD, the process that received the message has
 * ended, has closed its last descriptor of the port by which it did, or received it in a
 * way in which it cannot answer:
 * read(2), or a struct ipcmbox_recv without @token. ECANCELED, also if a receiver had it
 * when it was cancelled, or it was drained; EINVAL, also if the mailbox broadcasts.
 */
struct ipcmbox_call {
	__u32 size;
	__u32 flags;
	__aligned_u64 data;
	__u64 len;
	__aligned_u64 answer;
	__u64 answer_len;
	__u64 deadline;
	__u64 taken_deadline;
	__u64 type;
	__u64 cookie;
	__u32 priority;
	__u32 disposition;
	__u64 id;
	__u64 msg_len;
	__u64 answer_cookie;
	__aligned_u64 fds;
	__aligned_u64 answer_fds;
	__u32 nr_fds;
	__u32 nr_answer_fds;
	__u32 msg_fds;
	__u32 __reserved;
};

/**
 * struct ipcmbox_reply - ioctl(IPCMBOX_IOC_REPLY)
 * @size: sizeof(struct ipcmbox_reply)
 * @flags: IPCMBOX_IOVEC or 0
 * @token: what RECV gave with the message
 * @data: address of the answer, or of its vector with IPCMBOX_IOVEC
 * @len: bytes of the answer, or elements of the vector
 * @cookie: for the caller
 * @room: out, with EMSGSIZE: bytes that the caller has room for
 * @fds: descriptors that go with the answer, of open files of any kind but those that can
 *	go with no message, see struct ipcmbox_send; where the mailbox was made does not matter
 * @nr_fds: how many
 * @room_fds: out, with EMSGSIZE: descriptors that the caller has room for
 *
 * Needs the right to receive. Any thread or process may answer, by any port of the
 * mailbox, in any order; each call once. Never waits for anybody, and needs no memory but
 * for a list of descriptors and for a vector of more than some pieces.
 *
 * Errors beside the common ones: ESTALE, nobody waits for this answer: the caller has
 * left, was answered, or never was; EMSGSIZE, the answer is longer than the caller's
 * buffer, or has more descriptors than there is room for, and the call remains; EBUSY,
 * somebody else is just answering; EBADF and ELOOP of @fds, as with SEND: the call remains.
 * However many descriptors go with it, ETOOMANYREFS there is none: the caller has paid.
 */
struct ipcmbox_reply {
	__u32 size;
	__u32 flags;
	__u64 token;
	__aligned_u64 data;
	__u64 len;
	__u64 cookie;
	__u64 room;
	__aligned_u64 fds;
	__u32 nr_fds;
	__u32 room_fds;
};

/**
 * struct ipcmbox_reply_recv - ioctl(IPCMBOX_IOC_REPLY_RECV)
 * @size: sizeof(struct ipcmbox_reply_recv)
 * @flags: must be 0
 * @reply: address of a struct ipcmbox_reply; 0 for none
 * @recv: address of a struct ipcmbox_recv
 * @replied: out, 1 if the answer was given, also if the call then fails
 * @stale: out, 1 if nobody waited for the answer
 *
 * REPLY and then RECV, in one entry: the loop of a server. An answer that nobody waits
 * for is told by @stale and does not keep it from receiving; after any other error of
 * REPLY nothing is received. Once the answer was given, EINTR is never followed by
 * a restart. Errors as REPLY and RECV have them.
 */
struct ipcmbox_reply_recv {
	__u32 size;
	__u32 flags;
	__aligned_u64 reply;
	__aligned_u64 recv;
	__u32 replied;
	__u32 stale;
};

/**
 * enum ipcmbox_cancelled - what CANCEL found
 * @IPCMBOX_CANCEL_DONE: the message is taken back: nobody has received it and nobody will.
 *	Who waited for it in SEND or CALL got ECANCELED
 * @IPCMBOX_CANCEL_TOO_LATE: it is gone: a receiver has it, or it was discarded, whoever sent
 *	it. Of a CALL of this process that still waited for the answer: it got ECANCELED,
 *	an answer will get ESTALE, and the receiver a notice
 * @IPCMBOX_CANCEL_REPLIED: it was a CALL, and is answered, though the call has not returned
 * @IPCMBOX_CANCEL_UNKNOWN: there was no such number yet, or another process sent the message,
 *	which is still there
 */
enum ipcmbox_cancelled {
	IPCMBOX_CANCEL_DONE	= 0,
	IPCMBOX_CANCEL_TOO_LATE	= 1,
	IPCMBOX_CANCEL_REPLIED	= 2,
	IPCMBOX_CANCEL_UNKNOWN	= 3,
};

/**
 * struct ipcmbox_cancel - ioctl(IPCMBOX_IOC_CANCEL)
 * @size: sizeof(struct ipcmbox_cancel)
 * @flags: must be 0
 * @id: number of the message, as SEND or CALL gave it
 * @result: out, enum ipcmbox_cancelled
 * @__reserved: must be 0
 *
 * Needs the right to send. Takes back a message that the calling process has sent,
 * wherever it is: stored, waiting in line, or just being copied. Never waits.
 */
struct ipcmbox_cancel {
	__u32 size;
	__u32 flags;
	__u64 id;
	__u32 result;
	__u32 __reserved;
};

/**
 * struct ipcmbox_batch - ioctl(IPCMBOX_IOC_SENDV), ioctl(IPCMBOX_IOC_RECVV)
 * @size: sizeof(struct ipcmbox_batch)
 * @flags: IPCMBOX_DONTWAIT
 * @msgs: address of an array of struct ipcmbox_send or struct ipcmbox_recv, without
 *	IPCMBOX_DONTWAIT and deadline
 * @count: how many these are, 1 to IPCMBOX_BATCH_MAX
 * @stride: bytes from one to the next, a multiple of 8, and at least the size of each as
 *	far as the module knows it
 * @deadline: CLOCK_MONOTONIC in ns at which to stop waiting; 0 for never
 * @done: out, how many messages were sent or received, the first ones
 * @__reserved: must be 0
 *
 * SENDV is SEND for one after the other. RECVV is RECV for the first, and for the others
 * as long as there are messages: it waits but for the first. As sendmmsg(2) has it, they
 * fail only if the first one does; an error of a later one ends the call with what was
 * done before. The structs that were done are written as SEND and RECV write them, and of
 * the one that failed what these write then: its disposition, or its length.
 *
 * Errors: those of SEND and RECV; EINVAL, also of @count and @stride, and if a message has
 * a deadline or IPCMBOX_DONTWAIT of its own.
 */
struct ipcmbox_batch {
	__u32 size;
	__u32 flags;
	__aligned_u64 msgs;
	__u32 count;
	__u32 stride;
	__u64 deadline;
	__u32 done;
	__u32 __reserved;
};

/**
 * enum ipcmbox_slow - what becomes of messages for which a subscription has no room
 * @IPCMBOX_SLOW_BLOCK: their sender waits
 * @IPCMBOX_SLOW_DROP_OLDEST: the oldest that is stored is lost
 * @IPCMBOX_SLOW_DROP_NEWEST: they are lost
 * @IPCMBOX_SLOW_DISCONNECT: they are lost, and the subscription ends: what is stored can
 *	be received, and then comes the end of file
 */
enum ipcmbox_slow {
	IPCMBOX_SLOW_BLOCK		= 0,
	IPCMBOX_SLOW_DROP_OLDEST	= 1,
	IPCMBOX_SLOW_DROP_NEWEST	= 2,
	IPCMBOX_SLOW_DISCONNECT		= 3,
};

/**
 * struct ipcmbox_subscribe - ioctl(IPCMBOX_IOC_SUBSCRIBE)
 * @size: sizeof(struct ipcmbox_subscribe)
 * @flags: IPCMBOX_SELECTIVE or 0
 * @open_flags: O_NONBLOCK or 0; O_CLOEXEC is accepted and always in force
 * @fd: out, descriptor of a port that receives
 * @capacity: how many messages are stored, 1 to IPCMBOX_CAPACITY_MAX or
 *	IPCMBOX_UNBOUNDED
 * @max_bytes: how many bytes of messages, as in struct ipcmbox_create
 * @slow: enum ipcmbox_slow, one that slow_mask of struct ipcmbox_create has
 * @policy: enum ipcmbox_policy
 *
 * Needs the right to receive, of a mailbox that broadcasts. Makes a mailbox, FIFO and with
 * that one's IPCMBOX_NO_HANGUP and max_message, that gets what is sent there from now on.
 * All subscriptions see the same order. It ends with its last port.
 *
 * A SEND waits until there is room with all that block, and then delivers to all; if it
 * fails nobody has seen it. With IPCMBOX_ALL it waits for room with the others as well.
 * What is stored is charged to the user who subscribed.
 *
 * Errors beside the common ones: EINVAL, also if the mailbox does not broadcast; EACCES, it
 * does not allow @slow; EUSERS, there are IPCMBOX_SUBSCRIBERS_MAX already; EDQUOT, EMFILE
 * and ENFILE as CREATE.
 */
struct ipcmbox_subscribe {
	__u32 size;
	__u32 flags;
	__u32 open_flags;
	__s32 fd;
	__u64 capacity;
	__u64 max_bytes;
	__u32 slow;
	__u32 policy;
};

/* A flag of NOTIFY: tell of the first event only; of a duplex port, of each mailbox. */
#define IPCMBOX_ONESHOT		(1U << 0)

/* struct ipcmbox_notify.events */
#define IPCMBOX_EVENT_MESSAGE	(1U << 0) /* a message has come, and nobody waited */
#define IPCMBOX_EVENT_ROOM	(1U << 1) /* where there was no room there is some */
#define IPCMBOX_EVENT_HANGUP	(1U << 2) /* the other side, or the mailbox, is gone */
#define IPCMBOX_EVENT_LAG	(1U << 3) /* a subscription has lost a message */
#define IPCMBOX_EVENT_NOTICE	(1U << 4) /* a caller has left, for IPCMBOX_NOTICES */

/**
 * struct ipcmbox_notify - ioctl(IPCMBOX_IOC_NOTIFY)
 * @size: sizeof(struct ipcmbox_notify)
 * @flags: IPCMBOX_ONESHOT or 0
 * @eventfd: descriptor of an eventfd(2), to which 1 is added at each event; -1 for none
 * @events: IPCMBOX_EVENT_*; 0 if @eventfd is -1
 *
 * Replaces what this port asked for before. Tells of events that come afterwards, not
 * of a state that is there already; ends with the port. IPCMBOX_EVENT_ROOM needs the
 * right to send, IPCMBOX_EVENT_HANGUP any, the others the right to receive. The events are
 * those that wake poll(2) for EPOLLIN, EPOLLOUT, EPOLLHUP and, the last two, for EPOLLPRI,
 * and that O_ASYNC signals. Losses are of subscriptions, and notices of other mailboxes, so
 * either of IPCMBOX_EVENT_LAG and IPCMBOX_EVENT_NOTICE asks for what there can be.
 *
 * An event of a mailbox adds 1 to an eventfd, however many of its ports named that one; for
 * all of them that is the event that IPCMBOX_ONESHOT waits for.
 *
 * Errors beside the common ones: EBADF, also if @eventfd is not open; EINVAL, also if it
 * is no eventfd; EUSERS, IPCMBOX_WATCHES_MAX ports of the mailbox, or of one of the two that
 * a duplex port stands in, have asked already: what this one asked for before stays; EDQUOT,
 * the user has too many waiting calls, as which each watched mailbox counts. Ports
 * that can receive from the mailbox and ports that only send to it are counted apart, so who
 * may only send takes no place from who receives.
 */
struct ipcmbox_notify {
	__u32 size;
	__u32 flags;
	__s32 eventfd;
	__u32 events;
};

/**
 * enum ipcmbox_case_kind - what a case of SELECT does
 * @IPCMBOX_CASE_SEND: SEND; arg is the address of a struct ipcmbox_send
 * @IPCMBOX_CASE_RECV: RECV; arg is the address of a struct ipcmbox_recv
 */
enum ipcmbox_case_kind {
	IPCMBOX_CASE_SEND	= 0,
	IPCMBOX_CASE_RECV	= 1,
};

/**
 * struct ipcmbox_case - a case of SELECT
 * @fd: the mailbox
 * @kind: enum ipcmbox_case_kind
 * @arg: address of what SEND or RECV takes, without IPCMBOX_DONTWAIT and deadline
 * @flags: must be 0
 * @__reserved: must be 0
 */
struct ipcmbox_case {
	__s32 fd;
	__u32 kind;
	__aligned_u64 arg;
	__u32 flags;
	__u32 __reserved;
};

/**
 * struct ipcmbox_select - ioctl(IPCMBOX_IOC_SELECT)
 * @size: sizeof(struct ipcmbox_select)
 * @flags: IPCMBOX_DONTWAIT, IPCMBOX_ORDERED
 * @cases: address of an array of struct ipcmbox_case
 * @count: how many these are, 1 to IPCMBOX_SELECT_MAX
 * @stride: sizeof(struct ipcmbox_case) as the caller knows it, a multiple of 8: the cases
 *	are so far apart. Each is read as the struct of an ioctl is: of a longer one the tail
 *	must be 0
 * @deadline: CLOCK_MONOTONIC in ns at which to stop waiting; 0 for never
 * @index: out, number of the case that was done or, if the call fails, of the one that
 *	failed; -1 if none did
 * @__reserved: must be 0
 *
 * On /dev/ipcmbox. Does exactly one of the cases: one that is ready, else the first
 * that gets so. Of several that are ready each is as likely, or with IPCMBOX_ORDERED
 * it is the first. A mailbox may stand in several cases; the caller never meets
 * itself, but meets others who SELECT. With IPCMBOX_DONTWAIT it fails with EAGAIN
 * if none is ready.
 *
 * Each case counts as a waiting call in the user's quota, unless IPCMBOX_DONTWAIT is set, and
 * the bytes of all messages are charged to him until it returns. EDQUOT with @index -1 is of
 * the quota of waiting calls.
 *
 * A case is ready also if it can only fail: its error is the result. A message of a
 * case that was not done was never sent, though INFO may count it as withdrawn.
 *
 * All cases are read before any is tried, so the descriptors of all that send count as sent,
 * see ETOOMANYREFS of SEND, until it returns, though at most one is. The argument of each
 * that sends then has IPCMBOX_NOT_SENT and @id 0. After that only the argument of case
 * @index is written: by a send if it was done, by a receive also if it fails with EMSGSIZE.
 *
 * Errors beside the common ones: those of SEND and RECV; EBADF, also if @fd of a case is not
 * open; EINVAL, also if it is of no mailbox, or a case sends to one that broadcasts. A case
 * is refused as the struct of an ioctl is, by EINVAL, E2BIG or EOPNOTSUPP.
 */
struct ipcmbox_select {
	__u32 size;
	__u32 flags;
	__aligned_u64 cases;
	__u32 count;
	__u32 stride;
	__u64 deadline;
	__s32 index;
	__u32 __reserved;
};

/*
 * A flag of INFO: of a duplex port, tell of the mailbox it sends to rather than of
 * the one it receives from. Without effect on other ports.
 */
#define IPCMBOX_TX		(1U << 0)

/* struct ipcmbox_info.state */
#define IPCMBOX_STATE_DESTROYED	(1U << 0) /* by DESTROY, or with what it ends with */

/**
 * struct ipcmbox_info - ioctl(IPCMBOX_IOC_INFO)
 * @size: sizeof(struct ipcmbox_info)
 * @flags: IPCMBOX_TX or 0
 * @mailbox: out, number of the mailbox, never used again until the module is
 *	unloaded
 * @capacity: out, in messages
 * @max_bytes: out; 0 for none
 * @max_message: out
 * @region_size: out, in bytes
 * @attributes: out, IPCMBOX_NO_HANGUP, IPCMBOX_SELECTIVE, IPCMBOX_BROADCAST, IPCMBOX_OWNED,
 *	IPCMBOX_FAIR_SHARE; IPCMBOX_ADMIN and IPCMBOX_DUPLEX tell of this port
 * @state: out, IPCMBOX_STATE_*
 * @receivers: out, ports that can receive; of a broadcast, subscriptions too
 * @senders: out, ports that can send
 * @receivers_waiting: out, calls that wait for a message
 * @senders_waiting: out, messages of senders that wait for room or, at
 *	capacity 0, for a receiver; these are not stored in the mailbox
 * @queued: out, messages stored in the mailbox
 * @queued_bytes: out, bytes of all messages that take up room: those stored, those in
 *	transfer out of the store and, in a subscription, that for which a sender keeps
 *	room while he waits for it with others
 * @in_transfer: out, messages that a receiver is just copying
 * @sent: out, all messages that ever had a place in the mailbox
 * @received: out, of these, those received; of a mailbox that broadcasts, all
 * @withdrawn: out, those taken back by their sender, who was told
 * @expired: out, those taken back because the sender's deadline passed
 * @dropped: out, those discarded by DRAIN, with the mailbox, or by a subscription that
 *	drops the oldest
 * @order: out, enum ipcmbox_order
 * @policy: out, enum ipcmbox_policy
 * @calls: out, calls whose messages were received and that are not answered yet
 * @slow_mask: out, of a mailbox that broadcasts, what its subscribers may choose, as in
 *	struct ipcmbox_create, but never 0; of others 0
 * @owner_pid: out, of one with IPCMBOX_OWNED, the process that it ends with, in the pid
 *	namespace of the caller; 0 if that has ended, or has no number there; of others 0
 * @owner_uid: out, effective uid of who made it, in the user namespace of the caller; the
 *	overflow id if it has none there. The owner of its file may be another, by chown(2)
 * @__reserved: must be 0
 *
 * Needs no right and works on a destroyed mailbox. All members are read at one
 * instant, at which
 * sent = received + queued + senders_waiting + in_transfer + withdrawn +
 * expired + dropped.
 */
struct ipcmbox_info {
	__u32 size;
	__u32 flags;
	__u64 mailbox;
	__u64 capacity;
	__u64 max_bytes;
	__u64 max_message;
	__u64 region_size;
	__u32 attributes;
	__u32 state;
	__u32 receivers;
	__u32 senders;
	__u64 receivers_waiting;
	__u64 senders_waiting;
	__u64 queued;
	__u64 queued_bytes;
	__u64 in_transfer;
	__u64 sent;
	__u64 received;
	__u64 withdrawn;
	__u64 expired;
	__u64 dropped;
	__u32 order;
	__u32 policy;
	__u64 calls;
	__u32 slow_mask;
	__s32 owner_pid;
	__u32 owner_uid;
	__u32 __reserved;
};

/* Flags of SET: which attributes to change. */
#define IPCMBOX_SET_CAPACITY	(1U << 0)
#define IPCMBOX_SET_MAX_BYTES	(1U << 1)
#define IPCMBOX_SET_MAX_MESSAGE	(1U << 2)

/**
 * struct ipcmbox_set - ioctl(IPCMBOX_IOC_SET)
 * @size: sizeof(struct ipcmbox_set)
 * @flags: IPCMBOX_SET_*, at least one
 * @capacity: new capacity in messages, 1 to IPCMBOX_CAPACITY_MAX; only a
 *	bounded mailbox has one that changes, and it stays bounded
 * @max_bytes: new limit in bytes, as in struct ipcmbox_create; 0 for none, on a
 *	bounded mailbox only
 * @max_message: new limit in bytes, 1 to IPCMBOX_MESSAGE_MAX
 *
 * Needs the admin right. Members that @flags does not name are ignored. What is
 * stored stays stored, also above a lower limit; senders that wait go on as
 * soon as there is room. EINVAL where max_message would exceed max_bytes; nothing
 * has changed then.
 */
struct ipcmbox_set {
	__u32 size;
	__u32 flags;
	__u64 capacity;
	__u64 max_bytes;
	__u64 max_message;
};

/**
 * struct ipcmbox_drain - ioctl(IPCMBOX_IOC_DRAIN)
 * @size: sizeof(struct ipcmbox_drain)
 * @flags: must be 0
 * @messages: out, how many were discarded
 * @bytes: out, their bytes
 *
 * Needs the right to receive. Discards the messages that were stored when the
 * call began; one that a receiver is just copying is left to it, and if it comes
 * back it may stay. A sender that waits with IPCMBOX_UNTIL_TAKEN for one of them
 * gets ECANCELED; senders that wait for room go on. Never waits. @messages and
 * @bytes count also if writing them fails, which is not reported.
 */
struct ipcmbox_drain {
	__u32 size;
	__u32 flags;
	__u64 messages;
	__u64 bytes;
};

/**
 * struct ipcmbox_destroy - ioctl(IPCMBOX_IOC_DESTROY)
 * @size: sizeof(struct ipcmbox_destroy)
 * @flags: must be 0
 *
 * Needs the admin right. Every call that waits on the mailbox gets EIDRM, and so
 * does every later ioctl but INFO, and read(2) and write(2); what was stored is
 * dropped. A message that a receiver is just copying is withdrawn if its sender
 * waits for it; else it is still received, or dropped.
 * The region lives on, in its mappings and for mmap(2). Its name is taken away. Never waits.
 */
struct ipcmbox_destroy {
	__u32 size;
	__u32 flags;
};

/**
 * struct ipcmbox_reopen - ioctl(IPCMBOX_IOC_REOPEN)
 * @size: sizeof(struct ipcmbox_reopen)
 * @flags: IPCMBOX_ADMIN to keep the admin right, or 0
 * @open_flags: rights of the new port, as in struct ipcmbox_create
 * @fd: out, its descriptor
 *
 * Opens the mailbox of this port again, with the same rights or fewer; on a
 * duplex port, the same end of the pair. Never waits. Errors beside the common
 * ones: EACCES, more rights than this port has; EMFILE, ENFILE.
 */
struct ipcmbox_reopen {
	__u32 size;
	__u32 flags;
	__u32 open_flags;
	__s32 fd;
};

#endif /* _UAPI_LINUX_IPCMBOX_H */
