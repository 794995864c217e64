/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Random instructions through verify_program(): whatever they are, there is a verdict and nothing
 * is touched that should not be. What is accepted decodes, and jumps only inside the program.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "asm.h"
#include "insn.h"
#include "ulog.h"
#include "verifier.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* A program type of four plain fields and a packet, with a handful of helpers. */
static const struct bpfx_ctx_field fields[] = {
	{ .name = "data", .offset = 0, .size = 4, .kind = BPFX_FIELD_PACKET,
	  .flags = BPFX_FIELD_READ, .real_offset = 0, .real_size = 8 },
	{ .name = "data_end", .offset = 4, .size = 4, .kind = BPFX_FIELD_PACKET_END,
	  .flags = BPFX_FIELD_READ, .real_offset = 8, .real_size = 8 },
	{ .name = "mark", .offset = 8, .size = 4,
	  .flags = BPFX_FIELD_READ | BPFX_FIELD_WRITE | BPFX_FIELD_NARROW, .real_offset = 16,
	  .real_size = 4 },
	{ .name = "stamp", .offset = 16, .size = 8, .flags = BPFX_FIELD_READ | BPFX_FIELD_NARROW,
	  .real_offset = 24, .real_size = 8 },
};

static const struct bpfx_ctx_desc ctx = {
	.size = 24, .real_size = 32, .type_name = "test_ctx", .fields = fields,
	.field_cnt = ARRAY_SIZE(fields),
};

static const struct bpfx_prog_type type = {
	.name = "test", .flags = BPFX_PROG_PKT_READ | BPFX_PROG_PKT_WRITE, .ctx = &ctx,
};

static const struct bpfx_helper rows[] = {
	{ .id = BPF_FUNC_map_lookup_elem, .name = "map_lookup_elem",
	  .ret = BPFX_RET_MAP_VALUE | BPFX_RET_OR_NULL, .args = { BPFX_ARG_MAP, BPFX_ARG_MAP_KEY } },
	{ .id = BPF_FUNC_get_prandom_u32, .name = "get_prandom_u32" },
	{ .id = BPF_FUNC_ringbuf_reserve, .name = "ringbuf_reserve",
	  .ret = BPFX_RET_RINGBUF_MEM | BPFX_RET_OR_NULL,
	  .args = { BPFX_ARG_MAP, BPFX_ARG_ALLOC_SIZE, BPFX_ARG_ANY } },
	{ .id = BPF_FUNC_loop, .name = "loop",
	  .args = { BPFX_ARG_ANY, BPFX_ARG_FUNC, BPFX_ARG_STACK | BPFX_NULLABLE, BPFX_ARG_ANY } },
};

static const struct bpfx_helper *helper(const struct bpfx_prog_type *t, uint32_t id,
					enum verifier_helper_state *state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].id == id)
			return &rows[i];
	*state = VERIFIER_HELPER_UNKNOWN;
	return NULL;
}

static const char *helper_name(uint32_t id)
{
	return NULL;
}

static uint64_t seed;

static uint32_t rnd(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 16) % below;
}

static int32_t small(void)
{
	static const int32_t values[] = { 0, 1, -1, 4, -4, 8, -8, 16, -16, 255, 4096, INT32_MIN };

	return values[rnd(ARRAY_SIZE(values))];
}

/* Something that is likely to be valid, or near it. */
static struct bpf_insn likely(void)
{
	static const uint8_t alu[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_AND, BPF_OR, BPF_XOR, BPF_LSH,
				       BPF_RSH, BPF_ARSH, BPF_MOV, BPF_NEG, BPF_DIV, BPF_END };
	static const uint8_t jump[] = { BPF_JEQ, BPF_JNE, BPF_JGT, BPF_JGE, BPF_JLT, BPF_JLE,
					BPF_JSGT, BPF_JSLT, BPF_JSET, BPF_JA, BPF_EXIT };
	static const uint8_t size[] = { BPF_B, BPF_H, BPF_W, BPF_DW };
	uint8_t dst = rnd(11), src = rnd(11), s = size[rnd(4)];
	uint8_t wide = rnd(2) ? BPF_ALU64 : BPF_ALU, reg = rnd(2) ? BPF_X : BPF_K;

