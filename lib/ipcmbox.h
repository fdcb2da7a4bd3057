/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libipcmbox - mailboxes between local processes
 *
 * A mailbox is a file descriptor. The functions below create it and move
 * messages; poll(2), fcntl(2), read(2), write(2), dup(2), close(2) and passing
 * over a socket work on it as on any other. What happens in each case is
 * written in <linux/ipcmbox.h> and in Documentation/ipcmbox.rst.
 *
 * Errors: a function that returns an int or ssize_t returns -1 and sets errno;
 * one that returns a pointer returns NULL and sets errno. Each says which errno
 * it adds to these, which any ioctl of a mailbox can give: EBADF (not open, or
 * without the right), ENOTTY (not a mailbox), EFAULT, EINVAL, ENOMEM, EIDRM
 * (destroyed); and EOPNOTSUPP, for a flag that the kernel does not know. A function that
 * fails has changed nothing but what it fills in; except ipcmbox_call(), whose disposition
 * says how far it came, ipcmbox_reply_recv(), and those of mutexes and conditions, where
 * EOWNERDEAD means that the lock is held.
 *
 * EINTR is passed on: whether to go on is the caller's to say.
 *
 * Threads: a mailbox may be used by any number of threads at once. An attr or a
 * region may be used by one thread at a time, unless its functions only read
 * it. The library has no state of its own.
 *
 * Time is in nanoseconds. A deadline is an instant of CLOCK_MONOTONIC; 0 is none,
 * and ipcmbox_deadline() makes one of a duration.
 */
#ifndef IPCMBOX_H
#define IPCMBOX_H

#include <linux/ipcmbox.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Attributes of a mailbox to be created. */
struct ipcmbox_attr;

/**
 * ipcmbox_attr_new() - make attributes, all at their defaults
 *
 * The defaults: a rendezvous, hanging up as a pipe does, messages of up to
 * IPCMBOX_MESSAGE_DEFAULT bytes, no region, the oldest message first, the receiver
 * first that has waited longest, and no choice.
 *
 * Return: attributes, to be freed by ipcmbox_attr_free(); NULL with ENOMEM.
 */
struct ipcmbox_attr *ipcmbox_attr_new(void);

/**
 * ipcmbox_attr_free() - free attributes
 * @attr: attributes or NULL
 */
void ipcmbox_attr_free(struct ipcmbox_attr *attr);

/**
 * ipcmbox_attr_set_capacity() - say how many messages are stored
 * @attr: attributes
 * @messages: IPCMBOX_RENDEZVOUS, 1 to IPCMBOX_CAPACITY_MAX, IPCMBOX_UNBOUNDED
 *
 * Values are checked when the mailbox is created.
 */
void ipcmbox_attr_set_capacity(struct ipcmbox_attr *attr, uint64_t messages);

/**
 * ipcmbox_attr_set_max_bytes() - say how many bytes are stored
 * @attr: attributes
 * @bytes: up to IPCMBOX_BYTES_MAX; 0 for the default
 */
void ipcmbox_attr_set_max_bytes(struct ipcmbox_attr *attr, uint64_t bytes);

/**
 * ipcmbox_attr_set_max_message() - say how long a message can be
 * @attr: attributes
 * @bytes: up to IPCMBOX_MESSAGE_MAX; 0 for the default
 */
void ipcmbox_attr_set_max_message(struct ipcmbox_attr *attr, uint64_t bytes);

/**
 * ipcmbox_attr_set_region_size() - ask for a region of shared memory
 * @attr: attributes
 * @bytes: up to IPCMBOX_REGION_MAX, rounded up to whole pages; 0 for none
 */
void ipcmbox_attr_set_region_size(struct ipcmbox_attr *attr, uint64_t bytes);

/**
 * ipcmbox_attr_set_hangup() - say whether it hangs up as a pipe does
 * @attr: attributes
 * @hangup: false to wait for a new peer when the last one has gone, which is the default
 *	of a mailbox with a name
 */
void ipcmbox_attr_set_hangup(struct ipcmbox_attr *attr, bool hangup);

/**
 * ipcmbox_attr_set_order() - say which message is received first
 * @attr: attributes
 * @order: IPCMBOX_FIFO, IPCMBOX_LIFO, IPCMBOX_PRIORITY
 */
void ipcmbox_attr_set_order(struct ipcmbox_attr *attr,
			    enum ipcmbox_order order);

/**
 * ipcmbox_attr_set_policy() - say which of several receivers is served
 * @attr: attributes
 * @policy: IPCMBOX_LONGEST, IPCMBOX_RECENT, IPCMBOX_TASK_PRIORITY,
 *	IPCMBOX_ONE_RECEIVER, IPCMBOX_EXCLUSIVE
 */
void ipcmbox_attr_set_policy(struct ipcmbox_attr *attr,
			     enum ipcmbox_policy policy);

/**
 * ipcmbox_attr_set_selective() - say whether receivers may choose
 * @attr: attributes
 * @selective: true to let them choose by type or by sender
 */
void ipcmbox_attr_set_selective(struct ipcmbox_attr *attr, bool selective);

/**
 * ipcmbox_attr_set_fair_share() - say whether users share the room
 * @attr: attributes
 * @fair: true if none is to take more than half of the room that the others leave; those
 *	who would get EXFULL
 */
void ipcmbox_attr_set_fair_share(struct ipcmbox_attr *attr, bool fair);

/**
 * ipcmbox_attr_set_broadcast() - say whether all who subscribe get each message
 * @attr: attributes
 * @broadcast: true for that; capacity, limit of bytes, order and policy must then be the
 *	default ones, and are given by each who subscribes, as is the choice of messages; a
 *	fair share there is none
 */
void ipcmbox_attr_set_broadcast(struct ipcmbox_attr *attr, bool broadcast);

/**
 * ipcmbox_attr_set_owned() - say whether it ends with the process that makes it
 * @attr: the attributes
 * @owned: whether it does, IPCMBOX_OWNED; the name ends with it. Without, a mailbox ends with
 *	its last descriptor or, if it has a name, after that is taken away. Neither for a
 *	pair nor for an inbox, which ends with its process as it is
 */
void ipcmbox_attr_set_owned(struct ipcmbox_attr *attr, bool owned);

/**
 * ipcmbox_attr_set_slow() - say what becomes of messages that there is no room for
 * @attr: attributes, for ipcmbox_subscribe() only
 * @slow: IPCMBOX_SLOW_BLOCK, IPCMBOX_SLOW_DROP_OLDEST, IPCMBOX_SLOW_DROP_NEWEST,
 *	IPCMBOX_SLOW_DISCONNECT
 */
