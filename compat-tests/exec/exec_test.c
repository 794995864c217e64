/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * The engine beyond single instructions: calls and their stacks, callbacks, tail calls, loads that
 * may fault, packet loads, atomics in many threads, loops that must end, and what it refuses.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "asm.h"
#include "bits.h"
#include "exec.h"

#define MAY_GOTO(o)  RAW(BPF_JMP | BPF_JCOND, 0, BPF_MAY_GOTO, o, 0)
#define ATOMIC(size, op, d, s, o) RAW(BPF_STX | BPF_ATOMIC | BPF_##size, d, s, o, op)

/* ---- helpers of these programs ---- */

static const struct exec_image *jump_to;

static uint64_t sum(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5, void *ctx)
{
	return r1 + r2 + r3 + r4 + r5;
}

static uint64_t who_am_i(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5, void *ctx)
{
	return (uintptr_t)ctx;
}

static struct bpfx_run *run_of(void *ctx)
{
	return (void *)(uintptr_t)bpfx_ctx_header(ctx)->slot[BPFX_CTX_RUN];
}

/* Calls r1 with 1, 2, 3 and r2 until it returns something else than 0. */
static uint64_t call_back(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5, void *ctx)
{
	for (uint64_t i = 1; i <= 3; i++)
		if (exec_callback(run_of(ctx), ctx, r1, i, r2, 0, 0, 0))
			return i;
	return 0;
}

static uint64_t tail_call(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5, void *ctx)
{
	struct bpfx_run *run = run_of(ctx);

	if (!jump_to || run->tail_calls >= EXEC_TAIL_CALLS_MAX)
		return -ENOENT;
	run->tail_calls++;
	run->next = jump_to;
	return 0;
}

static const struct bpfx_helper helpers[] = {
	{ .id = 1, .name = "sum", .fn = sum },
	{ .id = 2, .name = "who_am_i", .fn = who_am_i },
	{ .id = 3, .name = "call_back", .fn = call_back },
	{ .id = BPF_FUNC_tail_call, .name = "tail_call", .fn = tail_call },
};

static const struct bpfx_helper *helper_of(void *cookie, uint32_t id)
{
	for (size_t i = 0; i < ARRAY_SIZE(helpers); i++)
		if (helpers[i].id == id)
			return &helpers[i];
	return NULL;
}

static int load_packet(void *ctx, int32_t offset, uint32_t size, uint64_t *value)
{
	if (offset < 0 || offset + size > 100)
		return -EFAULT;
	*value = offset * 10 + size;
	return 0;
}

/* ---- translate and run ---- */

static struct exec_image *translate(const struct bpf_insn *insns, uint32_t cnt,
				    const struct exec_subprog *subprogs, uint32_t subprog_cnt,
				    const uint8_t *probe_mem)
{
	struct exec_input in = {
		.insns = insns, .insn_cnt = cnt, .subprogs = subprogs, .subprog_cnt = subprog_cnt,
		.probe_mem = probe_mem, .helper = helper_of, .load_packet = load_packet,
	};
	struct exec_image *image = NULL;

	return exec_translate(&in, &image) ? NULL : image;
}

struct context {
	struct bpfx_ctx_header header;
	uint64_t args[4];
};

static uint64_t run_image(struct exec_image *image, struct context *ctx)
{
	struct bpfx_run run = { 0 };
	uint64_t r0;

	assert_non_null(image);
	r0 = exec_run(image, &run, ctx->args);
	assert_int_equal(run.fault, 0);
	assert_int_equal(ctx->header.slot[BPFX_CTX_RUN], 0);
	return r0;
}

#define PROGRAM(...)                                                                               \
	(const struct bpf_insn[]){ __VA_ARGS__ },                                                  \
	ARRAY_SIZE(((const struct bpf_insn[]){ __VA_ARGS__ }))

