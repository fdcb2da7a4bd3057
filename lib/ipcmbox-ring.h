/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libipcmbox - rings of messages in shared memory
 *
 * A ring carries messages of any length from one producer, or from many, to one
 * consumer, in order, through memory that they share: the region of a mailbox
 * (ipcmbox_region_map()), or any other. As long as it is neither empty nor full it
 * takes no system call; the kernel never looks at it.
 *
 * Errors, time and deadlines are as in <ipcmbox.h>: -1 or NULL and errno; EINTR is
 * passed on, also under SA_RESTART; 0 is no deadline. A function that fails has
 * changed nothing that is seen from outside. These errors have the same meaning
 * everywhere:
 *
 *  - EBADF: the other role has this function.
 *  - EOPNOTSUPP: a flag that is not known.
 *  - EAGAIN: it would have to wait, and IPCMBOX_DONTWAIT is set.
 *  - ETIMEDOUT, EINTR: the deadline passed, or a signal came, first.
 *  - EPROTO: what lies in the ring cannot be; somebody has overwritten it.
 *  - those of membarrier(2), for a wait of a process that was forbidden it after it had
 *    attached.
 *
 * Threads: a handle is for one thread at a time, in the process that attached it; a
 * child of fork(2) attaches by itself. Producers that are threads of one process
 * attach each for itself.
 */
#ifndef IPCMBOX_RING_H
#define IPCMBOX_RING_H

#include <ipcmbox.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * DOC: A producer or a consumer that dies
 *
 * Who has attached is noted in the ring: process, time of its start, and namespaces of
 * pids and time. Who waits for a peer looks each IPCMBOX_RING_CHECK whether that process
 * is still there: by kill(2), and by /proc/PID/stat if it can be read. One that cannot
 * be judged counts as alive: one in another namespace of these, and each if either of the
 * two saw no /proc of its own pid namespace when it attached. So does one that only one
 * thread of ended, or that called execve(2): detach before these.
 *
 * With IPCMBOX_RING_MPSC a reservation is marked as its producer's. If that one is
 * killed between reserve and commit, the consumer skips the record when it gets there
 * and IPCMBOX_RING_CHECK has passed, and counts it in ipcmbox_ring_stat.abandoned; the
 * messages behind it follow. So it does with padding before the wrap, if its producer is
 * killed while it writes it. Without IPCMBOX_RING_MPSC an uncommitted record is seen by
 * nobody, and the next producer that attaches begins where it lay. Of a batch whose
 * producer is killed within ipcmbox_ring_commit() a part may arrive. A producer that is
 * killed after it has committed, and before it has woken the consumer, delays the message
 * by IPCMBOX_RING_CHECK at most; but see ipcmbox_ring_arm().
 *
 * A producer that is *stopped* between reserve and commit, or while it writes padding, is
 * alive: messages that others commit behind it wait until it goes on, and so does the
 * consumer, until its deadline. Reserve late, and commit soon.
 *
 * If the consumer is killed, producers go on while there is room. Who finds none then gets
 * EOWNERDEAD, once IPCMBOX_RING_CHECK has passed since it first found none, and in calls
 * that do not wait, too; or EPIPE if the consumer had detached. Another consumer may
 * attach, and begins with the first message that has not been consumed.
 */

/**
 * DOC: A peer that is not trusted
 *
 * Whoever can write to the memory can destroy and forge what is in it, stop everybody's
 * progress, and be taken for dead or alive. It cannot have the functions below read or
 * write outside the ring, crash, or go on for ever: each index and length is read once,
 * and checked against the size that was read when attaching; what cannot be is EPROTO, and
 * a wait ends with its deadline. What ipcmbox_ring_peek() points to can change while it is
 * looked at: copy what you check, as ipcmbox_ring_recv() does. Who can truncate a file
 * that is mapped can have its users get SIGBUS; a region of a mailbox cannot be truncated.
 */