void ipcmbox_attr_set_slow(struct ipcmbox_attr *attr, enum ipcmbox_slow slow);

/**
 * ipcmbox_attr_set_slow_mask() - say which of these those may choose who subscribe
 * @attr: attributes of a mailbox that broadcasts
 * @mask: bits 1 << IPCMBOX_SLOW_BLOCK and so on; 0 for all. A subscriber that blocks and
 *	does not receive stops the senders: leave out that bit where it is not trusted
 */
void ipcmbox_attr_set_slow_mask(struct ipcmbox_attr *attr, uint32_t mask);

/**
 * ipcmbox_open() - open /dev/ipcmbox
 *
 * For ipcmbox_version() and the functions that end in _at; a process that gave
 * up its file system keeps such a descriptor.
 *
 * In an instance (mount -t ipcmboxfs -o newinstance) it is the file "control" that serves
 * for this: open(2) gives a descriptor for the same functions.
 *
 * Return: a close-on-exec descriptor; -1 with an errno of open(2): ENOENT (there is no
 * such device), ENODEV or ENXIO (there is, but no module), EACCES (it is not for this user).
 * Functions below that open a name or an inbox by themselves give the same ones: who needs
 * to tell no device from no name opens the device first.
 */
int ipcmbox_open(void);

/**
 * ipcmbox_version() - ask what the module can do
 * @ctl: descriptor of /dev/ipcmbox
 * @version: set to the version of its ABI; may be NULL
 * @features: set to IPCMBOX_FEATURE_* bits; may be NULL
 *
 * Return: 0 or -1.
 */
int ipcmbox_version(int ctl, uint32_t *version, uint64_t *features);

/**
 * ipcmbox_create() - create a mailbox
 * @capacity: messages, as for ipcmbox_attr_set_capacity()
 * @open_flags: O_RDONLY, O_WRONLY or O_RDWR, and O_NONBLOCK where wanted
 *
 * Return: a close-on-exec descriptor with the admin right; -1 with errno: as
 * ipcmbox_open(), and EINVAL, EDQUOT, EMFILE, ENFILE, ENOMEM.
 */
int ipcmbox_create(uint64_t capacity, int open_flags);

/**
 * ipcmbox_create_attr() - create a mailbox with attributes
 * @attr: attributes
 * @open_flags: as for ipcmbox_create()
 *
 * Return: as ipcmbox_create().
 */
int ipcmbox_create_attr(const struct ipcmbox_attr *attr, int open_flags);

/**
 * ipcmbox_create_at() - create a mailbox on an open /dev/ipcmbox
 * @ctl: descriptor of /dev/ipcmbox
 * @attr: attributes
 * @open_flags: as for ipcmbox_create()
 *
 * Return: as ipcmbox_create().
 */
int ipcmbox_create_at(int ctl, const struct ipcmbox_attr *attr, int open_flags);

/**
 * ipcmbox_create_named() - create a mailbox with a name, or open it
 * @name: 1 to IPCMBOX_NAME_MAX bytes without a slash
 * @attr: attributes; one that is there must have the same
 * @open_flags: as for ipcmbox_create(); with O_EXCL it must not be there
 * @mode: permissions of its file, of which umask(2) takes away
 *
 * Return: a close-on-exec descriptor, with the admin right if it was made or its file is the
 * caller's; -1 with errno: as ipcmbox_create(), and EEXIST, EACCES, ENAMETOOLONG, EROFS,
 * EOVERFLOW (the instance has no number for this user).
 */
int ipcmbox_create_named(const char *name, const struct ipcmbox_attr *attr,
			 int open_flags, mode_t mode);

/**
 * ipcmbox_create_named_at() - create a mailbox with a name on an open /dev/ipcmbox
 * @ctl: descriptor of /dev/ipcmbox
 * @name: as for ipcmbox_create_named(), like the following
 * @attr: attributes
 * @open_flags: rights
 * @mode: permissions
 *
 * Return: as ipcmbox_create_named().
 */
int ipcmbox_create_named_at(int ctl, const char *name,
			    const struct ipcmbox_attr *attr, int open_flags,
			    mode_t mode);

/**
 * ipcmbox_open_named() - open a mailbox by its name
 * @name: the name
 * @open_flags: as for ipcmbox_create()
 *
 * Return: a close-on-exec descriptor without the admin right; -1 with errno: as
 * ipcmbox_open(), and ENOENT, EACCES, EINVAL, ENAMETOOLONG, EMFILE, ENFILE, ENOMEM.
 */
int ipcmbox_open_named(const char *name, int open_flags);

/**
 * ipcmbox_open_named_at() - open a mailbox by its name on an open /dev/ipcmbox
 * @ctl: descriptor of /dev/ipcmbox
 * @name: the name
 * @flags: IPCMBOX_ADMIN to get the admin right, which is for the owner of its file, or 0
 * @open_flags: as for ipcmbox_create()
 *
 * Return: as ipcmbox_open_named(), and EPERM.
 */
int ipcmbox_open_named_at(int ctl, const char *name, unsigned int flags,
			  int open_flags);

/**
 * ipcmbox_unlink() - take a name away
 * @name: the name
 *
 * The mailbox lives on until its last descriptor is closed.
 *
 * Return: 0; -1 with errno: as ipcmbox_open(), and ENOENT, EACCES, EPERM, ENAMETOOLONG,
 * EROFS.
 */
int ipcmbox_unlink(const char *name);

/**
 * ipcmbox_unlink_at() - take a name away on an open /dev/ipcmbox
 * @ctl: descriptor of /dev/ipcmbox
 * @name: the name
 *
 * Return: as ipcmbox_unlink().
 */
int ipcmbox_unlink_at(int ctl, const char *name);

/**
 * ipcmbox_list() - tell which names there are
 * @cursor: 0 for the first ones; set so that the next call goes on there
 * @entries: set to what ls -l would show of them, and more of those that may be read
 * @count: how many there is room for, 1 to IPCMBOX_LIST_MAX
 * @entry_size: sizeof(struct ipcmbox_entry)
 *
 * Return: how many were told, fewer than @count at the end; -1 with errno: as
 * ipcmbox_open(), and EACCES, EINVAL, ENOMEM, ENFILE, EINTR (it is being killed).
 */
ssize_t ipcmbox_list(uint64_t *cursor, struct ipcmbox_entry *entries,
		     size_t count, size_t entry_size);

/**
 * ipcmbox_list_at() - tell which names there are, on an open /dev/ipcmbox
 * @ctl: descriptor of /dev/ipcmbox
 * @cursor: as for ipcmbox_list(), like the following
 * @entries: the names
 * @count: how many
 * @entry_size: bytes of one
 *
 * Return: as ipcmbox_list().
 */
