// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hostile pointers: arguments, vectors and payloads that change under the call, memory
 * that comes and goes, vectors of any size, addresses of the kernel. What is received
 * is what the counters and lengths say, and nothing else happens.
 */
#include "kselftest_harness.h"
#include "attack.h"

#define ROUNDS 2000
#define PAGE 4096

FIXTURE(pointer)
{
	int fd;
};

FIXTURE_SETUP(pointer)
{
	self->fd = mbox_create(IPCMBOX_UNBOUNDED, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(pointer)
{
	EXPECT_TRUE(mbox_is_calm(self->fd));
	close(self->fd);
	EXPECT_TRUE(attack_is_over());
}

static unsigned int rounds(void)
{
	return getenv("IPCMBOX_FEW") ? ROUNDS / 10 : ROUNDS;
}

/* What a thread keeps changing while another calls. */
struct victim {
	int fd;
	atomic_bool over;
	struct ipcmbox_send send;
	struct ipcmbox_recv recv;
	struct ipcmbox_iovec from[4];
	struct ipcmbox_iovec to[4];
	atomic_uint changes;
	unsigned int successes;
	unsigned int failures;
	char *page;
	char bytes[PAGE];
	char into[PAGE];
};

static struct victim victim;

/* What all sources are full of. */
#define MARK ((char)0xa5)
/* The lengths of messages and of pieces that succeed. */
#define SHORT 64
#define LONG 200
#define SHORT_PIECE 16
#define LONG_PIECE 50

/*
 * What changes differs in one byte, or in bytes that may be mixed: the kernel copies
 * arguments byte by byte, and the rest of this program should stay as it is.
 */
#define HUGE (1ULL << 63)
#define NOWHERE (1ULL << 47)

/* The address, or now and then one where nothing is. */
static uint64_t address_of(void *memory, bool wrong)
{
	return (uintptr_t)memory | (wrong ? NOWHERE : 0);
}

static void *change_arguments(void *unused)
{
	unsigned int i;

	for (i = 0; !victim.over; i++, victim.changes++) {
		victim.send.len = i % 3 ? SHORT : LONG;
		victim.send.flags = i % 5 ? 0 : ~0U;
		victim.send.size = i % 7 ? sizeof(victim.send) : i % 8192;
		victim.send.data = address_of(victim.bytes, i % 11 == 0);
		victim.recv.len = i % 2 ? PAGE : 3;
		victim.recv.data = address_of(victim.into, i % 13 == 0);
		victim.recv.size = i % 7 ? sizeof(victim.recv) : i % 8192;
	}
	return NULL;
}

static void change_piece(struct ipcmbox_iovec *piece, void *base,
			 unsigned int i)
{
	piece->len = i % 3 ? LONG_PIECE : i % 17 ? SHORT_PIECE : HUGE;
	piece->base = address_of(base, i % 5 == 0);
}

static void *change_vector(void *unused)
{
	unsigned int i;

	for (i = 0; !victim.over; i++, victim.changes++) {
		change_piece(&victim.from[i % 4], victim.bytes, i);
		change_piece(&victim.to[i / 2 % 4], victim.into, i);
	}
	return NULL;
}

/* The page comes and goes. */
static void *change_memory(void *unused)
{
	unsigned int i;

	for (i = 0; !victim.over; i++, victim.changes++) {
		mprotect(victim.page, PAGE, i % 2 ? PROT_NONE : PROT_READ);
		mprotect(victim.page, PAGE, PROT_READ | PROT_WRITE);
		if (i % 8 == 0)
			madvise(victim.page, PAGE, MADV_DONTNEED);
	}
	return NULL;
}

static bool is_documented(int ret)
{
	static const int errnos[] = {
		0, EFAULT, EINVAL, E2BIG, EOPNOTSUPP, EMSGSIZE, EAGAIN, EINTR,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(errnos); i++)
		if (ret == -errnos[i])
			return true;
	return false;
}

/* How many of the bytes received are marked: all before the others, which are 0. */
static unsigned int marked(void)
{
	unsigned int i, count = 0;

	for (i = 0; i < PAGE; i++) {
		EXPECT_THAT(victim.into[i] == (i == count ? MARK : 0) ||
			    !victim.into[i]);
		if (victim.into[i])
			count++;
	}
	return count;
}

static bool is_sum_of_pieces(uint64_t len)
{
	unsigned int longs, shorts;

	for (longs = 0; longs <= 4; longs++)
		for (shorts = 0; longs + shorts <= 4; shorts++)
			if (len == longs * LONG_PIECE + shorts * SHORT_PIECE)
				return true;
	return false;
}

static void count(int ret)
{
	if (ret < 0)
		victim.failures++;
	else
		victim.successes++;
}

static void call_with_arguments(unsigned int i)
{
	int ret;

	/* Now and then it begins well. */
	if (i % 4 == 0) {
		victim.send = (struct ipcmbox_send){
			.size = sizeof(victim.send),
			.data = (uintptr_t)victim.bytes,
			.len = SHORT,
		};
		victim.recv = (struct ipcmbox_recv){
			.size = sizeof(victim.recv),
			.data = (uintptr_t)victim.into,
			.len = PAGE,
		};
	}
	ret = mbox_ioctl(victim.fd, IPCMBOX_IOC_SEND, &victim.send);
	EXPECT_THAT(is_documented(ret));
	memset(victim.into, 0, sizeof(victim.into));
	victim.recv.flags = IPCMBOX_DONTWAIT;
	ret = mbox_ioctl(victim.fd, IPCMBOX_IOC_RECV, &victim.recv);
	EXPECT_THAT(is_documented(ret));
	count(ret);
	if (ret)
		return;
	EXPECT_THAT(victim.recv.msg_len == SHORT ||
		    victim.recv.msg_len == LONG);
	EXPECT_THAT(marked() == victim.recv.msg_len);
}

static void call_with_vectors(unsigned int i)
{
	struct ipcmbox_send send = {
		.size = sizeof(send),
		.flags = IPCMBOX_IOVEC,
		.data = (uintptr_t)victim.from,
		.len = ARRAY_SIZE(victim.from),
	};
	struct ipcmbox_recv recv = {
		.size = sizeof(recv),
		.flags = IPCMBOX_DONTWAIT | IPCMBOX_IOVEC,
		.data = (uintptr_t)victim.to,
		.len = ARRAY_SIZE(victim.to),
	};
	unsigned int k;
	int ret;

	/* Now and then they begin well. */
	for (k = 0; i % 4 == 0 && k < ARRAY_SIZE(victim.to); k++) {
		change_piece(&victim.from[k], victim.bytes, 1);
		change_piece(&victim.to[k], victim.into, 1);
	}
	EXPECT_THAT(
		is_documented(mbox_ioctl(victim.fd, IPCMBOX_IOC_SEND, &send)));
	memset(victim.into, 0, sizeof(victim.into));
	ret = mbox_ioctl(victim.fd, IPCMBOX_IOC_RECV, &recv);
	EXPECT_THAT(is_documented(ret));
	count(ret);
	/* The pieces lie one over the other. */
	EXPECT_THAT(marked() <= LONG_PIECE);
	if (ret)
		return;
	EXPECT_THAT(is_sum_of_pieces(recv.msg_len));
	EXPECT_THAT(!marked() == !recv.msg_len);
}

/* Sends from the page, or receives into it. What it loses reads as 0. */
static void call_with_memory(unsigned int i)
{
	int ret;

	if (i % 2) {
		EXPECT_THAT(!mbox_send(victim.fd, victim.bytes, SHORT, 0));
		ret = mbox_recv(victim.fd, victim.page, SHORT, 0);
		EXPECT_THAT(ret == SHORT || ret == -EFAULT);
		count(ret);
		if (ret == SHORT)
			return;
	} else {
		ret = mbox_send(victim.fd, victim.page, SHORT, 0);
		EXPECT_THAT(!ret || ret == -EFAULT);
		count(ret);
		if (ret)
			return;
	}
	memset(victim.into, 0, sizeof(victim.into));
	EXPECT_THAT(mbox_recv(victim.fd, victim.into, PAGE, 0) == SHORT);
	EXPECT_THAT(i % 2 ? marked() == SHORT : marked() <= SHORT);
}

static const struct change {
	void *(*change)(void *unused);
	void (*call)(unsigned int i);
} changes[] = {
	{ change_arguments, call_with_arguments },
	{ change_vector, call_with_vectors },
	{ change_memory, call_with_memory },
};

static void attack(void *change_arg)
{
	const struct change *change = change_arg;
	unsigned int i, least = rounds();
	struct ipcmbox_info info;
	pthread_t thread;
	int ret;

	victim.page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(victim.bytes, MARK, sizeof(victim.bytes));
	EXPECT_THAT(!pthread_create(&thread, NULL, change->change, NULL));
	/* Some calls are hit, and some are not. */
	for (i = 0; i < least || victim.changes < least || !victim.successes ||
		    !victim.failures;
	     i++) {
		change->call(i);
		EXPECT_THAT(mbox_conserves(victim.fd));
	}
	victim.over = true;
	EXPECT_THAT(!pthread_join(thread, NULL));
	/* What is left can be received, whole. */
	do {
		memset(victim.into, 0, sizeof(victim.into));
		ret = mbox_recv(victim.fd, victim.into, PAGE, IPCMBOX_DONTWAIT);
		EXPECT_THAT(ret == -EAGAIN || ret == (int)marked());
	} while (ret != -EAGAIN);
	info = mbox_info(victim.fd);
	EXPECT_THAT(info.sent == info.received);
}

TEST_F_TIMEOUT(pointer, arguments_change, 120)
{
	victim.fd = self->fd;
	EXPECT_TRUE(attack_run(ATTACKER, attack, (void *)&changes[0]));
}

TEST_F_TIMEOUT(pointer, vectors_change, 120)
{
	victim.fd = self->fd;
	EXPECT_TRUE(attack_run(ATTACKER, attack, (void *)&changes[1]));
}

TEST_F_TIMEOUT(pointer, memory_comes_and_goes, 120)
{
	victim.fd = self->fd;
	EXPECT_TRUE(attack_run(ATTACKER, attack, (void *)&changes[2]));
}

/* Addresses that are nobody's, or the kernel's. */
TEST_F(pointer, bad_addresses)
{
	static const uint64_t addresses[] = {
		0,
		1,
		PAGE - 1,
		0x7ffffffff000,
		0x7fffffffffff,
		0x800000000000,
		0x8000000000000000,
		0xffff800000000000,
		0xffff888000000000,
		0xffffffff81000000,
		0xfffffffffffff000,
		UINT64_MAX,
	};
	struct ipcmbox_info before = mbox_info(self->fd), after;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(addresses); i++) {
		void *address = (void *)(uintptr_t)addresses[i];

		EXPECT_EQ(-EFAULT, mbox_send(self->fd, address, 100, 0));
		EXPECT_EQ(-EFAULT,
			  mbox_ioctl(self->fd, IPCMBOX_IOC_SEND, address));
		EXPECT_EQ(-EFAULT,
			  mbox_ioctl(self->fd, IPCMBOX_IOC_INFO, address));
	}
	after = mbox_info(self->fd);
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(after)));

	ASSERT_EQ(0, mbox_send_num(self->fd, 7, 0));
	for (i = 0; i < ARRAY_SIZE(addresses); i++)
		EXPECT_EQ(-EFAULT,
			  mbox_recv(self->fd, (void *)(uintptr_t)addresses[i],
				    100, 0));
	EXPECT_EQ(7, mbox_recv_num(self->fd, 0));
}