static void helpers_get_arguments_and_the_context(void **state)
{
	struct context ctx = { 0 };
	struct exec_image *image = translate(PROGRAM(MOV_IMM(1, 1), MOV_IMM(2, 2), MOV_IMM(3, 3),
						     MOV_IMM(4, 4), MOV_IMM(5, 5), CALL(1), EXIT()),
					     NULL, 0, NULL);

	assert_int_equal(run_image(image, &ctx), 15);
	exec_free(image);
	image = translate(PROGRAM(MOV_IMM(1, 0), CALL(2), EXIT()), NULL, 0, NULL);
	assert_int_equal(run_image(image, &ctx), (uintptr_t)ctx.args);
	exec_free(image);
}

/* main(n): recursion by hand through 8 functions, each with a stack slot of its own. */
static void calls_have_stacks_and_keep_r6_to_r9(void **state)
{
	static const struct exec_subprog subprogs[] = { { 0, 16 }, { 9, 16 } };
	struct context ctx = { .args = { 5 } };
	struct exec_image *image;

	image = translate(PROGRAM(MOV_IMM(6, 100), STORE_IMM(DW, 10, -8, 7), MOV_REG(9, 10),
				  MOV_IMM(1, 3), CALL_LOCAL(4), ALU_REG(ADD, 0, 6),
				  LOAD(DW, 1, 10, -8), ALU_REG(ADD, 0, 1), EXIT(),
				  /* 9: f(x) = 2x, spoiling r6 and its own stack */
				  MOV_IMM(6, 0), STORE_IMM(DW, 10, -8, 0), STORE(DW, 10, 1, -16),
				  LOAD(DW, 0, 10, -16), ALU_REG(ADD, 0, 1), EXIT()),
			  subprogs, 2, NULL);
	assert_int_equal(run_image(image, &ctx), 6 + 100 + 7);
	exec_free(image);
}

static void too_many_frames_end_the_run(void **state)
{
	static const struct exec_subprog subprogs[] = { { 0, 8 }, { 2, 8 } };
	struct exec_image *image = translate(PROGRAM(CALL_LOCAL(1), EXIT(), CALL_LOCAL(-1), EXIT()),
					     subprogs, 2, NULL);
	struct bpfx_run run = { 0 };
	struct context ctx = { 0 };

	assert_non_null(image);
	assert_int_equal(exec_run(image, &run, ctx.args), 0);
	assert_int_not_equal(run.fault, 0);
	exec_free(image);
}

static void callbacks_share_the_callers_memory(void **state)
{
	static const struct exec_subprog subprogs[] = { { 0, 16 }, { 8, 8 } };
	struct context ctx = { 0 };
	struct exec_image *image;

	image = translate(PROGRAM(STORE_IMM(DW, 10, -8, 0), FUNC(1, 6), MOV_REG(2, 10),
				  ALU_IMM(ADD, 2, -8), CALL(3), LOAD(DW, 0, 10, -8), EXIT(),
				  /* 8: *r2 += r1; stop at 3 */
				  LOAD(DW, 3, 2, 0), ALU_REG(ADD, 3, 1), STORE(DW, 2, 3, 0),
				  MOV_IMM(0, 0), EXIT()),
			  subprogs, 2, NULL);
	assert_int_equal(run_image(image, &ctx), 1 + 2 + 3);
	exec_free(image);
}

static void tail_calls_end_after_33(void **state)
{
	struct context ctx = { 0 };
	struct bpfx_run run = { 0 };
	struct exec_image *image;

	/* Counts in its context; what is behind the call runs when it fails. */
	image = translate(PROGRAM(LOAD(DW, 2, 1, 0), ALU_IMM(ADD, 2, 1), STORE(DW, 1, 2, 0),
				  CALL(BPF_FUNC_tail_call), MOV_IMM(0, 99), EXIT()),
			  NULL, 0, NULL);
	assert_non_null(image);
	jump_to = image;
	assert_int_equal(exec_run(image, &run, ctx.args), 99);
	assert_int_equal(ctx.args[0], 1 + EXEC_TAIL_CALLS_MAX);
	jump_to = NULL;
	exec_free(image);
}

