/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* A translated program as the files of this room see it. */
#ifndef SYSCALL_EXEC_IMAGE_H
#define SYSCALL_EXEC_IMAGE_H

#include "exec.h"
#include "insn.h"

/*
 * Operations beside insn.h's. Loads that may fault read 0 then; which register holds the context
 * of a packet load is fixed (r6).
 */
enum {
	OP_PROBE_B = INSN_OP_CNT,
	OP_PROBE_H,
	OP_PROBE_W,
	OP_PROBE_DW,
	OP_PROBE_SB,
	OP_PROBE_SH,
	OP_PROBE_SW,
	OP_TAIL_CALL,
	OP_THROW,
	OP_CNT
};

/*
 * Decoded instructions, changed so that running needs no tables: jumps hold the distance to the
 * target (off), calls the address of what is called (imm).
 */
struct exec_func {
	const struct insn *code;
	uint32_t stack_words;
};

struct exec_image {
	struct insn *code;
	uint32_t cnt;
	struct exec_func *funcs;	/* the first one is the program itself */
	uint32_t func_cnt;
	const struct exec_func *exception;	/* gets exceptions; NULL: nobody does */
	bpfx_load_packet_fn load_packet;
};

/**
 * exec_interpret() - run one function and what it calls
 * @ctx: sixth argument of helpers
 * Return: r0; 0 with run->fault set where a fault ended it.
 */
uint64_t exec_interpret(const struct exec_func *func, struct bpfx_run *run, void *ctx,
			const uint64_t args[5]);

#endif
