// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the fuzzer tries: programs drawn from the description, and programs of the
 * corpus with something changed. All comes from one seed.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <linux/ipcmbox.h>

#include "memory.h"
#include "program.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static uint64_t state = 1;

void random_seed(uint64_t seed)
{
	state = seed * 0x9e3779b97f4a7c15ULL | 1;
}

uint64_t random_below(uint64_t limit)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (state * 0x2545f4914f6cdd1dULL >> 16) % limit;
}

static uint64_t pick(const uint64_t *values, size_t count)
{
	return values[random_below(count)];
}

static uint64_t random_flags(uint64_t known)
{
	uint64_t bits = random_below(1 << 16) & known;

	if (!random_below(40))
		bits |= 1ULL << random_below(32);
	return bits;
}

/* Of an enum: 0, which is the usual, or any, or the first that there is not. */
static uint64_t random_enum(uint64_t last)
{
	return random_below(2) ? 0 : random_below(last + 2);
}

static uint64_t random_odd(void)
{
	static const uint64_t values[] = {
		0,	   1,	       0x7fffffff, 0x80000000,	   0xffffffff,
		INT64_MAX, 1ULL << 63, UINT64_MAX, UINT64_MAX - 1,
	};

	return pick(values, COUNT(values));
}

static uint64_t random_value(const struct call_kind *kind,
			     enum field_kind field)
{
	static const uint64_t capacities[] = {
		0,
		1,
		1,
		2,
		2,
		3,
		7,
		IPCMBOX_UNBOUNDED,
		IPCMBOX_CAPACITY_MAX,
		IPCMBOX_CAPACITY_MAX + 1,
	};
	static const uint64_t bytes[] = {
		0,
		0,
		0,
		1,
		16,
		100,
		257,
		4096,
		70000,
		1 << 20,
		IPCMBOX_MESSAGE_MAX,
		IPCMBOX_MESSAGE_MAX + 1,
		IPCMBOX_BYTES_MAX,
		IPCMBOX_BYTES_MAX + 1,
	};
	static const uint64_t lengths[] = {
		0,
		1,
		2,
		3,
		8,
		16,
		17,
		100,
		256,
		257,
		1000,
		1024,
		1025,
		4096,
		70000,
		IPCMBOX_IOV_MAX,
		IPCMBOX_IOV_MAX + 1,
	};
	static const uint64_t open_flags[] = {
		O_RDWR,
		O_RDWR,
		O_RDWR,
		O_RDONLY,
		O_WRONLY,
		0,
		O_RDWR | O_NONBLOCK,
		O_NONBLOCK,
		O_RDWR | O_CLOEXEC,
		O_ACCMODE,
		O_RDWR | O_APPEND,
	};
	/* The least and the highest of some rows of priorities. */
	static const uint64_t priorities[] = {
		0,
		0,
		1,
		127,
		128,
		4095,
		4096,
		IPCMBOX_PRIORITY_MAX,
		IPCMBOX_PRIORITY_MAX + 1,
	};
	static const uint64_t fds[] = {
		1, 1, 2, 3, IPCMBOX_FDS_MAX, IPCMBOX_FDS_MAX + 1,
	};
	static const uint64_t cases[] = {
		0, 1, 2, 2, 3, 4, 7, IPCMBOX_SELECT_MAX, IPCMBOX_SELECT_MAX + 1,
	};
	static const uint64_t case_strides[] = {
		0,
		8,
		sizeof(struct ipcmbox_case) - 8,
		sizeof(struct ipcmbox_case) + 8,
		2 * sizeof(struct ipcmbox_case),
		PAGE,
		PAGE + 8,
		1ULL << 31,
	};

	static const uint64_t batches[] = {
		0,
		1,
		2,
		2,
		3,
		7,
		IPCMBOX_SELECT_MAX,
		IPCMBOX_BATCH_MAX,
		IPCMBOX_BATCH_MAX + 1,
	};
	static const uint64_t strides[] = {
		0,
		8,
		9,
		sizeof(struct ipcmbox_send),
		sizeof(struct ipcmbox_recv),
		PAGE,
		1ULL << 31,
	};