/* Vectors of as many pieces as there may be, of any length; and of one more. */
TEST_F(pointer, huge_vectors)
{
	static const uint64_t lengths[] = {
		0,	    1,	       PAGE,	   1ULL << 31,
		1ULL << 40, INT64_MAX, 1ULL << 63, UINT64_MAX,
	};
	static struct ipcmbox_iovec iov[IPCMBOX_IOV_MAX + 1];
	struct ipcmbox_info before = mbox_info(self->fd), after;
	struct ipcmbox_send send = {
		.size = sizeof(send),
		.flags = IPCMBOX_IOVEC,
		.data = (uintptr_t)iov,
	};
	unsigned int i, j;
	int ret;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		for (j = 0; j < ARRAY_SIZE(iov); j++) {
			iov[j].base = (uintptr_t)victim.bytes;
			iov[j].len = lengths[i];
		}
		send.len = IPCMBOX_IOV_MAX + 1;
		EXPECT_EQ(-EINVAL,
			  mbox_ioctl(self->fd, IPCMBOX_IOC_SEND, &send));
		send.len = IPCMBOX_IOV_MAX;
		ret = mbox_ioctl(self->fd, IPCMBOX_IOC_SEND, &send);
		EXPECT_TRUE(lengths[i] <= 1 ?
				    !ret :
				    ret == -EMSGSIZE || ret == -EINVAL ||
					    ret == -EFAULT);
	}
	after = mbox_info(self->fd);
	EXPECT_EQ(before.sent + 2, after.sent);
	EXPECT_EQ(2, mbox_drain(self->fd));
}

TEST_HARNESS_MAIN