	switch (rnd(8)) {
	case 0:
	case 1:
	case 2:
		return RAW(wide | alu[rnd(ARRAY_SIZE(alu))] | reg, dst, reg == BPF_X ? src : 0, 0,
			   reg == BPF_X ? 0 : small());
	case 3:
		return RAW(BPF_LDX | BPF_MEM | s, dst, src, small(), 0);
	case 4:
		return RAW(BPF_STX | BPF_MEM | s, dst, src, small(), 0);
	case 5:
		return RAW(BPF_STX | BPF_ATOMIC | (rnd(2) ? BPF_W : BPF_DW), dst, src, small(),
			   rnd(2) ? BPF_ADD | BPF_FETCH : BPF_CMPXCHG);
	case 6:
		if (rnd(4) == 0)
			return CALL(rows[rnd(ARRAY_SIZE(rows))].id);
		return rnd(4) ? CALL_LOCAL(rnd(6)) : EXIT();
	default:
		return RAW((rnd(2) ? BPF_JMP : BPF_JMP32) | jump[rnd(ARRAY_SIZE(jump))] | reg, dst,
			   reg == BPF_X ? src : 0, (int)rnd(12) - 3, reg == BPF_X ? 0 : small());
	}
}

static struct bpf_insn any(void)
{
	struct bpf_insn insn;

	for (size_t i = 0; i < sizeof(insn); i++)
		((uint8_t *)&insn)[i] = rnd(256);
	return insn;
}

#define LENGTH 24

static uint32_t make_program(struct bpf_insn *insns)
{
	uint32_t n = 0, cnt = 2 + rnd(LENGTH - 6);

	insns[n++] = MOV_IMM(BPF_REG_0, small());
	insns[n++] = STORE_IMM(DW, BPF_REG_10, -8, small());
	while (n < cnt)
		insns[n++] = rnd(50) ? likely() : any();
	insns[n++] = MOV_IMM(BPF_REG_0, 0);
	insns[n++] = EXIT();
	return n;
}

static void check_accepted(const struct verifier_result *result)
{
	struct insn *decoded = calloc(result->insn_cnt, sizeof(*decoded));

	assert_non_null(decoded);
	assert_true(result->insn_cnt > 0);
	assert_int_equal(insn_decode(result->insns, result->insn_cnt, decoded), 0);
	for (uint32_t i = 0; i < result->subprog_cnt; i++) {
		assert_true(result->subprogs[i].start < result->insn_cnt);
		assert_true(result->subprogs[i].stack_depth <= 512);
	}
	free(decoded);
}

static void random_programs_get_a_verdict(void **state)
{
	static char log_text[1 << 16];
	uint32_t accepted = 0;

	for (uint32_t run = 1; run <= 60000; run++) {
		struct bpf_insn insns[LENGTH + 2];
		struct ulog log;
		struct verifier_result result;
		struct verifier_input in = {
			.insns = insns, .type = &type, .name = "random", .gpl_compatible = true,
			.helper = helper, .helper_name = helper_name, .cap_bpf = run % 8,
			.cap_perfmon = run % 8, .prog_flags = run % 3 ? 0 : BPF_F_TEST_STATE_FREQ,
			.log = &log,
		};
		uint32_t size;
		int err;

		seed = run * 0x9e3779b97f4a7c15;
		in.insn_cnt = make_program(insns);
		in.log_level = run % 3;
		assert_int_equal(ulog_init(&log, in.log_level, in.log_level ? (uintptr_t)log_text : 0,
					   in.log_level ? sizeof(log_text) : 0), 0);
		err = verify_program(&in, &result);
		if (!err) {
			check_accepted(&result);
			accepted++;
		} else {
			assert_true(err == -EACCES || err == -EINVAL || err == -EPERM ||
				    err == -E2BIG || err == -524 || err == -ENOENT || err == -EBADF);
		}
		verifier_result_free(&result);
		ulog_finish(&log, &size);
	}
	assert_true(accepted > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_programs_get_a_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