	if (!random_below(50))
		return random_odd();
	switch (field) {
	case KIND_SIZE:
		return random_below(20) ? kind->size :
					  random_below(2 * kind->size + 8);
	case KIND_FLAGS:
		return random_flags(kind->flags);
	case KIND_OPEN_FLAGS:
		return pick(open_flags, COUNT(open_flags));
	case KIND_CAPACITY:
		return pick(capacities, COUNT(capacities));
	case KIND_BYTES:
		return random_below(2) ? 0 : pick(bytes, COUNT(bytes));
	case KIND_POINTER:
		return random_below(2) ? POINTER_BUFFER :
					 random_below(POINTERS);
	case KIND_LENGTH:
		return pick(lengths, COUNT(lengths));
	case KIND_DEADLINE:
		return random_below(3) ? 1 + random_below(3000) : 0;
	case KIND_RESERVED:
		return random_below(40) ? 0 : random_below(256);
	case KIND_ORDER:
		return random_enum(IPCMBOX_PRIORITY);
	case KIND_POLICY:
		return random_enum(IPCMBOX_EXCLUSIVE);
	case KIND_MATCH:
		return random_enum(IPCMBOX_MATCH_SENDER);
	case KIND_TYPE:
		return random_below(WANTED_OWN);
	case KIND_WANTED:
		return random_below(2) ? 0 : random_below(WANTED);
	case KIND_PRIORITY:
		return pick(priorities, COUNT(priorities));
	case KIND_TOKEN:
		return random_below(TOKENS);
	case KIND_FDS:
	case KIND_FDS_ROOM:
		return random_below(3) ? FDS_GOOD : random_below(FDS);
	case KIND_FDS_COUNT:
		return random_below(2) ? 0 : pick(fds, COUNT(fds));
	case KIND_PART:
		return random_below(CALLS_MAX);
	case KIND_CASES:
	case KIND_MESSAGES:
		return random_below(CALLS_MAX) +
		       (random_below(4) ? 0 : CASES_AS_THEY_ARE);
	case KIND_CASE_COUNT:
		return pick(cases, COUNT(cases));
	case KIND_CASE_STRIDE:
		return random_below(8) ?
			       sizeof(struct ipcmbox_case) :
			       pick(case_strides, COUNT(case_strides));
	case KIND_BATCH_COUNT:
		return pick(batches, COUNT(batches));
	case KIND_STRIDE:
		return random_below(4) ? MESSAGES_STRIDE :
					 pick(strides, COUNT(strides));
	case KIND_ENTRY_STRIDE:
		return sizeof(struct ipcmbox_entry) +
		       (random_below(4) ? 0 : random_below(64));
	case KIND_ID:
		return random_below(10);
	case KIND_SLOW:
		return random_enum(IPCMBOX_SLOW_DISCONNECT);
	case KIND_SLOW_MASK:
		return random_below(8) ? 0 : random_below(64);
	case KIND_ACCESS:
		return random_enum(IPCMBOX_ACCESS_ANYONE);
	case KIND_GID:
		return random_below(3);
	case KIND_PID:
		return random_below(3) ? WANTED_OWN : random_below(WANTED);
	case KIND_EVENTFD:
		return random_below(EVENTFDS);
	case KIND_EVENTS:
		return random_below(20) ? 1 + random_below(7) :
					  random_below(256);
	case KIND_NAME:
		if (kind->command == IPCMBOX_IOC_CREATE && random_below(2))
			return NAME_NONE;
		return random_below(4) ? NAME_GOOD + random_below(2) :
					 random_below(NAMES);
	case KIND_MODE:
		return random_below(2) ? 0 : random_below(0x240);
	case KIND_SMALL:
		return random_below(64);
	case KIND_SLOT:
		return random_below(SLOTS);
	case KIND_RWF:
		return random_below(4) ? RWF_NOWAIT * random_below(2) :
					 1 << random_below(8);
	case KIND_MAGIC:
		return random_below(8) ? IPCMBOX_IOC_MAGIC : random_below(256);
	case KIND_NUMBER:
		return random_below(256);
	case KIND_OUT:
		break;
	}
	return random_below(3);
}

static unsigned int kind_named(const char *name)
{
	unsigned int kind = 0;

	while (strcmp(call_kinds[kind].name, name))
		kind++;
	return kind;
}

static void call_generate(struct call *call)
{
	const struct call_kind *kind;
	unsigned int i;

	/* Mailboxes are made by few kinds of calls, which shall not be rare. */
	call->kind = random_below(4) ? random_below(nr_call_kinds) :
				       random_below(6);
	/* And as nothing else ends many a wait, neither shall signals be. */
	if (!random_below(8))
		call->kind = kind_named("signal");
	kind = &call_kinds[call->kind];
	/* The first slots are those that are filled. */
	call->slot = kind->control ?
			     0 :
			     1 + random_below(1 + random_below(SLOTS - 1));
	if (!random_below(30))
		call->slot = random_below(SLOTS);
	call->thread = random_below(3) ? 0 : random_below(THREADS);
	call->place = random_below(12) ? PLACE_GUARDED : random_below(PLACES);
	call->collide = !random_below(6);
	for (i = 0; i < kind->nr_fields; i++)
		call->values[i] = random_value(kind, kind->fields[i].kind);
}