ssize_t ipcmbox_list_at(int ctl, uint64_t *cursor,
			struct ipcmbox_entry *entries, size_t count,
			size_t entry_size);

/**
 * ipcmbox_pair() - create a mailbox with two ends, as pipe(2)
 * @fds: set to two close-on-exec descriptors: fds[0] receives, fds[1] sends
 * @capacity: messages, as for ipcmbox_attr_set_capacity()
 *
 * Return: 0; -1 with errno as ipcmbox_create().
 */
int ipcmbox_pair(int fds[2], uint64_t capacity);

/**
 * ipcmbox_duplex() - create two mailboxes, one each way, as socketpair(2)
 * @fds: set to two close-on-exec descriptors: each receives what the other sends
 * @capacity: messages in each direction
 *
 * Return: 0; -1 with errno as ipcmbox_create().
 */
int ipcmbox_duplex(int fds[2], uint64_t capacity);

/**
 * ipcmbox_pair_at() - create a pair on an open /dev/ipcmbox
 * @ctl: descriptor of /dev/ipcmbox
 * @attr: attributes, of each mailbox
 * @flags: IPCMBOX_DUPLEX or 0
 * @open_flags: O_NONBLOCK or 0
 * @fds: set to two close-on-exec descriptors
 *
 * Return: 0; -1 with errno as ipcmbox_create(), and EOPNOTSUPP (a pair cannot broadcast, nor
 * belong to a process).
 */
int ipcmbox_pair_at(int ctl, const struct ipcmbox_attr *attr,
		    unsigned int flags, int open_flags, int fds[2]);

/**
 * ipcmbox_reopen() - open a mailbox again, with the same rights or fewer
 * @fd: the mailbox
 * @flags: IPCMBOX_ADMIN to keep the admin right, or 0
 * @open_flags: as for ipcmbox_create()
 *
 * Return: a close-on-exec descriptor; -1 with errno: EACCES (more rights than
 * @fd has), EMFILE, ENFILE.
 */
int ipcmbox_reopen(int fd, unsigned int flags, int open_flags);

/**
 * ipcmbox_send() - send a message; wait as long as it takes
 * @fd: the mailbox
 * @data: the message
 * @len: its bytes; may be 0
 *
 * Waits while the mailbox is full, and at capacity 0 until it is received.
 *
 * Return: 0; -1 with errno: EINTR, EAGAIN (O_NONBLOCK), EMSGSIZE, EPIPE, ENOBUFS,
 * EDQUOT, EXFULL (this user has his fair share), ECANCELED (by ipcmbox_cancel()), EBUSY (it
 * belongs to others). Nobody has received the message then.
 */
int ipcmbox_send(int fd, const void *data, size_t len);

/**
 * struct ipcmbox_receipt - what became of a message
 * @id: its number in the mailbox, 0 if it never had a place there
 * @disposition: enum ipcmbox_disposition
 * @reached: of a mailbox that broadcasts, how many subscribers have it or will; else 0
 *
 * The library is told the size, so that the struct can grow at its end.
 */
struct ipcmbox_receipt {
	uint64_t id;
	uint32_t disposition;
	uint32_t reached;
};

/**
 * ipcmbox_sendv() - send a message from several pieces, with flags and a deadline
 * @fd: the mailbox
 * @iov: the pieces
 * @iovcnt: how many, at most IPCMBOX_IOV_MAX
 * @flags: IPCMBOX_DONTWAIT, IPCMBOX_UNTIL_TAKEN, IPCMBOX_ALL
 * @deadline: when to stop waiting, 0 for never
 * @receipt: set to what became of the message, also on failure; may be NULL
 * @receipt_size: sizeof(*receipt)
 *
 * Return: as ipcmbox_send(); and ETIMEDOUT, ECANCELED (also if it was drained),
 * EOPNOTSUPP.
 */
int ipcmbox_sendv(int fd, const struct iovec *iov, int iovcnt,
		  unsigned int flags, uint64_t deadline,
		  struct ipcmbox_receipt *receipt, size_t receipt_size);

/* The number of a message whose sender still waits; see ipcmbox_ticket_new(). */
struct ipcmbox_ticket;

/**
 * struct ipcmbox_send_options - how a message is sent, and what it carries
 * @flags: IPCMBOX_DONTWAIT, IPCMBOX_UNTIL_TAKEN, IPCMBOX_ALL
 * @priority: 0 to IPCMBOX_PRIORITY_MAX, the highest
 * @deadline: when to stop waiting, 0 for never
 * @type: what receivers choose by; any number
 * @cookie: for the receiver
 * @fds: descriptors that go with it, of open files of any kind but mailboxes,
 *	/dev/ipcmbox, what is in ipcmboxfs, sockets of AF_UNIX and rings of io_uring, and
 *	fewer for a name in a mounted instance (struct ipcmbox_send); they stay open here
 * @nr_fds: how many, at most IPCMBOX_FDS_MAX
 * @ticket: tells the number of the message to other threads while this one waits; may be
 *	NULL, and is in a batch and in a case of ipcmbox_select()
 *
 * The library is told the size, so that the struct can grow at its end; what the
 * caller does not know is 0.
 */
struct ipcmbox_send_options {
	uint32_t flags;
	uint32_t priority;
	uint64_t deadline;
	uint64_t type;
	uint64_t cookie;
	const int *fds;
	size_t nr_fds;
	struct ipcmbox_ticket *ticket;
};

/**
 * ipcmbox_send_with() - send a message from several pieces, with all options
 * @fd: the mailbox
 * @iov: the pieces
 * @iovcnt: how many, at most IPCMBOX_IOV_MAX
 * @options: the options; NULL for all 0
 * @options_size: sizeof(*options)
 * @receipt: set to what became of the message, also on failure; may be NULL
 * @receipt_size: sizeof(*receipt)
 *
 * Return: as ipcmbox_sendv(); and E2BIG (an option that this library or the module
 * does not know), EINVAL (the priority, too many descriptors), EBADF (one of these is not
 * open), ELOOP (one is of a file that cannot go), ETOOMANYREFS (too many are on their way).
 */
int ipcmbox_send_with(int fd, const struct iovec *iov, int iovcnt,
		      const struct ipcmbox_send_options *options,
		      size_t options_size, struct ipcmbox_receipt *receipt,
		      size_t receipt_size);

