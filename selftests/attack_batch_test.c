// SPDX-License-Identifier: GPL-2.0-only
/*
 * Batches of a thousand whose messages, vectors and memory change under the call. What
 * the kernel says was done was done, each message is made of bytes of the sender, and
 * others send and receive meanwhile.
 */
#include "kselftest_harness.h"
#include "attack.h"

#define ROUNDS 60
#define PAGE 4096
#define PIECES 4
#define PIECE 50
/* What all sources are full of. */
#define MARK ((char)0xa5)
/* The kernel copies byte by byte: what changes differs in one byte, as a rule. */
#define HUGE (1ULL << 63)
#define NOWHERE (1ULL << 47)

static struct victim {
	int fd;
	atomic_bool over;
	atomic_uint changes;
	uint64_t sent;
	uint64_t received;
	struct ipcmbox_send send[IPCMBOX_BATCH_MAX];
	struct ipcmbox_recv recv[IPCMBOX_BATCH_MAX];
	struct ipcmbox_iovec from[PIECES];
	struct ipcmbox_iovec to[PIECES];
	char *page;
	char bytes[PAGE];
	char into[PAGE];
} victim;

FIXTURE(batch)
{
	int fd;
};

MBOX_CAPACITIES(batch);

FIXTURE_SETUP(batch)
{
	self->fd = mbox_create(variant->capacity, O_RDWR);
	ASSERT_LE(0, self->fd);
	memset(&victim, 0, sizeof(victim));
	victim.fd = self->fd;
}

FIXTURE_TEARDOWN(batch)
{
	EXPECT_TRUE(mbox_is_calm(self->fd));
	close(self->fd);
	EXPECT_TRUE(attack_is_over());
}

static void set_piece(struct ipcmbox_iovec *piece, void *base, unsigned int i)
{
	piece->base = (uintptr_t)base | (i % 5 ? 0 : NOWHERE);
	piece->len = i % 17 ? PIECE : HUGE;
}

static void begin_well(unsigned int i)
{
	set_piece(&victim.from[i % PIECES], victim.bytes, 1);
	set_piece(&victim.to[i % PIECES], victim.into, 1);
	victim.send[i] = (struct ipcmbox_send){
		.size = sizeof(victim.send[i]),
		.flags = IPCMBOX_IOVEC,
		.data = (uintptr_t)victim.from,
		.len = PIECES,
	};
	victim.recv[i] = (struct ipcmbox_recv){
		.size = sizeof(victim.recv[i]),
		.flags = IPCMBOX_IOVEC,
		.data = (uintptr_t)victim.to,
		.len = PIECES,
	};
}

/* Of one message after the other what it says, and of all where they are. */
static void *change(void *unused)
{
	unsigned int i, at;

	for (i = 0; !victim.over; i++, victim.changes++) {
		at = i % IPCMBOX_BATCH_MAX;
		set_piece(&victim.from[i % PIECES], victim.bytes, i);
		set_piece(&victim.to[i / 3 % PIECES],
			  i % 4 ? victim.into : victim.page, i / 2);
		victim.send[at].len = i % 3 ? PIECES : IPCMBOX_IOV_MAX + 1;
		victim.send[at].size = i % 7 ? sizeof(victim.send[at]) : i;
		victim.send[at].flags = i % 11 ? IPCMBOX_IOVEC : ~0U;
		victim.recv[at].len = i % 3 ? PIECES : 0;
		victim.recv[at].nr_fds = i % 13 ? 0 : i;
		if (i % 64)
			continue;
		mprotect(victim.page, PAGE, PROT_NONE);
		mprotect(victim.page, PAGE, PROT_READ | PROT_WRITE);
	}
	return NULL;
}

static bool is_documented(int ret)
{
	static const int errnos[] = {
		0, EFAULT, EINVAL, E2BIG, EOPNOTSUPP, EAGAIN, EINTR, EMSGSIZE,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(errnos); i++)
		if (ret == -errnos[i])
			return true;
	return false;
}

static uint32_t run(unsigned long command, void *msgs, uint32_t stride)
{
	struct ipcmbox_batch arg = {
		.size = sizeof(arg),
		.flags = IPCMBOX_DONTWAIT,
		.msgs = (uintptr_t)msgs,
		.count = IPCMBOX_BATCH_MAX,
		.stride = stride,
	};
	int ret = mbox_ioctl(victim.fd, command, &arg);

	EXPECT_THAT(is_documented(ret));
	EXPECT_THAT(arg.done <= IPCMBOX_BATCH_MAX);
	EXPECT_THAT(!ret == !!arg.done);
	return arg.done;
}

static void call(unsigned int i)
{
	unsigned int k;

	/* Most begin well; and in some rounds all are one and the same. */
	for (k = 0; k < IPCMBOX_BATCH_MAX; k++)
		begin_well(k);
	victim.sent += run(IPCMBOX_IOC_SENDV, victim.send,
			   i % 4 ? sizeof(victim.send[0]) : 0);
	victim.received += run(IPCMBOX_IOC_RECVV, victim.recv,
			       i % 3 ? sizeof(victim.recv[0]) : 0);
	for (k = 0; k < PAGE; k++)
		EXPECT_THAT(!victim.into[k] || victim.into[k] == MARK);
	EXPECT_THAT(mbox_info(victim.fd).sent == victim.sent);
}

static void attack(void *unused)
{
	struct ipcmbox_info info;
	pthread_t thread;
	unsigned int i;

	memset(victim.bytes, MARK, sizeof(victim.bytes));
	victim.page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EXPECT_THAT(victim.page != MAP_FAILED);
	EXPECT_THAT(!pthread_create(&thread, NULL, change, NULL));
	while (!victim.changes)
		mbox_nap();
	for (i = 0; i < ROUNDS; i++)
		call(i);
	victim.over = true;
	EXPECT_THAT(!pthread_join(thread, NULL));
	info = mbox_info(victim.fd);
	EXPECT_THAT(info.sent == victim.sent);
	EXPECT_THAT(info.received == victim.received);
	EXPECT_THAT(info.queued == victim.sent - victim.received);
	/* A rendezvous needs somebody who waits, which a batch of one's own is not. */
	EXPECT_THAT(!info.capacity == !victim.sent);
	EXPECT_THAT(!info.capacity == !victim.received);
}

TEST_F_TIMEOUT(batch, changes_under_the_call, 120)
{
	pid_t pid = attack_start(ATTACKER, attack, NULL);
	int status;

	ASSERT_LT(0, pid);
	EXPECT_TRUE(attack_others_go_on());
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(0, WEXITSTATUS(status));
	/* What it left in the mailbox can be received. */
	EXPECT_LE(0, mbox_drain(self->fd));
}

TEST_HARNESS_MAIN
