// SPDX-License-Identifier: GPL-2.0-only
/*
 * The arena of a program. See memory.h.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <linux/ipcmbox.h>

#include "memory.h"

/* Offsets in the arena; what is not an area faults. */
enum {
	AT_BUFFER = 0x10000,
	BUFFER_SIZE = 0x21000,
	AT_READ_ONLY = 0x40000,
	AT_VECTOR = 0x50000,
	AT_BAD_VECTOR = 0x60000,
	VECTOR_SIZE = IPCMBOX_IOV_MAX * sizeof(struct iovec),
	AT_TASKS = 0x100000,
	TASK_SIZE = 0x20000,
	AT_SCRATCH = 0x4000, /* of a task */
	AT_PARTS = 0x8000,
	AT_CASES = AT_PARTS + PARTS * sizeof(struct part),
	PARTS_SIZE = 0x10000,
	AT_SITES = 0x1000000,
	SITES_SIZE = 0x4000000,
	ARENA_SIZE = AT_SITES + SITES_SIZE,
};

/* No address below this one is anything but the arena, none above is the user's. */
#define USER_END (1ULL << 47)

static char *const arena = (char *)0x200000000;
static atomic_size_t next_site;
static bool read_only[TASKS]; /* whether its argument's page is */

static void allow(size_t at, size_t size, int protection)
{
	if (mprotect(arena + at, size, protection)) {
		perror("fuzz: mprotect");
		_Exit(1);
	}
}

/* Many good pieces, in many lengths. */
static void build_vector(struct iovec *vector)
{
	unsigned int i;

	for (i = 0; i < IPCMBOX_IOV_MAX; i++) {
		vector[i].iov_base = arena + AT_BUFFER + 512 * (i % 256);
		vector[i].iov_len = i * 31 % 512;
	}
}

/* Huge ones, some that fault, and some that may be read only, as the vector itself. */
static void build_bad_vector(struct iovec *vector)
{
	char *const bases[] = {
		arena + AT_BUFFER + BUFFER_SIZE - 8,
		arena + AT_BUFFER,
		(char *)vector,
		arena + AT_BUFFER,
		arena + AT_READ_ONLY,
		NULL,
		arena + AT_BUFFER,
	};
	unsigned int i;

	for (i = 0; i < IPCMBOX_IOV_MAX; i++) {
		vector[i].iov_base = bases[i % 7];
		vector[i].iov_len = i % 5 ? i % 16 : SIZE_MAX >> i % 64;
	}
}

void memory_build(void)
{
	unsigned int i;

	if (mmap(arena, ARENA_SIZE, PROT_NONE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
		 0) != arena) {
		perror("fuzz: mmap");
		_Exit(1);
	}
	allow(AT_BUFFER, BUFFER_SIZE, PROT_READ | PROT_WRITE);
	allow(AT_READ_ONLY, PAGE, PROT_READ);
	allow(AT_VECTOR, VECTOR_SIZE, PROT_READ | PROT_WRITE);
	allow(AT_BAD_VECTOR, VECTOR_SIZE, PROT_READ | PROT_WRITE);
	build_vector((struct iovec *)(arena + AT_VECTOR));
	build_bad_vector((struct iovec *)(arena + AT_BAD_VECTOR));
	allow(AT_VECTOR, VECTOR_SIZE, PROT_READ);
	allow(AT_BAD_VECTOR, VECTOR_SIZE, PROT_READ);
	for (i = 0; i < TASKS; i++) {
		size_t at = AT_TASKS + i * TASK_SIZE;

		read_only[i] = false;
		allow(at, PAGE, PROT_READ | PROT_WRITE);
		allow(at + AT_SCRATCH, PAGE, PROT_READ | PROT_WRITE);
		allow(at + AT_PARTS, PARTS_SIZE, PROT_READ | PROT_WRITE);
	}
	next_site = 0;
}

void *pointer_address(uint64_t pointer)
{
	switch (pointer) {
	case POINTER_NULL:
		return NULL;
	case POINTER_BUFFER:
		return arena + AT_BUFFER;
	case POINTER_CLIFF:
		return arena + AT_BUFFER + BUFFER_SIZE - 16;
	case POINTER_NOWHERE:
		return arena + AT_BUFFER + BUFFER_SIZE;
	case POINTER_KERNEL:
		return (void *)0xffff888000000000UL;
	case POINTER_VECTOR:
		return arena + AT_VECTOR;
	case POINTER_READ_ONLY:
		return arena + AT_READ_ONLY;
	case POINTER_BAD_VECTOR:
		return arena + AT_BAD_VECTOR;
	case POINTER_REGION:
		return arena + AT_SITES;
	default:
		/* The rest of what a user can reach is the fuzzer's. */
		return pointer < USER_END ?
			       pointer_address(pointer % POINTERS) :
			       (void *)(uintptr_t)pointer;
	}
}

void *memory_argument(unsigned int task, enum place place, const void *argument,
		      size_t size)
{
	size_t at = AT_TASKS + task * TASK_SIZE;
	char *end = arena + at + PAGE - (place == PLACE_ODD);

	if (place == PLACE_UNMAPPED)
		return end;
	if (place == PLACE_ODD && size == PAGE)
		size--;
	if (read_only[task])
		allow(at, PAGE, PROT_READ | PROT_WRITE);
	memcpy(end - size, argument, size);
	read_only[task] = place == PLACE_READ_ONLY;
	if (read_only[task])
		allow(at, PAGE, PROT_READ);
	return end - size;
}

struct part *memory_part(unsigned int task, unsigned int number)
{
	return (struct part *)(arena + AT_TASKS + task * TASK_SIZE + AT_PARTS) +
	       number;
}

bool memory_is_part(const void *address)
{
	size_t at = (const char *)address - (arena + AT_TASKS);

	return at < TASKS * TASK_SIZE && at % TASK_SIZE >= AT_PARTS &&
	       at % TASK_SIZE < AT_CASES;
}

void *memory_cases(unsigned int task)
{
	return arena + AT_TASKS + task * TASK_SIZE + AT_CASES;
}

void *memory_scratch(unsigned int task)
{
	return arena + AT_TASKS + task * TASK_SIZE + AT_SCRATCH;
}

void *memory_site(size_t length)
{
	/* A page in between faults. */
	size_t size = (length / PAGE + 2) * PAGE;
	size_t at = atomic_fetch_add(&next_site, size);

	return at + size > SITES_SIZE ? NULL : arena + AT_SITES + at;
}