/**
 * ipcmbox_ticket_new() - make a ticket
 *
 * Given to ipcmbox_send_with() or ipcmbox_call(), it lets other threads learn the number
 * of the message as soon as it has a place, and so cancel it. It is used for one of them
 * at a time, and again for the next.
 *
 * Return: the ticket, to be freed by ipcmbox_ticket_free() when nobody uses it; NULL with
 * ENOMEM.
 */
struct ipcmbox_ticket *ipcmbox_ticket_new(void);

/**
 * ipcmbox_ticket_free() - free a ticket
 * @ticket: the ticket or NULL
 */
void ipcmbox_ticket_free(struct ipcmbox_ticket *ticket);

/**
 * ipcmbox_ticket_id() - the number of the message that a ticket was last used for
 * @ticket: the ticket
 *
 * Any thread may ask at any time. If the ticket is just being used for the next message,
 * the number is that of either; each counts in the mailbox of that message.
 *
 * Return: the number; 0 as long as the message has no place in the mailbox.
 */
uint64_t ipcmbox_ticket_id(const struct ipcmbox_ticket *ticket);

/**
 * ipcmbox_cancel() - take back a message that this process has sent
 * @fd: the mailbox; needs the right to send, but need not be the port by which it was sent
 * @id: its number, of a receipt, an answer or a ticket
 *
 * Who waits for it in a send or a call gets ECANCELED. Never waits.
 *
 * Return: what was found, enum ipcmbox_cancelled: IPCMBOX_CANCEL_DONE (0) if it is taken
 * back; -1 with errno.
 */
int ipcmbox_cancel(int fd, uint64_t id);

/**
 * ipcmbox_recv() - receive a message; wait as long as it takes
 * @fd: the mailbox
 * @data: buffer
 * @len: its bytes
 *
 * Return: bytes of the message, which may be 0; -1 with errno: EINTR, EAGAIN
 * (O_NONBLOCK), EMSGSIZE (it is longer than the buffer, and stays), EPIPE (the
 * end: no sender is left), EBUSY (others receive), EDQUOT (too many calls of this user wait).
 */
ssize_t ipcmbox_recv(int fd, void *data, size_t len);

/**
 * struct ipcmbox_delivery - what is known of a received message
 * @id: its number in the mailbox
 * @len: its bytes, also if it was cut, and with EMSGSIZE
 * @flags: IPCMBOX_MSG_TRUNCATED, IPCMBOX_MSG_LEFT
 * @priority: as its sender gave it
 * @type: likewise
 * @cookie: likewise
 * @pid: the process that sent it, as the receiver sees it; 0 if it does not
 * @tid: its thread
 * @uid: its effective user id, as the receiver sees it
 * @gid: its effective group id, likewise
 * @token: of a call, what to answer it by; with IPCMBOX_MSG_LEFT there is no message, and
 *	the caller of this call waits no more; else 0
 * @nr_fds: how many descriptors the message carries, also if not all were wanted, and
 *	with EMSGSIZE
 * @reserved: 0
 * @lag: of a subscription, how many messages it lost before this one; else 0
 *
 * With EMSGSIZE only length and descriptors are known, and with any other error nothing: the rest
 * is 0. The library is told the size, so that the struct can grow at its end.
 */
struct ipcmbox_delivery {
	uint64_t id;
	uint64_t len;
	uint32_t flags;
	uint32_t priority;
	uint64_t type;
	uint64_t cookie;
	pid_t pid;
	pid_t tid;
	uid_t uid;
	gid_t gid;
	uint64_t token;
	uint32_t nr_fds;
	uint32_t reserved;
	uint64_t lag;
};

/**
 * ipcmbox_recvv() - receive a message into several pieces, with flags and a deadline
 * @fd: the mailbox
 * @iov: the pieces
 * @iovcnt: how many, at most IPCMBOX_IOV_MAX
 * @flags: IPCMBOX_DONTWAIT, IPCMBOX_TRUNCATE, IPCMBOX_NOTICES
 * @deadline: when to stop waiting, 0 for never
 * @delivery: set to what is known of the message; may be NULL
 * @delivery_size: sizeof(*delivery)
 *
 * Return: bytes that were stored in @iov; -1 with errno as ipcmbox_recv(), and
 * ETIMEDOUT, EOPNOTSUPP.
 */
ssize_t ipcmbox_recvv(int fd, const struct iovec *iov, int iovcnt,
		      unsigned int flags, uint64_t deadline,
		      struct ipcmbox_delivery *delivery, size_t delivery_size);

/**
 * struct ipcmbox_recv_options - how a message is received, and which
 * @flags: IPCMBOX_DONTWAIT, IPCMBOX_TRUNCATE, IPCMBOX_NOTICES
 * @match: enum ipcmbox_match; all but IPCMBOX_MATCH_ANY need a selective mailbox
 * @match_value: the type, or the pid of the sender; 0 for IPCMBOX_MATCH_ANY
 * @deadline: when to stop waiting, 0 for never
 * @fds: set to the descriptors that come, which are close-on-exec; as many as there are
 *	in the delivery, but with IPCMBOX_TRUNCATE at most @nr_fds
 * @nr_fds: how many there is room for, at most IPCMBOX_FDS_MAX; at 0 those that come are
 *	closed. ipcmbox_peek_with() gives some too, and the message keeps its own
 *
 * The library is told the size, so that the struct can grow at its end; what the
 * caller does not know is 0.
 */
struct ipcmbox_recv_options {
	uint32_t flags;
	uint32_t match;
	uint64_t match_value;
	uint64_t deadline;
	int *fds;
	size_t nr_fds;
};

/**
 * ipcmbox_recv_with() - receive a message into several pieces, with all options
 * @fd: the mailbox
 * @iov: the pieces
 * @iovcnt: how many, at most IPCMBOX_IOV_MAX
 * @options: the options; NULL for all 0
 * @options_size: sizeof(*options)
 * @delivery: set to what is known of the message; may be NULL
 * @delivery_size: sizeof(*delivery)
 *
 * Return: as ipcmbox_recvv(), where EPIPE says that no message of those wanted is
 * left; and E2BIG (an option that this library or the module does not know), EINVAL
 * (there is no such choice, or the mailbox is not selective), ESRCH (no process has
 * that pid), EMSGSIZE (also where there is room for some descriptors, but not for all),
 * EMFILE (the process has no room for them). The message stays then.
 */
ssize_t ipcmbox_recv_with(int fd, const struct iovec *iov, int iovcnt,
			  const struct ipcmbox_recv_options *options,
			  size_t options_size,
			  struct ipcmbox_delivery *delivery,
			  size_t delivery_size);

