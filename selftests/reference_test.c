// SPDX-License-Identifier: GPL-2.0-only
/*
 * Long rows of random operations, one after the other, on a mailbox and on a list
 * that is searched from end to end: each result must be the same.
 */
#include "kselftest_harness.h"
#include "reference.h"

#define OPERATIONS	20000
/* Where there is no bound, so many are enough. */
#define ENOUGH		200

FIXTURE(reference)
{
	int fd;
	uint64_t bound;
	unsigned int seed;
	struct reference list;
	struct mbox_op slots[ENOUGH];
};

FIXTURE_VARIANT(reference)
{
	enum ipcmbox_order order;
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(reference, fifo)
{
	.order = IPCMBOX_FIFO,
};

FIXTURE_VARIANT_ADD(reference, lifo)
{
	.order = IPCMBOX_LIFO,
};

FIXTURE_VARIANT_ADD(reference, priority)
{
	.order = IPCMBOX_PRIORITY,
};

FIXTURE_VARIANT_ADD(reference, fifo_selective)
{
	.order = IPCMBOX_FIFO,
	.flags = IPCMBOX_SELECTIVE,
};

FIXTURE_VARIANT_ADD(reference, lifo_selective)
{
	.order = IPCMBOX_LIFO,
	.flags = IPCMBOX_SELECTIVE,
};

FIXTURE_VARIANT_ADD(reference, priority_selective)
{
	.order = IPCMBOX_PRIORITY,
	.flags = IPCMBOX_SELECTIVE,
};

FIXTURE_SETUP(reference)
{
	memset(self, 0, sizeof(*self));
	self->list.order = variant->order;
}

FIXTURE_TEARDOWN(reference)
{
}

static unsigned int dice(FIXTURE_DATA(reference) * self, unsigned int sides)
{
	return (unsigned int)rand_r(&self->seed) % sides;
}

static uint64_t random_type(FIXTURE_DATA(reference) * self)
{
	static const uint64_t edges[] = { ~0ULL, ~0ULL - 1, 1ULL << 63 };

	return dice(self, 8) ? dice(self, 10) :
			       edges[dice(self, ARRAY_SIZE(edges))];
}

static uint32_t random_priority(FIXTURE_DATA(reference) * self)
{
	static const uint32_t edges[] = {
		0, 1, 63, 64, 127, 128, 4095, 4096, 32766, 32767,
	};

	return dice(self, 4) ? edges[dice(self, ARRAY_SIZE(edges))] :
			       dice(self, IPCMBOX_PRIORITY_MAX + 1);
}

static bool try_send(FIXTURE_DATA(reference) * self, uint32_t num)
{
	bool full = self->list.count == self->bound;
	struct mbox_op *msg = self->slots;

	/* A receiver of the list leaves its fd behind. */
	while (msg->fd)
		msg++;
	*msg = (struct mbox_op){
		.fd = self->fd,
		.flags = IPCMBOX_DONTWAIT,
		.num = num,
		.type = random_type(self),
		.cookie = ~(uint64_t)num,
		.priority = random_priority(self),
		.sender.pid = getpid(),
	};
	if (mbox_op_run(msg)) {
		msg->fd = 0;
		return full && msg->ret == -EAGAIN &&
		       msg->disposition == IPCMBOX_NOT_SENT;
	}
	reference_add(&self->list, msg);
	return !full && msg->disposition == IPCMBOX_QUEUED;
}

static void choose(FIXTURE_DATA(reference) * self, struct mbox_op *recv)
{
	recv->match = dice(self, IPCMBOX_MATCH_SENDER + 1);
	recv->match_value = 0;
	if (recv->match == IPCMBOX_MATCH_SENDER)
		recv->match_value = dice(self, 3) ? getpid() : getppid();
	else if (recv->match != IPCMBOX_MATCH_ANY)
		recv->match_value = random_type(self);
}

/* The message to get, or an error in @ret. */
static struct mbox_op *foresee(FIXTURE_DATA(reference) * self,
			       const struct mbox_op *recv, unsigned int flags,
			       int *ret)
{
	struct mbox_op *msg;

	*ret = 0;
	if (recv->match != IPCMBOX_MATCH_ANY && !(flags & IPCMBOX_SELECTIVE)) {
		*ret = -EINVAL;
		return NULL;
	}
	msg = reference_match(&self->list, recv->match, recv->match_value);
	if (!msg)
		*ret = -EAGAIN;
	return msg;
}

static bool try_recv(FIXTURE_DATA(reference) * self, unsigned int flags,
		     bool peek)
{
	struct mbox_op recv = {
		.fd = self->fd,
		.kind = peek ? OP_PEEK : OP_RECV,
		.flags = peek ? 0 : IPCMBOX_DONTWAIT,
	};
	struct mbox_op *msg;
	int ret;

	choose(self, &recv);
	msg = foresee(self, &recv, flags, &ret);
	mbox_op_run(&recv);
	if (!msg)
		return recv.ret == ret;
	if (!reference_agrees(&recv, msg))
		return false;
	if (!peek) {
		reference_remove(&self->list, msg);
		msg->fd = 0;
	}
	return true;
}

/* A bad pointer, or a buffer too short. */
static bool try_failing(FIXTURE_DATA(reference) * self, unsigned int flags)
{
	bool small = dice(self, 2);
	struct mbox_op recv = {
		.fd = self->fd,
		.kind = OP_RECV,
		.flags = IPCMBOX_DONTWAIT,
		.data = small ? self : NULL,
		.len = small ? 0 : sizeof(uint32_t),
	};
	int ret;

	choose(self, &recv);
	if (foresee(self, &recv, flags, &ret))
		ret = small ? -EMSGSIZE : -EFAULT;
	return mbox_op_run(&recv) == ret;
}

static bool try_drain(FIXTURE_DATA(reference) * self)
{
	unsigned int count = self->list.count;

	while (self->list.count)
		self->list.msgs[--self->list.count]->fd = 0;
	return mbox_drain(self->fd) == count;
}

static bool try_one(FIXTURE_DATA(reference) * self, unsigned int flags,
		    uint32_t num)
{
	/* It fills up and runs empty in turns. */
	bool fill = num / 1000 % 2 && self->list.count < ENOUGH;
	unsigned int kind = dice(self, 100);

	if (kind < (fill ? 55 : 25) && self->list.count < ENOUGH)
		return try_send(self, num);
	if (kind < 70)
		return try_recv(self, flags, false);
	if (kind < 85)
		return try_recv(self, flags, true);
	if (kind < 99 || dice(self, 5))
		return try_failing(self, flags);
	return try_drain(self);
}

static void run(struct __test_metadata *_metadata,
		FIXTURE_DATA(reference) * self, unsigned int flags,
		uint64_t capacity)
{
	unsigned int i;

	self->seed = 4711 + capacity;
	self->bound = capacity;
	self->fd = mbox_create_by(capacity, self->list.order, 0, flags);
	ASSERT_LE(0, self->fd);
	for (i = 0; i < OPERATIONS; i++) {
		bool same = try_one(self, flags, i);

		if (!same)
			TH_LOG("it was operation %u", i);
		ASSERT_TRUE(same);
		if (i % 100 == 0)
			ASSERT_EQ(self->list.count, mbox_info(self->fd).queued);
	}
	EXPECT_TRUE(reference_empty(&self->list, self->fd));
	EXPECT_TRUE(mbox_is_calm(self->fd));
	close(self->fd);
}

TEST_F_TIMEOUT(reference, rendezvous, 120)
{
	run(_metadata, self, variant->flags, IPCMBOX_RENDEZVOUS);
}

TEST_F_TIMEOUT(reference, one, 120)
{
	run(_metadata, self, variant->flags, 1);
}

TEST_F_TIMEOUT(reference, seven, 120)
{
	run(_metadata, self, variant->flags, 7);
}

TEST_F_TIMEOUT(reference, hundred, 120)
{
	run(_metadata, self, variant->flags, 100);
}

TEST_F_TIMEOUT(reference, unbounded, 120)
{
	run(_metadata, self, variant->flags, IPCMBOX_UNBOUNDED);
}

TEST_HARNESS_MAIN