/* A mailbox without anything odd; one in six broadcasts, and stores nothing: if so. */
static bool call_create(struct call *call)
{
	static const uint64_t capacities[] = { 0, 1, 2, IPCMBOX_UNBOUNDED };
	const struct call_kind *kind;
	bool hub = !random_below(6);
	unsigned int i;

	call->kind = kind_named("CREATE");
	kind = &call_kinds[call->kind];
	for (i = 0; i < kind->nr_fields; i++) {
		if (kind->fields[i].kind == KIND_SIZE)
			call->values[i] = kind->size;
		if (kind->fields[i].kind == KIND_OPEN_FLAGS)
			call->values[i] = O_RDWR;
		if (kind->fields[i].kind == KIND_FLAGS)
			call->values[i] =
				hub ? IPCMBOX_BROADCAST :
				      IPCMBOX_SELECTIVE * random_below(2);
		if (hub)
			continue;
		if (kind->fields[i].kind == KIND_CAPACITY)
			call->values[i] = pick(capacities, COUNT(capacities));
		if (kind->fields[i].kind == KIND_ORDER)
			call->values[i] = random_below(IPCMBOX_PRIORITY + 1);
		if (kind->fields[i].kind == KIND_POLICY && random_below(2))
			call->values[i] = random_below(IPCMBOX_EXCLUSIVE + 1);
	}
	return hub;
}

/* A subscription of the first mailbox. */
static void call_subscribe(struct call *call)
{
	const struct call_kind *kind;
	unsigned int i;

	memset(call, 0, sizeof(*call));
	call->kind = kind_named("SUBSCRIBE");
	call->slot = 1;
	kind = &call_kinds[call->kind];
	for (i = 0; i < kind->nr_fields; i++) {
		if (kind->fields[i].kind == KIND_SIZE)
			call->values[i] = kind->size;
		if (kind->fields[i].kind == KIND_CAPACITY)
			call->values[i] = 1 + random_below(2);
		if (kind->fields[i].kind == KIND_SLOW)
			call->values[i] =
				random_below(IPCMBOX_SLOW_DISCONNECT + 1);
	}
}

/* Without a mailbox most calls would be of no use: most programs begin with one. */
void program_generate(struct program *program)
{
	unsigned int i;

	memset(program, 0, sizeof(*program));
	program->count = 3 + random_below(CALLS_MAX / 2);
	for (i = 0; i < program->count; i++)
		call_generate(&program->calls[i]);
	if (random_below(4)) {
		memset(program->calls, 0, sizeof(program->calls[0]));
		if (call_create(&program->calls[0]))
			call_subscribe(&program->calls[1]);
	}
}

static void insert(struct program *program, unsigned int at,
		   const struct call *call)
{
	if (program->count == CALLS_MAX)
		return;
	memmove(&program->calls[at + 1], &program->calls[at],
		(program->count - at) * sizeof(*call));
	program->calls[at] = *call;
	program->count++;
}

static void change(struct call *call)
{
	const struct call_kind *kind = &call_kinds[call->kind];
	unsigned int field;

	switch (random_below(10)) {
	case 0:
		call->thread = random_below(THREADS);
		break;
	case 1:
		call->slot = random_below(SLOTS);
		break;
	case 2:
		call->place = random_below(PLACES);
		break;
	case 3:
		call->collide = !call->collide;
		break;
	default:
		field = random_below(kind->nr_fields);
		call->values[field] =
			random_value(kind, kind->fields[field].kind);
	}
}

static void mutate_once(struct program *program, const struct program *other)
{
	unsigned int at = random_below(program->count);
	struct call call = {};

	switch (random_below(6)) {
	case 0:
		call_generate(&call);
		insert(program, random_below(program->count + 1), &call);
		break;
	case 1:
		insert(program, random_below(program->count + 1),
		       &other->calls[random_below(other->count)]);
		break;
	case 2:
		if (program->count == 1)
			break;
		program->count--;
		memmove(&program->calls[at], &program->calls[at + 1],
			(program->count - at) * sizeof(call));
		break;
	default:
		change(&program->calls[at]);
	}
}

void program_mutate(struct program *program, const struct program *other)
{
	unsigned int times = 1 + random_below(4);

	while (times--)
		mutate_once(program, other);
}