/**
 * ipcmbox_peek_with() - look at a message and leave it, with all options
 * @fd: the mailbox
 * @iov: the pieces
 * @iovcnt: how many, at most IPCMBOX_IOV_MAX
 * @options: the options; NULL for all 0. Of the flags it knows IPCMBOX_TRUNCATE only,
 *	and the deadline must be 0
 * @options_size: sizeof(*options)
 * @delivery: set to what is known of the message; may be NULL
 * @delivery_size: sizeof(*delivery)
 *
 * Never waits.
 *
 * Return: as ipcmbox_recv_with(); EAGAIN where there is no message of those wanted.
 */
ssize_t ipcmbox_peek_with(int fd, const struct iovec *iov, int iovcnt,
			  const struct ipcmbox_recv_options *options,
			  size_t options_size,
			  struct ipcmbox_delivery *delivery,
			  size_t delivery_size);

/**
 * ipcmbox_peek() - look at the next message and leave it
 * @fd: the mailbox
 * @data: buffer
 * @len: its bytes
 * @flags: IPCMBOX_TRUNCATE or 0
 * @delivery: set to what is known of the message; may be NULL
 * @delivery_size: sizeof(*delivery)
 *
 * Never waits.
 *
 * Return: as ipcmbox_recvv(); EAGAIN where there is no message.
 */
ssize_t ipcmbox_peek(int fd, void *data, size_t len, unsigned int flags,
		     struct ipcmbox_delivery *delivery, size_t delivery_size);

/**
 * struct ipcmbox_call_options - how a call is made, and what it carries
 * @flags: IPCMBOX_DONTWAIT: not for a receiver
 * @priority: as in struct ipcmbox_send_options
 * @deadline: when to stop waiting for the answer, 0 for never
 * @taken_deadline: when to stop waiting for a receiver, 0 for @deadline
 * @type: as in struct ipcmbox_send_options
 * @cookie: likewise
 * @fds: likewise
 * @nr_fds: likewise
 * @answer_fds: set to the descriptors that come with the answer, close-on-exec
 * @nr_answer_fds: how many there is room for, at most IPCMBOX_FDS_MAX
 * @ticket: as in struct ipcmbox_send_options
 *
 * The library is told the size, so that the struct can grow at its end; what the
 * caller does not know is 0.
 */
struct ipcmbox_call_options {
	uint32_t flags;
	uint32_t priority;
	uint64_t deadline;
	uint64_t taken_deadline;
	uint64_t type;
	uint64_t cookie;
	const int *fds;
	size_t nr_fds;
	int *answer_fds;
	size_t nr_answer_fds;
	struct ipcmbox_ticket *ticket;
};

/**
 * struct ipcmbox_answer - what became of a call
 * @id: number of its message in the mailbox, 0 if it never had a place there
 * @disposition: enum ipcmbox_disposition
 * @nr_fds: descriptors of the answer
 * @len: bytes of the answer
 * @cookie: the replier's
 *
 * The last three are 0 if the call failed. The library is told the size, so that the
 * struct can grow at its end.
 */
struct ipcmbox_answer {
	uint64_t id;
	uint32_t disposition;
	uint32_t nr_fds;
	uint64_t len;
	uint64_t cookie;
};

/**
 * ipcmbox_call() - send a message and wait for its answer
 * @fd: the mailbox
 * @iov: the pieces of the message
 * @iovcnt: how many, at most IPCMBOX_IOV_MAX
 * @answer_iov: the pieces that the answer goes to, at most IPCMBOX_MESSAGE_MAX bytes
 * @answer_iovcnt: how many, at most IPCMBOX_IOV_MAX
 * @options: the options; NULL for all 0
 * @options_size: sizeof(*options)
 * @answer: set to what became of the call, also on failure; may be NULL
 * @answer_size: sizeof(*answer)
 *
 * An answer that is longer than its pieces is refused to who gives it. If this fails,
 * the disposition says whether a receiver had the message: nobody if it is
 * IPCMBOX_NOT_SENT or IPCMBOX_WITHDRAWN, else what became of it is not known.
 *
 * Return: bytes of the answer, which may be 0; -1 with errno as ipcmbox_send_with(), and
 * ECANCELED (by ipcmbox_cancel(), or drained),
 * EOWNERDEAD (who received it has ended, has closed the mailbox or cannot answer),
 * EFAULT or EMFILE (it was answered, but the answer or its descriptors have no place).
 */
ssize_t ipcmbox_call(int fd, const struct iovec *iov, int iovcnt,
		     const struct iovec *answer_iov, int answer_iovcnt,
		     const struct ipcmbox_call_options *options,
		     size_t options_size, struct ipcmbox_answer *answer,
		     size_t answer_size);

/**
 * enum ipcmbox_outcome - what became of an answer
 * @IPCMBOX_UNANSWERED: nothing: the call waits as before, or this is not known
 * @IPCMBOX_ANSWERED: the caller has it
 * @IPCMBOX_STALE: nobody waits for it
 */
enum ipcmbox_outcome {
	IPCMBOX_UNANSWERED	= 0,
	IPCMBOX_ANSWERED	= 1,
	IPCMBOX_STALE		= 2,
};

/**
 * struct ipcmbox_response - an answer to a call
 * @token: of the delivery of the call
 * @iov: the pieces of the answer
 * @iovcnt: how many, at most IPCMBOX_IOV_MAX
 * @outcome: out, enum ipcmbox_outcome
 * @cookie: for the caller
 * @fds: descriptors that go with it, as in struct ipcmbox_send_options
 * @nr_fds: how many, at most IPCMBOX_FDS_MAX
 * @room: out, with EMSGSIZE: bytes that the caller has room for
 * @room_fds: out, with EMSGSIZE: descriptors that the caller has room for
 * @reserved: 0
 *
 * The library is told the size, so that the struct can grow at its end; what the
 * caller does not know is 0.
 */
struct ipcmbox_response {
	uint64_t token;
	const struct iovec *iov;
	int iovcnt;
	uint32_t outcome;
	uint64_t cookie;
	const int *fds;
	size_t nr_fds;
	uint64_t room;
	uint32_t room_fds;
	uint32_t reserved;
};

/**
 * ipcmbox_reply() - answer a call
 * @fd: the mailbox; needs the right to receive, but need not be the port by which the
 *	call came
 * @response: the answer, and what became of it
 * @response_size: sizeof(*response)
 *
 * Any thread or process may answer, in any order. Never waits.
 *
 * Return: 0; -1 with errno: ESTALE (the caller has left, was answered, or never was),
 * EMSGSIZE (the caller has no such room, and still waits), EBUSY (another is just
 * answering), ELOOP (a descriptor of a file that cannot go), E2BIG (as
 * ipcmbox_send_with()).
 */
