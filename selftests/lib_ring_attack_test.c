// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library's rings while somebody writes there what he likes: whoever uses them must
 * get an answer each time, and stay inside.
 */
#include "ring.h"

#define CAPACITY 1024
/* Each call is to end by its deadline; that is far beyond it. */
#define STUCK_SECONDS 20

FIXTURE(attack)
{
	unsigned char *mapping;
	size_t mapped;
	size_t size;
	struct ring_memory *memory;
	pid_t attacker;
};

FIXTURE_VARIANT(attack)
{
	unsigned int flags;
	bool wild;
};

FIXTURE_VARIANT_ADD(attack, one)
{
	.flags = 0,
};

FIXTURE_VARIANT_ADD(attack, many)
{
	.flags = IPCMBOX_RING_MPSC,
};

FIXTURE_VARIANT_ADD(attack, one_wild)
{
	.flags = 0,
	.wild = true,
};

FIXTURE_VARIANT_ADD(attack, many_wild)
{
	.flags = IPCMBOX_RING_MPSC,
	.wild = true,
};

/* What nearly could be, so that it gets past some of the checks. */
static uint64_t cunning(struct ring_memory *memory, unsigned int *seed)
{
	uint64_t position = (rand_r(seed) & 1 ? memory->head : memory->tail) +
			    rand_r(seed) % 24 - 4;
	static const uint32_t lens[] = {
		0, 1, 64, 65, 512, 513, 1024, 1025, (1 << 24) - 1,
	};

	switch (rand_r(seed) % 4) {
	case 0:
		return position;
	case 1:
		return position << 32 | position;
	default:
		return ring_word(position / (CAPACITY / 64) + rand_r(seed) % 3 -
					 1,
				 lens[rand_r(seed) % 9], rand_r(seed) % 64,
				 rand_r(seed) % 4);
	}
}

static _Noreturn void attack(struct ring_memory *memory, bool wild)
{
	_Atomic uint64_t *at = (_Atomic uint64_t *)memory;
	unsigned int words = sizeof(*memory) / 8 + CAPACITY / 64;
	unsigned int seed = getpid();

	for (;;) {
		uint64_t value = (uint64_t)rand_r(&seed) << 33 ^
				 (uint64_t)rand_r(&seed) << 9 ^ rand_r(&seed);
		unsigned int where = rand_r(&seed) % words;

		/* Half of it where it tells. */
		if (rand_r(&seed) & 1)
			where = sizeof(*memory) / 8 + where % (CAPACITY / 64);
		if (!wild)
			value = cunning(memory, &seed);
		at[where] = value;
		if (rand_r(&seed) % 64 == 0) {
			memory->head = memory->tail;
			usleep(rand_r(&seed) % 50);
		}
	}
}

FIXTURE_SETUP(attack)
{
	size_t size = ipcmbox_ring_size(CAPACITY);
	size_t pages = (size + 4095) / 4096 * 4096;

	/* It ends where a page begins that nobody may touch, and one lies before it. */
	self->mapped = pages + 2 * 4096;
	self->mapping = mmap(NULL, self->mapped, PROT_NONE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->mapping);
	ASSERT_EQ(0, mprotect(self->mapping + 4096, pages,
			      PROT_READ | PROT_WRITE));
	self->size = size;
	self->memory = (void *)(self->mapping + 4096 + pages - size);
	ASSERT_EQ(0, ipcmbox_ring_init(self->memory, size, variant->flags));
}

FIXTURE_TEARDOWN(attack)
{
	munmap(self->mapping, self->mapped);
}

/* Who attaches meanwhile may be refused. */
static void attach(struct ring_memory *memory, size_t size,
		   enum ipcmbox_ring_role role)
{
	memory->magic = RING_MAGIC;
	memory->version = RING_VERSION;
	memory->capacity = CAPACITY;
	memory->consumer = RING_FREE;
	memory->producer[0] = RING_FREE;
	ipcmbox_ring_detach(ipcmbox_ring_attach(memory, size, role, -1));
}

static void send_some(struct ipcmbox_ring *ring, unsigned int *seed)
{
	int i, count = rand_r(seed) % 5;

	for (i = 0; i < count; i++) {
		size_t len = rand_r(seed) % (CAPACITY / 2 + 1);
		void *data = ipcmbox_ring_reserve(ring, len,
						  i ? IPCMBOX_DONTWAIT : 0,
						  ipcmbox_deadline(MSEC));

		if (data)
			memset(data, 0x55, len);
	}
	if (rand_r(seed) % 8)
		ipcmbox_ring_commit(ring);
	else
		ipcmbox_ring_abort(ring);
}

static unsigned int receive_some(struct ipcmbox_ring *ring, unsigned int *seed)
{
	static unsigned char data[CAPACITY];
	int i, count = rand_r(seed) % 5;
	unsigned int sum = 0;

	for (i = 0; i < count; i++) {
		const unsigned char *peeked;
		size_t len, j;

		peeked = ipcmbox_ring_peek(ring, &len, 0,
					   ipcmbox_deadline(MSEC));
		for (j = 0; peeked && j < len; j++)
			sum += peeked[j];
	}
	ipcmbox_ring_consume(ring);
	ipcmbox_ring_arm(ring);
	if (ipcmbox_ring_recv(ring, data, sizeof(data), 0,
			      ipcmbox_deadline(MSEC)) > CAPACITY)
		abort();
	return sum;
}