/* How many producers can be attached to a ring. */
#define IPCMBOX_RING_PRODUCERS	64
/* How many records one producer can have reserved. */
#define IPCMBOX_RING_BATCH	64
/* Bytes of the longest message, in a ring that is large enough. */
#define IPCMBOX_RING_MESSAGE_MAX	((1UL << 24) - 1)
/* Bytes of the smallest ring. */
#define IPCMBOX_RING_CAPACITY_MIN	256
/* How often who waits looks whether the others live, in nanoseconds. */
#define IPCMBOX_RING_CHECK	100000000ULL
/* The cookie of the message that a ring sends to a mailbox. */
#define IPCMBOX_RING_COOKIE	0x676e6972ULL

/* Flags of ipcmbox_ring_init(). */
#define IPCMBOX_RING_MPSC	1U	/* many producers */
#define IPCMBOX_RING_FENCES	2U	/* no membarrier(2) */

/**
 * enum ipcmbox_ring_role - what somebody does with a ring
 * @IPCMBOX_RING_PRODUCER: it sends
 * @IPCMBOX_RING_CONSUMER: it receives
 */
enum ipcmbox_ring_role {
	IPCMBOX_RING_PRODUCER,
	IPCMBOX_RING_CONSUMER,
};

/* One who has attached to a ring. */
struct ipcmbox_ring;

/**
 * struct ipcmbox_ring_stat - a ring as it is
 * @capacity: bytes of data
 * @message_max: bytes of the longest message that it takes
 * @used: bytes of records that are reserved or not consumed, each a multiple of 64
 * @abandoned: records and padding that were skipped because their producer had died
 * @abandoned_bytes: of these
 * @features: IPCMBOX_RING_MPSC, IPCMBOX_RING_FENCES
 * @producers: how many are attached, the dead too
 * @consumers: likewise, 0 or 1
 * @dead: how many of both have died
 *
 * All but @capacity, @message_max and @features is what the shared memory says.
 */
struct ipcmbox_ring_stat {
	uint64_t capacity;
	uint64_t message_max;
	uint64_t used;
	uint64_t abandoned;
	uint64_t abandoned_bytes;
	uint32_t features;
	uint32_t producers;
	uint32_t consumers;
	uint32_t dead;
};

/**
 * ipcmbox_ring_size() - say how much memory a ring takes
 * @capacity: bytes of data, made IPCMBOX_RING_CAPACITY_MIN at least and rounded up to a
 *	power of 2; at most 2^40
 *
 * Return: bytes, for ipcmbox_attr_set_region_size() and ipcmbox_ring_init(); 0 with EINVAL
 * (too large).
 */
size_t ipcmbox_ring_size(size_t capacity);

/**
 * ipcmbox_ring_init() - make a ring
 * @memory: where, at a multiple of 128 bytes; it can be written and is shared by those who
 *	will attach
 * @size: how many bytes it has; the largest ring that fits is made
 * @flags: IPCMBOX_RING_MPSC if there will be more than one producer at a time;
 *	IPCMBOX_RING_FENCES if it is not to use membarrier(2), which costs the others an
 *	interrupt when one goes to sleep, and without which each message costs a fence. It
 *	is set by itself where the kernel has no such call
 *
 * Nobody uses the memory meanwhile; whoever had attached before must not go on.
 *
 * Return: 0; -1 with EINVAL (the memory is too small or not aligned).
 */
int ipcmbox_ring_init(void *memory, size_t size, unsigned int flags);