int ipcmbox_reply(int fd, struct ipcmbox_response *response,
		  size_t response_size);

/**
 * ipcmbox_reply_recv() - answer a call and receive the next message
 * @fd: the mailbox
 * @response: as for ipcmbox_reply(); NULL to receive only
 * @response_size: sizeof(*response)
 * @iov: the pieces that the message goes to
 * @iovcnt: how many, at most IPCMBOX_IOV_MAX
 * @options: as for ipcmbox_recv_with()
 * @options_size: sizeof(*options)
 * @delivery: set to what is known of the message; may be NULL
 * @delivery_size: sizeof(*delivery)
 *
 * The loop of a server, in one system call. If this fails, the outcome of the response
 * says whether it has to be given again. An answer that nobody waits for does not make
 * it fail; after another error of the answer nothing is received.
 *
 * Return: as ipcmbox_recv_with(); -1 with errno as ipcmbox_reply(), but for ESTALE, and
 * ipcmbox_recv_with().
 */
ssize_t ipcmbox_reply_recv(int fd, struct ipcmbox_response *response,
			   size_t response_size, const struct iovec *iov,
			   int iovcnt,
			   const struct ipcmbox_recv_options *options,
			   size_t options_size,
			   struct ipcmbox_delivery *delivery,
			   size_t delivery_size);

/**
 * struct ipcmbox_select_case - a send or a receive that is done if it can be
 * @fd: the mailbox
 * @kind: enum ipcmbox_case_kind
 * @iov: the pieces of the message, or those that it goes to
 * @iovcnt: how many; all cases together have at most IPCMBOX_IOV_MAX
 * @reserved: must be 0
 * @options: a struct ipcmbox_send_options or ipcmbox_recv_options, without deadline and
 *	IPCMBOX_DONTWAIT; NULL for all 0
 * @options_size: its size
 * @result: a struct ipcmbox_receipt or ipcmbox_delivery, set if it is this case that was
 *	done or has failed; may be NULL
 * @result_size: its size
 */
struct ipcmbox_select_case {
	int fd;
	uint32_t kind;
	const struct iovec *iov;
	int iovcnt;
	uint32_t reserved;
	const void *options;
	size_t options_size;
	void *result;
	size_t result_size;
};

/**
 * struct ipcmbox_select_options - how one of several cases is chosen
 * @flags: IPCMBOX_DONTWAIT, IPCMBOX_ORDERED
 * @reserved: must be 0
 * @deadline: when to stop waiting, 0 for never
 *
 * The library is told the size, so that the struct can grow at its end; what the
 * caller does not know is 0.
 */
struct ipcmbox_select_options {
	uint32_t flags;
	uint32_t reserved;
	uint64_t deadline;
};

/**
 * struct ipcmbox_selected - which case was done
 * @index: its number, also if it failed; -1 if none was tried
 * @reserved: 0
 * @len: of a receive, bytes that were stored; else 0
 *
 * The library is told the size, so that the struct can grow at its end.
 */
struct ipcmbox_selected {
	int32_t index;
	uint32_t reserved;
	uint64_t len;
};

/**
 * ipcmbox_select() - do one of several sends and receives
 * @ctl: descriptor of /dev/ipcmbox
 * @cases: the cases
 * @count: how many, 1 to IPCMBOX_SELECT_MAX
 * @options: the options; NULL for all 0
 * @options_size: sizeof(*options)
 * @selected: set to what was done; may be NULL
 * @selected_size: sizeof(*selected)
 *
 * Exactly one is done: one of those that are ready, else the first that gets so. A
 * case that can only fail is ready too.
 *
 * Return: number of the case; -1 with errno: EINTR, EAGAIN (IPCMBOX_DONTWAIT, and none is
 * ready), ETIMEDOUT, EINVAL (too many cases or pieces, not a mailbox, or a case
 * has a deadline or IPCMBOX_DONTWAIT), E2BIG, EOPNOTSUPP, and of the case that failed an
 * errno of ipcmbox_send_with() or ipcmbox_recv_with().
 */
int ipcmbox_select(int ctl, const struct ipcmbox_select_case *cases,
		   unsigned int count,
		   const struct ipcmbox_select_options *options,
		   size_t options_size, struct ipcmbox_selected *selected,
		   size_t selected_size);

/**
 * struct ipcmbox_batch_message - one of many messages
 * @iov: the pieces of the message, or those that it goes to
 * @iovcnt: how many, at most IPCMBOX_IOV_MAX
 * @reserved: must be 0
 * @options: a struct ipcmbox_send_options or ipcmbox_recv_options, without deadline and
 *	IPCMBOX_DONTWAIT; NULL for all 0
 * @options_size: its size
 * @result: a struct ipcmbox_receipt or ipcmbox_delivery, set if the message was sent or
 *	received; may be NULL
 * @result_size: its size
 */
struct ipcmbox_batch_message {
	const struct iovec *iov;
	int iovcnt;
	uint32_t reserved;
	const void *options;
	size_t options_size;
	void *result;
	size_t result_size;
};

/**
 * struct ipcmbox_batch_options - how many messages are sent or received
 * @flags: IPCMBOX_DONTWAIT
 * @reserved: must be 0
 * @deadline: when to stop waiting, 0 for never
 *
 * The library is told the size, so that the struct can grow at its end; what the
 * caller does not know is 0.
 */
struct ipcmbox_batch_options {
	uint32_t flags;
	uint32_t reserved;
	uint64_t deadline;
};

/**
 * ipcmbox_send_batch() - send many messages, one after the other
 * @fd: the mailbox
 * @messages: the messages
 * @count: how many
 * @options: the options; NULL for all 0
 * @options_size: sizeof(*options)
 *
 * Enters the kernel once for many of them. The result of the first that was not sent, if
 * it was tried, is set as well: it says whether the message ever had a place.
 *
 * Return: how many were sent, the first ones; -1 with errno as ipcmbox_send_with() if not
 * even one was. An error of a later one is not told, but comes again if it lasts.
 */
int ipcmbox_send_batch(int fd, const struct ipcmbox_batch_message *messages,
		       unsigned int count,
		       const struct ipcmbox_batch_options *options,
		       size_t options_size);

/**
 * ipcmbox_recv_batch() - receive a message, and as many more as there are
 * @fd: the mailbox
 * @messages: where they go
 * @count: how many at most
 * @options: the options; NULL for all 0
 * @options_size: sizeof(*options)
 *
 * Waits for the first one only.
 *
 * Return: how many were received; -1 with errno as ipcmbox_recv_with() if not even one
 * was, and then the result of the first is set as it says there. An error of a later one
 * is not told: that message stays, and the result for it is 0 or as it was.
 */
