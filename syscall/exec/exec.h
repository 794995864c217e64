/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Engines: from verified instructions to something that runs. A translated program is private to
 * the process and immutable.
 */
#ifndef SYSCALL_EXEC_H
#define SYSCALL_EXEC_H

#include <stdbool.h>
#include <stdint.h>
#include <linux/bpf.h>
#include <bpfx/context.h>
#include <bpfx/helper.h>

struct exec_image;
struct kern_map;

/* One subprogram of the input. */
struct exec_subprog {
	uint32_t start;		/* first instruction */
	uint32_t stack_depth;	/* bytes */
};

struct exec_input {
	/* As verifier_result has them, but with addresses: ld_imm64 of maps and values hold the
	 * process's pointers and src_reg 0. */
	const struct bpf_insn *insns;
	uint32_t insn_cnt;
	const uint8_t *probe_mem;	/* one per instruction: load may fault; NULL: none may */
	const struct exec_subprog *subprogs;
	uint32_t subprog_cnt;
	/* Helper row of an id as this program type has it. */
	const struct bpfx_helper *(*helper)(void *cookie, uint32_t id);
	/* Function behind a kernel function's BTF id and its call's offset; NULL: there are none. */
	bpfx_helper_fn (*kfunc)(void *cookie, uint32_t id, int32_t off);
	void *cookie;
	/* Packet loads of classic BPF (LD_ABS, LD_IND): the type's; NULL: it has none. */
	bpfx_load_packet_fn load_packet;
	uint32_t exception_start;	/* function that exceptions go to; 0: they end the program */
	uint32_t flags;
};

#define EXEC_INTERPRET 1u	/* no JIT for this one */

/*
 * The run in progress, found through slot BPFX_CTX_RUN of the context header. Lives on the stack
 * of whoever runs the program; nested runs have their own.
 */
struct bpfx_run {
	const struct exec_image *image;	/* changes with a tail call */
	const struct exec_image *next;	/* set by bpf_tail_call: where the engine goes on */
	const void *prog;		/* struct kern_prog of the outermost program */
	uint32_t tail_calls;		/* made so far; 33 is the limit */
	uint32_t cpu;			/* CPU slot of this run */
	uint64_t *stack;		/* interpreter: lowest free word for frames; NULL: it takes
					 * its own */
	uint64_t *stack_end;
	uint64_t fault;			/* address of a fault that ended the run, 0: none */
};

/* Programs nest this deep by bpf-to-bpf calls; 512 bytes of stack each. */
#define EXEC_FRAMES_MAX	8
#define EXEC_STACK_SIZE	(EXEC_FRAMES_MAX * 512)
/* Most jumps a run makes by bpf_tail_call. */
#define EXEC_TAIL_CALLS_MAX 33

/* What bpf_throw() is to the engine: calls of it end all functions of the run, and the program
 * returns r1 or what its exception callback makes of it. Never called. */
uint64_t exec_throw(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5, void *ctx);

/* Return: 0 and *out, -ENOMEM, -EINVAL (an instruction the engine does not know: nothing that
 * verified has one). */
int exec_translate(const struct exec_input *in, struct exec_image **out);
void exec_free(struct exec_image *image);

/* Is machine code used for this image. */
bool exec_is_jited(const struct exec_image *image);

/**
 * exec_run() - run from the first instruction to exit
 * @ctx: r1; NULL or a context behind its header. @run is put into the header's slot.
 * Return: r0, all 64 bits.
 */
uint64_t exec_run(const struct exec_image *image, struct bpfx_run *run, void *ctx);

/* As exec_run() for programs on raw memory: r1 and r2 are given, there is no context header
 * (conformance vectors). */
uint64_t exec_run_raw(const struct exec_image *image, struct bpfx_run *run, uint64_t r1,
		      uint64_t r2);

/**
 * exec_callback() - call a function of the running program from a helper (bpf_loop, …)
 * @func: what the program passed as ARG_FUNC
 */
uint64_t exec_callback(struct bpfx_run *run, void *ctx, uint64_t func, uint64_t a1, uint64_t a2,
		       uint64_t a3, uint64_t a4, uint64_t a5);

#endif