/**
 * ipcmbox_ring_attach() - begin to use a ring
 * @memory: the ring, as this process has it mapped; stays so until ipcmbox_ring_detach()
 * @size: bytes that are mapped
 * @role: what for
 * @fd: the mailbox to which a producer sends when the consumer has armed the ring, with the
 *	right to send; stays open until ipcmbox_ring_detach(). -1 if there is none, and for a
 *	consumer
 *
 * A producer takes a free slot, or that of a dead one, and then gives up what that one had
 * reserved.
 *
 * Return: a handle; NULL with errno: EINVAL (no ring is there, or it does not fit into
 * @size), EPROTONOSUPPORT (another version of it), EOPNOTSUPP (a feature that is not
 * known, or membarrier(2) is refused and the ring was made without IPCMBOX_RING_FENCES),
 * EBUSY (there is a consumer, or the one producer), EUSERS (all slots are in use), EPROTO,
 * ENOMEM.
 */
struct ipcmbox_ring *ipcmbox_ring_attach(void *memory, size_t size,
					 enum ipcmbox_ring_role role, int fd);

/**
 * ipcmbox_ring_detach() - stop using a ring
 * @ring: the handle or NULL; what is reserved is given up, and what is peeked and not
 *	consumed stays
 */
void ipcmbox_ring_detach(struct ipcmbox_ring *ring);

/**
 * ipcmbox_ring_reserve() - get room for a message
 * @ring: a producer
 * @len: its bytes, 0 to the message_max of ipcmbox_ring_stat(): half the capacity,
 *	IPCMBOX_RING_MESSAGE_MAX at most
 * @flags: IPCMBOX_DONTWAIT or 0
 * @deadline: how long to wait for room
 *
 * The room is of one piece, begins at a multiple of 64 bytes, and has what was left there.
 * Several may be reserved, to be committed together: that is a batch. The order of messages
 * is that in which they were reserved. Who has reserved records does not wait for more room,
 * since the consumer cannot pass these.
 *
 * Return: where to write the message; NULL with errno: EMSGSIZE (too long), ENOBUFS
 * (IPCMBOX_RING_BATCH are reserved), EDEADLK (no room beside what this one has reserved),
 * EPIPE (no room, and the consumer has detached), EOWNERDEAD (likewise, it has died), EBADF,
 * EOPNOTSUPP, EAGAIN, ETIMEDOUT, EINTR, EPROTO.
 */
void *ipcmbox_ring_reserve(struct ipcmbox_ring *ring, size_t len,
			   unsigned int flags, uint64_t deadline);

/**
 * ipcmbox_ring_commit() - send all that is reserved
 * @ring: a producer
 *
 * They are seen all at once by the consumer, except what others have reserved in between,
 * and wake it once.
 *
 * With nothing reserved it only tries again to tell the consumer, if that is owed.
 *
 * Return: 0; 1 with errno as ipcmbox_send() if all is sent, but the message to the mailbox of
 * a consumer that has armed the ring failed: the next commit of any producer tries that again,
 * so this one may call again; -1 with errno: EBADF, EPROTO (some were given up by somebody who
 * took this producer for dead, which it is not; the others are sent).
 */
int ipcmbox_ring_commit(struct ipcmbox_ring *ring);

/**
 * ipcmbox_ring_abort() - give up all that is reserved
 * @ring: a producer
 *
 * The consumer is told as by a commit, since others may have sent behind it.
 *
 * Return: 0; 1 as ipcmbox_ring_commit(); -1 with EBADF.
 */
int ipcmbox_ring_abort(struct ipcmbox_ring *ring);

/**
 * ipcmbox_ring_send() - send a message
 * @ring: a producer
 * @data: the message
 * @len: its bytes
 * @flags: as for ipcmbox_ring_reserve()
 * @deadline: likewise
 *
 * Reserves, copies, and commits this and what was reserved before. Who wants to know whether
 * an armed consumer was told of it calls ipcmbox_ring_commit() next.
 *
 * Return: 0; -1 with errno as ipcmbox_ring_reserve() and ipcmbox_ring_commit().
 */
int ipcmbox_ring_send(struct ipcmbox_ring *ring, const void *data, size_t len,
		      unsigned int flags, uint64_t deadline);

