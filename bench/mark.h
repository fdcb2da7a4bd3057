/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Markers between which bench/profile/plugin.c counts: instructions that do nothing, of a kind that
 * no compiler writes. Each is the nopl of x86 with an address of its own.
 */
#ifndef BENCH_MARK_H
#define BENCH_MARK_H

#define MARK_BEGIN "\x0f\x1f\x84\x00imb1"
#define MARK_END   "\x0f\x1f\x84\x00imb2"
#define MARK_SIZE  8

static inline void mark_begin(void)
{
#ifdef __x86_64__
	__asm__ volatile(".ascii \"\\x0f\\x1f\\x84\\0imb1\"" ::: "memory");
#endif
}

static inline void mark_end(void)
{
#ifdef __x86_64__
	__asm__ volatile(".ascii \"\\x0f\\x1f\\x84\\0imb2\"" ::: "memory");
#endif
}

#endif /* BENCH_MARK_H */
