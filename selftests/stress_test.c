// SPDX-License-Identifier: GPL-2.0-only
/*
 * A million messages through each capacity, from four sending processes to four
 * receiving ones: each is received once, no receiver sees a sender's messages
 * out of order, and the counters agree. IPCMBOX_STRESS= sets another number.
 */
#include <sys/mman.h>

#include "kselftest_harness.h"
#include "ipcmbox_util.h"

#define PEERS		4
#define MESSAGES	1000000UL
#define SECONDS		600

/* One message: who sent it, and his how-manieth it is. */
struct parcel {
	uint32_t sender;
	uint32_t number;
};

/**
 * struct tally - what the receivers saw, shared by all
 * @seen: how often each message came, by sender and number
 * @disorder: how often a receiver got a message that is older than the last
 * @error: how many calls failed
 */
struct tally {
	atomic_uint disorder;
	atomic_uint error;
	atomic_uchar seen[];
};

static unsigned long messages(void)
{
	const char *text = getenv("IPCMBOX_STRESS");
	unsigned long number = text ? strtoul(text, NULL, 0) : MESSAGES;

	return number / PEERS * PEERS;
}

static void send_all(struct tally *tally, int fd, uint32_t sender,
		     uint32_t share)
{
	struct parcel parcel = { .sender = sender };
	int ret;

	for (; parcel.number < share; parcel.number++) {
		do {
			ret = mbox_send(fd, &parcel, sizeof(parcel), 0);
			/* An unbounded one at its quota: let others catch up. */
			if (ret == -ENOBUFS || ret == -EDQUOT)
				mbox_nap();
		} while (ret == -ENOBUFS || ret == -EDQUOT);
		if (ret)
			tally->error++;
	}
}

static void receive_all(struct tally *tally, int fd, uint32_t share)
{
	int64_t last[PEERS] = { -1, -1, -1, -1 };
	struct parcel parcel;
	int ret;

	for (;;) {
		ret = mbox_recv(fd, &parcel, sizeof(parcel), 0);
		if (ret == -EPIPE)
			return;
		if (ret != sizeof(parcel) || parcel.sender >= PEERS ||
		    parcel.number >= share) {
			tally->error++;
			continue;
		}
		if (parcel.number <= last[parcel.sender])
			tally->disorder++;
		last[parcel.sender] = parcel.number;
		tally->seen[(size_t)parcel.sender * share + parcel.number]++;
	}
}

static pid_t start_peer(struct tally *tally, int fds[2], unsigned int peer,
			uint32_t share)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	if (peer < PEERS) {
		close(fds[0]);
		send_all(tally, fds[1], peer, share);
	} else {
		close(fds[1]);
		receive_all(tally, fds[0], share);
	}
	_exit(0);
}

static unsigned long not_once(const struct tally *tally, size_t count)
{
	unsigned long wrong = 0;
	size_t i;

	for (i = 0; i < count; i++)
		wrong += tally->seen[i] != 1;
	return wrong;
}

FIXTURE(stress)
{
	int fds[2];
};

MBOX_CAPACITIES(stress);

FIXTURE_SETUP(stress)
{
	ASSERT_EQ(0, mbox_pair(variant->capacity, 0, self->fds));
}

FIXTURE_TEARDOWN(stress)
{
	close(self->fds[0]);
}

TEST_F_TIMEOUT(stress, each_message_once, SECONDS)
{
	size_t count = messages();
	size_t size = sizeof(struct tally) + count;
	struct ipcmbox_info info;
	struct tally *tally;
	int status[2 * PEERS];
	pid_t pid[2 * PEERS];
	unsigned int i;

	tally = mmap(NULL, size, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, tally);
	for (i = 0; i < 2 * PEERS; i++) {
		pid[i] = start_peer(tally, self->fds, i, count / PEERS);
		ASSERT_LT(0, pid[i]);
	}
	close(self->fds[1]);
	for (i = 0; i < 2 * PEERS; i++) {
		ASSERT_EQ(pid[i], waitpid(pid[i], &status[i], 0));
		EXPECT_EQ(0, status[i]);
	}

	EXPECT_EQ(0, not_once(tally, count));
	EXPECT_EQ(0, tally->disorder);
	EXPECT_EQ(0, tally->error);
	info = mbox_info(self->fds[0]);
	EXPECT_EQ(count, info.sent);
	EXPECT_EQ(count, info.received);
	EXPECT_TRUE(mbox_is_calm(self->fds[0]));
	munmap(tally, size);
}

TEST_HARNESS_MAIN
