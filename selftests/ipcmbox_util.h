/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of ipcmbox share: each ioctl as a function that returns 0 (or
 * a descriptor) or -errno, operations that run in a thread of their own, ways to
 * wait until one is parked, and the conservation law that every test ends with.
 */
#ifndef IPCMBOX_UTIL_H
#define IPCMBOX_UTIL_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/ipcmbox.h>

#define MBOX_DEVICE	"/dev/ipcmbox"
#define MBOX_PARAMETERS	"/sys/module/ipcmbox/parameters/"

/* All that this tree can do. */
#define MBOX_FEATURES	(IPCMBOX_FEATURE_SHARE * 2 - 1)

#ifndef NSEC_PER_MSEC
#define NSEC_PER_MSEC	1000000ULL
#endif

/* How long until something that must happen counts as lost. */
#define MBOX_WATCHDOG_MS	20000

/* The control file of the calls below that name none; another for an instance. */
extern const char *mbox_device;

/* Each ioctl; 0, or a descriptor, or -errno. */
int mbox_ioctl(int fd, unsigned long command, void *arg);
int mbox_device_ioctl(unsigned long command, void *arg);
int mbox_create_as(struct ipcmbox_create *create);
int mbox_create(uint64_t capacity, int open_flags);
int mbox_create_by(uint64_t capacity, enum ipcmbox_order order,
		   enum ipcmbox_policy policy, unsigned int flags);
int mbox_pair(uint64_t capacity, unsigned int flags, int fds[2]);
int mbox_reopen(int fd, int open_flags, unsigned int flags);
int mbox_send(int fd, const void *data, size_t len, unsigned int flags);
int mbox_recv(int fd, void *data, size_t len, unsigned int flags);
int mbox_peek(int fd, void *data, size_t len, unsigned int flags);
/* SENDV or RECVV of an array of their structs; how many were done, or -errno. */
int mbox_batch(int fd, unsigned long command, void *msgs, uint32_t count,
	       unsigned int flags, uint64_t deadline);
int mbox_drain(int fd);
int mbox_destroy(int fd);
int mbox_set(int fd, unsigned int flags, uint64_t value);
struct ipcmbox_info mbox_info_of(int fd, unsigned int flags);
struct ipcmbox_info mbox_info(int fd);

/* A message that is a number; recv gives the number or -errno. */
int mbox_send_num(int fd, uint32_t num, unsigned int flags);
int64_t mbox_recv_num(int fd, unsigned int flags);

/* Whether the counters of the mailbox add up. */
bool mbox_conserves(int fd);
/* The same with nobody waiting in it. */
bool mbox_is_calm(int fd);

/* How many messages fit without waiting: for an unbounded one, @otherwise. */
unsigned int mbox_slots(uint64_t capacity, unsigned int otherwise);
/* Fills every slot with the numbers from @first; the next number or -errno. */
int64_t mbox_fill(int fd, uint64_t capacity, uint32_t first);

/* How often a race is run: what IPCMBOX_RACES= says, or else so often. */
unsigned int mbox_rounds(unsigned int otherwise);

/* Times of CLOCK_MONOTONIC in ns. */
uint64_t mbox_now(void);
uint64_t mbox_deadline(unsigned int ms);
void mbox_nap(void);

/* Polls INFO until so many wait; false if that does not come about. */
bool mbox_wait_senders(int fd, uint64_t count);
bool mbox_wait_receivers(int fd, uint64_t count);
bool mbox_wait_transfer(int fd, uint64_t count);
/* Until so many messages have had a place there. */
bool mbox_wait_sent(int fd, uint64_t count);

/**
 * struct mbox_op - one operation, in a thread of its own
 * @fd: the descriptor
 * @kind: which call
 * @flags: of SEND and RECV
 * @num: the message of a sender without @data; what a receiver without @data
 *	got
 * @data: the buffer, or NULL to send or receive @num
 * @len: its length
 * @deadline: of SEND and RECV
 * @match: of RECV and PEEK
 * @match_value: likewise
 * @type: of the message; of RECV and PEEK, as are the next two, what it got
 * @cookie: likewise
 * @priority: likewise
 * @fds: descriptors, of SEND; where they go, of RECV and PEEK
 * @nr_fds: how many these are, or there is room for
 * @msg_fds: out, of RECV and PEEK
 * @lag: out, likewise
 * @ret: out, what the call returned, -errno if it failed
 * @id: out, id of the message
 * @disposition: out, of SEND
 * @msg_len: out, of RECV
 * @msg_flags: out, of RECV
 * @sender: out, of RECV and PEEK, who sent it
 * @done: out, set when the call has returned
 * @tid: out, the thread, or 0 as long as it has not started
 * @thread: the thread
 */
