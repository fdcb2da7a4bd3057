// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin of QEMU's code generator that counts instructions by the address of the block of code
 * that they are in. vm/bench --profile has it count what one subject of the bench costs.
 *
 * It counts from a marker to the next, which are instructions without an effect: see
 * bench/mark.h. When QEMU ends it writes a line for each block: address, instructions, how often
 * it was run.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../mark.h"
#include "qemu_plugin.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT int qemu_plugin_version = 1;

/* What was run, in all, before the last marker that begins, and between markers. */
struct block {
	uint64_t address;
	uint64_t instructions, runs;
	uint64_t instructions_before, runs_before;
	uint64_t instructions_counted, runs_counted;
	struct block *next;
};

#define NR_CHAINS (1 << 16)

static struct block *chains[NR_CHAINS];
static const char *output;

static struct block *block_at(uint64_t address)
{
	struct block **chain = &chains[(address * 0x9e3779b97f4a7c15ULL) >> 48];
	struct block *block;

	for (block = *chain; block; block = block->next)
		if (block->address == address)
			return block;
	block = calloc(1, sizeof(*block));
	if (!block)
		abort();
	block->address = address;
	block->next = *chain;
	*chain = block;
	return block;
}

static void visit_blocks(void (*visit)(struct block *block))
{
	for (unsigned int i = 0; i < NR_CHAINS; i++)
		for (struct block *block = chains[i]; block;
		     block = block->next)
			visit(block);
}

static void note(struct block *block)
{
	block->instructions_before = block->instructions;
	block->runs_before = block->runs;
}

static void count(struct block *block)
{
	block->instructions_counted +=
		block->instructions - block->instructions_before;
	block->runs_counted += block->runs - block->runs_before;
}

static void on_begin(unsigned int vcpu, void *data)
{
	(void)vcpu;
	(void)data;
	visit_blocks(note);
}

static void on_end(unsigned int vcpu, void *data)
{
	(void)vcpu;
	(void)data;
	visit_blocks(count);
}

static bool is_mark(const struct qemu_plugin_insn *insn, const char *mark)
{
	return qemu_plugin_insn_size(insn) == MARK_SIZE &&
	       !memcmp(qemu_plugin_insn_data(insn), mark, MARK_SIZE);
}

static void on_translation(uint64_t id, struct qemu_plugin_tb *tb)
{
	struct block *block = block_at(qemu_plugin_tb_vaddr(tb));
	size_t count = qemu_plugin_tb_n_insns(tb);

	(void)id;
	qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64,
						 &block->instructions, count);
	qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64,
						 &block->runs, 1);
	for (size_t i = 0; i < count; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		if (is_mark(insn, MARK_BEGIN))
			qemu_plugin_register_vcpu_insn_exec_cb(
				insn, on_begin, QEMU_PLUGIN_CB_NO_REGS, NULL);
		else if (is_mark(insn, MARK_END))
			qemu_plugin_register_vcpu_insn_exec_cb(
				insn, on_end, QEMU_PLUGIN_CB_NO_REGS, NULL);
	}
}

static FILE *file;

static void print_block(struct block *block)
{
	if (block->instructions_counted)
		fprintf(file, "%016" PRIx64 " %" PRIu64 " %" PRIu64 "\n",
			block->address, block->instructions_counted,
			block->runs_counted);
}

static void on_exit_of_qemu(uint64_t id, void *data)
{
	(void)id;
	(void)data;
	file = fopen(output, "w");
	if (!file)
		return;
	visit_blocks(print_block);
	fclose(file);
}

EXPORT int qemu_plugin_install(uint64_t id, const struct qemu_info *info,
			       int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "output=", 7)) {
		fprintf(stderr, "the plugin needs output=FILE\n");
		return 1;
	}
	output = strdup(argv[0] + 7);
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
	qemu_plugin_register_atexit_cb(id, on_exit_of_qemu, NULL);
	return 0;
}