/**
 * ipcmbox_ring_peek() - look at the next message
 * @ring: the consumer
 * @len: set to its bytes
 * @flags: IPCMBOX_DONTWAIT or 0
 * @deadline: how long to wait for one
 *
 * Each call gives the message after the one before. They stay where they are, in shared
 * memory, until ipcmbox_ring_consume(), which frees all that were peeked: that is a batch.
 * Who has peeked all that fits into the ring must consume before he waits for more.
 *
 * Return: the message, of one piece, at a multiple of 64 bytes; NULL with errno: EPIPE (none,
 * and the last producer has detached), EOWNERDEAD (none, and those that are attached have
 * died), EBADF, EOPNOTSUPP, EAGAIN, ETIMEDOUT, EINTR, EPROTO. Where no producer ever came,
 * one waits.
 */
const void *ipcmbox_ring_peek(struct ipcmbox_ring *ring, size_t *len,
			      unsigned int flags, uint64_t deadline);

/**
 * ipcmbox_ring_consume() - free the room of all that was peeked
 * @ring: the consumer
 *
 * Return: 0; -1 with EBADF.
 */
int ipcmbox_ring_consume(struct ipcmbox_ring *ring);

/**
 * ipcmbox_ring_recv() - receive a message
 * @ring: the consumer
 * @data: where it is copied to
 * @size: bytes that fit
 * @flags: as for ipcmbox_ring_peek()
 * @deadline: likewise
 *
 * Consumes this and all that was peeked.
 *
 * Return: its bytes; -1 with errno: EMSGSIZE (it is longer than @size, and stays:
 * ipcmbox_ring_peek() tells how long it is), or as ipcmbox_ring_peek().
 */
ssize_t ipcmbox_ring_recv(struct ipcmbox_ring *ring, void *data, size_t size,
			  unsigned int flags, uint64_t deadline);

/**
 * ipcmbox_ring_arm() - have the next message make a mailbox readable
 * @ring: the consumer
 *
 * The next producer that commits, or detaches, sends an empty message with the cookie
 * IPCMBOX_RING_COOKIE to the mailbox that it named when it attached: one for each time that
 * this function returned 0, or that it returned 1 after a producer was faster. Producers
 * without a mailbox leave that to others. The mailbox must store messages (not be a
 * rendezvous); if it is full it is readable as it is. So poll(2) is used like this::
 *
 *   for (;;) {
 *           while (ipcmbox_ring_recv(ring, data, size, IPCMBOX_DONTWAIT, 0) >= 0)
 *                   use(data);
 *           if (ipcmbox_ring_arm(ring) != 0)
 *                   continue;
 *           poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, timeout);
 *           ipcmbox_recvv(fd, NULL, 0, IPCMBOX_DONTWAIT, 0, NULL, 0);
 *   }
 *
 * The mailbox may be readable though the ring is empty. A producer that is killed after it
 * has committed and before it has sent leaves the mailbox as it is, and so does one that is
 * killed before it commits. So does one whose message to the mailbox fails though there is
 * room, as with EDQUOT or ENOMEM: the ring stays armed then, and ipcmbox_ring_commit() tells
 * the producer, but the consumer waits for the next one. Where any of this may be, have
 * poll(2) end after IPCMBOX_RING_CHECK or some other time, and look. POLLHUP tells that the
 * last one who could send has gone.
 *
 * Return: 0 if it is armed; 1 if there is a message already; -1 with errno: EPIPE, EBADF,
 * EPROTO.
 */
int ipcmbox_ring_arm(struct ipcmbox_ring *ring);

/**
 * ipcmbox_ring_stat() - ask how a ring is
 * @ring: a producer or the consumer
 * @stat: filled in; what this library does not know is 0
 * @stat_size: sizeof(*stat)
 *
 * Return: 0.
 */
int ipcmbox_ring_stat(struct ipcmbox_ring *ring, struct ipcmbox_ring_stat *stat,
		      size_t stat_size);

#ifdef __cplusplus
}
#endif

#endif /* IPCMBOX_RING_H */