struct mbox_op {
	int fd;
	enum { OP_SEND, OP_RECV, OP_PEEK, OP_WRITE, OP_READ } kind;
	unsigned int flags;
	uint32_t num;
	void *data;
	size_t len;
	uint64_t deadline;
	uint32_t match;
	uint64_t match_value;
	uint64_t type;
	uint64_t cookie;
	uint32_t priority;
	int *fds;
	uint32_t nr_fds;
	uint32_t msg_fds;
	uint64_t lag;
	int64_t ret;
	uint64_t id;
	uint32_t disposition;
	uint64_t msg_len;
	uint32_t msg_flags;
	struct {
		pid_t pid;
		pid_t tid;
		uid_t uid;
		gid_t gid;
	} sender;
	atomic_bool done;
	atomic_int tid;
	pthread_t thread;
};

/* Runs it in the caller; returns op->ret. */
int64_t mbox_op_run(struct mbox_op *op);
/* Runs it in a thread; 0 or -errno. */
int mbox_op_start(struct mbox_op *op);
/* The same, and waits until it is parked in the mailbox. */
bool mbox_op_park(struct mbox_op *op);
/*
 * Runs a SEND until its message has a place: at once, or else in a thread, where it
 * may be left waiting.
 */
bool mbox_op_offer(struct mbox_op *op);
/* Waits for its end; op->ret, or -ETIME if the watchdog bites. */
int64_t mbox_op_join(struct mbox_op *op);
bool mbox_op_is_sender(const struct mbox_op *op);

/* Receives or looks at a number that is wanted; the number or -errno. */
int64_t mbox_recv_match(int fd, uint32_t match, uint64_t value,
			unsigned int flags);
int64_t mbox_peek_match(int fd, uint32_t match, uint64_t value);

/* How often a thread gave up the CPU by itself; it does so to park. */
long mbox_switches(pid_t tid);
/* INFO counts a receiver before it sleeps: the same once it does. */
long mbox_settled_switches(pid_t tid);

/* The middle one of @count values, which are sorted. */
uint64_t mbox_median(uint64_t *values, size_t count);

/* Waits for the end of a child; its wait status, or -1 if it had to be killed. */
int mbox_reap(pid_t pid);

/* Bytes that tell where they stand, and whether they are these. */
void mbox_pattern(void *data, size_t len, unsigned int seed);
bool mbox_is_pattern(const void *data, size_t len, unsigned int seed);

/* A file of one number; -errno if it cannot be read or written. */
int64_t mbox_read_number(const char *path);
int mbox_write_number(const char *path, uint64_t number);

/* Two pages, of which the second faults; the address of the second, or NULL. */
char *mbox_cliff(void);

/* The variants of a fixture: each kind of capacity, as variant->capacity. */
#define MBOX_CAPACITIES(name)						\
	FIXTURE_VARIANT(name)						\
	{								\
		uint64_t capacity;					\
	};								\
	FIXTURE_VARIANT_ADD(name, rendezvous)				\
	{								\
		.capacity = IPCMBOX_RENDEZVOUS,				\
	};								\
	FIXTURE_VARIANT_ADD(name, one)					\
	{								\
		.capacity = 1,						\
	};								\
	FIXTURE_VARIANT_ADD(name, two)					\
	{								\
		.capacity = 2,						\
	};								\
	FIXTURE_VARIANT_ADD(name, seven)				\
	{								\
		.capacity = 7,						\
	};								\
	FIXTURE_VARIANT_ADD(name, hundred)				\
	{								\
		.capacity = 100,					\
	};								\
	FIXTURE_VARIANT_ADD(name, unbounded)				\
	{								\
		.capacity = IPCMBOX_UNBOUNDED,				\
	};

