/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All memory that a program hands to the kernel: an arena at a fixed address, where
 * each area lies between pages that fault. The fuzzer keeps nothing of its own in it,
 * and what the kernel reads addresses from cannot be written, so that no program
 * changes the fuzzer, nor the programs after it.
 */
#ifndef FUZZ_MEMORY_H
#define FUZZ_MEMORY_H

#include "program.h"

#define PAGE 4096

/* Builds the arena anew, before a program; its mappings of mailboxes are gone too. */
void memory_build(void);
/* The address that a pointer of a program stands for. */
void *pointer_address(uint64_t pointer);
/*
 * Puts @size bytes of the argument of an ioctl where @place says; the address that the
 * kernel is given. At most a page.
 */
void *memory_argument(unsigned int task, enum place place, const void *argument,
		      size_t size);
/*
 * What the argument of an ioctl names beside bytes: other structs, as many as a SELECT
 * has cases and two, and the array of the cases. A batch has as many messages at most.
 */
#define PARTS 67

/**
 * struct part - a struct, and its descriptors
 * @argument: the struct
 * @fds: those that are to be sent
 * @room: where others come
 */
struct part {
	char argument[256];
	int fds[80];
	int room[80];
};

/* From one to the next, which lie in a row. */
#define MESSAGES_STRIDE sizeof(struct part)

struct part *memory_part(unsigned int task, unsigned int number);
/* Whether an address is of one. */
bool memory_is_part(const void *address);
void *memory_cases(unsigned int task);
/* A page for what else a task has the kernel read and write. */
void *memory_scratch(unsigned int task);
/* Where the program's next mapping goes, to be mapped over; NULL if that is full. */
void *memory_site(size_t length);

#endif /* FUZZ_MEMORY_H */