static void a_tail_call_in_a_function_returns_to_its_caller(void **state)
{
	static const struct exec_subprog subprogs[] = { { 0, 16 }, { 4, 16 } };
	struct context ctx = { 0 };
	struct exec_image *image, *target;

	target = translate(PROGRAM(STORE_IMM(DW, 10, -8, 1), MOV_IMM(0, 20), EXIT()), NULL, 0, NULL);
	image = translate(PROGRAM(STORE_IMM(DW, 10, -8, 3), CALL_LOCAL(2), ALU_IMM(ADD, 0, 1), EXIT(),
				  CALL(BPF_FUNC_tail_call), MOV_IMM(0, 0), EXIT()),
			  subprogs, 2, NULL);
	jump_to = target;
	assert_int_equal(run_image(image, &ctx), 21);
	jump_to = NULL;
	exec_free(image);
	exec_free(target);
}

static void faulting_loads_read_zero(void **state)
{
	static const uint8_t sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };
	struct context ctx = { .args = { 0x8182838485868788 } };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		for (int sx = 0; sx < 2 && !(sx && sizes[i] == BPF_DW); sx++) {
			const uint8_t mode = sx ? BPF_MEMSX : BPF_MEM;
			const uint8_t probe[] = { 0, 1, 1, 0, 0, 0 };
			struct exec_image *image;
			int64_t want = 0x8182838485868788;

			image = translate(PROGRAM(MOV_IMM(2, 16),
						  RAW(BPF_LDX | mode | sizes[i], 0, 1, 0, 0),
						  RAW(BPF_LDX | mode | sizes[i], 3, 2, 0, 0),
						  ALU_REG(ADD, 0, 3), EXIT(), EXIT()),
					  NULL, 0, probe);
			if (sizes[i] != BPF_DW) {
				int shift = sizes[i] == BPF_B ? 56 : sizes[i] == BPF_H ? 48 : 32;

				want = sx ? (int64_t)((uint64_t)want << shift) >> shift
					  : (int64_t)((uint64_t)want << shift >> shift);
			}
			assert_int_equal(run_image(image, &ctx), want);
			exec_free(image);
		}
}

static void packet_loads_end_outside(void **state)
{
	struct context ctx = { 0 };
	struct exec_image *image;

	image = translate(PROGRAM(MOV_REG(6, 1), RAW(BPF_LD | BPF_ABS | BPF_H, 0, 0, 0, 5), EXIT()),
			  NULL, 0, NULL);
	assert_int_equal(run_image(image, &ctx), 52);
	exec_free(image);
	image = translate(PROGRAM(MOV_REG(6, 1), MOV_IMM(2, 7),
				  RAW(BPF_LD | BPF_IND | BPF_B, 0, 2, 0, -2), EXIT()),
			  NULL, 0, NULL);
	assert_int_equal(run_image(image, &ctx), 51);
	exec_free(image);
	image = translate(PROGRAM(MOV_REG(6, 1), MOV_IMM(0, 9),
				  RAW(BPF_LD | BPF_ABS | BPF_W, 0, 0, 0, 97), MOV_IMM(0, 9), EXIT()),
			  NULL, 0, NULL);
	assert_int_equal(run_image(image, &ctx), 0);
	exec_free(image);
}

/* ---- atomics ---- */

#define THREADS 4
#define ROUNDS	20000

static struct exec_image *adding;
static struct { struct bpfx_ctx_header header; uint64_t args[4]; } shared;

static void *add_many(void *unused)
{
	struct bpfx_run run = { 0 };

	for (int i = 0; i < ROUNDS; i++)
		exec_run_raw(adding, &run, (uintptr_t)shared.args, 0);
	return NULL;
}