int ipcmbox_recv_batch(int fd, const struct ipcmbox_batch_message *messages,
		       unsigned int count,
		       const struct ipcmbox_batch_options *options,
		       size_t options_size);

/**
 * ipcmbox_notify() - have events counted by an eventfd
 * @fd: the mailbox
 * @eventfd: descriptor of an eventfd(2), to which 1 is added at each event of the mailbox,
 *	however many ports name it; -1 for none
 * @events: IPCMBOX_EVENT_*; 0 if @eventfd is -1
 * @flags: IPCMBOX_ONESHOT for the first event only, or 0
 *
 * Replaces what was asked for by this port before. Tells of what happens from now on, so
 * look at the state afterwards.
 *
 * Return: 0; -1 with errno: EBADF (also if @eventfd is not open, or for an event that this
 * port has no right to), EINVAL (also if it is no eventfd), EDQUOT, EUSERS (there are
 * IPCMBOX_WATCHES_MAX already of the ports that can receive, or of those that only send).
 */
int ipcmbox_notify(int fd, int eventfd, unsigned int events,
		   unsigned int flags);

/**
 * ipcmbox_subscribe() - get what is broadcast from now on
 * @fd: a mailbox that broadcasts; needs the right to receive
 * @attr: attributes of the subscription: capacity, limit of bytes, policy, choice, and
 *	what becomes of messages that there is no room for; others must be the default ones
 * @open_flags: O_NONBLOCK or 0
 *
 * Return: a close-on-exec descriptor, to receive from; -1 with errno: EINVAL (also at
 * capacity 0, and where the mailbox does not broadcast), EACCES (it does not allow what
 * becomes of messages), EUSERS (there are IPCMBOX_SUBSCRIBERS_MAX), EOPNOTSUPP, EDQUOT,
 * EMFILE, ENFILE.
 */
int ipcmbox_subscribe(int fd, const struct ipcmbox_attr *attr, int open_flags);

/**
 * ipcmbox_inbox() - claim the inbox of this process, for others of the same user
 * @capacity: messages, as for ipcmbox_attr_set_capacity()
 *
 * Return: a close-on-exec descriptor, to receive from; the inbox ends with it. -1 with
 * errno as ipcmbox_create(), and EBUSY (the process has one).
 */
int ipcmbox_inbox(uint64_t capacity);

/**
 * ipcmbox_inbox_at() - claim the inbox of this process on an open /dev/ipcmbox
 * @ctl: descriptor of /dev/ipcmbox
 * @attr: capacity, limits, order and fair shares; others must be the default ones
 * @access: IPCMBOX_ACCESS_USER, IPCMBOX_ACCESS_GROUP, IPCMBOX_ACCESS_ANYONE
 * @gid: the group of IPCMBOX_ACCESS_GROUP; else 0
 * @open_flags: O_NONBLOCK or 0
 *
 * Return: as ipcmbox_inbox(); and EPERM (the process is not in @gid).
 */
int ipcmbox_inbox_at(int ctl, const struct ipcmbox_attr *attr,
		     enum ipcmbox_access access, gid_t gid, int open_flags);

/**
 * ipcmbox_open_pid() - open the inbox of a process by its number
 * @pid: the process, as this one sees it
 *
 * Who gets the number of a process from elsewhere cannot know that it is still the same
 * process; ipcmbox_open_pidfd() can.
 *
 * Return: a close-on-exec descriptor, to send to, which stays with that process; -1 with
 * errno: as ipcmbox_open(), and EINVAL, ESRCH (there is no such process), ENOENT (it has
 * no inbox), EACCES (it does not let this one in), EMFILE, ENFILE.
 */
int ipcmbox_open_pid(pid_t pid);

/**
 * ipcmbox_open_pid_at() - open an inbox on an open /dev/ipcmbox
 * @ctl: descriptor of /dev/ipcmbox
 * @pid: as for ipcmbox_open_pid()
 * @open_flags: O_NONBLOCK or 0
 *
 * Return: as ipcmbox_open_pid().
 */
int ipcmbox_open_pid_at(int ctl, pid_t pid, int open_flags);

/**
 * ipcmbox_open_pidfd() - open the inbox of the process of a pidfd
 * @pidfd: as pidfd_open(2) gives it
 *
 * Return: as ipcmbox_open_pid(); and EBADF (not open), EINVAL (not a pidfd), EOPNOTSUPP
 * (/proc is not there, or is that of another pid namespace: it says which process it is).
 */
int ipcmbox_open_pidfd(int pidfd);

/**
 * ipcmbox_open_pidfd_at() - open an inbox by a pidfd on an open /dev/ipcmbox
 * @ctl: descriptor of /dev/ipcmbox
 * @pidfd: as for ipcmbox_open_pidfd()
 * @open_flags: O_NONBLOCK or 0
 *
 * Return: as ipcmbox_open_pidfd().
 */
int ipcmbox_open_pidfd_at(int ctl, int pidfd, int open_flags);

/**
 * ipcmbox_deadline() - the instant that lies a duration ahead
 * @ns: nanoseconds from now
 *
 * Return: an instant of CLOCK_MONOTONIC, never 0; the last there is if @ns is
 * beyond it.
 */
uint64_t ipcmbox_deadline(uint64_t ns);

/**
 * ipcmbox_info() - read attributes, counters and state
 * @fd: the mailbox; needs no right
 * @flags: IPCMBOX_TX or 0
 * @info: filled in; what this module does not know is 0
 * @info_size: sizeof(*info)
 *
 * Return: 0 or -1.
 */
int ipcmbox_info(int fd, unsigned int flags, struct ipcmbox_info *info,
		 size_t info_size);

/**
 * ipcmbox_set_capacity() - change how many messages are stored
 * @fd: the mailbox, bounded; needs the admin right
 * @messages: 1 to IPCMBOX_CAPACITY_MAX
 *
 * Return: 0 or -1.
 */
int ipcmbox_set_capacity(int fd, uint64_t messages);

/**
 * ipcmbox_set_max_bytes() - change how many bytes are stored
 * @fd: the mailbox, not a rendezvous; needs the admin right
 * @bytes: at least max_message, up to IPCMBOX_BYTES_MAX; 0 for no limit; an
 *	unbounded one must have one
 *
 * Return: 0 or -1.
 */
int ipcmbox_set_max_bytes(int fd, uint64_t bytes);

/**
 * ipcmbox_set_max_message() - change how long a message can be
 * @fd: the mailbox; needs the admin right
 * @bytes: 1 to IPCMBOX_MESSAGE_MAX
 *
 * Return: 0 or -1.
 */
