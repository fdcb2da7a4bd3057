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
	return getenv("IPCMBOX_STRESS") ? ROUNDS / 10 : ROUNDS;
}

/* What a thread keeps changing while another calls. */
struct victim {
	int fd;
	atomic_bool over;
	struct ipcmbox_send send;
	struct ipcmbox_recv recv;
	struct ipcmbox_iovec iov[4];
	char *page;
	char bytes[PAGE];
};

static struct victim victim;

static void *change_arguments(void *unused)
{
	unsigned int i;

	for (i = 0; !victim.over; i++) {
		victim.send.len = i % 3 ? 64 : 200;
		victim.send.flags = i % 5 ? 0 : ~0U;
		victim.send.size = i % 7 ? sizeof(victim.send) : i % 8192;
		victim.send.data = i % 11 ? (uintptr_t)victim.bytes : i;
		victim.recv.len = i % 2 ? PAGE : 3;
		victim.recv.data = i % 13 ? (uintptr_t)victim.bytes : i;
		victim.recv.size = i % 7 ? sizeof(victim.recv) : i % 8192;
	}
	return NULL;
}

static void *change_vector(void *unused)
{
	unsigned int i;

	for (i = 0; !victim.over; i++) {
		victim.iov[i % 4].len = i % 3 ? 50 : i % 17 ? 16 : ~0ULL;
		victim.iov[i % 4].base = i % 5 ? (uintptr_t)victim.bytes : i;
	}
	return NULL;
}

/* The page that holds the payload comes and goes. */
static void *change_memory(void *unused)
{
	unsigned int i;

	for (i = 0; !victim.over; i++) {
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

static int lesser(int a, int b)
{
	return a < b ? a : b;
}

static void call_once(bool vector)
{
	int ret;

	if (vector) {
		victim.send = (struct ipcmbox_send){
			.size = sizeof(victim.send),
			.flags = IPCMBOX_IOVEC,
			.data = (uintptr_t)victim.iov,
			.len = 4,
		};
	}
	ret = mbox_ioctl(victim.fd, IPCMBOX_IOC_SEND, &victim.send);
	EXPECT_THAT(is_documented(ret));
	victim.recv.flags = IPCMBOX_DONTWAIT;
	if (vector)
		victim.recv = (struct ipcmbox_recv){
			.size = sizeof(victim.recv),
			.flags = IPCMBOX_DONTWAIT | IPCMBOX_IOVEC,
			.data = (uintptr_t)victim.iov,
			.len = 4,
		};
	ret = mbox_ioctl(victim.fd, IPCMBOX_IOC_RECV, &victim.recv);
	EXPECT_THAT(is_documented(ret));
	EXPECT_THAT(mbox_conserves(victim.fd));
}

static void call_with(void *(*change)(void *unused), bool vector, bool memory)
{
	unsigned int i, count = rounds();
	pthread_t thread;
	char buffer[64];

	victim.page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	victim.send.size = sizeof(victim.send);
	victim.recv.size = sizeof(victim.recv);
	EXPECT_THAT(!pthread_create(&thread, NULL, change, NULL));
	for (i = 0; i < count; i++) {
		if (memory) {
			EXPECT_THAT(is_documented(
				mbox_send(victim.fd, victim.page, 64, 0)));
			EXPECT_THAT(is_documented(
				lesser(mbox_recv(victim.fd, victim.page, 64,
						 IPCMBOX_DONTWAIT),
				       0)));
		} else {
			call_once(vector);
		}
	}
	victim.over = true;
	EXPECT_THAT(!pthread_join(thread, NULL));
	/* What is there can be received, whole. */
	while ((int)i >= 0) {
		int ret = mbox_recv(victim.fd, buffer, sizeof(buffer),
				    IPCMBOX_DONTWAIT | IPCMBOX_TRUNCATE);

		if (ret == -EAGAIN)
			break;
		EXPECT_THAT(ret >= 0);
	}
}

static void attack_arguments(void *unused)
{
	call_with(change_arguments, false, false);
}

static void attack_vector(void *unused)
{
	call_with(change_vector, true, false);
}

static void attack_memory(void *unused)
{
	call_with(change_memory, false, true);
}

TEST_F_TIMEOUT(pointer, arguments_change, 120)
{
	victim.fd = self->fd;
	EXPECT_TRUE(attack_run(ATTACKER, attack_arguments, NULL));
}

TEST_F_TIMEOUT(pointer, vectors_change, 120)
{
	victim.fd = self->fd;
	EXPECT_TRUE(attack_run(ATTACKER, attack_vector, NULL));
}

TEST_F_TIMEOUT(pointer, memory_comes_and_goes, 120)
{
	victim.fd = self->fd;
	EXPECT_TRUE(attack_run(ATTACKER, attack_memory, NULL));
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