/* Uses it for a while; the alarm ends who gets stuck. */
static int use(struct ring_memory *memory, size_t size,
	       struct ipcmbox_ring *ring, enum ipcmbox_ring_role role)
{
	uint64_t end = mbox_deadline(3000);
	volatile unsigned int sum = 0;
	struct ipcmbox_ring_stat stat;
	unsigned int seed = 1;
	int i;

	for (i = 0; mbox_now() < end; i++) {
		alarm(STUCK_SECONDS);
		if (role == IPCMBOX_RING_PRODUCER)
			send_some(ring, &seed);
		else
			sum += receive_some(ring, &seed);
		ipcmbox_ring_stat(ring, &stat, sizeof(stat));
		if (stat.used > CAPACITY)
			return 2;
		if (i % 16 == 0)
			attach(memory, size, role);
	}
	return i < 16;
}

static pid_t start(struct ring_memory *memory, size_t size,
		   enum ipcmbox_ring_role role)
{
	struct ipcmbox_ring *ring = ipcmbox_ring_attach(memory, size, role, -1);
	pid_t pid = ring ? fork() : -1;

	if (!pid)
		_exit(use(memory, size, ring, role));
	free(ring);
	return pid;
}

TEST_F(attack, both_ends)
{
	pid_t attacker, consumer, producer;

	consumer = start(self->memory, self->size, IPCMBOX_RING_CONSUMER);
	ASSERT_LT(0, consumer);
	producer = start(self->memory, self->size, IPCMBOX_RING_PRODUCER);
	ASSERT_LT(0, producer);
	attacker = fork();
	if (!attacker)
		attack(self->memory, variant->wild);
	EXPECT_EQ(0, mbox_reap(consumer));
	EXPECT_EQ(0, mbox_reap(producer));
	EXPECT_EQ(0, kill(attacker, SIGKILL));
	EXPECT_EQ(SIGKILL, mbox_reap(attacker));
}

FIXTURE(refusal)
{
	struct ring_memory *memory;
	size_t size;
};

FIXTURE_VARIANT(refusal)
{
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(refusal, one)
{
	.flags = 0,
};

FIXTURE_VARIANT_ADD(refusal, many)
{
	.flags = IPCMBOX_RING_MPSC,
};

FIXTURE_SETUP(refusal)
{
	self->size = ipcmbox_ring_size(CAPACITY);
	self->memory = aligned_alloc(4096, 4096);
	ASSERT_NE(NULL, self->memory);
	ASSERT_GE(4096, self->size);
	ASSERT_EQ(0,
		  ipcmbox_ring_init(self->memory, self->size, variant->flags));
}

FIXTURE_TEARDOWN(refusal)
{
	free(self->memory);
}

/* What is known to be refused, one by one. */
TEST_F(refusal, each)
{
	struct ipcmbox_ring *consumer, *producer;
	char data[CAPACITY];
	uint64_t head;
	static const uint64_t words[][2] = {
		{ CAPACITY, RING_COMMITTED },
		{ (1 << 24) - 1, RING_COMMITTED },
		{ (1 << 24) - 1, RING_VOID },
		{ 0, RING_INSIDE },
	};
	int i;

	consumer = ipcmbox_ring_attach(self->memory, self->size,
				       IPCMBOX_RING_CONSUMER, -1);
	producer = ipcmbox_ring_attach(self->memory, self->size,
				       IPCMBOX_RING_PRODUCER, -1);
	ASSERT_NE(NULL, consumer);
	ASSERT_NE(NULL, producer);
	EXPECT_EQ(0, ring_put(producer, 1, 0));
	EXPECT_EQ(1, ring_get(consumer, 0));
	head = self->memory->head;
	for (i = 0; i < 4; i++) {
		uint64_t old = consumer->words[head % (CAPACITY / 64)];

		consumer->words[head % (CAPACITY / 64)] = ring_word(
			head / (CAPACITY / 64), words[i][0], 0, words[i][1]);
		EXPECT_ERRNO(EPROTO,
			     ipcmbox_ring_recv(consumer, data, CAPACITY, 0, 0));
		EXPECT_ERRNO(EPROTO, ipcmbox_ring_arm(consumer));
		if (variant->flags & IPCMBOX_RING_MPSC && i)
			EXPECT_EQ(-EPROTO, ring_put(producer, 2, 0));
		consumer->words[head % (CAPACITY / 64)] = old;
	}
	self->memory->head = head + 1000;
	for (i = 0; i < CAPACITY / 64; i++)
		if (ring_put(producer, 1, 1))
			break;
	EXPECT_GT(CAPACITY / 64, i);
	EXPECT_EQ(EPROTO, errno);
	ipcmbox_ring_detach(consumer);
	ipcmbox_ring_detach(producer);
}

TEST_HARNESS_MAIN