static void atomics_are_atomic(void **state)
{
	pthread_t threads[THREADS];

	/* 64-bit add, 32-bit fetch_add, and a compare-exchange loop. */
	adding = translate(PROGRAM(MOV_IMM(2, 1), ATOMIC(DW, BPF_ADD, 1, 2, 0), MOV_IMM(2, 1),
				   ATOMIC(W, BPF_ADD | BPF_FETCH, 1, 2, 8),
				   ATOMIC(DW, BPF_LOAD_ACQ, 0, 1, 16), MOV_REG(2, 0), MOV_REG(3, 0),
				   ALU_IMM(ADD, 2, 1), ATOMIC(DW, BPF_CMPXCHG, 1, 2, 16),
				   JUMP_REG(JNE, 0, 3, -6), EXIT()),
			   NULL, 0, NULL);
	assert_non_null(adding);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, add_many, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(shared.args[0], THREADS * ROUNDS);
	assert_int_equal((uint32_t)shared.args[1], THREADS * ROUNDS);
	assert_int_equal(shared.args[2], THREADS * ROUNDS);
	exec_free(adding);
}

/* ---- loops that only may_goto ends ---- */

static void may_goto_ends_after_a_quarter_of_a_second(void **state)
{
	struct context ctx = { 0 };
	struct timespec begin, end;
	struct exec_image *image;
	double seconds;

	image = translate(PROGRAM(MOV_IMM(0, 0), MAY_GOTO(2), ALU_IMM(ADD, 0, 1), JUMP(-3), EXIT()),
			  NULL, 0, NULL);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	assert_true(run_image(image, &ctx) > 0xffff);
	clock_gettime(CLOCK_MONOTONIC, &end);
	seconds = end.tv_sec - begin.tv_sec + (end.tv_nsec - begin.tv_nsec) / 1e9;
	assert_true(seconds > 0.2 && seconds < 5);
	exec_free(image);
}

/* ---- what does not translate ---- */

static void unresolved_instructions_are_refused(void **state)
{
	const struct { const char *name; struct bpf_insn insns[3]; uint32_t cnt; } rows[] = {
		{ "nothing", { EXIT() }, 0 },
		{ "map fd", { MAP_FD(1, 3), EXIT() }, 3 },
		{ "map value", { MAP_VALUE(1, 3, 0), EXIT() }, 3 },
		{ "unknown helper", { CALL(77), EXIT() }, 2 },
		{ "kfunc", { RAW(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, 5), EXIT() }, 2 },
		{ "call of nothing", { CALL_LOCAL(0), EXIT() }, 2 },
		{ "unknown opcode", { RAW(0xff, 0, 0, 0, 0), EXIT() }, 2 },
		{ "half an immediate", { EXIT(), RAW(BPF_LD | BPF_IMM | BPF_DW, 0, 0, 0, 0) }, 2 },
		{ "register 11", { MOV_IMM(11, 0), EXIT() }, 2 },
		{ "jump outside", { JUMP(7), EXIT() }, 2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (translate(rows[i].insns, rows[i].cnt, NULL, 0, NULL))
			fail_msg("%s is translated", rows[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(helpers_get_arguments_and_the_context),
		cmocka_unit_test(calls_have_stacks_and_keep_r6_to_r9),
		cmocka_unit_test(too_many_frames_end_the_run),
		cmocka_unit_test(callbacks_share_the_callers_memory),
		cmocka_unit_test(tail_calls_end_after_33),
		cmocka_unit_test(a_tail_call_in_a_function_returns_to_its_caller),
		cmocka_unit_test(faulting_loads_read_zero),
		cmocka_unit_test(packet_loads_end_outside),
		cmocka_unit_test(atomics_are_atomic),
		cmocka_unit_test(may_goto_ends_after_a_quarter_of_a_second),
		cmocka_unit_test(unresolved_instructions_are_refused),
	};

	return cmocka_run_group_tests_name("exec: engine", tests, NULL, NULL);
}