int ipcmbox_set_max_message(int fd, uint64_t bytes);

/**
 * ipcmbox_drain() - discard what is stored
 * @fd: the mailbox; needs the right to receive
 * @messages: set to how many; may be NULL
 * @bytes: set to their bytes; may be NULL
 *
 * Return: 0 or -1.
 */
int ipcmbox_drain(int fd, uint64_t *messages, uint64_t *bytes);

/**
 * ipcmbox_destroy() - end a mailbox, whoever still uses it
 * @fd: the mailbox; needs the admin right; stays open
 *
 * Return: 0 or -1.
 */
int ipcmbox_destroy(int fd);

/* A mapping of a mailbox's region of shared memory. */
struct ipcmbox_region;

/**
 * ipcmbox_region_map() - map the whole region
 * @fd: the mailbox, open for reading; the mapping is writable if it is O_RDWR
 *
 * The mapping outlives @fd and the mailbox, and is inherited over fork(2).
 *
 * Return: the mapping, to be ended by ipcmbox_region_unmap(); NULL with errno:
 * ENODEV (no region), EACCES, and those of mmap(2).
 */
struct ipcmbox_region *ipcmbox_region_map(int fd);

/**
 * ipcmbox_region_unmap() - end a mapping
 * @region: the mapping or NULL; what points into it is void
 */
void ipcmbox_region_unmap(struct ipcmbox_region *region);

/**
 * ipcmbox_region_addr() - where a region is mapped
 * @region: the mapping
 *
 * Return: its first byte, at the beginning of a page.
 */
void *ipcmbox_region_addr(const struct ipcmbox_region *region);

/**
 * ipcmbox_region_size() - how large a region is
 * @region: the mapping
 *
 * Return: bytes, whole pages.
 */
size_t ipcmbox_region_size(const struct ipcmbox_region *region);

/*
 * Synchronisation in a region: objects of pthreads and semaphore.h, made such
 * that processes share them. Once made by one process they can be used with
 * every function of pthreads as well. All are thread-safe.
 */

/**
 * ipcmbox_mutex_init() - make a robust mutex in shared memory
 * @mutex: the mutex, in a region
 *
 * Return: 0 or -1. Freed by ipcmbox_mutex_destroy().
 */
int ipcmbox_mutex_init(pthread_mutex_t *mutex);

/**
 * ipcmbox_mutex_destroy() - free a mutex that nobody uses
 * @mutex: the mutex, not locked
 *
 * Return: 0 or -1.
 */
int ipcmbox_mutex_destroy(pthread_mutex_t *mutex);

/**
 * ipcmbox_mutex_lock() - lock
 * @mutex: the mutex
 * @deadline: when to stop waiting, 0 for never
 *
 * Return: 0 if it is locked. -1 with EOWNERDEAD: it is locked too, but its last
 * owner died with it: repair what it protects, then call
 * ipcmbox_mutex_consistent(), else it is lost at the unlock. -1 with
 * ENOTRECOVERABLE (it is lost), ETIMEDOUT, EDEADLK (the caller has it).
 */
int ipcmbox_mutex_lock(pthread_mutex_t *mutex, uint64_t deadline);

/**
 * ipcmbox_mutex_trylock() - lock if it is free
 * @mutex: the mutex
 *
 * Return: as ipcmbox_mutex_lock(); -1 with EBUSY if it is not free.
 */
int ipcmbox_mutex_trylock(pthread_mutex_t *mutex);

/**
 * ipcmbox_mutex_consistent() - say that what a mutex protects is repaired
 * @mutex: the mutex, locked with EOWNERDEAD
 *
 * Return: 0; -1 with EINVAL.
 */
int ipcmbox_mutex_consistent(pthread_mutex_t *mutex);

/**
 * ipcmbox_mutex_unlock() - unlock
 * @mutex: the mutex
 *
 * Return: 0; -1 with EPERM if the caller does not have it.
 */
int ipcmbox_mutex_unlock(pthread_mutex_t *mutex);

/**
 * ipcmbox_cond_init() - make a condition in shared memory
 * @cond: the condition, in a region
 *
 * Return: 0 or -1. Freed by ipcmbox_cond_destroy().
 */
int ipcmbox_cond_init(pthread_cond_t *cond);

/**
 * ipcmbox_cond_destroy() - free a condition that nobody waits for
 * @cond: the condition
 *
 * Return: 0 or -1.
 */
int ipcmbox_cond_destroy(pthread_cond_t *cond);

/**
 * ipcmbox_cond_wait() - wait for a signal
 * @cond: the condition
 * @mutex: locked by the caller, and locked again on return
 * @deadline: when to stop waiting, 0 for never
 *
 * May return without a signal, as pthread_cond_wait(3).
 *
 * Return: 0; -1 with ETIMEDOUT, or EOWNERDEAD as ipcmbox_mutex_lock().
 */
int ipcmbox_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex,
		      uint64_t deadline);

/**
 * ipcmbox_cond_signal() - wake one that waits
 * @cond: the condition
 *
 * Return: 0 or -1.
 */
int ipcmbox_cond_signal(pthread_cond_t *cond);

/**
 * ipcmbox_cond_broadcast() - wake all that wait
 * @cond: the condition
 *
 * Return: 0 or -1.
 */
int ipcmbox_cond_broadcast(pthread_cond_t *cond);

/**
 * ipcmbox_sem_init() - make a counting semaphore in shared memory
 * @sem: the semaphore, in a region
 * @value: how many may enter, at most SEM_VALUE_MAX
 *
 * Return: 0; -1 with EINVAL. Freed by ipcmbox_sem_destroy().
 */
int ipcmbox_sem_init(sem_t *sem, unsigned int value);

/**
 * ipcmbox_sem_destroy() - free a semaphore that nobody waits for
 * @sem: the semaphore
 *
 * Return: 0 or -1.
 */
int ipcmbox_sem_destroy(sem_t *sem);

/**
 * ipcmbox_sem_wait() - enter
 * @sem: the semaphore
 * @deadline: when to stop waiting, 0 for never
 *
 * Return: 0; -1 with EINTR, ETIMEDOUT.
 */
int ipcmbox_sem_wait(sem_t *sem, uint64_t deadline);

/**
 * ipcmbox_sem_post() - leave
 * @sem: the semaphore
 *
 * Return: 0; -1 with EOVERFLOW.
 */
int ipcmbox_sem_post(sem_t *sem);

#ifdef __cplusplus
}
#endif

#endif /* IPCMBOX_H */