/* The variants of one capacity, with each order as variant->order. */
#define MBOX_ORDERS_AT(name, size, number)				\
	FIXTURE_VARIANT_ADD(name, fifo_##size)				\
	{								\
		.capacity = number,					\
		.order = IPCMBOX_FIFO,					\
	};								\
	FIXTURE_VARIANT_ADD(name, lifo_##size)				\
	{								\
		.capacity = number,					\
		.order = IPCMBOX_LIFO,					\
	};								\
	FIXTURE_VARIANT_ADD(name, priority_##size)			\
	{								\
		.capacity = number,					\
		.order = IPCMBOX_PRIORITY,				\
	};

/* The variants of a fixture: each kind of capacity with each order. */
#define MBOX_ORDERS(name)						\
	FIXTURE_VARIANT(name)						\
	{								\
		uint64_t capacity;					\
		enum ipcmbox_order order;				\
	};								\
	MBOX_ORDERS_AT(name, rendezvous, IPCMBOX_RENDEZVOUS)		\
	MBOX_ORDERS_AT(name, one, 1)					\
	MBOX_ORDERS_AT(name, two, 2)					\
	MBOX_ORDERS_AT(name, seven, 7)					\
	MBOX_ORDERS_AT(name, hundred, 100)				\
	MBOX_ORDERS_AT(name, unbounded, IPCMBOX_UNBOUNDED)

/* The variants of one capacity and order, with each policy as variant->policy. */
#define MBOX_POLICIES_AT(name, variant, number, sequence)		\
	FIXTURE_VARIANT_ADD(name, variant##_longest)			\
	{								\
		.capacity = number,					\
		.order = sequence,					\
		.policy = IPCMBOX_LONGEST,				\
	};								\
	FIXTURE_VARIANT_ADD(name, variant##_recent)			\
	{								\
		.capacity = number,					\
		.order = sequence,					\
		.policy = IPCMBOX_RECENT,				\
	};								\
	FIXTURE_VARIANT_ADD(name, variant##_task_priority)		\
	{								\
		.capacity = number,					\
		.order = sequence,					\
		.policy = IPCMBOX_TASK_PRIORITY,			\
	};								\
	FIXTURE_VARIANT_ADD(name, variant##_one_receiver)		\
	{								\
		.capacity = number,					\
		.order = sequence,					\
		.policy = IPCMBOX_ONE_RECEIVER,				\
	};								\
	FIXTURE_VARIANT_ADD(name, variant##_exclusive)			\
	{								\
		.capacity = number,					\
		.order = sequence,					\
		.policy = IPCMBOX_EXCLUSIVE,				\
	};

/* The variants of one capacity, with each order and policy. */
#define MBOX_MATRIX_AT(name, size, number)				\
	MBOX_POLICIES_AT(name, fifo_##size, number, IPCMBOX_FIFO)	\
	MBOX_POLICIES_AT(name, lifo_##size, number, IPCMBOX_LIFO)	\
	MBOX_POLICIES_AT(name, priority_##size, number, IPCMBOX_PRIORITY)

/* The variants of a fixture: each kind of capacity with each order and policy. */
#define MBOX_MATRIX(name)						\
	FIXTURE_VARIANT(name)						\
	{								\
		uint64_t capacity;					\
		enum ipcmbox_order order;				\
		enum ipcmbox_policy policy;				\
	};								\
	MBOX_MATRIX_AT(name, rendezvous, IPCMBOX_RENDEZVOUS)		\
	MBOX_MATRIX_AT(name, one, 1)					\
	MBOX_MATRIX_AT(name, two, 2)					\
	MBOX_MATRIX_AT(name, seven, 7)					\
	MBOX_MATRIX_AT(name, hundred, 100)				\
	MBOX_MATRIX_AT(name, unbounded, IPCMBOX_UNBOUNDED)

/*
 * A fixture that opens one mailbox as self->fd for each capacity there is, and
 * ends with the conservation law.
 */
#define MBOX_FIXTURE(name)						\
	FIXTURE(name)							\
	{								\
		int fd;							\
		struct mbox_op op[8];					\
	};								\
	MBOX_CAPACITIES(name)						\
	FIXTURE_SETUP(name)						\
	{								\
		memset(self->op, 0, sizeof(self->op));			\
		self->fd = mbox_create(variant->capacity, O_RDWR);	\
		ASSERT_LE(0, self->fd);					\
	}								\
	FIXTURE_TEARDOWN(name)						\
	{								\
		EXPECT_TRUE(mbox_is_calm(self->fd));			\
		EXPECT_EQ(0, close(self->fd));				\
	}

#endif /* IPCMBOX_UTIL_H */
